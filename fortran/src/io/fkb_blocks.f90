!> Blocks of numbers in a binary file with a checksum, for restarts on the same kind of machine.
!>
!> A file is: a line of text that names it, blocks (a 64-bit count and the values in the machine's
!> order of bytes), and the CRC-32 of all that as eight hexadecimal digits.
module fkb_blocks
   use fkb_crc32, only: crc32_t
   use fkb_error, only: error_t, fkb_err_file, fkb_err_format, raise
   use fkb_kinds, only: dp, i8, sp
   use fkb_sink, only: sink_t
   implicit none (type, external)
   private
   public :: block_writer_t, block_reader_t

   integer, parameter :: piece = 4096

   !> Writes a file beside its final name, which it gets at the end.
   type :: block_writer_t
      type(sink_t), private :: sink
   contains
      procedure :: open => open_writer
      generic :: put => put_integers, put_sp, put_dp
      procedure :: finish
      procedure, private :: put_integers, put_sp, put_dp
   end type block_writer_t

   !> Reads a file whose checksum is right.
   type :: block_reader_t
      integer, private :: unit = 0
      integer(i8), private :: bytes = 0          !! of the file
      character(:), allocatable, private :: path
   contains
      procedure :: open => open_reader
      generic :: get => get_integers, get_sp, get_dp
      procedure :: close => close_reader
      procedure, private :: get_integers, get_sp, get_dp
      procedure, private :: count => read_count
   end type block_reader_t

