!> Learning-rate schedules by their Keras names and options.
module fkb_schedules
   use fkb_config, only: config_from_json, config_t
   use fkb_cosine_decays, only: cosine_decay_restarts_t, cosine_decay_t
   use fkb_decays, only: exponential_decay_t, inverse_time_decay_t, piecewise_constant_decay_t, &
      polynomial_decay_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, i8
   use fkb_schedule, only: schedule_t
   use fkb_text, only: decimal, quote
   implicit none (type, external)
   private
   public :: schedule_from_json

contains

   !> The schedule that a Keras configuration means:
   !> `{"class_name":"CosineDecay","config":{"initial_learning_rate":0.1,"decay_steps":1000}}`.
   !> Raises an error for an unknown class and for options that are unknown or out of range.
   subroutine schedule_from_json(json, schedule, error)
      character(*), intent(in) :: json
      class(schedule_t), allocatable, intent(out) :: schedule
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      character(:), allocatable :: unread
      call config_from_json(json, config, error)
      if (allocated(error)) return
      call config%ignore('name')
      call check_rate(config, error)
      if (.not. allocated(error)) call create(config, schedule, error)
      if (.not. allocated(error)) then
         call config%unread(unread)
         if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'the schedule '// &
            quote(config%class_name)//' has no option '//unread)
      end if
      if (allocated(error) .and. allocated(schedule)) deallocate (schedule)
   end subroutine schedule_from_json

   !> With an integer as first rate Keras computes in integers.
   subroutine check_rate(config, error)
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: text
      if (config%kind_of('initial_learning_rate') /= 'number') return
      call config%get_raw('initial_learning_rate', text, error)
      if (allocated(error)) return
      if (scan(text, '.eE') > 0) return
      call raise(error, fkb_err_unsupported, 'option "initial_learning_rate" of the schedule is'// &
                 ' the integer '//text//', with which Keras computes in integers: write '//text// &
                 '.0')
   end subroutine check_rate

   !> Make a schedule and read its options.
   subroutine create(config, schedule, error)
      type(config_t), intent(inout) :: config
      class(schedule_t), allocatable, intent(out) :: schedule
      type(error_t), allocatable, intent(out) :: error
      select case (config%class_name)
      case ('ExponentialDecay')
         call create_exponential(config, schedule, error)
      case ('InverseTimeDecay')
         call create_inverse(config, schedule, error)
      case ('PolynomialDecay')
         call create_polynomial(config, schedule, error)
      case ('PiecewiseConstantDecay', 'PiecewiseConstant')
         call create_piecewise(config, schedule, error)
      case ('CosineDecay')
         call create_cosine(config, schedule, error)
      case ('CosineDecayRestarts')
         call create_restarts(config, schedule, error)
      case default
         call raise(error, fkb_err_unknown, 'the learning-rate schedule '// &
                    quote(config%class_name)//' is not known: use one of Keras 3, or begin the '// &
                    'trainer with an optimizer that has a schedule of yours')
      end select
   end subroutine create

   subroutine create_exponential(config, schedule, error)
      type(config_t), intent(inout) :: config
      class(schedule_t), allocatable, intent(out) :: schedule
      type(error_t), allocatable, intent(out) :: error
      type(exponential_decay_t) :: made
      call config%get('initial_learning_rate', made%initial_learning_rate, error)
      if (.not. allocated(error)) call get_steps(config, 'decay_steps', made%decay_steps, error)
      if (.not. allocated(error)) call config%get('decay_rate', made%decay_rate, error)
      if (.not. allocated(error)) call config%get('staircase', made%staircase, error, &
                                                  default=.false.)
      if (.not. allocated(error)) allocate (schedule, source=made)
   end subroutine create_exponential

   subroutine create_inverse(config, schedule, error)
      type(config_t), intent(inout) :: config
      class(schedule_t), allocatable, intent(out) :: schedule
      type(error_t), allocatable, intent(out) :: error
      type(inverse_time_decay_t) :: made
      call config%get('initial_learning_rate', made%initial_learning_rate, error)
      if (.not. allocated(error)) call get_steps(config, 'decay_steps', made%decay_steps, error)
      if (.not. allocated(error)) call config%get('decay_rate', made%decay_rate, error)
      if (.not. allocated(error)) call config%get('staircase', made%staircase, error, &
                                                  default=.false.)
      if (.not. allocated(error)) allocate (schedule, source=made)
   end subroutine create_inverse

   subroutine create_polynomial(config, schedule, error)
      type(config_t), intent(inout) :: config
      class(schedule_t), allocatable, intent(out) :: schedule
      type(error_t), allocatable, intent(out) :: error
      type(polynomial_decay_t) :: made
      call config%get('initial_learning_rate', made%initial_learning_rate, error)
      if (.not. allocated(error)) call get_steps(config, 'decay_steps', made%decay_steps, error)
      if (.not. allocated(error)) call config%get('end_learning_rate', made%end_learning_rate, &
                                                  error, default=1e-4_dp)
      if (.not. allocated(error)) call config%get('power', made%power, error, default=1.0_dp)
      if (.not. allocated(error)) call config%get('cycle', made%cycle, error, default=.false.)
      if (.not. allocated(error)) allocate (schedule, source=made)
   end subroutine create_polynomial

   subroutine create_cosine(config, schedule, error)
      type(config_t), intent(inout) :: config
      class(schedule_t), allocatable, intent(out) :: schedule
      type(error_t), allocatable, intent(out) :: error
      type(cosine_decay_t) :: made
      logical :: warms_up
      warms_up = config%has('warmup_target')
      call config%get('initial_learning_rate', made%initial_learning_rate, error)
      if (.not. allocated(error)) call get_steps(config, 'decay_steps', made%decay_steps, error)
      if (.not. allocated(error)) call config%get('alpha', made%alpha, error, default=0.0_dp)
      if (.not. allocated(error)) call config%get('warmup_target', made%warmup_target, error, &
                                                  default=-1.0_dp)
      if (.not. allocated(error)) call config%get('warmup_steps', made%warmup_steps, error, &
                                                  default=0.0_dp)
      if (allocated(error)) return
      if (made%warmup_steps < 0) then
         call raise(error, fkb_err_argument, 'option "warmup_steps" of the schedule must not be'// &
                    ' negative')
      else if (warms_up .and. made%warmup_target < 0) then
         call raise(error, fkb_err_argument, 'option "warmup_target" of the schedule must not '// &
                    'be negative')
      else
         allocate (schedule, source=made)
      end if
   end subroutine create_cosine

   subroutine create_restarts(config, schedule, error)
      type(config_t), intent(inout) :: config
      class(schedule_t), allocatable, intent(out) :: schedule
      type(error_t), allocatable, intent(out) :: error
      type(cosine_decay_restarts_t) :: made
      call config%get('initial_learning_rate', made%initial_learning_rate, error)
      if (.not. allocated(error)) call get_steps(config, 'first_decay_steps', &
                                                 made%first_decay_steps, error)
      if (.not. allocated(error)) call config%get('t_mul', made%t_mul, error, default=2.0_dp)
      if (.not. allocated(error)) call config%get('m_mul', made%m_mul, error, default=1.0_dp)
      if (.not. allocated(error)) call config%get('alpha', made%alpha, error, default=0.0_dp)
      if (allocated(error)) return
      if (made%t_mul > 0) then
         allocate (schedule, source=made)
      else
         call raise(error, fkb_err_argument, 'option "t_mul" of the schedule must be positive')
      end if
   end subroutine create_restarts

   !> Boundaries must ascend; Keras cuts their fractions off.
   subroutine create_piecewise(config, schedule, error)
      type(config_t), intent(inout) :: config
      class(schedule_t), allocatable, intent(out) :: schedule
      type(error_t), allocatable, intent(out) :: error
      type(piecewise_constant_decay_t) :: made
      real(dp), allocatable :: boundaries(:), values(:)
      integer :: n, n_values
      allocate (boundaries(config%count('boundaries')), values(config%count('values')))
      call config%get_list('boundaries', boundaries, n, error)
      if (.not. allocated(error)) call config%get_list('values', values, n_values, error)
      if (allocated(error)) return
      if (n < 1 .or. n_values /= n + 1) then
         call raise(error, fkb_err_argument, 'the schedule "PiecewiseConstantDecay" has '// &
                    decimal(n)//' boundaries and '//decimal(n_values)//' values: there must be '// &
                    'one boundary or more, and one value more')
      else if (any(boundaries(2:) < boundaries(:n - 1)) .or. any(abs(boundaries) > 9e18_dp)) then
         call raise(error, fkb_err_argument, 'option "boundaries" of the schedule must ascend')
      else
         made%boundaries = int(boundaries, i8)
         made%values = values
         allocate (schedule, source=made)
      end if
   end subroutine create_piecewise

   !> Read a number of steps.
   subroutine get_steps(config, key, steps, error)
      type(config_t), intent(inout) :: config
      character(*), intent(in) :: key
      real(dp), intent(out) :: steps
      type(error_t), allocatable, intent(out) :: error
      call config%get(key, steps, error)
      if (allocated(error)) return
      if (.not. steps > 0) then
         call raise(error, fkb_err_argument, 'option '//quote(key)//' of the schedule must be '// &
                    'positive')
      end if
   end subroutine get_steps

end module fkb_schedules
