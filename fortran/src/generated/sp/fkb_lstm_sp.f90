! Generated from layers/fkb_lstm.fypp: edit that file and run tools/generate.py
!> Keras's `LSTM` and `LSTMCell`.
module fkb_lstm_sp
   use fkb_kinds, only: i8, wp => sp
   use fkb_lstm_kernels_sp, only: lstm_slots, lstm_step, lstm_step_alone, &
      lstm_step_backward, lstm_step_tangent
   use fkb_recurrent_kernels_sp, only: many_units
   use fkb_recurrent_sp, only: add_products, add_products_backward, recurrent_t, scan_t
   implicit none (type, external)
   private
   public :: lstm_t

   !> Keras's `LSTM` and `LSTMCell`. The states are h and the carry c.
   type, extends(recurrent_t) :: lstm_t
   contains
      procedure :: gates
      procedure :: states
      procedure :: slots
      procedure :: step
      procedure :: step_backward
      procedure :: step_tangent
   end type lstm_t

contains

   pure integer function gates(self)
      class(lstm_t), intent(in) :: self
      gates = 4
   end function gates

   pure integer function states(self)
      class(lstm_t), intent(in) :: self
      states = 2
   end function states

   pure integer function slots(self)
      class(lstm_t), intent(in) :: self
      slots = lstm_slots(self%activation, self%parameters, self%recurrent_activation, &
                         self%recurrent_parameters)
   end function slots

   pure subroutine step(self, n, weights, k, from_zero, h_before, c_before, scratch, kept, h, c)
      class(lstm_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: kept(n%units, n%batch, n%slots)
      real(wp), intent(inout) :: h(n%units, n%batch), c(n%units, n%batch)
      integer(i8) :: z
      z = n%z + (k - 1_i8)*4*n%units*n%batch
      if (.not. from_zero) call add_products(n, weights, 4, h_before, z, scratch)
      if (.not. n%keeps .and. n%units >= many_units) then
         call lstm_step_alone(n%units, n%batch, self%activation, real(self%parameters, wp), &
                              self%recurrent_activation, real(self%recurrent_parameters, wp), &
                              scratch(z), c_before, c, h)
      else
         call lstm_step(n%units, n%batch, n%slots, self%activation, real(self%parameters, wp), &
                        self%recurrent_activation, real(self%recurrent_parameters, wp), &
                        scratch(z), c_before, kept, c, h)
      end if
   end subroutine step

   pure subroutine step_backward(self, n, weights, k, from_zero, kept, h_before, c_before, h, c, &
                                 scratch)
      class(lstm_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots)
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(in) :: h(n%units, n%batch), c(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: z
      z = n%z + (k - 1_i8)*4*n%units*n%batch
      call lstm_step_backward(n%units, n%batch, n%slots, self%activation, &
                              real(self%parameters, wp), self%recurrent_activation, &
                              real(self%recurrent_parameters, wp), kept, c_before, c, &
                              scratch(n%dh), scratch(n%dc), scratch(n%work), scratch(z))
      if (from_zero) return
      scratch(n%dh:n%dh + int(n%units, i8)*n%batch - 1) = 0
      call add_products_backward(n, weights, 4, z, scratch)
   end subroutine step_backward

   pure subroutine step_tangent(self, n, weights, dweights, k, from_zero, kept, h_before, &
                                c_before, c, scratch)
      class(lstm_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      real(wp), intent(in) :: dweights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots)
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(in) :: c(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: z
      z = n%z + (k - 1_i8)*4*n%units*n%batch
      if (.not. from_zero) then
         call add_products(n, weights, 4, scratch(n%dh), z, scratch)
         if (n%weights_vary) call add_products(n, dweights, 4, h_before, z, scratch)
      end if
      call lstm_step_tangent(n%units, n%batch, n%slots, self%activation, &
                             real(self%parameters, wp), self%recurrent_activation, &
                             real(self%recurrent_parameters, wp), kept, c_before, c, scratch(z), &
                             scratch(n%work), scratch(n%dh), scratch(n%dc))
   end subroutine step_tangent

end module fkb_lstm_sp
