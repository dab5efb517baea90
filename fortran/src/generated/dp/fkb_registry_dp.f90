! Generated from layers/fkb_registry.fypp: edit that file and run tools/generate.py
!> Maps the class names of a model file to layers. Knows the contract, not the layers.
module fkb_registry_dp
   use fkb_error, only: error_t, raise, fkb_err_argument, fkb_err_unknown
   use fkb_layer_dp, only: layer_t
   implicit none (type, external)
   private
   public :: registry_t

   type :: entry_t
      character(:), allocatable :: name
      class(layer_t), allocatable :: prototype
   end type entry_t

   !> Layer classes by name. `add_builtin_layers` of `fkb_builtin_dp` fills in the library's.
   type :: registry_t
      private
      type(entry_t), allocatable :: entries(:)
   contains
      procedure :: add
      procedure :: put
      procedure :: create
      procedure :: has
      procedure :: count => entry_count
      procedure :: name => entry_name
      procedure :: clear
      procedure, private :: find
   end type registry_t

contains

   !> Register `prototype` under `name`. Raises an error when the name is taken.
   subroutine add(self, name, prototype, error)
      class(registry_t), intent(inout) :: self
      character(*), intent(in) :: name                  !! as in the file: `my_pkg>Scale`
      class(layer_t), intent(in) :: prototype           !! copied; its options are the defaults
      type(error_t), allocatable, intent(out) :: error
      type(entry_t), allocatable :: grown(:)
      integer :: i, n
      if (self%has(name)) then
         call raise(error, fkb_err_argument, 'layer class "'//name//'" is registered already')
         return
      end if
      n = self%count()
      allocate (grown(max(64, n + 1 + n/2)))
      if (n > 0) then
         if (size(self%entries) > n) deallocate (grown)
      end if
      if (allocated(grown)) then
         do i = 1, n
            call move_alloc(self%entries(i)%name, grown(i)%name)
            call move_alloc(self%entries(i)%prototype, grown(i)%prototype)
         end do
         call move_alloc(grown, self%entries)
      end if
      self%entries(n + 1)%name = name
      allocate (self%entries(n + 1)%prototype, source=prototype)
   end subroutine add

   !> Register `prototype` under `name` unless there is an error already: one of a list.
   subroutine put(self, name, prototype, error)
      class(registry_t), intent(inout) :: self
      character(*), intent(in) :: name
      class(layer_t), intent(in) :: prototype
      type(error_t), allocatable, intent(inout) :: error
      if (.not. allocated(error)) call self%add(name, prototype, error)
   end subroutine put

   !> A fresh layer of the class registered as `name`. Raises an error for an unknown name.
   subroutine create(self, name, layer, error)
      class(registry_t), intent(in) :: self
      character(*), intent(in) :: name
      class(layer_t), allocatable, intent(out) :: layer
      type(error_t), allocatable, intent(out) :: error
      integer :: at
      at = self%find(name)
      if (at == 0) then
         call raise(error, fkb_err_unknown, 'no layer class "'//name//'" is registered')
      else
         allocate (layer, source=self%entries(at)%prototype)
      end if
   end subroutine create

   !> Whether a class is registered under `name`.
   pure logical function has(self, name)
      class(registry_t), intent(in) :: self
      character(*), intent(in) :: name
      has = self%find(name) > 0
   end function has

   !> Number of registered classes.
   pure integer function entry_count(self) result(count)
      class(registry_t), intent(in) :: self
      integer :: i
      count = 0
      if (.not. allocated(self%entries)) return
      do i = 1, size(self%entries)
         if (allocated(self%entries(i)%name)) count = i
      end do
   end function entry_count

   !> Name of the class number `i`, from 1.
   pure function entry_name(self, i) result(name)
      class(registry_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = self%entries(i)%name
   end function entry_name

   !> Release all prototypes.
   subroutine clear(self)
      class(registry_t), intent(inout) :: self
      integer :: i
      if (.not. allocated(self%entries)) return
      do i = 1, size(self%entries)
         if (allocated(self%entries(i)%prototype)) deallocate (self%entries(i)%prototype)
         if (allocated(self%entries(i)%name)) deallocate (self%entries(i)%name)
      end do
      deallocate (self%entries)
   end subroutine clear

   pure integer function find(self, name)
      class(registry_t), intent(in) :: self
      character(*), intent(in) :: name
      integer :: i
      find = 0
      do i = 1, self%count()
         if (self%entries(i)%name == name) find = i
      end do
   end function find

end module fkb_registry_dp
