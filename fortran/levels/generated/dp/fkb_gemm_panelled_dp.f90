! Generated from kernels/fkb_gemm_panelled.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_gemm_panelled_dp`, each compiled for several processors.
module fkb_gemm_panelled_dp
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: panelled_reals
   public :: pack_panels
   public :: add_panelled

   interface
      module pure integer(i8) function panelled_reals(m, k) result(reals)
         integer, intent(in) :: m, k
      end function panelled_reals

      module pure subroutine pack_panels(m, k, a, panels)
         integer, intent(in) :: m, k
         real(wp), intent(in) :: a(m, k)
         real(wp), intent(inout) :: panels(*)
      end subroutine pack_panels

      module pure subroutine add_panelled(m, n, k, panels, b, c)
         integer, intent(in) :: m, n, k
         real(wp), intent(in) :: panels(*)
         real(wp), intent(in) :: b(k, n)
         real(wp), intent(inout) :: c(m, n)
      end subroutine add_panelled
   end interface

end module fkb_gemm_panelled_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_gemm_panelled_dp) fkb_gemm_panelled_levels_dp
   use fkb_gemm_panelled_dp_v1, only: panelled_reals_v1 => panelled_reals, &
      pack_panels_v1 => pack_panels, add_panelled_v1 => add_panelled
   use fkb_gemm_panelled_dp_v3, only: panelled_reals_v3 => panelled_reals, &
      pack_panels_v3 => pack_panels, add_panelled_v3 => add_panelled
   use fkb_gemm_panelled_dp_v4, only: panelled_reals_v4 => panelled_reals, &
      pack_panels_v4 => pack_panels, add_panelled_v4 => add_panelled
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure panelled_reals
      select case (code_level)
      case (4)
         reals = panelled_reals_v4(m, k)
      case (3)
         reals = panelled_reals_v3(m, k)
      case default
         reals = panelled_reals_v1(m, k)
      end select
   end procedure panelled_reals

   module procedure pack_panels
      select case (code_level)
      case (4)
         call pack_panels_v4(m, k, a, panels)
      case (3)
         call pack_panels_v3(m, k, a, panels)
      case default
         call pack_panels_v1(m, k, a, panels)
      end select
   end procedure pack_panels

   module procedure add_panelled
      select case (code_level)
      case (4)
         call add_panelled_v4(m, n, k, panels, b, c)
      case (3)
         call add_panelled_v3(m, n, k, panels, b, c)
      case default
         call add_panelled_v1(m, n, k, panels, b, c)
      end select
   end procedure add_panelled

end submodule fkb_gemm_panelled_levels_dp
