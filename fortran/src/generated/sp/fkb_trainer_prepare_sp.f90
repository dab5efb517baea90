! Generated from train/fkb_trainer_prepare.fypp: edit that file and run tools/generate.py
!> Before a pass: checks, blocks, workspaces, sample weights.
submodule(fkb_trainer_sp:fkb_trainer_inner_sp) fkb_trainer_prepare_sp
   use fkb_batch_sp, only: batch_t
   use fkb_error, only: add_context, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_loss_sp, only: any_features, reduce_weighted_mean
   use fkb_shape, only: open_extent, shape_t
   use fkb_text, only: decimal
!$ use omp_lib, only: omp_get_max_threads, omp_in_parallel
   implicit none (type, external)

   !> Values and gradients of a block take about so many bytes; where that makes fewer than
   !> `least_columns` columns, as many as take `large_bytes`.
   integer(i8), parameter :: block_bytes = 8388608_i8, large_bytes = 134217728_i8
   integer, parameter :: least_columns = 32, most_columns = 512

   !> Operations of a block of images: one image makes products wide enough, and threads share them.
   real(dp), parameter :: image_work = 4e8_dp

   !> Operations for which another thread pays: about half a millisecond of one core.
   real(dp), parameter :: least_work = 6e7_dp

contains

   module procedure prepare_batch
      call check_batch(self, inputs, targets, cut%batch, error)
      if (.not. allocated(error)) call cut_batch(self, cut)
      if (.not. allocated(error)) call prepare_benches(self, inputs, cut, error)
      if (.not. allocated(error)) call prepare_goals(self, targets, cut, error, weights)
   end procedure prepare_batch

   !> The right number of arrays, all with the same number of samples.
   subroutine check_batch(self, inputs, targets, batch, error)
      type(trainer_t), intent(in) :: self
      type(host_t), intent(in) :: inputs(:), targets(:)
      integer, intent(out) :: batch
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      batch = 0
      if (.not. associated(self%net)) then
         call raise(error, fkb_err_argument, 'the trainer has no network: call "init" first')
         return
      end if
      call self%net%can_train(error)
      if (allocated(error)) return
      if (size(self%grad) /= size(self%net%params)) then
         call raise(error, fkb_err_argument, 'the network has changed: call "init" again')
      else if (size(inputs) /= size(self%net%inputs) .or. size(targets) /= size(self%losses)) then
         call raise(error, fkb_err_argument, 'the network has '//decimal(size(self%net%inputs))// &
                    ' inputs and '//decimal(size(self%losses))//' outputs, '// &
                    decimal(size(inputs))//' and '//decimal(size(targets))//' arrays were given')
      else
         batch = inputs(1)%batch()
         do k = 1, size(inputs)
            if (inputs(k)%batch() /= batch) batch = -1
         end do
         do k = 1, size(targets)
            if (allocated(self%losses(k)%loss) .and. targets(k)%batch() /= batch) batch = -1
         end do
         if (batch < 1) then
            call raise(error, fkb_err_argument, 'the arrays have no samples, or different'// &
                       ' numbers of them (their last dimension)')
         end if
      end if
   end subroutine check_batch

   !> Blocks that keep their values in cache, and lanes that fit into memory.
   subroutine cut_batch(self, cut)
      type(trainer_t), intent(in) :: self
      type(cut_t), intent(inout) :: cut
      integer(i8) :: column, n_params
      real(dp) :: image, work
      integer :: i
      column = 1
      do i = 1, size(self%net%graph%values)
         column = column + abs(self%net%graph%values(i)%shape%count())
      end do
      column = 2*column
      do i = 1, size(self%net%graph%nodes)
         column = column + self%net%graph%nodes(i)%plan%cache
      end do
      column = column*(storage_size(1.0_wp)/8)
      cut%columns = int(min(int(most_columns, i8), block_bytes/column))
      if (cut%columns < least_columns) cut%columns = int(max(1_i8, min(int(least_columns, i8), &
         large_bytes/column)))
      if (cut%columns > 16) cut%columns = cut%columns - mod(cut%columns, 16)
      image = 6*products_of(self, least_rank=3)
      if (image*cut%columns > image_work) cut%columns = max(1, int(image_work/image))
      cut%columns = min(cut%columns, cut%batch)
      if (is_coupled(self)) cut%columns = cut%batch
      cut%blocks = (cut%batch - 1)/cut%columns + 1
      n_params = max(1_i8, size(self%grad, kind=i8))
      cut%lanes = int(min(int(cut%blocks, i8), int(most_lanes, i8), 1_i8 + 2_i8**28/n_params))
      work = 6*products_of(self, least_rank=1)*cut%batch
!$    if (.not. omp_in_parallel()) cut%threads = min(omp_get_max_threads(), cut%lanes, &
!$ 1 + int(min(work/least_work, 1e6_dp)))
   end subroutine cut_batch

   module procedure is_coupled
      integer :: k
      is_coupled = self%net%has_batch_coupling() .or. any(self%net%graph%output_masks > 0)
      do k = 1, size(self%losses)
         if (.not. allocated(self%losses(k)%loss)) cycle
         is_coupled = is_coupled .or. self%losses(k)%loss%couples_batch()
      end do
   end procedure is_coupled

   !> Multiplications of one sample forward, about: every weight at every position.
   pure real(dp) function products_of(self, least_rank) result(products)
      type(trainer_t), intent(in) :: self
      integer, intent(in) :: least_rank      !! of the tensors that count: 3 for those of images
      integer :: i
      products = 0
      do i = 1, size(self%net%graph%nodes)
         associate (plan => self%net%graph%nodes(i)%plan)
            if (max(plan%in_shapes(1)%rank, plan%out_shapes(1)%rank) < least_rank) cycle
            products = products + real(plan%weight_count(), dp)* &
               max(positions(plan%in_shapes(1)), positions(plan%out_shapes(1)))
         end associate
      end do
   end function products_of

   !> Values along all axes but Keras's last; an open axis counts as one.
   pure real(dp) function positions(shape)
      type(shape_t), intent(in) :: shape
      integer :: i
      positions = 1
      do i = 2, shape%rank
         positions = positions*max(1, shape%extent(i))
      end do
   end function positions

   !> A workspace for each thread, and gradients for each lane.
   subroutine prepare_benches(self, inputs, cut, error)
      type(trainer_t), intent(inout) :: self
      type(host_t), intent(in) :: inputs(:)
      type(cut_t), intent(in) :: cut
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: shapes(size(inputs))
      integer :: i, k
      do k = 1, size(inputs)
         call close_shape(self, inputs(k), k, shapes(k), error)
         if (allocated(error)) return
      end do
      if (allocated(self%benches)) then
         if (size(self%benches) < cut%threads) then
            do i = 1, size(self%benches)
               call self%benches(i)%work%clear()
            end do
            deallocate (self%benches)
         end if
      end if
      if (.not. allocated(self%benches)) allocate (self%benches(cut%threads))
      do i = 1, cut%threads
         call self%benches(i)%work%prepare(self%net, shapes, cut%columns, error, training=.true.)
         if (allocated(error)) return
      end do
      if (cut%lanes == 1) return
      if (allocated(self%lane_grad)) then
         if (size(self%lane_grad, 2) < cut%lanes - 1) deallocate (self%lane_grad)
      end if
      if (.not. allocated(self%lane_grad)) then
         allocate (self%lane_grad(size(self%grad), cut%lanes - 1), stat=i)
         if (i /= 0) call raise(error, fkb_err_argument, 'not enough memory for the gradients')
      end if
   end subroutine prepare_benches

   !> The shape of input `k`; its only open extent follows from what the host gives.
   subroutine close_shape(self, input, k, shape, error)
      type(trainer_t), intent(in) :: self
      type(host_t), intent(in) :: input
      integer, intent(in) :: k
      type(shape_t), intent(out) :: shape
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: host
      integer :: at, i
      shape = self%net%graph%values(self%net%graph%inputs(k))%shape
      host = shape
      if (allocated(self%net%inputs(k)%chosen)) host%extent(1) = self%net%inputs(k)%host_elements
      at = 0
      do i = 1, host%rank
         if (host%extent(i) == open_extent) at = merge(i, -1, at == 0)
      end do
      if (at < 0) then
         call raise(error, fkb_err_unsupported, 'input '//decimal(k)//' has the open shape '// &
                    shape%text()//': only one open dimension can be trained on')
         return
      else if (at > 0) then
         host%extent(at) = 1
         i = max(1, int(host%count()))
         host%extent(at) = input%features()/i
         shape%extent(at) = host%extent(at)
      end if
      if (host%count() /= input%features()) then
         call raise(error, fkb_err_argument, 'input '//decimal(k)//' takes '// &
                    decimal(host%count())//' values a sample, '//decimal(input%features())// &
                    ' were given')
      end if
   end subroutine close_shape

   !> Shapes, sample weights and factors of all outputs that have a loss.
   subroutine prepare_goals(self, targets, cut, error, weights)
      type(trainer_t), intent(inout), target :: self
      type(host_t), intent(in) :: targets(:)
      type(cut_t), intent(in) :: cut
      type(error_t), allocatable, intent(out) :: error
      type(host_t), intent(in), optional :: weights(:)
      integer :: i, k, most
      most = 0
      do k = 1, size(targets)
         if (.not. allocated(self%losses(k)%loss)) cycle
         if (present(weights)) then
            if (size(weights) /= 1 .and. size(weights) /= size(targets)) then
               call raise(error, fkb_err_argument, decimal(size(weights))//' arrays of sample'// &
                          ' weights were given for '//decimal(size(targets))//' outputs')
               return
            end if
            call prepare_goal(self, k, targets(k), cut, error, weights(min(k, size(weights))))
         else
            call prepare_goal(self, k, targets(k), cut, error)
         end if
         if (allocated(error)) then
            call add_context(error, 'output '//decimal(k))
            return
         end if
         most = max(most, self%goals(k)%targets*cut%columns)
      end do
      do i = 1, cut%threads
         if (allocated(self%benches(i)%targets)) then
            if (size(self%benches(i)%targets) >= most) cycle
            deallocate (self%benches(i)%targets)
         end if
         allocate (self%benches(i)%targets(most))
      end do
   end subroutine prepare_goals

   subroutine prepare_goal(self, k, target, cut, error, weights)
      type(trainer_t), intent(inout), target :: self
      integer, intent(in) :: k
      type(host_t), intent(in) :: target
      type(cut_t), intent(in) :: cut
      type(error_t), allocatable, intent(out) :: error
      type(host_t), intent(in), optional :: weights
      type(view_t) :: view
      logical :: fits
      view = self%net%output(self%benches(1)%work, k)
      associate (goal => self%goals(k), loss => self%losses(k)%loss)
         goal%shape = view%shape
         goal%positions = loss%positions(view%shape)
         goal%targets = loss%target_features(view%shape)
         fits = goal%targets /= any_features .and. goal%targets == view%shape%count()
         if (goal%targets == any_features) goal%targets = target%features()
         if (target%features() /= goal%targets) then
            call raise(error, fkb_err_argument, 'a target has '//decimal(goal%targets)// &
                       ' values a sample, '//decimal(target%features())//' were given')
            return
         end if
         if (self%net%outputs(k)%changes() .and. .not. fits) then
            call raise(error, fkb_err_unsupported, 'its transforms do not fit the targets of'// &
                       ' its loss')
            return
         end if
         call fill_weights(goal, cut%batch, loss%reduction == reduce_weighted_mean, error, weights)
         goal%masked = loss%looks_ahead()
      end associate
      self%goals(k)%weighted = present(weights)
      if (self%goals(k)%masked .and. .not. allocated(error)) call look_ahead(self, k, target, cut, &
                                                                             error)
   end subroutine prepare_goal

   !> Let a loss look at all targets, and leave positions out.
   subroutine look_ahead(self, k, target, cut, error)
      type(trainer_t), intent(inout), target :: self
      integer, intent(in) :: k
      type(host_t), intent(in) :: target
      type(cut_t), intent(in) :: cut
      type(error_t), allocatable, intent(out) :: error
      type(batch_t) :: batch
      real(wp), allocatable :: memory(:)
      real(wp), pointer, contiguous :: mask(:, :), y_true(:, :)
      integer :: n
      associate (goal => self%goals(k))
         n = goal%positions*cut%batch
         if (allocated(goal%mask)) then
            if (size(goal%mask) < n) deallocate (goal%mask)
         end if
         if (.not. allocated(goal%mask)) allocate (goal%mask(n))
         goal%mask = 1
         allocate (memory(goal%targets*cut%batch))
         call fetch_target(target, self%net%outputs(k), goal, 1, cut%batch, memory, y_true)
         mask => columns_of(goal%mask, goal%positions, 1, cut%batch)
         batch%samples = cut%batch
         batch%step = self%state%iteration
         batch%weighted = goal%weighted .or. self%net%graph%output_masks(k) > 0
         batch%inputs = inputs_of(self, self%benches(1))
         call self%losses(k)%loss%check_target(goal%shape, y_true, error)
         if (allocated(error)) return
         call self%losses(k)%loss%begin_batch(batch, goal%shape, y_true, mask, error)
      end associate
   end subroutine look_ahead

   module procedure inputs_of
      integer :: k
      allocate (views(size(self%net%graph%inputs)))
      do k = 1, size(views)
         views(k) = self%net%pass_value(bench%work, self%net%graph%inputs(k))
      end do
   end procedure inputs_of

   !> The sample weights of one output for each position; ones where none are given.
   subroutine fill_weights(goal, batch, weighted_mean, error, weights)
      type(goal_t), intent(inout) :: goal
      integer, intent(in) :: batch
      logical, intent(in) :: weighted_mean
      type(error_t), allocatable, intent(out) :: error
      type(host_t), intent(in), optional :: weights
      integer :: i, j, n, row
      n = goal%positions
      if (allocated(goal%weights)) then
         if (size(goal%weights) < n*batch) deallocate (goal%weights)
      end if
      if (.not. allocated(goal%weights)) allocate (goal%weights(n*batch))
      if (.not. present(weights)) then
         goal%weights = 1
         return
      end if
      if (weights%batch() /= batch .or. all([1, n] /= weights%features())) then
         call raise(error, fkb_err_argument, 'sample weights are one value or '//decimal(n)// &
                    ' values for each of '//decimal(batch)//' samples, '// &
                    decimal(weights%features())//' for '//decimal(weights%batch())//' were given')
         return
      else if (weighted_mean .and. weights%features() /= n) then
         call raise(error, fkb_err_unsupported, 'the reduction "mean_with_sample_weight" needs'// &
                    ' a weight for each of '//decimal(n)//' positions')
         return
      end if
      do j = 1, batch
         do i = 1, n
            row = min(i, weights%features())
            if (associated(weights%s)) then
               goal%weights((j - 1)*n + i) = real(weights%s(row, j), wp)
            else
               goal%weights((j - 1)*n + i) = real(weights%d(row, j), wp)
            end if
         end do
      end do
   end subroutine fill_weights

   module procedure columns_of
      matrix(1:rows, 1:columns) => vector((first - 1)*rows + 1:(first + columns - 1)*rows)
   end procedure columns_of

end submodule fkb_trainer_prepare_sp
