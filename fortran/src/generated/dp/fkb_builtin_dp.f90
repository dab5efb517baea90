! Generated from layers/fkb_builtin.fypp: edit that file and run tools/generate.py
!> The one place that lists the layers of the library, family by family.
module fkb_builtin_dp
   use fkb_builtin_attention_dp, only: add_attention_layers
   use fkb_builtin_common_dp, only: add_common_layers
   use fkb_builtin_convolution_dp, only: add_convolution_layers
   use fkb_builtin_encoding_dp, only: add_encoding_layers
   use fkb_builtin_loader_dp, only: add_loader_layers
   use fkb_builtin_operation_dp, only: add_operation_layers
   use fkb_builtin_pooling_dp, only: add_pooling_layers
   use fkb_builtin_recurrent_dp, only: add_recurrent_layers
   use fkb_builtin_resampling_dp, only: add_resampling_layers
   use fkb_builtin_scaling_dp, only: add_scaling_layers
   use fkb_error, only: error_t
   use fkb_registry_dp, only: registry_t
   implicit none (type, external)
   private
   public :: add_builtin_layers

contains

   !> Register every layer of the library under its Keras class name.
   !> Raises an error when one of the names is taken.
   subroutine add_builtin_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(out) :: error
      call add_common_layers(registry, error)
      call add_convolution_layers(registry, error)
      call add_pooling_layers(registry, error)
      call add_resampling_layers(registry, error)
      call add_recurrent_layers(registry, error)
      call add_attention_layers(registry, error)
      call add_scaling_layers(registry, error)
      call add_encoding_layers(registry, error)
      call add_operation_layers(registry, error)
      call add_loader_layers(registry, error)
   end subroutine add_builtin_layers

end module fkb_builtin_dp
