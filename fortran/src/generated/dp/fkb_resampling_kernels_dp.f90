! Generated from kernels/fkb_resampling_kernels.fypp: edit that file and run tools/generate.py
!> Moves the cells of samples to other places, and weighs cells along one axis.
module fkb_resampling_kernels_dp
   use fkb_kinds, only: dp, wp => dp
   implicit none (type, external)
   private
   public :: place_cells, place_cells_backward, weigh_cells, weigh_cells_backward

contains

   !> y(:, i, j, k) = x(:, cells1(i), cells2(j), cells3(k)), `fill` where a cell is 0
   pure subroutine place_cells(c, n_in, n_out, cells, fill, x, y)
      integer, intent(in) :: c, n_in(3), n_out(3)
      integer, intent(in) :: cells(n_out(1) + n_out(2) + n_out(3))   !! of axis 1, 2 and 3
      real(wp), intent(in) :: fill
      real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
      real(wp), intent(out) :: y(c, n_out(1), n_out(2), n_out(3))
      integer :: i, j, k, i1, i2, i3
      do k = 1, n_out(3)
         i3 = cells(n_out(1) + n_out(2) + k)
         do j = 1, n_out(2)
            i2 = cells(n_out(1) + j)
            if (i3 == 0 .or. i2 == 0) then
               y(:, :, j, k) = fill
               cycle
            end if
            do i = 1, n_out(1)
               i1 = cells(i)
               if (i1 == 0) then
                  y(:, i, j, k) = fill
               else
                  y(:, i, j, k) = x(:, i1, i2, i3)
               end if
            end do
         end do
      end do
   end subroutine place_cells

   !> dx += dy at the places that y was taken from
   pure subroutine place_cells_backward(c, n_in, n_out, cells, dy, dx)
      integer, intent(in) :: c, n_in(3), n_out(3)
      integer, intent(in) :: cells(n_out(1) + n_out(2) + n_out(3))
      real(wp), intent(in) :: dy(c, n_out(1), n_out(2), n_out(3))
      real(wp), intent(inout) :: dx(c, n_in(1), n_in(2), n_in(3))
      integer :: i, j, k, i1, i2, i3
      do k = 1, n_out(3)
         i3 = cells(n_out(1) + n_out(2) + k)
         do j = 1, n_out(2)
            i2 = cells(n_out(1) + j)
            if (i3 == 0 .or. i2 == 0) cycle
            do i = 1, n_out(1)
               i1 = cells(i)
               if (i1 > 0) dx(:, i1, i2, i3) = dx(:, i1, i2, i3) + dy(:, i, j, k)
            end do
         end do
      end do
   end subroutine place_cells_backward

   !> y(:, o, :) = sum of weights(t, o)*x(:, first(o) + t - 1, :)
   pure subroutine weigh_cells(inner, n_in, n_out, outer, taps, first, count, weights, x, y)
      integer, intent(in) :: inner, n_in, n_out, outer, taps
      integer, intent(in) :: first(n_out), count(n_out)
      real(dp), intent(in) :: weights(taps, n_out)
      real(wp), intent(in) :: x(inner, n_in, outer)
      real(wp), intent(out) :: y(inner, n_out, outer)
      real(wp) :: w
      integer :: i, j, o, t
      do j = 1, outer
         do o = 1, n_out
            i = first(o)
            w = real(weights(1, o), wp)
            if (count(o) == 2) then
               y(:, o, j) = w*x(:, i, j) + real(weights(2, o), wp)*x(:, i + 1, j)
               cycle
            end if
            y(:, o, j) = w*x(:, i, j)
            do t = 2, count(o)
               y(:, o, j) = y(:, o, j) + real(weights(t, o), wp)*x(:, i + t - 1, j)
            end do
         end do
      end do
   end subroutine weigh_cells

   !> dx = the sum of weights*dy over the places that a cell contributes to
   pure subroutine weigh_cells_backward(inner, n_in, n_out, outer, taps, first, count, weights, &
      dy, dx)
      integer, intent(in) :: inner, n_in, n_out, outer, taps
      integer, intent(in) :: first(n_out), count(n_out)
      real(dp), intent(in) :: weights(taps, n_out)
      real(wp), intent(in) :: dy(inner, n_out, outer)
      real(wp), intent(out) :: dx(inner, n_in, outer)
      integer :: i, j, o, t
      do j = 1, outer
         dx(:, :, j) = 0
         do o = 1, n_out
            do t = 1, count(o)
               i = first(o) + t - 1
               dx(:, i, j) = dx(:, i, j) + real(weights(t, o), wp)*dy(:, o, j)
            end do
         end do
      end do
   end subroutine weigh_cells_backward

end module fkb_resampling_kernels_dp
