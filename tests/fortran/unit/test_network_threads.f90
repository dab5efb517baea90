!> Threads: one network for all of them, and the same bits as alone.
module test_network_threads
   use file_texts, only: lf
   use fkb_kinds, only: dp, i8, sp
   use fkb_sp, only: error_t, mean_squared_error_t, network_t, sgd_t, trainer_t, workspace_t
   use fkb_testing, only: check, check_equal, fail, failure_t, skip, suite_t
   use fkb_text, only: decimal
   use random_graphs, only: next_real
!$ use omp_lib, only: omp_get_max_threads, omp_set_num_threads
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'network_threads'
      call suite%add('eight threads share the network of a climate model', climate_threads)
      call suite%add('training gives the same bits for one, two and four threads', training_threads)
   end subroutine collect

   !> `n_in` -> `depth` x Dense(`width`) with LeakyReLU -> Dense(`n_out`), random weights.
   subroutine write_climate(path, n_in, width, depth, n_out)
      character(*), intent(in) :: path
      integer, intent(in) :: n_in, width, depth, n_out
      character(:), allocatable :: before, name
      integer(i8) :: seed
      integer :: i, k, n, rows, unit
      open (newunit=unit, file=path, action='write', status='replace')
      write (unit, '(a)') 'fkb 1'//lf//'precision float32'//lf//'keras "3.15.1"'//lf// &
         'model "m" Sequential'//lf//'layer "in" InputLayer'//lf//'batch_shape = [null,'// &
         decimal(n_in)//']'//lf//'node [] {}'//lf//'end'
      before = '"in"'
      do i = 1, depth + 1
         name = '"d'//decimal(i)//'"'
         rows = merge(n_in, width, i == 1)
         n = merge(width, n_out, i <= depth)
         write (unit, '(a)') 'layer '//name//' Dense'//lf//'units = '//decimal(n)//lf//'node [['// &
            before//',0,0]] {}'//lf//'weight "kernel" float32 ['//decimal(rows)//','// &
            decimal(n)//'] trainable'//lf//'weight "bias" float32 ['//decimal(n)// &
            '] trainable'//lf//'end'
         before = name
         if (i > depth) exit
         before = '"a'//decimal(i)//'"'
         write (unit, '(a)') 'layer '//before//' LeakyReLU'//lf//'negative_slope = 0.3'//lf// &
            'node [['//name//',0,0]] {}'//lf//'end'
      end do
      write (unit, '(a)') 'inputs ["in",0,0]'//lf//'outputs ['//before//',0,0]'//lf//'end'//lf// &
         'checksum none'
      seed = 5
      do i = 1, depth + 1
         rows = merge(n_in, width, i == 1)
         n = merge(width, n_out, i <= depth)
         write (unit, '(a)') 'values '//decimal(rows*n)//' none'
         write (unit, '(8(f9.6, 1x))') (2*next_real(seed)/sqrt(real(rows, dp)), k=1, rows*n)
         write (unit, '(a)') 'values '//decimal(n)//' none'
         write (unit, '(8(f9.6, 1x))') (next_real(seed), k=1, n)
      end do
      write (unit, '(a)') 'end'
      close (unit)
   end subroutine write_climate

   !> 94 -> 9x256 -> 65 as in the benchmark; 100,000 columns with FKB_TEST_LONG.
   subroutine climate_threads(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: chunk = 32
      type(network_t) :: net
      type(workspace_t) :: work
      type(workspace_t), allocatable :: works(:)
      type(error_t), allocatable :: error
      real(sp), allocatable :: x(:, :), y(:, :), serial(:, :)
      logical :: inside(8)
      integer :: columns, i, length, t
      call write_climate('threads_climate.fkb', 94, 256, 9, 65)
      call net%load('threads_climate.fkb', error)
      if (allocated(error)) then
         call fail(failure, error%message)
         return
      end if
      columns = 8*chunk
      call get_environment_variable('FKB_TEST_LONG', length=length)
      if (length > 0) columns = 100000
      allocate (x(94, columns), y(65, columns), serial(65, columns), works(8))
      do i = 1, columns
         x(:, i) = [(sin(0.01*i + t), t=1, 94)]
      end do
      do i = 1, columns, chunk
         t = min(columns, i + chunk - 1)
         call net%predict(x(:, i:t), serial(:, i:t), work, error)
      end do
      inside = .true.
      !$omp parallel do default(none) shared(net, x, y, works, inside, columns) private(i, error) &
      !$omp num_threads(8) schedule(static, 1)
      do t = 1, 8
         do i = 1 + (t - 1)*chunk, columns, 8*chunk
            call net%predict(x(:, i:min(columns, i + chunk - 1)), &
               y(:, i:min(columns, i + chunk - 1)), works(t), error)
            if (allocated(error)) inside(t) = .false.
         end do
      end do
      !$omp end parallel do
      call check(failure, all(inside), 'an error in a thread')
      call check_equal(failure, y, serial, 'answers of the threads')
      call check(failure, any(abs(serial) > 1e-3), 'all answers are zero')
      call net%clear()
   end subroutine climate_threads

   !> Enough weights that the trainer takes more threads than one.
   subroutine training_threads(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: samples = 1200
      type(network_t), target :: net
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(sp), allocatable :: x(:, :), y(:, :), first(:)
      real(sp) :: loss
      integer :: i, k, most, threads
      most = 0
      !$ most = omp_get_max_threads()
      if (most == 0) then
         call skip(failure, 'built without OpenMP')
         return
      end if
      call write_climate('threads_training.fkb', 20, 128, 2, 10)
      allocate (x(20, samples), y(10, samples))
      do i = 1, samples
         x(:, i) = [(sin(0.3*i + k), k=1, 20)]
         y(:, i) = [(cos(0.2*i*k), k=1, 10)]
      end do
      threads = 1
      do while (threads <= 4)
         !$ call omp_set_num_threads(threads)
         call net%load('threads_training.fkb', error)
         if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), &
            sgd_t(learning_rate=0.05_dp), error)
         do i = 1, 3
            if (.not. allocated(error)) call trainer%step(x, y, loss, error)
         end do
         if (allocated(error)) call fail(failure, error%message)
         if (.not. allocated(failure)) then
            if (threads == 1) first = net%params
            call check_equal(failure, net%params, first, decimal(threads)//' threads')
         end if
         call trainer%clear()
         threads = 2*threads
      end do
      !$ call omp_set_num_threads(most)
      call net%clear()
   end subroutine training_threads

end module test_network_threads
