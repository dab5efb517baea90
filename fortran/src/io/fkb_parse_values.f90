!> Parse the `values` blocks of a model file into the document's buffers.
module fkb_parse_values
   use fkb_crc32, only: crc32_t
   use fkb_decimal, only: powers_t
   use fkb_document, only: document_t
   use fkb_document_labels, only: shape_text, tensor_label
   use fkb_document_parts, only: buffer_of, dtype_bfloat16, dtype_bool, dtype_float16, &
      dtype_float32, dtype_int32, dtype_int64, dtype_uint8, dtype_width, in_doubles, in_integers, &
      in_singles, step_divide, tensor_of_step, tensor_t
   use fkb_error, only: fkb_err_file, raise
   use fkb_kinds, only: i8
   use fkb_lexer, only: lexer_t
   use fkb_number_reader, only: cursor_t, read_doubles, read_integers, read_singles
   use fkb_number_scan, only: max_token_length
   use fkb_text, only: decimal, quote, word_end
   implicit none (type, external)
   private
   public :: parse_values, parse_stated_checksum

contains

   !> Parse all values blocks. Counts are checked against the rest of the input before anything is
   !! allocated.
   subroutine parse_values(lexer, document)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(powers_t), allocatable :: powers
      type(crc32_t) :: checksum
      type(tensor_t) :: tensor
      integer :: i, status
      if (2*sum(document%value_count) > lexer%remaining()) then
         call lexer%fail('the file is too short for '//decimal(sum(document%value_count))// &
                         ' values')
         return
      end if
      associate (values => document%values, count => document%value_count)
         allocate (values%singles(count(in_singles)), stat=status)
         if (status == 0) allocate (values%doubles(count(in_doubles)), stat=status)
         if (status == 0) allocate (values%integers(count(in_integers)), stat=status)
      end associate
      if (status /= 0) then
         call raise(lexer%error, fkb_err_file, 'there is not enough memory for the values')
         return
      end if
      allocate (powers)
      call powers%fill()
      do i = 1, document%tensor_count
         tensor = document%tensors(i)
         call parse_block(lexer, document, tensor, powers, checksum)
         if (lexer%failed()) return
      end do
   end subroutine parse_values

   !> The next token, eight hexadecimal digits or `none`.
   subroutine parse_stated_checksum(lexer, stated)
      type(lexer_t), intent(inout) :: lexer
      character(8), intent(out) :: stated       !! `none` where the file does not say
      integer :: last
      stated = 'none'
      if (lexer%failed()) return
      last = word_end(lexer%text, lexer%at)
      associate (token => lexer%text(lexer%at:last))
         if (token /= 'none' .and. (len(token) /= 8 .or. &
                                    verify(token, '0123456789abcdef') > 0)) then
            call lexer%fail('malformed checksum '//quote(token))
         end if
         stated = token
      end associate
      lexer%at = last + 1
   end subroutine parse_stated_checksum

   !> One block: its first line, its numbers, its checksum.
   subroutine parse_block(lexer, document, tensor, powers, checksum)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(tensor_t), intent(in) :: tensor
      type(powers_t), intent(in) :: powers
      type(crc32_t), intent(inout) :: checksum
      character(:), allocatable :: label
      character(8) :: stated, actual
      integer(i8) :: count
      integer :: header_line
      label = tensor_label(document, tensor)
      call lexer%next_tokens('the values of '//label)
      if (lexer%failed()) return
      if (.not. lexer%starts('values ')) then
         call lexer%fail('unexpected '//quote(lexer%text)//' where the values of '//label// &
                         ' are expected')
         return
      end if
      lexer%at = len('values ') + 1
      call lexer%integer('count of values', count)
      call lexer%skip_blank('the checksum of the values')
      call parse_stated_checksum(lexer, stated)
      call lexer%finish()
      if (lexer%failed()) return
      if (count /= tensor%count) then
         call lexer%fail(label//' has '//decimal(count)//' values, its shape '// &
                         shape_text(tensor)//' needs '//decimal(tensor%count))
         return
      end if
      header_line = lexer%line
      call read_numbers(lexer, document, tensor, powers, label)
      if (lexer%failed()) return
      actual = checksum_of(document, tensor, checksum)
      if (stated /= 'none' .and. stated /= actual) then
         call lexer%fail('the values of '//label//' are damaged: checksum '//actual// &
                         ', the file says '//stated, header_line)
      end if
      call check_divisor(lexer, document, tensor, label, header_line)
   end subroutine parse_block

   !> Read the numbers of a block, piece by piece of the input.
   subroutine read_numbers(lexer, document, tensor, powers, label)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(tensor_t), intent(in) :: tensor
      type(powers_t), intent(in) :: powers
      character(*), intent(in) :: label
      type(cursor_t) :: cursor
      integer(i8) :: filled
      integer :: first_line
      first_line = lexer%line + 1
      filled = 0
      do while (filled < tensor%count)
         cursor%at = lexer%next
         cursor%safe = lexer%filled
         if (.not. lexer%all_loaded()) cursor%safe = lexer%filled - max_token_length - 2
         call read_piece(lexer%buffer, cursor, document, tensor, powers, filled)
         lexer%next = cursor%at
         lexer%line = first_line + cursor%lines
         if (cursor%bad) then
            call refuse_token(lexer, cursor%at, tensor, label)
         else if (filled < tensor%count .and. lexer%all_loaded()) then
            call lexer%fail('the file ends inside the values of '//label)
         else if (filled < tensor%count) then
            call lexer%load_more()
         end if
         if (lexer%failed()) return
      end do
      lexer%line = first_line - 1
      if (tensor%count > 0) call finish_lines(lexer, cursor%lines, tensor%count, label)
   end subroutine read_numbers

   !> Report a token that is no number, or that the end of the input cuts.
   subroutine refuse_token(lexer, at, tensor, label)
      type(lexer_t), intent(inout) :: lexer
      integer, intent(in) :: at
      type(tensor_t), intent(in) :: tensor
      character(*), intent(in) :: label
      integer :: last
      do last = at, min(at + 200, lexer%filled)
         if (iachar(lexer%buffer(last:last)) <= 32) exit
      end do
      if (last > lexer%filled .and. lexer%all_loaded()) then
         call lexer%fail('the file ends inside the values of '//label)
      else
         call lexer%fail(quote(lexer%buffer(at:last - 1))//' is not '//wanted(tensor%dtype)// &
                         ', in the values of '//label)
      end if
   end subroutine refuse_token

   !> Read what the buffer holds.
   subroutine read_piece(buffer, cursor, document, tensor, powers, filled)
      character(*), intent(in) :: buffer
      type(cursor_t), intent(inout) :: cursor
      type(document_t), intent(inout) :: document
      type(tensor_t), intent(in) :: tensor
      type(powers_t), intent(in) :: powers
      integer(i8), intent(inout) :: filled
      integer(i8) :: first, last, least
      first = tensor%offset + 1
      last = tensor%offset + tensor%count
      least = -huge(least)
      least = least - 1
      select case (tensor%dtype)
      case (dtype_float32)
         call read_singles(powers, buffer, cursor, 24, -149, &
                           document%values%singles(first:last), filled)
      case (dtype_float16)
         call read_singles(powers, buffer, cursor, 11, -24, &
                           document%values%singles(first:last), filled)
      case (dtype_bfloat16)
         call read_singles(powers, buffer, cursor, 8, -133, &
                           document%values%singles(first:last), filled)
      case (dtype_int32)
         call read_integers(buffer, cursor, -2_i8**31, 2_i8**31 - 1, &
                            document%values%integers(first:last), filled)
      case (dtype_int64)
         call read_integers(buffer, cursor, least, huge(filled), &
                            document%values%integers(first:last), filled)
      case (dtype_uint8)
         call read_integers(buffer, cursor, 0_i8, 255_i8, &
                            document%values%integers(first:last), filled)
      case (dtype_bool)
         call read_integers(buffer, cursor, 0_i8, 1_i8, &
                            document%values%integers(first:last), filled)
      case default
         call read_doubles(powers, buffer, cursor, document%values%doubles(first:last), filled)
      end select
   end subroutine read_piece

   !> Go on with the line after the numbers: white space may stand before it, in it only blanks.
   subroutine finish_lines(lexer, lines, count, label)
      type(lexer_t), intent(inout) :: lexer
      integer, intent(in) :: lines, count
      character(*), intent(in) :: label
      integer :: seen
      logical :: line_ended, only_blanks
      seen = lines
      line_ended = .false.
      only_blanks = .true.
      do
         if (lexer%next > lexer%filled) call lexer%load_more()
         if (lexer%failed() .or. lexer%next > lexer%filled) exit
         select case (iachar(lexer%buffer(lexer%next:lexer%next)))
         case (10)
            seen = seen + 1
            line_ended = .true.
            only_blanks = .true.
         case (32)
            continue
         case (9, 13)
            only_blanks = .false.
         case default
            if (.not. line_ended .or. scan(lexer%buffer(lexer%next:lexer%next), &
                                           '+-.0123456789') > 0) then
               call lexer%fail(label//' has more than the '//decimal(count)// &
                               ' values announced', lexer%line + 1 + seen)
            else if (.not. only_blanks) then
               call lexer%fail('a control character in the line', lexer%line + 1 + seen)
            end if
            exit
         end select
         lexer%next = lexer%next + 1
      end do
      lexer%line = lexer%line + seen
   end subroutine finish_lines

   !> The checksum of a tensor's values.
   function checksum_of(document, tensor, checksum) result(digits)
      type(document_t), intent(in) :: document
      type(tensor_t), intent(in) :: tensor
      type(crc32_t), intent(inout) :: checksum  !! working space
      character(8) :: digits
      integer(i8) :: first, last
      first = tensor%offset + 1
      last = tensor%offset + tensor%count
      call checksum%start()
      select case (buffer_of(tensor%dtype))
      case (in_singles)
         call checksum%add(document%values%singles(first:last))
      case (in_doubles)
         call checksum%add(document%values%doubles(first:last))
      case default
         call checksum%add_integers(document%values%integers(first:last), &
                                    dtype_width(tensor%dtype))
      end select
      digits = checksum%hex()
   end function checksum_of

   !> A tensor that divides has no zero.
   subroutine check_divisor(lexer, document, tensor, label, line)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(in) :: document
      type(tensor_t), intent(in) :: tensor
      character(*), intent(in) :: label
      integer, intent(in) :: line
      logical :: zero
      if (tensor%owner /= tensor_of_step) return
      if (document%steps(tensor%owner_index)%kind /= step_divide) return
      associate (first => tensor%offset + 1, last => tensor%offset + tensor%count)
         if (buffer_of(tensor%dtype) == in_singles) then
            zero = .not. all(abs(document%values%singles(first:last)) > 0)
         else
            zero = .not. all(abs(document%values%doubles(first:last)) > 0)
         end if
      end associate
      if (zero) call lexer%fail(label//' divides by zero', line)
   end subroutine check_divisor

   !> What a token must be.
   pure function wanted(dtype) result(words)
      integer, intent(in) :: dtype
      character(:), allocatable :: words
      select case (buffer_of(dtype))
      case (in_integers)
         words = 'an integer of this type'
      case default
         words = 'a finite number'
      end select
   end function wanted

end module fkb_parse_values
