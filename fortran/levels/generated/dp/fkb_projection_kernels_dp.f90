! Generated from kernels/fkb_projection_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_projection_kernels_dp`, each compiled for several processors.
module fkb_projection_kernels_dp
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: project
   public :: project_backward
   public :: project_back
   public :: project_tangent
   public :: pack_projection
   public :: project_packed

   interface
      module pure subroutine project(units, n_in, columns, use_bias, weights, x, activation, zeros, y)
         integer, intent(in) :: units, n_in, columns
         logical, intent(in) :: use_bias
         real(wp), intent(in) :: weights(*)
         real(wp), intent(in) :: x(n_in, columns)
         integer, intent(in) :: activation
         real(wp), intent(inout) :: zeros(units)
         real(wp), intent(inout) :: y(units, columns)
      end subroutine project

      module pure subroutine pack_projection(units, n_in, use_bias, weights, packed)
         integer, intent(in) :: units, n_in
         logical, intent(in) :: use_bias
         real(wp), intent(in) :: weights(*)
         real(wp), intent(inout) :: packed(*)
      end subroutine pack_projection

      module pure subroutine project_packed(units, n_in, columns, packed, x, activation, y)
         integer, intent(in) :: units, n_in, columns
         real(wp), intent(in) :: packed(*)
         real(wp), intent(in) :: x(n_in, columns)
         integer, intent(in) :: activation
         real(wp), intent(inout) :: y(units, columns)
      end subroutine project_packed

      module pure subroutine project_backward(units, n_in, columns, use_bias, weights, x, dz, zeros, dweights)
         integer, intent(in) :: units, n_in, columns
         logical, intent(in) :: use_bias
         real(wp), intent(in) :: weights(*)
         real(wp), intent(in) :: x(n_in, columns), dz(units, columns)
         real(wp), intent(inout) :: zeros(units)
         real(wp), intent(inout) :: dweights(*)
      end subroutine project_backward

      module pure subroutine project_back(units, n_in, columns, weights, dz, beta, dx)
         integer, intent(in) :: units, n_in, columns
         real(wp), intent(in) :: weights(*)
         real(wp), intent(in) :: dz(units, columns)
         real(wp), intent(in) :: beta
         real(wp), intent(inout) :: dx(n_in, columns)
      end subroutine project_back

      module pure subroutine project_tangent(units, n_in, columns, use_bias, weights, vary, dweights, x, dx, &
                                      zeros, dy)
         integer, intent(in) :: units, n_in, columns
         logical, intent(in) :: use_bias, vary
         real(wp), intent(in) :: weights(*), dweights(*)
         real(wp), intent(in) :: x(n_in, columns), dx(n_in, columns)
         real(wp), intent(inout) :: zeros(units)
         real(wp), intent(inout) :: dy(units, columns)
      end subroutine project_tangent
   end interface

end module fkb_projection_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_projection_kernels_dp) fkb_projection_kernels_levels_dp
   use fkb_projection_kernels_dp_v1, only: project_v1 => project, &
      pack_projection_v1 => pack_projection, project_packed_v1 => project_packed, &
      project_backward_v1 => project_backward, project_back_v1 => project_back, &
      project_tangent_v1 => project_tangent
   use fkb_projection_kernels_dp_v3, only: project_v3 => project, &
      pack_projection_v3 => pack_projection, project_packed_v3 => project_packed, &
      project_backward_v3 => project_backward, project_back_v3 => project_back, &
      project_tangent_v3 => project_tangent
   use fkb_projection_kernels_dp_v4, only: project_v4 => project, &
      pack_projection_v4 => pack_projection, project_packed_v4 => project_packed, &
      project_backward_v4 => project_backward, project_back_v4 => project_back, &
      project_tangent_v4 => project_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure project
      select case (code_level)
      case (4)
         call project_v4(units, n_in, columns, use_bias, weights, x, activation, zeros, y)
      case (3)
         call project_v3(units, n_in, columns, use_bias, weights, x, activation, zeros, y)
      case default
         call project_v1(units, n_in, columns, use_bias, weights, x, activation, zeros, y)
      end select
   end procedure project

   module procedure pack_projection
      select case (code_level)
      case (4)
         call pack_projection_v4(units, n_in, use_bias, weights, packed)
      case (3)
         call pack_projection_v3(units, n_in, use_bias, weights, packed)
      case default
         call pack_projection_v1(units, n_in, use_bias, weights, packed)
      end select
   end procedure pack_projection

   module procedure project_packed
      select case (code_level)
      case (4)
         call project_packed_v4(units, n_in, columns, packed, x, activation, y)
      case (3)
         call project_packed_v3(units, n_in, columns, packed, x, activation, y)
      case default
         call project_packed_v1(units, n_in, columns, packed, x, activation, y)
      end select
   end procedure project_packed

   module procedure project_backward
      select case (code_level)
      case (4)
         call project_backward_v4(units, n_in, columns, use_bias, weights, x, dz, zeros, dweights)
      case (3)
         call project_backward_v3(units, n_in, columns, use_bias, weights, x, dz, zeros, dweights)
      case default
         call project_backward_v1(units, n_in, columns, use_bias, weights, x, dz, zeros, dweights)
      end select
   end procedure project_backward

   module procedure project_back
      select case (code_level)
      case (4)
         call project_back_v4(units, n_in, columns, weights, dz, beta, dx)
      case (3)
         call project_back_v3(units, n_in, columns, weights, dz, beta, dx)
      case default
         call project_back_v1(units, n_in, columns, weights, dz, beta, dx)
      end select
   end procedure project_back

   module procedure project_tangent
      select case (code_level)
      case (4)
         call project_tangent_v4(units, n_in, columns, use_bias, weights, vary, dweights, x, dx, &
                                 zeros, dy)
      case (3)
         call project_tangent_v3(units, n_in, columns, use_bias, weights, vary, dweights, x, dx, &
                                 zeros, dy)
      case default
         call project_tangent_v1(units, n_in, columns, use_bias, weights, vary, dweights, x, dx, &
                                 zeros, dy)
      end select
   end procedure project_tangent

end submodule fkb_projection_kernels_levels_dp
