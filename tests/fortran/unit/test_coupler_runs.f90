!> Recurrent state by column, threads, and the single kind through the coupling.
module test_coupler_runs
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use coupled_hosts, only: ask => ask_all, connect_host => connect_full_host, handles_t
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields, out_fields, &
      recurrent_model
   use fkb_dp, only: coupler_t, dp, error_t, exchange_t, i8, network_t, sp, state_t, tally_t
   use fkb_sp, only: coupler_sp_t => coupler_t, exchange_sp_t => exchange_t, &
      network_sp_t => network_t, workspace_sp_t => workspace_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'coupler_runs'
      call suite%add('recurrent states advance by column', state_by_column)
      call suite%add('one, two and four threads give the same bits', same_bits)
      call suite%add('a network of single kind answers as with index blocks', single_kind)
   end subroutine collect

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

end module test_coupler_runs
