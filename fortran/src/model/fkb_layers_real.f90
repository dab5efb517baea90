!> Layers with real options, which may be real32 or real64; see `fkb_layers`.
module fkb_layers_real
   use fkb_kinds, only: dp, sp
   use fkb_layer_spec, only: layer_spec_t, new_spec, take_options
   implicit none (type, external)
   private
   public :: dropout, gaussian_noise, leaky_relu, rescaling, batch_normalization
   public :: layer_normalization

   interface dropout
      module procedure dropout_sp, dropout_dp
   end interface dropout

   interface gaussian_noise
      module procedure gaussian_noise_sp, gaussian_noise_dp
   end interface gaussian_noise

   interface leaky_relu
      module procedure leaky_relu_sp, leaky_relu_dp
   end interface leaky_relu

   interface rescaling
      module procedure rescaling_sp, rescaling_dp
   end interface rescaling

   interface batch_normalization
      module procedure batch_normalization_sp, batch_normalization_dp
   end interface batch_normalization

   interface layer_normalization
      module procedure layer_normalization_sp, layer_normalization_dp
   end interface layer_normalization

contains

   !> `Dropout`.
   function dropout_sp(rate, name, options) result(spec)
      real(sp), intent(in) :: rate   !! part of the values that become 0 in training
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Dropout', name)
      call spec%put('rate', rate)
      call take_options(spec, options)
   end function dropout_sp

   !> `GaussianNoise`: noise added in training.
   function gaussian_noise_sp(stddev, name, options) result(spec)
      real(sp), intent(in) :: stddev
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GaussianNoise', name)
      call spec%put('stddev', stddev)
      call take_options(spec, options)
   end function gaussian_noise_sp

   !> `LeakyReLU`.
   function leaky_relu_sp(negative_slope, name, options) result(spec)
      real(sp), intent(in) :: negative_slope
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('LeakyReLU', name)
      call spec%put('negative_slope', negative_slope)
      call take_options(spec, options)
   end function leaky_relu_sp

   !> `Rescaling`: scale times x plus offset.
   function rescaling_sp(scale, offset, name, options) result(spec)
      real(sp), intent(in) :: scale
      real(sp), intent(in), optional :: offset
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Rescaling', name)
      call spec%put('scale', scale)
      if (present(offset)) call spec%put('offset', offset)
      call take_options(spec, options)
   end function rescaling_sp

   !> `BatchNormalization` over the batch.
   function batch_normalization_sp(momentum, epsilon, name, options) result(spec)
      real(sp), intent(in), optional :: momentum
      real(sp), intent(in), optional :: epsilon
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('BatchNormalization', name)
      if (present(momentum)) call spec%put('momentum', momentum)
      if (present(epsilon)) call spec%put('epsilon', epsilon)
      call take_options(spec, options)
   end function batch_normalization_sp

   !> `LayerNormalization` over the last axis.
   function layer_normalization_sp(epsilon, name, options) result(spec)
      real(sp), intent(in), optional :: epsilon
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('LayerNormalization', name)
      if (present(epsilon)) call spec%put('epsilon', epsilon)
      call take_options(spec, options)
   end function layer_normalization_sp

   !> `Dropout`.
   function dropout_dp(rate, name, options) result(spec)
      real(dp), intent(in) :: rate   !! part of the values that become 0 in training
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Dropout', name)
      call spec%put('rate', rate)
      call take_options(spec, options)
   end function dropout_dp

   !> `GaussianNoise`: noise added in training.
   function gaussian_noise_dp(stddev, name, options) result(spec)
      real(dp), intent(in) :: stddev
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GaussianNoise', name)
      call spec%put('stddev', stddev)
      call take_options(spec, options)
   end function gaussian_noise_dp

   !> `LeakyReLU`.
   function leaky_relu_dp(negative_slope, name, options) result(spec)
      real(dp), intent(in) :: negative_slope
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('LeakyReLU', name)
      call spec%put('negative_slope', negative_slope)
      call take_options(spec, options)
   end function leaky_relu_dp

   !> `Rescaling`: scale times x plus offset.
   function rescaling_dp(scale, offset, name, options) result(spec)
      real(dp), intent(in) :: scale
      real(dp), intent(in), optional :: offset
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Rescaling', name)
      call spec%put('scale', scale)
      if (present(offset)) call spec%put('offset', offset)
      call take_options(spec, options)
   end function rescaling_dp

   !> `BatchNormalization` over the batch.
   function batch_normalization_dp(momentum, epsilon, name, options) result(spec)
      real(dp), intent(in) :: momentum
      real(dp), intent(in), optional :: epsilon
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('BatchNormalization', name)
      call spec%put('momentum', momentum)
      if (present(epsilon)) call spec%put('epsilon', epsilon)
      call take_options(spec, options)
   end function batch_normalization_dp

   !> `LayerNormalization` over the last axis.
   function layer_normalization_dp(epsilon, name, options) result(spec)
      real(dp), intent(in) :: epsilon
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('LayerNormalization', name)
      call spec%put('epsilon', epsilon)
      call take_options(spec, options)
   end function layer_normalization_dp

end module fkb_layers_real
