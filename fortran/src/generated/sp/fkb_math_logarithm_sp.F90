! Generated from kernels/fkb_math_logarithm.fypp: edit that file and run tools/generate.py
!> Logarithms, on groups of `lanes` values.
!>
!> Polynomials without branches that compilers turn into vector code; see `fkb_math_exponential` for
!> the reasons behind their form.
module fkb_math_logarithm_sp
   use, intrinsic :: ieee_arithmetic, only: ieee_positive_inf, ieee_quiet_nan, ieee_value
   use fkb_kinds, only: i4, wp => sp
   use fkb_math_exponential_sp, only: lanes
   implicit none (type, external)
   private
   public :: log_lanes, log1p_lanes

   !> Integers as wide as the reals, to work on the bits of the format.
   integer, parameter :: ip = i4
   integer, parameter :: mantissa_bits = digits(1.0_wp) - 1
   integer(ip), parameter :: one_exponent = maxexponent(1.0_wp) - 1
   integer(ip), parameter :: one_bits = shiftl(one_exponent, mantissa_bits)
   integer(ip), parameter :: mantissa_mask = shiftl(1_ip, mantissa_bits) - 1
   integer(ip), parameter :: sqrt_half_bits = 1060439283_ip

   !> Bits of 2^mantissa_bits: a whole number below that, put into the mantissa, becomes a real.
   integer(ip), parameter :: float_bits = shiftl(one_exponent + mantissa_bits, mantissa_bits)
   real(wp), parameter :: float_offset = 2.0_wp**mantissa_bits + one_exponent
   !> What lifts a subnormal number into the normal ones.
   real(wp), parameter :: subnormal_shift = mantissa_bits + 1
   real(wp), parameter :: subnormal_scale = 2.0_wp**(mantissa_bits + 1)

   !> log 2 in two parts, the first so short that its product with an exponent is exact.
   real(wp), parameter :: log_2_high = 0.693359375_wp, log_2_low = -2.12194440054690583e-4_wp

contains

   !> v = log(v): the exponent times log 2 plus the logarithm of the mantissa m in
   !> [sqrt(1/2), sqrt(2)), which is 2 artanh(f/(2 + f)), f = m - 1
   pure subroutine log_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: lift(lanes), m(lanes), n(lanes), f, infinity, nan, s, square, y(lanes), z
      integer :: i, j
      infinity = ieee_value(infinity, ieee_positive_inf)
      nan = ieee_value(nan, ieee_quiet_nan)
      do j = 1, groups
         lift = merge(subnormal_shift, 0.0_wp, v(:, j) < tiny(s))
         m = merge(subnormal_scale, 1.0_wp, v(:, j) < tiny(s))
         m = m*v(:, j)
         m = merge(m, 1.0_wp, v(:, j) <= huge(s))
         call split(m, n)
         do i = 1, lanes
            f = m(i) - 1
            s = f/(2 + f)
            z = s*s
            square = 0.5_wp*f*f
            s = s*(square + z*log_polynomial(z))
            n(i) = n(i) - lift(i)
            y(i) = n(i)*log_2_high + (f - (square - (s + n(i)*log_2_low)))
         end do
         y = merge(y, v(:, j), v(:, j) <= huge(s))
         y = merge(y, -infinity, abs(v(:, j)) > 0)
         v(:, j) = merge(y, nan, v(:, j) >= 0)
      end do
   end subroutine log_lanes

   !> v = log(1 + v), as log(u) + (v - (u - 1))/u with u = 1 + v
   pure subroutine log1p_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: lost(lanes), log_u(lanes), u(lanes)
      integer :: j
      do j = 1, groups
         u = 1 + v(:, j)
         log_u = u
         call log_lanes(1, log_u)
         u = merge(u, 1.0_wp, u > 0)
         lost = v(:, j) - (u - 1)
         lost = lost/u
         v(:, j) = merge(lost, 0.0_wp, u > 0.5_wp*epsilon(u) .and. u < 1/epsilon(u))
         v(:, j) = log_u + v(:, j)
      end do
   end subroutine log1p_lanes

   !> m = m 2^(-n), n whole, m in [sqrt(1/2), sqrt(2)), for positive normal numbers
   pure subroutine split(m, n)
      real(wp), intent(inout) :: m(lanes)
      real(wp), intent(out) :: n(lanes)
      integer(ip), parameter :: offset = one_bits - sqrt_half_bits
#ifdef __flang__
      real(wp) :: mantissa(lanes), exponent(lanes)
      integer(ip) :: m_bits(lanes), n_bits(lanes)
      ! allow(OB012)
      equivalence(mantissa, m_bits), (exponent, n_bits)
      mantissa = m
      n_bits = ior(shiftr(m_bits + offset, mantissa_bits), float_bits)
      m_bits = iand(m_bits + offset, mantissa_mask) + sqrt_half_bits
      m = mantissa
      n = exponent - float_offset
#else
      integer(ip) :: bits
      integer :: i
      do i = 1, lanes
         bits = transfer(m(i), bits) + offset
         n(i) = transfer(ior(shiftr(bits, mantissa_bits), float_bits), n(i)) - float_offset
         m(i) = transfer(iand(bits, mantissa_mask) + sqrt_half_bits, m(i))
      end do
#endif
   end subroutine split

   !> (2 artanh(s) - 2 s)/s^3 for z = s^2, |s| <= 3 - 2 sqrt(2); relative error 2^-36 and 2^-58
   elemental real(wp) function log_polynomial(z)
      real(wp), intent(in) :: z
      log_polynomial = 0.2358350833_wp
      log_polynomial = log_polynomial*z + 0.28537242_wp
      log_polynomial = log_polynomial*z + 0.4000033615_wp
      log_polynomial = log_polynomial*z + 0.6666666564_wp
   end function log_polynomial

end module fkb_math_logarithm_sp
