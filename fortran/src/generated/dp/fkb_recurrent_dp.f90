! Generated from layers/fkb_recurrent.fypp: edit that file and run tools/generate.py
!> The parent of Keras's `SimpleRNN`, `LSTM` and `GRU`: options, states, masks, dropout and the
!> order of the steps; a child is the mathematics of one step.
!>
!> The products of the input with the kernel are made for many steps at a time, those of the state
!> step by step. With a mask a step of 0 keeps the state and repeats the output before it, which is
!> 0 as long as there was none, or is 0 in any case with `zero_output_for_mask`.
module fkb_recurrent_dp
   use fkb_activations, only: act_sigmoid, act_tanh, n_parameters
   use fkb_config, only: config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_layer_options, only: add_output
   use fkb_layer_dp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: open_extent, operator(==), shape_of, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: recurrent_t, scan_t, read_options, add_products, add_products_backward

   !> Columns that the products of the input are made for at a time, unless a sequence is short.
   integer, parameter :: block = 128, short = 16

   !> Keras's recurrent layers, and their cells called by themselves. Weights: kernel
   !> (gates units, features), recurrent_kernel (gates units, units) and bias.
   type, abstract, extends(layer_t) :: recurrent_t
      integer :: units = 0                       !! size of the state
      integer :: activation = act_tanh           !! `act_*`
      integer :: recurrent_activation = act_sigmoid
      real(dp) :: parameters(n_parameters) = 0   !! of the activation
      real(dp) :: recurrent_parameters(n_parameters) = 0
      logical :: use_bias = .true.
      logical :: reset_after = .true.            !! of a GRU
      logical :: return_sequences = .false.
      logical :: return_state = .false.
      logical :: go_backwards = .false.
      logical :: stateful = .false.
      logical :: zero_output_for_mask = .false.
      logical :: unit_forget_bias = .false.      !! the forget gate's bias begins with 1
      logical :: is_cell = .false.               !! called by itself for one step
      logical :: prefers_kept = .false.          !! Keras 2: a kept state that is not 0 wins
      logical :: gate_masks = .false.            !! dropout has a mask per gate
      logical :: step_masks = .false.            !! dropout has a mask per step
      real(dp) :: dropout = 0                    !! rate for the input
      real(dp) :: recurrent_dropout = 0          !! rate for the state
   contains
      procedure :: configure => read_options
      procedure :: lay_out
      procedure :: forward, backward, tangent, pack
      procedure(count_i), deferred :: gates      !! in the kernels
      procedure(count_i), deferred :: states     !! 2 with a carry, else 1
      procedure(count_i), deferred :: slots      !! matrices of the step kept for backward
      procedure(step_i), deferred :: step
      procedure(step_backward_i), deferred :: step_backward
      procedure(step_tangent_i), deferred :: step_tangent
   end type recurrent_t

   !> Sizes of one call, and the first elements of its arrays in weights, cache and scratch.
   type :: scan_t
      integer :: units, gates, features, steps, batch
      integer :: chunk                           !! steps whose input products are made together
      integer :: slots
      integer :: n_input = 0, n_state = 0        !! factors of dropout per sample, 0 without it
      logical :: keeps                           !! all states are kept for backward
      logical :: weights_vary = .false.          !! the weights have a direction
      logical :: split_kernel, split_recurrent   !! products are made gate by gate
      integer :: mask, first_state               !! inputs; 0 where there is none
      integer(i8) :: kernel, recurrent, bias     !! in the weights
      logical :: panelled                        !! both kernels are packed in panels
      integer(i8) :: h, c, kept                  !! in the cache, or in the scratch
      integer(i8) :: x, z, u, q                  !! steps of a chunk: input and gates' sums
      integer(i8) :: masked, product             !! for products gate by gate
      integer(i8) :: kernels, recurrent_kernels  !! gates one after another
      integer(i8) :: packed                      !! recurrent kernel for one column at a time
      logical :: packs                           !! whether products are made with it
      integer(i8) :: masks                       !! of dropout
      integer(i8) :: output                      !! before the step
      integer(i8) :: dx, dh, dc, dh_held, dc_held, work
      integer(i8) :: dkernels, drecurrent_kernels
      integer(i8) :: used                        !! of the scratch
   end type scan_t

   abstract interface
      pure integer function count_i(self)
         import :: recurrent_t
         class(recurrent_t), intent(in) :: self
      end function count_i

      !> The state after step `k` of a chunk, whose input products stand in the scratch. The state
      !> before it, where `from_zero` says so, is 0.
      pure subroutine step_i(self, n, weights, k, from_zero, h_before, c_before, scratch, kept, &
                             h, c)
         import :: recurrent_t, scan_t, wp
         class(recurrent_t), intent(in) :: self
         type(scan_t), intent(in) :: n
         real(wp), intent(in) :: weights(*)
         integer, intent(in) :: k
         logical, intent(in) :: from_zero
         real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
         real(wp), intent(inout) :: scratch(*)
         real(wp), intent(inout) :: kept(n%units, n%batch, n%slots)
         real(wp), intent(inout) :: h(n%units, n%batch), c(n%units, n%batch)
      end subroutine step_i

      !> Gradients of the gates' sums in step `k` of a chunk, and of the state before the step,
      !> which replace those of the state after it; all of them stand in the scratch.
      pure subroutine step_backward_i(self, n, weights, k, from_zero, kept, h_before, c_before, h, &
                                      c, scratch)
         import :: recurrent_t, scan_t, wp
         class(recurrent_t), intent(in) :: self
         type(scan_t), intent(in) :: n
         real(wp), intent(in) :: weights(*)
         integer, intent(in) :: k
         logical, intent(in) :: from_zero           !! nobody needs the gradient of h_before
         real(wp), intent(in) :: kept(n%units, n%batch, n%slots)
         real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
         real(wp), intent(in) :: h(n%units, n%batch), c(n%units, n%batch)
         real(wp), intent(inout) :: scratch(*)
      end subroutine step_backward_i

      !> Directions of the states after step `k` of a chunk, which replace those before the step;
      !> they stand in the scratch, and so does what the input gives to the gates' sums.
      pure subroutine step_tangent_i(self, n, weights, dweights, k, from_zero, kept, h_before, &
                                     c_before, c, scratch)
         import :: recurrent_t, scan_t, wp
         class(recurrent_t), intent(in) :: self
         type(scan_t), intent(in) :: n
         real(wp), intent(in) :: weights(*)
         real(wp), intent(in) :: dweights(*)        !! read where `n%weights_vary`
         integer, intent(in) :: k
         logical, intent(in) :: from_zero           !! the state before is 0 and stays so
         real(wp), intent(in) :: kept(n%units, n%batch, n%slots)
         real(wp), intent(in) :: h_before(n%units, n%batch), c_before(n%units, n%batch)
         real(wp), intent(in) :: c(n%units, n%batch)
         real(wp), intent(inout) :: scratch(*)
      end subroutine step_tangent_i
   end interface

   interface
      !> The options that all recurrent layers have, those of the cell included.
      module subroutine read_options(self, config, error)
         class(recurrent_t), intent(inout) :: self
         type(config_t), intent(inout) :: config
         type(error_t), allocatable, intent(out) :: error
      end subroutine read_options

      module subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
         class(recurrent_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         real(wp), intent(in), contiguous :: weights(:)
         type(view_t), intent(in) :: x(:)
         type(view_t), intent(in) :: y(:)
         real(wp), intent(inout), contiguous :: cache(:)
         real(wp), intent(inout), contiguous :: scratch(:)
         type(mode_t), intent(in) :: mode
      end subroutine forward

      !> The bias, then both kernels, where they are not multiplied gate by gate.
      module subroutine pack(self, plan, weights, scale, shift, packed)
         class(recurrent_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         real(wp), intent(in), contiguous :: weights(:)
         real(wp), intent(in), contiguous :: scale(:)
         real(wp), intent(in), contiguous :: shift(:)
         real(wp), intent(inout), contiguous :: packed(:)
      end subroutine pack

      !> Where bias, kernel and recurrent kernel begin in packed weights, and the end, 0: none are.
      module function packed_places(self, features) result(places)
         class(recurrent_t), intent(in) :: self
         integer, intent(in) :: features
         integer(i8) :: places(4)
      end function packed_places

      !> dx may be missing (not associated) where nobody needs the gradient of an input.
      module subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
         class(recurrent_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         real(wp), intent(in), contiguous :: weights(:)
         type(view_t), intent(in) :: x(:)
         type(view_t), intent(in) :: y(:)
         real(wp), intent(inout), contiguous :: cache(:)
         real(wp), intent(inout), contiguous :: scratch(:)
         type(view_t), intent(in) :: dy(:)
         type(view_t), intent(in) :: dx(:)
         real(wp), intent(inout), contiguous :: dweights(:)
         type(mode_t), intent(in) :: mode
      end subroutine backward

      !> Without dropout: a derivative is that of inference.
      module subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
         class(recurrent_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         real(wp), intent(in), contiguous :: weights(:)
         real(wp), intent(in), contiguous :: dweights(:)
         type(view_t), intent(in) :: x(:)
         type(view_t), intent(in) :: y(:)
         real(wp), intent(inout), contiguous :: cache(:)
         real(wp), intent(inout), contiguous :: scratch(:)
         type(view_t), intent(in) :: dx(:)
         type(view_t), intent(in) :: dy(:)
         type(mode_t), intent(in) :: mode
      end subroutine tangent

      !> Sizes and places of a call on `batch` samples.
      module function scan_of(self, plan, batch, keeps, drops, back) result(n)
         class(recurrent_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         integer, intent(in) :: batch
         logical, intent(in) :: keeps               !! states are kept in the cache
         logical, intent(in) :: drops               !! in training, where there may be dropout
         logical, intent(in) :: back                !! for backward, else for forward
         type(scan_t) :: n
      end function scan_of

      !> The inputs that hold the states before the first step.
      pure module subroutine state_inputs(self, plan, first, last)
         class(recurrent_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         integer, intent(out) :: first, last
      end subroutine state_inputs

      !> The input that holds the mask, 0 where there is none.
      pure module function mask_input(self, plan) result(mask)
         class(recurrent_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         integer :: mask
      end function mask_input

      !> Masks of dropout, and kernels gate after gate, where they are needed.
      module subroutine prepare_call(self, n, mode, weights, scratch)
         class(recurrent_t), intent(in) :: self
         type(scan_t), intent(in) :: n
         type(mode_t), intent(in) :: mode
         real(wp), intent(in) :: weights(*)
         real(wp), intent(inout) :: scratch(*)
      end subroutine prepare_call

      !> The steps of a chunk, with dropout.
      module subroutine take_input(self, n, first, count, x, scratch)
         class(recurrent_t), intent(in) :: self
         type(scan_t), intent(in) :: n
         integer, intent(in) :: first, count
         real(wp), intent(in), contiguous :: x(:, :)
         real(wp), intent(inout) :: scratch(*)
      end subroutine take_input

      !> The first of the inputs with the states before the first step of a sample.
      pure module function state_source(self, plan, n, x, column) result(first)
         class(recurrent_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         type(scan_t), intent(in) :: n
         type(view_t), intent(in) :: x(:)
         integer, intent(in) :: column
         integer :: first
      end function state_source

      !> Which step of the sequence comes as this one.
      pure module function time_of(self, n, step) result(time)
         class(recurrent_t), intent(in) :: self
         type(scan_t), intent(in) :: n
         integer, intent(in) :: step
         integer :: time
      end function time_of

      !> z = z + recurrent kernel (mask h) for the first `last` gates, z from `at` on
      pure module subroutine add_products(n, weights, last, h, at, scratch)
         type(scan_t), intent(in) :: n
         real(wp), intent(in) :: weights(*)
         integer, intent(in) :: last                !! all gates unless products are split
         real(wp), intent(in) :: h(n%units, n%batch)
         integer(i8), intent(in) :: at
         real(wp), intent(inout) :: scratch(*)
      end subroutine add_products

      !> dh = dh + mask (transposed recurrent kernel dz), dz from `at` on
      pure module subroutine add_products_backward(n, weights, last, at, scratch)
         type(scan_t), intent(in) :: n
         real(wp), intent(in) :: weights(*)
         integer, intent(in) :: last
         integer(i8), intent(in) :: at
         real(wp), intent(inout) :: scratch(*)
      end subroutine add_products_backward
   end interface

contains

   subroutine lay_out(self, in_shapes, plan, error)
      class(recurrent_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: state
      integer(i8) :: places(4)
      integer :: features, i, rows
      call check_inputs(self, in_shapes, plan, error)
      if (allocated(error)) return
      features = in_shapes(plan%input_of(0, 'sequences'))%extent(1)
      rows = self%gates()*self%units
      call plan%add_weight('kernel', shape_of([rows, features]))
      call plan%add_weight('recurrent_kernel', shape_of([rows, self%units]), options='recurrent')
      if (self%use_bias) then
         if (self%gates() == 3 .and. self%reset_after) then
            call plan%add_weight('bias', shape_of([rows, 2]))
         else
            call plan%add_weight('bias', shape_of([rows]))
            if (self%unit_forget_bias) plan%weights(3)%ones = [self%units + 1, 2*self%units]
         end if
      end if
      state = shape_of([self%units])
      if (self%return_sequences) then
         call add_output(plan, shape_of([self%units, in_shapes(1)%extent(2)]), error)
      else
         call add_output(plan, state, error)
      end if
      if (allocated(error)) return
      do i = 1, self%states()
         if (self%return_state .or. self%is_cell) call plan%add_output(state)
         if (self%stateful) call plan%add_state(state)
      end do
      plan%random = self%dropout > 0 .or. self%recurrent_dropout > 0
      plan%can_train = .true.
      plan%spares_dx = .true.
      plan%spares_cache = .true.
      places = packed_places(self, features)
      plan%packed_reals = places(4)
      plan%tangent = tangent_own
      if (in_shapes(1)%closed()) call state_memory(self, plan)
   end subroutine lay_out

   !> Memory: linear in the batch, whatever the chunks are.
   subroutine state_memory(self, plan)
      class(recurrent_t), intent(in) :: self
      type(plan_t), intent(inout) :: plan
      type(scan_t) :: none, one
      logical, parameter :: keeps(3) = [.false., .true., .true.]
      logical, parameter :: back(3) = [.false., .false., .true.]
      integer :: pass, steps
      steps = 1
      if (.not. self%is_cell) steps = plan%in_shapes(1)%extent(2)
      plan%cache = int(self%units, i8)*((steps + 1_i8)*self%states() + int(steps, i8)*self%slots())
      do pass = 1, 3
         none = scan_of(self, plan, 0, keeps(pass), keeps(pass), back(pass))
         one = scan_of(self, plan, 1, keeps(pass), keeps(pass), back(pass))
         plan%fixed_scratch = max(plan%fixed_scratch, none%used)
         plan%scratch = max(plan%scratch, one%used - none%used)
      end do
   end subroutine state_memory

   !> One sequence, as many initial states as there are states or none, and a mask or none.
   subroutine check_inputs(self, in_shapes, plan, error)
      class(recurrent_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(in) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer :: first, i, last, mask, rank, x
      rank = merge(1, 2, self%is_cell)
      x = plan%input_of(0, 'sequences')
      if (x /= 1) then
         call raise(error, fkb_err_argument, 'expected the sequence as the first input')
         return
      end if
      if (in_shapes(x)%rank /= rank .or. in_shapes(x)%extent(1) < 1) then
         call raise(error, fkb_err_argument, 'expected an input of shape '// &
                    trim(merge('(features,)      ', '(steps, features)', self%is_cell))// &
                    ' with known features, not '//in_shapes(x)%text())
         return
      end if
      call state_inputs(self, plan, first, last)
      if (last >= first .and. last - first + 1 /= self%states()) then
         call raise(error, fkb_err_argument, 'expected '//decimal(self%states())// &
                    ' initial state(s), not '//decimal(last - first + 1))
         return
      end if
      if (self%is_cell .and. last < first) then
         call raise(error, fkb_err_argument, 'expected the states as an argument of the cell')
         return
      end if
      do i = first, last
         if (in_shapes(i) == shape_of([self%units])) cycle
         call raise(error, fkb_err_argument, 'expected initial states of shape ('// &
                    decimal(self%units)//',), not '//in_shapes(i)%text())
         return
      end do
      mask = mask_input(self, plan)
      if (size(in_shapes) /= 1 + max(last - first + 1, 0) + min(mask, 1)) then
         call raise(error, fkb_err_argument, 'expected a sequence, a mask and initial states, '// &
                    'and nothing else')
         return
      end if
      if (mask == 0) return
      if (in_shapes(mask)%rank == 1 .and. &
          any(in_shapes(mask)%extent(1) == [open_extent, in_shapes(x)%extent(2)])) return
      if (in_shapes(mask)%rank == 1 .and. in_shapes(x)%extent(2) == open_extent) return
      call raise(error, fkb_err_argument, 'expected a mask with a value per step of '// &
                 in_shapes(x)%text()//', not '//in_shapes(mask)%text())
   end subroutine check_inputs

end module fkb_recurrent_dp
