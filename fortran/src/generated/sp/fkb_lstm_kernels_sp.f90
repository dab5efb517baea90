! Generated from kernels/fkb_lstm_kernels.fypp: edit that file and run tools/generate.py
!> One step of an LSTM in any number of columns, forward and backward, from the sums of the gates
!> on. A column is a sample, or a place of a sample for convolutional cells.
!>
!> i, f, o = recurrent_activation(z), g = activation(z), c = f c_before + i g, h = o activation(c)
!> (Hochreiter and Schmidhuber 1997, Gers et al. 2000; gates in Keras's order i, f, g, o).
module fkb_lstm_kernels_sp
   use fkb_activation_kernels_sp, only: activate_backward_in_place, activate_in_place
   use fkb_activation_tangents_sp, only: activate_tangent_in_place
   use fkb_activations, only: backward_needs_input, n_parameters
   use fkb_kinds, only: dp, wp => sp
   use fkb_recurrent_kernels_sp, only: join_gates, split_gates
   implicit none (type, external)
   private
   public :: lstm_slots, lstm_step, lstm_step_alone, lstm_step_backward, lstm_step_tangent

contains

   !> Matrices of (units, columns) that a step keeps for backward: i, f, g, o and activation(c), and
   !> the sums of the gates where a derivative is computed from them.
   pure integer function lstm_slots(activation, parameters, recurrent_activation, &
                                    recurrent_parameters) result(slots)
      integer, intent(in) :: activation, recurrent_activation    !! `act_*` but glu
      real(dp), intent(in) :: parameters(n_parameters)
      real(dp), intent(in) :: recurrent_parameters(n_parameters)
      slots = 5
      if (backward_needs_input(activation, parameters) .or. &
          backward_needs_input(recurrent_activation, recurrent_parameters)) slots = 9
   end function lstm_slots

   !> c and h of a step.
   pure subroutine lstm_step(units, columns, slots, activation, parameters, recurrent_activation, &
                             recurrent_parameters, z, c_before, kept, c, h)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `lstm_slots` says
      integer, intent(in) :: activation, recurrent_activation    !! `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
      real(wp), intent(in) :: z(4*units, columns)                !! sums of the gates, bias included
      real(wp), intent(in) :: c_before(units, columns)           !! carry before the step
      real(wp), intent(out) :: kept(units, columns, slots)       !! for backward
      real(wp), intent(out) :: c(units, columns), h(units, columns)
      integer :: i, j
      call split_gates(units, 4, columns, z, kept)
      if (slots > 5) kept(:, :, 6:9) = kept(:, :, 1:4)
      call activate_in_place(recurrent_activation, recurrent_parameters, units, 2*columns, kept)
      call activate_in_place(activation, parameters, units, columns, kept(1, 1, 3))
      call activate_in_place(recurrent_activation, recurrent_parameters, units, columns, &
                             kept(1, 1, 4))
      do j = 1, columns
         do i = 1, units
            c(i, j) = kept(i, j, 2)*c_before(i, j) + kept(i, j, 1)*kept(i, j, 3)
            kept(i, j, 5) = c(i, j)
         end do
      end do
      call activate_in_place(activation, parameters, units, columns, kept(1, 1, 5))
      do j = 1, columns
         do i = 1, units
            h(i, j) = kept(i, j, 4)*kept(i, j, 5)
         end do
      end do
   end subroutine lstm_step

   !> The same, bit for bit, where nothing is kept for backward: column after column, in place.
   pure subroutine lstm_step_alone(units, columns, activation, parameters, recurrent_activation, &
                                   recurrent_parameters, z, c_before, c, h)
      integer, intent(in) :: units, columns
      integer, intent(in) :: activation, recurrent_activation    !! `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
      real(wp), intent(inout) :: z(units, 4, columns)            !! in: sums; out: gates
      real(wp), intent(in) :: c_before(units, columns)
      real(wp), intent(out) :: c(units, columns), h(units, columns)
      integer :: i, j
      do j = 1, columns
         call activate_in_place(recurrent_activation, recurrent_parameters, units, 2, z(1, 1, j))
         call activate_in_place(activation, parameters, units, 1, z(1, 3, j))
         call activate_in_place(recurrent_activation, recurrent_parameters, units, 1, z(1, 4, j))
         do i = 1, units
            c(i, j) = z(i, 2, j)*c_before(i, j) + z(i, 1, j)*z(i, 3, j)
            h(i, j) = c(i, j)
         end do
         call activate_in_place(activation, parameters, units, 1, h(1, j))
         do i = 1, units
            h(i, j) = z(i, 4, j)*h(i, j)
         end do
      end do
   end subroutine lstm_step_alone

   !> Gradients of the gates' sums and of the carry before the step from those of h and c.
   pure subroutine lstm_step_backward(units, columns, slots, activation, parameters, &
                                      recurrent_activation, recurrent_parameters, kept, c_before, &
                                      c, dh, dc, work, dz)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `lstm_slots` says
      integer, intent(in) :: activation, recurrent_activation    !! `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
      real(wp), intent(in) :: kept(units, columns, slots)        !! as forward left it
      real(wp), intent(in) :: c_before(units, columns), c(units, columns)
      real(wp), intent(in) :: dh(units, columns)                 !! gradient of h
      real(wp), intent(inout) :: dc(units, columns)              !! in: of c; out: of c_before
      real(wp), intent(out) :: work(units, columns, 4)
      real(wp), intent(out) :: dz(4*units, columns)              !! gradient of z
      integer :: i, j, sums
      sums = merge(6, 1, slots > 5)
      do j = 1, columns
         do i = 1, units
            work(i, j, 1) = dh(i, j)*kept(i, j, 4)
            work(i, j, 4) = dh(i, j)*kept(i, j, 5)
         end do
      end do
      call activate_backward_in_place(activation, parameters, units, columns, c, kept(1, 1, 5), &
                                      work)
      do j = 1, columns
         do i = 1, units
            dc(i, j) = dc(i, j) + work(i, j, 1)
            work(i, j, 1) = dc(i, j)*kept(i, j, 3)
            work(i, j, 2) = dc(i, j)*c_before(i, j)
            work(i, j, 3) = dc(i, j)*kept(i, j, 1)
            dc(i, j) = dc(i, j)*kept(i, j, 2)
         end do
      end do
      call activate_backward_in_place(recurrent_activation, recurrent_parameters, units, &
                                      2*columns, kept(1, 1, sums), kept, work)
      call activate_backward_in_place(activation, parameters, units, columns, &
                                      kept(1, 1, sums + 2), kept(1, 1, 3), work(1, 1, 3))
      call activate_backward_in_place(recurrent_activation, recurrent_parameters, units, columns, &
                                      kept(1, 1, sums + 3), kept(1, 1, 4), work(1, 1, 4))
      call join_gates(units, 4, columns, work, dz)
   end subroutine lstm_step_backward

   !> Directions of h and c after a step, from those of the gates' sums and of c before.
   pure subroutine lstm_step_tangent(units, columns, slots, activation, parameters, &
                                     recurrent_activation, recurrent_parameters, kept, c_before, &
                                     c, dz, work, dh, dc)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `lstm_slots` says
      integer, intent(in) :: activation, recurrent_activation    !! `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
      real(wp), intent(in) :: kept(units, columns, slots)        !! as forward left it
      real(wp), intent(in) :: c_before(units, columns), c(units, columns)
      real(wp), intent(in) :: dz(4*units, columns)
      real(wp), intent(out) :: work(units, columns, 4)
      real(wp), intent(out) :: dh(units, columns)
      real(wp), intent(inout) :: dc(units, columns)              !! in: before; out: after
      integer :: i, j, sums
      sums = merge(6, 1, slots > 5)
      call split_gates(units, 4, columns, dz, work)
      call activate_tangent_in_place(recurrent_activation, recurrent_parameters, units, &
                                     2*columns, kept(1, 1, sums), kept, work)
      call activate_tangent_in_place(activation, parameters, units, columns, &
                                     kept(1, 1, sums + 2), kept(1, 1, 3), work(1, 1, 3))
      call activate_tangent_in_place(recurrent_activation, recurrent_parameters, units, columns, &
                                     kept(1, 1, sums + 3), kept(1, 1, 4), work(1, 1, 4))
      do j = 1, columns
         do i = 1, units
            dc(i, j) = kept(i, j, 2)*dc(i, j) + work(i, j, 2)*c_before(i, j) + &
               work(i, j, 1)*kept(i, j, 3) + kept(i, j, 1)*work(i, j, 3)
            dh(i, j) = dc(i, j)
         end do
      end do
      call activate_tangent_in_place(activation, parameters, units, columns, c, kept(1, 1, 5), dh)
      do j = 1, columns
         do i = 1, units
            dh(i, j) = kept(i, j, 4)*dh(i, j) + work(i, j, 4)*kept(i, j, 5)
         end do
      end do
   end subroutine lstm_step_tangent

end module fkb_lstm_kernels_sp
