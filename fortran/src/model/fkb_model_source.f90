!> From the document of a network to a draft that extends it.
module fkb_model_source
   use fkb_document, only: document_t
   use fkb_document_parts, only: dtype_name, step_names, step_select
   use fkb_error, only: error_t, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_json, only: json_quote, json_real_text
   use fkb_kinds, only: dp
   use fkb_document_labels, only: shape_text
   use fkb_layer_spec, only: new_spec
   use fkb_model_draft, only: model_draft_t, tensor_of
   use fkb_model_order, only: mark_needed
   use fkb_port, only: port_t
   use fkb_text, only: decimal, is_word, quote, span_t
   implicit none (type, external)
   private
   public :: draft_document

   character(1), parameter :: nl = achar(10)

contains

   !> Begin a draft with the layers of a network: all of them, or those that lead to a layer. Its
   !> inputs stay with their units and transforms; outputs, compile configuration and recorded
   !> samples do not. Raises an error where no layer has the name.
   subroutine draft_document(draft, document, inputs, error, upto)
      class(model_draft_t), intent(inout) :: draft
      type(document_t), intent(in) :: document
      type(port_t), intent(in) :: inputs(:)             !! with the values of the steps
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in), optional :: upto        !! a layer of the model itself
      logical, allocatable :: needed(:)
      integer :: block, last
      associate (ends => document%blocks(1)%outputs%references)
         last = document%references(ends%first)%node
         call draft%start(document%name(1))
         draft%last = tensor_of(document%name(document%references(ends%first)%block), &
            document%references(ends%first)%number, document%references(ends%first)%index)
      end associate
      allocate (needed(document%node_count), source=.not. present(upto))
      if (present(upto)) then
         block = child_of_name(document, upto)
         if (block == 0) then
            call raise(error, fkb_err_unknown, 'the model has no layer '//quote(upto))
            return
         end if
         last = document%blocks(block)%nodes%last
         draft%last = tensor_of(upto, document%blocks(block)%nodes%count() - 1, 0)
         call mark_needed(document, last, needed)
         associate (ends => document%blocks(1)%inputs%references)
            do block = ends%first, ends%last
               needed(document%references(block)%node) = .true.
            end do
         end associate
      end if
      call refuse_hidden_mask(document, last, error)
      if (allocated(error)) return
      draft%chain = document%class_name(1) == 'Sequential'
      draft%keras_version = document%keras_version
      draft%precision = trim(dtype_name(document%precision))
      draft%option_lines = options_of(document, document%blocks(1)%options, .false.)
      draft%inputs = document%text%get(document%blocks(1)%inputs%json)
      draft%n_inputs = 1                                ! that text is complete
      block = document%blocks(1)%first_child
      do while (block > 0)
         associate (nodes => document%blocks(block)%nodes)
            if (any(needed(nodes%first:nodes%last))) call take_layer(draft, document, block, needed)
         end associate
         block = document%blocks(block)%next
      end do
      call take_ports(draft, document, inputs)
   end subroutine draft_document

   !> A layer of the model itself, 0 where there is none of that name.
   integer function child_of_name(document, name) result(block)
      type(document_t), intent(in) :: document
      character(*), intent(in) :: name
      block = document%blocks(1)%first_child
      do while (block > 0)
         if (document%text%same(document%blocks(block)%name, name)) return
         block = document%blocks(block)%next
      end do
   end function child_of_name

   !> Copy a layer with all that is in it, without weights.
   subroutine take_layer(draft, document, block, needed)
      class(model_draft_t), intent(inout) :: draft
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      logical, intent(in) :: needed(:)
      integer :: at, i
      call draft%place(new_spec(document%class_name(block), document%name(block)), at)
      associate (layer => draft%layers(at))
         layer%kept = .true.
         call take_options(document, document%blocks(block)%options, layer%spec%members)
         layer%spec%inside = inside_of(document, block)
         do i = document%blocks(block)%nodes%first, document%blocks(block)%nodes%last
            ! A call that leads nowhere keeps its number; the order of the model drops it.
            if (needed(i)) then
               layer%nodes = layer%nodes//call_line(document, i)
            else
               layer%nodes = layer%nodes//'node [] {}'//nl
            end if
            layer%calls = layer%calls + 1
         end do
      end associate
   end subroutine take_layer

   !> Options as members of an object, meta data with `@`.
   subroutine take_options(document, range, members)
      type(document_t), intent(in) :: document
      type(span_t), intent(in) :: range
      character(:), allocatable, intent(out) :: members
      character(:), allocatable :: key
      integer :: i
      members = ''
      do i = range%first, range%last
         key = document%text%get(document%options(i)%key)
         if (document%options(i)%meta) key = '@'//key
         if (len(members) > 0) members = members//','
         members = members//json_quote(key)//':'//document%text%get(document%options(i)%json)
      end do
   end subroutine take_options

   function call_line(document, node) result(line)
      type(document_t), intent(in) :: document
      integer, intent(in) :: node
      character(:), allocatable :: line
      line = 'node '//document%text%get(document%nodes(node)%args)//' '// &
         document%text%get(document%nodes(node)%kwargs)//nl
   end function call_line

   !> Option lines, or those of the meta data.
   function options_of(document, range, meta) result(lines)
      type(document_t), intent(in) :: document
      type(span_t), intent(in) :: range
      logical, intent(in) :: meta
      character(:), allocatable :: lines, key
      integer :: i
      lines = ''
      do i = range%first, range%last
         if (document%options(i)%meta .neqv. meta) cycle
         key = document%text%get(document%options(i)%key)
         if (meta) then
            key = '@'//key
         else if (.not. is_word(key)) then
            key = json_quote(key)
         end if
         lines = lines//key//' = '//document%text%get(document%options(i)%json)//nl
      end do
   end function options_of

   !> The layers in a block, and its inputs and outputs.
   recursive function inside_of(document, block) result(lines)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      character(:), allocatable :: lines
      integer :: child
      lines = ''
      child = document%blocks(block)%first_child
      do while (child > 0)
         lines = lines//lines_of(document, child)
         child = document%blocks(child)%next
      end do
      if (document%blocks(block)%inputs%line == 0) return
      lines = lines//'inputs '//document%text%get(document%blocks(block)%inputs%json)//nl// &
         'outputs '//document%text%get(document%blocks(block)%outputs%json)//nl
   end function inside_of

   !> A layer in a layer, without weights.
   recursive function lines_of(document, block) result(lines)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      character(:), allocatable :: lines
      integer :: i
      lines = document%class_name(block)
      if (.not. is_word(lines)) lines = json_quote(lines)
      lines = 'layer '//json_quote(document%name(block))//' '//lines
      if (document%blocks(block)%role%count() > 0) lines = lines//' as '// &
         document%text%get(document%blocks(block)%role)
      lines = lines//nl//options_of(document, document%blocks(block)%options, .false.)// &
         options_of(document, document%blocks(block)%options, .true.)
      do i = document%blocks(block)%nodes%first, document%blocks(block)%nodes%last
         lines = lines//call_line(document, i)
      end do
      lines = lines//inside_of(document, block)//'end'//nl
   end function lines_of

   !> The lines and values of the inputs' descriptions.
   subroutine take_ports(draft, document, inputs)
      class(model_draft_t), intent(inout) :: draft
      type(document_t), intent(in) :: document
      type(port_t), intent(in) :: inputs(:)
      integer :: i, j, k
      do i = 1, document%port_count
         associate (port => document%ports(i))
            if (port%is_output) cycle
            draft%port_lines = draft%port_lines//'input '//decimal(port%position)//' '// &
               json_quote(document%text%get(port%name))//nl// &
               options_of(document, port%options, .false.)
            k = 0
            do j = port%steps%first, port%steps%last
               associate (step => document%steps(j))
                  if (step%kind /= step_select) k = k + 1
                  draft%port_lines = draft%port_lines//'step '//trim(step_names(step%kind))//' '
                  if (step%tensor == 0) then
                     draft%port_lines = draft%port_lines//document%text%get(step%json)//nl
                     cycle
                  end if
                  associate (tensor => document%tensors(step%tensor))
                     draft%port_lines = draft%port_lines//trim(dtype_name(tensor%dtype))// &
                        ' '//shape_text(tensor)//nl
                  end associate
                  draft%port_values = draft%port_values// &
                     values_text(inputs(port%position + 1)%steps(k)%values)
               end associate
            end do
         end associate
         draft%port_lines = draft%port_lines//'end'//nl
      end do
   end subroutine take_ports

   !> A block of values.
   function values_text(values) result(text)

      real(dp), intent(in) :: values(:)
      character(:), allocatable :: text
      integer :: i
      text = 'values '//decimal(size(values))//' none'//nl
      do i = 1, size(values)
         text = text//json_real_text(values(i))//nl
      end do
   end function values_text

   !> Keras would hand a mask on to new layers where one reaches the tensor that they begin with.
   subroutine refuse_hidden_mask(document, last, error)
      type(document_t), intent(in) :: document
      integer, intent(in) :: last                       !! the call that makes the tensor
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: stack(:)
      logical, allocatable :: seen(:)
      integer :: depth, i, node
      allocate (stack(document%node_count + document%reference_count + 1))
      allocate (seen(document%node_count), source=.false.)
      stack(1) = last
      depth = 1
      do while (depth > 0)
         node = stack(depth)
         depth = depth - 1
         if (seen(node)) cycle
         seen(node) = .true.
         associate (block => document%nodes(node)%block, range => document%nodes(node)%references)
            if (makes_mask(document, block)) then
               call raise(error, fkb_err_unsupported, 'layer '//quote(document%path(block))// &
                  ' makes a mask, which Keras would hand on to new layers behind the scenes: '// &
                  'extend the model in Keras, or behind a layer that stops masks, such as an '// &
                  'LSTM that returns its last step')
               return
            end if
            if (stops_mask(document, block)) cycle
            do i = range%first, range%last
               if (document%references(i)%argument < 0) cycle
               depth = depth + 1
               stack(depth) = document%references(i)%node
            end do
         end associate
      end do
   end subroutine refuse_hidden_mask

   !> Whether a layer, or one in it, makes a mask.
   recursive logical function makes_mask(document, block) result(makes)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      integer :: child
      makes = document%class_name(block) == 'Masking' .or. flag(document, block, 'mask_zero')
      child = document%blocks(block)%first_child
      do while (child > 0 .and. .not. makes)
         makes = makes_mask(document, child)
         child = document%blocks(child)%next
      end do
   end function makes_mask

   !> Whether no mask passes a layer, whatever the version of Keras.
   logical function stops_mask(document, block) result(stops)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      select case (document%class_name(block))
      case ('LSTM', 'GRU', 'SimpleRNN', 'RNN', 'ConvLSTM1D', 'ConvLSTM2D', 'ConvLSTM3D')
         stops = .not. flag(document, block, 'return_sequences')
      case ('GlobalAveragePooling1D')
         stops = .true.
      case default
         stops = .false.
      end select
   end function stops_mask

   !> Whether an option is true.
   logical function flag(document, block, key)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      character(*), intent(in) :: key
      integer :: at
      flag = .false.
      at = document%find_option(document%blocks(block)%options, key)
      if (at > 0) flag = document%text%same(document%options(at)%json, 'true')
   end function flag

end module fkb_model_source
