! Generated from kernels/fkb_contrast_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_contrast_kernels_sp`, each compiled for several processors.
module fkb_contrast_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: stretch
   public :: stretch_backward
   public :: stretch_tangent

   interface
      module pure subroutine stretch(c, n, v0, v1, x, low, high, y)
         integer, intent(in) :: c, n
         real(wp), intent(in) :: v0, v1
         real(wp), intent(in) :: x(c, n)
         real(wp), intent(out) :: low(c), high(c)
         real(wp), intent(out) :: y(c, n)
      end subroutine stretch

      module pure subroutine stretch_backward(c, n, v0, v1, x, dy, low, high, work, dx)
         integer, intent(in) :: c, n
         real(wp), intent(in) :: v0, v1
         real(wp), intent(in) :: x(c, n), dy(c, n)
         real(wp), intent(out) :: low(c), high(c), work(c, 5)
         real(wp), intent(out) :: dx(c, n)
      end subroutine stretch_backward

      module pure subroutine stretch_tangent(c, n, v0, v1, x, dx, low, high, work, dy)
         integer, intent(in) :: c, n
         real(wp), intent(in) :: v0, v1
         real(wp), intent(in) :: x(c, n), dx(c, n)
         real(wp), intent(out) :: low(c), high(c), work(c, 5)
         real(wp), intent(out) :: dy(c, n)
      end subroutine stretch_tangent
   end interface

end module fkb_contrast_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_contrast_kernels_sp) fkb_contrast_kernels_levels_sp
   use fkb_contrast_kernels_sp_v1, only: stretch_v1 => stretch, &
      stretch_backward_v1 => stretch_backward, stretch_tangent_v1 => stretch_tangent
   use fkb_contrast_kernels_sp_v3, only: stretch_v3 => stretch, &
      stretch_backward_v3 => stretch_backward, stretch_tangent_v3 => stretch_tangent
   use fkb_contrast_kernels_sp_v4, only: stretch_v4 => stretch, &
      stretch_backward_v4 => stretch_backward, stretch_tangent_v4 => stretch_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure stretch
      select case (code_level)
      case (4)
         call stretch_v4(c, n, v0, v1, x, low, high, y)
      case (3)
         call stretch_v3(c, n, v0, v1, x, low, high, y)
      case default
         call stretch_v1(c, n, v0, v1, x, low, high, y)
      end select
   end procedure stretch

   module procedure stretch_backward
      select case (code_level)
      case (4)
         call stretch_backward_v4(c, n, v0, v1, x, dy, low, high, work, dx)
      case (3)
         call stretch_backward_v3(c, n, v0, v1, x, dy, low, high, work, dx)
      case default
         call stretch_backward_v1(c, n, v0, v1, x, dy, low, high, work, dx)
      end select
   end procedure stretch_backward

   module procedure stretch_tangent
      select case (code_level)
      case (4)
         call stretch_tangent_v4(c, n, v0, v1, x, dx, low, high, work, dy)
      case (3)
         call stretch_tangent_v3(c, n, v0, v1, x, dx, low, high, work, dy)
      case default
         call stretch_tangent_v1(c, n, v0, v1, x, dx, low, high, work, dy)
      end select
   end procedure stretch_tangent

end submodule fkb_contrast_kernels_levels_sp
