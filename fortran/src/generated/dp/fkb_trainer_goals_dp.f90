! Generated from train/fkb_trainer_goals.fypp: edit that file and run tools/generate.py
!> The loss of one output of a block: targets, predictions or logits, masks, gradient.
submodule(fkb_trainer_dp:fkb_trainer_inner_dp) fkb_trainer_goals_dp
   use fkb_activations, only: act_sigmoid, act_softmax
   use fkb_batch_dp, only: batch_t
   use fkb_error, only: fkb_err_unsupported, raise
   use fkb_host_dp, only: take_target
   use fkb_text, only: decimal
   implicit none (type, external)

contains

   module procedure evaluate_goal
      type(batch_t) :: batch
      type(view_t) :: given, gradient
      real(wp), allocatable :: kept(:, :)
      real(wp), pointer, contiguous :: y_true(:, :), weights(:, :)
      real(dp) :: divisor, factor, total
      associate (goal => self%goals(k), loss => self%losses(k)%loss)
         call fetch_target(target, self%net%outputs(k), goal, first, columns, bench%targets, y_true)
         call loss%check_target(goal%shape, y_true, bench%error)
         if (allocated(bench%error)) return
         weights => columns_of(goal%weights, goal%positions, first, columns)
         batch%samples = cut%total
         batch%first = cut%before + first
         batch%step = self%state%iteration
         batch%weighted = goal%weighted
         batch%inputs = inputs_of(self, bench)
         call find_prediction(self, bench, k, batch, given)
         gradient = self%net%output_gradient(bench%work, k, batch%on_logits)
         if (self%net%graph%output_masks(k) > 0 .or. goal%masked) then
            call keep_unmasked(self, bench, k, first, weights, batch%weighted, kept, divisor, &
                               bench%error)
            if (allocated(bench%error)) return
            call loss%evaluate_in(batch, goal%shape, y_true, given%v, kept, total, gradient%v)
         else
            divisor = goal%normaliser
            call loss%evaluate_in(batch, goal%shape, y_true, given%v, weights, total, gradient%v)
         end if
         factor = self%losses(k)%weight/divisor
         gradient%v = real(factor, wp)*gradient%v
         value = value + factor*total
         sum_of_losses = sum_of_losses + total*(goal%normaliser/divisor)
      end associate
   end procedure evaluate_goal

   !> The output, or what its last activation was applied to where the loss wants that.
   subroutine find_prediction(self, bench, k, batch, given)
      type(trainer_t), intent(in), target :: self
      type(bench_t), intent(in), target :: bench
      integer, intent(in) :: k
      type(batch_t), intent(inout) :: batch
      type(view_t), intent(out) :: given
      integer, parameter :: activations(2) = [act_sigmoid, act_softmax]
      integer :: i
      if (self%losses(k)%loss%prefers_logits()) then
         do i = 1, size(activations)
            given = self%net%output_logits(bench%work, k, activations(i))
            batch%activation = activations(i)
            batch%on_logits = associated(given%v)
            if (batch%on_logits) return
         end do
      end if
      given = self%net%output(bench%work, k)
   end subroutine find_prediction

   !> Sample weights without the positions that the loss or the mask of an output leaves out, and
   !> what the sum of the loss is divided by: Keras's mean is that over the others. With a mask of
   !> the output the batch is one block.
   subroutine keep_unmasked(self, bench, k, first, weights, weighted, kept, divisor, error)
      type(trainer_t), intent(in), target :: self
      type(bench_t), intent(in), target :: bench
      integer, intent(in) :: k, first
      real(wp), intent(in), contiguous :: weights(:, :)
      logical, intent(inout) :: weighted
      real(wp), allocatable, intent(out) :: kept(:, :)
      real(dp), intent(out) :: divisor
      type(error_t), allocatable, intent(out) :: error
      type(view_t) :: mask
      real(wp), allocatable :: both(:, :)
      real(wp), pointer, contiguous :: left(:, :)
      associate (goal => self%goals(k), loss => self%losses(k)%loss)
         divisor = goal%normaliser
         allocate (both(size(weights, 1), size(weights, 2)), source=1.0_wp)
         if (goal%masked) then
            left => columns_of(goal%mask, goal%positions, first, size(weights, 2))
            both = left
         end if
         allocate (kept, source=weights*both)
         if (self%net%graph%output_masks(k) == 0) return
         mask = self%net%pass_value(bench%work, self%net%graph%output_masks(k))
         if (size(mask%v) /= size(weights)) then
            call raise(error, fkb_err_unsupported, 'output '//decimal(k)//' has a mask of'// &
                       ' shape '//mask%shape%text()//', which does not fit the '// &
                       decimal(goal%positions)//' positions of a sample that its loss has')
            return
         end if
         weighted = .true.
         both = both*mask%v
         kept = kept*mask%v
         divisor = loss%normaliser(goal%shape, size(weights, 2), kept, both)
      end associate
   end subroutine keep_unmasked

   module procedure fetch_target
      real(wp), pointer, contiguous :: whole(:, :)
      whole => target%same()
      if (associated(whole) .and. .not. port%changes()) then
         y_true => whole(:, first:first + columns - 1)
         return
      end if
      y_true(1:goal%targets, 1:columns) => memory(:goal%targets*columns)
      if (port%changes()) then
         call take_target(target, port, goal%shape%extent(1), first, y_true)
      else if (associated(target%s)) then
         y_true = real(target%s(:, first:first + columns - 1), wp)
      else
         y_true = real(target%d(:, first:first + columns - 1), wp)
      end if
   end procedure fetch_target

end submodule fkb_trainer_goals_dp
