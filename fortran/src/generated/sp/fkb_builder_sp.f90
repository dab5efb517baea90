! Generated from network/fkb_builder.fypp: edit that file and run tools/generate.py
!> The graph while it grows: layers, nodes, values and weights are added one by one.
module fkb_builder_sp
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_format, &
      fkb_err_unsupported, raise
   use fkb_kinds, only: i8
   use fkb_plan, only: plan_t, role_t
   use fkb_program_sp, only: always_training, follows_mode, inner_shape, layer_box_t, move_box, &
      node_t, program_t, state_value_t, value_t
   use fkb_registry_sp, only: registry_t
   use fkb_segment, only: segment_t
   use fkb_shape, only: max_rank, open_extent, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: builder_t, call_t, add_box, add_node, add_value, lay_out_weights, adopt, too_large

   !> The graph while it grows.
   type :: builder_t
      integer :: n_nodes = 0, n_values = 0, n_segments = 0
      integer(i8) :: n_params = 0
      integer :: n_calls = 0                     !! of the model and of models in it
      integer :: keras_major = 3                 !! whose meaning the file has
      integer(i8) :: looked_at = 0               !! nodes of the document, in all these calls
      integer, allocatable :: box_of(:)          !! per block of the document, 0 for none
      integer, allocatable :: activation_of(:)   !! per block of the document, 0 for none
      type(node_t), allocatable :: nodes(:)
      type(value_t), allocatable :: values(:)
      type(state_value_t), allocatable :: states(:)
      type(segment_t), allocatable :: segments(:)
      type(registry_t), pointer :: registry => null()   !! makes the layers
   end type builder_t

   !> How a layer is called.
   type :: call_t
      integer, allocatable :: inputs(:)          !! values
      type(role_t), allocatable :: roles(:)      !! per input
      type(config_t) :: constants                !! among the keyword arguments
      integer :: mode = follows_mode
      integer :: fold = 0                        !! last axes of the inputs that count as samples
   end type call_t

