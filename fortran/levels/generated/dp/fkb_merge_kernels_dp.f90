! Generated from kernels/fkb_merge_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_merge_kernels_dp`, each compiled for several processors.
module fkb_merge_kernels_dp
   use fkb_activations, only: n_parameters
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: masked_product
   public :: masked_product_slope
   public :: masked_extremum
   public :: add_activated

   interface
      module pure subroutine add_activated(n, columns, a, b, activation, parameters, y)
         integer, intent(in) :: n, columns
         real(wp), intent(in) :: a(n, columns), b(n, columns)
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(inout) :: y(n, columns)
      end subroutine add_activated

      module pure subroutine masked_product(n, m, masked, x, mask, y)
         integer, intent(in) :: n, m
         logical, intent(in) :: masked(m)
         real(wp), intent(in) :: x(n, m), mask(n, m)
         real(wp), intent(out) :: y(n)
      end subroutine masked_product

      module pure subroutine masked_product_slope(n, m, i, masked, x, mask, d)
         integer, intent(in) :: n, m, i
         logical, intent(in) :: masked(m)
         real(wp), intent(in) :: x(n, m), mask(n, m)
         real(wp), intent(inout) :: d(n)
      end subroutine masked_product_slope

      module pure subroutine masked_extremum(n, m, sign, masked, x, mask, y, winner)
         integer, intent(in) :: n, m
         real(wp), intent(in) :: sign
         logical, intent(in) :: masked(m)
         real(wp), intent(in) :: x(n, m), mask(n, m)
         real(wp), intent(out) :: y(n)
         real(wp), intent(out) :: winner(n)
      end subroutine masked_extremum
   end interface

end module fkb_merge_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_merge_kernels_dp) fkb_merge_kernels_levels_dp
   use fkb_merge_kernels_dp_v1, only: add_activated_v1 => add_activated, &
      masked_product_v1 => masked_product, masked_product_slope_v1 => masked_product_slope, &
      masked_extremum_v1 => masked_extremum
   use fkb_merge_kernels_dp_v3, only: add_activated_v3 => add_activated, &
      masked_product_v3 => masked_product, masked_product_slope_v3 => masked_product_slope, &
      masked_extremum_v3 => masked_extremum
   use fkb_merge_kernels_dp_v4, only: add_activated_v4 => add_activated, &
      masked_product_v4 => masked_product, masked_product_slope_v4 => masked_product_slope, &
      masked_extremum_v4 => masked_extremum
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure add_activated
      select case (code_level)
      case (4)
         call add_activated_v4(n, columns, a, b, activation, parameters, y)
      case (3)
         call add_activated_v3(n, columns, a, b, activation, parameters, y)
      case default
         call add_activated_v1(n, columns, a, b, activation, parameters, y)
      end select
   end procedure add_activated

   module procedure masked_product
      select case (code_level)
      case (4)
         call masked_product_v4(n, m, masked, x, mask, y)
      case (3)
         call masked_product_v3(n, m, masked, x, mask, y)
      case default
         call masked_product_v1(n, m, masked, x, mask, y)
      end select
   end procedure masked_product

   module procedure masked_product_slope
      select case (code_level)
      case (4)
         call masked_product_slope_v4(n, m, i, masked, x, mask, d)
      case (3)
         call masked_product_slope_v3(n, m, i, masked, x, mask, d)
      case default
         call masked_product_slope_v1(n, m, i, masked, x, mask, d)
      end select
   end procedure masked_product_slope

   module procedure masked_extremum
      select case (code_level)
      case (4)
         call masked_extremum_v4(n, m, sign, masked, x, mask, y, winner)
      case (3)
         call masked_extremum_v3(n, m, sign, masked, x, mask, y, winner)
      case default
         call masked_extremum_v1(n, m, sign, masked, x, mask, y, winner)
      end select
   end procedure masked_extremum

end submodule fkb_merge_kernels_levels_dp
