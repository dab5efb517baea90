! Generated from train/fkb_model.fypp: edit that file and run tools/generate.py
!> Networks born in Fortran: a model in Keras's words becomes a network as if it had been read from
!> a file.
module fkb_model_sp
   use fkb_builtin_sp, only: add_builtin_layers
   use fkb_compile_sp, only: compile_option
   use fkb_document, only: document_t
   use fkb_document_parts, only: buffer_of, dtype_int64, &
      in_doubles, in_integers, in_singles, tensor_of_weight, tensor_t, values_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: sp, wp => sp
   use fkb_layer_spec, only: layer_spec_t
   use fkb_lowering_sp, only: lower
   use fkb_model_draft, only: keras_tensor_t, model_draft_t
   use fkb_model_source, only: draft_document
   use fkb_model_text, only: draft_as_layer, read_draft
   use fkb_network_sp, only: network_t
   use fkb_plan, only: weight_t
   use fkb_program_sp, only: program_t
   use fkb_registry_sp, only: registry_t
   use fkb_trainer_sp, only: trainer_t
   implicit none (type, external)
   private
   public :: model_t, keras_tensor_t, layer_spec_t

   !> A model that is being put together, as with Keras's `Sequential` and functional interface.
   !> Errors are kept and reported by `build`.
   type, extends(model_draft_t) :: model_t
      type(network_t), private :: base             !! the network that is extended, if any
   contains
      procedure :: build
      procedure :: extend
      procedure :: as_layer
      procedure :: clear
   end type model_t

