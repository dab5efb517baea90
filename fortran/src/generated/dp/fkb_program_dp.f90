! Generated from network/fkb_program.fypp: edit that file and run tools/generate.py
!> The lowered graph: layers, nodes in topological order, and the values between them.
!>
!> Nested models and wrappers are gone here; the tree they came from stays in the document.
module fkb_program_dp
   use fkb_config, only: config_t
   use fkb_kinds, only: dp, i8
   use fkb_layer_dp, only: layer_t
   use fkb_plan, only: plan_t, role_t
   use fkb_regularizer_options, only: regularizer_t
   use fkb_segment, only: segment_t
   use fkb_shape, only: shape_of, shape_t
   implicit none (type, external)
   private
   public :: program_t, layer_box_t, node_t, value_t, state_value_t, inner_shape, move_box

   !> A layer with its slice of the flat vector. A shared layer is one of these with many nodes.
   type :: layer_box_t
      character(:), allocatable :: path          !! names below the model, joined by `/`
      character(:), allocatable :: class_name    !! as registered
      class(layer_t), allocatable :: layer
      integer :: block = 0                       !! in the document; 0: made by the loader
      integer :: around = 0                      !! layer whose weights `prepare` changes, 0: none
      type(config_t) :: options                  !! of a layer that the loader made
      integer(i8) :: first = 1                   !! of its slice
      integer(i8) :: last = 0                    !! of its slice
      integer :: first_segment = 1               !! of its weights
      integer :: last_segment = 0                !! of its weights
      logical :: own_trainable = .true.          !! its own option `trainable`
      logical :: frozen = .false.                !! an own or outer `trainable` is false
      type(regularizer_t) :: activity            !! penalty on its output, per sample
   end type layer_box_t

   !> How a node takes part in training, from the call's argument `training`.
   integer, parameter, public :: follows_mode = 0, always_inference = 1, always_training = 2

   !> One call of a layer.
   type :: node_t
      integer :: layer = 0                       !! index in `layers`
      integer :: call_mode = follows_mode
      integer :: fold = 0                        !! last axes that count as samples
      integer, allocatable :: inputs(:)          !! values, the states it keeps behind the others
      integer, allocatable :: outputs(:)         !! values, the new states behind the others
      type(role_t), allocatable :: roles(:)      !! per input but the states
      type(config_t) :: call                     !! constants among the keyword arguments
      type(plan_t) :: plan                       !! for the shapes of the file, maybe open
   end type node_t

   !> One tensor of the graph.
   type :: value_t
      type(shape_t) :: shape                     !! of one sample, storage order, maybe open
      integer :: producer = 0                    !! node; 0 for an input of the network
      integer :: consumers = 0                   !! nodes that read it, plus outputs of the network
   end type value_t

   !> What a node keeps from call to call: a part of the caller's state.
   type :: state_value_t
      integer :: node = 0                        !! whose state it is
      integer :: before = 0                      !! the value that it reads
      integer :: after = 0                       !! the value that it makes
   end type state_value_t

   !> The whole lowered graph; read-only while it runs.
   type :: program_t
      type(layer_box_t), allocatable :: layers(:)
      type(node_t), allocatable :: nodes(:)      !! in topological order
      type(value_t), allocatable :: values(:)
      integer, allocatable :: inputs(:)          !! values, in Keras's order
      integer, allocatable :: outputs(:)         !! values, in Keras's order
      integer, allocatable :: output_masks(:)    !! values, one per output; 0 where it has none
      type(state_value_t), allocatable :: states(:)   !! in the order of the rows of a state
      type(segment_t), allocatable :: segments(:)
      integer(i8) :: key = 0                     !! tells workspaces of different networks apart
   contains
      procedure :: copy => copy_program
      procedure :: clear => clear_program
      procedure :: node_name
      procedure :: stays_in_inference
   end type program_t

