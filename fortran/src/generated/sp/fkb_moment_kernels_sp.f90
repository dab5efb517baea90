! Generated from train/fkb_moment_kernels.fypp: edit that file and run tools/generate.py
!> The loops of optimizers that average gradients: Adamax, Nadam, Lion, Lamb.
!>
!> Operations and roundings follow Keras 3.
module fkb_moment_kernels_sp
   use fkb_kinds, only: i8, wp => sp
   implicit none (type, external)
   private
   public :: adamax_update, nadam_update, lion_update, lamb_direction

contains

   !> m = m + (g - m) c1, u = max(b2 u, |g|), w = w - r m/((1 - p)(u + e))
   pure subroutine adamax_update(n, rate, c1, beta_2, rest, epsilon, g, m, u, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, beta_2, epsilon, g(n)
      real(wp), intent(in) :: c1                  !! 1 - beta_1
      real(wp), intent(in) :: rest                !! 1 - beta_1^t
      real(wp), intent(inout) :: m(n), u(n), w(n)
      integer(i8) :: i
      do i = 1, n
         m(i) = m(i) + ((g(i) - m(i))*c1)
         u(i) = max(beta_2*u(i), abs(g(i)))
         w(i) = w(i) - ((rate*m(i))/(rest*(u(i) + epsilon)))
      end do
   end subroutine adamax_update

   !> m = m + (g - m) c1, v = v + (g^2 - v) c2, h = (s m)/a + (q g)/b,
   !> w = w - r h/(sqrt(v/d) + e)
   pure subroutine nadam_update(n, rate, c, next, next_rest, now, now_rest, rest, epsilon, g, m, &
                                v, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, epsilon, g(n)
      real(wp), intent(in) :: c(2)                !! 1 - beta_1, 1 - beta_2
      real(wp), intent(in) :: next, next_rest     !! s and a: of the moments of the next step
      real(wp), intent(in) :: now, now_rest       !! q and b: of those of this step
      real(wp), intent(in) :: rest                !! d: 1 - beta_2^t
      real(wp), intent(inout) :: m(n), v(n), w(n)
      real(wp) :: h
      integer(i8) :: i
      do i = 1, n
         m(i) = m(i) + ((g(i) - m(i))*c(1))
         v(i) = v(i) + (((g(i)*g(i)) - v(i))*c(2))
         h = ((next*m(i))/next_rest) + ((now*g(i))/now_rest)
         w(i) = w(i) - ((h*rate)/(sqrt(v(i)/rest) + epsilon))
      end do
   end subroutine nadam_update

   !> w = w - r sign(b1 m + (1 - b1) g), m = b2 m + (1 - b2) g; the sign of 0 is 0
   pure subroutine lion_update(n, rate, beta_1, beta_2, g, m, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, beta_1, beta_2, g(n)
      real(wp), intent(inout) :: m(n), w(n)
      real(wp) :: d
      integer(i8) :: i
      do i = 1, n
         d = (m(i)*beta_1) + (g(i)*(1 - beta_1))
         if (d > 0) w(i) = w(i) - rate
         if (d < 0) w(i) = w(i) + rate
         m(i) = (m(i)*beta_2) + (g(i)*(1 - beta_2))
      end do
   end subroutine lion_update

   !> m = m + (g - m) c1, v = v + (g^2 - v) c2, g = (m/a)/(sqrt(v/b) + e)
   pure subroutine lamb_direction(n, c1, c2, rest_1, rest_2, epsilon, m, v, g)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: c1, c2              !! 1 - beta_1, 1 - beta_2
      real(wp), intent(in) :: rest_1, rest_2      !! a and b: 1 - beta_1^t, 1 - beta_2^t
      real(wp), intent(in) :: epsilon
      real(wp), intent(inout) :: m(n), v(n), g(n)
      integer(i8) :: i
      do i = 1, n
         m(i) = m(i) + ((g(i) - m(i))*c1)
         v(i) = v(i) + (((g(i)*g(i)) - v(i))*c2)
         g(i) = (m(i)/rest_1)/(sqrt(v(i)/rest_2) + epsilon)
      end do
   end subroutine lamb_direction

end module fkb_moment_kernels_sp
