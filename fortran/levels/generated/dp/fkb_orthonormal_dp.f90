! Generated from kernels/fkb_orthonormal.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_orthonormal_dp`, each compiled for several processors.
module fkb_orthonormal_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: orthonormalize

   integer, parameter, public :: orthonormal_block = 32

   interface
      module pure subroutine orthonormalize(m, n, q, work)
         integer, intent(in) :: m, n
         real(wp), intent(inout) :: q(m, n)
         real(wp), intent(out) :: work(n*orthonormal_block)
      end subroutine orthonormalize
   end interface

end module fkb_orthonormal_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_orthonormal_dp) fkb_orthonormal_levels_dp
   use fkb_orthonormal_dp_v1, only: orthonormalize_v1 => orthonormalize
   use fkb_orthonormal_dp_v3, only: orthonormalize_v3 => orthonormalize
   use fkb_orthonormal_dp_v4, only: orthonormalize_v4 => orthonormalize
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure orthonormalize
      select case (code_level)
      case (4)
         call orthonormalize_v4(m, n, q, work)
      case (3)
         call orthonormalize_v3(m, n, q, work)
      case default
         call orthonormalize_v1(m, n, q, work)
      end select
   end procedure orthonormalize

end submodule fkb_orthonormal_levels_dp
