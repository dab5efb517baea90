!> Networks and files with odd paths and names, and networks that are cleared, copied and frozen.
module test_network_names
   use damaged_texts, only: whole_model
   use fkb_dp, only: dp, error_t, network_t, trainer_t, workspace_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use model_files, only: small_dense, write_lines
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'network_names'
      call suite%add('paths that are no files are errors', odd_paths)
      call suite%add('names with blanks are kept', odd_names)
      call suite%add('clearing twice and copying nothing are harmless', clear_and_copy)
      call suite%add('freezing knows inner layers and outer models', freezing)
   end subroutine collect

   subroutine odd_paths(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: paths(6) = [character(40) :: '.', '/dev/null', '/', '', &
         'no/such/folder/model.fkb', 'names_paths.fkb/model.fkb']
      type(network_t) :: net, other
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(3), y(2), first(2)
      integer :: i
      x = 1
      call small_dense('names_paths.fkb', 'relu')
      call net%load('names_paths.fkb', error)
      if (.not. allocated(error)) call net%predict(x, first, work, error)
      call expect_none(failure, error)
      do i = 1, size(paths)
         call net%load(trim(paths(i)), error)
         call expect(failure, error, trim(paths(i)))
         if (paths(i) /= '/dev/null') then
            call net%save(trim(paths(i)), error)
            call expect(failure, error, trim(paths(i)))
         end if
         call net%predict(x, y, work, error)
         call expect_none(failure, error)
         call check_equal(failure, y, first, 'after '//trim(paths(i)))
      end do
      call net%save(repeat('n', 5000)//'.fkb', error)
      call expect(failure, error, 'nnn')
      call net%load(repeat('n', 5000)//'.fkb', error)
      call expect(failure, error, 'nnn')
      call net%save('names with blanks ä.fkb', error)
      if (.not. allocated(error)) call other%load('names with blanks ä.fkb', error)
      if (.not. allocated(error)) call other%predict(x, y, work, error)
      call expect_none(failure, error)
      call check_equal(failure, y, first, 'saved under a name with blanks')
      call net%clear()
      call other%clear()
   end subroutine odd_paths

   subroutine odd_names(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, again
      type(error_t), allocatable :: error
      call write_lines('names_names.fkb', [character(80) :: 'fkb 1', 'precision float64', &
         'keras "3.15.1"', 'model " m\n " Sequential', 'layer " i i " InputLayer', &
         'batch_shape = [null,1]', 'node [] {}', 'end', 'layer "d/\"ä " Dense', 'units = 1', &
         'use_bias = false', 'node [[" i i ",0,0]] {}', &
         'weight "kernel" float64 [1,1] trainable', 'end', 'inputs [" i i ",0,0]', &
         'outputs ["d/\"ä ",0,0]', 'end', 'checksum none', 'values 1 none', '2', 'end'])
      call net%load('names_names.fkb', error)
      if (.not. allocated(error)) call net%save('names_names.fkb', error)
      if (.not. allocated(error)) call again%load('names_names.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, again%graph%segments(1)%path, 'd/"ä /kernel', 'the path')
      call again%set_trainable('d/"ä ', .false., error)
      call expect_none(failure, error)
      call check(failure, .not. again%graph%segments(1)%trainable, 'not frozen')
      call again%set_trainable('d/"ä', .false., error)
      call expect(failure, error, 'no layer has the path')
      call net%clear()
      call again%clear()
   end subroutine odd_names

   subroutine clear_and_copy(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, none, other
      type(workspace_t) :: work
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(dp) :: x(3), y(2)
      x = 1
      call none%clear()
      call none%clear()
      call work%clear()
      call trainer%clear()
      call trainer%clear()
      call other%copy(none)
      call check(failure, .not. other%loaded(), 'a copy of nothing')
      call small_dense('names_clear.fkb', 'relu')
      call net%load('names_clear.fkb', error)
      call expect_none(failure, error)
      call other%copy(net)
      call other%copy(net)
      call other%predict(x, y, work, error)
      call expect_none(failure, error)
      call other%copy(none)
      call other%predict(x, y, work, error)
      call expect(failure, error, 'no network is loaded')
      call net%clear()
      call net%clear()
      call net%predict(x, y, work, error)
      call expect(failure, error, 'no network is loaded')
      call net%load('names_clear.fkb', error)
      if (.not. allocated(error)) call net%predict(x, y, work, error)
      call expect_none(failure, error)
      call check_close(failure, y, [9.5_dp, 11.5_dp], 0.0_dp, 'loaded again')
      call net%clear()
   end subroutine clear_and_copy

   subroutine freezing(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      call whole_model('names_freeze.fkb')
      call net%load('names_freeze.fkb', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, count(net%graph%segments%trainable), 5, 'at first')
      call net%set_trainable('inner', .false., error)
      call expect_none(failure, error)
      call check_equal(failure, count(net%graph%segments%trainable), 1, 'inner model frozen')
      call net%set_trainable('inner/hidden', .true., error)
      call expect(failure, error, 'stays frozen')
      call check_equal(failure, count(net%graph%segments%trainable), 1, 'still frozen')
      call net%set_trainable('inner', .true., error)
      call expect_none(failure, error)
      call check_equal(failure, count(net%graph%segments%trainable), 5, 'thawed')
      call net%set_trainable('inn', .false., error)
      call expect(failure, error, 'no layer has the path "inn"')
      call net%set_trainable('inner/', .false., error)
      call expect(failure, error, 'no layer has the path')
      call net%set_trainable('', .false., error)
      call expect_none(failure, error)
      call check_equal(failure, count(net%graph%segments%trainable), 0, 'all frozen')
      call net%set_trainable('', .true., error)
      call expect_none(failure, error)
      call check_equal(failure, count(net%graph%segments%trainable), 5, 'all thawed')
      call net%clear()
   end subroutine freezing

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

end module test_network_names
