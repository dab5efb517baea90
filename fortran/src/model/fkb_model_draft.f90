!> A model that is being put together in Keras's words, and its text as a model file says it.
!>
!> Nothing is checked before the text is read (`draft`): a problem of an earlier call is kept and
!> reported there. Layers and calls are lines of docs/format.md, section 3.
module fkb_model_draft
   use fkb_json, only: json_check, json_compact, json_is_object, json_quote
   use fkb_layer_spec, only: base_name, layer_spec_t, new_spec
   use fkb_layers_core, only: input_layer
   use fkb_text, only: decimal, quote, shortened
   implicit none (type, external)
   private
   public :: model_draft_t, keras_tensor_t, drafted_t, tensor_of

   character(1), parameter :: nl = achar(10)

   !> Classes whose first argument is a list of tensors.
   character(17), parameter :: takes_list(14) = [character(17) :: 'Add', 'Subtract', 'Multiply', &
      'Average', 'Maximum', 'Minimum', 'Concatenate', 'Dot', 'Attention', 'AdditiveAttention', &
      'HashedCrossing', 'ops.Concatenate', 'ops.Stack', 'ops.Hstack']

   !> A tensor of a model that is being built: an output of a call of a layer.
   type :: keras_tensor_t
      character(:), allocatable :: layer        !! its name
      integer :: node = 0                       !! which of the layer's calls, from 0
      integer :: index = 0                      !! which of the call's outputs, from 0
   contains
      procedure :: text => tensor_text
      procedure :: part
   end type keras_tensor_t

   !> A layer of the draft.
   type :: drafted_t
      type(layer_spec_t) :: spec
      character(:), allocatable :: nodes        !! a line for each call
      integer :: calls = 0
      logical :: kept = .false.                 !! stands in the network that is extended
   end type drafted_t

   !> A model that is being put together.
   type :: model_draft_t
      character(:), allocatable :: name         !! empty: `sequential` or `functional`
      character(:), allocatable :: keras_version
      character(:), allocatable :: precision    !! empty: that of the network's kind
      character(:), allocatable :: problem      !! the first one, empty for none
      character(:), allocatable :: inputs       !! tensors as JSON, comma between
      character(:), allocatable :: outputs      !! likewise
      integer :: n_inputs = 0, n_outputs = 0
      character(:), allocatable :: compiled     !! compile configuration: members of an object
      character(:), allocatable :: port_lines   !! of a network that is extended
      character(:), allocatable :: port_values  !! their values blocks
      character(:), allocatable :: option_lines !! of the model itself
      type(keras_tensor_t) :: last              !! what the newest call has made
      logical :: chain = .true.                 !! made by `add` only
      integer :: n_layers = 0
      type(drafted_t), allocatable :: layers(:)
   contains
      procedure :: start
      procedure :: begun
      procedure :: add
      procedure :: input
      generic :: apply => apply_one, apply_many, apply_text, again_one, again_many
      procedure :: tensor
      procedure :: output => add_output
      procedure :: compile
      procedure :: note
      procedure :: find_layer
      procedure, private :: apply_one, apply_many, apply_text, again_one, again_many
      procedure :: place
      procedure, private :: call_layer
   end type model_draft_t

