! Generated from train/fkb_optimizer.fypp: edit that file and run tools/generate.py
!> The contract of an optimizer, built-in or a user's.
!>
!> An optimizer works on the flat weight vector; segments say which part is which weight array and
!> which of them are trainable. It holds hyperparameters only, in real64 whatever the kind of the
!> network, because Keras rounds some of them late; what changes from step to step is the state.
module fkb_optimizer_sp
   use fkb_config, only: config_t
   use fkb_error, only: error_t, raise, fkb_err_argument, fkb_err_unsupported
   use fkb_json, only: json_real_text
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_optimizer_kernels_sp, only: clip_values, decay_weights, scale_values, square_sum
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: optimizer_t, optimizer_state_t, next_run

   !> What an optimizer carries from step to step. Safe to copy.
   type :: optimizer_state_t
      integer(i8) :: iteration = 0                !! steps made so far
      real(wp), allocatable :: slots(:, :)        !! (weights of the flat vector, slots)
   end type optimizer_state_t

   !> An optimizer. Extend it and implement `step`, with `slot_count` and `slot_name` for its state.
   type, abstract :: optimizer_t
      real(dp) :: learning_rate = -1              !! may change; negative: `default_rate`
      real(dp) :: weight_decay = 0                !! d in w = w - learning_rate*d*w before a step
      real(dp) :: clipnorm = 0                    !! largest norm of one weight's gradient; 0: none
      real(dp) :: global_clipnorm = 0             !! largest norm of the whole gradient; 0: none
      real(dp) :: clipvalue = 0                   !! largest magnitude in a gradient; 0: none
   contains
      procedure(step_i), deferred :: step
      procedure :: configure => configure_common
      procedure :: default_rate => one_thousandth
      procedure, non_overridable :: rate
      procedure :: slot_count => no_slots
      procedure :: slot_name => unnamed_slot
      procedure :: slot_is_apart => never
      procedure :: prepare => clear_slots
      procedure, non_overridable :: configure_common
      procedure, non_overridable :: clip_and_decay
      procedure, non_overridable :: variable_order
      procedure :: keras_name => no_name
      procedure :: keras_options => no_options
      procedure, non_overridable :: keras_config
   end type optimizer_t

   abstract interface

      !> Change the trainable weights along the gradient and count the step in `state%iteration`.
      subroutine step_i(self, params, grad, state, segments, error)
         import :: optimizer_t, optimizer_state_t, segment_t, error_t, wp
         implicit none (type, external)
         class(optimizer_t), intent(in) :: self
         real(wp), intent(inout), contiguous :: params(:)      !! the flat vector
         real(wp), intent(inout), contiguous :: grad(:)        !! its gradient; clipped in place
         type(optimizer_state_t), intent(inout) :: state       !! as `prepare` or a step left it
         type(segment_t), intent(in) :: segments(:)
         type(error_t), allocatable, intent(out) :: error
      end subroutine step_i

   end interface

