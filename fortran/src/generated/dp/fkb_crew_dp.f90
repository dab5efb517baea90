! Generated from couple/fkb_crew.fypp: edit that file and run tools/generate.py
!> Networks that work together, the workspaces of their threads, and what went wrong in a thread.
module fkb_crew_dp
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, sp
   use fkb_network_dp, only: network_t, workspace_t
   use fkb_text, only: decimal
!$ use omp_lib, only: omp_get_max_threads, omp_in_parallel
   implicit none (type, external)
   private
   public :: network_box_t, bench_t, crew_t, append, check_member, check_ends, clear_boxes, grow, &
      load_box, threads_for

   !> A network that can be moved: no copy when a list of them grows.
   type :: network_box_t
      type(network_t), allocatable :: net
      character(:), allocatable :: name         !! of its file, for messages
   end type network_box_t

   !> Columns of a thread on their way, of the host's kind.
   type :: bench_t
      real(sp), allocatable :: x_sp(:), y_sp(:)
      real(dp), allocatable :: x_dp(:), y_dp(:)
   end type bench_t

   !> Make room for so many values.
   interface grow
      module procedure grow_sp, grow_dp
   end interface grow

   !> What went wrong in one task.
   type :: outcome_t
      type(error_t), allocatable :: error
   end type outcome_t

   !> Workspaces of networks and threads. A thread prepares those that it comes to use.
   type :: crew_t
      type(workspace_t), allocatable :: work(:, :)          !! (networks, threads)
      type(outcome_t), allocatable :: outcomes(:)           !! one per task
      type(bench_t), allocatable :: benches(:)              !! one per thread
   contains
      procedure :: begin
      procedure :: finish
      procedure :: clear
   end type crew_t

