! Generated from train/fkb_reduce_lr_on_plateau.fypp: edit that file and run tools/generate.py
!> A callback that lowers the learning rate, as Keras 3's `ReduceLROnPlateau`.
module fkb_reduce_lr_on_plateau_dp
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_logs, only: logs_t
   use fkb_monitor_dp, only: monitor_t
   use fkb_rounding, only: rounded_to_single
   use fkb_training_dp, only: training_t
   implicit none (type, external)
   private
   public :: reduce_lr_on_plateau_t

   !> Multiply the learning rate by `factor` when `monitor` has not improved for `patience` epochs.
   type, extends(monitor_t) :: reduce_lr_on_plateau_t
      real(dp) :: factor = 0.1_dp               !! below 1
      integer :: patience = 10
      integer :: cooldown = 0                   !! epochs of rest after a change
      real(dp) :: min_lr = 0                    !! the learning rate never falls below
      integer, private :: wait = 0
      integer, private :: resting = 0
   contains
      procedure :: on_train_begin
      procedure :: on_epoch_end
   end type reduce_lr_on_plateau_t

   interface reduce_lr_on_plateau_t
      module procedure new_plateau
   end interface reduce_lr_on_plateau_t

contains

   !> The callback with Keras's defaults.
   function new_plateau(monitor, factor, patience, mode, min_delta, cooldown, min_lr) result(new)
      character(*), intent(in), optional :: monitor, mode
      real(dp), intent(in), optional :: factor, min_delta, min_lr
      integer, intent(in), optional :: patience, cooldown
      type(reduce_lr_on_plateau_t) :: new
      new%min_delta = 1e-4_dp
      if (present(monitor)) new%monitor = monitor
      if (present(mode)) new%mode = mode
      if (present(factor)) new%factor = factor
      if (present(min_delta)) new%min_delta = min_delta
      if (present(min_lr)) new%min_lr = min_lr
      if (present(patience)) new%patience = patience
      if (present(cooldown)) new%cooldown = cooldown
   end function new_plateau

   !> Begin anew.
   subroutine on_train_begin(self, training, error)
      class(reduce_lr_on_plateau_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      self%wait = 0
      self%resting = 0
      self%has_best = .false.
      if (.not. (self%factor > 0 .and. self%factor < 1)) then
         call raise(error, fkb_err_argument, 'the factor of a learning rate that is reduced on'// &
                    ' a plateau lies between 0 and 1')
         return
      end if
      call self%begin(training, error)
   end subroutine on_train_begin

   !> Look at the number of this epoch; log the learning rate that it was trained with.
   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(reduce_lr_on_plateau_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: value
      logical :: better, found
      call logs%set('learning_rate', training%learning_rate())
      call self%current(training, epoch, logs, value, found, error)
      if (allocated(error) .or. .not. found) return
      if (self%resting > 0) then
         self%resting = self%resting - 1
         self%wait = 0
      end if
      better = .not. self%has_best
      if (.not. better) better = self%improves(value, self%best)
      if (better) then
         self%best = value
         self%has_best = .true.
         self%wait = 0
      else if (self%resting == 0) then
         self%wait = self%wait + 1
         if (self%wait >= self%patience) call reduce(self, training, error)
      end if
   end subroutine on_epoch_end

   subroutine reduce(self, training, error)
      type(reduce_lr_on_plateau_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: rate
      rate = training%learning_rate()
      if (.not. rate > rounded_to_single(self%min_lr)) return
      call training%set_learning_rate(max(rate*self%factor, self%min_lr), error)
      self%resting = self%cooldown
      self%wait = 0
   end subroutine reduce

end module fkb_reduce_lr_on_plateau_dp
