! Generated from kernels/fkb_group_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_group_kernels_sp`, each compiled for several processors.
module fkb_group_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: group_forward
   public :: group_sums
   public :: group_backward
   public :: group_tangent

   interface
      module pure subroutine group_forward(inner, members, groups, outer, epsilon, gamma, beta, x, y, moments)
         integer, intent(in) :: inner, members, groups, outer
         real(wp), intent(in) :: epsilon
         real(wp), intent(in) :: gamma(members, groups), beta(members, groups)
         real(wp), intent(in) :: x(inner, members, groups, outer)
         real(wp), intent(out) :: y(inner, members, groups, outer)
         real(wp), intent(out) :: moments(2, groups)
      end subroutine group_forward

      module pure subroutine group_sums(inner, members, groups, outer, x, moments, dy, dgamma, dbeta)
         integer, intent(in) :: inner, members, groups, outer
         real(wp), intent(in) :: x(inner, members, groups, outer), moments(2, groups)
         real(wp), intent(in) :: dy(inner, members, groups, outer)
         real(wp), intent(inout) :: dgamma(members, groups), dbeta(members, groups)
      end subroutine group_sums

      module pure subroutine group_backward(inner, members, groups, outer, gamma, x, moments, dy, dx)
         integer, intent(in) :: inner, members, groups, outer
         real(wp), intent(in) :: gamma(members, groups)
         real(wp), intent(in) :: x(inner, members, groups, outer), moments(2, groups)
         real(wp), intent(in) :: dy(inner, members, groups, outer)
         real(wp), intent(out) :: dx(inner, members, groups, outer)
      end subroutine group_backward

      module pure subroutine group_tangent(inner, members, groups, outer, gamma, dgamma, dbeta, x, moments, &
                                    dx, dy)
         integer, intent(in) :: inner, members, groups, outer
         real(wp), intent(in) :: gamma(members, groups)
         real(wp), intent(in) :: dgamma(members, groups), dbeta(members, groups)
         real(wp), intent(in) :: x(inner, members, groups, outer), moments(2, groups)
         real(wp), intent(in) :: dx(inner, members, groups, outer)
         real(wp), intent(out) :: dy(inner, members, groups, outer)
      end subroutine group_tangent
   end interface

end module fkb_group_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_group_kernels_sp) fkb_group_kernels_levels_sp
   use fkb_group_kernels_sp_v1, only: group_forward_v1 => group_forward, &
      group_sums_v1 => group_sums, group_backward_v1 => group_backward, &
      group_tangent_v1 => group_tangent
   use fkb_group_kernels_sp_v3, only: group_forward_v3 => group_forward, &
      group_sums_v3 => group_sums, group_backward_v3 => group_backward, &
      group_tangent_v3 => group_tangent
   use fkb_group_kernels_sp_v4, only: group_forward_v4 => group_forward, &
      group_sums_v4 => group_sums, group_backward_v4 => group_backward, &
      group_tangent_v4 => group_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure group_forward
      select case (code_level)
      case (4)
         call group_forward_v4(inner, members, groups, outer, epsilon, gamma, beta, x, y, moments)
      case (3)
         call group_forward_v3(inner, members, groups, outer, epsilon, gamma, beta, x, y, moments)
      case default
         call group_forward_v1(inner, members, groups, outer, epsilon, gamma, beta, x, y, moments)
      end select
   end procedure group_forward

   module procedure group_sums
      select case (code_level)
      case (4)
         call group_sums_v4(inner, members, groups, outer, x, moments, dy, dgamma, dbeta)
      case (3)
         call group_sums_v3(inner, members, groups, outer, x, moments, dy, dgamma, dbeta)
      case default
         call group_sums_v1(inner, members, groups, outer, x, moments, dy, dgamma, dbeta)
      end select
   end procedure group_sums

   module procedure group_backward
      select case (code_level)
      case (4)
         call group_backward_v4(inner, members, groups, outer, gamma, x, moments, dy, dx)
      case (3)
         call group_backward_v3(inner, members, groups, outer, gamma, x, moments, dy, dx)
      case default
         call group_backward_v1(inner, members, groups, outer, gamma, x, moments, dy, dx)
      end select
   end procedure group_backward

   module procedure group_tangent
      select case (code_level)
      case (4)
         call group_tangent_v4(inner, members, groups, outer, gamma, dgamma, dbeta, x, moments, &
                               dx, dy)
      case (3)
         call group_tangent_v3(inner, members, groups, outer, gamma, dgamma, dbeta, x, moments, &
                               dx, dy)
      case default
         call group_tangent_v1(inner, members, groups, outer, gamma, dgamma, dbeta, x, moments, &
                               dx, dy)
      end select
   end procedure group_tangent

end submodule fkb_group_kernels_levels_sp
