! Generated from kernels/fkb_activation_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_activation_kernels_sp`, each compiled for several processors.
module fkb_activation_kernels_sp
   use fkb_activations, only: n_parameters, output_features
   use fkb_kinds, only: sp, wp => sp
   implicit none (type, external)
   private
   public :: activate
   public :: activate_in_place
   public :: activate_backward
   public :: activate_backward_in_place

   integer, parameter, public :: max_groups = 8
   real(wp), parameter, public :: sqrt_half = 0.70710678118654752440_sp
   real(wp), parameter, public :: gelu_cubic = 0.044715_sp
   real(wp), parameter, public :: sqrt_two_over_pi = 0.79788456080286535588_wp
   real(wp), parameter, public :: inverse_sqrt_pi = 0.56418958354775628695_wp
   real(wp), parameter, public :: selu_scale = 1.0507009873554804934_wp
   real(wp), parameter, public :: selu_alpha = 1.6732632423543772848_wp

   interface
      module pure subroutine activate(id, parameters, n, batch, x, y)
         integer, intent(in) :: id
         real(wp), intent(in) :: parameters(n_parameters)
         integer, intent(in) :: n, batch
         real(wp), intent(in) :: x(n, batch)
         real(wp), intent(out) :: y(output_features(id, n), batch)
      end subroutine activate

      module pure subroutine activate_in_place(id, parameters, n, batch, y)
         integer, intent(in) :: id
         real(wp), intent(in) :: parameters(n_parameters)
         integer, intent(in) :: n, batch
         real(wp), intent(inout) :: y(n, batch)
      end subroutine activate_in_place

      module pure subroutine activate_backward(id, parameters, n, batch, x, y, dy, dx)
         integer, intent(in) :: id
         real(wp), intent(in) :: parameters(n_parameters)
         integer, intent(in) :: n, batch
         real(wp), intent(in) :: x(n, batch)
         real(wp), intent(in) :: y(output_features(id, n), batch)
         real(wp), intent(in) :: dy(output_features(id, n), batch)
         real(wp), intent(out) :: dx(n, batch)
      end subroutine activate_backward

      module pure subroutine activate_backward_in_place(id, parameters, n, batch, x, y, d)
         integer, intent(in) :: id
         real(wp), intent(in) :: parameters(n_parameters)
         integer, intent(in) :: n, batch
         real(wp), intent(in) :: x(n, batch)
         real(wp), intent(in) :: y(n, batch)
         real(wp), intent(inout) :: d(n, batch)
      end subroutine activate_backward_in_place
   end interface

end module fkb_activation_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_activation_kernels_sp) fkb_activation_kernels_levels_sp
   use fkb_activation_kernels_sp_v1, only: activate_v1 => activate, &
      activate_in_place_v1 => activate_in_place, activate_backward_v1 => activate_backward, &
      activate_backward_in_place_v1 => activate_backward_in_place
   use fkb_activation_kernels_sp_v3, only: activate_v3 => activate, &
      activate_in_place_v3 => activate_in_place, activate_backward_v3 => activate_backward, &
      activate_backward_in_place_v3 => activate_backward_in_place
   use fkb_activation_kernels_sp_v4, only: activate_v4 => activate, &
      activate_in_place_v4 => activate_in_place, activate_backward_v4 => activate_backward, &
      activate_backward_in_place_v4 => activate_backward_in_place
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure activate
      select case (code_level)
      case (4)
         call activate_v4(id, parameters, n, batch, x, y)
      case (3)
         call activate_v3(id, parameters, n, batch, x, y)
      case default
         call activate_v1(id, parameters, n, batch, x, y)
      end select
   end procedure activate

   module procedure activate_in_place
      select case (code_level)
      case (4)
         call activate_in_place_v4(id, parameters, n, batch, y)
      case (3)
         call activate_in_place_v3(id, parameters, n, batch, y)
      case default
         call activate_in_place_v1(id, parameters, n, batch, y)
      end select
   end procedure activate_in_place

   module procedure activate_backward
      select case (code_level)
      case (4)
         call activate_backward_v4(id, parameters, n, batch, x, y, dy, dx)
      case (3)
         call activate_backward_v3(id, parameters, n, batch, x, y, dy, dx)
      case default
         call activate_backward_v1(id, parameters, n, batch, x, y, dy, dx)
      end select
   end procedure activate_backward

   module procedure activate_backward_in_place
      select case (code_level)
      case (4)
         call activate_backward_in_place_v4(id, parameters, n, batch, x, y, d)
      case (3)
         call activate_backward_in_place_v3(id, parameters, n, batch, x, y, d)
      case default
         call activate_backward_in_place_v1(id, parameters, n, batch, x, y, d)
      end select
   end procedure activate_backward_in_place

end submodule fkb_activation_kernels_levels_sp
