! Generated from train/fkb_adafactor_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_adafactor_kernels_dp`, each compiled for several processors.
module fkb_adafactor_kernels_dp
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: factored_velocity
   public :: plain_velocity
   public :: divide_by_root

   interface
      module pure subroutine factored_velocity(n1, n2, n3, beta, epsilon, g, r, c, v)
         integer(i8), intent(in) :: n1, n2, n3
         real(wp), intent(in) :: beta, epsilon, g(n1, n2, n3)
         real(wp), intent(inout) :: r(n2, n3), c(n1, n3)
         real(wp), intent(out) :: v(n1, n2, n3)
      end subroutine factored_velocity

      module pure subroutine plain_velocity(n, beta, epsilon, g, v)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: beta, epsilon, g(n)
         real(wp), intent(inout) :: v(n)
      end subroutine plain_velocity

      module pure subroutine divide_by_root(n, v, g)
         integer(i8), intent(in) :: n
         real(wp), intent(in) :: v(n)
         real(wp), intent(inout) :: g(n)
      end subroutine divide_by_root
   end interface

end module fkb_adafactor_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_adafactor_kernels_dp) fkb_adafactor_kernels_levels_dp
   use fkb_adafactor_kernels_dp_v1, only: factored_velocity_v1 => factored_velocity, &
      plain_velocity_v1 => plain_velocity, divide_by_root_v1 => divide_by_root
   use fkb_adafactor_kernels_dp_v3, only: factored_velocity_v3 => factored_velocity, &
      plain_velocity_v3 => plain_velocity, divide_by_root_v3 => divide_by_root
   use fkb_adafactor_kernels_dp_v4, only: factored_velocity_v4 => factored_velocity, &
      plain_velocity_v4 => plain_velocity, divide_by_root_v4 => divide_by_root
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure factored_velocity
      select case (code_level)
      case (4)
         call factored_velocity_v4(n1, n2, n3, beta, epsilon, g, r, c, v)
      case (3)
         call factored_velocity_v3(n1, n2, n3, beta, epsilon, g, r, c, v)
      case default
         call factored_velocity_v1(n1, n2, n3, beta, epsilon, g, r, c, v)
      end select
   end procedure factored_velocity

   module procedure plain_velocity
      select case (code_level)
      case (4)
         call plain_velocity_v4(n, beta, epsilon, g, v)
      case (3)
         call plain_velocity_v3(n, beta, epsilon, g, v)
      case default
         call plain_velocity_v1(n, beta, epsilon, g, v)
      end select
   end procedure plain_velocity

   module procedure divide_by_root
      select case (code_level)
      case (4)
         call divide_by_root_v4(n, v, g)
      case (3)
         call divide_by_root_v3(n, v, g)
      case default
         call divide_by_root_v1(n, v, g)
      end select
   end procedure divide_by_root

end submodule fkb_adafactor_kernels_levels_dp
