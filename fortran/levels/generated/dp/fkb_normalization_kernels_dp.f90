! Generated from kernels/fkb_normalization_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_normalization_kernels_dp`, each compiled for several processors.
module fkb_normalization_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: channel_moments
   public :: channel_normalize
   public :: channel_tangent
   public :: channel_sums
   public :: channel_backward
   public :: column_normalize
   public :: column_repeat
   public :: column_backward
   public :: column_tangent

   interface
      module pure subroutine channel_moments(inner, channels, outer, x, mean, variance)
         integer, intent(in) :: inner, channels, outer
         real(wp), intent(in) :: x(inner, channels, outer)
         real(wp), intent(out) :: mean(channels), variance(channels)
      end subroutine channel_moments

      module pure subroutine channel_normalize(inner, channels, outer, mean, scale, shift, x, y)
         integer, intent(in) :: inner, channels, outer
         real(wp), intent(in) :: mean(channels), scale(channels), shift(channels)
         real(wp), intent(in) :: x(inner, channels, outer)
         real(wp), intent(out) :: y(inner, channels, outer)
      end subroutine channel_normalize

      module pure subroutine channel_tangent(inner, channels, outer, mean, scale, dscale, dshift, x, dx, dy)
         integer, intent(in) :: inner, channels, outer
         real(wp), intent(in) :: mean(channels), scale(channels), dscale(channels), dshift(channels)
         real(wp), intent(in) :: x(inner, channels, outer), dx(inner, channels, outer)
         real(wp), intent(out) :: dy(inner, channels, outer)
      end subroutine channel_tangent

      module pure subroutine channel_sums(inner, channels, outer, mean, x, dy, sum_dy, sum_dy_x)
         integer, intent(in) :: inner, channels, outer
         real(wp), intent(in) :: mean(channels)
         real(wp), intent(in) :: x(inner, channels, outer), dy(inner, channels, outer)
         real(wp), intent(out) :: sum_dy(channels), sum_dy_x(channels)
      end subroutine channel_sums

      module pure subroutine channel_backward(inner, channels, outer, mean, a, b, c, x, dy, dx)
         integer, intent(in) :: inner, channels, outer
         real(wp), intent(in) :: mean(channels), a(channels), b(channels), c(channels)
         real(wp), intent(in) :: x(inner, channels, outer), dy(inner, channels, outer)
         real(wp), intent(out) :: dx(inner, channels, outer)
      end subroutine channel_backward

      module pure subroutine column_normalize(n, columns, epsilon, centred, x, y, moments)
         integer, intent(in) :: n, columns
         real(wp), intent(in) :: epsilon
         logical, intent(in) :: centred
         real(wp), intent(in) :: x(n, columns)
         real(wp), intent(out) :: y(n, columns)
         real(wp), intent(out) :: moments(2, columns)
      end subroutine column_normalize

      module pure subroutine column_repeat(n, columns, centred, x, moments, y)
         integer, intent(in) :: n, columns
         logical, intent(in) :: centred
         real(wp), intent(in) :: x(n, columns), moments(2, columns)
         real(wp), intent(out) :: y(n, columns)
      end subroutine column_repeat

      module pure subroutine column_backward(n, columns, centred, x, moments, y, dy, dx)
         integer, intent(in) :: n, columns
         logical, intent(in) :: centred
         real(wp), intent(in) :: x(n, columns), moments(2, columns)
         real(wp), intent(in) :: y(n, columns)
         real(wp), intent(in) :: dy(n, columns)
         real(wp), intent(out) :: dx(n, columns)
      end subroutine column_backward

      module pure subroutine column_tangent(n, columns, centred, x, moments, y, dx, dy)
         integer, intent(in) :: n, columns
         logical, intent(in) :: centred
         real(wp), intent(in) :: x(n, columns), moments(2, columns)
         real(wp), intent(in) :: y(n, columns)
         real(wp), intent(in) :: dx(n, columns)
         real(wp), intent(out) :: dy(n, columns)
      end subroutine column_tangent
   end interface

end module fkb_normalization_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_normalization_kernels_dp) fkb_normalization_kernels_levels_dp
   use fkb_normalization_kernels_dp_v1, only: channel_moments_v1 => channel_moments, &
      channel_normalize_v1 => channel_normalize, channel_tangent_v1 => channel_tangent, &
      channel_sums_v1 => channel_sums, channel_backward_v1 => channel_backward, &
      column_normalize_v1 => column_normalize, column_repeat_v1 => column_repeat, &
      column_backward_v1 => column_backward, column_tangent_v1 => column_tangent
   use fkb_normalization_kernels_dp_v3, only: channel_moments_v3 => channel_moments, &
      channel_normalize_v3 => channel_normalize, channel_tangent_v3 => channel_tangent, &
      channel_sums_v3 => channel_sums, channel_backward_v3 => channel_backward, &
      column_normalize_v3 => column_normalize, column_repeat_v3 => column_repeat, &
      column_backward_v3 => column_backward, column_tangent_v3 => column_tangent
   use fkb_normalization_kernels_dp_v4, only: channel_moments_v4 => channel_moments, &
      channel_normalize_v4 => channel_normalize, channel_tangent_v4 => channel_tangent, &
      channel_sums_v4 => channel_sums, channel_backward_v4 => channel_backward, &
      column_normalize_v4 => column_normalize, column_repeat_v4 => column_repeat, &
      column_backward_v4 => column_backward, column_tangent_v4 => column_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure channel_moments
      select case (code_level)
      case (4)
         call channel_moments_v4(inner, channels, outer, x, mean, variance)
      case (3)
         call channel_moments_v3(inner, channels, outer, x, mean, variance)
      case default
         call channel_moments_v1(inner, channels, outer, x, mean, variance)
      end select
   end procedure channel_moments

   module procedure channel_normalize
      select case (code_level)
      case (4)
         call channel_normalize_v4(inner, channels, outer, mean, scale, shift, x, y)
      case (3)
         call channel_normalize_v3(inner, channels, outer, mean, scale, shift, x, y)
      case default
         call channel_normalize_v1(inner, channels, outer, mean, scale, shift, x, y)
      end select
   end procedure channel_normalize

   module procedure channel_tangent
      select case (code_level)
      case (4)
         call channel_tangent_v4(inner, channels, outer, mean, scale, dscale, dshift, x, dx, dy)
      case (3)
         call channel_tangent_v3(inner, channels, outer, mean, scale, dscale, dshift, x, dx, dy)
      case default
         call channel_tangent_v1(inner, channels, outer, mean, scale, dscale, dshift, x, dx, dy)
      end select
   end procedure channel_tangent

   module procedure channel_sums
      select case (code_level)
      case (4)
         call channel_sums_v4(inner, channels, outer, mean, x, dy, sum_dy, sum_dy_x)
      case (3)
         call channel_sums_v3(inner, channels, outer, mean, x, dy, sum_dy, sum_dy_x)
      case default
         call channel_sums_v1(inner, channels, outer, mean, x, dy, sum_dy, sum_dy_x)
      end select
   end procedure channel_sums

   module procedure channel_backward
      select case (code_level)
      case (4)
         call channel_backward_v4(inner, channels, outer, mean, a, b, c, x, dy, dx)
      case (3)
         call channel_backward_v3(inner, channels, outer, mean, a, b, c, x, dy, dx)
      case default
         call channel_backward_v1(inner, channels, outer, mean, a, b, c, x, dy, dx)
      end select
   end procedure channel_backward

   module procedure column_normalize
      select case (code_level)
      case (4)
         call column_normalize_v4(n, columns, epsilon, centred, x, y, moments)
      case (3)
         call column_normalize_v3(n, columns, epsilon, centred, x, y, moments)
      case default
         call column_normalize_v1(n, columns, epsilon, centred, x, y, moments)
      end select
   end procedure column_normalize

   module procedure column_repeat
      select case (code_level)
      case (4)
         call column_repeat_v4(n, columns, centred, x, moments, y)
      case (3)
         call column_repeat_v3(n, columns, centred, x, moments, y)
      case default
         call column_repeat_v1(n, columns, centred, x, moments, y)
      end select
   end procedure column_repeat

   module procedure column_backward
      select case (code_level)
      case (4)
         call column_backward_v4(n, columns, centred, x, moments, y, dy, dx)
      case (3)
         call column_backward_v3(n, columns, centred, x, moments, y, dy, dx)
      case default
         call column_backward_v1(n, columns, centred, x, moments, y, dy, dx)
      end select
   end procedure column_backward

   module procedure column_tangent
      select case (code_level)
      case (4)
         call column_tangent_v4(n, columns, centred, x, moments, y, dx, dy)
      case (3)
         call column_tangent_v3(n, columns, centred, x, moments, y, dx, dy)
      case default
         call column_tangent_v1(n, columns, centred, x, moments, y, dx, dy)
      end select
   end procedure column_tangent

end submodule fkb_normalization_kernels_levels_dp
