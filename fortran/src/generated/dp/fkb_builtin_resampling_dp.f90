! Generated from layers/fkb_builtin_resampling.fypp: edit that file and run tools/generate.py
!> Upsampling, resizing, padding, cropping and image augmentation.
module fkb_builtin_resampling_dp
   use fkb_error, only: error_t
   use fkb_registry_dp, only: registry_t
   implicit none (type, external)
   private
   public :: add_resampling_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_resampling_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      if (allocated(error)) return
   end subroutine add_resampling_layers

end module fkb_builtin_resampling_dp
