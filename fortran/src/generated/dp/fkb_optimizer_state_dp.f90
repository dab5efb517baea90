! Generated from train/fkb_optimizer_state.fypp: edit that file and run tools/generate.py
!> What an optimizer carries from step to step, and how its parts stand in a file.
module fkb_optimizer_state_dp
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_segment, only: segment_t
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: optimizer_state_t, state_variable_t, state_list_t, get_values, put_values

   !> Places of a variable beside the slots, whose places are their numbers from 1 on.
   integer, parameter, public :: place_rate = 0, place_iteration = -1, place_average = -2, &
      place_gathered = -3, place_extra = -4

   !> The state of an optimizer. Safe to copy.
   type :: optimizer_state_t
      integer(i8) :: iteration = 0                !! calls of `step` so far
      real(dp) :: time = 0                        !! the host's, for a schedule that goes by it
      real(wp), allocatable :: slots(:, :)        !! (weights of the flat vector, slots)
      real(wp), allocatable :: extra(:)           !! what is not shaped as a weight
      real(wp), allocatable :: average(:)         !! (weights): moving average, with `use_ema`
      real(wp), allocatable :: gathered(:)        !! (weights): gradients that wait for a step
   end type optimizer_state_t

   !> One variable of an optimizer: a part of its state.
   type :: state_variable_t
      character(:), allocatable :: name   !! `momentum`
      integer :: place = place_iteration  !! a slot from 1 on, or one of the places above
      integer :: segment = 0              !! whose weight it belongs to, 0 for none
      integer(i8) :: first = 1            !! where it begins in its place
      integer(i8) :: last = 1             !! where it ends
      type(shape_t) :: shape              !! storage order
   end type state_variable_t

   !> The variables of an optimizer in the order of the file, which is that of Keras 3.
   type :: state_list_t
      integer :: n = 0
      type(state_variable_t), allocatable :: items(:)    !! the first `n` are used
   contains
      procedure :: add_scalar
      procedure :: add_weight
      procedure :: add_extra
      procedure, private :: grow
   end type state_list_t

contains

   !> Add the iteration or the learning rate.
   subroutine add_scalar(self, name, place)
      class(state_list_t), intent(inout) :: self
      character(*), intent(in) :: name
      integer, intent(in) :: place                !! `place_iteration` or `place_rate`
      call self%grow()
      self%items(self%n)%name = name
      self%items(self%n)%place = place
   end subroutine add_scalar

   !> Add what stands for every value of weight `segment`: a slot, the average, the gradient.
   subroutine add_weight(self, name, place, segments, segment)
      class(state_list_t), intent(inout) :: self
      character(*), intent(in) :: name
      integer, intent(in) :: place                !! a slot's number or one of the places
      type(segment_t), intent(in) :: segments(:)
      integer, intent(in) :: segment
      call self%grow()
      associate (item => self%items(self%n), part => segments(segment))
         item%name = name
         item%place = place
         item%segment = segment
         item%first = part%first
         item%last = part%last
         item%shape = part%shape
      end associate
   end subroutine add_weight

   !> Add a part of `extra` from `first` on.
   subroutine add_extra(self, name, first, shape, segment)
      class(state_list_t), intent(inout) :: self
      character(*), intent(in) :: name
      integer(i8), intent(in) :: first
      type(shape_t), intent(in) :: shape          !! rank 0 for a single number
      integer, intent(in) :: segment              !! 0 where it belongs to no weight
      call self%grow()
      associate (item => self%items(self%n))
         item%name = name
         item%place = place_extra
         item%segment = segment
         item%first = first
         item%last = first + shape%count() - 1
         item%shape = shape
      end associate
   end subroutine add_extra

   !> Make room for one more.
   subroutine grow(self)
      class(state_list_t), intent(inout) :: self
      type(state_variable_t), allocatable :: grown(:)
      integer :: i
      if (.not. allocated(self%items)) allocate (self%items(16))
      if (self%n == size(self%items)) then
         allocate (grown(2*self%n))
         do i = 1, self%n
            grown(i) = self%items(i)
         end do
         call move_alloc(grown, self%items)
      end if
      self%n = self%n + 1
   end subroutine grow

   !> The values of a variable other than iteration and learning rate.
   subroutine get_values(state, item, values)
      type(optimizer_state_t), intent(in) :: state
      type(state_variable_t), intent(in) :: item
      real(dp), allocatable, intent(out) :: values(:)
      associate (first => item%first, last => item%last)
         select case (item%place)
         case (place_extra)
            values = real(state%extra(first:last), dp)
         case (place_average)
            values = real(state%average(first:last), dp)
         case (place_gathered)
            values = real(state%gathered(first:last), dp)
         case default
            values = real(state%slots(first:last, item%place), dp)
         end select
      end associate
   end subroutine get_values

   !> Set the values of a variable other than iteration and learning rate.
   subroutine put_values(state, item, values)
      type(optimizer_state_t), intent(inout) :: state
      type(state_variable_t), intent(in) :: item
      real(dp), intent(in) :: values(:)           !! as many as the variable has
      associate (first => item%first, last => item%last)
         select case (item%place)
         case (place_extra)
            state%extra(first:last) = real(values, wp)
         case (place_average)
            state%average(first:last) = real(values, wp)
         case (place_gathered)
            state%gathered(first:last) = real(values, wp)
         case default
            state%slots(first:last, item%place) = real(values, wp)
         end select
      end associate
   end subroutine put_values

end module fkb_optimizer_state_dp
