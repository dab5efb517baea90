! Generated from couple/fkb_bank.fypp: edit that file and run tools/generate.py
!> Banks: many networks for the same columns, each with outputs of its own, in one call.
!>
!> Each network takes all values of the host and keeps those that its file selects. What it gives
!> goes to its places among the outputs.
module fkb_bank_sp
   use fkb_collection, only: collection_t
   use fkb_crew_sp, only: append, check_ends, check_member, clear_boxes, crew_t, grow, &
      load_box, network_box_t, threads_for
   use fkb_error, only: add_context, error_t, fkb_err_argument, raise
   use fkb_files, only: beside
   use fkb_host_sp, only: host_t
   use fkb_kinds, only: dp, sp
   use fkb_network_sp, only: network_t
   use fkb_text, only: decimal, quote
!$ use omp_lib, only: omp_get_thread_num
   implicit none (type, external)
   private
   public :: bank_t, bank_workspace_t

   !> Where the outputs of a network go.
   type :: places_t
      integer, allocatable :: at(:)             !! outputs of the bank, from 1
   end type places_t

   !> Networks with the same input on the host's side. Read-only while predicting.
   type :: bank_t
      type(network_box_t), allocatable :: boxes(:)
      type(places_t), allocatable, private :: places(:)
   contains
      procedure :: load
      procedure :: add
      procedure :: networks => count_networks
      procedure :: outputs => count_outputs
      procedure :: places_of
      procedure :: check => check_places
      procedure :: clear
      generic :: predict => predict_sp, predict_dp
      procedure, private :: predict_sp, predict_dp
   end type bank_t

   !> What a caller needs for predictions: one for each thread of the host that predicts.
   type :: bank_workspace_t
      private
      type(crew_t) :: crew
   contains
      procedure :: clear => clear_workspace
   end type bank_workspace_t

   !> Columns that a network computes at a time.
   integer, parameter :: block_columns = 512
   !> Most outputs of a bank.
   integer, parameter :: most_outputs = 1000000
   character(*), parameter :: form = 'member FILE [PLACE or FIRST-LAST ...]'

