! Generated from kernels/fkb_operand_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_operand_kernels_dp`, each compiled for several processors.
module fkb_operand_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: combine
   public :: combine_backward
   public :: choose
   public :: near

   interface
      module pure subroutine combine(id, n, a, b, y)
         integer, intent(in) :: id
         integer, intent(in) :: n
         real(wp), intent(in) :: a(n), b(n)
         real(wp), intent(out) :: y(n)
      end subroutine combine

      module pure subroutine combine_backward(id, k, n, a, b, y, dy, d)
         integer, intent(in) :: id
         integer, intent(in) :: k
         integer, intent(in) :: n
         real(wp), intent(in) :: a(n), b(n), y(n), dy(n)
         real(wp), intent(out) :: d(n)
      end subroutine combine_backward

      module pure subroutine choose(n, truth, a, b, y)
         integer, intent(in) :: n
         real(wp), intent(in) :: truth(n), a(n), b(n)
         real(wp), intent(out) :: y(n)
      end subroutine choose

      module pure subroutine near(n, a, b, relative, absolute, equal_nan, y)
         integer, intent(in) :: n
         real(wp), intent(in) :: a(n), b(n), relative(n), absolute(n)
         logical, intent(in) :: equal_nan
         real(wp), intent(out) :: y(n)
      end subroutine near
   end interface

end module fkb_operand_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_operand_kernels_dp) fkb_operand_kernels_levels_dp
   use fkb_operand_kernels_dp_v1, only: combine_v1 => combine, &
      combine_backward_v1 => combine_backward, choose_v1 => choose, near_v1 => near
   use fkb_operand_kernels_dp_v3, only: combine_v3 => combine, &
      combine_backward_v3 => combine_backward, choose_v3 => choose, near_v3 => near
   use fkb_operand_kernels_dp_v4, only: combine_v4 => combine, &
      combine_backward_v4 => combine_backward, choose_v4 => choose, near_v4 => near
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure combine
      select case (code_level)
      case (4)
         call combine_v4(id, n, a, b, y)
      case (3)
         call combine_v3(id, n, a, b, y)
      case default
         call combine_v1(id, n, a, b, y)
      end select
   end procedure combine

   module procedure combine_backward
      select case (code_level)
      case (4)
         call combine_backward_v4(id, k, n, a, b, y, dy, d)
      case (3)
         call combine_backward_v3(id, k, n, a, b, y, dy, d)
      case default
         call combine_backward_v1(id, k, n, a, b, y, dy, d)
      end select
   end procedure combine_backward

   module procedure choose
      select case (code_level)
      case (4)
         call choose_v4(n, truth, a, b, y)
      case (3)
         call choose_v3(n, truth, a, b, y)
      case default
         call choose_v1(n, truth, a, b, y)
      end select
   end procedure choose

   module procedure near
      select case (code_level)
      case (4)
         call near_v4(n, a, b, relative, absolute, equal_nan, y)
      case (3)
         call near_v3(n, a, b, relative, absolute, equal_nan, y)
      case default
         call near_v1(n, a, b, relative, absolute, equal_nan, y)
      end select
   end procedure near

end submodule fkb_operand_kernels_levels_dp