contains

   !> Make the network: its weights are as Keras would begin, those of a network that is extended
   !> as they were there. The model stays, so that it can be built again with another seed.
   !> Raises an error that names layer and option for what is not known or does not fit; the
   !> network then stays as it was.
   subroutine build(self, net, error, seed, registry)
      class(model_t), intent(in) :: self
      type(network_t), intent(inout) :: net
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: seed                   !! of the first weights, default 0
      type(registry_t), intent(in), optional :: registry      !! default: the library's layers
      type(document_t) :: document
      type(network_t), target :: fresh
      type(registry_t) :: builtin
      character(:), allocatable :: precision
      precision = trim(merge('float32', 'float64', wp == sp))
      if (self%begun()) then
         if (len(self%precision) > 0) precision = self%precision
      end if
      call read_draft(self, precision, document, error)
      if (allocated(error)) return
      if (present(registry)) then
         call declare_weights(document, registry, error)
      else
         call add_builtin_layers(builtin, error)
         if (.not. allocated(error)) call declare_weights(document, builtin, error)
         call builtin%clear()
      end if
      if (.not. allocated(error)) call fresh%load_document(document, error, registry)
      if (.not. allocated(error)) call initialize_new(self, fresh, seed, error)
      if (.not. allocated(error)) call take_weights(self, fresh, error)
      if (.not. allocated(error)) call store_compiled(fresh, error)
      if (allocated(error)) then
         error%line = 0                     ! of the model's text, which nobody sees
      else
         call net%copy(fresh)
      end if
      call fresh%clear()
   end subroutine build

   !> Begin with the layers of a network, all of them or those that lead to the layer `upto`, as
   !> for a new head: what is added stands behind them. Inputs stay with their transforms;
   !> outputs, compile configuration, optimizer state and recorded samples are dropped.
   !> Raises an error where no layer has the name.
   subroutine extend(self, net, error, upto)
      class(model_t), intent(inout) :: self
      type(network_t), intent(in) :: net
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in), optional :: upto              !! a layer of the model itself
      if (.not. net%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
         return
      end if
      call self%clear()
      call draft_document(self, net%document, net%inputs, error, upto)
      if (.not. allocated(error)) call self%base%copy(net)
   end subroutine extend

   !> The whole model as a layer of another: `outer%apply(inner%as_layer(), x)`.
   function as_layer(self, name) result(spec)
      class(model_t), intent(in) :: self
      character(*), intent(in), optional :: name              !! default: that of the model
      type(layer_spec_t) :: spec
      spec = draft_as_layer(self, name)
   end function as_layer

   !> Forget everything.
   subroutine clear(self)
      class(model_t), intent(inout) :: self
      call self%start()
      call self%base%clear()
   end subroutine clear

   !> Fill the weights of those layers that are new.
   subroutine initialize_new(self, net, seed, error)
      class(model_t), intent(in) :: self
      type(network_t), intent(inout) :: net
      integer, intent(in), optional :: seed
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: path
      integer :: at, s, seed_now
      seed_now = 0
      if (present(seed)) seed_now = seed
      if (.not. any(self%layers(:self%n_layers)%kept)) then
         call net%initialize(seed_now, error)
         return
      end if
      do s = 1, size(net%graph%segments)
         if (.not. net%graph%segments(s)%stored) cycle
         path = net%graph%segments(s)%path
         at = self%find_layer(path(:index(path, '/') - 1))
         if (at > 0) then
            if (self%layers(at)%kept) cycle
         end if
         call net%initialize(seed_now, error, pattern=path)
         if (allocated(error)) return
      end do
   end subroutine initialize_new

   !> The weights of those layers that come from the network that is extended.
   subroutine take_weights(self, net, error)
      class(model_t), intent(in) :: self
      type(network_t), intent(inout) :: net
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: path
      integer :: at, block, t
      do t = 1, net%document%tensor_count
         if (net%document%tensors(t)%owner /= tensor_of_weight) cycle
         block = net%document%tensors(t)%owner_index
         path = net%document%path(block)
         at = self%find_layer(path(:index(path//'/', '/') - 1))
         if (at == 0) cycle
         if (.not. self%layers(at)%kept) cycle
         call net%copy_weights(self%base, path//'/'// &
            net%document%text%get(net%document%tensors(t)%name), error)
         if (allocated(error)) return
      end do
   end subroutine take_weights

   !> Write the compile configuration as the trainer does: the optimizer in full, with its state.
   !> Raises an error for a loss or optimizer that is not known.
   subroutine store_compiled(net, error)
      type(network_t), intent(inout), target :: net
      type(error_t), allocatable, intent(out) :: error
      type(trainer_t) :: trainer
      character(:), allocatable :: optimizer
      optimizer = compile_option(net%document, 'optimizer')
      if (len(optimizer) == 0) return
      call trainer%init_from_file(net, error, optimizer=optimizer)
      if (.not. allocated(error)) call trainer%store(error)
      call trainer%clear()
   end subroutine store_compiled

   !> Give the document the weights that its layers need, all zero.
   subroutine declare_weights(document, registry, error)
      type(document_t), intent(inout) :: document
      type(registry_t), intent(in) :: registry
      type(error_t), allocatable, intent(out) :: error
      type(program_t) :: graph
      integer :: block, box, node, first
      first = document%tensor_count + 1
      do block = 1, document%block_count            ! the loader wants to see this one
         if (document%class_name(block) == 'SpectralNormalization') call add_weight(document, &
            block, 'vector_u', [1, 1], .false., .false.)
      end do
      call lower(document, registry, graph, error)
      if (allocated(error)) return
      do box = 1, size(graph%layers)
         block = graph%layers(box)%block
         node = findloc(graph%nodes%layer, box, dim=1)
         if (block == 0 .or. node == 0) cycle
         if (document%class_name(block) == 'SpectralNormalization') cycle
         call add_weights(document, block, graph%nodes(node)%plan%weights)
      end do
      do block = 1, document%block_count
         if (document%class_name(block) == 'SpectralNormalization') call fit_vector(document, block)
      end do
      call make_room(document, first)
      call graph%clear()
   end subroutine declare_weights

   !> Declare the weights of one layer.
   subroutine add_weights(document, block, weights)
      type(document_t), intent(inout) :: document
      integer, intent(in) :: block
      type(weight_t), intent(in) :: weights(:)
      integer :: i
      do i = 1, size(weights)
         if (weights(i)%from_option) cycle
         associate (shape => weights(i)%shape)
            call add_weight(document, block, weights(i)%name, shape%extent(shape%rank:1:-1), &
               weights(i)%trainable .and. .not. weights(i)%integer_valued, &
               weights(i)%integer_valued)
         end associate
      end do
   end subroutine add_weights

   !> Declare one weight.
   subroutine add_weight(document, block, name, extents, trainable, integer_valued)
      type(document_t), intent(inout) :: document
      integer, intent(in) :: block
      character(*), intent(in) :: name
      integer, intent(in) :: extents(:)                       !! Keras's order
      logical, intent(in) :: trainable, integer_valued
      type(tensor_t) :: new
      integer :: at
      new%owner = tensor_of_weight
      new%owner_index = block
      call document%text%add(name, new%name)
      new%dtype = document%precision
      if (integer_valued) new%dtype = dtype_int64
      new%rank = size(extents)
      new%extent(:new%rank) = extents
      new%count = product(extents)
      new%trainable = trainable
      call document%add_tensor(new, at)
      associate (range => document%blocks(block)%weights)
         if (range%count() == 0) range%first = at
         range%last = at
      end associate
   end subroutine add_weight

   !> The vector of a SpectralNormalization is as long as the last axis of the kernel in it.
   subroutine fit_vector(document, block)
      type(document_t), intent(inout) :: document
      integer, intent(in) :: block
      integer :: kernel
      kernel = document%blocks(document%blocks(block)%first_child)%weights%first
      associate (vector => document%tensors(document%blocks(block)%weights%first), &
                 inner => document%tensors(kernel))
         vector%extent(2) = inner%extent(inner%rank)
         vector%count = vector%extent(2)
      end associate
   end subroutine fit_vector

   !> Give the new tensors, from `first` on, values of zero; those before keep theirs.
   subroutine make_room(document, first)
      type(document_t), intent(inout) :: document
      integer, intent(in) :: first
      type(values_t) :: old, new
      type(tensor_t), allocatable :: before(:)
      integer :: i
      call document%take_values(old)
      allocate (before(first - 1))               ! without any, the pool need not be there
      do i = 1, first - 1
         before(i) = document%tensors(i)
      end do
      call document%lay_out_values()
      allocate (new%singles(document%value_count(in_singles)), source=0.0_sp)
      allocate (new%doubles(document%value_count(in_doubles)))
      new%doubles = 0
      allocate (new%integers(document%value_count(in_integers)))
      new%integers = 0
      do i = 1, first - 1
         associate (a => before(i)%offset, b => document%tensors(i)%offset, n => before(i)%count)
            select case (buffer_of(before(i)%dtype))
            case (in_singles)
               new%singles(b + 1:b + n) = old%singles(a + 1:a + n)
            case (in_doubles)
               new%doubles(b + 1:b + n) = old%doubles(a + 1:a + n)
            case default
               new%integers(b + 1:b + n) = old%integers(a + 1:a + n)
            end select
         end associate
      end do
      call move_alloc(new%singles, document%values%singles)
      call move_alloc(new%doubles, document%values%doubles)
      call move_alloc(new%integers, document%values%integers)
   end subroutine make_room

end module fkb_model_sp
