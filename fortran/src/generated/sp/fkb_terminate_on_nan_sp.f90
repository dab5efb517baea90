! Generated from train/fkb_terminate_on_nan.fypp: edit that file and run tools/generate.py
!> A callback that ends a training whose loss is not finite, as Keras 3's `TerminateOnNaN`.
module fkb_terminate_on_nan_sp
   use fkb_error, only: error_t, fkb_err_numeric
   use fkb_kinds, only: wp => sp
   use fkb_training_sp, only: callback_t, training_t
   implicit none (type, external)
   private
   public :: terminate_on_nan_t

   !> `fit` ends with an error where a loss or gradient is not finite. With this callback it ends
   !> well, and the weights are those before that batch.
   type, extends(callback_t) :: terminate_on_nan_t
      integer :: stopped_epoch = 0               !! from 1; 0: it did not stop
      integer :: stopped_batch = 0               !! from 1
   contains
      procedure :: on_train_begin
      procedure :: on_failure
   end type terminate_on_nan_t

contains

   !> Begin anew.
   subroutine on_train_begin(self, training, error)
      class(terminate_on_nan_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      self%stopped_epoch = 0
      self%stopped_batch = 0
   end subroutine on_train_begin

   !> Take the error away and stop.
   subroutine on_failure(self, training, epoch, batch, error)
      class(terminate_on_nan_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(error_t), allocatable, intent(inout) :: error
      if (error%code /= fkb_err_numeric) return
      deallocate (error)
      self%stopped_epoch = epoch
      self%stopped_batch = batch
      training%run%stop = .true.
   end subroutine on_failure

end module fkb_terminate_on_nan_sp
