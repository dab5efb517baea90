!> From a model that is being put together to a document, by way of the text of a model file: what
!> the parser checks is checked here, and there is no second way into a network.
module fkb_model_text
   use fkb_document, only: document_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_quote
   use fkb_layer_spec, only: block_lines, layer_spec_t, new_spec
   use fkb_model_draft, only: model_draft_t
   use fkb_model_order, only: keras_order
   use fkb_reader, only: parse_document
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: read_draft, draft_as_layer

   character(1), parameter :: nl = achar(10)

contains

   !> The document of a draft: layers in Keras's order, only those that the outputs need, and the
   !> ports of the network that it extends; without weights.
   !> Raises the first problem of the draft, and what is wrong with names, options and tensors.
   subroutine read_draft(draft, precision, document, error)
      class(model_draft_t), intent(in) :: draft
      character(*), intent(in) :: precision             !! `float32` or `float64`
      type(document_t), intent(out) :: document
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: lines, text
      type(layer_spec_t) :: compiled
      call ordered_lines(draft, lines, error)
      if (allocated(error)) return
      text = head(draft, precision)//draft%option_lines//lines//'end'//nl//draft%port_lines
      if (len(draft%compiled) > 0) then
         compiled = new_spec('compile', 'compile')
         compiled%members = draft%compiled
         lines = block_lines(compiled, '', '')
         text = text//'compile'//lines(index(lines, nl):)
      end if
      text = text//'checksum none'//nl//draft%port_values//'end'//nl
      call read_text(text, document, error)
   end subroutine read_draft

   !> A whole model as a layer of another; what is wrong with it is its problem.
   function draft_as_layer(draft, name) result(spec)
      class(model_draft_t), intent(in) :: draft
      character(*), intent(in), optional :: name        !! default: that of the model
      type(layer_spec_t) :: spec
      type(error_t), allocatable :: error
      character(:), allocatable :: lines
      spec = new_spec('Functional')
      call ordered_lines(draft, lines, error)
      if (allocated(error)) then
         spec%problem = error%message
         return
      end if
      if (draft%chain) spec%class_name = 'Sequential'
      spec%name = draft%name
      if (present(name)) spec%name = name
      call spec%put('trainable', .true.)
      spec%inside = lines
   end function draft_as_layer

   !> The first lines of a model file.
   function head(draft, precision) result(text)
      class(model_draft_t), intent(in) :: draft
      character(*), intent(in) :: precision
      character(:), allocatable :: text, class_name, name
      class_name = 'Functional'
      if (draft%chain) class_name = 'Sequential'
      name = draft%name
      if (len(name) == 0) name = 'functional'
      if (len(draft%name) == 0 .and. draft%chain) name = 'sequential'
      text = 'fkb 1'//nl//'precision '//precision//nl//'keras '//json_quote(draft%keras_version)// &
         nl//'model '//json_quote(name)//' '//class_name//nl
   end function head

   !> The layers with their calls, the inputs and the outputs.
   subroutine ordered_lines(draft, lines, error)
      class(model_draft_t), intent(in) :: draft
      character(:), allocatable, intent(out) :: lines
      type(error_t), allocatable, intent(out) :: error
      type(document_t) :: document
      character(:), allocatable :: ends
      integer, allocatable :: blocks(:), layer_of(:)
      logical, allocatable :: needed(:)
      integer :: i, k
      lines = ''
      if (.not. draft%begun()) then
         call raise(error, fkb_err_argument, 'the model has no layers')
      else if (len(draft%problem) > 0) then
         call raise(error, fkb_err_argument, draft%problem)
      else if (draft%n_inputs == 0 .and. index(draft%inputs, '[') == 0) then
         call raise(error, fkb_err_argument, 'the model has no input')
      end if
      if (allocated(error)) return
      call put_ends(draft, ends)
      do i = 1, draft%n_layers
         lines = lines//block_lines(draft%layers(i)%spec, draft%layers(i)%nodes, '')
      end do
      call read_text(head(draft, 'float32')//lines//ends//'end'//nl//'checksum none'//nl//'end'// &
         nl, document, error)
      if (allocated(error)) return
      call keras_order(document, blocks, needed)
      allocate (layer_of(document%block_count), source=0)
      k = document%blocks(1)%first_child
      do i = 1, draft%n_layers
         layer_of(k) = i
         k = document%blocks(k)%next
      end do
      lines = ''
      do i = 1, size(blocks)
         associate (layer => draft%layers(layer_of(blocks(i))))
            lines = lines//block_lines(layer%spec, needed_calls(document, blocks(i), needed), '')
         end associate
      end do
      lines = lines//renumbered(document, needed, ends)
   end subroutine ordered_lines

   !> The lines `inputs` and `outputs`.
   subroutine put_ends(draft, ends)
      class(model_draft_t), intent(in) :: draft
      character(:), allocatable, intent(out) :: ends
      ends = 'inputs '//listed(draft%inputs, draft%n_inputs)//nl//'outputs '
      if (draft%n_outputs > 0) then
         ends = ends//listed(draft%outputs, draft%n_outputs)//nl
      else
         ends = ends//draft%last%text()//nl
      end if
   end subroutine put_ends

   !> One tensor, or a list of several.
   function listed(tensors, n) result(text)
      character(*), intent(in) :: tensors
      integer, intent(in) :: n
      character(:), allocatable :: text
      text = tensors
      if (n > 1) text = '['//tensors//']'
   end function listed

   !> The lines of those calls of a layer that are needed.
   function needed_calls(document, block, needed) result(lines)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      logical, intent(in) :: needed(:)
      character(:), allocatable :: lines
      integer :: i
      lines = ''
      do i = document%blocks(block)%nodes%first, document%blocks(block)%nodes%last
         if (.not. needed(i)) cycle
         lines = lines//'node '//renumbered(document, needed, document%text%get( &
            document%nodes(i)%args))//' '//renumbered(document, needed, document%text%get( &
            document%nodes(i)%kwargs))//nl
      end do
   end function needed_calls

   !> JSON in which tensors of a layer that lost calls have the numbers of those that are left.
   function renumbered(document, needed, json) result(text)
      type(document_t), intent(in) :: document
      logical, intent(in) :: needed(:)
      character(*), intent(in) :: json
      character(:), allocatable :: text, name
      integer :: block, i, new
      text = json
      block = document%blocks(1)%first_child
      do while (block > 0)
         name = json_quote(document%name(block))
         new = 0
         associate (nodes => document%blocks(block)%nodes)
            do i = nodes%first, nodes%last
               if (.not. needed(i)) cycle
               if (i - nodes%first /= new) call replace(text, '['//name//','// &
                  decimal(i - nodes%first)//',', '['//name//','//decimal(new)//',')
               new = new + 1
            end do
         end associate
         block = document%blocks(block)%next
      end do
   end function renumbered

   !> Put one text in the place of another, everywhere.
   subroutine replace(text, old, new)
      character(:), allocatable, intent(inout) :: text
      character(*), intent(in) :: old, new
      character(:), allocatable :: done
      integer :: at
      done = ''
      do
         at = index(text, old)
         if (at == 0) exit
         done = done//text(:at - 1)//new
         text = text(at + len(old):)
      end do
      text = done//text
   end subroutine replace

   !> Read the text of a model file; its lines are nobody's, so that errors name none.
   subroutine read_text(text, document, error)
      character(*), intent(in) :: text
      type(document_t), intent(out) :: document
      type(error_t), allocatable, intent(out) :: error
      character(1), allocatable, target :: bytes(:)
      integer :: i
      allocate (bytes(len(text)))
      do i = 1, len(text)
         bytes(i) = text(i:i)
      end do
      call parse_document(bytes, document, error)
      if (allocated(error)) error%line = 0
   end subroutine read_text

end module fkb_model_text
