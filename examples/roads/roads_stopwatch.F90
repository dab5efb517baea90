!> A callback that measures the training alone, without the tests between epochs.
!>
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module roads_stopwatch
   use fkb_kinds, only: i8
   use FKB_KIND, only: callback_t, dp, error_t, logs_t, training_t
   implicit none (type, external)
   private
   public :: stopwatch_t

   !> Seconds from the beginning of each epoch to the end of its last batch, added up.
   type, extends(callback_t) :: stopwatch_t
      real(dp) :: seconds = 0
      integer(i8), private :: last = 0
   contains
      procedure :: on_epoch_begin
      procedure :: on_batch_end
   end type stopwatch_t

contains

   subroutine on_epoch_begin(self, training, epoch, error)
      class(stopwatch_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      call system_clock(self%last)
   end subroutine on_epoch_begin

   subroutine on_batch_end(self, training, epoch, batch, logs, error)
      class(stopwatch_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: now, rate
      call system_clock(now, rate)
      self%seconds = self%seconds + real(now - self%last, dp)/rate
      self%last = now
   end subroutine on_batch_end

end module roads_stopwatch
