! Generated from network/fkb_boxes.fypp: edit that file and run tools/generate.py
!> Makes the layers of a document: one box per layer, and one for each activation that is an
!> option of another layer.
module fkb_boxes_sp
   use fkb_activations, only: act_linear, act_unknown, activation_id
   use fkb_config, only: config_t, config_from_json
   use fkb_document, only: document_t
   use fkb_error, only: add_context, error_t, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_json, only: json_kind, json_quote, json_string
   use fkb_kinds, only: dp
   use fkb_program_sp, only: layer_box_t, move_box
   use fkb_registry_sp, only: registry_t
   use fkb_regularizer_options, only: regularizer_from_json, regularizer_t, round_factor
   implicit none (type, external)
   private
   public :: make_boxes, option_text, set_frozen, has_two_states, ends_with

contains

   !> Make and configure all layers. Raises an error for a class that is not registered and for
   !> options that no layer has read.
   subroutine make_boxes(document, registry, boxes, box_of, activation_of, error)
      type(document_t), intent(in) :: document
      type(registry_t), intent(in) :: registry
      type(layer_box_t), allocatable, intent(out) :: boxes(:)
      integer, intent(out) :: box_of(:)                  !! per block, 0 for containers and inputs
      integer, intent(out) :: activation_of(:)           !! per block, 0 for none
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      integer :: block, n
      box_of = 0
      activation_of = 0
      allocate (boxes(2*document%block_count))
      n = 0
      do block = 1, document%block_count
         if (document%is_container(block) .or. document%is_wrapper(block)) cycle
         if (document%class_name(block) == 'InputLayer') cycle
         n = n + 1
         box_of(block) = n
         call make_box(document, registry, block, config, boxes(n), error)
         if (.not. allocated(error)) call split_activation(registry, config, boxes(n), &
            boxes(n + 1), error)
         if (.not. allocated(error)) call refuse_unread(config, error)
         if (allocated(error)) then
            call add_context(error, 'layer "'//document%path(block)//'" ('// &
               document%class_name(block)//')')
            if (error%line == 0) error%line = document%blocks(block)%line
            return
         end if
         if (allocated(boxes(n + 1)%layer)) then
            call hand_penalty_on(boxes(n), boxes(n + 1))
            n = n + 1
            activation_of(block) = n
         end if
      end do
      call shrink(boxes, n)
   end subroutine make_boxes

   !> A layer's penalty is on what leaves it: the output of its activation.
   pure subroutine hand_penalty_on(box, activation)
      type(layer_box_t), intent(inout) :: box, activation
      activation%activity = box%activity
      box%activity = regularizer_t()
   end subroutine hand_penalty_on

   subroutine make_box(document, registry, block, config, box, error)
      type(document_t), intent(in) :: document
      type(registry_t), intent(in) :: registry
      integer, intent(in) :: block
      type(config_t), intent(out) :: config
      type(layer_box_t), intent(inout) :: box
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      box%block = block
      box%path = document%path(block)
      box%class_name = document%class_name(block)
      call set_frozen(document, box)
      call document%config(block, config)
      if (box%class_name == 'Activation') then
         json = option_text(document, block, 'activation')
         if (json_kind(json) == 'string') then
            if (registry%has(json_string(json))) then     ! a user's function
               box%class_name = json_string(json)
               call config%ignore('activation')
            end if
         end if
      end if
      if (is_cell(document, block)) then
         call take_over_steps(document, block, config)
         call registry%create(sequence_class(box%class_name), box%layer, error)
      else
         call registry%create(box%class_name, box%layer, error)
      end if
      if (allocated(error)) return
      call take_general(document, block, config, box, error)
      if (allocated(error)) return
      call box%layer%configure(config, error)
   end subroutine make_box

   !> Whether a layer is a cell of an RNN, alone or in a stack.
   pure logical function is_cell(document, block)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      associate (role => document%blocks(block)%role)
         is_cell = document%text%same(role, 'cell') .or. document%text%same(role, 'cells')
      end associate
   end function is_cell

   !> The class that runs a cell over all time steps.
   pure function sequence_class(cell) result(class_name)
      character(*), intent(in) :: cell
      character(:), allocatable :: class_name
      select case (cell)
      case ('SimpleRNNCell')
         class_name = 'SimpleRNN'
      case ('LSTMCell')
         class_name = 'LSTM'
      case ('GRUCell')
         class_name = 'GRU'
      case default
         class_name = cell
      end select
   end function sequence_class

   !> Whether a cell keeps two states, not one.
   pure logical function has_two_states(cell)
      character(*), intent(in) :: cell
      has_two_states = cell == 'LSTMCell'
   end function has_two_states

   !> A cell runs over the time steps as its RNN says; in a stack all but the last return every
   !> step, and only the first may go backwards.
   subroutine take_over_steps(document, block, config)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      type(config_t), intent(inout) :: config
      integer :: around
      logical :: first, last
      around = document%blocks(block)%parent
      first = .true.
      last = .true.
      if (document%text%same(document%blocks(block)%role, 'cells')) then
         first = document%blocks(around)%first_child == block
         last = document%blocks(around)%last_child == block
         around = document%blocks(around)%parent
      end if
      if (first) call take('go_backwards')
      call take('return_state')
      call take('stateful')
      call take('unroll')
      if (last) then
         call take('return_sequences')
         call take('zero_output_for_mask')
      else
         call config%set('return_sequences', 'true')
      end if

   contains

      subroutine take(key)
         character(*), intent(in) :: key
         character(:), allocatable :: json
         json = option_text(document, around, key)
         if (json /= '') call config%set(key, json)
      end subroutine take

   end subroutine take_over_steps

   !> Read the option `trainable` of a layer and of the models around it. As in Keras, a layer's
   !> own option decides how it runs in training, all of them whether its weights are trained.
   subroutine set_frozen(document, box)
      type(document_t), intent(in) :: document
      type(layer_box_t), intent(inout) :: box
      integer :: at
      box%own_trainable = option_text(document, box%block, 'trainable') /= 'false'
      box%frozen = .false.
      at = box%block
      do while (at > 0)
         box%frozen = box%frozen .or. option_text(document, at, 'trainable') == 'false'
         at = document%blocks(at)%parent
      end do
   end subroutine set_frozen

   !> The JSON text of an option, empty where it is absent.
   function option_text(document, block, key) result(json)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      character(*), intent(in) :: key
      character(:), allocatable :: json
      integer :: at
      json = ''
      at = document%find_option(document%blocks(block)%options, key)
      if (at > 0) json = document%text%get(document%options(at)%json)
   end function option_text

   !> Options that every layer may have: they concern the network, training or the way back.
   subroutine take_general(document, block, config, box, error)
      type(document_t), intent(in) :: document
      integer, intent(in) :: block
      type(config_t), intent(inout) :: config
      type(layer_box_t), intent(inout) :: box
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: key, json
      integer :: i
      call config%ignore('name dtype trainable batch_shape autocast')
      do i = document%blocks(block)%options%first, document%blocks(block)%options%last
         if (document%options(i)%meta) cycle
         key = document%text%get(document%options(i)%key)
         json = document%text%get(document%options(i)%json)
         if (json == 'null' .or. ends_with(key, '_initializer') .or. &
            ends_with(key, '_regularizer') .or. ends_with(key, '_constraint')) then
            call config%ignore(key)
         end if
         if (key == 'activity_regularizer' .and. json /= 'null') then
            call regularizer_from_json(json, document%keras_major(), box%activity, error)
            call add_context(error, 'option "activity_regularizer"')
            if (allocated(error)) return
         end if
      end do
      if (box%class_name == 'ActivityRegularization') call take_penalty(config, box, error)
   end subroutine take_general

   !> The factors of the layer `ActivityRegularization`.
   subroutine take_penalty(config, box, error)
      type(config_t), intent(inout) :: config
      type(layer_box_t), intent(inout) :: box
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: l1, l2
      call config%get('l1', l1, error, default=0.0_dp)
      if (allocated(error)) return
      call config%get('l2', l2, error, default=0.0_dp)
      if (allocated(error)) return
      call round_factor(config%keras_major, l1)
      call round_factor(config%keras_major, l2)
      box%activity = regularizer_t(l1=l1, l2=l2)
   end subroutine take_penalty

   pure logical function ends_with(text, tail)
      character(*), intent(in) :: text, tail
      ends_with = .false.
      if (len(text) > len(tail)) ends_with = text(len(text) - len(tail) + 1:) == tail
   end function ends_with

   !> A layer that has not read its option `activation` gets a layer of its own for it.
   subroutine split_activation(registry, config, box, activation, error)
      type(registry_t), intent(in) :: registry
      type(config_t), intent(inout) :: config
      type(layer_box_t), intent(in) :: box
      type(layer_box_t), intent(inout) :: activation
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: options
      character(:), allocatable :: json, name, names
      call config%unread(names)
      if (index(names, '"activation"') == 0) return
      call config%get_raw('activation', json, error, default='"linear"')
      if (allocated(error)) return
      if (json_kind(json) == 'string') then
         name = json_string(json)
         if (name == 'linear') return
         if (activation_id(name) /= act_unknown) then
            options%class_name = 'Activation'
            call options%set('activation', json_quote(name))
         else
            options%class_name = name
         end if
      else
         call config_from_json(json, options, error)
         if (allocated(error)) return
         call options%ignore('name dtype trainable')
      end if
      options%layer_name = config%layer_name
      options%keras_major = config%keras_major
      activation%path = box%path
      activation%class_name = options%class_name
      activation%own_trainable = box%own_trainable
      activation%frozen = box%frozen
      call registry%create(options%class_name, activation%layer, error)
      if (allocated(error)) then
         call raise(error, fkb_err_unknown, 'the activation "'//options%class_name//'" is none'// &
            ' of Keras, and nothing is registered under this name')
         return
      end if
      call activation%layer%configure(options, error)
      if (.not. allocated(error)) call refuse_unread(options, error)
      call add_context(error, 'activation')
   end subroutine split_activation

   subroutine refuse_unread(config, error)
      type(config_t), intent(in) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: names
      call config%unread(names)
      if (len(names) > 0) call raise(error, fkb_err_unsupported, &
         'this layer does not know the options '//names)
   end subroutine refuse_unread

   !> Keep the first `n` boxes, moving what is polymorphic.
   subroutine shrink(boxes, n)
      type(layer_box_t), allocatable, intent(inout) :: boxes(:)
      integer, intent(in) :: n
      type(layer_box_t), allocatable :: kept(:)
      integer :: i
      allocate (kept(n))
      do i = 1, n
         call move_box(boxes(i), kept(i))
      end do
      call move_alloc(kept, boxes)
   end subroutine shrink

end module fkb_boxes_sp
