! Generated from network/fkb_lowering.fypp: edit that file and run tools/generate.py
!> Lowers the tree of a document to a flat graph: nested models disappear, every call of a layer
!> becomes a node, nodes come in topological order.
module fkb_lowering_sp
   use fkb_boxes_sp, only: make_boxes, option_text
   use fkb_builder_sp, only: add_box, add_node, add_value, adopt, builder_t, call_t, &
      lay_out_weights, too_large
   use fkb_calls_sp, only: add_input, read_call
   use fkb_channels_sp, only: call_layer
   use fkb_document, only: document_t
   use fkb_document_masks, only: find_output_masks
   use fkb_error, only: add_context, error_t, fkb_err_format, fkb_err_unsupported, raise
   use fkb_json, only: json_element, json_kind, json_length
   use fkb_kinds, only: i8
   use fkb_program_sp, only: follows_mode, program_t
   use fkb_registry_sp, only: registry_t
   use fkb_scope_sp, only: scope_t
   use fkb_shape, only: open_extent, shape_of, shape_t
   use fkb_text, only: decimal, span_t
   implicit none (type, external)
   private
   public :: lower
   public :: call_block     ! for the submodule: gfortran 12 does not link it to a private one

   !> Bounds of what a small file can ask for with models that call models twice.
   integer, parameter :: most_calls = 100000
   integer(i8), parameter :: most_looks = 1000000000_i8

   interface

      !> Make the nodes of one call of a layer around layers.
      recursive module subroutine call_wrapper(document, graph, builder, block, call, made, error)
         type(document_t), intent(in) :: document
         type(program_t), intent(inout) :: graph
         type(builder_t), intent(inout) :: builder
         integer, intent(in) :: block                       !! of the document
         type(call_t), intent(in) :: call
         integer, allocatable, intent(out) :: made(:)       !! values
         type(error_t), allocatable, intent(out) :: error
      end subroutine call_wrapper

   end interface

