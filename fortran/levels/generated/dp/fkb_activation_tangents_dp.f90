! Generated from kernels/fkb_activation_tangents.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_activation_tangents_dp`, each compiled for several processors.
module fkb_activation_tangents_dp
   use fkb_activations, only: n_parameters, output_features
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: activate_tangent
   public :: activate_tangent_in_place

   interface
      module pure subroutine activate_tangent(id, parameters, n, batch, x, y, dx, dy)
         integer, intent(in) :: id
         real(wp), intent(in) :: parameters(n_parameters)
         integer, intent(in) :: n, batch
         real(wp), intent(in) :: x(n, batch)
         real(wp), intent(in) :: y(output_features(id, n), batch)
         real(wp), intent(in) :: dx(n, batch)
         real(wp), intent(out) :: dy(output_features(id, n), batch)
      end subroutine activate_tangent

      module pure subroutine activate_tangent_in_place(id, parameters, n, batch, x, y, d)
         integer, intent(in) :: id
         real(wp), intent(in) :: parameters(n_parameters)
         integer, intent(in) :: n, batch
         real(wp), intent(in) :: x(n, batch)
         real(wp), intent(in) :: y(n, batch)
         real(wp), intent(inout) :: d(n, batch)
      end subroutine activate_tangent_in_place
   end interface

end module fkb_activation_tangents_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_activation_tangents_dp) fkb_activation_tangents_levels_dp
   use fkb_activation_tangents_dp_v1, only: activate_tangent_v1 => activate_tangent, &
      activate_tangent_in_place_v1 => activate_tangent_in_place
   use fkb_activation_tangents_dp_v3, only: activate_tangent_v3 => activate_tangent, &
      activate_tangent_in_place_v3 => activate_tangent_in_place
   use fkb_activation_tangents_dp_v4, only: activate_tangent_v4 => activate_tangent, &
      activate_tangent_in_place_v4 => activate_tangent_in_place
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure activate_tangent
      select case (code_level)
      case (4)
         call activate_tangent_v4(id, parameters, n, batch, x, y, dx, dy)
      case (3)
         call activate_tangent_v3(id, parameters, n, batch, x, y, dx, dy)
      case default
         call activate_tangent_v1(id, parameters, n, batch, x, y, dx, dy)
      end select
   end procedure activate_tangent

   module procedure activate_tangent_in_place
      select case (code_level)
      case (4)
         call activate_tangent_in_place_v4(id, parameters, n, batch, x, y, d)
      case (3)
         call activate_tangent_in_place_v3(id, parameters, n, batch, x, y, d)
      case default
         call activate_tangent_in_place_v1(id, parameters, n, batch, x, y, d)
      end select
   end procedure activate_tangent_in_place

end submodule fkb_activation_tangents_levels_dp
