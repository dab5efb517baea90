! Generated from layers/fkb_conv.fypp: edit that file and run tools/generate.py
!> Keras's `Conv1D`, `Conv2D`, `Conv3D`, `DepthwiseConv1D` and `DepthwiseConv2D`:
!> y = conv(x, kernel) + bias.
!>
!> A sample is (channels, width, height, depth). A depthwise convolution is one with a group for
!> each channel; its kernel (multiplier, channels, taps) lies as that of such a convolution does.
module fkb_conv_dp
   use fkb_activations, only: act_linear
   use fkb_config, only: config_t
   use fkb_conv_geometry, only: conv_geometry, spatial_axes
   use fkb_conv_kernels_dp, only: conv_backward_input, conv_backward_kernel, &
      conv_forward, conv_forward_activated, repeat_column, sum_to_bias
   use fkb_conv_options, only: conv_options_t, expect_channels, get_count
   use fkb_conv_packed_dp, only: conv_forward_packed, conv_packed_reals, pack_conv
   use fkb_conv_tiles, only: conv_scratch, patch_rows
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => dp
   use fkb_layer_options, only: add_output, refuse_option, refuse_unless_null
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_packing, only: vectors_of
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: shape_of, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: conv_t

   !> Weights: kernel (filters, channels/groups, taps), or for a depthwise convolution
   !> (multiplier, channels, taps), and bias (filters), or (multiplier x channels).
   type, extends(layer_t) :: conv_t
      integer :: axes = 2                 !! spatial axes, of the class
      logical :: depthwise = .false.      !! whether the class is a depthwise one
      integer :: filters = 0              !! channels of the output; of each channel if depthwise
      integer :: groups = 1               !! parts of the channels that do not see each other
      type(conv_options_t) :: options = conv_options_t()   !! window, strides, padding, bias
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: pack
      procedure :: backward
      procedure :: tangent
      procedure :: wants_channels_last
   end type conv_t

