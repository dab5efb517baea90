!> Networks that are used wrongly or oddly: wrong sizes, wrong order, shared workspaces, odd
!> paths, many threads. Every misuse is an error value, and what worked before still works.
module test_network_misuse
   use damaged_texts, only: whole_model
   use fkb_dp, only: dp, error_t, host_t, mean_squared_error_t, mode_t, network_t, shape_of, &
      sgd_t, trainer_t, view_t, workspace_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use fkb_text, only: decimal
   use model_files, only: small_dense, two_ends
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'network_misuse'
      call suite%add('an empty network answers every call with an error', empty_network)
      call suite%add('arrays of wrong sizes are refused', wrong_sizes)
      call suite%add('an empty batch gives nothing', empty_batch)
      call suite%add('batches grow and shrink', changing_batches)
      call suite%add('a workspace moves between networks, training and inference', moving)
      call suite%add('sections with gaps are taken', sections)
      call suite%add('outputs that share memory with another array are refused', shared_memory)
   end subroutine collect

   subroutine empty_network(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(dp) :: x(3, 2), y(2, 2), grad(1), loss
      type(view_t) :: none(0)
      x = 0
      y = 0
      call net%predict(x, y, work, error)
      call expect(failure, error, 'no network is loaded')
      call net%predict(x(:, 1), y(:, 1), work, error)
      call expect(failure, error, 'no network is loaded')
      call net%predict(none, none, work, error)
      call expect(failure, error, 'no network is loaded')
      call net%predict_any(2, x, y, work, error)
      call expect(failure, error, 'no network is loaded')
      call net%check_samples(work, error)
      call expect(failure, error, 'no network is loaded')
      call net%save('misuse_none.fkb', error)
      call expect(failure, error, 'no network is loaded')
      call net%can_train(error)
      call expect(failure, error, 'no network is loaded')
      call net%set_trainable('', .false., error)
      call expect(failure, error, 'no layer has the path')
      call work%prepare(net, [shape_of([3])], 2, error)
      call expect(failure, error, 'no network is loaded')
      call check(failure, .not. net%loaded(), 'it says that it is loaded')
      call trainer%step(x, y, loss, error)
      call expect(failure, error, 'no network')
      grad = 0
      call trainer%apply(grad, error)
      call expect(failure, error, 'no network')
      call trainer%store(error)
      call expect(failure, error, '')
      call trainer%init(net, mean_squared_error_t(), sgd_t(), error)
      call expect(failure, error, 'no network is loaded')
      call trainer%clear()
      call work%clear()
      call net%clear()
   end subroutine empty_network

   subroutine wrong_sizes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      type(mode_t) :: mode
      type(host_t) :: host(1)
      type(view_t) :: one(1), two(2)
      real(dp), target :: x(3, 4), y(2, 4)
      real(dp) :: wide(4, 4), loss
      x = 1
      wide = 1
      call small_dense('misuse_sizes.fkb', 'tanh')
      call net%load('misuse_sizes.fkb', error)
      call expect_none(failure, error)
      call net%predict(wide, y, work, error)
      call expect(failure, error, 'input 1 takes 3 values a sample, 4 were given')
      call net%predict(x, wide, work, error)
      call expect(failure, error, 'output 1 gives 2 values a sample')
      call net%predict(x, y(:, :3), work, error)
      call expect(failure, error, 'different numbers of samples')
      call net%predict(x(:2, 1), y(:, 1), work, error)
      call expect(failure, error, 'input 1 takes 3 values')
      call net%predict_any(3, x, y, work, error)
      call expect(failure, error, '')
      call net%predict_any(5, x, y, work, error)
      call expect(failure, error, 'do not hold 5 samples')
      call net%predict_any(-1, x, y, work, error)
      call expect(failure, error, 'negative')
      call net%predict_any(0, x, y, work, error)
      call expect(failure, error, '')
      call net%predict_any(huge(1), x, y, work, error)
      call expect(failure, error, 'samples')
      one(1)%v => x
      call net%predict(two, one, work, error)
      call expect(failure, error, 'has 1 inputs and 1 outputs, 2 and 1')
      call net%predict(two(:0), one, work, error)
      call expect(failure, error, '0 and 1')
      call net%predict(one, two(:1), work, error)
      call expect(failure, error, 'different numbers of samples')
      call work%prepare(net, [shape_of([4])], 2, error)
      call expect(failure, error, 'input 1 has shape')
      call work%prepare(net, [shape_of([3]), shape_of([3])], 2, error)
      call expect(failure, error, '1 inputs, 2 were given')
      call work%prepare(net, [shape_of([-1])], 2, error)
      call expect(failure, error, 'input 1 has shape')
      call work%prepare(net, [shape_of([3])], -5, error)
      call expect_none(failure, error)
      host(1)%d => x
      call work%prepare(net, [shape_of([3])], 3, error, training=.true.)
      call expect_none(failure, error)
      call net%forward_pass(host, 1, 4, work, mode, error)
      call expect(failure, error, 'not prepared for training with 4 columns')
      call trainer%init(net, mean_squared_error_t(), sgd_t(), error)
      call expect_none(failure, error)
      call trainer%step(wide, y, loss, error)
      call expect(failure, error, 'input 1 takes 3 values')
      call trainer%step(x, x, loss, error)
      call expect(failure, error, 'a target has 2 values')
      call trainer%step(x(:, :0), y(:, :0), loss, error)
      call expect(failure, error, 'no samples')
      call trainer%step(x, y(:, :3), loss, error)
      call expect(failure, error, 'different')
      call trainer%fit(x(:, :0), y(:, :0), 1, 4, error)
      call expect(failure, error, 'no samples')
      call trainer%step(x, y, loss, error, sample_weight=[1.0_dp, 1.0_dp])
      call expect(failure, error, 'sample weights')
      call trainer%clear()
      ! after all that
      call net%predict(x, y, work, error)
      call expect_none(failure, error)
      call check_close(failure, y(:, 4), tanh([9.5_dp, 11.5_dp]), 1e-15_dp, 'y')
      call net%clear()
   end subroutine wrong_sizes

   subroutine empty_batch(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(3, 0), y(2, 0)
      call small_dense('misuse_empty.fkb', 'relu')
      call net%load('misuse_empty.fkb', error)
      if (.not. allocated(error)) call net%predict(x, y, work, error)
      call expect_none(failure, error)
      call net%predict_any(0, x, y, work, error)
      call expect_none(failure, error)
      call net%clear()
   end subroutine empty_batch

   !> The same columns whatever was asked before.
   subroutine changing_batches(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: batches(9) = [1, 70, 3, 5000, 1, 0, 4097, 16, 9000]
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), y(:, :), whole(:, :)
      integer :: i, n
      call whole_model('misuse_batches.fkb')
      call net%load('misuse_batches.fkb', error)
      call expect_none(failure, error)
      allocate (x(4, 9000), y(2, 9000), whole(2, 9000))
      x = reshape([(cos(0.1_dp*i), i=1, size(x))], shape(x))
      call net%predict(x, whole, work, error)
      call expect_none(failure, error)
      call work%clear()
      do i = 1, size(batches)
         n = batches(i)
         y = -1
         call net%predict(x(:, :n), y(:, :n), work, error)
         call expect_none(failure, error)
         call check_close(failure, y(:, :n), whole(:, :n), 1e-14_dp, decimal(n)//' columns', &
            scale=20.0_dp)
         call check(failure, all(abs(y(:, n + 1:) + 1) <= 0), 'more was written')
      end do
      call net%clear()
   end subroutine changing_batches

   !> One workspace for two networks, for training and for samples.
   subroutine moving(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: small, whole, copy
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x3(3, 2), x4(4, 2), y(2, 2), small_y(2, 2), whole_y(2, 2), worst
      integer :: i, round
      call small_dense('misuse_small.fkb', 'tanh')
      call whole_model('misuse_whole.fkb')
      call small%load('misuse_small.fkb', error)
      if (.not. allocated(error)) call whole%load('misuse_whole.fkb', error)
      call expect_none(failure, error)
      x3 = reshape([(0.1_dp*i, i=1, 6)], [3, 2])
      x4 = reshape([(0.2_dp*i, i=1, 8)], [4, 2])
      call small%predict(x3, small_y, work, error)
      call whole%predict(x4, whole_y, work, error)
      do round = 1, 3
         call work%prepare(whole, [shape_of([4])], 7, error, training=.true.)
         call expect_none(failure, error)
         call small%predict(x3, y, work, error)
         call expect_none(failure, error)
         call check_equal(failure, y, small_y, 'the small network')
         call work%prepare(small, [shape_of([3])], 2, error, training=.true.)
         call whole%predict(x4, y, work, error)
         call expect_none(failure, error)
         call check_equal(failure, y, whole_y, 'the whole model')
         call whole%check_samples(work, error, worst)     ! its sample is wrong on purpose
         call expect(failure, error, 'sample 1: the outputs differ')
         call copy%copy(whole)
         call whole%predict(x4, y, work, error)
         call check_equal(failure, y, whole_y, 'after a copy')
         call copy%predict(x4, y, work, error)
         call check_equal(failure, y, whole_y, 'the copy')
         call copy%clear()
         call whole%load('misuse_whole.fkb', error)
      end do
      call small%clear()
      call whole%clear()
   end subroutine moving

   subroutine sections(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(6, 30), y(5, 30), plain(2, 30)
      integer :: i
      call small_dense('misuse_sections.fkb', 'tanh')
      call net%load('misuse_sections.fkb', error)
      call expect_none(failure, error)
      x = reshape([(sin(1.0_dp*i), i=1, size(x))], shape(x))
      call net%predict(x(1:6:2, :), plain, work, error)
      call expect_none(failure, error)
      y = 7
      call net%predict(x(1:6:2, 10:20), y(2:4:2, 10:20), work, error)
      call expect_none(failure, error)
      call check_close(failure, y(2:4:2, 10:20), plain(:, 10:20), 1e-15_dp, 'a section')
      call check(failure, count(abs(y - 7) > 0) <= 22, 'more was written')
      call net%predict(x(1:6:2, 30:1:-1), y(1:2, :), work, error)
      call expect_none(failure, error)
      call check_close(failure, y(1:2, 30:1:-1), plain, 1e-15_dp, 'backwards')
      call net%predict(x(1:6:2, 7), y(1:4:3, 7), work, error)
      call check_close(failure, y(1:4:3, 7), plain(:, 7), 1e-15_dp, 'one column')
      call net%predict_any(15, x(1:6:2, 1:30:2), y(4:5, 1:15), work, error)
      call expect_none(failure, error)
      call check_close(failure, y(4:5, 1:15), plain(:, 1:30:2), 1e-15_dp, 'every other column')
      call net%clear()
   end subroutine sections

   subroutine shared_memory(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      type(view_t) :: inputs(2), outputs(2)
      real(dp), target :: a(2, 4), b(2, 3), total(2, 3), both(4, 3)
      call two_ends('misuse_shared.fkb')
      call net%load('misuse_shared.fkb', error)
      call expect_none(failure, error)
      a = 1
      b = 2
      inputs(1)%v => a(:, 1:3)
      inputs(2)%v => a(:, 2:4)                             ! inputs may overlap
      outputs(1)%v => total
      outputs(2)%v => both
      call net%predict(inputs, outputs, work, error)
      call expect_none(failure, error)
      outputs(1)%v => a(:, 2:4)
      call net%predict(inputs, outputs, work, error)
      call expect(failure, error, 'memory of an output')
      outputs(1)%v(1:2, 1:3) => a
      inputs(1)%v => b
      inputs(2)%v => b
      outputs(2)%v => both
      call net%predict(inputs, outputs, work, error)
      call expect_none(failure, error)
      outputs(2)%v(1:4, 1:1) => a
      inputs(1)%v => b(:, 1:1)
      inputs(2)%v => b(:, 2:2)
      outputs(1)%v => a(:, 2:2)
      call net%predict(inputs, outputs, work, error)
      call expect(failure, error, 'memory of an output')
      outputs(1)%v => a(:, 3:3)
      call net%predict(inputs, outputs, work, error)
      call expect_none(failure, error)
      call net%clear()
   end subroutine shared_memory

   !> Fail with the error's message where there is one.
   subroutine expect_none(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) call fail(failure, error%message)
   end subroutine expect_none

   subroutine expect(failure, error, part)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      character(*), intent(in) :: part
      if (.not. allocated(error)) then
         call fail(failure, 'expected an error: '//part)
      else
         call check(failure, index(error%message, part) > 0, 'another message: '//error%message)
      end if
   end subroutine expect

end module test_network_misuse
