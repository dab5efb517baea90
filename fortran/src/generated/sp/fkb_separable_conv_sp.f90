! Generated from layers/fkb_separable_conv.fypp: edit that file and run tools/generate.py
!> Keras's `SeparableConv1D` and `SeparableConv2D`: a depthwise convolution, then the product of
!> each position's channels with a matrix, plus a bias.
module fkb_separable_conv_sp
   use fkb_activations, only: act_linear
   use fkb_config, only: config_t
   use fkb_conv_geometry, only: conv_channels_out, conv_geometry, conv_length, conv_output, &
      pad_valid
   use fkb_conv_kernels_sp, only: conv_backward_input, conv_backward_kernel, conv_forward, &
      conv_forward_activated, repeat_column, sum_to_bias
   use fkb_conv_options, only: conv_options_t, expect_channels, get_count
   use fkb_conv_tiles, only: conv_scratch
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_layer_options, only: add_output
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: shape_of, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: separable_conv_t

   !> Weights: depthwise_kernel (multiplier, channels, taps), pointwise_kernel (filters, multiplier
   !> x channels), bias (filters). The first stage's output stays in the cache.
   type, extends(layer_t) :: separable_conv_t
      integer :: axes = 2                 !! spatial axes, of the class
      integer :: filters = 0              !! channels of the output
      integer :: multiplier = 1           !! option `depth_multiplier`: windows of each channel
      type(conv_options_t) :: options = conv_options_t()   !! window, strides, padding, bias
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: wants_channels_last
   end type separable_conv_t

