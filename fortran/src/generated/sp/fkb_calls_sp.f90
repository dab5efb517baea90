! Generated from network/fkb_calls.fypp: edit that file and run tools/generate.py
!> Reads a line `node ARGS KWARGS`: which values a call takes, as which arguments, and its
!> constants.
module fkb_calls_sp
   use fkb_builder_sp, only: add_box, add_node, builder_t, call_t
   use fkb_document, only: document_t
   use fkb_error, only: error_t, fkb_err_unsupported, raise
   use fkb_json, only: json_element, json_kind, json_length, json_next, json_string
   use fkb_plan, only: role_t
   use fkb_program_sp, only: always_inference, always_training, program_t
   use fkb_scope_sp, only: scope_t
   use fkb_text, only: span_t
   implicit none (type, external)
   private
   public :: read_call, add_input

contains

   !> Read one call. Constants in the place of tensors, which operations may have, become nodes.
   subroutine read_call(document, graph, builder, scope, node, call, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      type(scope_t), intent(in) :: scope
      integer, intent(in) :: node                        !! of the document
      type(call_t), intent(inout) :: call                !! `mode` and `fold` are those around it
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: args, kwargs
      integer :: value, reference
      args = document%text%get(document%nodes(node)%args)
      kwargs = document%text%get(document%nodes(node)%kwargs)
      allocate (call%inputs(0), call%roles(0))
      associate (range => document%nodes(node)%references)
         if (is_operation(document, document%nodes(node)%block)) then
            reference = range%first
            call read_operands(document, graph, builder, scope, args, -1, reference, call, error)
         else
            if (.not. only_tensors(args)) then
               call raise(error, fkb_err_unsupported, 'a call with constants as arguments, '// &
                  args//', is not supported')
               return
            end if
            do reference = range%first, range%last
               if (document%references(reference)%argument < 0) exit
               call scope%fetch(document, reference, value, error)
               if (allocated(error)) return
               call add_input(call, value, document%references(reference)%argument, '')
            end do
         end if
         if (allocated(error)) return
         do reference = reference, range%last
            call scope%fetch(document, reference, value, error)
            if (allocated(error)) return
            call add_input(call, value, -1, document%text%get( &
               document%references(reference)%keyword))
         end do
      end associate
      call read_constants(kwargs, builder%keras_major, call)
   end subroutine read_call

   !> Append an input.
   subroutine add_input(call, value, argument, keyword)
      type(call_t), intent(inout) :: call
      integer, intent(in) :: value
      integer, intent(in) :: argument                    !! position, -1 for a keyword
      character(*), intent(in) :: keyword
      type(role_t), allocatable :: grown(:)
      integer :: i, n
      n = size(call%inputs)
      allocate (grown(n + 1))
      do i = 1, n
         grown(i) = call%roles(i)
      end do
      grown(n + 1)%argument = argument
      grown(n + 1)%keyword = keyword
      call move_alloc(grown, call%roles)
      call%inputs = [call%inputs, value]
   end subroutine add_input

   !> Whether a layer is an operation of `keras.ops`.
   logical function is_operation(document, block)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      is_operation = index(document%class_name(block), 'ops.') == 1
   end function is_operation

   !> The operands of an operation in order. In a list with a tensor every element is an operand; a
   !> value without a tensor is a constant, which gets a node of its own; a null is none.
   recursive subroutine read_operands(document, graph, builder, scope, json, argument, &
      reference, call, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      type(scope_t), intent(in) :: scope
      character(*), intent(in) :: json                   !! an array
      integer, intent(in) :: argument                    !! that it is, -1 for all arguments
      integer, intent(inout) :: reference                !! of the next tensor
      type(call_t), intent(inout) :: call
      type(error_t), allocatable, intent(out) :: error
      type(span_t) :: key, part
      integer :: here, position, value
      position = 0
      here = argument
      do
         call json_next(json, position, key, part)
         if (position == 0) return
         if (argument < 0) here = here + 1
         associate (text => json(part%first:part%last))
            if (is_tensor(text)) then
               call scope%fetch(document, reference, value, error)
               reference = reference + 1
               if (.not. allocated(error)) call add_input(call, value, here, '')
            else if (json_kind(text) == 'array' .and. holds_tensor(text)) then
               call read_operands(document, graph, builder, scope, text, here, reference, call, &
                  error)
            else if (json_kind(text) /= 'null') then
               call add_constant(document, graph, builder, scope, reference, text, call, value, &
                  error)
               if (.not. allocated(error)) call add_input(call, value, here, '')
               if (.not. allocated(error)) call%roles(size(call%roles))%constant = .true.
            end if
         end associate
         if (allocated(error)) return
      end do
   end subroutine read_operands

   !> A node whose output is the same for every sample.
   subroutine add_constant(document, graph, builder, scope, reference, json, call, value, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      type(scope_t), intent(in) :: scope
      integer, intent(in) :: reference                   !! of a tensor of the call, if there is one
      character(*), intent(in) :: json
      type(call_t), intent(in) :: call                   !! so far
      integer, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: plain
      integer, allocatable :: outputs(:)
      integer :: box, like
      value = 0
      if (size(call%inputs) > 0) then
         like = call%inputs(1)
      else
         call scope%fetch(document, reference, like, error)
         if (allocated(error)) return
      end if
      allocate (plain%inputs(0), plain%roles(0))
      call add_input(plain, like, 0, '')
      plain%mode = call%mode
      plain%fold = call%fold
      call add_box(graph, builder, 0, 'fkb>Constant', '{"value":'//json//'}', box, error)
      if (.not. allocated(error)) call add_node(graph, builder, box, plain, outputs, error)
      if (.not. allocated(error)) value = outputs(1)
   end subroutine add_constant

   !> Constants among the keyword arguments. Of an argument with tensors the layer may see the
   !> structure; a null says nothing. `training` is the network's business: Keras 2 keeps it, and
   !> `predict` and `fit` of Keras 3 state their own for all calls.
   !> Source: `Functional.call`, `operation_fn` of Keras 3.15.
   subroutine read_constants(kwargs, keras_major, call)
      character(*), intent(in) :: kwargs
      integer, intent(in) :: keras_major                 !! whose meaning the file has
      type(call_t), intent(inout) :: call
      character(:), allocatable :: name
      type(span_t) :: key, value
      integer :: position
      position = 0
      do
         call json_next(kwargs, position, key, value)
         if (position == 0) return
         name = json_string(kwargs(key%first:key%last))
         associate (json => kwargs(value%first:value%last))
            if (json == 'null') cycle
            if (name == 'training' .and. (json == 'true' .or. json == 'false')) then
               if (keras_major <= 2) call%mode = merge(always_training, always_inference, &
                                                       json == 'true')
            else
               call call%constants%set(name, json)
               if (holds_tensor(json)) call call%constants%ignore(name)
            end if
         end associate
      end do
   end subroutine read_constants

   !> Whether a JSON value is `["layer",node,index]`.
   logical function is_tensor(json)
      character(*), intent(in) :: json
      type(span_t) :: key, part
      integer :: n, position
      is_tensor = .false.
      if (json_kind(json) /= 'array') return
      if (json(2:2) /= '"' .or. json_length(json) /= 3) return
      position = 0
      do n = 1, 3
         call json_next(json, position, key, part)
         if (n > 1 .and. verify(json(part%first:part%last), '0123456789') > 0) return
      end do
      is_tensor = .true.
   end function is_tensor

   !> Whether there is a tensor anywhere in a JSON value.
   recursive logical function holds_tensor(json) result(holds)
      character(*), intent(in) :: json
      type(span_t) :: key, value
      integer :: position
      holds = is_tensor(json)
      if (holds .or. .not. (json_kind(json) == 'array' .or. json_kind(json) == 'object')) return
      position = 0
      do
         call json_next(json, position, key, value)
         if (position == 0) return
         holds = holds_tensor(json(value%first:value%last))
         if (holds) return
      end do
   end function holds_tensor

   !> Whether an argument list holds nothing but (nested lists of) tensors.
   recursive logical function only_tensors(json) result(only)
      character(*), intent(in) :: json
      type(span_t) :: key, value
      integer :: position
      only = json_kind(json) == 'array'
      if (.not. only .or. is_tensor(json)) return
      position = 0
      do
         call json_next(json, position, key, value)
         if (position == 0) exit
         only = only .and. only_tensors(json(value%first:value%last))
      end do
   end function only_tensors

end module fkb_calls_sp
