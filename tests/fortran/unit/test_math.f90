!> The elementwise functions: accuracy against the intrinsics, special values, and the
!> same bits wherever a value stands.
module test_math
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_negative_inf, ieee_positive_inf, &
      ieee_quiet_nan, ieee_value
   use fkb_kinds, only: dp, sp
   use fkb_math_dp, only: dp_erf => erf_values, dp_exp => exp_values, dp_expm1 => expm1_values, &
      dp_log => log_values, dp_log1p => log1p_values, dp_sigmoid => sigmoid_values, &
      dp_softplus => softplus_values, dp_tanh => tanh_values, dp_sum => sum_values
   use fkb_math_sp, only: erf_values, exp_values, expm1_values, log1p_values, log_values, &
      sigmoid_values, softplus_values, sum_values, tanh_values
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: n_functions = 8, n_points = 4000
   character(8), parameter :: names(n_functions) = [character(8) :: "exp", "expm1", "log", &
      "log1p", "tanh", "erf", "sigmoid", "softplus"]
   !> Units in the last place that each may be wrong by.
   real(dp), parameter :: bounds(n_functions) = [1.2_dp, 2.0_dp, 1.0_dp, 1.5_dp, 3.0_dp, 3.0_dp, &
      3.0_dp, 3.5_dp]
   !> What the reference may be wrong by in real64. (Against 128 bits, which flang has no functions
   !> for, the library was within the bounds above in both kinds.)
   real(dp), parameter :: slack(n_functions) = [1.0_dp, 3.0_dp, 1.0_dp, 2.0_dp, 2.0_dp, 1.0_dp, &
      2.0_dp, 2.0_dp]

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = "math"
      call suite%add("real32 functions are within 1 to 3.5 units", real32_is_accurate)
      call suite%add("real64 functions are as close to the intrinsics as rounding allows", &
                     real64_is_accurate)
      call suite%add("NaN gives NaN", nan_gives_nan)
      call suite%add("infinities give the limits", infinities_give_limits)
      call suite%add("zeros and large values give exact results", exact_results)
      call suite%add("exp underflows gradually and overflows to infinity", exp_at_the_ends)
      call suite%add("log takes subnormal numbers", log_of_subnormals)
      call suite%add("bits do not depend on position or length", bits_do_not_depend_on_position)
      call suite%add("a sum is that of all values", sum_is_complete)
   end subroutine collect

   subroutine real32_is_accurate(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp) :: exact(n_points), worst
      real(sp) :: x(n_points), y(n_points)
      integer :: f
      do f = 1, n_functions
         call points(f, x, 88.0_dp)
         y = x
         call apply_sp(f, n_points, y)
         call reference(f, real(x, dp), exact)
         worst = maxval(abs(y - exact)/spacing(real(exact, sp)))
         call check_close(failure, worst, 0.0_dp, bounds(f), "units, real32 "//names(f), 1.0_dp)
      end do
   end subroutine real32_is_accurate

   subroutine real64_is_accurate(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp) :: exact(n_points), worst, x(n_points), y(n_points)
      real(sp) :: coarse(n_points)
      integer :: f, i
      do f = 1, n_functions
         call points(f, coarse, 600.0_dp)
         do i = 1, n_points
            x(i) = coarse(i)*(1 + 1e-9_dp*mod(i, 97))
         end do
         y = x
         call apply_dp(f, n_points, y)
         call reference(f, x, exact)
         worst = maxval(abs(y - exact)/spacing(exact))
         call check_close(failure, worst, 0.0_dp, bounds(f) + slack(f), &
                          "units, real64 "//names(f), 1.0_dp)
      end do
   end subroutine real64_is_accurate

   subroutine nan_gives_nan(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: x(40)
      real(dp) :: xd(40)
      integer :: f
      do f = 1, n_functions
         x = 0.5_sp
         x([1, 17, 40]) = ieee_value(1.0_sp, ieee_quiet_nan)
         xd = x
         call apply_sp(f, 40, x)
         call apply_dp(f, 40, xd)
         call check(failure, count(ieee_is_nan(x)) == 3, "NaN lost or spread by real32 "//names(f))
         call check(failure, count(ieee_is_nan(xd)) == 3, "NaN lost or spread by real64 "//names(f))
      end do
   end subroutine nan_gives_nan

   subroutine infinities_give_limits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), parameter :: finite_low(n_functions) = [0, -1, 99, 99, -1, -1, 0, 0]
      real(dp) :: high(n_functions), low(n_functions), infinity
      real(sp) :: x(2)
      real(dp) :: xd(2)
      integer :: f
      infinity = ieee_value(1.0_dp, ieee_positive_inf)
      high = infinity
      high(5:7) = 1
      low = finite_low
      do f = 1, n_functions
         xd = [infinity, -infinity]
         x = real(xd, sp)
         call apply_sp(f, 2, x)
         call apply_dp(f, 2, xd)
         call check_close(failure, real(x(1), dp), high(f), 0.0_dp, "real32 +inf "//names(f))
         call check_close(failure, xd(1), high(f), 0.0_dp, "real64 +inf "//names(f))
         if (low(f) < 90) then
            call check_close(failure, real(x(2), dp), low(f), 0.0_dp, "real32 -inf "//names(f))
            call check_close(failure, xd(2), low(f), 0.0_dp, "real64 -inf "//names(f))
         else
            call check(failure, ieee_is_nan(x(2)) .and. ieee_is_nan(xd(2)), &
                       "the logarithm of -inf is a number")
         end if
      end do
   end subroutine infinities_give_limits

   subroutine exact_results(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), parameter :: at_zero(n_functions) = [1.0_dp, 0.0_dp, 99.0_dp, 0.0_dp, 0.0_dp, &
                                                     0.0_dp, 0.5_dp, 99.0_dp]
      real(sp) :: x(3)
      integer :: f
      do f = 1, n_functions
         if (at_zero(f) > 90) cycle
         x(1) = 0
         call apply_sp(f, 1, x)
         call check_close(failure, real(x(1), dp), at_zero(f), 0.0_dp, "at zero "//names(f))
      end do
      x = [0.0_sp, 1.0_sp, -1.0_sp]
      call log_values(3, x)
      call check_close(failure, x(1), ieee_value(x(1), ieee_negative_inf), 0.0_sp, "log(0)")
      call check_close(failure, x(2), 0.0_sp, 0.0_sp, "log(1)")
      call check(failure, ieee_is_nan(x(3)), "log(-1) is a number")
      x = [-1.0_sp, -2.0_sp, 3e38_sp]
      call log1p_values(3, x)
      call check_close(failure, x(1), ieee_value(x(1), ieee_negative_inf), 0.0_sp, "log1p(-1)")
      call check(failure, ieee_is_nan(x(2)), "log1p(-2) is a number")
      call check_close(failure, x(3), log(3e38_sp), 1e-6_sp, "log1p of a large value")
      x = [20.0_sp, -20.0_sp, 1e-30_sp]
      call tanh_values(3, x)
      call check_equal(failure, x, [1.0_sp, -1.0_sp, 1e-30_sp], "tanh")
      x = [20.0_sp, -20.0_sp, 1000.0_sp]
      call erf_values(3, x)
      call check_equal(failure, x, [1.0_sp, -1.0_sp, 1.0_sp], "erf")
   end subroutine exact_results

   subroutine exp_at_the_ends(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: x(5)
      real(dp) :: xd(4)
      x = [-100.0_sp, -103.9_sp, -104.5_sp, 88.72_sp, 88.73_sp]
      call exp_values(5, x)
      call check_close(failure, real(x(1), dp), exp(-100.0_dp), real(tiny(x)*epsilon(x), dp), &
                       "exp(-100)", 1.0_dp)
      call check(failure, x(2) > 0, "the smallest subnormal is lost")
      call check_close(failure, x(3), 0.0_sp, 0.0_sp, "exp(-104.5)", 1.0_sp)
      call check_close(failure, x(4), real(exp(real(88.72_sp, dp)), sp), 2e-7_sp, "exp(88.72)")
      call check(failure, x(5) > huge(x), "exp(88.73) is finite")
      xd = [-740.0_dp, -746.0_dp, 709.7_dp, 709.8_dp]
      call dp_exp(4, xd)
      call check(failure, xd(1) > 0 .and. xd(1) < tiny(xd), "exp(-740) is not subnormal")
      call check_close(failure, xd(2), 0.0_dp, 0.0_dp, "exp(-746)", 1.0_dp)
      call check_close(failure, xd(3), exp(709.7_dp), 4e-16_dp, "exp(709.7)")
      call check(failure, xd(4) > huge(xd), "exp(709.8) is finite")
   end subroutine exp_at_the_ends

   subroutine log_of_subnormals(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: x(3), expected(3)
      real(dp) :: xd(2), expected_dp(2)
      x = [0.3_sp, epsilon(x), 1.0_sp]
      x = x*tiny(x)
      expected = real(log(real(x, dp)), sp)
      call log_values(3, x)
      call check_close(failure, x, expected, 1e-7_sp, "real32")
      xd = [0.3_dp, epsilon(xd)]
      xd = xd*tiny(xd)
      expected_dp = log(xd)
      call dp_log(2, xd)
      call check_close(failure, xd, expected_dp, 3e-16_dp, "real64")
   end subroutine log_of_subnormals

   subroutine bits_do_not_depend_on_position(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: length = 150
      real(sp) :: x(n_points), y(length), part(length)
      real(dp) :: yd(length), part_dp(length)
      integer :: f, first, n
      do f = 1, n_functions
         call points(f, x, 88.0_dp)
         y = x(:length)
         yd = x(:length)
         call apply_sp(f, length, y)
         call apply_dp(f, length, yd)
         do n = 1, 80
            first = 1 + mod(7*n, length - n)
            part(:n) = x(first:first + n - 1)
            part_dp(:n) = x(first:first + n - 1)
            call apply_sp(f, n, part)
            call apply_dp(f, n, part_dp)
            call check_equal(failure, part(:n), y(first:first + n - 1), "real32 "//names(f))
            call check_equal(failure, part_dp(:n), yd(first:first + n - 1), "real64 "//names(f))
         end do
      end do
   end subroutine bits_do_not_depend_on_position

   subroutine sum_is_complete(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp) :: x(100)
      real(dp) :: xd(100)
      integer :: i, n
      xd = [(i, i=1, 100)]
      x = real(xd, sp)
      do n = 0, 100
         call check_close(failure, sum_values(n, x), real(n*(n + 1)/2, sp), 0.0_sp, "real32")
         call check_close(failure, dp_sum(n, xd), real(n*(n + 1)/2, dp), 0.0_dp, "real64")
      end do
   end subroutine sum_is_complete

   !> Arguments that matter to a function, up to `limit` for the exponentials.
   subroutine points(f, x, limit)
      integer, intent(in) :: f
      real(sp), intent(out) :: x(n_points)
      real(dp), intent(in) :: limit
      real(dp) :: low(n_functions), high(n_functions), u
      integer :: i, state
      low = [-limit, -30.0_dp, 1e-3_dp, -0.999_dp, -10.0_dp, -6.0_dp, -limit, -limit]
      high = [limit, limit, 50.0_dp, 50.0_dp, 10.0_dp, 6.0_dp, 50.0_dp, 50.0_dp]
      state = 4711
      do i = 1, n_points
         state = mod(state*171, 30269)
         u = real(state, dp)/30269
         if (mod(i, 4) == 0) u = u + 1e-6_dp*i
         x(i) = real(low(f) + (high(f) - low(f))*u, sp)
         if (mod(i, 2) == 0 .and. f /= 3) x(i) = 0.02_sp*x(i)
         if (mod(i, 4) == 1 .and. f == 3) x(i) = 1e-37_sp*x(i)
      end do
   end subroutine points

   !> f in real64, by formulas that do not cancel
   subroutine reference(f, x, y)
      integer, intent(in) :: f
      real(dp), intent(in) :: x(:)
      real(dp), intent(out) :: y(:)
      select case (f)
      case (1)
         y = exp(x)
      case (2)
         y = 2*sinh(x/2)*exp(x/2)
      case (3)
         y = log(x)
      case (4)
         y = accurate_log1p(x)
      case (5)
         y = tanh(x)
      case (6)
         y = erf(x)
      case (7)
         y = 1/(1 + exp(-x))
      case default
         y = max(x, 0.0_dp) + accurate_log1p(exp(-abs(x)))
      end select
   end subroutine reference

   !> log(1 + x), the rounding of 1 + x made good
   elemental real(dp) function accurate_log1p(x) result(y)
      real(dp), intent(in) :: x
      y = log(1 + x) + (x - ((1 + x) - 1))/(1 + x)
   end function accurate_log1p

   subroutine apply_sp(f, n, v)
      integer, intent(in) :: f, n
      real(sp), intent(inout) :: v(n)
      select case (f)
      case (1)
         call exp_values(n, v)
      case (2)
         call expm1_values(n, v)
      case (3)
         call log_values(n, v)
      case (4)
         call log1p_values(n, v)
      case (5)
         call tanh_values(n, v)
      case (6)
         call erf_values(n, v)
      case (7)
         call sigmoid_values(n, v)
      case default
         call softplus_values(n, v)
      end select
   end subroutine apply_sp

   subroutine apply_dp(f, n, v)
      integer, intent(in) :: f, n
      real(dp), intent(inout) :: v(n)
      select case (f)
      case (1)
         call dp_exp(n, v)
      case (2)
         call dp_expm1(n, v)
      case (3)
         call dp_log(n, v)
      case (4)
         call dp_log1p(n, v)
      case (5)
         call dp_tanh(n, v)
      case (6)
         call dp_erf(n, v)
      case (7)
         call dp_sigmoid(n, v)
      case default
         call dp_softplus(n, v)
      end select
   end subroutine apply_dp

end module test_math
