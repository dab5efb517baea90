!> Pooling and upsampling in Keras's words; see `fkb_layers`.
module fkb_layers_pooling
   use fkb_layer_spec, only: layer_spec_t, new_spec, put_per_axis, take_options
   implicit none (type, external)
   private
   public :: max_pooling1d, max_pooling2d, max_pooling3d, average_pooling1d, average_pooling2d
   public :: average_pooling3d, global_max_pooling1d, global_max_pooling2d
   public :: global_max_pooling3d, global_average_pooling1d, global_average_pooling2d
   public :: global_average_pooling3d, up_sampling1d, up_sampling2d, up_sampling3d

contains

   !> `MaxPooling1D`.
   function max_pooling1d(pool_size, strides, padding, name, options) result(spec)
      integer, intent(in), optional :: pool_size(:)   !! default 2
      integer, intent(in), optional :: strides(:)   !! default: the pool size
      character(*), intent(in), optional :: padding
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('MaxPooling1D', name)
      call put_per_axis(spec, 'pool_size', 1, pool_size)
      call put_per_axis(spec, 'strides', 1, strides)
      if (present(padding)) call spec%put('padding', padding)
      call take_options(spec, options)
   end function max_pooling1d

   !> `MaxPooling2D`.
   function max_pooling2d(pool_size, strides, padding, name, options) result(spec)
      integer, intent(in), optional :: pool_size(:)   !! default 2
      integer, intent(in), optional :: strides(:)   !! default: the pool size
      character(*), intent(in), optional :: padding
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('MaxPooling2D', name)
      call put_per_axis(spec, 'pool_size', 2, pool_size)
      call put_per_axis(spec, 'strides', 2, strides)
      if (present(padding)) call spec%put('padding', padding)
      call take_options(spec, options)
   end function max_pooling2d

   !> `MaxPooling3D`.
   function max_pooling3d(pool_size, strides, padding, name, options) result(spec)
      integer, intent(in), optional :: pool_size(:)   !! default 2
      integer, intent(in), optional :: strides(:)   !! default: the pool size
      character(*), intent(in), optional :: padding
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('MaxPooling3D', name)
      call put_per_axis(spec, 'pool_size', 3, pool_size)
      call put_per_axis(spec, 'strides', 3, strides)
      if (present(padding)) call spec%put('padding', padding)
      call take_options(spec, options)
   end function max_pooling3d

   !> `AveragePooling1D`.
   function average_pooling1d(pool_size, strides, padding, name, options) result(spec)
      integer, intent(in), optional :: pool_size(:)   !! default 2
      integer, intent(in), optional :: strides(:)   !! default: the pool size
      character(*), intent(in), optional :: padding
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('AveragePooling1D', name)
      call put_per_axis(spec, 'pool_size', 1, pool_size)
      call put_per_axis(spec, 'strides', 1, strides)
      if (present(padding)) call spec%put('padding', padding)
      call take_options(spec, options)
   end function average_pooling1d

   !> `AveragePooling2D`.
   function average_pooling2d(pool_size, strides, padding, name, options) result(spec)
      integer, intent(in), optional :: pool_size(:)   !! default 2
      integer, intent(in), optional :: strides(:)   !! default: the pool size
      character(*), intent(in), optional :: padding
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('AveragePooling2D', name)
      call put_per_axis(spec, 'pool_size', 2, pool_size)
      call put_per_axis(spec, 'strides', 2, strides)
      if (present(padding)) call spec%put('padding', padding)
      call take_options(spec, options)
   end function average_pooling2d

   !> `AveragePooling3D`.
   function average_pooling3d(pool_size, strides, padding, name, options) result(spec)
      integer, intent(in), optional :: pool_size(:)   !! default 2
      integer, intent(in), optional :: strides(:)   !! default: the pool size
      character(*), intent(in), optional :: padding
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('AveragePooling3D', name)
      call put_per_axis(spec, 'pool_size', 3, pool_size)
      call put_per_axis(spec, 'strides', 3, strides)
      if (present(padding)) call spec%put('padding', padding)
      call take_options(spec, options)
   end function average_pooling3d

   !> `GlobalMaxPooling1D`.
   function global_max_pooling1d(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GlobalMaxPooling1D', name)
      call take_options(spec, options)
   end function global_max_pooling1d

   !> `GlobalMaxPooling2D`.
   function global_max_pooling2d(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GlobalMaxPooling2D', name)
      call take_options(spec, options)
   end function global_max_pooling2d

   !> `GlobalMaxPooling3D`.
   function global_max_pooling3d(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GlobalMaxPooling3D', name)
      call take_options(spec, options)
   end function global_max_pooling3d

   !> `GlobalAveragePooling1D`.
   function global_average_pooling1d(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GlobalAveragePooling1D', name)
      call take_options(spec, options)
   end function global_average_pooling1d

   !> `GlobalAveragePooling2D`.
   function global_average_pooling2d(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GlobalAveragePooling2D', name)
      call take_options(spec, options)
   end function global_average_pooling2d

   !> `GlobalAveragePooling3D`.
   function global_average_pooling3d(name, options) result(spec)
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GlobalAveragePooling3D', name)
      call take_options(spec, options)
   end function global_average_pooling3d

   !> `UpSampling1D`.
   function up_sampling1d(size, name, options) result(spec)
      integer, intent(in), optional :: size   !! default 2
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('UpSampling1D', name)
      if (present(size)) call spec%put('size', size)
      call take_options(spec, options)
   end function up_sampling1d

   !> `UpSampling2D`.
   function up_sampling2d(size, name, options) result(spec)
      integer, intent(in), optional :: size(:)   !! default 2
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('UpSampling2D', name)
      call put_per_axis(spec, 'size', 2, size)
      call take_options(spec, options)
   end function up_sampling2d

   !> `UpSampling3D`.
   function up_sampling3d(size, name, options) result(spec)
      integer, intent(in), optional :: size(:)   !! default 2
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('UpSampling3D', name)
      call put_per_axis(spec, 'size', 3, size)
      call take_options(spec, options)
   end function up_sampling3d

end module fkb_layers_pooling