contains

   !> Begin a file.
   subroutine open_writer(self, path, title, error)
      class(block_writer_t), intent(inout) :: self
      character(*), intent(in) :: path
      character(*), intent(in) :: title          !! the first line
      type(error_t), allocatable, intent(out) :: error
      call self%sink%open(path, error)
      if (allocated(error)) return
      call self%sink%checksum%start()
      self%sink%summing = .true.
      call self%sink%put(title//achar(10))
   end subroutine open_writer

   subroutine put_integers(self, values)
      class(block_writer_t), intent(inout) :: self
      integer(i8), intent(in) :: values(:)
      integer :: first, last
      call self%sink%put(transfer([size(values, kind=i8)], repeat(' ', 8)))
      do first = 1, size(values), piece
         last = min(size(values), first + piece - 1)
         call self%sink%put(transfer(values(first:last), repeat(' ', 8*(last - first + 1))))
      end do
   end subroutine put_integers

   subroutine put_sp(self, values)
      class(block_writer_t), intent(inout) :: self
      real(sp), intent(in) :: values(:)
      integer(i8) :: first, last
      call self%sink%put(transfer([size(values, kind=i8)], repeat(' ', 8)))
      do first = 1, size(values, kind=i8), piece
         last = min(size(values, kind=i8), first + piece - 1)
         call self%sink%put(transfer(values(first:last), repeat(' ', int(4*(last - first + 1)))))
      end do
   end subroutine put_sp

   subroutine put_dp(self, values)
      class(block_writer_t), intent(inout) :: self
      real(dp), intent(in) :: values(:)
      integer(i8) :: first, last
      call self%sink%put(transfer([size(values, kind=i8)], repeat(' ', 8)))
      do first = 1, size(values, kind=i8), piece
         last = min(size(values, kind=i8), first + piece - 1)
         call self%sink%put(transfer(values(first:last), repeat(' ', int(8*(last - first + 1)))))
      end do
   end subroutine put_dp

   !> Complete the file and give it its name.
   subroutine finish(self, error)
      class(block_writer_t), intent(inout) :: self
      type(error_t), allocatable, intent(out) :: error
      self%sink%summing = .false.
      call self%sink%put(self%sink%checksum%hex())
      call self%sink%finish(error)
   end subroutine finish

   !> Open a file. Raises an error where its first line or its checksum is another.
   subroutine open_reader(self, path, title, error)
      class(block_reader_t), intent(inout) :: self
      character(*), intent(in) :: path
      character(*), intent(in) :: title
      type(error_t), allocatable, intent(out) :: error
      character(len(title)) :: found
      character(8) :: sum
      type(crc32_t) :: checksum
      logical :: whole
      integer :: status
      self%path = trim(path)
      open (newunit=self%unit, file=self%path, access='stream', form='unformatted', &
            status='old', action='read', iostat=status)
      if (status /= 0) then
         call raise(error, fkb_err_file, self%path//' cannot be read')
         return
      end if
      inquire (unit=self%unit, size=self%bytes)
      status = 1
      found = ''
      if (self%bytes > len(title) + 9) read (self%unit, iostat=status) found
      if (status /= 0 .or. found /= title) then
         call raise(error, fkb_err_format, self%path//' is no file of the kind "'//title//'"')
      else
         call add_all(self, checksum, sum, whole)
         if (.not. whole .or. sum /= checksum%hex()) then
            call raise(error, fkb_err_format, self%path//' is damaged: its checksum is wrong')
         end if
      end if
      if (.not. allocated(error)) then
         read (self%unit, pos=len(title) + 2, iostat=status)
         if (status /= 0) call raise(error, fkb_err_format, self%path//' ends too early')
      end if
      if (allocated(error)) call self%close()
   end subroutine open_reader

   !> The checksum of the file, and the one that it states.
   subroutine add_all(self, checksum, sum, whole)
      class(block_reader_t), intent(in) :: self
      type(crc32_t), intent(inout) :: checksum
      character(8), intent(out) :: sum
      logical, intent(out) :: whole              !! all could be read
      character(65536) :: part
      integer(i8) :: left
      integer :: n, status
      call checksum%start()
      left = self%bytes - 8
      sum = ''
      read (self%unit, pos=1, iostat=status)
      whole = status == 0
      do while (left > 0 .and. whole)
         n = int(min(left, len(part, kind=i8)))
         read (self%unit, iostat=status) part(:n)
         whole = status == 0
         call checksum%add(part(:n))
         left = left - n
      end do
      if (.not. whole) return
      read (self%unit, iostat=status) sum
      whole = status == 0
   end subroutine add_all

   !> The next count, at most what the file can hold.
   subroutine read_count(self, bytes, n, error)
      class(block_reader_t), intent(in) :: self
      integer, intent(in) :: bytes               !! of one value
      integer(i8), intent(out) :: n
      type(error_t), allocatable, intent(out) :: error
      integer :: status
      read (self%unit, iostat=status) n
      if (status == 0 .and. n >= 0) then
         if (n <= self%bytes/bytes) return
      end if
      call raise(error, fkb_err_format, self%path//' is damaged: a block has a wrong length')
   end subroutine read_count

   subroutine get_integers(self, values, error)
      class(block_reader_t), intent(inout) :: self
      integer(i8), allocatable, intent(out) :: values(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: n
      integer :: status
      call self%count(8, n, error)
      if (allocated(error)) return
      allocate (values(n))
      read (self%unit, iostat=status) values
      if (status /= 0) call raise(error, fkb_err_format, self%path//' ends too early')
   end subroutine get_integers

   subroutine get_sp(self, values, error)
      class(block_reader_t), intent(inout) :: self
      real(sp), allocatable, intent(out) :: values(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: n
      integer :: status
      call self%count(4, n, error)
      if (allocated(error)) return
      allocate (values(n))
      read (self%unit, iostat=status) values
      if (status /= 0) call raise(error, fkb_err_format, self%path//' ends too early')
   end subroutine get_sp

   subroutine get_dp(self, values, error)
      class(block_reader_t), intent(inout) :: self
      real(dp), allocatable, intent(out) :: values(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: n
      integer :: status
      call self%count(8, n, error)
      if (allocated(error)) return
      allocate (values(n))
      read (self%unit, iostat=status) values
      if (status /= 0) call raise(error, fkb_err_format, self%path//' ends too early')
   end subroutine get_dp

   !> Close the file.
   subroutine close_reader(self)
      class(block_reader_t), intent(inout) :: self
      close (self%unit)
   end subroutine close_reader

end module fkb_blocks