contains

   !> Begin an empty model; what was there is forgotten.
   subroutine start(self, name)
      class(model_draft_t), intent(inout) :: self
      character(*), intent(in), optional :: name        !! default: `sequential` or `functional`
      self%name = ''
      if (present(name)) self%name = name
      self%keras_version = '3.15.1'
      self%precision = ''
      self%problem = ''
      self%inputs = ''
      self%outputs = ''
      self%n_inputs = 0
      self%n_outputs = 0
      self%compiled = ''
      self%port_lines = ''
      self%port_values = ''
      self%option_lines = 'trainable = true'//nl
      self%last = tensor_of('', 0, 0)
      self%chain = .true.
      self%n_layers = 0
      if (allocated(self%layers)) deallocate (self%layers)
      allocate (self%layers(8))
   end subroutine start

   !> Whether the model has been started.
   pure logical function begun(self)
      class(model_draft_t), intent(in) :: self
      begun = allocated(self%problem)
   end function begun

   !> Add a layer behind the last one, as Keras's `Sequential.add`.
   subroutine add(self, layer)
      class(model_draft_t), intent(inout) :: self
      type(layer_spec_t), intent(in) :: layer           !! `dense(64)`, `input_layer([10])`, ...
      logical :: chain
      type(keras_tensor_t) :: made
      if (.not. self%begun()) call self%start()
      chain = self%chain
      if (layer%class_name == 'InputLayer') then
         chain = chain .and. self%n_inputs == 0
         call put_input(self, layer)
      else if (len(self%last%layer) == 0) then
         call self%note('the model has no input before its first layer: begin with input_layer')
      else
         made = self%apply_one(layer, self%last)
      end if
      self%chain = chain
   end subroutine add

   !> An input of the model, as `keras.Input`.
   function input(self, shape, name, batch_size, dtype) result(made)
      class(model_draft_t), intent(inout) :: self
      integer, intent(in) :: shape(:)                   !! Keras's order without the batch, -1: open
      character(*), intent(in), optional :: name
      integer, intent(in), optional :: batch_size       !! for Keras; FKB takes any batch
      character(*), intent(in), optional :: dtype       !! `int32` for indices and the like
      type(keras_tensor_t) :: made
      if (.not. self%begun()) call self%start()
      call put_input(self, input_layer(shape, name, batch_size, dtype))
      self%chain = .false.
      made = self%last
   end function input

   !> Call a new layer with one tensor.
   function apply_one(self, layer, x, arguments) result(made)
      class(model_draft_t), intent(inout) :: self
      type(layer_spec_t), intent(in) :: layer
      type(keras_tensor_t), intent(in) :: x
      character(*), intent(in), optional :: arguments   !! keyword arguments, a JSON object
      type(keras_tensor_t) :: made
      made = self%call_layer(layer, argument_text(layer%class_name, [x]), arguments)
   end function apply_one

   !> Call a new layer with several tensors.
   function apply_many(self, layer, x, arguments) result(made)
      class(model_draft_t), intent(inout) :: self
      type(layer_spec_t), intent(in) :: layer
      type(keras_tensor_t), intent(in) :: x(:)
      character(*), intent(in), optional :: arguments   !! keyword arguments, a JSON object
      type(keras_tensor_t) :: made
      made = self%call_layer(layer, argument_text(layer%class_name, x), arguments)
   end function apply_many

   !> Call a new layer with arguments as a model file has them: `'['//x%text()//',2.0]'`.
   function apply_text(self, layer, positional, arguments) result(made)
      class(model_draft_t), intent(inout) :: self
      type(layer_spec_t), intent(in) :: layer
      character(*), intent(in) :: positional            !! positional arguments, a JSON array
      character(*), intent(in), optional :: arguments   !! keyword arguments, a JSON object
      type(keras_tensor_t) :: made
      made = self%call_layer(layer, positional, arguments)
   end function apply_text

   !> Call a layer of the model once more: it shares its weights.
   function again_one(self, layer, x, arguments) result(made)
      class(model_draft_t), intent(inout) :: self
      character(*), intent(in) :: layer                 !! its name
      type(keras_tensor_t), intent(in) :: x
      character(*), intent(in), optional :: arguments   !! keyword arguments, a JSON object
      type(keras_tensor_t) :: made
      made = again_many(self, layer, [x], arguments)
   end function again_one

   !> Call a layer of the model once more, with several tensors.
   function again_many(self, layer, x, arguments) result(made)
      class(model_draft_t), intent(inout) :: self
      character(*), intent(in) :: layer                 !! its name
      type(keras_tensor_t), intent(in) :: x(:)
      character(*), intent(in), optional :: arguments   !! keyword arguments, a JSON object
      type(keras_tensor_t) :: made
      integer :: at
      made = tensor_of(layer, 0, 0)
      at = self%find_layer(layer)
      if (at == 0) then
         call self%note('the model has no layer '//quote(layer)//' that could be called again')
         return
      end if
      call add_call(self, at, argument_text(self%layers(at)%spec%class_name, x), arguments)
      made = self%last
   end function again_many

   !> Make a layer and call it.
   function call_layer(self, layer, positional, arguments) result(made)
      class(model_draft_t), intent(inout) :: self
      type(layer_spec_t), intent(in) :: layer
      character(*), intent(in) :: positional
      character(*), intent(in), optional :: arguments
      type(keras_tensor_t) :: made
      integer :: at
      if (.not. self%begun()) call self%start()
      call self%place(layer, at)
      if (layer%class_name == 'Masking' .or. layer%member('mask_zero') == 'true') call self%note( &
         'layer '//quote(self%layers(at)%spec%name)//' ('//layer%class_name//') would hand a '// &
         'mask on behind the scenes, which a model built here does not follow: compute it with '// &
         'ops.NotEqual and give it to the layers that use it as the argument "mask"')
      call add_call(self, at, positional, arguments)
      made = self%last
   end function call_layer

   !> Add a call of a layer.
   subroutine add_call(self, at, positional, arguments)
      class(model_draft_t), intent(inout) :: self
      integer, intent(in) :: at                         !! the layer
      character(*), intent(in) :: positional
      character(*), intent(in), optional :: arguments
      character(:), allocatable :: args, kwargs, problem
      integer :: last
      args = json_compact(positional)
      kwargs = '{}'
      if (present(arguments)) kwargs = json_compact(arguments)
      call json_check(args, 1, last, problem)
      if (.not. allocated(problem) .and. last /= len(args)) problem = 'text after the value'
      if (.not. allocated(problem)) then
         call json_check(kwargs, 1, last, problem)
         if (.not. allocated(problem) .and. last /= len(kwargs)) problem = 'text after the value'
         if (.not. allocated(problem) .and. .not. json_is_object(kwargs)) problem = 'no JSON object'
      end if
      associate (layer => self%layers(at))
         if (allocated(problem)) then
            call self%note('layer '//quote(layer%spec%name)//': the arguments '// &
               shortened(args//' '//kwargs)//' of its call are malformed: '//problem)
         else
            layer%nodes = layer%nodes//'node '//args//' '//kwargs//nl
         end if
         self%last = tensor_of(layer%spec%name, layer%calls, 0)
         layer%calls = layer%calls + 1
      end associate
      self%chain = .false.
   end subroutine add_call

   !> A tensor of a layer that the model has already, by name.
   function tensor(self, layer, node, index) result(found)
      class(model_draft_t), intent(inout) :: self
      character(*), intent(in) :: layer                 !! its name
      integer, intent(in), optional :: node             !! which of its calls, default 0: the first
      integer, intent(in), optional :: index            !! which output of the call, default 0
      type(keras_tensor_t) :: found
      found = tensor_of(layer, 0, 0)
      if (present(node)) found%node = node
      if (present(index)) found%index = index
      if (.not. self%begun()) call self%start()
      if (self%find_layer(layer) == 0) call self%note('the model has no layer '//quote(layer))
   end function tensor

   !> State the next output of the model. Without any, the newest tensor is the output.
   subroutine add_output(self, x)
      class(model_draft_t), intent(inout) :: self
      type(keras_tensor_t), intent(in) :: x
      if (.not. self%begun()) call self%start()
      if (self%n_outputs > 0) self%outputs = self%outputs//','
      self%outputs = self%outputs//x%text()
      self%n_outputs = self%n_outputs + 1
      self%chain = .false.
   end subroutine add_output

   !> What `compile` of Keras is told, for the file: the trainer and Keras take it from there.
   subroutine compile(self, optimizer, loss, loss_weights, metrics)
      class(model_draft_t), intent(inout) :: self
      character(*), intent(in) :: optimizer             !! a name, or a serialised Keras object
      character(*), intent(in) :: loss                  !! likewise; of several outputs a list
      character(*), intent(in), optional :: loss_weights   !! a JSON list
      character(*), intent(in), optional :: metrics     !! a JSON list
      type(layer_spec_t) :: spec
      if (.not. self%begun()) call self%start()
      spec = new_spec('compile')
      call spec%put('optimizer', optimizer)
      call spec%put('loss', loss)
      if (present(loss_weights)) call spec%put('loss_weights', loss_weights)
      if (present(metrics)) call spec%put('metrics', metrics)
      self%compiled = spec%members
   end subroutine compile

   !> Keep a problem for later; only the first is kept.
   subroutine note(self, problem)
      class(model_draft_t), intent(inout) :: self
      character(*), intent(in) :: problem
      if (.not. self%begun()) call self%start()
      if (len(self%problem) == 0) self%problem = problem
   end subroutine note

   !> The position of a layer, 0 where there is none of that name.
   pure integer function find_layer(self, name) result(at)
      class(model_draft_t), intent(in) :: self
      character(*), intent(in) :: name
      do at = self%n_layers, 1, -1
         if (self%layers(at)%spec%name//'/' == name//'/') return
      end do
      at = 0
   end function find_layer

   !> Add an input.
   subroutine put_input(self, layer)
      class(model_draft_t), intent(inout) :: self
      type(layer_spec_t), intent(in) :: layer
      integer :: at
      call self%place(layer, at)
      self%layers(at)%nodes = 'node [] {}'//nl
      self%layers(at)%calls = 1
      self%last = tensor_of(self%layers(at)%spec%name, 0, 0)
      if (self%n_inputs > 0) self%inputs = self%inputs//','
      self%inputs = self%inputs//self%last%text()
      self%n_inputs = self%n_inputs + 1
   end subroutine put_input

   !> Append a layer, with a name if it has none: `dense`, `dense_1`, as Keras counts.
   subroutine place(self, layer, at)
      class(model_draft_t), intent(inout) :: self
      type(layer_spec_t), intent(in) :: layer
      integer, intent(out) :: at                        !! its position
      type(drafted_t), allocatable :: grown(:)
      character(:), allocatable :: base
      integer :: i
      if (self%n_layers == size(self%layers)) then
         allocate (grown(2*self%n_layers))
         do i = 1, self%n_layers
            grown(i) = self%layers(i)
         end do
         call move_alloc(grown, self%layers)
      end if
      at = self%n_layers + 1
      self%layers(at)%spec = layer
      if (len(layer%name) == 0) then
         base = base_name(layer%class_name)
         i = 0
         self%layers(at)%spec%name = base
         do while (self%find_layer(self%layers(at)%spec%name) > 0)
            i = i + 1
            self%layers(at)%spec%name = base//'_'//decimal(i)
         end do
      else if (self%find_layer(layer%name) > 0) then
         call self%note('the model has two layers of the name '//quote(layer%name))
      end if
      if (len(layer%problem) > 0) call self%note(layer%problem)
      self%layers(at)%nodes = ''
      self%n_layers = at
   end subroutine place

   !> The positional arguments of a call: a list as one argument where the class takes a list.
   function argument_text(class_name, x) result(text)
      character(*), intent(in) :: class_name
      type(keras_tensor_t), intent(in) :: x(:)
      character(:), allocatable :: text
      integer :: i
      text = ''
      do i = 1, size(x)
         if (i > 1) text = text//','
         text = text//x(i)%text()
      end do
      text = '['//text//']'
      if (any(takes_list == class_name)) text = '['//text//']'
      if (size(x) > 1 .and. (class_name == 'Functional' .or. class_name == 'TimeDistributed')) then
         text = '['//text//']'
      end if
   end function argument_text

   !> A tensor. Component by component: gfortran 12 forgets the length of a text in a constructor.
   function tensor_of(layer, node, index) result(tensor)
      character(*), intent(in) :: layer
      integer, intent(in) :: node, index
      type(keras_tensor_t) :: tensor
      tensor%layer = layer
      tensor%node = node
      tensor%index = index
   end function tensor_of

   !> The tensor as a model file names it: `["dense",0,0]`.
   function tensor_text(self) result(text)
      class(keras_tensor_t), intent(in) :: self
      character(:), allocatable :: text
      text = '["",0,0]'
      if (.not. allocated(self%layer)) return
      text = '['//json_quote(self%layer)//','//decimal(self%node)//','//decimal(self%index)//']'
   end function tensor_text

   !> Another output of the same call, such as the states of an LSTM: 1 is h, 2 is c.
   function part(self, index) result(other)
      class(keras_tensor_t), intent(in) :: self
      integer, intent(in) :: index                      !! from 0
      type(keras_tensor_t) :: other
      other = tensor_of('', self%node, index)
      if (allocated(self%layer)) other%layer = self%layer
   end function part

end module fkb_model_draft
