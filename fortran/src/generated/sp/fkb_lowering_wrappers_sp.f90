! Generated from network/fkb_lowering_wrappers.fypp: edit that file and run tools/generate.py
!> Layers around layers: they leave no node of their own, only the nodes that they stand for.
submodule(fkb_lowering_sp) fkb_lowering_wrappers_sp
   use fkb_boxes_sp, only: has_two_states
   use fkb_config, only: config_t
   use fkb_json, only: json_quote
   implicit none (type, external)

contains

   module procedure call_wrapper
      type(config_t) :: config
      type(call_t) :: constants
      character(:), allocatable :: unread
      call document%config(block, config)
      call config%ignore('name dtype trainable batch_shape autocast')
      if (option_text(document, block, 'activity_regularizer') == 'null') then
         call config%ignore('activity_regularizer')
      end if
      constants%constants = call%constants
      call constants%constants%unread(unread)
      if (len(unread) > 0) then
         call raise(error, fkb_err_unsupported, 'the layer does not know the arguments '// &
            unread//' of the call')
         return
      end if
      select case (document%class_name(block))
      case ('TimeDistributed')
         call time_distributed(document, graph, builder, block, call, made, error)
      case ('Bidirectional')
         call bidirectional(document, graph, builder, block, config, call, made, error)
      case ('RNN')
         call config%ignore('return_sequences return_state go_backwards stateful unroll '// &
            'zero_output_for_mask seed')
         call cells_in_turn(document, graph, builder, block, call, made, error)
      case ('SpectralNormalization')
         call spectral_normalization(document, graph, builder, block, config, call, made, error)
      case default
         call raise(error, fkb_err_unsupported, 'layers around layers of this class are not '// &
            'supported')
      end select
      if (allocated(error)) return
      call config%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unsupported, &
         'this layer does not know the options '//unread)
   end procedure call_wrapper

   !> The layer that a wrapper has as this attribute.
   integer function child_of(document, block, role, error) result(child)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      character(*), intent(in) :: role
      type(error_t), allocatable, intent(out) :: error
      child = document%blocks(block)%first_child
      do while (child > 0)
         if (document%text%same(document%blocks(child)%role, role)) return
         child = document%blocks(child)%next
      end do
      call raise(error, fkb_err_unsupported, 'there is no layer "as '//role//'"')
   end function child_of

   !> Call a layer within a wrapper; messages name it.
   recursive subroutine call_child(document, graph, builder, child, call, made, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: child
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      call call_block(document, graph, builder, child, call, made, error)
      call add_context(error, json_quote(document%name(child))//' ('// &
         document%class_name(child)//')')
   end subroutine call_child

   !> The inner layer sees time steps as samples. A mask over the steps is one value for each sample
   !> there, of which BatchNormalization alone takes notice.
   recursive subroutine time_distributed(document, graph, builder, block, call, made, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: block
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: inner
      integer :: child, i
      child = child_of(document, block, 'layer', error)
      if (allocated(error)) return
      call start(call, inner)
      inner%fold = call%fold + 1
      do i = 1, size(call%inputs)
         associate (shape => builder%values(call%inputs(i))%shape, role => call%roles(i))
            if (role%keyword == 'mask' .and. shape%rank == inner%fold) then
               if (document%class_name(child) /= 'BatchNormalization') cycle
            else if (shape%rank <= inner%fold) then
               call raise(error, fkb_err_unsupported, 'expected an input with time steps and '// &
                  'further axes, not '//shape%text())
            end if
            if (allocated(error)) return
            call add_input(inner, call%inputs(i), role%argument, role%keyword)
         end associate
      end do
      call call_child(document, graph, builder, child, inner, made, error)
   end subroutine time_distributed

   !> The inner layer runs with the kernel as it is; a layer of its own behind it normalises that
   !> kernel before each training step.
   recursive subroutine spectral_normalization(document, graph, builder, block, config, call, &
                                               made, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: block
      type(config_t), intent(inout) :: config
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: next
      character(:), allocatable :: options
      integer, allocatable :: kept(:)
      integer :: box, child, power_iterations
      power_iterations = 1
      call config%get('power_iterations', power_iterations, error, default=1)
      if (allocated(error)) return
      child = child_of(document, block, 'layer', error)
      if (allocated(error)) return
      call call_child(document, graph, builder, child, call, made, error)
      if (allocated(error)) return
      if (builder%box_of(block) == 0) then
         associate (weights => document%blocks(block)%weights)
            if (weights%count() /= 1) then
               call raise(error, fkb_err_unsupported, 'one weight, "vector_u", is expected')
               return
            end if
            options = '{"length":'//decimal(document%tensors(weights%first)%count)// &
               ',"power_iterations":'//decimal(power_iterations)// &
               inner_kernel(builder, builder%box_of(child))
         end associate
         ! Lower bounds of lengths: of `normalize` of Keras 3, and of TensorFlow's `l2_normalize`.
         options = options//',"shortest":'//merge('1e-7', '1e-6', builder%keras_major >= 3)//'}'
         call add_box(graph, builder, builder%box_of(child), 'SpectralNormalization', options, &
            box, error)
         if (allocated(error)) return
         graph%layers(box)%around = builder%box_of(child)
         graph%layers(box)%block = block
         graph%layers(box)%path = document%path(block)
         builder%box_of(block) = box
      end if
      call start(call, next)
      call add_input(next, made(1), 0, '')
      call add_node(graph, builder, builder%box_of(block), next, kept, error)
      if (.not. allocated(error)) made(1) = kept(1)
   end subroutine spectral_normalization

   !> Where the kernel stands among the weights of a layer, as options; nothing if it has none.
   function inner_kernel(builder, box) result(options)
      type(builder_t), intent(in) :: builder
      integer, intent(in) :: box
      character(:), allocatable :: options
      integer :: i, node
      options = ''
      do node = 1, builder%n_nodes
         if (builder%nodes(node)%layer /= box) cycle
         associate (weights => builder%nodes(node)%plan%weights)
            do i = 1, size(weights)
               if (weights(i)%name /= 'kernel') cycle
               options = ',"kernel_first":'//decimal(weights(i)%first)//',"kernel_size":'// &
                  decimal(weights(i)%shape%count())
            end do
         end associate
         return
      end do
   end function inner_kernel

   !> Two layers, one of which goes backwards, and what becomes of their outputs.
   recursive subroutine bidirectional(document, graph, builder, block, config, call, made, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: block
      type(config_t), intent(inout) :: config
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: forth(:), back(:)
      integer :: first, reversed, second
      first = child_of(document, block, 'forward_layer', error)
      if (allocated(error)) return
      second = child_of(document, block, 'backward_layer', error)
      if (allocated(error)) return
      call one_direction(document, graph, builder, first, 1, call, forth, error)
      if (.not. allocated(error)) call one_direction(document, graph, builder, second, 2, call, &
         back, error)
      if (allocated(error)) return
      if (option_text(document, first, 'return_sequences') == 'true') then
         call add_own(graph, builder, builder%box_of(first), 'fkb>Reverse', '{}', call, &
            back(1:1), reversed, error)
         if (allocated(error)) return
         back(1) = reversed
      end if
      call merge_directions(graph, builder, builder%box_of(first), config, call, &
         [forth(1), back(1)], made, error)
      if (.not. allocated(error)) made = [made, forth(2:), back(2:)]
   end subroutine bidirectional

   !> One of the two layers, with its half of the initial states.
   recursive subroutine one_direction(document, graph, builder, child, half, call, outputs, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: child
      integer, intent(in) :: half                        !! 1 or 2
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: outputs(:)
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: inner
      integer :: i, n_states, state
      call start(call, inner)
      n_states = 0
      do i = 1, size(call%roles)
         if (call%roles(i)%keyword == 'initial_state') n_states = n_states + 1
      end do
      state = 0
      do i = 1, size(call%inputs)
         if (call%roles(i)%keyword == 'initial_state') then
            state = state + 1
            if ((2*state <= n_states) .neqv. half == 1) cycle
         end if
         call add_input(inner, call%inputs(i), call%roles(i)%argument, call%roles(i)%keyword)
      end do
      call call_child(document, graph, builder, child, inner, outputs, error)
   end subroutine one_direction

   !> What `merge_mode` makes of the outputs of the two directions.
   subroutine merge_directions(graph, builder, like, config, call, both, made, error)
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: like
      type(config_t), intent(inout) :: config
      type(call_t), intent(in) :: call
      integer, intent(in) :: both(2)
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: mode
      integer :: value
      mode = 'concat'
      if (config%kind_of('merge_mode') == 'null') mode = 'null'
      if (config%kind_of('merge_mode') == 'string') call config%get('merge_mode', mode, error)
      call config%ignore('merge_mode')
      select case (mode)
      case ('concat')
         call add_own(graph, builder, like, 'Concatenate', '{"axis":-1}', call, both, value, error)
      case ('sum')
         call add_own(graph, builder, like, 'Add', '{}', call, both, value, error)
      case ('mul')
         call add_own(graph, builder, like, 'Multiply', '{}', call, both, value, error)
      case ('ave')
         call add_own(graph, builder, like, 'Average', '{}', call, both, value, error)
      case ('null')
         made = both
         return
      case default
         call raise(error, fkb_err_unsupported, 'option "merge_mode" is "'//mode// &
            '", expected concat, sum, mul, ave or null')
         return
      end select
      made = [value]
   end subroutine merge_directions

   !> Cells one after another over the whole sequence: each sees all time steps of the one before,
   !> which gives what Keras gets with all cells at each step.
   recursive subroutine cells_in_turn(document, graph, builder, block, call, made, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: block
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: made(:)
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: inner, rest
      integer, allocatable :: outputs(:), states(:)
      integer :: cell, given, i, last, x
      cell = child_of(document, block, 'cell', error)
      if (allocated(error)) return
      last = cell
      if (document%is_wrapper(cell)) then
         cell = document%blocks(cell)%first_child
         last = 0
      end if
      x = call%inputs(1)
      rest = call
      given = 0
      allocate (states(0))
      do while (cell > 0)
         call start(call, inner)
         call add_input(inner, x, 0, '')
         do i = 2, size(rest%inputs)
            if (rest%roles(i)%keyword /= 'initial_state') call add_input(inner, rest%inputs(i), &
               rest%roles(i)%argument, rest%roles(i)%keyword)
         end do
         call take_states(call, merge(2, 1, has_two_states(document%class_name(cell))), given, &
            inner)
         call call_child(document, graph, builder, cell, inner, outputs, error)
         if (allocated(error)) return
         x = outputs(1)
         states = [states, outputs(2:)]
         if (cell == last) exit
         if (cell == document%blocks(document%blocks(cell)%parent)%first_child) then
            call reverse_masks(document, graph, builder, block, builder%box_of(cell), rest, error)
            if (allocated(error)) return
         end if
         cell = document%blocks(cell)%next
      end do
      made = [x, states]
   end subroutine cells_in_turn

   !> Behind a first cell that went backwards the steps of a mask come in the other order too.
   subroutine reverse_masks(document, graph, builder, block, like, call, error)
      type(document_t), intent(in) :: document
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: block, like
      type(call_t), intent(inout) :: call
      type(error_t), allocatable, intent(out) :: error
      integer :: i, reversed
      if (option_text(document, block, 'go_backwards') /= 'true') return
      do i = 2, size(call%inputs)
         if (call%roles(i)%keyword /= 'mask') cycle
         call add_own(graph, builder, like, 'fkb>Reverse', '{}', call, call%inputs(i:i), reversed, &
            error)
         if (allocated(error)) return
         call%inputs(i) = reversed
      end do
   end subroutine reverse_masks

   !> Hand the next `n` initial states on, where there are any.
   subroutine take_states(call, n, given, inner)
      type(call_t), intent(in) :: call
      integer, intent(in) :: n
      integer, intent(inout) :: given                    !! states handed on so far
      type(call_t), intent(inout) :: inner
      integer :: i, state
      state = 0
      do i = 1, size(call%inputs)
         if (call%roles(i)%keyword /= 'initial_state') cycle
         state = state + 1
         if (state > given .and. state <= given + n) then
            call add_input(inner, call%inputs(i), -1, 'initial_state')
         end if
      end do
      given = given + n
   end subroutine take_states

   !> A call without inputs yet, made where `call` is made.
   subroutine start(call, inner)
      type(call_t), intent(in) :: call
      type(call_t), intent(out) :: inner
      allocate (inner%inputs(0), inner%roles(0))
      inner%mode = call%mode
      inner%fold = call%fold
   end subroutine start

   !> Add a layer of the loader's own and a node of it.
   subroutine add_own(graph, builder, like, class_name, options, call, inputs, value, error)
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: like
      character(*), intent(in) :: class_name, options
      type(call_t), intent(in) :: call                   !! made where it is made
      integer, intent(in) :: inputs(:)
      integer, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      type(call_t) :: inner
      integer, allocatable :: outputs(:)
      integer :: box, i
      value = 0
      call add_box(graph, builder, like, class_name, options, box, error)
      if (allocated(error)) return
      call start(call, inner)
      do i = 1, size(inputs)
         call add_input(inner, inputs(i), 0, '')
      end do
      call add_node(graph, builder, box, inner, outputs, error)
      if (.not. allocated(error)) value = outputs(1)
   end subroutine add_own

end submodule fkb_lowering_wrappers_sp
