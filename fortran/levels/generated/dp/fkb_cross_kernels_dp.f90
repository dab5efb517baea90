! Generated from kernels/fkb_cross_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_cross_kernels_dp`, each compiled for several processors.
module fkb_cross_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: cross_add
   public :: cross_backward

   interface
      module pure subroutine cross_add(n, n_a, n_b, n_y, step, sizes, map, a, b, y)
         integer, intent(in) :: n
         integer, intent(in) :: n_a, n_b, n_y
         integer, intent(in) :: step(3), sizes(3)
         integer, intent(in) :: map(n, 3)
         real(wp), intent(in) :: a(n_a), b(n_b)
         real(wp), intent(inout) :: y(n_y)
      end subroutine cross_add

      module pure subroutine cross_backward(n, n_a, n_b, n_y, step, sizes, map, a, b, dy, da, db)
         integer, intent(in) :: n
         integer, intent(in) :: n_a, n_b, n_y
         integer, intent(in) :: step(3), sizes(3)
         integer, intent(in) :: map(n, 3)
         real(wp), intent(in) :: a(n_a), b(n_b), dy(n_y)
         real(wp), intent(inout) :: da(n_a), db(n_b)
      end subroutine cross_backward
   end interface

end module fkb_cross_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_cross_kernels_dp) fkb_cross_kernels_levels_dp
   use fkb_cross_kernels_dp_v1, only: cross_add_v1 => cross_add, &
      cross_backward_v1 => cross_backward
   use fkb_cross_kernels_dp_v3, only: cross_add_v3 => cross_add, &
      cross_backward_v3 => cross_backward
   use fkb_cross_kernels_dp_v4, only: cross_add_v4 => cross_add, &
      cross_backward_v4 => cross_backward
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure cross_add
      select case (code_level)
      case (4)
         call cross_add_v4(n, n_a, n_b, n_y, step, sizes, map, a, b, y)
      case (3)
         call cross_add_v3(n, n_a, n_b, n_y, step, sizes, map, a, b, y)
      case default
         call cross_add_v1(n, n_a, n_b, n_y, step, sizes, map, a, b, y)
      end select
   end procedure cross_add

   module procedure cross_backward
      select case (code_level)
      case (4)
         call cross_backward_v4(n, n_a, n_b, n_y, step, sizes, map, a, b, dy, da, db)
      case (3)
         call cross_backward_v3(n, n_a, n_b, n_y, step, sizes, map, a, b, dy, da, db)
      case default
         call cross_backward_v1(n, n_a, n_b, n_y, step, sizes, map, a, b, dy, da, db)
      end select
   end procedure cross_backward

end submodule fkb_cross_kernels_levels_dp