contains

   subroutine configure(self, config, error)
      class(conv_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%options%read(config, self%axes, self%axes == 1 .and. .not. self%depthwise, error)
      if (allocated(error)) return
      if (self%depthwise) then
         call get_count(config, 'depth_multiplier', self%filters, error, default=1)
         return
      end if
      if (any(self%options%strides > 1) .and. any(self%options%dilation > 1)) then
         call refuse_option(config, 'dilation_rate', 'Keras has no dilation where a stride is '// &
                            'larger than 1', error)
         return
      end if
      call get_count(config, 'filters', self%filters, error)
      if (allocated(error)) return
      call get_count(config, 'groups', self%groups, error, default=1)
      if (allocated(error)) return
      if (mod(self%filters, self%groups) /= 0) then
         call refuse_option(config, 'groups', 'expected a divisor of the '// &
                            decimal(self%filters)//' filters', error)
         return
      end if
      call refuse_unless_null(config, 'lora_rank lora_alpha quantization_config', error)
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(conv_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: channels, filters, groups, taps(spatial_axes)
      call expect_channels(in_shapes, self%axes, error)
      if (allocated(error)) return
      channels = in_shapes(1)%extent(1)
      taps = self%options%kernel
      groups = self%groups
      filters = self%filters
      if (self%depthwise) then
         if (self%filters > huge(1)/channels) then
            call raise(error, fkb_err_argument, 'option "depth_multiplier" = '// &
                       decimal(self%filters)//' gives more channels than can be counted')
            return
         end if
         groups = channels
         filters = self%filters*channels
         call plan%add_weight('kernel', shape_of([self%filters, channels, taps(:self%axes)]), &
                              options='depthwise')
      else if (mod(channels, groups) /= 0) then
         call raise(error, fkb_err_argument, 'the input has '//decimal(channels)// &
                    ' channels, which '//decimal(groups)//' groups do not divide')
         return
      else
         call plan%add_weight('kernel', shape_of([filters, channels/groups, taps(:self%axes)]))
      end if
      if (self%options%use_bias) call plan%add_weight('bias', shape_of([filters]))
      call self%options%output_shape(in_shapes(1), filters, out, error)
      if (.not. allocated(error)) call add_output(plan, out, error)
      if (allocated(error)) return
      plan%can_train = .true.
      plan%spares_dx = .true.
      plan%tangent = tangent_own
      plan%fuses_activation = .true.
      if (.not. in_shapes(1)%closed()) return
      plan%settings = conv_geometry(in_shapes(1)%extent(2:4), taps, self%options%strides, &
                                    self%options%dilation, self%options%padding, channels, &
                                    filters, groups)
      plan%fixed_scratch = conv_scratch(plan%settings) + filters
      plan%packed_reals = vectors_of(filters) + conv_packed_reals(plan%settings)
      plan%packs_scale = .true.
   end subroutine lay_out

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(conv_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: activation, batch, filters
      batch = size(y(1)%v, 2)
      filters = plan%out_shapes(1)%extent(1)
      activation = plan%activation
      if (activation == 0) activation = act_linear
      if (plan%is_packed) then
         call conv_forward_packed(plan%settings, batch, weights(vectors_of(filters) + 1:), &
                                  weights, x(1)%v, activation, &
                                  real(plan%activation_parameters, wp), y(1)%v, scratch)
      else if (self%options%use_bias) then
         call conv_forward_activated(plan%settings, batch, weights, &
                                     weights(size(weights) - filters + 1:), x(1)%v, activation, &
                                     real(plan%activation_parameters, wp), y(1)%v, scratch)
      else
         scratch(:filters) = 0
         call conv_forward_activated(plan%settings, batch, weights, scratch, x(1)%v, activation, &
                                     real(plan%activation_parameters, wp), y(1)%v, &
                                     scratch(filters + 1:))
      end if
   end subroutine forward

   !> The bias, then the kernel.
   subroutine pack(self, plan, weights, scale, shift, packed)
      class(conv_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: scale(:)
      real(wp), intent(in), contiguous :: shift(:)
      real(wp), intent(inout), contiguous :: packed(:)
      real(wp), allocatable :: kernel(:, :)
      integer :: filters, j
      filters = plan%out_shapes(1)%extent(1)
      allocate (kernel(filters, patch_rows(plan%settings)))
      do j = 1, size(kernel, 2)
         kernel(:, j) = scale*weights((j - 1)*filters + 1:j*filters)
      end do
      packed(:filters) = shift
      if (self%options%use_bias) then
         packed(:filters) = scale*weights(size(weights) - filters + 1:) + shift
      end if
      call pack_conv(plan%settings, kernel, packed(vectors_of(filters) + 1:))
   end subroutine pack

   !> dx may be missing (not associated) where nobody needs the gradient of the input.
   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(conv_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dy(:)
      type(view_t), intent(in) :: dx(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      integer :: batch, filters
      batch = size(dy(1)%v, 2)
      filters = plan%out_shapes(1)%extent(1)
      if (associated(dx(1)%v)) then
         call conv_backward_input(plan%settings, batch, weights, dy(1)%v, 0.0_wp, dx(1)%v, scratch)
      end if
      call conv_backward_kernel(plan%settings, batch, x(1)%v, dy(1)%v, dweights, scratch)
      if (self%options%use_bias) then
         call sum_to_bias(filters, size(dy(1)%v)/filters, dy(1)%v, &
                          dweights(size(dweights) - filters + 1:))
      end if
   end subroutine backward

   pure logical function wants_channels_last(self) result(wants)
      class(conv_t), intent(in) :: self
      wants = self%options%channels_first
   end function wants_channels_last

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(conv_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dx(:)
      type(view_t), intent(in) :: dy(:)
      type(mode_t), intent(in) :: mode
      integer :: batch, filters
      real(wp) :: beta
      batch = size(dy(1)%v, 2)
      filters = plan%out_shapes(1)%extent(1)
      beta = 0
      if (size(dweights) > 0) then
         if (self%options%use_bias) then
            beta = 1
            call repeat_column(filters, size(dy(1)%v)/filters, &
                               dweights(size(dweights) - filters + 1:), dy(1)%v)
         end if
         call conv_forward(plan%settings, batch, dweights, x(1)%v, beta, dy(1)%v, scratch)
         beta = 1
      end if
      call conv_forward(plan%settings, batch, weights, dx(1)%v, beta, dy(1)%v, scratch)
   end subroutine tangent

end module fkb_conv_dp
