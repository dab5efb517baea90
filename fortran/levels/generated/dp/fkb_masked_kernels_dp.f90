! Generated from kernels/fkb_masked_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_masked_kernels_dp`, each compiled for several processors.
module fkb_masked_kernels_dp
   use fkb_kinds, only: dp, wp => dp
   implicit none (type, external)
   private
   public :: spread_mask
   public :: masked_moments
   public :: masked_backward

   interface
      module pure subroutine spread_mask(n, positions, mask, wide)
         integer, intent(in) :: n, positions
         real(wp), intent(in) :: mask(positions)
         real(wp), intent(out) :: wide(n, positions)
      end subroutine spread_mask

      module pure subroutine masked_moments(inner, channels, outer, guard, mask, x, mean, variance, count)
         integer, intent(in) :: inner, channels, outer
         real(dp), intent(in) :: guard
         real(wp), intent(in) :: mask(inner, channels, outer), x(inner, channels, outer)
         real(wp), intent(out) :: mean(channels), variance(channels)
         real(wp), intent(out) :: count(channels)
      end subroutine masked_moments

      module pure subroutine masked_backward(inner, channels, outer, mean, a, b, c, mask, x, dy, dx)
         integer, intent(in) :: inner, channels, outer
         real(wp), intent(in) :: mean(channels), a(channels), b(channels), c(channels)
         real(wp), intent(in) :: mask(inner, channels, outer)
         real(wp), intent(in) :: x(inner, channels, outer), dy(inner, channels, outer)
         real(wp), intent(out) :: dx(inner, channels, outer)
      end subroutine masked_backward
   end interface

end module fkb_masked_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_masked_kernels_dp) fkb_masked_kernels_levels_dp
   use fkb_masked_kernels_dp_v1, only: spread_mask_v1 => spread_mask, &
      masked_moments_v1 => masked_moments, masked_backward_v1 => masked_backward
   use fkb_masked_kernels_dp_v3, only: spread_mask_v3 => spread_mask, &
      masked_moments_v3 => masked_moments, masked_backward_v3 => masked_backward
   use fkb_masked_kernels_dp_v4, only: spread_mask_v4 => spread_mask, &
      masked_moments_v4 => masked_moments, masked_backward_v4 => masked_backward
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure spread_mask
      select case (code_level)
      case (4)
         call spread_mask_v4(n, positions, mask, wide)
      case (3)
         call spread_mask_v3(n, positions, mask, wide)
      case default
         call spread_mask_v1(n, positions, mask, wide)
      end select
   end procedure spread_mask

   module procedure masked_moments
      select case (code_level)
      case (4)
         call masked_moments_v4(inner, channels, outer, guard, mask, x, mean, variance, count)
      case (3)
         call masked_moments_v3(inner, channels, outer, guard, mask, x, mean, variance, count)
      case default
         call masked_moments_v1(inner, channels, outer, guard, mask, x, mean, variance, count)
      end select
   end procedure masked_moments

   module procedure masked_backward
      select case (code_level)
      case (4)
         call masked_backward_v4(inner, channels, outer, mean, a, b, c, mask, x, dy, dx)
      case (3)
         call masked_backward_v3(inner, channels, outer, mean, a, b, c, mask, x, dy, dx)
      case default
         call masked_backward_v1(inner, channels, outer, mean, a, b, c, mask, x, dy, dx)
      end select
   end procedure masked_backward

end submodule fkb_masked_kernels_levels_dp
