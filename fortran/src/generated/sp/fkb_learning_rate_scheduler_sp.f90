! Generated from train/fkb_learning_rate_scheduler.fypp: edit that file and run tools/generate.py
!> A callback that sets the learning rate of each epoch, as Keras 3's `LearningRateScheduler`.
module fkb_learning_rate_scheduler_sp
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => sp
   use fkb_logs, only: logs_t
   use fkb_training_sp, only: callback_t, training_t
   implicit none (type, external)
   private
   public :: learning_rate_scheduler_t

   !> Extend it and implement `rate_of`.
   type, abstract, extends(callback_t) :: learning_rate_scheduler_t
   contains
      procedure(rate_of_i), deferred :: rate_of
      procedure :: on_epoch_begin
      procedure :: on_epoch_end
   end type learning_rate_scheduler_t

   abstract interface

      !> The learning rate of an epoch.
      real(dp) function rate_of_i(self, epoch, rate)
         import :: learning_rate_scheduler_t, dp
         implicit none (type, external)
         class(learning_rate_scheduler_t), intent(inout) :: self
         integer, intent(in) :: epoch            !! from 1 (Keras: from 0)
         real(dp), intent(in) :: rate            !! of the epoch before
      end function rate_of_i

   end interface

contains

   !> Set the learning rate.
   subroutine on_epoch_begin(self, training, epoch, error)
      class(learning_rate_scheduler_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      call training%set_learning_rate(self%rate_of(epoch, training%learning_rate()), error)
   end subroutine on_epoch_begin

   !> Log it.
   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(learning_rate_scheduler_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      call logs%set('learning_rate', training%learning_rate())
   end subroutine on_epoch_end

end module fkb_learning_rate_scheduler_sp
