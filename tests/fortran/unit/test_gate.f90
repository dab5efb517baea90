!> Gates: a classifier decides which network serves a column.
module test_gate
   use ensemble_cases, only: example, expect, expect_none, folder, write_members, write_unit
   use fkb, only: dp, error_t, gate_dp_t, gate_sp_t, gate_workspace_dp_t, gate_workspace_sp_t, &
      network_dp_t, sp, workspace_dp_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, skip, suite_t
   use fkb_text, only: decimal
   use model_files, only: small_dense, write_lines
!$ use omp_lib, only: omp_get_max_threads, omp_set_num_threads
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_gate.txt'

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'gate'
      call suite%add('the largest output of the classifier decides', largest_decides)
      call suite%add('one output decides by the threshold', threshold_decides)
      call suite%add('a column whose classifier gives NaN gets NaN alone', nan_stays)
      call suite%add('answers are the same bits for one, two and four threads', threads_agree)
      call suite%add('descriptions that do not fit are refused', misfits_are_refused)
      call suite%add('calls with wrong arrays are refused', wrong_calls)
   end subroutine collect

   !> 3 -> Dense(1): x1 + x2 + x3.
   subroutine write_sum(path)
      character(*), intent(in) :: path
      call write_lines(path, [character(80) :: 'fkb 1', 'precision float64', 'keras "3.15.1"', &
         'model "m" Sequential', 'layer "in" InputLayer', 'batch_shape = [null,3]', 'node [] {}', &
         'end', 'layer "d" Dense', 'units = 1', 'use_bias = false', 'node [["in",0,0]] {}', &
         'weight "kernel" float64 [3,1] trainable', 'end', 'inputs ["in",0,0]', &
         'outputs ["d",0,0]', 'end', 'checksum none', 'values 3 none', '1 1 1', 'end'])
   end subroutine write_sum

   subroutine write_gate(lines)
      character(*), intent(in) :: lines(:)
      call write_lines(file, [character(80) :: 'fkb gate 1', lines])
   end subroutine write_gate

   subroutine alone(path, x, y)
      character(*), intent(in) :: path
      real(dp), intent(in), contiguous :: x(:, :)
      real(dp), intent(inout), contiguous :: y(:, :)
      type(network_dp_t) :: net
      type(workspace_dp_t) :: work
      type(error_t), allocatable :: error
      call net%load(path, error)
      call net%predict(x, y, work, error)
      if (allocated(error)) y = -999
      call net%clear()
   end subroutine alone

   !> Two classes: a network and constants; by a file and by calls, in both kinds.
   subroutine largest_decides(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(gate_dp_t) :: gate, added
      type(gate_sp_t) :: single
      type(gate_workspace_dp_t) :: work
      type(gate_workspace_sp_t) :: single_work
      type(network_dp_t) :: net
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp) :: y(2, 60), scores(2, 60), served(2, 60), y_added(2, 60)
      real(sp) :: y_sp(2, 60)
      integer :: classes(60), j
      call write_members()
      call example(60, x)
      call write_gate([character(60) :: 'classifier '//folder//'/b.fkb', &
         'class '//folder//'/a.fkb', 'constant 4 -5'])
      call gate%load(file, error)
      call expect_none(failure, error)
      call check_equal(failure, gate%classes(), 2, 'classes')
      call gate%predict(x, y, work, error, classes)
      call expect_none(failure, error)
      call alone(folder//'/b.fkb', x, scores)
      call alone(folder//'/a.fkb', x, served)
      do j = 1, 60
         if (scores(1, j) >= scores(2, j)) then
            call check_equal(failure, classes(j), 1, 'class of column '//decimal(j))
         else
            call check_equal(failure, classes(j), 2, 'class of column '//decimal(j))
            served(:, j) = [4, -5]
         end if
      end do
      call check(failure, count(classes == 1) > 5 .and. count(classes == 2) > 5, 'only one class')
      call check_close(failure, y, served, 1e-14_dp, 'answers')
      call net%load(folder//'/b.fkb', error)
      call added%set_classifier(net, error)
      call net%load(folder//'/a.fkb', error)
      call added%add(net, error)
      call added%add_constants([4.0_dp, -5.0_dp], error)
      call expect_none(failure, error)
      call added%predict(x, y_added, work, error)
      call check_equal(failure, y_added, y, 'a gate made by calls')
      call single%load(file, error)
      call single%predict(real(x, sp), y_sp, single_work, error)
      call expect_none(failure, error)
      call check_close(failure, y_sp, real(y, sp), 2e-6_sp, 'real32')
      call gate%clear()
      call added%clear()
      call single%clear()
      call work%clear()
   end subroutine largest_decides

   subroutine threshold_decides(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(gate_dp_t) :: gate
      type(gate_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(3, 3), y(2, 3), a(2, 3)
      integer :: classes(3)
      call write_members()
      call write_sum('test_gate_sum.fkb')
      call write_gate([character(60) :: 'classifier test_gate_sum.fkb', 'threshold 0.75', &
         'constant 0', 'class '//folder//'/a.fkb'])
      x = reshape([0.25_dp, 0.25_dp, 0.25_dp, 0.5_dp, 0.5_dp, 0.5_dp, -1.0_dp, 0.0_dp, 0.0_dp], &
                  [3, 3])
      call gate%load(file, error)
      call expect_none(failure, error)
      call gate%predict(x, y, work, error, classes)
      call expect_none(failure, error)
      call check(failure, all(classes == [1, 2, 1]), 'classes')
      call alone(folder//'/a.fkb', x, a)
      a(:, [1, 3]) = 0
      call check_close(failure, y, a, 1e-14_dp, 'answers')
      call gate%clear()
   end subroutine threshold_decides

   subroutine nan_stays(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(gate_dp_t) :: gate
      type(gate_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp) :: y(2, 20), clean(2, 20), nan
      integer :: classes(20)
      call write_members()
      call example(20, x)
      call write_gate([character(60) :: 'classifier '//folder//'/b.fkb', &
         'class '//folder//'/a.fkb', 'constant 0'])
      call gate%load(file, error)
      call expect_none(failure, error)
      call gate%predict(x, clean, work, error)
      nan = huge(nan)
      nan = nan*10 - nan*10
      x(3, 4) = nan
      call gate%predict(x, y, work, error, classes)
      call expect_none(failure, error)
      call check_equal(failure, classes(4), 0, 'its class')
      call check(failure, .not. any(abs(y(:, 4)) <= huge(nan)), 'the column has numbers')
      call check_close(failure, y(:, :3), clean(:, :3), 1e-14_dp, 'columns before')
      call check_close(failure, y(:, 5:), clean(:, 5:), 1e-14_dp, 'columns after')
      call gate%clear()
   end subroutine nan_stays

   subroutine threads_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: columns = 4000
      type(gate_dp_t) :: gate
      type(gate_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), y(:, :), first(:, :)
      integer, allocatable :: classes(:)
      integer :: most, threads
      most = 0
!$    most = omp_get_max_threads()
      if (most == 0) then
         call skip(failure, 'built without OpenMP')
         return
      end if
      call write_members()
      call write_gate([character(60) :: 'classifier '//folder//'/b.fkb', &
         'class '//folder//'/a.fkb', 'class '//folder//'/c.fkb'])
      call example(columns, x)
      allocate (y(2, columns), classes(columns))
      call gate%load(file, error)
      call expect_none(failure, error)
      threads = 1
      do while (threads <= 4)
!$       call omp_set_num_threads(threads)
         y = -99
         call gate%predict(x, y, work, error, classes)
         call expect_none(failure, error)
         if (threads == 1) first = y
         call check_equal(failure, y, first, decimal(threads)//' threads')
         threads = 2*threads
      end do
!$    call omp_set_num_threads(most)
      call check(failure, all(abs(y) < 98), 'columns are left out')
      call check(failure, all(classes > 0), 'a column has no class')
      call check(failure, any(classes == 1) .and. any(classes == 2), 'only one class')
      call gate%clear()
   end subroutine threads_agree

   subroutine misfits_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: b = 'classifier '//folder//'/b.fkb', a = 'class '//folder//'/a.fkb'
      call write_members()
      call write_unit('test_gate_unit.fkb', [character(1) ::])
      call refuse([character(60) :: a], 'the classifier of a gate comes before its classes')
      call refuse([character(60) :: b], 'has 2 classes, 0 are served')
      call refuse([character(60) :: b, a], 'has 2 classes, 1 are served')
      call refuse([character(60) :: b, a, a, a], 'has 2 classes, this is one more')
      call refuse([character(60) :: b, 'constant 1', 'constant 2'], &
                  'no class is served by a network')
      call refuse([character(60) :: b, b], ':3: a second classifier')
      call refuse([character(60) :: b, 'constant x'], '"x" is not a number')
      call refuse([character(60) :: b, 'constant'], 'expected "constant VALUE ..."')
      call refuse([character(60) :: b, a, 'constant 1 2 3'], '3 constants for 2 outputs')
      call refuse([character(60) :: b, 'constant 1 2 3', a], '3 constants for 2 outputs')
      call refuse([character(60) :: b, 'threshold'], 'expected "threshold VALUE"')
      call refuse([character(60) :: b, 'else a.fkb'], 'unknown word "else"')
      call refuse([character(60) :: b, 'class test_gate_unit.fkb'], 'takes 2 values')
      call refuse([character(60) :: 'threshold 1'], 'no classifier is named')
      call refuse([character(60) :: 'classifier test_gate_none.fkb'], 'test_gate_none.fkb')
   contains
      subroutine refuse(lines, message)
         character(*), intent(in) :: lines(:), message
         type(gate_dp_t) :: gate
         type(error_t), allocatable :: error
         call write_gate(lines)
         call gate%load(file, error)
         call expect(failure, error, message)
         call check_equal(failure, gate%classes(), 0, 'classes')
      end subroutine refuse
   end subroutine misfits_are_refused

   subroutine wrong_calls(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(gate_dp_t) :: gate
      type(gate_workspace_dp_t) :: work
      type(network_dp_t) :: net
      type(error_t), allocatable :: error
      real(dp) :: x(3, 4), y(2, 4), large(4, 4)
      integer :: classes(3)
      x = 0
      call gate%predict(x, y, work, error)
      call expect(failure, error, 'the gate has no classifier')
      call small_dense('test_gate_dense.fkb', 'linear')
      call net%load('test_gate_dense.fkb', error)
      call gate%add(net, error)
      call expect(failure, error, 'the classifier of a gate comes before')
      call gate%set_classifier(net, error)
      call expect_none(failure, error)
      call gate%add(net, error)
      call gate%predict(x, y, work, error)
      call expect(failure, error, 'the classifier has 2 classes, 1 are served')
      call gate%add_constants([0.0_dp], error)
      call gate%predict(x, y(:, :3), work, error)
      call expect(failure, error, 'the inputs have 4 columns, the outputs 3')
      call gate%predict(x, large, work, error)
      call expect(failure, error, 'the gate gives 2 values, the array has room for 4')
      call gate%predict(x(:2, :), y, work, error)
      call expect(failure, error, 'the classifier: input 1 takes 3 values')
      call gate%predict(x, y, work, error, classes)
      call expect(failure, error, '"classes" has 3 elements for 4 columns')
      call gate%predict(x(:, :0), y(:, :0), work, error)
      call expect_none(failure, error)
      call gate%clear()
   end subroutine wrong_calls

end module test_gate
