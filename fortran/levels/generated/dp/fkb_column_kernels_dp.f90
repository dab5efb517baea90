! Generated from kernels/fkb_column_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_column_kernels_dp`, each compiled for several processors.
module fkb_column_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: transform
   public :: transform_backward
   public :: transform_tangent
   public :: sorted_places

   interface
      module pure subroutine transform(id, order, epsilon_, n, m, columns, x, places, y)
         integer, intent(in) :: id
         integer, intent(in) :: order
         real(wp), intent(in) :: epsilon_
         integer, intent(in) :: n, m, columns
         real(wp), intent(in) :: x(n, columns)
         real(wp), intent(in) :: places(n, columns)
         real(wp), intent(out) :: y(m, columns)
      end subroutine transform

      module pure subroutine transform_backward(id, order, epsilon_, n, m, columns, x, places, y, dy, dx)
         integer, intent(in) :: id
         integer, intent(in) :: order
         real(wp), intent(in) :: epsilon_
         integer, intent(in) :: n, m, columns
         real(wp), intent(in) :: x(n, columns)
         real(wp), intent(in) :: places(n, columns)
         real(wp), intent(in) :: y(m, columns), dy(m, columns)
         real(wp), intent(out) :: dx(n, columns)
      end subroutine transform_backward

      module pure subroutine sorted_places(n, descending, x, places, keys, other_places, other_keys)
         integer, intent(in) :: n
         logical, intent(in) :: descending
         real(wp), intent(in) :: x(n)
         real(wp), intent(out) :: places(n)
         real(wp), intent(out) :: keys(n), other_places(n), other_keys(n)
      end subroutine sorted_places

      module pure subroutine transform_tangent(id, order, epsilon_, n, m, columns, x, places, dx, dy)
         integer, intent(in) :: id
         integer, intent(in) :: order
         real(wp), intent(in) :: epsilon_
         integer, intent(in) :: n, m, columns
         real(wp), intent(in) :: x(n, columns)
         real(wp), intent(in) :: places(n, columns)
         real(wp), intent(in) :: dx(n, columns)
         real(wp), intent(out) :: dy(m, columns)
      end subroutine transform_tangent
   end interface

end module fkb_column_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_column_kernels_dp) fkb_column_kernels_levels_dp
   use fkb_column_kernels_dp_v1, only: transform_v1 => transform, &
      transform_backward_v1 => transform_backward, sorted_places_v1 => sorted_places, &
      transform_tangent_v1 => transform_tangent
   use fkb_column_kernels_dp_v3, only: transform_v3 => transform, &
      transform_backward_v3 => transform_backward, sorted_places_v3 => sorted_places, &
      transform_tangent_v3 => transform_tangent
   use fkb_column_kernels_dp_v4, only: transform_v4 => transform, &
      transform_backward_v4 => transform_backward, sorted_places_v4 => sorted_places, &
      transform_tangent_v4 => transform_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure transform
      select case (code_level)
      case (4)
         call transform_v4(id, order, epsilon_, n, m, columns, x, places, y)
      case (3)
         call transform_v3(id, order, epsilon_, n, m, columns, x, places, y)
      case default
         call transform_v1(id, order, epsilon_, n, m, columns, x, places, y)
      end select
   end procedure transform

   module procedure transform_backward
      select case (code_level)
      case (4)
         call transform_backward_v4(id, order, epsilon_, n, m, columns, x, places, y, dy, dx)
      case (3)
         call transform_backward_v3(id, order, epsilon_, n, m, columns, x, places, y, dy, dx)
      case default
         call transform_backward_v1(id, order, epsilon_, n, m, columns, x, places, y, dy, dx)
      end select
   end procedure transform_backward

   module procedure sorted_places
      select case (code_level)
      case (4)
         call sorted_places_v4(n, descending, x, places, keys, other_places, other_keys)
      case (3)
         call sorted_places_v3(n, descending, x, places, keys, other_places, other_keys)
      case default
         call sorted_places_v1(n, descending, x, places, keys, other_places, other_keys)
      end select
   end procedure sorted_places

   module procedure transform_tangent
      select case (code_level)
      case (4)
         call transform_tangent_v4(id, order, epsilon_, n, m, columns, x, places, dx, dy)
      case (3)
         call transform_tangent_v3(id, order, epsilon_, n, m, columns, x, places, dx, dy)
      case default
         call transform_tangent_v1(id, order, epsilon_, n, m, columns, x, places, dx, dy)
      end select
   end procedure transform_tangent

end submodule fkb_column_kernels_levels_dp
