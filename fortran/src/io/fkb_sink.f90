!> A file that is written in pieces beside its final name and takes its place at the end.
!>
!> The C standard library writes it: gfortran's runtime reports a full disk nowhere, not even on
!> close, and flang's ends the program.
module fkb_sink
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_int, c_null_char, c_null_ptr, &
      c_ptr, c_size_t
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
      character(room), private :: buffer
      integer, private :: used = 0
      logical, private :: failed = .false.
      type(c_ptr), private :: file = c_null_ptr
   contains
      procedure :: open => open_sink
      procedure :: put
      procedure :: finish
      procedure, private :: flush => flush_sink
   end type sink_t

   interface
      type(c_ptr) function c_fopen(path, mode) bind(c, name='fopen')
         import :: c_char, c_ptr
         implicit none (type, external)
         character(kind=c_char), intent(in) :: path(*), mode(*)
      end function c_fopen
      integer(c_size_t) function c_fwrite(bytes, size, count, file) bind(c, name='fwrite')
         import :: c_char, c_ptr, c_size_t
         implicit none (type, external)
         character(kind=c_char), intent(in) :: bytes(*)
         integer(c_size_t), value, intent(in) :: size, count
         type(c_ptr), value, intent(in) :: file
      end function c_fwrite
      integer(c_int) function c_fflush(file) bind(c, name='fflush')
         import :: c_int, c_ptr
         implicit none (type, external)
         type(c_ptr), value, intent(in) :: file
      end function c_fflush
      integer(c_int) function c_fclose(file) bind(c, name='fclose')
         import :: c_int, c_ptr
         implicit none (type, external)
         type(c_ptr), value, intent(in) :: file
      end function c_fclose
      integer(c_int) function c_rename(old, new) bind(c, name='rename')
         import :: c_char, c_int
         implicit none (type, external)
         character(kind=c_char), intent(in) :: old(*), new(*)
      end function c_rename
      integer(c_int) function c_remove(path) bind(c, name='remove')
         import :: c_char, c_int
         implicit none (type, external)
         character(kind=c_char), intent(in) :: path(*)
      end function c_remove
   end interface

contains

   !> Begin a temporary file in the directory of the final one.
   subroutine open_sink(self, path, error)
      class(sink_t), intent(inout) :: self
      character(*), intent(in) :: path          !! final name of the file
      type(error_t), allocatable, intent(out) :: error
      integer :: attempt
      integer(i8) :: ticks
      self%path = trim(path)
      self%used = 0
      self%failed = .false.
      call system_clock(ticks)
      do attempt = 0, 99
         self%temporary = self%path//'.'//decimal(modulo(ticks, 1000000000_i8) + attempt)//'.part'
         ! x: only a file that does not exist yet (C11).
         self%file = c_fopen(self%temporary//c_null_char, 'wbx'//c_null_char)
         if (c_associated(self%file)) return
      end do
      call raise(error, fkb_err_file, self%path// &
                 ' cannot be written: no file can be made in its directory')
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

   !> Write bytes to the file, unless that failed before.
   subroutine write_bytes(self, bytes)
      class(sink_t), intent(inout) :: self
      character(*), intent(in) :: bytes
      integer(c_size_t) :: length
      length = len(bytes, kind=c_size_t)
      if (length == 0 .or. self%failed) return
      self%failed = c_fwrite(bytes, 1_c_size_t, length, self%file) /= length
   end subroutine write_bytes

   !> Complete the file and give it its final name; an older file of that name is replaced only now.
   subroutine finish(self, error)
      class(sink_t), intent(inout) :: self
      type(error_t), allocatable, intent(out) :: error
      integer(c_int) :: status
      character(:), allocatable :: reason
      call self%flush()
      status = c_fflush(self%file)
      self%failed = self%failed .or. status /= 0
      status = c_fclose(self%file)
      self%failed = self%failed .or. status /= 0
      self%file = c_null_ptr
      reason = 'the disk is full or the file too large'
      if (.not. self%failed) then
         status = c_rename(self%temporary//c_null_char, self%path//c_null_char)
         if (status == 0) return
         reason = 'what has this name cannot be replaced'
      end if
      status = c_remove(self%temporary//c_null_char)
      if (status /= 0) reason = reason//', and '//self%temporary//' stays behind'
      call raise(error, fkb_err_file, self%path//' cannot be written: '//reason)
   end subroutine finish

end module fkb_sink
