! Generated from layers/fkb_builtin_loader.fypp: edit that file and run tools/generate.py
!> Layers that the loader makes and no model file has; their names cannot be Keras's.
module fkb_builtin_loader_dp
   use fkb_constant_dp, only: constant_t
   use fkb_error, only: error_t
   use fkb_registry_dp, only: registry_t
   use fkb_reverse_dp, only: reverse_t
   implicit none (type, external)
   private
   public :: add_loader_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_loader_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('fkb>Constant', constant_t(), error)
      call registry%put('fkb>Reverse', reverse_t(), error)
   end subroutine add_loader_layers

end module fkb_builtin_loader_dp
