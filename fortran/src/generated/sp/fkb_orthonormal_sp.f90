! Generated from kernels/fkb_orthonormal.fypp: edit that file and run tools/generate.py
!> Orthonormal columns.
module fkb_orthonormal_sp
   use fkb_gemm_sp, only: gemm_nn, gemm_tn
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: orthonormalize

   !> Columns that are made orthogonal to all before them with one product.
   integer, parameter, public :: orthonormal_block = 32

contains

   !> q = Q of q = Q R with a positive diagonal of R: Gram and Schmidt's process, in blocks, each
   !> twice, which makes it as good as Householder's (Giraud, Langou, Rozloznik and van den Eshof
   !> 2005, Rounding error analysis of the classical Gram-Schmidt orthogonalization process).
   pure subroutine orthonormalize(m, n, q, work)
      integer, intent(in) :: m, n                 !! n is at most m
      real(wp), intent(inout) :: q(m, n)          !! columns that do not depend on each other
      real(wp), intent(out) :: work(n*orthonormal_block)
      integer :: first, pass, width
      do first = 1, n, orthonormal_block
         width = min(orthonormal_block, n - first + 1)
         do pass = 1, 2
            if (first > 1) call subtract(m, first - 1, width, q, work, q(1, first))
            call orthonormalize_few(m, width, q(1, first))
         end do
      end do
   end subroutine orthonormalize

   !> b = b - q transpose(q) b
   pure subroutine subtract(m, n, width, q, work, b)
      integer, intent(in) :: m, n, width
      real(wp), intent(in) :: q(m, n)
      real(wp), intent(out) :: work(n, width)
      real(wp), intent(inout) :: b(m, width)
      call gemm_tn(n, width, m, q, b, 0.0_wp, work)
      work = -work
      call gemm_nn(m, width, n, q, work, 1.0_wp, b)
   end subroutine subtract

   !> The process column by column.
   pure subroutine orthonormalize_few(m, n, q)
      integer, intent(in) :: m, n
      real(wp), intent(inout) :: q(m, n)
      integer :: j, k
      do k = 1, n
         do j = 1, k - 1
            q(:, k) = q(:, k) - dot_product(q(:, j), q(:, k))*q(:, j)
         end do
         q(:, k) = q(:, k)/norm2(q(:, k))
      end do
   end subroutine orthonormalize_few

end module fkb_orthonormal_sp
