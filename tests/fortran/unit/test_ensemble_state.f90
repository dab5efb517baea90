!> Ensembles of recurrent networks: each member keeps a state of its own for every column.
module test_ensemble_state
   use coupled_models, only: check_text, fails, recurrent_model
   use fkb_dp, only: bank_t, coupler_t, dp, ensemble_state_t, ensemble_t, ensemble_workspace_t, &
      error_t, exchange_t, network_t, state_t, workspace_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'ensemble_state'
      call suite%add('members advance as each would alone', members_advance)
      call suite%add('copies with noise keep states of their own', copies_differ)
      call suite%add('a call that fails leaves the states', failure_keeps)
      call suite%add('states advance by the host''s column through the coupling', coupled)
      call suite%add('states that are not there or do not fit are refused', refused)
   end subroutine collect

   !> Two recurrent networks, the second twice.
   subroutine make_ensemble(path, ensemble, first, second, error)
      character(*), intent(in) :: path
      type(ensemble_t), intent(inout) :: ensemble
      type(network_t), intent(inout) :: first, second
      type(error_t), allocatable, intent(out) :: error
      call recurrent_model(path)
      call first%load(path, error)
      if (.not. allocated(error)) call second%load(path, error)
      if (allocated(error)) return
      second%params = -0.7_dp*second%params
      call ensemble%add(first, error, weight=3.0_dp)
      if (.not. allocated(error)) call ensemble%add(second, error, copies=2)
   end subroutine make_ensemble

   subroutine make_inputs(step, x)
      integer, intent(in) :: step
      real(dp), intent(out) :: x(:, :)
      integer :: i, j
      do j = 1, size(x, 2)
         x(:, j) = [(sin(0.9_dp*step + 0.01_dp*j + i), i=1, size(x, 1))]
      end do
   end subroutine make_inputs

   subroutine members_advance(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: columns = 4500
      type(ensemble_t) :: ensemble
      type(ensemble_state_t) :: state
      type(ensemble_workspace_t) :: work
      type(network_t) :: first, second
      type(state_t) :: first_state, second_state
      type(workspace_t) :: first_work, second_work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), mean(:, :), a(:, :), b(:, :)
      integer :: step
      allocate (x(2, columns), mean(3, columns), a(3, columns), b(3, columns))
      call make_ensemble('state_a.fkb', ensemble, first, second, error)
      if (.not. allocated(error)) call ensemble%make_state(state, columns, error)
      if (.not. allocated(error)) call first%make_state(first_state, columns, error)
      if (.not. allocated(error)) call second%make_state(second_state, columns, error)
      do step = 1, 3
         if (fails(failure, error)) return
         call make_inputs(step, x)
         call ensemble%predict(x, mean, work, error, state=state)
         if (.not. allocated(error)) call first%predict(x, a, first_work, error, state=first_state)
         if (.not. allocated(error)) call second%predict(x, b, second_work, error, &
            state=second_state)
      end do
      if (fails(failure, error)) return
      call check_close(failure, mean, (3*a + 2*b)/5, 1e-13_dp, 'mean')
      call check_close(failure, state%networks(1)%values, first_state%values, 1e-13_dp, 'first')
      call check_close(failure, state%networks(2)%values(:, :columns), second_state%values, &
         1e-13_dp, 'second')
      call check_close(failure, state%networks(2)%values(:, columns + 1:), second_state%values, &
         1e-13_dp, 'its copy')
      call check(failure, any(abs(first_state%values) > 0.1_dp), 'the states must advance')
      call ensemble%clear()
   end subroutine members_advance

   subroutine copies_differ(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_t) :: ensemble
      type(ensemble_state_t) :: state, again
      type(ensemble_workspace_t) :: work
      type(network_t) :: first, second
      type(error_t), allocatable :: error
      real(dp) :: x(2, 7), mean(3, 7), repeated(3, 7), spread(3, 7)
      integer :: step
      call make_ensemble('state_b.fkb', ensemble, first, second, error)
      ensemble%noise = 0.2_dp
      if (.not. allocated(error)) call ensemble%make_state(state, 7, error)
      do step = 1, 4
         if (fails(failure, error)) return
         if (step == 3) again = state
         call make_inputs(step, x)
         call ensemble%predict(x, mean, work, error, state=state, step=step, spread=spread)
      end do
      if (fails(failure, error)) return
      call check(failure, all(abs(state%networks(2)%values(:, :7) - &
         state%networks(2)%values(:, 8:)) > 0), 'noise must reach the states')
      do step = 3, 4
         call make_inputs(step, x)
         call ensemble%predict(x, repeated, work, error, state=again, step=step)
      end do
      if (fails(failure, error)) return
      call check_equal(failure, repeated, mean, 'a run from a kept state')
      call check_equal(failure, again%networks(2)%values, state%networks(2)%values, 'its states')
      call ensemble%clear()
   end subroutine copies_differ

   subroutine failure_keeps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_t) :: ensemble
      type(ensemble_state_t) :: state, before
      type(ensemble_workspace_t) :: work
      type(network_t) :: first, second
      type(error_t), allocatable :: error
      real(dp) :: x(2, 7), mean(3, 7), wrong(5, 7)
      call make_ensemble('state_c.fkb', ensemble, first, second, error)
      if (.not. allocated(error)) call ensemble%make_state(state, 7, error)
      call make_inputs(1, x)
      if (.not. allocated(error)) call ensemble%predict(x, mean, work, error, state=state)
      if (fails(failure, error)) return
      before = state
      call ensemble%predict(x, wrong, work, error, state=state)
      call check(failure, allocated(error), 'an array of a wrong size must be refused')
      call check_equal(failure, state%networks(1)%values, before%networks(1)%values, 'first')
      call check_equal(failure, state%networks(2)%values, before%networks(2)%values, 'second')
      call ensemble%clear()
   end subroutine failure_keeps

   subroutine coupled(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_t) :: ensemble
      type(ensemble_state_t) :: state, alone
      type(ensemble_workspace_t) :: work
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(network_t) :: first, second
      type(error_t), allocatable :: error
      real(dp) :: x(2, 5), y(3, 5), one(3, 1)
      logical :: mask(5)
      integer :: at_x, at_y, i, step
      call make_ensemble('state_d.fkb', ensemble, first, second, error)
      ensemble%noise = 0.1_dp
      call coupler%offer('x', 2, '', at_x)
      call coupler%accept('y', 3, '', at_y)
      if (.not. allocated(error)) call coupler%connect(ensemble, error)
      if (.not. allocated(error)) call ensemble%make_state(state, 5, error)
      do step = 1, 4
         if (fails(failure, error)) return
         call make_inputs(step, x)
         mask = [(mod(i + step, 3) > 0, i=1, 5)]
         call coupler%begin(exchange, 5, error, mask=mask)
         if (.not. allocated(error)) call coupler%give(exchange, at_x, x, error)
         if (.not. allocated(error) .and. step == 2) then
            call coupler%run(ensemble, exchange, error)
            call check_text(failure, error, 'the ensemble has stateful members: make a state '// &
               'with ensemble%make_state and pass it as state=')
         end if
         call coupler%run(ensemble, exchange, error, state=state, step=step)
         if (.not. allocated(error)) call coupler%take(exchange, at_y, y, error)
      end do
      if (fails(failure, error)) return
      do i = 1, 5
         call ensemble%make_state(alone, 1, error)
         do step = 1, 4
            if (mod(i + step, 3) == 0) cycle
            call make_inputs(step, x)
            call ensemble%predict(x(:, i:i), one, work, error, state=alone, step=step, columns=[i])
            if (fails(failure, error)) return
         end do
         call check_close(failure, y(:, i), one(:, 1), 1e-13_dp, 'answer of a column')
         call check_close(failure, state%networks(1)%values(:, i), &
            alone%networks(1)%values(:, 1), 1e-13_dp, 'state of the first')
         call check_close(failure, state%networks(2)%values(:, [i, 5 + i]), &
            alone%networks(2)%values, 1e-13_dp, 'states of both copies')
      end do
      call ensemble%clear()
   end subroutine coupled

   subroutine refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_t) :: ensemble, other
      type(ensemble_state_t) :: state, empty
      type(ensemble_workspace_t) :: work
      type(bank_t) :: bank
      type(network_t) :: first, second
      type(error_t), allocatable :: error
      real(dp) :: x(2, 7), mean(3, 7)
      call make_ensemble('state_e.fkb', ensemble, first, second, error)
      if (.not. allocated(error)) call other%add(first, error)
      if (.not. allocated(error)) call other%make_state(state, 7, error)
      if (fails(failure, error)) return
      call make_inputs(1, x)
      call ensemble%predict(x, mean, work, error)
      call check_text(failure, error, 'the ensemble has stateful members: make a state with '// &
         'ensemble%make_state and pass it as state=')
      call ensemble%predict(x, mean, work, error, state=empty)
      call check_text(failure, error, 'the state is empty: call ensemble%make_state first')
      call ensemble%predict(x, mean, work, error, state=state)
      call check_text(failure, error, 'the state is of another ensemble')
      call ensemble%make_state(state, 6, error)
      if (.not. allocated(error)) call ensemble%predict(x, mean, work, error, state=state)
      call check_text(failure, error, 'the state has 6 columns, the inputs 7')
      call bank%add(first, error)
      call check_text(failure, error, 'network 1 is stateful: banks and gates keep no states, '// &
         'predict with each network and a state of its own')
      call ensemble%clear()
      call other%clear()
   end subroutine refused

end module test_ensemble_state