contains

   subroutine configure(self, config, error)
      class(separable_conv_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%options%read(config, self%axes, self%axes == 1, error)
      if (allocated(error)) return
      call get_count(config, 'filters', self%filters, error)
      if (allocated(error)) return
      call get_count(config, 'depth_multiplier', self%multiplier, error, default=1)
   end subroutine configure

   !> Settings: the geometry of the depthwise stage, then that of the pointwise stage.
   subroutine lay_out(self, in_shapes, plan, error)
      class(separable_conv_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer, parameter :: ones(3) = 1
      type(shape_t) :: middle, out
      integer :: channels, depthwise(conv_length), inner, pointwise(conv_length)
      call expect_channels(in_shapes, self%axes, error)
      if (allocated(error)) return
      channels = in_shapes(1)%extent(1)
      if (self%multiplier > huge(1)/channels) then
         call raise(error, fkb_err_argument, 'option "depth_multiplier" = '// &
                    decimal(self%multiplier)//' gives more channels than can be counted')
         return
      end if
      inner = self%multiplier*channels
      associate (o => self%options, axes => self%axes)
         call plan%add_weight('depthwise_kernel', &
                              shape_of([self%multiplier, channels, o%kernel(:axes)]), &
                              options='depthwise')
         call plan%add_weight('pointwise_kernel', shape_of([self%filters, inner, ones(:axes)]), &
                              options='pointwise')
         if (o%use_bias) call plan%add_weight('bias', shape_of([self%filters]))
         call o%output_shape(in_shapes(1), inner, middle, error)
         if (allocated(error)) return
         out = middle
         out%extent(1) = self%filters
         call add_output(plan, out, error)
         if (allocated(error)) return
         plan%can_train = .true.
         plan%spares_dx = .true.
         plan%tangent = tangent_own
         plan%fuses_activation = .true.
         if (.not. in_shapes(1)%closed()) return
         depthwise = conv_geometry(in_shapes(1)%extent(2:4), o%kernel, o%strides, o%dilation, &
                                   o%padding, channels, inner, channels)
      end associate
      pointwise = conv_geometry(out%extent(2:4), ones, ones, ones, pad_valid, inner, &
                                self%filters, 1)
      plan%settings = [depthwise, pointwise]
      plan%cache = middle%count()
      plan%scratch = middle%count()
      plan%fixed_scratch = max(conv_scratch(depthwise), conv_scratch(pointwise)) + self%filters
   end subroutine lay_out

   subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
      class(separable_conv_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      integer :: inner
      inner = middle_size(plan)*size(y(1)%v, 2)
      if (size(cache) >= inner .and. size(cache) > 0) then
         call stages(cache, scratch(inner + 1:))
      else
         call stages(scratch(:inner), scratch(inner + 1:))
      end if

   contains

      subroutine stages(middle, free)
         real(wp), intent(inout), contiguous :: middle(:), free(:)
         integer :: activation, batch, first
         batch = size(y(1)%v, 2)
         activation = plan%activation
         if (activation == 0) activation = act_linear
         first = int(plan%weights(2)%first)
         call conv_forward(plan%settings, batch, weights, x(1)%v, 0.0_wp, middle, free)
         if (self%options%use_bias) then
            call conv_forward_activated(plan%settings(conv_length + 1:), batch, weights(first:), &
                                        weights(size(weights) - self%filters + 1:), middle, &
                                        activation, real(plan%activation_parameters, wp), &
                                        y(1)%v, free)
         else
            free(:self%filters) = 0
            call conv_forward_activated(plan%settings(conv_length + 1:), batch, weights(first:), &
                                        free, middle, activation, &
                                        real(plan%activation_parameters, wp), y(1)%v, &
                                        free(self%filters + 1:))
         end if
      end subroutine stages

   end subroutine forward

   !> dx may be missing (not associated) where nobody needs the gradient of the input.
   subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(separable_conv_t), intent(in) :: self
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
      integer :: batch, first, inner
      batch = size(dy(1)%v, 2)
      inner = middle_size(plan)*batch
      first = int(plan%weights(2)%first)
      associate (dmiddle => scratch(:inner), free => scratch(inner + 1:), &
                 pointwise => plan%settings(conv_length + 1:))
         call conv_backward_input(pointwise, batch, weights(first:), dy(1)%v, 0.0_wp, dmiddle, free)
         call conv_backward_kernel(pointwise, batch, cache, dy(1)%v, dweights(first:), free)
         if (associated(dx(1)%v)) then
            call conv_backward_input(plan%settings, batch, weights, dmiddle, 0.0_wp, dx(1)%v, free)
         end if
         call conv_backward_kernel(plan%settings, batch, x(1)%v, dmiddle, dweights, free)
      end associate
      if (self%options%use_bias) then
         call sum_to_bias(self%filters, size(dy(1)%v)/self%filters, dy(1)%v, &
                          dweights(size(dweights) - self%filters + 1:))
      end if
   end subroutine backward

   !> Values per sample between the stages.
   pure integer function middle_size(plan) result(count)
      type(plan_t), intent(in) :: plan
      associate (g => plan%settings)
         count = g(conv_channels_out)*product(g(conv_output:conv_output + 2))
      end associate
   end function middle_size

   pure logical function wants_channels_last(self) result(wants)
      class(separable_conv_t), intent(in) :: self
      wants = self%options%channels_first
   end function wants_channels_last

   subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(separable_conv_t), intent(in) :: self
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
      integer :: batch, first, inner
      batch = size(dy(1)%v, 2)
      inner = middle_size(plan)*batch
      first = int(plan%weights(2)%first)
      associate (dmiddle => scratch(:inner), free => scratch(inner + 1:), &
                 pointwise => plan%settings(conv_length + 1:))
         call conv_forward(plan%settings, batch, weights, dx(1)%v, 0.0_wp, dmiddle, free)
         if (size(dweights) == 0) then
            call conv_forward(pointwise, batch, weights(first:), dmiddle, 0.0_wp, dy(1)%v, free)
            return
         end if
         call conv_forward(plan%settings, batch, dweights, x(1)%v, 1.0_wp, dmiddle, free)
         dy(1)%v = 0
         if (self%options%use_bias) call repeat_column(self%filters, size(dy(1)%v)/self%filters, &
            dweights(size(dweights) - self%filters + 1:), dy(1)%v)
         call conv_forward(pointwise, batch, weights(first:), dmiddle, 1.0_wp, dy(1)%v, free)
         call conv_forward(pointwise, batch, dweights(first:), cache, 1.0_wp, dy(1)%v, free)
      end associate
   end subroutine tangent

end module fkb_separable_conv_sp
