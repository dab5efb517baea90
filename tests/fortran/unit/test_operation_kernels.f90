!> Operations whose functions are not finite everywhere, where they are: slopes by differences, and
!> the values and slopes that TensorFlow has at corners.
module test_operation_kernels
   use fkb_kinds, only: dp
   use fkb_operand_kernels_dp, only: combine, combine_backward
   use fkb_operations, only: operand_floor_divide, operand_maximum, operand_minimum, operand_mod, &
      operand_names, operand_power, value_arccosh, value_erfinv, value_names, value_round
   use fkb_testing, only: check_close, failure_t, suite_t
   use fkb_value_kernels_dp, only: n_value_parameters, operate, operate_backward
   implicit none (type, external)
   private
   public :: collect

   real(dp), parameter :: step = 1e-5_dp

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'operation_kernels'
      call suite%add('slopes of functions are those of differences', slopes_are_differences)
      call suite%add('slopes of operations on two operands are those of differences', &
                     pairs_are_differences)
      call suite%add('erfinv is the inverse of erf up to its ends', erfinv_inverts_erf)
      call suite%add('halves are rounded to even numbers', halves_are_rounded_to_even)
      call suite%add('ties and remainders are those of TensorFlow', ties_are_those_of_tensorflow)
   end subroutine collect

   subroutine slopes_are_differences(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), parameter :: p(n_value_parameters) = [-2.0_dp, 2.0_dp, 0.0_dp]
      real(dp) :: x(5), y(5), more(5), less(5), d(5)
      integer :: id
      do id = 1, value_erfinv
         x = [0.15_dp, 0.3_dp, 0.45_dp, 0.7_dp, 0.9_dp]
         if (id == value_arccosh) x = x + 1
         call operate(id, p, size(x), x, y)
         call operate(id, p, size(x), x + step, more)
         call operate(id, p, size(x), x - step, less)
         call operate_backward(id, p, size(x), x, y, [1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp], d)
         call check_close(failure, d, (more - less)/(2*step), tolerance=1e-8_dp, &
                          what='the slope of '//trim(value_names(id)))
      end do
   end subroutine slopes_are_differences

   subroutine pairs_are_differences(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), parameter :: a(4) = [0.35_dp, 0.8_dp, 2.1_dp, 3.3_dp]
      real(dp), parameter :: b(4) = [1.2_dp, 0.55_dp, 0.9_dp, 2.4_dp]
      real(dp) :: y(4), more(4), less(4), d(4), s(2)
      integer :: id, k
      do id = 1, size(operand_names)
         do k = 1, 2
            s = 0
            s(k) = step
            call combine(id, 4, a, b, y)
            call combine(id, 4, a + s(1), b + s(2), more)
            call combine(id, 4, a - s(1), b - s(2), less)
            call combine_backward(id, k, 4, a, b, y, [1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp], d)
            call check_close(failure, d, (more - less)/(2*step), tolerance=1e-8_dp, scale=1.0_dp, &
                             what='the slope of '//trim(operand_names(id)))
         end do
      end do
   end subroutine pairs_are_differences

   subroutine erfinv_inverts_erf(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), parameter :: p(n_value_parameters) = 0
      real(dp) :: x(6), y(6)
      x = [-0.999999_dp, -0.4_dp, 1e-9_dp, 0.2_dp, 0.95_dp, 1 - 1e-12_dp]
      call operate(value_erfinv, p, 6, x, y)
      call check_close(failure, erf(y), x, tolerance=4*epsilon(1.0_dp), what='erf(erfinv(x))')
   end subroutine erfinv_inverts_erf

   subroutine halves_are_rounded_to_even(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), parameter :: p(n_value_parameters) = [1.0_dp, 0.0_dp, 0.0_dp]
      real(dp) :: y(6)
      call operate(value_round, p, 6, [-2.5_dp, -1.5_dp, -0.5_dp, 0.5_dp, 1.5_dp, 2.4_dp], y)
      call check_close(failure, y, [-2.0_dp, -2.0_dp, 0.0_dp, 0.0_dp, 2.0_dp, 2.0_dp], &
                       tolerance=0.0_dp, what='rounded')
   end subroutine halves_are_rounded_to_even

   subroutine ties_are_those_of_tensorflow(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), parameter :: same(1) = [2.0_dp], unit(1) = [1.0_dp], zero(1) = [0.0_dp]
      real(dp) :: y(1), d(1)
      integer :: id, k
      do id = operand_maximum, operand_minimum
         do k = 1, 2
            call combine_backward(id, k, 1, same, same, same, unit, d)
            call check_close(failure, d, [real(2 - k, dp)], tolerance=0.0_dp, scale=1.0_dp, &
                             what='the slope of a tie')
         end do
      end do
      call combine(operand_mod, 1, [-7.0_dp], [3.0_dp], y)
      call check_close(failure, y, [2.0_dp], tolerance=0.0_dp, what='-7 mod 3')
      call combine(operand_floor_divide, 1, [-7.0_dp], [3.0_dp], y)
      call check_close(failure, y, [-3.0_dp], tolerance=0.0_dp, what='-7 // 3')
      call combine_backward(operand_power, 2, 1, zero, same, zero, unit, d)
      call check_close(failure, d, zero, tolerance=0.0_dp, scale=1.0_dp, what='the slope of 0**y')
   end subroutine ties_are_those_of_tensorflow

end module test_operation_kernels
