!> Training in the host through the coupling: the same bits as with arrays packed by hand.
module test_coupler_learning
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields
   use fkb_dp, only: adam_t, coupler_t, dp, error_t, exchange_t, i8, mean_squared_error_t, &
      network_t, online_options_t, online_trainer_t, sp, trainer_t
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   !> A host's numbers for its fields.
   type :: handles_t
      integer :: q = 0, t = 0, ps = 0, dq = 0, rain = 0
   end type handles_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'coupler_learning'
      call suite%add('online training learns the same bits as from packed arrays', online_bits)
      call suite%add('a training step makes the same bits as from packed arrays', step_bits)
      call suite%add('columns without a finite truth are left out and counted', left_out)
      call suite%add('learning leaves the host''s own values to the answer', learn_then_run)
      call suite%add('what cannot be learned from is refused', refused)
   end subroutine collect

   !> Rain before the tendency, columns before levels, levels from the bottom.
   subroutine declare(coupler, at)
      type(coupler_t), intent(inout) :: coupler
      type(handles_t), intent(out) :: at
      call coupler%offer('ps', 1, 'Pa', at%ps)
      call coupler%offer('t', 3, 'K', at%t)
      call coupler%offer('q', 3, 'kg/kg', at%q, order='bottom_up', columns_first=.true.)
      call coupler%accept('rain', 1, 'mm/day', at%rain)
      call coupler%accept('dq', 3, 'kg/kg/s', at%dq, columns_first=.true.)
   end subroutine declare

   subroutine give_all(coupler, at, exchange, q, t, ps, mask, error)
      type(coupler_t), intent(in) :: coupler
      type(handles_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      logical, intent(in) :: mask(:)
      type(error_t), allocatable, intent(out) :: error
      call coupler%begin(exchange, size(ps), error, mask=mask)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, transpose(q(3:1:-1, :)), error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
   end subroutine give_all

   !> The truth, rain in real32, which holds its values exactly.
   subroutine teach_all(coupler, at, exchange, dq, rain, error)
      type(coupler_t), intent(in) :: coupler
      type(handles_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: dq(:, :), rain(:)
      type(error_t), allocatable, intent(out) :: error
      call coupler%teach(exchange, at%dq, transpose(dq), error)
      if (.not. allocated(error)) call coupler%teach(exchange, at%rain, real(rain, sp), error)
   end subroutine teach_all

   !> Fields of a step and their truth.
   subroutine make_step(step, q, t, ps, dq, rain, mask)
      integer, intent(in) :: step
      real(dp), allocatable, intent(out) :: q(:, :), t(:, :), ps(:)
      real(dp), intent(out) :: dq(:, :), rain(:)
      logical, intent(out) :: mask(:)
      integer :: i, k
      call make_fields(size(rain), q, t, ps)
      q = q*(1 + 0.03_dp*step)
      dq = reshape([((1e-6_dp*sin(0.4_dp*step*i + k), k=1, 3), i=1, size(rain))], [3, size(rain)])
      rain = [(anint(2048*(5 + 3*cos(0.8_dp*step*i)))/2048, i=1, size(rain))]
      mask = [(modulo(i + step, 4) > 0, i=1, size(mask))]
   end subroutine make_step

   !> The active columns as the network wants them, from limits of q on.
   subroutine pack_by_hand(q, t, ps, dq, rain, mask, x, y)
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:), dq(:, :), rain(:)
      logical, intent(in) :: mask(:)
      real(dp), allocatable, intent(out) :: x(:, :), y(:, :)
      integer, allocatable :: at(:)
      integer :: i
      at = pack([(i, i=1, size(ps))], mask)
      allocate (x(7, size(at)), y(4, size(at)))
      x(1:3, :) = min(q(:, at), 0.005_dp)
      x(4:6, :) = t(:, at)
      x(7, :) = ps(at)
      y(1:3, :) = dq(:, at)
      y(4, :) = rain(at)
   end subroutine pack_by_hand

   subroutine load_pair(path, net, other, coupler, at, error)
      character(*), intent(in) :: path
      type(network_t), intent(inout) :: net, other
      type(coupler_t), intent(inout) :: coupler
      type(handles_t), intent(out) :: at
      type(error_t), allocatable, intent(out) :: error
      call column_model(path, in_fields=in_fields(q_more='"order":"top_down","maximum":0.005'))
      call net%load(path, error)
      if (.not. allocated(error)) call other%load(path, error)
      call declare(coupler, at)
      if (.not. allocated(error)) call coupler%connect(net, error)
   end subroutine load_pair

   subroutine online_bits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, other
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(online_trainer_t) :: online, by_hand
      type(online_options_t) :: options
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:), x(:, :), y(:, :), first(:)
      real(dp) :: dq(3, 11), rain(11)
      logical :: mask(11)
      integer :: step
      call load_pair('learn_a.fkb', net, other, coupler, at, error)
      if (fails(failure, error)) return
      options%batch_size = 6
      options%update_every = 2
      options%seed = 3
      first = net%params
      call online%init(net, mean_squared_error_t(), adam_t(learning_rate=1e-2_dp), options, error)
      if (.not. allocated(error)) call by_hand%init(other, mean_squared_error_t(), &
         adam_t(learning_rate=1e-2_dp), options, error)
      do step = 1, 6
         if (fails(failure, error)) return
         call make_step(step, q, t, ps, dq, rain, mask)
         call give_all(coupler, at, exchange, q, t, ps, mask, error)
         if (.not. allocated(error) .and. step > 3) call coupler%run(net, exchange, error)
         if (.not. allocated(error)) call teach_all(coupler, at, exchange, dq, rain, error)
         if (.not. allocated(error)) call coupler%learn(online, exchange, error, &
            time=real(step, dp))
         call pack_by_hand(q, t, ps, dq, rain, mask, x, y)
         if (.not. allocated(error)) call by_hand%observe(x, y, error, time=real(step, dp))
      end do
      if (fails(failure, error)) return
      call check_equal(failure, online%updates, 3_i8, 'updates')
      call check(failure, any(abs(net%params - first) > 0), 'the weights must change')
      call check_equal(failure, net%params, other%params, 'weights')
      call check_equal(failure, online%buffer%seen, by_hand%buffer%seen, 'samples')
      step = int(online%buffer%seen)
      call check_equal(failure, online%buffer%x(:, :step), by_hand%buffer%x(:, :step), &
         'inputs that are kept')
      call check_equal(failure, online%buffer%y(:, :step), by_hand%buffer%y(:, :step), &
         'truth that is kept')
      call online%clear()
      call by_hand%clear()
   end subroutine online_bits

   subroutine step_bits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, other
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(trainer_t) :: trainer, by_hand
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:), x(:, :), y(:, :)
      real(dp) :: dq(3, 11), rain(11), loss, expected
      logical :: mask(11)
      integer :: step
      call load_pair('learn_b.fkb', net, other, coupler, at, error)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), &
         adam_t(learning_rate=1e-2_dp), error)
      if (.not. allocated(error)) call by_hand%init(other, mean_squared_error_t(), &
         adam_t(learning_rate=1e-2_dp), error)
      do step = 1, 3
         if (fails(failure, error)) return
         call make_step(step, q, t, ps, dq, rain, mask)
         call give_all(coupler, at, exchange, q, t, ps, mask, error)
         if (.not. allocated(error)) call teach_all(coupler, at, exchange, dq, rain, error)
         if (.not. allocated(error)) call coupler%learn(trainer, exchange, loss, error)
         call pack_by_hand(q, t, ps, dq, rain, mask, x, y)
         if (.not. allocated(error)) call by_hand%step(x, y, expected, error)
         call check_equal(failure, [loss], [expected], 'loss')
      end do
      call check_equal(failure, net%params, other%params, 'weights')
      call trainer%clear()
      call by_hand%clear()
   end subroutine step_bits

   subroutine left_out(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, other
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(trainer_t) :: trainer, by_hand
      type(handles_t) :: at
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      real(dp), allocatable :: q(:, :), t(:, :), ps(:), x(:, :), y(:, :)
      real(dp) :: dq(3, 11), rain(11), loss, expected
      logical :: mask(11)
      call load_pair('learn_c.fkb', net, other, coupler, at, error)
      if (.not. allocated(error)) call coupler%set_policy('t', error, not_finite='host')
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      if (.not. allocated(error)) call by_hand%init(other, mean_squared_error_t(), adam_t(), error)
      if (fails(failure, error)) return
      call make_step(1, q, t, ps, dq, rain, mask)
      mask = .true.
      t(2, 4) = ieee_value(1.0_dp, ieee_quiet_nan)
      dq(3, 8) = ieee_value(1.0_dp, ieee_quiet_nan)
      call give_all(coupler, at, exchange, q, t, ps, mask, error)
      if (.not. allocated(error)) call teach_all(coupler, at, exchange, dq, rain, error)
      if (.not. allocated(error)) call coupler%learn(trainer, exchange, loss, error)
      mask([4, 8]) = .false.
      call pack_by_hand(q, t, ps, dq, rain, mask, x, y)
      if (.not. allocated(error)) call by_hand%step(x, y, expected, error)
      if (fails(failure, error)) return
      call check_equal(failure, [loss], [expected], 'loss of the others')
      call check_equal(failure, net%params, other%params, 'weights')
      call check_equal(failure, exchange%tally%learned, 9_i8, 'columns learned from')
      call check_equal(failure, exchange%tally%not_learned, 2_i8, 'columns left out')
      call coupler%report(exchange%tally, text)
      call check(failure, index(text, '9 columns learned from, 2 not') > 0, 'report: '//text)
      rain = ieee_value(1.0_dp, ieee_quiet_nan)
      call teach_all(coupler, at, exchange, dq, rain, error)
      if (.not. allocated(error)) call coupler%learn(trainer, exchange, loss, error)
      call check_text(failure, error, 'there is no column to learn from')
      call trainer%clear()
      call by_hand%clear()
   end subroutine left_out

   subroutine learn_then_run(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, other
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(online_trainer_t) :: online
      type(online_options_t) :: options
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 11), rain(11), answer(11), expected(11)
      logical :: mask(11)
      call load_pair('learn_d.fkb', net, other, coupler, at, error)
      options%update_every = 100
      if (.not. allocated(error)) call online%init(net, mean_squared_error_t(), adam_t(), options, &
         error)
      if (fails(failure, error)) return
      call make_step(1, q, t, ps, dq, rain, mask)
      mask = .true.
      call give_all(coupler, at, exchange, q, t, ps, mask, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, expected, error)
      call exchange%tally%reset()
      call give_all(coupler, at, exchange, q, t, ps, mask, error)
      if (.not. allocated(error)) call teach_all(coupler, at, exchange, dq, rain, error)
      if (.not. allocated(error)) call coupler%learn(online, exchange, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, answer, error)
      if (fails(failure, error)) return
      call check_equal(failure, answer, expected, 'rain')
      call check_equal(failure, int(exchange%tally%changed()), count(q > 0.005_dp), &
         'what is clipped is counted once')
      call online%clear()
   end subroutine learn_then_run

   subroutine refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, other
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(trainer_t) :: trainer
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 11), rain(11), loss
      logical :: mask(11)
      call load_pair('learn_e.fkb', net, other, coupler, at, error)
      if (fails(failure, error)) return
      call make_step(1, q, t, ps, dq, rain, mask)
      call give_all(coupler, at, exchange, q, t, ps, mask, error)
      call coupler%learn(trainer, exchange, loss, error)
      call check_text(failure, error, 'the training has no network: call init first')
      call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      if (fails(failure, error)) return
      call coupler%learn(trainer, exchange, loss, error)
      call check_text(failure, error, 'no truth was given: call teach first')
      call coupler%teach(exchange, at%rain, rain, error)
      if (fails(failure, error)) return
      call coupler%learn(trainer, exchange, loss, error)
      call check_text(failure, error, 'no truth was given for "dq"')
      call coupler%teach(exchange, at%q, transpose(q), error)
      call check_text(failure, error, '"q" (3, kg/kg) is what the host has')
      call coupler%teach(exchange, at%dq, dq, error)
      call check_text(failure, error, 'the array of "dq" has the shape (3, 11), (11, 3) is '// &
         'expected')
      call column_model('learn_e.fkb', in_fields=in_fields(q_more='"minimum":0'))
      call other%load('learn_e.fkb', error)
      if (.not. allocated(error)) call coupler%connect(other, error)
      if (.not. allocated(error)) call give_all(coupler, at, exchange, q, t, ps, mask, error)
      if (.not. allocated(error)) call teach_all(coupler, at, exchange, dq, rain, error)
      if (fails(failure, error)) return
      call coupler%learn(trainer, exchange, loss, error)
      call check_text(failure, error, 'the training is of another network than the one that is '// &
         'connected')
      call trainer%clear()
   end subroutine refused

end module test_coupler_learning
