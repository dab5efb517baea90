! Generated from couple/fkb_exchange.fypp: edit that file and run tools/generate.py
!> The memory of one thread between host and network: buffers, counts, and who is active.
module fkb_exchange_sp
   use fkb_bank_sp, only: bank_workspace_t
   use fkb_ensemble_sp, only: ensemble_state_t, ensemble_workspace_t
   use fkb_gate_sp, only: gate_workspace_t
   use fkb_host_sp, only: host_t
   use fkb_kinds, only: dp, wp => sp
   use fkb_network_sp, only: workspace_t
   use fkb_state_sp, only: state_t
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
      logical :: looked = .false.                !! limits of inputs have acted
      logical :: answered = .false.              !! the network has been run
      integer, allocatable :: at(:)              !! (active) their columns in the host
      logical, allocatable :: good(:)            !! (active) not left to the host
      logical, allocatable :: given(:)           !! per slot
      real(dp), allocatable :: x(:, :)           !! (rows, active) what the host gave, within limits
      real(dp), allocatable :: own(:, :)         !! (rows, active) what it gave, where that counts
      real(dp), allocatable :: y(:, :)           !! (rows, active) what the host gets
      real(dp), allocatable :: spread(:, :)      !! (rows, active) of an ensemble
      logical :: has_spread = .false.
      real(dp), allocatable :: truth(:, :)       !! (rows, active) what the host should get
      logical, allocatable :: taught(:)          !! per slot
      logical, allocatable :: marks(:)           !! (columns) of the host, scratch
      real(dp), allocatable :: lower(:), upper(:)   !! (rows) bounds of what the host gets
      logical, allocatable :: free(:)            !! (rows) scratch
      real(dp), allocatable :: part(:)           !! elements on their way through the steps
      type(buffer_t), allocatable :: from(:)     !! per input of the network
      type(buffer_t), allocatable :: to(:)       !! per output of the network
      type(host_t), allocatable :: inputs(:)     !! views of `from`
      type(host_t), allocatable :: outputs(:)    !! views of `to`
      real(dp), allocatable :: batch_in(:)       !! (features*active) for networks together
      real(dp), allocatable :: batch_out(:)      !! (outputs*active) of a bank
      integer, allocatable :: class(:)           !! (active) of a gate
      type(workspace_t) :: work                  !! the network's own memory
      type(ensemble_workspace_t) :: ensemble_work
      type(bank_workspace_t) :: bank_work
      type(gate_workspace_t) :: gate_work
      type(state_t) :: state                     !! of the active columns
      type(ensemble_state_t) :: ensemble_state   !! of the active columns
   contains
      procedure :: handed_back
      procedure :: classes
      procedure :: forget
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

   !> Which class of a gate each of the host's columns was in, from 1; 0 for columns that are not
   !> active or left to the host, and where the classifier gave NaN.
   pure subroutine classes(self, list)
      class(exchange_t), intent(in) :: self
      integer, intent(out) :: list(:)            !! (columns)
      integer :: j
      list = 0
      if (.not. allocated(self%class)) return
      do j = 1, min(self%active, size(self%class))
         if (self%good(j)) list(self%at(j)) = self%class(j)
      end do
   end subroutine classes

   !> Release the buffers of columns.
   subroutine forget(self)
      class(exchange_t), intent(inout) :: self
      if (allocated(self%at)) deallocate (self%at, self%good, self%given)
      if (allocated(self%x)) deallocate (self%x, self%own, self%y, self%part, &
         self%lower, self%upper, self%free)
      if (allocated(self%from)) deallocate (self%from, self%to, self%inputs, self%outputs)
      if (allocated(self%spread)) deallocate (self%spread)
      if (allocated(self%truth)) deallocate (self%truth, self%taught)
      if (allocated(self%batch_in)) deallocate (self%batch_in)
      if (allocated(self%batch_out)) deallocate (self%batch_out)
      if (allocated(self%class)) deallocate (self%class)
   end subroutine forget

   !> Release all memory; counts begin anew.
   subroutine clear(self)
      class(exchange_t), intent(inout) :: self
      type(tally_t) :: fresh
      self%tally = fresh
      self%columns = 0
      self%active = 0
      self%capacity = 0
      self%looked = .false.
      self%answered = .false.
      self%has_spread = .false.
      call self%forget()
      if (allocated(self%marks)) deallocate (self%marks)
      call self%ensemble_work%clear()
      call self%bank_work%clear()
      call self%gate_work%clear()
      call self%work%clear()
      call self%state%clear()
      if (allocated(self%ensemble_state%networks)) deallocate (self%ensemble_state%networks)
   end subroutine clear

end module fkb_exchange_sp
