! Generated from layers/fkb_builtin_pooling.fypp: edit that file and run tools/generate.py
!> Pooling.
module fkb_builtin_pooling_dp
   use fkb_error, only: error_t
   use fkb_registry_dp, only: registry_t
   implicit none (type, external)
   private
   public :: add_pooling_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_pooling_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      if (allocated(error)) return
   end subroutine add_pooling_layers

end module fkb_builtin_pooling_dp
