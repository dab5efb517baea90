!> Ensembles: mean and spread, noise, threads.
module test_ensemble
   use ensemble_cases, only: example, expect, expect_none, folder, write_members, write_unit
   use fkb, only: dp, ensemble_dp_t, ensemble_sp_t, ensemble_workspace_dp_t, &
      ensemble_workspace_sp_t, error_t, network_dp_t, network_sp_t, sp, workspace_dp_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, skip, suite_t
   use fkb_text, only: decimal
!$ use omp_lib, only: omp_get_max_threads, omp_set_num_threads
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'ensemble'
      call suite%add('mean and spread are those of the members', mean_and_spread)
      call suite%add('weights count in mean and spread', weights_count)
      call suite%add('answers are the same bits for one, two and four threads', threads_agree)
      call suite%add('noise is normal and has the size that is asked for', noise_is_normal)
      call suite%add('noise follows member, step and column, not the batch', noise_follows)
      call suite%add('noise is added to the numbers of the network', noise_behind_ports)
      call suite%add('copies without noise are the network itself', copies_are_equal)
      call suite%add('a column that is not finite changes no other', columns_are_alone)
      call suite%add('calls with wrong arrays are refused', wrong_calls)
   end subroutine collect

   !> Each member by itself, and both kinds of networks with both kinds of arrays.
   subroutine mean_and_spread(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(1), parameter :: names(4) = ['a', 'b', 'c', 'd']
      type(ensemble_dp_t) :: ensemble
      type(ensemble_workspace_dp_t) :: work
      type(ensemble_sp_t) :: single
      type(ensemble_workspace_sp_t) :: single_work
      type(network_dp_t) :: net
      type(workspace_dp_t) :: net_work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp) :: y(2, 5, 4), mean(2, 5), spread(2, 5), members(2, 5, 4), variance(2, 5)
      real(sp) :: mean_sp(2, 5), spread_sp(2, 5)
      integer :: k
      call write_members()
      call example(5, x)
      do k = 1, 4
         call net%load(folder//'/'//names(k)//'.fkb', error)
         call expect_none(failure, error)
         call net%predict(x, y(:, :, k), net_work, error)
         call expect_none(failure, error)
      end do
      call ensemble%load(folder, error)
      call expect_none(failure, error)
      call check_equal(failure, ensemble%members(), 4, 'members')
      call ensemble%predict(x, mean, work, error, spread=spread, members=members)
      call expect_none(failure, error)
      call check_close(failure, members, y, 1e-14_dp, 'members')
      call check_close(failure, mean, sum(y, 3)/4, 1e-14_dp, 'mean')
      variance = 0
      do k = 1, 4
         variance = variance + (y(:, :, k) - sum(y, 3)/4)**2/3
      end do
      call check_close(failure, spread, sqrt(variance), 1e-13_dp, 'spread')
      call single%load(folder, error)
      call expect_none(failure, error)
      call single%predict(real(x, sp), mean_sp, single_work, error, spread=spread_sp)
      call expect_none(failure, error)
      call check_close(failure, mean_sp, real(mean, sp), 2e-6_sp, 'mean in real32')
      call check_close(failure, spread_sp, real(spread, sp), 2e-6_sp, 'spread in real32')
      call single%predict(x, mean, single_work, error)
      call expect_none(failure, error)
      call check_close(failure, real(mean, sp), mean_sp, 2e-6_sp, 'real64 arrays')
      call work%clear()
      call ensemble%clear()
      call single%clear()
      call check_equal(failure, ensemble%members(), 0, 'members after clear')
   end subroutine mean_and_spread

   subroutine weights_count(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_dp_t) :: ensemble
      type(ensemble_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp) :: mean(2, 5), spread(2, 5), y(2, 5, 3), expected(2, 5)
      call write_members()
      call example(5, x)
      call ensemble%load_files([folder//'/a.fkb', folder//'/b.fkb', folder//'/c.fkb'], error, &
                               weights=[1.0_dp, 3.0_dp, 0.0_dp])
      call expect_none(failure, error)
      call ensemble%predict(x, mean, work, error, spread=spread, members=y)
      call expect_none(failure, error)
      expected = (y(:, :, 1) + 3*y(:, :, 2))/4
      call check_close(failure, mean, expected, 1e-14_dp, 'mean')
      ! sum w - sum w^2/sum w = 4 - 10/4
      expected = sqrt(((y(:, :, 1) - expected)**2 + 3*(y(:, :, 2) - expected)**2)/1.5_dp)
      call check_close(failure, spread, expected, 1e-13_dp, 'spread')
      ensemble%weights = [0.0_dp, 2.0_dp, 0.0_dp]
      call ensemble%predict(x, mean, work, error, spread=spread)
      call expect_none(failure, error)
      call check_close(failure, mean, y(:, :, 2), 1e-14_dp, 'mean of one')
      call check_equal(failure, spread, 0*spread, 'spread of one')
      call ensemble%clear()
   end subroutine weights_count

   !> More columns than a pass has, with and without noise; in the host's parallel region too.
   subroutine threads_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: columns = 5000
      type(ensemble_sp_t) :: ensemble
      type(ensemble_workspace_sp_t) :: work, works(2)
      type(network_sp_t) :: net
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(sp), allocatable :: mean(:, :), spread(:, :), first(:, :), first_spread(:, :)
      real(sp), allocatable :: inside(:, :, :)
      integer :: most, pass, t, threads
      most = 0
!$    most = omp_get_max_threads()
      if (most == 0) then
         call skip(failure, 'built without OpenMP')
         return
      end if
      call write_members()
      call example(columns, x)
      allocate (mean(2, columns), spread(2, columns), inside(2, columns, 2))
      call ensemble%load(folder, error)
      call expect_none(failure, error)
      call net%load(folder//'/c.fkb', error)
      call ensemble%add(net, error, copies=3)
      call expect_none(failure, error)
      do pass = 1, 2
         if (pass == 2) ensemble%noise = 0.2_dp
         threads = 1
         do while (threads <= 4)
!$          call omp_set_num_threads(threads)
            call ensemble%predict(real(x, sp), mean, work, error, spread=spread, step=7)
            call expect_none(failure, error)
            if (threads == 1) first = mean
            if (threads == 1) first_spread = spread
            call check_equal(failure, mean, first, decimal(threads)//' threads')
            call check_equal(failure, spread, first_spread, 'spread of '//decimal(threads))
            threads = 2*threads
         end do
         !$omp parallel do default(none) shared(ensemble, x, inside, works) private(error) &
         !$omp num_threads(2)
         do t = 1, 2
            call ensemble%predict(real(x, sp), inside(:, :, t), works(t), error, step=7)
         end do
         !$omp end parallel do
         call check_equal(failure, inside(:, :, 1), first, 'first thread of the host')
         call check_equal(failure, inside(:, :, 2), first, 'second thread of the host')
      end do
!$    call omp_set_num_threads(most)
      call check(failure, any(abs(first) > 1e-3_sp), 'all answers are zero')
      call ensemble%clear()
   end subroutine threads_agree

   subroutine noise_is_normal(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: columns = 3000, copies = 8
      type(ensemble_dp_t) :: ensemble
      type(ensemble_workspace_dp_t) :: work
      type(network_dp_t) :: net
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), mean(:, :), spread(:, :), y(:, :, :)
      real(dp) :: n
      allocate (x(2, columns), mean(2, columns), spread(2, columns), y(2, columns, copies))
      x = 5
      call write_unit('test_ensemble_unit.fkb', [character(1) ::])
      call net%load('test_ensemble_unit.fkb', error)
      if (.not. allocated(error)) call ensemble%add(net, error, copies=copies)
      ensemble%noise = 0.3_dp
      ensemble%seed = 11
      if (.not. allocated(error)) call ensemble%predict(x, mean, work, error, spread, y)
      call expect_none(failure, error)
      if (allocated(failure)) return
      n = size(y)
      ! Five standard errors each.
      call check(failure, abs(sum(y - 5))/n < 5*0.3_dp/sqrt(n), 'mean of the noise')
      call check(failure, abs(sum((y - 5)**2)/n - 0.09_dp) < 5*0.09_dp*sqrt(2/n), 'its variance')
      call check(failure, abs(sum((y(1, :, :) - 5)*(y(2, :, :) - 5))) < 5*0.09_dp*sqrt(n/2), &
                 'elements are correlated')
      call check(failure, abs(sum((y(:, :, 1) - 5)*(y(:, :, 2) - 5))) < &
                 5*0.09_dp*sqrt(n/copies), 'members are correlated')
      call check_close(failure, sum(spread**2)/size(spread), 0.09_dp, 0.05_dp, 'spread')
      call ensemble%clear()
   end subroutine noise_is_normal

   subroutine noise_follows(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: columns = 700
      type(ensemble_dp_t) :: ensemble
      type(ensemble_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), whole(:, :), parts(:, :)
      call write_members()
      call example(columns, x)
      allocate (whole(2, columns), parts(2, columns))
      call ensemble%load(folder, error)
      call expect_none(failure, error)
      ensemble%noise = 0.1_dp
      call ensemble%predict(x, whole, work, error, step=3)
      call expect_none(failure, error)
      call ensemble%predict(x(:, :33), parts(:, :33), work, error, step=3)
      call ensemble%predict(x(:, 34:), parts(:, 34:), work, error, step=3, first_column=34)
      call expect_none(failure, error)
      call check_close(failure, parts, whole, 1e-14_dp, 'two parts')
      call ensemble%predict(x, parts, work, error, step=4)
      call check(failure, all(abs(parts - whole) > 1e-9_dp), 'another step has the same noise')
      ensemble%seed = 1
      call ensemble%predict(x, parts, work, error, step=3)
      call check(failure, all(abs(parts - whole) > 1e-9_dp), 'another seed has the same noise')
      call ensemble%clear()
   end subroutine noise_follows

   subroutine noise_behind_ports(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_dp_t) :: plain, scaled
      type(ensemble_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(2, 40), host(3, 40), y(2, 40), y_scaled(2, 40)
      call random_number(x)
      call write_unit('test_ensemble_unit.fkb', [character(1) ::])
      ! The host has (., 1000 x1 + 50, 1000 x2 + 50) and takes y/10.
      call write_unit('test_ensemble_ports.fkb', [character(80) :: 'input 0 "in"', &
         'size = 3', 'step select [1,2]', 'step subtract 50.0', 'step divide 1000.0', 'end', &
         'output 0 "d"', 'step divide 10.0', 'end'])
      call plain%load('test_ensemble_unit.fkb', error)
      call expect_none(failure, error)
      call scaled%load('test_ensemble_ports.fkb', error)
      call expect_none(failure, error)
      plain%noise = 0.25_dp
      scaled%noise = 0.25_dp
      host(1, :) = -1e30_dp
      host(2:, :) = 1000*x + 50
      call plain%predict(x, y, work, error)
      call expect_none(failure, error)
      call scaled%predict(host, y_scaled, work, error)
      call expect_none(failure, error)
      call check_close(failure, 10*y_scaled, y, 1e-13_dp, 'scaled')
      call check(failure, maxval(abs(y - x)) > 0.25_dp, 'there is no noise')
      call plain%clear()
      call scaled%clear()
   end subroutine noise_behind_ports

   subroutine copies_are_equal(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_dp_t) :: ensemble
      type(ensemble_workspace_dp_t) :: work
      type(workspace_dp_t) :: net_work
      type(network_dp_t) :: net
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), y(:, :, :), mean(:, :), spread(:, :), alone(:, :)
      integer :: k
      call write_members()
      call example(300, x)
      allocate (y(2, 300, 5), mean(2, 300), spread(2, 300), alone(2, 300))
      call net%load(folder//'/c.fkb', error)
      call expect_none(failure, error)
      call net%predict(x, alone, net_work, error)
      call ensemble%add(net, error, copies=5)
      call expect_none(failure, error)
      call ensemble%predict(x, mean, work, error, spread, y)
      call expect_none(failure, error)
      do k = 1, 5
         call check_close(failure, y(:, :, k), alone, 1e-14_dp, 'copy '//decimal(k))
      end do
      call check(failure, all(abs(spread) < 1e-14_dp), 'copies differ')
      call ensemble%clear()
   end subroutine copies_are_equal

   subroutine columns_are_alone(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_dp_t) :: ensemble
      type(ensemble_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp) :: clean(2, 20), mean(2, 20), nan
      call write_members()
      call example(20, x)
      call ensemble%load(folder, error)
      call expect_none(failure, error)
      ensemble%noise = 0.1_dp
      call ensemble%predict(x, clean, work, error)
      nan = huge(nan)
      nan = nan*10 - nan*10
      x(2, 7) = nan
      call ensemble%predict(x, mean, work, error)
      call expect_none(failure, error)
      call check_equal(failure, mean(:, :6), clean(:, :6), 'columns before')
      call check_equal(failure, mean(:, 8:), clean(:, 8:), 'columns after')
      call check(failure, .not. any(abs(mean(:, 7)) <= huge(nan)), 'the column is finite')
      call ensemble%clear()
   end subroutine columns_are_alone

   subroutine wrong_calls(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_dp_t) :: ensemble
      type(ensemble_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(3, 4), mean(2, 4), four(4, 4), all(2, 4, 3)
      x = 0
      call ensemble%predict(x, mean, work, error)
      call expect(failure, error, 'the ensemble has no member')
      call write_members()
      call ensemble%load(folder, error)
      call ensemble%predict(x, mean(:, :3), work, error)
      call expect(failure, error, 'the inputs have 4 columns, the means 3')
      call ensemble%predict(x, four, work, error)
      call expect(failure, error, 'the members give 2 values, the means have room for 4')
      call ensemble%predict(x(:2, :), mean, work, error)
      call expect(failure, error, 'input 1 takes 3 values')
      call ensemble%predict(x, mean, work, error, spread=four)
      call expect(failure, error, 'the shape of "spread"')
      call ensemble%predict(x, mean, work, error, members=all)
      call expect(failure, error, 'the shape of "members"')
      ensemble%weights = 0
      call ensemble%predict(x, mean, work, error)
      call expect(failure, error, 'the weight 0')
      ensemble%weights = 1
      ensemble%noise = -1
      call ensemble%predict(x, mean, work, error)
      call expect(failure, error, 'the noise')
      ensemble%noise = 0.5_dp
      call ensemble%predict(x(:2, :), mean, work, error)
      call expect(failure, error, 'input 1 takes 3 values')
      ensemble%noise = 0
      call ensemble%predict(x(:, :0), mean(:, :0), work, error)
      call expect_none(failure, error)
      call ensemble%clear()
   end subroutine wrong_calls

end module test_ensemble
