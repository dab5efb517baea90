! Generated from train/fkb_csv_logger.fypp: edit that file and run tools/generate.py
!> A callback that writes the logs of all epochs into a table, as Keras 3's `CSVLogger`.
module fkb_csv_logger_sp
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_file, raise
   use fkb_kinds, only: dp, wp => sp
   use fkb_log_format, only: number_text
   use fkb_logs, only: logs_t
   use fkb_text, only: decimal
   use fkb_training_sp, only: callback_t, training_t
   implicit none (type, external)
   private
   public :: csv_logger_t

   !> A line for each epoch, which is in the file when the epoch is over. The columns are `epoch`,
   !> from 0, and the logs of the first epoch in the order of their names; `NA` where one misses.
   type, extends(callback_t) :: csv_logger_t
      character(:), allocatable :: filename
      character(:), allocatable :: separator    !! default a comma
      logical :: append = .false.               !! go on with a file that exists
      logical, private :: headed = .false.
      type(logs_t), private :: columns          !! of the first epoch, sorted
   contains
      procedure :: on_train_begin
      procedure :: on_epoch_end
   end type csv_logger_t

contains

   !> Begin the file.
   subroutine on_train_begin(self, training, error)
      class(csv_logger_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      integer :: length, status, unit
      if (.not. allocated(self%filename)) then
         call raise(error, fkb_err_argument, 'a CSV log has no "filename"')
         return
      end if
      if (.not. allocated(self%separator)) self%separator = ','
      self%headed = .false.
      call self%columns%clear()
      if (self%append) then
         inquire (file=self%filename, size=length)
         self%headed = length > 0
         return
      end if
      open (newunit=unit, file=self%filename, status='replace', action='write', iostat=status)
      if (status == 0) close (unit, iostat=status)
      if (status /= 0) call raise(error, fkb_err_file, self%filename//' cannot be written')
   end subroutine on_train_begin

   !> Add the line of an epoch.
   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(csv_logger_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: head, line
      integer :: i, status, unit
      if (self%columns%count() == 0) call sort(logs, self%columns)
      head = 'epoch'
      line = decimal(epoch - 1)
      do i = 1, self%columns%count()
         head = head//self%separator//self%columns%name(i)
         if (logs%has(self%columns%name(i))) then
            line = line//self%separator//number_text(logs%get(self%columns%name(i)))
         else
            line = line//self%separator//'NA'
         end if
      end do
      open (newunit=unit, file=self%filename, status='unknown', position='append', &
            action='write', iostat=status)
      if (status == 0 .and. .not. self%headed) write (unit, '(a)', iostat=status) head
      if (status == 0) write (unit, '(a)', iostat=status) line
      if (status == 0) close (unit, iostat=status)
      if (status /= 0) call raise(error, fkb_err_file, self%filename//' cannot be written')
      self%headed = .true.
   end subroutine on_epoch_end

   !> The names of the logs in order; where no validation took place, its columns too, as in Keras.
   subroutine sort(logs, sorted)
      type(logs_t), intent(in) :: logs
      type(logs_t), intent(out) :: sorted
      character(:), allocatable :: last, least
      integer :: i, k
      logical :: validated
      validated = .false.
      last = ''
      do k = 1, logs%count()
         least = repeat('~', 100)
         do i = 1, logs%count()
            if (logs%name(i) > last .and. logs%name(i) < least) least = logs%name(i)
         end do
         call sorted%set(least, 0.0_dp)
         validated = validated .or. index(least, 'val_') == 1
         last = least
      end do
      if (validated) return
      do k = 1, logs%count()
         call sorted%set('val_'//sorted%name(k), 0.0_dp)
      end do
   end subroutine sort

end module fkb_csv_logger_sp
