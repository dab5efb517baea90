!> Layers of any class from Keras's options, and layers around layers.
module fkb_layer_wrappers
   use fkb_json, only: json_kind, json_member, json_next, json_string
   use fkb_layer_spec, only: base_name, blame, block_lines, drop_member, layer_spec_t, new_spec, &
      take_options
   use fkb_text, only: quote, shortened, span_t
   implicit none (type, external)
   private
   public :: keras_layer, hold_layer, hold_directions

contains

   !> A layer of any class that the library knows, or of your own, with the options that Keras's
   !> `get_config` gives: `keras_layer('LSTM', '{"units": 8, "return_sequences": true}')`.
   !>
   !> A wrapper takes the layers in it as Keras serialises them:
   !> `keras_layer('TimeDistributed', '{"layer": {"class_name": "Dense", "config": {...}}}')`.
   recursive function keras_layer(class_name, options, name) result(spec)
      character(*), intent(in) :: class_name          !! such as `LSTM`, `my_pkg>Scale`, `ops.Exp`
      character(*), intent(in), optional :: options   !! a JSON object; keys with `@` are meta data
      character(*), intent(in), optional :: name
      type(layer_spec_t) :: spec
      spec = new_spec(class_name, name)
      call take_options(spec, options)
      select case (class_name)
      case ('TimeDistributed', 'SpectralNormalization')
         call take_inner(spec, 'layer', 'layer')
      case ('Bidirectional')
         call take_directions(spec)
      case ('RNN')
         call take_inner(spec, 'cell', 'cell')
      case ('StackedRNNCells')
         call take_inner(spec, 'cells', 'cells')
      case default
         continue
      end select
   end function keras_layer

   !> Give a wrapper the layer that it is around.
   subroutine hold_layer(spec, inner, role)
      type(layer_spec_t), intent(inout) :: spec
      type(layer_spec_t), intent(in) :: inner
      character(*), intent(in) :: role                !! attribute of the wrapper, such as `layer`
      type(layer_spec_t) :: named
      if (len(spec%problem) == 0) spec%problem = inner%problem
      if (inner%class_name == 'InputLayer') spec%problem = 'an input cannot stand in another layer'
      named = inner
      if (len(named%name) == 0) named%name = base_name(named%class_name)
      spec%inside = spec%inside//block_lines(named, '', ' as '//role)
   end subroutine hold_layer

   !> Move the layers of a wrapper's option from its options into it.
   recursive subroutine take_inner(spec, key, role)
      type(layer_spec_t), intent(inout) :: spec
      character(*), intent(in) :: key                 !! the option that holds them
      character(*), intent(in) :: role
      character(:), allocatable :: json
      type(layer_spec_t) :: inner
      type(span_t) :: name, value
      integer :: position
      json = spec%member(key)
      if (json_kind(json) /= 'array') json = '['//json//']'
      call drop_member(spec, key)
      position = 0
      do
         call json_next(json, position, name, value)
         if (position == 0) exit
         call serialized(json(value%first:value%last), key, inner)
         call hold_layer(spec, inner, role)
      end do
      if (len(spec%inside) == 0) call blame(spec, 'layer of class '//quote(spec%class_name)// &
         ': the option '//quote(key)//' is missing')
   end subroutine take_inner

   !> Move the two layers of a Bidirectional from its options into it.
   recursive subroutine take_directions(spec)
      type(layer_spec_t), intent(inout) :: spec
      type(layer_spec_t) :: forward, backward
      character(:), allocatable :: json, other
      json = spec%member('layer')
      other = spec%member('backward_layer')
      call drop_member(spec, 'layer')
      call drop_member(spec, 'backward_layer')
      call serialized(json, 'layer', forward)
      if (len(other) == 0 .or. other == 'null') then
         call hold_directions(spec, forward)
      else
         call serialized(other, 'backward_layer', backward)
         call hold_directions(spec, forward, backward)
      end if
   end subroutine take_directions

   !> Give a Bidirectional its layers under the names and with the options that Keras gives them.
   !> Source: `Bidirectional.__init__` of Keras 3.15.
   subroutine hold_directions(spec, layer, backward_layer)
      type(layer_spec_t), intent(inout) :: spec
      type(layer_spec_t), intent(in) :: layer
      type(layer_spec_t), intent(in), optional :: backward_layer   !! default: `layer` backwards
      type(layer_spec_t) :: forward, backward
      forward = layer
      if (len(forward%name) == 0) forward%name = base_name(forward%class_name)
      if (present(backward_layer)) then
         backward = backward_layer
         if (len(backward%name) == 0) backward%name = 'backward_'//base_name(backward%class_name)
      else
         backward = forward
         call drop_member(backward, 'go_backwards')
         call backward%put('go_backwards', .true.)
         backward%name = 'backward_'//forward%name
      end if
      forward%name = 'forward_'//forward%name
      call hide_masked_steps(forward)
      call hide_masked_steps(backward)
      call hold_layer(spec, forward, 'forward_layer')
      call hold_layer(spec, backward, 'backward_layer')
   end subroutine hold_directions

   !> Bidirectional lets its layers put zeros at masked steps where they return all steps.
   subroutine hide_masked_steps(spec)
      type(layer_spec_t), intent(inout) :: spec
      call drop_member(spec, 'zero_output_for_mask')
      call spec%put('zero_output_for_mask', spec%member('return_sequences') == 'true')
   end subroutine hide_masked_steps

   !> A layer as Keras serialises it: `{"class_name": ..., "config": {...}}`.
   recursive subroutine serialized(json, key, spec)
      character(*), intent(in) :: json
      character(*), intent(in) :: key                 !! the option that it is the value of
      type(layer_spec_t), intent(out) :: spec
      type(span_t) :: class_name, config
      class_name = span_t()
      config = span_t()
      if (json_kind(json) == 'object') then
         class_name = json_member(json, 'class_name')
         config = json_member(json, 'config')
      end if
      if (class_name%count() == 0) then
         spec = new_spec('')
         call blame(spec, 'the option '//quote(key)//' is '//shortened(json)// &
            ', a layer {"class_name": ..., "config": {...}} is expected')
      else if (config%count() == 0) then
         spec = keras_layer(json_string(json(class_name%first:class_name%last)))
      else
         spec = keras_layer(json_string(json(class_name%first:class_name%last)), &
            json(config%first:config%last))
      end if
   end subroutine serialized

end module fkb_layer_wrappers
