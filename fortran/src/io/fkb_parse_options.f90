!> Parse option lines: `KEY = VALUE`.
module fkb_parse_options
   use fkb_config, only: max_options
   use fkb_document, only: document_t
   use fkb_lexer, only: lexer_t, max_name_length
   use fkb_name_table, only: name_table_t
   use fkb_text, only: decimal, is_word, quote, span_t
   implicit none (type, external)
   private
   public :: parse_option

contains

   !> Parse the current line when it is an option line.
   subroutine parse_option(lexer, document, keys, scope, inside, meta_allowed, range, found, meta)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(name_table_t), intent(inout) :: keys !! the keys so far
      integer, intent(in) :: scope              !! positive number of the block in `keys`
      character(*), intent(in) :: inside        !! the block, for messages
      logical, intent(in) :: meta_allowed       !! whether keys may begin with `@`
      type(span_t), intent(inout) :: range      !! the block's options
      logical, intent(out) :: found             !! false: another kind of line, nothing was taken
      logical, intent(out) :: meta              !! whether the key began with `@`
      character(:), allocatable :: key
      type(span_t) :: json
      integer :: earlier
      call parse_key(lexer, inside, meta_allowed, key, found, meta)
      if (lexer%failed() .or. .not. found) return
      call keys%add(merge(-scope, scope, meta), key, 1, earlier)
      if (earlier > 0) then
         call lexer%fail('option '//quote(key)//' stands twice in '//inside)
         return
      end if
      call lexer%json('option '//quote(key), json)
      call lexer%finish()
      if (lexer%failed()) return
      call document%add_option(key, lexer%text(json%first:json%last), meta, lexer%line)
      if (range%count() == 0) range%first = document%option_count
      range%last = document%option_count
      if (range%count() > max_options) then
         call lexer%fail(inside//' has more than '//decimal(max_options)//' options')
      end if
   end subroutine parse_option

   !> The key of an option line, up to behind ` = `.
   subroutine parse_key(lexer, inside, meta_allowed, key, found, meta)
      type(lexer_t), intent(inout) :: lexer
      character(*), intent(in) :: inside
      logical, intent(in) :: meta_allowed
      character(:), allocatable, intent(out) :: key
      logical, intent(out) :: found, meta
      integer :: last
      meta = meta_allowed .and. lexer%starts('@')
      found = .true.
      if (meta) lexer%at = lexer%at + 1
      if (lexer%starts('"') .and. .not. meta) then
         call lexer%name('key of an option in '//inside, key)
         if (lexer%failed()) return
      else
         last = index(lexer%text, ' = ') - 1
         found = last >= lexer%at
         if (found) found = is_word(lexer%text(lexer%at:last))
         if (found .and. last - lexer%at >= max_name_length) then
            call lexer%fail('key of an option in '//inside//' is longer than '// &
                            decimal(max_name_length)//' bytes')
            return
         end if
         if (found) then
            key = lexer%text(lexer%at:last)
            lexer%at = last + 1
         end if
      end if
      if (found) found = lexer%starts(' = ')
      if (found) then
         lexer%at = lexer%at + len(' = ')
      else if (lexer%at > 1) then
         call lexer%unexpected(inside)
      end if
   end subroutine parse_key

end module fkb_parse_options
