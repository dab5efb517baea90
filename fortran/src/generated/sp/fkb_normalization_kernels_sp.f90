! Generated from kernels/fkb_normalization_kernels.fypp: edit that file and run tools/generate.py
!> Kernels of the normalising layers, forward and backward.
!>
!> A tensor is seen as `(inner, channels, outer)` with statistics per channel, or as columns with
!> statistics per column. Sums over many values run in real64 or in many partial sums, so that their
!> error does not grow with the batch.
module fkb_normalization_kernels_sp
   use fkb_kinds, only: dp, wp => sp
   use fkb_math_sp, only: lanes, sum_values
   implicit none (type, external)
   private
   public :: channel_moments, channel_normalize, channel_tangent, channel_sums, channel_backward
   public :: column_normalize, column_repeat, column_backward, column_tangent

   !> Channels whose sums are kept at a time.
   integer, parameter :: group = 64

contains

   !> Mean and biased variance of each channel.
   pure subroutine channel_moments(inner, channels, outer, x, mean, variance)
      integer, intent(in) :: inner, channels, outer
      real(wp), intent(in) :: x(inner, channels, outer)
      real(wp), intent(out) :: mean(channels), variance(channels)
      real(dp) :: total, count
      integer :: c, j
      if (inner == 1) then
         call row_moments(channels, outer, x, mean, variance)
         return
      end if
      count = real(inner, dp)*real(outer, dp)
      do c = 1, channels
         total = 0
         do j = 1, outer
            total = total + sum(real(x(:, c, j), dp))
         end do
         mean(c) = real(total/count, wp)
         total = 0
         do j = 1, outer
            total = total + sum(real((x(:, c, j) - mean(c))**2, dp))
         end do
         variance(c) = real(total/count, wp)
      end do
   end subroutine channel_moments

   !> Mean and biased variance of each row.
   pure subroutine row_moments(rows, columns, x, mean, variance)
      integer, intent(in) :: rows, columns
      real(wp), intent(in) :: x(rows, columns)
      real(wp), intent(out) :: mean(rows), variance(rows)
      real(dp) :: total(group)
      integer :: first, last, n, j
      do first = 1, rows, group
         last = min(first + group - 1, rows)
         n = last - first + 1
         total(:n) = 0
         do j = 1, columns
            total(:n) = total(:n) + x(first:last, j)
         end do
         mean(first:last) = real(total(:n)/columns, wp)
         total(:n) = 0
         do j = 1, columns
            total(:n) = total(:n) + (x(first:last, j) - mean(first:last))**2
         end do
         variance(first:last) = real(total(:n)/columns, wp)
      end do
   end subroutine row_moments

   !> y = (x - mean)*scale + shift, per channel
   pure subroutine channel_normalize(inner, channels, outer, mean, scale, shift, x, y)
      integer, intent(in) :: inner, channels, outer
      real(wp), intent(in) :: mean(channels), scale(channels), shift(channels)
      real(wp), intent(in) :: x(inner, channels, outer)
      real(wp), intent(out) :: y(inner, channels, outer)
      integer :: c, j
      if (inner == 1) then
         call row_normalize(channels, outer, mean, scale, shift, x, y)
         return
      end if
      do j = 1, outer
         do c = 1, channels
            y(:, c, j) = (x(:, c, j) - mean(c))*scale(c) + shift(c)
         end do
      end do
   end subroutine channel_normalize

   !> y = (x - mean)*scale + shift, per row
   pure subroutine row_normalize(rows, columns, mean, scale, shift, x, y)
      integer, intent(in) :: rows, columns
      real(wp), intent(in) :: mean(rows), scale(rows), shift(rows), x(rows, columns)
      real(wp), intent(out) :: y(rows, columns)
      integer :: j
      do j = 1, columns
         y(:, j) = (x(:, j) - mean)*scale + shift
      end do
   end subroutine row_normalize

   !> dy = scale*dx + dscale*(x - mean) + dshift, per channel
   pure subroutine channel_tangent(inner, channels, outer, mean, scale, dscale, dshift, x, dx, dy)
      integer, intent(in) :: inner, channels, outer
      real(wp), intent(in) :: mean(channels), scale(channels), dscale(channels), dshift(channels)
      real(wp), intent(in) :: x(inner, channels, outer), dx(inner, channels, outer)
      real(wp), intent(out) :: dy(inner, channels, outer)
      integer :: c, j
      do j = 1, outer
         do c = 1, channels
            dy(:, c, j) = scale(c)*dx(:, c, j) + (dscale(c)*(x(:, c, j) - mean(c)) + dshift(c))
         end do
      end do
   end subroutine channel_tangent

   !> Sums of dy and of dy*(x - mean) of each channel.
   pure subroutine channel_sums(inner, channels, outer, mean, x, dy, sum_dy, sum_dy_x)
      integer, intent(in) :: inner, channels, outer
      real(wp), intent(in) :: mean(channels)
      real(wp), intent(in) :: x(inner, channels, outer), dy(inner, channels, outer)
      real(wp), intent(out) :: sum_dy(channels), sum_dy_x(channels)
      real(dp) :: total, total_x
      integer :: c, j
      if (inner == 1) then
         call row_sums(channels, outer, mean, x, dy, sum_dy, sum_dy_x)
         return
      end if
      do c = 1, channels
         total = 0
         total_x = 0
         do j = 1, outer
            total = total + sum(real(dy(:, c, j), dp))
            total_x = total_x + sum(real(dy(:, c, j)*(x(:, c, j) - mean(c)), dp))
         end do
         sum_dy(c) = real(total, wp)
         sum_dy_x(c) = real(total_x, wp)
      end do
   end subroutine channel_sums

   !> Sums of dy and of dy*(x - mean) of each row.
   pure subroutine row_sums(rows, columns, mean, x, dy, sum_dy, sum_dy_x)
      integer, intent(in) :: rows, columns
      real(wp), intent(in) :: mean(rows), x(rows, columns), dy(rows, columns)
      real(wp), intent(out) :: sum_dy(rows), sum_dy_x(rows)
      real(dp) :: total(group), total_x(group)
      integer :: first, last, n, j
      do first = 1, rows, group
         last = min(first + group - 1, rows)
         n = last - first + 1
         total(:n) = 0
         total_x(:n) = 0
         do j = 1, columns
            total(:n) = total(:n) + dy(first:last, j)
            total_x(:n) = total_x(:n) + dy(first:last, j)*(x(first:last, j) - mean(first:last))
         end do
         sum_dy(first:last) = real(total(:n), wp)
         sum_dy_x(first:last) = real(total_x(:n), wp)
      end do
   end subroutine row_sums

   !> dx = a*dy - b*(x - mean) - c, per channel
   pure subroutine channel_backward(inner, channels, outer, mean, a, b, c, x, dy, dx)
      integer, intent(in) :: inner, channels, outer
      real(wp), intent(in) :: mean(channels), a(channels), b(channels), c(channels)
      real(wp), intent(in) :: x(inner, channels, outer), dy(inner, channels, outer)
      real(wp), intent(out) :: dx(inner, channels, outer)
      integer :: j, k
      if (inner == 1) then
         call row_backward(channels, outer, mean, a, b, c, x, dy, dx)
         return
      end if
      do j = 1, outer
         do k = 1, channels
            dx(:, k, j) = a(k)*dy(:, k, j) - b(k)*(x(:, k, j) - mean(k)) - c(k)
         end do
      end do
   end subroutine channel_backward

   !> dx = a*dy - b*(x - mean) - c, per row
   pure subroutine row_backward(rows, columns, mean, a, b, c, x, dy, dx)
      integer, intent(in) :: rows, columns
      real(wp), intent(in) :: mean(rows), a(rows), b(rows), c(rows)
      real(wp), intent(in) :: x(rows, columns), dy(rows, columns)
      real(wp), intent(out) :: dx(rows, columns)
      integer :: j
      do j = 1, columns
         dx(:, j) = a*dy(:, j) - b*(x(:, j) - mean) - c
      end do
   end subroutine row_backward

   !> y = (x - mean)/sqrt(variance + epsilon) of each column; without `centred` the mean is not
   !> taken off (Keras's `rms_scaling`, which divides by the deviation from the mean all the same).
   pure subroutine column_normalize(n, columns, epsilon, centred, x, y, moments)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: epsilon
      logical, intent(in) :: centred
      real(wp), intent(in) :: x(n, columns)
      real(wp), intent(out) :: y(n, columns)
      real(wp), intent(out) :: moments(2, columns)    !! mean, 1/sqrt(variance + epsilon)
      real(wp) :: mean, inverse
      integer :: j
      do j = 1, columns
         mean = sum_values(n, x(:, j))/n
         y(:, j) = x(:, j) - mean
         inverse = 1/sqrt(sum_products(n, y(:, j), y(:, j))/n + epsilon)
         if (centred) then
            y(:, j) = y(:, j)*inverse
         else
            y(:, j) = x(:, j)*inverse
         end if
         moments(1, j) = mean
         moments(2, j) = inverse
      end do
   end subroutine column_normalize

   !> The normalised values of `column_normalize` once more, from its moments.
   pure subroutine column_repeat(n, columns, centred, x, moments, y)
      integer, intent(in) :: n, columns
      logical, intent(in) :: centred
      real(wp), intent(in) :: x(n, columns), moments(2, columns)
      real(wp), intent(out) :: y(n, columns)
      integer :: j
      do j = 1, columns
         if (centred) then
            y(:, j) = (x(:, j) - moments(1, j))*moments(2, j)
         else
            y(:, j) = x(:, j)*moments(2, j)
         end if
      end do
   end subroutine column_repeat

   !> dx of `column_normalize` from dy
   pure subroutine column_backward(n, columns, centred, x, moments, y, dy, dx)
      integer, intent(in) :: n, columns
      logical, intent(in) :: centred
      real(wp), intent(in) :: x(n, columns), moments(2, columns)
      real(wp), intent(in) :: y(n, columns)             !! the normalised values
      real(wp), intent(in) :: dy(n, columns)            !! their gradient
      real(wp), intent(out) :: dx(n, columns)
      real(wp) :: inverse, mean_dy, slope
      integer :: j
      do j = 1, columns
         inverse = moments(2, j)
         slope = sum_products(n, dy(:, j), y(:, j))/n
         if (centred) then
            mean_dy = sum_values(n, dy(:, j))/n
            dx(:, j) = inverse*(dy(:, j) - mean_dy - y(:, j)*slope)
         else
            dx(:, j) = inverse*dy(:, j) - (x(:, j) - moments(1, j))*inverse**2*slope
         end if
      end do
   end subroutine column_backward

   !> The sum of a*b, in an order that depends on `n` alone.
   pure real(wp) function sum_products(n, a, b) result(total)
      integer, intent(in) :: n
      real(wp), intent(in) :: a(n), b(n)
      real(wp) :: partial(lanes)
      integer :: first, i
      partial = 0
      do first = 1, n - lanes + 1, lanes
         partial = partial + a(first:first + lanes - 1)*b(first:first + lanes - 1)
      end do
      total = 0
      do i = 1, lanes
         total = total + partial(i)
      end do
      do i = n - mod(n, lanes) + 1, n
         total = total + a(i)*b(i)
      end do
   end function sum_products

   !> The forward derivative of `column_normalize`; where it is centred, backward is symmetric
   pure subroutine column_tangent(n, columns, centred, x, moments, y, dx, dy)
      integer, intent(in) :: n, columns
      logical, intent(in) :: centred
      real(wp), intent(in) :: x(n, columns), moments(2, columns)
      real(wp), intent(in) :: y(n, columns)             !! the normalised values
      real(wp), intent(in) :: dx(n, columns)            !! direction of x
      real(wp), intent(out) :: dy(n, columns)
      real(wp) :: slope
      integer :: j
      if (centred) then
         call column_backward(n, columns, centred, x, moments, y, dx, dy)
         return
      end if
      do j = 1, columns
         slope = moments(2, j)**2*sum((x(:, j) - moments(1, j))*dx(:, j))/n
         dy(:, j) = moments(2, j)*dx(:, j) - y(:, j)*slope
      end do
   end subroutine column_tangent

end module fkb_normalization_kernels_sp