contains

   !> Add a layer of the loader's own, of a class and options that it knows.
   subroutine add_box(graph, builder, like, class_name, options, box, error)
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(in) :: builder
      integer, intent(in) :: like                !! a layer whose path it shares, 0 for none
      character(*), intent(in) :: class_name
      character(*), intent(in) :: options        !! a JSON object
      integer, intent(out) :: box
      type(error_t), allocatable, intent(out) :: error
      type(layer_box_t), allocatable :: grown(:)
      integer :: i
      box = size(graph%layers) + 1
      allocate (grown(box))
      do i = 1, box - 1
         call move_box(graph%layers(i), grown(i))
      end do
      call move_alloc(grown, graph%layers)
      associate (new => graph%layers(box))
         new%class_name = class_name
         new%path = ''
         if (like > 0) then
            new%path = graph%layers(like)%path
            new%own_trainable = graph%layers(like)%own_trainable
            new%frozen = graph%layers(like)%frozen
         end if
         call config_from_json(options, new%options, error)
         if (allocated(error)) return
         new%options%class_name = class_name
         new%options%layer_name = new%path
         call builder%registry%create(class_name, new%layer, error)
         if (.not. allocated(error)) call new%layer%configure(new%options, error)
      end associate
   end subroutine add_box

   !> Add a node and lay it out.
   subroutine add_node(graph, builder, box, call, outputs, error)
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: box
      type(call_t), intent(in) :: call
      integer, allocatable, intent(out) :: outputs(:)    !! without the states
      type(error_t), allocatable, intent(out) :: error
      type(plan_t) :: plan
      integer :: i
      if (size(call%inputs) == 0) then
         call raise(error, fkb_err_format, 'the call has no input')
         return
      end if
      call check_fold(builder, call, error)
      if (allocated(error)) return
      plan%in_shapes = inner_shape(builder%values(call%inputs)%shape, call%fold)
      plan%roles = call%roles
      plan%call = call%constants
      call graph%layers(box)%layer%lay_out(plan%in_shapes, plan, error)
      if (.not. allocated(error)) call check_plan(builder, call, plan, error)
      if (allocated(error)) return
      if (.not. allocated(plan%weights)) allocate (plan%weights(0))
      if (.not. allocated(plan%states)) allocate (plan%states(0))
      call grow_nodes(builder)
      allocate (outputs(size(plan%out_shapes)))
      associate (like => builder%values(call%inputs(1))%shape)
         do i = 1, size(outputs)
            call add_outer(builder, plan%out_shapes(i), like, call%fold, builder%n_nodes, &
               outputs(i), error)
            if (allocated(error)) return
         end do
      end associate
      do i = 1, size(call%inputs)
         associate (value => builder%values(call%inputs(i)))
            value%consumers = value%consumers + 1
         end associate
      end do
      associate (node => builder%nodes(builder%n_nodes))
         node%layer = box
         node%call_mode = call%mode
         node%fold = call%fold
         node%inputs = call%inputs
         node%outputs = outputs
         node%roles = call%roles
         node%call = call%constants
         node%plan = plan
      end associate
      if (size(plan%states) > 0) call add_states(builder, plan, call, error)
   end subroutine add_node

   !> Whether the layer can be called like this: it knows all arguments, and can do in training what
   !> the call asks for.
   subroutine check_plan(builder, call, plan, error)
      type(builder_t), intent(in) :: builder
      type(call_t), intent(in) :: call
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: unread
      if (call%fold > 0 .and. plan%batch_coupled .and. builder%keras_major >= 3) then
         plan%only_infers = 'Keras 3 takes the statistics of each time step of TimeDistributed '// &
            'apart, which is not supported: freeze the layer'
      end if
      if (call%fold > 0 .and. plan%prepares_training) then
         plan%only_infers = 'in TimeDistributed Keras normalises its kernel anew for each time '// &
            'step, which is not supported'
      end if
      if (call%mode == always_training .and. plan%once_in_training) plan%only_infers = &
         'it changes its weights in every call then, in inference too'
      if (call%mode == always_training .and. allocated(plan%only_infers)) then
         call raise(error, fkb_err_unsupported, 'the call with training=True is not supported: '// &
            plan%only_infers)
         return
      end if
      call plan%call%unread(unread)
      if (len(unread) > 0) then
         call raise(error, fkb_err_unsupported, 'the layer does not know the arguments '// &
            unread//' of the call')
         return
      end if
   end subroutine check_plan

   !> All inputs must have the axes that count as samples, of the same extents.
   subroutine check_fold(builder, call, error)
      type(builder_t), intent(in) :: builder
      type(call_t), intent(in) :: call
      type(error_t), allocatable, intent(out) :: error
      integer :: i, k, first, other
      logical :: same
      associate (like => builder%values(call%inputs(1))%shape)
         do i = 1, size(call%inputs)
            associate (shape => builder%values(call%inputs(i))%shape)
               same = shape%rank >= call%fold
               do k = 0, call%fold - 1
                  if (.not. same) exit
                  first = like%extent(like%rank - k)
                  other = shape%extent(shape%rank - k)
                  same = first == other .or. first == open_extent .or. other == open_extent
               end do
               if (same) cycle
               call raise(error, fkb_err_argument, 'inputs of the shapes '//like%text()// &
                  ' and '//shape%text()//' have not the same time steps')
               return
            end associate
         end do
      end associate
   end subroutine check_fold

   !> Add a value that a node makes: the shape that its layer states, and the axes that count as
   !> samples.
   subroutine add_outer(builder, inner, like, fold, node, value, error)
      type(builder_t), intent(inout) :: builder
      type(shape_t), intent(in) :: inner
      type(shape_t), intent(in) :: like                  !! of a value that has these axes
      integer, intent(in) :: fold
      integer, intent(in) :: node
      integer, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: shape
      value = 0
      shape = inner
      if (inner%rank + fold > max_rank) then
         call raise(error, fkb_err_unsupported, 'the output '//inner%text()// &
            ' for each time step has too many axes')
         return
      end if
      shape%rank = inner%rank + fold
      shape%extent(inner%rank + 1:shape%rank) = like%extent(like%rank - fold + 1:like%rank)
      if (too_large(shape)) then
         call raise(error, fkb_err_unsupported, 'the output '//shape%text()//' is too large')
         return
      end if
      call add_value(builder, shape, node, value)
   end subroutine add_outer

   !> Two values for each state of the newest node: before the call and after it.
   subroutine add_states(builder, plan, call, error)
      type(builder_t), intent(inout) :: builder
      type(plan_t), intent(in) :: plan
      type(call_t), intent(in) :: call
      type(error_t), allocatable, intent(out) :: error
      type(state_value_t) :: state
      integer :: i
      if (call%fold > 0) then
         call raise(error, fkb_err_unsupported, 'a stateful layer for each time step '// &
            '(TimeDistributed) is not supported: make it stateless')
         return
      end if
      state%node = builder%n_nodes
      do i = 1, size(plan%states)
         call add_value(builder, plan%states(i), 0, state%before)
         call add_value(builder, plan%states(i), builder%n_nodes, state%after)
         builder%values([state%before, state%after])%consumers = 1
         associate (node => builder%nodes(builder%n_nodes))
            node%inputs = [node%inputs, state%before]
            node%outputs = [node%outputs, state%after]
         end associate
         builder%states = [builder%states, state]
      end do
   end subroutine add_states

   !> Whether a sample has more values than a default integer can count.
   pure logical function too_large(shape)
      type(shape_t), intent(in) :: shape
      too_large = shape%closed() .and. shape%count() > huge(1)
   end function too_large

   !> Give every layer its slice of the flat vector, in the order of the file.
   subroutine lay_out_weights(builder, graph, error)
      type(builder_t), intent(inout) :: builder
      type(program_t), intent(inout) :: graph
      type(error_t), allocatable, intent(out) :: error
      integer :: first_node(size(graph%layers)), box, i
      first_node = 0
      do i = builder%n_nodes, 1, -1
         first_node(builder%nodes(i)%layer) = i
      end do
      do box = 1, size(graph%layers)
         associate (layer => graph%layers(box))
            if (first_node(box) == 0) then
               ! Operations have no weights; those that nothing uses compute the masks of outputs.
               if (index(layer%class_name, 'ops.') == 1) cycle
               call raise(error, fkb_err_unsupported, 'layer "'//layer%path//'" ('// &
                  layer%class_name//') takes no part in the outputs of the model')
               return
            end if
            call add_segments(builder, layer, builder%nodes(first_node(box))%plan)
         end associate
      end do
      do i = 1, builder%n_nodes
         associate (layer => graph%layers(builder%nodes(i)%layer))
            if (layer%last - layer%first + 1 == builder%nodes(i)%plan%weight_count()) cycle
            call raise(error, fkb_err_unsupported, 'layer "'//layer%path// &
               '": calls with different input shapes need different weights')
            return
         end associate
      end do
   end subroutine lay_out_weights

   subroutine add_segments(builder, layer, plan)
      type(builder_t), intent(inout) :: builder
      type(layer_box_t), intent(inout) :: layer
      type(plan_t), intent(in) :: plan
      integer :: i
      layer%first = builder%n_params + 1
      layer%first_segment = builder%n_segments + 1
      do i = 1, size(plan%weights)
         associate (weight => plan%weights(i))
            if (weight%integer_valued) cycle
            call grow_segments(builder)
            associate (segment => builder%segments(builder%n_segments))
               segment%path = layer%path//'/'//weight%name
               segment%options = weight%options
               segment%shape = weight%shape
               segment%first = builder%n_params + 1
               segment%last = builder%n_params + weight%shape%count()
               segment%variable = weight%trainable
               segment%trainable = weight%trainable .and. .not. layer%frozen
               segment%stored = .not. weight%from_option
               builder%n_params = segment%last
            end associate
         end associate
      end do
      layer%last = builder%n_params
      layer%last_segment = builder%n_segments
   end subroutine add_segments

   subroutine grow_segments(builder)
      type(builder_t), intent(inout) :: builder
      type(segment_t), allocatable :: grown(:)
      integer :: i
      if (builder%n_segments == size(builder%segments)) then
         allocate (grown(2*builder%n_segments))
         do i = 1, builder%n_segments
            grown(i) = builder%segments(i)
         end do
         call move_alloc(grown, builder%segments)
      end if
      builder%n_segments = builder%n_segments + 1
   end subroutine grow_segments

   !> Add a tensor.
   subroutine add_value(builder, shape, producer, value)
      type(builder_t), intent(inout) :: builder
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: producer
      integer, intent(out) :: value
      type(value_t), allocatable :: grown(:)
      if (builder%n_values == size(builder%values)) then
         allocate (grown(2*builder%n_values))
         grown(:builder%n_values) = builder%values
         call move_alloc(grown, builder%values)
      end if
      builder%n_values = builder%n_values + 1
      value = builder%n_values
      builder%values(value)%shape = shape
      builder%values(value)%producer = producer
   end subroutine add_value

   subroutine grow_nodes(builder)
      type(builder_t), intent(inout) :: builder
      type(node_t), allocatable :: grown(:)
      integer :: i
      if (builder%n_nodes == size(builder%nodes)) then
         allocate (grown(2*builder%n_nodes))
         do i = 1, builder%n_nodes
            grown(i) = builder%nodes(i)
         end do
         call move_alloc(grown, builder%nodes)
      end if
      builder%n_nodes = builder%n_nodes + 1
   end subroutine grow_nodes

   !> Hand the grown parts over to the graph.
   subroutine adopt(builder, graph)
      type(builder_t), intent(inout) :: builder
      type(program_t), intent(inout) :: graph
      integer :: i
      allocate (graph%nodes(builder%n_nodes), graph%segments(builder%n_segments))
      allocate (graph%states, source=builder%states)
      do i = 1, builder%n_nodes
         graph%nodes(i) = builder%nodes(i)
      end do
      do i = 1, builder%n_segments
         graph%segments(i) = builder%segments(i)
      end do
      graph%values = builder%values(:builder%n_values)
   end subroutine adopt

end module fkb_builder_sp
