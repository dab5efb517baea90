!> Where the values of a tensor come from when an operation selects, repeats, turns or pads them.
!>
!> A walk says for each dimension of the result which places of the input it visits: place
!> `offset + sum over d of stride(d)*table(i(d), d)` for the indices i of the result, from 0; a
!> negative entry of the table stands for a value that the input does not have.
module fkb_places
   use fkb_shape, only: max_rank, shape_t
   implicit none (type, external)
   private
   public :: walk_t, start_walk, map_of, place_strides

   !> How the result of an operation walks through its input.
   type :: walk_t
      integer :: offset = 0                     !! of the first place, from 0
      integer :: stride(max_rank) = 0           !! in the input, per dimension of the result
      integer, allocatable :: table(:, :)       !! (index from 1, dimension of the result)
   end type walk_t

contains

   !> Elements between neighbours along each dimension of one sample.
   pure function place_strides(shape) result(stride)
      type(shape_t), intent(in) :: shape        !! closed
      integer :: stride(max_rank)
      integer :: d, step
      step = 1
      do d = 1, max_rank
         stride(d) = step
         if (d <= shape%rank) step = step*shape%extent(d)
      end do
   end function place_strides

   !> A walk to a result of this shape that visits the same index in every dimension.
   pure subroutine start_walk(in_shape, out_shape, walk)
      type(shape_t), intent(in) :: in_shape     !! closed
      type(shape_t), intent(in) :: out_shape    !! closed
      type(walk_t), intent(out) :: walk
      integer :: d, i
      walk%stride = place_strides(in_shape)
      walk%stride(in_shape%rank + 1:) = 0
      allocate (walk%table(max(1, maxval(out_shape%extent)), max_rank))
      do d = 1, max_rank
         do i = 1, size(walk%table, 1)
            walk%table(i, d) = i - 1
         end do
      end do
   end subroutine start_walk

   !> The place in the input of every value of the result, from 1; 0 where it has none.
   pure subroutine map_of(walk, out_shape, map)
      type(walk_t), intent(in) :: walk
      type(shape_t), intent(in) :: out_shape    !! closed
      integer, intent(out) :: map(:)            !! one per value of the result
      integer :: index(max_rank), k, d
      index = 1
      do k = 1, size(map)
         map(k) = 1 + walk%offset
         do d = 1, out_shape%rank
            if (walk%table(index(d), d) < 0) then
               map(k) = 0
               exit
            end if
            map(k) = map(k) + walk%stride(d)*walk%table(index(d), d)
         end do
         do d = 1, out_shape%rank
            index(d) = index(d) + 1
            if (index(d) <= out_shape%extent(d)) exit
            index(d) = 1
         end do
      end do
   end subroutine map_of

end module fkb_places
