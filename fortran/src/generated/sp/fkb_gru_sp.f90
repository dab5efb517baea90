! Generated from layers/fkb_gru.fypp: edit that file and run tools/generate.py
!> Keras's `GRU` and `GRUCell`, the reset gate after or before the recurrent product.
module fkb_gru_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_gemm_sp, only: gemm_nn, gemm_tn
   use fkb_gru_kernels_sp, only: gru_gates, gru_gates_backward, gru_gates_tangent, &
      gru_slots, gru_state, gru_state_backward, gru_state_tangent, gru_step_alone, gru_third_tangent
   use fkb_kinds, only: i8, wp => sp
   use fkb_recurrent_kernels_sp, only: many_units, multiply_by_masks
   use fkb_recurrent_sp, only: add_products, add_products_backward, read_options, recurrent_t, &
      scan_t
   implicit none (type, external)
   private
   public :: gru_t

   !> Keras's `GRU` and `GRUCell`. With `reset_after` the bias has a second row, for the product of
   !> the state.
   type, extends(recurrent_t) :: gru_t
   contains
      procedure :: configure
      procedure :: gates
      procedure :: states
      procedure :: slots
      procedure :: step
      procedure :: step_backward
      procedure :: step_tangent
   end type gru_t

contains

   subroutine configure(self, config, error)
      class(gru_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call config%get('reset_after', self%reset_after, error, default=.true.)
      if (.not. allocated(error)) call read_options(self, config, error)
   end subroutine configure

   pure integer function gates(self)
      class(gru_t), intent(in) :: self
      gates = 3
   end function gates

   pure integer function states(self)
      class(gru_t), intent(in) :: self
      states = 1
   end function states

   pure integer function slots(self)
      class(gru_t), intent(in) :: self
      slots = gru_slots(self%activation, self%parameters, self%recurrent_activation, &
                        self%recurrent_parameters)
   end function slots

   pure subroutine step(self, n, weights, k, from_zero, h_before, c_before, scratch, kept, h, c)
      class(gru_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: kept(n%units, n%batch, n%slots)
      real(wp), intent(inout) :: h(n%units, n%batch), c(n%units, n%batch)
      integer(i8) :: z
      z = n%z + (k - 1_i8)*3*n%units*n%batch
      call set_bias(self, n, weights, scratch)
      if (.not. from_zero) call add_products(n, weights, merge(3, 2, self%reset_after), h_before, &
                                             n%u, scratch)
      if (self%reset_after .and. .not. n%keeps .and. n%units >= many_units) then
         call gru_step_alone(n%units, n%batch, self%activation, real(self%parameters, wp), &
                             self%recurrent_activation, real(self%recurrent_parameters, wp), &
                             scratch(z), scratch(n%u), h_before, h)
         return
      end if
      call gru_gates(n%units, n%batch, n%slots, self%recurrent_activation, &
                     real(self%recurrent_parameters, wp), scratch(z), scratch(n%u), kept)
      if (.not. (from_zero .or. self%reset_after)) then
         call reset(n, kept, h_before, n%q, scratch)
         call gemm_nn(n%units, n%batch, n%units, scratch(third(n)), scratch(n%q), 0.0_wp, &
                      scratch(n%product))
         call put_third(n%units, n%batch, scratch(n%product), scratch(n%u))
      end if
      call gru_state(n%units, n%batch, n%slots, self%reset_after, self%activation, &
                     real(self%parameters, wp), scratch(z), scratch(n%u), h_before, kept, h)
   end subroutine step

   pure subroutine step_backward(self, n, weights, k, from_zero, kept, h_before, c_before, h, c, &
                                 scratch)
      class(gru_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots)
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(in) :: h(n%units, n%batch), c(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: rows, size, u, z
      size = int(n%units, i8)*n%batch
      rows = 3*size
      z = n%z + (k - 1)*rows
      u = n%u + (k - 1)*rows
      call gru_state_backward(n%units, n%batch, n%slots, self%activation, &
                              real(self%parameters, wp), kept, h_before, scratch(n%dh), &
                              scratch(n%work))
      if (.not. self%reset_after) then
         call reset(n, kept, h_before, n%q + (k - 1)*size, scratch)
         call gemm_tn(n%units, n%batch, n%units, scratch(third(n)), scratch(n%work + 2*size), &
                      0.0_wp, scratch(n%product))
         call drop(n, n%product, scratch)
         call reset_backward(n%units, n%batch, n%slots, kept, h_before, scratch(n%product), &
                             scratch(n%dh), scratch(n%work + size))
      end if
      call gru_gates_backward(n%units, n%batch, n%slots, self%reset_after, &
                              self%recurrent_activation, real(self%recurrent_parameters, wp), &
                              kept, scratch(n%work), scratch(z), scratch(u))
      if (from_zero) return
      call add_products_backward(n, weights, merge(3, 2, self%reset_after), u, scratch)
   end subroutine step_backward

   !> What the products of the state are added to: the second bias, or 0.
   pure subroutine set_bias(self, n, weights, scratch)
      class(gru_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: at
      integer :: j, rows
      rows = 3*n%units
      do j = 1, n%batch
         at = n%u + (j - 1_i8)*rows
         if (self%use_bias .and. self%reset_after) then
            scratch(at:at + rows - 1) = weights(n%bias + rows:n%bias + 2*rows - 1)
         else
            scratch(at:at + rows - 1) = 0
         end if
      end do
   end subroutine set_bias

   !> Where the recurrent kernel of the third gate begins, of kernels gate after gate.
   pure integer(i8) function third(n)
      type(scan_t), intent(in) :: n
      third = n%recurrent_kernels + 2*int(n%units, i8)*n%units
   end function third

   !> q = r (mask h_before), from `at` on
   pure subroutine reset(n, kept, h_before, at, scratch)
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots), h_before(n%units, n%batch)
      integer(i8), intent(in) :: at
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: first
      integer :: j
      do j = 1, n%batch
         first = at + (j - 1_i8)*n%units
         scratch(first:first + n%units - 1) = kept(:, j, 2)*h_before(:, j)
      end do
      call drop(n, at, scratch)
   end subroutine reset

   !> Multiply a state from `at` on by the mask of the third gate.
   pure subroutine drop(n, at, scratch)
      type(scan_t), intent(in) :: n
      integer(i8), intent(in) :: at
      real(wp), intent(inout) :: scratch(*)
      if (n%n_state == 0) return
      call multiply_by_masks(n%units, n%batch, 1, n%n_input + n%n_state, n%n_input + 2*n%units, 0, &
                             scratch(n%masks), scratch(at))
   end subroutine drop

   !> The third gate's part of u.
   pure subroutine put_third(units, batch, product, u)
      integer, intent(in) :: units, batch
      real(wp), intent(in) :: product(units, batch)
      real(wp), intent(inout) :: u(units, 3, batch)
      u(:, 3, :) = product
   end subroutine put_third

   !> dr = dq h_before, and dh = dh + dq r
   pure subroutine reset_backward(units, batch, slots, kept, h_before, dq, dh, dr)
      integer, intent(in) :: units, batch, slots
      real(wp), intent(in) :: kept(units, batch, slots), h_before(units, batch), dq(units, batch)
      real(wp), intent(inout) :: dh(units, batch), dr(units, batch)
      dr = dq*h_before
      dh = dh + dq*kept(:, :, 2)
   end subroutine reset_backward

   pure subroutine step_tangent(self, n, weights, dweights, k, from_zero, kept, h_before, &
                                c_before, c, scratch)
      class(gru_t), intent(in) :: self
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
      z = n%z + (k - 1)*3*size
      if (self%reset_after) then
         call direct_products(self, n, weights, dweights, from_zero, h_before, scratch)
         call add_two_gates(n%units, n%batch, scratch(n%u), scratch(z))
      else if (.not. from_zero) then
         call add_products(n, weights, 2, scratch(n%dh), z, scratch)
         if (n%weights_vary) call add_products(direct(n), dweights, 2, h_before, z, scratch)
      end if
      call gru_gates_tangent(n%units, n%batch, n%slots, self%recurrent_activation, &
                             real(self%recurrent_parameters, wp), kept, scratch(z), &
                             scratch(n%work))
      if (self%reset_after) then
         call gru_third_tangent(n%units, n%batch, n%slots, kept, scratch(z), scratch(n%u), &
                                scratch(n%work))
      else
         call take_third(n%units, n%batch, scratch(z), scratch(n%work + 2*size))
         if (.not. from_zero) call direct_third(n, kept, h_before, scratch)
      end if
      call gru_state_tangent(n%units, n%batch, n%slots, self%activation, &
                             real(self%parameters, wp), kept, h_before, scratch(n%work), &
                             scratch(n%dh))
   end subroutine step_tangent

   !> The direction of u, which is the product of the state and a bias.
   pure subroutine direct_products(self, n, weights, dweights, from_zero, h_before, scratch)
      class(gru_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*), dweights(*)
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: h_before(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      if (n%weights_vary) then
         call set_bias(self, n, dweights, scratch)
      else
         scratch(n%u:n%u + 3_i8*n%units*n%batch - 1) = 0
      end if
      if (from_zero) return
      call add_products(n, weights, 3, scratch(n%dh), n%u, scratch)
      if (n%weights_vary) call add_products(n, dweights, 3, h_before, n%u, scratch)
   end subroutine direct_products

   !> Sizes and places with the direction of the recurrent kernel for the kernel.
   pure type(scan_t) function direct(n)
      type(scan_t), intent(in) :: n
      direct = n
      direct%recurrent_kernels = n%drecurrent_kernels
   end function direct

   !> z = z + u for the first two gates.
   pure subroutine add_two_gates(units, batch, u, z)
      integer, intent(in) :: units, batch
      real(wp), intent(in) :: u(units, 3, batch)
      real(wp), intent(inout) :: z(units, 3, batch)
      z(:, :2, :) = z(:, :2, :) + u(:, :2, :)
   end subroutine add_two_gates

   !> The third gate's part of z.
   pure subroutine take_third(units, batch, z, third_sum)
      integer, intent(in) :: units, batch
      real(wp), intent(in) :: z(units, 3, batch)
      real(wp), intent(out) :: third_sum(units, batch)
      third_sum = z(:, 3, :)
   end subroutine take_third

   !> Add the direction of the product of r h_before to that of the third gate's sum.
   pure subroutine direct_third(n, kept, h_before, scratch)
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots), h_before(n%units, n%batch)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: size
      size = int(n%units, i8)*n%batch
      call reset_tangent(n%units, n%batch, kept(1, 1, 2), h_before, scratch(n%work + size), &
                         scratch(n%dh), scratch(n%q))
      call gemm_nn(n%units, n%batch, n%units, scratch(third(n)), scratch(n%q), 1.0_wp, &
                   scratch(n%work + 2*size))
      if (.not. n%weights_vary) return
      call reset(n, kept, h_before, n%q, scratch)
      call gemm_nn(n%units, n%batch, n%units, scratch(third(direct(n))), scratch(n%q), 1.0_wp, &
                   scratch(n%work + 2*size))
   end subroutine direct_third

   !> q = r dh + dr h_before
   pure subroutine reset_tangent(units, batch, r, h_before, dr, dh, q)
      integer, intent(in) :: units, batch
      real(wp), intent(in) :: r(units, batch), h_before(units, batch)
      real(wp), intent(in) :: dr(units, batch), dh(units, batch)
      real(wp), intent(out) :: q(units, batch)
      q = r*dh + dr*h_before
   end subroutine reset_tangent

end module fkb_gru_sp
