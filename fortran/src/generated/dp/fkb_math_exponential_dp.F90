! Generated from kernels/fkb_math_exponential.fypp: edit that file and run tools/generate.py
!> exp and what is made of it, on groups of `lanes` values.
!>
!> Polynomials without branches that compilers turn into vector code.
!> gfortran turns a loop with `merge` into vector code only where nothing but the condition is
!> computed, hence the small arrays. flang calls its run-time library for each `transfer` of a
!> scalar (80 ns), so there bits are reached through `equivalence`, which we use nowhere else.
module fkb_math_exponential_dp
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: exp_lanes, expm1_lanes, tanh_lanes, erf_lanes, sigmoid_lanes, softplus_lanes

   !> Values in a group. A multiple of the widest vector in both kinds.
   integer, parameter, public :: lanes = 32

   !> Integers as wide as the reals, to work on the bits of the format.
   integer, parameter :: ip = i8
   integer, parameter :: mantissa_bits = digits(1.0_wp) - 1
   integer(ip), parameter :: one_exponent = maxexponent(1.0_wp) - 1

   !> Adding and subtracting it rounds to a whole number, which then stands in its lowest bits.
   real(wp), parameter :: shifter = 3*2.0_wp**(mantissa_bits - 1)

   real(wp), parameter :: log2_e = 1.44269504088896340736_wp
   !> log 2 in two parts, the first so short that its product with an exponent is exact.
   real(wp), parameter :: log_2_high = 0.693147180369123816490_wp
   real(wp), parameter :: log_2_low = 1.90821492927058770002e-10_wp
   !> Beyond `exp_low` and `exp_high` exp is 0 and infinite, beyond `expm1_low` expm1 is -1, and
   !> beyond `tanh_high` and `erf_high` tanh and erf are 1.
   real(wp), parameter :: exp_low = -746, exp_high = 710, expm1_low = -60
   real(wp), parameter :: tanh_high = 19.125_wp, erf_high = 5.9375_wp

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
      exp_polynomial = 2.09241665904213385e-9_wp
      exp_polynomial = exp_polynomial*r + 2.510869363061812045e-8_wp
      exp_polynomial = exp_polynomial*r + 2.755724381237266893e-7_wp
      exp_polynomial = exp_polynomial*r + 2.75572452801024244e-6_wp
      exp_polynomial = exp_polynomial*r + 2.480158735906736479e-5_wp
      exp_polynomial = exp_polynomial*r + 1.984126988495588553e-4_wp
      exp_polynomial = exp_polynomial*r + 1.388888888886778843e-3_wp
      exp_polynomial = exp_polynomial*r + 8.333333333322149013e-3_wp
      exp_polynomial = exp_polynomial*r + 0.04166666666666669876_wp
      exp_polynomial = exp_polynomial*r + 0.1666666666666667583_wp
      exp_polynomial = exp_polynomial*r + 0.4999999999999999999_wp
   end function exp_polynomial

   !> (2 artanh(s) - 2 s)/s^3 for z = s^2, |s| <= 1/3; relative error 2^-32 and 2^-68
   elemental real(wp) function softplus_polynomial(z)
      real(wp), intent(in) :: z
      softplus_polynomial = 0.16055696550979425_wp
      softplus_polynomial = softplus_polynomial*z + 0.0579778276193402858_wp
      softplus_polynomial = softplus_polynomial*z + 0.1009418652048828366_wp
      softplus_polynomial = softplus_polynomial*z + 0.1045569626707818154_wp
      softplus_polynomial = softplus_polynomial*z + 0.1177052872054875401_wp
      softplus_polynomial = softplus_polynomial*z + 0.1333300673266895888_wp
      softplus_polynomial = softplus_polynomial*z + 0.1538462782848273601_wp
      softplus_polynomial = softplus_polynomial*z + 0.1818181786658012138_wp
      softplus_polynomial = softplus_polynomial*z + 0.2222222222729649792_wp
      softplus_polynomial = softplus_polynomial*z + 0.2857142857138076977_wp
      softplus_polynomial = softplus_polynomial*z + 0.4000000000000022564_wp
      softplus_polynomial = softplus_polynomial*z + 0.666666666666666663_wp
   end function softplus_polynomial

   !> erf(x)/x for z = x^2 <= 1; error 2^-29 and 2^-56
   elemental real(wp) function erf_polynomial(z)
      real(wp), intent(in) :: z
      erf_polynomial = -7.797686102085505738e-10_wp
      erf_polynomial = erf_polynomial*z + 1.372113759818027903e-8_wp
      erf_polynomial = erf_polynomial*z - 1.620876010652567583e-7_wp
      erf_polynomial = erf_polynomial*z + 1.644746467616595021e-6_wp
      erf_polynomial = erf_polynomial*z - 1.492474048031300493e-5_wp
      erf_polynomial = erf_polynomial*z + 1.205529510910265226e-4_wp
      erf_polynomial = erf_polynomial*z - 8.548325982861026411e-4_wp
      erf_polynomial = erf_polynomial*z + 5.223977607286231521e-3_wp
      erf_polynomial = erf_polynomial*z - 0.02686617064326022116_wp
      erf_polynomial = erf_polynomial*z + 0.1128379167094515812_wp
      erf_polynomial = erf_polynomial*z - 0.3761263890318354444_wp
      erf_polynomial = erf_polynomial*z + 1.128379167095512567_wp
   end function erf_polynomial

   !> log(1 - erf(x)) for 1 <= x <= `erf_high`; error of erf 2^-29 and 2^-59
   elemental real(wp) function log_erfc_polynomial(x)
      real(wp), intent(in) :: x
      log_erfc_polynomial = 1.039009778095945575e-12_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 4.751560385668289957e-11_wp
      log_erfc_polynomial = log_erfc_polynomial*x + 1.017022117157141035e-9_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 1.352196043088441189e-8_wp
      log_erfc_polynomial = log_erfc_polynomial*x + 1.248288447116524738e-7_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 8.451815921155695049e-7_wp
      log_erfc_polynomial = log_erfc_polynomial*x + 4.30172964897999904e-6_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 1.642129903546855766e-5_wp
      log_erfc_polynomial = log_erfc_polynomial*x + 4.476936865087951416e-5_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 6.974909925851933675e-5_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 4.595857786589176719e-5_wp
      log_erfc_polynomial = log_erfc_polynomial*x + 6.428377514230169116e-4_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 1.770930263637416504e-3_wp
      log_erfc_polynomial = log_erfc_polynomial*x + 2.822330543544701736e-4_wp
      log_erfc_polynomial = log_erfc_polynomial*x + 0.01907695237165398444_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 0.1027466411625902142_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 0.6366287042096556265_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 1.128377282297896642_wp
      log_erfc_polynomial = log_erfc_polynomial*x - 1.84394877496903363e-7_wp
   end function log_erfc_polynomial

end module fkb_math_exponential_dp
