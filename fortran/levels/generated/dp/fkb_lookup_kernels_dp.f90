! Generated from kernels/fkb_lookup_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_lookup_kernels_dp`, each compiled for several processors.
module fkb_lookup_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: sort_order
   public :: find_sorted
   public :: find_anywhere

   interface
      module pure subroutine sort_order(n, keys, order)
         integer, intent(in) :: n
         real(wp), intent(in) :: keys(n)
         real(wp), intent(out) :: order(n)
      end subroutine sort_order

      module pure integer function find_sorted(n, keys, order, value) result(place)
         integer, intent(in) :: n
         real(wp), intent(in) :: keys(n), order(n)
         real(wp), intent(in) :: value
      end function find_sorted

      module pure integer function find_anywhere(n, keys, value) result(place)
         integer, intent(in) :: n
         real(wp), intent(in) :: keys(n)
         real(wp), intent(in) :: value
      end function find_anywhere
   end interface

end module fkb_lookup_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_lookup_kernels_dp) fkb_lookup_kernels_levels_dp
   use fkb_lookup_kernels_dp_v1, only: sort_order_v1 => sort_order, find_sorted_v1 => find_sorted, &
      find_anywhere_v1 => find_anywhere
   use fkb_lookup_kernels_dp_v3, only: sort_order_v3 => sort_order, find_sorted_v3 => find_sorted, &
      find_anywhere_v3 => find_anywhere
   use fkb_lookup_kernels_dp_v4, only: sort_order_v4 => sort_order, find_sorted_v4 => find_sorted, &
      find_anywhere_v4 => find_anywhere
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure sort_order
      select case (code_level)
      case (4)
         call sort_order_v4(n, keys, order)
      case (3)
         call sort_order_v3(n, keys, order)
      case default
         call sort_order_v1(n, keys, order)
      end select
   end procedure sort_order

   module procedure find_sorted
      select case (code_level)
      case (4)
         place = find_sorted_v4(n, keys, order, value)
      case (3)
         place = find_sorted_v3(n, keys, order, value)
      case default
         place = find_sorted_v1(n, keys, order, value)
      end select
   end procedure find_sorted

   module procedure find_anywhere
      select case (code_level)
      case (4)
         place = find_anywhere_v4(n, keys, value)
      case (3)
         place = find_anywhere_v3(n, keys, value)
      case default
         place = find_anywhere_v1(n, keys, value)
      end select
   end procedure find_anywhere

end submodule fkb_lookup_kernels_levels_dp
