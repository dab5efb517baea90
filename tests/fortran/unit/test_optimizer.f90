!> Optimizers: steps as Keras makes them, segments, configurations, the order of the state.
module test_optimizer
   use fkb_adam_dp, only: adam_t
   use fkb_adam_sp, only: adam_sp => adam_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_optimizer_dp, only: optimizer_dp => optimizer_t, state_dp => optimizer_state_t
   use fkb_optimizer_sp, only: optimizer_sp => optimizer_t, state_sp => optimizer_state_t
   use fkb_optimizer_state_dp, only: get_dp => get_values, list_dp => state_list_t
   use fkb_optimizer_state_sp, only: get_sp => get_values, list_sp => state_list_t
   use fkb_optimizers_dp, only: optimizer_from_config_dp => optimizer_from_config
   use fkb_optimizers_sp, only: optimizer_from_config_sp => optimizer_from_config
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use golden_tables, only: open_table, read_line
   implicit none (type, external)
   private
   public :: collect

   !> Clipping sums a norm, and a compiler may contract products and sums: a few roundings.
   real(sp), parameter :: tolerance_sp = 4*epsilon(1.0_sp)
   real(dp), parameter :: tolerance_dp = 8*epsilon(1.0_dp)

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'optimizer'
      call suite%add('real32 steps are those of Keras', optimizer_table_sp)
      call suite%add('real64 steps are those of Keras', optimizer_table_dp)
      call suite%add('frozen segments and their state stay', frozen_segments_stay)
      call suite%add('a factor of the learning rate scales a step', factors_scale)
      call suite%add('neighbouring segments and single ones give the same bits', runs_are_neutral)
      call suite%add('options that are not supported are refused by name', bad_options_are_refused)
      call suite%add('a state that does not fit is refused', wrong_state_is_refused)
      call suite%add('variables stand in the order of Keras', variables_are_in_order)
      call suite%add('two numbers side by side are rounded to real32', pairs_are_rounded)
   end subroutine collect

   !> Make the steps of every case of the table in real32.
   subroutine optimizer_table_sp(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(optimizer_sp), allocatable :: optimizer
      type(state_sp) :: state
      type(error_t), allocatable :: error
      type(segment_t) :: segments(3)
      character(:), allocatable :: head, config
      character(8) :: dtype
      real(sp), allocatable :: weights(:), gradients(:, :), expected(:), slots(:), made(:)
      real(dp) :: rate
      integer :: unit, steps, sizes(3), step, n_slots, cases
      call open_table('optimizers.txt', unit, failure)
      if (allocated(failure)) return
      cases = 0
      do
         call read_line(unit, head)
         if (.not. allocated(head)) exit
         read (head, *) dtype, steps, rate
         call read_line(unit, config)
         read (unit, *) sizes
         allocate (weights(sum(sizes)), expected(sum(sizes)), gradients(sum(sizes), steps))
         read (unit, *) weights
         do step = 1, steps
            read (unit, *) gradients(:, step)
         end do
         read (unit, *) expected
         call optimizer_from_config_sp(config, optimizer, error)
         call check(failure, .not. allocated(error), config//' is refused')
         if (allocated(failure)) exit
         call check_close(failure, optimizer%rate(), rate, 1e-15_dp, 'the learning rate')
         n_slots = optimizer%slot_count()
         allocate (slots(n_slots*sum(sizes)))
         call read_line(unit, head)
         if (n_slots > 0) read (head, *) slots
         if (dtype == 'float32') then
            cases = cases + 1
            segments = three_segments(sizes)
            call optimizer%prepare(state, weights, segments)
            do step = 1, steps
               call optimizer%step(weights, gradients(:, step), state, segments, error)
               if (allocated(error)) call fail(failure, error%message)
               if (allocated(failure)) exit
            end do
            call check_equal(failure, state%iteration, int(steps, i8), 'the iteration')
            call check_close(failure, weights, expected, tolerance_sp, 'weights of '//config)
            call keras_order_sp(optimizer, state, segments, made)
            call check_close(failure, made, slots, tolerance_sp, 'state of '//config)
         end if
         if (allocated(failure)) exit
         deallocate (optimizer, weights, expected, gradients, slots)
      end do
      close (unit)
      if (cases < 10 .and. .not. allocated(failure)) then
         call fail(failure, 'the table has too few cases')
      end if
   end subroutine optimizer_table_sp

   !> The slots in the order of Keras's optimizer variables.
   subroutine keras_order_sp(optimizer, state, segments, values)
      class(optimizer_sp), intent(in) :: optimizer
      type(state_sp), intent(in) :: state
      type(segment_t), intent(in) :: segments(:)
      real(sp), allocatable, intent(out) :: values(:)
      type(list_sp) :: list
      real(dp), allocatable :: one(:)
      integer :: i
      call optimizer%list_variables(segments, list)
      allocate (values(0))
      do i = 3, list%n
         call get_sp(state, list%items(i), one)
         values = [values, real(one, sp)]
      end do
   end subroutine keras_order_sp

   !> Make the steps of every case of the table in real64.
   subroutine optimizer_table_dp(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(optimizer_dp), allocatable :: optimizer
      type(state_dp) :: state
      type(error_t), allocatable :: error
      type(segment_t) :: segments(3)
      character(:), allocatable :: head, config
      character(8) :: dtype
      real(dp), allocatable :: weights(:), gradients(:, :), expected(:), slots(:), made(:)
      real(dp) :: rate
      integer :: unit, steps, sizes(3), step, n_slots, cases
      call open_table('optimizers.txt', unit, failure)
      if (allocated(failure)) return
      cases = 0
      do
         call read_line(unit, head)
         if (.not. allocated(head)) exit
         read (head, *) dtype, steps, rate
         call read_line(unit, config)
         read (unit, *) sizes
         allocate (weights(sum(sizes)), expected(sum(sizes)), gradients(sum(sizes), steps))
         read (unit, *) weights
         do step = 1, steps
            read (unit, *) gradients(:, step)
         end do
         read (unit, *) expected
         call optimizer_from_config_dp(config, optimizer, error)
         call check(failure, .not. allocated(error), config//' is refused')
         if (allocated(failure)) exit
         call check_close(failure, optimizer%rate(), rate, 1e-15_dp, 'the learning rate')
         n_slots = optimizer%slot_count()
         allocate (slots(n_slots*sum(sizes)))
         call read_line(unit, head)
         if (n_slots > 0) read (head, *) slots
         if (dtype == 'float64') then
            cases = cases + 1
            segments = three_segments(sizes)
            call optimizer%prepare(state, weights, segments)
            do step = 1, steps
               call optimizer%step(weights, gradients(:, step), state, segments, error)
               if (allocated(error)) call fail(failure, error%message)
               if (allocated(failure)) exit
            end do
            call check_equal(failure, state%iteration, int(steps, i8), 'the iteration')
            call check_close(failure, weights, expected, tolerance_dp, 'weights of '//config)
            call keras_order_dp(optimizer, state, segments, made)
            call check_close(failure, made, slots, tolerance_dp, 'state of '//config)
         end if
         if (allocated(failure)) exit
         deallocate (optimizer, weights, expected, gradients, slots)
      end do
      close (unit)
      if (cases < 10 .and. .not. allocated(failure)) then
         call fail(failure, 'the table has too few cases')
      end if
   end subroutine optimizer_table_dp

   !> The slots in the order of Keras's optimizer variables.
   subroutine keras_order_dp(optimizer, state, segments, values)
      class(optimizer_dp), intent(in) :: optimizer
      type(state_dp), intent(in) :: state
      type(segment_t), intent(in) :: segments(:)
      real(dp), allocatable, intent(out) :: values(:)
      type(list_dp) :: list
      real(dp), allocatable :: one(:)
      integer :: i
      call optimizer%list_variables(segments, list)
      allocate (values(0))
      do i = 3, list%n
         call get_dp(state, list%items(i), one)
         values = [values, real(one, dp)]
      end do
   end subroutine keras_order_dp

   !> Three trainable segments one after the other.
   function three_segments(sizes) result(segments)
      integer, intent(in) :: sizes(3)
      type(segment_t) :: segments(3)
      integer :: i
      segments(1)%last = sizes(1)
      do i = 2, 3
         segments(i)%first = segments(i - 1)%last + 1
         segments(i)%last = segments(i - 1)%last + sizes(i)
      end do
   end function three_segments

   subroutine frozen_segments_stay(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(adam_t) :: optimizer
      type(state_dp) :: state
      type(segment_t) :: segments(3)
      type(error_t), allocatable :: error
      real(dp) :: weights(6), gradient(6)
      optimizer = adam_t(weight_decay=0.1_dp)
      segments = three_segments([2, 2, 2])
      segments(2)%trainable = .false.
      weights = 1
      gradient = 1
      call optimizer%prepare(state, weights, segments)
      call optimizer%step(weights, gradient, state, segments, error)
      call check(failure, .not. allocated(error), 'the step is refused')
      call check_equal(failure, weights(3:4), [1.0_dp, 1.0_dp], 'frozen weights')
      call check_equal(failure, state%slots(3:4, 1), [0.0_dp, 0.0_dp], 'their state')
      call check(failure, all(weights([1, 2, 5, 6]) < 1), 'the others did not move')
   end subroutine frozen_segments_stay

   subroutine factors_scale(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(sgd_t) :: optimizer
      type(state_dp) :: state
      type(segment_t) :: segments(3)
      type(error_t), allocatable :: error
      real(dp) :: weights(3), gradient(3)
      optimizer = sgd_t(learning_rate=0.5_dp)
      segments = three_segments([1, 1, 1])
      segments(2)%rate_factor = 0.25_dp
      weights = 1
      gradient = 1
      call optimizer%prepare(state, weights, segments)
      call optimizer%step(weights, gradient, state, segments, error)
      call check(failure, .not. allocated(error), 'the step is refused')
      call check_equal(failure, weights, [0.5_dp, 0.875_dp, 0.5_dp], 'weights')
   end subroutine factors_scale

   subroutine runs_are_neutral(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(adam_sp) :: optimizer
      type(state_sp) :: together, apart
      type(segment_t) :: one(1), many(3)
      type(error_t), allocatable :: error
      real(sp) :: a(37), b(37), gradient(37), copy(37)
      integer :: i, step
      many = three_segments([5, 3, 29])
      one(1)%last = 37
      a = [(sin(real(i, sp)), i=1, 37)]
      b = a
      call optimizer%prepare(together, a, one)
      call optimizer%prepare(apart, b, many)
      many(2)%rate_factor = 1 + epsilon(1.0_dp)   ! lost in real32, but no run of three
      do step = 1, 5
         gradient = [(cos(real(i*step, sp)), i=1, 37)]
         copy = gradient
         call optimizer%step(a, gradient, together, one, error)
         call optimizer%step(b, copy, apart, many, error)
      end do
      call check_equal(failure, a, b, 'weights')
      call check_equal(failure, together%slots, apart%slots, 'state')
   end subroutine runs_are_neutral

   subroutine bad_options_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused('rmsprop', 'rmsprop', failure)
      call refused('{"class_name":"Lion","config":{}}', 'Lion', failure)
      call refused('{"class_name":"Adam","config":{"learning_rate":{"class_name":'// &
                   '"OwnDecay","config":{}}}}', 'schedule', failure)
      call refused('{"class_name":"Adam","config":{"use_ema":1}}', 'use_ema', failure)
      call refused('{"class_name":"Adam","config":{"ema_momentum":1.5}}', 'ema_momentum', failure)
      call refused('{"class_name":"Adam","config":{"ema_overwrite_frequency":-1}}', &
                   'ema_overwrite_frequency', failure)
      call refused('{"class_name":"Adam","config":{"gradient_accumulation_steps":1}}', &
                   'gradient_accumulation_steps', failure)
      call refused('{"class_name":"Custom>Adam","config":{"decay":0.1}}', 'decay', failure)
      call refused('{"class_name":"Adam","config":{"beta_2":1.0}}', 'beta_2', failure)
      call refused('{"class_name":"Adam","config":{"warmth":1.0}}', 'warmth', failure)
      call refused('{"class_name":"SGD","config":{"momentum":1.5}}', 'momentum', failure)
      call refused('{"class_name":"SGD","config":{"learning_rate":-1.0}}', 'learning_rate', failure)
      call refused('{"class_name":"SGD","config":{"clipnorm":1.0,"clipvalue":1.0}}', 'clipnorm', &
                   failure)
   end subroutine bad_options_are_refused

   !> Check that a configuration is refused with a message that contains a word.
   subroutine refused(config, word, failure)
      character(*), intent(in) :: config, word
      type(failure_t), allocatable, intent(inout) :: failure
      class(optimizer_dp), allocatable :: optimizer
      type(error_t), allocatable :: error
      call optimizer_from_config_dp(config, optimizer, error)
      call check(failure, allocated(error), config//' is taken')
      if (allocated(failure)) return
      call check(failure, .not. allocated(optimizer), config//' leaves an optimizer behind')
      call check(failure, index(error%message, word) > 0, error%message)
   end subroutine refused

   subroutine wrong_state_is_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(adam_t) :: optimizer
      type(state_dp) :: state
      type(segment_t) :: segments(3)
      type(error_t), allocatable :: error
      real(dp) :: weights(3), gradient(3)
      segments = three_segments([1, 1, 1])
      weights = 1
      gradient = 1
      call optimizer%step(weights, gradient, state, segments, error)
      call check(failure, allocated(error), 'a step without a state is made')
      call optimizer%prepare(state, [1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp], segments)
      call optimizer%step(weights, gradient, state, segments, error)
      call check(failure, allocated(error), 'a step with a longer state is made')
      call check_equal(failure, weights, [1.0_dp, 1.0_dp, 1.0_dp], 'weights')
   end subroutine wrong_state_is_refused

   subroutine variables_are_in_order(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(adam_t) :: optimizer
      type(segment_t) :: segments(3)
      type(list_dp) :: list
      segments = three_segments([1, 1, 1])
      segments(2)%trainable = .false.
      optimizer%amsgrad = .true.
      call optimizer%list_variables(segments, list)
      call check_equal(failure, list%items(:list%n)%place, [-1, 0, 1, 2, 1, 2, 3, 3], 'slots')
      call check_equal(failure, list%items(:list%n)%segment, [0, 0, 1, 1, 3, 3, 1, 3], 'segments')
      call check_equal(failure, optimizer%slot_name(3), 'velocity_hat', 'the third slot')
      call check_equal(failure, sgd_name(), 'momentum', 'the slot of SGD')
   end subroutine variables_are_in_order

   subroutine pairs_are_rounded(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp) :: pair(2)
      call round_pair(0.02_dp, 0.01_dp, pair)
      call check_equal(failure, pair, [0.019999999552965164_dp, 0.009999999776482582_dp], 'pair')
   end subroutine pairs_are_rounded

   subroutine round_pair(a, b, pair)
      real(dp), intent(in) :: a, b
      real(dp), intent(out) :: pair(2)
      pair(1) = rounded_to_single(a)
      pair(2) = rounded_to_single(b)
   end subroutine round_pair

   function sgd_name() result(name)
      character(:), allocatable :: name
      type(sgd_t) :: optimizer
      optimizer = sgd_t(momentum=0.5_dp)
      name = optimizer%slot_name(1)
   end function sgd_name

end module test_optimizer
