!> Ensembles in the place of a network.
module test_coupler_ensembles
   use coupled_hosts, only: handles_t
   use coupled_models, only: check_text, column_model, fails, in_fields, make_fields, out_fields
   use ensemble_cases, only: write_unit_fields
   use fkb_dp, only: coupler_t, dp, ensemble_t, ensemble_workspace_t, error_t, exchange_t, i8, &
      network_t
   use fkb_sp, only: coupler_sp_t => coupler_t, ensemble_sp_t => ensemble_t, &
      ensemble_workspace_sp_t => ensemble_workspace_t, exchange_sp_t => exchange_t, &
      network_sp_t => network_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'coupler_ensembles'
      call suite%add('an ensemble answers as its own predict, mean and spread', ensemble_answers)
      call suite%add('noise goes by the numbers of the host''s columns', noise_by_column)
      call suite%add('limits and budgets act on the mean of an ensemble', ensemble_limits)
      call suite%add('members that disagree in their fields are refused', members_agree)
      call suite%add('an ensemble of single kind takes real64 fields', single_kind)
   end subroutine collect

   !> Three members of the same fields and different weights.
   subroutine make_ensemble(path, ensemble, error)
      character(*), intent(in) :: path
      type(ensemble_t), intent(inout) :: ensemble
      type(error_t), allocatable, intent(out) :: error
      type(network_t) :: net
      integer :: i
      call net%load(path, error)
      do i = 1, 3
         if (.not. allocated(error)) call ensemble%add(net, error, weight=real(i, dp))
         net%params = net%params*0.8_dp + 0.01_dp
      end do
      call net%clear()
   end subroutine make_ensemble

   subroutine declare(coupler, at)
      type(coupler_t), intent(inout) :: coupler
      type(handles_t), intent(out) :: at
      call coupler%offer('ps', 1, 'Pa', at%ps)
      call coupler%offer('mass', 3, 'kg/m2', at%mass, order='bottom_up')
      call coupler%offer('q', 3, 'kg/kg', at%q, order='top_down')
      call coupler%offer('t', 3, 'K', at%t, columns_first=.true.)
      call coupler%accept('rain', 1, 'mm/day', at%rain)
      call coupler%accept('dq', 3, 'kg/kg/s', at%dq, order='top_down')
   end subroutine declare

   subroutine give_all(coupler, at, exchange, q, t, ps, error, mask)
      type(coupler_t), intent(in) :: coupler
      type(handles_t), intent(in) :: at
      type(exchange_t), intent(inout) :: exchange
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      type(error_t), allocatable, intent(out) :: error
      logical, intent(in), optional :: mask(:)
      call coupler%begin(exchange, size(ps), error, mask=mask)
      if (.not. allocated(error)) call coupler%give(exchange, at%q, q, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%t, transpose(t), error)
      if (.not. allocated(error)) call coupler%give(exchange, at%ps, ps, error)
   end subroutine give_all

   pure function by_hand(q, t, ps) result(x)
      real(dp), intent(in) :: q(:, :), t(:, :), ps(:)
      real(dp) :: x(7, size(ps))
      x(1:3, :) = q
      x(4:6, :) = t
      x(7, :) = ps
   end function by_hand

   subroutine ensemble_answers(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_t) :: ensemble
      type(ensemble_workspace_t) :: work
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(network_t) :: net
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 9), rain(9), mean(4, 9), spread(4, 9), apart(3, 9)
      call column_model('groups_a.fkb')
      call make_ensemble('groups_a.fkb', ensemble, error)
      call declare(coupler, at)
      if (.not. allocated(error)) call coupler%connect(ensemble, error)
      call make_fields(9, q, t, ps)
      if (.not. allocated(error)) call give_all(coupler, at, exchange, q, t, ps, error)
      if (.not. allocated(error)) call coupler%run(ensemble, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, apart, error, spread=.true.)
      if (.not. allocated(error)) call ensemble%predict(by_hand(q, t, ps), mean, work, error, &
         spread=spread)
      if (fails(failure, error)) return
      call check_equal(failure, dq, mean(:3, :), 'mean of the tendency')
      call check_equal(failure, rain, mean(4, :), 'mean of rain')
      call check_equal(failure, apart, spread(:3, :), 'spread of the tendency')
      call check(failure, all(apart > 0), 'the members must differ')
      call net%load('groups_a.fkb', error)
      call coupler%run(net, exchange, error)
      call check_text(failure, error, 'another network is connected: call connect first')
      call coupler%connect(net, error)
      if (.not. allocated(error)) call give_all(coupler, at, exchange, q, t, ps, error)
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      if (fails(failure, error)) return
      call coupler%take(exchange, at%dq, apart, error, spread=.true.)
      call check_text(failure, error, 'only an ensemble has a spread')
      call coupler%run(ensemble, exchange, error)
      call check_text(failure, error, 'another network is connected: call connect first')
      call ensemble%clear()
      call coupler%connect(ensemble, error)
      call check_text(failure, error, 'the ensemble has no member: load or add some')
   end subroutine ensemble_answers

   subroutine noise_by_column(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_t) :: ensemble
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(ensemble_workspace_t) :: work
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 9), all_dq(3, 9), mean(4, 9)
      logical :: mask(9)
      integer :: i
      call column_model('groups_b.fkb')
      call make_ensemble('groups_b.fkb', ensemble, error)
      ensemble%noise = 0.3_dp
      ensemble%seed = 11
      call declare(coupler, at)
      if (.not. allocated(error)) call coupler%connect(ensemble, error)
      call make_fields(9, q, t, ps)
      if (.not. allocated(error)) call give_all(coupler, at, exchange, q, t, ps, error)
      if (.not. allocated(error)) call coupler%run(ensemble, exchange, error, step=4, &
         first_column=101)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, all_dq, error)
      if (.not. allocated(error)) call ensemble%predict(by_hand(q, t, ps), mean, work, error, &
         step=4, first_column=101)
      if (fails(failure, error)) return
      call check_equal(failure, all_dq, mean(:3, :), 'all columns')
      mask = [(modulo(i, 3) /= 1, i=1, 9)]
      dq = all_dq
      call give_all(coupler, at, exchange, q, t, ps, error, mask=mask)
      if (.not. allocated(error)) call coupler%run(ensemble, exchange, error, step=4, &
         first_column=101)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (fails(failure, error)) return
      call check_close(failure, dq, all_dq, 1e-12_dp, 'some columns, with the same noise')
      call give_all(coupler, at, exchange, q(:, 5:), t(:, 5:), ps(5:), error)
      if (.not. allocated(error)) call coupler%run(ensemble, exchange, error, step=4, &
         first_column=105)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq(:, 5:), error)
      if (fails(failure, error)) return
      call check_close(failure, dq, all_dq, 1e-12_dp, 'a chunk, with the same noise')
      call ensemble%predict(by_hand(q, t, ps), mean, work, error, columns=[1, 2])
      call check_text(failure, error, 'there are 9 columns and 2 numbers of them')
      call ensemble%clear()
   end subroutine noise_by_column

   subroutine ensemble_limits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_t) :: ensemble
      type(ensemble_workspace_t) :: work
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(handles_t) :: at
      type(error_t), allocatable :: error
      real(dp), allocatable :: q(:, :), t(:, :), ps(:)
      real(dp) :: dq(3, 9), rain(9), mean(4, 9), shift
      integer :: i
      call column_model('groups_c.fkb', in_fields=in_fields(q_more='"maximum":0.005'), &
         out_fields=out_fields(rain_more='"maximum":5')//new_line('a')// &
         'budgets = [{"name":"sum","mass":"mass","terms":{"dq":1},"adjust":"dq"}]')
      call make_ensemble('groups_c.fkb', ensemble, error)
      call declare(coupler, at)
      if (.not. allocated(error)) call coupler%connect(ensemble, error)
      call make_fields(9, q, t, ps)
      if (.not. allocated(error)) call give_all(coupler, at, exchange, q, t, ps, error)
      if (.not. allocated(error)) call coupler%give(exchange, at%mass, &
         spread([3.0_dp, 2.0_dp, 1.0_dp], 2, 9), error)
      if (.not. allocated(error)) call coupler%run(ensemble, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%dq, dq, error)
      if (.not. allocated(error)) call coupler%take(exchange, at%rain, rain, error)
      if (.not. allocated(error)) call ensemble%predict(by_hand(min(q, 0.005_dp), t, ps), mean, &
         work, error)
      if (fails(failure, error)) return
      call check_equal(failure, rain, min(mean(4, :), 5.0_dp), 'limited rain')
      do i = 1, 9
         shift = -dot_product([1.0_dp, 2.0_dp, 3.0_dp], mean(:3, i))/6
         call check_close(failure, dq(:, i), mean(:3, i) + shift, 1e-12_dp, 'closed budget')
      end do
      call check_equal(failure, int(sum(exchange%tally%inputs(3, :))), count(q > 0.005_dp), &
         'clipped inputs')
      call check(failure, sum(exchange%tally%outputs(3, :)) > 0, 'the test must clip rain')
      call check_equal(failure, exchange%tally%closed(1), 9_i8, 'budgets, stated by all, once')
      call ensemble%clear()
   end subroutine ensemble_limits

   subroutine members_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_t) :: ensemble
      type(coupler_t) :: coupler
      type(handles_t) :: at
      type(error_t), allocatable :: error
      call column_model('groups_d.fkb', out_fields=out_fields(rain_more='"maximum":5'))
      call column_model('groups_e.fkb', out_fields=out_fields(rain_more='"maximum":6'))
      call ensemble%load_files(['groups_d.fkb', 'groups_e.fkb'], error)
      if (fails(failure, error)) return
      call declare(coupler, at)
      call coupler%connect(ensemble, error)
      call check_text(failure, error, 'the maximum of output "rain" is not the same in '// &
         'groups_d.fkb and in groups_e.fkb')
      call column_model('groups_e.fkb', in_fields=in_fields(q_more='"outside":"host","minimum":0'))
      call column_model('groups_d.fkb', in_fields=in_fields(q_more='"minimum":0'))
      call ensemble%load_files(['groups_d.fkb', 'groups_e.fkb'], error)
      if (.not. allocated(error)) call coupler%connect(ensemble, error)
      call check_text(failure, error, 'the policy "outside" of input "q" is not the same in '// &
         'groups_d.fkb and in groups_e.fkb')
      call column_model('groups_e.fkb', in_fields='fields = [{"name":"t","length":3,"unit":'// &
         '"K"},{"name":"q","length":3,"unit":"kg/kg"},{"name":"ps","unit":"Pa"}]')
      call ensemble%load_files(['groups_d.fkb', 'groups_e.fkb'], error)
      if (.not. allocated(error)) call coupler%connect(ensemble, error)
      call check_text(failure, error, 'groups_d.fkb takes "q" (3, kg/kg), "t" (3, K), "ps" (1, '// &
         'Pa), groups_e.fkb takes "t" (3, K), "q" (3, kg/kg), "ps" (1, Pa)')
      call check(failure, .not. coupler%connected(), 'it must not be connected')
      call ensemble%clear()
   end subroutine members_agree

   subroutine single_kind(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_sp_t) :: ensemble
      type(ensemble_workspace_sp_t) :: work
      type(coupler_sp_t) :: coupler
      type(exchange_sp_t) :: exchange
      type(network_sp_t) :: net
      type(error_t), allocatable :: error
      real(dp) :: a(5), b(5), u(5), v(5), mean(2, 5), x(2, 5)
      integer :: i, at_a, at_b, at_u, at_v
      call write_unit_fields('single_1.fkb', '2.0', '[{"name":"u"},{"name":"v"}]')
      call net%load('single_1.fkb', error)
      do i = 1, 2
         if (.not. allocated(error)) call ensemble%add(net, error)
         if (.not. allocated(error)) net%params = 1.37*net%params
      end do
      call coupler%offer('a', 1, '', at_a)
      call coupler%offer('b', 1, '', at_b)
      call coupler%accept('u', 1, '', at_u)
      call coupler%accept('v', 1, '', at_v)
      if (.not. allocated(error)) call coupler%connect(ensemble, error)
      a = [(sin(1.3_dp*i), i=1, 5)]
      b = [(cos(0.7_dp*i), i=1, 5)]
      x(1, :) = a
      x(2, :) = b
      if (.not. allocated(error)) call coupler%begin(exchange, 5, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_a, a, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_b, b, error)
      if (.not. allocated(error)) call coupler%run(ensemble, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_u, u, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_v, v, error)
      if (.not. allocated(error)) call ensemble%predict(x, mean, work, error)
      if (fails(failure, error)) return
      call check_equal(failure, u, mean(1, :), 'u')
      call check_equal(failure, v, mean(2, :), 'v')
      call check_close(failure, u, 2*1.185_dp*a, 1e-6_dp, 'the mean of both')
      call ensemble%clear()
      call net%clear()
   end subroutine single_kind

end module test_coupler_ensembles
