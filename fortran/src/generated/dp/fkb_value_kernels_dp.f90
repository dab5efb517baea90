! Generated from kernels/fkb_value_kernels.fypp: edit that file and run tools/generate.py
!> Operations of `keras.ops` on one operand, value by value, and their derivatives.
!>
!> Derivatives are TensorFlow's: 0 for what is constant between jumps, 0 for `abs` at 0, and `clip`
!> passes the gradient at its bounds. Values are computed in groups of `lanes`, so that their bits
!> depend neither on the position nor on the length.
module fkb_value_kernels_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_finite, ieee_is_nan, ieee_negative_inf, &
      ieee_positive_inf, ieee_quiet_nan, ieee_value
   use fkb_kinds, only: sp, wp => dp
   use fkb_math_dp, only: erf_lanes, exp_lanes, expm1_lanes, lanes, log1p_lanes, log_lanes, &
      tanh_lanes
   use fkb_operations, only: value_abs, value_arccos, value_arccosh, value_arcsin, &
      value_arcsinh, value_arctan, value_arctanh, value_boolean, value_cbrt, value_ceil, &
      value_clip, value_cos, value_cosh, value_deg2rad, value_erf, value_erfc, value_erfinv, &
      value_exp, value_exp2, value_expm1, value_floor, value_integer, value_isfinite, &
      value_isinf, value_isnan, value_isneginf, value_isposinf, value_log, value_log10, &
      value_log1p, value_log2, value_logical_not, value_nan_to_num, value_negative, value_ones, &
      value_rad2deg, value_reciprocal, value_round, value_rsqrt, value_sign, value_sin, &
      value_sinc, value_single, value_sinh, value_sqrt, value_square, value_tan, value_tanh, &
      value_trunc
   implicit none (type, external)
   private
   public :: operate, operate_backward

   !> Parameters of an operation: bounds of `Clip`, replacements of `NanToNum`, digits of `Round`.
   integer, parameter, public :: n_value_parameters = 3
   real(wp), parameter :: pi = 3.14159265358979323846_wp
   real(wp), parameter :: log_of_2 = 0.69314718055994530942_wp, &
      log_of_10 = 2.30258509299404568402_wp
   real(wp), parameter :: two_over_sqrt_pi = 1.12837916709551257390_wp

