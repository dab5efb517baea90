! Generated from kernels/fkb_pooling_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_pooling_kernels_dp`, each compiled for several processors.
module fkb_pooling_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: pool_max
   public :: pool_max_backward
   public :: pool_max_tangent
   public :: pool_mean
   public :: pool_mean_backward
   public :: max_of_all
   public :: max_of_all_backward
   public :: max_of_all_tangent
   public :: sum_of_all
   public :: spread_to_all

   integer, parameter, public :: tie_first = 1, tie_first_column = 2, tie_all = 3

   interface
      module pure subroutine pool_max(c, n_in, n_out, windows, x, y)
         integer, intent(in) :: c, n_in(3), n_out(3)
         integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
         real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
         real(wp), intent(out) :: y(c, n_out(1), n_out(2), n_out(3))
      end subroutine pool_max

      module pure subroutine pool_max_backward(c, n_in, n_out, windows, tie, x, y, dy, left, dx)
         integer, intent(in) :: c, n_in(3), n_out(3)
         integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
         integer, intent(in) :: tie
         real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
         real(wp), intent(in) :: y(c, n_out(1), n_out(2), n_out(3))
         real(wp), intent(in) :: dy(c, n_out(1), n_out(2), n_out(3))
         real(wp), intent(out) :: left(c)
         real(wp), intent(inout) :: dx(c, n_in(1), n_in(2), n_in(3))
      end subroutine pool_max_backward

      module pure subroutine pool_mean(c, n_in, n_out, windows, x, y)
         integer, intent(in) :: c, n_in(3), n_out(3)
         integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
         real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
         real(wp), intent(out) :: y(c, n_out(1), n_out(2), n_out(3))
      end subroutine pool_mean

      module pure subroutine pool_mean_backward(c, n_in, n_out, windows, dy, dx)
         integer, intent(in) :: c, n_in(3), n_out(3)
         integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
         real(wp), intent(in) :: dy(c, n_out(1), n_out(2), n_out(3))
         real(wp), intent(inout) :: dx(c, n_in(1), n_in(2), n_in(3))
      end subroutine pool_mean_backward

      module pure subroutine max_of_all(c, n, x, y)
         integer, intent(in) :: c, n
         real(wp), intent(in) :: x(c, n)
         real(wp), intent(out) :: y(c)
      end subroutine max_of_all

      module pure subroutine max_of_all_backward(c, n, x, y, dy, share, dx)
         integer, intent(in) :: c, n
         real(wp), intent(in) :: x(c, n), y(c), dy(c)
         real(wp), intent(out) :: share(c)
         real(wp), intent(out) :: dx(c, n)
      end subroutine max_of_all_backward

      module pure subroutine sum_of_all(c, n, weight, x, some, y)
         integer, intent(in) :: c, n
         real(wp), intent(in) :: weight(n)
         real(wp), intent(in) :: x(c, n)
         real(wp), intent(out) :: some(c)
         real(wp), intent(out) :: y(c)
      end subroutine sum_of_all

      module pure subroutine spread_to_all(c, n, weight, dy, dx)
         integer, intent(in) :: c, n
         real(wp), intent(in) :: weight(n), dy(c)
         real(wp), intent(out) :: dx(c, n)
      end subroutine spread_to_all

      module pure subroutine pool_max_tangent(c, n_in, n_out, windows, tie, x, y, dx, left, dy)
         integer, intent(in) :: c, n_in(3), n_out(3)
         integer, intent(in) :: windows(2*(n_out(1) + n_out(2) + n_out(3)))
         integer, intent(in) :: tie
         real(wp), intent(in) :: x(c, n_in(1), n_in(2), n_in(3))
         real(wp), intent(in) :: y(c, n_out(1), n_out(2), n_out(3))
         real(wp), intent(in) :: dx(c, n_in(1), n_in(2), n_in(3))
         real(wp), intent(out) :: left(c)
         real(wp), intent(out) :: dy(c, n_out(1), n_out(2), n_out(3))
      end subroutine pool_max_tangent

      module pure subroutine max_of_all_tangent(c, n, x, y, dx, ties, dy)
         integer, intent(in) :: c, n
         real(wp), intent(in) :: x(c, n), y(c), dx(c, n)
         real(wp), intent(out) :: ties(c)
         real(wp), intent(out) :: dy(c)
      end subroutine max_of_all_tangent
   end interface

end module fkb_pooling_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_pooling_kernels_dp) fkb_pooling_kernels_levels_dp
   use fkb_pooling_kernels_dp_v1, only: pool_max_v1 => pool_max, &
      pool_max_backward_v1 => pool_max_backward, pool_mean_v1 => pool_mean, &
      pool_mean_backward_v1 => pool_mean_backward, max_of_all_v1 => max_of_all, &
      max_of_all_backward_v1 => max_of_all_backward, sum_of_all_v1 => sum_of_all, &
      spread_to_all_v1 => spread_to_all, pool_max_tangent_v1 => pool_max_tangent, &
      max_of_all_tangent_v1 => max_of_all_tangent
   use fkb_pooling_kernels_dp_v3, only: pool_max_v3 => pool_max, &
      pool_max_backward_v3 => pool_max_backward, pool_mean_v3 => pool_mean, &
      pool_mean_backward_v3 => pool_mean_backward, max_of_all_v3 => max_of_all, &
      max_of_all_backward_v3 => max_of_all_backward, sum_of_all_v3 => sum_of_all, &
      spread_to_all_v3 => spread_to_all, pool_max_tangent_v3 => pool_max_tangent, &
      max_of_all_tangent_v3 => max_of_all_tangent
   use fkb_pooling_kernels_dp_v4, only: pool_max_v4 => pool_max, &
      pool_max_backward_v4 => pool_max_backward, pool_mean_v4 => pool_mean, &
      pool_mean_backward_v4 => pool_mean_backward, max_of_all_v4 => max_of_all, &
      max_of_all_backward_v4 => max_of_all_backward, sum_of_all_v4 => sum_of_all, &
      spread_to_all_v4 => spread_to_all, pool_max_tangent_v4 => pool_max_tangent, &
      max_of_all_tangent_v4 => max_of_all_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure pool_max
      select case (code_level)
      case (4)
         call pool_max_v4(c, n_in, n_out, windows, x, y)
      case (3)
         call pool_max_v3(c, n_in, n_out, windows, x, y)
      case default
         call pool_max_v1(c, n_in, n_out, windows, x, y)
      end select
   end procedure pool_max

   module procedure pool_max_backward
      select case (code_level)
      case (4)
         call pool_max_backward_v4(c, n_in, n_out, windows, tie, x, y, dy, left, dx)
      case (3)
         call pool_max_backward_v3(c, n_in, n_out, windows, tie, x, y, dy, left, dx)
      case default
         call pool_max_backward_v1(c, n_in, n_out, windows, tie, x, y, dy, left, dx)
      end select
   end procedure pool_max_backward

   module procedure pool_mean
      select case (code_level)
      case (4)
         call pool_mean_v4(c, n_in, n_out, windows, x, y)
      case (3)
         call pool_mean_v3(c, n_in, n_out, windows, x, y)
      case default
         call pool_mean_v1(c, n_in, n_out, windows, x, y)
      end select
   end procedure pool_mean

   module procedure pool_mean_backward
      select case (code_level)
      case (4)
         call pool_mean_backward_v4(c, n_in, n_out, windows, dy, dx)
      case (3)
         call pool_mean_backward_v3(c, n_in, n_out, windows, dy, dx)
      case default
         call pool_mean_backward_v1(c, n_in, n_out, windows, dy, dx)
      end select
   end procedure pool_mean_backward

   module procedure max_of_all
      select case (code_level)
      case (4)
         call max_of_all_v4(c, n, x, y)
      case (3)
         call max_of_all_v3(c, n, x, y)
      case default
         call max_of_all_v1(c, n, x, y)
      end select
   end procedure max_of_all

   module procedure max_of_all_backward
      select case (code_level)
      case (4)
         call max_of_all_backward_v4(c, n, x, y, dy, share, dx)
      case (3)
         call max_of_all_backward_v3(c, n, x, y, dy, share, dx)
      case default
         call max_of_all_backward_v1(c, n, x, y, dy, share, dx)
      end select
   end procedure max_of_all_backward

   module procedure sum_of_all
      select case (code_level)
      case (4)
         call sum_of_all_v4(c, n, weight, x, some, y)
      case (3)
         call sum_of_all_v3(c, n, weight, x, some, y)
      case default
         call sum_of_all_v1(c, n, weight, x, some, y)
      end select
   end procedure sum_of_all

   module procedure spread_to_all
      select case (code_level)
      case (4)
         call spread_to_all_v4(c, n, weight, dy, dx)
      case (3)
         call spread_to_all_v3(c, n, weight, dy, dx)
      case default
         call spread_to_all_v1(c, n, weight, dy, dx)
      end select
   end procedure spread_to_all

   module procedure pool_max_tangent
      select case (code_level)
      case (4)
         call pool_max_tangent_v4(c, n_in, n_out, windows, tie, x, y, dx, left, dy)
      case (3)
         call pool_max_tangent_v3(c, n_in, n_out, windows, tie, x, y, dx, left, dy)
      case default
         call pool_max_tangent_v1(c, n_in, n_out, windows, tie, x, y, dx, left, dy)
      end select
   end procedure pool_max_tangent

   module procedure max_of_all_tangent
      select case (code_level)
      case (4)
         call max_of_all_tangent_v4(c, n, x, y, dx, ties, dy)
      case (3)
         call max_of_all_tangent_v3(c, n, x, y, dx, ties, dy)
      case default
         call max_of_all_tangent_v1(c, n, x, y, dx, ties, dy)
      end select
   end procedure max_of_all_tangent

end submodule fkb_pooling_kernels_levels_dp
