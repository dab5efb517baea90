! Generated from layers/fkb_operation_activation.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` that are activation functions and work value by value: `Relu`, `Gelu`
!> and others.
module fkb_operation_activation_sp
   use fkb_activation_kernels_sp, only: activate, activate_backward
   use fkb_activations, only: act_celu, act_elu, act_gelu, act_gelu_approximate, act_hard_shrink, &
      act_leaky_relu, act_linear, act_soft_shrink, act_squareplus, act_threshold, &
      default_parameters, n_parameters
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => sp
   use fkb_layer_options, only: add_output, expect_inputs
   use fkb_layer_sp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_backward
   use fkb_rounding, only: rounded_to_single
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: activation_operation_t

   !> One of these operations; the prototype says which.
   type, extends(unary_layer_t) :: activation_operation_t
      integer :: id = act_linear                  !! one of the `act_*` constants
      real(dp) :: parameters(n_parameters) = 0    !! of the activation
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
      procedure :: as_activation
   end type activation_operation_t

contains

   subroutine configure(self, config, error)
      class(activation_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: default(n_parameters)
      logical :: approximate
      default = default_parameters(self%id)
      self%parameters = default
      associate (p => self%parameters)
         select case (self%id)
         case (act_leaky_relu)
            call config%get('negative_slope', p(1), error, default=default(1))
            p(1) = rounded_to_single(p(1))      ! as TensorFlow does, whatever the kind
         case (act_elu, act_celu)
            call config%get('alpha', p(1), error, default=default(1))
         case (act_hard_shrink, act_soft_shrink)
            call config%get('threshold', p(1), error, default=default(1))
         case (act_squareplus)
            call config%get('b', p(1), error, default=default(1))
         case (act_threshold)
            call config%get('threshold', p(1), error)
            if (.not. allocated(error)) call config%get('default_value', p(2), error)
         case (act_gelu_approximate)
            call config%get('approximate', approximate, error, default=.true.)
            if (.not. approximate) self%id = act_gelu
         case default
            continue
         end select
      end associate
   end subroutine configure

   subroutine lay_out(self, in_shapes, plan, error)
      class(activation_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_backward
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(activation_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call activate(self%id, real(self%parameters, wp), size(x, 1), size(x, 2), x, y)
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(activation_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      real(wp), intent(in), contiguous :: dy(:, :)
      real(wp), intent(out), contiguous :: dx(:, :)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      call activate_backward(self%id, real(self%parameters, wp), size(x, 1), size(x, 2), x, y, dy, &
                             dx)
   end subroutine apply_backward

   !> The layer before may apply the function.
   subroutine as_activation(self, id, parameters)
      class(activation_operation_t), intent(in) :: self
      integer, intent(out) :: id
      real(dp), intent(out) :: parameters(n_parameters)
      id = self%id
      parameters = self%parameters
   end subroutine as_activation

end module fkb_operation_activation_sp
