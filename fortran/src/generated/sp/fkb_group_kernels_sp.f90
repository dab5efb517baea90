! Generated from kernels/fkb_group_kernels.fypp: edit that file and run tools/generate.py
!> Kernels of `GroupNormalization`, forward and backward, for one sample.
!>
!> A sample is seen as `(inner, members, groups, outer)`: the channel axis is split into `groups` of
!> `members` channels each. A group has one mean and one variance, a channel one gamma and one beta.
module fkb_group_kernels_sp
   use fkb_kinds, only: dp, wp => sp
   implicit none (type, external)
   private
   public :: group_forward, group_sums, group_backward, group_tangent

contains

   !> y = gamma (x - mean)/sqrt(variance + epsilon) + beta, and the moments.
   pure subroutine group_forward(inner, members, groups, outer, epsilon, gamma, beta, x, y, moments)
      integer, intent(in) :: inner, members, groups, outer
      real(wp), intent(in) :: epsilon
      real(wp), intent(in) :: gamma(members, groups), beta(members, groups)
      real(wp), intent(in) :: x(inner, members, groups, outer)
      real(wp), intent(out) :: y(inner, members, groups, outer)
      real(wp), intent(out) :: moments(2, groups)      !! mean, 1/sqrt(variance + epsilon)
      real(wp) :: mean, inverse
      integer :: g, m, o
      do g = 1, groups
         call group_moments(inner, members, groups, outer, g, epsilon, x, mean, inverse)
         moments(1, g) = mean
         moments(2, g) = inverse
         do o = 1, outer
            do m = 1, members
               y(:, m, g, o) = (x(:, m, g, o) - mean)*(inverse*gamma(m, g)) + beta(m, g)
            end do
         end do
      end do
   end subroutine group_forward

   !> Mean and 1/sqrt(variance + epsilon) of one group, the variance biased.
   pure subroutine group_moments(inner, members, groups, outer, g, epsilon, x, mean, inverse)
      integer, intent(in) :: inner, members, groups, outer, g
      real(wp), intent(in) :: epsilon
      real(wp), intent(in) :: x(inner, members, groups, outer)
      real(wp), intent(out) :: mean, inverse
      real(dp) :: total, count
      integer :: o
      count = real(inner, dp)*members*outer
      total = 0
      do o = 1, outer
         total = total + sum(real(x(:, :, g, o), dp))
      end do
      mean = real(total/count, wp)
      total = 0
      do o = 1, outer
         total = total + sum(real((x(:, :, g, o) - mean)**2, dp))
      end do
      inverse = 1/sqrt(real(total/count, wp) + epsilon)
   end subroutine group_moments

   !> Adds the gradients of gamma and beta.
   pure subroutine group_sums(inner, members, groups, outer, x, moments, dy, dgamma, dbeta)
      integer, intent(in) :: inner, members, groups, outer
      real(wp), intent(in) :: x(inner, members, groups, outer), moments(2, groups)
      real(wp), intent(in) :: dy(inner, members, groups, outer)
      real(wp), intent(inout) :: dgamma(members, groups), dbeta(members, groups)
      integer :: g, m, o
      do o = 1, outer
         do g = 1, groups
            do m = 1, members
               dbeta(m, g) = dbeta(m, g) + sum(dy(:, m, g, o))
               dgamma(m, g) = dgamma(m, g) + moments(2, g)*sum(dy(:, m, g, o)* &
                                                             (x(:, m, g, o) - moments(1, g)))
            end do
         end do
      end do
   end subroutine group_sums

   !> dx of `group_forward` from dy
   pure subroutine group_backward(inner, members, groups, outer, gamma, x, moments, dy, dx)
      integer, intent(in) :: inner, members, groups, outer
      real(wp), intent(in) :: gamma(members, groups)
      real(wp), intent(in) :: x(inner, members, groups, outer), moments(2, groups)
      real(wp), intent(in) :: dy(inner, members, groups, outer)
      real(wp), intent(out) :: dx(inner, members, groups, outer)
      real(dp) :: total, total_x
      real(wp) :: mean, inverse, mean_dy, slope
      integer :: g, m, o
      do g = 1, groups
         mean = moments(1, g)
         inverse = moments(2, g)
         total = 0
         total_x = 0
         do o = 1, outer
            do m = 1, members
               total = total + gamma(m, g)*sum(real(dy(:, m, g, o), dp))
               total_x = total_x + gamma(m, g)*sum(real(dy(:, m, g, o)*(x(:, m, g, o) - mean), dp))
            end do
         end do
         mean_dy = real(total/(real(inner, dp)*members*outer), wp)
         slope = inverse**2*real(total_x/(real(inner, dp)*members*outer), wp)
         do o = 1, outer
            do m = 1, members
               dx(:, m, g, o) = inverse*(gamma(m, g)*dy(:, m, g, o) - mean_dy - &
                                         (x(:, m, g, o) - mean)*slope)
            end do
         end do
      end do
   end subroutine group_backward

   !> dy of `group_forward` from the directions of x, gamma and beta
   pure subroutine group_tangent(inner, members, groups, outer, gamma, dgamma, dbeta, x, moments, &
                                 dx, dy)
      integer, intent(in) :: inner, members, groups, outer
      real(wp), intent(in) :: gamma(members, groups)
      real(wp), intent(in) :: dgamma(members, groups), dbeta(members, groups)
      real(wp), intent(in) :: x(inner, members, groups, outer), moments(2, groups)
      real(wp), intent(in) :: dx(inner, members, groups, outer)
      real(wp), intent(out) :: dy(inner, members, groups, outer)
      real(dp) :: total, total_x
      real(wp) :: mean, inverse, mean_dx, slope
      integer :: g, m, o
      do g = 1, groups
         mean = moments(1, g)
         inverse = moments(2, g)
         total = 0
         total_x = 0
         do o = 1, outer
            total = total + sum(real(dx(:, :, g, o), dp))
            total_x = total_x + sum(real(dx(:, :, g, o)*(x(:, :, g, o) - mean), dp))
         end do
         mean_dx = real(total/(real(inner, dp)*members*outer), wp)
         slope = inverse**2*real(total_x/(real(inner, dp)*members*outer), wp)
         do o = 1, outer
            do m = 1, members
               dy(:, m, g, o) = gamma(m, g)*inverse*(dx(:, m, g, o) - mean_dx - &
                  (x(:, m, g, o) - mean)*slope) + dbeta(m, g) + &
                  dgamma(m, g)*inverse*(x(:, m, g, o) - mean)
            end do
         end do
      end do
   end subroutine group_tangent

end module fkb_group_kernels_sp
