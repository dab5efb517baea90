! Generated from train/fkb_training.fypp: edit that file and run tools/generate.py
!> A training as its callbacks see it, and the contract of a callback.
module fkb_training_dp
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_logs, only: logs_t
   use fkb_network_dp, only: network_t
   use fkb_optimizer_dp, only: optimizer_state_t, optimizer_t
   use fkb_rounding, only: rounded_to_single
   implicit none (type, external)
   private
   public :: callback_t, callbacks_t, run_t, training_t

   !> A training in progress.
   type :: run_t
      integer :: epochs = 0                   !! number of the last epoch
      integer :: initial_epoch = 0            !! epochs that were done before
      integer :: batches = 0                  !! of an epoch; 0: not known
      integer :: validation_freq = 0          !! epochs from one validation to the next; 0: none
      logical :: stop = .false.               !! set it to end the training after this batch
   end type run_t

   !> What is trained: the parent of `trainer_t`.
   type, abstract :: training_t
      type(network_t), pointer :: net => null()
      class(optimizer_t), allocatable :: optimizer
      type(optimizer_state_t) :: state               !! the iteration counts the steps
      type(run_t) :: run                             !! of `fit`
      character(:), allocatable :: rate_dtype        !! of the learning rate in the model file
   contains
      procedure, non_overridable :: learning_rate
      procedure, non_overridable :: set_learning_rate
      procedure :: direction
      procedure(save_i), deferred :: save
   end type training_t

   !> What is to happen during `fit`: extend it and override what you need. To end the training,
   !> set `training%run%stop`.
   type, abstract :: callback_t
   contains
      procedure :: on_train_begin
      procedure :: on_epoch_begin
      procedure :: on_batch_end
      procedure :: on_failure
      procedure :: on_epoch_end
      procedure :: on_train_end
   end type callback_t

   type :: callback_pointer_t
      class(callback_t), pointer :: callback => null()
   end type callback_pointer_t

   !> Callbacks in the order in which they are called. It points to them: they must have the
   !> `target` attribute, outlive it, and can be asked afterwards.
   type :: callbacks_t
      type(callback_pointer_t), allocatable :: items(:)
   contains
      procedure :: add
      procedure :: count => callback_count
      procedure :: train_begin
      procedure :: epoch_begin
      procedure :: batch_end
      procedure :: failure
      procedure :: epoch_end
      procedure :: train_end
   end type callbacks_t

   abstract interface

      !> Save the network with the optimizer's state.
      subroutine save_i(self, path, error)
         import :: error_t, training_t
         implicit none (type, external)
         class(training_t), intent(inout) :: self
         character(*), intent(in) :: path
         type(error_t), allocatable, intent(out) :: error
      end subroutine save_i

   end interface

