! Generated from couple/fkb_crew.fypp: edit that file and run tools/generate.py
!> Networks that work together, the workspaces of their threads, and what went wrong in a thread.
module fkb_crew_dp
   use fkb_error, only: error_t
   use fkb_network_dp, only: network_t, workspace_t
!$ use omp_lib, only: omp_get_max_threads, omp_in_parallel
   implicit none (type, external)
   private
   public :: network_box_t, crew_t, append, clear_boxes, threads_for

   !> A network that can be moved: no copy when a list of them grows.
   type :: network_box_t
      type(network_t), allocatable :: net
      character(:), allocatable :: name         !! of its file, for messages
   end type network_box_t

   !> What went wrong in one task.
   type :: outcome_t
      type(error_t), allocatable :: error
   end type outcome_t

   !> Workspaces of networks and threads. A thread prepares those that it comes to use.
   type :: crew_t
      type(workspace_t), allocatable :: work(:, :)          !! (networks, threads)
      type(outcome_t), allocatable :: outcomes(:)           !! one per task
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
      if (.not. allocated(self%work)) allocate (self%work(networks, threads))
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
      if (.not. allocated(self%work)) return
      do k = 1, size(self%work, 2)
         do i = 1, size(self%work, 1)
            call self%work(i, k)%clear()
         end do
      end do
      deallocate (self%work)
   end subroutine clear

end module fkb_crew_dp
