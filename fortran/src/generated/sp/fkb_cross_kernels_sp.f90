! Generated from kernels/fkb_cross_kernels.fypp: edit that file and run tools/generate.py
!> Vector products of many pairs of vectors of two or three components.
!>
!> The maps hold the place of each vector's first component, `step` is the way to the next. The
!> third component of a vector of two is 0. A result of one component is the third one.
module fkb_cross_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: cross_add, cross_backward

contains

   !> y = y + a x b
   pure subroutine cross_add(n, n_a, n_b, n_y, step, sizes, map, a, b, y)
      integer, intent(in) :: n                        !! vectors
      integer, intent(in) :: n_a, n_b, n_y
      integer, intent(in) :: step(3), sizes(3)        !! of a, b and y
      integer, intent(in) :: map(n, 3)
      real(wp), intent(in) :: a(n_a), b(n_b)
      real(wp), intent(inout) :: y(n_y)
      real(wp) :: c(3)
      integer :: k
      do k = 1, n
         c = product_of(vector(n_a, a, map(k, 1), step(1), sizes(1)), &
                        vector(n_b, b, map(k, 2), step(2), sizes(2)))
         call add(n_y, y, map(k, 3), step(3), sizes(3), c)
      end do
   end subroutine cross_add

   !> da = da + b x dy, db = db + dy x a
   pure subroutine cross_backward(n, n_a, n_b, n_y, step, sizes, map, a, b, dy, da, db)
      integer, intent(in) :: n
      integer, intent(in) :: n_a, n_b, n_y
      integer, intent(in) :: step(3), sizes(3)
      integer, intent(in) :: map(n, 3)
      real(wp), intent(in) :: a(n_a), b(n_b), dy(n_y)
      real(wp), intent(inout) :: da(n_a), db(n_b)
      real(wp) :: d(3)
      integer :: k
      do k = 1, n
         d = vector(n_y, dy, map(k, 3), step(3), sizes(3))
         call add(n_a, da, map(k, 1), step(1), sizes(1), &
                  product_of(vector(n_b, b, map(k, 2), step(2), sizes(2)), d))
         call add(n_b, db, map(k, 2), step(2), sizes(2), &
                  product_of(d, vector(n_a, a, map(k, 1), step(1), sizes(1))))
      end do
   end subroutine cross_backward

   pure function product_of(a, b) result(c)
      real(wp), intent(in) :: a(3), b(3)
      real(wp) :: c(3)
      c = [a(2)*b(3) - a(3)*b(2), a(3)*b(1) - a(1)*b(3), a(1)*b(2) - a(2)*b(1)]
   end function product_of

   !> The vector at a place.
   pure function vector(n, x, place, step, size) result(v)
      integer, intent(in) :: n, place, step, size
      real(wp), intent(in) :: x(n)
      real(wp) :: v(3)
      v = 0
      if (size == 1) then
         v(3) = x(place)
      else
         v(:2) = [x(place), x(place + step)]
         if (size == 3) v(3) = x(place + 2*step)
      end if
   end function vector

   !> Add to the vector at a place.
   pure subroutine add(n, x, place, step, size, v)
      integer, intent(in) :: n, place, step, size
      real(wp), intent(inout) :: x(n)
      real(wp), intent(in) :: v(3)
      integer :: i
      if (size == 1) then
         x(place) = x(place) + v(3)
      else
         do i = 1, size
            x(place + (i - 1)*step) = x(place + (i - 1)*step) + v(i)
         end do
      end if
   end subroutine add

end module fkb_cross_kernels_sp
