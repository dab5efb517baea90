! Generated from kernels/fkb_encoding_kernels.fypp: edit that file and run tools/generate.py
!> Kernels of the layers that encode categories.
!>
!> Indices stand in reals, counted from 0. An index that is negative or not below `depth` belongs to
!> no category.
module fkb_encoding_kernels_sp
   use fkb_encodings, only: encode_int, encode_multi_hot, encode_one_hot
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: encode, encode_weighted, weighted_backward, first_large, first_strange

contains

   !> The encoding of `vectors` outputs from `indices` indices each. The indices of one output lie
   !> `vectors` apart.
   pure subroutine encode(mode, depth, indices, vectors, index, y)
      integer, intent(in) :: mode                      !! one of `encode_*`
      integer, intent(in) :: depth, indices, vectors
      real(wp), intent(in) :: index(vectors, indices)
      real(wp), intent(out) :: y(merge(1, depth, mode == encode_int), vectors)
      integer :: i, j, k
      if (mode == encode_int) then
         y(1, :) = index(:, 1)
         return
      end if
      y = 0
      do i = 1, indices
         do j = 1, vectors
            k = place(index(j, i), depth)
            if (k == 0) cycle
            if (mode == encode_one_hot .or. mode == encode_multi_hot) then
               y(k, j) = 1
            else
               y(k, j) = y(k, j) + 1
            end if
         end do
      end do
   end subroutine encode

   !> How often each index occurs, each time counted with its weight.
   pure subroutine encode_weighted(depth, indices, index, weight, y)
      integer, intent(in) :: depth, indices
      real(wp), intent(in) :: index(indices), weight(indices)
      real(wp), intent(out) :: y(depth)
      integer :: i, k
      y = 0
      do i = 1, indices
         k = place(index(i), depth)
         if (k > 0) y(k) = y(k) + weight(i)
      end do
   end subroutine encode_weighted

   !> The gradient of the weights of `encode_weighted`.
   pure subroutine weighted_backward(depth, indices, index, dy, dweight)
      integer, intent(in) :: depth, indices
      real(wp), intent(in) :: index(indices), dy(depth)
      real(wp), intent(out) :: dweight(indices)
      integer :: i, k
      dweight = 0
      do i = 1, indices
         k = place(index(i), depth)
         if (k > 0) dweight(i) = dy(k)
      end do
   end subroutine weighted_backward

   !> Element of y for an index, 0 for none.
   pure integer function place(index, depth)
      real(wp), intent(in) :: index
      integer, intent(in) :: depth
      place = 0
      if (index >= 0 .and. index < real(depth, wp)) place = int(index) + 1
   end function place

   !> The first value that is no whole number, or so large that neighbouring whole numbers are not
   !> told apart in this kind and it may have been rounded; 0 where there is none.
   pure integer function first_strange(n, x) result(first)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      do first = 1, n
         if (.not. abs(x(first)) < 2.0_wp**digits(x)) return
         if (abs(x(first) - aint(x(first))) > 0) return
      end do
      first = 0
   end function first_strange

   !> The first value that may have been rounded to a whole number; 0 where there is none.
   pure integer function first_large(n, x) result(first)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      do first = 1, n
         if (.not. abs(x(first)) < 2.0_wp**digits(x)) return
      end do
      first = 0
   end function first_large

end module fkb_encoding_kernels_sp
