!> Banks and gates in the place of a network.
module test_coupler_banks
   use coupled_models, only: check_text, fails
   use ensemble_cases, only: write_unit_fields
   use fkb_dp, only: bank_t, coupler_t, dp, error_t, exchange_t, gate_t, network_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'coupler_banks'
      call suite%add('a bank joins the levels that its networks give', bank_joins)
      call suite%add('a budget of one network closes over the outputs of all', bank_budget)
      call suite%add('banks that contradict themselves are refused', bank_contradicts)
      call suite%add('a gate sends columns to their networks', gate_answers)
   end subroutine collect

   subroutine bank_joins(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(bank_t) :: bank
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(error_t), allocatable :: error
      real(dp) :: a(9), b(9), u(2, 9), v(9), w(9)
      integer :: at_a, at_b, at_u, at_v, at_w, i
      call write_unit_fields('bank_1.fkb', '2.0', '[{"name":"u","maximum":1},{"name":"v"}]')
      call write_unit_fields('bank_2.fkb', '3.0', '[{"name":"u","maximum":2},{"name":"w"}]')
      call net%load('bank_2.fkb', error)
      if (.not. allocated(error)) call bank%add(net, error, places=[4, 1])
      if (.not. allocated(error)) call net%load('bank_1.fkb', error)
      if (.not. allocated(error)) call bank%add(net, error, places=[2, 3])
      if (fails(failure, error)) return
      call coupler%offer('b', 1, '', at_b)
      call coupler%offer('a', 1, '', at_a)
      call coupler%accept('u', 2, '', at_u, order='bottom_up')
      call coupler%accept('v', 1, '', at_v)
      call coupler%accept('w', 1, '', at_w)
      call coupler%connect(bank, error)
      a = [(sin(real(i, dp)), i=1, 9)]
      b = [(cos(real(i, dp)), i=1, 9)]
      v = -7
      if (.not. allocated(error)) call coupler%begin(exchange, 9, error, points=[9, 2, 4])
      if (.not. allocated(error)) call coupler%give(exchange, at_a, a, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_b, b, error)
      if (.not. allocated(error)) call coupler%run(bank, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_u, u, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_v, v, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_w, w, error)
      if (fails(failure, error)) return
      do i = 2, 9
         if (all(i /= [9, 2, 4])) then
            call check_equal(failure, v(i:i), [-7.0_dp], 'another column')
         else
            call check_close(failure, u(1, i), min(2*a(i), 1.0_dp), 1e-15_dp, 'place 2')
            call check_close(failure, u(2, i), min(3*a(i), 2.0_dp), 1e-15_dp, 'place 4')
            call check_close(failure, v(i), 2*b(i), 1e-15_dp, 'place 3')
            call check_close(failure, w(i), 3*b(i), 1e-15_dp, 'place 1')
         end if
      end do
      call check_equal(failure, int(sum(exchange%tally%outputs(3, :))), &
         count(2*a([9, 2, 4]) > 1) + count(3*a([9, 2, 4]) > 2), 'clipped')
      call bank%add(net, error)
      call coupler%run(bank, exchange, error)
      call check_text(failure, error, 'another network is connected: call connect first')
      call bank%clear()
      call net%clear()
   end subroutine bank_joins

   subroutine bank_budget(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(bank_t) :: bank
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(error_t), allocatable :: error
      real(dp) :: a(5), b(5), u(2, 5), v(5), w(5)
      integer :: at_a, at_b, at_u, at_v, at_w, i
      call write_unit_fields('bank_5.fkb', '2.0', '[{"name":"u"},{"name":"v"}]'//new_line('a')// &
         'budgets = [{"name":"sum","terms":{"u":1,"w":2},"sources":{"b":1},"adjust":"w"}]')
      call write_unit_fields('bank_6.fkb', '3.0', '[{"name":"u"},{"name":"w"}]')
      call net%load('bank_5.fkb', error)
      if (.not. allocated(error)) call bank%add(net, error, places=[1, 3])
      if (.not. allocated(error)) call net%load('bank_6.fkb', error)
      if (.not. allocated(error)) call bank%add(net, error, places=[2, 4])
      call coupler%offer('a', 1, '', at_a)
      call coupler%offer('b', 1, '', at_b)
      call coupler%accept('u', 2, '', at_u)
      call coupler%accept('v', 1, '', at_v)
      call coupler%accept('w', 1, '', at_w)
      if (.not. allocated(error)) call coupler%connect(bank, error)
      a = [(sin(real(i, dp)), i=1, 5)]
      b = [(cos(real(i, dp)), i=1, 5)]
      if (.not. allocated(error)) call coupler%begin(exchange, 5, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_a, a, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_b, b, error)
      if (.not. allocated(error)) call coupler%run(bank, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_u, u, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_v, v, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_w, w, error)
      if (fails(failure, error)) return
      call check_close(failure, u, reshape([(2*a(i), 3*a(i), i=1, 5)], [2, 5]), 1e-15_dp, 'u')
      call check_close(failure, v, 2*b, 1e-15_dp, 'v')
      call check_close(failure, w, (b - 5*a)/2, 1e-14_dp, 'what closes the budget')
      call check_equal(failure, int(exchange%tally%closed(1)), 5, 'columns closed')
      call bank%clear()
      call net%clear()
   end subroutine bank_budget

   subroutine bank_contradicts(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(bank_t) :: bank
      type(network_t) :: one, two
      type(coupler_t) :: coupler
      type(error_t), allocatable :: error
      call write_unit_fields('bank_3.fkb', '2.0', '[{"name":"u","length":2,"unit":"m"}]')
      call write_unit_fields('bank_4.fkb', '2.0', '[{"name":"u","length":2,"unit":"km"}]')
      call one%load('bank_3.fkb', error)
      if (.not. allocated(error)) call two%load('bank_4.fkb', error)
      if (.not. allocated(error)) call bank%add(one, error)
      if (.not. allocated(error)) call bank%add(two, error)
      if (fails(failure, error)) return
      call coupler%connect(bank, error)
      call check_text(failure, error, 'the unit of "u" is not the same in all networks that '// &
         'give it')
      call bank%clear()
      call bank%add(one, error, places=[2, 1])
      if (.not. allocated(error)) call coupler%connect(bank, error)
      call check_text(failure, error, 'the elements of "u" have places that do not ascend: place 2')
      call bank%clear()
      call coupler%connect(bank, error)
      call check_text(failure, error, 'the bank has no network')
      call one%clear()
      call two%clear()
   end subroutine bank_contradicts

   subroutine gate_answers(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: outs = '[{"name":"u","maximum":1},{"name":"v"}]'
      type(gate_t) :: gate
      type(network_t) :: net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(error_t), allocatable :: error
      real(dp) :: a(9), b(9), u(9), v(9)
      integer :: classes(9), i, at_a, at_b, at_u, at_v
      call write_unit_fields('gate_1.fkb', '1.0', outs)
      call write_unit_fields('gate_2.fkb', '3.0', outs)
      call net%load('gate_1.fkb', error)
      if (.not. allocated(error)) call gate%set_classifier(net, error)
      if (.not. allocated(error)) call gate%add_constants([0.5_dp, 4.0_dp], error)
      if (fails(failure, error)) return
      call coupler%connect(gate, error)
      call check_text(failure, error, 'no class of the gate is served by a network')
      call net%load('gate_2.fkb', error)
      if (.not. allocated(error)) call gate%add(net, error)
      call coupler%offer('a', 1, '', at_a)
      call coupler%offer('b', 1, '', at_b)
      call coupler%accept('u', 1, '', at_u)
      call coupler%accept('v', 1, '', at_v)
      if (.not. allocated(error)) call coupler%connect(gate, error)
      a = [(sin(1.3_dp*i), i=1, 9)]
      b = [(cos(0.7_dp*i), i=1, 9)]
      u = -7
      v = -7
      if (.not. allocated(error)) call coupler%begin(exchange, 9, error, &
         mask=[(i /= 3, i=1, 9)])
      if (.not. allocated(error)) call coupler%give(exchange, at_a, a, error)
      if (.not. allocated(error)) call coupler%give(exchange, at_b, b, error)
      if (.not. allocated(error)) call coupler%run(gate, exchange, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_u, u, error)
      if (.not. allocated(error)) call coupler%take(exchange, at_v, v, error)
      if (fails(failure, error)) return
      call exchange%classes(classes)
      call check_equal(failure, classes(3), 0, 'class of a column that is not active')
      call check_equal(failure, [u(3), v(3)], [-7.0_dp, -7.0_dp], 'a column that is not active')
      call check(failure, any(classes == 1) .and. any(classes == 2), 'both classes must occur')
      do i = 1, 9
         if (i == 3) cycle
         call check_equal(failure, classes(i), merge(1, 2, a(i) >= b(i)), 'class')
         if (a(i) >= b(i)) then
            call check_equal(failure, [u(i), v(i)], [0.5_dp, 4.0_dp], 'constants')
         else
            call check_close(failure, [u(i), v(i)], [min(3*a(i), 1.0_dp), 3*b(i)], 1e-15_dp, &
               'the network''s answer')
         end if
      end do
      call gate%clear()
      call net%clear()
   end subroutine gate_answers

end module test_coupler_banks
