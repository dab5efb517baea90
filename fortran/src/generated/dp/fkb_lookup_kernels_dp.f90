! Generated from kernels/fkb_lookup_kernels.fypp: edit that file and run tools/generate.py
!> Finding numbers in a table that need not be sorted.
module fkb_lookup_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: sort_order, find_sorted, find_anywhere

contains

   !> The order in which the keys ascend: `keys(order(1)) <= keys(order(2)) <= ...`, by heapsort
   !> (Williams 1964). The places stand in reals.
   pure subroutine sort_order(n, keys, order)
      integer, intent(in) :: n
      real(wp), intent(in) :: keys(n)
      real(wp), intent(out) :: order(n)
      real(wp) :: last
      integer :: i
      order = [(real(i, wp), i=1, n)]
      if (all(keys(:n - 1) <= keys(2:))) return
      do i = n/2, 1, -1
         call sift(n, keys, order, i, n)
      end do
      do i = n, 2, -1
         last = order(i)
         order(i) = order(1)
         order(1) = last
         call sift(n, keys, order, 1, i - 1)
      end do
   end subroutine sort_order

   !> Let element `root` of a heap of `size_now` elements sink to its place.
   pure subroutine sift(n, keys, order, root, size_now)
      integer, intent(in) :: n, root, size_now
      real(wp), intent(in) :: keys(n)
      real(wp), intent(inout) :: order(n)
      real(wp) :: sinking
      integer :: child, parent
      parent = root
      sinking = order(root)
      do
         child = 2*parent
         if (child > size_now) exit
         if (child < size_now) then
            if (keys(int(order(child + 1))) > keys(int(order(child)))) child = child + 1
         end if
         if (keys(int(order(child))) <= keys(int(sinking))) exit
         order(parent) = order(child)
         parent = child
      end do
      order(parent) = sinking
   end subroutine sift

   !> Where a value stands in the table, 0 where it does not; by bisection.
   pure integer function find_sorted(n, keys, order, value) result(place)
      integer, intent(in) :: n
      real(wp), intent(in) :: keys(n), order(n)      !! `order` as of `sort_order`
      real(wp), intent(in) :: value
      integer :: above, below, middle
      below = 0
      above = n + 1
      do while (above - below > 1)
         middle = (below + above)/2
         place = int(order(middle))
         if (keys(place) > value) then
            above = middle
         else if (keys(place) < value) then
            below = middle
         else
            return
         end if
      end do
      place = 0
   end function find_sorted

   !> Where a value stands in the table, 0 where it does not; by looking at all of it.
   pure integer function find_anywhere(n, keys, value) result(place)
      integer, intent(in) :: n
      real(wp), intent(in) :: keys(n)
      real(wp), intent(in) :: value
      do place = 1, n
         if (keys(place) >= value .and. keys(place) <= value) return
      end do
      place = 0
   end function find_anywhere

end module fkb_lookup_kernels_dp