contains

   !> Make this program a deep copy of `source`.
   subroutine copy_program(self, source)
      class(program_t), intent(inout) :: self
      type(program_t), intent(in) :: source
      integer :: i
      call self%clear()
      if (.not. allocated(source%nodes)) return
      allocate (self%layers(size(source%layers)))
      do i = 1, size(source%layers)
         self%layers(i)%path = source%layers(i)%path
         self%layers(i)%class_name = source%layers(i)%class_name
         allocate (self%layers(i)%layer, source=source%layers(i)%layer)
         self%layers(i)%block = source%layers(i)%block
         self%layers(i)%around = source%layers(i)%around
         self%layers(i)%options = source%layers(i)%options
         self%layers(i)%first = source%layers(i)%first
         self%layers(i)%last = source%layers(i)%last
         self%layers(i)%first_segment = source%layers(i)%first_segment
         self%layers(i)%last_segment = source%layers(i)%last_segment
         self%layers(i)%own_trainable = source%layers(i)%own_trainable
         self%layers(i)%frozen = source%layers(i)%frozen
         self%layers(i)%activity = source%layers(i)%activity
      end do
      allocate (self%nodes(size(source%nodes)))
      do i = 1, size(source%nodes)
         self%nodes(i) = source%nodes(i)
      end do
      allocate (self%segments(size(source%segments)))
      do i = 1, size(source%segments)
         self%segments(i) = source%segments(i)
      end do
      allocate (self%values, source=source%values)
      allocate (self%inputs, source=source%inputs)
      allocate (self%outputs, source=source%outputs)
      allocate (self%output_masks, source=source%output_masks)
      allocate (self%states, source=source%states)
      self%key = source%key
   end subroutine copy_program

   !> Release everything, layer by layer.
   subroutine clear_program(self)
      class(program_t), intent(inout) :: self
      integer :: i
      if (allocated(self%layers)) then
         do i = 1, size(self%layers)
            if (allocated(self%layers(i)%layer)) deallocate (self%layers(i)%layer)
         end do
         deallocate (self%layers)
      end if
      if (allocated(self%nodes)) deallocate (self%nodes)
      if (allocated(self%values)) deallocate (self%values)
      if (allocated(self%inputs)) deallocate (self%inputs)
      if (allocated(self%outputs)) deallocate (self%outputs)
      if (allocated(self%output_masks)) deallocate (self%output_masks)
      if (allocated(self%states)) deallocate (self%states)
      if (allocated(self%segments)) deallocate (self%segments)
      self%key = 0
   end subroutine clear_program

   !> Move a box; `from` is empty afterwards.
   subroutine move_box(from, to)
      type(layer_box_t), intent(inout) :: from, to
      call move_alloc(from%layer, to%layer)
      call move_alloc(from%path, to%path)
      call move_alloc(from%class_name, to%class_name)
      to%block = from%block
      to%around = from%around
      to%options = from%options
      to%first = from%first
      to%last = from%last
      to%first_segment = from%first_segment
      to%last_segment = from%last_segment
      to%own_trainable = from%own_trainable
      to%frozen = from%frozen
      to%activity = from%activity
   end subroutine move_box

   !> The shape of a sample for a node that counts the last `fold` axes as samples.
   elemental type(shape_t) function inner_shape(shape, fold) result(inner)
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: fold
      inner = shape_of(shape%extent(:max(0, shape%rank - fold)))
   end function inner_shape

   !> `layer "dense_1" (Dense)`: how messages name a node.
   pure function node_name(self, node) result(name)
      class(program_t), intent(in) :: self
      integer, intent(in) :: node
      character(:), allocatable :: name
      associate (box => self%layers(self%nodes(node)%layer))
         name = 'layer "'//box%path//'" ('//box%class_name//')'
      end associate
   end function node_name

   !> Whether a node runs as in inference while others train.
   pure logical function stays_in_inference(self, node) result(stays)
      class(program_t), intent(in) :: self
      integer, intent(in) :: node
      associate (this => self%nodes(node))
         stays = this%call_mode == always_inference .or. (this%plan%infers_when_frozen .and. &
            .not. self%layers(this%layer)%own_trainable)
      end associate
   end function stays_in_inference

end module fkb_program_dp
