! Generated from layers/fkb_simple_rnn.fypp: edit that file and run tools/generate.py
!> Keras's `SimpleRNN` and `SimpleRNNCell`: h = activation(kernel x + recurrent_kernel h_before +
!> bias).
module fkb_simple_rnn_sp
   use fkb_activation_kernels_sp, only: activate_backward_in_place, activate_in_place
   use fkb_activation_tangents_sp, only: activate_tangent_in_place
   use fkb_activations, only: backward_needs_input
   use fkb_kinds, only: i8, wp => sp
   use fkb_recurrent_sp, only: add_products, add_products_backward, recurrent_t, scan_t
   implicit none (type, external)
   private
   public :: simple_rnn_t

   !> Keras's `SimpleRNN` and `SimpleRNNCell`.
   type, extends(recurrent_t) :: simple_rnn_t
   contains
      procedure :: gates
      procedure :: states
      procedure :: slots
      procedure :: step
      procedure :: step_backward
      procedure :: step_tangent
   end type simple_rnn_t

contains

   pure integer function gates(self)
      class(simple_rnn_t), intent(in) :: self
      gates = 1
   end function gates

   pure integer function states(self)
      class(simple_rnn_t), intent(in) :: self
      states = 1
   end function states

   !> What a mask held back is not in h: the output is kept, and the sum where it is needed.
   pure integer function slots(self)
      class(simple_rnn_t), intent(in) :: self
      slots = 1
      if (backward_needs_input(self%activation, self%parameters)) slots = 2
   end function slots

   pure subroutine step(self, n, weights, k, from_zero, h_before, c_before, scratch, kept, h, c)
      class(simple_rnn_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: kept(n%units, n%batch, n%slots)
      real(wp), intent(inout) :: h(n%units, n%batch), c(n%units, n%batch)
      integer(i8) :: z
      z = n%z + (k - 1_i8)*n%units*n%batch
      if (.not. from_zero) call add_products(n, weights, 1, h_before, z, scratch)
      h = reshape(scratch(z:z + int(n%units, i8)*n%batch - 1), [n%units, n%batch])
      if (n%slots > 1) kept(:, :, 2) = h
      call activate_in_place(self%activation, real(self%parameters, wp), n%units, n%batch, h)
      kept(:, :, 1) = h
   end subroutine step

   pure subroutine step_backward(self, n, weights, k, from_zero, kept, h_before, c_before, h, c, &
                                 scratch)
      class(simple_rnn_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots)
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(in) :: h(n%units, n%batch), c(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: size, z
      size = int(n%units, i8)*n%batch
      z = n%z + (k - 1)*size
      scratch(z:z + size - 1) = scratch(n%dh:n%dh + size - 1)
      call activate_backward_in_place(self%activation, real(self%parameters, wp), n%units, &
                                      n%batch, kept(1, 1, n%slots), kept, scratch(z))
      if (from_zero) return
      scratch(n%dh:n%dh + size - 1) = 0
      call add_products_backward(n, weights, 1, z, scratch)
   end subroutine step_backward

   pure subroutine step_tangent(self, n, weights, dweights, k, from_zero, kept, h_before, &
                                c_before, c, scratch)
      class(simple_rnn_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      real(wp), intent(in) :: dweights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots)
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(in) :: c(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: size, z
      size = int(n%units, i8)*n%batch
      z = n%z + (k - 1)*size
      if (.not. from_zero) then
         call add_products(n, weights, 1, scratch(n%dh), z, scratch)
         if (n%weights_vary) call add_products(n, dweights, 1, h_before, z, scratch)
      end if
      scratch(n%dh:n%dh + size - 1) = scratch(z:z + size - 1)
      call activate_tangent_in_place(self%activation, real(self%parameters, wp), n%units, n%batch, &
                                     kept(1, 1, n%slots), kept, scratch(n%dh))
   end subroutine step_tangent

end module fkb_simple_rnn_sp
