! Generated from kernels/fkb_reduction_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_reduction_kernels_sp`, each compiled for several processors.
module fkb_reduction_kernels_sp
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: reduce
   public :: reduce_backward

   interface
      module pure subroutine reduce(id, order, n, columns, x, y)
         integer, intent(in) :: id
         real(wp), intent(in) :: order
         integer, intent(in) :: n, columns
         real(wp), intent(inout) :: x(n, columns)
         real(wp), intent(out) :: y(columns)
      end subroutine reduce

      module pure subroutine reduce_backward(id, order, n, columns, x, y, dy, dx)
         integer, intent(in) :: id
         real(wp), intent(in) :: order
         integer, intent(in) :: n, columns
         real(wp), intent(in) :: x(n, columns)
         real(wp), intent(in) :: y(columns), dy(columns)
         real(wp), intent(out) :: dx(n, columns)
      end subroutine reduce_backward
   end interface

end module fkb_reduction_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_reduction_kernels_sp) fkb_reduction_kernels_levels_sp
   use fkb_reduction_kernels_sp_v1, only: reduce_v1 => reduce, &
      reduce_backward_v1 => reduce_backward
   use fkb_reduction_kernels_sp_v3, only: reduce_v3 => reduce, &
      reduce_backward_v3 => reduce_backward
   use fkb_reduction_kernels_sp_v4, only: reduce_v4 => reduce, &
      reduce_backward_v4 => reduce_backward
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure reduce
      select case (code_level)
      case (4)
         call reduce_v4(id, order, n, columns, x, y)
      case (3)
         call reduce_v3(id, order, n, columns, x, y)
      case default
         call reduce_v1(id, order, n, columns, x, y)
      end select
   end procedure reduce

   module procedure reduce_backward
      select case (code_level)
      case (4)
         call reduce_backward_v4(id, order, n, columns, x, y, dy, dx)
      case (3)
         call reduce_backward_v3(id, order, n, columns, x, y, dy, dx)
      case default
         call reduce_backward_v1(id, order, n, columns, x, y, dy, dx)
      end select
   end procedure reduce_backward

end submodule fkb_reduction_kernels_levels_sp
