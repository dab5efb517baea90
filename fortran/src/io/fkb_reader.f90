!> Read a model file to a document. Grammar, limits and errors: docs/format.md.
module fkb_reader
   use fkb_document, only: document_t
   use fkb_document_parts, only: dtype_float32, dtype_float64, dtype_of
   use fkb_error, only: add_context, error_t
   use fkb_lexer, only: lexer_t
   use fkb_parse_layers, only: parse_model
   use fkb_parse_sections, only: parse_compile, parse_port, parse_sample
   use fkb_parse_values, only: parse_stated_checksum, parse_values
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: read_document, parse_document

   !> Newest version of the format that is read.
   integer, parameter, public :: format_version = 1

contains

   !> Read a model file. After an error the document is empty; the message begins with the file's
   !! name and the line.
   subroutine read_document(path, document, error)
      character(*), intent(in) :: path          !! name of the file
      type(document_t), intent(out) :: document
      type(error_t), allocatable, intent(out) :: error
      type(lexer_t) :: lexer
      call lexer%open_file(path)
      call parse_file(lexer, document)
      call lexer%close()
      if (.not. lexer%failed()) return
      call document%clear()
      call move_alloc(lexer%error, error)
      if (error%line > 0) then
         call add_context(error, trim(path)//':'//decimal(error%line))
      else
         call add_context(error, trim(path))
      end if
   end subroutine read_document

   !> Read a model file that stands in memory. After an error the document is empty.
   subroutine parse_document(bytes, document, error)
      character(1), intent(in), target, contiguous :: bytes(:) !! the whole text
      type(document_t), intent(out) :: document
      type(error_t), allocatable, intent(out) :: error
      type(lexer_t) :: lexer
      call lexer%open_memory(bytes)
      call parse_file(lexer, document)
      call lexer%close()
      if (.not. lexer%failed()) return
      call document%clear()
      call move_alloc(lexer%error, error)
   end subroutine parse_document

   !> Everything from the first line to the last.
   subroutine parse_file(lexer, document)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      logical :: more
      if (lexer%failed()) return
      call parse_first_line(lexer)
      call parse_header(lexer, document)
      call lexer%next_tokens('the model file')
      if (lexer%failed()) return
      if (.not. lexer%starts('model ')) then
         call lexer%fail('unexpected '//quote(lexer%text)//' where the model is expected')
         return
      end if
      call parse_model(lexer, document)
      more = .true.
      do while (more .and. .not. lexer%failed())
         call parse_section(lexer, document, more)
      end do
      if (lexer%failed()) return
      call parse_values(lexer, document)
      call lexer%next_tokens('the model file')
      if (lexer%failed()) return
      if (lexer%text /= 'end') then
         call lexer%fail('unexpected '//quote(lexer%text)//' where the end is expected')
      else if (lexer%remaining() > 0) then
         call lexer%fail('text after the end of the model', lexer%line + 1)
      end if
   end subroutine parse_file

   !> The line `fkb 1`.
   subroutine parse_first_line(lexer)
      type(lexer_t), intent(inout) :: lexer
      character(*), parameter :: unknown = 'not an FKB model file: the first line must be "fkb 1"'
      integer :: version, status, last
      associate (head => lexer%buffer(:min(lexer%filled, 256)))
         if (index(head, char(239)//char(187)//char(191)) == 1) then
            call lexer%fail('the file begins with a byte order mark')
         else if (is_old_text(head)) then
            call lexer%fail('this is a text file of the 2020 FKB: convert it with "fkb convert"')
         else if (index(adjustl(head), 'fkb ') /= 1) then
            call lexer%fail(unknown)
         end if
      end associate
      call lexer%next_tokens('the first line')
      if (lexer%failed()) return
      if (lexer%text == 'fkb 1') return
      version = 0
      last = len(lexer%text)
      if (last > 4 .and. last < 14 .and. verify(lexer%text(5:), '0123456789') == 0) then
         read (lexer%text(5:), *, iostat=status) version
         if (status /= 0) version = 0
      end if
      if (version > format_version) then
         call lexer%fail('format version '//decimal(version)//' is newer than '// &
                         decimal(format_version)//', the newest that this library reads')
      else
         call lexer%fail(unknown)
      end if
   end subroutine parse_first_line

   !> Whether a text begins as those of the 2020 FKB: a count, then a line `input ...`.
   pure logical function is_old_text(head)
      character(*), intent(in) :: head
      integer :: line_end, next
      character(*), parameter :: blanks = ' '//achar(9)//achar(13)
      is_old_text = .false.
      line_end = index(head, achar(10))
      if (line_end < 2) return
      if (verify(head(:line_end - 1), '0123456789'//blanks) > 0) return
      if (scan(head(:line_end - 1), '0123456789') == 0) return
      next = verify(head(line_end + 1:), blanks)
      if (next == 0) return
      is_old_text = index(head(line_end + next:), 'input') == 1
   end function is_old_text

   !> The lines `precision ...` and `keras ...`.
   subroutine parse_header(lexer, document)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      character(:), allocatable :: word
      integer :: dot
      call parse_header_key(lexer, 'precision ')
      call lexer%word('precision', word)
      call lexer%finish()
      if (lexer%failed()) return
      document%precision = dtype_of(word)
      if (document%precision /= dtype_float32 .and. document%precision /= dtype_float64) then
         call lexer%fail('precision must be float32 or float64, not '//quote(word))
      end if
      call parse_header_key(lexer, 'keras ')
      call lexer%name('version of Keras', word)
      call lexer%finish()
      if (lexer%failed()) return
      dot = index(word//'.', '.')
      if (dot < 2 .or. dot > 10 .or. verify(word(:dot - 1), '0123456789') > 0) then
         call lexer%fail(quote(word)//' is not a version of Keras')
      end if
      document%keras_version = word
   end subroutine parse_header

   !> A line that must begin with this keyword and a blank.
   subroutine parse_header_key(lexer, key)
      type(lexer_t), intent(inout) :: lexer
      character(*), intent(in) :: key
      call lexer%next_tokens('the header')
      if (lexer%failed()) return
      if (.not. lexer%starts(key)) then
         call lexer%fail('unexpected '//quote(lexer%text)//' where '//quote(trim(key))// &
                         ' is expected')
      end if
      lexer%at = len(key) + 1
   end subroutine parse_header_key

   !> The next section after the model; the checksum ends them.
   subroutine parse_section(lexer, document, more)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      logical, intent(out) :: more
      logical :: late, outputs
      character(:), allocatable :: word
      more = .true.
      call lexer%next_tokens('the model file')
      call lexer%word('keyword', word)
      if (lexer%failed()) return
      late = document%compiled .or. document%sample_count > 0
      outputs = .false.
      if (document%port_count > 0) outputs = document%ports(document%port_count)%is_output
      if (word == 'checksum') then
         call parse_checksum(lexer)
         more = .false.
      else if (word == 'input' .and. .not. (late .or. outputs)) then
         call parse_port(lexer, document, .false.)
      else if (word == 'output' .and. .not. late) then
         call parse_port(lexer, document, .true.)
      else if (word == 'compile' .and. .not. late) then
         call lexer%finish()
         call parse_compile(lexer, document)
      else if (word == 'sample') then
         call lexer%finish()
         call parse_sample(lexer, document)
      else
         call lexer%fail('unexpected '//quote(lexer%text)//' after the model')
      end if
   end subroutine parse_section

   !> The line `checksum ...`, which ends the structure.
   subroutine parse_checksum(lexer)
      type(lexer_t), intent(inout) :: lexer
      character(8) :: stated
      call lexer%skip_blank('the checksum')
      call parse_stated_checksum(lexer, stated)
      call lexer%finish()
      lexer%summing = .false.
      if (lexer%failed() .or. stated == 'none' .or. stated == lexer%checksum_before) return
      call lexer%fail('the structure''s checksum is '//lexer%checksum_before//', the file says '// &
                      stated//': the file is damaged (write "checksum none" after editing by hand)')
   end subroutine parse_checksum

end module fkb_reader
