! Generated from train/fkb_focal_kernels.fypp: edit that file and run tools/generate.py
!> Focal cross-entropies on plain matrices: n values of Keras's last axis, m positions.
!>
!> Each adds up value = sum_j w(j) loss(j) in real64 and overwrites grad = d value/d p.
module fkb_focal_kernels_sp
   use fkb_kinds, only: dp, wp => sp
   use fkb_math_sp, only: exp_values, log_values, softplus_values
   implicit none (type, external)
   private
   public :: binary_focal, categorical_focal, generalized, softmax_of, through_softmax

   !> Keras's `epsilon()`: probabilities are clipped to [lowest, highest].
   real(wp), parameter :: lowest = 1e-7_wp
   real(wp), parameter :: highest = real(1 - 1e-7_dp, wp)

contains

   !> loss = mean b (1 - q)^gamma h with s = keep t + shift, q = s p + (1 - s)(1 - p),
   !> b = s balance(1) + (1 - s) balance(2), h the binary cross-entropy of p, or of the logits z.
   !> `grad` is the derivative of h alone (by z, or by p), `factor_grad` of the rest by p.
   pure subroutine binary_focal(n, m, t, p, z, on_logits, w, keep, shift, e, gamma, balance, &
                                value, grad, factor_grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), z(n, m), w(m), keep, shift, e, gamma, balance(2)
      logical, intent(in) :: on_logits
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m), factor_grad(n, m)
      real(wp) :: c, s, far, h, slope, weight
      real(dp) :: total
      real(wp) :: one(n), other(n)
      integer :: i, j
      value = 0
      do j = 1, m
         total = 0
         if (on_logits) then
            one = -abs(z(:, j))
            call softplus_values(n, one)
         else
            one = clipped(p(:, j)) + e
            other = (1 + e) - clipped(p(:, j))
            call log_values(n, one)
            call log_values(n, other)
         end if
         do i = 1, n
            s = keep*t(i, j) + shift
            weight = (s*balance(1) + (1 - s)*balance(2))*(w(j)/n)
            if (on_logits) then
               h = (max(z(i, j), 0.0_wp) - z(i, j)*s) + one(i)
               slope = p_of(z(i, j)) - s
            else
               c = clipped(p(i, j))
               h = -(s*one(i) + (1 - s)*other(i))
               slope = (1 - s)/((1 + e) - c) - s/(c + e)
               if (p(i, j) < lowest .or. p(i, j) > highest) slope = 0
            end if
            far = 1 - (s*p(i, j) + (1 - s)*(1 - p(i, j)))
            total = total + real(weight, dp)*far**gamma*h
            grad(i, j) = weight*far**gamma*slope
            factor_grad(i, j) = weight*gamma*far**(gamma - 1)*(1 - 2*s)*h
         end do
         value = value + total
      end do
   end subroutine binary_focal

   pure elemental real(wp) function p_of(z)
      real(wp), intent(in) :: z
      p_of = exp(-abs(z))
      p_of = merge(1.0_wp, p_of, z >= 0)/(1 + p_of)
   end function p_of

   !> loss = sum_i alpha_i (1 - c_i)^gamma (-s_i log c_i), c = clip(q), q = p/sum p, s = keep t +
   !> shift; no gradient where q is clipped.
   pure subroutine categorical_focal(n, m, t, p, w, keep, shift, gamma, alphas, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m), keep, shift, gamma, alphas(n)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: c, far, norm, q, s, logs(n), mean
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         norm = sum(p(:, j))
         logs = clipped(p(:, j)/norm)
         call log_values(n, logs)
         total = 0
         mean = 0
         do i = 1, n
            s = keep*t(i, j) + shift
            q = p(i, j)/norm
            c = clipped(q)
            far = 1 - c
            total = total - real(alphas(i), dp)*far**gamma*(s*logs(i))
            grad(i, j) = alphas(i)*s*(gamma*far**(gamma - 1)*logs(i) - far**gamma/c)
            if (q < lowest .or. q > highest) grad(i, j) = 0
            mean = mean + grad(i, j)*q
         end do
         grad(:, j) = w(j)*((grad(:, j) - mean)/norm)
         value = value + w(j)*total
      end do
   end subroutine categorical_focal

   !> loss = (1 - p(label)^q)/q; labels count from 0.
   pure subroutine generalized(n, m, labels, p, w, q, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: labels(m), p(n, m), w(m), q
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      integer :: at, j
      value = 0
      grad = 0
      do j = 1, m
         at = int(labels(j)) + 1
         value = value + w(j)*((1 - real(p(at, j), dp)**q)/q)
         grad(at, j) = -w(j)*p(at, j)**(q - 1)
      end do
   end subroutine generalized

   !> p = softmax(z), column by column.
   pure subroutine softmax_of(n, m, z, p)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: z(n, m)
      real(wp), intent(out) :: p(n, m)
      integer :: j
      do j = 1, m
         p(:, j) = z(:, j) - maxval(z(:, j))
      end do
      call exp_values(n*m, p)
      do j = 1, m
         p(:, j) = p(:, j)/sum(p(:, j))
      end do
   end subroutine softmax_of

   !> From the derivative by p = softmax(z) to that by z: p (g - sum p g).
   pure subroutine through_softmax(n, m, p, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: p(n, m)
      real(wp), intent(inout) :: grad(n, m)
      integer :: j
      do j = 1, m
         grad(:, j) = p(:, j)*(grad(:, j) - sum(p(:, j)*grad(:, j)))
      end do
   end subroutine through_softmax

   !> A probability within [epsilon, 1 - epsilon]; NaN stays.
   pure elemental real(wp) function clipped(p)
      real(wp), intent(in) :: p
      clipped = p
      if (p < lowest) clipped = lowest
      if (p > highest) clipped = highest
   end function clipped

end module fkb_focal_kernels_sp
