!> What a coupler does to the outputs of a column besides limits: zeros, fields kept positive,
!> budgets, rules of the host; and state by column, threads, and the single kind.
module test_coupler_rules
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields, out_fields
   use fkb_dp, only: column_rule_t, column_t, coupler_t, dp, error_t, exchange_t, i8, network_t, &
      sp, state_t, tally_t
   use fkb_sp, only: coupler_sp_t => coupler_t, exchange_sp_t => exchange_t, &
      network_sp_t => network_t, workspace_sp_t => workspace_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   use model_files, only: write_lines
   implicit none (type, external)
   private
   public :: collect

   !> No rain where the lowest level is cold.
   type, extends(column_rule_t) :: dry_cold_t
      integer :: at_t = 0, at_rain = 0
      real(dp) :: cold = 0
   contains
      procedure :: apply
   end type dry_cold_t

   type :: handles_t
      integer :: q = 0, t = 0, ps = 0, mass = 0, flux = 0, dq = 0, rain = 0
   end type handles_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'coupler_rules'
      call suite%add('levels are set to zero and fields kept positive', zero_and_positive)
      call suite%add('the host''s own values stay positive where limits acted', &
                     clipped_stays_positive)
      call suite%add('a budget closes within bounds, or is counted as open', budget_closes)
      call suite%add('what budgets and positive fields need is asked for by name', needs_named)
      call suite%add('a rule of the host changes outputs and is counted', host_rule)
      call suite%add('recurrent states advance by column', state_by_column)
      call suite%add('one, two and four threads give the same bits', same_bits)
      call suite%add('a network of single kind answers as with index blocks', single_kind)
   end subroutine collect

   !> Connect a host with masses and a flux; levels of masses counted the other way round.
   subroutine connect_host(net, coupler, at, error, path)
      type(network_t), intent(inout) :: net
      type(coupler_t), intent(inout) :: coupler
      type(handles_t), intent(out) :: at
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in) :: path
      call net%load(path, error)
      if (allocated(error)) return
      call coupler%offer('q', 3, 'kg/kg', at%q, order='top_down')
      call coupler%offer('t', 3, 'K', at%t)
      call coupler%offer('ps', 1, 'Pa', at%ps)
      call coupler%offer('mass', 3, 'kg/m2', at%mass, order='bottom_up')
      call coupler%offer('flux', 1, 'kg/m2/s', at%flux)
      call coupler%accept('dq', 3, 'kg/kg/s', at%dq, order='top_down')
      call coupler%accept('rain', 1, 'mm/day', at%rain)
      call coupler%connect(net, error)
   end subroutine connect_host

   !> Give all fields and run.
   subroutine ask(net, coupler, at, exchange, q, t, ps, error, dt, rule)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(handles_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: dt
      class(column_rule_t), intent(in), optional :: rule
      real(dp) :: mass(3, size(ps)), flux(size(ps))
      mass = spread([300.0_dp, 200.0_dp, 100.0_dp], 2, size(ps))
      flux = 1.0e-4_dp
      call coupler%begin(exchange, size(ps), error)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%mass, mass, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%flux, flux, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error, dt=dt, rule=rule)
   end subroutine ask

   !> What the network says without limits.
   subroutine plain(q, t, ps, dq, rain, error)
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      real(dp), intent(out) :: dq(:, :), rain(:)
      type(error_t), allocatable, intent(out) :: error
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      call column_model('rules_plain.fkb')
      call connect_host(net, coupler, at, error, 'rules_plain.fkb')
      dq = 0
      rain = 0
      if (.not. allocated(error)) call ask(net, coupler, at, exchange, q, t, ps, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
   end subroutine plain

   subroutine zero_and_positive(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 6), rain(6), plain_dq(3, 6)
      integer :: kept
      real(dp), parameter :: dt = 4000.0_dp
      call column_model('rules_a.fkb', out_fields=out_fields( &
         dq_more='"zero":[0],"keeps":"q","least":1e-7'))
      call connect_host(net, coupler, at, error, 'rules_a.fkb')
      if (fails(failure, error)) return
      call make_fields(6, q, t, ps)
      call plain(q, t, ps, plain_dq, rain, error)
      if (fails(failure, error)) return
      call ask(net, coupler, at, exchange, q, t, ps, error)
      call check_text(failure, error, 'the model keeps a field above its least value: pass the '// &
         'length of the step as dt=')
      call ask(net, coupler, at, exchange, q, t, ps, error, dt=-1.0_dp)
      call check_text(failure, error, 'dt must be positive')
      call exchange%tally%reset()
      call ask(net, coupler, at, exchange, q, t, ps, error, dt=dt)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      plain_dq(1, :) = 0
      kept = count((1.0e-7_dp - q(2:, :))/dt > plain_dq(2:, :))
      call check(failure, kept > 0 .and. kept < 12, 'the test must keep some, not all')
      plain_dq(2:, :) = max(plain_dq(2:, :), (1.0e-7_dp - q(2:, :))/dt)
      call check_equal(failure, dq, plain_dq, 'tendency')
      call check(failure, sum(exchange%tally%outputs(6, 2:3)) == kept, 'what was kept is counted')
      call check(failure, all(q + dq*dt >= 0.99e-7_dp), 'moisture must stay positive')
   end subroutine zero_and_positive

   subroutine clipped_stays_positive(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 6)
      call column_model('rules_h.fkb', in_fields=in_fields(q_more='"minimum":0.004'), &
         out_fields=out_fields(dq_more='"keeps":"q"'))
      call connect_host(net, coupler, at, error, 'rules_h.fkb')
      if (fails(failure, error)) return
      call make_fields(6, q, t, ps)
      call ask(net, coupler, at, exchange, q, t, ps, error, dt=1.0e5_dp)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      call check(failure, any(dq < 0), 'the test must keep something')
      call check(failure, all(q + dq*1.0e5_dp >= -1.0e-12_dp), 'moisture must stay positive')
   end subroutine clipped_stays_positive

   subroutine budget_closes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(error_t), allocatable :: error
      character(:), allocatable :: budget, text
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 6), rain(6), plain_dq(3, 6), rest(6), mass(3), shift
      integer :: i
      budget = new_line('a')//'budgets = [{"name":"water","mass":"mass","terms":{"dq":1,'// &
         '"rain":0.001},"sources":{"flux":2},"adjust":"dq"}]'
      call column_model('rules_b.fkb', out_fields=out_fields()//budget)
      call connect_host(net, coupler, at, error, 'rules_b.fkb')
      if (fails(failure, error)) return
      call make_fields(6, q, t, ps)
      call plain(q, t, ps, plain_dq, rain, error)
      if (.not. allocated(error)) call ask(net, coupler, at, exchange, q, t, ps, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      mass = [100.0_dp, 200.0_dp, 300.0_dp]
      do i = 1, 6
         rest(i) = dot_product(mass, dq(:, i)) + 0.001_dp*rain(i) - 2.0e-4_dp
         shift = (2.0e-4_dp - 0.001_dp*rain(i) - dot_product(mass, plain_dq(:, i)))/600
         call check_close(failure, dq(:, i), plain_dq(:, i) + shift, 1.0e-12_dp, 'shifted')
      end do
      call check(failure, all(abs(rest) < 1.0e-15_dp), 'the budget must close')
      call check_equal(failure, exchange%tally%closed(1), 6_i8, 'columns closed')
      call coupler%report(exchange%tally, text)
      call check(failure, index(text, 'budget "water": 6 columns closed, 0 not, mean '// &
         'imbalance ') > 0, 'report: '//text)
      call column_model('rules_c.fkb', out_fields=out_fields( &
         dq_more='"minimum":[0,0,0],"maximum":[1e-6,1e-6,1],"zero":[1]')//budget)
      call coupler%connect(net, error)
      if (.not. allocated(error)) call net%load('rules_c.fkb', error)
      if (.not. allocated(error)) call coupler%connect(net, error)
      if (.not. allocated(error)) call ask(net, coupler, at, exchange, q, t, ps, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      call check(failure, all(dq >= 0) .and. all(dq(1, :) <= 1.0e-6_dp), 'limits must hold')
      call check(failure, all(abs(dq(2, :)) <= 0), 'zeros must stay')
      do i = 1, 6
         rest(i) = dot_product(mass, dq(:, i)) + 0.001_dp*rain(i) - 2.0e-4_dp
      end do
      call check_equal(failure, count(abs(rest) < 1.0e-15_dp), &
         int(exchange%tally%closed(1) - 6), 'columns closed within limits')
   end subroutine budget_closes

   subroutine needs_named(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(handles_t) :: at
      type(error_t), allocatable :: error
      call column_model('rules_d.fkb', out_fields=out_fields(dq_more='"keeps":"cloud"'))
      call connect_host(net, coupler, at, error, 'rules_d.fkb')
      call check_text(failure, error, '"dq" needs the field "cloud" with 3 values, which the '// &
         'host does not offer')
      call column_model('rules_d.fkb', out_fields=out_fields()//new_line('a')//'budgets = '// &
         '[{"name":"water","terms":{"dz":1},"adjust":"dz"}]')
      call net%load('rules_d.fkb', error)
      if (.not. allocated(error)) call coupler%connect(net, error)
      call check_text(failure, error, 'budget "water": no output gives "dz"')
      call column_model('rules_d.fkb', out_fields=out_fields()//new_line('a')//'budgets = '// &
         '[{"name":"water","terms":{"dq":1},"sources":{"evap":1},"adjust":"dq"}]')
      call net%load('rules_d.fkb', error)
      if (.not. allocated(error)) call coupler%connect(net, error)
      call check_text(failure, error, 'budget "water": the host does not offer "evap"')
      call column_model('rules_d.fkb', out_fields=out_fields()//new_line('a')//'budgets = '// &
         '[{"name":"water","terms":{"dq":1},"adjust":"rain"}]')
      call net%load('rules_d.fkb', error)
      call check_text(failure, error, 'rules_d.fkb:24: output 0: budget "water": adjust names '// &
         '"rain", which is none of the terms')
      call check(failure, .not. coupler%connected(), 'it must not be connected')
   end subroutine needs_named

   subroutine apply(self, column)
      class(dry_cold_t), intent(in) :: self
      type(column_t), intent(inout) :: column
      real(dp) :: t(3)
      call column%get(self%at_t, t)
      if (t(3) < self%cold) call column%set(self%at_rain, [0.0_dp])
   end subroutine apply

   subroutine host_rule(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(dry_cold_t) :: rule
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 6), rain(6), plain_dq(3, 6), plain_rain(6)
      call column_model('rules_e.fkb')
      call connect_host(net, coupler, at, error, 'rules_e.fkb')
      if (fails(failure, error)) return
      call make_fields(6, q, t, ps)
      call plain(q, t, ps, plain_dq, plain_rain, error)
      rule%at_t = at%t
      rule%at_rain = at%rain
      rule%cold = sum(t(3, :))/6
      if (.not. allocated(error)) call ask(net, coupler, at, exchange, q, t, ps, error, rule=rule)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
      if (fails(failure, error)) return
      call check_equal(failure, dq, plain_dq, 'tendency')
      call check_equal(failure, rain, merge(0.0_dp, plain_rain, t(3, :) < rule%cold), 'rain')
      call check_equal(failure, exchange%tally%changed(), &
         int(count(t(3, :) < rule%cold), i8), 'changes')
   end subroutine host_rule

   !> x(2) -> SimpleRNN(3, stateful) with an open number of steps.
   subroutine recurrent_model(path)
      character(*), intent(in) :: path
      call write_lines(path, [character(120) :: 'fkb 1', 'precision float64', 'keras "3.15.1"', &
         'model "m" Sequential', 'layer "in" InputLayer', 'batch_shape = [4,null,2]', &
         'node [] {}', 'end', 'layer "r" SimpleRNN', 'units = 3', 'activation = "tanh"', &
         'stateful = true', 'node [["in",0,0]] {}', &
         'weight "kernel" float64 [2,3] trainable', &
         'weight "recurrent_kernel" float64 [3,3] trainable', &
         'weight "bias" float64 [3] trainable', 'end', 'inputs ["in",0,0]', &
         'outputs ["r",0,0]', 'end', 'input 0 "x"', 'end', 'output 0 "y"', 'end', &
         'checksum none', 'values 6 none', '0.3 -0.2 0.1 0.4 0.5 -0.6', 'values 9 none', &
         '0.1 0.2 0.3 -0.1 0.4 -0.2 0.3 0.1 0.2', 'values 3 none', '0.1 -0.1 0.2', 'end'])
   end subroutine recurrent_model

   subroutine state_by_column(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(state_t) :: state, alone
      type(error_t), allocatable :: error
      real(dp) :: x(2, 5), y(3, 5), one(3)
      logical :: mask(5)
      integer :: at_x, at_y, i, k, step
      call recurrent_model('rules_f.fkb')
      call net%load('rules_f.fkb', error)
      if (fails(failure, error)) return
      call coupler%offer('x', 2, '', at_x)
      call coupler%accept('y', 3, '', at_y)
      call coupler%connect(net, error)
      if (.not. allocated(error)) call net%make_state(state, 5, error)
      if (fails(failure, error)) return
      call coupler%begin(exchange, 5, error)
      x = 0
      if (.not. allocated(error)) call coupler%give(exchange, at_x, x, error)
      call coupler%run(net, exchange, error)
      call check_text(failure, error, 'the network has stateful layers: make a state with '// &
         'net%make_state and pass it as state=')
      do step = 1, 4
         x = reshape([(sin(0.9_dp*i*step), i=1, 10)], [2, 5])
         mask = [(mod(i + step, 3) > 0, i=1, 5)]
         call coupler%begin(exchange, 5, error, mask=mask)
         if (.not. allocated(error)) call coupler%give(exchange, at_x, x, error)
         if (.not. allocated(error)) call coupler%run(net, exchange, error, state=state)
         if (.not. allocated(error)) call coupler%take(exchange, at_y, y, error)
         if (fails(failure, error)) return
      end do
      do i = 1, 5
         call net%make_state(alone, 1, error)
         one = 0
         do step = 1, 4
            if (mod(i + step, 3) == 0) cycle
            x = reshape([(sin(0.9_dp*k*step), k=1, 10)], [2, 5])
            call coupler%begin(exchange, 1, error)
            if (.not. allocated(error)) call coupler%give(exchange, at_x, x(:, i), error)
            if (.not. allocated(error)) call coupler%run(net, exchange, error, state=alone)
            if (.not. allocated(error)) call coupler%take(exchange, at_y, one, error)
            if (fails(failure, error)) return
         end do
         call check_close(failure, one, y(:, i), 1.0e-13_dp, 'answer of a column')
         call check_close(failure, alone%values(:, 1), state%values(:, i), 1.0e-13_dp, 'its state')
      end do
   end subroutine state_by_column

   subroutine same_bits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: columns = 77, chunks = 5
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchanges(chunks)
      type(tally_t) :: total
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, columns), first(3, columns)
      integer(i8) :: changed
      logical :: fine(chunks)
      integer :: c, threads
      call column_model('rules_g.fkb', in_fields=in_fields(q_more='"maximum":0.005'), &
         out_fields=out_fields(dq_more='"keeps":"q"'))
      call connect_host(net, coupler, at, error, 'rules_g.fkb')
      if (fails(failure, error)) return
      call make_fields(columns, q, t, ps)
      q(1, 50) = ieee_value(1.0_dp, ieee_quiet_nan)
      call coupler%set_policy('q', error, not_finite='host')
      threads = 1
      do while (threads <= 4)
         dq = -1
         fine = .true.
         !$omp parallel do num_threads(threads) default(none) &
         !$omp shared(net, coupler, at, exchanges, q, t, ps, dq, fine) schedule(static, 1)
         do c = 1, chunks
            call one_chunk(net, coupler, at, exchanges(c), q, t, ps, c, dq, fine(c))
         end do
         !$omp end parallel do
         call check(failure, all(fine), 'an error in a thread')
         if (threads == 1) first = dq
         call check_equal(failure, dq, first, 'tendency')
         call total%reset()
         do c = 1, chunks
            call total%add(exchanges(c)%tally)
            call exchanges(c)%tally%reset()
         end do
         if (threads == 1) changed = total%changed()
         call check(failure, changed > 0 .and. total%changed() == changed, 'counts')
         call check_equal(failure, total%handed_back, 1_i8, 'columns handed back')
         call check_equal(failure, dq(:, 50), spread(-1.0_dp, 1, 3), 'the host''s column')
         threads = 2*threads
      end do
   end subroutine same_bits

   subroutine one_chunk(net, coupler, at, exchange, q, t, ps, c, dq, fine)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(handles_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      integer, intent(in) :: c
      real(dp), intent(inout) :: dq(:, :)
      logical, intent(out) :: fine
      type(error_t), allocatable :: error
      integer :: a, b
      a = (c - 1)*16 + 1
      b = min(size(ps), c*16)
      call ask(net, coupler, at, exchange, q(:, a:b), t(:, a:b), ps(a:b), error, dt=600.0_dp)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq(:, a:b), error)
      fine = .not. allocated(error)
   end subroutine one_chunk

   subroutine single_kind(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_sp_t) :: net
      type(coupler_sp_t) :: coupler
      type(exchange_sp_t) :: exchange
      type(workspace_sp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 6), x(7, 6), y(4, 6)
      real(sp) :: rain(6)
      integer :: at_dq, at_ps, at_q, at_rain, at_t
      call column_model('rules_h.fkb', precision='float32')
      call net%load('rules_h.fkb', error)
      if (fails(failure, error)) return
      call coupler%offer('q', 3, 'kg/kg', at_q)
      call coupler%offer('t', 3, 'K', at_t)
      call coupler%offer('ps', 1, 'Pa', at_ps)
      call coupler%accept('dq', 3, 'kg/kg/s', at_dq)
      call coupler%accept('rain', 1, 'mm/day', at_rain)
      call make_fields(6, q, t, ps)
      call coupler%connect(net, error)
      if (.not. allocated(error)) call coupler%begin(exchange, 6, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_ps, ps, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_dq, dq, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_rain, rain, error)
      x(1:3, :) = q
      x(4:6, :) = t
      x(7, :) = ps
      if (.not. allocated(error)) call net%predict(x, y, work, error)
      if (fails(failure, error)) return
      call check_equal(failure, dq, y(:3, :), 'tendency')
      call check_equal(failure, rain, real(y(4, :), sp), 'rain')
   end subroutine single_kind

end module test_coupler_rules
