! Generated from couple/fkb_exchange.fypp: edit that file and run tools/generate.py
!> The memory of one thread between host and network: buffers, counts, and who is active.
module fkb_exchange_dp
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: dp, wp => dp
   use fkb_network_dp, only: workspace_t
   use fkb_state_dp, only: state_t
   use fkb_tally, only: tally_t
   implicit none (type, external)
   private
   public :: exchange_t, buffer_t

   !> Values of one input or output as the network has them.
   type :: buffer_t
      real(wp), allocatable :: v(:)              !! (features*capacity)
   end type buffer_t

   !> Memory of one thread. It grows when more columns come and allocates nothing after that.
   type :: exchange_t
      type(tally_t) :: tally                     !! what was changed so far
      integer :: columns = 0                     !! of the host's arrays
      integer :: active = 0                      !! columns that the network is asked for
      integer :: capacity = 0                    !! active columns that fit
      logical :: answered = .false.              !! the network has been run
      integer, allocatable :: at(:)              !! (active) their columns in the host
      logical, allocatable :: good(:)            !! (active) not left to the host
      logical, allocatable :: given(:)           !! per slot
      real(dp), allocatable :: x(:, :)           !! (rows, active) what the host gave, within limits
      real(dp), allocatable :: own(:, :)         !! (rows, active) what it gave, where that counts
      real(dp), allocatable :: y(:, :)           !! (rows, active) what the host gets
      logical, allocatable :: marks(:)           !! (columns) of the host, scratch
      real(dp), allocatable :: lower(:), upper(:)   !! (rows) bounds of what the host gets
      logical, allocatable :: free(:)            !! (rows) scratch
      real(dp), allocatable :: part(:)           !! elements on their way through the steps
      type(buffer_t), allocatable :: from(:)     !! per input of the network
      type(buffer_t), allocatable :: to(:)       !! per output of the network
      type(host_t), allocatable :: inputs(:)     !! views of `from`
      type(host_t), allocatable :: outputs(:)    !! views of `to`
      type(workspace_t) :: work                  !! the network's own memory
      type(state_t) :: state                     !! of the active columns
   contains
      procedure :: handed_back
      procedure :: clear
   end type exchange_t

contains

   !> Which of the host's columns the last call left to the host's own scheme.
   pure subroutine handed_back(self, mask)
      class(exchange_t), intent(in) :: self
      logical, intent(out) :: mask(:)            !! (columns)
      integer :: j
      mask = .false.
      do j = 1, self%active
         if (.not. self%good(j)) mask(self%at(j)) = .true.
      end do
   end subroutine handed_back

   !> Release all memory; counts begin anew.
   subroutine clear(self)
      class(exchange_t), intent(inout) :: self
      type(tally_t) :: fresh
      self%tally = fresh
      self%columns = 0
      self%active = 0
      self%capacity = 0
      self%answered = .false.
      if (allocated(self%at)) deallocate (self%at, self%good, self%given)
      if (allocated(self%x)) deallocate (self%x, self%own, self%y, self%part, &
         self%lower, self%upper, self%free)
      if (allocated(self%marks)) deallocate (self%marks)
      if (allocated(self%from)) deallocate (self%from, self%to, self%inputs, self%outputs)
      call self%work%clear()
      call self%state%clear()
   end subroutine clear

end module fkb_exchange_dp
