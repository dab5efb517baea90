!> A scripted callback and a small training, for tests of callbacks.
module callback_cases
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_logs, only: logs_t
   use fkb_losses_dp, only: mean_squared_error_t
   use fkb_network_dp, only: network_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_trainer_dp, only: trainer_t
   use fkb_training_dp, only: callback_t, callbacks_t, training_t
   use trainer_cases, only: write_line_model
   implicit none (type, external)
   private
   public :: script_t, train

   !> Logs a score for each epoch, as a metric would, and counts what it is told.
   type, extends(callback_t) :: script_t
      real(dp), allocatable :: scores(:)
      real(dp), allocatable :: rates(:)         !! learning rates of the epochs
      integer :: calls(5) = 0                   !! begin, epoch begin, batch, epoch end, end
      integer :: stop_at = 0                    !! batch of an epoch after which to stop
   contains
      procedure :: on_train_begin
      procedure :: on_epoch_begin
      procedure :: on_batch_end
      procedure :: on_epoch_end
      procedure :: on_train_end
   end type script_t

contains

   subroutine on_train_begin(self, training, error)
      class(script_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      self%calls(1) = self%calls(1) + 1
      if (.not. allocated(self%rates)) allocate (self%rates(0))
   end subroutine on_train_begin

   subroutine on_epoch_begin(self, training, epoch, error)
      class(script_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      self%calls(2) = self%calls(2) + 1
      self%rates = [self%rates, training%learning_rate()]
   end subroutine on_epoch_begin

   subroutine on_batch_end(self, training, epoch, batch, logs, error)
      class(script_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      self%calls(3) = self%calls(3) + 1
      if (batch == self%stop_at) training%run%stop = .true.
   end subroutine on_batch_end

   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(script_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      self%calls(4) = self%calls(4) + 1
      if (.not. allocated(self%scores)) return
      call logs%set('score', self%scores(epoch))
      training%net%params(1) = epoch        ! to see which weights are restored
   end subroutine on_epoch_end

   subroutine on_train_end(self, training, logs, error)
      class(script_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      self%calls(5) = self%calls(5) + 1
   end subroutine on_train_end

   !> Train a line for some epochs of two batches.
   subroutine train(file, epochs, callbacks, error, weight, learning_rate, stop_by)
      character(*), intent(in) :: file                    !! of the model
      integer, intent(in) :: epochs
      type(callbacks_t), intent(in) :: callbacks
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(out), optional :: weight           !! after the training
      real(dp), intent(in), optional :: learning_rate
      real(dp), intent(in), optional :: stop_by           !! a target that is not finite
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      real(dp) :: x(1, 4), y(1, 4), rate
      rate = 0
      if (present(learning_rate)) rate = learning_rate
      x(1, :) = [0.1_dp, 0.2_dp, 0.3_dp, 0.4_dp]
      y = x**2
      if (present(stop_by)) y(1, 4) = stop_by
      call write_line_model(file)
      call net%load(file, error)
      if (.not. allocated(error)) then
         call trainer%init(net, mean_squared_error_t(), sgd_t(learning_rate=rate), error)
      end if
      if (.not. allocated(error)) then
         call trainer%fit(x, y, epochs, 2, error, shuffle=.false., callbacks=callbacks)
      end if
      if (present(weight)) weight = net%params(1)
   end subroutine train

end module callback_cases
