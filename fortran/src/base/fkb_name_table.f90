!> A hash table of names, each within a scope: finds a name among very many, and one that stands
!> twice. The hash begins at the time of day, so that nobody can write a file whose names collide;
!> no result depends on it.
module fkb_name_table
   use fkb_kinds, only: i8
   use fkb_text, only: span_t, text_pool_t
   implicit none (type, external)
   private
   public :: name_table_t

   !> One name.
   type :: entry_t
      integer :: scope = 0
      integer :: value = 0
      integer :: hash = 0
      type(span_t) :: name
   end type entry_t

   !> Names with a positive value each. Safe to copy.
   type :: name_table_t
      private
      integer :: used = 0
      integer(i8) :: start = 0                  ! of the hash
      type(text_pool_t) :: names
      type(entry_t), allocatable :: entries(:)
      integer, allocatable :: slots(:)          ! entry or 0, twice as many as entries or more
   contains
      procedure :: add
      procedure :: find
      procedure :: clear
   end type name_table_t

contains

   !> Add a name, unless it is there already.
   subroutine add(self, scope, name, value, earlier)
      class(name_table_t), intent(inout) :: self
      integer, intent(in) :: scope              !! what the name belongs to
      character(*), intent(in) :: name          !! the name
      integer, intent(in) :: value              !! what it stands for, positive
      integer, intent(out) :: earlier           !! the value it had, 0 when it is new
      integer :: slot, hash
      call reserve(self)
      hash = hash_of(self%start, scope, name)
      slot = slot_of(self, scope, name, hash)
      earlier = 0
      if (self%slots(slot) > 0) then
         earlier = self%entries(self%slots(slot))%value
         return
      end if
      self%used = self%used + 1
      self%slots(slot) = self%used
      associate (new => self%entries(self%used))
         new%scope = scope
         new%value = value
         new%hash = hash
         call self%names%add(name, new%name)
      end associate
   end subroutine add

   !> The value of a name, 0 when it is not there.
   pure integer function find(self, scope, name) result(value)
      class(name_table_t), intent(in) :: self
      integer, intent(in) :: scope              !! what the name belongs to
      character(*), intent(in) :: name          !! the name
      integer :: slot
      value = 0
      if (self%used == 0) return
      slot = slot_of(self, scope, name, hash_of(self%start, scope, name))
      if (self%slots(slot) > 0) value = self%entries(self%slots(slot))%value
   end function find

   !> Forget all names.
   subroutine clear(self)
      class(name_table_t), intent(inout) :: self
      self%used = 0
      call self%names%clear()
      if (allocated(self%entries)) deallocate (self%entries)
      if (allocated(self%slots)) deallocate (self%slots)
   end subroutine clear

   !> The slot that holds the name, or the free one where it belongs.
   pure integer function slot_of(self, scope, name, hash) result(slot)
      type(name_table_t), intent(in) :: self
      integer, intent(in) :: scope, hash
      character(*), intent(in) :: name
      slot = mod(hash, size(self%slots)) + 1
      do while (self%slots(slot) > 0)
         associate (here => self%entries(self%slots(slot)))
            if (here%hash == hash .and. here%scope == scope) then
               if (self%names%same(here%name, name)) return
            end if
         end associate
         slot = mod(slot, size(self%slots)) + 1
      end do
   end function slot_of

   !> Make room for one more name.
   subroutine reserve(self)
      type(name_table_t), intent(inout) :: self
      type(entry_t), allocatable :: longer(:)
      integer :: i, slot
      if (.not. allocated(self%entries)) then
         call system_clock(self%start)
         allocate (self%entries(8), self%slots(17))
         self%slots = 0
      end if
      if (self%used < size(self%entries)) return
      allocate (longer(2*self%used))
      longer(:self%used) = self%entries
      call move_alloc(longer, self%entries)
      deallocate (self%slots)
      allocate (self%slots(4*self%used + 1))
      self%slots = 0
      do i = 1, self%used
         slot = mod(self%entries(i)%hash, size(self%slots)) + 1
         do while (self%slots(slot) > 0)
            slot = mod(slot, size(self%slots)) + 1
         end do
         self%slots(slot) = i
      end do
   end subroutine reserve

   !> A number from 0 to 2**31 - 1 (FNV-1a, Fowler, Noll and Vo, cut to 31 bits).
   pure integer function hash_of(start, scope, name) result(hash)
      integer(i8), intent(in) :: start
      integer, intent(in) :: scope
      character(*), intent(in) :: name
      integer(i8) :: h
      integer :: i
      integer(i8), parameter :: mask = 2147483647_i8
      integer(i8), parameter :: prime = 16777619_i8
      h = iand(ieor(start, 2166136261_i8), mask)
      h = iand(ieor(h, int(scope, i8))*prime, mask)
      do i = 1, len(name)
         h = iand(ieor(h, int(iachar(name(i:i)), i8))*prime, mask)
      end do
      hash = int(h)
   end function hash_of

end module fkb_name_table
