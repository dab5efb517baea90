! Generated from layers/fkb_builtin.fypp: edit that file and run tools/generate.py
!> The one place that lists the layers of the library.
module fkb_builtin_dp
   use fkb_activation_dp, only: activation_form_t, activation_t
   use fkb_alpha_dropout_dp, only: alpha_dropout_t
   use fkb_batch_normalization_dp, only: batch_normalization_t
   use fkb_concatenate_dp, only: concatenate_t
   use fkb_dense_dp, only: dense_t
   use fkb_dot_dp, only: dot_t
   use fkb_dropout_dp, only: dropout_t, spatial_dropout_t
   use fkb_embedding_dp, only: embedding_t
   use fkb_error, only: error_t
   use fkb_gaussian_noise_dp, only: gaussian_dropout_t, gaussian_noise_t
   use fkb_identity_dp, only: activity_regularization_t, identity_t
   use fkb_layer_dp, only: layer_t
   use fkb_layer_normalization_dp, only: layer_normalization_t
   use fkb_merge_dp, only: merge_add, merge_average, merge_maximum, merge_minimum, &
      merge_multiply, merge_subtract, merge_t
   use fkb_normalization_dp, only: normalization_t
   use fkb_permute_dp, only: flatten_t, permute_t
   use fkb_prelu_dp, only: prelu_t
   use fkb_registry_dp, only: registry_t
   use fkb_repeat_vector_dp, only: repeat_vector_t
   use fkb_rescaling_dp, only: rescaling_t
   use fkb_reshape_dp, only: reshape_t
   use fkb_softmax_dp, only: softmax_t
   implicit none (type, external)
   private
   public :: add_builtin_layers

contains

   !> Register every layer of the library under its Keras class name.
   !> Raises an error when one of the names is taken.
   subroutine add_builtin_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(out) :: error
      call put(registry, error, 'Dense', dense_t())
      call put(registry, error, 'Embedding', embedding_t())
      call put(registry, error, 'Activation', activation_t())
      call put(registry, error, 'ReLU', activation_form_t())
      call put(registry, error, 'LeakyReLU', activation_form_t())
      call put(registry, error, 'ELU', activation_form_t())
      call put(registry, error, 'ThresholdedReLU', activation_form_t())
      call put(registry, error, 'PReLU', prelu_t())
      call put(registry, error, 'Softmax', softmax_t())
      call put(registry, error, 'BatchNormalization', batch_normalization_t())
      call put(registry, error, 'LayerNormalization', layer_normalization_t())
      call put(registry, error, 'Normalization', normalization_t())
      call put(registry, error, 'Identity', identity_t())
      call put(registry, error, 'ActivityRegularization', activity_regularization_t())
      call put(registry, error, 'Dropout', dropout_t())
      call put(registry, error, 'SpatialDropout1D', spatial_dropout_t())
      call put(registry, error, 'SpatialDropout2D', spatial_dropout_t())
      call put(registry, error, 'SpatialDropout3D', spatial_dropout_t())
      call put(registry, error, 'AlphaDropout', alpha_dropout_t())
      call put(registry, error, 'GaussianDropout', gaussian_dropout_t())
      call put(registry, error, 'GaussianNoise', gaussian_noise_t())
      call put(registry, error, 'Flatten', flatten_t())
      call put(registry, error, 'Reshape', reshape_t())
      call put(registry, error, 'Permute', permute_t())
      call put(registry, error, 'RepeatVector', repeat_vector_t())
      call put(registry, error, 'Rescaling', rescaling_t())
      call put(registry, error, 'Add', merge_t(merge_add))
      call put(registry, error, 'Subtract', merge_t(merge_subtract))
      call put(registry, error, 'Multiply', merge_t(merge_multiply))
      call put(registry, error, 'Average', merge_t(merge_average))
      call put(registry, error, 'Maximum', merge_t(merge_maximum))
      call put(registry, error, 'Minimum', merge_t(merge_minimum))
      call put(registry, error, 'Concatenate', concatenate_t())
      call put(registry, error, 'Dot', dot_t())
   end subroutine add_builtin_layers

   !> Register one class, unless an earlier one failed.
   subroutine put(registry, error, name, prototype)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      character(*), intent(in) :: name
      class(layer_t), intent(in) :: prototype
      if (.not. allocated(error)) call registry%add(name, prototype, error)
   end subroutine put

end module fkb_builtin_dp
