! Generated from kernels/fkb_masked_kernels.fypp: edit that file and run tools/generate.py
!> Statistics per channel of the values that a mask keeps, and their derivative.
!>
!> A tensor is seen as `(inner, channels, outer)`, as in `fkb_normalization_kernels`; the mask has
!> been spread to the same shape. All values are normalised, the kept ones make the statistics.
module fkb_masked_kernels_dp
   use fkb_kinds, only: dp, wp => dp
   implicit none (type, external)
   private
   public :: spread_mask, masked_moments, masked_backward

contains

   !> wide = mask, each element for a run of `n` values.
   pure subroutine spread_mask(n, positions, mask, wide)
      integer, intent(in) :: n, positions
      real(wp), intent(in) :: mask(positions)
      real(wp), intent(out) :: wide(n, positions)     !! 1 where the mask is not 0
      integer :: j
      do j = 1, positions
         wide(:, j) = merge(1.0_wp, 0.0_wp, abs(mask(j)) > 0)
      end do
   end subroutine spread_mask

   !> Mean and biased variance of the kept values of each channel: sums over count + guard.
   pure subroutine masked_moments(inner, channels, outer, guard, mask, x, mean, variance, count)
      integer, intent(in) :: inner, channels, outer
      real(dp), intent(in) :: guard                     !! Keras 3 adds its epsilon to the count
      real(wp), intent(in) :: mask(inner, channels, outer), x(inner, channels, outer)
      real(wp), intent(out) :: mean(channels), variance(channels)
      real(wp), intent(out) :: count(channels)          !! kept values + guard
      real(dp) :: total, kept
      integer :: c, j
      do c = 1, channels
         kept = 0
         total = 0
         do j = 1, outer
            kept = kept + sum(real(mask(:, c, j), dp))
            total = total + sum(real(x(:, c, j), dp), mask(:, c, j) > 0)
         end do
         count(c) = real(kept + guard, wp)
         mean(c) = real(total/(kept + guard), wp)
         total = 0
         do j = 1, outer
            total = total + sum(real((x(:, c, j) - mean(c))**2, dp), mask(:, c, j) > 0)
         end do
         variance(c) = real(total/(kept + guard), wp)
      end do
   end subroutine masked_moments

   !> dx = a*dy, less b*(x - mean) + c where the mask keeps the value.
   pure subroutine masked_backward(inner, channels, outer, mean, a, b, c, mask, x, dy, dx)
      integer, intent(in) :: inner, channels, outer
      real(wp), intent(in) :: mean(channels), a(channels), b(channels), c(channels)
      real(wp), intent(in) :: mask(inner, channels, outer)
      real(wp), intent(in) :: x(inner, channels, outer), dy(inner, channels, outer)
      real(wp), intent(out) :: dx(inner, channels, outer)
      integer :: j, k
      do j = 1, outer
         do k = 1, channels
            dx(:, k, j) = a(k)*dy(:, k, j) - &
                          merge(b(k)*(x(:, k, j) - mean(k)) + c(k), 0.0_wp, mask(:, k, j) > 0)
         end do
      end do
   end subroutine masked_backward

end module fkb_masked_kernels_dp
