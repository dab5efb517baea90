! Generated from kernels/fkb_pooling_kernels.fypp: edit that file and run tools/generate.py
!> Maximum and mean over windows along three axes, and over all cells.
!>
!> A sample is (channels, cells of axis 1, of axis 2, of axis 3); `windows` are those of
!> `fkb_windows`. A maximum hands a NaN on.
module fkb_pooling_kernels_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: pool_max, pool_max_backward, pool_max_tangent, pool_mean, pool_mean_backward
   public :: max_of_all, max_of_all_backward, max_of_all_tangent, sum_of_all, spread_to_all

   !> Who gets the gradient where several cells of a window hold the maximum.
   integer, parameter, public :: tie_first = 1, tie_first_column = 2, tie_all = 3

   !> Sums are made of partial sums of so many cells, which keeps their rounding errors small.
   integer, parameter :: part = 64

contains

   !> y = max of the window
   pure subroutine pool_max(c, n_in, n_out, windows, x, y)
      integer, intent(in) :: c, n_in(3), n_out(3)
      integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
      real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
      real(wp), intent(out) :: y(c, n_out(1), n_out(2), n_out(3))
      integer :: first(3), last(3), i, j, k, o1, o2, o3
      do o3 = 1, n_out(3)
         do o2 = 1, n_out(2)
            do o1 = 1, n_out(1)
               call window_at(n_out, windows, [o1, o2, o3], first, last)
               y(:, o1, o2, o3) = x(:, first(1), first(2), first(3))
               do k = first(3), last(3)
                  do j = first(2), last(2)
                     do i = first(1), last(1)
                        call raise_to(c, x(1, i, j, k), y(1, o1, o2, o3))
                     end do
                  end do
               end do
            end do
         end do
      end do
   end subroutine pool_max

   !> dx += dy in the cell that holds the maximum, or the cells
   pure subroutine pool_max_backward(c, n_in, n_out, windows, tie, x, y, dy, left, dx)
      integer, intent(in) :: c, n_in(3), n_out(3)
      integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
      integer, intent(in) :: tie                   !! one of the `tie_*` constants
      real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
      real(wp), intent(in) :: y(c, n_out(1), n_out(2), n_out(3))
      real(wp), intent(in) :: dy(c, n_out(1), n_out(2), n_out(3))
      real(wp), intent(out) :: left(c)             !! to work in
      real(wp), intent(inout) :: dx(c, n_in(1), n_in(2), n_in(3))
      integer :: first(3), last(3), i, j, k, o1, o2, o3
      do o3 = 1, n_out(3)
         do o2 = 1, n_out(2)
            do o1 = 1, n_out(1)
               call window_at(n_out, windows, [o1, o2, o3], first, last)
               left = dy(:, o1, o2, o3)
               if (tie == tie_first_column) then
                  do i = first(1), last(1)
                     do j = first(2), last(2)
                        call hand_back(c, .true., x(1, i, j, first(3)), y(1, o1, o2, o3), left, &
                           dx(1, i, j, first(3)))
                     end do
                  end do
                  cycle
               end if
               do k = first(3), last(3)
                  do j = first(2), last(2)
                     do i = first(1), last(1)
                        call hand_back(c, tie == tie_first, x(1, i, j, k), y(1, o1, o2, o3), left, &
                           dx(1, i, j, k))
                     end do
                  end do
               end do
            end do
         end do
      end do
   end subroutine pool_max_backward

   !> y = max(y, x)
   pure subroutine raise_to(c, x, y)
      integer, intent(in) :: c
      real(wp), intent(in) :: x(c)
      real(wp), intent(inout) :: y(c)
      y = merge(y, x, x <= y .or. ieee_is_nan(y))
   end subroutine raise_to

   !> dx += left where x is the maximum y; with `once`, nothing is left for further cells then
   pure subroutine hand_back(c, once, x, y, left, dx)
      integer, intent(in) :: c
      logical, intent(in) :: once
      real(wp), intent(in) :: x(c), y(c)
      real(wp), intent(inout) :: left(c), dx(c)
      dx = dx + merge(left, 0.0_wp, x >= y)
      if (once) left = merge(0.0_wp, left, x >= y)
   end subroutine hand_back

   !> y = mean of the window
   pure subroutine pool_mean(c, n_in, n_out, windows, x, y)
      integer, intent(in) :: c, n_in(3), n_out(3)
      integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
      real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
      real(wp), intent(out) :: y(c, n_out(1), n_out(2), n_out(3))
      integer :: first(3), last(3), i, j, k, o1, o2, o3
      do o3 = 1, n_out(3)
         do o2 = 1, n_out(2)
            do o1 = 1, n_out(1)
               call window_at(n_out, windows, [o1, o2, o3], first, last)
               y(:, o1, o2, o3) = 0
               do k = first(3), last(3)
                  do j = first(2), last(2)
                     do i = first(1), last(1)
                        y(:, o1, o2, o3) = y(:, o1, o2, o3) + x(:, i, j, k)
                     end do
                  end do
               end do
               y(:, o1, o2, o3) = y(:, o1, o2, o3)/product(last - first + 1)
            end do
         end do
      end do
   end subroutine pool_mean

   !> dx += dy/cells of the window
   pure subroutine pool_mean_backward(c, n_in, n_out, windows, dy, dx)
      integer, intent(in) :: c, n_in(3), n_out(3)
      integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
      real(wp), intent(in) :: dy(c, n_out(1), n_out(2), n_out(3))
      real(wp), intent(inout) :: dx(c, n_in(1), n_in(2), n_in(3))
      integer :: first(3), last(3), i, j, k, o1, o2, o3
      real(wp) :: share
      do o3 = 1, n_out(3)
         do o2 = 1, n_out(2)
            do o1 = 1, n_out(1)
               call window_at(n_out, windows, [o1, o2, o3], first, last)
               share = 1/real(product(last - first + 1), wp)
               do k = first(3), last(3)
                  do j = first(2), last(2)
                     do i = first(1), last(1)
                        dx(:, i, j, k) = dx(:, i, j, k) + share*dy(:, o1, o2, o3)
                     end do
                  end do
               end do
            end do
         end do
      end do
   end subroutine pool_mean_backward

   !> First and last cell of the window of an output along each axis.
   pure subroutine window_at(n_out, windows, place, first, last)
      integer, intent(in) :: n_out(3), place(3)
      integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
      integer, intent(out) :: first(3), last(3)
      integer :: axis, before
      before = 0
      do axis = 1, 3
         first(axis) = windows(before + place(axis))
         last(axis) = first(axis) + windows(before + n_out(axis) + place(axis)) - 1
         before = before + 2*n_out(axis)
      end do
   end subroutine window_at

   !> y = max of all cells
   pure subroutine max_of_all(c, n, x, y)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: x(c, n)
      real(wp), intent(out) :: y(c)
      integer :: i
      y = x(:, 1)
      do i = 2, n
         call raise_to(c, x(1, i), y)
      end do
   end subroutine max_of_all

   !> dx = dy/ties in each cell that holds the maximum, as TensorFlow's `reduce_max` has it
   pure subroutine max_of_all_backward(c, n, x, y, dy, share, dx)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: x(c, n), y(c), dy(c)
      real(wp), intent(out) :: share(c)            !! to work in
      real(wp), intent(out) :: dx(c, n)
      integer :: i
      share = 0
      do i = 1, n
         share = share + merge(1.0_wp, 0.0_wp, x(:, i) >= y)
      end do
      share = dy/max(share, 1.0_wp)
      do i = 1, n
         dx(:, i) = merge(share, 0.0_wp, x(:, i) >= y)
      end do
   end subroutine max_of_all_backward

   !> y = sum of weight*x over all cells
   pure subroutine sum_of_all(c, n, weight, x, some, y)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: weight(n)            !! of each cell; one of 0 ignores a NaN there
      real(wp), intent(in) :: x(c, n)
      real(wp), intent(out) :: some(c)             !! to work in
      real(wp), intent(out) :: y(c)
      integer :: i, first
      y = 0
      do first = 1, n, part
         some = 0
         do i = first, min(first + part - 1, n)
            if (abs(weight(i)) > 0) some = some + weight(i)*x(:, i)
         end do
         y = y + some
      end do
   end subroutine sum_of_all

   !> dx = weight*dy in all cells
   pure subroutine spread_to_all(c, n, weight, dy, dx)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: weight(n), dy(c)
      real(wp), intent(out) :: dx(c, n)
      integer :: i
      do i = 1, n
         dx(:, i) = weight(i)*dy
      end do
   end subroutine spread_to_all

   !> dy = dx of the cell that holds the maximum, or the sum over such cells
   pure subroutine pool_max_tangent(c, n_in, n_out, windows, tie, x, y, dx, left, dy)
      integer, intent(in) :: c, n_in(3), n_out(3)
      integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
      integer, intent(in) :: tie                   !! one of the `tie_*` constants
      real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
      real(wp), intent(in) :: y(c, n_out(1), n_out(2), n_out(3))
      real(wp), intent(in) :: dx(c, n_in(1), n_in(2), n_in(3))
      real(wp), intent(out) :: left(c)             !! to work in
      real(wp), intent(out) :: dy(c, n_out(1), n_out(2), n_out(3))
      integer :: first(3), last(3), i, j, k, o1, o2, o3
      do o3 = 1, n_out(3)
         do o2 = 1, n_out(2)
            do o1 = 1, n_out(1)
               call window_at(n_out, windows, [o1, o2, o3], first, last)
               left = 1
               dy(:, o1, o2, o3) = 0
               if (tie == tie_first_column) then
                  do i = first(1), last(1)
                     do j = first(2), last(2)
                        call take_over(c, .true., x(1, i, j, first(3)), y(1, o1, o2, o3), &
                           dx(1, i, j, first(3)), left, dy(1, o1, o2, o3))
                     end do
                  end do
                  cycle
               end if
               do k = first(3), last(3)
                  do j = first(2), last(2)
                     do i = first(1), last(1)
                        call take_over(c, tie == tie_first, x(1, i, j, k), y(1, o1, o2, o3), &
                           dx(1, i, j, k), left, dy(1, o1, o2, o3))
                     end do
                  end do
               end do
            end do
         end do
      end do
   end subroutine pool_max_tangent

   !> dy += left dx where x is the maximum y; with `once`, nothing is left for further cells then
   pure subroutine take_over(c, once, x, y, dx, left, dy)
      integer, intent(in) :: c
      logical, intent(in) :: once
      real(wp), intent(in) :: x(c), y(c), dx(c)
      real(wp), intent(inout) :: left(c), dy(c)
      dy = dy + merge(left*dx, 0.0_wp, x >= y)
      if (once) left = merge(0.0_wp, left, x >= y)
   end subroutine take_over

   !> dy = mean of dx over the cells that hold the maximum
   pure subroutine max_of_all_tangent(c, n, x, y, dx, ties, dy)
      integer, intent(in) :: c, n
      real(wp), intent(in) :: x(c, n), y(c), dx(c, n)
      real(wp), intent(out) :: ties(c)             !! to work in
      real(wp), intent(out) :: dy(c)
      integer :: i
      ties = 0
      dy = 0
      do i = 1, n
         ties = ties + merge(1.0_wp, 0.0_wp, x(:, i) >= y)
         dy = dy + merge(dx(:, i), 0.0_wp, x(:, i) >= y)
      end do
      dy = dy/max(ties, 1.0_wp)
   end subroutine max_of_all_tangent

end module fkb_pooling_kernels_dp
