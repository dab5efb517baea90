!> What the host gives and takes at one input or output: a name and transform steps.
!>
!> Steps are computed in real64 whatever the kinds of host and network: in real32 a subtraction of
!> a large mean loses what the network needs.
module fkb_port
   use fkb_curve, only: curve_inverse, curve_value
   use fkb_field, only: field_t
   use fkb_kinds, only: dp
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: port_t, step_t

   !> Kinds of steps; above `step_divide` those of `fkb_curve`.
   integer, parameter, public :: step_add = 1, step_subtract = 2, step_multiply = 3, step_divide = 4

   !> An element-wise step along the last axis of Keras, the first of the storage order.
   type :: step_t
      integer :: kind = step_add
      real(dp), allocatable :: values(:)     !! (1) or (elements)
      logical, allocatable :: acts(:)        !! (elements), of a curve: where it acts
      real(dp), allocatable :: knots(:)      !! of a table, ascending
      real(dp), allocatable :: levels(:)     !! of a table, values at the knots
   end type step_t

   !> Description of one input or output; the default changes nothing.
   type :: port_t
      character(:), allocatable :: name      !! as the file names it, else the Keras name
      integer :: host_elements = 0           !! of the last axis in the host, 0: as the network
      integer, allocatable :: chosen(:)      !! elements of the host's that the network takes
      type(step_t), allocatable :: steps(:)  !! in order; for an input after the choice
      type(field_t), allocatable :: fields(:)   !! of the host's last axis, in order
      character(:), allocatable :: budgets   !! of an output: JSON list, empty where there is none
   contains
      procedure :: changes
      procedure :: curved
      procedure :: features
      procedure :: apply => apply_steps
      procedure :: invert => invert_steps
      procedure :: scale => scale_by_slopes
   end type port_t

contains

   !> Whether values differ between host and network.
   pure logical function changes(self)
      class(port_t), intent(in) :: self
      changes = allocated(self%chosen)
      if (allocated(self%steps)) changes = changes .or. size(self%steps) > 0
   end function changes

   !> Whether a step is no straight line.
   pure logical function curved(self)
      class(port_t), intent(in) :: self
      curved = .false.
      if (allocated(self%steps)) curved = any(self%steps%kind > step_divide)
   end function curved

   !> Values of one sample on the host's side, for a closed shape on the network's.
   pure integer function features(self, shape)
      class(port_t), intent(in) :: self
      type(shape_t), intent(in) :: shape     !! storage order
      features = int(shape%count())
      if (.not. allocated(self%chosen) .or. shape%extent(1) == 0) return
      features = features/shape%extent(1)*self%host_elements
   end function features

   !> Apply the steps in place to elements `first`, ... of the last axis.
   pure subroutine apply_steps(self, first, n, x)
      class(port_t), intent(in) :: self
      integer, intent(in) :: first           !! position of x(1) along the last axis, from 1
      integer, intent(in) :: n
      real(dp), intent(inout) :: x(n)
      integer :: i
      if (.not. allocated(self%steps)) return
      do i = 1, size(self%steps)
         if (self%steps(i)%kind > step_divide) then
            call apply_curve(self%steps(i), first, n, .false., x)
         else
            call apply_one(self%steps(i)%kind, first, n, size(self%steps(i)%values), &
               self%steps(i)%values, x)
         end if
      end do
   end subroutine apply_steps

   !> Undo the steps in place, last first: from the other side's values to this side's.
   pure subroutine invert_steps(self, first, n, x)
      class(port_t), intent(in) :: self
      integer, intent(in) :: first           !! position of x(1) along the last axis, from 1
      integer, intent(in) :: n
      real(dp), intent(inout) :: x(n)
      integer, parameter :: inverse(4) = [step_subtract, step_add, step_divide, step_multiply]
      integer :: i
      if (.not. allocated(self%steps)) return
      do i = size(self%steps), 1, -1
         if (self%steps(i)%kind > step_divide) then
            call apply_curve(self%steps(i), first, n, .true., x)
         else
            call apply_one(inverse(self%steps(i)%kind), first, n, size(self%steps(i)%values), &
               self%steps(i)%values, x)
         end if
      end do
   end subroutine invert_steps

   !> Multiply in place by the derivative of the steps, which must not be curved.
   pure subroutine scale_by_slopes(self, first, n, x)
      class(port_t), intent(in) :: self
      integer, intent(in) :: first           !! position of x(1) along the last axis, from 1
      integer, intent(in) :: n
      real(dp), intent(inout) :: x(n)
      integer :: i
      if (.not. allocated(self%steps)) return
      do i = 1, size(self%steps)
         if (self%steps(i)%kind == step_add .or. self%steps(i)%kind == step_subtract) cycle
         call apply_one(self%steps(i)%kind, first, n, size(self%steps(i)%values), &
            self%steps(i)%values, x)
      end do
   end subroutine scale_by_slopes

   pure subroutine apply_curve(step, first, n, back, x)
      type(step_t), intent(in) :: step
      integer, intent(in) :: first
      integer, intent(in) :: n
      logical, intent(in) :: back            !! the inverse
      real(dp), intent(inout) :: x(n)
      real(dp) :: none(0)
      integer :: i
      do i = 1, n
         if (.not. step%acts(first + i - 1)) cycle
         associate (a => step%values(first + i - 1))
            if (allocated(step%knots)) then
               x(i) = through_table(step, a, back, x(i))
            else if (back) then
               x(i) = curve_inverse(step%kind, a, none, none, x(i))
            else
               x(i) = curve_value(step%kind, a, none, none, x(i))
            end if
         end associate
      end do
   end subroutine apply_curve

   pure real(dp) function through_table(step, a, back, x) result(y)
      type(step_t), intent(in) :: step
      real(dp), intent(in) :: a, x
      logical, intent(in) :: back
      if (back) then
         y = curve_inverse(step%kind, a, step%knots, step%levels, x)
      else
         y = curve_value(step%kind, a, step%knots, step%levels, x)
      end if
   end function through_table

   pure subroutine apply_one(kind, first, n, n_values, values, x)
      integer, intent(in) :: kind
      integer, intent(in) :: first
      integer, intent(in) :: n
      integer, intent(in) :: n_values        !! 1 or all of the last axis
      real(dp), intent(in) :: values(n_values)
      real(dp), intent(inout) :: x(n)
      if (n_values == 1) then
         call apply_number(kind, values(1), n, x)
         return
      end if
      associate (v => values(first:first + n - 1))
         select case (kind)
         case (step_add)
            x = x + v
         case (step_subtract)
            x = x - v
         case (step_multiply)
            x = x*v
         case default
            x = x/v
         end select
      end associate
   end subroutine apply_one

   pure subroutine apply_number(kind, value, n, x)
      integer, intent(in) :: kind
      real(dp), intent(in) :: value
      integer, intent(in) :: n
      real(dp), intent(inout) :: x(n)
      select case (kind)
      case (step_add)
         x = x + value
      case (step_subtract)
         x = x - value
      case (step_multiply)
         x = x*value
      case default
         x = x/value
      end select
   end subroutine apply_number

end module fkb_port
