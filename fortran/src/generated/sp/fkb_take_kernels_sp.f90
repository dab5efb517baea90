! Generated from kernels/fkb_take_kernels.fypp: edit that file and run tools/generate.py
!> Takes values at places that are values themselves, from 0; negative ones count from the end.
module fkb_take_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: take, take_backward, take_along, take_along_backward

contains

   !> y(:, i, :) = x(:, places(i), :)
   pure subroutine take(run, n, m, outer, places, x, y)
      integer, intent(in) :: run, n, m, outer
      real(wp), intent(in) :: places(m)
      real(wp), intent(in) :: x(run, n, outer)
      real(wp), intent(out) :: y(run, m, outer)
      integer :: i, o
      do o = 1, outer
         do i = 1, m
            y(:, i, o) = x(:, place_of(places(i), n), o)
         end do
      end do
   end subroutine take

   !> dx(:, places(i), :) += dy(:, i, :)
   pure subroutine take_backward(run, n, m, outer, places, dy, dx)
      integer, intent(in) :: run, n, m, outer
      real(wp), intent(in) :: places(m)
      real(wp), intent(in) :: dy(run, m, outer)
      real(wp), intent(out) :: dx(run, n, outer)
      integer :: i, k, o
      dx = 0
      do o = 1, outer
         do i = 1, m
            k = place_of(places(i), n)
            dx(:, k, o) = dx(:, k, o) + dy(:, i, o)
         end do
      end do
   end subroutine take_backward

   !> y(r, i, o) = x(r, places(r, i, o), o)
   pure subroutine take_along(run, n, m, outer, places, x, y)
      integer, intent(in) :: run, n, m, outer
      real(wp), intent(in) :: places(run, m, outer)
      real(wp), intent(in) :: x(run, n, outer)
      real(wp), intent(out) :: y(run, m, outer)
      integer :: r, i, o
      do o = 1, outer
         do i = 1, m
            do r = 1, run
               y(r, i, o) = x(r, place_of(places(r, i, o), n), o)
            end do
         end do
      end do
   end subroutine take_along

   !> dx(r, places(r, i, o), o) += dy(r, i, o)
   pure subroutine take_along_backward(run, n, m, outer, places, dy, dx)
      integer, intent(in) :: run, n, m, outer
      real(wp), intent(in) :: places(run, m, outer)
      real(wp), intent(in) :: dy(run, m, outer)
      real(wp), intent(out) :: dx(run, n, outer)
      integer :: r, i, k, o
      dx = 0
      do o = 1, outer
         do i = 1, m
            do r = 1, run
               k = place_of(places(r, i, o), n)
               dx(r, k, o) = dx(r, k, o) + dy(r, i, o)
            end do
         end do
      end do
   end subroutine take_along_backward

   !> A place from 1 to n.
   elemental integer function place_of(place, n) result(k)
      real(wp), intent(in) :: place
      integer, intent(in) :: n
      k = nint(aint(min(max(place, real(-n, wp)), real(n - 1, wp))))
      if (k < 0) k = k + n
      k = k + 1
   end function place_of

end module fkb_take_kernels_sp
