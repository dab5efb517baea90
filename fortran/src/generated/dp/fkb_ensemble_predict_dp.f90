! Generated from couple/fkb_ensemble_predict.fypp: edit that file and run tools/generate.py
!> Predictions of an ensemble: members and blocks of columns are tasks, shared out among threads.
submodule(fkb_ensemble_dp) fkb_ensemble_predict_dp
   use fkb_crew_dp, only: grow, threads_for
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_host_dp, only: give, host_t, take
   use fkb_network_dp, only: workspace_t
   use fkb_random_dp, only: normal_values
   use fkb_text, only: decimal
!$ use omp_lib, only: omp_get_thread_num
   implicit none (type, external)

   !> Columns that a network computes at a time, and those that all members compute in one pass.
   integer, parameter :: block_columns = 512, pass_columns = 4096

contains

   module procedure predict_sp
      real(sp), pointer, contiguous :: all(:, :, :)
      integer(i8) :: room
      integer :: first, last, n, noise_step
      call check_call(self, [size(x, 2), size(mean, 2)], size(mean, 1), error)
      if (present(spread) .and. .not. allocated(error)) then
         call check_size('spread', shape(spread), shape(mean), error)
      end if
      if (present(columns) .and. .not. allocated(error)) then
         if (size(columns) /= size(x, 2)) call raise(error, fkb_err_argument, 'there are '// &
            decimal(size(x, 2))//' columns and '//decimal(size(columns))//' numbers of them')
      end if
      if (present(members) .and. .not. allocated(error)) then
         call check_size('members', shape(members), [shape(mean), self%members()], error)
      end if
      if (allocated(error)) return
      noise_step = 0
      if (present(step)) noise_step = step
      call number_columns(size(x, 2), work%numbers, first_column, columns)
      call begin_states(self, size(x, 2), threads_for(huge(1)), work, error, state)
      if (allocated(error)) return
      n = min(pass_columns, size(x, 2))
      room = size(mean, 1, kind=i8)*n*self%members()
      if (allocated(work%all_sp)) then
         if (size(work%all_sp, kind=i8) < room) deallocate (work%all_sp)
      end if
      if (.not. allocated(work%all_sp)) allocate (work%all_sp(room))
      call spread_weights(self, work%weights)
      do first = 1, size(x, 2), pass_columns
         last = min(size(x, 2), first + pass_columns - 1)
         n = last - first + 1
         all(1:size(mean, 1), 1:n, 1:self%members()) => &
            work%all_sp(:size(mean, 1, kind=i8)*n*self%members())
         call run_members_sp(self, x(:, first:last), all, noise_step, first - 1, work, &
                            error)
         if (allocated(error)) return
         call reduce_sp(all, work%weights, mean(:, first:last))
         if (present(spread)) call disperse_sp(all, work%weights, spread(:, first:last))
         if (present(members)) members(:, first:last, :) = all
      end do
      call finish_states(work, state)
   end procedure predict_sp

   !> The answers of all members to the columns of a pass.
   subroutine run_members_sp(self, x, all, step, before, work, error)
      type(ensemble_t), intent(in) :: self
      real(sp), intent(in), contiguous, target :: x(:, :)         !! (features in, columns)
      real(sp), intent(inout), contiguous, target :: all(:, :, :) !! (out, columns, members)
      integer, intent(in) :: step
      integer, intent(in) :: before                 !! columns of the passes before
      type(ensemble_workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      integer :: count, task, thread, threads
      call cut(self, size(x, 2), work, count)
      threads = threads_for(count)
      call make_lanes(self, threads, count, work)
      !$omp parallel do default(none) shared(self, x, all, step, before, work, count) &
      !$omp shared(threads) private(task, thread) num_threads(threads) schedule(static)
      do task = 1, count
         thread = 1
!$       if (threads > 1) thread = 1 + omp_get_thread_num()
         associate (this => work%tasks(task))
            if (allocated(work%states(this%network)%values)) call fetch_states(this, size(x, 2), &
               before, work%columns, work%states(this%network), work%held(thread))
            call run_task_sp(self, this, x, all, step, &
                            work%numbers(before + 1:before + size(x, 2)), work%lanes(thread), &
                            work%crew%work(this%network, thread), work%held(thread), &
                            work%crew%outcomes(task)%error)
            if (allocated(work%states(this%network)%values)) call return_states(this, size(x, 2), &
               before, work%columns, work%held(thread), work%states(this%network))
         end associate
      end do
      !$omp end parallel do
      call work%crew%finish(error)
   end subroutine run_members_sp

   !> One task: straight from the host's columns, or with noise in the network's own numbers.
   subroutine run_task_sp(self, task, x, all, step, numbers, lane, work, state, error)
      type(ensemble_t), intent(in) :: self
      type(task_t), intent(in) :: task
      real(sp), intent(in), contiguous, target :: x(:, :)
      real(sp), intent(inout), contiguous, target :: all(:, :, :)
      integer, intent(in) :: step
      integer(i8), intent(in) :: numbers(:)         !! of the columns
      type(lane_t), intent(inout), target :: lane
      type(workspace_t), intent(inout) :: work
      type(state_t), intent(inout) :: state         !! of the task's columns, if there is one
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: host_x, inputs(1), outputs(1)
      real(sp), pointer, contiguous :: y(:, :)
      integer :: columns
      columns = task%last - task%first + 1
      associate (box => self%boxes(task%network), copies => self%copies(task%network))
         y(1:size(all, 1), 1:size(all, 2)*copies) => all(:, :, task%before + 1:task%before + copies)
         outputs(1)%s => y(:, task%first:task%last)
         if (self%noise > 0 .or. copies > 1) then
            host_x%s => x
            call disturb(self, task, host_x, step, numbers, lane, inputs(1))
            call run_disturbed(box%net, size(all, 1), columns, inputs, lane, outputs(1), work, &
                               state, error)
         else
            inputs(1)%s => x(:, task%first:task%last)
            if (box%net%keeps_state()) then
               call box%net%run(inputs, outputs, work, error, state=state)
            else
               call box%net%run(inputs, outputs, work, error)
            end if
         end if
         call add_context(error, box%name)
      end associate
   end subroutine run_task_sp

   !> Weighted means over the members.
   subroutine reduce_sp(all, weights, mean)
      real(sp), intent(in), contiguous :: all(:, :, :) !! (features out, columns, members)
      real(dp), intent(in) :: weights(:)                             !! (members)
      real(sp), intent(inout), contiguous :: mean(:, :)        !! (features out, columns)
      real(dp) :: all_weights, total
      integer :: i, j, k
      all_weights = sum(weights)
      do j = 1, size(mean, 2)
         do i = 1, size(mean, 1)
            total = 0
            do k = 1, size(weights)
               if (weights(k) > 0) total = total + weights(k)*real(all(i, j, k), dp)
            end do
            mean(i, j) = real(total/all_weights, sp)
         end do
      end do
   end subroutine reduce_sp

   !> Weighted standard deviations over the members, from means in real64.
   subroutine disperse_sp(all, weights, spread)
      real(sp), intent(in), contiguous :: all(:, :, :) !! (features out, columns, members)
      real(dp), intent(in) :: weights(:)                             !! (members)
      real(sp), intent(inout) :: spread(:, :)                  !! (features out, columns)
      real(dp) :: all_weights, degrees, mean, total
      integer :: i, j, k
      all_weights = sum(weights)
      degrees = 1
      if (count(weights > 0) > 1) degrees = all_weights - sum(weights**2)/all_weights
      do j = 1, size(spread, 2)
         do i = 1, size(spread, 1)
            mean = 0
            do k = 1, size(weights)
               if (weights(k) > 0) mean = mean + weights(k)*real(all(i, j, k), dp)
            end do
            mean = mean/all_weights
            total = 0
            do k = 1, size(weights)
               if (weights(k) > 0) total = total + weights(k)*(real(all(i, j, k), dp) - mean)**2
            end do
            spread(i, j) = real(sqrt(total/degrees), sp)
         end do
      end do
   end subroutine disperse_sp

   module procedure predict_dp
      real(dp), pointer, contiguous :: all(:, :, :)
      integer(i8) :: room
      integer :: first, last, n, noise_step
      call check_call(self, [size(x, 2), size(mean, 2)], size(mean, 1), error)
      if (present(spread) .and. .not. allocated(error)) then
         call check_size('spread', shape(spread), shape(mean), error)
      end if
      if (present(columns) .and. .not. allocated(error)) then
         if (size(columns) /= size(x, 2)) call raise(error, fkb_err_argument, 'there are '// &
            decimal(size(x, 2))//' columns and '//decimal(size(columns))//' numbers of them')
      end if
      if (present(members) .and. .not. allocated(error)) then
         call check_size('members', shape(members), [shape(mean), self%members()], error)
      end if
      if (allocated(error)) return
      noise_step = 0
      if (present(step)) noise_step = step
      call number_columns(size(x, 2), work%numbers, first_column, columns)
      call begin_states(self, size(x, 2), threads_for(huge(1)), work, error, state)
      if (allocated(error)) return
      n = min(pass_columns, size(x, 2))
      room = size(mean, 1, kind=i8)*n*self%members()
      if (allocated(work%all_dp)) then
         if (size(work%all_dp, kind=i8) < room) deallocate (work%all_dp)
      end if
      if (.not. allocated(work%all_dp)) allocate (work%all_dp(room))
      call spread_weights(self, work%weights)
      do first = 1, size(x, 2), pass_columns
         last = min(size(x, 2), first + pass_columns - 1)
         n = last - first + 1
         all(1:size(mean, 1), 1:n, 1:self%members()) => &
            work%all_dp(:size(mean, 1, kind=i8)*n*self%members())
         call run_members_dp(self, x(:, first:last), all, noise_step, first - 1, work, &
                            error)
         if (allocated(error)) return
         call reduce_dp(all, work%weights, mean(:, first:last))
         if (present(spread)) call disperse_dp(all, work%weights, spread(:, first:last))
         if (present(members)) members(:, first:last, :) = all
      end do
      call finish_states(work, state)
   end procedure predict_dp

   !> The answers of all members to the columns of a pass.
   subroutine run_members_dp(self, x, all, step, before, work, error)
      type(ensemble_t), intent(in) :: self
      real(dp), intent(in), contiguous, target :: x(:, :)         !! (features in, columns)
      real(dp), intent(inout), contiguous, target :: all(:, :, :) !! (out, columns, members)
      integer, intent(in) :: step
      integer, intent(in) :: before                 !! columns of the passes before
      type(ensemble_workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      integer :: count, task, thread, threads
      call cut(self, size(x, 2), work, count)
      threads = threads_for(count)
      call make_lanes(self, threads, count, work)
      !$omp parallel do default(none) shared(self, x, all, step, before, work, count) &
      !$omp shared(threads) private(task, thread) num_threads(threads) schedule(static)
      do task = 1, count
         thread = 1
!$       if (threads > 1) thread = 1 + omp_get_thread_num()
         associate (this => work%tasks(task))
            if (allocated(work%states(this%network)%values)) call fetch_states(this, size(x, 2), &
               before, work%columns, work%states(this%network), work%held(thread))
            call run_task_dp(self, this, x, all, step, &
                            work%numbers(before + 1:before + size(x, 2)), work%lanes(thread), &
                            work%crew%work(this%network, thread), work%held(thread), &
                            work%crew%outcomes(task)%error)
            if (allocated(work%states(this%network)%values)) call return_states(this, size(x, 2), &
               before, work%columns, work%held(thread), work%states(this%network))
         end associate
      end do
      !$omp end parallel do
      call work%crew%finish(error)
   end subroutine run_members_dp

   !> One task: straight from the host's columns, or with noise in the network's own numbers.
   subroutine run_task_dp(self, task, x, all, step, numbers, lane, work, state, error)
      type(ensemble_t), intent(in) :: self
      type(task_t), intent(in) :: task
      real(dp), intent(in), contiguous, target :: x(:, :)
      real(dp), intent(inout), contiguous, target :: all(:, :, :)
      integer, intent(in) :: step
      integer(i8), intent(in) :: numbers(:)         !! of the columns
      type(lane_t), intent(inout), target :: lane
      type(workspace_t), intent(inout) :: work
      type(state_t), intent(inout) :: state         !! of the task's columns, if there is one
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: host_x, inputs(1), outputs(1)
      real(dp), pointer, contiguous :: y(:, :)
      integer :: columns
      columns = task%last - task%first + 1
      associate (box => self%boxes(task%network), copies => self%copies(task%network))
         y(1:size(all, 1), 1:size(all, 2)*copies) => all(:, :, task%before + 1:task%before + copies)
         outputs(1)%d => y(:, task%first:task%last)
         if (self%noise > 0 .or. copies > 1) then
            host_x%d => x
            call disturb(self, task, host_x, step, numbers, lane, inputs(1))
            call run_disturbed(box%net, size(all, 1), columns, inputs, lane, outputs(1), work, &
                               state, error)
         else
            inputs(1)%d => x(:, task%first:task%last)
            if (box%net%keeps_state()) then
               call box%net%run(inputs, outputs, work, error, state=state)
            else
               call box%net%run(inputs, outputs, work, error)
            end if
         end if
         call add_context(error, box%name)
      end associate
   end subroutine run_task_dp

   !> Weighted means over the members.
   subroutine reduce_dp(all, weights, mean)
      real(dp), intent(in), contiguous :: all(:, :, :) !! (features out, columns, members)
      real(dp), intent(in) :: weights(:)                             !! (members)
      real(dp), intent(inout), contiguous :: mean(:, :)        !! (features out, columns)
      real(dp) :: all_weights, total
      integer :: i, j, k
      all_weights = sum(weights)
      do j = 1, size(mean, 2)
         do i = 1, size(mean, 1)
            total = 0
            do k = 1, size(weights)
               if (weights(k) > 0) total = total + weights(k)*real(all(i, j, k), dp)
            end do
            mean(i, j) = real(total/all_weights, dp)
         end do
      end do
   end subroutine reduce_dp

   !> Weighted standard deviations over the members, from means in real64.
   subroutine disperse_dp(all, weights, spread)
      real(dp), intent(in), contiguous :: all(:, :, :) !! (features out, columns, members)
      real(dp), intent(in) :: weights(:)                             !! (members)
      real(dp), intent(inout) :: spread(:, :)                  !! (features out, columns)
      real(dp) :: all_weights, degrees, mean, total
      integer :: i, j, k
      all_weights = sum(weights)
      degrees = 1
      if (count(weights > 0) > 1) degrees = all_weights - sum(weights**2)/all_weights
      do j = 1, size(spread, 2)
         do i = 1, size(spread, 1)
            mean = 0
            do k = 1, size(weights)
               if (weights(k) > 0) mean = mean + weights(k)*real(all(i, j, k), dp)
            end do
            mean = mean/all_weights
            total = 0
            do k = 1, size(weights)
               if (weights(k) > 0) total = total + weights(k)*(real(all(i, j, k), dp) - mean)**2
            end do
            spread(i, j) = real(sqrt(total/degrees), dp)
         end do
      end do
   end subroutine disperse_dp

   !> The inputs of a task in the network's own numbers, with noise.
   subroutine disturb(self, task, host, step, numbers, lane, input)
      type(ensemble_t), intent(in) :: self
      type(task_t), intent(in) :: task
      type(host_t), intent(in) :: host              !! the columns of the pass
      integer, intent(in) :: step
      integer(i8), intent(in) :: numbers(:)         !! of the columns
      type(lane_t), intent(inout), target :: lane
      type(host_t), intent(out) :: input
      real(wp), pointer, contiguous :: x(:, :)
      integer :: columns, elements, features, first, last, member, n
      n = host%batch()
      call network_side(self%boxes(task%network)%net, host%features(), features, elements)
      columns = task%last - task%first + 1
      call grow(lane%x, features*columns)
      call grow(lane%noise, features)
      x(1:features, 1:columns) => lane%x(:features*columns)
      first = task%first
      do while (first <= task%last)
         member = (first - 1)/n + 1
         last = min(task%last, member*n)
         call take(host, self%boxes(task%network)%net%inputs(1), elements, first - (member - 1)*n, &
                   x(:, first - task%first + 1:last - task%first + 1))
         call add_noise(self, task%before + member, step, &
                        numbers(first - (member - 1)*n:last - (member - 1)*n), &
                        lane%noise(:features), &
                        x(:, first - task%first + 1:last - task%first + 1))
         first = last + 1
      end do
      input%d => x
   end subroutine disturb

   !> Values of a sample and of its last axis in the network, for so many values of the host.
   subroutine network_side(net, host_features, features, elements)
      type(network_t), intent(in) :: net
      integer, intent(in) :: host_features
      integer, intent(out) :: features, elements
      associate (port => net%inputs(1), shape => net%graph%values(net%graph%inputs(1))%shape)
         elements = shape%extent(1)
         features = host_features
         if (allocated(port%chosen)) features = host_features/max(1, port%host_elements)*elements
         if (shape%rank == 0 .or. elements < 1) elements = max(1, features)
      end associate
   end subroutine network_side

   subroutine add_noise(self, member, step, numbers, z, x)
      type(ensemble_t), intent(in) :: self
      integer, intent(in) :: member
      integer, intent(in) :: step
      integer(i8), intent(in) :: numbers(:)            !! of the columns
      real(wp), intent(inout), contiguous :: z(:)      !! (features)
      real(wp), intent(inout), contiguous :: x(:, :)   !! (features, columns)
      integer :: j
      if (.not. self%noise > 0) return
      do j = 1, size(x, 2)
         call normal_values(self%seed, member, int(step, i8), numbers(j), size(z), z)
         x(:, j) = x(:, j) + real(self%noise, wp)*z
      end do
   end subroutine add_noise

   subroutine run_disturbed(net, features, columns, inputs, lane, host, work, state, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: features, columns          !! of the output
      type(host_t), intent(in) :: inputs(1)
      type(lane_t), intent(inout), target :: lane
      type(host_t), intent(in) :: host                  !! the output's place
      type(workspace_t), intent(inout) :: work
      type(state_t), intent(inout) :: state
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: outputs(1)
      real(wp), pointer, contiguous :: y(:, :)
      integer :: elements
      call grow(lane%y, features*columns)
      y(1:features, 1:columns) => lane%y(:features*columns)
      outputs(1)%d => y
      if (net%keeps_state()) then
         call net%run(inputs, outputs, work, error, raw=.true., state=state)
      else
         call net%run(inputs, outputs, work, error, raw=.true.)
      end if
      if (allocated(error)) return
      associate (shape => net%graph%values(net%graph%outputs(1))%shape)
         elements = shape%extent(1)
         if (shape%rank == 0 .or. elements < 1) elements = max(1, features)
      end associate
      call give(y, net%outputs(1), elements, 1, host)
   end subroutine run_disturbed

   !> Global numbers of columns.
   subroutine number_columns(count, numbers, first_column, columns)
      integer, intent(in) :: count
      integer(i8), allocatable, intent(inout) :: numbers(:)
      integer, intent(in), optional :: first_column
      integer, intent(in), optional :: columns(:)
      integer(i8) :: before
      integer :: j
      if (allocated(numbers)) then
         if (size(numbers) < count) deallocate (numbers)
      end if
      if (.not. allocated(numbers)) allocate (numbers(count))
      before = 0
      if (present(first_column)) before = first_column - 1_i8
      do j = 1, count
         numbers(j) = before + j
         if (present(columns)) numbers(j) = before + columns(j)
      end do
   end subroutine number_columns

   !> The weight of each member.
   pure subroutine spread_weights(self, weights)
      type(ensemble_t), intent(in) :: self
      real(dp), allocatable, intent(inout) :: weights(:)
      integer :: first, k
      if (allocated(weights)) then
         if (size(weights) /= self%members()) deallocate (weights)
      end if
      if (.not. allocated(weights)) allocate (weights(self%members()))
      first = 1
      do k = 1, size(self%weights)
         weights(first:first + self%copies(k) - 1) = self%weights(k)
         first = first + self%copies(k)
      end do
   end subroutine spread_weights

   !> Tasks of a pass; their bounds depend on the ensemble and the number of columns only.
   subroutine cut(self, columns, work, count)
      type(ensemble_t), intent(in) :: self
      integer, intent(in) :: columns
      type(ensemble_workspace_t), intent(inout) :: work
      integer, intent(out) :: count
      integer :: before, first, k
      count = sum((columns*self%copies + block_columns - 1)/block_columns)
      if (allocated(work%tasks)) then
         if (size(work%tasks) < count) deallocate (work%tasks)
      end if
      if (.not. allocated(work%tasks)) allocate (work%tasks(count))
      count = 0
      before = 0
      do k = 1, size(self%copies)
         do first = 1, columns*self%copies(k), block_columns
            count = count + 1
            work%tasks(count) = task_t(k, before, first, &
                                       min(first + block_columns - 1, columns*self%copies(k)))
         end do
         before = before + self%copies(k)
      end do
   end subroutine cut

   subroutine make_lanes(self, threads, tasks, work)
      type(ensemble_t), intent(in) :: self
      integer, intent(in) :: threads, tasks
      type(ensemble_workspace_t), intent(inout) :: work
      call work%crew%begin(size(self%boxes), threads, tasks)
      if (allocated(work%lanes)) then
         if (size(work%lanes) < threads) deallocate (work%lanes)
      end if
      if (.not. allocated(work%lanes)) allocate (work%lanes(threads))
   end subroutine make_lanes

   !> Refuse an ensemble without members or weight, and arrays of different numbers of columns.
   subroutine check_call(self, batches, features, error)
      type(ensemble_t), intent(in) :: self
      integer, intent(in) :: batches(2), features
      type(error_t), allocatable, intent(out) :: error
      integer :: expected
      if (self%members() == 0) then
         call raise(error, fkb_err_argument, 'the ensemble has no member: load or add some')
      else if (.not. sum(self%weights) > 0) then
         call raise(error, fkb_err_argument, 'all members of the ensemble have the weight 0')
      else if (.not. (self%noise >= 0 .and. self%noise <= huge(1.0_wp))) then
         call raise(error, fkb_err_argument, 'the noise of the ensemble is not 0 or more')
      else if (batches(1) /= batches(2)) then
         call raise(error, fkb_err_argument, 'the inputs have '//decimal(batches(1))// &
                    ' columns, the means '//decimal(batches(2)))
      else
         expected = self%boxes(1)%net%output_features(1)
         if (expected /= 0 .and. expected /= features) call raise(error, fkb_err_argument, &
            'the members give '//decimal(expected)//' values, the means have room for '// &
            decimal(features))
      end if
   end subroutine check_call

   subroutine check_size(name, given, expected, error)
      character(*), intent(in) :: name
      integer, intent(in) :: given(:), expected(:)
      type(error_t), allocatable, intent(out) :: error
      if (all(given == expected)) return
      call raise(error, fkb_err_argument, 'the shape of "'//name//'" is not that of the means')
   end subroutine check_size

   module procedure clear_workspace
      call self%crew%clear()
      if (allocated(self%tasks)) deallocate (self%tasks)
      if (allocated(self%lanes)) deallocate (self%lanes)
      if (allocated(self%weights)) deallocate (self%weights)
      if (allocated(self%numbers)) deallocate (self%numbers)
      if (allocated(self%states)) deallocate (self%states, self%held)
      if (allocated(self%all_sp)) deallocate (self%all_sp)
      if (allocated(self%all_dp)) deallocate (self%all_dp)
   end procedure clear_workspace

end submodule fkb_ensemble_predict_dp
