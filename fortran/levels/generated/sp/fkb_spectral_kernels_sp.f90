! Generated from kernels/fkb_spectral_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_spectral_kernels_sp`, each compiled for several processors.
module fkb_spectral_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: normalize_spectrum

   interface
      module pure subroutine normalize_spectrum(length, rows, iterations, shortest, matrix, u, v)
         integer, intent(in) :: length, rows, iterations
         real(wp), intent(in) :: shortest
         real(wp), intent(inout) :: matrix(length, rows)
         real(wp), intent(inout) :: u(length)
         real(wp), intent(out) :: v(rows)
      end subroutine normalize_spectrum
   end interface

end module fkb_spectral_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_spectral_kernels_sp) fkb_spectral_kernels_levels_sp
   use fkb_spectral_kernels_sp_v1, only: normalize_spectrum_v1 => normalize_spectrum
   use fkb_spectral_kernels_sp_v3, only: normalize_spectrum_v3 => normalize_spectrum
   use fkb_spectral_kernels_sp_v4, only: normalize_spectrum_v4 => normalize_spectrum
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure normalize_spectrum
      select case (code_level)
      case (4)
         call normalize_spectrum_v4(length, rows, iterations, shortest, matrix, u, v)
      case (3)
         call normalize_spectrum_v3(length, rows, iterations, shortest, matrix, u, v)
      case default
         call normalize_spectrum_v1(length, rows, iterations, shortest, matrix, u, v)
      end select
   end procedure normalize_spectrum

end submodule fkb_spectral_kernels_levels_sp
