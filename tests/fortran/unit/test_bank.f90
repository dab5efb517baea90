!> Banks: many networks in one call, each with its own inputs and its own places.
module test_bank
   use ensemble_cases, only: example, expect, expect_none, folder, write_members, write_unit
   use fkb, only: bank_dp_t, bank_sp_t, bank_workspace_dp_t, bank_workspace_sp_t, dp, error_t, &
      network_dp_t, sp, workspace_dp_t
   use fkb_testing, only: check, check_close, check_equal, failure_t, skip, suite_t
   use fkb_text, only: decimal
   use model_files, only: two_ends, write_lines
!$ use omp_lib, only: omp_get_max_threads, omp_set_num_threads
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_bank.txt'

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'bank'
      call suite%add('outputs go to their places', outputs_go_to_places)
      call suite%add('networks select inputs of their own', inputs_are_selected)
      call suite%add('answers are the same bits for one, two and four threads', threads_agree)
      call suite%add('places and networks that do not fit are refused', misfits_are_refused)
      call suite%add('calls with wrong arrays are refused', wrong_calls)
   end subroutine collect

   subroutine outputs_go_to_places(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(bank_dp_t) :: bank, added
      type(bank_sp_t) :: single
      type(bank_workspace_dp_t) :: work
      type(bank_workspace_sp_t) :: single_work
      type(network_dp_t) :: net
      type(workspace_dp_t) :: net_work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp) :: y(6, 9), a(2, 9), b(2, 9), c(2, 9), y_added(6, 9)
      real(sp) :: y_sp(6, 9)
      call write_members()
      call example(9, x)
      call write_lines(file, [character(60) :: 'fkb bank 1', 'member '//folder//'/a.fkb 2-3', &
         'member '//folder//'/b.fkb 4 1', 'member '//folder//'/c.fkb   # 5-6'])
      call bank%load(file, error)
      call expect_none(failure, error)
      call check_equal(failure, bank%networks(), 3, 'networks')
      call check_equal(failure, bank%outputs(), 6, 'outputs')
      call bank%predict(x, y, work, error)
      call expect_none(failure, error)
      call net%load(folder//'/a.fkb', error)
      call net%predict(x, a, net_work, error)
      call added%add(net, error, places=[2, 3])
      call net%load(folder//'/b.fkb', error)
      call net%predict(x, b, net_work, error)
      call added%add(net, error, places=[4, 1])
      call net%load(folder//'/c.fkb', error)
      call net%predict(x, c, net_work, error)
      call added%add(net, error)
      call check_equal(failure, y(2:3, :), a, 'the first network')
      call check_equal(failure, y([4, 1], :), b, 'the second network')
      call check_equal(failure, y(5:6, :), c, 'the third network')
      call added%predict(x, y_added, work, error)
      call expect_none(failure, error)
      call check_equal(failure, y_added, y, 'a bank made by calls')
      call single%load(file, error)
      call single%predict(real(x, sp), y_sp, single_work, error)
      call expect_none(failure, error)
      call check_close(failure, y_sp, real(y, sp), 2e-6_sp, 'real32')
      call bank%clear()
      call added%clear()
      call single%clear()
      call work%clear()
   end subroutine outputs_go_to_places

   !> y = the two elements that each selects of three.
   subroutine inputs_are_selected(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: chosen(3) = ['[1,2]', '[2,0]', '[0,1]']
      integer, parameter :: rows(6) = [2, 3, 3, 1, 1, 2]
      type(bank_dp_t) :: bank
      type(bank_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp) :: y(6, 9)
      integer :: k
      do k = 1, 3
         call write_unit('test_bank_'//decimal(k)//'.fkb', [character(60) :: 'input 0 "in"', &
            'size = 3', 'step select '//chosen(k), 'end'])
      end do
      call write_lines(file, [character(60) :: 'fkb bank 1', 'member test_bank_1.fkb', &
         'member test_bank_2.fkb', 'member test_bank_3.fkb'])
      call example(9, x)
      call bank%load(file, error)
      call expect_none(failure, error)
      call bank%predict(x, y, work, error)
      call expect_none(failure, error)
      call check_close(failure, y, x(rows, :), 1e-15_dp, 'selected')
      call bank%clear()
   end subroutine inputs_are_selected

   subroutine threads_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: columns = 2000
      type(bank_dp_t) :: bank
      type(bank_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp), allocatable :: y(:, :), first(:, :)
      integer :: most, threads
      most = 0
!$    most = omp_get_max_threads()
      if (most == 0) then
         call skip(failure, 'built without OpenMP')
         return
      end if
      call write_members()
      call write_lines(file, [character(60) :: 'fkb bank 1', 'member '//folder//'/a.fkb', &
         'member '//folder//'/b.fkb', 'member '//folder//'/c.fkb', 'member '//folder//'/d.fkb'])
      call example(columns, x)
      allocate (y(8, columns))
      call bank%load(file, error)
      call expect_none(failure, error)
      threads = 1
      do while (threads <= 4)
!$       call omp_set_num_threads(threads)
         y = -99
         call bank%predict(x, y, work, error)
         call expect_none(failure, error)
         if (threads == 1) first = y
         call check_equal(failure, y, first, decimal(threads)//' threads')
         threads = 2*threads
      end do
!$    call omp_set_num_threads(most)
      call check(failure, all(abs(y) < 98), 'places are left out')
      call bank%clear()
   end subroutine threads_agree

   subroutine misfits_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: a = 'member '//folder//'/a.fkb'
      call write_members()
      call two_ends('test_bank_two.fkb')
      call write_unit('test_bank_unit.fkb', [character(1) ::])
      call refuse([character(60) :: 'fkb gate 1'], 'the first line is not "fkb bank 1"')
      call refuse([character(60) :: 'fkb bank 1'], 'test_bank_bad.txt: the bank has no network')
      call refuse([character(60) :: 'fkb bank 1', 'noise 3'], 'unknown word "noise"')
      call refuse([character(60) :: 'fkb bank 1', a//' 1-3'], 'gives 2 values, 3 places are named')
      call refuse([character(60) :: 'fkb bank 1', a//' 0-1'], '"0-1" is no place')
      call refuse([character(60) :: 'fkb bank 1', a//' 2-1'], '"2-1" is no place')
      call refuse([character(60) :: 'fkb bank 1', a//' -1'], '"-1" is no place')
      call refuse([character(60) :: 'fkb bank 1', a//' 1-'], '"1-" is no place')
      call refuse([character(60) :: 'fkb bank 1', a//' one'], '"one" is no place')
      call refuse([character(60) :: 'fkb bank 1', a//' 1-99999999'], 'is no place')
      call refuse([character(60) :: 'fkb bank 1', a//' 2-3'], &
                  'no network of the bank gives output 1')
      call refuse([character(60) :: 'fkb bank 1', a//' 1-2', a//' 2-3'], 'output 2 is given by')
      call refuse([character(60) :: 'fkb bank 1', a, 'member test_bank_unit.fkb'], &
                  'test_bank_bad.txt:3: test_bank_unit.fkb takes 2 values')
      call refuse([character(60) :: 'fkb bank 1', 'member test_bank_two.fkb'], '2 inputs')
      call refuse([character(60) :: 'fkb bank 1', 'member test_bank_none.fkb'], &
                  'test_bank_none.fkb')
   contains
      subroutine refuse(lines, message)
         character(*), intent(in) :: lines(:), message
         type(bank_dp_t) :: bank
         type(error_t), allocatable :: error
         call write_lines('test_bank_bad.txt', lines)
         call bank%load('test_bank_bad.txt', error)
         call expect(failure, error, message)
         call check_equal(failure, bank%networks(), 0, 'networks')
      end subroutine refuse
   end subroutine misfits_are_refused

   subroutine wrong_calls(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(bank_dp_t) :: bank
      type(bank_workspace_dp_t) :: work
      type(network_dp_t) :: net
      type(error_t), allocatable :: error
      real(dp) :: x(3, 4), y(2, 4), large(4, 4)
      x = 0
      call bank%predict(x, y, work, error)
      call expect(failure, error, 'the bank has no network')
      call write_members()
      call net%load(folder//'/a.fkb', error)
      call bank%add(net, error, places=[1, 2])
      call expect_none(failure, error)
      call bank%predict(x, y(:, :3), work, error)
      call expect(failure, error, 'the inputs have 4 columns, the outputs 3')
      call bank%predict(x, large, work, error)
      call expect(failure, error, 'the bank gives 2 values, the array has room for 4')
      call bank%predict(x(:2, :), y, work, error)
      call expect(failure, error, 'network 1: input 1 takes 3 values')
      call bank%predict(x(:, :0), y(:, :0), work, error)
      call expect_none(failure, error)
      call bank%add(net, error, places=[0, 1])
      call expect(failure, error, 'places run from 1')
      call bank%clear()
   end subroutine wrong_calls

end module test_bank
