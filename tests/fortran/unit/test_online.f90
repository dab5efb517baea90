!> Training inside a running simulation.
module test_online
   use fkb_adam_dp, only: adam_t
   use fkb_error, only: error_t
   use fkb_error_corrector_dp, only: error_corrector_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_losses_dp, only: mean_squared_error_t
   use fkb_network_dp, only: network_t, workspace_t
   use fkb_online_dp, only: online_options_t, online_trainer_t
   use fkb_replay_buffer_dp, only: replay_buffer_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: trainer_t
   use trainer_cases, only: names, write_line_model
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_online.fkb', restart = 'test_online.restart'

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'online'
      call suite%add('a ring keeps the newest samples', rings_keep_the_newest)
      call suite%add('a reservoir keeps all samples alike', reservoirs_are_fair)
      call suite%add('a batch has the newest and different others', batches_are_mixed)
      call suite%add('updates come when they are due and are plain steps', updates_are_steps)
      call suite%add('what is not finite is counted and not applied', not_finite_is_refused)
      call suite%add('an exploding loss brings the good weights back', explosions_go_back)
      call suite%add('a step can be limited', steps_are_limited)
      call suite%add('an anchor pulls towards the first weights', anchors_pull)
      call suite%add('fifty steps and fifty are a hundred, bit for bit', restarts_go_on)
      call suite%add('restarts of something else are refused', other_restarts_are_refused)
      call suite%add('a second network learns the error of the first', corrector_learns)
      call suite%add('wrong samples and options are refused', wrong_samples_are_refused)
   end subroutine collect

   subroutine rings_keep_the_newest(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(replay_buffer_t) :: buffer
      integer :: k
      call buffer%init(1, 1, 4, 0, .false., 1_i8)
      do k = 1, 10
         call buffer%add([real(k, dp)], [real(2*k, dp)], 1.0_dp)
      end do
      call check_equal(failure, buffer%held, 4, 'samples')
      call check_close(failure, buffer%x(1, :), [9.0_dp, 10.0_dp, 7.0_dp, 8.0_dp], 0.0_dp, 'x')
      call check_close(failure, buffer%y(1, :), 2*buffer%x(1, :), 0.0_dp, 'y')
   end subroutine rings_keep_the_newest

   subroutine reservoirs_are_fair(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(replay_buffer_t) :: buffer
      integer :: counts(50), k, run
      integer, parameter :: runs = 4000
      counts = 0
      do run = 1, runs
         call buffer%init(1, 1, 10, 0, .true., int(run, i8))
         do k = 1, 50
            call buffer%add([real(k, dp)], [0.0_dp], 1.0_dp)
         end do
         do k = 1, 10
            counts(nint(buffer%x(1, k))) = counts(nint(buffer%x(1, k))) + 1
         end do
      end do
      ! Each is kept with probability 1/5; five standard deviations are 5 sqrt(0.16 runs).
      call check(failure, maxval(abs(counts - runs/5)) < 5*sqrt(0.16_dp*runs), 'some are preferred')
   end subroutine reservoirs_are_fair

   subroutine batches_are_mixed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(replay_buffer_t) :: buffer
      real(dp) :: x(1, 6), y(1, 6), w(6)
      integer :: i, k, n
      call buffer%init(1, 1, 20, 2, .true., 3_i8)
      call buffer%add([1.0_dp], [1.0_dp], 0.5_dp)
      call buffer%draw(x, y, w, n)
      call check_equal(failure, n, 2, 'samples of the first batch')   ! the newest, and replayed
      do k = 2, 100
         call buffer%add([real(k, dp)], [real(k, dp)], 0.5_dp)
      end do
      call buffer%draw(x, y, w, n)
      call check_equal(failure, n, 6, 'samples')
      call check_close(failure, sum(x(1, :2)), 199.0_dp, 0.0_dp, 'the newest', scale=1.0_dp)
      do i = 3, 5
         call check(failure, all(abs(x(1, i + 1:) - x(1, i)) > 0.5_dp), 'a sample comes twice')
      end do
      call check_close(failure, w, [(0.5_dp, i=1, 6)], 0.0_dp, 'the weights')
   end subroutine batches_are_mixed

   !> A line y = a x + b that is trained online.
   subroutine begin(net, online, options, failure, rate)
      type(network_t), intent(inout), target :: net
      type(online_trainer_t), intent(inout) :: online
      type(online_options_t), intent(in) :: options
      type(failure_t), allocatable, intent(inout) :: failure
      real(dp), intent(in) :: rate
      type(error_t), allocatable :: error
      call write_line_model(file)
      call net%load(file, error)
      if (.not. allocated(error)) then
         call online%init(net, mean_squared_error_t(), sgd_t(learning_rate=rate, &
                                                             momentum=0.9_dp), options, error)
      end if
      if (allocated(error)) call fail(failure, error%message)
   end subroutine begin

   !> Step `k` of the host: two samples.
   subroutine observe(online, k, failure)
      type(online_trainer_t), intent(inout), target :: online
      integer, intent(in) :: k
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      real(dp) :: x(1, 2)
      x(1, :) = [sin(1.7_dp*k), cos(0.9_dp*k)]
      call online%observe(x, 0.7_dp*x - 0.2_dp, error, time=0.5_dp*k)
      if (allocated(error)) call fail(failure, error%message)
   end subroutine observe

   subroutine updates_are_steps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(online_trainer_t), target :: online
      type(trainer_t), target :: trainer
      type(error_t), allocatable :: error
      real(dp) :: loss, x(1, 4)
      integer :: k
      call begin(net, online, online_options_t(capacity=4, batch_size=4, update_every=2, &
                                               first_update=8), failure, 0.05_dp)
      do k = 1, 3
         call observe(online, k, failure)
      end do
      call check_equal(failure, online%updates, 0_i8, 'updates before it is time')
      call observe(online, 4, failure)
      call check_equal(failure, online%updates, 1_i8, 'updates')
      call check_close(failure, online%trainer%state%time, 2.0_dp, 0.0_dp, 'the time')
      ! The buffer holds the samples of steps 3 and 4, all of them are drawn.
      call twin%load(file, error)
      call trainer%init(twin, mean_squared_error_t(), sgd_t(learning_rate=0.05_dp, &
                                                            momentum=0.9_dp), error)
      x(1, :) = [sin(5.1_dp), cos(2.7_dp), sin(6.8_dp), cos(3.6_dp)]
      call trainer%step(x, 0.7_dp*x - 0.2_dp, loss, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, net%params, twin%params, 1e-14_dp, 'the weights')
      call check_close(failure, online%loss, loss, 1e-14_dp, 'the loss')
      do k = 5, 400
         call observe(online, k, failure)
      end do
      call check_close(failure, net%params, [0.7_dp, -0.2_dp], 1e-3_dp, 'what was learnt')
   end subroutine updates_are_steps

   subroutine not_finite_is_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(online_trainer_t), target :: online
      type(error_t), allocatable :: error
      real(dp), allocatable :: before(:)
      real(dp) :: x(1, 1), y(1, 1), zero
      call begin(net, online, online_options_t(capacity=1, batch_size=1), failure, 0.05_dp)
      call observe(online, 1, failure)
      before = net%params
      zero = 0
      x = 1
      y = zero/zero
      call online%observe(x, y, error)
      if (allocated(error)) call fail(failure, error%message)
      y = huge(y)
      call online%observe(x, y, error)
      call check_equal(failure, online%refused, 2_i8, 'refused updates')
      call check_equal(failure, net%params, before, 'the weights')
      call observe(online, 2, failure)
      call check_equal(failure, online%updates, 2_i8, 'updates that were made')
   end subroutine not_finite_is_refused

   subroutine explosions_go_back(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(online_trainer_t), target :: online
      real(dp), allocatable :: before(:)
      integer :: k
      call begin(net, online, online_options_t(capacity=4, batch_size=4, explosion=10.0_dp), &
                 failure, 0.02_dp)
      do k = 1, 20
         before = net%params
         call observe(online, k, failure)
      end do
      call check_equal(failure, online%rollbacks, 0_i8, 'rollbacks of a good training')
      net%params = 100
      call observe(online, 21, failure)
      call check_equal(failure, online%rollbacks, 1_i8, 'rollbacks')
      call check_equal(failure, net%params, before, 'the weights')
      call check_equal(failure, online%trainer%state%iteration, 19_i8, 'the iteration')
      call observe(online, 22, failure)
      call check_equal(failure, online%updates, 21_i8, 'updates go on')
   end subroutine explosions_go_back

   subroutine steps_are_limited(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(online_trainer_t), target :: online
      real(dp) :: before(2)
      call begin(net, online, online_options_t(largest_change=0.01_dp), failure, 1.0_dp)
      before = net%params
      call observe(online, 1, failure)
      call check_equal(failure, online%limited, 1_i8, 'limited steps')
      call check_close(failure, norm2(net%params - before), 0.01_dp*norm2(before), 1e-12_dp, &
                       'the change')
   end subroutine steps_are_limited

   subroutine anchors_pull(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, free
      type(online_trainer_t), target :: online, other
      integer :: k
      call begin(net, online, online_options_t(capacity=8, batch_size=8, anchor=5.0_dp), failure, &
                 0.01_dp)
      call begin(free, other, online_options_t(capacity=8, batch_size=8), failure, 0.01_dp)
      do k = 1, 300
         call observe(online, k, failure)
         call observe(other, k, failure)
      end do
      call check(failure, norm2(net%params - [0.5_dp, 0.25_dp]) < &
                 0.2_dp*norm2(free%params - [0.5_dp, 0.25_dp]), 'the anchor does not hold')
      call check(failure, norm2(net%params - [0.5_dp, 0.25_dp]) > 1e-4_dp, 'nothing was learnt')
   end subroutine anchors_pull

   subroutine restarts_go_on(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call go_on(.false., failure)
      call go_on(.true., failure)
   end subroutine restarts_go_on

   subroutine go_on(reservoir, failure)
      logical, intent(in) :: reservoir
      type(failure_t), allocatable, intent(inout) :: failure
      type(network_t), target :: net, twin
      type(online_trainer_t), target :: online, other
      type(online_options_t) :: options
      type(error_t), allocatable :: error
      integer :: k
      options = online_options_t(capacity=30, batch_size=7, newest=2, update_every=3, seed=5, &
                                 anchor=0.01_dp, explosion=50.0_dp, largest_change=0.5_dp, &
                                 reservoir=reservoir)
      call begin(net, online, options, failure, 0.02_dp)
      do k = 1, 50
         call observe(online, k, failure)
      end do
      call online%save(restart, error)
      if (allocated(error)) call fail(failure, error%message)
      call begin(twin, other, options, failure, 0.5_dp)
      call other%load(restart, error)
      if (allocated(error)) call fail(failure, error%message)
      do k = 51, 100
         call observe(online, k, failure)
         call observe(other, k, failure)
      end do
      call check_equal(failure, twin%params, net%params, 'the weights')
      call check_equal(failure, other%trainer%state%slots, online%trainer%state%slots, 'the slots')
      call check_equal(failure, other%buffer%x, online%buffer%x, 'the buffer')
      call check_equal(failure, [other%loss, other%mean_loss], [online%loss, online%mean_loss], &
                       'the losses')
      call check_equal(failure, other%updates, 33_i8, 'updates')
      call check(failure, norm2(net%params - [0.5_dp, 0.25_dp]) > 0.1_dp, 'nothing was learnt')
   end subroutine go_on

   subroutine other_restarts_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(online_trainer_t), target :: online, other
      type(error_t), allocatable :: error
      real(dp), allocatable :: before(:)
      call begin(net, online, online_options_t(capacity=30), failure, 0.02_dp)
      call online%save(restart, error)
      call names(error, 'first samples', failure)
      call observe(online, 1, failure)
      call online%save('no_such_directory/restart', error)
      call names(error, 'no_such_directory', failure)
      call online%save(restart, error)
      call other%load(restart, error)
      call names(error, 'init', failure)
      call begin(twin, other, online_options_t(capacity=31), failure, 0.02_dp)
      before = twin%params
      call other%load(restart, error)
      call names(error, 'other options', failure)
      call other%init(twin, mean_squared_error_t(), adam_t(), online_options_t(capacity=30), error)
      call other%load(restart, error)
      call names(error, 'optimizer', failure)
      call other%load('no_such_restart', error)
      call names(error, 'no_such_restart', failure)
      call other%load(file, error)
      call names(error, 'no file of the kind', failure)
      call check_equal(failure, twin%params, before, 'the weights')
   end subroutine other_restarts_are_refused

   subroutine corrector_learns(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: first, second
      type(error_corrector_t), target :: corrector
      type(error_t), allocatable :: error
      real(dp) :: x(1, 2), y(1, 2)
      real(sp) :: x_sp(1, 2), y_sp(1, 2)
      integer :: k
      call write_line_model(file)
      call first%load(file, error)
      call second%load(file, error)
      call corrector%predict(x, y, error)
      call names(error, 'init', failure)
      second%params = 0
      call corrector%init(first, second, mean_squared_error_t(), sgd_t(learning_rate=0.1_dp), &
                          online_options_t(capacity=8, batch_size=8), error)
      do k = 1, 300
         x(1, :) = [sin(1.7_dp*k), cos(0.9_dp*k)]
         y = 0.7_dp*x - 0.2_dp
         call corrector%observe(x, y, error, time=real(k, dp))
         if (allocated(error)) call fail(failure, error%message)
      end do
      call check_close(failure, first%params, [0.5_dp, 0.25_dp], 0.0_dp, 'the first network')
      call check_close(failure, second%params, [0.2_dp, -0.45_dp], 1e-3_dp, 'the second network')
      x_sp = real(x, sp)
      call corrector%predict(x_sp, y_sp, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, real(y_sp, dp), 0.7_dp*x - 0.2_dp, 1e-3_dp, 'the sum')
   end subroutine corrector_learns

   subroutine wrong_samples_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(online_trainer_t), target :: online
      type(error_t), allocatable :: error
      real(dp) :: x(1, 2), wide(2, 2)
      x = 1
      wide = 1
      call online%observe(x, x, error)
      call names(error, 'init', failure)
      call online%update(error)
      call names(error, 'no samples', failure)
      call online%init(net, mean_squared_error_t(), sgd_t(), online_options_t(), error)
      call names(error, 'no network', failure)
      call begin(net, online, online_options_t(), failure, 0.1_dp)
      call online%observe(wide, x, error)
      call names(error, '2 values, 1 are expected', failure)
      call online%observe(x, x(:, :1), error)
      call names(error, '2 samples and 1 in another', failure)
      call online%observe(x, x, error, sample_weight=[1.0_dp])
      call names(error, '1 sample weights', failure)
      call online%observe(x, x, error)
      call online%observe(x, wide, error)
      call names(error, 'a target has 2', failure)
      call online%init(net, mean_squared_error_t(), sgd_t(), online_options_t(capacity=0), error)
      call names(error, 'capacity', failure)
      call online%init(net, mean_squared_error_t(), sgd_t(), online_options_t(newest=40), error)
      call names(error, 'newest', failure)
      call online%init(net, mean_squared_error_t(), sgd_t(), online_options_t(anchor=-1.0_dp), &
                       error)
      call names(error, 'anchor', failure)
   end subroutine wrong_samples_are_refused

end module test_online
