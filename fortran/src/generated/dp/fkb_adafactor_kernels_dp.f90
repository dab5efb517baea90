! Generated from train/fkb_adafactor_kernels.fypp: edit that file and run tools/generate.py
!> The loops of Adafactor over one weight. Keras's last axis is the first of storage, so that the
!> means over its last axis (rows) are those over `n1` here.
module fkb_adafactor_kernels_dp
   use fkb_kinds, only: dp, i8, wp => dp
   implicit none (type, external)
   private
   public :: factored_velocity, plain_velocity, divide_by_root

contains

   !> Factors of the averages of s = g^2 + e, and the velocities that they make:
   !> r = b r + (1 - b) mean1(s), c = b c + (1 - b) mean2(s), v = r/mean2(r) c
   pure subroutine factored_velocity(n1, n2, n3, beta, epsilon, g, r, c, v)
      integer(i8), intent(in) :: n1, n2, n3
      real(wp), intent(in) :: beta, epsilon, g(n1, n2, n3)
      real(wp), intent(inout) :: r(n2, n3), c(n1, n3)
      real(wp), intent(out) :: v(n1, n2, n3)
      integer(i8), parameter :: strip = 64         ! columns that are summed at once
      real(dp) :: sum, sums(strip)
      real(wp) :: mean
      integer(i8) :: i, j, k, n, first
      do k = 1, n3
         do j = 1, n2
            sum = 0
            do i = 1, n1
               sum = sum + real((g(i, j, k)*g(i, j, k)) + epsilon, dp)
            end do
            r(j, k) = (beta*r(j, k)) + ((1 - beta)*real(sum/real(n1, dp), wp))
         end do
         do first = 1, n1, strip
            n = min(strip, n1 - first + 1)
            sums(:n) = 0
            do j = 1, n2
               do i = 1, n
                  sums(i) = sums(i) + real((g(first + i - 1, j, k)*g(first + i - 1, j, k)) &
                                           + epsilon, dp)
               end do
            end do
            do i = 1, n
               c(first + i - 1, k) = (beta*c(first + i - 1, k)) &
                                     + ((1 - beta)*real(sums(i)/real(n2, dp), wp))
            end do
         end do
         sum = 0
         do j = 1, n2
            sum = sum + real(r(j, k), dp)
         end do
         mean = real(sum/real(n2, dp), wp)
         do j = 1, n2
            do i = 1, n1
               v(i, j, k) = (r(j, k)/mean)*c(i, k)
            end do
         end do
      end do
   end subroutine factored_velocity

   !> v = b v + (1 - b)(g^2 + e)
   pure subroutine plain_velocity(n, beta, epsilon, g, v)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: beta, epsilon, g(n)
      real(wp), intent(inout) :: v(n)
      integer(i8) :: i
      do i = 1, n
         v(i) = (beta*v(i)) + ((1 - beta)*((g(i)*g(i)) + epsilon))
      end do
   end subroutine plain_velocity

   !> g = g/sqrt(v)
   pure subroutine divide_by_root(n, v, g)
      integer(i8), intent(in) :: n
      real(wp), intent(in) :: v(n)
      real(wp), intent(inout) :: g(n)
      integer(i8) :: i
      do i = 1, n
         g(i) = g(i)/sqrt(v(i))
      end do
   end subroutine divide_by_root

end module fkb_adafactor_kernels_dp
