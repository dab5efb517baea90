! Generated from train/fkb_trainer_pass.fypp: edit that file and run tools/generate.py
!> One batch: blocks, lanes and threads; loss, gradient and the step.
submodule(fkb_trainer_sp:fkb_trainer_inner_sp) fkb_trainer_pass_sp
   use fkb_activations, only: act_sigmoid, act_softmax
   use fkb_error, only: fkb_err_argument, raise
   use fkb_gradient_sp, only: add_lanes, add_penalties, check_finite
   use fkb_preparation_sp, only: prepare_weights, prepares_training
   use fkb_text, only: decimal
!$ use omp_lib, only: omp_get_thread_num
   implicit none (type, external)

contains

   module procedure step_hosts
      call self%gradient_hosts(inputs, targets, loss, error, weights)
      if (.not. allocated(error)) call make_step(self, error)
   end procedure step_hosts

   module procedure accept
      if (.not. allocated(self%benches)) then
         call raise(error, fkb_err_argument, 'there is no gradient to accept: call'// &
                    ' "gradient" first')
         return
      end if
      call check_finite(0.0_dp, self%grad, error)
      if (.not. allocated(error)) call make_step(self, error)
   end procedure accept

   !> The step of the gradient of the last batch, and what layers change themselves.
   subroutine make_step(self, error)
      type(trainer_t), intent(inout), target :: self
      type(error_t), allocatable, intent(out) :: error
      type(mode_t) :: mode
      mode = training_mode(self, .true., 1)
      call prepare_weights(self%net%graph, self%net%params, mode)
      call self%optimizer%step(self%net%params, self%grad, self%state, self%net%graph%segments, &
                               error)
      if (allocated(error)) return
      call update_layers(self, mode)
   end subroutine make_step

   module procedure settle
      if (allocated(self%benches)) call update_layers(self, training_mode(self, .true., 1))
   end procedure settle

   !> What a step changes besides the weights that are trained.
   subroutine update_layers(self, mode)
      type(trainer_t), intent(inout), target :: self
      type(mode_t), intent(in) :: mode
      call self%net%update_pass(self%benches(1)%work, mode)
      if (self%net%keeps_state()) call self%recurrent%advance()
      call forget_old(self)
   end subroutine update_layers

   module procedure apply
      if (.not. associated(self%net)) then
         call raise(error, fkb_err_argument, 'the trainer has no network: call "init" first')
      else if (size(grad) /= size(self%grad)) then
         call raise(error, fkb_err_argument, 'the gradient has '//decimal(size(grad))// &
                    ' values, the network '//decimal(size(self%grad))//' weights')
      else
         call self%net%can_train(error)
         if (allocated(error)) return
         self%grad = grad
         call check_finite(0.0_dp, self%grad, error)
         if (allocated(error)) return
         call self%optimizer%step(self%net%params, self%grad, self%state, self%net%graph%segments, &
                                  error)
         if (.not. allocated(error)) call forget_old(self)
      end if
   end procedure apply

   module procedure last_gradient
      allocate (grad(0))
      if (allocated(self%grad)) grad = self%grad
   end procedure last_gradient

   module procedure finish
      if (.not. associated(self%net)) return
      call self%net%thaw()
      call self%optimizer%finish(self%net%params, self%state, self%net%graph%segments)
      if (self%optimizer%use_ema) call forget_old(self)
   end procedure finish

   !> What came with the old weights is old now: the optimizer's state, which `store` writes anew,
   !> and the recorded samples.
   subroutine forget_old(self)
      type(trainer_t), intent(inout) :: self
      if (allocated(self%net%optimizer_state)) then
         if (size(self%net%optimizer_state) > 0) deallocate (self%net%optimizer_state)
      end if
      if (.not. allocated(self%net%optimizer_state)) allocate (self%net%optimizer_state(0))
      call self%net%document%drop_samples()
   end subroutine forget_old

   module procedure gradient_hosts
      type(cut_t) :: cut
      real(wp), allocatable :: kept(:)
      loss = 0
      call prepare_batch(self, inputs, targets, cut, error, weights)
      if (.not. allocated(error)) call begin_state(self, cut%batch, error)
      call agree_on_batch(self, cut, error)
      if (allocated(error)) return
      if (prepares_training(self%net%graph)) kept = self%net%params
      call prepare_weights(self%net%graph, self%net%params, training_mode(self, .true., 1))
      call gradient_of_batch(self, inputs, targets, cut, loss, error)
      if (allocated(kept)) self%net%params = kept
      if (.not. allocated(error)) call update_metrics(self, targets, cut, present(weights), error)
   end procedure gradient_hosts

   subroutine gradient_of_batch(self, inputs, targets, cut, loss, error)
      type(trainer_t), intent(inout), target :: self
      type(host_t), intent(in) :: inputs(:), targets(:)
      type(cut_t), intent(in) :: cut
      real(dp), intent(out) :: loss
      type(error_t), allocatable, intent(out) :: error
      call run_lanes(self, inputs, targets, cut, loss, error)
      if (cut%lanes > 1 .and. .not. allocated(error)) call add_lanes(size(self%grad, kind=i8), &
         cut%lanes - 1, cut%threads, self%lane_grad, self%grad)
      call sum_over_ranks(self, cut, loss, error)
      if (allocated(error)) return
      call add_penalties(self%net%graph%segments, self%net%params, self%grad, loss)
      call check_finite(loss, self%grad, error)
   end subroutine gradient_of_batch

   module procedure evaluate_hosts
      type(cut_t) :: cut
      loss = 0
      call prepare_batch(self, inputs, targets, cut, error, weights)
      cut%training = .false.
      if (.not. allocated(error)) call begin_state(self, cut%batch, error)
      call agree_on_batch(self, cut, error)
      if (allocated(error)) return
      call run_lanes(self, inputs, targets, cut, loss, error)
      call sum_over_ranks(self, cut, loss, error)
      if (allocated(error)) return
      call add_penalties(self%net%graph%segments, self%net%params, self%grad, loss)
      if (self%net%keeps_state()) call self%recurrent%advance()
      call update_metrics(self, targets, cut, present(weights), error)
   end procedure evaluate_hosts

   !> A stateful network begins with zeros and goes on from step to step; `recurrent%clear()` begins
   !> anew.
   subroutine begin_state(self, batch, error)
      type(trainer_t), intent(inout) :: self
      integer, intent(in) :: batch
      type(error_t), allocatable, intent(out) :: error
      if (.not. self%net%keeps_state()) return
      if (.not. allocated(self%recurrent%values)) then
         call self%net%make_state(self%recurrent, batch, error)
         if (allocated(error)) return
      else if (self%recurrent%columns() /= batch) then
         call raise(error, fkb_err_argument, 'the network is stateful and its state has '// &
            decimal(self%recurrent%columns())//' columns, the batch '//decimal(batch)// &
            ' samples: train with batches of one size, or clear the state')
         return
      end if
      call self%recurrent%begin()
   end subroutine begin_state

   !> The mode of a pass that begins with this sample of the batch.
   pure type(mode_t) function training_mode(self, training, first) result(mode)
      type(trainer_t), intent(in) :: self
      logical, intent(in) :: training
      integer, intent(in) :: first
      mode%training = training
      mode%seed = self%seed
      mode%step = self%state%iteration
      mode%first_sample = first
   end function training_mode

   !> All lanes; the loss is the sum over lanes in order.
   subroutine run_lanes(self, inputs, targets, cut, loss, error)
      type(trainer_t), intent(inout), target :: self
      type(host_t), intent(in) :: inputs(:), targets(:)
      type(cut_t), intent(in) :: cut
      real(dp), intent(out) :: loss
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: values(most_lanes), totals(size(targets), most_lanes)
      integer :: k, lane, thread
      values = 0
      totals = 0
      if (self%measuring) call make_room(self, cut)
      !$omp parallel do default(none) shared(self, inputs, targets, cut, values, totals) &
      !$omp private(lane, thread) num_threads(cut%threads) schedule(static, 1)
      do lane = 1, cut%lanes
         thread = 1
!$       if (cut%threads > 1) thread = 1 + omp_get_thread_num()
         if (lane == 1) then
            call run_lane(self, self%benches(thread), self%recurrent, inputs, targets, cut, lane, &
                          values(lane), totals(:, lane), self%grad)
         else
            call run_lane(self, self%benches(thread), self%recurrent, inputs, targets, cut, lane, &
                          values(lane), totals(:, lane), self%lane_grad(:, lane - 1))
         end if
      end do
      !$omp end parallel do
      loss = sum(values)
      do k = 1, size(targets)
         self%output_losses(k) = sum(totals(k, :))/self%goals(k)%normaliser
      end do
      do thread = 1, cut%threads
         if (allocated(self%benches(thread)%error)) then
            call move_alloc(self%benches(thread)%error, error)
         end if
      end do
   end subroutine run_lanes

   !> Every `lanes`-th block, from block `lane` on.
   subroutine run_lane(self, bench, recurrent, inputs, targets, cut, lane, value, &
                       totals, grad)
      type(trainer_t), intent(inout), target :: self
      type(bench_t), intent(inout), target :: bench
      type(state_t), intent(inout) :: recurrent          !! each lane has its own columns
      type(host_t), intent(in) :: inputs(:), targets(:)
      type(cut_t), intent(in) :: cut
      integer, intent(in) :: lane
      real(dp), intent(inout) :: value
      real(dp), intent(inout) :: totals(:)               !! sums of the losses, one per output
      real(wp), intent(out), contiguous :: grad(:)
      integer :: block, first
      grad = 0
      do block = lane, cut%blocks, cut%lanes
         if (allocated(bench%error)) return
         first = (block - 1)*cut%columns + 1
         call run_block(self, bench, recurrent, inputs, targets, first, &
                        min(cut%columns, cut%batch - first + 1), cut, value, totals, grad)
      end do
   end subroutine run_lane

   !> Loss and gradient of the columns `first` to `first + columns - 1`, added to `value`, `grad`.
   subroutine run_block(self, bench, recurrent, inputs, targets, first, columns, cut, value, &
                        totals, grad)
      type(trainer_t), intent(inout), target :: self
      type(bench_t), intent(inout), target :: bench
      type(state_t), intent(inout) :: recurrent
      type(host_t), intent(in) :: inputs(:), targets(:)
      integer, intent(in) :: first, columns
      type(cut_t), intent(in) :: cut
      real(dp), intent(inout) :: value
      real(dp), intent(inout) :: totals(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(mode_t) :: mode
      integer :: k
      mode = training_mode(self, cut%training, cut%before + first)
      if (self%net%keeps_state()) then
         call self%net%forward_pass(inputs, first, columns, bench%work, mode, bench%error, &
                                    recurrent)
      else
         call self%net%forward_pass(inputs, first, columns, bench%work, mode, bench%error)
      end if
      do k = 1, size(targets)
         if (allocated(bench%error)) return
         if (allocated(self%losses(k)%loss)) then
            call evaluate_goal(self, bench, k, targets(k), first, columns, cut, value, totals(k))
         end if
      end do
      if (allocated(bench%error)) return
      if (self%measuring) call keep_outputs(self, bench, first, columns)
      value = value + self%net%activity_penalty(bench%work)/cut%total
      if (.not. cut%training) return
      call self%net%backward_pass(bench%work, mode, 1/real(cut%total, wp), grad, &
                                  weights_only=.true.)
   end subroutine run_block

   !> Room for the outputs of a whole batch, for the metrics.
   subroutine make_room(self, cut)
      type(trainer_t), intent(inout) :: self
      type(cut_t), intent(in) :: cut
      integer(i8) :: n
      integer :: k
      do k = 1, size(self%goals)
         associate (goal => self%goals(k))
            n = int(cut%batch, i8)*goal%shape%count()
            if (allocated(goal%outputs)) then
               if (size(goal%outputs) < n) deallocate (goal%outputs, goal%logits)
            end if
            if (.not. allocated(goal%outputs)) allocate (goal%outputs(n), goal%logits(n))
            n = int(cut%batch, i8)*goal%targets
            if (allocated(goal%truth)) then
               if (size(goal%truth) < n) deallocate (goal%truth)
            end if
            if (.not. allocated(goal%truth)) allocate (goal%truth(n))
            goal%on_logits = .false.
         end associate
      end do
   end subroutine make_room

   !> Keep the outputs of a block for the metrics of the whole batch.
   subroutine keep_outputs(self, bench, first, columns)
      type(trainer_t), intent(inout), target :: self
      type(bench_t), intent(in), target :: bench
      integer, intent(in) :: first, columns
      real(wp), pointer, contiguous :: kept(:, :)
      type(view_t) :: view
      integer :: k
      do k = 1, size(self%losses)
         if (.not. allocated(self%losses(k)%loss)) cycle
         view = self%net%output(bench%work, k)
         kept => columns_of(self%goals(k)%outputs, size(view%v, 1), first, columns)
         kept = view%v
         if (.not. self%metrics%prefers_logits(k)) cycle
         view = self%net%output_logits(bench%work, k, act_sigmoid)
         if (.not. associated(view%v)) view = self%net%output_logits(bench%work, k, act_softmax)
         if (.not. associated(view%v)) cycle
         kept => columns_of(self%goals(k)%logits, size(view%v, 1), first, columns)
         kept = view%v
         self%goals(k)%on_logits = .true.
      end do
   end subroutine keep_outputs

   !> Add a batch to the metrics of all outputs.
   subroutine update_metrics(self, targets, cut, weighted, error)
      type(trainer_t), intent(inout), target :: self
      type(host_t), intent(in) :: targets(:)
      type(cut_t), intent(in) :: cut
      logical, intent(in) :: weighted             !! sample weights were given
      type(error_t), allocatable, intent(out) :: error
      real(wp), pointer, contiguous :: y_true(:, :), y_pred(:, :), logits(:, :), weights(:, :)
      real(wp), pointer, contiguous :: mask(:, :)
      type(view_t) :: view
      integer :: k, n
      if (.not. self%measuring) return
      do k = 1, size(self%losses)
         if (.not. allocated(self%losses(k)%loss)) cycle
         associate (goal => self%goals(k))
            n = int(goal%shape%count())
            call fetch_target(targets(k), self%net%outputs(k), goal, 1, cut%batch, goal%truth, &
                              y_true)
            y_pred => columns_of(goal%outputs, n, 1, cut%batch)
            nullify (logits, mask, weights)       ! absent
            if (self%net%graph%output_masks(k) > 0) then      ! the batch is one block
               view = self%net%pass_value(self%benches(1)%work, self%net%graph%output_masks(k))
               mask => view%v
            end if
            if (goal%on_logits) logits => columns_of(goal%logits, n, 1, cut%batch)
            if (weighted) weights => columns_of(goal%weights, goal%positions, 1, cut%batch)
            call self%metrics%update(k, goal%shape, y_true, y_pred, error, weights, mask, logits)
         end associate
         if (allocated(error)) return
      end do
   end subroutine update_metrics

end submodule fkb_trainer_pass_sp