contains

   !> The learning rate, as the type that it has in the model file can hold it.
   pure real(dp) function learning_rate(self) result(rate)
      class(training_t), intent(in) :: self
      rate = self%optimizer%rate_at(self%state)
      if (self%rate_dtype == 'float32') rate = rounded_to_single(rate)
   end function learning_rate

   !> Change the learning rate, from the next step on.
   subroutine set_learning_rate(self, rate, error)
      class(training_t), intent(inout) :: self
      real(dp), intent(in) :: rate                    !! at least 0
      type(error_t), allocatable, intent(out) :: error
      if (.not. allocated(self%optimizer)) then
         call raise(error, fkb_err_argument, 'the trainer has no optimizer: call "init" first')
      else if (allocated(self%optimizer%schedule)) then
         call raise(error, fkb_err_argument, 'the learning rate is that of a schedule: end it'// &
                    ' with "optimizer%set_schedule()" before another is set')
      else if (.not. (rate >= 0 .and. rate <= huge(rate))) then
         call raise(error, fkb_err_argument, 'a learning rate is a number of at least 0')
      else
         self%optimizer%learning_rate = rate
         self%optimizer%learning_rate = self%learning_rate()
      end if
   end subroutine set_learning_rate

   !> Whether a logged number is better when it is smaller (-1) or larger (1); 0: nobody knows.
   integer function direction(self, name)
      class(training_t), intent(in) :: self
      character(*), intent(in) :: name                !! without `val_`
      direction = 0
      if (name == 'loss') direction = -1
      if (len(name) > 5) then
         if (name(len(name) - 4:) == '_loss') direction = -1
      end if
   end function direction

   !> Call this one after those that were added before.
   subroutine add(self, callback)
      class(callbacks_t), intent(inout) :: self
      class(callback_t), intent(inout), target :: callback
      type(callback_pointer_t), allocatable :: grown(:)
      integer :: i
      allocate (grown(self%count() + 1))
      do i = 1, self%count()
         grown(i)%callback => self%items(i)%callback
      end do
      grown(size(grown))%callback => callback
      call move_alloc(grown, self%items)
   end subroutine add

   !> How many callbacks there are.
   pure integer function callback_count(self) result(count)
      class(callbacks_t), intent(in) :: self
      count = 0
      if (allocated(self%items)) count = size(self%items)
   end function callback_count

   ! What happened, to all callbacks in order, until one has an error.

   subroutine train_begin(self, training, error)
      class(callbacks_t), intent(in) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      do i = 1, self%count()
         call self%items(i)%callback%on_train_begin(training, error)
         if (allocated(error)) return
      end do
   end subroutine train_begin

   subroutine epoch_begin(self, training, epoch, error)
      class(callbacks_t), intent(in) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      do i = 1, self%count()
         call self%items(i)%callback%on_epoch_begin(training, epoch, error)
         if (allocated(error)) return
      end do
   end subroutine epoch_begin

   subroutine batch_end(self, training, epoch, batch, logs, error)
      class(callbacks_t), intent(in) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      do i = 1, self%count()
         call self%items(i)%callback%on_batch_end(training, epoch, batch, logs, error)
         if (allocated(error)) return
      end do
   end subroutine batch_end

   subroutine failure(self, training, epoch, batch, error)
      class(callbacks_t), intent(in) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(error_t), allocatable, intent(inout) :: error
      integer :: i
      do i = 1, self%count()
         if (.not. allocated(error)) return
         call self%items(i)%callback%on_failure(training, epoch, batch, error)
      end do
   end subroutine failure

   subroutine epoch_end(self, training, epoch, logs, error)
      class(callbacks_t), intent(in) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      do i = 1, self%count()
         call self%items(i)%callback%on_epoch_end(training, epoch, logs, error)
         if (allocated(error)) return
      end do
   end subroutine epoch_end

   subroutine train_end(self, training, logs, error)
      class(callbacks_t), intent(in) :: self
      class(training_t), intent(inout) :: training
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      do i = 1, self%count()
         call self%items(i)%callback%on_train_end(training, logs, error)
         if (allocated(error)) return
      end do
   end subroutine train_end

   !> Before the first epoch; `training%run` says what is planned.
   subroutine on_train_begin(self, training, error)
      class(callback_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
   end subroutine on_train_begin

   !> Before an epoch.
   subroutine on_epoch_begin(self, training, epoch, error)
      class(callback_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch                    !! from 1
      type(error_t), allocatable, intent(out) :: error
   end subroutine on_epoch_begin

   !> After a step.
   subroutine on_batch_end(self, training, epoch, batch, logs, error)
      class(callback_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch             !! from 1
      type(logs_t), intent(in) :: logs                !! means of the epoch so far
      type(error_t), allocatable, intent(out) :: error
   end subroutine on_batch_end

   !> A step was not made. A callback that deallocates the error lets the training go on with the
   !> next batch, or end well where it sets `training%run%stop`.
   subroutine on_failure(self, training, epoch, batch, error)
      class(callback_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(error_t), allocatable, intent(inout) :: error
   end subroutine on_failure

   !> After an epoch and its validation.
   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(callback_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs             !! more may be set
      type(error_t), allocatable, intent(out) :: error
   end subroutine on_epoch_end

   !> After the last epoch; not after an error.
   subroutine on_train_end(self, training, logs, error)
      class(callback_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(logs_t), intent(in) :: logs                !! of the last epoch
      type(error_t), allocatable, intent(out) :: error
   end subroutine on_train_end

end module fkb_training_dp
