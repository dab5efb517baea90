! Generated from kernels/fkb_math.fypp: edit that file and run tools/generate.py
!> Exponential, logarithm, tanh, erf and their kin on arrays.
!>
!> A value is computed the same way wherever it stands: arrays are walked in groups of `lanes`
!> values, and what is left over is padded to a whole group, so that the bits of a result depend
!> neither on the position nor on the length. NaN gives NaN, and infinities give the limits.
module fkb_math_sp
   use fkb_kinds, only: wp => sp
   use fkb_math_exponential_sp, only: erf_lanes, exp_lanes, expm1_lanes, lanes, sigmoid_lanes, &
      softplus_lanes, tanh_lanes
   use fkb_math_logarithm_sp, only: log1p_lanes, log_lanes
   implicit none (type, external)
   private
   public :: exp_values, expm1_values, log_values, log1p_values, tanh_values, erf_values
   public :: sigmoid_values, softplus_values, sum_values
   public :: exp_lanes, expm1_lanes, log_lanes, log1p_lanes, tanh_lanes, erf_lanes
   public :: sigmoid_lanes, softplus_lanes, lanes

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
      ! Written out: loops of so few values with a varying end are slow.
      partial(:16) = partial(:16) + partial(17:)
      partial(:8) = partial(:8) + partial(9:16)
      partial(:4) = partial(:4) + partial(5:8)
      total = (partial(1) + partial(3)) + (partial(2) + partial(4))
      do i = n - mod(n, lanes) + 1, n
         total = total + v(i)
      end do
   end function sum_values

end module fkb_math_sp
