! Generated from layers/fkb_identity.fypp: edit that file and run tools/generate.py
!> Layers that hand their values on as they are: Keras's `Identity` and `ActivityRegularization`.
!> Also the parent of layers that only state another shape (`Flatten`, `Reshape`) and of layers that
!> do something in training only (`Dropout`).
module fkb_identity_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: add_output, expect_inputs
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_plan, only: plan_t, tangent_forward
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: identity_t, activity_regularization_t

   !> Keras's `Identity`: y = x.
   type, extends(unary_layer_t) :: identity_t
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type identity_t

   !> Keras's `ActivityRegularization`: y = x; the network adds the penalty
   !> (l1 sum |y| + l2 sum y^2)/batch to the loss.
   type, extends(identity_t) :: activity_regularization_t
      real(dp) :: l1 = 0     !! factor of the sum of absolute values
      real(dp) :: l2 = 0     !! factor of the sum of squares
   contains
      procedure :: configure => configure_activity_regularization
   end type activity_regularization_t

contains

   subroutine configure(self, config, error)
      class(identity_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
   end subroutine configure

   subroutine configure_activity_regularization(self, config, error)
      class(activity_regularization_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('l1', self%l1, error, default=0.0_dp)
      if (allocated(error)) return
      call config%get('l2', self%l2, error, default=0.0_dp)
   end subroutine configure_activity_regularization

   subroutine lay_out(self, in_shapes, plan, error)
      class(identity_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_forward
      plan%passes_through = .true.
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(identity_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      y = x
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(identity_t), intent(in) :: self
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
      dx = dy
   end subroutine apply_backward

end module fkb_identity_dp
