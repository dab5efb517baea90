! Generated from train/fkb_loss_kernels.fypp: edit that file and run tools/generate.py
!> Losses on plain matrices: n values of Keras's last axis, m positions of all samples.
!>
!> Each adds up value = sum_j w(j) loss(j) in real64 and overwrites grad = d value/d p.
module fkb_loss_kernels_sp
   use fkb_kinds, only: dp, sp, wp => sp
   use fkb_math_sp, only: exp_values, log_values, sigmoid_values, softplus_values, tanh_values
   implicit none (type, external)
   private
   public :: squared_error, absolute_error, huber_error, log_cosh_error
   public :: binary_from_logits, binary_from_probabilities
   public :: categorical_from_logits, categorical_from_probabilities
   public :: sparse_from_logits, sparse_from_probabilities

   !> Keras's `epsilon()`: probabilities are clipped to [lowest, highest].
   real(wp), parameter :: lowest = 1e-7_wp
   real(wp), parameter :: highest = real(1 - 1e-7_dp, wp)

contains

   !> loss = mean (p - t)^2
   pure subroutine squared_error(n, m, t, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: d, factor
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         factor = w(j)/n
         total = 0
         do i = 1, n
            d = p(i, j) - t(i, j)
            total = total + real(d, dp)**2
            grad(i, j) = factor*(2*d)
         end do
         value = value + w(j)*(total/n)
      end do
   end subroutine squared_error

   !> loss = mean |p - t|; the gradient is 0 where p = t.
   pure subroutine absolute_error(n, m, t, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: d, factor
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         factor = w(j)/n
         total = 0
         do i = 1, n
            d = p(i, j) - t(i, j)
            total = total + abs(d)
            grad(i, j) = merge(factor, 0.0_wp, d > 0) - merge(factor, 0.0_wp, d < 0)
         end do
         value = value + w(j)*(total/n)
      end do
   end subroutine absolute_error

   !> loss = mean h(p - t), h(d) = d^2/2 where |d| <= delta, else delta |d| - delta^2/2
   pure subroutine huber_error(n, m, t, p, w, delta, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m), delta
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: d, factor
      real(dp) :: total
      integer :: i, j
      value = 0
      do j = 1, m
         factor = w(j)/n
         total = 0
         do i = 1, n
            d = p(i, j) - t(i, j)
            if (abs(d) <= delta) then
               total = total + 0.5_dp*real(d, dp)**2
               grad(i, j) = factor*d
            else
               total = total + (real(delta, dp)*abs(d) - 0.5_dp*real(delta, dp)**2)
               grad(i, j) = factor*sign(delta, d)
            end if
         end do
         value = value + w(j)*(total/n)
      end do
   end subroutine huber_error

   !> loss = mean log cosh(p - t), as d + softplus(-2 d) - log 2; Keras has log 2 in real32.
   pure subroutine log_cosh_error(n, m, t, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(dp), parameter :: log_2 = real(log(2.0_sp), dp)
      real(wp) :: factor
      real(dp) :: total
      integer :: i, j
      grad = -2*(p - t)
      call softplus_values(n*m, grad)
      value = 0
      do j = 1, m
         total = 0
         do i = 1, n
            total = total + ((real(p(i, j) - t(i, j), dp) + grad(i, j)) - log_2)
         end do
         value = value + w(j)*(total/n)
      end do
      grad = p - t
      call tanh_values(n*m, grad)
      do j = 1, m
         factor = w(j)/n
         grad(:, j) = factor*grad(:, j)
      end do
   end subroutine log_cosh_error

   !> loss = mean max(z, 0) - z s + log(1 + exp(-|z|)), s = keep t + shift
   pure subroutine binary_from_logits(n, m, t, z, w, keep, shift, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), z(n, m), w(m), keep, shift
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: factor
      real(dp) :: total, s
      integer :: i, j
      grad = -abs(z)
      call softplus_values(n*m, grad)
      value = 0
      do j = 1, m
         total = 0
         do i = 1, n
            s = keep*t(i, j) + shift
            total = total + ((max(real(z(i, j), dp), 0.0_dp) - z(i, j)*s) + grad(i, j))
         end do
         value = value + w(j)*(total/n)
      end do
      grad = z
      call sigmoid_values(n*m, grad)
      do j = 1, m
         factor = w(j)/n
         do i = 1, n
            grad(i, j) = factor*(grad(i, j) - (keep*t(i, j) + shift))
         end do
      end do
   end subroutine binary_from_logits

   !> loss = -mean s log(c + e) + (1 - s) log((1 + e) - c), c = clip(p), s = keep t + shift.
   !> Keras 3 has e = 0, Keras 2 its epsilon, which TensorFlow's graphs add to the 1. No gradient
   !> where p is clipped.
   pure subroutine binary_from_probabilities(n, m, t, p, w, keep, shift, e, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m), keep, shift, e
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: factor, c, s
      real(dp) :: total
      integer :: i, j
      value = 0
      grad = clipped(p) + e
      call log_values(n*m, grad)
      do j = 1, m
         total = 0
         do i = 1, n
            total = total - (keep*t(i, j) + shift)*real(grad(i, j), dp)
         end do
         value = value + w(j)*(total/n)
      end do
      grad = (1 + e) - clipped(p)
      call log_values(n*m, grad)
      do j = 1, m
         factor = w(j)/n
         total = 0
         do i = 1, n
            s = keep*t(i, j) + shift
            total = total - (1 - s)*real(grad(i, j), dp)
            c = clipped(p(i, j))
            grad(i, j) = factor*((1 - s)/((1 + e) - c) - s/(c + e))
            if (is_clipped(p(i, j))) grad(i, j) = 0
         end do
         value = value + w(j)*(total/n)
      end do
   end subroutine binary_from_probabilities

   !> loss = sum_i s_i (log sum exp z - z_i), s = keep t + shift.
   !> The gradient is softmax(z) - s, TensorFlow's: exact where s sums to 1.
   pure subroutine categorical_from_logits(n, m, t, z, w, keep, shift, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), z(n, m), w(m), keep, shift
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: top, norm, s
      real(dp) :: total, log_norm
      integer :: i, j
      call exponentials(n, m, z, grad)
      value = 0
      do j = 1, m
         top = maxval(z(:, j))
         norm = sum(grad(:, j))
         log_norm = log(real(norm, dp))
         total = 0
         do i = 1, n
            s = keep*t(i, j) + shift
            total = total + s*(log_norm - (z(i, j) - top))
            grad(i, j) = w(j)*(grad(i, j)/norm - s)
         end do
         value = value + w(j)*total
      end do
   end subroutine categorical_from_logits

   !> loss = -sum_i s_i log c_i, c = clip(q), q = p/sum p, s = keep t + shift.
   !> With a_i = -s_i/c_i, 0 where q_i is clipped: d loss/d p_i = (a_i - sum_k a_k q_k)/sum p
   pure subroutine categorical_from_probabilities(n, m, t, p, w, keep, shift, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: t(n, m), p(n, m), w(m), keep, shift
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: norm, q, s, mean
      real(dp) :: total
      integer :: i, j
      do j = 1, m
         grad(:, j) = clipped(p(:, j)/sum(p(:, j)))
      end do
      call log_values(n*m, grad)
      value = 0
      do j = 1, m
         norm = sum(p(:, j))
         total = 0
         mean = 0
         do i = 1, n
            s = keep*t(i, j) + shift
            total = total - s*real(grad(i, j), dp)
            q = p(i, j)/norm
            grad(i, j) = -s/clipped(q)
            if (is_clipped(q)) grad(i, j) = 0
            mean = mean + grad(i, j)*q
         end do
         grad(:, j) = w(j)*((grad(:, j) - mean)/norm)
         value = value + w(j)*total
      end do
   end subroutine categorical_from_probabilities

   !> loss = log sum exp z - z(label); labels count from 0.
   pure subroutine sparse_from_logits(n, m, labels, z, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: labels(m), z(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: top, norm
      integer :: at, j
      call exponentials(n, m, z, grad)
      value = 0
      do j = 1, m
         at = int(labels(j)) + 1
         top = maxval(z(:, j))
         norm = sum(grad(:, j))
         value = value + w(j)*(log(real(norm, dp)) - (z(at, j) - top))
         grad(:, j) = grad(:, j)/norm
         grad(at, j) = grad(at, j) - 1
         grad(:, j) = w(j)*grad(:, j)
      end do
   end subroutine sparse_from_logits

   !> loss = -log(c(label)/sum c), c = clip(p); labels count from 0.
   !> Keras takes the softmax of log c. No gradient where p is clipped.
   pure subroutine sparse_from_probabilities(n, m, labels, p, w, value, grad)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: labels(m), p(n, m), w(m)
      real(dp), intent(out) :: value
      real(wp), intent(out) :: grad(n, m)
      real(wp) :: norm
      integer :: at, i, j
      value = 0
      do j = 1, m
         at = int(labels(j)) + 1
         norm = sum(clipped(p(:, j)))
         value = value + w(j)*(log(real(norm, dp)) - log(real(clipped(p(at, j)), dp)))
         grad(:, j) = w(j)/norm
         grad(at, j) = grad(at, j) - w(j)/clipped(p(at, j))
         do i = 1, n
            if (is_clipped(p(i, j))) grad(i, j) = 0
         end do
      end do
   end subroutine sparse_from_probabilities

   !> e = exp(z - max z), column by column.
   pure subroutine exponentials(n, m, z, e)
      integer, intent(in) :: n, m
      real(wp), intent(in) :: z(n, m)
      real(wp), intent(out) :: e(n, m)
      integer :: j
      do j = 1, m
         e(:, j) = z(:, j) - maxval(z(:, j))
      end do
      call exp_values(n*m, e)
   end subroutine exponentials

   !> A probability within [epsilon, 1 - epsilon]; NaN stays.
   pure elemental real(wp) function clipped(p)
      real(wp), intent(in) :: p
      clipped = p
      if (p < lowest) clipped = lowest
      if (p > highest) clipped = highest
   end function clipped

   !> Whether a probability lies outside [epsilon, 1 - epsilon].
   pure elemental logical function is_clipped(p)
      real(wp), intent(in) :: p
      is_clipped = p < lowest .or. p > highest
   end function is_clipped

end module fkb_loss_kernels_sp
