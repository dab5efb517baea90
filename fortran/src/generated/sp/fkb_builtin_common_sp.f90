! Generated from layers/fkb_builtin_common.fypp: edit that file and run tools/generate.py
!> Dense, merging, reshaping, noise and statistics: the layers that most networks have.
module fkb_builtin_common_sp
   use fkb_activation_sp, only: activation_form_t, activation_t
   use fkb_alpha_dropout_sp, only: alpha_dropout_t
   use fkb_batch_normalization_sp, only: batch_normalization_t
   use fkb_concatenate_sp, only: concatenate_t
   use fkb_dense_sp, only: dense_t
   use fkb_dot_sp, only: dot_t
   use fkb_dropout_sp, only: dropout_t, spatial_dropout_t
   use fkb_embedding_sp, only: embedding_t
   use fkb_error, only: error_t
   use fkb_gaussian_noise_sp, only: gaussian_dropout_t, gaussian_noise_t
   use fkb_identity_sp, only: activity_regularization_t, identity_t
   use fkb_layer_normalization_sp, only: layer_normalization_t
   use fkb_merge_sp, only: merge_add, merge_average, merge_maximum, merge_minimum, &
      merge_multiply, merge_subtract, merge_t
   use fkb_normalization_sp, only: normalization_t
   use fkb_permute_sp, only: flatten_t, permute_t
   use fkb_prelu_sp, only: prelu_t
   use fkb_registry_sp, only: registry_t
   use fkb_repeat_vector_sp, only: repeat_vector_t
   use fkb_rescaling_sp, only: rescaling_t
   use fkb_reshape_sp, only: reshape_t
   use fkb_softmax_sp, only: softmax_t
   implicit none (type, external)
   private
   public :: add_common_layers

contains

   !> Register the layers of this family under their Keras class names.
   !> Raises an error when one of the names is taken.
   subroutine add_common_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('Dense', dense_t(), error)
      call registry%put('Embedding', embedding_t(), error)
      call registry%put('Activation', activation_t(), error)
      call registry%put('ReLU', activation_form_t(), error)
      call registry%put('LeakyReLU', activation_form_t(), error)
      call registry%put('ELU', activation_form_t(), error)
      call registry%put('ThresholdedReLU', activation_form_t(), error)
      call registry%put('PReLU', prelu_t(), error)
      call registry%put('Softmax', softmax_t(), error)
      call registry%put('BatchNormalization', batch_normalization_t(), error)
      call registry%put('LayerNormalization', layer_normalization_t(), error)
      call registry%put('Normalization', normalization_t(), error)
      call registry%put('Identity', identity_t(), error)
      call registry%put('ActivityRegularization', activity_regularization_t(), error)
      call registry%put('Dropout', dropout_t(), error)
      call registry%put('SpatialDropout1D', spatial_dropout_t(), error)
      call registry%put('SpatialDropout2D', spatial_dropout_t(), error)
      call registry%put('SpatialDropout3D', spatial_dropout_t(), error)
      call registry%put('AlphaDropout', alpha_dropout_t(), error)
      call registry%put('GaussianDropout', gaussian_dropout_t(), error)
      call registry%put('GaussianNoise', gaussian_noise_t(), error)
      call registry%put('Flatten', flatten_t(), error)
      call registry%put('Reshape', reshape_t(), error)
      call registry%put('Permute', permute_t(), error)
      call registry%put('RepeatVector', repeat_vector_t(), error)
      call registry%put('Rescaling', rescaling_t(), error)
      call registry%put('Add', merge_t(merge_add), error)
      call registry%put('Subtract', merge_t(merge_subtract), error)
      call registry%put('Multiply', merge_t(merge_multiply), error)
      call registry%put('Average', merge_t(merge_average), error)
      call registry%put('Maximum', merge_t(merge_maximum), error)
      call registry%put('Minimum', merge_t(merge_minimum), error)
      call registry%put('Concatenate', concatenate_t(), error)
      call registry%put('Dot', dot_t(), error)
   end subroutine add_common_layers

end module fkb_builtin_common_sp
