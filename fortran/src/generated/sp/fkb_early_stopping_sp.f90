! Generated from train/fkb_early_stopping.fypp: edit that file and run tools/generate.py
!> A callback that ends a training which gets no better, as Keras 3's `EarlyStopping`.
module fkb_early_stopping_sp
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => sp
   use fkb_logs, only: logs_t
   use fkb_monitor_sp, only: monitor_t
   use fkb_training_sp, only: training_t
   implicit none (type, external)
   private
   public :: early_stopping_t

   !> Stop when `monitor` has not improved for `patience` epochs.
   type, extends(monitor_t) :: early_stopping_t
      integer :: patience = 0
      logical :: has_baseline = .false.         !! whether `baseline` counts
      real(dp) :: baseline = 0                  !! what must be reached to go on
      logical :: restore_best_weights = .false. !! at the end; those of the best epoch
      integer :: start_from_epoch = 0           !! epochs that do not count
      integer :: stopped_epoch = 0              !! after which it stopped, from 1; 0: it did not
      integer :: best_epoch = 0                 !! from 1; 0: none yet
      integer, private :: wait = 0
      real(wp), allocatable, private :: best_weights(:)
   contains
      procedure :: on_train_begin
      procedure :: on_epoch_end
      procedure :: on_train_end
   end type early_stopping_t

contains

   !> Begin anew.
   subroutine on_train_begin(self, training, error)
      class(early_stopping_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      self%wait = 0
      self%stopped_epoch = 0
      self%best_epoch = 0
      self%has_best = .false.
      if (allocated(self%best_weights)) deallocate (self%best_weights)
      call self%begin(training, error)
   end subroutine on_train_begin

   !> Look at the number of this epoch.
   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(early_stopping_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: value
      logical :: better, found
      call self%current(training, epoch, logs, value, found, error)
      if (allocated(error) .or. .not. found .or. epoch <= self%start_from_epoch) return
      if (self%restore_best_weights .and. .not. allocated(self%best_weights)) then
         call keep(self, training, epoch)
      end if
      self%wait = self%wait + 1
      better = .not. self%has_best
      if (.not. better) better = self%improves(value, self%best)
      if (better) then
         self%best = value
         self%has_best = .true.
         call keep(self, training, epoch)
         if (self%has_baseline) better = self%improves(value, self%baseline)
         if (better) self%wait = 0
      else if (self%wait >= self%patience .and. epoch > 1) then
         self%stopped_epoch = epoch
         training%run%stop = .true.
      end if
   end subroutine on_epoch_end

   !> Keep the weights of the best epoch so far.
   subroutine keep(self, training, epoch)
      class(early_stopping_t), intent(inout) :: self
      class(training_t), intent(in) :: training
      integer, intent(in) :: epoch
      self%best_epoch = epoch
      if (self%restore_best_weights) self%best_weights = training%net%params
   end subroutine keep

   !> Go back to the best weights.
   subroutine on_train_end(self, training, logs, error)
      class(early_stopping_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      if (allocated(self%best_weights)) training%net%params = self%best_weights
   end subroutine on_train_end

end module fkb_early_stopping_sp
