!> Dense, merging and reshaping layers in Keras's words; see `fkb_layers`.
module fkb_layers_core
   use fkb_layer_spec, only: layer_spec_t, new_spec, take_options
   use fkb_shape, only: open_extent
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: input_layer, dense, activation, flatten, reshape_layer, permute, repeat_vector
   public :: embedding, concatenate, add, subtract, multiply, average, maximum, minimum

contains

   !> `InputLayer`: what the model is given.
   function input_layer(shape, name, batch_size, dtype) result(spec)
      integer, intent(in) :: shape(:)                 !! Keras's order without the batch, -1: open
      character(*), intent(in), optional :: name
      integer, intent(in), optional :: batch_size     !! for Keras; FKB takes any batch
      character(*), intent(in), optional :: dtype     !! `int32` for indices and the like
      type(layer_spec_t) :: spec
      character(:), allocatable :: json
      integer :: i
      spec = new_spec('InputLayer', name)
      json = '[null'
      if (present(batch_size)) json = '['//decimal(batch_size)
      do i = 1, size(shape)
         if (shape(i) == open_extent) then
            json = json//',null'
         else
            json = json//','//decimal(shape(i))
         end if
      end do
      call spec%put_json('batch_shape', json//']')
      if (present(dtype)) call spec%put('dtype', dtype)
   end function input_layer

   !> `Dense`: a kernel over the last axis.
   function dense(units, activation, use_bias, kernel_initializer, kernel_regularizer, name, &
      options) result(spec)
      integer, intent(in) :: units
      character(*), intent(in), optional :: activation
      logical, intent(in), optional :: use_bias
      character(*), intent(in), optional :: kernel_initializer
      character(*), intent(in), optional :: kernel_regularizer
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Dense', name)
      call spec%put('units', units)
      if (present(activation)) call spec%put('activation', activation)
      if (present(use_bias)) call spec%put('use_bias', use_bias)
      if (present(kernel_initializer)) call spec%put('kernel_initializer', kernel_initializer)
      if (present(kernel_regularizer)) call spec%put('kernel_regularizer', kernel_regularizer)
      call take_options(spec, options)
   end function dense

   !> `Activation`: a function of each value.
   function activation(function, name, options) result(spec)
      character(*), intent(in) :: function   !! such as `relu`
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Activation', name)
      call spec%put('activation', function)
      call take_options(spec, options)
   end function activation

   !> `Flatten`: one axis of all values of a sample.
   function flatten(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Flatten', name)
      call take_options(spec, options)
   end function flatten

   !> `Reshape`: other axes for the same values.
   function reshape_layer(target_shape, name, options) result(spec)
      integer, intent(in) :: target_shape(:)   !! Keras's order, -1 at most once
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Reshape', name)
      call spec%put('target_shape', target_shape)
      call take_options(spec, options)
   end function reshape_layer

   !> `Permute`: axes in another order.
   function permute(dims, name, options) result(spec)
      integer, intent(in) :: dims(:)   !! from 1, Keras's order
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Permute', name)
      call spec%put('dims', dims)
      call take_options(spec, options)
   end function permute

   !> `RepeatVector`: the input n times as time steps.
   function repeat_vector(n, name, options) result(spec)
      integer, intent(in) :: n
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('RepeatVector', name)
      call spec%put('n', n)
      call take_options(spec, options)
   end function repeat_vector

   !> `Embedding`: a vector for each index from 0.
   function embedding(input_dim, output_dim, name, options) result(spec)
      integer, intent(in) :: input_dim   !! how many indices there are
      integer, intent(in) :: output_dim
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Embedding', name)
      call spec%put('input_dim', input_dim)
      call spec%put('output_dim', output_dim)
      call take_options(spec, options)
   end function embedding

   !> `Concatenate`: several tensors along an axis.
   function concatenate(axis, name, options) result(spec)
      integer, intent(in), optional :: axis   !! Keras's, default -1: the last
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Concatenate', name)
      if (present(axis)) call spec%put('axis', axis)
      call take_options(spec, options)
   end function concatenate

   !> `Add`: of several tensors, element by element.
   function add(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Add', name)
      call take_options(spec, options)
   end function add

   !> `Subtract`: of several tensors, element by element.
   function subtract(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Subtract', name)
      call take_options(spec, options)
   end function subtract

   !> `Multiply`: of several tensors, element by element.
   function multiply(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Multiply', name)
      call take_options(spec, options)
   end function multiply

   !> `Average`: of several tensors, element by element.
   function average(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Average', name)
      call take_options(spec, options)
   end function average

   !> `Maximum`: of several tensors, element by element.
   function maximum(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Maximum', name)
      call take_options(spec, options)
   end function maximum

   !> `Minimum`: of several tensors, element by element.
   function minimum(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Minimum', name)
      call take_options(spec, options)
   end function minimum

end module fkb_layers_core
