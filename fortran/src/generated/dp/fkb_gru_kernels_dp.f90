! Generated from kernels/fkb_gru_kernels.fypp: edit that file and run tools/generate.py
!> One step of a GRU in any number of columns, forward and backward, from the products on.
!>
!> z, r = recurrent_activation(x + u), g = activation(x + r u) with `reset_after`, where u is the
!> product of the state with the recurrent kernel, else activation(x + v) with v the product of
!> r h_before; h = z h_before + (1 - z) g (Cho et al. 2014; gates in Keras's order z, r, g).
module fkb_gru_kernels_dp
   use fkb_activation_kernels_dp, only: activate_backward_in_place, activate_in_place
   use fkb_activation_tangents_dp, only: activate_tangent_in_place
   use fkb_activations, only: backward_needs_input, n_parameters
   use fkb_kinds, only: dp, wp => dp
   use fkb_recurrent_kernels_dp, only: join_gates
   implicit none (type, external)
   private
   public :: gru_slots, gru_gates, gru_state, gru_step_alone, gru_state_backward, gru_gates_backward
   public :: gru_gates_tangent, gru_third_tangent, gru_state_tangent

contains

   !> Matrices of (units, columns) that a step keeps for backward: z, r, g and u of g, and the sums
   !> of the three gates where a derivative is computed from them.
   pure integer function gru_slots(activation, parameters, recurrent_activation, &
                                   recurrent_parameters) result(slots)
      integer, intent(in) :: activation, recurrent_activation    !! `act_*` but glu
      real(dp), intent(in) :: parameters(n_parameters)
      real(dp), intent(in) :: recurrent_parameters(n_parameters)
      slots = 4
      if (backward_needs_input(activation, parameters) .or. &
          backward_needs_input(recurrent_activation, recurrent_parameters)) slots = 7
   end function gru_slots

   !> The gates z and r.
   pure subroutine gru_gates(units, columns, slots, activation, parameters, x, u, kept)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `gru_slots` says
      integer, intent(in) :: activation                          !! the recurrent one, but glu
      real(wp), intent(in) :: parameters(n_parameters)           !! of the recurrent activation
      real(wp), intent(in) :: x(units, 3, columns)               !! of the input, bias included
      real(wp), intent(in) :: u(units, 3, columns)               !! of the state; the third not used
      real(wp), intent(inout) :: kept(units, columns, slots)     !! sets z and r
      integer :: g, j
      do j = 1, columns
         do g = 1, 2
            kept(:, j, g) = x(:, g, j) + u(:, g, j)
         end do
      end do
      if (slots > 4) kept(:, :, 5:6) = kept(:, :, 1:2)
      call activate_in_place(activation, parameters, units, 2*columns, kept)
   end subroutine gru_gates

   !> g and h, after z and r.
   pure subroutine gru_state(units, columns, slots, reset_after, activation, parameters, x, u, &
                             h_before, kept, h)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `gru_slots` says
      logical, intent(in) :: reset_after                         !! r multiplies u, not the state
      integer, intent(in) :: activation                          !! `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(in) :: x(units, 3, columns)               !! of the input, bias included
      real(wp), intent(in) :: u(units, 3, columns)               !! of the state, or of r h_before
      real(wp), intent(in) :: h_before(units, columns)
      real(wp), intent(inout) :: kept(units, columns, slots)     !! z and r set, sets the others
      real(wp), intent(out) :: h(units, columns)
      integer :: i, j
      do j = 1, columns
         do i = 1, units
            kept(i, j, 4) = u(i, 3, j)
            if (reset_after) then
               kept(i, j, 3) = x(i, 3, j) + kept(i, j, 2)*u(i, 3, j)
            else
               kept(i, j, 3) = x(i, 3, j) + u(i, 3, j)
            end if
         end do
      end do
      if (slots > 4) kept(:, :, 7) = kept(:, :, 3)
      call activate_in_place(activation, parameters, units, columns, kept(1, 1, 3))
      do j = 1, columns
         do i = 1, units
            h(i, j) = kept(i, j, 1)*h_before(i, j) + (1 - kept(i, j, 1))*kept(i, j, 3)
         end do
      end do
   end subroutine gru_state

   !> A step with `reset_after`, bit for bit, where nothing is kept for backward: column after
   !> column, in place.
   pure subroutine gru_step_alone(units, columns, activation, parameters, recurrent_activation, &
                                  recurrent_parameters, x, u, h_before, h)
      integer, intent(in) :: units, columns
      integer, intent(in) :: activation, recurrent_activation    !! `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters), recurrent_parameters(n_parameters)
      real(wp), intent(in) :: x(units, 3, columns)               !! of the input, bias included
      real(wp), intent(inout) :: u(units, 3, columns)            !! in: of the state; out: gates
      real(wp), intent(in) :: h_before(units, columns)
      real(wp), intent(out) :: h(units, columns)
      integer :: i, j
      do j = 1, columns
         u(:, 1:2, j) = x(:, 1:2, j) + u(:, 1:2, j)
         call activate_in_place(recurrent_activation, recurrent_parameters, units, 2, u(1, 1, j))
         do i = 1, units
            u(i, 3, j) = x(i, 3, j) + u(i, 2, j)*u(i, 3, j)
         end do
         call activate_in_place(activation, parameters, units, 1, u(1, 3, j))
         do i = 1, units
            h(i, j) = u(i, 1, j)*h_before(i, j) + (1 - u(i, 1, j))*u(i, 3, j)
         end do
      end do
   end subroutine gru_step_alone

   !> Gradient of the third gate's sum, and of the state as far as h = z h_before + ... goes.
   pure subroutine gru_state_backward(units, columns, slots, activation, parameters, kept, &
                                      h_before, dh, d)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `gru_slots` says
      integer, intent(in) :: activation                          !! `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(in) :: kept(units, columns, slots)        !! as forward left it
      real(wp), intent(in) :: h_before(units, columns)
      real(wp), intent(inout) :: dh(units, columns)              !! in: of h; out: of h_before, part
      real(wp), intent(inout) :: d(units, columns, 3)            !! sets those of z and of g's sum
      integer :: i, j
      do j = 1, columns
         do i = 1, units
            d(i, j, 1) = dh(i, j)*(h_before(i, j) - kept(i, j, 3))
            d(i, j, 3) = dh(i, j)*(1 - kept(i, j, 1))
            dh(i, j) = dh(i, j)*kept(i, j, 1)
         end do
      end do
      call activate_backward_in_place(activation, parameters, units, columns, &
                                      kept(1, 1, merge(7, 3, slots > 4)), kept(1, 1, 3), d(1, 1, 3))
   end subroutine gru_state_backward

   !> Gradients of the sums of all gates, from those of z and r and of the third gate's sum.
   pure subroutine gru_gates_backward(units, columns, slots, reset_after, activation, parameters, &
                                      kept, d, dx, du)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `gru_slots` says
      logical, intent(in) :: reset_after
      integer, intent(in) :: activation                          !! the recurrent one, but glu
      real(wp), intent(in) :: parameters(n_parameters)           !! of the recurrent activation
      real(wp), intent(in) :: kept(units, columns, slots)        !! as forward left it
      real(wp), intent(inout) :: d(units, columns, 3)            !! r's is set with reset_after
      real(wp), intent(out) :: dx(3*units, columns)              !! of x
      real(wp), intent(inout) :: du(3*units, columns)            !! of u, set with reset_after
      if (reset_after) d(:, :, 2) = d(:, :, 3)*kept(:, :, 4)
      call activate_backward_in_place(activation, parameters, units, 2*columns, &
                                      kept(1, 1, merge(5, 1, slots > 4)), kept, d)
      call join_gates(units, 3, columns, d, dx)
      if (.not. reset_after) return
      d(:, :, 3) = d(:, :, 3)*kept(:, :, 2)
      call join_gates(units, 3, columns, d, du)
   end subroutine gru_gates_backward

   !> Directions of z and r from those of their sums.
   pure subroutine gru_gates_tangent(units, columns, slots, activation, parameters, kept, dsums, d)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `gru_slots` says
      integer, intent(in) :: activation                          !! the recurrent one, but glu
      real(wp), intent(in) :: parameters(n_parameters)           !! of the recurrent activation
      real(wp), intent(in) :: kept(units, columns, slots)        !! as forward left it
      real(wp), intent(in) :: dsums(units, 3, columns)
      real(wp), intent(inout) :: d(units, columns, 3)            !! sets those of z and r
      integer :: g
      do g = 1, 2
         d(:, :, g) = dsums(:, g, :)
      end do
      call activate_tangent_in_place(activation, parameters, units, 2*columns, &
                                     kept(1, 1, merge(5, 1, slots > 4)), kept, d)
   end subroutine gru_gates_tangent

   !> Direction of the third gate's sum x + r u, where the reset gate comes after the product.
   pure subroutine gru_third_tangent(units, columns, slots, kept, dx, du, d)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `gru_slots` says
      real(wp), intent(in) :: kept(units, columns, slots)        !! as forward left it
      real(wp), intent(in) :: dx(units, 3, columns), du(units, 3, columns)
      real(wp), intent(inout) :: d(units, columns, 3)            !! those of z and r are set
      d(:, :, 3) = dx(:, 3, :) + d(:, :, 2)*kept(:, :, 4) + kept(:, :, 2)*du(:, 3, :)
   end subroutine gru_third_tangent

   !> Direction of h after the step, from those of z, of the third gate's sum and of h before.
   pure subroutine gru_state_tangent(units, columns, slots, activation, parameters, kept, &
                                     h_before, d, dh)
      integer, intent(in) :: units, columns
      integer, intent(in) :: slots                               !! as `gru_slots` says
      integer, intent(in) :: activation                          !! `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters)
      real(wp), intent(in) :: kept(units, columns, slots)        !! as forward left it
      real(wp), intent(in) :: h_before(units, columns)
      real(wp), intent(inout) :: d(units, columns, 3)
      real(wp), intent(inout) :: dh(units, columns)              !! in: before; out: after
      call activate_tangent_in_place(activation, parameters, units, columns, &
                                     kept(1, 1, merge(7, 3, slots > 4)), kept(1, 1, 3), d(1, 1, 3))
      dh = d(:, :, 1)*(h_before - kept(:, :, 3)) + kept(:, :, 1)*dh + (1 - kept(:, :, 1))*d(:, :, 3)
   end subroutine gru_state_tangent

end module fkb_gru_kernels_dp
