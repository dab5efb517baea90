! Generated from network/fkb_builder.fypp: edit that file and run tools/generate.py
!> The graph while it grows: nodes, values and weights are added one by one.
module fkb_builder_dp
   use fkb_error, only: error_t, fkb_err_format, fkb_err_unsupported, raise
   use fkb_kinds, only: i8
   use fkb_plan, only: plan_t
   use fkb_program_dp, only: always_training, layer_box_t, node_t, program_t, value_t
   use fkb_segment, only: segment_t
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: builder_t, add_node, add_value, lay_out_weights, adopt, too_large

   !> The graph while it grows.
   type :: builder_t
      integer :: n_nodes = 0, n_values = 0, n_segments = 0
      integer(i8) :: n_params = 0
      integer :: n_calls = 0                     !! of the model and of models in it
      integer(i8) :: looked_at = 0               !! nodes of the document, in all these calls
      integer, allocatable :: box_of(:)          !! per block of the document, 0 for none
      integer, allocatable :: activation_of(:)   !! per block of the document, 0 for none
      type(node_t), allocatable :: nodes(:)
      type(value_t), allocatable :: values(:)
      type(segment_t), allocatable :: segments(:)
   end type builder_t

contains

   !> Add a node and lay it out.
   subroutine add_node(graph, builder, box, inputs, call_mode, outputs, error)
      type(program_t), intent(inout) :: graph
      type(builder_t), intent(inout) :: builder
      integer, intent(in) :: box
      integer, intent(in) :: inputs(:)
      integer, intent(in) :: call_mode
      integer, allocatable, intent(out) :: outputs(:)
      type(error_t), allocatable, intent(out) :: error
      type(plan_t) :: plan
      integer :: i
      if (size(inputs) == 0) then
         call raise(error, fkb_err_format, 'the call has no input')
         return
      end if
      plan%in_shapes = builder%values(inputs)%shape
      call graph%layers(box)%layer%lay_out(plan%in_shapes, plan, error)
      if (allocated(error)) return
      if (call_mode == always_training .and. allocated(plan%only_infers)) then
         call raise(error, fkb_err_unsupported, 'the call with training=True is not supported: '// &
            plan%only_infers)
         return
      end if
      if (.not. allocated(plan%weights)) allocate (plan%weights(0))
      do i = 1, size(plan%out_shapes)
         if (too_large(plan%out_shapes(i))) then
            call raise(error, fkb_err_unsupported, 'the output '//plan%out_shapes(i)%text()// &
               ' is too large')
            return
         end if
      end do
      call grow_nodes(builder)
      allocate (outputs(size(plan%out_shapes)))
      do i = 1, size(outputs)
         call add_value(builder, plan%out_shapes(i), builder%n_nodes, outputs(i))
      end do
      do i = 1, size(inputs)
         associate (value => builder%values(inputs(i)))
            value%consumers = value%consumers + 1
         end associate
      end do
      associate (node => builder%nodes(builder%n_nodes))
         node%layer = box
         node%call_mode = call_mode
         node%inputs = inputs
         node%outputs = outputs
         node%plan = plan
      end associate
   end subroutine add_node

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
      do i = 1, builder%n_nodes
         graph%nodes(i) = builder%nodes(i)
      end do
      do i = 1, builder%n_segments
         graph%segments(i) = builder%segments(i)
      end do
      graph%values = builder%values(:builder%n_values)
   end subroutine adopt

end module fkb_builder_dp
