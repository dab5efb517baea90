! Generated from kernels/fkb_value_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_value_kernels_dp`, each compiled for several processors.
module fkb_value_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: operate
   public :: operate_backward

   integer, parameter, public :: n_value_parameters = 3

   interface
      module pure subroutine operate(id, p, n, x, y)
         integer, intent(in) :: id
         real(wp), intent(in) :: p(n_value_parameters)
         integer, intent(in) :: n
         real(wp), intent(in) :: x(n)
         real(wp), intent(out) :: y(n)
      end subroutine operate

      module pure subroutine operate_backward(id, p, n, x, y, dy, dx)
         integer, intent(in) :: id
         real(wp), intent(in) :: p(n_value_parameters)
         integer, intent(in) :: n
         real(wp), intent(in) :: x(n), y(n), dy(n)
         real(wp), intent(out) :: dx(n)
      end subroutine operate_backward
   end interface

end module fkb_value_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_value_kernels_dp) fkb_value_kernels_levels_dp
   use fkb_value_kernels_dp_v1, only: operate_v1 => operate, &
      operate_backward_v1 => operate_backward
   use fkb_value_kernels_dp_v3, only: operate_v3 => operate, &
      operate_backward_v3 => operate_backward
   use fkb_value_kernels_dp_v4, only: operate_v4 => operate, &
      operate_backward_v4 => operate_backward
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure operate
      select case (code_level)
      case (4)
         call operate_v4(id, p, n, x, y)
      case (3)
         call operate_v3(id, p, n, x, y)
      case default
         call operate_v1(id, p, n, x, y)
      end select
   end procedure operate

   module procedure operate_backward
      select case (code_level)
      case (4)
         call operate_backward_v4(id, p, n, x, y, dy, dx)
      case (3)
         call operate_backward_v3(id, p, n, x, y, dy, dx)
      case default
         call operate_backward_v1(id, p, n, x, y, dy, dx)
      end select
   end procedure operate_backward

end submodule fkb_value_kernels_levels_dp
