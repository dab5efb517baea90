! Generated from kernels/fkb_gemm_portable.fypp: edit that file and run tools/generate.py
!> Matrix products in plain Fortran.
submodule(fkb_gemm_dp) fkb_gemm_portable_dp
   implicit none (type, external)
#ifndef FKB_BLAS
contains

   module procedure gemm_nn
      integer :: j, l
      if (beta < 0.5_wp) c = 0
      do j = 1, n
         do l = 1, k
            c(:, j) = c(:, j) + a(:, l)*b(l, j)
         end do
      end do
   end procedure gemm_nn

   module procedure gemm_tn
      integer :: i, j
      if (beta < 0.5_wp) c = 0
      do j = 1, n
         do i = 1, m
            c(i, j) = c(i, j) + dot_product(a(:, i), b(:, j))
         end do
      end do
   end procedure gemm_tn

   module procedure gemm_nt
      integer :: j, l
      if (beta < 0.5_wp) c = 0
      do l = 1, k
         do j = 1, n
            c(:, j) = c(:, j) + a(:, l)*b(j, l)
         end do
      end do
   end procedure gemm_nt

#endif
end submodule fkb_gemm_portable_dp
