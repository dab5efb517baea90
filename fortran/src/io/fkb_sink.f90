!> A file that is written in pieces beside its final name and takes its place at the end.
module fkb_sink
   use, intrinsic :: iso_c_binding, only: c_char, c_int, c_null_char
   use fkb_crc32, only: crc32_t
   use fkb_error, only: error_t, fkb_err_file, raise
   use fkb_kinds, only: i8
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: sink_t

   integer, parameter :: room = 65536

   !> A file that is being written. After a failure nothing more is written.
   type :: sink_t
      type(crc32_t) :: checksum                 !! of what was put while `summing`
      logical :: summing = .false.
      character(:), allocatable, private :: path
      character(:), allocatable, private :: temporary
      character(:), allocatable, private :: reason
      character(room), private :: buffer
      integer, private :: used = 0
      integer, private :: unit = 0
      logical, private :: is_open = .false.
   contains
      procedure :: open => open_sink
      procedure :: put
      procedure :: finish
      procedure :: abandon
      procedure, private :: flush => flush_sink
   end type sink_t

   interface
      !> `rename` of C's standard library.
      integer(c_int) function c_rename(old, new) bind(c, name='rename')
         import :: c_char, c_int
         implicit none (type, external)
         character(kind=c_char), intent(in) :: old(*), new(*)
      end function c_rename
   end interface

contains

   !> Begin a temporary file in the directory of the final one.
   subroutine open_sink(self, path, error)
      class(sink_t), intent(inout) :: self
      character(*), intent(in) :: path          !! final name of the file
      type(error_t), allocatable, intent(out) :: error
      character(256) :: reason
      integer :: attempt, status
      integer(i8) :: ticks
      logical :: exists
      self%path = trim(path)
      self%reason = ''
      self%used = 0
      reason = ''
      call system_clock(ticks)
      do attempt = 0, 99
         self%temporary = self%path//'.'//decimal(modulo(ticks, 1000000000_i8) + attempt)//'.part'
         inquire (file=self%temporary, exist=exists)
         if (exists) cycle
         open (newunit=self%unit, file=self%temporary, access='stream', form='unformatted', &
               status='new', action='write', iostat=status, iomsg=reason)
         self%is_open = status == 0
         if (self%is_open) return
      end do
      call raise(error, fkb_err_file, self%path//' cannot be written: '//trim(reason))
   end subroutine open_sink

   !> Write a piece of text.
   subroutine put(self, text)
      class(sink_t), intent(inout) :: self
      character(*), intent(in) :: text          !! what to write
      if (self%summing) call self%checksum%add(text)
      if (len(text) > room - self%used) call self%flush()
      if (len(text) > room) then
         call write_bytes(self, text)
      else
         self%buffer(self%used + 1:self%used + len(text)) = text
         self%used = self%used + len(text)
      end if
   end subroutine put

   !> Write what is in the buffer.
   subroutine flush_sink(self)
      class(sink_t), intent(inout) :: self
      call write_bytes(self, self%buffer(:self%used))
      self%used = 0
   end subroutine flush_sink

   !> Write bytes to the file and keep the first failure.
   subroutine write_bytes(self, bytes)
      class(sink_t), intent(inout) :: self
      character(*), intent(in) :: bytes
      character(256) :: reason
      integer :: status
      if (len(bytes) == 0 .or. len(self%reason) > 0) return
      reason = 'the disk may be full'
      write (self%unit, iostat=status, iomsg=reason) bytes
      if (status /= 0) self%reason = trim(reason)
   end subroutine write_bytes

   !> Complete the file and give it its final name; an older file of that name is replaced only now.
   subroutine finish(self, error)
      class(sink_t), intent(inout) :: self
      type(error_t), allocatable, intent(out) :: error
      integer :: status
      call self%flush()
      if (len(self%reason) == 0) then
         close (self%unit, iostat=status)
         self%is_open = .false.
         if (status /= 0) self%reason = 'the disk may be full'
      end if
      if (len(self%reason) == 0) then
         status = c_rename(self%temporary//c_null_char, self%path//c_null_char)
         if (status == 0) return
         self%reason = 'it cannot be replaced'
      end if
      call raise(error, fkb_err_file, self%path//' cannot be written: '//self%reason)
      call self%abandon()
   end subroutine finish

   !> Remove the temporary file.
   subroutine abandon(self)
      class(sink_t), intent(inout) :: self
      integer :: status
      if (.not. allocated(self%temporary)) return
      if (.not. self%is_open) then
         open (newunit=self%unit, file=self%temporary, access='stream', form='unformatted', &
               status='old', action='readwrite', iostat=status)
         self%is_open = status == 0
      end if
      if (self%is_open) close (self%unit, status='delete', iostat=status)
      self%is_open = self%is_open .and. status /= 0
   end subroutine abandon

end module fkb_sink
