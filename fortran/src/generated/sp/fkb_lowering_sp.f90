! Generated from network/fkb_lowering.fypp: edit that file and run tools/generate.py
!> Lowers the tree of a document to a flat graph: nested models disappear, every call of a layer
!> becomes a node, nodes come in topological order.
module fkb_lowering_sp
   use fkb_boxes_sp, only: make_boxes, option_text
   use fkb_builder_sp, only: add_node, add_value, adopt, builder_t, lay_out_weights, &
      too_large
   use fkb_document, only: document_t
   use fkb_error, only: add_context, error_t, fkb_err_format, fkb_err_unsupported, raise
   use fkb_json, only: json_element, json_kind, json_length, json_next, json_string
   use fkb_kinds, only: i8
   use fkb_program_sp, only: always_inference, always_training, follows_mode, &
      program_t
   use fkb_registry_sp, only: registry_t
   use fkb_shape, only: open_extent, shape_of, shape_t
   use fkb_text, only: decimal, span_t
   implicit none (type, external)
   private
   public :: lower

   !> Values that the nodes of one call of a container have made.
   type :: scope_t
      integer, allocatable :: first(:)           !! per node of the document, 0: not made yet
      integer, allocatable :: count(:)           !! per node of the document
      integer, allocatable :: values(:)          !! a pool
      integer :: used = 0
   end type scope_t

   !> Bounds of what a small file can ask for with models that call models twice.
   integer, parameter :: most_calls = 100000
   integer(i8), parameter :: most_looks = 1000000000_i8

