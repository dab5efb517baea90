! Generated from kernels/fkb_place_kernels.fypp: edit that file and run tools/generate.py
!> Moves values by maps of places: what selects, repeats, pads and joins tensors.
module fkb_place_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: pick, pick_backward, pick_sum, pick_sum_backward, put_rows, take_rows

contains

   !> y(k) = x(map(k)), `fill` where the map is 0
   pure subroutine pick(n_x, n_y, batch, map, fill, x, y)
      integer, intent(in) :: n_x, n_y, batch
      integer, intent(in) :: map(n_y)
      real(wp), intent(in) :: fill
      real(wp), intent(in) :: x(n_x, batch)
      real(wp), intent(out) :: y(n_y, batch)
      integer :: j, k
      do j = 1, batch
         do k = 1, n_y
            if (map(k) > 0) then
               y(k, j) = x(map(k), j)
            else
               y(k, j) = fill
            end if
         end do
      end do
   end subroutine pick

   !> dx(map(k)) += dy(k)
   pure subroutine pick_backward(n_x, n_y, batch, map, dy, dx)
      integer, intent(in) :: n_x, n_y, batch
      integer, intent(in) :: map(n_y)
      real(wp), intent(in) :: dy(n_y, batch)
      real(wp), intent(inout) :: dx(n_x, batch)
      integer :: j, k
      do j = 1, batch
         do k = 1, n_y
            if (map(k) > 0) dx(map(k), j) = dx(map(k), j) + dy(k, j)
         end do
      end do
   end subroutine pick_backward

   !> y(k) = sum over i of x(map(i, k))
   pure subroutine pick_sum(n_x, n, n_y, batch, map, x, y)
      integer, intent(in) :: n_x, n, n_y, batch
      integer, intent(in) :: map(n, n_y)
      real(wp), intent(in) :: x(n_x, batch)
      real(wp), intent(out) :: y(n_y, batch)
      integer :: i, j, k
      do j = 1, batch
         do k = 1, n_y
            y(k, j) = 0
            do i = 1, n
               y(k, j) = y(k, j) + x(map(i, k), j)
            end do
         end do
      end do
   end subroutine pick_sum

   !> dx(map(i, k)) += dy(k)
   pure subroutine pick_sum_backward(n_x, n, n_y, batch, map, dy, dx)
      integer, intent(in) :: n_x, n, n_y, batch
      integer, intent(in) :: map(n, n_y)
      real(wp), intent(in) :: dy(n_y, batch)
      real(wp), intent(inout) :: dx(n_x, batch)
      integer :: i, j, k
      do j = 1, batch
         do k = 1, n_y
            do i = 1, n
               dx(map(i, k), j) = dx(map(i, k), j) + dy(k, j)
            end do
         end do
      end do
   end subroutine pick_sum_backward

   !> y(first:first + rows - 1, :) = x
   pure subroutine put_rows(run, rows, columns, first, x, y)
      integer, intent(in) :: run, rows, columns, first
      real(wp), intent(in) :: x(rows, columns)
      real(wp), intent(inout) :: y(run, columns)
      y(first:first + rows - 1, :) = x
   end subroutine put_rows

   !> x = y(first:first + rows - 1, :)
   pure subroutine take_rows(run, rows, columns, first, y, x)
      integer, intent(in) :: run, rows, columns, first
      real(wp), intent(in) :: y(run, columns)
      real(wp), intent(out) :: x(rows, columns)
      x = y(first:first + rows - 1, :)
   end subroutine take_rows

end module fkb_place_kernels_dp
