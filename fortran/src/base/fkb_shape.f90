!> Shapes of tensors without the batch dimension.
!>
!> Extents stand in storage order: Keras's `(batch, height, width, channels)` is the shape
!> `[channels, width, height]` here. An extent that the model leaves open is `open_extent`.
module fkb_shape
   use fkb_kinds, only: i8
   implicit none (type, external)
   private
   public :: shape_t, shape_of, operator(==)

   integer, parameter, public :: max_rank = 8
   !> An extent that is known only when a workspace is prepared.
   integer, parameter, public :: open_extent = -1

   !> Rank and extents, fastest first. A value type: no allocation, safe to copy anywhere.
   type :: shape_t
      integer :: rank = 0
      integer :: extent(max_rank) = 1      !! extents beyond `rank` are 1
   contains
      procedure :: count => shape_count
      procedure :: closed => shape_closed
      procedure :: text => shape_text
   end type shape_t

   interface operator(==)
      module procedure same_shape
   end interface

contains

   !> The shape with these extents, fastest first.
   pure function shape_of(extents) result(shape)
      integer, intent(in) :: extents(:)    !! at most `max_rank`
      type(shape_t) :: shape
      shape%rank = size(extents)
      shape%extent(:size(extents)) = extents
   end function shape_of

   !> Number of elements of one sample; meaningful only for a closed shape.
   pure integer(i8) function shape_count(self) result(count)
      class(shape_t), intent(in) :: self
      integer :: i
      count = 1_i8
      do i = 1, self%rank
         count = count*self%extent(i)
      end do
   end function shape_count

   !> Whether every extent is known.
   pure logical function shape_closed(self) result(closed)
      class(shape_t), intent(in) :: self
      closed = all(self%extent(:self%rank) >= 0)
   end function shape_closed

   !> The shape as Keras would print it, slowest first: `(20, 27, 2)`, with `None` where open.
   pure function shape_text(self) result(text)
      class(shape_t), intent(in) :: self
      character(:), allocatable :: text
      character(12) :: number
      integer :: i
      text = '('
      do i = self%rank, 1, -1
         if (self%extent(i) == open_extent) then
            text = text//'None'
         else
            write (number, '(i0)') self%extent(i)
            text = text//trim(number)
         end if
         if (i > 1) text = text//', '
      end do
      if (self%rank == 1) text = text//','
      text = text//')'
   end function shape_text

   pure logical function same_shape(a, b)
      type(shape_t), intent(in) :: a, b
      same_shape = a%rank == b%rank
      if (same_shape) same_shape = all(a%extent(:a%rank) == b%extent(:b%rank))
   end function same_shape

end module fkb_shape