contains

   !> y = f(x)
   pure subroutine operate(id, p, n, x, y)
      integer, intent(in) :: id                        !! one of the `value_*` constants
      real(wp), intent(in) :: p(n_value_parameters)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      real(wp), intent(out) :: y(n)
      real(wp) :: from(lanes), to(lanes)
      integer :: first, count
      do first = 1, n, lanes
         count = min(lanes, n - first + 1)
         from(:count) = x(first:first + count - 1)
         from(count + 1:) = from(1)
         if (id <= value_tanh) then
            call elementary(id, from, to)
         else if (id <= value_erfinv) then
            call inverse(id, from, to)
         else
            call stepwise(id, p, from, to)
         end if
         y(first:first + count - 1) = to(:count)
      end do
   end subroutine operate

   !> dx = f'(x) dy
   pure subroutine operate_backward(id, p, n, x, y, dy, dx)
      integer, intent(in) :: id                        !! one of the `value_*` constants
      real(wp), intent(in) :: p(n_value_parameters)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n), y(n), dy(n)
      real(wp), intent(out) :: dx(n)
      real(wp) :: from(lanes), to(lanes), slope(lanes)
      integer :: first, count
      do first = 1, n, lanes
         count = min(lanes, n - first + 1)
         from(:count) = x(first:first + count - 1)
         to(:count) = y(first:first + count - 1)
         from(count + 1:) = from(1)
         to(count + 1:) = to(1)
         if (id <= value_tanh) then
            call elementary_slope(id, from, to, slope)
         else
            call inverse_slope(id, p, from, to, slope)
         end if
         dx(first:first + count - 1) = slope(:count)*dy(first:first + count - 1)
      end do
   end subroutine operate_backward

   pure subroutine elementary(id, x, y)
      integer, intent(in) :: id
      real(wp), intent(in) :: x(lanes)
      real(wp), intent(out) :: y(lanes)
      y = x
      select case (id)
      case (value_abs:value_negative - 1)
         y = abs(x)
      case (value_negative)
         y = -x
      case (value_sign)
         y = merge(0.0_wp, sign(1.0_wp, x), abs(x) <= 0)
      case (value_exp)
         call exp_lanes(1, y)
      case (value_exp2)
         y = 2.0_wp**x
      case (value_expm1)
         call expm1_lanes(1, y)
      case (value_log, value_log2, value_log10)
         call log_lanes(1, y)
         if (id == value_log2) y = y/log_of_2
         if (id == value_log10) y = y/log_of_10
      case (value_log1p)
         call log1p_lanes(1, y)
      case (value_sqrt)
         y = sqrt(x)
      case (value_rsqrt)
         y = 1/sqrt(x)
      case (value_cbrt)
         y = sign(abs(x)**(1/3.0_wp), x)
      case (value_square)
         y = x*x
      case (value_reciprocal)
         y = 1/x
      case (value_sin)
         y = sin(x)
      case (value_cos)
         y = cos(x)
      case (value_tan)
         y = tan(x)
      case (value_arcsin)
         y = asin(x)
      case (value_arccos)
         y = acos(x)
      case (value_arctan)
         y = atan(x)
      case (value_sinh)
         y = sinh(x)
      case (value_cosh)
         y = cosh(x)
      case default
         call tanh_lanes(1, y)
      end select
   end subroutine elementary

   pure subroutine elementary_slope(id, x, y, d)
      integer, intent(in) :: id
      real(wp), intent(in) :: x(lanes), y(lanes)
      real(wp), intent(out) :: d(lanes)
      select case (id)
      case (value_abs:value_negative - 1)
         d = merge(0.0_wp, sign(1.0_wp, x), abs(x) <= 0)
      case (value_negative)
         d = -1
      case (value_sign)
         d = 0
      case (value_exp)
         d = y
      case (value_exp2)
         d = y*log_of_2
      case (value_expm1)
         d = y + 1
      case (value_log)
         d = 1/x
      case (value_log1p)
         d = 1/(1 + x)
      case (value_log2)
         d = 1/(x*log_of_2)
      case (value_log10)
         d = 1/(x*log_of_10)
      case (value_sqrt)
         d = 0.5_wp/y
      case (value_rsqrt)
         d = -0.5_wp*y*y*y
      case (value_cbrt)
         d = 1/(3*y*y)
      case (value_square)
         d = 2*x
      case (value_reciprocal)
         d = -y*y
      case (value_sin)
         d = cos(x)
      case (value_cos)
         d = -sin(x)
      case (value_tan)
         d = 1/cos(x)**2
      case (value_arcsin)
         d = 1/sqrt(1 - x*x)
      case (value_arccos)
         d = -1/sqrt(1 - x*x)
      case (value_arctan)
         d = 1/(1 + x*x)
      case (value_sinh)
         d = cosh(x)
      case (value_cosh)
         d = sinh(x)
      case default
         d = 1 - y*y
      end select
   end subroutine elementary_slope

   pure subroutine inverse(id, x, y)
      integer, intent(in) :: id
      real(wp), intent(in) :: x(lanes)
      real(wp), intent(out) :: y(lanes)
      integer :: i
      y = x
      select case (id)
      case (value_arcsinh)
         y = asinh(x)
      case (value_arccosh)
         y = acosh(x)
      case (value_arctanh)
         y = atanh(x)
      case (value_sinc)
         y = merge(1.0_wp, sin(pi*x)/(pi*x), abs(x) <= 0)
      case (value_deg2rad)
         y = x*(pi/180)
      case (value_rad2deg)
         y = x*(180/pi)
      case (value_erf)
         call erf_lanes(1, y)
      case (value_erfc)
         y = erfc(x)
      case default
         do i = 1, lanes
            y(i) = erf_inverse(x(i))
         end do
      end select
   end subroutine inverse

   !> The slopes of all but the elementary functions.
   pure subroutine inverse_slope(id, p, x, y, d)
      integer, intent(in) :: id
      real(wp), intent(in) :: p(n_value_parameters)
      real(wp), intent(in) :: x(lanes), y(lanes)
      real(wp), intent(out) :: d(lanes)
      d = 0
      select case (id)
      case (value_arcsinh)
         d = 1/sqrt(1 + x*x)
      case (value_arccosh)
         d = 1/(sqrt(x - 1)*sqrt(x + 1))
      case (value_arctanh)
         d = 1/(1 - x*x)
      case (value_sinc)
         d = merge(0.0_wp, (cos(pi*x) - y)/x, abs(x) <= 0)
      case (value_deg2rad)
         d = pi/180
      case (value_rad2deg)
         d = 180/pi
      case (value_erf)
         d = two_over_sqrt_pi*exp(-x*x)
      case (value_erfc)
         d = -two_over_sqrt_pi*exp(-x*x)
      case (value_erfinv)
         d = exp(y*y)/two_over_sqrt_pi
      case (value_clip)
         d = merge(1.0_wp, 0.0_wp, x >= p(1) .and. x <= p(2))
      case (value_nan_to_num)
         d = merge(1.0_wp, 0.0_wp, ieee_is_finite(x))
      case (value_single)
         d = 1
      case default
         continue
      end select
   end subroutine inverse_slope

   !> Functions with jumps, and those that know NaN and infinities.
   pure subroutine stepwise(id, p, x, y)
      integer, intent(in) :: id
      real(wp), intent(in) :: p(n_value_parameters)
      real(wp), intent(in) :: x(lanes)
      real(wp), intent(out) :: y(lanes)
      select case (id)
      case (value_floor)
         y = aint(x) - merge(1.0_wp, 0.0_wp, x < aint(x))
      case (value_ceil)
         y = aint(x) + merge(1.0_wp, 0.0_wp, x > aint(x))
      case (value_trunc, value_integer)
         y = aint(x)
      case (value_round)
         y = half_to_even(x*p(1))/p(1)
      case (value_isfinite)
         y = merge(1.0_wp, 0.0_wp, ieee_is_finite(x))
      case (value_isnan)
         y = merge(1.0_wp, 0.0_wp, ieee_is_nan(x))
      case (value_isinf)
         y = merge(0.0_wp, 1.0_wp, ieee_is_finite(x) .or. ieee_is_nan(x))
      case (value_isposinf)
         y = merge(1.0_wp, 0.0_wp, x > huge(x))
      case (value_isneginf)
         y = merge(1.0_wp, 0.0_wp, x < -huge(x))
      case (value_logical_not)
         y = merge(1.0_wp, 0.0_wp, abs(x) <= 0)
      case (value_clip)
         y = merge(x, min(max(x, p(1)), p(2)), ieee_is_nan(x))
      case (value_nan_to_num)
         y = merge(p(1), merge(p(2), merge(p(3), x, x < -huge(x)), x > huge(x)), ieee_is_nan(x))
      case (value_ones)
         y = 1
      case (value_single)
         y = real(real(x, sp), wp)
      case (value_boolean)
         y = merge(0.0_wp, 1.0_wp, abs(x) <= 0)
      case default
         y = 0
      end select
   end subroutine stepwise

   !> The nearest integer, the even one in the middle between two.
   elemental real(wp) function half_to_even(x) result(y)
      real(wp), intent(in) :: x
      y = anint(x)
      if (abs(abs(x - aint(x)) - 0.5_wp) <= 0) y = 2*anint(x/2)
   end function half_to_even

   !> The inverse of erf: Winitzki's formula and three of Halley's steps, on erfc near 1.
   pure real(wp) function erf_inverse(x) result(y)
      real(wp), intent(in) :: x
      real(wp), parameter :: a = 0.147_wp
      real(wp) :: logarithm, half, miss, step
      integer :: i
      if (.not. abs(x) < 1) then
         y = ieee_value(x, ieee_quiet_nan)
         if (x >= 1 .and. x <= 1) y = ieee_value(x, ieee_positive_inf)
         if (x <= -1 .and. x >= -1) y = ieee_value(x, ieee_negative_inf)
         return
      end if
      logarithm = log((1 - x)*(1 + x))
      half = 2/(pi*a) + logarithm/2
      y = sqrt(max(sqrt(half*half - logarithm/a) - half, 0.0_wp))
      do i = 1, 3
         if (abs(x) < 0.5_wp) then
            miss = erf(y) - abs(x)
         else
            miss = (1 - abs(x)) - erfc(y)
         end if
         step = miss/(two_over_sqrt_pi*exp(-y*y))
         y = y - step/(1 + y*step)
      end do
      y = sign(y, x)
   end function erf_inverse

end module fkb_value_kernels_dp
