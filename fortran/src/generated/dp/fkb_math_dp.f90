! Generated from kernels/fkb_math.fypp: edit that file and run tools/generate.py
!> Exponential, logarithm, tanh, erf and their kin on arrays.
!>
!> Every function is a polynomial without branches that compilers turn into vector code, and
!> computes a value the same way wherever it stands: arrays are walked in groups of `lanes`
!> values, and what is left over is padded to a whole group, so that the bits of a result depend
!> neither on the position nor on the length. NaN gives NaN, and infinities give the limits.
module fkb_math_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: exp_values, expm1_values, log_values, log1p_values, tanh_values, erf_values
   public :: sigmoid_values, softplus_values
   public :: exp_lanes, expm1_lanes, log_lanes, log1p_lanes, tanh_lanes, erf_lanes
   public :: sigmoid_lanes, softplus_lanes
   public :: sum_values

   !> Values in a group. A multiple of the widest vector in both kinds.
   integer, parameter, public :: lanes = 32

   abstract interface
      pure subroutine lanes_i(groups, v)
         import :: wp, lanes
         implicit none (type, external)
         integer, intent(in) :: groups
         real(wp), intent(inout) :: v(lanes, groups)
      end subroutine lanes_i
   end interface

contains

   !> v = exp(v)
   pure subroutine exp_values(n, v)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      call in_groups(exp_lanes, n, v)
   end subroutine exp_values

   !> v = exp(v) - 1
   pure subroutine expm1_values(n, v)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      call in_groups(expm1_lanes, n, v)
   end subroutine expm1_values

   !> v = log(v)
   pure subroutine log_values(n, v)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      call in_groups(log_lanes, n, v)
   end subroutine log_values

   !> v = log(1 + v)
   pure subroutine log1p_values(n, v)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      call in_groups(log1p_lanes, n, v)
   end subroutine log1p_values

   !> v = tanh(v)
   pure subroutine tanh_values(n, v)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      call in_groups(tanh_lanes, n, v)
   end subroutine tanh_values

   !> v = erf(v)
   pure subroutine erf_values(n, v)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      call in_groups(erf_lanes, n, v)
   end subroutine erf_values

   !> v = 1/(1 + exp(-v))
   pure subroutine sigmoid_values(n, v)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      call in_groups(sigmoid_lanes, n, v)
   end subroutine sigmoid_values

   !> v = log(1 + exp(v))
   pure subroutine softplus_values(n, v)
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      call in_groups(softplus_lanes, n, v)
   end subroutine softplus_values

   !> Apply a kernel to whole groups in place and to the rest in a padded buffer.
   pure subroutine in_groups(kernel, n, v)
      procedure(lanes_i) :: kernel
      integer, intent(in) :: n
      real(wp), intent(inout) :: v(n)
      real(wp) :: rest(lanes)
      integer :: done
      done = n - mod(n, lanes)
      if (done > 0) call kernel(done/lanes, v)
      if (done == n) return
      rest(:n - done) = v(done + 1:)
      rest(n - done + 1:) = 1
      call kernel(1, rest)
      v(done + 1:) = rest(:n - done)
   end subroutine in_groups

   !> v = exp(v)
   pure subroutine exp_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      v = exp(v)
   end subroutine exp_lanes

   !> v = exp(v) - 1
   pure subroutine expm1_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      v = merge(2*tanh(v/2)/(1 - tanh(v/2)), exp(v) - 1, abs(v) < 1)
   end subroutine expm1_lanes

   !> v = log(v)
   pure subroutine log_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      v = log(v)
   end subroutine log_lanes

   !> v = log(1 + v)
   pure subroutine log1p_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      v = log(1 + v) + (v - ((1 + v) - 1))/(1 + v)
   end subroutine log1p_lanes

   !> v = tanh(v)
   pure subroutine tanh_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      v = tanh(v)
   end subroutine tanh_lanes

   !> v = erf(v)
   pure subroutine erf_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      v = erf(v)
   end subroutine erf_lanes

   !> v = 1/(1 + exp(-v))
   pure subroutine sigmoid_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      v = merge(1.0_wp, exp(-abs(v)), v >= 0)/(1 + exp(-abs(v)))
   end subroutine sigmoid_lanes

   !> v = log(1 + exp(v)), as max(v, 0) + log(1 + exp(-|v|))
   pure subroutine softplus_lanes(groups, v)
      integer, intent(in) :: groups
      real(wp), intent(inout) :: v(lanes, groups)
      real(wp) :: t(lanes)
      integer :: j
      do j = 1, groups
         t = -abs(v(:, j))
         call exp_lanes(1, t)
         call log1p_lanes(1, t)
         v(:, j) = t + merge(0.0_wp, v(:, j), v(:, j) < 0)
      end do
   end subroutine softplus_lanes

   !> The sum of `v`, in an order that depends on `n` alone.
   pure real(wp) function sum_values(n, v) result(total)
      integer, intent(in) :: n
      real(wp), intent(in) :: v(n)
      real(wp) :: partial(lanes)
      integer :: first, i
      partial = 0
      do first = 1, n - lanes + 1, lanes
         partial = partial + v(first:first + lanes - 1)
      end do
      total = 0
      do i = 1, lanes
         total = total + partial(i)
      end do
      do i = n - mod(n, lanes) + 1, n
         total = total + v(i)
      end do
   end function sum_values

end module fkb_math_dp
