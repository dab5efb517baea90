! Generated from kernels/fkb_take_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_take_kernels_sp`, each compiled for several processors.
module fkb_take_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: take
   public :: take_backward
   public :: take_along
   public :: take_along_backward

   interface
      module pure subroutine take(run, n, m, outer, places, x, y)
         integer, intent(in) :: run, n, m, outer
         real(wp), intent(in) :: places(m)
         real(wp), intent(in) :: x(run, n, outer)
         real(wp), intent(out) :: y(run, m, outer)
      end subroutine take

      module pure subroutine take_backward(run, n, m, outer, places, dy, dx)
         integer, intent(in) :: run, n, m, outer
         real(wp), intent(in) :: places(m)
         real(wp), intent(in) :: dy(run, m, outer)
         real(wp), intent(out) :: dx(run, n, outer)
      end subroutine take_backward

      module pure subroutine take_along(run, n, m, outer, places, x, y)
         integer, intent(in) :: run, n, m, outer
         real(wp), intent(in) :: places(run, m, outer)
         real(wp), intent(in) :: x(run, n, outer)
         real(wp), intent(out) :: y(run, m, outer)
      end subroutine take_along

      module pure subroutine take_along_backward(run, n, m, outer, places, dy, dx)
         integer, intent(in) :: run, n, m, outer
         real(wp), intent(in) :: places(run, m, outer)
         real(wp), intent(in) :: dy(run, m, outer)
         real(wp), intent(out) :: dx(run, n, outer)
      end subroutine take_along_backward
   end interface

end module fkb_take_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_take_kernels_sp) fkb_take_kernels_levels_sp
   use fkb_take_kernels_sp_v1, only: take_v1 => take, take_backward_v1 => take_backward, &
      take_along_v1 => take_along, take_along_backward_v1 => take_along_backward
   use fkb_take_kernels_sp_v3, only: take_v3 => take, take_backward_v3 => take_backward, &
      take_along_v3 => take_along, take_along_backward_v3 => take_along_backward
   use fkb_take_kernels_sp_v4, only: take_v4 => take, take_backward_v4 => take_backward, &
      take_along_v4 => take_along, take_along_backward_v4 => take_along_backward
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure take
      select case (code_level)
      case (4)
         call take_v4(run, n, m, outer, places, x, y)
      case (3)
         call take_v3(run, n, m, outer, places, x, y)
      case default
         call take_v1(run, n, m, outer, places, x, y)
      end select
   end procedure take

   module procedure take_backward
      select case (code_level)
      case (4)
         call take_backward_v4(run, n, m, outer, places, dy, dx)
      case (3)
         call take_backward_v3(run, n, m, outer, places, dy, dx)
      case default
         call take_backward_v1(run, n, m, outer, places, dy, dx)
      end select
   end procedure take_backward

   module procedure take_along
      select case (code_level)
      case (4)
         call take_along_v4(run, n, m, outer, places, x, y)
      case (3)
         call take_along_v3(run, n, m, outer, places, x, y)
      case default
         call take_along_v1(run, n, m, outer, places, x, y)
      end select
   end procedure take_along

   module procedure take_along_backward
      select case (code_level)
      case (4)
         call take_along_backward_v4(run, n, m, outer, places, dy, dx)
      case (3)
         call take_along_backward_v3(run, n, m, outer, places, dy, dx)
      case default
         call take_along_backward_v1(run, n, m, outer, places, dy, dx)
      end select
   end procedure take_along_backward

end submodule fkb_take_kernels_levels_sp
