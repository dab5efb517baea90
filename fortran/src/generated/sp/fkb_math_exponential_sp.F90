! Generated from kernels/fkb_math_exponential.fypp: edit that file and run tools/generate.py
!> exp and what is made of it, on groups of `lanes` values.
!>
!> Polynomials without branches that compilers turn into vector code.
!> gfortran turns a loop with `merge` into vector code only where nothing but the condition is
!> computed, hence the small arrays. flang calls its run-time library for each `transfer` of a
!> scalar (80 ns), so there bits are reached through `equivalence`, which we use nowhere else.
module fkb_math_exponential_sp
   use fkb_kinds, only: i4, wp => sp
   implicit none (type, external)
   private
   public :: exp_lanes, expm1_lanes, tanh_lanes, erf_lanes, sigmoid_lanes, softplus_lanes

   !> Values in a group. A multiple of the widest vector in both kinds.
   integer, parameter, public :: lanes = 32

   !> Integers as wide as the reals, to work on the bits of the format.
   integer, parameter :: ip = i4
   integer, parameter :: mantissa_bits = digits(1.0_wp) - 1
   integer(ip), parameter :: one_exponent = maxexponent(1.0_wp) - 1

   !> Adding and subtracting it rounds to a whole number, which then stands in its lowest bits.
   real(wp), parameter :: shifter = 3*2.0_wp**(mantissa_bits - 1)

   real(wp), parameter :: log2_e = 1.44269504088896340736_wp
   !> log 2 in two parts, the first so short that its product with an exponent is exact.
   real(wp), parameter :: log_2_high = 0.693359375_wp, log_2_low = -2.12194440054690583e-4_wp
   !> Beyond `exp_low` and `exp_high` exp is 0 and infinite, beyond `expm1_low` expm1 is -1, and
   !> beyond `tanh_high` and `erf_high` tanh and erf are 1.
   real(wp), parameter :: exp_low = -104, exp_high = 89, expm1_low = -30
   real(wp), parameter :: tanh_high = 9.125_wp, erf_high = 3.9375_wp

contains

   !> v = exp(v): 2^n times a polynomial in the rest r = v - n log 2, |r| <= log(2)/2. Two factors
   !> make up 2^n, so that the result overflows and underflows gradually as it should.
   pure subroutine exp_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: half(lanes), n(lanes), r, x, y(lanes)
      integer :: i, j
      do j = 1, groups
         do i = 1, lanes
            x = max(exp_low, min(exp_high, v(i, j)))
            n(i) = (x*log2_e + shifter) - shifter
            r = (x - n(i)*log_2_high) - n(i)*log_2_low
            y(i) = 1 + (r + r*r*exp_polynomial(r))
            half(i) = (0.5_wp*n(i) + shifter) - shifter
            n(i) = n(i) - half(i)
         end do
         call powers_of_two(half)
         call powers_of_two(n)
         y = y*half*n
         v(:, j) = merge(y, v(:, j), v(:, j) <= huge(x))
      end do
   end subroutine exp_lanes

   !> v = exp(v) - 1, as 2^n (exp(r) - 1) + (2^n - 1)
   pure subroutine expm1_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: half(lanes), n(lanes), r, x, y(lanes)
      integer :: i, j
      do j = 1, groups
         do i = 1, lanes
            x = max(expm1_low, min(exp_high, v(i, j)))
            n(i) = (x*log2_e + shifter) - shifter
            r = (x - n(i)*log_2_high) - n(i)*log_2_low
            y(i) = r + r*r*exp_polynomial(r)
            half(i) = (0.5_wp*n(i) + shifter) - shifter
            n(i) = n(i) - half(i)
         end do
         call powers_of_two(half)
         call powers_of_two(n)
         y = (y*half + (half - 1/n))*n
         v(:, j) = merge(y, v(:, j), v(:, j) <= huge(x))
      end do
   end subroutine expm1_lanes

   !> v = tanh(v), as t/(t + 2) with t = exp(2|v|) - 1
   pure subroutine tanh_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: n(lanes), r, x, y(lanes)
      integer :: i, j
      do j = 1, groups
         do i = 1, lanes
            x = 2*min(tanh_high, abs(v(i, j)))
            n(i) = (x*log2_e + shifter) - shifter
            r = (x - n(i)*log_2_high) - n(i)*log_2_low
            y(i) = r + r*r*exp_polynomial(r)
         end do
         call powers_of_two(n)
         y = y*n + (n - 1)
         y = sign(y/(y + 2), v(:, j))
         v(:, j) = merge(y, v(:, j), abs(v(:, j)) >= 0)
      end do
   end subroutine tanh_lanes

   !> v = 1/(1 + exp(-v)), as exp(-|v|)/(1 + exp(-|v|)) for negative v; see `exp_lanes`
   pure subroutine sigmoid_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: half(lanes), n(lanes), r, x, y(lanes)
      integer :: i, j
      do j = 1, groups
         do i = 1, lanes
            x = max(exp_low, -abs(v(i, j)))
            n(i) = (x*log2_e + shifter) - shifter
            r = (x - n(i)*log_2_high) - n(i)*log_2_low
            y(i) = 1 + (r + r*r*exp_polynomial(r))
            half(i) = (0.5_wp*n(i) + shifter) - shifter
            n(i) = n(i) - half(i)
         end do
         call powers_of_two(half)
         call powers_of_two(n)
         y = y*half*n
         n = merge(y, 1.0_wp, v(:, j) < 0)
         y = n/(1 + y)
         v(:, j) = merge(y, v(:, j), abs(v(:, j)) >= 0)
      end do
   end subroutine sigmoid_lanes

   !> v = log(1 + exp(v)), as max(v, 0) + log(1 + e) with e = exp(-|v|);
   !> log(1 + e) = 2 artanh(s), s = e/(2 + e) <= 1/3
   pure subroutine softplus_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: e(lanes), s, z
      integer :: i, j
      do j = 1, groups
         e = -abs(v(:, j))
         call exp_lanes(1, e)
         v(:, j) = merge(0.0_wp, v(:, j), v(:, j) < 0)
         do i = 1, lanes
            s = e(i)/(2 + e(i))
            z = s*s
            v(i, j) = v(i, j) + (2*s + s*z*softplus_polynomial(z))
         end do
      end do
   end subroutine softplus_lanes

   !> v = erf(v): v times a polynomial in v^2 up to 1, then 1 - exp(polynomial)
   pure subroutine erf_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: e(lanes), y(lanes), z
      integer :: i, j
      do j = 1, groups
         do i = 1, lanes
            e(i) = log_erfc_polynomial(min(erf_high, abs(v(i, j))))
            z = min(1.0_wp, abs(v(i, j)))
            z = z*z
            y(i) = v(i, j)*erf_polynomial(z)
         end do
         call exp_lanes(1, e)
         e = sign(1 - e, v(:, j))
         y = merge(e, y, abs(v(:, j)) >= 1)
         v(:, j) = y
      end do
   end subroutine erf_lanes

   !> n = 2^n for whole numbers n within the normal exponents
   pure subroutine powers_of_two(n)
      real(wp), intent(inout) :: n(lanes)
