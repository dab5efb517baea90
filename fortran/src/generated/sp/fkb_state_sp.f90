! Generated from network/fkb_state.fypp: edit that file and run tools/generate.py
!> What a network with recurrent layers keeps from call to call. The caller owns it: one column per
!> sample, to be kept with the simulator's own fields and written with its restart files.
!>
!>     call net%make_state(state, columns, error)           ! zeros
!>     call net%predict(x, y, work, error, state=state)     ! reads it and replaces it
module fkb_state_sp
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: wp => sp
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: state_t, state_part_t

   !> One state of one layer: some rows of the whole.
   type :: state_part_t
      character(:), allocatable :: path          !! of the layer
      integer :: number = 1                      !! among the layer's states: 1 is h, 2 is c
      type(shape_t) :: shape                     !! of one sample, storage order
      integer :: first = 1                       !! row in `values`
      integer :: last = 0                        !! row in `values`
   end type state_part_t

   !> The state of all layers for some columns. Copies are independent.
   type :: state_t
      real(wp), allocatable :: values(:, :)      !! (n_state, columns): to be saved and restored
      real(wp), allocatable :: next(:, :)        !! where a call builds the new state
      type(state_part_t), allocatable :: parts(:)   !! the rows, layer after layer
   contains
      procedure :: columns => state_columns
      procedure :: reset
      procedure :: get
      procedure :: set
      procedure :: begin
      procedure :: advance
      procedure :: clear
      procedure, private :: find
   end type state_t

contains

   !> Number of samples.
   pure integer function state_columns(self) result(columns)
      class(state_t), intent(in) :: self
      columns = 0
      if (allocated(self%values)) columns = size(self%values, 2)
   end function state_columns

   !> Begin anew: zeros for all columns, or for some.
   subroutine reset(self, first, last)
      class(state_t), intent(inout) :: self
      integer, intent(in), optional :: first     !! column, default the first
      integer, intent(in), optional :: last      !! column, default `first` or the last
      integer :: a, b
      if (.not. allocated(self%values)) return
      a = 1
      b = size(self%values, 2)
      if (present(first)) then
         a = max(1, first)
         b = min(b, first)
      end if
      if (present(last)) b = min(size(self%values, 2), last)
      self%values(:, a:b) = 0
   end subroutine reset

   !> Copy one state of one layer. Raises an error where the layer or the number does not exist and
   !> where the sizes differ.
   subroutine get(self, path, number, values, error)
      class(state_t), intent(in) :: self
      character(*), intent(in) :: path           !! of the layer: `lstm`, `encoder/lstm`
      integer, intent(in) :: number              !! among its states, from 1
      real(wp), intent(out) :: values(:, :)      !! (rows, columns)
      type(error_t), allocatable, intent(out) :: error
      integer :: at
      values = 0
      call self%find(path, number, shape(values), at, error)
      if (allocated(error)) return
      values = self%values(self%parts(at)%first:self%parts(at)%last, :)
   end subroutine get

   !> Replace one state of one layer. Raises the errors of `get`.
   subroutine set(self, path, number, values, error)
      class(state_t), intent(inout) :: self
      character(*), intent(in) :: path           !! of the layer
      integer, intent(in) :: number              !! among its states, from 1
      real(wp), intent(in) :: values(:, :)       !! (rows, columns)
      type(error_t), allocatable, intent(out) :: error
      integer :: at
      call self%find(path, number, shape(values), at, error)
      if (allocated(error)) return
      self%values(self%parts(at)%first:self%parts(at)%last, :) = values
   end subroutine set

   !> Make room for the new state that a call builds.
   subroutine begin(self)
      class(state_t), intent(inout) :: self
      if (allocated(self%next)) then
         if (any(shape(self%next) /= shape(self%values))) deallocate (self%next)
      end if
      if (.not. allocated(self%next)) allocate (self%next, mold=self%values)
   end subroutine begin

   !> Release everything.
   subroutine clear(self)
      class(state_t), intent(inout) :: self
      if (allocated(self%values)) deallocate (self%values)
      if (allocated(self%next)) deallocate (self%next)
      if (allocated(self%parts)) deallocate (self%parts)
   end subroutine clear

   !> The new state becomes the state. A call does this at its end, so that one that fails leaves
   !> the old state.
   subroutine advance(self)
      class(state_t), intent(inout) :: self
      real(wp), allocatable :: old(:, :)
      call move_alloc(self%values, old)
      call move_alloc(self%next, self%values)
      call move_alloc(old, self%next)
   end subroutine advance

   subroutine find(self, path, number, extents, at, error)
      class(state_t), intent(in) :: self
      character(*), intent(in) :: path
      integer, intent(in) :: number
      integer, intent(in) :: extents(2)          !! of the caller's array
      integer, intent(out) :: at
      type(error_t), allocatable, intent(out) :: error
      integer :: rows
      at = 0
      if (allocated(self%parts)) then
         do at = 1, size(self%parts)
            if (self%parts(at)%path == path .and. self%parts(at)%number == number) exit
         end do
         if (at > size(self%parts)) at = 0
      end if
      if (at == 0) then
         call raise(error, fkb_err_argument, 'layer "'//path//'" keeps no state number '// &
            decimal(number))
         return
      end if
      rows = self%parts(at)%last - self%parts(at)%first + 1
      if (extents(1) /= rows .or. extents(2) /= self%columns()) call raise(error, &
         fkb_err_argument, 'state '//decimal(number)//' of layer "'//path//'" has '// &
         decimal(rows)//' rows and '//decimal(self%columns())//' columns, the array '// &
         decimal(extents(1))//' and '//decimal(extents(2)))
   end subroutine find

end module fkb_state_sp
