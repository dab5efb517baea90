! Generated from kernels/fkb_conv_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_conv_kernels_sp`, each compiled for several processors.
module fkb_conv_kernels_sp
   use fkb_activations, only: n_parameters
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_length
   use fkb_conv_tiles, only: patch_rows, positions_in, positions_out
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: conv_forward
   public :: conv_forward_activated
   public :: conv_backward_input
   public :: conv_backward_kernel
   public :: repeat_column
   public :: sum_to_bias

   interface
      module pure subroutine conv_forward(g, batch, kernel, x, beta, y, scratch)
         integer, intent(in) :: g(conv_length), batch
         real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
         real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
         real(wp), intent(in) :: beta
         real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
         real(wp), intent(inout) :: scratch(patch_rows(g), *)
      end subroutine conv_forward

      module pure subroutine conv_forward_activated(g, batch, kernel, bias, x, activation, parameters, y, &
                                             scratch)
         integer, intent(in) :: g(conv_length), batch
         real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
         real(wp), intent(in) :: bias(g(conv_channels_out))
         real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
         integer, intent(in) :: activation
         real(wp), intent(in) :: parameters(n_parameters)
         real(wp), intent(inout) :: y(g(conv_channels_out), positions_out(g), batch)
         real(wp), intent(inout) :: scratch(patch_rows(g), *)
      end subroutine conv_forward_activated

      module pure subroutine conv_backward_input(g, batch, kernel, dy, beta, dx, scratch)
         integer, intent(in) :: g(conv_length), batch
         real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
         real(wp), intent(in) :: dy(g(conv_channels_out), positions_out(g), batch)
         real(wp), intent(in) :: beta
         real(wp), intent(inout) :: dx(g(conv_channels_in), positions_in(g), batch)
         real(wp), intent(inout) :: scratch(*)
      end subroutine conv_backward_input

      module pure subroutine conv_backward_kernel(g, batch, x, dy, dkernel, scratch)
         integer, intent(in) :: g(conv_length), batch
         real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g), batch)
         real(wp), intent(in) :: dy(g(conv_channels_out), positions_out(g), batch)
         real(wp), intent(inout) :: dkernel(g(conv_channels_out), patch_rows(g))
         real(wp), intent(inout) :: scratch(*)
      end subroutine conv_backward_kernel

      module pure subroutine sum_to_bias(channels, columns, dy, dbias)
         integer, intent(in) :: channels, columns
         real(wp), intent(in) :: dy(channels, columns)
         real(wp), intent(inout) :: dbias(channels)
      end subroutine sum_to_bias

      module pure subroutine repeat_column(channels, columns, bias, y)
         integer, intent(in) :: channels, columns
         real(wp), intent(in) :: bias(channels)
         real(wp), intent(inout) :: y(channels, columns)
      end subroutine repeat_column
   end interface

end module fkb_conv_kernels_sp

!> The calls; hosts need no modules of levels.
submodule(fkb_conv_kernels_sp) fkb_conv_kernels_levels_sp
   use fkb_conv_kernels_sp_v1, only: conv_forward_v1 => conv_forward, &
      conv_forward_activated_v1 => conv_forward_activated, &
      conv_backward_input_v1 => conv_backward_input, &
      conv_backward_kernel_v1 => conv_backward_kernel, sum_to_bias_v1 => sum_to_bias, &
      repeat_column_v1 => repeat_column
   use fkb_conv_kernels_sp_v3, only: conv_forward_v3 => conv_forward, &
      conv_forward_activated_v3 => conv_forward_activated, &
      conv_backward_input_v3 => conv_backward_input, &
      conv_backward_kernel_v3 => conv_backward_kernel, sum_to_bias_v3 => sum_to_bias, &
      repeat_column_v3 => repeat_column
   use fkb_conv_kernels_sp_v4, only: conv_forward_v4 => conv_forward, &
      conv_forward_activated_v4 => conv_forward_activated, &
      conv_backward_input_v4 => conv_backward_input, &
      conv_backward_kernel_v4 => conv_backward_kernel, sum_to_bias_v4 => sum_to_bias, &
      repeat_column_v4 => repeat_column
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure conv_forward
      select case (code_level)
      case (4)
         call conv_forward_v4(g, batch, kernel, x, beta, y, scratch)
      case (3)
         call conv_forward_v3(g, batch, kernel, x, beta, y, scratch)
      case default
         call conv_forward_v1(g, batch, kernel, x, beta, y, scratch)
      end select
   end procedure conv_forward

   module procedure conv_forward_activated
      select case (code_level)
      case (4)
         call conv_forward_activated_v4(g, batch, kernel, bias, x, activation, parameters, y, &
                                        scratch)
      case (3)
         call conv_forward_activated_v3(g, batch, kernel, bias, x, activation, parameters, y, &
                                        scratch)
      case default
         call conv_forward_activated_v1(g, batch, kernel, bias, x, activation, parameters, y, &
                                        scratch)
      end select
   end procedure conv_forward_activated

   module procedure conv_backward_input
      select case (code_level)
      case (4)
         call conv_backward_input_v4(g, batch, kernel, dy, beta, dx, scratch)
      case (3)
         call conv_backward_input_v3(g, batch, kernel, dy, beta, dx, scratch)
      case default
         call conv_backward_input_v1(g, batch, kernel, dy, beta, dx, scratch)
      end select
   end procedure conv_backward_input

   module procedure conv_backward_kernel
      select case (code_level)
      case (4)
         call conv_backward_kernel_v4(g, batch, x, dy, dkernel, scratch)
      case (3)
         call conv_backward_kernel_v3(g, batch, x, dy, dkernel, scratch)
      case default
         call conv_backward_kernel_v1(g, batch, x, dy, dkernel, scratch)
      end select
   end procedure conv_backward_kernel

   module procedure sum_to_bias
      select case (code_level)
      case (4)
         call sum_to_bias_v4(channels, columns, dy, dbias)
      case (3)
         call sum_to_bias_v3(channels, columns, dy, dbias)
      case default
         call sum_to_bias_v1(channels, columns, dy, dbias)
      end select
   end procedure sum_to_bias

   module procedure repeat_column
      select case (code_level)
      case (4)
         call repeat_column_v4(channels, columns, bias, y)
      case (3)
         call repeat_column_v3(channels, columns, bias, y)
      case default
         call repeat_column_v1(channels, columns, bias, y)
      end select
   end procedure repeat_column

end submodule fkb_conv_kernels_levels_sp
