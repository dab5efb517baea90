!> Convolutions in Keras's words; see `fkb_layers`.
module fkb_layers_conv
   use fkb_layer_spec, only: layer_spec_t, new_spec, put_per_axis, take_options
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: conv1d, conv2d, conv3d, conv2d_transpose, zero_padding2d, cropping2d

contains

   !> `Conv1D`.
   function conv1d(filters, kernel_size, strides, padding, activation, use_bias, &
      kernel_initializer, kernel_regularizer, name, options) result(spec)
      integer, intent(in) :: filters
      integer, intent(in) :: kernel_size(:)   !! one for each axis, or one for all
      integer, intent(in), optional :: strides(:)
      character(*), intent(in), optional :: padding   !! `valid` or `same`
      character(*), intent(in), optional :: activation
      logical, intent(in), optional :: use_bias
      character(*), intent(in), optional :: kernel_initializer
      character(*), intent(in), optional :: kernel_regularizer
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Conv1D', name)
      call spec%put('filters', filters)
      call put_per_axis(spec, 'kernel_size', 1, kernel_size)
      call put_per_axis(spec, 'strides', 1, strides)
      if (present(padding)) call spec%put('padding', padding)
      if (present(activation)) call spec%put('activation', activation)
      if (present(use_bias)) call spec%put('use_bias', use_bias)
      if (present(kernel_initializer)) call spec%put('kernel_initializer', kernel_initializer)
      if (present(kernel_regularizer)) call spec%put('kernel_regularizer', kernel_regularizer)
      call take_options(spec, options)
   end function conv1d

   !> `Conv2D`.
   function conv2d(filters, kernel_size, strides, padding, activation, use_bias, &
      kernel_initializer, kernel_regularizer, name, options) result(spec)
      integer, intent(in) :: filters
      integer, intent(in) :: kernel_size(:)   !! one for each axis, or one for all
      integer, intent(in), optional :: strides(:)
      character(*), intent(in), optional :: padding   !! `valid` or `same`
      character(*), intent(in), optional :: activation
      logical, intent(in), optional :: use_bias
      character(*), intent(in), optional :: kernel_initializer
      character(*), intent(in), optional :: kernel_regularizer
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Conv2D', name)
      call spec%put('filters', filters)
      call put_per_axis(spec, 'kernel_size', 2, kernel_size)
      call put_per_axis(spec, 'strides', 2, strides)
      if (present(padding)) call spec%put('padding', padding)
      if (present(activation)) call spec%put('activation', activation)
      if (present(use_bias)) call spec%put('use_bias', use_bias)
      if (present(kernel_initializer)) call spec%put('kernel_initializer', kernel_initializer)
      if (present(kernel_regularizer)) call spec%put('kernel_regularizer', kernel_regularizer)
      call take_options(spec, options)
   end function conv2d

   !> `Conv3D`.
   function conv3d(filters, kernel_size, strides, padding, activation, use_bias, &
      kernel_initializer, kernel_regularizer, name, options) result(spec)
      integer, intent(in) :: filters
      integer, intent(in) :: kernel_size(:)   !! one for each axis, or one for all
      integer, intent(in), optional :: strides(:)
      character(*), intent(in), optional :: padding   !! `valid` or `same`
      character(*), intent(in), optional :: activation
      logical, intent(in), optional :: use_bias
      character(*), intent(in), optional :: kernel_initializer
      character(*), intent(in), optional :: kernel_regularizer
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Conv3D', name)
      call spec%put('filters', filters)
      call put_per_axis(spec, 'kernel_size', 3, kernel_size)
      call put_per_axis(spec, 'strides', 3, strides)
      if (present(padding)) call spec%put('padding', padding)
      if (present(activation)) call spec%put('activation', activation)
      if (present(use_bias)) call spec%put('use_bias', use_bias)
      if (present(kernel_initializer)) call spec%put('kernel_initializer', kernel_initializer)
      if (present(kernel_regularizer)) call spec%put('kernel_regularizer', kernel_regularizer)
      call take_options(spec, options)
   end function conv3d

   !> `Conv2DTranspose`.
   function conv2d_transpose(filters, kernel_size, strides, padding, activation, use_bias, &
      name, options) result(spec)
      integer, intent(in) :: filters
      integer, intent(in) :: kernel_size(:)   !! one for each axis, or one for all
      integer, intent(in), optional :: strides(:)
      character(*), intent(in), optional :: padding   !! `valid` or `same`
      character(*), intent(in), optional :: activation
      logical, intent(in), optional :: use_bias
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Conv2DTranspose', name)
      call spec%put('filters', filters)
      call put_per_axis(spec, 'kernel_size', 2, kernel_size)
      call put_per_axis(spec, 'strides', 2, strides)
      if (present(padding)) call spec%put('padding', padding)
      if (present(activation)) call spec%put('activation', activation)
      if (present(use_bias)) call spec%put('use_bias', use_bias)
      call take_options(spec, options)
   end function conv2d_transpose

   !> `ZeroPadding2D`.
   function zero_padding2d(padding, name, options) result(spec)
      integer, intent(in) :: padding(:)   !! rows and columns on either side, or one number
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('ZeroPadding2D', name)
      call spec%put_json('padding', both_sides(padding))
      call take_options(spec, options)
   end function zero_padding2d

   !> `Cropping2D`.
   function cropping2d(cropping, name, options) result(spec)
      integer, intent(in) :: cropping(:)   !! rows and columns on either side, or one number
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Cropping2D', name)
      call spec%put_json('cropping', both_sides(cropping))
      call take_options(spec, options)
   end function cropping2d

   !> One number for each axis, or for both, as Keras saves it: `[[1,1],[2,2]]`.
   function both_sides(axes) result(json)
      integer, intent(in) :: axes(:)
      character(:), allocatable :: json, one
      integer :: i
      json = '['
      do i = 1, max(2, size(axes))
         one = decimal(axes(min(i, size(axes))))
         if (i > 1) json = json//','
         json = json//'['//one//','//one//']'
      end do
      json = json//']'
   end function both_sides

end module fkb_layers_conv
