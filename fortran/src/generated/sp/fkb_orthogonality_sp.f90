! Generated from network/fkb_orthogonality.fypp: edit that file and run tools/generate.py
!> Keras's `OrthogonalRegularizer`: how far vectors are from being orthogonal, and its gradient.
module fkb_orthogonality_sp
   use fkb_gemm_sp, only: gemm_nn, gemm_tn
   use fkb_kinds, only: dp, wp => sp
   use fkb_regularizer_options, only: regularizer_t
   implicit none (type, external)
   private
   public :: orthogonality

contains

   !> value = f/(n (n - 1)) sum |u_i u_j| over i /= j, u = v/max(|v|, floor); adds the derivative
   !> times `scale` to d. Source: Keras 3.15, keras/src/regularizers/regularizers.py.
   subroutine orthogonality(m, n, v, regularizer, scale, value, d)
      integer, intent(in) :: m, n                !! length and number of the vectors
      real(wp), intent(in) :: v(m, n)
      type(regularizer_t), intent(in) :: regularizer   !! f and the floor
      real(wp), intent(in) :: scale
      real(dp), intent(out) :: value
      real(wp), intent(inout) :: d(m, n)
      real(wp), allocatable :: u(:, :), product(:, :), slope(:, :), d_u(:, :)
      real(wp) :: floor, norm, share
      real(dp) :: factor
      integer :: j
      allocate (u(m, n), product(n, n), slope(n, n), d_u(m, n))
      factor = regularizer%orthogonal
      floor = real(regularizer%floor, wp)
      do j = 1, n
         u(:, j) = v(:, j)/max(norm2(v(:, j)), floor)
      end do
      call gemm_tn(n, n, m, u, u, 0.0_wp, product)
      do j = 1, n
         product(j, j) = 0
      end do
      share = real(factor/(real(n, dp)*(n - 1)), wp)
      value = factor/(real(n, dp)*(n - 1))*sum(abs(real(product, dp)))
      slope = merge(0.0_wp, sign(2*share*scale, product), .not. abs(product) > 0)
      call gemm_nn(m, n, n, u, slope, 0.0_wp, d_u)
      do j = 1, n
         norm = norm2(v(:, j))
         if (norm > floor) then
            d(:, j) = d(:, j) + (d_u(:, j) - dot_product(d_u(:, j), u(:, j))*u(:, j))/norm
         else
            d(:, j) = d(:, j) + d_u(:, j)/floor
         end if
      end do
   end subroutine orthogonality

end module fkb_orthogonality_sp
