! Generated from layers/fkb_builtin_scaling.fypp: edit that file and run tools/generate.py
!> Normalisation beyond batch and layer statistics, and masking.
module fkb_builtin_scaling_sp
   use fkb_error, only: error_t
   use fkb_group_normalization_sp, only: group_normalization_t
   use fkb_length_normalization_sp, only: length_normalization_t
   use fkb_masking_sp, only: masking_t
   use fkb_registry_sp, only: registry_t
   use fkb_spectral_normalization_sp, only: spectral_normalization_t
   implicit none (type, external)
   private
   public :: add_scaling_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_scaling_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('GroupNormalization', group_normalization_t(), error)
      call registry%put('RMSNormalization', length_normalization_t(unit=.false.), error)
      call registry%put('UnitNormalization', length_normalization_t(unit=.true.), error)
      call registry%put('Masking', masking_t(), error)
      call registry%put('SpectralNormalization', spectral_normalization_t(), error)
   end subroutine add_scaling_layers

end module fkb_builtin_scaling_sp