contains

   !> Make the program of a document. Shapes may stay open; weights are laid out, not filled.
   !> Raises an error that names the layer.
   subroutine lower(document, registry, graph, error)
      type(document_t), intent(in) :: document
      type(registry_t), intent(in), target :: registry
      type(program_t), intent(inout) :: graph            !! replaced
      type(error_t), allocatable, intent(out) :: error
      type(builder_t) :: builder
      type(call_t) :: call
      integer :: k
      call graph%clear()
      builder%registry => registry
      builder%keras_major = document%keras_major()
      allocate (builder%box_of(document%block_count), builder%activation_of(document%block_count))
      call make_boxes(document, registry, graph%layers, builder%box_of, builder%activation_of, &
                      error)
      if (allocated(error)) return
      allocate (builder%nodes(16), builder%values(16), builder%segments(16), builder%states(0))
      call declare_inputs(document, builder, graph%inputs, error)
      if (allocated(error)) return
      call%inputs = graph%inputs
      call expand(document, graph, builder, 1, call, graph%outputs, error)
      if (allocated(error)) return
      call lay_out_weights(builder, graph, error)
      if (allocated(error)) return
      do k = 1, size(graph%outputs)
         associate (value => builder%values(graph%outputs(k)))
            value%consumers = value%consumers + 1
         end associate
      end do
      do k = 1, size(graph%output_masks)
         if (graph%output_masks(k) == 0) cycle
         associate (value => builder%values(graph%output_masks(k)))
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
   recursive subroutine expand(document, graph, builder, container, call, outputs, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: container                   !! its block
      type(call_t), intent(in) :: call
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
      call scope%start(document%node_count)
      call bind_inputs(document, container, call, scope, error)
      if (allocated(error)) return
      associate (range => document%blocks(container)%outputs%references)
         allocate (outputs(range%count()))
         do k = 1, range%count()
            associate (wanted => document%references(range%first + k - 1))
               call visit(document, graph, builder, scope, call, wanted%node, error)
               if (.not. allocated(error)) call scope%fetch(document, range%first + k - 1, &
                  outputs(k), error)
               if (allocated(error)) return
            end associate
         end do
      end associate
      if (container == 1) call add_output_masks(document, graph, builder, scope, call, error)
   end subroutine expand

   !> The masks of the model's outputs, which losses use: its meta data `output_masks`.
   recursive subroutine add_output_masks(document, graph, builder, scope, call, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      type(scope_t), intent(inout) :: scope
      type(call_t), intent(in) :: call
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: indices(:), nodes(:)
      integer :: k
      call find_output_masks(document, nodes, indices, error)
      if (allocated(error)) return
      allocate (graph%output_masks(size(nodes)), source=0)
      do k = 1, size(nodes)
         if (nodes(k) == 0) cycle
         call visit(document, graph, builder, scope, call, nodes(k), error)
         if (allocated(error)) return
         if (indices(k) >= scope%count(nodes(k))) then
            call raise(error, fkb_err_format, 'the meta data "output_masks" names an output'// &
                       ' that a layer does not have', document%blocks(1)%line)
            return
         end if
         graph%output_masks(k) = scope%values(scope%first(nodes(k)) + indices(k))
      end do
   end subroutine add_output_masks

   !> The values that a container is called with are those of its InputLayers.
   subroutine bind_inputs(document, container, call, scope, error)
      type(document_t), intent(in) :: document
      integer, intent(in) :: container
      type(call_t), intent(in) :: call
      type(scope_t), intent(inout) :: scope
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      associate (range => document%blocks(container)%inputs%references)
         if (range%count() /= size(call%inputs)) then
            call raise(error, fkb_err_unsupported, '"'//document%path(container)//'" takes '// &
               decimal(range%count())//' inputs and is called with '// &
               decimal(size(call%inputs)), document%blocks(container)%line)
            return
         end if
         do k = 1, size(call%inputs)
            associate (node => document%references(range%first + k - 1)%node)
               if (scope%count(node) > 0) then
                  call raise(error, fkb_err_unsupported, 'input "'//document%path( &
                     document%nodes(node)%block)//'" stands twice', &
                     document%blocks(container)%line)
                  return
               end if
               call scope%remember(node, call%inputs(k:k))
            end associate
         end do
      end associate
   end subroutine bind_inputs

   !> Make a node after all that it depends on; the parser has refused cycles.
   recursive subroutine visit(document, graph, builder, scope, around, wanted, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      type(scope_t), intent(inout) :: scope
      type(call_t), intent(in) :: around                 !! the call of the container
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
            call scope%remember(node, made)
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
      type(call_t), intent(in) :: around                 !! the call of the container
      integer, intent(in) :: node
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: call
      integer :: block
      block = document%nodes(node)%block
      call%mode = around%mode
      call%fold = around%fold
      call read_call(document, graph, builder, scope, node, call, error)
      if (.not. allocated(error)) then
         call call_block(document, graph, builder, block, call, made, error)
         if (document%is_container(block)) return
      end if
      if (.not. allocated(error)) return
      call add_context(error, 'layer "'//document%path(block)//'" ('// &
         document%class_name(block)//')')
      if (error%line == 0) error%line = document%nodes(node)%line
   end subroutine make

   !> Call whatever a block is: a model, a layer around layers, or a layer.
   recursive subroutine call_block(document, graph, builder, block, call, made, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: block
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: plain(:)
      type(call_t) :: next
      if (document%is_container(block)) then
         call refuse_keywords(call, error)
         if (.not. allocated(error)) call expand(document, graph, builder, block, call, made, error)
      else if (document%is_wrapper(block)) then
         call call_wrapper(document, graph, builder, block, call, made, error)
      else if (builder%box_of(block) == 0) then
         call raise(error, fkb_err_unsupported, 'this input is not among the model''s inputs')
      else if (builder%activation_of(block) == 0) then
         call call_layer(graph, builder, builder%box_of(block), call, made, error)
      else
         call call_layer(graph, builder, builder%box_of(block), call, plain, error)
         if (allocated(error)) return
         allocate (next%inputs(0), next%roles(0))
         call add_input(next, plain(1), 0, '')
         next%mode = call%mode
         next%fold = call%fold
         call call_layer(graph, builder, builder%activation_of(block), next, made, error)
         if (.not. allocated(error)) made = [made, plain(2:)]
      end if
   end subroutine call_block

   !> A nested model takes its inputs by position and knows no arguments.
   subroutine refuse_keywords(call, error)
      type(call_t), intent(in) :: call
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: copy
      character(:), allocatable :: unread
      integer :: i
      if (.not. allocated(call%roles)) return
      do i = 1, size(call%roles)
         if (call%roles(i)%argument >= 0) cycle
         call raise(error, fkb_err_unsupported, 'a tensor as argument "'// &
            call%roles(i)%keyword//'" of a nested model is not supported')
         return
      end do
      copy%constants = call%constants
      call copy%constants%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'the arguments '//unread// &
         ' of a nested model are not supported')
   end subroutine refuse_keywords

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
      do i = 1, document%node_count
         call stir(key, document%text%get(document%nodes(i)%args))
         call stir(key, document%text%get(document%nodes(i)%kwargs))
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
