!> Arrays that C hands over: memory with a shape in C's order, the batch first.
module fkb_c_array
   use, intrinsic :: iso_c_binding, only: c_associated, c_int, c_int64_t, c_ptr
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: i8
   use fkb_shape, only: max_rank, shape_of, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: c_array_t, sample_shape, check_array

   !> `fkb_array` of fkb.h.
   type, bind(c) :: c_array_t
      type(c_ptr) :: data                               !! batch x features values
      integer(c_int) :: bytes                           !! of a value: 4 or 8
      integer(c_int) :: rank                            !! the batch included
      integer(c_int64_t) :: shape(max_rank + 1)         !! C's order, the batch first
   end type c_array_t

contains

   !> The shape of one sample in storage order: C's order reversed, without the batch.
   pure function sample_shape(array) result(shape)
      type(c_array_t), intent(in) :: array
      type(shape_t) :: shape
      shape = shape_of(int(array%shape(array%rank:2:-1)))
   end function sample_shape

   !> Raises an error for a rank, an extent or a kind that no array can have, and for values at a
   !> null pointer.
   subroutine check_array(array, error)
      type(c_array_t), intent(in) :: array
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: values
      integer :: i
      if (array%rank < 1 .or. array%rank > max_rank + 1) then
         call raise(error, fkb_err_argument, 'an array has rank '//decimal(int(array%rank))// &
            ', from 1 to '//decimal(max_rank + 1)//' is possible')
         return
      else if (array%bytes /= 4 .and. array%bytes /= 8) then
         call raise(error, fkb_err_argument, 'values have 4 or 8 bytes, not '// &
            decimal(int(array%bytes)))
         return
      end if
      values = 1
      do i = 2, array%rank
         if (array%shape(i) < 1 .or. array%shape(i) > huge(1)) then
            call raise(error, fkb_err_argument, 'an array has the extent '// &
               decimal(int(array%shape(i), i8)))
            return
         end if
         values = values*array%shape(i)
         if (values > huge(1)) exit
      end do
      if (array%shape(1) < 0 .or. array%shape(1) > huge(1) .or. values > huge(1)) then
         call raise(error, fkb_err_argument, 'an array is too large')
      else if (array%shape(1) > 0 .and. .not. c_associated(array%data)) then
         call raise(error, fkb_err_argument, 'the data of an array is a null pointer')
      end if
   end subroutine check_array

end module fkb_c_array
