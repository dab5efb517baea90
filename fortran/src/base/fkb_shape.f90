!> Shapes of tensors without the batch dimension.
!>
!> Extents stand in storage order: Keras's `(batch, height, width, channels)` is the shape
!> `[channels, width, height]` here. An extent that the model leaves open is `open_extent`.
module fkb_shape
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: i8
   implicit none (type, external)
   private
   public :: shape_t, shape_of, operator(==), storage_dimension, strides_of

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

   !> Number of elements of one sample; meaningful only for a closed shape. More than a default
   !> integer can count are `huge(1) + 1`: products of hostile extents must not overflow.
   pure integer(i8) function shape_count(self) result(count)
      class(shape_t), intent(in) :: self
      integer(i8), parameter :: too_many = huge(1) + 1_i8
      integer :: i
      count = 1_i8
      do i = 1, self%rank
         count = min(count*self%extent(i), too_many)
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

   !> Where a Keras axis lies in storage: axis -1 is dimension 1, axis 1 is dimension `rank`.
   !> Raises an error for the batch axis and for axes that the tensor does not have.
   subroutine storage_dimension(axis, rank, dimension, error)
      integer, intent(in) :: axis          !! Keras's: the batch is 0, negative counts from the end
      integer, intent(in) :: rank          !! of one sample, without the batch
      integer, intent(out) :: dimension    !! 1 to `rank`, 0 with an error
      type(error_t), allocatable, intent(out) :: error
      character(80) :: text
      dimension = 0
      if (axis < -rank - 1 .or. axis > rank) then
         write (text, '(a,i0,a,i0,a)') 'axis ', axis, ' does not exist in a tensor of rank ', &
            rank + 1, ', the batch counted'
         call raise(error, fkb_err_argument, trim(text))
      else if (axis == 0 .or. axis == -rank - 1) then
         write (text, '(a,i0,a)') 'axis ', axis, ' is the batch, expected another axis'
         call raise(error, fkb_err_argument, trim(text))
      else if (axis < 0) then
         dimension = -axis
      else
         dimension = rank + 1 - axis
      end if
   end subroutine storage_dimension

   !> Elements between neighbours along each dimension of one sample; 0 along extents of 1, so that
   !> walking a larger shape with these strides repeats the sample (broadcasting).
   pure function strides_of(shape) result(strides)
      type(shape_t), intent(in) :: shape
      integer :: strides(max_rank)
      integer :: i, step
      step = 1
      strides = 0
      do i = 1, shape%rank
         if (shape%extent(i) /= 1) strides(i) = step
         step = step*shape%extent(i)
      end do
   end function strides_of

   pure logical function same_shape(a, b)
      type(shape_t), intent(in) :: a, b
      same_shape = a%rank == b%rank
      if (same_shape) same_shape = all(a%extent(:a%rank) == b%extent(:b%rank))
   end function same_shape

end module fkb_shape
