! Generated from train/fkb_accumulator_kernels.fypp: edit that file and run tools/generate.py
!> The loops of optimizers that accumulate squares of gradients: RMSprop, Adagrad, Adadelta, Ftrl.
!>
!> Operations and roundings follow Keras 3; Keras takes decay rates and epsilons as they are given,
!> in the kind of the network.
module fkb_accumulator_kernels_dp
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: rmsprop_increment, centered_increment, subtract_increment, subtract_momentum
   public :: adagrad_update, adadelta_update, ftrl_update

contains

   !> v = rho v + (1 - rho) g^2, g = r g/sqrt(v + e), or r g/(sqrt(v) + e)
   pure subroutine rmsprop_increment(n, rate, rho, rest, epsilon, outside, v, g)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, rho, epsilon
      real(wp), intent(in) :: rest                !! 1 - rho
      logical, intent(in) :: outside              !! epsilon stands outside the root
      real(wp), intent(inout) :: v(n), g(n)
      integer(i8) :: i
      do i = 1, n
         v(i) = (rho*v(i)) + (rest*(g(i)*g(i)))
      end do
      if (outside) then
         do i = 1, n
            g(i) = (rate*g(i))/(sqrt(v(i)) + epsilon)
         end do
      else
         do i = 1, n
            g(i) = (rate*g(i))/sqrt(v(i) + epsilon)
         end do
      end if
   end subroutine rmsprop_increment

   !> As `rmsprop_increment` with v - a^2 for v in its last step, a = rho a + (1 - rho) g
   pure subroutine centered_increment(n, rate, rho, rest, epsilon, outside, v, a, g)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, rho, rest, epsilon
      logical, intent(in) :: outside
      real(wp), intent(inout) :: v(n), a(n), g(n)
      integer(i8) :: i
      do i = 1, n
         v(i) = (rho*v(i)) + (rest*(g(i)*g(i)))
         a(i) = (rho*a(i)) + (rest*g(i))
      end do
      if (outside) then
         do i = 1, n
            g(i) = (rate*g(i))/(sqrt(v(i) - (a(i)*a(i))) + epsilon)
         end do
      else
         do i = 1, n
            g(i) = (rate*g(i))/sqrt((v(i) - (a(i)*a(i))) + epsilon)
         end do
      end if
   end subroutine centered_increment

   !> w = w - d
   pure subroutine subtract_increment(n, d, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: d(n)
      real(wp), intent(inout) :: w(n)
      integer(i8) :: i
      do i = 1, n
         w(i) = w(i) - d(i)
      end do
   end subroutine subtract_increment

   !> m = mu m + d, w = w - m
   pure subroutine subtract_momentum(n, momentum, d, m, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: momentum, d(n)
      real(wp), intent(inout) :: m(n), w(n)
      integer(i8) :: i
      do i = 1, n
         m(i) = (momentum*m(i)) + d(i)
         w(i) = w(i) - m(i)
      end do
   end subroutine subtract_momentum

   !> a = a + g^2, w = w - r g/sqrt(a + e), or r g/(sqrt(a) + e)
   pure subroutine adagrad_update(n, rate, epsilon, outside, g, a, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, epsilon, g(n)
      logical, intent(in) :: outside              !! epsilon stands outside the root
      real(wp), intent(inout) :: a(n), w(n)
      integer(i8) :: i
      do i = 1, n
         a(i) = a(i) + (g(i)*g(i))
      end do
      if (outside) then
         do i = 1, n
            w(i) = w(i) - ((rate*g(i))/(sqrt(a(i)) + epsilon))
         end do
      else
         do i = 1, n
            w(i) = w(i) - ((rate*g(i))/sqrt(a(i) + epsilon))
         end do
      end if
   end subroutine adagrad_update

   !> a = rho a + (1 - rho) g^2, u = sqrt(d + e) g/sqrt(a + e), d = rho d + (1 - rho) u^2,
   !> w = w - r u
   pure subroutine adadelta_update(n, rate, rho, rest, epsilon, g, a, d, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, rho, epsilon, g(n)
      real(wp), intent(in) :: rest                !! 1 - rho
      real(wp), intent(inout) :: a(n), d(n), w(n)
      real(wp) :: u
      integer(i8) :: i
      do i = 1, n
         a(i) = (rho*a(i)) + (rest*(g(i)*g(i)))
         u = (sqrt(d(i) + epsilon)*g(i))/sqrt(a(i) + epsilon)
         d(i) = (rho*d(i)) + (rest*(u*u))
         w(i) = w(i) - (rate*u)
      end do
   end subroutine adadelta_update

   !> b = a + g^2, z = z + g + 2 s w - (b^p - a^p)/r w, w = (clip(z, -l1, l1) - z)/(b^p/r + 2 l2),
   !> a = b
   pure subroutine ftrl_update(n, rate, power, l1, l2_twice, shrinkage_twice, g, a, z, w)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: rate, l1, g(n)
      real(wp), intent(in) :: power               !! minus the power of the learning rate
      real(wp), intent(in) :: l2_twice, shrinkage_twice
      real(wp), intent(inout) :: a(n), z(n), w(n)
      real(wp) :: b, powered
      integer(i8) :: i
      do i = 1, n
         b = a(i) + (g(i)*g(i))
         powered = b**power
         z(i) = z(i) + ((g(i) + (shrinkage_twice*w(i))) - (((powered - (a(i)**power))/rate)*w(i)))
         w(i) = (min(max(z(i), -l1), l1) - z(i))/((powered/rate) + l2_twice)
         a(i) = b
      end do
   end subroutine ftrl_update

end module fkb_accumulator_kernels_dp