contains

   !> Read a bank from a file that begins with `fkb bank 1`. A failed load leaves the object as it
   !> was. Raises an error where two networks have the same place, or a place has none.
   subroutine load(self, path, error)
      class(bank_t), intent(inout) :: self
      character(*), intent(in) :: path
      type(error_t), allocatable, intent(out) :: error
      type(bank_t) :: fresh
      type(collection_t) :: file
      integer :: i
      call file%read(path, 'bank', error)
      if (allocated(error)) return
      do i = 1, size(file%lines)
         if (file%lines(i)%word(1) == 'member') then
            call load_member(fresh, file, i, error)
         else
            call file%fail(i, 'unknown word '//quote(file%lines(i)%word(1))// &
                           ', expected "'//form//'"', error)
         end if
         if (allocated(error)) exit
      end do
      if (.not. allocated(error)) call check_places(fresh, error)
      if (allocated(error)) then
         if (index(error%message, file%path) /= 1) call add_context(error, file%path)
      else
         call self%clear()
         call move_alloc(fresh%boxes, self%boxes)
         call move_alloc(fresh%places, self%places)
      end if
      call clear_boxes(fresh%boxes)
   end subroutine load

   !> A line `member FILE [PLACE ...]`; without places those that follow the largest so far.
   subroutine load_member(self, file, i, error)
      type(bank_t), intent(inout) :: self
      type(collection_t), intent(in) :: file
      integer, intent(in) :: i
      type(error_t), allocatable, intent(out) :: error
      type(network_box_t) :: box
      integer, allocatable :: places(:)
      integer :: k
      call file%need_words(i, 2, huge(i), form, error)
      allocate (places(0))
      do k = 3, file%lines(i)%count()
         if (allocated(error)) return
         call add_range(file, i, k, places, error)
      end do
      if (allocated(error)) return
      call load_box(box, beside(file%path, file%lines(i)%word(2)), error)
      if (.not. allocated(error)) call add_box(self, box, places, error)
      if (.not. allocated(error)) return
      call add_context(error, file%path//':'//decimal(file%lines(i)%number))
      if (allocated(box%net)) call box%net%clear()
   end subroutine load_member

   !> The places of a word such as `7` or `3-12`.
   subroutine add_range(file, i, k, places, error)
      type(collection_t), intent(in) :: file
      integer, intent(in) :: i, k
      integer, allocatable, intent(inout) :: places(:)
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: text
      integer :: at, first, last, n, status
      text = file%lines(i)%word(k)
      at = index(text, '-')
      if (at == 0) at = len(text) + 1
      status = verify(text(:at - 1), '0123456789') + verify(text(min(at + 1, len(text) + 1):), &
                                                           '0123456789')
      if (at == 1 .or. at == len(text) .or. len(text) > 15) status = 1
      first = 0
      if (status == 0) read (text(:at - 1), *, iostat=status) first
      last = first
      if (status == 0 .and. at < len(text)) read (text(at + 1:), *, iostat=status) last
      if (status /= 0 .or. first < 1 .or. last < first .or. last > most_outputs) then
         call file%fail(i, quote(text)//' is no place: expected a number from 1 or FIRST-LAST', &
                        error)
         return
      end if
      places = [places, (n, n=first, last)]
   end subroutine add_range

   !> Add a copy of a network.
   subroutine add(self, net, error, places)
      class(bank_t), intent(inout) :: self
      type(network_t), intent(in) :: net
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: places(:)   !! of its outputs, from 1; default: the next ones
      type(network_box_t) :: box
      allocate (box%net)
      box%name = 'network '//decimal(self%networks() + 1)
      call box%net%copy(net)
      call check_member(box, error)
      if (.not. allocated(error)) then
         if (present(places)) then
            call add_box(self, box, places, error)
         else
            call add_box(self, box, [integer ::], error)
         end if
      end if
      if (allocated(error) .and. allocated(box%net)) call box%net%clear()
   end subroutine add

   !> Check a network and its places, and take it; the box is empty afterwards.
   subroutine add_box(self, box, places, error)
      class(bank_t), intent(inout) :: self
      type(network_box_t), intent(inout) :: box
      integer, intent(in) :: places(:)
      type(error_t), allocatable, intent(out) :: error
      type(places_t), allocatable :: more(:)
      integer :: i, n, taken
      n = box%net%output_features(1)
      taken = self%outputs()
      if (n == 0) then
         call raise(error, fkb_err_argument, box%name//' leaves the size of its output open')
      else if (size(places) > 0 .and. size(places) /= n) then
         call raise(error, fkb_err_argument, box%name//' gives '//decimal(n)//' values, '// &
            decimal(size(places))//' places are named')
      else if (any(places < 1 .or. places > most_outputs) .or. taken + n > most_outputs) then
         call raise(error, fkb_err_argument, box%name//': places run from 1 to '// &
            decimal(most_outputs))
      else if (allocated(self%boxes)) then
         call check_ends(box, self%boxes(1), .false., error)
      end if
      if (allocated(error)) return
      call append(self%boxes, box)
      n = size(self%boxes)
      allocate (more(n))
      do i = 1, n - 1
         call move_alloc(self%places(i)%at, more(i)%at)
      end do
      more(n)%at = places
      if (size(places) == 0) more(n)%at = [(taken + i, i=1, self%boxes(n)%net%output_features(1))]
      call move_alloc(more, self%places)
   end subroutine add_box

   !> Number of networks.
   pure integer function count_networks(self) result(n)
      class(bank_t), intent(in) :: self
      n = 0
      if (allocated(self%boxes)) n = size(self%boxes)
   end function count_networks

   !> Number of outputs: the largest place.
   pure integer function count_outputs(self) result(n)
      class(bank_t), intent(in) :: self
      integer :: i
      n = 0
      do i = 1, self%networks()
         n = max(n, maxval(self%places(i)%at))
      end do
   end function count_outputs

   !> Where the outputs of network `k` go.
   pure subroutine places_of(self, k, places)
      class(bank_t), intent(in) :: self
      integer, intent(in) :: k                     !! from 1
      integer, allocatable, intent(out) :: places(:)   !! from 1, one for each output
      places = self%places(k)%at
   end subroutine places_of

   !> Refuse places with two networks, and places without one.
   subroutine check_places(self, error)
      class(bank_t), intent(in) :: self
      type(error_t), allocatable, intent(out) :: error
      integer :: owner(self%outputs())
      integer :: i, k
      owner = 0
      if (self%networks() == 0) call raise(error, fkb_err_argument, 'the bank has no network')
      do i = 1, self%networks()
         do k = 1, size(self%places(i)%at)
            associate (at => self%places(i)%at(k))
               if (owner(at) > 0) then
                  call raise(error, fkb_err_argument, 'output '//decimal(at)//' is given by '// &
                     self%boxes(owner(at))%name//' and by '//self%boxes(i)%name)
                  return
               end if
               owner(at) = i
            end associate
         end do
      end do
      do i = 1, size(owner)
         if (owner(i) > 0) cycle
         call raise(error, fkb_err_argument, 'no network of the bank gives output '//decimal(i))
         return
      end do
   end subroutine check_places

   !> Release everything.
   subroutine clear(self)
      class(bank_t), intent(inout) :: self
      call clear_boxes(self%boxes)
      if (allocated(self%places)) deallocate (self%places)
   end subroutine clear

   !> Release all memory.
   subroutine clear_workspace(self)
      class(bank_workspace_t), intent(inout) :: self
      call self%crew%clear()
   end subroutine clear_workspace

   !> y = all networks(x). Thread-safe: only `work` changes. The same bits for any number of
   !> threads.
   subroutine predict_sp(self, x, y, work, error)
      class(bank_t), intent(in) :: self
      real(sp), intent(in), contiguous, target :: x(:, :)         !! (features in, batch)
      real(sp), intent(inout), contiguous, target :: y(:, :)      !! (outputs, batch)
      type(bank_workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      integer :: blocks, first, tasks, task, thread, threads
      call check_call(self, shape(x), shape(y), error)
      if (allocated(error)) return
      blocks = (size(x, 2) + block_columns - 1)/block_columns
      tasks = blocks*self%networks()
      threads = threads_for(tasks)
      call work%crew%begin(self%networks(), threads, tasks)
      !$omp parallel do default(none) shared(self, x, y, work, blocks, tasks, threads) &
      !$omp private(task, thread, first) num_threads(threads) schedule(static)
      do task = 1, tasks
         thread = 1
!$       if (threads > 1) thread = 1 + omp_get_thread_num()
         first = mod(task - 1, blocks)*block_columns + 1
         call run_block_sp(self, (task - 1)/blocks + 1, first, &
                           min(block_columns, size(x, 2) - first + 1), thread, task, x, y, &
                           work%crew)
      end do
      !$omp end parallel do
      call work%crew%finish(error)
   end subroutine predict_sp

   !> A network's outputs for some columns, at their places.
   subroutine run_block_sp(self, k, first, columns, thread, task, x, y, crew)
      type(bank_t), intent(in) :: self
      integer, intent(in) :: k                          !! the network
      integer, intent(in) :: first, columns
      integer, intent(in) :: thread, task
      real(sp), intent(in), contiguous, target :: x(:, :)
      real(sp), intent(inout), contiguous, target :: y(:, :)
      type(crew_t), intent(inout), target :: crew
      type(host_t) :: inputs(1), outputs(1)
      integer :: i, j
      associate (places => self%places(k)%at)
         call grow(crew%benches(thread)%y_sp, size(places)*columns)
         inputs(1)%s => x(:, first:first + columns - 1)
         outputs(1)%s(1:size(places), 1:columns) => &
            crew%benches(thread)%y_sp(:size(places)*columns)
         call self%boxes(k)%net%run(inputs, outputs, crew%work(k, thread), &
                                    crew%outcomes(task)%error)
         if (allocated(crew%outcomes(task)%error)) then
            call add_context(crew%outcomes(task)%error, self%boxes(k)%name)
            return
         end if
         do j = 1, columns
            do i = 1, size(places)
               y(places(i), first + j - 1) = outputs(1)%s(i, j)
            end do
         end do
      end associate
   end subroutine run_block_sp

   !> y = all networks(x). Thread-safe: only `work` changes. The same bits for any number of
   !> threads.
   subroutine predict_dp(self, x, y, work, error)
      class(bank_t), intent(in) :: self
      real(dp), intent(in), contiguous, target :: x(:, :)         !! (features in, batch)
      real(dp), intent(inout), contiguous, target :: y(:, :)      !! (outputs, batch)
      type(bank_workspace_t), intent(inout), target :: work
      type(error_t), allocatable, intent(out) :: error
      integer :: blocks, first, tasks, task, thread, threads
      call check_call(self, shape(x), shape(y), error)
      if (allocated(error)) return
      blocks = (size(x, 2) + block_columns - 1)/block_columns
      tasks = blocks*self%networks()
      threads = threads_for(tasks)
      call work%crew%begin(self%networks(), threads, tasks)
      !$omp parallel do default(none) shared(self, x, y, work, blocks, tasks, threads) &
      !$omp private(task, thread, first) num_threads(threads) schedule(static)
      do task = 1, tasks
         thread = 1
!$       if (threads > 1) thread = 1 + omp_get_thread_num()
         first = mod(task - 1, blocks)*block_columns + 1
         call run_block_dp(self, (task - 1)/blocks + 1, first, &
                           min(block_columns, size(x, 2) - first + 1), thread, task, x, y, &
                           work%crew)
      end do
      !$omp end parallel do
      call work%crew%finish(error)
   end subroutine predict_dp

   !> A network's outputs for some columns, at their places.
   subroutine run_block_dp(self, k, first, columns, thread, task, x, y, crew)
      type(bank_t), intent(in) :: self
      integer, intent(in) :: k                          !! the network
      integer, intent(in) :: first, columns
      integer, intent(in) :: thread, task
      real(dp), intent(in), contiguous, target :: x(:, :)
      real(dp), intent(inout), contiguous, target :: y(:, :)
      type(crew_t), intent(inout), target :: crew
      type(host_t) :: inputs(1), outputs(1)
      integer :: i, j
      associate (places => self%places(k)%at)
         call grow(crew%benches(thread)%y_dp, size(places)*columns)
         inputs(1)%d => x(:, first:first + columns - 1)
         outputs(1)%d(1:size(places), 1:columns) => &
            crew%benches(thread)%y_dp(:size(places)*columns)
         call self%boxes(k)%net%run(inputs, outputs, crew%work(k, thread), &
                                    crew%outcomes(task)%error)
         if (allocated(crew%outcomes(task)%error)) then
            call add_context(crew%outcomes(task)%error, self%boxes(k)%name)
            return
         end if
         do j = 1, columns
            do i = 1, size(places)
               y(places(i), first + j - 1) = outputs(1)%d(i, j)
            end do
         end do
      end associate
   end subroutine run_block_dp

   subroutine check_call(self, x_shape, y_shape, error)
      type(bank_t), intent(in) :: self
      integer, intent(in) :: x_shape(2), y_shape(2)
      type(error_t), allocatable, intent(out) :: error
      call check_places(self, error)
      if (allocated(error)) return
      if (x_shape(2) /= y_shape(2)) then
         call raise(error, fkb_err_argument, 'the inputs have '//decimal(x_shape(2))// &
                    ' columns, the outputs '//decimal(y_shape(2)))
      else if (y_shape(1) /= self%outputs()) then
         call raise(error, fkb_err_argument, 'the bank gives '//decimal(self%outputs())// &
                    ' values, the array has room for '//decimal(y_shape(1)))
      end if
   end subroutine check_call

end module fkb_bank_sp
