! Generated from couple/fkb_gate_predict.fypp: edit that file and run tools/generate.py
!> Predictions behind a gate: classify, gather, predict, put back.
submodule(fkb_gate_dp) fkb_gate_predict_dp
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_quiet_nan, ieee_value
   use fkb_crew_dp, only: grow, threads_for
   use fkb_error, only: add_context, fkb_err_argument, raise
   use fkb_host_dp, only: host_t
   use fkb_text, only: decimal
!$ use omp_lib, only: omp_get_thread_num
   implicit none (type, external)

   !> Columns that a network computes at a time.
   integer, parameter :: block_columns = 512

contains

   module procedure predict_sp
      call check_call(self, shape(x), shape(y), error)
      if (present(classes) .and. .not. allocated(error)) then
         if (size(classes) /= size(x, 2)) call raise(error, fkb_err_argument, &
            '"classes" has '//decimal(size(classes))//' elements for '//decimal(size(x, 2))// &
            ' columns')
      end if
      if (allocated(error)) return
      call make_room(size(x, 2), work)
      call classify_sp(self, x, work, error)
      if (allocated(error)) return
      call sort_columns(self, size(x, 2), work)
      call serve_sp(self, x, y, work, error)
      if (present(classes)) classes = work%class(:size(x, 2))
   end procedure predict_sp

   !> The class of each column.
   subroutine classify_sp(self, x, work, error)
      type(gate_t), intent(in) :: self
      real(sp), intent(in), contiguous, target :: x(:, :)
      type(gate_workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      integer :: first, last, task, tasks, thread, threads
      tasks = (size(x, 2) + block_columns - 1)/block_columns
      threads = threads_for(tasks)
      call work%crew%begin(size(self%boxes), threads, tasks)
      !$omp parallel do default(none) shared(self, x, work, tasks, threads) &
      !$omp private(task, thread, first, last) num_threads(threads) schedule(static)
      do task = 1, tasks
         thread = 1
!$       if (threads > 1) thread = 1 + omp_get_thread_num()
         first = (task - 1)*block_columns + 1
         last = min(size(x, 2), first + block_columns - 1)
         call classify_block_sp(self, x(:, first:last), thread, task, work%crew, &
                                work%class(first:last))
      end do
      !$omp end parallel do
      call work%crew%finish(error)
   end subroutine classify_sp

   subroutine classify_block_sp(self, x, thread, task, crew, class)
      type(gate_t), intent(in) :: self
      real(sp), intent(in), contiguous, target :: x(:, :)
      integer, intent(in) :: thread, task
      type(crew_t), intent(inout), target :: crew
      integer, intent(out) :: class(:)
      type(host_t) :: inputs(1), outputs(1)
      integer :: j, n
      n = self%boxes(1)%net%output_features(1)
      call grow(crew%benches(thread)%y_sp, n*size(x, 2))
      inputs(1)%s => x
      outputs(1)%s(1:n, 1:size(x, 2)) => crew%benches(thread)%y_sp(:n*size(x, 2))
      class = 0
      call self%boxes(1)%net%run(inputs, outputs, crew%work(1, thread), crew%outcomes(task)%error)
      call add_context(crew%outcomes(task)%error, self%boxes(1)%name)
      if (allocated(crew%outcomes(task)%error)) return
      do j = 1, size(class)
         associate (y => outputs(1)%s(:, j))
            if (any(ieee_is_nan(y))) cycle
            if (n == 1) then
               class(j) = merge(2, 1, real(y(1), dp) > self%threshold)
            else
               class(j) = maxloc(y, dim=1)
            end if
         end associate
      end do
   end subroutine classify_block_sp

   !> Blocks of columns of one class each.
   subroutine serve_sp(self, x, y, work, error)
      type(gate_t), intent(in) :: self
      real(sp), intent(in), contiguous, target :: x(:, :)
      real(sp), intent(inout), contiguous, target :: y(:, :)
      type(gate_workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      integer :: task, tasks, thread, threads
      tasks = count_tasks(self, size(x, 2), work)
      threads = threads_for(tasks)
      call work%crew%begin(size(self%boxes), threads, tasks)
      !$omp parallel do default(none) shared(self, x, y, work, tasks, threads) &
      !$omp private(task, thread) num_threads(threads) schedule(static)
      do task = 1, tasks
         thread = 1
!$       if (threads > 1) thread = 1 + omp_get_thread_num()
         call serve_block_sp(self, work%tasks(1, task), &
                             work%order(work%tasks(2, task):work%tasks(3, task)), thread, task, &
                             x, y, work%crew)
      end do
      !$omp end parallel do
      call work%crew%finish(error)
   end subroutine serve_sp

   subroutine serve_block_sp(self, class, columns, thread, task, x, y, crew)
      type(gate_t), intent(in) :: self
      integer, intent(in) :: class                      !! 0: the classifier gave NaN
      integer, intent(in) :: columns(:)
      integer, intent(in) :: thread, task
      real(sp), intent(in), contiguous, target :: x(:, :)
      real(sp), intent(inout), contiguous, target :: y(:, :)
      type(crew_t), intent(inout), target :: crew
      type(host_t) :: inputs(1), outputs(1)
      integer :: j, k, n
      k = 0
      if (class > 0) k = self%served(class)%network
      if (k == 0) then
         do j = 1, size(columns)
            if (class == 0) then
               y(:, columns(j)) = ieee_value(y(1, 1), ieee_quiet_nan)
            else if (size(self%served(class)%constants) == 1) then
               y(:, columns(j)) = real(self%served(class)%constants(1), sp)
            else
               y(:, columns(j)) = real(self%served(class)%constants, sp)
            end if
         end do
         return
      end if
      n = size(columns)
      call grow(crew%benches(thread)%x_sp, size(x, 1)*n)
      call grow(crew%benches(thread)%y_sp, size(y, 1)*n)
      inputs(1)%s(1:size(x, 1), 1:n) => crew%benches(thread)%x_sp(:size(x, 1)*n)
      outputs(1)%s(1:size(y, 1), 1:n) => crew%benches(thread)%y_sp(:size(y, 1)*n)
      do j = 1, size(columns)
         inputs(1)%s(:, j) = x(:, columns(j))
      end do
      call self%boxes(k)%net%run(inputs, outputs, crew%work(k, thread), crew%outcomes(task)%error)
      call add_context(crew%outcomes(task)%error, self%boxes(k)%name)
      if (allocated(crew%outcomes(task)%error)) return
      do j = 1, size(columns)
         y(:, columns(j)) = outputs(1)%s(:, j)
      end do
   end subroutine serve_block_sp

   module procedure predict_dp
      call check_call(self, shape(x), shape(y), error)
      if (present(classes) .and. .not. allocated(error)) then
         if (size(classes) /= size(x, 2)) call raise(error, fkb_err_argument, &
            '"classes" has '//decimal(size(classes))//' elements for '//decimal(size(x, 2))// &
            ' columns')
      end if
      if (allocated(error)) return
      call make_room(size(x, 2), work)
      call classify_dp(self, x, work, error)
      if (allocated(error)) return
      call sort_columns(self, size(x, 2), work)
      call serve_dp(self, x, y, work, error)
      if (present(classes)) classes = work%class(:size(x, 2))
   end procedure predict_dp

   !> The class of each column.
   subroutine classify_dp(self, x, work, error)
      type(gate_t), intent(in) :: self
      real(dp), intent(in), contiguous, target :: x(:, :)
      type(gate_workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      integer :: first, last, task, tasks, thread, threads
      tasks = (size(x, 2) + block_columns - 1)/block_columns
      threads = threads_for(tasks)
      call work%crew%begin(size(self%boxes), threads, tasks)
      !$omp parallel do default(none) shared(self, x, work, tasks, threads) &
      !$omp private(task, thread, first, last) num_threads(threads) schedule(static)
      do task = 1, tasks
         thread = 1
!$       if (threads > 1) thread = 1 + omp_get_thread_num()
         first = (task - 1)*block_columns + 1
         last = min(size(x, 2), first + block_columns - 1)
         call classify_block_dp(self, x(:, first:last), thread, task, work%crew, &
                                work%class(first:last))
      end do
      !$omp end parallel do
      call work%crew%finish(error)
   end subroutine classify_dp

   subroutine classify_block_dp(self, x, thread, task, crew, class)
      type(gate_t), intent(in) :: self
      real(dp), intent(in), contiguous, target :: x(:, :)
      integer, intent(in) :: thread, task
      type(crew_t), intent(inout), target :: crew
      integer, intent(out) :: class(:)
      type(host_t) :: inputs(1), outputs(1)
      integer :: j, n
      n = self%boxes(1)%net%output_features(1)
      call grow(crew%benches(thread)%y_dp, n*size(x, 2))
      inputs(1)%d => x
      outputs(1)%d(1:n, 1:size(x, 2)) => crew%benches(thread)%y_dp(:n*size(x, 2))
      class = 0
      call self%boxes(1)%net%run(inputs, outputs, crew%work(1, thread), crew%outcomes(task)%error)
      call add_context(crew%outcomes(task)%error, self%boxes(1)%name)
      if (allocated(crew%outcomes(task)%error)) return
      do j = 1, size(class)
         associate (y => outputs(1)%d(:, j))
            if (any(ieee_is_nan(y))) cycle
            if (n == 1) then
               class(j) = merge(2, 1, real(y(1), dp) > self%threshold)
            else
               class(j) = maxloc(y, dim=1)
            end if
         end associate
      end do
   end subroutine classify_block_dp

   !> Blocks of columns of one class each.
   subroutine serve_dp(self, x, y, work, error)
      type(gate_t), intent(in) :: self
      real(dp), intent(in), contiguous, target :: x(:, :)
      real(dp), intent(inout), contiguous, target :: y(:, :)
      type(gate_workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      integer :: task, tasks, thread, threads
      tasks = count_tasks(self, size(x, 2), work)
      threads = threads_for(tasks)
      call work%crew%begin(size(self%boxes), threads, tasks)
      !$omp parallel do default(none) shared(self, x, y, work, tasks, threads) &
      !$omp private(task, thread) num_threads(threads) schedule(static)
      do task = 1, tasks
         thread = 1
!$       if (threads > 1) thread = 1 + omp_get_thread_num()
         call serve_block_dp(self, work%tasks(1, task), &
                             work%order(work%tasks(2, task):work%tasks(3, task)), thread, task, &
                             x, y, work%crew)
      end do
      !$omp end parallel do
      call work%crew%finish(error)
   end subroutine serve_dp

   subroutine serve_block_dp(self, class, columns, thread, task, x, y, crew)
      type(gate_t), intent(in) :: self
      integer, intent(in) :: class                      !! 0: the classifier gave NaN
      integer, intent(in) :: columns(:)
      integer, intent(in) :: thread, task
      real(dp), intent(in), contiguous, target :: x(:, :)
      real(dp), intent(inout), contiguous, target :: y(:, :)
      type(crew_t), intent(inout), target :: crew
      type(host_t) :: inputs(1), outputs(1)
      integer :: j, k, n
      k = 0
      if (class > 0) k = self%served(class)%network
      if (k == 0) then
         do j = 1, size(columns)
            if (class == 0) then
               y(:, columns(j)) = ieee_value(y(1, 1), ieee_quiet_nan)
            else if (size(self%served(class)%constants) == 1) then
               y(:, columns(j)) = real(self%served(class)%constants(1), dp)
            else
               y(:, columns(j)) = real(self%served(class)%constants, dp)
            end if
         end do
         return
      end if
      n = size(columns)
      call grow(crew%benches(thread)%x_dp, size(x, 1)*n)
      call grow(crew%benches(thread)%y_dp, size(y, 1)*n)
      inputs(1)%d(1:size(x, 1), 1:n) => crew%benches(thread)%x_dp(:size(x, 1)*n)
      outputs(1)%d(1:size(y, 1), 1:n) => crew%benches(thread)%y_dp(:size(y, 1)*n)
      do j = 1, size(columns)
         inputs(1)%d(:, j) = x(:, columns(j))
      end do
      call self%boxes(k)%net%run(inputs, outputs, crew%work(k, thread), crew%outcomes(task)%error)
      call add_context(crew%outcomes(task)%error, self%boxes(k)%name)
      if (allocated(crew%outcomes(task)%error)) return
      do j = 1, size(columns)
         y(:, columns(j)) = outputs(1)%d(:, j)
      end do
   end subroutine serve_block_dp

   subroutine make_room(columns, work)
      integer, intent(in) :: columns
      type(gate_workspace_t), intent(inout) :: work
      if (allocated(work%class)) then
         if (size(work%class) < columns) deallocate (work%class, work%order)
      end if
      if (.not. allocated(work%class)) allocate (work%class(columns), work%order(columns))
   end subroutine make_room

   !> The columns class after class, each in the order of the columns.
   subroutine sort_columns(self, columns, work)
      type(gate_t), intent(in) :: self
      integer, intent(in) :: columns
      type(gate_workspace_t), intent(inout) :: work
      integer :: next(0:size(self%served))
      integer :: j, k
      next = 0
      do j = 1, columns
         next(work%class(j)) = next(work%class(j)) + 1
      end do
      do k = size(self%served), 0, -1
         next(k) = sum(next(:k - 1)) + 1
      end do
      do j = 1, columns
         work%order(next(work%class(j))) = j
         next(work%class(j)) = next(work%class(j)) + 1
      end do
   end subroutine sort_columns

   !> Cut the sorted columns into blocks of one class; their number.
   integer function count_tasks(self, columns, work) result(count)
      type(gate_t), intent(in) :: self
      integer, intent(in) :: columns
      type(gate_workspace_t), intent(inout) :: work
      integer :: first, j
      j = columns/block_columns + size(self%served) + 2
      if (allocated(work%tasks)) then
         if (size(work%tasks, 2) < j) deallocate (work%tasks)
      end if
      if (.not. allocated(work%tasks)) allocate (work%tasks(3, j))
      count = 0
      first = 1
      do j = 1, columns
         if (j < columns) then
            if (j - first + 1 < block_columns .and. &
                work%class(work%order(j + 1)) == work%class(work%order(first))) cycle
         end if
         count = count + 1
         work%tasks(:, count) = [work%class(work%order(first)), first, j]
         first = j + 1
      end do
   end function count_tasks

   !> Refuse a gate that is not complete, and arrays that do not fit.
   subroutine check_call(self, x_shape, y_shape, error)
      type(gate_t), intent(in) :: self
      integer, intent(in) :: x_shape(2), y_shape(2)
      type(error_t), allocatable, intent(out) :: error
      integer :: wanted
      if (.not. allocated(self%boxes)) then
         call raise(error, fkb_err_argument, 'the gate has no classifier')
         return
      end if
      wanted = max(2, self%boxes(1)%net%output_features(1))
      if (self%classes() /= wanted) then
         call raise(error, fkb_err_argument, self%boxes(1)%name//' has '//decimal(wanted)// &
                    ' classes, '//decimal(self%classes())//' are served')
      else if (self%outputs() == 0) then
         call raise(error, fkb_err_argument, 'no class of the gate is served by a network')
      else if (x_shape(2) /= y_shape(2)) then
         call raise(error, fkb_err_argument, 'the inputs have '//decimal(x_shape(2))// &
                    ' columns, the outputs '//decimal(y_shape(2)))
      else if (y_shape(1) /= self%outputs()) then
         call raise(error, fkb_err_argument, 'the gate gives '//decimal(self%outputs())// &
                    ' values, the array has room for '//decimal(y_shape(1)))
      end if
   end subroutine check_call

   module procedure clear_workspace
      call self%crew%clear()
      if (allocated(self%class)) deallocate (self%class, self%order)
      if (allocated(self%tasks)) deallocate (self%tasks)
   end procedure clear_workspace

end submodule fkb_gate_predict_dp
