!> Ensembles: where their members come from, and what is refused.
module test_ensemble_files
   use ensemble_cases, only: example, expect, expect_none, folder, make_folder, write_members, &
      write_unit
   use fkb, only: dp, ensemble_dp_t, ensemble_workspace_dp_t, error_t, network_dp_t
   use fkb_testing, only: check_equal, failure_t, suite_t
   use fkb_text, only: decimal
   use model_files, only: two_ends, write_lines
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'ensemble_files'
      call suite%add('a folder, a pattern, a list and a description are the same', sources_agree)
      call suite%add('members that do not fit are refused', misfits_are_refused)
      call suite%add('descriptions with mistakes are refused by line', bad_descriptions)
   end subroutine collect

   subroutine sources_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_dp_t) :: ensemble
      type(network_dp_t) :: net
      type(ensemble_workspace_dp_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :)
      real(dp) :: mean(2, 7), expected(2, 7)
      integer :: k
      call write_members()
      call example(7, x)
      call ensemble%load(folder, error)
      if (.not. allocated(error)) call ensemble%predict(x, expected, work, error)
      call expect_none(failure, error)
      call make_folder('test_ensemble list')
      call write_lines('test_ensemble list/ensemble.txt', [character(60) :: 'fkb ensemble 1', &
         '# all of them', '', 'member ../'//folder//'/a.fkb weight 1.0', &
         'member "../'//folder//'/b.fkb"   # in quotes', &
         achar(9)//'member ../'//folder//'/c.fkb copies 1'//achar(13), &
         'member ../'//folder//'/d.fkb weight 1 copies 1', 'seed 3', 'noise 0.0'])
      do k = 1, 5
         select case (k)
         case (1)
            call ensemble%load(folder//'/*.fkb', error)
         case (2)
            call ensemble%load(folder//'/[a-d].fkb', error)
         case (3)
            call ensemble%load('test_ensemble list', error)
         case (4)
            call ensemble%load('test_ensemble list/ensemble.txt', error)
         case default
            call ensemble%load(folder//'/a.fkb', error)
            call net%load(folder//'/b.fkb', error)
            if (.not. allocated(error)) call ensemble%add(net, error)
            call net%load(folder//'/c.fkb', error)
            if (.not. allocated(error)) call ensemble%add(net, error)
            call net%load(folder//'/d.fkb', error)
            if (.not. allocated(error)) call ensemble%add(net, error)
         end select
         mean = 0
         if (.not. allocated(error)) call ensemble%predict(x, mean, work, error)
         call expect_none(failure, error)
         call check_equal(failure, mean, expected, 'source '//decimal(k))
         call check_equal(failure, ensemble%members(), 4, 'members of source '//decimal(k))
      end do
      call ensemble%clear()
   end subroutine sources_agree

   subroutine misfits_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(ensemble_dp_t) :: ensemble
      type(network_dp_t) :: net, none
      type(error_t), allocatable :: error
      call write_members()
      call ensemble%load(folder, error)
      call expect_none(failure, error)
      call ensemble%load('test_ensemble_nothing', error)
      call expect(failure, error, 'no file is there that matches "test_ensemble_nothing"')
      call make_folder('test_ensemble_empty')
      call ensemble%load('test_ensemble_empty', error)
      call expect(failure, error, 'test_ensemble_empty holds neither ensemble.txt nor a file *.fkb')
      call ensemble%load_files([character(40) :: folder//'/a.fkb', 'test_ensemble_none.fkb'], error)
      call expect(failure, error, 'test_ensemble_none.fkb')
      call ensemble%load_files([character(40) ::], error)
      call expect(failure, error, 'the list of files is empty')
      call ensemble%load_files([folder//'/a.fkb'], error, weights=[1.0_dp, 2.0_dp])
      call expect(failure, error, '1 files but 2 weights')
      call ensemble%add(none, error)
      call expect(failure, error, 'no network is loaded')
      call two_ends('test_ensemble_two.fkb')
      call net%load('test_ensemble_two.fkb', error)
      call ensemble%add(net, error)
      call expect(failure, error, 'has 2 inputs and 2 outputs')
      call write_unit('test_ensemble_unit.fkb', [character(1) ::])
      call net%load('test_ensemble_unit.fkb', error)
      call ensemble%add(net, error)
      call expect(failure, error, 'member 5 takes 2 values and gives 2, '//folder// &
                  '/a.fkb takes 3 and gives 2')
      call net%load(folder//'/a.fkb', error)
      call ensemble%add(net, error, weight=-1.0_dp)
      call expect(failure, error, 'the weight of a member is a finite number, 0 or more')
      call ensemble%add(net, error, copies=0)
      call expect(failure, error, 'a network makes 1 to 100000 members')
      call check_equal(failure, ensemble%members(), 4, 'members that were there before')
      call ensemble%clear()
   end subroutine misfits_are_refused

   subroutine bad_descriptions(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: form = 'expected "member FILE [weight W] [copies N]"'
      call write_members()
      call refuse('fkb bank 1', 'the first line is not "fkb ensemble 1"')
      call refuse('fkb ensemble 2', 'version 2 is not known')
      call refuse('', 'the first line is not')
      call refuse('fkb ensemble 1', 'names no member')
      call refuse('fkb ensemble 1|member', 'test_ensemble_bad.txt:2: '//form)
      call refuse('fkb ensemble 1|# no|member a.fkb weight', 'test_ensemble_bad.txt:3: '//form)
      call refuse('fkb ensemble 1|member a.fkb colour 3', form)
      call refuse('fkb ensemble 1|member a.fkb weight much', '"much" is not a number')
      call refuse('fkb ensemble 1|member a.fkb copies 1.5', '"1.5" is not an integer')
      call refuse('fkb ensemble 1|member '//folder//'/a.fkb copies 0', ':2: ')
      call refuse('fkb ensemble 1|members a.fkb', 'unknown word "members"')
      call refuse('fkb ensemble 1|noise -1', 'the noise is negative')
      call refuse('fkb ensemble 1|noise 1 2', 'expected "noise STANDARD_DEVIATION"')
      call refuse('fkb ensemble 1|seed x', '"x" is not an integer')
      call refuse('fkb ensemble 1|seed 99999999999999999999', 'is not an integer')
      call refuse('fkb ensemble 1|member '//repeat('a', 5000), 'longer than 4096 bytes')
      call refuse('fkb ensemble 1|member nowhere.fkb', 'nowhere.fkb')
   contains
      !> Lines, divided by |, that are refused with this message.
      subroutine refuse(text, message)
         character(*), intent(in) :: text, message
         type(ensemble_dp_t) :: ensemble
         type(error_t), allocatable :: error
         integer :: i, unit
         open (newunit=unit, file='test_ensemble_bad.txt', action='write', status='replace', &
               access='stream', form='unformatted')
         do i = 1, len(text)
            if (text(i:i) == '|') then
               write (unit) achar(10)
            else
               write (unit) text(i:i)
            end if
         end do
         write (unit) achar(10)
         close (unit)
         call ensemble%load('test_ensemble_bad.txt', error)
         call expect(failure, error, message)
         call check_equal(failure, ensemble%members(), 0, 'members')
      end subroutine refuse
   end subroutine bad_descriptions

end module test_ensemble_files
