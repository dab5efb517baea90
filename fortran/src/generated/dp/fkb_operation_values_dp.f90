! Generated from layers/fkb_operation_values.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` on one operand, value by value: `Abs`, `Clip`, `Cast` and others.
module fkb_operation_values_dp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_options, only: add_output, expect_inputs, refuse_option
   use fkb_layer_dp, only: mode_t, unary_layer_t
   use fkb_operations, only: value_boolean, value_cast, value_clip, value_integer, &
      value_nan_to_num, value_ones, value_round, value_single, value_stop, value_zeros
   use fkb_plan, only: plan_t, tangent_backward
   use fkb_shape, only: shape_t
   use fkb_value_kernels_dp, only: n_value_parameters, operate, operate_backward
   implicit none (type, external)
   private
   public :: value_operation_t

   !> One of these operations; the prototype says which.
   type, extends(unary_layer_t) :: value_operation_t
      integer :: id = value_stop                         !! one of the `value_*` constants
      real(wp) :: parameters(n_value_parameters) = 0     !! what the operation's options say
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: apply
      procedure :: apply_backward
   end type value_operation_t

contains

   subroutine configure(self, config, error)
      class(value_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      integer :: decimals
      select case (self%id)
      case (value_clip)
         call config%get('x_min', self%parameters(1), error)
         if (.not. allocated(error)) call config%get('x_max', self%parameters(2), error)
      case (value_round)
         call config%get('decimals', decimals, error, default=0)
         self%parameters(1) = 10.0_wp**decimals
      case (value_nan_to_num)
         call config%get('nan', self%parameters(1), error, default=0.0_wp)
         if (.not. allocated(error)) call config%get('posinf', self%parameters(2), error, &
                                                     default=huge(1.0_wp))
         if (.not. allocated(error)) call config%get('neginf', self%parameters(3), error, &
                                                     default=-huge(1.0_wp))
      case (value_cast)
         call configure_cast(self, config, error)
      case (value_zeros, value_ones)
         call config%ignore('dtype')
      case default
         continue
      end select
   end subroutine configure

   !> A cast to real64 changes nothing; one to real32 rounds in a network of real64.
   subroutine configure_cast(self, config, error)
      class(value_operation_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: dtype
      call config%get('dtype', dtype, error)
      if (allocated(error)) return
      select case (dtype)
      case ('float64')
         continue
      case ('float32')
         if (wp == dp) self%id = value_single
      case ('int8', 'int16', 'int32', 'int64')
         self%id = value_integer
      case ('bool')
         self%id = value_boolean
      case default
         call refuse_option(config, 'dtype', 'expected float32, float64, bool or int8 to int64', &
                            error)
      end select
   end subroutine configure_cast

   subroutine lay_out(self, in_shapes, plan, error)
      class(value_operation_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      call expect_inputs(in_shapes, 1, error)
      if (allocated(error)) return
      call add_output(plan, in_shapes(1), error)
      plan%can_train = .true.
      plan%tangent = tangent_backward
      plan%passes_through = self%id == value_cast .or. self%id == value_stop
   end subroutine lay_out

   subroutine apply(self, plan, weights, x, y, cache, scratch, mode)
      class(value_operation_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: x(:, :)
      real(wp), intent(out), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      if (plan%passes_through) then
         y = x
      else
         call operate(self%id, self%parameters, size(x), x, y)
      end if
   end subroutine apply

   subroutine apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(value_operation_t), intent(in) :: self
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
      select case (self%id)
      case (value_cast)
         dx = dy
      case (value_stop)
         dx = 0
      case default
         call operate_backward(self%id, self%parameters, size(x), x, y, dy, dx)
      end select
   end subroutine apply_backward

end module fkb_operation_values_dp
