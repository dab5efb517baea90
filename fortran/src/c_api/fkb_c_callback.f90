!> A function of C that is told what happens during a training; `fkb_callback` of fkb.h.
module fkb_c_callback
   use, intrinsic :: iso_c_binding, only: c_char, c_double, c_int, c_loc, &
      c_null_char, c_null_ptr, c_ptr
   use fkb_logs, only: logs_t
   implicit none (type, external)
   private
   public :: c_callback_i, tell

   !> What happened.
   integer, parameter, public :: event_train_begin = 0, event_epoch_begin = 1, &
      event_batch_end = 2, event_epoch_end = 3, event_train_end = 4, event_result = 5

   integer, parameter :: name_size = 256

   abstract interface
      integer(c_int) function c_callback_i(context, event, epoch, batch, count, names, values) &
         bind(c)
         import :: c_double, c_int, c_ptr
         implicit none (type, external)
         type(c_ptr), value, intent(in) :: context
         integer(c_int), value, intent(in) :: event, epoch, batch, count
         type(c_ptr), intent(in) :: names(*)
         real(c_double), intent(in) :: values(*)
      end function c_callback_i
   end interface

contains

   !> Call the function with the logs. The answer: 0 to go on, 1 to stop, below 0 for a failure.
   subroutine tell(function, context, event, epoch, batch, logs, answer)
      procedure(c_callback_i) :: function
      type(c_ptr), intent(in) :: context
      integer, intent(in) :: event, epoch, batch
      type(logs_t), intent(in) :: logs
      integer, intent(out) :: answer
      character(kind=c_char), allocatable, target :: text(:, :)
      type(c_ptr), allocatable :: names(:)
      real(c_double), allocatable :: values(:)
      character(:), allocatable :: name
      integer :: i, k, n
      n = logs%count()
      allocate (text(name_size, n + 1), source=c_null_char)
      allocate (names(n + 1), values(n + 1))
      names(n + 1) = c_null_ptr
      values(n + 1) = 0
      do i = 1, n
         name = logs%name(i)
         do k = 1, min(len(name), name_size - 1)
            text(k, i) = name(k:k)
         end do
         names(i) = c_loc(text(1, i))
         values(i) = logs%value(i)
      end do
      answer = int(function(context, int(event, c_int), int(epoch, c_int), int(batch, c_int), &
                            int(n, c_int), names, values))
   end subroutine tell

end module fkb_c_callback
