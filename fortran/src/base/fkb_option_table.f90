!> A table of options with their JSON text, and which of them somebody read.
module fkb_option_table
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_find, json_kind, json_length
   use fkb_text, only: quote, span_t
   implicit none (type, external)
   private
   public :: option_table_t

   !> One option.
   type :: entry_t
      character(:), allocatable :: key
      character(:), allocatable :: json
      logical :: known = .false.
   end type entry_t

   !> Options by key, in the order in which they were set. Safe to copy.
   type :: option_table_t
      integer, private :: used = 0
      type(entry_t), allocatable, private :: entries(:)
   contains
      procedure :: has
      procedure :: kind_of
      procedure :: count => element_count
      procedure :: set
      procedure :: remove
      procedure :: ignore
      procedure :: unread
      procedure :: take
      procedure, private :: place, find, reserve
   end type option_table_t

contains

   !> Give an option a value, or replace it; it counts as unread.
   subroutine set(self, key, json)
      class(option_table_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option, no path
      character(*), intent(in) :: json          !! valid JSON text
      integer :: at
      at = self%place(key)
      if (at == 0) then
         call self%reserve()
         self%used = self%used + 1
         at = self%used
         self%entries(at)%key = key
      end if
      self%entries(at)%json = json
      self%entries(at)%known = .false.
   end subroutine set

   !> Drop an option; nothing happens when it is absent.
   subroutine remove(self, key)
      class(option_table_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option, no path
      integer :: at, i
      at = self%place(key)
      if (at == 0) return
      do i = at, self%used - 1
         self%entries(i) = self%entries(i + 1)
      end do
      deallocate (self%entries(self%used)%key, self%entries(self%used)%json)
      self%used = self%used - 1
   end subroutine remove

   !> Mark options as known whose value means nothing to the engine (such as initializers).
   subroutine ignore(self, keys)
      class(option_table_t), intent(inout) :: self
      character(*), intent(in) :: keys          !! options separated by blanks
      integer :: first, length, at
      first = 1
      do while (first <= len(keys))
         length = scan(keys(first:)//' ', ' ') - 1
         at = self%place(keys(first:first + length - 1))
         if (at > 0) self%entries(at)%known = .true.
         first = first + length + 1
      end do
   end subroutine ignore

   !> The options nobody read, as `"a", "b"`; empty when all are known.
   subroutine unread(self, names)
      class(option_table_t), intent(in) :: self
      character(:), allocatable, intent(out) :: names
      integer :: i
      names = ''
      do i = 1, self%used
         if (self%entries(i)%known) cycle
         if (len(names) > 0) names = names//', '
         names = names//quote(self%entries(i)%key)
      end do
   end subroutine unread

   !> Whether the option is there and not null. Does not mark it as known.
   logical function has(self, key)
      class(option_table_t), intent(in) :: self
      character(*), intent(in) :: key           !! the option or a path
      character(:), allocatable :: kind
      kind = self%kind_of(key)
      has = kind /= 'missing' .and. kind /= 'null'
   end function has

   !> `missing`, `null`, `logical`, `number`, `string`, `array` or `object`. Does not mark the
   !> option as known.
   function kind_of(self, key) result(kind)
      class(option_table_t), intent(in) :: self
      character(*), intent(in) :: key           !! the option or a path
      character(:), allocatable :: kind
      integer :: at
      type(span_t) :: value
      call self%find(key, at, value)
      if (at == 0) then
         kind = 'missing'
      else
         kind = json_kind(self%entries(at)%json(value%first:value%last))
      end if
   end function kind_of

   !> Number of elements of an array or object, 0 for anything else. Does not mark the option.
   integer function element_count(self, key) result(count)
      class(option_table_t), intent(in) :: self
      character(*), intent(in) :: key           !! the option or a path
      integer :: at
      type(span_t) :: value
      call self%find(key, at, value)
      count = 0
      if (at > 0) count = json_length(self%entries(at)%json(value%first:value%last))
   end function element_count

   !> Mark an option as known and give its JSON text; not allocated where the default is to be
   !> taken.
   subroutine take(self, key, wanted, optional_value, json, error)
      class(option_table_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      character(*), intent(in) :: wanted        !! what is expected, for the message
      logical, intent(in) :: optional_value     !! whether there is a default
      character(:), allocatable, intent(out) :: json
      type(error_t), allocatable, intent(out) :: error
      integer :: at
      type(span_t) :: value
      call self%find(key, at, value)
      if (at > 0) then
         self%entries(at)%known = .true.
         json = self%entries(at)%json(value%first:value%last)
         if (json == 'null' .and. optional_value) deallocate (json)
      else if (.not. optional_value) then
         call raise(error, fkb_err_argument, 'option '//quote(key)//' is missing, '//wanted// &
                    ' is expected')
      else
         at = self%place(key(:scan(key//'.', '.') - 1))
         if (at > 0) self%entries(at)%known = .true.
      end if
   end subroutine take

   !> The entry of an option or a path, 0 where there is none, and the value inside its JSON text.
   subroutine find(self, key, at, value)
      class(option_table_t), intent(in) :: self
      character(*), intent(in) :: key
      integer, intent(out) :: at
      type(span_t), intent(out) :: value
      integer :: dot
      at = self%place(key)
      if (at > 0) then
         value = span_t(1, len(self%entries(at)%json))
         return
      end if
      dot = index(key, '.')
      if (dot < 2) return
      at = self%place(key(:dot - 1))
      if (at == 0) return
      value = json_find(self%entries(at)%json, key(dot + 1:))
      if (value%count() == 0) at = 0
   end subroutine find

   !> The entry of an option, 0 where there is none.
   pure integer function place(self, key)
      class(option_table_t), intent(in) :: self
      character(*), intent(in) :: key
      do place = self%used, 1, -1
         if (len(self%entries(place)%key) /= len(key)) cycle
         if (self%entries(place)%key == key) return
      end do
   end function place

   !> Make room for one more option.
   subroutine reserve(self)
      class(option_table_t), intent(inout) :: self
      type(entry_t), allocatable :: longer(:)
      integer :: i
      if (.not. allocated(self%entries)) allocate (self%entries(16))
      if (self%used < size(self%entries)) return
      allocate (longer(2*self%used))
      do i = 1, self%used
         call move_alloc(self%entries(i)%key, longer(i)%key)
         call move_alloc(self%entries(i)%json, longer(i)%json)
         longer(i)%known = self%entries(i)%known
      end do
      call move_alloc(longer, self%entries)
   end subroutine reserve

end module fkb_option_table
