! Generated from kernels/fkb_operand_kernels.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` on two or more operands, value by value, and their derivatives.
!>
!> Derivatives are TensorFlow's: where two operands share the maximum or minimum the first has the
!> gradient, a power of a base that is not positive has none with respect to its exponent, and
!> comparisons have none. Truth is every value but 0; results that are true or false are 1 or 0.
module fkb_operand_kernels_sp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
   use fkb_kinds, only: wp => sp
   use fkb_operations, only: operand_add, operand_and, operand_arctan2, operand_divide, &
      operand_divide_no_nan, operand_equal, operand_floor_divide, operand_fmax, operand_fmin, &
      operand_fmod, operand_full, operand_greater, operand_greater_equal, operand_heaviside, &
      operand_hypot, operand_less, operand_less_equal, operand_logaddexp, operand_maximum, &
      operand_minimum, operand_mod, operand_multiply, operand_not_equal, operand_or, &
      operand_power, operand_squared_difference, operand_subtract, operand_true_divide
   implicit none (type, external)
   private
   public :: combine, combine_backward, choose, near

contains

   !> y = a op b
   pure subroutine combine(id, n, a, b, y)
      integer, intent(in) :: id                        !! one of the `operand_*` constants
      integer, intent(in) :: n
      real(wp), intent(in) :: a(n), b(n)
      real(wp), intent(out) :: y(n)
      select case (id)
      case (operand_add)
         y = a + b
      case (operand_subtract)
         y = a - b
      case (operand_multiply)
         y = a*b
      case (operand_divide, operand_true_divide)
         y = a/b
      case (operand_divide_no_nan)
         y = merge(0.0_wp, a/merge(1.0_wp, b, abs(b) <= 0), abs(b) <= 0)
      case (operand_floor_divide)
         y = floor_of(a/b)
      case (operand_mod)
         y = modulo(a, b)
      case (operand_fmod)
         y = sign_of(a)*modulo(abs(a), abs(b))
      case (operand_power)
         y = a**b
      case (operand_arctan2)
         y = atan2(a, b)
      case (operand_maximum)
         y = merge(a, b, a >= b .or. ieee_is_nan(a))
      case (operand_minimum)
         y = merge(a, b, a <= b .or. ieee_is_nan(a))
      case (operand_fmax)
         y = merge(a, b, a >= b .or. ieee_is_nan(b))
      case (operand_fmin)
         y = merge(a, b, a <= b .or. ieee_is_nan(b))
      case (operand_hypot)
         y = hypot(a, b)
      case (operand_logaddexp)
         y = max(a, b) + log_1p(exp(-abs(a - b)))
      case (operand_heaviside)
         y = merge(0.0_wp, merge(1.0_wp, b, a > 0), a < 0)
      case (operand_squared_difference)
         y = (a - b)*(a - b)
      case (operand_full)
         y = b
      case default
         y = merge(1.0_wp, 0.0_wp, holds(id, a, b))
      end select
   end subroutine combine

   !> Whether a comparison, or a combination of truths, holds.
   elemental logical function holds(id, a, b)
      integer, intent(in) :: id
      real(wp), intent(in) :: a, b
      select case (id)
      case (operand_equal)
         holds = a >= b .and. a <= b
      case (operand_not_equal)
         holds = .not. (a >= b .and. a <= b)
      case (operand_greater)
         holds = a > b
      case (operand_greater_equal)
         holds = a >= b
      case (operand_less)
         holds = a < b
      case (operand_less_equal)
         holds = a <= b
      case (operand_and)
         holds = .not. abs(a) <= 0 .and. .not. abs(b) <= 0
      case (operand_or)
         holds = .not. abs(a) <= 0 .or. .not. abs(b) <= 0
      case default
         holds = abs(a) <= 0 .neqv. abs(b) <= 0
      end select
   end function holds

   !> d = dy times the derivative of a op b with respect to operand k, 1 or 2
   pure subroutine combine_backward(id, k, n, a, b, y, dy, d)
      integer, intent(in) :: id                        !! one of the `operand_*` constants
      integer, intent(in) :: k
      integer, intent(in) :: n
      real(wp), intent(in) :: a(n), b(n), y(n), dy(n)
      real(wp), intent(out) :: d(n)
      if (k == 1) then
         call first_slope(id, n, a, b, y, d)
      else
         call second_slope(id, n, a, b, y, d)
      end if
      d = d*dy
   end subroutine combine_backward

   pure subroutine first_slope(id, n, a, b, y, d)
      integer, intent(in) :: id, n
      real(wp), intent(in) :: a(n), b(n), y(n)
      real(wp), intent(out) :: d(n)
      select case (id)
      case (operand_add, operand_subtract, operand_mod)
         d = 1
      case (operand_multiply)
         d = b
      case (operand_divide, operand_true_divide)
         d = 1/b
      case (operand_divide_no_nan)
         d = merge(0.0_wp, 1/merge(1.0_wp, b, abs(b) <= 0), abs(b) <= 0)
      case (operand_fmod)
         d = abs(sign_of(a))
      case (operand_power)
         d = b*a**(b - 1)
      case (operand_arctan2)
         d = b/(a*a + b*b)
      case (operand_maximum)
         d = merge(1.0_wp, 0.0_wp, a >= b)
      case (operand_minimum)
         d = merge(1.0_wp, 0.0_wp, a <= b)
      case (operand_fmax)
         d = merge(1.0_wp, 0.0_wp, a >= b .or. ieee_is_nan(b))
      case (operand_fmin)
         d = merge(1.0_wp, 0.0_wp, a <= b .or. ieee_is_nan(b))
      case (operand_hypot)
         d = merge(0.0_wp, a/merge(1.0_wp, y, y <= 0), y <= 0)
      case (operand_logaddexp)
         d = 1/(1 + exp(b - a))
      case (operand_squared_difference)
         d = 2*(a - b)
      case default
         d = 0
      end select
   end subroutine first_slope

   pure subroutine second_slope(id, n, a, b, y, d)
      integer, intent(in) :: id, n
      real(wp), intent(in) :: a(n), b(n), y(n)
      real(wp), intent(out) :: d(n)
      select case (id)
      case (operand_add, operand_full)
         d = 1
      case (operand_subtract)
         d = -1
      case (operand_multiply)
         d = a
      case (operand_divide, operand_true_divide)
         d = -a/b/b
      case (operand_divide_no_nan)
         d = merge(0.0_wp, -y/merge(1.0_wp, b, abs(b) <= 0), abs(b) <= 0)
      case (operand_mod)
         d = -floor_of(a/b)
      case (operand_fmod)
         d = -sign_of(a)*sign_of(b)*floor_of(abs(a)/abs(b))
      case (operand_power)
         d = merge(y*log(merge(a, 1.0_wp, a > 0)), 0.0_wp, a > 0)
      case (operand_arctan2)
         d = -a/(a*a + b*b)
      case (operand_maximum)
         d = merge(0.0_wp, 1.0_wp, a >= b)
      case (operand_minimum)
         d = merge(0.0_wp, 1.0_wp, a <= b)
      case (operand_fmax)
         d = merge(0.0_wp, 1.0_wp, a >= b .or. ieee_is_nan(b))
      case (operand_fmin)
         d = merge(0.0_wp, 1.0_wp, a <= b .or. ieee_is_nan(b))
      case (operand_hypot)
         d = merge(0.0_wp, b/merge(1.0_wp, y, y <= 0), y <= 0)
      case (operand_logaddexp)
         d = 1/(1 + exp(a - b))
      case (operand_heaviside)
         d = merge(1.0_wp, 0.0_wp, abs(a) <= 0)
      case (operand_squared_difference)
         d = -2*(a - b)
      case default
         d = 0
      end select
   end subroutine second_slope

   !> y = a where `truth` holds, else b
   pure subroutine choose(n, truth, a, b, y)
      integer, intent(in) :: n
      real(wp), intent(in) :: truth(n), a(n), b(n)
      real(wp), intent(out) :: y(n)
      y = merge(b, a, abs(truth) <= 0)
   end subroutine choose

   !> y = whether |a - b| <= absolute + relative |b|
   pure subroutine near(n, a, b, relative, absolute, equal_nan, y)
      integer, intent(in) :: n
      real(wp), intent(in) :: a(n), b(n), relative(n), absolute(n)
      logical, intent(in) :: equal_nan                 !! two NaN are equal
      real(wp), intent(out) :: y(n)
      y = merge(1.0_wp, 0.0_wp, abs(a - b) <= absolute + relative*abs(b) .or. &
                (equal_nan .and. ieee_is_nan(a) .and. ieee_is_nan(b)))
   end subroutine near

   elemental real(wp) function floor_of(x) result(y)
      real(wp), intent(in) :: x
      y = aint(x)
      if (x < y) y = y - 1
   end function floor_of

   elemental real(wp) function sign_of(x) result(y)
      real(wp), intent(in) :: x
      y = sign(1.0_wp, x)
      if (abs(x) <= 0) y = 0
   end function sign_of

   !> log(1 + x) for x from 0 to 1, to the last digits (Kahan).
   elemental real(wp) function log_1p(x) result(y)
      real(wp), intent(in) :: x
      real(wp) :: u
      u = 1 + x
      y = x
      if (u > 1) y = log(u)*(x/(u - 1))
   end function log_1p

end module fkb_operand_kernels_sp
