! Generated from train/fkb_muon_kernels.fypp: edit that file and run tools/generate.py
!> What Muon does with one matrix.
module fkb_muon_kernels_dp
   use fkb_gemm_dp, only: gemm_nn, gemm_nt, gemm_tn
   use fkb_kinds, only: dp, wp => dp
   implicit none (type, external)
   private
   public :: newton_schulz

contains

   !> Nearly the orthogonal factor of x: steps of x = a x + (b A + c A A) x, A = x transpose(x)
   !> along the shorter side, from x/|x| on. Source: K. Jordan's Muon, Keras's
   !> `zeropower_via_newtonschulz5`.
   pure subroutine newton_schulz(rows, columns, steps, a, b, c, x, squares, factor, applied)
      integer, intent(in) :: rows, columns          !! of storage: Keras's (columns, rows)
      integer, intent(in) :: steps
      real(wp), intent(in) :: a, b, c
      real(wp), intent(inout) :: x(rows, columns)
      real(wp), intent(out) :: squares(min(rows, columns), min(rows, columns))   !! scratch
      real(wp), intent(out) :: factor(min(rows, columns), min(rows, columns))    !! scratch
      real(wp), intent(out) :: applied(rows, columns)                            !! scratch
      integer :: i, n
      n = min(rows, columns)
      x = x/(real(sqrt(sum(real(x, dp)**2)), wp) + 1e-7_wp)
      squares = 0
      factor = 0
      applied = 0
      do i = 1, steps
         if (columns > rows) then
            call gemm_nt(n, n, columns, x, x, 0.0_wp, squares)
         else
            call gemm_tn(n, n, rows, x, x, 0.0_wp, squares)
         end if
         call gemm_nn(n, n, n, c*squares, squares, 0.0_wp, factor)
         factor = b*squares + factor
         if (columns > rows) then
            call gemm_nn(n, columns, n, factor, x, 0.0_wp, applied)
         else
            call gemm_nn(rows, n, n, x, factor, 0.0_wp, applied)
         end if
         x = a*x + applied
      end do
   end subroutine newton_schulz

end module fkb_muon_kernels_dp
