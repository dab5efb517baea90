! Generated from train/fkb_optimizer_kernels.fypp: edit that file and run tools/generate.py
!> The loops of the optimizers over n weights.
!>
!> Operations and roundings follow Keras 3, so that real32 steps agree with it bit for bit where the
!> compiler does not contract products and sums (`-ffp-contract=off`).
module fkb_optimizer_kernels_sp
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_rounding, only: rounded_to_single
   implicit none (type, external)
   private
   public :: descend, descend_momentum, descend_nesterov, adam_update, amsgrad_update
   public :: clip_values, scale_values, decay_weights, square_sum
   public :: power_of, gather_gradient, add_gradient, average_weights

contains

   !> w = w - g r
   pure subroutine descend(n, rate, g, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, g(n)
      real(wp), intent(inout) :: w(n)
      integer(i8) :: i
      do i = 1, n
         w(i) = w(i) - (g(i)*rate)
      end do
   end subroutine descend

   !> m = m mu - g r, w = w + m
   pure subroutine descend_momentum(n, rate, momentum, g, m, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, momentum, g(n)
      real(wp), intent(inout) :: m(n), w(n)
      integer(i8) :: i
      do i = 1, n
         m(i) = (m(i)*momentum) - (g(i)*rate)
         w(i) = w(i) + m(i)
      end do
   end subroutine descend_momentum

   !> m = m mu - g r, w = w + (m mu - g r)
   pure subroutine descend_nesterov(n, rate, momentum, g, m, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, momentum, g(n)
      real(wp), intent(inout) :: m(n), w(n)
      integer(i8) :: i
      do i = 1, n
         m(i) = (m(i)*momentum) - (g(i)*rate)
         w(i) = w(i) + ((m(i)*momentum) - (g(i)*rate))
      end do
   end subroutine descend_nesterov

   !> m = m + (g - m) c1, v = v + (g^2 - v) c2, w = w - m a/(sqrt(v) + e)
   pure subroutine adam_update(n, alpha, c1, c2, epsilon, g, m, v, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: alpha              !! r sqrt(1 - beta_2^t)/(1 - beta_1^t)
      real(wp), intent(in) :: c1, c2             !! 1 - beta_1, 1 - beta_2
      real(wp), intent(in) :: epsilon, g(n)
      real(wp), intent(inout) :: m(n), v(n), w(n)
      integer(i8) :: i
      do i = 1, n
         m(i) = m(i) + ((g(i) - m(i))*c1)
         v(i) = v(i) + (((g(i)*g(i)) - v(i))*c2)
         w(i) = w(i) - ((m(i)*alpha)/(sqrt(v(i)) + epsilon))
      end do
   end subroutine adam_update

   !> As `adam_update` with the largest v so far in its last line.
   pure subroutine amsgrad_update(n, alpha, c1, c2, epsilon, g, m, v, largest, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: alpha, c1, c2, epsilon, g(n)
      real(wp), intent(inout) :: m(n), v(n), largest(n), w(n)
      integer(i8) :: i
      do i = 1, n
         m(i) = m(i) + ((g(i) - m(i))*c1)
         v(i) = v(i) + (((g(i)*g(i)) - v(i))*c2)
         largest(i) = max(largest(i), v(i))
         w(i) = w(i) - ((m(i)*alpha)/(sqrt(largest(i)) + epsilon))
      end do
   end subroutine amsgrad_update

   !> beta^t. Keras casts beta through real32, and takes the power in the network's kind.
   pure real(wp) function power_of(beta, t)
      real(dp), intent(in) :: beta
      integer(i8), intent(in) :: t
      power_of = real(rounded_to_single(beta)**real(t, dp), wp)
   end function power_of

   !> g = min(max(g, -c), c)
   pure subroutine clip_values(n, bound, g)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: bound
      real(wp), intent(inout) :: g(n)
      integer(i8) :: i
      do i = 1, n
         if (g(i) > bound) g(i) = bound
         if (g(i) < -bound) g(i) = -bound
      end do
   end subroutine clip_values

   !> g = g a/b
   pure subroutine scale_values(n, a, b, g)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: a, b
      real(wp), intent(inout) :: g(n)
      integer(i8) :: i
      do i = 1, n
         g(i) = (g(i)*a)/b
      end do
   end subroutine scale_values

   !> w = w - (w d) r
   pure subroutine decay_weights(n, decay, rate, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: decay, rate
      real(wp), intent(inout) :: w(n)
      integer(i8) :: i
      do i = 1, n
         w(i) = w(i) - ((w(i)*decay)*rate)
      end do
   end subroutine decay_weights

   !> sum = g + sum
   pure subroutine gather_gradient(n, g, sum)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: g(n)
      real(wp), intent(inout) :: sum(n)
      integer(i8) :: i
      do i = 1, n
         sum(i) = g(i) + sum(i)
      end do
   end subroutine gather_gradient

   !> g = (g + sum)/steps
   pure subroutine add_gradient(n, sum, steps, g)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: sum(n), steps
      real(wp), intent(inout) :: g(n)
      integer(i8) :: i
      do i = 1, n
         g(i) = (g(i) + sum(i))/steps
      end do
   end subroutine add_gradient

   !> a = p a + (1 - p) w
   pure subroutine average_weights(n, momentum, w, average)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: momentum, w(n)
      real(wp), intent(inout) :: average(n)
      integer(i8) :: i
      do i = 1, n
         average(i) = (momentum*average(i)) + ((1 - momentum)*w(i))
      end do
   end subroutine average_weights

   !> sum g^2 in real64
   pure real(dp) function square_sum(n, g) result(total)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: g(n)
      integer(i8) :: i
      total = 0
      do i = 1, n
         total = total + real(g(i), dp)**2
      end do
   end function square_sum

end module fkb_optimizer_kernels_sp
