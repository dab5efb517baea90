!> Named numbers of one epoch or batch: the loss, metrics, a learning rate.
module fkb_logs
   use fkb_kinds, only: dp
   implicit none (type, external)
   private
   public :: logs_t

   !> One number.
   type :: log_t
      character(:), allocatable :: name
      real(dp) :: value = 0
   end type log_t

   !> Named numbers in the order in which they were set. Safe to copy.
   type :: logs_t
      type(log_t), allocatable, private :: entries(:)
   contains
      procedure :: count => log_count
      procedure :: name
      procedure :: value
      procedure :: has
      procedure :: get
      procedure :: set
      procedure :: add_prefixed
      procedure :: names
      procedure :: clear
      procedure, private :: find
   end type logs_t

contains

   !> How many numbers there are.
   pure integer function log_count(self) result(count)
      class(logs_t), intent(in) :: self
      count = 0
      if (allocated(self%entries)) count = size(self%entries)
   end function log_count

   !> The name of number `i`.
   pure function name(self, i)
      class(logs_t), intent(in) :: self
      integer, intent(in) :: i               !! from 1 to `count()`
      character(:), allocatable :: name
      name = self%entries(i)%name
   end function name

   !> Number `i`.
   pure real(dp) function value(self, i)
      class(logs_t), intent(in) :: self
      integer, intent(in) :: i               !! from 1 to `count()`
      value = self%entries(i)%value
   end function value

   !> Whether there is a number of this name.
   pure logical function has(self, name)
      class(logs_t), intent(in) :: self
      character(*), intent(in) :: name       !! such as `val_loss`
      has = self%find(name) > 0
   end function has

   !> The number of this name, 0 where there is none.
   pure real(dp) function get(self, name) result(value)
      class(logs_t), intent(in) :: self
      character(*), intent(in) :: name
      integer :: at
      value = 0
      at = self%find(name)
      if (at > 0) value = self%entries(at)%value
   end function get

   !> Add a number, or replace the one of this name.
   subroutine set(self, name, value)
      class(logs_t), intent(inout) :: self
      character(*), intent(in) :: name
      real(dp), intent(in) :: value
      type(log_t), allocatable :: grown(:)
      integer :: at, i
      at = self%find(name)
      if (at > 0) then
         self%entries(at)%value = value
         return
      end if
      allocate (grown(self%count() + 1))
      do i = 1, self%count()
         grown(i)%name = self%entries(i)%name
         grown(i)%value = self%entries(i)%value
      end do
      grown(size(grown))%name = name
      grown(size(grown))%value = value
      call move_alloc(grown, self%entries)
   end subroutine set

   !> Add all numbers of others, with a prefix before their names.
   subroutine add_prefixed(self, prefix, others)
      class(logs_t), intent(inout) :: self
      character(*), intent(in) :: prefix     !! `val_`
      type(logs_t), intent(in) :: others
      integer :: i
      do i = 1, others%count()
         call self%set(prefix//others%entries(i)%name, others%entries(i)%value)
      end do
   end subroutine add_prefixed

   !> All names, for a message.
   pure function names(self) result(text)
      class(logs_t), intent(in) :: self
      character(:), allocatable :: text
      integer :: i
      text = ''
      do i = 1, self%count()
         if (i > 1) text = text//', '
         text = text//self%entries(i)%name
      end do
   end function names

   !> Forget all numbers.
   subroutine clear(self)
      class(logs_t), intent(inout) :: self
      if (allocated(self%entries)) deallocate (self%entries)
   end subroutine clear

   pure integer function find(self, name)
      class(logs_t), intent(in) :: self
      character(*), intent(in) :: name
      integer :: i
      find = 0
      do i = 1, self%count()
         if (self%entries(i)%name == name) find = i
      end do
   end function find

end module fkb_logs
