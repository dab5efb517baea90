!> Between a host's fields and a network: the same numbers as with index blocks by hand, refusals
!> with both lists, guards that are counted, and columns that do not touch each other.
module test_coupler
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields, out_fields
   use fkb_dp, only: coupler_t, dp, error_t, exchange_t, i8, network_t, previous_t, sp, tally_t, &
      workspace_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
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
      suite%name = 'coupler'
      call suite%add('a coupled network answers as with index blocks by hand', same_as_by_hand)
      call suite%add('arrays may be columns first, upside down and of either kind', any_layout)
      call suite%add('a host that does not fit is refused with both lists', refused_with_lists)
      call suite%add('a mask and a list of points touch no other column', active_points)
      call suite%add('chunks of any size give the same bits', chunks)
      call suite%add('a NaN in one column changes no bit of another and is counted', nan_column)
      call suite%add('limits clip and are counted per level', limits_clip)
      call suite%add('policies are error, previous and host', policies)
      call suite%add('misuse is refused with a sentence', misuse)
      call suite%add('counts of several threads add up', counts_add_up)
   end subroutine collect

   !> The host of `column_model`, connected.
   subroutine connect_host(net, coupler, at, error, path)
      type(network_t), intent(inout) :: net
      type(coupler_t), intent(inout) :: coupler
      type(handles_t), intent(out) :: at
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in) :: path
      call net%load(path, error)
      if (allocated(error)) return
      call coupler%offer('q', 3, 'kg/kg', at%q)
      call coupler%offer('t', 3, 'K', at%t)
      call coupler%offer('unused', 7, 'm', at%ps)
      call coupler%offer('ps', 1, 'Pa', at%ps)
      call coupler%accept('dq', 3, 'kg/kg/s', at%dq)
      call coupler%accept('rain', 1, 'mm/day', at%rain)
      call coupler%connect(net, error)
   end subroutine connect_host

   !> One exchange from beginning to end.
   subroutine exchange_all(net, coupler, at, exchange, q, t, ps, dq, rain, error, mask)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(handles_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      real(dp), intent(inout) :: dq(:, :), rain(:)
      type(error_t), allocatable, intent(out) :: error
      logical, intent(in), optional :: mask(:)
      call coupler%begin(exchange, size(ps), error, mask=mask)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
   end subroutine exchange_all

   subroutine same_as_by_hand(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(workspace_t) :: work
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 5), rain(5), x(7, 5), y(4, 5)
      call column_model('coupler_a.fkb')
      call connect_host(net, coupler, at, error, 'coupler_a.fkb')
      if (fails(failure, error)) return
      call make_fields(5, q, t, ps)
      call exchange_all(net, coupler, at, exchange, q, t, ps, dq, rain, error)
      if (fails(failure, error)) return
      x(1:3, :) = q
      x(4:6, :) = t
      x(7, :) = ps
      call net%predict(x, y, work, error)
      if (fails(failure, error)) return
      call check_equal(failure, dq, y(1:3, :), 'tendency of q')
      call check_equal(failure, rain, y(4, :), 'rain')
      call check(failure, coupler%serves(at%q) .and. .not. coupler%serves(at%q + 2), &
         'what the network does not need is told')
      call check_equal(failure, exchange%tally%changed(), 0_i8, 'changes')
   end subroutine same_as_by_hand

   subroutine any_layout(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler, other
      type(exchange_t) :: exchange
      type(handles_t) :: at, at2
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 5), rain(5), dq_there(5, 3), one(3)
      real(sp) :: rain_there(5), dq_single(3, 1), rain_single(1)
      call column_model('coupler_b.fkb', in_fields=in_fields(q_more='"order":"top_down"'))
      call connect_host(net, coupler, at, error, 'coupler_b.fkb')
      if (fails(failure, error)) return
      call make_fields(5, q, t, ps)
      q = real(real(q, sp), dp)
      call exchange_all(net, coupler, at, exchange, q, t, ps, dq, rain, error)
      if (fails(failure, error)) return
      call other%offer('q', 3, 'kg/kg', at2%q, order='bottom_up', columns_first=.true.)
      call other%offer('t', 3, 'K', at2%t, columns_first=.true.)
      call other%offer('ps', 1, 'Pa', at2%ps)
      call other%accept('dq', 3, 'kg/kg/s', at2%dq, columns_first=.true.)
      call other%accept('rain', 1, 'mm/day', at2%rain)
      call other%connect(net, error)
      if (.not. allocated(error)) call other%begin(exchange, 5, error)
      if (.not. allocated(error)) call other%give(exchange, at2%q, &
         real(transpose(q(3:1:-1, :)), sp), error)
      if (.not. allocated(error)) call other%give(exchange, at2%t, transpose(t), error)
      if (.not. allocated(error)) call other%give(exchange, at2%ps, ps, error)
      if (.not. allocated(error)) call other%run(net, exchange, error)
      if (.not. allocated(error)) call other%take(exchange, at2%dq, dq_there, error)
      if (.not. allocated(error)) call other%take(exchange, at2%rain, rain_there, error)
      if (fails(failure, error)) return
      call check_equal(failure, transpose(dq_there), dq, 'tendency of q')
      call check_equal(failure, rain_there, real(rain, sp), 'rain in real32')
      call coupler%begin(exchange, 1, error)
      one = q(:, 4)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, real(one, sp), error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t(:, 4), error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps(4:4), error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, one, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq_single, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain_single, error)
      if (fails(failure, error)) return
      call check_close(failure, one, dq(:, 4), 1.0e-13_dp, 'one column as vectors')
      call check_equal(failure, dq_single(:, 1), real(one, sp), 'one column in real32')
   end subroutine any_layout

   subroutine refused_with_lists(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(handles_t) :: at
      type(error_t), allocatable :: error
      call column_model('coupler_c.fkb')
      call net%load('coupler_c.fkb', error)
      if (fails(failure, error)) return
      call coupler%offer('q', 4, 'kg/kg', at%q)
      call coupler%offer('ps', 1, 'hPa', at%ps)
      call coupler%accept('dq', 3, 'kg/kg/s', at%dq)
      call coupler%accept('snow', 1, 'mm/day', at%rain)
      call coupler%connect(net, error)
      call check_text(failure, error, &
         'the host does not fit the network: "q" has 4 values a column in the host and 3 in '// &
         'the model; "t" is not offered; the unit of "ps" is "hPa" in the host and "Pa" in the '// &
         'model; "rain" is not accepted; no output gives "snow". The network takes "q" (3, '// &
         'kg/kg), "t" (3, K), "ps" (1, Pa); the host offers "q" (4, kg/kg), "ps" (1, hPa). The '// &
         'network gives "dq" (3, kg/kg/s), "rain" (1, mm/day); the host accepts "dq" (3, '// &
         'kg/kg/s), "snow" (1, mm/day)')
      call check(failure, .not. coupler%connected(), 'it must not be connected')
      call coupler%offer('q', 3, 'kg/kg', at%q)
      call coupler%offer('t', 3, 'K', at%t)
      call coupler%offer('ps', 1, 'Pa', at%ps)
      call coupler%accept('snow', 1, 'mm/day', at%rain, required=.false.)
      call coupler%connect(net, error, spare_outputs=.true.)
      call check(failure, allocated(error), 'the first declaration of snow still requires it')
   end subroutine refused_with_lists

   subroutine active_points(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 5), rain(5), all_dq(3, 5), all_rain(5)
      logical, parameter :: mask(5) = [.false., .true., .false., .true., .true.]
      integer :: i
      call column_model('coupler_d.fkb')
      call connect_host(net, coupler, at, error, 'coupler_d.fkb')
      if (fails(failure, error)) return
      call make_fields(5, q, t, ps)
      call exchange_all(net, coupler, at, exchange, q, t, ps, all_dq, all_rain, error)
      if (fails(failure, error)) return
      q(:, 1) = ieee_value(1.0_dp, ieee_quiet_nan)
      dq = -7
      rain = -7
      call exchange_all(net, coupler, at, exchange, q, t, ps, dq, rain, error, mask)
      if (fails(failure, error)) return
      do i = 1, 5
         if (mask(i)) then
            call check_close(failure, dq(:, i), all_dq(:, i), 1.0e-13_dp, 'an active column')
         else
            call check_equal(failure, [dq(:, i), rain(i)], spread(-7.0_dp, 1, 4), 'another column')
         end if
      end do
      call coupler%begin(exchange, 5, error, points=[5, 2])
      if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, t, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      rain = -7
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
      if (fails(failure, error)) return
      call check_close(failure, rain([5, 2]), all_rain([5, 2]), 1.0e-13_dp, 'listed points')
      call check_equal(failure, rain([1, 3, 4]), spread(-7.0_dp, 1, 3), 'points not listed')
      call check_equal(failure, exchange%tally%columns, 10_i8, 'columns')
   end subroutine active_points

   subroutine chunks(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 37), rain(37), all_dq(3, 37), all_rain(37)
      integer :: chunk, first, last
      call column_model('coupler_e.fkb')
      call connect_host(net, coupler, at, error, 'coupler_e.fkb')
      if (fails(failure, error)) return
      call make_fields(37, q, t, ps)
      call exchange_all(net, coupler, at, exchange, q, t, ps, all_dq, all_rain, error)
      do chunk = 1, 37, 3
         dq = 0
         do first = 1, 37, chunk
            last = min(37, first + chunk - 1)
            if (.not. allocated(error)) call exchange_all(net, coupler, at, exchange, &
               q(:, first:last), t(:, first:last), ps(first:last), dq(:, first:last), &
               rain(first:last), error)
         end do
         if (fails(failure, error)) return
         call check_close(failure, dq, all_dq, 1.0e-13_dp, 'tendency in chunks')
         call check_close(failure, rain, all_rain, 1.0e-13_dp, 'rain in chunks')
      end do
   end subroutine chunks

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

   subroutine misuse(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, other
      type(coupler_t) :: coupler, fresh
      type(exchange_t) :: exchange, empty
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp) :: wrong(2, 2), rain(2)
      call fresh%connect(net, error)
      call check_text(failure, error, 'no network is loaded')
      call fresh%begin(exchange, 2, error)
      call check_text(failure, error, 'no network is connected: call connect first')
      call column_model('coupler_i.fkb')
      call connect_host(net, coupler, at, error, 'coupler_i.fkb')
      if (fails(failure, error)) return
      call coupler%give(empty, at%q, wrong, error)
      call check_text(failure, error, 'the exchange has not begun: call begin first')
      call coupler%begin(exchange, 2, error, mask=[.true.])
      call check_text(failure, error, 'the mask has 1 values for 2 columns')
      call coupler%begin(exchange, 2, error, points=[1, 3])
      call check_text(failure, error, 'point 3 is none of the columns 1 to 2')
      call coupler%begin(exchange, 2, error, points=[2, 2])
      call check_text(failure, error, 'point 2 stands twice')
      call coupler%begin(exchange, 2, error)
      call coupler%give(exchange, at%q, wrong, error)
      call check_text(failure, error, 'the array of "q" has the shape (2, 2), (3, 2) is expected')
      call coupler%give(exchange, at%ps, [1.0_dp], error)
      call check_text(failure, error, '"ps" has 1 values, 1 times 2 are expected')
      call coupler%take(exchange, at%rain, rain, error)
      call check_text(failure, error, 'the network has not been asked: call run first')
      call coupler%run(net, exchange, error)
      call check_text(failure, error, 'the field "q" was not given')
      call column_model('coupler_i.fkb', in_fields=in_fields(q_more='"minimum":0'))
      call other%load('coupler_i.fkb', error)
      if (fails(failure, error)) return
      call coupler%run(other, exchange, error)
      call check_text(failure, error, 'another network is connected: call connect first')
   end subroutine misuse

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

end module test_coupler
