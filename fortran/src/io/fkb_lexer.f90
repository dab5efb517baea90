!> The tokens of a model file's structure lines: words, names, JSON values, integers, shapes.
!>
!> After a failure each token is empty or zero, and the failure stays in `error`.
module fkb_lexer
   use fkb_document_parts, only: dtype_of, max_text_rank
   use fkb_json, only: json_check, json_integer, json_kind, json_length, json_next, json_string
   use fkb_kinds, only: i8
   use fkb_source, only: source_t
   use fkb_text, only: decimal, is_word, quote, shortened, span_t, word_end
   implicit none (type, external)
   private
   public :: lexer_t

   !> Longest name, in bytes.
   integer, parameter, public :: max_name_length = 65535

   !> An input that is being read token by token.
   type, extends(source_t) :: lexer_t
      integer :: at = 1                         !! the next character of `text`
   contains
      procedure :: next_tokens
      procedure :: failed
      procedure :: ended
      procedure :: starts
      procedure :: skip_blank
      procedure :: finish
      procedure :: unexpected
      procedure :: word
      procedure :: name
      procedure :: word_or_name
      procedure :: json
      procedure :: integer => integer_token
      procedure :: tensor
   end type lexer_t

contains

   !> Take the next line and stand at its first token.
   subroutine next_tokens(self, inside)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: inside        !! what is being read, such as `layer "dense"`
      call self%next_line(inside)
      self%at = 1
   end subroutine next_tokens

   !> Whether something went wrong.
   pure logical function failed(self)
      class(lexer_t), intent(in) :: self
      failed = allocated(self%error)
   end function failed

   !> Whether the line has no more tokens.
   pure logical function ended(self)
      class(lexer_t), intent(in) :: self
      ended = self%at > len(self%text)
   end function ended

   !> Whether the rest of the line begins with this text.
   pure logical function starts(self, prefix)
      class(lexer_t), intent(in) :: self
      character(*), intent(in) :: prefix        !! any text
      starts = self%at + len(prefix) - 1 <= len(self%text)
      if (starts) starts = self%text(self%at:self%at + len(prefix) - 1) == prefix
   end function starts

   !> Step over the blank before the next token.
   subroutine skip_blank(self, expected)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: expected      !! what must follow, for the message
      if (self%failed()) return
      if (self%ended()) then
         call self%fail('the line ends where '//expected//' is expected')
      else if (.not. self%starts(' ')) then
         call self%fail('a blank is expected before '//expected)
      end if
      self%at = self%at + 1
   end subroutine skip_blank

   !> Check that the line has no more tokens.
   subroutine finish(self)
      class(lexer_t), intent(inout) :: self
      if (self%failed() .or. self%ended()) return
      call self%fail('unexpected '//quote(self%text(self%at:))//' at the end of the line')
   end subroutine finish

   !> Report the line as one that has no place here.
   subroutine unexpected(self, inside)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: inside        !! what is being read, such as `layer "dense"`
      integer :: last
      if (self%failed()) return
      last = word_end(self%text, 1)
      call self%fail('unexpected '//quote(self%text(:last))//' in '//inside)
   end subroutine unexpected

   !> The next token, a word.
   subroutine word(self, what, value)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: what          !! what is expected, for the message
      character(:), allocatable, intent(out) :: value
      integer :: last
      value = ''
      if (self%failed()) return
      last = word_end(self%text, self%at)
      if (is_word(self%text(self%at:last))) then
         if (last - self%at >= max_name_length) then
            call self%fail(what//' is longer than '//decimal(max_name_length)//' bytes')
            return
         end if
         value = self%text(self%at:last)
         self%at = last + 1
      else if (self%ended()) then
         call self%fail('the line ends where '//what//' is expected')
      else
         call self%fail('malformed '//what//' '//quote(self%text(self%at:last)))
      end if
   end subroutine word

   !> The next token, a name: a JSON string, decoded.
   subroutine name(self, what, value)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: what          !! what is expected, for the message
      character(:), allocatable, intent(out) :: value
      type(span_t) :: span
      value = ''
      if (self%failed()) return
      if (.not. self%starts('"')) then
         call self%fail('malformed '//what//': a string in double quotes is expected')
         return
      end if
      call self%json(what, span)
      if (self%failed()) return
      value = json_string(self%text(span%first:span%last))
      if (len(value) > max_name_length) then
         call self%fail(what//' is longer than '//decimal(max_name_length)//' bytes')
      end if
   end subroutine name

   !> The next token, a word or a name.
   subroutine word_or_name(self, what, value)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: what          !! what is expected, for the message
      character(:), allocatable, intent(out) :: value
      if (self%starts('"')) then
         call self%name(what, value)
      else
         call self%word(what, value)
      end if
   end subroutine word_or_name

   !> The next token, a JSON value, as a span of `text`.
   subroutine json(self, what, span)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: what          !! what is expected, for the message
      type(span_t), intent(out) :: span
      character(:), allocatable :: problem
      integer :: last
      if (self%failed()) return
      call json_check(self%text, self%at, last, problem)
      if (allocated(problem)) then
         call self%fail('malformed JSON value for '//what//': '//problem)
         return
      end if
      span = span_t(self%at, last)
      self%at = last + 1
   end subroutine json

   !> The next token, an integer that is not negative.
   subroutine integer_token(self, what, value)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: what          !! what is expected, for the message
      integer(i8), intent(out) :: value
      integer :: last, status
      value = 0
      if (self%failed()) return
      last = word_end(self%text, self%at)
      associate (digits => self%text(self%at:last))
         status = 1
         if (len(digits) > 0 .and. len(digits) < 20 .and. verify(digits, '0123456789') == 0) then
            if (digits(1:1) /= '0' .or. len(digits) == 1) read (digits, *, iostat=status) value
         end if
         if (status /= 0) then
            call self%fail('malformed '//what//' '//quote(digits)// &
                           ': an integer that is not negative is expected')
            value = 0
         end if
      end associate
      self%at = last + 1
   end subroutine integer_token

   !> The next two tokens, a dtype and a shape.
   subroutine tensor(self, what, dtype, rank, extent, count)
      class(lexer_t), intent(inout) :: self
      character(*), intent(in) :: what          !! what is declared, for the message
      integer, intent(out) :: dtype             !! one of `dtype_*`
      integer, intent(out) :: rank
      integer, intent(out) :: extent(max_text_rank) !! Keras's order
      integer, intent(out) :: count             !! number of values
      character(:), allocatable :: word
      type(span_t) :: span
      dtype = 1
      rank = 0
      extent = 1
      count = 1
      call self%skip_blank('the dtype of '//what)
      call self%word('dtype of '//what, word)
      if (self%failed()) return
      dtype = dtype_of(word)
      if (dtype == 0) then
         call self%fail(what//' has the unknown dtype '//quote(word))
         return
      end if
      call self%skip_blank('the shape of '//what)
      call self%json('the shape of '//what, span)
      if (self%failed()) return
      call read_shape(self, what, span, rank, extent, count)
   end subroutine tensor

   !> A shape within the limits.
   subroutine read_shape(self, what, span, rank, extent, count)
      type(lexer_t), intent(inout) :: self
      character(*), intent(in) :: what
      type(span_t), intent(in) :: span
      integer, intent(out) :: rank, extent(max_text_rank), count
      type(span_t) :: key, value
      integer(i8) :: wide, product
      integer :: position, i
      logical :: ok
      extent = 1
      count = 0
      associate (text => self%text(span%first:span%last))
         rank = json_length(text)
         ok = json_kind(text) == 'array'
         if (ok .and. rank > max_text_rank) then
            call self%fail(what//' has rank '//decimal(rank)//', the most is '// &
                           decimal(max_text_rank))
            return
         end if
         position = 0
         product = 1
         do i = 1, rank
            if (.not. ok) exit
            call json_next(text, position, key, value)
            call json_integer(text(value%first:value%last), wide, ok)
            ok = ok .and. wide >= 0 .and. verify(text(value%first:value%last), '0123456789') == 0
            if (.not. ok) exit
            if (wide > huge(count) .or. product*max(wide, 1_i8) > huge(count)) then
               call self%fail(what//' has more than '//decimal(huge(count))//' values')
               return
            end if
            product = product*max(wide, 1_i8)
            extent(i) = int(wide)
         end do
         if (.not. ok) then
            call self%fail('malformed shape '//shortened(text)//' of '//what// &
                           ': a list of integers that are not negative is expected')
            return
         end if
      end associate
      count = int(product)
      if (any(extent(:rank) == 0)) count = 0
   end subroutine read_shape

end module fkb_lexer
