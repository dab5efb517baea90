!> Optimizers: segments, configurations, the order of the state.
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
   use fkb_optimizer_registry_dp, only: optimizer_registry_t
   use fkb_rounding, only: rounded_to_single
   use fkb_segment, only: segment_t
   use fkb_shape, only: shape_of
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: classes(14) = [character(14) :: 'SGD', 'RMSprop', 'Adagrad', &
      'Adadelta', 'Adam', 'AdamW', 'Adamax', 'Nadam', 'Ftrl', 'Lion', 'Lamb', 'Adafactor', &
      'legacy>RMSprop', 'legacy>Nadam']

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'optimizer'
      call suite%add('frozen segments and their state stay', frozen_segments_stay)
      call suite%add('a factor of the learning rate scales a step', factors_scale)
      call suite%add('a factor is another learning rate for every optimizer', factors_are_rates)
      call suite%add('every optimizer leaves frozen weights as they are', all_leave_frozen)
      call suite%add('a registry gives optimizers and refuses names', registries_give)
      call suite%add('neighbouring segments and single ones give the same bits', runs_are_neutral)
      call suite%add('options that are not supported are refused by name', bad_options_are_refused)
      call suite%add('a state that does not fit is refused', wrong_state_is_refused)
      call suite%add('variables stand in the order of Keras', variables_are_in_order)
      call suite%add('two numbers side by side are rounded to real32', pairs_are_rounded)
   end subroutine collect

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

   !> Three steps with a factor for the second weight give what the product as rate gives.
   subroutine factors_are_rates(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(optimizer_dp), allocatable :: one, other
      type(segment_t) :: segments(3)
      type(error_t), allocatable :: error
      real(dp) :: a(20), b(20)
      integer :: k
      segments = three_matrices()
      segments(2)%rate_factor = 0.25_dp
      do k = 1, size(classes)
         call optimizer_from_config_dp(with_rate(classes(k), '0.04'), one, error)
         if (.not. allocated(error)) then
            call optimizer_from_config_dp(with_rate(classes(k), '0.01'), other, error)
         end if
         if (allocated(error)) call fail(failure, error%message)
         if (allocated(failure)) return
         call walk(one, segments, a, failure)
         segments%rate_factor = 1
         call walk(other, segments, b, failure)
         segments(2)%rate_factor = 0.25_dp
         call check_close(failure, a(7:10), b(7:10), 1e-14_dp, trim(classes(k)))
         if (allocated(failure)) return
         call check(failure, all(abs(a(:6) - b(:6)) > 1e-9_dp), trim(classes(k))//' and its rate')
         deallocate (one, other)
      end do
   end subroutine factors_are_rates

   subroutine all_leave_frozen(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(optimizer_dp), allocatable :: optimizer
      type(segment_t) :: segments(3)
      type(error_t), allocatable :: error
      real(dp) :: frozen(20), free(20), start(20)
      integer :: i, k
      start = [(0.5_dp + sin(real(i, dp)), i=1, 20)]
      do k = 1, size(classes)
         segments = three_matrices()
         call optimizer_from_config_dp(with_rate(classes(k), '0.04'), optimizer, error)
         if (allocated(error)) call fail(failure, error%message)
         if (allocated(failure)) return
         call walk(optimizer, segments, free, failure)
         segments(2)%trainable = .false.
         call walk(optimizer, segments, frozen, failure)
         call check_equal(failure, frozen(7:10), start(7:10), trim(classes(k))//', frozen')
         call check_equal(failure, frozen(:6), free(:6), trim(classes(k))//', before it')
         call check_equal(failure, frozen(11:), free(11:), trim(classes(k))//', behind it')
         deallocate (optimizer)
      end do
   end subroutine all_leave_frozen

   !> Three steps from fixed weights along fixed gradients.
   subroutine walk(optimizer, segments, weights, failure)
      class(optimizer_dp), intent(in) :: optimizer
      type(segment_t), intent(in) :: segments(:)
      real(dp), intent(out) :: weights(20)
      type(failure_t), allocatable, intent(inout) :: failure
      type(state_dp) :: state
      type(error_t), allocatable :: error
      real(dp) :: gradient(20)
      integer :: i, step
      weights = [(0.5_dp + sin(real(i, dp)), i=1, 20)]
      call optimizer%prepare(state, weights, segments)
      do step = 1, 3
         gradient = [(cos(real(i*step, dp)), i=1, 20)]
         call optimizer%step(weights, gradient, state, segments, error)
         if (allocated(error)) call fail(failure, error%message)
      end do
   end subroutine walk

   !> Weights of Keras's shapes (3, 2), (4) and (5, 2).
   function three_matrices() result(segments)
      type(segment_t) :: segments(3)
      segments = three_segments([6, 4, 10])
      segments(1)%shape = shape_of([2, 3])
      segments(2)%shape = shape_of([4])
      segments(3)%shape = shape_of([2, 5])
   end function three_matrices

   function with_rate(name, rate) result(json)
      character(*), intent(in) :: name, rate
      character(:), allocatable :: json
      json = '{"class_name":"'//trim(name)//'","config":{"learning_rate":'//rate//'}}'
   end function with_rate

   subroutine registries_give(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(optimizer_registry_t) :: registry
      class(optimizer_dp), allocatable :: optimizer
      type(error_t), allocatable :: error
      call registry%add('my_pkg>Adam', adam_t(beta_1=0.5_dp), error)
      call check(failure, .not. allocated(error), 'a new name is refused')
      call registry%add('my_pkg>Adam', adam_t(), error)
      call check(failure, allocated(error), 'a taken name is taken again')
      call optimizer_from_config_dp('{"module":"my","class_name":"Adam","config":{},'// &
                                    '"registered_name":"my_pkg>Adam"}', optimizer, error, &
                                    registry=registry)
      call check(failure, .not. allocated(error), 'the registered name is not known')
      if (allocated(failure)) return
      select type (optimizer)
      type is (adam_t)
         call check_close(failure, optimizer%beta_1, 0.5_dp, 0.0_dp, 'the option of the prototype')
      class default
         call fail(failure, 'another class')
      end select
      deallocate (optimizer)
      call optimizer_from_config_dp('"adam"', optimizer, error, registry=registry)
      call check(failure, .not. allocated(error), 'the library''s own are hidden')
      if (allocated(optimizer)) deallocate (optimizer)
      call optimizer_from_config_dp('"my_pkg>adam"', optimizer, error, registry=registry)
      call check(failure, allocated(error), 'a name with a package counts in any case')
      call registry%clear()
      call check(failure, .not. registry%has('my_pkg>Adam'), 'a cleared registry has names')
   end subroutine registries_give

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
      call refused('{"class_name":"Muon","config":{"exclude_layers":["a.*"]}}', 'a.*', failure)
      call refused('{"class_name":"ScheduleFreeAdamW","config":{}}', 'backend', failure)
      call refused('MultiOptimizer', 'MultiOptimizer', failure)
      call refused('sgdd', 'SGD RMSprop', failure)
      call refused('{"class_name":"LossScaleOptimizer","config":{}}', 'inner_optimizer', failure)
      call refused('{"class_name":"LossScaleOptimizer","config":{"inner_optimizer":"SGD",'// &
                   '"growth":1}}', 'growth', failure)
      call refused('{"class_name":"my>Adam","config":{}}', 'my>Adam', failure)
      call refused('{"class_name":"RMSprop","config":{"rho":1.5}}', 'rho', failure)
      call refused('{"class_name":"RMSprop","config":{"epsilon":-1.0}}', 'epsilon', failure)
      call refused('{"class_name":"Ftrl","config":{"learning_rate_power":1.0}}', &
                   'learning_rate_power', failure)
      call refused('{"class_name":"Ftrl","config":{"learning_rate":0.0}}', 'learning_rate', failure)
      call refused('{"class_name":"Lion","config":{"beta_1":0.0}}', 'beta_1', failure)
      call refused('{"class_name":"Adafactor","config":{"clip_threshold":"1"}}', &
                   'clip_threshold', failure)
      call refused('{"class_name":"Lamb","config":{"amsgrad":true}}', 'amsgrad', failure)
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
