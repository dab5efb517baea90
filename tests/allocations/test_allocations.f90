!> A step of a host allocates nothing, takes no lock and makes no system call once the same step was
!> made before: counted at the C library, and run where the kernel allows nothing.
module test_allocations
   use, intrinsic :: iso_c_binding, only: c_funloc, c_funptr, c_int, c_long
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use climate_coupling, only: build, chunk, declare, exchange_once, fill, host_t, n_in, n_out
   use fkb_layers, only: batch_normalization, conv2d, dense, gru, input_layer, lstm, reshape_layer
   use fkb_sp, only: adam_t, coupler_t, dp, ensemble_t, ensemble_workspace_t, error_t, exchange_t, &
      mean_squared_error_t, model_t, network_t, sp, trainer_t, workspace_t
   use fkb_testing, only: check, check_equal, failure_t, skip, suite_t
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'allocations.fkb'
   integer, parameter :: rounds = 3

   interface
      function allocations() bind(c)
         import :: c_long
         implicit none (type, external)
         integer(c_long) :: allocations
      end function allocations

      function locks() bind(c)
         import :: c_long
         implicit none (type, external)
         integer(c_long) :: locks
      end function locks

      !> 0 where `work` came to its end, 1 where it made a system call, 2 where that cannot be told.
      function without_system_calls(work) bind(c)
         import :: c_funptr, c_int
         implicit none (type, external)
         type(c_funptr), value :: work
         integer(c_int) :: without_system_calls
      end function without_system_calls
   end interface

   !> What `predict_again` works on.
   type(network_t) :: net_again
   type(workspace_t) :: work_again
   real(sp), allocatable :: x_again(:, :), y_again(:, :)

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'allocations'
      call suite%add('the counter counts', counter_counts)
      call suite%add('a second prediction allocates nothing', predictions)
      call suite%add('a second prediction when frozen allocates nothing', frozen_predictions)
      call suite%add('a second prediction takes no lock, makes no system call', quiet_predictions)
      call suite%add('a second coupled step allocates nothing', coupled_steps)
      call suite%add('a second step of an ensemble allocates nothing', ensemble_steps)
      call suite%add('later steps of training allocate a handful, always the same', training_steps)
   end subroutine collect

   subroutine counter_counts(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: values(:)
      integer(c_long) :: before
      before = allocations()
      allocate (values(100000))
      values = 1
      call check(failure, allocations() > before .and. sum(values) > 0, 'an allocation was missed')
   end subroutine counter_counts

   !> Both kinds of arrays, many columns, one column.
   subroutine predictions(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: plain, net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(sp), allocatable :: x(:, :), y(:, :)
      real(dp), allocatable :: x_r8(:, :), y_r8(:, :)
      integer(c_long) :: before, news(rounds)
      integer :: i
      call build(plain, net, file, error)
      allocate (x(n_in, 600), y(n_out, 600), x_r8(n_in, 600), y_r8(n_out, 600))
      x = 0.5_sp
      x_r8 = 0.5_dp
      do i = 1, rounds
         before = allocations()
         if (.not. allocated(error)) call net%predict(x, y, work, error)
         if (.not. allocated(error)) call net%predict(x_r8, y_r8, work, error)
         if (.not. allocated(error)) call net%predict(x(:, 1), y(:, 1), work, error)
         if (.not. allocated(error)) call net%predict(x_r8(:, :16), y_r8(:, :16), work, error)
         news(i) = allocations() - before
      end do
      call see_none(failure, error, news)
   end subroutine predictions

   !> Layers that pack their weights, one column and several.
   subroutine frozen_predictions(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(sp) :: x(20*20*3, 6), y(9, 6)
      integer(c_long) :: before, news(rounds)
      integer :: i
      call model%add(input_layer(shape=[20, 20, 3]))
      call model%add(conv2d(32, [3, 3], padding='same'))
      call model%add(batch_normalization())
      call model%add(conv2d(33, [3, 3], padding='same', activation='relu'))
      call model%add(conv2d(5, [2, 2]))
      call model%add(reshape_layer([19, 95]))
      call model%add(lstm(40, return_sequences=.true.))
      call model%add(gru(9))
      call model%add(dense(9, activation='tanh'))
      call model%build(net, error, 1)
      if (.not. allocated(error)) call net%freeze(error)
      x = 0.5_sp
      do i = 1, rounds
         before = allocations()
         if (.not. allocated(error)) call net%predict(x, y, work, error)
         if (.not. allocated(error)) call net%predict(x(:, 1), y(:, 1), work, error)
         news(i) = allocations() - before
      end do
      call see_none(failure, error, news)
   end subroutine frozen_predictions

   subroutine quiet_predictions(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: plain
      type(error_t), allocatable :: error
      integer(c_long) :: before
      integer(c_int) :: noticed
      call build(plain, net_again, file, error)
      call check(failure, .not. allocated(error), 'an error was raised')
      allocate (x_again(n_in, 600), y_again(n_out, 600))
      x_again = 0.5_sp
      call predict_again()
      before = locks()
      call predict_again()
      call check_equal(failure, int(locks() - before), 0, 'locks of the second prediction')
      noticed = without_system_calls(c_funloc(ask_for_a_file))
      if (noticed == 2) then
         call skip(failure, 'the kernel does not forbid system calls')
         return
      end if
      call check_equal(failure, int(noticed), 1, 'a system call was missed')
      call check_equal(failure, int(without_system_calls(c_funloc(predict_again))), 0, &
                       'a system call in a prediction')
   end subroutine quiet_predictions

   !> Many columns, a chunk, one column.
   subroutine predict_again() bind(c)
      type(error_t), allocatable :: error
      call net_again%predict(x_again, y_again, work_again, error)
      if (allocated(error)) error stop 1
      call net_again%predict(x_again(:, :16), y_again(:, :16), work_again, error)
      if (allocated(error)) error stop 1
      call net_again%predict(x_again(:, 1), y_again(:, 1), work_again, error)
      if (allocated(error)) error stop 1
   end subroutine predict_again

   !> What must be noticed.
   subroutine ask_for_a_file() bind(c)
      logical :: there
      inquire (file=file, exist=there)
   end subroutine ask_for_a_file

   !> Full and smaller chunks, values beyond limits, a column that is left to the host.
   subroutine coupled_steps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: plain, net
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(host_t) :: host
      type(error_t), allocatable :: error
      integer(c_long) :: before, news(rounds)
      integer :: i
      call build(plain, net, file, error)
      call declare(coupler, host)
      if (.not. allocated(error)) call coupler%connect(net, error)
      do i = 1, rounds
         call fill(host, i)
         host%fields(3, 2, 1) = 1e9_dp
         host%fields(4, 5, 2) = ieee_value(1.0_dp, ieee_quiet_nan)
         before = allocations()
         if (.not. allocated(error)) call exchange_once(net, coupler, exchange, host, chunk, error)
         if (.not. allocated(error)) call exchange_once(net, coupler, exchange, host, 11, error)
         news(i) = allocations() - before
      end do
      call see_none(failure, error, news)
      call check(failure, .not. exchange%good(5), 'the column with a NaN is for the host')
   end subroutine coupled_steps

   !> Noise, mean and spread of five copies.
   subroutine ensemble_steps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: plain, net
      type(ensemble_t) :: ensemble
      type(ensemble_workspace_t) :: work
      type(error_t), allocatable :: error
      real(sp) :: x(n_in, chunk), mean(n_out, chunk), spread(n_out, chunk)
      integer(c_long) :: before, news(rounds)
      integer :: i
      call build(plain, net, file, error)
      if (.not. allocated(error)) call ensemble%add(net, error, copies=5)
      ensemble%noise = 0.1_dp
      x = 0.5_sp
      do i = 1, rounds
         before = allocations()
         if (.not. allocated(error)) call ensemble%predict(x, mean, work, error, spread=spread, &
            step=i)
         news(i) = allocations() - before
      end do
      call see_none(failure, error, news)
   end subroutine ensemble_steps

   !> What is listed for a batch: not its values, and nothing that stays.
   subroutine training_steps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: plain, net
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(sp) :: x(n_in, 64), y(n_out, 64), loss
      integer(c_long) :: before, news(rounds)
      integer :: i
      call build(plain, net, file, error)
      if (.not. allocated(error)) call trainer%init(plain, mean_squared_error_t(), adam_t(), error)
      x = 0.5_sp
      y = 0.25_sp
      do i = 1, rounds
         before = allocations()
         if (.not. allocated(error)) call trainer%step(x, y, loss, error)
         news(i) = allocations() - before
      end do
      call check(failure, .not. allocated(error), 'an error was raised')
      call check(failure, news(2) <= 10, 'the second step allocates more than ten times')
      call check_equal(failure, int(news(3)), int(news(2)), 'allocations of the third step')
   end subroutine training_steps

   subroutine see_none(failure, error, news)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      integer(c_long), intent(in) :: news(:)         !! allocations of each round
      call check(failure, .not. allocated(error), 'an error was raised')
      call check(failure, news(1) > 0, 'the first round must allocate')
      call check_equal(failure, int(news(2)), 0, 'allocations of the second round')
      call check_equal(failure, int(news(3)), 0, 'allocations of the third round')
   end subroutine see_none

end module test_allocations
