! Generated from train/fkb_model_checkpoint.fypp: edit that file and run tools/generate.py
!> A callback that saves the network after epochs, as Keras 3's `ModelCheckpoint`.
module fkb_model_checkpoint_dp
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_log_format, only: fill_pattern
   use fkb_logs, only: logs_t
   use fkb_monitor_dp, only: monitor_t
   use fkb_training_dp, only: training_t
   implicit none (type, external)
   private
   public :: model_checkpoint_t

   !> Write a model file with the optimizer's state. A file is replaced in one step: whenever the
   !> program ends, the old or the new one is whole. Its directory must exist.
   type, extends(monitor_t) :: model_checkpoint_t
      character(:), allocatable :: filepath     !! may have fields: `m_{epoch:02d}_{loss:.3f}.fkb`
      logical :: save_best_only = .false.       !! only where `monitor` has improved
      integer :: save_freq = 0                  !! batches from one save to the next; 0: each epoch
      integer :: saves = 0                      !! how many were made
      character(:), allocatable :: last_path    !! of the last one
      integer, private :: seen = 0
   contains
      procedure :: on_train_begin
      procedure :: on_batch_end
      procedure :: on_epoch_end
   end type model_checkpoint_t

contains

   !> Begin; the best value of an earlier call of `fit` still counts, as in Keras.
   subroutine on_train_begin(self, training, error)
      class(model_checkpoint_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      self%seen = 0
      if (.not. allocated(self%filepath)) then
         call raise(error, fkb_err_argument, 'a checkpoint has no "filepath"')
      else if (self%save_freq < 0) then
         call raise(error, fkb_err_argument, 'the "save_freq" of a checkpoint is negative')
      else if (self%save_best_only .and. self%save_freq > 0) then
         call raise(error, fkb_err_argument, 'a checkpoint with "save_best_only" is made after'// &
                    ' epochs: leave "save_freq" at 0')
      else if (self%save_best_only) then
         call self%begin(training, error)
      end if
   end subroutine on_train_begin

   !> Save after so many batches.
   subroutine on_batch_end(self, training, epoch, batch, logs, error)
      class(model_checkpoint_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      if (self%save_freq == 0) return
      self%seen = self%seen + 1
      if (self%seen < self%save_freq) return
      self%seen = 0
      call write_model(self, training, epoch, logs, error)
   end subroutine on_batch_end

   !> Save after the epoch.
   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(model_checkpoint_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: value
      logical :: better, found
      if (self%save_freq > 0) return
      if (self%save_best_only) then
         call self%current(training, epoch, logs, value, found, error)
         if (allocated(error) .or. .not. found) return
         better = .not. self%has_best
         if (.not. better) better = self%improves(value, self%best)
         if (.not. better) return
         self%best = value
         self%has_best = .true.
      end if
      call write_model(self, training, epoch, logs, error)
   end subroutine on_epoch_end

   subroutine write_model(self, training, epoch, logs, error)
      type(model_checkpoint_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: path
      call fill_pattern(self%filepath, epoch, logs, path, error)
      if (.not. allocated(error)) call training%save(path, error)
      if (allocated(error)) return
      self%saves = self%saves + 1
      self%last_path = path
   end subroutine write_model

end module fkb_model_checkpoint_dp
