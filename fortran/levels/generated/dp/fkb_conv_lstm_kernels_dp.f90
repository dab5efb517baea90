! Generated from kernels/fkb_conv_lstm_kernels.fypp: edit that file and run tools/generate.py
!> The procedures of `fkb_conv_lstm_kernels_dp`, each compiled for several processors.
module fkb_conv_lstm_kernels_dp
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_length
   use fkb_conv_tiles, only: patch_rows, positions_in, positions_out
   use fkb_kinds, only: wp => dp
   implicit none (type, external)
   private
   public :: conv_gates
   public :: conv_gates_input
   public :: conv_gates_kernel
   public :: hold_states
   public :: hold_gradients
   public :: restore_gradients

   integer, parameter :: gates = 4

   interface
      module pure subroutine conv_gates(g, batch, count, kernel, total, skip, masks, x, masked, product, z, &
                                 scratch)
         integer, intent(in) :: g(conv_length), batch
         integer, intent(in) :: count
         real(wp), intent(in) :: kernel(g(conv_channels_out)*patch_rows(g), gates)
         integer, intent(in) :: total, skip
         real(wp), intent(in) :: masks(total, batch)
         real(wp), intent(in) :: x(g(conv_channels_in)*positions_in(g), batch*count)
         real(wp), intent(inout) :: masked(g(conv_channels_in)*positions_in(g), batch*count)
         real(wp), intent(inout) :: product(g(conv_channels_out), positions_out(g)*batch*count)
         real(wp), intent(inout) :: z(g(conv_channels_out), gates, positions_out(g)*batch*count)
         real(wp), intent(inout) :: scratch(*)
      end subroutine conv_gates

      module pure subroutine conv_gates_input(g, batch, count, kernel, total, skip, masks, dz, dx_gate, &
                                       dz_gate, dx, scratch)
         integer, intent(in) :: g(conv_length), batch
         integer, intent(in) :: count
         real(wp), intent(in) :: kernel(g(conv_channels_out)*patch_rows(g), gates)
         integer, intent(in) :: total, skip
         real(wp), intent(in) :: masks(total, batch)
         real(wp), intent(in) :: dz(g(conv_channels_out), gates, positions_out(g)*batch*count)
         real(wp), intent(inout) :: dx_gate(g(conv_channels_in)*positions_in(g), batch*count)
         real(wp), intent(inout) :: dz_gate(g(conv_channels_out), positions_out(g)*batch*count)
         real(wp), intent(inout) :: dx(g(conv_channels_in)*positions_in(g), batch*count)
         real(wp), intent(inout) :: scratch(*)
      end subroutine conv_gates_input

      module pure subroutine conv_gates_kernel(g, batch, count, total, skip, masks, x, dz, masked, dz_gate, &
                                        dkernel, scratch)
         integer, intent(in) :: g(conv_length), batch
         integer, intent(in) :: count
         integer, intent(in) :: total, skip
         real(wp), intent(in) :: masks(total, batch)
         real(wp), intent(in) :: x(g(conv_channels_in)*positions_in(g), batch*count)
         real(wp), intent(in) :: dz(g(conv_channels_out), gates, positions_out(g)*batch*count)
         real(wp), intent(inout) :: masked(g(conv_channels_in)*positions_in(g), batch*count)
         real(wp), intent(inout) :: dz_gate(g(conv_channels_out), positions_out(g)*batch*count)
         real(wp), intent(inout) :: dkernel(g(conv_channels_out)*patch_rows(g), gates)
         real(wp), intent(inout) :: scratch(*)
      end subroutine conv_gates_kernel

      module pure subroutine hold_states(n, steps, batch, time, zero_output, mask, h_before, c_before, h, c, &
                                  output)
         integer, intent(in) :: n, steps, batch
         integer, intent(in) :: time
         logical, intent(in) :: zero_output
         real(wp), intent(in) :: mask(steps, batch)
         real(wp), intent(in) :: h_before(n, batch), c_before(n, batch)
         real(wp), intent(inout) :: h(n, batch), c(n, batch)
         real(wp), intent(inout) :: output(n, batch)
      end subroutine hold_states

      module pure subroutine hold_gradients(n, steps, batch, time, zero_output, mask, dh, dc, dh_held, &
                                     dc_held, output)
         integer, intent(in) :: n, steps, batch
         integer, intent(in) :: time
         logical, intent(in) :: zero_output
         real(wp), intent(in) :: mask(steps, batch)
         real(wp), intent(inout) :: dh(n, batch), dc(n, batch)
         real(wp), intent(out) :: dh_held(n, batch), dc_held(n, batch)
         real(wp), intent(inout) :: output(n, batch)
      end subroutine hold_gradients

      module pure subroutine restore_gradients(n, steps, batch, time, mask, dh_held, dc_held, dh, dc)
         integer, intent(in) :: n, steps, batch
         integer, intent(in) :: time
         real(wp), intent(in) :: mask(steps, batch)
         real(wp), intent(in) :: dh_held(n, batch), dc_held(n, batch)
         real(wp), intent(inout) :: dh(n, batch), dc(n, batch)
      end subroutine restore_gradients
   end interface

