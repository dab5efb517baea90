! Generated from kernels/fkb_gemm.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_gemm_dp`, each compiled for several processors.
module fkb_gemm_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: gemm_nn
   public :: gemm_nn_from
   public :: gemm_tn
   public :: gemm_nt
   public :: columns_independent

   interface
      pure module subroutine gemm_nn(m, n, k, a, b, beta, c)
         integer, intent(in) :: m, n, k
         real(wp), intent(in) :: a(m, k), b(k, n)
         real(wp), intent(in) :: beta
         real(wp), intent(inout) :: c(m, n)
      end subroutine gemm_nn

      pure module subroutine gemm_tn(m, n, k, a, b, beta, c)
         integer, intent(in) :: m, n, k
         real(wp), intent(in) :: a(k, m), b(k, n)
         real(wp), intent(in) :: beta
         real(wp), intent(inout) :: c(m, n)
      end subroutine gemm_tn

      pure module subroutine gemm_nt(m, n, k, a, b, beta, c)
         integer, intent(in) :: m, n, k
         real(wp), intent(in) :: a(m, k), b(n, k)
         real(wp), intent(in) :: beta
         real(wp), intent(inout) :: c(m, n)
      end subroutine gemm_nt

      pure module function columns_independent() result(independent)
         logical :: independent
      end function columns_independent

      module pure subroutine gemm_nn_from(m, n, k, a, b, start, c)
         integer, intent(in) :: m, n, k
         real(wp), intent(in) :: a(m, k), b(k, n), start(m)
         real(wp), intent(inout) :: c(m, n)
      end subroutine gemm_nn_from
   end interface

end module fkb_gemm_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_gemm_dp) fkb_gemm_levels_dp
   use fkb_gemm_dp_v1, only: gemm_nn_v1 => gemm_nn, gemm_tn_v1 => gemm_tn, gemm_nt_v1 => gemm_nt, &
      columns_independent_v1 => columns_independent, gemm_nn_from_v1 => gemm_nn_from
   use fkb_gemm_dp_v3, only: gemm_nn_v3 => gemm_nn, gemm_tn_v3 => gemm_tn, gemm_nt_v3 => gemm_nt, &
      columns_independent_v3 => columns_independent, gemm_nn_from_v3 => gemm_nn_from
   use fkb_gemm_dp_v4, only: gemm_nn_v4 => gemm_nn, gemm_tn_v4 => gemm_tn, gemm_nt_v4 => gemm_nt, &
      columns_independent_v4 => columns_independent, gemm_nn_from_v4 => gemm_nn_from
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure gemm_nn
      select case (code_level)
      case (4)
         call gemm_nn_v4(m, n, k, a, b, beta, c)
      case (3)
         call gemm_nn_v3(m, n, k, a, b, beta, c)
      case default
         call gemm_nn_v1(m, n, k, a, b, beta, c)
      end select
   end procedure gemm_nn

   module procedure gemm_tn
      select case (code_level)
      case (4)
         call gemm_tn_v4(m, n, k, a, b, beta, c)
      case (3)
         call gemm_tn_v3(m, n, k, a, b, beta, c)
      case default
         call gemm_tn_v1(m, n, k, a, b, beta, c)
      end select
   end procedure gemm_tn

   module procedure gemm_nt
      select case (code_level)
      case (4)
         call gemm_nt_v4(m, n, k, a, b, beta, c)
      case (3)
         call gemm_nt_v3(m, n, k, a, b, beta, c)
      case default
         call gemm_nt_v1(m, n, k, a, b, beta, c)
      end select
   end procedure gemm_nt

   module procedure columns_independent
      select case (code_level)
      case (4)
         independent = columns_independent_v4()
      case (3)
         independent = columns_independent_v3()
      case default
         independent = columns_independent_v1()
      end select
   end procedure columns_independent

   module procedure gemm_nn_from
      select case (code_level)
      case (4)
         call gemm_nn_from_v4(m, n, k, a, b, start, c)
      case (3)
         call gemm_nn_from_v3(m, n, k, a, b, start, c)
      case default
         call gemm_nn_from_v1(m, n, k, a, b, start, c)
      end select
   end procedure gemm_nn_from

end submodule fkb_gemm_levels_dp
