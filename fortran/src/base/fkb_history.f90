!> What a training has logged, epoch after epoch (Keras: `History`).
module fkb_history
   use fkb_kinds, only: dp
   use fkb_logs, only: logs_t
   implicit none (type, external)
   private
   public :: history_t

   !> The logs of one epoch.
   type :: entry_t
      integer :: epoch = 0
      type(logs_t) :: logs
   end type entry_t

   !> The logs of all epochs of a training. Safe to copy.
   type :: history_t
      integer :: epochs = 0                     !! that were logged
      type(entry_t), allocatable, private :: entries(:)
   contains
      procedure :: add
      procedure :: get
      procedure :: epoch
      procedure :: logs
      procedure :: clear
   end type history_t

contains

   !> Log one more epoch.
   subroutine add(self, epoch, logs)
      class(history_t), intent(inout) :: self
      integer, intent(in) :: epoch              !! from 1
      type(logs_t), intent(in) :: logs
      type(entry_t), allocatable :: grown(:)
      integer :: i, room
      if (.not. allocated(self%entries)) allocate (self%entries(8))
      if (self%epochs == size(self%entries)) then
         room = 2*size(self%entries)
         allocate (grown(room))
         do i = 1, self%epochs
            grown(i) = self%entries(i)
         end do
         call move_alloc(grown, self%entries)
      end if
      self%epochs = self%epochs + 1
      self%entries(self%epochs)%epoch = epoch
      self%entries(self%epochs)%logs = logs
   end subroutine add

   !> One number over the epochs that have it: an empty array for a name that nobody logged.
   subroutine get(self, name, values, epochs)
      class(history_t), intent(in) :: self
      character(*), intent(in) :: name                              !! such as `val_loss`
      real(dp), allocatable, intent(out) :: values(:)               !! one per epoch that has it
      integer, allocatable, intent(out), optional :: epochs(:)      !! their numbers
      integer :: i, n
      n = 0
      do i = 1, self%epochs
         if (self%entries(i)%logs%has(name)) n = n + 1
      end do
      allocate (values(n))
      if (present(epochs)) allocate (epochs(n))
      n = 0
      do i = 1, self%epochs
         if (.not. self%entries(i)%logs%has(name)) cycle
         n = n + 1
         values(n) = self%entries(i)%logs%get(name)
         if (present(epochs)) epochs(n) = self%entries(i)%epoch
      end do
   end subroutine get

   !> The number of logged epoch `i`, which is `i` unless the training began later.
   pure integer function epoch(self, i)
      class(history_t), intent(in) :: self
      integer, intent(in) :: i                  !! from 1 to `epochs`
      epoch = self%entries(i)%epoch
   end function epoch

   !> All logs of logged epoch `i`.
   subroutine logs(self, i, of_epoch)
      class(history_t), intent(in) :: self
      integer, intent(in) :: i                  !! from 1 to `epochs`
      type(logs_t), intent(out) :: of_epoch
      of_epoch = self%entries(i)%logs
   end subroutine logs

   !> Forget everything.
   subroutine clear(self)
      class(history_t), intent(inout) :: self
      self%epochs = 0
      if (allocated(self%entries)) deallocate (self%entries)
   end subroutine clear

end module fkb_history
