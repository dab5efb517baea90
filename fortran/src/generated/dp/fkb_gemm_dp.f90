! Generated from kernels/fkb_gemm.fypp: edit that file and run tools/generate.py
!> Matrix products, the one place where a BLAS is called.
!>
!> `beta` is 0 or 1: 0 overwrites c (which may hold anything, NaN too), 1 adds to it. With the
!> portable kernels a column of c in `gemm_nn` has the same bits whatever the other columns are
!> and however many.
module fkb_gemm_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: gemm_nn, gemm_nn_from, gemm_tn, gemm_nt, columns_independent

   interface
      !> c(m,n) = a(m,k) b(k,n) + beta c
      pure module subroutine gemm_nn(m, n, k, a, b, beta, c)
         integer, intent(in) :: m, n, k
         real(wp), intent(in) :: a(m, k), b(k, n)
         real(wp), intent(in) :: beta                !! 0 or 1
         real(wp), intent(inout) :: c(m, n)
      end subroutine gemm_nn

      !> c(m,n) = transpose(a(k,m)) b(k,n) + beta c
      pure module subroutine gemm_tn(m, n, k, a, b, beta, c)
         integer, intent(in) :: m, n, k
         real(wp), intent(in) :: a(k, m), b(k, n)
         real(wp), intent(in) :: beta                !! 0 or 1
         real(wp), intent(inout) :: c(m, n)
      end subroutine gemm_tn

      !> c(m,n) = a(m,k) transpose(b(n,k)) + beta c
      pure module subroutine gemm_nt(m, n, k, a, b, beta, c)
         integer, intent(in) :: m, n, k
         real(wp), intent(in) :: a(m, k), b(n, k)
         real(wp), intent(in) :: beta                !! 0 or 1
         real(wp), intent(inout) :: c(m, n)
      end subroutine gemm_nt

      !> Whether a column of the result of `gemm_nn` has the same bits whatever the other columns
      !> are: true of the portable kernels, not promised by a BLAS.
      pure module function columns_independent() result(independent)
         logical :: independent
      end function columns_independent
   end interface

contains

   !> c(m,n) = a(m,k) b(k,n) + start(m) in every column
   pure subroutine gemm_nn_from(m, n, k, a, b, start, c)
      integer, intent(in) :: m, n, k
      real(wp), intent(in) :: a(m, k), b(k, n), start(m)
      real(wp), intent(inout) :: c(m, n)             !! overwritten
      integer :: j
      do j = 1, n
         c(:, j) = start
      end do
      call gemm_nn(m, n, k, a, b, 1.0_wp, c)
   end subroutine gemm_nn_from

end module fkb_gemm_dp
