!> Limits that are fields of the host, and values that are not finite in fields that only limits,
!> budgets and rules look at.
module test_coupler_limits
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use coupled_hosts, only: ask_all, connect_full_host, handles_t, plain
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields, out_fields
   use fkb_dp, only: column_rule_t, column_t, coupler_t, dp, error_t, exchange_t, i8, network_t, &
      previous_t, workspace_t
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: nl = new_line('a')

   !> Looks at the masses and changes nothing.
   type, extends(column_rule_t) :: reader_t
      integer :: at = 0
   contains
      procedure :: apply
   end type reader_t

   !> A host with fields that limit others.
   type :: limits_t
      integer :: q = 0, t = 0, ps = 0, qsat = 0, tmax = 0, top = 0, flux = 0, dq = 0, rain = 0
   end type limits_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'coupler_limits'
      call suite%add('a field of the host limits inputs and outputs', moving_limits)
      call suite%add('a budget keeps within limits that are fields', moving_budget)
      call suite%add('limits that are not there or do not fit are refused', wrong_limits)
      call suite%add('limits that are not finite or cross each other fail', broken_limits)
      call suite%add('what only a budget needs must be finite', nan_in_mass)
      call suite%add('what only a rule looks at is counted', nan_for_rule)
   end subroutine collect

   subroutine connect_limited(net, coupler, at, error, path)
      type(network_t), intent(inout) :: net
      type(coupler_t), intent(inout) :: coupler
      type(limits_t), intent(out) :: at
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in) :: path
      call net%load(path, error)
      if (allocated(error)) return
      call coupler%offer('q', 3, 'kg/kg', at%q, order='top_down')
      call coupler%offer('t', 3, 'K', at%t)
      call coupler%offer('ps', 1, 'Pa', at%ps)
      call coupler%offer('qsat', 3, 'kg/kg', at%qsat, order='bottom_up')
      call coupler%offer('tmax', 1, 'K', at%tmax)
      call coupler%offer('top', 3, 'kg/kg/s', at%top)
      call coupler%offer('flux', 1, '', at%flux)
      call coupler%accept('dq', 3, 'kg/kg/s', at%dq)
      call coupler%accept('rain', 1, 'mm/day', at%rain)
      call coupler%connect(net, error)
   end subroutine connect_limited

   subroutine ask(net, coupler, at, exchange, q, t, ps, qsat, tmax, top, error)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(limits_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:), qsat(:, :), tmax(:), top(:, :)
      type(error_t), allocatable, intent(out) :: error
      call coupler%begin(exchange, size(ps), error)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%qsat, qsat, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%tmax, tmax, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%top, top, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%flux, 1.0e-5_dp + 0*ps, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
   end subroutine ask

   !> q at most qsat, t at most tmax at all levels or the column is the host's, dq at most top.
   subroutine limited_model(path, more)
      character(*), intent(in) :: path
      character(*), intent(in), optional :: more
      character(:), allocatable :: outs
      outs = out_fields(dq_more='"maximum":"top"')
      if (present(more)) outs = outs//nl//more
      call column_model(path, in_fields='fields = [{"name":"q","length":3,"unit":"kg/kg",'// &
         '"order":"top_down","minimum":0.001,"maximum":"qsat"},{"name":"t","length":3,'// &
         '"unit":"K","maximum":"tmax","outside":"host"},{"name":"ps","unit":"Pa"}]', &
         out_fields=outs)
   end subroutine limited_model

   !> Fields of six columns; the fifth is warmer than it may be.
   subroutine make_limited(q, t, ps, qsat, tmax, top)
      real(dp), allocatable, intent(out) :: q(:, :), t(:, :), ps(:), qsat(:, :), tmax(:), top(:, :)
      integer :: i, k
      call make_fields(6, q, t, ps)
      qsat = reshape([((0.0052_dp - 0.001_dp*k + 3e-4_dp*i, k=1, 3), i=1, 6)], [3, 6])
      tmax = [(400.0_dp + i, i=1, 6)]
      tmax(5) = t(2, 5) - 1
      top = reshape([((2e-6_dp*k - 1e-6_dp*i, k=1, 3), i=1, 6)], [3, 6])
   end subroutine make_limited

   subroutine moving_limits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(workspace_t) :: work
      type(limits_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:), qsat(:, :), tmax(:), top(:, :)
      real(dp) :: dq(3, 6), x(7, 6), y(4, 6)
      logical :: left(6)
      integer :: i, above, below, capped
      call limited_model('limits_a.fkb')
      call connect_limited(net, coupler, at, error, 'limits_a.fkb')
      if (fails(failure, error)) return
      call make_limited(q, t, ps, qsat, tmax, top)
      q(1, 2) = 1e-4_dp
      dq = -7
      call ask(net, coupler, at, exchange, q, t, ps, qsat, tmax, top, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      x(1:3, :) = max(min(q, qsat(3:1:-1, :)), 0.001_dp)
      x(4:6, :) = t
      x(7, :) = ps
      call net%predict(x, y, work, error)
      if (fails(failure, error)) return
      above = count(q > qsat(3:1:-1, :))
      below = count(q < 0.001_dp)
      capped = count(y(:3, [1, 2, 3, 4, 6]) > top(:, [1, 2, 3, 4, 6]))
      call check(failure, above > 2 .and. above < 16 .and. below > 0 .and. capped > 2 .and. &
         capped < 15, 'the test must clip some, not all')
      do i = 1, 6
         if (i == 5) then
            call check_equal(failure, dq(:, i), spread(-7.0_dp, 1, 3), 'the host''s column')
         else
            call check_equal(failure, dq(:, i), min(y(:3, i), top(:, i)), 'limited tendency')
         end if
      end do
      call exchange%handed_back(left)
      call check(failure, left(5) .and. count(left) == 1, 'the warm column is the host''s')
      call check_equal(failure, int(sum(exchange%tally%inputs(3, 1:3))), above, 'above qsat')
      call check_equal(failure, int(sum(exchange%tally%inputs(2, 1:3))), below, 'below')
      call check_equal(failure, int(sum(exchange%tally%outputs(3, 1:3))), capped, 'above top')
   end subroutine moving_limits

   subroutine moving_budget(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(limits_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:), qsat(:, :), tmax(:), top(:, :)
      real(dp) :: dq(3, 6), rest(6)
      integer :: i
      call limited_model('limits_b.fkb', more='budgets = [{"name":"water","terms":{"dq":1},'// &
         '"sources":{"flux":1},"adjust":"dq"}]')
      call connect_limited(net, coupler, at, error, 'limits_b.fkb')
      if (fails(failure, error)) return
      call make_limited(q, t, ps, qsat, tmax, top)
      tmax = 500
      top(:, 4:) = 1
      call ask(net, coupler, at, exchange, q, t, ps, qsat, tmax, top, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      call check(failure, all(dq <= top), 'limits must hold')
      rest = [(sum(dq(:, i)) - 1e-5_dp, i=1, 6)]
      call check(failure, all(abs(rest(4:)) < 1e-18_dp), 'the budget closes where it can')
      call check_equal(failure, dq(:, 3), top(:, 3), 'all levels stop at their limits')
      call check_equal(failure, int(exchange%tally%closed(1)), count(abs(rest) < 1e-18_dp), &
         'columns closed')
   end subroutine moving_budget

   subroutine wrong_limits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(handles_t) :: at
      type(error_t), allocatable :: error
      call column_model('limits_c.fkb', in_fields=in_fields(q_more='"maximum":"qsat"'))
      call connect_full_host(net, coupler, at, error, 'limits_c.fkb')
      call check_text(failure, error, '"q" needs the field "qsat" with 3 values, which the '// &
         'host does not offer')
      call column_model('limits_c.fkb', in_fields=in_fields(q_more='"minimum":"mass"'))
      call connect_full_host(net, coupler, at, error, 'limits_c.fkb')
      call check_text(failure, error, 'the limit "mass" of "q" has the unit "kg/m2", not "kg/kg"')
      call column_model('limits_c.fkb', in_fields=in_fields(q_more='"minimum":""'))
      call net%load('limits_c.fkb', error)
      call check_text(failure, error, &
         'limits_c.fkb:19: input 0: field 0: minimum names no field')
      call check(failure, .not. coupler%connected(), 'it must not be connected')
   end subroutine wrong_limits

   subroutine broken_limits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(limits_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:), qsat(:, :), tmax(:), top(:, :)
      logical :: left(6)
      call limited_model('limits_d.fkb')
      call connect_limited(net, coupler, at, error, 'limits_d.fkb')
      if (fails(failure, error)) return
      call make_limited(q, t, ps, qsat, tmax, top)
      qsat(3, 4) = 5e-4_dp
      call ask(net, coupler, at, exchange, q, t, ps, qsat, tmax, top, error)
      call check_text(failure, error, 'column 4: the limits of element 1 of "q" are 1.0000E-03 '// &
         'and 5.0000E-04')
      qsat(3, 4) = ieee_value(1.0_dp, ieee_quiet_nan)
      call ask(net, coupler, at, exchange, q, t, ps, qsat, tmax, top, error)
      call check_text(failure, error, 'column 4: element 3 of "qsat" is NaN, not finite '// &
         '(policy "error")')
      call coupler%set_policy('qsat', error, not_finite='host')
      if (.not. allocated(error)) call ask(net, coupler, at, exchange, q, t, ps, qsat, tmax, top, &
         error)
      if (fails(failure, error)) return
      call exchange%handed_back(left)
      call check(failure, all(left .eqv. [.false., .false., .false., .true., .true., .false.]), &
         'the column with a NaN and the warm one are the host''s')
      call coupler%set_policy('qsat', error, outside='clip')
      call check_text(failure, error, 'the field "qsat" of the host has no limits')
   end subroutine broken_limits

   subroutine nan_in_mass(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(previous_t) :: previous
      type(handles_t) :: at
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: mass(3, 4), flux(4), all_dq(3, 4), dq(3, 4)
      logical :: left(4)
      call column_model('limits_e.fkb', out_fields=out_fields()//nl//'budgets = [{"name":'// &
         '"water","mass":"mass","terms":{"dq":1},"sources":{"flux":1},"adjust":"dq"}]')
      call connect_full_host(net, coupler, at, error, 'limits_e.fkb')
      if (fails(failure, error)) return
      call make_fields(4, q, t, ps)
      call coupler%make_previous(previous, 4, error)
      mass = spread([300.0_dp, 200.0_dp, 100.0_dp], 2, 4)
      flux = 1e-4_dp
      call ask_all(net, coupler, at, exchange, q, t, ps, error, mass=mass, flux=flux)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, all_dq, error)
      if (fails(failure, error)) return
      mass(2, 3) = ieee_value(1.0_dp, ieee_quiet_nan)
      call ask_all(net, coupler, at, exchange, q, t, ps, error, mass=mass, flux=flux)
      call check_text(failure, error, 'column 3: element 2 of "mass" is NaN, not finite '// &
         '(policy "error")')
      call coupler%set_policy('mass', error, not_finite='host')
      call exchange%tally%reset()
      dq = -7
      call ask_all(net, coupler, at, exchange, q, t, ps, error, mass=mass, flux=flux)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      call exchange%handed_back(left)
      call check(failure, left(3) .and. count(left) == 1, 'column 3 is the host''s')
      all_dq(:, 3) = -7
      call check_equal(failure, dq, all_dq, 'the other columns')
      call coupler%report(exchange%tally, text)
      call check(failure, index(text, 'field "mass": 1 not finite, level 2: 1'//nl) > 0, &
         'report: '//text)
      call coupler%set_policy('flux', error, not_finite='previous')
      call ask_all(net, coupler, at, exchange, q, t, ps, error, mass=mass, flux=flux)
      call check_text(failure, error, 'a policy is "previous": make room with make_previous '// &
         'and pass it as previous=')
   end subroutine nan_in_mass

   subroutine apply(self, column)
      class(reader_t), intent(in) :: self
      type(column_t), intent(inout) :: column
      real(dp) :: mass(3)
      call column%get(self%at, mass)
   end subroutine apply

   subroutine nan_for_rule(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(reader_t) :: rule
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: mass(3, 4), dq(3, 4), rain(4), plain_dq(3, 4)
      call column_model('limits_f.fkb')
      call connect_full_host(net, coupler, at, error, 'limits_f.fkb')
      if (fails(failure, error)) return
      call make_fields(4, q, t, ps)
      call plain(q, t, ps, plain_dq, rain, error)
      mass = 1
      mass(1, 2) = ieee_value(1.0_dp, ieee_quiet_nan)
      call ask_all(net, coupler, at, exchange, q, t, ps, error, mass=mass)
      if (fails(failure, error)) return
      call check_equal(failure, exchange%tally%changed(), 0_i8, 'nothing looks at the masses')
      rule%at = at%mass
      call ask_all(net, coupler, at, exchange, q, t, ps, error, rule=rule, mass=mass)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      call check_equal(failure, dq, plain_dq, 'no column is changed')
      call check_equal(failure, exchange%tally%changed(), 1_i8, 'the value is counted')
      call coupler%set_policy('mass', error, not_finite='error')
      call ask_all(net, coupler, at, exchange, q, t, ps, error, rule=rule, mass=mass)
      call check_text(failure, error, 'column 2: element 1 of "mass" is NaN, not finite '// &
         '(policy "error")')
   end subroutine nan_for_rule

end module test_coupler_limits
