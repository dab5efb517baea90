! Generated from train/fkb_progress.fypp: edit that file and run tools/generate.py
!> A callback that writes how a training goes.
module fkb_progress_dp
   use, intrinsic :: iso_fortran_env, only: output_unit
   use fkb_error, only: error_t, fkb_err_file, raise
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_log_format, only: fixed
   use fkb_logs, only: logs_t
   use fkb_text, only: decimal
   use fkb_training_dp, only: callback_t, training_t
   implicit none (type, external)
   private
   public :: progress_t

   !> A line after each epoch, and after every `batches` batches: logs, time taken, time left.
   type, extends(callback_t) :: progress_t
      integer :: unit = output_unit             !! an open unit of the caller
      integer :: batches = 0                    !! between lines within an epoch; 0: none
      integer(i8), private :: began = 0         !! the clock at the begin of the training
      integer(i8), private :: epoch_began = 0
   contains
      procedure :: on_train_begin
      procedure :: on_epoch_begin
      procedure :: on_batch_end
      procedure :: on_epoch_end
   end type progress_t

contains

   !> Look at the clock. Raises an error where the unit is not open.
   subroutine on_train_begin(self, training, error)
      class(progress_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      logical :: opened
      inquire (unit=self%unit, opened=opened)
      if (.not. opened) call raise(error, fkb_err_file, 'unit '//decimal(self%unit)// &
                                   ' for the progress of a training is not open')
      call system_clock(self%began)
   end subroutine on_train_begin

   !> Look at the clock.
   subroutine on_epoch_begin(self, training, epoch, error)
      class(progress_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      call system_clock(self%epoch_began)
   end subroutine on_epoch_begin

   !> A line within an epoch.
   subroutine on_batch_end(self, training, epoch, batch, logs, error)
      class(progress_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: done
      if (self%batches < 1) return
      if (mod(batch, self%batches) /= 0) return
      done = 0
      if (training%run%batches > 0) done = min(1.0_dp, real(batch, dp)/training%run%batches)
      call write_line(self, training, epoch, batch, epoch - 1 + done, done > 0, logs, error)
   end subroutine on_batch_end

   !> The line of an epoch.
   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(progress_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      call write_line(self, training, epoch, 0, real(epoch, dp), .true., logs, error)
   end subroutine on_epoch_end

   !> `epoch 3/10 - 2.1s - loss: 0.1234 - val_loss: 0.1300 - 15s left`
   subroutine write_line(self, training, epoch, batch, done, known, logs, error)
      class(progress_t), intent(in) :: self
      class(training_t), intent(in) :: training
      integer, intent(in) :: epoch, batch
      real(dp), intent(in) :: done                 !! epochs, from the very first
      logical, intent(in) :: known                 !! whether `done` tells what is left
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: line
      real(dp) :: left
      integer :: i, status
      line = 'epoch '//decimal(epoch)//'/'//decimal(training%run%epochs)
      if (batch > 0) line = line//', batch '//decimal(batch)
      if (batch > 0 .and. training%run%batches > 0) then
         line = line//'/'//decimal(training%run%batches)
      end if
      line = line//' - '//fixed(seconds_since(self%epoch_began), 1)//'s'
      do i = 1, logs%count()
         line = line//' - '//logs%name(i)//': '//short(logs%value(i))
      end do
      if (known) then
         left = seconds_since(self%began)*(training%run%epochs - done)/ &
            (done - training%run%initial_epoch)
         line = line//' - '//fixed(max(left, 0.0_dp), merge(1, 0, left < 10))//'s left'
      end if
      write (self%unit, '(a)', iostat=status) line
      if (status == 0) flush (self%unit, iostat=status)
      if (status /= 0) call raise(error, fkb_err_file, 'unit '//decimal(self%unit)// &
                                  ' of a progress line cannot be written to')
   end subroutine write_line

   real(dp) function seconds_since(began) result(seconds)
      integer(i8), intent(in) :: began
      integer(i8) :: now, rate
      call system_clock(now, rate)
      seconds = real(now - began, dp)/rate
   end function seconds_since

   !> Four digits behind the point, or an exponent for small numbers, as Keras's progress bar.
   function short(value) result(text)
      real(dp), intent(in) :: value
      character(:), allocatable :: text
      character(16) :: buffer
      if (abs(value) > 1e-3_dp .or. .not. abs(value) > 0) then
         text = fixed(value, 4)
      else
         write (buffer, '(es11.4e2)') value
         text = trim(adjustl(buffer))
      end if
   end function short

end module fkb_progress_dp