#ifdef __flang__
      real(wp) :: power(lanes)
      integer(ip) :: bits(lanes)
      ! allow(OB012)
      equivalence(power, bits)
      power = n + shifter
      bits = shiftl(bits + one_exponent, mantissa_bits)
      n = power
#else
      integer :: i
      do i = 1, lanes
         n(i) = transfer(shiftl(transfer(n(i) + shifter, 0_ip) + one_exponent, mantissa_bits), n(i))
      end do
#endif
   end subroutine powers_of_two

   !> (exp(r) - 1 - r)/r^2 for |r| <= log(2)/2; relative error of exp(r) 2^-33 and 2^-63
   elemental real(wp) function exp_polynomial(r)
      real(wp), intent(in) :: r
      exp_polynomial = 1.991366298e-4_wp
      exp_polynomial = exp_polynomial*r + 1.394032586e-3_wp
      exp_polynomial = exp_polynomial*r + 8.333274108e-3_wp
      exp_polynomial = exp_polynomial*r + 0.04166636604_wp
      exp_polynomial = exp_polynomial*r + 0.1666666681_wp
      exp_polynomial = exp_polynomial*r + 0.5000000042_wp
   end function exp_polynomial

   !> (2 artanh(s) - 2 s)/s^3 for z = s^2, |s| <= 1/3; relative error 2^-32 and 2^-68
   elemental real(wp) function softplus_polynomial(z)
      real(wp), intent(in) :: z
      softplus_polynomial = 0.2430084452_wp
      softplus_polynomial = softplus_polynomial*z + 0.2142768403_wp
      softplus_polynomial = softplus_polynomial*z + 0.2861688212_wp
      softplus_polynomial = softplus_polynomial*z + 0.3999887786_wp
      softplus_polynomial = softplus_polynomial*z + 0.6666667562_wp
   end function softplus_polynomial

   !> erf(x)/x for z = x^2 <= 1; error 2^-29 and 2^-56
   elemental real(wp) function erf_polynomial(z)
      real(wp), intent(in) :: z
      erf_polynomial = 7.885860542e-5_wp
      erf_polynomial = erf_polynomial*z - 8.019947408e-4_wp
      erf_polynomial = erf_polynomial*z + 5.189444221e-3_wp
      erf_polynomial = erf_polynomial*z - 0.02685440225_wp
      erf_polynomial = erf_polynomial*z + 0.112835993_wp
      erf_polynomial = erf_polynomial*z - 0.3761262707_wp
      erf_polynomial = erf_polynomial*z + 1.128379166_wp
   end function erf_polynomial

   !> log(1 - erf(x)) for 1 <= x <= `erf_high`; error of erf 2^-29 and 2^-59
   elemental real(wp) function log_erfc_polynomial(x)
      real(wp), intent(in) :: x
      log_erfc_polynomial = 1.855720209e-4_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 2.939588626e-3_wp
      log_erfc_polynomial = log_erfc_polynomial*x + 0.02180524691_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 0.1030372263_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 0.6382258339_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 1.127039946_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 3.537406308e-4_wp
   end function log_erfc_polynomial

end module fkb_math_exponential_sp
