! Generated from layers/fkb_conv_lstm_backward.fypp: edit that file and run tools/generate.py
!> Backpropagation through time.
submodule(fkb_conv_lstm_sp) fkb_conv_lstm_backward_sp
   use fkb_conv_kernels_sp, only: conv_backward_input, conv_backward_kernel, sum_to_bias
   use fkb_conv_lstm_kernels_sp, only: conv_gates_input, conv_gates_kernel, hold_gradients, &
      restore_gradients
   use fkb_conv_tiles, only: patch_rows
   use fkb_lstm_kernels_sp, only: lstm_step_backward
   use fkb_recurrent_kernels_sp, only: add_split_kernel, put_steps, take_steps
   implicit none (type, external)

contains

   module procedure backward
      type(frames_t) :: n
      integer(i8) :: at
      integer :: group, skip
      group = plan%settings(at_group)
      do skip = 0, size(dy(1)%v, 2) - 1, group
         n = frames_of(self, plan, min(group, size(dy(1)%v, 2) - skip), .true., mode%training, &
                       .true.)
         if (skip == 0) then
            call split_kernels(self, n, weights, scratch)
            if (n%n_input > 0) call clear(n%dkernels, n%recurrent - 1, scratch)
            if (n%n_state > 0) call clear(n%drecurrent_kernels, n%bias - n%recurrent, scratch)
         end if
         call draw_group(self, n, skip, mode, scratch)
         at = plan%cache*skip
         call sweep(self, plan, n, skip, weights, x, cache(at + n%h:), cache(at + n%c:), &
                    cache(at + n%kept:), scratch, dy, dx, dweights)
         call first_gradients(self, plan, n, skip, x, dx, scratch(n%dh:), scratch(n%dc:))
      end do
      if (size(dy(1)%v, 2) == 0) return
      if (n%n_input > 0) call add_split_kernel(n%filters, 4, patch_rows(n%input), &
                                               scratch(n%dkernels:), dweights)
      if (n%n_state > 0) call add_split_kernel(n%filters, 4, patch_rows(n%state), &
                                               scratch(n%drecurrent_kernels:), &
                                               dweights(n%recurrent:))
      if (n%mask == 0) return
      if (associated(dx(n%mask)%v)) dx(n%mask)%v = 0
   end procedure backward

   !> All steps of a group, from the last to the first.
   subroutine sweep(self, plan, n, skip, weights, x, h, c, kept, scratch, dy, dx, dweights)
      class(conv_lstm_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(frames_t), intent(in) :: n
      integer, intent(in) :: skip                   !! samples before the group
      real(wp), intent(in) :: weights(*)
      type(view_t), intent(in) :: x(:)
      real(wp), intent(in) :: h(n%reals*n%batch, 0:*), c(n%reals*n%batch, 0:*)
      real(wp), intent(in) :: kept(n%reals*n%batch*n%slots, *)
      real(wp), intent(inout) :: scratch(*)
      type(view_t), intent(in) :: dy(:), dx(:)
      real(wp), intent(inout) :: dweights(*)
      integer :: chunk, count, first, k, s
      logical :: from_zero
      from_zero = n%first_state == 0 .and. .not. self%stateful
      call last_gradients(self, plan, n, skip, dy, scratch(n%dh), scratch(n%dc), scratch(n%output))
      do chunk = (n%steps - 1)/n%chunk, 0, -1
         first = 1 + chunk*n%chunk
         count = min(n%chunk, n%steps - first + 1)
         do k = count, 1, -1
            s = first + k - 1
            call take_output_gradient(self, n, s, skip, dy(1)%v(:, skip + 1:skip + n%batch), x, &
                                      scratch)
            call step_backward(self, n, weights, k, from_zero .and. s == 1, kept(1, s), &
                               c(1, s - 1), c(1, s), scratch)
            if (n%mask == 0) cycle
            call restore_gradients(n%reals, n%steps, n%batch, time_of(self, n, s), &
                                   x(n%mask)%v(:, skip + 1:skip + n%batch), scratch(n%dh_held), &
                                   scratch(n%dc_held), scratch(n%dh), scratch(n%dc))
         end do
         call take_steps(n%pixels, n%steps, n%batch, time_of(self, n, first), &
                         merge(-1, 1, self%go_backwards), count, &
                         x(1)%v(:, skip + 1:skip + n%batch), scratch(n%x))
         call add_to_kernel(n, count, scratch, dweights)
         call add_to_recurrent(n, merge(1, 0, from_zero .and. first == 1), count, h(1, first - 1), &
                               scratch, dweights)
         if (self%options%use_bias) call sum_to_bias(4*n%filters, n%places*n%batch*count, &
                                                     scratch(n%z), dweights(n%bias))
         if (.not. associated(dx(1)%v)) cycle
         call put_input_gradient(self, n, first, count, weights, scratch, &
                                 dx(1)%v(:, skip + 1:skip + n%batch))
      end do
   end subroutine sweep

   !> Gradients of the states after the last step, and of the last output.
   subroutine last_gradients(self, plan, n, skip, dy, dh, dc, output)
      class(conv_lstm_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(frames_t), intent(in) :: n
      integer, intent(in) :: skip
      type(view_t), intent(in) :: dy(:)
      real(wp), intent(out) :: dh(n%reals, n%batch), dc(n%reals, n%batch), output(n%reals, n%batch)
      integer :: first
      dh = 0
      dc = 0
      output = 0
      if (.not. self%return_sequences) output = dy(1)%v(:, skip + 1:skip + n%batch)
      if (self%return_state) then
         dh = dy(2)%v(:, skip + 1:skip + n%batch)
         dc = dy(3)%v(:, skip + 1:skip + n%batch)
      end if
      first = size(plan%out_shapes) + 1
      if (.not. self%stateful .or. size(dy) < first) return
      if (associated(dy(first)%v)) dh = dh + dy(first)%v(:, skip + 1:skip + n%batch)
      if (associated(dy(first + 1)%v)) dc = dc + dy(first + 1)%v(:, skip + 1:skip + n%batch)
   end subroutine last_gradients

   !> Add the gradient of a step's output to that of its state, where no mask holds it back.
   subroutine take_output_gradient(self, n, step, skip, dy, x, scratch)
      class(conv_lstm_t), intent(in) :: self
      type(frames_t), intent(in) :: n
      integer, intent(in) :: step, skip
      real(wp), intent(in), contiguous :: dy(:, :)
      type(view_t), intent(in) :: x(:)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: last
      last = int(n%reals, i8)*n%batch - 1
      if (self%return_sequences) call add_step(n%reals, n%steps, n%batch, step, dy, &
                                               scratch(n%output))
      if (n%mask > 0) then
         call hold_gradients(n%reals, n%steps, n%batch, time_of(self, n, step), &
                             self%zero_output_for_mask, x(n%mask)%v(:, skip + 1:skip + n%batch), &
                             scratch(n%dh), scratch(n%dc), scratch(n%dh_held), &
                             scratch(n%dc_held), scratch(n%output))
      else
         scratch(n%dh:n%dh + last) = scratch(n%dh:n%dh + last) + scratch(n%output:n%output + last)
         scratch(n%output:n%output + last) = 0
      end if
   end subroutine take_output_gradient

   !> a = a + step `step` of dy
   pure subroutine add_step(reals, steps, batch, step, dy, a)
      integer, intent(in) :: reals, steps, batch, step
      real(wp), intent(in) :: dy(reals, steps, batch)
      real(wp), intent(inout) :: a(reals, batch)
      integer :: j
      do j = 1, batch
         a(:, j) = a(:, j) + dy(:, step, j)
      end do
   end subroutine add_step

   !> Gradients of the gates' sums of step `k` of a chunk, and of the states before the step, which
   !> replace those of the states after it. With `from_zero` nobody needs that of h.
   subroutine step_backward(self, n, weights, k, from_zero, kept, c_before, c, scratch)
      class(conv_lstm_t), intent(in) :: self
      type(frames_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: kept(n%reals*n%batch*n%slots)
      real(wp), intent(in) :: c_before(n%reals*n%batch), c(n%reals*n%batch)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: z
      z = n%z + (k - 1_i8)*4*n%reals*n%batch
      call lstm_step_backward(n%filters, n%places*n%batch, n%slots, self%activation, &
                              real(self%parameters, wp), self%recurrent_activation, &
                              real(self%recurrent_parameters, wp), kept, c_before, c, &
                              scratch(n%dh), scratch(n%dc), scratch(n%work), scratch(z))
      if (from_zero) return
      if (n%n_state == 0) then
         call conv_backward_input(n%state, n%batch, weights(n%recurrent), scratch(z), 0.0_wp, &
                                  scratch(n%dh), scratch(n%room))
      else
         call conv_gates_input(n%gate_state, n%batch, 1, scratch(n%recurrent_kernels), &
                               n%n_input + n%n_state, n%n_input, scratch(n%masks), scratch(z), &
                               scratch(n%masked), scratch(n%product), scratch(n%dh), &
                               scratch(n%room))
      end if
   end subroutine step_backward

   !> Add the gradient of the kernel from the steps of a chunk.
   subroutine add_to_kernel(n, count, scratch, dweights)
      type(frames_t), intent(in) :: n
      integer, intent(in) :: count
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: dweights(*)
      if (n%n_input == 0) then
         call conv_backward_kernel(n%input, n%batch*count, scratch(n%x), scratch(n%z), dweights, &
                                   scratch(n%room))
      else
         call conv_gates_kernel(n%gate_input, n%batch, count, n%n_input + n%n_state, 0, &
                                scratch(n%masks), scratch(n%x), scratch(n%z), scratch(n%masked), &
                                scratch(n%product), scratch(n%dkernels), scratch(n%room))
      end if
   end subroutine add_to_kernel

   !> Add the gradient of the recurrent kernel from the steps of a chunk but the first `zeros`,
   !> whose states were 0.
   subroutine add_to_recurrent(n, zeros, count, h, scratch, dweights)
      type(frames_t), intent(in) :: n
      integer, intent(in) :: zeros, count
      real(wp), intent(in) :: h(n%reals*n%batch, count)   !! before the steps
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: dweights(*)
      integer(i8) :: z
      if (count == zeros) return
      z = n%z + int(zeros, i8)*4*n%reals*n%batch
      if (n%n_state == 0) then
         call conv_backward_kernel(n%state, n%batch*(count - zeros), h(1, zeros + 1), scratch(z), &
                                   dweights(n%recurrent), scratch(n%room))
      else
         call conv_gates_kernel(n%gate_state, n%batch, count - zeros, n%n_input + n%n_state, &
                                n%n_input, scratch(n%masks), h(1, zeros + 1), scratch(z), &
                                scratch(n%masked), scratch(n%product), &
                                scratch(n%drecurrent_kernels), scratch(n%room))
      end if
   end subroutine add_to_recurrent

   !> dx of the steps of a chunk.
   subroutine put_input_gradient(self, n, first, count, weights, scratch, dx)
      class(conv_lstm_t), intent(in) :: self
      type(frames_t), intent(in) :: n
      integer, intent(in) :: first, count
      real(wp), intent(in) :: weights(*)
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout), contiguous :: dx(:, :)
      if (n%n_input == 0) then
         call conv_backward_input(n%input, n%batch*count, weights, scratch(n%z), 0.0_wp, &
                                  scratch(n%dx), scratch(n%room))
      else
         call conv_gates_input(n%gate_input, n%batch, count, scratch(n%kernels), &
                               n%n_input + n%n_state, 0, scratch(n%masks), scratch(n%z), &
                               scratch(n%masked), scratch(n%product), scratch(n%dx), &
                               scratch(n%room))
      end if
      call put_steps(n%pixels, n%steps, n%batch, time_of(self, n, first), &
                     merge(-1, 1, self%go_backwards), count, scratch(n%dx), dx)
   end subroutine put_input_gradient

   !> Gradients of the states before the first step, to where they came from.
   subroutine first_gradients(self, plan, n, skip, x, dx, dh, dc)
      class(conv_lstm_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(frames_t), intent(in) :: n
      integer, intent(in) :: skip
      type(view_t), intent(in) :: x(:), dx(:)
      real(wp), intent(in) :: dh(n%reals, n%batch), dc(n%reals, n%batch)
      integer :: j, source
      if (n%first_state > 0) call zero(n%first_state)
      if (self%stateful) call zero(size(plan%in_shapes) + 1)
      if (n%first_state == 0 .and. .not. self%stateful) return
      do j = 1, n%batch
         source = state_source(self, plan, n, x, skip + j)
         if (source + 1 > size(dx)) cycle
         if (associated(dx(source)%v)) dx(source)%v(:, skip + j) = dh(:, j)
         if (associated(dx(source + 1)%v)) dx(source + 1)%v(:, skip + j) = dc(:, j)
      end do

   contains

      subroutine zero(first)
         integer, intent(in) :: first
         integer :: i
         do i = first, min(first + 1, size(dx))
            if (associated(dx(i)%v)) dx(i)%v(:, skip + 1:skip + n%batch) = 0
         end do
      end subroutine zero

   end subroutine first_gradients

   pure subroutine clear(first, size, scratch)
      integer(i8), intent(in) :: first, size
      real(wp), intent(inout) :: scratch(*)
      scratch(first:first + size - 1) = 0
   end subroutine clear

end submodule fkb_conv_lstm_backward_sp
