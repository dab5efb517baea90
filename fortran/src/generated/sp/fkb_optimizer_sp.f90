! Generated from train/fkb_optimizer.fypp: edit that file and run tools/generate.py
!> The contract of an optimizer, built-in or a user's.
!>
!> An optimizer works on the flat weight vector; segments say which part is which weight array and
!> which of them are trainable. It holds hyperparameters only, in real64 whatever the kind of the
!> network, because Keras rounds some of them late; what changes from step to step is the state.
!>
!> A step is, as in Keras 3: gather gradients until their number is complete, clip, decay the
!> weights, `update`, average the weights, count the step. A user's optimizer implements `update`.
module fkb_optimizer_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_optimizer_state_sp, only: optimizer_state_t, place_average, place_gathered, &
      place_iteration, place_rate, state_list_t
   use fkb_schedule, only: schedule_t
   use fkb_segment, only: segment_t
   implicit none (type, external)
   private
   public :: optimizer_t, optimizer_state_t, next_run

   !> An optimizer. Extend it and implement `update`, with `slot_count` and `slot_name` for its
   !> state.
   type, abstract :: optimizer_t
      real(dp) :: learning_rate = -1              !! may change; negative: `default_rate`
      class(schedule_t), allocatable :: schedule  !! takes its place, see `set_schedule`
      real(dp) :: weight_decay = 0                !! d in w = w - learning_rate*d*w before a step
      real(dp) :: clipnorm = 0                    !! largest norm of one weight's gradient; 0: none
      real(dp) :: global_clipnorm = 0             !! largest norm of the whole gradient; 0: none
      real(dp) :: clipvalue = 0                   !! largest magnitude in a gradient; 0: none
      logical :: use_ema = .false.                !! keep a moving average of the weights
      real(dp) :: ema_momentum = 0.99_dp          !! share of the old average, from 0 to 1
      integer :: ema_overwrite_frequency = 0      !! steps between w = average; 0: `finish` only
      integer :: gradient_accumulation_steps = 0  !! gradients of one update; 0 or 1: each
      integer :: keras_major = 3                  !! 2 and 3 differ in the first average
   contains
      procedure(update_i), deferred :: update
      procedure :: step
      procedure :: configure => configure_common
      procedure :: default_rate => one_thousandth
      procedure :: decay_of => decay_of_all
      procedure, non_overridable :: rate
      procedure, non_overridable :: rate_at
      procedure, non_overridable :: set_schedule
      procedure, non_overridable :: updates
      procedure :: slot_count => no_slots
      procedure :: slot_name => unnamed_slot
      procedure :: slot_is_apart => never
      procedure :: prepare => prepare_common
      procedure :: list_own => list_slots
      procedure, non_overridable :: configure_common
      procedure, non_overridable :: prepare_common
      procedure, non_overridable :: list_slots
      procedure, non_overridable :: list_variables
      procedure, non_overridable :: finish
      procedure :: keras_name => no_name
      procedure :: keras_options => no_options
      procedure, non_overridable :: keras_config
   end type optimizer_t

   abstract interface

      !> Change the trainable weights along the gradient. The gradient is clipped and the weights
      !> are decayed; the step is counted afterwards.
      subroutine update_i(self, params, grad, state, segments, error)
         import :: optimizer_t, optimizer_state_t, segment_t, error_t, wp
         implicit none (type, external)
         class(optimizer_t), intent(in) :: self
         real(wp), intent(inout), contiguous :: params(:)      !! the flat vector
         real(wp), intent(inout), contiguous :: grad(:)        !! its gradient; may be changed
         type(optimizer_state_t), intent(inout) :: state       !! as `prepare` or a step left it
         type(segment_t), intent(in) :: segments(:)
         type(error_t), allocatable, intent(out) :: error
      end subroutine update_i

   end interface

   interface

      !> One step: change the trainable weights and count it in `state%iteration`.
      !> Raises an error when the state does not fit the weights; nothing is changed then.
      module subroutine step(self, params, grad, state, segments, error)
         class(optimizer_t), intent(in) :: self
         real(wp), intent(inout), contiguous :: params(:)      !! the flat vector
         real(wp), intent(inout), contiguous :: grad(:)        !! its gradient; changed in place
         type(optimizer_state_t), intent(inout) :: state       !! as `prepare` or a step left it
         type(segment_t), intent(in) :: segments(:)
         type(error_t), allocatable, intent(out) :: error
      end subroutine step

      !> At the end of a training: with `use_ema`, the averages become the weights.
      module subroutine finish(self, params, state, segments)
         class(optimizer_t), intent(in) :: self
         real(wp), intent(inout), contiguous :: params(:)
         type(optimizer_state_t), intent(in) :: state
         type(segment_t), intent(in) :: segments(:)
      end subroutine finish

      !> Read the options that all Keras optimizers have; what is not supported is refused by name.
      module subroutine configure_common(self, config, error)
         class(optimizer_t), intent(inout) :: self
         type(config_t), intent(inout) :: config
         type(error_t), allocatable, intent(out) :: error
      end subroutine configure_common

      !> The optimizer as Keras 3 serialises it, empty where a file cannot name it.
      module function keras_config(self) result(json)
         class(optimizer_t), intent(in) :: self
         character(:), allocatable :: json
      end function keras_config

   end interface