contains

   !> Make the program of a document. Shapes may stay open; weights are laid out, not filled.
   !> Raises an error that names the layer.
   subroutine lower(document, registry, graph, error)
      type(document_t), intent(in) :: document
      type(registry_t), intent(in) :: registry
      type(program_t), intent(inout) :: graph            !! replaced
      type(error_t), allocatable, intent(out) :: error
      type(builder_t) :: builder
      integer :: k
      call graph%clear()
      allocate (builder%box_of(document%block_count), builder%activation_of(document%block_count))
      call make_boxes(document, registry, graph%layers, builder%box_of, builder%activation_of, &
                      error)
      if (allocated(error)) return
      allocate (builder%nodes(16), builder%values(16), builder%segments(16))
      call declare_inputs(document, builder, graph%inputs, error)
      if (allocated(error)) return
      call expand(document, graph, builder, 1, follows_mode, graph%inputs, graph%outputs, error)
      if (allocated(error)) return
      call lay_out_weights(builder, graph, error)
      if (allocated(error)) return
      do k = 1, size(graph%outputs)
         associate (value => builder%values(graph%outputs(k)))
            value%consumers = value%consumers + 1
         end associate
      end do
      call adopt(builder, graph)
      graph%key = fingerprint(document, graph)
   end subroutine lower

   !> A value for each input of the model, with the shape of its InputLayer.
   subroutine declare_inputs(document, builder, inputs, error)
      type(document_t), intent(in) :: document
      type(builder_t), intent(inout) :: builder
      integer, allocatable, intent(out) :: inputs(:)
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      type(shape_t) :: shape
      integer :: block, k
      associate (range => document%blocks(1)%inputs%references)
         allocate (inputs(range%count()))
         do k = 1, range%count()
            block = document%references(range%first + k - 1)%block
            json = option_text(document, block, 'batch_shape')
            call input_shape(json, shape, error)
            if (allocated(error)) then
               call add_context(error, 'layer "'//document%path(block)//'"')
               return
            end if
            call add_value(builder, shape, 0, inputs(k))
         end do
      end associate
   end subroutine declare_inputs

   !> The shape of `[null,20,27,2]`, Keras's order with the batch first.
   subroutine input_shape(json, shape, error)
      character(*), intent(in) :: json
      type(shape_t), intent(out) :: shape
      type(error_t), allocatable, intent(out) :: error
      type(span_t) :: part
      integer :: extents(64), i, n, stat
      n = json_length(json)
      if (json_kind(json) /= 'array' .or. n < 2 .or. n > size(shape%extent) + 1) then
         call raise(error, fkb_err_unsupported, 'batch_shape must be a list of 2 to '// &
            decimal(size(shape%extent) + 1)//' extents, not '//json)
         return
      end if
      do i = 1, n - 1
         part = json_element(json, i)
         stat = 0
         if (json(part%first:part%last) == 'null') then
            extents(n - i) = open_extent
         else
            read (json(part%first:part%last), *, iostat=stat) extents(n - i)
         end if
         if (stat /= 0 .or. extents(n - i) == 0 .or. extents(n - i) < open_extent) then
            call raise(error, fkb_err_unsupported, 'batch_shape '//json//' has a malformed extent')
            return
         end if
      end do
      shape = shape_of(extents(:n - 1))
      if (too_large(shape)) call raise(error, fkb_err_unsupported, 'batch_shape '//json// &
         ' is too large')
   end subroutine input_shape

   !> Make the nodes of one call of a container.
   recursive subroutine expand(document, graph, builder, container, around, inputs, outputs, &
      error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: container                   !! its block
      integer, intent(in) :: around                      !! call mode of the call
      integer, intent(in) :: inputs(:)                   !! values
      integer, allocatable, intent(out) :: outputs(:)    !! values
      type(error_t), allocatable, intent(out) :: error
      type(scope_t) :: scope
      integer :: k
      builder%n_calls = builder%n_calls + 1
      builder%looked_at = builder%looked_at + document%node_count
      if (builder%n_calls > most_calls .or. builder%looked_at > most_looks) then
         call raise(error, fkb_err_unsupported, 'there are too many calls of nested models')
         return
      end if
      allocate (scope%first(document%node_count), scope%count(document%node_count), source=0)
      allocate (scope%values(16))
      associate (range => document%blocks(container)%inputs%references)
         if (range%count() /= size(inputs)) then
            call raise(error, fkb_err_unsupported, '"'//document%path(container)//'" takes '// &
               decimal(range%count())//' inputs and is called with '//decimal(size(inputs)), &
               document%blocks(container)%line)
            return
         end if
         do k = 1, size(inputs)
            associate (node => document%references(range%first + k - 1)%node)
               if (scope%count(node) > 0) then
                  call raise(error, fkb_err_unsupported, 'input "'//document%path( &
                     document%nodes(node)%block)//'" stands twice', &
                     document%blocks(container)%line)
                  return
               end if
               call remember(scope, node, inputs(k:k))
            end associate
         end do
      end associate
      associate (range => document%blocks(container)%outputs%references)
         allocate (outputs(range%count()))
         do k = 1, range%count()
            associate (wanted => document%references(range%first + k - 1))
               call visit(document, graph, builder, scope, around, wanted%node, error)
               if (.not. allocated(error)) call fetch(document, scope, range%first + k - 1, &
                  outputs(k), error)
               if (allocated(error)) return
            end associate
         end do
      end associate
   end subroutine expand

   !> Make a node after all that it depends on; the parser has refused cycles.
   recursive subroutine visit(document, graph, builder, scope, around, wanted, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      type(scope_t), intent(inout) :: scope
      integer, intent(in) :: around                      !! call mode of the container
      integer, intent(in) :: wanted                      !! node of the document
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: stack(:), made(:)
      integer :: depth, i, needed, node
      allocate (stack(document%node_count + 1))
      stack(1) = wanted
      depth = 1
      do while (depth > 0)
         node = stack(depth)
         needed = 0
         if (scope%count(node) == 0) then
            associate (range => document%nodes(node)%references)
               do i = range%first, range%last
                  needed = document%references(i)%node
                  if (scope%count(needed) == 0) exit
                  needed = 0
               end do
            end associate
            if (needed > 0) then
               depth = depth + 1
               stack(depth) = needed
               cycle
            end if
            call make(document, graph, builder, scope, around, node, made, error)
            if (allocated(error)) return
            call remember(scope, node, made)
         end if
         depth = depth - 1
      end do
   end subroutine visit

   !> Make one node of the document whose inputs are there.
   recursive subroutine make(document, graph, builder, scope, around, node, made, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      type(scope_t), intent(in) :: scope
      integer, intent(in) :: around                      !! call mode of the container
      integer, intent(in) :: node
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: inputs(:), plain(:)
      integer :: block, call_mode, i
      block = document%nodes(node)%block
      call read_arguments(document, node, call_mode, error)
      if (call_mode == follows_mode) call_mode = around
      associate (range => document%nodes(node)%references)
         allocate (inputs(range%count()))
         do i = 1, range%count()
            if (.not. allocated(error)) call fetch(document, scope, range%first + i - 1, &
               inputs(i), error)
         end do
      end associate
      if (.not. allocated(error)) then
         if (document%is_container(block)) then
            call expand(document, graph, builder, block, call_mode, inputs, made, error)
            return
         else if (builder%box_of(block) == 0) then
            call raise(error, fkb_err_unsupported, 'this input is not among the model''s inputs')
         else
            call add_node(graph, builder, builder%box_of(block), inputs, call_mode, plain, error)
            if (.not. allocated(error) .and. builder%activation_of(block) > 0) then
               call add_node(graph, builder, builder%activation_of(block), plain, call_mode, made, &
                  error)
            else
               call move_alloc(plain, made)
            end if
         end if
      end if
      if (.not. allocated(error)) return
      call add_context(error, 'layer "'//document%path(block)//'" ('// &
         document%class_name(block)//')')
      if (error%line == 0) error%line = document%nodes(node)%line
   end subroutine make

   !> Arguments of a call that are no positional tensors.
   subroutine read_arguments(document, node, call_mode, error)
      type(document_t), intent(in) :: document
      integer, intent(in) :: node
      integer, intent(out) :: call_mode
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: args, kwargs, name, json
      type(span_t) :: key, value
      integer :: position
      call_mode = follows_mode
      args = document%text%get(document%nodes(node)%args)
      kwargs = document%text%get(document%nodes(node)%kwargs)
      if (.not. only_tensors(args)) then
         call raise(error, fkb_err_unsupported, 'a call with constants as arguments, '//args// &
            ', is not supported')
         return
      end if
      position = 0
      do
         call json_next(kwargs, position, key, value)
         if (position == 0) exit
         name = json_string(kwargs(key%first:key%last))
         json = kwargs(value%first:value%last)
         if (json == 'null') cycle
         if (name == 'training' .and. json == 'true') then
            call_mode = always_training
         else if (name == 'training' .and. json == 'false') then
            call_mode = always_inference
         else
            call raise(error, fkb_err_unsupported, 'argument "'//name//'" = '//json// &
               ' of the call is not supported')
            return
         end if
      end do
   end subroutine read_arguments

   !> Whether an argument list holds nothing but (nested lists of) tensors.
   recursive logical function only_tensors(json) result(only)
      character(*), intent(in) :: json
      type(span_t) :: key, value, first
      integer :: position
      only = json_kind(json) == 'array'
      if (.not. only) return
      first = json_element(json, 0)
      if (json_length(json) == 3) then
         if (json_kind(json(first%first:first%last)) == 'string') return
      end if
      position = 0
      do
         call json_next(json, position, key, value)
         if (position == 0) exit
         only = only .and. only_tensors(json(value%first:value%last))
      end do
   end function only_tensors

   subroutine remember(scope, node, values)
      type(scope_t), intent(inout) :: scope
      integer, intent(in) :: node
      integer, intent(in) :: values(:)
      integer, allocatable :: grown(:)
      if (scope%used + size(values) > size(scope%values)) then
         allocate (grown(2*(scope%used + size(values))))
         grown(:scope%used) = scope%values(:scope%used)
         call move_alloc(grown, scope%values)
      end if
      scope%first(node) = scope%used + 1
      scope%count(node) = size(values)
      scope%values(scope%used + 1:scope%used + size(values)) = values
      scope%used = scope%used + size(values)
   end subroutine remember

   !> The value that a reference of the document means.
   subroutine fetch(document, scope, reference, value, error)
      type(document_t), intent(in) :: document
      type(scope_t), intent(in) :: scope
      integer, intent(in) :: reference
      integer, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      value = 0
      associate (wanted => document%references(reference))
         if (wanted%argument < 0 .and. wanted%keyword%count() > 0) then
            call raise(error, fkb_err_unsupported, 'a tensor as argument "'// &
               document%text%get(wanted%keyword)//'" of the call is not supported')
         else if (wanted%index >= scope%count(wanted%node)) then
            call raise(error, fkb_err_format, 'output '//decimal(wanted%index)//' of layer "'// &
               document%text%get(wanted%name)//'" does not exist')
         else
            value = scope%values(scope%first(wanted%node) + wanted%index)
         end if
      end associate
   end subroutine fetch

   !> A number that two networks share only if they have the same layers, options and wiring.
   integer(i8) function fingerprint(document, graph) result(key)
      type(document_t), intent(in) :: document
      type(program_t), intent(in) :: graph
      integer :: i, k
      key = 1
      do i = 1, document%option_count
         call stir(key, document%text%get(document%options(i)%key))
         call stir(key, document%text%get(document%options(i)%json))
      end do
      do i = 1, size(graph%nodes)
         call stir(key, graph%layers(graph%nodes(i)%layer)%class_name)
         do k = 1, size(graph%nodes(i)%inputs)
            call stir(key, decimal(graph%nodes(i)%inputs(k)))
         end do
      end do
   end function fingerprint

   pure subroutine stir(key, text)
      integer(i8), intent(inout) :: key
      character(*), intent(in) :: text
      integer(i8), parameter :: modulus = 36028797018963913_i8   ! a prime below 2**55
      integer :: i
      do i = 1, len(text)
         key = mod(key*131_i8 + iachar(text(i:i)) + 1_i8, modulus)
      end do
   end subroutine stir

end module fkb_lowering_sp
