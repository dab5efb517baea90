!> Between a host's fields and a network: the same numbers as with index blocks by hand, refusals
!> with both lists, and columns that do not touch each other.
module test_coupler
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use coupled_hosts, only: connect_host, exchange_all, handles_t
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields
   use fkb_dp, only: coupler_t, dp, error_t, exchange_t, i8, network_t, sp, workspace_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'coupler'
      call suite%add('a coupled network answers as with index blocks by hand', same_as_by_hand)
      call suite%add('arrays may be columns first, upside down and of either kind', any_layout)
      call suite%add('a host that does not fit is refused with both lists', refused_with_lists)
      call suite%add('a mask and a list of points touch no other column', active_points)
      call suite%add('chunks of any size give the same bits', chunks)
      call suite%add('misuse is refused with a sentence', misuse)
   end subroutine collect

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

end module test_coupler
