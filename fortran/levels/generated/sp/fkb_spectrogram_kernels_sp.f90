! Generated from kernels/fkb_spectrogram_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_spectrogram_kernels_sp`, each compiled for several processors.
module fkb_spectrogram_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: spectrum_values
   public :: spectrum_gradients
   public :: spectrum_directions

   interface
      module pure subroutine spectrum_values(mode, bins, re, im, v)
         integer, intent(in) :: mode
         integer, intent(in) :: bins
         real(wp), intent(in) :: re(bins), im(bins)
         real(wp), intent(out) :: v(*)
      end subroutine spectrum_values

      module pure subroutine spectrum_gradients(mode, bins, re, im, dv, dre, dim)
         integer, intent(in) :: mode
         integer, intent(in) :: bins
         real(wp), intent(in) :: re(bins), im(bins)
         real(wp), intent(in) :: dv(*)
         real(wp), intent(out) :: dre(bins), dim(bins)
      end subroutine spectrum_gradients

      module pure subroutine spectrum_directions(mode, bins, re, im, dre, dim, dv)
         integer, intent(in) :: mode
         integer, intent(in) :: bins
         real(wp), intent(in) :: re(bins), im(bins), dre(bins), dim(bins)
         real(wp), intent(out) :: dv(*)
      end subroutine spectrum_directions
   end interface

end module fkb_spectrogram_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_spectrogram_kernels_sp) fkb_spectrogram_kernels_levels_sp
   use fkb_spectrogram_kernels_sp_v1, only: spectrum_values_v1 => spectrum_values, &
      spectrum_gradients_v1 => spectrum_gradients, spectrum_directions_v1 => spectrum_directions
   use fkb_spectrogram_kernels_sp_v3, only: spectrum_values_v3 => spectrum_values, &
      spectrum_gradients_v3 => spectrum_gradients, spectrum_directions_v3 => spectrum_directions
   use fkb_spectrogram_kernels_sp_v4, only: spectrum_values_v4 => spectrum_values, &
      spectrum_gradients_v4 => spectrum_gradients, spectrum_directions_v4 => spectrum_directions
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure spectrum_values
      select case (code_level)
      case (4)
         call spectrum_values_v4(mode, bins, re, im, v)
      case (3)
         call spectrum_values_v3(mode, bins, re, im, v)
      case default
         call spectrum_values_v1(mode, bins, re, im, v)
      end select
   end procedure spectrum_values

   module procedure spectrum_gradients
      select case (code_level)
      case (4)
         call spectrum_gradients_v4(mode, bins, re, im, dv, dre, dim)
      case (3)
         call spectrum_gradients_v3(mode, bins, re, im, dv, dre, dim)
      case default
         call spectrum_gradients_v1(mode, bins, re, im, dv, dre, dim)
      end select
   end procedure spectrum_gradients

   module procedure spectrum_directions
      select case (code_level)
      case (4)
         call spectrum_directions_v4(mode, bins, re, im, dre, dim, dv)
      case (3)
         call spectrum_directions_v3(mode, bins, re, im, dre, dim, dv)
      case default
         call spectrum_directions_v1(mode, bins, re, im, dre, dim, dv)
      end select
   end procedure spectrum_directions

end submodule fkb_spectrogram_kernels_levels_sp
