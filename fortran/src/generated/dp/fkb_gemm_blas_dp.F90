! Generated from kernels/fkb_gemm_blas.fypp: edit that file and run tools/generate.py
!> Matrix products through the BLAS.
submodule(fkb_gemm_dp) fkb_gemm_blas_dp
   use fkb_gemm_columns_dp, only: add_columns, add_products
   implicit none (type, external)
#ifdef FKB_BLAS

   interface
      pure subroutine dgemm(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
         import :: wp
         implicit none (type, external)
         character, intent(in) :: transa, transb
         integer, intent(in) :: m, n, k, lda, ldb, ldc
         real(wp), intent(in) :: alpha, beta, a(lda, *), b(ldb, *)
         real(wp), intent(inout) :: c(ldc, *)
      end subroutine dgemm
   end interface

   !> Up to so many columns (or, in gemm_nt, so small a depth) the BLAS is not called.
   integer, parameter :: few = 4

contains

   module procedure columns_independent
      independent = .false.
   end procedure columns_independent

   module procedure gemm_nn
      integer :: j
      if (n > few) then
         call dgemm("n", "n", m, n, k, 1.0_wp, a, max(m, 1), b, max(k, 1), beta, c, max(m, 1))
         return
      end if
      if (beta < 0.5_wp) c = 0
      if (m == 0 .or. k == 0) return
      do j = 1, n
         call add_columns(m, k, m, a, 1, b(1, j), c(1, j))
      end do
   end procedure gemm_nn

   module procedure gemm_tn
      integer :: j
      if (n > few) then
         call dgemm("t", "n", m, n, k, 1.0_wp, a, max(k, 1), b, max(k, 1), beta, c, max(m, 1))
         return
      end if
      if (beta < 0.5_wp) c = 0
      if (m == 0 .or. k == 0) return
      do j = 1, n
         call add_products(m, k, a, b(1, j), c(1, j))
      end do
   end procedure gemm_tn

   module procedure gemm_nt
      integer :: j
      if (n > few .and. k > few) then
         call dgemm("n", "t", m, n, k, 1.0_wp, a, max(m, 1), b, max(n, 1), beta, c, max(m, 1))
         return
      end if
      if (beta < 0.5_wp) c = 0
      if (m == 0 .or. k == 0) return
      do j = 1, n
         call add_columns(m, k, m, a, n, b(j, 1), c(1, j))
      end do
   end procedure gemm_nt

#endif
end submodule fkb_gemm_blas_dp
