! Generated from layers/fkb_builtin_encoding.fypp: edit that file and run tools/generate.py
!> Encoding and lookup of categories.
module fkb_builtin_encoding_sp
   use fkb_error, only: error_t
   use fkb_registry_sp, only: registry_t
   implicit none (type, external)
   private
   public :: add_encoding_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_encoding_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      if (allocated(error)) return
   end subroutine add_encoding_layers

end module fkb_builtin_encoding_sp
