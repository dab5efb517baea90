!> Learning-rate schedules: Keras's values, bit for bit, and how an optimizer takes them.
module test_schedule
   use fkb_adam_dp, only: adam_t
   use fkb_cosine_decays, only: cosine_decay_restarts_t, cosine_decay_t
   use fkb_decays, only: exponential_decay_t, inverse_time_decay_t, piecewise_constant_decay_t, &
      polynomial_decay_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_optimizer_dp, only: optimizer_state_t, optimizer_t
   use fkb_optimizers_dp, only: optimizer_from_config
   use fkb_schedule, only: schedule_t
   use fkb_schedules, only: schedule_from_json
   use fkb_segment, only: segment_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use golden_tables, only: open_table, read_line
   implicit none (type, external)
   private
   public :: collect

   !> A user's schedule: the rate falls with the host's time.
   type, extends(schedule_t) :: by_time_t
      real(dp) :: days = 1
   contains
      procedure :: rate => rate_by_time
   end type by_time_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'schedule'
      call suite%add('rates are those of Keras to the last bit', golden_rates)
      call suite%add('a configuration that is written is read again', round_trips)
      call suite%add('an optimizer steps with the rate of its schedule', optimizer_follows)
      call suite%add('a schedule of the host goes by its time', schedule_by_time)
      call suite%add('a copied optimizer has a schedule of its own', copies_are_deep)
      call suite%add('a rate that is not finite changes nothing', rate_is_not_finite)
      call suite%add('wrong options are refused by name', wrong_options)
   end subroutine collect

   pure function rate_by_time(self, iteration, time) result(rate)
      class(by_time_t), intent(in) :: self
      integer(i8), intent(in) :: iteration
      real(dp), intent(in) :: time
      real(dp) :: rate
      rate = 0.1_dp/(1 + time/(86400*self%days))
   end function rate_by_time

   !> Functions such as cos are those of the compiler's library and of TensorFlow, which may differ
   !> here and there in the last bit (with glibc none of 1131 does).
   subroutine golden_rates(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(schedule_t), allocatable :: schedule
      type(error_t), allocatable :: error
      character(:), allocatable :: line
      real(sp) :: found, wanted
      integer(i8) :: step
      integer :: cases, i, inexact, n, unit
      call open_table('schedules.txt', unit, failure)
      if (allocated(failure)) return
      cases = 0
      inexact = 0
      do
         call read_line(unit, line)
         if (.not. allocated(line)) exit
         call schedule_from_json(line, schedule, error)
         if (allocated(error)) then
            call fail(failure, error%message)
            exit
         end if
         read (unit, *) n
         do i = 1, n
            read (unit, *) step, wanted
            found = real(schedule%rate(step, 0.0_dp), sp)
            if (.not. abs(found - wanted) > 0) cycle
            call check(failure, abs(found - wanted) <= spacing(wanted), line)
            inexact = inexact + 1
         end do
         cases = cases + 1
         deallocate (schedule)
      end do
      close (unit)
      call check_equal(failure, cases, 29, 'cases')
      call check(failure, inexact <= 20, 'many rates are not those of Keras to the last bit')
   end subroutine golden_rates

   subroutine round_trips(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call round_trip(failure, exponential_decay_t(0.1_dp, 7.0_dp, 0.3_dp, .true.))
      call round_trip(failure, inverse_time_decay_t(0.1_dp, 7.0_dp, 0.3_dp))
      call round_trip(failure, polynomial_decay_t(0.1_dp, 70.0_dp, 0.01_dp, 2.0_dp, .true.))
      call round_trip(failure, piecewise_constant_decay_t([3_i8, 12_i8], &
                                                          [0.3_dp, 0.2_dp, 0.1_dp]))
      call round_trip(failure, cosine_decay_t(0.1_dp, 70.0_dp, 0.01_dp))
      call round_trip(failure, cosine_decay_t(0.1_dp, 70.0_dp, 0.01_dp, 0.2_dp, 5.0_dp))
      call round_trip(failure, cosine_decay_restarts_t(0.1_dp, 4.0_dp, 1.5_dp, 0.9_dp, 0.1_dp))
   end subroutine round_trips

   subroutine round_trip(failure, schedule)
      type(failure_t), allocatable, intent(inout) :: failure
      class(schedule_t), intent(in) :: schedule
      class(schedule_t), allocatable :: again
      type(error_t), allocatable :: error
      integer(i8) :: step
      call schedule_from_json(schedule%keras_config(), again, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check(failure, again%keras_config() == schedule%keras_config(), again%keras_config())
      do step = 0, 20
         call check_close(failure, again%rate(step, 0.0_dp), schedule%rate(step, 0.0_dp), 0.0_dp, &
                          schedule%keras_config())
      end do
      deallocate (again)
   end subroutine round_trip

   !> w = w - r g with g = 1, twice as fast where the segment's factor is 2.
   subroutine optimizer_follows(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(optimizer_t), allocatable :: optimizer
      type(optimizer_state_t) :: state
      type(error_t), allocatable :: error
      type(segment_t) :: segments(2)
      real(dp) :: w(2), g(2), rates(3)
      integer :: i
      call make_segments(segments)
      call optimizer_from_config('{"class_name":"SGD","config":{"learning_rate":{"class_name":'// &
                                 '"PiecewiseConstantDecay","config":{"boundaries":[0,1],'// &
                                 '"values":[0.5,0.25,0.125]}}}}', optimizer, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      w = 0
      call optimizer%prepare(state, w, segments)
      rates = [0.5_dp, 0.75_dp, 0.875_dp]
      do i = 1, 3
         g = 1
         call optimizer%step(w, g, state, segments, error)
         if (allocated(error)) call fail(failure, error%message)
         call check_close(failure, w, -[rates(i), 2*rates(i)], 0.0_dp, 'weights')
      end do
      call check(failure, index(optimizer%keras_config(), '"boundaries":[0,1]') > 0, &
                 optimizer%keras_config())
      deallocate (optimizer)
   end subroutine optimizer_follows

   subroutine make_segments(segments)
      type(segment_t), intent(out) :: segments(2)
      segments(1)%last = 1
      segments(2)%first = 2
      segments(2)%last = 2
      segments(2)%rate_factor = 2
   end subroutine make_segments

   subroutine schedule_by_time(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(sgd_t) :: optimizer
      type(optimizer_state_t) :: state
      type(error_t), allocatable :: error
      type(segment_t) :: segments(2)
      real(dp) :: w(2), g(2)
      call make_segments(segments)
      call optimizer%set_schedule(by_time_t(days=2))
      w = 0
      call optimizer%prepare(state, w, segments)
      call check_close(failure, optimizer%rate_at(state), 0.1_dp, 0.0_dp, 'at the beginning')
      state%time = 2*86400
      g = 1
      call optimizer%step(w, g, state, segments, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, w, [-0.05_dp, -0.1_dp], 1e-15_dp, 'after two days')
      call optimizer%set_schedule()
      call check_close(failure, optimizer%rate_at(state), 0.01_dp, 0.0_dp, 'without a schedule')
   end subroutine schedule_by_time

   subroutine copies_are_deep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(optimizer_t), allocatable :: copy
      type(adam_t) :: optimizer
      type(optimizer_state_t) :: state
      call optimizer%set_schedule(piecewise_constant_decay_t([3_i8], [0.5_dp, 0.25_dp]))
      allocate (copy, source=optimizer)
      call optimizer%set_schedule(piecewise_constant_decay_t([3_i8], [1.0_dp, 2.0_dp]))
      call check_close(failure, copy%rate_at(state), 0.5_dp, 0.0_dp, 'the copy')
      call check_close(failure, optimizer%rate_at(state), 1.0_dp, 0.0_dp, 'the source')
      call copy%set_schedule()
      deallocate (copy)
   end subroutine copies_are_deep

   subroutine rate_is_not_finite(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(sgd_t) :: optimizer
      type(optimizer_state_t) :: state
      type(error_t), allocatable :: error
      type(segment_t) :: segments(2)
      real(dp) :: w(2), g(2)
      call make_segments(segments)
      call optimizer%set_schedule(cosine_decay_restarts_t(0.1_dp, 10.0_dp, t_mul=0.5_dp))
      w = 0
      g = 1
      call optimizer%prepare(state, w, segments)
      state%iteration = 30
      call optimizer%step(w, g, state, segments, error)
      call check(failure, allocated(error), 'a rate that is NaN is taken')
      if (allocated(failure)) return
      call check(failure, index(error%message, 'step 31') > 0, error%message)
      call check_close(failure, w, [0.0_dp, 0.0_dp], 0.0_dp, 'weights')
   end subroutine rate_is_not_finite

   subroutine wrong_options(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, 'Exponential', '"a":1', 'Exponential')
      call refused(failure, 'ExponentialDecay', '"decay_steps":1,"decay_rate":1', &
                   'initial_learning_rate')
      call refused(failure, 'ExponentialDecay', '"initial_learning_rate":1,"decay_steps":1,'// &
                   '"decay_rate":1', 'integer 1')
      call refused(failure, 'ExponentialDecay', '"initial_learning_rate":1.0,"decay_steps":0,'// &
                   '"decay_rate":1', 'decay_steps')
      call refused(failure, 'InverseTimeDecay', '"initial_learning_rate":1.0,"decay_steps":1,'// &
                   '"decay_rate":1,"power":2', 'power')
      call refused(failure, 'PiecewiseConstantDecay', '"boundaries":[],"values":[1]', 'boundaries')
      call refused(failure, 'PiecewiseConstantDecay', '"boundaries":[1],"values":[1]', 'boundaries')
      call refused(failure, 'PiecewiseConstantDecay', '"boundaries":[2,1],"values":[1,2,3]', &
                   'ascend')
      call refused(failure, 'PiecewiseConstantDecay', '"boundaries":[1,1e30],"values":[1,2,3]', &
                   'boundaries')
      call refused(failure, 'CosineDecay', '"initial_learning_rate":1.0,"decay_steps":1,'// &
                   '"warmup_target":-1', 'warmup_target')
      call refused(failure, 'CosineDecay', '"initial_learning_rate":1.0,"decay_steps":1,'// &
                   '"warmup_steps":-1', 'warmup_steps')
      call refused(failure, 'CosineDecayRestarts', '"initial_learning_rate":1.0,'// &
                   '"first_decay_steps":1,"t_mul":0', 't_mul')
      call refused(failure, 'PolynomialDecay', '"initial_learning_rate":1.0,"decay_steps":1,'// &
                   '"cycle":1', 'cycle')
   end subroutine wrong_options

   !> The same sentence where the schedule stands in an optimizer.
   subroutine refused(failure, class_name, options, word)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options, word
      class(schedule_t), allocatable :: schedule
      class(optimizer_t), allocatable :: optimizer
      type(error_t), allocatable :: error
      character(:), allocatable :: json
      json = '{"class_name":"'//class_name//'","config":{'//options//'}}'
      call schedule_from_json(json, schedule, error)
      call check(failure, allocated(error), json//' is taken')
      if (allocated(failure)) return
      call check(failure, index(error%message, word) > 0, error%message//' does not say '//word)
      call optimizer_from_config('{"class_name":"Adam","config":{"learning_rate":'//json//'}}', &
                                 optimizer, error)
      call check(failure, allocated(error), json//' is taken by an optimizer')
   end subroutine refused

end module test_schedule