contains

   !> The learning rate where none is given: Keras's default for most optimizers.
   pure real(dp) function one_thousandth(self) result(rate)
      class(optimizer_t), intent(in) :: self
      rate = 1e-3_dp
   end function one_thousandth

   !> The decay of one weight, without the factor of its segment.
   real(dp) function decay_of_all(self, segment) result(decay)
      class(optimizer_t), intent(in) :: self
      type(segment_t), intent(in) :: segment
      decay = self%weight_decay
   end function decay_of_all

   !> The learning rate that was set.
   pure real(dp) function rate(self)
      class(optimizer_t), intent(in) :: self
      rate = self%learning_rate
      if (rate < 0) rate = self%default_rate()
   end function rate

   !> The learning rate of the next step.
   pure real(dp) function rate_at(self, state)
      class(optimizer_t), intent(in) :: self
      type(optimizer_state_t), intent(in) :: state    !! its iteration counts the steps made
      if (allocated(self%schedule)) then
         rate_at = self%schedule%rate(state%iteration, state%time)
      else
         rate_at = self%rate()
      end if
   end function rate_at

   !> Let a schedule give the learning rate from now on, or no longer.
   subroutine set_schedule(self, schedule)
      class(optimizer_t), intent(inout) :: self
      class(schedule_t), intent(in), optional :: schedule     !! copied; absent: `learning_rate`
      if (allocated(self%schedule)) deallocate (self%schedule)
      if (present(schedule)) allocate (self%schedule, source=schedule)
   end subroutine set_schedule

   !> Updates made so far, Keras's `iterations`: steps, or groups of gathered gradients.
   pure integer(i8) function updates(self, state)
      class(optimizer_t), intent(in) :: self
      type(optimizer_state_t), intent(in) :: state
      updates = state%iteration/max(1, self%gradient_accumulation_steps)
   end function updates

   !> Slots of state per weight.
   pure integer function no_slots(self) result(count)
      class(optimizer_t), intent(in) :: self
      count = 0
   end function no_slots

   !> Name of slot `i` in the file, Keras's: `momentum`, `velocity`.
   pure function unnamed_slot(self, i) result(name)
      class(optimizer_t), intent(in) :: self
      integer, intent(in) :: i
      character(:), allocatable :: name
      name = 'slot_'//achar(iachar('0') + i)
   end function unnamed_slot

   !> Whether slot `i` stands in the file after those of all weights, not beside the others of its
   !> weight.
   pure logical function never(self, i)
      class(optimizer_t), intent(in) :: self
      integer, intent(in) :: i
      never = .false.
   end function never

   !> The state before the first step. An optimizer whose slots do not begin with zeros, or that
   !> has `extra` values, overrides this and calls `prepare_common` first.
   subroutine prepare_common(self, state, params, segments)
      class(optimizer_t), intent(in) :: self
      type(optimizer_state_t), intent(out) :: state
      real(wp), intent(in) :: params(:)              !! the flat vector
      type(segment_t), intent(in) :: segments(:)
      integer(i8) :: n
      n = size(params, kind=i8)
      allocate (state%slots(n, self%slot_count()), source=0.0_wp)
      allocate (state%extra(0))
      if (self%use_ema) then
         allocate (state%average(n), source=0.0_wp)
         if (self%keras_major == 2) state%average = params
      end if
      if (self%gradient_accumulation_steps > 1) allocate (state%gathered(n), source=0.0_wp)
   end subroutine prepare_common

   !> All variables in the order of the file, Keras 3's: the iteration, the learning rate unless
   !> a schedule of Keras gives it, the average of each trainable weight, its gathered gradient,
   !> the optimizer's own.
   subroutine list_variables(self, segments, list)
      class(optimizer_t), intent(in) :: self
      type(segment_t), intent(in) :: segments(:)
      type(state_list_t), intent(out) :: list
      integer :: i
      logical :: named
      call list%add_scalar('iteration', place_iteration)
      named = .false.
      if (allocated(self%schedule)) named = len(self%schedule%keras_config()) > 0
      if (.not. named) call list%add_scalar('learning_rate', place_rate)
      do i = 1, size(segments)
         if (.not. (self%use_ema .and. segments(i)%trainable)) cycle
         call list%add_weight('average', place_average, segments, i)
      end do
      do i = 1, size(segments)
         if (.not. (self%gradient_accumulation_steps > 1 .and. segments(i)%trainable)) cycle
         call list%add_weight('gradient_accumulator', place_gathered, segments, i)
      end do
      call self%list_own(segments, list)
   end subroutine list_variables

   !> The variables that only this class has: the slots of each trainable weight, then those that
   !> stand apart. An optimizer with `extra` values overrides this.
   subroutine list_slots(self, segments, list)
      class(optimizer_t), intent(in) :: self
      type(segment_t), intent(in) :: segments(:)
      type(state_list_t), intent(inout) :: list
      integer :: i, k
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         do k = 1, self%slot_count()
            if (self%slot_is_apart(k)) cycle
            call list%add_weight(self%slot_name(k), k, segments, i)
         end do
      end do
      do k = 1, self%slot_count()
         if (.not. self%slot_is_apart(k)) cycle
         do i = 1, size(segments)
            if (.not. segments(i)%trainable) cycle
            call list%add_weight(self%slot_name(k), k, segments, i)
         end do
      end do
   end subroutine list_slots

   !> The next stretch of trainable weights with one learning-rate factor: fewer, longer loops.
   pure subroutine next_run(segments, at, first, last, factor)
      type(segment_t), intent(in) :: segments(:)
      integer, intent(inout) :: at                !! start with 0; 0 again after the last run
      integer(i8), intent(out) :: first           !! of the run in the flat vector
      integer(i8), intent(out) :: last            !! of the run in the flat vector
      real(dp), intent(out) :: factor             !! of the learning rate
      integer :: i
      first = 1
      last = 0
      factor = 1
      do i = at + 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         if (last < first) then
            first = segments(i)%first
            factor = segments(i)%rate_factor
         else if (segments(i)%first /= last + 1 &
                  .or. abs(segments(i)%rate_factor - factor) > 0) then
            return
         end if
         last = segments(i)%last
         at = i
      end do
      if (last < first) at = 0
   end subroutine next_run

   !> Keras's class, empty for an optimizer that a file cannot name.
   pure function no_name(self) result(name)
      class(optimizer_t), intent(in) :: self
      character(:), allocatable :: name
      name = ''
   end function no_name

   !> The options of Keras's configuration that only this class has, as JSON members after a comma.
   pure function no_options(self) result(json)
      class(optimizer_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
   end function no_options

end module fkb_optimizer_sp
