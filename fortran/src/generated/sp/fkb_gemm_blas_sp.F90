! Generated from kernels/fkb_gemm_blas.fypp: edit that file and run tools/generate.py
!> Matrix products through the BLAS.
submodule(fkb_gemm_sp) fkb_gemm_blas_sp
   implicit none (type, external)
#ifdef FKB_BLAS

   interface
      pure subroutine sgemm(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
         import :: wp
         implicit none (type, external)
         character, intent(in) :: transa, transb
         integer, intent(in) :: m, n, k, lda, ldb, ldc
         real(wp), intent(in) :: alpha, beta, a(lda, *), b(ldb, *)
         real(wp), intent(inout) :: c(ldc, *)
      end subroutine sgemm
   end interface

contains

   module procedure columns_independent
      independent = .false.
   end procedure columns_independent

   module procedure gemm_nn
      call sgemm("n", "n", m, n, k, 1.0_wp, a, max(m, 1), b, max(k, 1), beta, c, max(m, 1))
   end procedure gemm_nn

   module procedure gemm_tn
      call sgemm("t", "n", m, n, k, 1.0_wp, a, max(k, 1), b, max(k, 1), beta, c, max(m, 1))
   end procedure gemm_tn

   module procedure gemm_nt
      call sgemm("n", "t", m, n, k, 1.0_wp, a, max(m, 1), b, max(n, 1), beta, c, max(m, 1))
   end procedure gemm_nt

#endif
end submodule fkb_gemm_blas_sp
