!> Small text files that name model files: ensembles, banks, gates.
!>
!> The first line is `fkb KIND 1`. Then each line is a word and what belongs to it, separated by
!> blanks; a name with blanks stands between double quotes. `#` begins a comment.
module fkb_collection
   use fkb_error, only: error_t, fkb_err_file, fkb_err_format, raise
   use fkb_kinds, only: dp, i8
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: collection_t, collection_line_t

   !> Longest line, in bytes.
   integer, parameter, public :: longest_line = 4096

   !> A line that says something.
   type :: collection_line_t
      integer :: number = 0                     !! of the line in the file
      character(:), allocatable :: text
   contains
      procedure :: count => count_words
      procedure :: word
   end type collection_line_t

   !> The lines of a file, without comments.
   type :: collection_t
      character(:), allocatable :: path
      type(collection_line_t), allocatable :: lines(:)
   contains
      procedure :: read => read_collection
      procedure :: fail
      procedure :: get_real
      procedure :: get_integer
      procedure :: need_words
   end type collection_t

contains

   !> Read a file of this kind. Raises an error for a file that is not there or is something else.
   subroutine read_collection(self, path, kind, error)
      class(collection_t), intent(inout) :: self
      character(*), intent(in) :: path
      character(*), intent(in) :: kind          !! `ensemble`, `bank`, `gate`
      type(error_t), allocatable, intent(out) :: error
      character(longest_line + 1) :: line
      character(256) :: reason
      integer :: count, number, status, unit
      self%path = trim(path)
      if (allocated(self%lines)) deallocate (self%lines)
      reason = ''
      open (newunit=unit, file=self%path, action='read', status='old', iostat=status, iomsg=reason)
      if (status /= 0) then
         call raise(error, fkb_err_file, self%path//' cannot be read: '//trim(reason))
         return
      end if
      allocate (self%lines(16))
      count = 0
      number = 0
      do while (.not. allocated(error))
         read (unit, '(a)', iostat=status) line
         if (status /= 0) exit
         number = number + 1
         if (len_trim(line) > longest_line) then
            call raise(error, fkb_err_format, self%path//':'//decimal(number)// &
                       ': the line is longer than '//decimal(longest_line)//' bytes', number)
         else
            call keep_line(self, number, line, count)
         end if
      end do
      close (unit)
      if (.not. allocated(error)) call take_first_line(self, kind, count, error)
   end subroutine read_collection

   !> Keep a line unless it is empty or a comment.
   subroutine keep_line(self, number, line, count)
      class(collection_t), intent(inout) :: self
      integer, intent(in) :: number
      character(*), intent(in) :: line
      integer, intent(inout) :: count
      type(collection_line_t), allocatable :: more(:)
      type(collection_line_t) :: new
      integer :: i
      new%number = number
      new%text = plain(line)
      if (new%count() == 0) return
      if (count == size(self%lines)) then
         allocate (more(2*count))
         do i = 1, count
            more(i)%number = self%lines(i)%number
            call move_alloc(self%lines(i)%text, more(i)%text)
         end do
         call move_alloc(more, self%lines)
      end if
      count = count + 1
      self%lines(count)%number = number
      call move_alloc(new%text, self%lines(count)%text)
   end subroutine keep_line

   !> A line without its comment, with blanks for tabs and the end of a line of Windows.
   pure function plain(line) result(text)
      character(*), intent(in) :: line
      character(:), allocatable :: text
      logical :: quoted
      integer :: i
      text = trim(line)
      quoted = .false.
      do i = 1, len(text)
         if (text(i:i) == '"') quoted = .not. quoted
         if (text(i:i) == achar(9) .or. text(i:i) == achar(13)) text(i:i) = ' '
         if (text(i:i) == '#' .and. .not. quoted) exit
      end do
      text = trim(text(:i - 1))
   end function plain

   !> Check the first line and drop it.
   subroutine take_first_line(self, kind, count, error)
      class(collection_t), intent(inout) :: self
      character(*), intent(in) :: kind
      integer, intent(in) :: count
      type(error_t), allocatable, intent(out) :: error
      type(collection_line_t), allocatable :: rest(:)
      integer :: i
      logical :: right
      right = count > 0
      if (right) right = self%lines(1)%count() == 3
      if (right) right = self%lines(1)%word(1) == 'fkb' .and. self%lines(1)%word(2) == kind
      if (.not. right) then
         call raise(error, fkb_err_format, self%path//': the first line is not "fkb '//kind// &
                    ' 1"', 1)
      else if (self%lines(1)%word(3) /= '1') then
         call raise(error, fkb_err_format, self%path//': version '//self%lines(1)%word(3)// &
                    ' is not known, this library reads version 1', 1)
      end if
      if (allocated(error)) return
      allocate (rest(count - 1))
      do i = 1, count - 1
         rest(i)%number = self%lines(i + 1)%number
         call move_alloc(self%lines(i + 1)%text, rest(i)%text)
      end do
      call move_alloc(rest, self%lines)
   end subroutine take_first_line

   !> Words of the line.
   pure integer function count_words(self) result(n)
      class(collection_line_t), intent(in) :: self
      integer :: first, last
      n = 0
      last = 0
      do
         call find_word(self%text, last, first)
         if (first == 0) return
         n = n + 1
      end do
   end function count_words

   !> Word `k` from 1, without its quotes; empty behind the last one.
   pure function word(self, k) result(text)
      class(collection_line_t), intent(in) :: self
      integer, intent(in) :: k
      character(:), allocatable :: text
      integer :: first, i, last
      text = ''
      last = 0
      do i = 1, k
         call find_word(self%text, last, first)
         if (first == 0) return
      end do
      text = self%text(first:last)
      if (text(1:1) /= '"') return
      text = text(2:)
      if (index(text, '"') > 0) text = text(:index(text, '"') - 1)
   end function word

   !> The next word after position `last`; `first` is 0 where there is none.
   pure subroutine find_word(text, last, first)
      character(*), intent(in) :: text
      integer, intent(inout) :: last
      integer, intent(out) :: first
      integer :: from
      from = last + 1
      first = 0
      if (from > len(text)) return
      first = verify(text(from:), ' ')
      if (first == 0) return
      first = first + from - 1
      last = len(text)
      if (text(first:first) == '"') then
         if (index(text(first + 1:), '"') > 0) last = first + index(text(first + 1:), '"')
      else if (index(text(first:), ' ') > 0) then
         last = first + index(text(first:), ' ') - 2
      end if
   end subroutine find_word

   !> Raise an error about a line.
   subroutine fail(self, i, message, error)
      class(collection_t), intent(in) :: self
      integer, intent(in) :: i                  !! of `lines`
      character(*), intent(in) :: message
      type(error_t), allocatable, intent(out) :: error
      call raise(error, fkb_err_format, self%path//':'//decimal(self%lines(i)%number)//': '// &
                 message, self%lines(i)%number)
   end subroutine fail

   !> Raise an error unless a line has at least so many words, and at most `most`.
   subroutine need_words(self, i, least, most, what, error)
      class(collection_t), intent(in) :: self
      integer, intent(in) :: i                  !! of `lines`
      integer, intent(in) :: least, most
      character(*), intent(in) :: what          !! such as `member FILE [weight W]`
      type(error_t), allocatable, intent(out) :: error
      integer :: n
      n = self%lines(i)%count()
      if (n < least .or. n > most) call self%fail(i, 'expected "'//what//'"', error)
   end subroutine need_words

   !> Read a word as a finite real number.
   subroutine get_real(self, i, k, value, error)
      class(collection_t), intent(in) :: self
      integer, intent(in) :: i                  !! of `lines`
      integer, intent(in) :: k                  !! of its words
      real(dp), intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: text
      integer :: status
      value = 0
      text = self%lines(i)%word(k)
      status = verify(text, '0123456789+-.eE')
      if (status == 0) status = merge(0, 1, scan(text, '0123456789') > 0)
      if (status == 0) read (text, *, iostat=status) value
      if (status == 0) status = merge(0, 1, abs(value) <= huge(value))
      if (status /= 0) call self%fail(i, quote(text)//' is not a number', error)
   end subroutine get_real

   !> Read a word as an integer.
   subroutine get_integer(self, i, k, value, error)
      class(collection_t), intent(in) :: self
      integer, intent(in) :: i                  !! of `lines`
      integer, intent(in) :: k                  !! of its words
      integer(i8), intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: text
      integer :: status
      value = 0
      text = self%lines(i)%word(k)
      status = verify(text, '0123456789+-')
      if (status == 0) status = merge(0, 1, scan(text, '0123456789') > 0 .and. len(text) <= 19)
      if (status == 0) read (text, *, iostat=status) value
      if (status /= 0) call self%fail(i, quote(text)//' is not an integer', error)
   end subroutine get_integer

end module fkb_collection
