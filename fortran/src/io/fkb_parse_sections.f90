!> Parse what follows the model: ports, compile configuration, samples.
module fkb_parse_sections
   use fkb_document, only: document_t
   use fkb_document_parts, only: dtype_bfloat16, dtype_float16, dtype_float32, dtype_float64, &
      port_t, sample_t, step_divide, step_names, step_select, step_t, tensor_of_sample, &
      tensor_of_step, tensor_of_variable, tensor_t
   use fkb_document_pools, only: make_room
   use fkb_json, only: json_kind, json_next, json_real
   use fkb_kinds, only: dp, i8
   use fkb_lexer, only: lexer_t
   use fkb_name_table, only: name_table_t
   use fkb_parse_options, only: parse_option
   use fkb_text, only: decimal, quote, span_t
   implicit none (type, external)
   private
   public :: parse_port, parse_compile, parse_sample

contains

   !> Parse a block `input K NAME` or `output K NAME`; the cursor stands after the keyword.
   subroutine parse_port(lexer, document, is_output)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      logical, intent(in) :: is_output          !! which of the two it is
      type(port_t) :: new
      type(name_table_t) :: keys
      character(:), allocatable :: label, name
      integer(i8) :: position
      logical :: found, meta, sized
      label = 'input'
      if (is_output) label = 'output'
      call lexer%skip_blank('the position of the '//label)
      call lexer%integer('position of the '//label, position)
      call lexer%skip_blank('the name of the '//label)
      call lexer%name('name of the '//label, name)
      call lexer%finish()
      label = label//' '//decimal(position)
      call check_position(lexer, document, is_output, position, label)
      if (lexer%failed()) return
      new%is_output = is_output
      new%position = int(position)
      new%line = lexer%line
      call document%text%add(name, new%name)
      call make_room(document%ports, document%port_count)
      document%port_count = document%port_count + 1
      sized = .false.
      do
         call lexer%next_tokens(label)
         if (lexer%failed()) return
         if (lexer%text == 'end') exit
         call parse_option(lexer, document, keys, 1, label, .false., new%options, found, meta)
         if (found .and. new%steps%count() > 0) then
            call lexer%fail('misplaced '//quote(lexer%text)//' in '//label//': steps stand last')
         end if
         if (lexer%failed()) return
         if (found) call check_port_option(lexer, document, is_output, label, sized)
         if (.not. found) call parse_step(lexer, document, label, is_output, new)
      end do
      call check_selection(lexer, document, new, label, sized)
      document%ports(document%port_count) = new
   end subroutine parse_port

   !> The option that was read last is one that ports have, and of its kind.
   subroutine check_port_option(lexer, document, is_output, label, sized)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(in) :: document
      logical, intent(in) :: is_output
      character(*), intent(in) :: label
      logical, intent(inout) :: sized           !! set where the option is `size`
      character(:), allocatable :: key, text
      logical :: ok
      key = document%text%get(document%options(document%option_count)%key)
      text = document%text%get(document%options(document%option_count)%json)
      select case (key)
      case ('unit')
         ok = json_kind(text) == 'string' .or. is_list_of('string', text)
      case ('elements')
         ok = is_list_of('string', text)
      case ('fields')
         ok = is_list_of('object', text)
      case ('budgets')
         ok = is_output .and. is_list_of('object', text)
      case ('description')
         ok = json_kind(text) == 'string'
      case ('size')
         ok = .not. is_output .and. verify(text, '0123456789') == 0
         sized = .true.
      case default
         call lexer%fail('unexpected option '//quote(key)//' in '//label)
         return
      end select
      if (.not. ok) call lexer%fail('malformed value for option '//quote(key)//' in '//label)
   end subroutine check_port_option

   !> Whether a JSON value is an array with elements of one kind.
   logical function is_list_of(kind, text)
      character(*), intent(in) :: kind, text
      type(span_t) :: key, value
      integer :: position
      is_list_of = json_kind(text) == 'array'
      position = 0
      do while (is_list_of)
         call json_next(text, position, key, value)
         if (position == 0) return
         is_list_of = json_kind(text(value%first:value%last)) == kind
      end do
   end function is_list_of

   !> An input has at most one step `select`, and with it, only, the option `size`.
   subroutine check_selection(lexer, document, port, label, sized)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(in) :: document
      type(port_t), intent(in) :: port
      character(*), intent(in) :: label
      logical, intent(in) :: sized
      integer :: selections
      selections = 0
      if (port%steps%count() > 0) selections = &
         count(document%steps(port%steps%first:port%steps%last)%kind == step_select)
      if (selections > 1) then
         call lexer%fail(label//' has more than one step select')
      else if (sized .neqv. selections == 1) then
         call lexer%fail(label//' must have the option size with a step select, and only then')
      end if
   end subroutine check_selection

   !> Ports stand in ascending order, each once.
   subroutine check_position(lexer, document, is_output, position, label)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(in) :: document
      logical, intent(in) :: is_output
      integer(i8), intent(in) :: position
      character(*), intent(in) :: label
      if (position >= huge(0)) call lexer%fail(label//' is beyond all limits')
      if (document%port_count == 0) return
      associate (last => document%ports(document%port_count))
         if (last%is_output .neqv. is_output) return
         if (position == last%position) call lexer%fail(label//' stands twice')
         if (position < last%position) then
            call lexer%fail(label//' stands after position '//decimal(last%position)// &
                            ': positions must ascend')
         end if
      end associate
   end subroutine check_position

   !> A line `step KIND OPERAND`.
   subroutine parse_step(lexer, document, label, is_output, port)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      character(*), intent(in) :: label
      logical, intent(in) :: is_output
      type(port_t), intent(inout) :: port
      type(step_t) :: new
      character(:), allocatable :: kind, what
      integer :: i
      if (.not. lexer%starts('step ')) then
         call lexer%unexpected(label)
         return
      end if
      lexer%at = len('step ') + 1
      call lexer%word('kind of step', kind)
      if (lexer%failed()) return
      do i = 1, size(step_names)
         if (kind == step_names(i)) new%kind = i
      end do
      if (new%kind == 0 .or. (new%kind == step_select .and. is_output)) then
         call lexer%fail('unexpected step '//quote(kind)//' in '//label)
         return
      end if
      what = 'step '//kind//' of '//label
      new%port = document%port_count
      new%line = lexer%line
      call parse_operand(lexer, document, what, new)
      call lexer%finish()
      if (lexer%failed()) return
      call make_room(document%steps, document%step_count)
      document%step_count = document%step_count + 1
      document%steps(document%step_count) = new
      if (port%steps%count() == 0) port%steps%first = document%step_count
      port%steps%last = document%step_count
   end subroutine parse_step

   !> The operand of a step: a tensor, a number, for `select` a list of positions, an object.
   subroutine parse_operand(lexer, document, what, step)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      character(*), intent(in) :: what
      type(step_t), intent(inout) :: step
      type(tensor_t) :: new
      type(span_t) :: json
      if (step%kind < step_select .and. scan(lexer%text(lexer%at:), '0123456789-') /= 2) then
         call lexer%tensor(what, new%dtype, new%rank, new%extent, new%count)
         if (lexer%failed()) return
         if (new%rank /= 1 .or. all(new%dtype /= [dtype_float32, dtype_float64, dtype_float16, &
                                                  dtype_bfloat16])) then
            call lexer%fail(what//': a real tensor of rank 1 is expected')
            return
         end if
         new%owner = tensor_of_step
         new%owner_index = document%step_count + 1
         new%line = lexer%line
         call document%add_tensor(new, step%tensor)
         return
      end if
      call lexer%skip_blank('the value of '//what)
      call lexer%json(what, json)
      if (lexer%failed()) return
      associate (text => lexer%text(json%first:json%last))
         call document%text%add(text, step%json)
         if (step%kind == step_select) then
            if (.not. is_selection(text)) then
               call lexer%fail(what//': a list of integers that are not negative is expected')
            end if
         else if (step%kind < step_select) then
            call check_number(lexer, what, text, step%kind)
         else if (json_kind(text) /= 'object') then
            call lexer%fail(what//': an object is expected')
         end if
      end associate
   end subroutine parse_operand

   !> Whether a JSON value is a list of positions, at least one.
   logical function is_selection(text)
      character(*), intent(in) :: text
      type(span_t) :: key, value
      integer :: position
      is_selection = .false.
      if (json_kind(text) /= 'array') return
      position = 0
      do
         call json_next(text, position, key, value)
         if (position == 0) return
         is_selection = verify(text(value%first:value%last), '0123456789') == 0 .and. &
                        value%count() < 10
         if (.not. is_selection) return
      end do
   end function is_selection

   !> A number that is finite and not a divisor of zero.
   subroutine check_number(lexer, what, text, kind)
      type(lexer_t), intent(inout) :: lexer
      character(*), intent(in) :: what, text
      integer, intent(in) :: kind
      real(dp) :: value
      logical :: ok
      call json_real(text, value, ok)
      if (.not. ok) then
         call lexer%fail(what//': a finite number is expected')
      else if (kind == step_divide .and. .not. abs(value) > 0) then
         call lexer%fail(what//' divides by zero')
      end if
   end subroutine check_number

   !> Parse the block `compile`; its first line is the current one.
   subroutine parse_compile(lexer, document)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(name_table_t) :: keys
      type(span_t) :: options
      logical :: found, meta
      document%compiled = .true.
      do
         call lexer%next_tokens('compile')
         if (lexer%failed()) return
         if (lexer%text == 'end') return
         call parse_option(lexer, document, keys, 1, 'compile', .false., options, found, meta)
         document%compile_options = options
         if (found .and. document%variables%count() > 0) then
            call lexer%fail('misplaced '//quote(lexer%text)//' in compile: variables stand last')
         end if
         if (.not. found) call parse_variable(lexer, document)
      end do
   end subroutine parse_compile

   !> A line `variable SLOT PATH DTYPE SHAPE`.
   subroutine parse_variable(lexer, document)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(tensor_t) :: new
      character(:), allocatable :: slot, path, label
      integer :: at
      if (.not. lexer%starts('variable ')) then
         call lexer%unexpected('compile')
         return
      end if
      lexer%at = len('variable ') + 1
      call lexer%name('name of a variable of the optimizer', slot)
      label = 'variable '//quote(slot)
      call lexer%skip_blank('the path of '//label)
      call lexer%name('path of '//label, path)
      if (path /= '') label = label//' of '//quote(path)
      call lexer%tensor(label, new%dtype, new%rank, new%extent, new%count)
      call lexer%finish()
      if (lexer%failed()) return
      new%owner = tensor_of_variable
      new%line = lexer%line
      call document%text%add(slot, new%name)
      call document%text%add(path, new%path)
      call document%add_tensor(new, at)
      if (document%variables%count() == 0) document%variables%first = at
      document%variables%last = at
   end subroutine parse_variable

   !> Parse a block `sample`; its first line is the current one.
   subroutine parse_sample(lexer, document)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(sample_t) :: new
      type(name_table_t) :: keys
      logical :: found, meta
      new%line = lexer%line
      call make_room(document%samples, document%sample_count)
      document%sample_count = document%sample_count + 1
      do
         call lexer%next_tokens('sample')
         if (lexer%failed()) return
         if (lexer%text == 'end') exit
         call parse_option(lexer, document, keys, 1, 'sample', .false., new%options, found, meta)
         if (lexer%failed()) return
         if (found) then
            if (new%tensors%count() > 0) then
               call lexer%fail('misplaced '//quote(lexer%text)//' in sample: tensors stand last')
            end if
            call check_tolerance(lexer, document, new)
         else
            call parse_recorded(lexer, document, new)
         end if
      end do
      if (new%options%count() == 0) call lexer%fail('the sample has no tolerance')
      document%samples(document%sample_count) = new
   end subroutine parse_sample

   !> The first option of a sample is its tolerance, a number that is not negative.
   subroutine check_tolerance(lexer, document, sample)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(in) :: document
      type(sample_t), intent(in) :: sample
      real(dp) :: value
      logical :: ok
      if (sample%options%count() > 1) return
      associate (option => document%options(sample%options%first))
         if (.not. document%text%same(option%key, 'tolerance')) then
            call lexer%fail('the first option of a sample must be its tolerance')
            return
         end if
         call json_real(document%text%get(option%json), value, ok)
         if (ok) ok = value >= 0
         if (.not. ok) call lexer%fail('tolerance must be a number that is not negative')
      end associate
   end subroutine check_tolerance

   !> A line `input K DTYPE SHAPE` or `output K DTYPE SHAPE`.
   subroutine parse_recorded(lexer, document, sample)
      type(lexer_t), intent(inout) :: lexer
      type(document_t), intent(inout) :: document
      type(sample_t), intent(inout) :: sample
      type(tensor_t) :: new
      character(:), allocatable :: label
      integer(i8) :: position
      integer :: at
      label = 'input'
      new%is_output = lexer%starts('output ')
      if (new%is_output) label = 'output'
      if (.not. lexer%starts(label//' ')) then
         call lexer%unexpected('sample')
         return
      end if
      lexer%at = len(label//' ') + 1
      call lexer%integer('position of the '//label, position)
      label = label//' '//decimal(position)//' of the sample'
      call lexer%tensor(label, new%dtype, new%rank, new%extent, new%count)
      call lexer%finish()
      if (position >= huge(0)) call lexer%fail(label//' is beyond all limits')
      if (lexer%failed()) return
      new%position = int(position)
      if (sample%tensors%count() > 0) then
         associate (last => document%tensors(sample%tensors%last))
            if (last%is_output .and. .not. new%is_output) call lexer%unexpected('sample')
            if ((last%is_output .eqv. new%is_output) .and. new%position <= last%position) then
               call lexer%fail(label//' stands twice or not in ascending order')
            end if
         end associate
      end if
      new%owner = tensor_of_sample
      new%owner_index = document%sample_count
      new%line = lexer%line
      call document%add_tensor(new, at)
      if (sample%tensors%count() == 0) sample%tensors%first = at
      sample%tensors%last = at
   end subroutine parse_recorded

end module fkb_parse_sections
