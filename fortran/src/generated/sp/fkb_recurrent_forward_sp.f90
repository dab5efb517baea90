! Generated from layers/fkb_recurrent_forward.fypp: edit that file and run tools/generate.py
!> The steps of a recurrent layer, forward.
submodule(fkb_recurrent_sp) fkb_recurrent_forward_sp
   use fkb_activations, only: act_linear
   use fkb_dense_kernels_sp, only: dense_forward, dense_forward_packed
   use fkb_gemm_packed_sp, only: pack_rows
   use fkb_gemm_panelled_sp, only: add_panelled
   use fkb_gemm_sp, only: gemm_nn
   use fkb_recurrent_kernels_sp, only: draw_masks, gate_products, multiply_by_masks, put_steps, &
      split_kernel, take_steps
   implicit none (type, external)

   real(wp), parameter :: no_parameters(n_parameters) = 0

contains

   module procedure forward
      type(scan_t) :: n
      n = scan_of(self, plan, size(y(1)%v, 2), size(cache) > 0, mode%training, .false.)
      if (n%batch == 0) return
      call prepare_call(self, n, mode, weights, scratch)
      if (n%keeps) then
         call run(self, plan, n, weights, x, y, scratch, cache(n%h:), cache(n%c:), cache(n%kept:))
      else
         call run(self, plan, n, weights, x, y, scratch(:n%h - 1), scratch(n%h:), scratch(n%c:), &
                  scratch(n%kept:))
      end if
   end procedure forward

   module procedure prepare_call
      if (n%n_input + n%n_state > 0) then
         call draw_masks(mode%seed, mode%node, mode%step, mode%first_sample, n%batch, n%n_input, &
                         n%n_state, self%dropout, self%recurrent_dropout, scratch(n%masks))
      end if
      if (n%split_kernel) call split_kernel(n%units, n%gates, n%features, weights, &
                                            scratch(n%kernels))
      if (n%packs) call pack_rows(n%gates*n%units, n%units, weights(n%recurrent), &
                                  scratch(n%packed))
      if (n%split_recurrent .and. n%gates > 1) then
         call split_kernel(n%units, n%gates, n%units, weights(n%recurrent), &
                           scratch(n%recurrent_kernels))
      end if
   end procedure prepare_call

   !> All steps; h and c have a place for each step, or two that change places.
   subroutine run(self, plan, n, weights, x, y, scratch, h, c, kept)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*)
      type(view_t), intent(in) :: x(:), y(:)
      real(wp), intent(inout) :: scratch(*)
      real(wp), intent(inout) :: h(n%units, n%batch, 0:*), c(n%units, n%batch, 0:*)
      real(wp), intent(inout) :: kept(n%units, n%batch, n%slots, *)
      integer :: before, count, first, k, now, s
      logical :: from_zero
      call first_states(self, plan, n, x, h, c, from_zero)
      if (n%mask > 0) scratch(n%output:n%output + n%units*n%batch - 1) = 0
      now = 0
      do first = 1, n%steps, n%chunk
         count = min(n%chunk, n%steps - first + 1)
         call take_input(self, n, first, count, x(1)%v, scratch)
         call multiply_input(self, n, count, weights, scratch)
         do k = 1, count
            s = first + k - 1
            before = now
            now = merge(s, 1 - before, n%keeps)
            call self%step(n, weights, k, from_zero .and. s == 1, h(1, 1, before), &
                           c(1, 1, before), scratch, kept(1, 1, 1, merge(s, 1, n%keeps)), &
                           h(1, 1, now), c(1, 1, now))
            if (n%mask > 0) then
               call hold(self, n, time_of(self, n, s), x(n%mask)%v, h(1, 1, before), &
                         c(1, 1, before), h(1, 1, now), c(1, 1, now), scratch(n%output))
               call put(self, n, s, scratch(n%output), y(1)%v)
            else
               call put(self, n, s, h(1, 1, now), y(1)%v)
            end if
         end do
      end do
      call last_states(self, plan, n, h(1, 1, now), c(1, 1, now), y)
   end subroutine run

   !> The states before the first step.
   subroutine first_states(self, plan, n, x, h, c, from_zero)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(scan_t), intent(in) :: n
      type(view_t), intent(in) :: x(:)
      real(wp), intent(inout) :: h(n%units, n%batch), c(n%units, n%batch)
      logical, intent(out) :: from_zero             !! there are none: they are 0
      integer :: i, j, states
      states = self%states()
      from_zero = n%first_state == 0 .and. .not. self%stateful
      if (from_zero) then
         h = 0
         if (states > 1) c = 0
      else if (n%first_state == 0 .or. .not. self%stateful) then
         i = state_source(self, plan, n, x, 1)
         call copy_values(n%units*n%batch, x(i)%v, h)
         if (states > 1) call copy_values(n%units*n%batch, x(i + 1)%v, c)
      else
         do j = 1, n%batch
            i = state_source(self, plan, n, x, j)
            h(:, j) = x(i)%v(:, j)
            if (states > 1) c(:, j) = x(i + 1)%v(:, j)
         end do
      end if
   end subroutine first_states

   module procedure state_source
      integer :: i
      logical :: zero
      first = n%first_state
      if (.not. self%stateful) return
      if (first == 0 .or. self%prefers_kept) then
         first = size(plan%in_shapes) + 1
         if (n%first_state == 0) return
         zero = .true.
         do i = first, first + self%states() - 1
            zero = zero .and. .not. any(abs(x(i)%v(:, column)) > 0)
         end do
         if (zero) first = n%first_state
      end if
   end procedure state_source

   module procedure time_of
      time = step
      if (self%go_backwards) time = n%steps + 1 - step
   end procedure time_of

   module procedure take_input
      call take_steps(n%features, n%steps, n%batch, time_of(self, n, first), &
                      merge(-1, 1, self%go_backwards), count, x, scratch(n%x))
      if (n%n_input == 0 .or. n%split_kernel) return
      call multiply_by_masks(n%features, n%batch, count, n%n_input + n%n_state, &
                             merge((first - 1)*n%features, 0, self%step_masks), &
                             merge(n%features, 0, self%step_masks), scratch(n%masks), scratch(n%x))
   end procedure take_input

   !> z = kernel x + bias for the steps of a chunk.
   subroutine multiply_input(self, n, count, weights, scratch)
      class(recurrent_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      integer, intent(in) :: count
      real(wp), intent(in) :: weights(*)
      real(wp), intent(inout) :: scratch(*)
      integer(i8) :: at
      integer :: columns, j, rows
      rows = n%gates*n%units
      columns = count*n%batch
      if (n%panelled .and. self%use_bias) then
         call dense_forward_packed(rows, n%features, columns, weights(n%kernel), weights(n%bias), &
                                   scratch(n%x), act_linear, no_parameters, scratch(n%z))
         return
      else if (n%panelled) then
         scratch(n%z:n%z + int(rows, i8)*columns - 1) = 0
         call add_panelled(rows, columns, n%features, weights(n%kernel), scratch(n%x), &
                           scratch(n%z))
         return
      else if (self%use_bias .and. .not. n%split_kernel) then
         call dense_forward(rows, n%features, columns, weights, weights(n%bias), scratch(n%x), &
                            act_linear, no_parameters, scratch(n%z))
         return
      else if (.not. n%split_kernel) then
         call gemm_nn(rows, columns, n%features, weights, scratch(n%x), 0.0_wp, scratch(n%z))
         return
      end if
      do j = 1, columns
         at = n%z + int(j - 1, i8)*rows
         if (self%use_bias) then
            scratch(at:at + rows - 1) = weights(n%bias:n%bias + rows - 1)
         else
            scratch(at:at + rows - 1) = 0
         end if
      end do
      call gate_products(n%units, n%gates, 1, n%gates, n%features, n%batch, count, &
                         scratch(n%kernels), .true., n%n_input + n%n_state, 0, scratch(n%masks), &
                         scratch(n%x), scratch(n%masked), scratch(n%product), scratch(n%z))
   end subroutine multiply_input

   !> Where the mask is 0 the states stay, and the output stays or is 0; elsewhere it is h.
   subroutine hold(self, n, time, mask, h_before, c_before, h, c, output)
      class(recurrent_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      integer, intent(in) :: time
      real(wp), intent(in) :: mask(n%steps, n%batch)
      real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
      real(wp), intent(inout) :: h(n%units, n%batch), c(n%units, n%batch)
      real(wp), intent(inout) :: output(n%units, n%batch)
      integer :: j, states
      states = self%states()
      do j = 1, n%batch
         if (abs(mask(time, j)) > 0) then
            output(:, j) = h(:, j)
            cycle
         end if
         h(:, j) = h_before(:, j)
         if (states > 1) c(:, j) = c_before(:, j)
         if (self%zero_output_for_mask) output(:, j) = 0
      end do
   end subroutine hold

   !> The output of a step.
   subroutine put(self, n, step, output, y)
      class(recurrent_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      integer, intent(in) :: step
      real(wp), intent(in) :: output(n%units, n%batch)
      real(wp), intent(inout), contiguous :: y(:, :)
      if (self%return_sequences) then
         call put_steps(n%units, n%steps, n%batch, step, 1, 1, output, y)
      else if (step == n%steps) then
         call copy_values(n%units*n%batch, output, y)
      end if
   end subroutine put

   !> to = from, at the speed of memory: contiguous, and without a look at whether they overlap
   pure subroutine copy_values(count, from, to)
      integer, intent(in) :: count
      real(wp), intent(in) :: from(count)
      real(wp), intent(inout) :: to(count)
      to = from
   end subroutine copy_values

   !> The states after the last step, as outputs and as what is kept.
   subroutine last_states(self, plan, n, h, c, y)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: h(n%units, n%batch), c(n%units, n%batch)
      type(view_t), intent(in) :: y(:)
      integer :: first
      if (n%steps == 0) y(1)%v = 0
      if (self%return_state .or. self%is_cell) then
         call copy_values(n%units*n%batch, h, y(2)%v)
         if (self%states() > 1) call copy_values(n%units*n%batch, c, y(3)%v)
      end if
      if (.not. self%stateful) return
      first = size(plan%out_shapes) + 1
      call copy_values(n%units*n%batch, h, y(first)%v)
      if (self%states() > 1) call copy_values(n%units*n%batch, c, y(first + 1)%v)
   end subroutine last_states

   module procedure tangent
      type(scan_t) :: n
      n = scan_of(self, plan, size(y(1)%v, 2), .true., .false., .true.)
      if (n%batch == 0) return
      n%weights_vary = size(dweights) > 0
      call prepare_call(self, n, mode, weights, scratch)
      if (n%weights_vary .and. n%split_recurrent .and. n%gates > 1) then
         call split_kernel(n%units, n%gates, n%units, dweights(n%recurrent:), &
                           scratch(n%drecurrent_kernels:))
      end if
      call run_tangent(self, plan, n, weights, dweights, x, cache(n%h:), cache(n%c:), &
                       cache(n%kept:), scratch, dx, dy)
   end procedure tangent

   !> The directions of all steps, in the place of gradients.
   subroutine run_tangent(self, plan, n, weights, dweights, x, h, c, kept, scratch, dx, dy)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(scan_t), intent(in) :: n
      real(wp), intent(in) :: weights(*), dweights(*)
      type(view_t), intent(in) :: x(:)
      real(wp), intent(in) :: h(n%units, n%batch, 0:*), c(n%units, n%batch, 0:*)
      real(wp), intent(in) :: kept(n%units, n%batch, n%slots, *)
      real(wp), intent(inout) :: scratch(*)
      type(view_t), intent(in) :: dx(:), dy(:)
      integer(i8) :: last
      integer :: count, first, k, s
      logical :: from_zero
      last = int(n%units, i8)*n%batch - 1
      call first_directions(self, plan, n, x, dx, scratch(n%dh), scratch(n%dc), from_zero)
      if (n%mask > 0) scratch(n%output:n%output + last) = 0
      do first = 1, n%steps, n%chunk
         count = min(n%chunk, n%steps - first + 1)
         call multiply_directions(self, n, first, count, weights, dweights, x(1)%v, dx(1)%v, &
                                  scratch)
         do k = 1, count
            s = first + k - 1
            if (n%mask > 0) then
               scratch(n%dh_held:n%dh_held + last) = scratch(n%dh:n%dh + last)
               scratch(n%dc_held:n%dc_held + last) = scratch(n%dc:n%dc + last)
            end if
            call self%step_tangent(n, weights, dweights, k, from_zero .and. s == 1, &
                                   kept(1, 1, 1, s), h(1, 1, s - 1), c(1, 1, s - 1), c(1, 1, s), &
                                   scratch)
            if (n%mask > 0) then
               call hold(self, n, time_of(self, n, s), x(n%mask)%v, scratch(n%dh_held), &
                         scratch(n%dc_held), scratch(n%dh), scratch(n%dc), scratch(n%output))
               call put(self, n, s, scratch(n%output), dy(1)%v)
            else
               call put(self, n, s, scratch(n%dh), dy(1)%v)
            end if
         end do
      end do
      call last_states(self, plan, n, scratch(n%dh), scratch(n%dc), dy)
   end subroutine run_tangent

   !> Directions of the states before the first step.
   subroutine first_directions(self, plan, n, x, dx, dh, dc, from_zero)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(scan_t), intent(in) :: n
      type(view_t), intent(in) :: x(:), dx(:)
      real(wp), intent(out) :: dh(n%units, n%batch), dc(n%units, n%batch)
      logical, intent(out) :: from_zero             !! there are no such states
      integer :: i, j
      from_zero = n%first_state == 0 .and. .not. self%stateful
      dh = 0
      dc = 0
      if (from_zero) return
      do j = 1, n%batch
         i = state_source(self, plan, n, x, j)
         dh(:, j) = dx(i)%v(:, j)
         if (self%states() > 1) dc(:, j) = dx(i + 1)%v(:, j)
      end do
   end subroutine first_directions

   !> z = kernel dx + dkernel x + dbias for the steps of a chunk.
   subroutine multiply_directions(self, n, first, count, weights, dweights, x, dx, scratch)
      class(recurrent_t), intent(in) :: self
      type(scan_t), intent(in) :: n
      integer, intent(in) :: first, count
      real(wp), intent(in) :: weights(*), dweights(*)
      real(wp), intent(in), contiguous :: x(:, :), dx(:, :)
      real(wp), intent(inout) :: scratch(*)
      type(scan_t) :: at_dx
      real(wp) :: beta
      beta = 0
      if (n%weights_vary) then
         call take_input(self, n, first, count, x, scratch)
         call multiply_input(self, n, count, dweights, scratch)
         beta = 1
      end if
      at_dx = n
      at_dx%x = n%dx
      call take_input(self, at_dx, first, count, dx, scratch)
      call gemm_nn(n%gates*n%units, n%batch*count, n%features, weights, scratch(n%dx), beta, &
                   scratch(n%z))
   end subroutine multiply_directions

end submodule fkb_recurrent_forward_sp
