! Generated from train/fkb_optimizer_registry.fypp: edit that file and run tools/generate.py
!> Maps the names that Keras saves for optimizers to optimizers; a user adds their own.
module fkb_optimizer_registry_sp
   use fkb_error, only: error_t, raise, fkb_err_argument, fkb_err_unknown
   use fkb_optimizer_sp, only: optimizer_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: optimizer_registry_t

   type :: entry_t
      character(:), allocatable :: name
      class(optimizer_t), allocatable :: prototype
   end type entry_t

   !> Optimizers by the name that Keras saves for them.
   type :: optimizer_registry_t
      private
      type(entry_t), allocatable :: entries(:)
   contains
      procedure :: add
      procedure :: create
      procedure :: has
      procedure :: clear
      procedure, private :: find
   end type optimizer_registry_t

contains

   !> Register `prototype` under `name`. Raises an error when the name is taken.
   subroutine add(self, name, prototype, error)
      class(optimizer_registry_t), intent(inout) :: self
      character(*), intent(in) :: name               !! as in the file: `my_pkg>Descent`
      class(optimizer_t), intent(in) :: prototype    !! copied; its options are the defaults
      type(error_t), allocatable, intent(out) :: error
      type(entry_t), allocatable :: grown(:)
      integer :: i, n
      if (self%has(name)) then
         call raise(error, fkb_err_argument, 'the optimizer '//quote(name)//' is registered'// &
                    ' already')
         return
      end if
      n = 0
      if (allocated(self%entries)) n = size(self%entries)
      allocate (grown(n + 1))
      do i = 1, n
         grown(i)%name = self%entries(i)%name
         call move_alloc(self%entries(i)%prototype, grown(i)%prototype)
      end do
      grown(n + 1)%name = name
      allocate (grown(n + 1)%prototype, source=prototype)
      call move_alloc(grown, self%entries)
   end subroutine add

   !> A fresh optimizer of the class registered as `name`. Raises an error for an unknown name.
   subroutine create(self, name, optimizer, error)
      class(optimizer_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      class(optimizer_t), allocatable, intent(out) :: optimizer
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: names
      integer :: at, i
      at = self%find(name)
      if (at > 0) then
         allocate (optimizer, source=self%entries(at)%prototype)
         return
      end if
      names = ''
      if (allocated(self%entries)) then
         do i = 1, size(self%entries)
            names = names//' '//self%entries(i)%name
         end do
      end if
      call raise(error, fkb_err_unknown, 'the optimizer '//quote(name)//' is not known; these'// &
                 ' are:'//names)
   end subroutine create

   !> Whether an optimizer is registered under `name`.
   pure logical function has(self, name)
      class(optimizer_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      has = self%find(name) > 0
   end function has

   !> Release all prototypes.
   subroutine clear(self)
      class(optimizer_registry_t), intent(inout) :: self
      integer :: i
      if (.not. allocated(self%entries)) return
      do i = 1, size(self%entries)
         if (allocated(self%entries(i)%prototype)) deallocate (self%entries(i)%prototype)
         if (allocated(self%entries(i)%name)) deallocate (self%entries(i)%name)
      end do
      deallocate (self%entries)
   end subroutine clear

   !> Names without a package count in any case, as in Keras: `adam` is `Adam`.
   pure integer function find(self, name)
      class(optimizer_registry_t), intent(in) :: self
      character(*), intent(in) :: name
      integer :: i
      find = 0
      if (.not. allocated(self%entries)) return
      do i = 1, size(self%entries)
         if (self%entries(i)%name == name) find = i
      end do
      if (find > 0 .or. index(name, '>') > 0) return
      do i = 1, size(self%entries)
         if (lower_case(self%entries(i)%name) == lower_case(name)) find = i
      end do
   end function find

   pure function lower_case(text) result(lower)
      character(*), intent(in) :: text
      character(len(text)) :: lower
      integer :: i
      lower = text
      do i = 1, len(text)
         if (text(i:i) >= 'A' .and. text(i:i) <= 'Z') lower(i:i) = achar(iachar(text(i:i)) + 32)
      end do
   end function lower_case

end module fkb_optimizer_registry_sp
