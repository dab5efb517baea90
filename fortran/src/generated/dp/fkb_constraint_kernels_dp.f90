! Generated from kernels/fkb_constraint_kernels.fypp: edit that file and run tools/generate.py
!> Constraints of one weight array. Source: Keras 3.15, keras/src/constraints/constraints.py.
module fkb_constraint_kernels_dp
   use fkb_kinds, only: dp, i8, wp => dp
   implicit none (type, external)
   private
   public :: drop_negatives, sum_squares, scale_groups

contains

   !> w = max(w, 0); NaN stays.
   pure subroutine drop_negatives(n, w)
      integer(i8), intent(in) :: n
      real(wp), intent(inout) :: w(n)
      integer(i8) :: i
      do i = 1, n
         if (w(i) < 0) w(i) = 0
      end do
   end subroutine drop_negatives

   !> Sums of the squares of the elements of each group. The group of an element is its place along
   !> the axes with a stride: 1 + sum (index - 1) stride.
   pure subroutine sum_squares(rank, extent, stride, groups, w, sums)
      integer, intent(in) :: rank
      integer, intent(in) :: extent(rank)        !! storage order
      integer(i8), intent(in) :: stride(rank)    !! 0 along the axes that are summed
      integer(i8), intent(in) :: groups
      real(wp), intent(in) :: w(*)
      real(dp), intent(out) :: sums(groups)
      integer :: place(rank)
      integer(i8) :: first, i
      sums = 0
      place = 0
      i = 0
      do
         first = 1 + sum(place*stride)
         call add_run(extent(1), stride(1), w(i + 1), sums(first))
         i = i + extent(1)
         call advance(rank, extent, place)
         if (all(place == 0)) exit
      end do
   end subroutine sum_squares

   !> Squares along the first axis: to one sum, or to a sum each.
   pure subroutine add_run(n, stride, w, sums)
      integer, intent(in) :: n
      integer(i8), intent(in) :: stride          !! 0 or 1
      real(wp), intent(in) :: w(n)
      real(dp), intent(inout) :: sums(*)
      integer :: i
      if (stride == 0) then
         do i = 1, n
            sums(1) = sums(1) + real(w(i), dp)**2
         end do
      else
         do i = 1, n
            sums(i) = sums(i) + real(w(i), dp)**2
         end do
      end if
   end subroutine add_run

   !> Multiply the elements of each group by its factor.
   pure subroutine scale_groups(rank, extent, stride, groups, factors, w)
      integer, intent(in) :: rank
      integer, intent(in) :: extent(rank)
      integer(i8), intent(in) :: stride(rank)
      integer(i8), intent(in) :: groups
      real(wp), intent(in) :: factors(groups)
      real(wp), intent(inout) :: w(*)
      integer :: place(rank)
      integer(i8) :: first, i
      place = 0
      i = 0
      do
         first = 1 + sum(place*stride)
         call scale_run(extent(1), stride(1), factors(first), w(i + 1))
         i = i + extent(1)
         call advance(rank, extent, place)
         if (all(place == 0)) exit
      end do
   end subroutine scale_groups

   pure subroutine scale_run(n, stride, factors, w)
      integer, intent(in) :: n
      integer(i8), intent(in) :: stride          !! 0 or 1
      real(wp), intent(in) :: factors(*)
      real(wp), intent(inout) :: w(n)
      if (stride == 0) then
         w = w*factors(1)
      else
         w = w*factors(:n)
      end if
   end subroutine scale_run

   !> Go to the next place along all axes but the first; all zeros again after the last.
   pure subroutine advance(rank, extent, place)
      integer, intent(in) :: rank
      integer, intent(in) :: extent(rank)
      integer, intent(inout) :: place(rank)      !! from 0
      integer :: k
      do k = 2, rank
         place(k) = place(k) + 1
         if (place(k) < extent(k)) return
         place(k) = 0
      end do
   end subroutine advance

end module fkb_constraint_kernels_dp
