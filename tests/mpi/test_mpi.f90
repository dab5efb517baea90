!> Training over ranks: run with 1, 2 and 4 of them.
module test_mpi
   use fkb_dp, only: adam_t, error_t, hinge_t, logs_t, mean_squared_error_t, network_t, &
      reduce_weighted_mean, trainer_t
   use fkb_kinds, only: dp, sp
   use fkb_mpi_dp, only: broadcast_weights, check_same_weights, load_on_all, mpi_reduction_t
   use fkb_mpi_sp, only: load_on_all_sp => load_on_all, reduction_sp_t => mpi_reduction_t
   use fkb_sp, only: network_sp_t => network_t, sgd_sp_t => sgd_t, trainer_sp_t => trainer_t, &
      squared_sp_t => mean_squared_error_t
   use fkb_testing, only: check, check_equal, fail, failure_t, skip, suite_t
   use mpi_f08, only: MPI_Barrier, MPI_Comm_rank, MPI_Comm_size, MPI_COMM_WORLD
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'mpi_model.fkb', coupled_file = 'mpi_coupled.fkb'
   integer, parameter :: samples = 90, steps = 50

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'mpi'
      call suite%add('ranks with parts of a batch learn what one learns with the whole', &
                     spread_batch_is_the_whole)
      call suite%add('real32 ranks learn what one learns with the whole', real32_is_the_whole)
      call suite%add('weights of samples count over all ranks', weights_count_everywhere)
      call suite%add('epochs over ranks are those of one rank', epochs_are_the_whole)
      call suite%add('metrics are those of all samples', metrics_are_of_all)
      call suite%add('a hinge loss looks at the targets of all ranks', hinges_agree)
      call suite%add('ranks with different numbers of batches are told so', &
                     different_epochs_are_refused)
      call suite%add('an error of one rank stops the step of all', one_error_stops_all)
      call suite%add('a file that is not there is an error on all ranks', missing_file_is_known)
      call suite%add('weights that differ are found, and made the same', differences_are_found)
      call suite%add('layers that couple samples are refused', coupling_is_refused)
   end subroutine collect

   !> 3 -> Dense(16, tanh) with an L2 penalty -> Dropout(0.3), or batch statistics -> Dense(2).
   subroutine write_model(path, coupled)
      character(*), intent(in) :: path
      logical, intent(in) :: coupled
      character(1), parameter :: nl = achar(10)
      character(:), allocatable :: middle
      integer :: rank, unit
      call MPI_Comm_rank(MPI_COMM_WORLD, rank)
      if (rank == 0) then
         middle = '  layer "rest" Dropout'//nl//'    rate = 0.3'//nl//'    node [["a",0,0]] {}'//nl
         if (coupled) middle = '  layer "rest" BatchNormalization'//nl//'    scale = false'//nl// &
            '    center = false'//nl//'    node [["a",0,0]] {}'//nl// &
            '    weight "moving_mean" float64 [16] fixed'//nl// &
            '    weight "moving_variance" float64 [16] fixed'//nl
         open (newunit=unit, file=path, status='replace', action='write')
         write (unit, '(a)') 'fkb 1'//nl//'precision float64'//nl//'keras "3.15.1"'//nl// &
            'model "m" Functional'//nl//'  layer "x" InputLayer'//nl// &
            '    batch_shape = [null,3]'//nl//'    node [] {}'//nl//'  end'//nl// &
            '  layer "a" Dense'//nl//'    units = 16'//nl//'    activation = "tanh"'//nl// &
            '    kernel_regularizer = {"class_name":"L2","config":{"l2":0.01}}'//nl// &
            '    node [["x",0,0]] {}'//nl//'    weight "kernel" float64 [3,16] trainable'//nl// &
            '    weight "bias" float64 [16] trainable'//nl//'  end'//nl//middle//'  end'//nl// &
            '  layer "y" Dense'//nl//'    units = 2'//nl//'    node [["rest",0,0]] {}'//nl// &
            '    weight "kernel" float64 [16,2] trainable'//nl// &
            '    weight "bias" float64 [2] trainable'//nl//'  end'//nl//'  inputs ["x",0,0]'//nl// &
            '  outputs ["y",0,0]'//nl//'end'//nl//'checksum none'
         call write_values(unit, 48)
         call write_values(unit, 16)
         if (coupled) then
            call write_values(unit, 16)
            call write_values(unit, 16)
         end if
         call write_values(unit, 32)
         call write_values(unit, 2)
         write (unit, '(a)') 'end'
         close (unit)
      end if
      call MPI_Barrier(MPI_COMM_WORLD)
   end subroutine write_model

   subroutine write_values(unit, n)
      integer, intent(in) :: unit, n
      integer :: i
      write (unit, '(a,i0,a)') 'values ', n, ' none'
      write (unit, '(*(f0.3,:," "))') [(abs(0.6_dp*sin(1.7_dp*i + n)), i=1, n)]
   end subroutine write_values

   !> A batch, and which of its samples are this rank's: unequal parts where there are several.
   subroutine make_batch(x, y, first, last)
      real(dp), intent(out) :: x(3, samples), y(2, samples)
      integer, intent(out) :: first, last
      integer :: i, j, rank, ranks
      do j = 1, samples
         x(:, j) = [(sin(1.3_dp*i*j), i=1, 3)]
         y(:, j) = [x(1, j)*x(2, j), cos(2*x(3, j))]
      end do
      call MPI_Comm_rank(MPI_COMM_WORLD, rank)
      call MPI_Comm_size(MPI_COMM_WORLD, ranks)
      first = 1 + (samples*rank**2)/ranks**2
      last = (samples*(rank + 1)**2)/ranks**2
   end subroutine make_batch

   subroutine begin(trainer, net, failure)
      type(trainer_t), intent(inout) :: trainer
      type(network_t), intent(inout), target :: net
      type(failure_t), allocatable, intent(inout) :: failure
      type(mpi_reduction_t) :: reduction
      type(error_t), allocatable :: error
      call load_on_all(net, file, MPI_COMM_WORLD, error)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), &
         adam_t(learning_rate=0.01_dp), error, seed=5)
      call reduction%begin(MPI_COMM_WORLD)
      if (.not. allocated(error)) call trainer%reduce_over(reduction, error)
      if (allocated(error)) call fail(failure, error%message)
   end subroutine begin

   subroutine spread_batch_is_the_whole(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, whole_net
      type(trainer_t) :: trainer, whole
      type(error_t), allocatable :: error
      real(dp) :: x(3, samples), y(2, samples), loss, whole_loss
      integer :: first, last, step
      call write_model(file, .false.)
      call make_batch(x, y, first, last)
      call begin(trainer, net, failure)
      if (allocated(failure)) return
      call whole_net%load(file, error)
      call whole%init(whole_net, mean_squared_error_t(), adam_t(learning_rate=0.01_dp), error, &
                      seed=5)
      do step = 1, steps
         call trainer%step(x(:, first:last), y(:, first:last), loss, error)
         if (allocated(error)) exit
         call whole%step(x, y, whole_loss, error)
         if (allocated(error)) exit
         call check(failure, abs(loss - whole_loss) <= 1e-12_dp*whole_loss, &
                    'the loss is that of the whole batch')
      end do
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check(failure, maxval(abs(net%params - whole_net%params)) <= &
                 1e-9_dp*maxval(abs(whole_net%params)), 'the weights are those of one rank')
      call check_same_weights(net, MPI_COMM_WORLD, error)
      if (allocated(error)) call fail(failure, error%message)
   end subroutine spread_batch_is_the_whole

   subroutine real32_is_the_whole(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_sp_t), target :: net, whole_net
      type(trainer_sp_t) :: trainer, whole
      type(reduction_sp_t) :: reduction
      type(error_t), allocatable :: error
      real(dp) :: x(3, samples), y(2, samples), loss
      integer :: first, last, step
      call write_model(file, .false.)
      call make_batch(x, y, first, last)
      call load_on_all_sp(net, file, MPI_COMM_WORLD, error)
      call whole_net%load(file, error)
      call trainer%init(net, squared_sp_t(), sgd_sp_t(learning_rate=0.1_dp, momentum=0.9_dp), error)
      call whole%init(whole_net, squared_sp_t(), sgd_sp_t(learning_rate=0.1_dp, momentum=0.9_dp), &
                      error)
      call reduction%begin(MPI_COMM_WORLD)
      call trainer%reduce_over(reduction, error)
      do step = 1, steps
         if (.not. allocated(error)) call trainer%step(x(:, first:last), y(:, first:last), loss, &
                                                       error)
         if (.not. allocated(error)) call whole%step(x, y, loss, error)
      end do
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check(failure, maxval(abs(net%params - whole_net%params)) <= &
                 1e-4_sp*maxval(abs(whole_net%params)), 'the weights are those of one rank')
   end subroutine real32_is_the_whole

   !> The reduction that divides by the sum of weights needs those of all ranks; the first rank's
   !> may be zero altogether.
   subroutine weights_count_everywhere(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, whole_net
      type(trainer_t) :: trainer, whole
      type(mpi_reduction_t) :: reduction
      type(mean_squared_error_t) :: squared
      type(error_t), allocatable :: error
      real(dp) :: x(3, samples), y(2, samples), weights(samples), loss, whole_loss
      integer :: first, last, i
      call write_model(file, .false.)
      call make_batch(x, y, first, last)
      weights = [(real(max(0, i - 25), dp), i=1, samples)]
      squared%reduction = reduce_weighted_mean
      call load_on_all(net, file, MPI_COMM_WORLD, error)
      call whole_net%load(file, error)
      call trainer%init(net, squared, adam_t(), error)
      call whole%init(whole_net, squared, adam_t(), error)
      call reduction%begin(MPI_COMM_WORLD)
      call trainer%reduce_over(reduction, error)
      if (.not. allocated(error)) call trainer%step(x(:, first:last), y(:, first:last), loss, &
         error, sample_weight=weights(first:last))
      if (.not. allocated(error)) call whole%step(x, y, whole_loss, error, sample_weight=weights)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check(failure, abs(loss - whole_loss) <= 1e-12_dp*whole_loss, 'the losses are equal')
   end subroutine weights_count_everywhere

   !> Batches of 12 samples on each rank are batches of 12 times as many ranks on one.
   subroutine epochs_are_the_whole(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, whole_net
      type(trainer_t) :: trainer, whole
      type(error_t), allocatable :: error
      real(dp) :: x(3, samples), y(2, samples), history(3), whole_history(3)
      real(dp), allocatable :: mine(:, :), wanted(:, :)
      integer :: at, batch, first, last, rank, ranks, i
      call write_model(file, .false.)
      call make_batch(x, y, first, last)
      call begin(trainer, net, failure)
      if (allocated(failure)) return
      call whole_net%load(file, error)
      call whole%init(whole_net, mean_squared_error_t(), adam_t(learning_rate=0.01_dp), error, &
                      seed=5)
      call MPI_Comm_rank(MPI_COMM_WORLD, rank)
      call MPI_Comm_size(MPI_COMM_WORLD, ranks)
      allocate (mine(3, 0), wanted(2, 0))
      do batch = 0, samples/(12*ranks) - 1
         do i = 1, 12
            at = 12*(ranks*batch + rank) + i
            mine = reshape([mine, x(:, at)], [3, size(mine, 2) + 1])
            wanted = reshape([wanted, y(:, at)], [2, size(wanted, 2) + 1])
         end do
      end do
      call trainer%fit(mine, wanted, 3, 12, error, shuffle=.false., history=history)
      at = 12*ranks*(samples/(12*ranks))
      if (.not. allocated(error)) call whole%fit(x(:, :at), y(:, :at), 3, 12*ranks, error, &
                                                 shuffle=.false., history=whole_history)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check(failure, all(abs(history - whole_history) <= 1e-12_dp*whole_history), &
                 'the losses of the epochs are equal')
      call check(failure, maxval(abs(net%params - whole_net%params)) <= &
                 1e-9_dp*maxval(abs(whole_net%params)), 'the weights are those of one rank')
   end subroutine epochs_are_the_whole

   !> What every metric adds up is summed over the ranks, before values are made of it.
   subroutine metrics_are_of_all(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, whole_net
      type(trainer_t) :: trainer, whole
      type(error_t), allocatable :: error
      type(logs_t) :: logs, whole_logs
      real(dp) :: x(3, samples), y(2, samples), loss
      integer :: first, i, last, step
      character(*), parameter :: metrics = '["mae",{"class_name":"R2Score","config":{}},'// &
         '{"class_name":"AUC","config":{}},{"class_name":"Precision","config":{"thresholds":'// &
         '[0.3,0.5]}},{"class_name":"F1Score","config":{"threshold":0.5}},"correlation",'// &
         '{"class_name":"BinaryIoU","config":{"target_class_ids":[1]}},"binary_accuracy"]'
      call write_model(file, .false.)
      call make_batch(x, y, first, last)
      y = merge(1.0_dp, 0.0_dp, y > 0.2_dp)
      call begin(trainer, net, failure)
      if (allocated(failure)) return
      call whole_net%load(file, error)
      call whole%init(whole_net, mean_squared_error_t(), adam_t(), error)
      if (.not. allocated(error)) call trainer%use_metrics(error, metrics=metrics)
      if (.not. allocated(error)) call whole%use_metrics(error, metrics=metrics)
      do step = 1, 2                            ! nothing is left of the sums before
         if (.not. allocated(error)) call trainer%evaluate(x(:, first:last), y(:, first:last), &
            loss, error, batch_size=samples, logs=logs)
      end do
      if (.not. allocated(error)) call whole%evaluate(x, y, loss, error, batch_size=samples, &
                                                      logs=whole_logs)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check(failure, whole_logs%count() > 9, 'there are few metrics')
      do i = 1, whole_logs%count()
         call check(failure, abs(logs%value(i) - whole_logs%value(i)) <= &
                    1e-12_dp*max(1.0_dp, abs(whole_logs%value(i))), whole_logs%name(i))
      end do
   end subroutine metrics_are_of_all

   !> The first rank's targets are 0 and 1, as if they were meant for -1 and 1; the last has a -1.
   subroutine hinges_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, whole_net
      type(trainer_t) :: trainer, whole
      type(mpi_reduction_t) :: reduction
      type(error_t), allocatable :: error
      real(dp) :: x(3, samples), y(2, samples), loss, whole_loss
      integer :: first, last
      call write_model(file, .false.)
      call make_batch(x, y, first, last)
      y = merge(1.0_dp, 0.0_dp, y > 0.2_dp)
      y(:, samples) = -1
      call load_on_all(net, file, MPI_COMM_WORLD, error)
      call whole_net%load(file, error)
      call trainer%init(net, hinge_t(), adam_t(), error)
      call whole%init(whole_net, hinge_t(), adam_t(), error)
      call reduction%begin(MPI_COMM_WORLD)
      call trainer%reduce_over(reduction, error)
      if (.not. allocated(error)) call trainer%step(x(:, first:last), y(:, first:last), loss, error)
      if (.not. allocated(error)) call whole%step(x, y, whole_loss, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check(failure, abs(loss - whole_loss) <= 1e-12_dp*whole_loss, 'the losses are equal')
   end subroutine hinges_agree

   subroutine different_epochs_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(dp) :: x(3, samples), y(2, samples)
      integer :: first, last, rank, ranks
      call MPI_Comm_rank(MPI_COMM_WORLD, rank)
      call MPI_Comm_size(MPI_COMM_WORLD, ranks)
      if (ranks == 1) then
         call skip(failure, 'needs two ranks')
         return
      end if
      call write_model(file, .false.)
      call make_batch(x, y, first, last)
      call begin(trainer, net, failure)
      if (allocated(failure)) return
      last = merge(32, 24, rank == 0)
      call trainer%fit(x(:, :last), y(:, :last), 2, 8, error)
      call check(failure, allocated(error), 'every rank has an error')
      if (allocated(failure)) return
      call check(failure, index(error%message, 'different numbers of batches') > 0, error%message)
   end subroutine different_epochs_are_refused

   subroutine one_error_stops_all(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(dp) :: x(3, samples), y(2, samples), loss
      real(dp), allocatable :: before(:)
      integer :: first, last, rank, ranks
      call write_model(file, .false.)
      call make_batch(x, y, first, last)
      call begin(trainer, net, failure)
      if (allocated(failure)) return
      call MPI_Comm_rank(MPI_COMM_WORLD, rank)
      call MPI_Comm_size(MPI_COMM_WORLD, ranks)
      before = net%params
      if (rank == ranks - 1) then
         call trainer%step(x(:2, first:last), y(:, first:last), loss, error)
      else
         call trainer%step(x(:, first:last), y(:, first:last), loss, error)
      end if
      call check(failure, allocated(error), 'every rank has an error')
      if (allocated(failure)) return
      if (rank < ranks - 1) call check_equal(failure, error%message, &
         'nothing was changed: 1 of the other ranks had an error', 'what the others are told')
      call check(failure, all(abs(net%params - before) <= 0), 'the weights are as they were')
      call trainer%step(x(:, first:last), y(:, first:last), loss, error)
      call check(failure,.not. allocated(error), 'the next step works')
   end subroutine one_error_stops_all

   subroutine missing_file_is_known(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      call load_on_all(net, 'mpi_no_such_file.fkb', MPI_COMM_WORLD, error)
      call check(failure, allocated(error), 'every rank has an error')
      if (allocated(failure)) return
      call check(failure, index(error%message, '"mpi_no_such_file.fkb" cannot be read: ') > 0, &
         'it names the file and says why')
   end subroutine missing_file_is_known

   subroutine differences_are_found(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      integer :: rank, ranks
      call MPI_Comm_rank(MPI_COMM_WORLD, rank)
      call MPI_Comm_size(MPI_COMM_WORLD, ranks)
      if (ranks == 1) then
         call skip(failure, 'needs two ranks')
         return
      end if
      call write_model(file, .false.)
      call load_on_all(net, file, MPI_COMM_WORLD, error)
      if (rank == ranks - 1) net%params(7) = nearest(net%params(7), 1.0_dp)
      call check_same_weights(net, MPI_COMM_WORLD, error)
      call check(failure, allocated(error), 'one bit is found')
      call broadcast_weights(net, MPI_COMM_WORLD)
      call check_same_weights(net, MPI_COMM_WORLD, error)
      call check(failure,.not. allocated(error), 'the first rank gave its weights to all')
   end subroutine differences_are_found

   subroutine coupling_is_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t) :: trainer
      type(mpi_reduction_t) :: reduction
      type(error_t), allocatable :: error
      call write_model(coupled_file, .true.)
      call load_on_all(net, coupled_file, MPI_COMM_WORLD, error)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call reduction%begin(MPI_COMM_WORLD)
      call trainer%reduce_over(reduction, error)
      call check(failure, allocated(error) .eqv. reduction%ranks > 1, 'refused where it matters')
   end subroutine coupling_is_refused

end module test_mpi