contains

   !> The learning rate where none is given: Keras's default for most optimizers.
   pure real(dp) function one_thousandth(self) result(rate)
      class(optimizer_t), intent(in) :: self
      rate = 1e-3_dp
   end function one_thousandth

   !> The learning rate.
   pure real(dp) function rate(self)
      class(optimizer_t), intent(in) :: self
      rate = self%learning_rate
      if (rate < 0) rate = self%default_rate()
   end function rate

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

   !> The state before the first step.
   subroutine clear_slots(self, state, weights)
      class(optimizer_t), intent(in) :: self
      type(optimizer_state_t), intent(out) :: state
      integer(i8), intent(in) :: weights             !! length of the flat vector
      allocate (state%slots(weights, self%slot_count()), source=0.0_wp)
   end subroutine clear_slots

   !> Read the options that all Keras optimizers have; what is not supported is refused by name.
   subroutine configure_common(self, config, error)
      class(optimizer_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: use_ema
      real(dp) :: decay
      call config%ignore('name jit_compile is_legacy_optimizer ema_momentum'// &
                         ' ema_overwrite_frequency')
      if (config%kind_of('learning_rate') == 'object') then
         call raise(error, fkb_err_unsupported, 'option "learning_rate" of the optimizer is a'// &
                    ' schedule, which is not supported yet: give a number')
         return
      end if
      self%learning_rate = self%rate()
      call read_positive(config, 'learning_rate', self%learning_rate, error)
      if (allocated(error)) return
      call read_positive(config, 'weight_decay', self%weight_decay, error)
      if (allocated(error)) return
      call read_positive(config, 'clipnorm', self%clipnorm, error)
      if (allocated(error)) return
      call read_positive(config, 'global_clipnorm', self%global_clipnorm, error)
      if (allocated(error)) return
      call read_positive(config, 'clipvalue', self%clipvalue, error)
      if (allocated(error)) return
      if (count([self%clipnorm, self%global_clipnorm, self%clipvalue] > 0) > 1) then
         call raise(error, fkb_err_argument, 'only one of the options "clipnorm",'// &
                    ' "global_clipnorm" and "clipvalue" of the optimizer can be set')
         return
      end if
      call config%get('use_ema', use_ema, error, default=.false.)
      if (allocated(error)) return
      call config%get('decay', decay, error, default=0.0_dp)
      if (allocated(error)) return
      if (use_ema) call refuse('use_ema', error)
      if (abs(decay) > 0) call refuse('decay', error)
      if (config%has('loss_scale_factor')) call refuse('loss_scale_factor', error)
      if (config%has('gradient_accumulation_steps')) then
         call refuse('gradient_accumulation_steps', error)
      end if
      call config%ignore('loss_scale_factor gradient_accumulation_steps')
   end subroutine configure_common

   subroutine refuse(option, error)
      character(*), intent(in) :: option
      type(error_t), allocatable, intent(out) :: error
      call raise(error, fkb_err_unsupported, 'option '//quote(option)//' of the optimizer is'// &
                 ' not supported yet')
   end subroutine refuse

   !> Read a number that is not negative; it stays where the option is absent or null.
   subroutine read_positive(config, key, value, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(dp), intent(inout) :: value
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: default
      default = value
      call config%get(key, value, error, default=default)
      if (allocated(error)) return
      if (.not. value >= 0) then
         call raise(error, fkb_err_argument, 'option '//quote(key)//' of the optimizer must'// &
                    ' not be negative')
      end if
   end subroutine read_positive

   !> The order of the optimizer's variables in a file, Keras 3's: the iteration (slot -1), the
   !> learning rate (slot 0), the slots of each trainable weight, the slots that stand apart.
   subroutine variable_order(self, segments, slot, segment)
      class(optimizer_t), intent(in) :: self
      type(segment_t), intent(in) :: segments(:)
      integer, allocatable, intent(out) :: slot(:)      !! -1, 0, or the number of the slot
      integer, allocatable, intent(out) :: segment(:)   !! whose weight it is, 0 for none
      integer :: i, k
      slot = [-1, 0]
      segment = [0, 0]
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         do k = 1, self%slot_count()
            if (self%slot_is_apart(k)) cycle
            slot = [slot, k]
            segment = [segment, i]
         end do
      end do
      do k = 1, self%slot_count()
         if (.not. self%slot_is_apart(k)) cycle
         do i = 1, size(segments)
            if (.not. segments(i)%trainable) cycle
            slot = [slot, k]
            segment = [segment, i]
         end do
      end do
   end subroutine variable_order

   !> Clip the gradient and decay the weights, as Keras 3 does before every update step.
   !> Raises an error when the state does not fit the weights.
   subroutine clip_and_decay(self, params, grad, state, segments, error)
      class(optimizer_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      type(optimizer_state_t), intent(in) :: state
      type(segment_t), intent(in) :: segments(:)
      type(error_t), allocatable, intent(out) :: error
      logical :: fits
      fits = allocated(state%slots) .and. size(grad) == size(params)
      if (fits) fits = size(state%slots, 1, i8) == size(params, kind=i8) &
         .and. size(state%slots, 2) == self%slot_count()
      if (.not. fits) then
         call raise(error, fkb_err_argument, 'the state of the optimizer does not fit the'// &
                    ' weights: call "prepare" first')
         return
      end if
      if (self%clipnorm > 0) then
         call clip_each(self%clipnorm, grad, segments)
      else if (self%global_clipnorm > 0) then
         call clip_all(self%global_clipnorm, grad, segments)
      else if (self%clipvalue > 0) then
         call clip_values(size(grad, kind=i8), real(self%clipvalue, wp), grad)
      end if
      if (self%weight_decay > 0) call decay_all(self, params, segments)
   end subroutine clip_and_decay

   !> g = g c/max(|g|, c) for every trainable weight
   subroutine clip_each(limit, grad, segments)
      real(dp), intent(in) :: limit
      real(wp), intent(inout), contiguous :: grad(:)
      type(segment_t), intent(in) :: segments(:)
      real(wp) :: bound, norm
      integer :: i
      bound = real(limit, wp)
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         associate (first => segments(i)%first, last => segments(i)%last)
            norm = real(sqrt(square_sum(last - first + 1, grad(first:last))), wp)
            call scale_values(last - first + 1, bound, max(norm, bound), grad(first:last))
         end associate
      end do
   end subroutine clip_each

   !> g = g c min(1/|g|, 1/c), |g| over all trainable weights
   subroutine clip_all(limit, grad, segments)
      real(dp), intent(in) :: limit
      real(wp), intent(inout), contiguous :: grad(:)
      type(segment_t), intent(in) :: segments(:)
      real(dp) :: total
      real(wp) :: bound, norm
      integer :: i
      total = 0
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         associate (first => segments(i)%first, last => segments(i)%last)
            total = total + square_sum(last - first + 1, grad(first:last))
         end associate
      end do
      bound = real(limit, wp)
      norm = real(sqrt(total), wp)
      if (.not. norm > 0) return
      call scale_values(size(grad, kind=i8), bound*min(1/norm, 1/bound), 1.0_wp, grad)
   end subroutine clip_all

   !> w = w - w d r; Keras casts the decay through real32.
   subroutine decay_all(self, params, segments)
      class(optimizer_t), intent(in) :: self
      real(wp), intent(inout), contiguous :: params(:)
      type(segment_t), intent(in) :: segments(:)
      integer :: i
      do i = 1, size(segments)
         if (.not. segments(i)%trainable) cycle
         associate (first => segments(i)%first, last => segments(i)%last)
            call decay_weights(last - first + 1, real(rounded_to_single(self%weight_decay), wp), &
                               real(self%rate()*segments(i)%rate_factor, wp), &
                               params(first:last))
         end associate
      end do
   end subroutine decay_all

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

   !> The optimizer as Keras 3 serialises it, empty where a file cannot name it.
   function keras_config(self) result(json)
      class(optimizer_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
      if (len(self%keras_name()) == 0) return
      json = '{"module":"keras.optimizers","class_name":"'//self%keras_name()// &
         '","config":{"learning_rate":'//json_real_text(self%rate())// &
         ',"weight_decay":'//number_or_null(self%weight_decay)// &
         ',"clipnorm":'//number_or_null(self%clipnorm)// &
         ',"global_clipnorm":'//number_or_null(self%global_clipnorm)// &
         ',"clipvalue":'//number_or_null(self%clipvalue)// &
         self%keras_options()//'},"registered_name":null}'
   end function keras_config

   !> A positive number as JSON; 0 stands for none.
   pure function number_or_null(value) result(json)
      real(dp), intent(in) :: value
      character(:), allocatable :: json
      json = 'null'
      if (value > 0) json = json_real_text(value)
   end function number_or_null

end module fkb_optimizer_sp
