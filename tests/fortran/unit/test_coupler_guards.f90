!> Values that are not finite or outside their limits: policies, counts, and the other columns.
module test_coupler_guards
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use coupled_hosts, only: connect_host, exchange_all, handles_t
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields, out_fields
   use fkb_dp, only: coupler_t, dp, error_t, exchange_t, i8, network_t, previous_t, tally_t, &
      workspace_t
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'coupler_guards'
      call suite%add('a NaN in one column changes no bit of another and is counted', nan_column)
      call suite%add('limits clip and are counted per level', limits_clip)
      call suite%add('policies are error, previous and host', policies)
      call suite%add('counts of several threads add up', counts_add_up)
   end subroutine collect

   subroutine nan_column(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 5), rain(5), all_dq(3, 5), all_rain(5)
      character(:), allocatable :: text
      logical :: left(5)
      call column_model('coupler_f.fkb')
      call connect_host(net, coupler, at, error, 'coupler_f.fkb')
      if (fails(failure, error)) return
      call make_fields(5, q, t, ps)
      call exchange_all(net, coupler, at, exchange, q, t, ps, all_dq, all_rain, error)
      q(2, 3) = ieee_value(1.0_dp, ieee_quiet_nan)
      dq = -7
      rain = -7
      call exchange_all(net, coupler, at, exchange, q, t, ps, dq, rain, error)
      call check_text(failure, error, 'column 3: element 2 of "q" is NaN, not finite (policy '// &
         '"error")')
      call check_equal(failure, rain, spread(-7.0_dp, 1, 5), 'after an error')
      call coupler%set_policy('q', error, not_finite='host')
      if (.not. allocated(error)) call exchange%tally%reset()
      if (.not. allocated(error)) call exchange_all(net, coupler, at, exchange, q, t, ps, dq, &
         rain, error)
      if (fails(failure, error)) return
      call exchange%handed_back(left)
      call check(failure, all(left .eqv. [.false., .false., .true., .false., .false.]), &
         'only column 3 is the host''s')
      all_dq(:, 3) = -7
      all_rain(3) = -7
      call check_equal(failure, dq, all_dq, 'the other columns')
      call check_equal(failure, rain, all_rain, 'the other columns'' rain')
      call coupler%report(exchange%tally, text)
      call check_equal(failure, text, '1 calls, 5 columns, 1 left to the host'//new_line('a')// &
         'input "q": 1 not finite, level 2: 1'//new_line('a'), 'report')
   end subroutine nan_column

   subroutine limits_clip(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(workspace_t) :: work
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 2), rain(2), x(7, 2), y(4, 2)
      character(:), allocatable :: text
      call column_model('coupler_g.fkb', &
         in_fields=in_fields(q_more='"minimum":0,"maximum":[1,1,0.02]'), &
         out_fields=out_fields(rain_more='"maximum":-20'))
      call connect_host(net, coupler, at, error, 'coupler_g.fkb')
      if (fails(failure, error)) return
      call make_fields(2, q, t, ps)
      q(1, 1) = -1.0e-5_dp
      q(3, :) = [0.03_dp, 0.02_dp]
      call exchange_all(net, coupler, at, exchange, q, t, ps, dq, rain, error)
      if (fails(failure, error)) return
      q(1, 1) = 0
      q(3, :) = 0.02_dp
      x(1:3, :) = q
      x(4:6, :) = t
      x(7, :) = ps
      call net%predict(x, y, work, error)
      if (fails(failure, error)) return
      call check_equal(failure, dq, y(1:3, :), 'tendency of clipped inputs')
      call check(failure, any(y(4, :) > -20), 'the test must clip something')
      call check_equal(failure, rain, min(y(4, :), -20.0_dp), 'clipped rain')
      call coupler%report(exchange%tally, text)
      call check_equal(failure, text, '1 calls, 2 columns, 0 left to the host'//new_line('a')// &
         'input "q": 1 below its minimum, level 1: 1'//new_line('a')// &
         'input "q": 1 above its maximum, level 3: 1'//new_line('a')// &
         'output "rain": 2 above its maximum'//new_line('a'), 'report')
   end subroutine limits_clip

   subroutine policies(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(previous_t) :: previous
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 2), rain(2), good(2)
      integer :: round
      call column_model('coupler_h.fkb', in_fields=in_fields(q_more= &
         '"maximum":0.02,"outside":"error","not_finite":"previous"'))
      call connect_host(net, coupler, at, error, 'coupler_h.fkb')
      if (fails(failure, error)) return
      call make_fields(2, q, t, ps)
      call exchange_all(net, coupler, at, exchange, q, t, ps, dq, rain, error)
      call check_text(failure, error, 'a policy is "previous": make room with make_previous '// &
         'and pass it as previous=')
      call coupler%make_previous(previous, 2, error)
      do round = 1, 2
         call coupler%begin(exchange, 2, error)
         if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
         if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
         if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
         if (.not. allocated(error)) call coupler%run(net, exchange, error, previous=previous)
         if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
         if (fails(failure, error)) return
         if (round == 1) good = rain
         q(1, 2) = ieee_value(1.0_dp, ieee_quiet_nan)
      end do
      call check_equal(failure, rain, good, 'with the previous value')
      call make_fields(2, q, t, ps)
      q(3, 1) = 0.5_dp
      call coupler%begin(exchange, 2, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
      if (fails(failure, error)) return
      call coupler%run(net, exchange, error, previous=previous)
      call check_text(failure, error, 'column 1: element 3 of "q" is 5.0000E-01, above its '// &
         'maximum 2.0000E-02 (policy "error")')
      previous%known = .false.
      q(3, 1) = ieee_value(1.0_dp, ieee_quiet_nan)
      call coupler%give(exchange, at%q, q, error)
      call coupler%run(net, exchange, error, previous=previous)
      call check_text(failure, error, 'column 1: element 3 of "q" is NaN, not finite, and '// &
         'there is no previous value (policy "previous")')
      call coupler%set_policy('q', error, outside='ignore')
      call check_text(failure, error, 'a policy is "error", "clip", "previous" or "host", not '// &
         '"ignore"')
      call coupler%set_policy('q', error, not_finite='clip')
      call check_text(failure, error, 'the policy for values that are not finite is "error", '// &
         '"previous" or "host", not "clip"')
      call coupler%set_policy('z', error, outside='clip')
      call check_text(failure, error, 'the network has no field "z"')
   end subroutine policies

   subroutine counts_add_up(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange(2)
      type(tally_t) :: total
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 4), rain(4)
      integer :: i
      call column_model('coupler_j.fkb', in_fields=in_fields(q_more='"minimum":0'))
      call connect_host(net, coupler, at, error, 'coupler_j.fkb')
      if (fails(failure, error)) return
      call make_fields(4, q, t, ps)
      q(2, :) = -1
      do i = 1, 2
         call exchange_all(net, coupler, at, exchange(i), q(:, :i + 2), t(:, :i + 2), &
            ps(:i + 2), dq(:, :i + 2), rain(:i + 2), error)
         if (fails(failure, error)) return
         call total%add(exchange(i)%tally)
      end do
      call check_equal(failure, total%calls, 2_i8, 'calls')
      call check_equal(failure, total%columns, 7_i8, 'columns')
      call check_equal(failure, total%changed(), 7_i8, 'clipped values')
   end subroutine counts_add_up

end module test_coupler_guards
