!> Small tools for text: spans, numbers as text, quoting for messages, and a growing pool of text.
module fkb_text
   use fkb_kinds, only: i4, i8
   implicit none (type, external)
   private
   public :: span_t, text_pool_t, decimal, quote, is_word, shortened, word_end

   !> A range of positions from `first` to `last`; empty when `last < first`.
   type :: span_t
      integer :: first = 1                      !! first position, from 1
      integer :: last = 0                       !! last position
   contains
      procedure :: count => span_count
   end type span_t

   !> Text that only grows; its parts are named by spans. Safe to copy.
   type :: text_pool_t
      integer :: used = 0                       !! characters in use
      character(:), allocatable, private :: characters
   contains
      procedure :: add => pool_add
      procedure :: get => pool_get
      procedure :: same => pool_same
      procedure :: has_room => pool_has_room
      procedure :: clear => pool_clear
   end type text_pool_t

   !> An integer as text without blanks.
   interface decimal
      module procedure decimal_i4, decimal_i8
   end interface decimal

contains

   !> Number of positions in the span.
   pure elemental integer function span_count(self) result(count)
      class(span_t), intent(in) :: self
      count = max(0, self%last - self%first + 1)
   end function span_count

   !> Append a text and say where it stands. The caller asks `has_room` before a long text.
   subroutine pool_add(self, text, span)
      class(text_pool_t), intent(inout) :: self
      character(*), intent(in) :: text          !! what to keep
      type(span_t), intent(out) :: span         !! where it is kept
      character(:), allocatable :: longer
      integer(i8) :: room
      if (.not. allocated(self%characters)) allocate (character(256) :: self%characters)
      if (int(self%used, i8) + len(text) > len(self%characters)) then
         room = min(int(huge(0), i8), 2_i8*(int(self%used, i8) + len(text)))
         allocate (character(int(room)) :: longer)
         longer(:self%used) = self%characters(:self%used)
         call move_alloc(longer, self%characters)
      end if
      span%first = self%used + 1
      span%last = self%used + len(text)
      self%characters(span%first:span%last) = text
      self%used = span%last
   end subroutine pool_add

   !> The text of a span.
   pure function pool_get(self, span) result(text)
      class(text_pool_t), intent(in) :: self
      type(span_t), intent(in) :: span          !! from `add`, or empty
      character(:), allocatable :: text
      if (span%last < span%first) then
         text = ''
      else
         text = self%characters(span%first:span%last)
      end if
   end function pool_get

   !> Whether the text of a span is this one, blanks at the end included.
   pure logical function pool_same(self, span, text) result(same)
      class(text_pool_t), intent(in) :: self
      type(span_t), intent(in) :: span          !! from `add`, or empty
      character(*), intent(in) :: text          !! what to compare with
      same = span%count() == len(text)
      if (same .and. len(text) > 0) same = self%characters(span%first:span%last) == text
   end function pool_same

   !> Whether so many more characters can be kept.
   pure logical function pool_has_room(self, length) result(has_room)
      class(text_pool_t), intent(in) :: self
      integer, intent(in) :: length             !! characters to be added
      has_room = int(self%used, i8) + length < int(huge(0), i8)
   end function pool_has_room

   !> Forget everything and free the memory.
   subroutine pool_clear(self)
      class(text_pool_t), intent(inout) :: self
      self%used = 0
      if (allocated(self%characters)) deallocate (self%characters)
   end subroutine pool_clear

   pure function decimal_i4(value) result(text)
      integer(i4), intent(in) :: value
      character(:), allocatable :: text
      text = decimal_i8(int(value, i8))
   end function decimal_i4

   pure function decimal_i8(value) result(text)
      integer(i8), intent(in) :: value
      character(:), allocatable :: text
      character(24) :: buffer
      write (buffer, '(i0)') value
      text = trim(buffer)
   end function decimal_i8

   !> A text between quotes for a message, shortened when it is long.
   pure function quote(text) result(quoted)
      character(*), intent(in) :: text
      character(:), allocatable :: quoted
      quoted = '"'//shortened(text)//'"'
   end function quote

   !> The text itself, or its first 60 bytes or so and an ellipsis; never half a UTF-8 character.
   pure function shortened(text) result(short)
      character(*), intent(in) :: text
      character(:), allocatable :: short
      integer :: last
      if (len(text) <= 80) then
         short = text
         return
      end if
      last = 60
      do while (last > 56 .and. iand(iachar(text(last + 1:last + 1)), 192) == 128)
         last = last - 1
      end do
      short = text(:last)//'...'
   end function shortened

   !> The last position before the next blank from `first` on; at the end of the text, its length.
   pure integer function word_end(text, first) result(last)
      character(*), intent(in) :: text
      integer, intent(in) :: first              !! at least 1
      last = first - 1
      do while (last < len(text))
         if (text(last + 1:last + 1) == ' ') return
         last = last + 1
      end do
   end function word_end

   !> Whether a text is a word of the model file: `[A-Za-z_][A-Za-z0-9_.>-]*`.
   pure logical function is_word(text)
      character(*), intent(in) :: text
      character(*), parameter :: letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_'
      is_word = len(text) > 0
      if (.not. is_word) return
      is_word = index(letters, text(1:1)) > 0 .and. verify(text, letters//'0123456789.>-') == 0
   end function is_word

end module fkb_text