end module fkb_conv_lstm_kernels_dp

!> The calls; hosts need no modules of levels.
submodule(fkb_conv_lstm_kernels_dp) fkb_conv_lstm_kernels_levels_dp
   use fkb_conv_lstm_kernels_dp_v1, only: conv_gates_v1 => conv_gates, &
      conv_gates_input_v1 => conv_gates_input, conv_gates_kernel_v1 => conv_gates_kernel, &
      hold_states_v1 => hold_states, hold_gradients_v1 => hold_gradients, &
      restore_gradients_v1 => restore_gradients
   use fkb_conv_lstm_kernels_dp_v3, only: conv_gates_v3 => conv_gates, &
      conv_gates_input_v3 => conv_gates_input, conv_gates_kernel_v3 => conv_gates_kernel, &
      hold_states_v3 => hold_states, hold_gradients_v3 => hold_gradients, &
      restore_gradients_v3 => restore_gradients
   use fkb_conv_lstm_kernels_dp_v4, only: conv_gates_v4 => conv_gates, &
      conv_gates_input_v4 => conv_gates_input, conv_gates_kernel_v4 => conv_gates_kernel, &
      hold_states_v4 => hold_states, hold_gradients_v4 => hold_gradients, &
      restore_gradients_v4 => restore_gradients
   use fkb_processor, only: code_level
   implicit none (type, external)

contains

   module procedure conv_gates
      select case (code_level)
      case (4)
         call conv_gates_v4(g, batch, count, kernel, total, skip, masks, x, masked, product, z, &
                            scratch)
      case (3)
         call conv_gates_v3(g, batch, count, kernel, total, skip, masks, x, masked, product, z, &
                            scratch)
      case default
         call conv_gates_v1(g, batch, count, kernel, total, skip, masks, x, masked, product, z, &
                            scratch)
      end select
   end procedure conv_gates

   module procedure conv_gates_input
      select case (code_level)
      case (4)
         call conv_gates_input_v4(g, batch, count, kernel, total, skip, masks, dz, dx_gate, &
                                  dz_gate, dx, scratch)
      case (3)
         call conv_gates_input_v3(g, batch, count, kernel, total, skip, masks, dz, dx_gate, &
                                  dz_gate, dx, scratch)
      case default
         call conv_gates_input_v1(g, batch, count, kernel, total, skip, masks, dz, dx_gate, &
                                  dz_gate, dx, scratch)
      end select
   end procedure conv_gates_input

   module procedure conv_gates_kernel
      select case (code_level)
      case (4)
         call conv_gates_kernel_v4(g, batch, count, total, skip, masks, x, dz, masked, dz_gate, &
                                   dkernel, scratch)
      case (3)
         call conv_gates_kernel_v3(g, batch, count, total, skip, masks, x, dz, masked, dz_gate, &
                                   dkernel, scratch)
      case default
         call conv_gates_kernel_v1(g, batch, count, total, skip, masks, x, dz, masked, dz_gate, &
                                   dkernel, scratch)
      end select
   end procedure conv_gates_kernel

   module procedure hold_states
      select case (code_level)
      case (4)
         call hold_states_v4(n, steps, batch, time, zero_output, mask, h_before, c_before, h, c, &
                             output)
      case (3)
         call hold_states_v3(n, steps, batch, time, zero_output, mask, h_before, c_before, h, c, &
                             output)
      case default
         call hold_states_v1(n, steps, batch, time, zero_output, mask, h_before, c_before, h, c, &
                             output)
      end select
   end procedure hold_states

   module procedure hold_gradients
      select case (code_level)
      case (4)
         call hold_gradients_v4(n, steps, batch, time, zero_output, mask, dh, dc, dh_held, &
                                dc_held, output)
      case (3)
         call hold_gradients_v3(n, steps, batch, time, zero_output, mask, dh, dc, dh_held, &
                                dc_held, output)
      case default
         call hold_gradients_v1(n, steps, batch, time, zero_output, mask, dh, dc, dh_held, &
                                dc_held, output)
      end select
   end procedure hold_gradients

   module procedure restore_gradients
      select case (code_level)
      case (4)
         call restore_gradients_v4(n, steps, batch, time, mask, dh_held, dc_held, dh, dc)
      case (3)
         call restore_gradients_v3(n, steps, batch, time, mask, dh_held, dc_held, dh, dc)
      case default
         call restore_gradients_v1(n, steps, batch, time, mask, dh_held, dc_held, dh, dc)
      end select
   end procedure restore_gradients

end submodule fkb_conv_lstm_kernels_levels_dp
