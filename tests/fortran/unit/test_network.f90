!> Networks: graphs, kinds, blocks, threads, copies, ports and samples.
module test_network
   use fkb_dp, only: dp, error_t, network_t, shape_of, sp, view_t, workspace_t
   use fkb_sp, only: network_sp_t => network_t, workspace_sp_t => workspace_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   use model_files, only: small_dense, two_ends, write_lines
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'network'
      call suite%add('a dense layer computes kernel x + bias in both kinds', dense_values)
      call suite%add('one sample, a batch and any rank give the same', faces_agree)
      call suite%add('shared layers and nested models are called as often as the file says', graph)
      call suite%add('a batch beyond one block equals its columns alone', blocks)
      call suite%add('eight threads share a network and get the serial answers', threads)
      call suite%add('a workspace moves from one network to another', moving_workspace)
      call suite%add('an open dimension follows from the array', open_dimension)
      call suite%add('a copy is independent of its source', copies)
      call suite%add('steps of ports run in real64 around the network', ports)
      call suite%add('recorded samples pass and a changed weight fails them', samples)
      call suite%add('saving and loading again changes no byte', saving)
      call suite%add('a saved network can change its precision', precision)
      call suite%add('freezing reaches the layers below a path and the saved file', freezing)
   end subroutine collect

   subroutine dense_values(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(network_sp_t) :: net_sp
      type(workspace_t) :: work
      type(workspace_sp_t) :: work_sp
      type(error_t), allocatable :: error
      real(dp) :: x(3, 2), y(2, 2)
      real(sp) :: x_sp(3, 2), y_sp(2, 2)
      call small_dense('network_a.fkb', 'relu')
      x = reshape([1.0_dp, 0.0_dp, -1.0_dp, 0.5_dp, 0.25_dp, 1.0_dp], [3, 2])
      x_sp = real(x, sp)
      call net%load('network_a.fkb', error)
      if (.not. allocated(error)) call net%predict(x, y, work, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, y, reshape([0.0_dp, 0.0_dp, 6.75_dp, 7.5_dp], [2, 2]), 0.0_dp, 'y')
      call net_sp%load('network_a.fkb', error)
      if (.not. allocated(error)) call net_sp%predict(x_sp, y_sp, work_sp, error)
      call expect_none(failure, error)
      call check_close(failure, real(y_sp, dp), y, 0.0_dp, 'real32 network')
      y = 0
      call net_sp%predict(x, y, work_sp, error)
      call expect_none(failure, error)
      call check_close(failure, y, real(y_sp, dp), 0.0_dp, 'real32 network, real64 arrays')
      y_sp = 0
      call net%predict(x_sp, y_sp, work, error)
      call expect_none(failure, error)
      call check_close(failure, real(y_sp, dp), y, 0.0_dp, 'real64 network, real32 arrays')
      call net%clear()
      call net_sp%clear()
   end subroutine dense_values

   subroutine faces_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(3, 4), y(2, 4), one(2), any_rank(2, 2, 2)
      integer :: i
      call small_dense('network_b.fkb', 'tanh')
      call net%load('network_b.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      x = reshape([(0.1_dp*i, i=-6, 5)], [3, 4])
      call net%predict(x, y, work, error)
      call expect_none(failure, error)
      do i = 1, 4
         call net%predict(x(:, i), one, work, error)
         call expect_none(failure, error)
         call check_close(failure, one, y(:, i), 1e-15_dp, 'one sample', scale=1.0_dp)
      end do
      call net%predict_any(4, reshape(x, [3, 2, 2]), any_rank, work, error)
      call expect_none(failure, error)
      call check_close(failure, reshape(any_rank, [2, 4]), y, 1e-15_dp, 'any rank', scale=1.0_dp)
      call net%clear()
   end subroutine faces_agree

   subroutine graph(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      type(view_t) :: inputs(2), outputs(2)
      real(dp), target :: a(2, 3), b(2, 3), total(2, 3), both(4, 3)
      real(dp) :: wanted(2, 3)
      integer :: i
      call two_ends('network_c.fkb')
      call net%load('network_c.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      a = reshape([(1.0_dp*i, i=1, 6)], [2, 3])
      b = reshape([(-0.5_dp*i, i=1, 6)], [2, 3])
      inputs(1)%v => a
      inputs(2)%v => b
      outputs(1)%v => total
      outputs(2)%v => both
      call net%predict(inputs, outputs, work, error)
      call expect_none(failure, error)
      wanted(1, :) = (a(1, :) + b(1, :))*1 + (a(2, :) + b(2, :))*3
      wanted(2, :) = (a(1, :) + b(1, :))*2 + (a(2, :) + b(2, :))*4
      call check_close(failure, total, wanted, 1e-15_dp, 'sum of the shared layer''s calls')
      call check_close(failure, both(1:2, :), 3*a + 1, 1e-15_dp, 'first call of the inner model')
      call check_close(failure, both(3:4, :), 3*b + 1, 1e-15_dp, 'second call of the inner model')
      call check_equal(failure, count(net%graph%segments%stored), 1, 'weights of the shared layer')
      call net%clear()
   end subroutine graph

   subroutine blocks(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work, single
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), y(:, :)
      real(dp) :: one(2)
      integer :: i
      call small_dense('network_d.fkb', 'tanh')
      call net%load('network_d.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      allocate (x(3, 9001), y(2, 9001))
      x = reshape([(sin(1.0_dp*i), i=1, size(x))], shape(x))
      call net%predict(x, y, work, error)
      call expect_none(failure, error)
      do i = 1, 9001, 500
         call net%predict(x(:, i), one, single, error)
         call check_close(failure, one, y(:, i), 1e-14_dp, 'a column', scale=1.0_dp)
      end do
      call net%clear()
   end subroutine blocks

   subroutine threads(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(workspace_t), allocatable :: works(:)
      type(error_t), allocatable :: error
      type(error_t), allocatable :: errors(:)
      real(dp), allocatable :: x(:, :), y(:, :), serial(:, :)
      integer, parameter :: columns = 100000, chunk = 100
      integer :: i, t
      call small_dense('network_e.fkb', 'gelu')
      call net%load('network_e.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      allocate (x(3, columns), y(2, columns), serial(2, columns), works(8), errors(8))
      x = reshape([(cos(0.01_dp*i), i=1, size(x))], shape(x))
      do i = 1, columns, chunk
         call net%predict(x(:, i:i + chunk - 1), serial(:, i:i + chunk - 1), work, error)
         call expect_none(failure, error)
      end do
      !$omp parallel do default(none) shared(net, x, y, works) private(i, error) num_threads(8) &
      !$omp schedule(static, 1)
      do t = 1, 8
         do i = 1 + (t - 1)*chunk, columns, 8*chunk
            call net%predict(x(:, i:i + chunk - 1), y(:, i:i + chunk - 1), works(t), error)
         end do
      end do
      !$omp end parallel do
      call check_equal(failure, y, serial, 'answers of the threads')
      call net%clear()
   end subroutine threads

   subroutine moving_workspace(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: relu, tanh_net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(3), y(2)
      call small_dense('network_f.fkb', 'relu')
      call small_dense('network_g.fkb', 'tanh')
      call relu%load('network_f.fkb', error)
      if (.not. allocated(error)) call tanh_net%load('network_g.fkb', error)
      call expect_none(failure, error)
      x = [0.1_dp, 0.0_dp, 0.0_dp]
      call relu%predict(x, y, work, error)
      call check_close(failure, y, [0.6_dp, 0.0_dp], 1e-7_dp, 'relu', scale=1.0_dp)
      call tanh_net%predict(x, y, work, error)
      call check_close(failure, y, tanh([0.6_dp, -0.3_dp]), 1e-7_dp, 'tanh', scale=1.0_dp)
      call relu%predict(x, y, work, error)
      call check_close(failure, y, [0.6_dp, 0.0_dp], 1e-7_dp, 'relu again', scale=1.0_dp)
      call relu%clear()
      call tanh_net%clear()
   end subroutine moving_workspace

   subroutine open_dimension(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(2, 5, 3), y(2, 5, 3)
      integer :: i
      call write_lines('network_h.fkb', [character(80) :: 'fkb 1', 'precision float64', &
         'keras "3.15.1"', 'model "m" Sequential', 'layer "in" InputLayer', &
         'batch_shape = [null,null,2]', 'node [] {}', 'end', 'layer "r" Rescaling', 'scale = 2.0', &
         'node [["in",0,0]] {}', 'end', 'inputs ["in",0,0]', 'outputs ["r",0,0]', 'end', &
         'checksum none', 'end'])
      call net%load('network_h.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      x = reshape([(1.0_dp*i, i=1, size(x))], shape(x))
      call net%predict_any(3, x, y, work, error)
      call expect_none(failure, error)
      call check_close(failure, y, 2*x, 0.0_dp, 'five steps')
      call net%predict_any(5, x, y, work, error)
      call expect_none(failure, error)
      call check_close(failure, y, 2*x, 0.0_dp, 'three steps')
      call work%prepare(net, [shape_of([2, 5])], 3, error)
      call expect_none(failure, error)
      call work%prepare(net, [shape_of([3, 5])], 3, error)
      call expect_message(failure, error, 'input 1 has shape (None, 2) without the batch')
      call net%clear()
   end subroutine open_dimension

   subroutine copies(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, other
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(3), y(2), z(2)
      call small_dense('network_i.fkb', 'linear')
      call net%load('network_i.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      x = [1.0_dp, 1.0_dp, 1.0_dp]
      call other%copy(net)
      net%params = 0
      call net%predict(x, y, work, error)
      call other%predict(x, z, work, error)
      call check_close(failure, y, [0.0_dp, 0.0_dp], 0.0_dp, 'the changed source')
      call check_close(failure, z, [9.5_dp, 11.5_dp], 0.0_dp, 'the copy')
      call net%clear()
      call other%predict(x, z, work, error)
      call expect_none(failure, error)
      call check_close(failure, z, [9.5_dp, 11.5_dp], 0.0_dp, 'the copy of a cleared source')
      call other%clear()
   end subroutine copies

   subroutine ports(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_sp_t) :: net
      type(workspace_sp_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(5), y(2)
      call small_dense('network_j.fkb', 'linear', [character(120) :: &
         'input 0 "state"', 'size = 5', 'step subtract 100000.0', &
         'step select [4,0,2]', 'step divide 0.5', 'end', &
         'output 0 "rate"', 'step multiply 10', 'step add 1', 'end'])
      call net%load('network_j.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, net%input_features(1), 5, 'features of the host')
      x = 1e5_dp + [0.001_dp, 9.0_dp, 0.002_dp, 9.0_dp, 0.003_dp]
      call net%predict(x, y, work, error)
      call expect_none(failure, error)
      ! network input (0.006, 0.002, 0.004)
      call check_close(failure, y, [0.532_dp*10 + 1, -0.456_dp*10 + 1], 1e-6_dp, 'rate')
      call net%clear()
   end subroutine ports

   subroutine samples(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: worst
      call write_lines('network_k.fkb', [character(80) :: 'fkb 1', 'precision float32', &
         'keras "3.15.1"', 'model "m" Sequential', 'layer "in" InputLayer', &
         'batch_shape = [null,2]', 'node [] {}', 'end', 'layer "d" Dense', 'units = 1', &
         'node [["in",0,0]] {}', 'weight "kernel" float32 [2,1] trainable', &
         'weight "bias" float32 [1] trainable', 'end', &
         'inputs ["in",0,0]', 'outputs ["d",0,0]', 'end', &
         'input 0 "in"', 'step multiply 1000', 'end', &
         'sample', 'tolerance = 1e-06', 'input 0 float32 [2,2]', 'output 0 float32 [2,1]', 'end', &
         'checksum none', 'values 2 none', '2 3', 'values 1 none', '0.5', &
         'values 4 none', '1 1 0 2', 'values 2 none', '5.5 6.5', 'end'])
      call net%load('network_k.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call net%check_samples(work, error, worst)
      call expect_none(failure, error)
      call check(failure, worst <= 0, 'the samples are exact')
      net%params(1) = 2.1_dp
      call net%check_samples(work, error, worst)
      call expect_message(failure, error, 'sample 1: the outputs differ')
      call net%clear()
   end subroutine samples

   subroutine saving(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, again
      type(error_t), allocatable :: error
      call small_dense('network_l.fkb', 'relu', [character(120) :: 'input 0 "s"', &
         'step subtract float32 [3]', 'end'])
      ! the step has no values yet: the file is damaged, and nothing is loaded
      call net%load('network_l.fkb', error)
      call check(failure, allocated(error), 'a missing values block is an error')
      call small_dense('network_l.fkb', 'relu')
      call net%load('network_l.fkb', error)
      if (.not. allocated(error)) call net%save('network_m.fkb', error)
      if (.not. allocated(error)) call again%load('network_m.fkb', error)
      if (.not. allocated(error)) call again%save('network_n.fkb', error)
      call expect_none(failure, error)
      call check(failure, same_bytes('network_m.fkb', 'network_n.fkb'), 'the files are the same')
      call check_equal(failure, again%params, net%params, 'weights')
      call net%clear()
      call again%clear()
   end subroutine saving

   subroutine precision(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, again
      type(error_t), allocatable :: error
      call small_dense('network_o.fkb', 'relu')
      call net%load('network_o.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      net%params(1) = 1/3.0_dp
      call net%save('network_p.fkb', error, precision='float64')
      if (.not. allocated(error)) call again%load('network_p.fkb', error)
      call expect_none(failure, error)
      call check_equal(failure, again%params, net%params, 'real64 weights')
      call net%save('network_p.fkb', error)
      if (.not. allocated(error)) call again%load('network_p.fkb', error)
      call expect_none(failure, error)
      call check_equal(failure, again%params, real(real(net%params, sp), dp), 'real32 weights')
      call net%save('network_p.fkb', error, precision='half')
      call expect_message(failure, error, 'precision must be float32 or float64')
      call net%clear()
      call again%clear()
   end subroutine precision

   subroutine freezing(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, again
      type(error_t), allocatable :: error
      call two_ends('network_q.fkb')
      call net%load('network_q.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check(failure, net%graph%segments(1)%trainable, 'trainable at first')
      call net%set_trainable('shared', .false., error)
      call expect_none(failure, error)
      call check(failure, .not. net%graph%segments(1)%trainable, 'frozen')
      call net%save('network_r.fkb', error)
      if (.not. allocated(error)) call again%load('network_r.fkb', error)
      call expect_none(failure, error)
      call check(failure, .not. again%graph%segments(1)%trainable, 'frozen in the file')
      call net%set_trainable('nobody', .false., error)
      call expect_message(failure, error, 'no layer has the path "nobody"')
      call net%clear()
      call again%clear()
   end subroutine freezing

   !> Fail with the error's message where there is one.
   subroutine expect_none(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) call check(failure, .false., error%message)
   end subroutine expect_none

   subroutine expect_message(failure, error, part)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      character(*), intent(in) :: part
      call check(failure, allocated(error), 'expected an error: '//part)
      if (.not. allocated(error)) return
      call check(failure, index(error%message, part) > 0, 'unexpected message: '//error%message)
   end subroutine expect_message

   logical function same_bytes(one, other)
      character(*), intent(in) :: one, other
      character(:), allocatable :: first, second
      call slurp(one, first)
      call slurp(other, second)
      same_bytes = first == second .and. len(first) > 0
   end function same_bytes

   subroutine slurp(path, text)
      character(*), intent(in) :: path
      character(:), allocatable, intent(out) :: text
      integer :: length, unit
      open (newunit=unit, file=path, access='stream', form='unformatted', action='read', &
         status='old')
      inquire (unit=unit, size=length)
      allocate (character(length) :: text)
      read (unit) text
      close (unit)
   end subroutine slurp

end module test_network
