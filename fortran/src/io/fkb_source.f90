!> The bytes of a model file, from a file or from memory, given out line by line.
!>
!> One piece of the input is in the buffer at a time. The first failure stays in `error`; after it
!> every procedure does nothing.
module fkb_source
   use fkb_crc32, only: crc32_t
   use fkb_error, only: add_context, error_t, fkb_err_file, fkb_err_format, raise
   use fkb_kinds, only: i8
   use fkb_text, only: decimal
   use fkb_utf8, only: find_bad_byte
   implicit none (type, external)
   private
   public :: source_t

   !> Longest line of the structure, in bytes.
   integer, parameter, public :: max_line_length = 16*1024*1024
   !> Longest structure, in bytes.
   integer(i8), parameter, public :: max_structure_length = 1000000000_i8

   integer, parameter :: first_length = 1024*1024
   character(1), parameter :: line_feed = achar(10), carriage_return = achar(13)

   !> An input that is being read.
   type :: source_t
      type(error_t), allocatable :: error       !! the first failure
      character(:), allocatable :: text         !! the current line, no end, no leading blanks
      integer :: line = 0                       !! its number
      character(:), allocatable :: buffer       !! a piece of the input
      integer :: next = 1                       !! first byte of the buffer that is not yet taken
      integer :: filled = 0                     !! bytes in the buffer
      character(8) :: checksum_before = ' '     !! CRC-32 of all lines before the current one
      logical :: summing = .true.               !! whether the checksum goes on
      integer(i8), private :: length = 0        ! of the whole input
      integer(i8), private :: loaded = 0        ! bytes that went through the buffer
      integer, private :: unit = 0
      logical, private :: from_file = .false.
      character(1), pointer, contiguous, private :: memory(:) => null()
      type(crc32_t), private :: checksum
   contains
      procedure :: open_file
      procedure :: open_memory
      procedure :: close => close_source
      procedure :: fail
      procedure :: next_line
      procedure :: remaining
      procedure :: load_more
      procedure :: all_loaded
   end type source_t

