!> What a coupler does to the outputs of a column besides limits: zeros, fields kept positive,
!> budgets, rules of the host.
module test_coupler_rules
   use coupled_hosts, only: ask => ask_all, connect_host => connect_full_host, handles_t, plain
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields, out_fields
   use fkb_dp, only: column_rule_t, column_t, coupler_t, dp, error_t, exchange_t, i8, network_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
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
   end subroutine collect

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

end module test_coupler_rules
