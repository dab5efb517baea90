! Generated from layers/fkb_conv_lstm_forward.fypp: edit that file and run tools/generate.py
!> The steps of a convolutional LSTM, forward.
submodule(fkb_conv_lstm_sp) fkb_conv_lstm_forward_sp
   use fkb_activations, only: act_linear
   use fkb_conv_kernels_sp, only: conv_forward, conv_forward_activated
   use fkb_conv_lstm_kernels_sp, only: conv_gates, hold_states
   use fkb_lstm_kernels_sp, only: lstm_step, lstm_step_tangent
   use fkb_recurrent_kernels_sp, only: put_steps, take_steps
   implicit none (type, external)

contains

   module procedure forward
      type(frames_t) :: n
      integer(i8) :: at
      integer :: group, skip
      group = plan%settings(at_group)
      do skip = 0, size(y(1)%v, 2) - 1, group
         n = frames_of(self, plan, min(group, size(y(1)%v, 2) - skip), size(cache) > 0, &
                       mode%training, .false.)
         if (skip == 0) call split_kernels(self, n, weights, scratch)
         call draw_group(self, n, skip, mode, scratch)
         if (n%keeps) then
            at = plan%cache*skip
            call run(self, plan, n, skip, weights, x, y, scratch, cache(at + n%h:), &
                     cache(at + n%c:), cache(at + n%kept:))
         else
            call run(self, plan, n, skip, weights, x, y, scratch(:n%h - 1), scratch(n%h:), &
                     scratch(n%c:), scratch(n%kept:))
         end if
      end do
   end procedure forward

   !> All steps of a group; h and c have a place for each step, or two that change places.
   subroutine run(self, plan, n, skip, weights, x, y, scratch, h, c, kept)
      class(conv_lstm_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(frames_t), intent(in) :: n
      integer, intent(in) :: skip                   !! samples before the group
      real(wp), intent(in) :: weights(*)
      type(view_t), intent(in) :: x(:), y(:)
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: h(n%reals*n%batch, 0:*), c(n%reals*n%batch, 0:*)
      real(wp), intent(inout) :: kept(n%reals*n%batch*n%slots, *)
      integer :: before, count, first, k, now, s
      logical :: from_zero
      call first_states(self, plan, n, skip, x, h, c, from_zero)
      if (n%mask > 0) scratch(n%output:n%output + n%reals*n%batch - 1) = 0
      now = 0
      do first = 1, n%steps, n%chunk
         count = min(n%chunk, n%steps - first + 1)
         call convolve_input(self, n, first, count, weights, x(1)%v(:, skip + 1:skip + n%batch), &
                             scratch)
         do k = 1, count
            s = first + k - 1
            before = now
            now = merge(s, 1 - before, n%keeps)
            call take_step(self, n, weights, k, from_zero .and. s == 1, h(1, before), &
                           c(1, before), scratch, kept(1, merge(s, 1, n%keeps)), h(1, now), &
                           c(1, now))
            if (n%mask > 0) then
               call hold_states(n%reals, n%steps, n%batch, time_of(self, n, s), &
                                self%zero_output_for_mask, &
                                x(n%mask)%v(:, skip + 1:skip + n%batch), h(1, before), &
                                c(1, before), h(1, now), c(1, now), scratch(n%output))
               call put(self, n, s, scratch(n%output), y(1)%v(:, skip + 1:skip + n%batch))
            else
               call put(self, n, s, h(1, now), y(1)%v(:, skip + 1:skip + n%batch))
            end if
         end do
      end do
      call last_states(self, plan, n, skip, h(1, now), c(1, now), y)
   end subroutine run

   !> The states before the first step.
   subroutine first_states(self, plan, n, skip, x, h, c, from_zero)
      class(conv_lstm_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(frames_t), intent(in) :: n
      integer, intent(in) :: skip
      type(view_t), intent(in) :: x(:)
      real(wp), intent(inout) :: h(n%reals, n%batch), c(n%reals, n%batch)
      logical, intent(out) :: from_zero             !! there are none: they are 0
      integer :: i, j
      from_zero = n%first_state == 0 .and. .not. self%stateful
      h = 0
      c = 0
      if (from_zero) return
      do j = 1, n%batch
         i = state_source(self, plan, n, x, skip + j)
         h(:, j) = x(i)%v(:, skip + j)
         c(:, j) = x(i + 1)%v(:, skip + j)
      end do
   end subroutine first_states

   !> z = conv(x, kernel) + bias for the steps of a chunk.
   subroutine convolve_input(self, n, first, count, weights, x, scratch)
      class(conv_lstm_t), intent(in) :: self
      type(frames_t), intent(in) :: n
      integer, intent(in) :: first, count
      real(wp), intent(in) :: weights(*)
      real(wp), intent(in) :: x(n%pixels, n%steps, n%batch)
      real(wp), intent(inout) :: scratch(*)
      real(wp), parameter :: none(n_parameters) = 0
      integer(i8) :: last
      call take_steps(n%pixels, n%steps, n%batch, time_of(self, n, first), &
                      merge(-1, 1, self%go_backwards), count, x, scratch(n%x))
      last = 4_i8*n%filters - 1
      scratch(n%row:n%row + last) = 0
      if (self%options%use_bias) scratch(n%row:n%row + last) = weights(n%bias:n%bias + last)
      if (n%n_input == 0) then
         call conv_forward_activated(n%input, n%batch*count, weights, scratch(n%row), &
                                     scratch(n%x), act_linear, none, scratch(n%z), &
                                     scratch(n%room))
      else
         call repeat_bias(4*n%filters, n%places*n%batch*count, scratch(n%row), scratch(n%z))
         call conv_gates(n%gate_input, n%batch, count, scratch(n%kernels), n%n_input + n%n_state, &
                         0, scratch(n%masks), scratch(n%x), scratch(n%masked), &
                         scratch(n%product), scratch(n%z), scratch(n%room))
      end if
   end subroutine convolve_input

   !> z = bias in each column.
   pure subroutine repeat_bias(rows, columns, bias, z)
      integer, intent(in) :: rows, columns
      real(wp), intent(in) :: bias(rows)
      real(wp), intent(out) :: z(rows, columns)
      integer :: j
      do j = 1, columns
         z(:, j) = bias
      end do
   end subroutine repeat_bias

   !> The states after step `k` of a chunk, from those before it; these are 0 where `from_zero` is
   !> true.
   subroutine take_step(self, n, weights, k, from_zero, h_before, c_before, scratch, kept, h, c)
      class(conv_lstm_t), intent(in) :: self
      type(frames_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: h_before(n%reals*n%batch), c_before(n%reals*n%batch)
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: kept(n%reals*n%batch*n%slots)
      real(wp), intent(inout) :: h(n%reals*n%batch), c(n%reals*n%batch)
      integer(i8) :: z
      z = n%z + (k - 1_i8)*4*n%reals*n%batch
      if (.not. from_zero) then
         if (n%n_state == 0) then
            call conv_forward(n%state, n%batch, weights(n%recurrent), h_before, 1.0_wp, &
                              scratch(z), scratch(n%room))
         else
            call conv_gates(n%gate_state, n%batch, 1, scratch(n%recurrent_kernels), &
                            n%n_input + n%n_state, n%n_input, scratch(n%masks), h_before, &
                            scratch(n%masked), scratch(n%product), scratch(z), scratch(n%room))
         end if
      end if
      call lstm_step(n%filters, n%places*n%batch, n%slots, self%activation, &
                     real(self%parameters, wp), self%recurrent_activation, &
                     real(self%recurrent_parameters, wp), scratch(z), c_before, kept, c, h)
   end subroutine take_step

   !> The output of a step.
   subroutine put(self, n, step, output, y)
      class(conv_lstm_t), intent(in) :: self
      type(frames_t), intent(in) :: n
      integer, intent(in) :: step
      real(wp), intent(in) :: output(n%reals*n%batch)
      real(wp), intent(inout), contiguous :: y(:, :)
      if (self%return_sequences) then
         call put_steps(n%reals, n%steps, n%batch, step, 1, 1, output, y)
      else if (step == n%steps) then
         call put_steps(n%reals, 1, n%batch, 1, 1, 1, output, y)
      end if
   end subroutine put

   !> The states after the last step, as outputs and as what is kept.
   subroutine last_states(self, plan, n, skip, h, c, y)
      class(conv_lstm_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(frames_t), intent(in) :: n
      integer, intent(in) :: skip
      real(wp), intent(in) :: h(n%reals, n%batch), c(n%reals, n%batch)
      type(view_t), intent(in) :: y(:)
      integer :: first
      if (n%steps == 0) y(1)%v(:, skip + 1:skip + n%batch) = 0
      if (self%return_state) then
         y(2)%v(:, skip + 1:skip + n%batch) = h
         y(3)%v(:, skip + 1:skip + n%batch) = c
      end if
      if (.not. self%stateful) return
      first = size(plan%out_shapes) + 1
      y(first)%v(:, skip + 1:skip + n%batch) = h
      y(first + 1)%v(:, skip + 1:skip + n%batch) = c
   end subroutine last_states

   module procedure tangent
      type(frames_t) :: n
      integer(i8) :: at
      integer :: group, skip
      group = plan%settings(at_group)
      do skip = 0, size(y(1)%v, 2) - 1, group
         n = frames_of(self, plan, min(group, size(y(1)%v, 2) - skip), .true., .false., .true.)
         at = plan%cache*skip
         call run_tangent(self, plan, n, skip, weights, dweights, x, cache(at + n%h:), &
                          cache(at + n%c:), cache(at + n%kept:), scratch, dx, dy)
      end do
   end procedure tangent

   !> The directions of all steps of a group, in the place of gradients.
   subroutine run_tangent(self, plan, n, skip, weights, dweights, x, h, c, kept, scratch, dx, dy)
      class(conv_lstm_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(frames_t), intent(in) :: n
      integer, intent(in) :: skip                   !! samples before the group
      real(wp), intent(in), contiguous :: weights(:), dweights(:)
      type(view_t), intent(in) :: x(:)
      real(wp), intent(in) :: h(n%reals*n%batch, 0:*), c(n%reals*n%batch, 0:*)
      real(wp), intent(in) :: kept(n%reals*n%batch*n%slots, *)
      real(wp), intent(inout) :: scratch(*)
      type(view_t), intent(in) :: dx(:), dy(:)
      integer(i8) :: last
      integer :: count, first, k, s
      logical :: from_zero
      last = int(n%reals, i8)*n%batch - 1
      call first_directions(self, plan, n, skip, x, dx, scratch(n%dh), scratch(n%dc), from_zero)
      if (n%mask > 0) scratch(n%output:n%output + last) = 0
      do first = 1, n%steps, n%chunk
         count = min(n%chunk, n%steps - first + 1)
         call convolve_directions(self, n, first, count, weights, dweights, &
                                  x(1)%v(:, skip + 1:skip + n%batch), &
                                  dx(1)%v(:, skip + 1:skip + n%batch), scratch)
         do k = 1, count
            s = first + k - 1
            if (n%mask > 0) then
               scratch(n%dh_held:n%dh_held + last) = scratch(n%dh:n%dh + last)
               scratch(n%dc_held:n%dc_held + last) = scratch(n%dc:n%dc + last)
            end if
            call direct_step(self, n, weights, dweights, k, from_zero .and. s == 1, kept(1, s), &
                             h(1, s - 1), c(1, s - 1), c(1, s), scratch)
            if (n%mask > 0) then
               call hold_states(n%reals, n%steps, n%batch, time_of(self, n, s), &
                                self%zero_output_for_mask, &
                                x(n%mask)%v(:, skip + 1:skip + n%batch), scratch(n%dh_held), &
                                scratch(n%dc_held), scratch(n%dh), scratch(n%dc), scratch(n%output))
               call put(self, n, s, scratch(n%output), dy(1)%v(:, skip + 1:skip + n%batch))
            else
               call put(self, n, s, scratch(n%dh), dy(1)%v(:, skip + 1:skip + n%batch))
            end if
         end do
      end do
      call last_states(self, plan, n, skip, scratch(n%dh), scratch(n%dc), dy)
   end subroutine run_tangent

   !> Directions of the states before the first step.
   subroutine first_directions(self, plan, n, skip, x, dx, dh, dc, from_zero)
      class(conv_lstm_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(frames_t), intent(in) :: n
      integer, intent(in) :: skip
      type(view_t), intent(in) :: x(:), dx(:)
      real(wp), intent(out) :: dh(n%reals, n%batch), dc(n%reals, n%batch)
      logical, intent(out) :: from_zero             !! there are no such states
      integer :: i, j
      from_zero = n%first_state == 0 .and. .not. self%stateful
      dh = 0
      dc = 0
      if (from_zero) return
      do j = 1, n%batch
         i = state_source(self, plan, n, x, skip + j)
         dh(:, j) = dx(i)%v(:, skip + j)
         dc(:, j) = dx(i + 1)%v(:, skip + j)
      end do
   end subroutine first_directions

   !> z = conv(dx, kernel) + conv(x, dkernel) + dbias for the steps of a chunk.
   subroutine convolve_directions(self, n, first, count, weights, dweights, x, dx, scratch)
      class(conv_lstm_t), intent(in) :: self
      type(frames_t), intent(in) :: n
      integer, intent(in) :: first, count
      real(wp), intent(in), contiguous :: weights(:), dweights(:)
      real(wp), intent(in) :: x(n%pixels, n%steps, n%batch), dx(n%pixels, n%steps, n%batch)
      real(wp), intent(inout) :: scratch(*)
      real(wp) :: beta
      beta = 0
      if (size(dweights) > 0) then
         call convolve_input(self, n, first, count, dweights, x, scratch)
         beta = 1
      end if
      call take_steps(n%pixels, n%steps, n%batch, time_of(self, n, first), &
                      merge(-1, 1, self%go_backwards), count, dx, scratch(n%dx))
      call conv_forward(n%input, n%batch*count, weights, scratch(n%dx), beta, scratch(n%z), &
                        scratch(n%room))
   end subroutine convolve_directions

   !> Directions of the states after step `k` of a chunk, which replace those before it.
   subroutine direct_step(self, n, weights, dweights, k, from_zero, kept, h_before, c_before, c, &
                          scratch)
      class(conv_lstm_t), intent(in) :: self
      type(frames_t), intent(in) :: n
      real(wp), intent(in), contiguous :: weights(:), dweights(:)
      integer, intent(in) :: k
      logical, intent(in) :: from_zero
      real(wp), intent(in) :: kept(n%reals*n%batch*n%slots)
      real(wp), intent(in) :: h_before(n%reals*n%batch), c_before(n%reals*n%batch)
      real(wp), intent(in) :: c(n%reals*n%batch)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: z
      z = n%z + (k - 1_i8)*4*n%reals*n%batch
      if (.not. from_zero) then
         call conv_forward(n%state, n%batch, weights(n%recurrent:), scratch(n%dh), 1.0_wp, &
                           scratch(z), scratch(n%room))
         if (size(dweights) > 0) call conv_forward(n%state, n%batch, dweights(n%recurrent:), &
            h_before, 1.0_wp, scratch(z), scratch(n%room))
      end if
      call lstm_step_tangent(n%filters, n%places*n%batch, n%slots, self%activation, &
                             real(self%parameters, wp), self%recurrent_activation, &
                             real(self%recurrent_parameters, wp), kept, c_before, c, scratch(z), &
                             scratch(n%work), scratch(n%dh), scratch(n%dc))
   end subroutine direct_step

end submodule fkb_conv_lstm_forward_sp
