!> A rule of the host's own that changes what a network says about a column, such as no liquid
!> water where it is cold.
!>
!>     type, extends(column_rule_t) :: no_warm_snow_t
!>        integer :: at_t, at_snow                         ! from `offer` and `accept`
!>     contains
!>        procedure :: apply
!>     end type no_warm_snow_t
!>     ...
!>     call coupler%run(net, exchange, error, rule=no_warm_snow_t(at_t, at_snow))
module fkb_column
   use fkb_kinds, only: dp, i8
   use fkb_slot, only: slot_t
   use fkb_tally, only: count_by_rule
   implicit none (type, external)
   private
   public :: column_t, column_rule_t

   !> One column as a rule sees it: what the host gave, and what it is going to get.
   type :: column_t
      integer :: number = 0                          !! of the host's columns
      real(dp), pointer, private :: x(:) => null(), y(:) => null()
      integer(i8), pointer, private :: counts(:, :) => null()
      type(slot_t), pointer, private :: slots(:) => null()
      logical, pointer, private :: given(:) => null()
   contains
      procedure :: show
      procedure :: has
      procedure :: get
      procedure :: set
   end type column_t

   !> What a host extends.
   type, abstract :: column_rule_t
   contains
      procedure(apply_rule), deferred :: apply
   end type column_rule_t

   abstract interface
      !> Change the outputs of one column. Called by all threads at once.
      subroutine apply_rule(self, column)
         import :: column_rule_t, column_t
         implicit none (type, external)
         class(column_rule_t), intent(in) :: self
         type(column_t), intent(inout) :: column
      end subroutine apply_rule
   end interface

contains

   !> Show another column. For the library.
   subroutine show(self, number, x, y, counts, slots, given)
      class(column_t), intent(inout) :: self
      integer, intent(in) :: number
      real(dp), intent(in), target :: x(:)
      real(dp), intent(in), target :: y(:)
      integer(i8), intent(in), target :: counts(:, :)
      type(slot_t), intent(in), target :: slots(:)
      logical, intent(in), target :: given(:)
      self%number = number
      self%x => x
      self%y => y
      self%counts => counts
      self%slots => slots
      self%given => given
   end subroutine show

   !> Whether the host gave the field, or the network has it.
   pure logical function has(self, at)
      class(column_t), intent(in) :: self
      integer, intent(in) :: at                      !! from `offer` or `accept`
      has = at >= 1 .and. at <= size(self%slots)
      if (.not. has) return
      has = self%given(at)
      if (self%slots(at)%is_output) has = self%slots(at)%needed
   end function has

   !> The values of a field in the host's order, zeros where `has` says no.
   subroutine get(self, at, values)
      class(column_t), intent(in) :: self
      integer, intent(in) :: at                      !! from `offer` or `accept`
      real(dp), intent(out) :: values(:)             !! (levels)
      values = 0
      if (.not. self%has(at)) return
      if (self%slots(at)%is_output) then
         values = self%y(self%slots(at)%rows)
      else
         values = self%x(self%slots(at)%rows)
      end if
   end subroutine get

   !> Replace an output; values that differ are counted. Nothing happens where `has` says no, and
   !> to a field that the host gave.
   subroutine set(self, at, values)
      class(column_t), intent(inout) :: self
      integer, intent(in) :: at                      !! from `accept`
      real(dp), intent(in) :: values(:)              !! (levels)
      integer :: i, row
      if (.not. self%has(at)) return
      if (.not. self%slots(at)%is_output) return
      do i = 1, size(values)
         row = self%slots(at)%rows(i)
         if (abs(self%y(row) - values(i)) <= 0) cycle
         self%y(row) = values(i)
         self%counts(count_by_rule, row) = self%counts(count_by_rule, row) + 1
      end do
   end subroutine set

end module fkb_column
