! Generated from layers/fkb_builtin_pooling.fypp: edit that file and run tools/generate.py
!> Pooling.
module fkb_builtin_pooling_sp
   use fkb_error, only: error_t
   use fkb_global_pooling_sp, only: global_pooling_t
   use fkb_pooling_sp, only: adaptive_pooling_t, pooling_t
   use fkb_registry_sp, only: registry_t
   implicit none (type, external)
   private
   public :: add_pooling_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_pooling_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('MaxPooling1D', pooling_t(1), error)
      call registry%put('MaxPooling2D', pooling_t(2), error)
      call registry%put('MaxPooling3D', pooling_t(3), error)
      call registry%put('AveragePooling1D', pooling_t(1, takes_mean=.true.), error)
      call registry%put('AveragePooling2D', pooling_t(2, takes_mean=.true.), error)
      call registry%put('AveragePooling3D', pooling_t(3, takes_mean=.true.), error)
      call registry%put('GlobalMaxPooling1D', global_pooling_t(1), error)
      call registry%put('GlobalMaxPooling2D', global_pooling_t(2), error)
      call registry%put('GlobalMaxPooling3D', global_pooling_t(3), error)
      call registry%put('GlobalAveragePooling1D', global_pooling_t(1, takes_mean=.true.), error)
      call registry%put('GlobalAveragePooling2D', global_pooling_t(2, takes_mean=.true.), error)
      call registry%put('GlobalAveragePooling3D', global_pooling_t(3, takes_mean=.true.), error)
      call registry%put('AdaptiveMaxPooling1D', adaptive_pooling_t(1), error)
      call registry%put('AdaptiveMaxPooling2D', adaptive_pooling_t(2), error)
      call registry%put('AdaptiveMaxPooling3D', adaptive_pooling_t(3), error)
      call registry%put('AdaptiveAveragePooling1D', adaptive_pooling_t(1, takes_mean=.true.), error)
      call registry%put('AdaptiveAveragePooling2D', adaptive_pooling_t(2, takes_mean=.true.), error)
      call registry%put('AdaptiveAveragePooling3D', adaptive_pooling_t(3, takes_mean=.true.), error)
   end subroutine add_pooling_layers

end module fkb_builtin_pooling_sp
