! Generated from train/fkb_muon_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_muon_kernels_sp`, each compiled for several processors.
module fkb_muon_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: newton_schulz

   interface
      module pure subroutine newton_schulz(rows, columns, steps, a, b, c, x, squares, factor, applied)
         integer, intent(in) :: rows, columns
         integer, intent(in) :: steps
         real(wp), intent(in) :: a, b, c
         real(wp), intent(inout) :: x(rows, columns)
         real(wp), intent(out) :: squares(min(rows, columns), min(rows, columns))
         real(wp), intent(out) :: factor(min(rows, columns), min(rows, columns))
         real(wp), intent(out) :: applied(rows, columns)
      end subroutine newton_schulz
   end interface

end module fkb_muon_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_muon_kernels_sp) fkb_muon_kernels_levels_sp
   use fkb_muon_kernels_sp_v1, only: newton_schulz_v1 => newton_schulz
   use fkb_muon_kernels_sp_v3, only: newton_schulz_v3 => newton_schulz
   use fkb_muon_kernels_sp_v4, only: newton_schulz_v4 => newton_schulz
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure newton_schulz
      select case (code_level)
      case (4)
         call newton_schulz_v4(rows, columns, steps, a, b, c, x, squares, factor, applied)
      case (3)
         call newton_schulz_v3(rows, columns, steps, a, b, c, x, squares, factor, applied)
      case default
         call newton_schulz_v1(rows, columns, steps, a, b, c, x, squares, factor, applied)
      end select
   end procedure newton_schulz

end submodule fkb_muon_kernels_levels_sp
