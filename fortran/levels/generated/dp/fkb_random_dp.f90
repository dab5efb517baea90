! Generated from kernels/fkb_random.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_random_dp`, each compiled for several processors.
module fkb_random_dp
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: uniform_values
   public :: normal_values
   public :: threefry

   interface
      module pure subroutine uniform_values(seed, node, step, sample, n, u)
         integer(i8), intent(in) :: seed, step
         integer, intent(in) :: node
         integer(i8), intent(in) :: sample
         integer, intent(in) :: n
         real(wp), intent(out) :: u(n)
      end subroutine uniform_values

      module pure subroutine normal_values(seed, node, step, sample, n, z)
         integer(i8), intent(in) :: seed, step
         integer, intent(in) :: node
         integer(i8), intent(in) :: sample
         integer, intent(in) :: n
         real(wp), intent(out) :: z(n)
      end subroutine normal_values

      module pure function threefry(key, counter) result(x)
         integer(i8), intent(in) :: key(2), counter(2)
         integer(i8) :: x(2)
      end function threefry
   end interface

end module fkb_random_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_random_dp) fkb_random_levels_dp
   use fkb_random_dp_v1, only: uniform_values_v1 => uniform_values, &
      normal_values_v1 => normal_values, threefry_v1 => threefry
   use fkb_random_dp_v3, only: uniform_values_v3 => uniform_values, &
      normal_values_v3 => normal_values, threefry_v3 => threefry
   use fkb_random_dp_v4, only: uniform_values_v4 => uniform_values, &
      normal_values_v4 => normal_values, threefry_v4 => threefry
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure uniform_values
      select case (code_level)
      case (4)
         call uniform_values_v4(seed, node, step, sample, n, u)
      case (3)
         call uniform_values_v3(seed, node, step, sample, n, u)
      case default
         call uniform_values_v1(seed, node, step, sample, n, u)
      end select
   end procedure uniform_values

   module procedure normal_values
      select case (code_level)
      case (4)
         call normal_values_v4(seed, node, step, sample, n, z)
      case (3)
         call normal_values_v3(seed, node, step, sample, n, z)
      case default
         call normal_values_v1(seed, node, step, sample, n, z)
      end select
   end procedure normal_values

   module procedure threefry
      select case (code_level)
      case (4)
         x = threefry_v4(key, counter)
      case (3)
         x = threefry_v3(key, counter)
      case default
         x = threefry_v1(key, counter)
      end select
   end procedure threefry

end submodule fkb_random_levels_dp
