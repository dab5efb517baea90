! Generated from train/fkb_monitor.fypp: edit that file and run tools/generate.py
!> A logged number that callbacks watch, as Keras 3's `MonitorCallback` does.
module fkb_monitor_dp
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_logs, only: logs_t
   use fkb_text, only: quote
   use fkb_training_dp, only: callback_t, training_t
   implicit none (type, external)
   private
   public :: monitor_t

   !> A callback that watches one number; parent of those that act when it gets better or does not.
   type, abstract, extends(callback_t) :: monitor_t
      character(:), allocatable :: monitor      !! name in the logs, default `val_loss`
      character(:), allocatable :: mode         !! `auto` (default), `min` or `max`
      real(dp) :: min_delta = 0                 !! smaller changes are no improvement
      real(dp) :: best = 0                      !! the best so far, where `has_best`
      logical :: has_best = .false.
      integer, private :: sign = 0              !! -1: smaller is better, 1: larger
   contains
      procedure, non_overridable :: begin
      procedure, non_overridable :: current
      procedure, non_overridable :: improves
   end type monitor_t

contains

   !> Find out what is better, before the first epoch.
   !> Raises an error for an unknown mode, and for `auto` where the name does not tell.
   subroutine begin(self, training, error)
      class(monitor_t), intent(inout) :: self
      class(training_t), intent(in) :: training
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: name
      if (.not. allocated(self%monitor)) self%monitor = 'val_loss'
      if (.not. allocated(self%mode)) self%mode = 'auto'
      name = self%monitor
      if (index(name, 'val_') == 1) then
         name = name(5:)
         if (training%run%validation_freq == 0) then
            call raise(error, fkb_err_argument, 'a callback watches '//quote(self%monitor)// &
                       ', but there is no validation: give "fit" validation data, or watch "loss"')
            return
         end if
      end if
      select case (self%mode)
      case ('min')
         self%sign = -1
      case ('max')
         self%sign = 1
      case ('auto')
         self%sign = training%direction(name)
         if (self%sign == 0) call raise(error, fkb_err_argument, 'whether '// &
            quote(self%monitor)//' is better when it is larger is not known: give the mode'// &
            ' "min" or "max"')
      case default
         call raise(error, fkb_err_argument, 'the mode '//quote(self%mode)//' of a callback is'// &
                    ' not "auto", "min" or "max"')
      end select
   end subroutine begin

   !> The number of this epoch; not `found` in an epoch without a validation.
   !> Raises an error where nobody logs it.
   subroutine current(self, training, epoch, logs, value, found, error)
      class(monitor_t), intent(in) :: self
      class(training_t), intent(in) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(in) :: logs
      real(dp), intent(out) :: value
      logical, intent(out) :: found
      type(error_t), allocatable, intent(out) :: error
      value = logs%get(self%monitor)
      found = logs%has(self%monitor)
      if (found) return
      if (index(self%monitor, 'val_') == 1 .and. training%run%validation_freq > 1) then
         if (mod(epoch, training%run%validation_freq) /= 0) return
      end if
      call raise(error, fkb_err_argument, 'a callback watches '//quote(self%monitor)//', which'// &
                 ' is not logged; there are: '//logs%names())
   end subroutine current

   !> Whether a value is better than a reference by more than `min_delta`, in the network's kind.
   pure logical function improves(self, value, reference)
      class(monitor_t), intent(in) :: self
      real(dp), intent(in) :: value, reference
      real(wp) :: shifted, other
      shifted = real(value - self%sign*abs(self%min_delta), wp)
      other = real(reference, wp)
      if (self%sign < 0) then
         improves = shifted < other
      else
         improves = shifted > other
      end if
   end function improves

end module fkb_monitor_dp
