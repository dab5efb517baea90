! Generated from kernels/fkb_dense_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_dense_kernels_sp`, each compiled for several processors.
module fkb_dense_kernels_sp
   use fkb_activations, only: n_parameters
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: dense_forward
   public :: dense_forward_packed
   public :: dense_backward
   public :: dense_tangent

   interface
      module pure subroutine dense_forward(units, n_in, batch, kernel, bias, x, activation, parameters, y)
         integer, intent(in) :: units, n_in, batch
         real(wp), intent(in) :: kernel(units, n_in), bias(units)
         real(wp), intent(in) :: x(n_in, batch)
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(out) :: y(units, batch)
      end subroutine dense_forward

      module pure subroutine dense_forward_packed(units, n_in, batch, panels, bias, x, activation, &
                                           parameters, y)
         integer, intent(in) :: units, n_in, batch
         real(wp), intent(in) :: panels(*)
         real(wp), intent(in) :: bias(units)
         real(wp), intent(in) :: x(n_in, batch)
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(inout) :: y(units, batch)
      end subroutine dense_forward_packed

      module pure subroutine dense_backward(units, n_in, batch, kernel, x, dz, dkernel, dbias, dx)
         integer, intent(in) :: units, n_in, batch
         real(wp), intent(in) :: kernel(units, n_in)
         real(wp), intent(in) :: x(n_in, batch)
         real(wp), intent(in) :: dz(units, batch)
         real(wp), intent(inout) :: dkernel(units, n_in), dbias(units)
         real(wp), intent(out), optional :: dx(n_in, batch)
      end subroutine dense_backward

      module pure subroutine dense_tangent(units, n_in, batch, kernel, dkernel, dbias, x, dx, dy)
         integer, intent(in) :: units, n_in, batch
         real(wp), intent(in) :: kernel(units, n_in)
         real(wp), intent(in) :: dkernel(units, n_in), dbias(units)
         real(wp), intent(in) :: x(n_in, batch), dx(n_in, batch)
         real(wp), intent(out) :: dy(units, batch)
      end subroutine dense_tangent
   end interface

end module fkb_dense_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_dense_kernels_sp) fkb_dense_kernels_levels_sp
   use fkb_dense_kernels_sp_v1, only: dense_forward_v1 => dense_forward, &
      dense_forward_packed_v1 => dense_forward_packed, dense_backward_v1 => dense_backward, &
      dense_tangent_v1 => dense_tangent
   use fkb_dense_kernels_sp_v3, only: dense_forward_v3 => dense_forward, &
      dense_forward_packed_v3 => dense_forward_packed, dense_backward_v3 => dense_backward, &
      dense_tangent_v3 => dense_tangent
   use fkb_dense_kernels_sp_v4, only: dense_forward_v4 => dense_forward, &
      dense_forward_packed_v4 => dense_forward_packed, dense_backward_v4 => dense_backward, &
      dense_tangent_v4 => dense_tangent
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure dense_forward
      select case (code_level)
      case (4)
         call dense_forward_v4(units, n_in, batch, kernel, bias, x, activation, parameters, y)
      case (3)
         call dense_forward_v3(units, n_in, batch, kernel, bias, x, activation, parameters, y)
      case default
         call dense_forward_v1(units, n_in, batch, kernel, bias, x, activation, parameters, y)
      end select
   end procedure dense_forward

   module procedure dense_forward_packed
      select case (code_level)
      case (4)
         call dense_forward_packed_v4(units, n_in, batch, panels, bias, x, activation, parameters, &
                                      y)
      case (3)
         call dense_forward_packed_v3(units, n_in, batch, panels, bias, x, activation, parameters, &
                                      y)
      case default
         call dense_forward_packed_v1(units, n_in, batch, panels, bias, x, activation, parameters, &
                                      y)
      end select
   end procedure dense_forward_packed

   module procedure dense_backward
      select case (code_level)
      case (4)
         call dense_backward_v4(units, n_in, batch, kernel, x, dz, dkernel, dbias, dx)
      case (3)
         call dense_backward_v3(units, n_in, batch, kernel, x, dz, dkernel, dbias, dx)
      case default
         call dense_backward_v1(units, n_in, batch, kernel, x, dz, dkernel, dbias, dx)
      end select
   end procedure dense_backward

   module procedure dense_tangent
      select case (code_level)
      case (4)
         call dense_tangent_v4(units, n_in, batch, kernel, dkernel, dbias, x, dx, dy)
      case (3)
         call dense_tangent_v3(units, n_in, batch, kernel, dkernel, dbias, x, dx, dy)
      case default
         call dense_tangent_v1(units, n_in, batch, kernel, dkernel, dbias, x, dx, dy)
      end select
   end procedure dense_tangent

end submodule fkb_dense_kernels_levels_sp
