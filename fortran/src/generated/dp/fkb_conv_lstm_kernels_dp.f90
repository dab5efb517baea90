! Generated from kernels/fkb_conv_lstm_kernels.fypp: edit that file and run tools/generate.py
!> What convolutional LSTMs need besides convolutions and the step of an LSTM: convolutions gate by
!> gate, each with its own mask of dropout, and steps that a mask leaves out.
!>
!> `g` is the geometry of one gate's convolution. Its kernels lie one after another, see
!> `split_kernel`; the gates' sums are z(filters, gates, places, images), and the images are those
!> of a step of all samples, step after step. Of the factors of dropout of a sample, those of gate 1
!> come after the first `skip`.
module fkb_conv_lstm_kernels_dp
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_length
   use fkb_conv_kernels_dp, only: conv_backward_input, conv_backward_kernel, conv_forward
   use fkb_conv_tiles, only: patch_rows, positions_in, positions_out
   use fkb_kinds, only: wp => dp
   use fkb_recurrent_kernels_dp, only: multiply_by_masks
   implicit none (type, external)
   private
   public :: conv_gates, conv_gates_input, conv_gates_kernel
   public :: hold_states, hold_gradients, restore_gradients

   integer, parameter :: gates = 4

contains

   !> z = z + conv(mask x, kernel), gate by gate.
   pure subroutine conv_gates(g, batch, count, kernel, total, skip, masks, x, masked, product, z, &
                              scratch)
      integer, intent(in) :: g(conv_length), batch
      integer, intent(in) :: count                       !! steps
      real(wp), intent(in) :: kernel(g(conv_channels_out)*patch_rows(g), gates)
      integer, intent(in) :: total, skip
      real(wp), intent(in) :: masks(total, batch)
      real(wp), intent(in) :: x(g(conv_channels_in)*positions_in(g), batch*count)
      real(wp), intent(inout) :: masked(g(conv_channels_in)*positions_in(g), batch*count)
      real(wp), intent(inout) :: product(g(conv_channels_out), positions_out(g)*batch*count)
      real(wp), intent(inout) :: z(g(conv_channels_out), gates, positions_out(g)*batch*count)
      real(wp), intent(inout) :: scratch(*)              !! `conv_scratch`
      integer :: gate, j, n
      n = g(conv_channels_in)*positions_in(g)
      do gate = 1, gates
         masked = x
         call multiply_by_masks(n, batch, count, total, skip + (gate - 1)*n, 0, masks, masked)
         call conv_forward(g, batch*count, kernel(1, gate), masked, 0.0_wp, product, scratch)
         do j = 1, positions_out(g)*batch*count
            z(:, gate, j) = z(:, gate, j) + product(:, j)
         end do
      end do
   end subroutine conv_gates

   !> dx = mask (transposed conv(dz, kernel)), summed over the gates.
   pure subroutine conv_gates_input(g, batch, count, kernel, total, skip, masks, dz, dx_gate, &
                                    dz_gate, dx, scratch)
      integer, intent(in) :: g(conv_length), batch
      integer, intent(in) :: count                       !! steps
      real(wp), intent(in) :: kernel(g(conv_channels_out)*patch_rows(g), gates)
      integer, intent(in) :: total, skip
      real(wp), intent(in) :: masks(total, batch)
      real(wp), intent(in) :: dz(g(conv_channels_out), gates, positions_out(g)*batch*count)
      real(wp), intent(inout) :: dx_gate(g(conv_channels_in)*positions_in(g), batch*count)
      real(wp), intent(inout) :: dz_gate(g(conv_channels_out), positions_out(g)*batch*count)
      real(wp), intent(inout) :: dx(g(conv_channels_in)*positions_in(g), batch*count)
      real(wp), intent(inout) :: scratch(*)              !! `conv_scratch`
      integer :: gate, n
      n = g(conv_channels_in)*positions_in(g)
      dx = 0
      do gate = 1, gates
         dz_gate = dz(:, gate, :)
         call conv_backward_input(g, batch*count, kernel(1, gate), dz_gate, 0.0_wp, dx_gate, &
                                  scratch)
         call multiply_by_masks(n, batch, count, total, skip + (gate - 1)*n, 0, masks, dx_gate)
         dx = dx + dx_gate
      end do
   end subroutine conv_gates_input

   !> dkernel = dkernel + the sum over the images of dz times the patches of mask x, gate by gate.
   pure subroutine conv_gates_kernel(g, batch, count, total, skip, masks, x, dz, masked, dz_gate, &
                                     dkernel, scratch)
      integer, intent(in) :: g(conv_length), batch
      integer, intent(in) :: count                       !! steps
      integer, intent(in) :: total, skip
      real(wp), intent(in) :: masks(total, batch)
      real(wp), intent(in) :: x(g(conv_channels_in)*positions_in(g), batch*count)
      real(wp), intent(in) :: dz(g(conv_channels_out), gates, positions_out(g)*batch*count)
      real(wp), intent(inout) :: masked(g(conv_channels_in)*positions_in(g), batch*count)
      real(wp), intent(inout) :: dz_gate(g(conv_channels_out), positions_out(g)*batch*count)
      real(wp), intent(inout) :: dkernel(g(conv_channels_out)*patch_rows(g), gates)
      real(wp), intent(inout) :: scratch(*)              !! `conv_scratch`
      integer :: gate, n
      n = g(conv_channels_in)*positions_in(g)
      do gate = 1, gates
         dz_gate = dz(:, gate, :)
         masked = x
         call multiply_by_masks(n, batch, count, total, skip + (gate - 1)*n, 0, masks, masked)
         call conv_backward_kernel(g, batch*count, masked, dz_gate, dkernel(1, gate), scratch)
      end do
   end subroutine conv_gates_kernel

   !> Where the mask is 0 the states stay, and the output stays or is 0; elsewhere it is h.
   pure subroutine hold_states(n, steps, batch, time, zero_output, mask, h_before, c_before, h, c, &
                               output)
      integer, intent(in) :: n, steps, batch
      integer, intent(in) :: time                        !! the step
      logical, intent(in) :: zero_output
      real(wp), intent(in) :: mask(steps, batch)
      real(wp), intent(in) :: h_before(n, batch), c_before(n, batch)
      real(wp), intent(inout) :: h(n, batch), c(n, batch)
      real(wp), intent(inout) :: output(n, batch)        !! in: of the step before
      integer :: j
      do j = 1, batch
         if (abs(mask(time, j)) > 0) then
            output(:, j) = h(:, j)
            cycle
         end if
         h(:, j) = h_before(:, j)
         c(:, j) = c_before(:, j)
         if (zero_output) output(:, j) = 0
      end do
   end subroutine hold_states

   !> Where the mask is 0 nothing reaches the step: the gradients of the states are put aside, and
   !> that of the output is left for the output before, or is 0. Elsewhere it is added to that of h.
   pure subroutine hold_gradients(n, steps, batch, time, zero_output, mask, dh, dc, dh_held, &
                                  dc_held, output)
      integer, intent(in) :: n, steps, batch
      integer, intent(in) :: time                        !! the step
      logical, intent(in) :: zero_output
      real(wp), intent(in) :: mask(steps, batch)
      real(wp), intent(inout) :: dh(n, batch), dc(n, batch)
      real(wp), intent(out) :: dh_held(n, batch), dc_held(n, batch)
      real(wp), intent(inout) :: output(n, batch)        !! gradient of the output
      integer :: j
      dh_held = dh
      dc_held = dc
      do j = 1, batch
         if (abs(mask(time, j)) > 0) then
            dh(:, j) = dh(:, j) + output(:, j)
            output(:, j) = 0
            cycle
         end if
         dh(:, j) = 0
         dc(:, j) = 0
         if (zero_output) output(:, j) = 0
      end do
   end subroutine hold_gradients

   !> Where the mask is 0 the gradients of the states are as they were after the step.
   pure subroutine restore_gradients(n, steps, batch, time, mask, dh_held, dc_held, dh, dc)
      integer, intent(in) :: n, steps, batch
      integer, intent(in) :: time                        !! the step
      real(wp), intent(in) :: mask(steps, batch)
      real(wp), intent(in) :: dh_held(n, batch), dc_held(n, batch)
      real(wp), intent(inout) :: dh(n, batch), dc(n, batch)
      integer :: j
      do j = 1, batch
         if (abs(mask(time, j)) > 0) cycle
         dh(:, j) = dh_held(:, j)
         dc(:, j) = dc_held(:, j)
      end do
   end subroutine restore_gradients

end module fkb_conv_lstm_kernels_dp
