! Generated from layers/fkb_conv_transpose.fypp: edit that file and run tools/generate.py
!> Keras's `Conv1DTranspose`, `Conv2DTranspose` and `Conv3DTranspose`: the derivative of a
!> convolution with respect to its input, plus a bias.
!>
!> The convolution meant here takes an output of this layer and gives an input of it. TensorFlow
!> defines the layer by it, and the kernel lies as that of the convolution does.
module fkb_conv_transpose_sp
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_config, only: config_t
   use fkb_conv_geometry, only: conv_geometry, conv_output, conv_padding, pad_valid, &
      spatial_axes, transposed_extent, transposed_padding, window_fits
   use fkb_conv_kernels_sp, only: conv_backward_input, conv_backward_kernel, conv_forward, &
      repeat_column, sum_to_bias
   use fkb_conv_options, only: conv_options_t, expect_channels, get_count, get_sizes
   use fkb_conv_tiles, only: conv_scratch
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output, refuse_option, refuse_unless_null
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: open_extent, shape_of, shape_t
   implicit none (type, external)
   private
   public :: conv_transpose_t

   !> Weights: kernel (channels, filters, taps), bias (filters).
   type, extends(layer_t) :: conv_transpose_t
      integer :: axes = 2                     !! spatial axes, of the class
      integer :: filters = 0                  !! channels of the output
      integer :: output_padding(spatial_axes) = -1   !! storage order, -1 for none
      type(conv_options_t) :: options = conv_options_t()   !! window, strides, padding, bias
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: wants_channels_last
   end type conv_transpose_t

contains

   subroutine configure(self, config, error)
      class(conv_transpose_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%options%read(config, self%axes, .false., error)
      if (allocated(error)) return
      if (any(self%options%strides > 1) .and. any(self%options%dilation > 1)) then
         call refuse_option(config, 'dilation_rate', 'Keras has no dilation where a stride is '// &
                            'larger than 1', error)
         return
      end if
      call get_count(config, 'filters', self%filters, error)
      if (allocated(error)) return
      self%output_padding = -1
      call refuse_unless_null(config, 'lora_rank lora_alpha quantization_config', error)
      if (allocated(error)) return
      call config%ignore('output_padding')
      if (.not. config%has('output_padding')) return
      call get_sizes(config, 'output_padding', self%axes, 0, self%output_padding, error)
      if (allocated(error)) return
      if (any(self%output_padding >= self%options%strides)) then
         call refuse_option(config, 'output_padding', 'expected values below the strides', error)
      end if
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(conv_transpose_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: out
      integer :: before(spatial_axes), channels, i
      call expect_channels(in_shapes, self%axes, error)
      if (allocated(error)) return
      channels = in_shapes(1)%extent(1)
      call self%options%expect_countable(max(channels, self%filters), error)
      if (allocated(error)) return
      associate (o => self%options)
         call plan%add_weight('kernel', shape_of([channels, self%filters, o%kernel(:self%axes)]))
         if (o%use_bias) call plan%add_weight('bias', shape_of([self%filters]))
         out = in_shapes(1)
         out%extent(1) = self%filters
         do i = 1, self%axes
            out%extent(i + 1) = transposed_extent(in_shapes(1)%extent(i + 1), o%kernel(i), &
                                                  o%strides(i), o%dilation(i), o%padding, &
                                                  self%output_padding(i))
            if (out%extent(i + 1) == open_extent) cycle
            if (.not. window_fits(out%extent(i + 1), o%kernel(i), o%strides(i), o%dilation(i), &
                                  max(channels, self%filters))) out%extent(i + 1) = 0
            before(i) = transposed_padding(o%kernel(i), o%strides(i), o%dilation(i), o%padding, &
                                           self%output_padding(i))
         end do
         if (any(out%extent(2:self%axes + 1) == 0)) then
            call raise(error, fkb_err_argument, 'an input of shape '//in_shapes(1)%text()// &
                       ' gives no output, or one too large to be counted')
            return
         end if
         call add_output(plan, out, error)
         if (allocated(error)) return
         plan%can_train = .true.
         plan%spares_dx = .true.
         plan%tangent = tangent_own
         plan%fuses_activation = .true.
         if (.not. in_shapes(1)%closed()) return
         plan%settings = conv_geometry(out%extent(2:4), o%kernel, o%strides, o%dilation, &
                                       pad_valid, self%filters, channels, 1)
      end associate
      plan%settings(conv_output:conv_output + 2) = in_shapes(1)%extent(2:4)
      plan%settings(conv_padding:conv_padding + self%axes - 1) = before(:self%axes)
      plan%fixed_scratch = conv_scratch(plan%settings)
   end subroutine lay_out

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(conv_transpose_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: batch, columns
      real(wp) :: beta
      batch = size(y(1)%v, 2)
      columns = size(y(1)%v)/self%filters
      beta = 0
      if (self%options%use_bias) then
         beta = 1
         call repeat_column(self%filters, columns, weights(size(weights) - self%filters + 1:), &
                            y(1)%v)
      end if
      call conv_backward_input(plan%settings, batch, weights, x(1)%v, beta, y(1)%v, scratch)
      if (plan%activation == 0) return
      call activate_in_place(plan%activation, real(plan%activation_parameters, wp), self%filters, &
                             columns, y(1)%v)
   end subroutine forward

   !> dx may be missing (not associated) where nobody needs the gradient of the input.
   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(conv_transpose_t), intent(in) :: self
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
      integer :: batch
      batch = size(dy(1)%v, 2)
      if (associated(dx(1)%v)) then
         call conv_forward(plan%settings, batch, weights, dy(1)%v, 0.0_wp, dx(1)%v, scratch)
      end if
      call conv_backward_kernel(plan%settings, batch, dy(1)%v, x(1)%v, dweights, scratch)
      if (self%options%use_bias) then
         call sum_to_bias(self%filters, size(dy(1)%v)/self%filters, dy(1)%v, &
                          dweights(size(dweights) - self%filters + 1:))
      end if
   end subroutine backward

   pure logical function wants_channels_last(self) result(wants)
      class(conv_transpose_t), intent(in) :: self
      wants = self%options%channels_first
   end function wants_channels_last

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(conv_transpose_t), intent(in) :: self
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
      integer :: batch
      real(wp) :: beta
      batch = size(dy(1)%v, 2)
      beta = 0
      if (size(dweights) > 0) then
         if (self%options%use_bias) then
            beta = 1
            call repeat_column(self%filters, size(dy(1)%v)/self%filters, &
                               dweights(size(dweights) - self%filters + 1:), dy(1)%v)
         end if
         call conv_backward_input(plan%settings, batch, dweights, x(1)%v, beta, dy(1)%v, scratch)
         beta = 1
      end if
      call conv_backward_input(plan%settings, batch, weights, dx(1)%v, beta, dy(1)%v, scratch)
   end subroutine tangent

end module fkb_conv_transpose_sp