contains

   !> Append a network to a list; the actual argument is empty afterwards.
   subroutine append(boxes, box)
      type(network_box_t), allocatable, intent(inout) :: boxes(:)
      type(network_box_t), intent(inout) :: box
      type(network_box_t), allocatable :: more(:)
      integer :: i, n
      n = 0
      if (allocated(boxes)) n = size(boxes)
      allocate (more(n + 1))
      do i = 1, n
         call move_alloc(boxes(i)%net, more(i)%net)
         call move_alloc(boxes(i)%name, more(i)%name)
      end do
      call move_alloc(box%net, more(n + 1)%net)
      call move_alloc(box%name, more(n + 1)%name)
      call move_alloc(more, boxes)
   end subroutine append

   !> Read a model file into an empty box.
   subroutine load_box(box, path, error, with_state)
      type(network_box_t), intent(inout) :: box
      character(*), intent(in) :: path
      type(error_t), allocatable, intent(out) :: error
      logical, intent(in), optional :: with_state   !! the network may be stateful
      allocate (box%net)
      box%name = path
      call box%net%load(path, error)
      if (.not. allocated(error)) call check_member(box, error, with_state)
      if (allocated(error)) call box%net%clear()
   end subroutine load_box

   !> Refuse a network that cannot work with others: they have one input, one output, and a state
   !> in ensembles only.
   subroutine check_member(box, error, with_state)
      type(network_box_t), intent(in) :: box
      type(error_t), allocatable, intent(out) :: error
      logical, intent(in), optional :: with_state
      logical :: may_keep
      may_keep = .false.
      if (present(with_state)) may_keep = with_state
      if (.not. box%net%loaded()) then
         call raise(error, fkb_err_argument, box%name//': no network is loaded')
      else if (size(box%net%inputs) /= 1 .or. size(box%net%outputs) /= 1) then
         call raise(error, fkb_err_unsupported, box%name//' has '// &
            decimal(size(box%net%inputs))//' inputs and '//decimal(size(box%net%outputs))// &
            ' outputs: networks that work together have one of each, join them with Concatenate')
      else if (box%net%keeps_state() .and. .not. may_keep) then
         call raise(error, fkb_err_unsupported, box%name//' is stateful: banks and gates keep'// &
            ' no states, predict with each network and a state of its own')
      end if
   end subroutine check_member

   !> Refuse a network that takes or gives another number of values than another one; 0 is open.
   subroutine check_ends(box, first, outputs, error)
      type(network_box_t), intent(in) :: box, first
      logical, intent(in) :: outputs            !! whether the outputs count too
      type(error_t), allocatable, intent(out) :: error
      integer :: here(2), there(2)
      here = [box%net%input_features(1), box%net%output_features(1)]
      there = [first%net%input_features(1), first%net%output_features(1)]
      if (.not. outputs) there(2) = 0
      if (all(here == there .or. here == 0 .or. there == 0)) return
      there(2) = first%net%output_features(1)
      call raise(error, fkb_err_argument, box%name//' takes '//decimal(here(1))// &
         ' values and gives '//decimal(here(2))//', '//first%name//' takes '// &
         decimal(there(1))//' and gives '//decimal(there(2)))
   end subroutine check_ends

   !> Release a list of networks.
   subroutine clear_boxes(boxes)
      type(network_box_t), allocatable, intent(inout) :: boxes(:)
      integer :: i
      if (.not. allocated(boxes)) return
      do i = 1, size(boxes)
         if (allocated(boxes(i)%net)) call boxes(i)%net%clear()
      end do
      deallocate (boxes)
   end subroutine clear_boxes

   !> Threads for so many tasks: one inside a parallel region of the host.
   integer function threads_for(tasks) result(threads)
      integer, intent(in) :: tasks
      threads = 1
!$    if (.not. omp_in_parallel()) threads = max(1, min(omp_get_max_threads(), tasks))
      if (tasks < 1) threads = 1
   end function threads_for

   !> Make room for so many networks, threads and tasks.
   subroutine begin(self, networks, threads, tasks)
      class(crew_t), intent(inout) :: self
      integer, intent(in) :: networks, threads, tasks
      integer :: i
      if (allocated(self%work)) then
         if (size(self%work, 1) /= networks .or. size(self%work, 2) < threads) call self%clear()
      end if
      if (.not. allocated(self%work)) allocate (self%work(networks, threads), &
                                                self%benches(threads))
      if (allocated(self%outcomes)) then
         if (size(self%outcomes) < tasks) deallocate (self%outcomes)
      end if
      if (.not. allocated(self%outcomes)) allocate (self%outcomes(tasks))
      do i = 1, size(self%outcomes)
         if (allocated(self%outcomes(i)%error)) deallocate (self%outcomes(i)%error)
      end do
   end subroutine begin

   !> The error of the first task that has one.
   subroutine finish(self, error)
      class(crew_t), intent(inout) :: self
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      do i = 1, size(self%outcomes)
         if (.not. allocated(self%outcomes(i)%error)) cycle
         call move_alloc(self%outcomes(i)%error, error)
         return
      end do
   end subroutine finish

   !> Release all memory.
   subroutine clear(self)
      class(crew_t), intent(inout) :: self
      integer :: i, k
      if (allocated(self%outcomes)) deallocate (self%outcomes)
      if (allocated(self%benches)) deallocate (self%benches)
      if (.not. allocated(self%work)) return
      do k = 1, size(self%work, 2)
         do i = 1, size(self%work, 1)
            call self%work(i, k)%clear()
         end do
      end do
      deallocate (self%work)
   end subroutine clear

   pure subroutine grow_sp(values, n)
      real(sp), allocatable, intent(inout) :: values(:)
      integer, intent(in) :: n
      if (allocated(values)) then
         if (size(values) >= n) return
         deallocate (values)
      end if
      allocate (values(n))
   end subroutine grow_sp

   pure subroutine grow_dp(values, n)
      real(dp), allocatable, intent(inout) :: values(:)
      integer, intent(in) :: n
      if (allocated(values)) then
         if (size(values) >= n) return
         deallocate (values)
      end if
      allocate (values(n))
   end subroutine grow_dp

end module fkb_crew_dp
