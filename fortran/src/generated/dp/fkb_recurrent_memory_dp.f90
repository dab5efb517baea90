! Generated from layers/fkb_recurrent_memory.fypp: edit that file and run tools/generate.py
!> Where the arrays of a call stand, and the products of the state.
submodule(fkb_recurrent_dp) fkb_recurrent_memory_dp
   use fkb_gemm_packed_dp, only: add_packed, packed_size
   use fkb_gemm_panelled_dp, only: add_panelled
   use fkb_gemm_dp, only: gemm_nn, gemm_tn
   use fkb_recurrent_kernels_dp, only: gate_products, gate_products_input
   implicit none (type, external)

   !> Steps from which on it is worth while to pack the recurrent kernel, and columns up to which it
   !> is used packed.
   integer, parameter :: many_steps = 8, few_columns = 2

contains

   module procedure scan_of
      integer(i8) :: places(4)
      integer :: first, last
      n%units = self%units
      n%gates = self%gates()
      n%batch = batch
      n%slots = self%slots()
      n%keeps = keeps
      n%features = plan%in_shapes(1)%extent(1)
      n%steps = 1
      if (.not. self%is_cell) n%steps = plan%in_shapes(1)%extent(2)
      n%chunk = max(n%steps, 1)
      if (n%steps > short) n%chunk = max(1, min(n%steps, block/max(batch, 1)))
      n%mask = mask_input(self, plan)
      call state_inputs(self, plan, first, last)
      n%first_state = merge(first, 0, first <= last)
      call count_masks(self, drops, n)
      n%panelled = plan%is_packed
      if (n%panelled) then
         places = packed_places(self, n%features)
      else
         places(2) = 1
         places(3) = 1 + int(n%gates*n%units, i8)*n%features
         places(1) = places(3) + int(n%gates*n%units, i8)*n%units
      end if
      n%bias = places(1)
      n%kernel = places(2)
      n%recurrent = places(3)
      n%used = 0
      call place_chunk(self, back, n)
      if (back) call place_gradients(n)
      call place_states(self, n)
   end procedure scan_of

   !> The next `size` reals of the scratch.
   pure subroutine place(used, first, size)
      integer(i8), intent(inout) :: used
      integer(i8), intent(out) :: first
      integer(i8), intent(in) :: size
      first = used + 1
      used = used + size
   end subroutine place

   !> Columns in the largest chunk, linear in the batch so that memory can be stated per sample.
   pure integer(i8) function columns_of(n) result(columns)
      type(scan_t), intent(in) :: n
      if (n%steps <= short) then
         columns = int(n%chunk, i8)*n%batch
      else
         columns = n%batch + block - 1_i8
      end if
   end function columns_of

   !> What the products of a chunk need, and the steps in it.
   pure subroutine place_chunk(self, back, n)
      class(recurrent_t), intent(in) :: self
      logical, intent(in) :: back
      type(scan_t), intent(inout) :: n
      integer(i8) :: columns, rows
      columns = columns_of(n)
      rows = n%gates*n%units
      call place(n%used, n%x, n%features*columns)
      call place(n%used, n%z, rows*columns)
      call place(n%used, n%masks, int(n%n_input + n%n_state, i8)*n%batch)
      if (n%split_kernel .or. n%split_recurrent) then
         call place(n%used, n%masked, max(n%features, n%units)*columns)
         call place(n%used, n%product, n%units*columns)
      end if
      if (n%split_kernel) call place(n%used, n%kernels, rows*n%features)
      if (n%split_recurrent .and. n%gates > 1) call place(n%used, n%recurrent_kernels, rows*n%units)
      n%packs = n%steps >= many_steps .and. .not. (back .or. n%split_recurrent)
      if (n%packs) call place(n%used, n%packed, packed_size(n%gates*n%units, n%units))
      n%packs = n%packs .and. n%batch <= few_columns .and. .not. n%panelled
      if (n%mask > 0 .or. back) call place(n%used, n%output, int(n%units, i8)*n%batch)
      n%u = n%z
      if (n%gates /= 3) return
      if (.not. back) call place(n%used, n%u, rows*n%batch)
      if (back .and. self%reset_after) call place(n%used, n%u, rows*columns)
      if (.not. self%reset_after) call place(n%used, n%q, n%units*columns)
   end subroutine place_chunk

   pure subroutine place_gradients(n)
      type(scan_t), intent(inout) :: n
      integer(i8) :: rows, step
      rows = n%gates*n%units
      step = int(n%units, i8)*n%batch
      call place(n%used, n%dx, n%features*columns_of(n))
      call place(n%used, n%dh, step)
      call place(n%used, n%dc, step)
      call place(n%used, n%work, 4*step)
      if (n%mask > 0) call place(n%used, n%dh_held, step)
      if (n%mask > 0) call place(n%used, n%dc_held, step)
      if (n%split_kernel) call place(n%used, n%dkernels, rows*n%features)
      if (.not. n%split_recurrent .or. n%gates == 1) return
      call place(n%used, n%drecurrent_kernels, rows*n%units)
   end subroutine place_gradients

   !> The states and what steps keep: for all steps in the cache, or for one in the scratch.
   pure subroutine place_states(self, n)
      class(recurrent_t), intent(in) :: self
      type(scan_t), intent(inout) :: n
      integer(i8) :: step
      step = int(n%units, i8)*n%batch
      if (n%keeps) then
         n%h = 1
         n%c = merge(n%h, n%h + step*(n%steps + 1), self%states() == 1)
         n%kept = n%h + self%states()*step*(n%steps + 1)
      else
         call place(n%used, n%h, 2*step)
         n%c = n%h
         if (self%states() > 1) call place(n%used, n%c, 2*step)
         call place(n%used, n%kept, n%slots*step)
      end if
   end subroutine place_states

   !> Factors of dropout for a sample, and what is to be multiplied gate by gate.
   pure subroutine count_masks(self, drops, n)
      class(recurrent_t), intent(in) :: self
      logical, intent(in) :: drops
      type(scan_t), intent(inout) :: n
      logical :: per_gate
      per_gate = self%gate_masks .and. .not. self%step_masks
      n%n_input = 0
      n%n_state = 0
      if (drops .and. self%dropout > 0) then
         n%n_input = n%features
         if (per_gate) n%n_input = n%features*n%gates
         if (self%step_masks) n%n_input = n%features*n%steps
      end if
      if (drops .and. self%recurrent_dropout > 0) n%n_state = n%units*n%gates
      n%split_kernel = per_gate .and. n%n_input > 0
      n%split_recurrent = n%n_state > 0 .or. (n%gates == 3 .and. .not. self%reset_after)
   end subroutine count_masks

   module procedure state_inputs
      if (self%is_cell) then
         call plan%inputs_of(1, 'states', first, last)
      else
         call plan%inputs_of(1, 'initial_state', first, last)
      end if
   end procedure state_inputs

   module procedure mask_input
      mask = 0
      if (.not. self%is_cell .and. allocated(plan%roles)) mask = plan%input_of(2, 'mask')
   end procedure mask_input

   module procedure add_products
      integer :: j, rows, total
      rows = n%gates*n%units
      total = n%n_input + n%n_state
      if (n%panelled) then
         call add_panelled(rows, n%batch, n%units, weights(n%recurrent), h, scratch(at))
      else if (n%packs) then
         do j = 1, n%batch
            call add_packed(rows, n%units, scratch(n%packed), h(1, j), &
                            scratch(at + (j - 1)*int(rows, i8)))
         end do
      else if (.not. n%split_recurrent) then
         call gemm_nn(rows, n%batch, n%units, weights(n%recurrent), h, 1.0_wp, scratch(at))
      else if (n%gates == 1) then
         call gate_products(n%units, 1, 1, 1, n%units, n%batch, 1, weights(n%recurrent), &
                            n%n_state > 0, total, n%n_input, scratch(n%masks), h, &
                            scratch(n%masked), scratch(n%product), scratch(at))
      else
         call gate_products(n%units, n%gates, 1, last, n%units, n%batch, 1, &
                            scratch(n%recurrent_kernels), n%n_state > 0, total, n%n_input, &
                            scratch(n%masks), h, scratch(n%masked), scratch(n%product), scratch(at))
      end if
   end procedure add_products

   module procedure add_products_backward
      integer :: rows, total
      rows = n%gates*n%units
      total = n%n_input + n%n_state
      if (.not. n%split_recurrent) then
         call gemm_tn(n%units, n%batch, rows, weights(n%recurrent), scratch(at), 1.0_wp, &
                      scratch(n%dh))
      else if (n%gates == 1) then
         call gate_products_input(n%units, 1, 1, 1, n%units, n%batch, 1, weights(n%recurrent), &
                                  n%n_state > 0, total, n%n_input, scratch(n%masks), scratch(at), &
                                  scratch(n%masked), scratch(n%product), scratch(n%dh))
      else
         call gate_products_input(n%units, n%gates, 1, last, n%units, n%batch, 1, &
                                  scratch(n%recurrent_kernels), n%n_state > 0, total, n%n_input, &
                                  scratch(n%masks), scratch(at), scratch(n%masked), &
                                  scratch(n%product), scratch(n%dh))
      end if
   end procedure add_products_backward

end submodule fkb_recurrent_memory_dp
