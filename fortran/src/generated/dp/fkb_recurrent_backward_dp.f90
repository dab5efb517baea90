! Generated from layers/fkb_recurrent_backward.fypp: edit that file and run tools/generate.py
!> Backpropagation through time.
submodule(fkb_recurrent_dp) fkb_recurrent_backward_dp
   use fkb_gemm_dp, only: gemm_nt, gemm_tn
   use fkb_recurrent_kernels_dp, only: add_columns_of, add_split_kernel, gate_products_input, &
      gate_products_kernel, multiply_by_masks, put_steps
   implicit none (type, external)

contains

   module procedure backward
      type(scan_t) :: n
      n = scan_of(self, plan, size(y(1)%v, 2), .true., mode%training, .true.)
      if (n%batch == 0) return
      call prepare_call(self, n, mode, weights, scratch)
      if (n%split_kernel) call clear(n%dkernels, int(n%gates*n%units, i8)*n%features, scratch)
      if (n%split_recurrent .and. n%gates > 1) then
         call clear(n%drecurrent_kernels, int(n%gates*n%units, i8)*n%units, scratch)
      end if
      call sweep(self, plan, n, weights, x, cache(n%h:), cache(n%c:), cache(n%kept:), scratch, dy, &
                 dx, dweights)
      call first_gradients(self, plan, n, x, dx, scratch(n%dh:), scratch(n%dc:))
      if (n%split_kernel) call add_split_kernel(n%units, n%gates, n%features, &
                                                scratch(n%dkernels:), dweights)
      if (n%split_recurrent .and. n%gates > 1) then
         call add_split_kernel(n%units, n%gates, n%units, scratch(n%drecurrent_kernels:), &
                               dweights(n%recurrent:))
      end if
   end procedure backward

   !> All steps, from the last to the first.
   subroutine sweep(self, plan, n, weights, x, h, c, kept, scratch, dy, dx, dweights)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      type(view_t), intent(in) :: x(:)
      real(wp), intent(in) :: h(n%units, n%batch, 0:*), c(n%units, n%batch, 0:*)
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots, *)
      real(wp), intent(inout) :: scratch(*)
      type(view_t), intent(in) :: dy(:), dx(:)
      real(wp), intent(inout) :: dweights(*)
      integer :: chunk, count, first, k, s
      logical :: from_zero
      from_zero = n%first_state == 0 .and. .not. self%stateful
      call last_gradients(self, plan, n, dy, scratch(n%dh), scratch(n%dc), scratch(n%output))
      do chunk = (n%steps - 1)/n%chunk, 0, -1
         first = 1 + chunk*n%chunk
         count = min(n%chunk, n%steps - first + 1)
         do k = count, 1, -1
            s = first + k - 1
            call take_output_gradient(self, n, s, dy(1)%v, x, scratch)
            call self%step_backward(n, weights, k, from_zero .and. s == 1, kept(1, 1, 1, s), &
                                    h(1, 1, s - 1), c(1, 1, s - 1), h(1, 1, s), c(1, 1, s), scratch)
            if (n%mask > 0) then
               call restore(n, time_of(self, n, s), x(n%mask)%v, scratch(n%dh_held), scratch(n%dh))
               call restore(n, time_of(self, n, s), x(n%mask)%v, scratch(n%dc_held), scratch(n%dc))
            end if
         end do
         call take_input(self, n, first, count, x(1)%v, scratch)
         call add_to_weights(self, n, count, h(1, 1, first - 1), scratch, dweights)
         if (associated(dx(1)%v)) call put_input_gradient(self, n, first, count, weights, scratch, &
                                                          dx(1)%v)
      end do
      if (n%mask == 0) return
      if (associated(dx(n%mask)%v)) dx(n%mask)%v = 0
   end subroutine sweep

   !> Gradients of the states after the last step, and of the last output.
   subroutine last_gradients(self, plan, n, dy, dh, dc, output)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(scan_t), intent(in) :: n
      type(view_t), intent(in) :: dy(:)
      real(wp), intent(out) :: dh(n%units, n%batch), dc(n%units, n%batch), output(n%units, n%batch)
      integer :: first
      dh = 0
      dc = 0
      output = 0
      if (.not. self%return_sequences) output = dy(1)%v
      if (self%return_state .or. self%is_cell) then
         dh = dy(2)%v
         if (self%states() > 1) dc = dy(3)%v
      end if
      first = size(plan%out_shapes) + 1
      if (.not. self%stateful .or. size(dy) < first) return
      if (associated(dy(first)%v)) dh = dh + dy(first)%v
      if (self%states() == 1) return
      if (associated(dy(first + 1)%v)) dc = dc + dy(first + 1)%v
   end subroutine last_gradients

   !> Add the gradient of a step's output to that of its state. What a mask held back goes to the
   !> output before, and the gradients of the states are put aside.
   subroutine take_output_gradient(self, n, step, dy, x, scratch)
      class(recurrent_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      integer, intent(in) :: step
      real(wp), intent(in), contiguous :: dy(:, :)
      type(view_t), intent(in) :: x(:)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: at, j, last, stride
      stride = int(n%units, i8)*n%batch
      if (self%return_sequences) call add_step(n%units, n%steps, n%batch, step, dy, &
                                               scratch(n%output))
      if (n%mask > 0) then
         scratch(n%dh_held:n%dh_held + stride - 1) = scratch(n%dh:n%dh + stride - 1)
         scratch(n%dc_held:n%dc_held + stride - 1) = scratch(n%dc:n%dc + stride - 1)
      end if
      do j = 0, n%batch - 1
         at = j*n%units
         last = at + n%units - 1
         associate (dh => scratch(n%dh + at:n%dh + last), dc => scratch(n%dc + at:n%dc + last), &
                    output => scratch(n%output + at:n%output + last))
            if (n%mask > 0) then
               if (abs(x(n%mask)%v(time_of(self, n, step), j + 1)) <= 0) then
                  dh = 0
                  dc = 0
                  if (self%zero_output_for_mask) output = 0
                  cycle
               end if
            end if
            dh = dh + output
            output = 0
         end associate
      end do
   end subroutine take_output_gradient

   !> a = a + step `step` of dy
   pure subroutine add_step(units, steps, batch, step, dy, a)
      integer, intent(in) :: units, steps, batch, step
      real(wp), intent(in) :: dy(units, steps, batch)
      real(wp), intent(inout) :: a(units, batch)
      integer :: j
      do j = 1, batch
         a(:, j) = a(:, j) + dy(:, step, j)
      end do
   end subroutine add_step

   !> Where the mask is 0 the gradient of a state is as it was after the step.
   pure subroutine restore(n, time, mask, held, d)
      type(scan_t), intent(in) :: n
      integer, intent(in) :: time
      real(wp), intent(in) :: mask(n%steps, n%batch), held(n%units, n%batch)
      real(wp), intent(inout) :: d(n%units, n%batch)
      integer :: j
      do j = 1, n%batch
         if (abs(mask(time, j)) <= 0) d(:, j) = held(:, j)
      end do
   end subroutine restore

   !> Gradients of kernels and biases, from the steps of a chunk.
   subroutine add_to_weights(self, n, count, h, scratch, dweights)
      class(recurrent_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      integer, intent(in) :: count
      real(wp), intent(in) :: h(n%units, n%batch*count)   !! before the steps
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: dweights(*)
      integer :: columns, rows
      rows = n%gates*n%units
      columns = n%batch*count
      if (n%split_kernel) then
         call gate_products_kernel(n%units, n%gates, 1, n%gates, n%features, n%batch, count, &
                                   .true., n%n_input + n%n_state, 0, scratch(n%masks), &
                                   scratch(n%z), scratch(n%x), scratch(n%masked), &
                                   scratch(n%product), scratch(n%dkernels))
      else
         call gemm_nt(rows, n%features, columns, scratch(n%z), scratch(n%x), 1.0_wp, dweights)
      end if
      if (.not. n%split_recurrent) then
         call gemm_nt(rows, n%units, columns, scratch(n%u), h, 1.0_wp, dweights(n%recurrent))
      else if (n%gates == 1) then
         call by_gates(1, 1, h, dweights(n%recurrent))
      else if (self%reset_after .or. n%gates /= 3) then
         call by_gates(1, n%gates, h, scratch(n%drecurrent_kernels))
      else
         call by_gates(1, 2, h, scratch(n%drecurrent_kernels))
         call by_gates(3, 3, scratch(n%q), scratch(n%drecurrent_kernels))
      end if
      if (.not. self%use_bias) return
      call add_columns_of(rows, columns, scratch(n%z), dweights(n%bias))
      if (n%gates == 3 .and. self%reset_after) then
         call add_columns_of(rows, columns, scratch(n%u), dweights(n%bias + rows))
      end if

   contains

      !> What multiplies the third gate of a GRU without `reset_after` has its mask already.
      subroutine by_gates(first, last, state, dkernel)
         integer, intent(in) :: first, last
         real(wp), intent(in) :: state(n%units, n%batch*count)
         real(wp), intent(inout) :: dkernel(n%units, n%units, n%gates)
         call gate_products_kernel(n%units, n%gates, first, last, n%units, n%batch, count, &
                                   n%n_state > 0 .and. first == 1, n%n_input + n%n_state, &
                                   n%n_input, scratch(n%masks), scratch(n%u), state, &
                                   scratch(n%masked), scratch(n%product), dkernel)
      end subroutine by_gates

   end subroutine add_to_weights

   !> dx of the steps of a chunk.
   subroutine put_input_gradient(self, n, first, count, weights, scratch, dx)
      class(recurrent_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      integer, intent(in) :: first, count
      real(wp), intent(in) :: weights(*)
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout), contiguous :: dx(:, :)
      integer :: total
      total = n%n_input + n%n_state
      if (n%split_kernel) then
         call clear(n%dx, int(n%features, i8)*n%batch*count, scratch)
         call gate_products_input(n%units, n%gates, 1, n%gates, n%features, n%batch, count, &
                                  scratch(n%kernels), .true., total, 0, scratch(n%masks), &
                                  scratch(n%z), scratch(n%masked), scratch(n%product), &
                                  scratch(n%dx))
      else
         call gemm_tn(n%features, n%batch*count, n%gates*n%units, weights, scratch(n%z), 0.0_wp, &
                      scratch(n%dx))
         if (n%n_input > 0) then
            call multiply_by_masks(n%features, n%batch, count, total, &
                                   merge((first - 1)*n%features, 0, self%step_masks), &
                                   merge(n%features, 0, self%step_masks), scratch(n%masks), &
                                   scratch(n%dx))
         end if
      end if
      call put_steps(n%features, n%steps, n%batch, time_of(self, n, first), &
                     merge(-1, 1, self%go_backwards), count, scratch(n%dx), dx)
   end subroutine put_input_gradient

   !> Gradients of the states before the first step, to where they came from.
   subroutine first_gradients(self, plan, n, x, dx, dh, dc)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(scan_t), intent(in) :: n
      type(view_t), intent(in) :: x(:), dx(:)
      real(wp), intent(in) :: dh(n%units, n%batch), dc(n%units, n%batch)
      integer :: j, kept, source, states
      states = self%states()
      kept = size(plan%in_shapes) + 1
      if (n%first_state > 0) call zero(n%first_state)
      if (self%stateful) call zero(kept)
      if (n%first_state == 0 .and. .not. self%stateful) return
      do j = 1, n%batch
         source = state_source(self, plan, n, x, j)
         if (source > size(dx)) cycle
         if (associated(dx(source)%v)) dx(source)%v(:, j) = dh(:, j)
         if (states == 1) cycle
         if (associated(dx(source + 1)%v)) dx(source + 1)%v(:, j) = dc(:, j)
      end do

   contains

      subroutine zero(first)
         integer, intent(in) :: first
         integer :: i
         do i = first, min(first + states - 1, size(dx))
            if (associated(dx(i)%v)) dx(i)%v = 0
         end do
      end subroutine zero

   end subroutine first_gradients

   pure subroutine clear(first, size, scratch)
      integer(i8), intent(in) :: first, size
      real(wp), intent(inout) :: scratch(*)
      scratch(first:first + size - 1) = 0
   end subroutine clear

end submodule fkb_recurrent_backward_dp