contains

   !> Begin to read a file.
   subroutine open_file(self, path)
      class(source_t), intent(inout) :: self
      character(*), intent(in) :: path          !! name of the file
      character(256) :: reason
      integer :: status
      reason = ''
      open (newunit=self%unit, file=path, access='stream', form='unformatted', status='old', &
            action='read', iostat=status, iomsg=reason)
      if (status == 0) then
         self%from_file = .true.
         inquire (unit=self%unit, size=self%length)
         if (self%length < 0) status = 1
      end if
      if (status /= 0) then
         call raise(self%error, fkb_err_file, 'the file cannot be read: '//trim(reason))
         return
      end if
      call begin(self)
   end subroutine open_file

   !> Begin to read from memory, which must stay as it is until `close`.
   subroutine open_memory(self, bytes)
      class(source_t), intent(inout) :: self
      character(1), intent(in), target, contiguous :: bytes(:) !! the whole text
      self%memory => bytes
      self%length = size(bytes, kind=i8)
      call begin(self)
   end subroutine open_memory

   !> Allocate the buffer and load the first piece.
   subroutine begin(self)
      class(source_t), intent(inout) :: self
      call self%checksum%start()
      self%text = ''
      allocate (character(int(min(int(first_length, i8), self%length + 2))) :: self%buffer)
      call self%load_more()
   end subroutine begin

   !> Close the file and free the buffer; the error stays.
   subroutine close_source(self)
      class(source_t), intent(inout) :: self
      if (self%from_file) close (self%unit)
      self%from_file = .false.
      nullify (self%memory)
      if (allocated(self%buffer)) deallocate (self%buffer)
   end subroutine close_source

   !> Keep a failure, unless there is one already.
   subroutine fail(self, message, line)
      class(source_t), intent(inout) :: self
      character(*), intent(in) :: message       !! one sentence
      integer, intent(in), optional :: line     !! the current line unless given
      if (allocated(self%error)) return
      if (present(line)) then
         call raise(self%error, fkb_err_format, message, line)
      else
         call raise(self%error, fkb_err_format, message, max(self%line, 1))
      end if
   end subroutine fail

   !> Number of bytes that are not yet taken.
   pure integer(i8) function remaining(self)
      class(source_t), intent(in) :: self
      remaining = self%length - self%loaded + self%filled - self%next + 1
   end function remaining

   !> Whether the buffer holds the end of the input.
   pure logical function all_loaded(self)
      class(source_t), intent(in) :: self
      all_loaded = self%loaded == self%length
   end function all_loaded

   !> Take the next line into `text`.
   subroutine next_line(self, inside)
      class(source_t), intent(inout) :: self
      character(*), intent(in) :: inside        !! what is being read, such as `layer "dense"`
      integer :: length
      if (allocated(self%error)) return
      self%line = self%line + 1
      if (self%remaining() == 0) then
         call self%fail('the file ends inside '//inside)
         return
      end if
      call find_line_end(self, length)
      if (allocated(self%error)) return
      if (length < 0) then
         call self%fail('the file ends inside '//inside//': its last line has no end')
         return
      end if
      call take_line(self, length)
   end subroutine next_line

   !> The length of the next line without its line feed; -1 when the input ends before.
   subroutine find_line_end(self, length)
      class(source_t), intent(inout) :: self
      integer, intent(out) :: length
      integer :: seen, have
      seen = 0
      do
         have = self%filled - self%next + 1
         length = index(self%buffer(self%next + seen:self%filled), line_feed) - 1
         if (length >= 0) length = length + seen
         if (max(length, have) > max_line_length + 1) then
            if (length < 0 .or. length > max_line_length + 1) then
               call self%fail('line is longer than '//decimal(max_line_length)//' bytes')
               return
            end if
         end if
         if (length >= 0 .or. self%all_loaded()) return
         seen = have
         call self%load_more()
         if (allocated(self%error)) return
      end do
   end subroutine find_line_end

   !> Check a line and keep it without its end and its leading blanks.
   subroutine take_line(self, length)
      class(source_t), intent(inout) :: self
      integer, intent(in) :: length
      integer :: first, last, bad
      first = self%next
      last = first + length - 1
      self%next = last + 2
      if (last >= first) then
         if (self%buffer(last:last) == carriage_return) last = last - 1
      end if
      if (last - first >= max_line_length) then
         call self%fail('line is longer than '//decimal(max_line_length)//' bytes')
         return
      end if
      if (self%summing) then
         self%checksum_before = self%checksum%hex()
         call self%checksum%add(self%buffer(first:last))
         call self%checksum%add(line_feed)
         if (self%loaded - self%filled + last > max_structure_length) then
            call self%fail('the structure is longer than '//decimal(max_structure_length)//' bytes')
         end if
      end if
      do while (first <= last)
         if (self%buffer(first:first) /= ' ') exit
         first = first + 1
      end do
      self%text = self%buffer(first:last)
      bad = find_bad_byte(self%text)
      if (bad > 0) then
         if (iachar(self%text(bad:bad)) < 32) then
            call self%fail('a control character in the line')
         else
            call self%fail('the line is not UTF-8')
         end if
      else if (len(self%text) == 0) then
         call self%fail('empty line')
      else if (self%text(len(self%text):) == ' ') then
         call self%fail('a blank at the end of the line')
      end if
   end subroutine take_line

   !> Move what is not yet taken to the front of the buffer and load more behind it. The buffer
   !! grows only when all of it is waiting. Nothing happens at the end of the input. A null byte
   !! follows the last byte, so that scanning numbers stops there.
   subroutine load_more(self)
      class(source_t), intent(inout) :: self
      character(:), allocatable :: longer
      integer :: kept, n, i, status
      if (self%all_loaded() .or. allocated(self%error)) return
      kept = self%filled - self%next + 1
      if (self%next > 1) then
         if (kept > 0) self%buffer(:kept) = self%buffer(self%next:self%filled)
      else if (kept == len(self%buffer) - 1) then
         allocate (character(2*kept + 2) :: longer)
         longer(:kept) = self%buffer(:kept)
         call move_alloc(longer, self%buffer)
      end if
      self%next = 1
      n = int(min(int(len(self%buffer) - kept - 1, i8), self%length - self%loaded))
      status = 0
      if (self%from_file) then
         read (self%unit, iostat=status) self%buffer(kept + 1:kept + n)
      else
         do i = 1, n
            self%buffer(kept + i:kept + i) = self%memory(self%loaded + i)
         end do
      end if
      if (status /= 0) then
         call raise(self%error, fkb_err_file, 'the file cannot be read to its end')
         return
      end if
      self%filled = kept + n
      self%buffer(self%filled + 1:self%filled + 1) = achar(0)
      self%loaded = self%loaded + n
   end subroutine load_more

end module fkb_source
