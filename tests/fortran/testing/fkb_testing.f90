!> A small unit-test harness: suites of named tests, at most one failure per test.
!!
!! A test module `test_thing` in `tests/fortran/unit/test_thing.f90` offers one public procedure:
!!
!!     subroutine collect(suite)
!!        type(suite_t), intent(out) :: suite
!!        suite%name = 'thing'
!!        call suite%add('an empty thing has no parts', empty_thing_has_no_parts)
!!     end subroutine collect
!!
!!     subroutine empty_thing_has_no_parts(failure)
!!        type(failure_t), allocatable, intent(out) :: failure
!!        call check_equal(failure, parts(thing), 0, 'the number of parts')
!!     end subroutine empty_thing_has_no_parts
!!
!! `tools/collect_tests.py` writes the program that runs them all.
module fkb_testing
   use, intrinsic :: iso_fortran_env, only: output_unit
   use fkb_testing_failure, only: check, fail, failure_t, skip
   use fkb_testing_values, only: check_close, check_equal
   implicit none (type, external)
   private
   public :: suite_t, runner_t, test_i
   public :: failure_t, check, check_close, check_equal, fail, skip

   abstract interface
      !> A test: leaves `failure` unallocated when it passes.
      subroutine test_i(failure)
         import :: failure_t
         implicit none (type, external)
         type(failure_t), allocatable, intent(out) :: failure
      end subroutine test_i
   end interface

   !> A test and its name.
   type :: entry_t
      character(:), allocatable :: name
      procedure(test_i), pointer, nopass :: test => null()
   end type entry_t

   !> Tests that belong together.
   type :: suite_t
      !> The thing tested, as in the name of the module `test_<name>`.
      character(:), allocatable :: name
      type(entry_t), allocatable, private :: tests(:)
   contains
      procedure :: add
   end type suite_t

   !> Runs suites, counts, and decides the exit status.
   type :: runner_t
      private
      integer :: passed = 0
      integer :: failed = 0
      integer :: skipped = 0
      logical :: listing = .false.
   contains
      procedure :: run
      procedure :: finish
   end type runner_t

contains

   !> Add a test. Its name is a sentence: what holds.
   subroutine add(self, name, test)
      class(suite_t), intent(inout) :: self !! the suite
      character(*), intent(in) :: name !! what the test shows
      procedure(test_i) :: test !! a module procedure
      type(entry_t), allocatable :: longer(:)
      integer :: i, n
      n = 0
      if (allocated(self%tests)) n = size(self%tests)
      allocate (longer(n + 1))
      do i = 1, n
         longer(i)%name = self%tests(i)%name
         longer(i)%test => self%tests(i)%test
      end do
      longer(n + 1)%name = name
      longer(n + 1)%test => test
      call move_alloc(longer, self%tests)
   end subroutine add

   !> Run the tests of a suite that the command line selects.
   !!
   !! Arguments of the program: none (all tests), names of suites, `suite/start of a test's name`,
   !! or `--list` (print the names only).
   subroutine run(self, suite)
      class(runner_t), intent(inout) :: self !! counts what happens
      type(suite_t), intent(in) :: suite !! the tests
      type(failure_t), allocatable :: failure
      character(:), allocatable :: full_name
      integer :: i
      if (asked_for("--list")) self%listing = .true.
      if (.not. allocated(suite%tests)) then
         self%failed = self%failed + 1
         write (output_unit, "(a)") "FAIL "//suite%name//": the suite has no tests"
         return
      end if
      do i = 1, size(suite%tests)
         full_name = suite%name//"/"//suite%tests(i)%name
         if (self%listing) then
            write (output_unit, "(a)") full_name
            cycle
         end if
         if (.not. selected(suite%name, full_name)) cycle
         call suite%tests(i)%test(failure)
         call count_outcome(self, full_name, failure)
      end do
   end subroutine run

   !> Print the closing line `N passed[, N failed][, N skipped]`; stop with status 1 when a test
   !! failed or none was selected.
   subroutine finish(self)
      class(runner_t), intent(in) :: self !! the counts
      character(:), allocatable :: line
      if (self%listing) return
      line = decimal(self%passed)//" passed"
      if (self%failed > 0) line = line//", "//decimal(self%failed)//" failed"
      if (self%skipped > 0) line = line//", "//decimal(self%skipped)//" skipped"
      write (output_unit, "(a)") line
      if (self%passed + self%failed + self%skipped == 0) then
         write (output_unit, "(a)") "no test has the name asked for; --list prints them all"
      end if
      flush (output_unit)
      if (self%failed > 0 .or. self%passed + self%skipped == 0) stop 1, quiet=.true.
   end subroutine finish

   !> Count one test and print what did not pass.
   subroutine count_outcome(self, full_name, failure)
      class(runner_t), intent(inout) :: self
      character(*), intent(in) :: full_name
      type(failure_t), allocatable, intent(in) :: failure
      if (.not. allocated(failure)) then
         self%passed = self%passed + 1
      else if (failure%skipped) then
         self%skipped = self%skipped + 1
         write (output_unit, "(a)") "SKIP "//full_name//": "//failure%message
      else
         self%failed = self%failed + 1
         write (output_unit, "(a)") "FAIL "//full_name//": "//failure%message
      end if
      flush (output_unit)
   end subroutine count_outcome

   !> True where no argument was given, or one of them names the suite or a part of the test's name.
   logical function selected(suite_name, full_name)
      character(*), intent(in) :: suite_name, full_name
      character(:), allocatable :: word
      integer :: i
      selected = command_argument_count() == 0
      do i = 1, command_argument_count()
         word = argument(i)
         if (word == suite_name) selected = .true.
         if (index(word, "/") > 0 .and. index(full_name, word) == 1) selected = .true.
      end do
   end function selected

   !> True where an argument of the program is this word.
   logical function asked_for(word)
      character(*), intent(in) :: word
      integer :: i
      asked_for = .false.
      do i = 1, command_argument_count()
         if (argument(i) == word) asked_for = .true.
      end do
   end function asked_for

   !> Argument `i` of the program.
   function argument(i) result(word)
      integer, intent(in) :: i
      character(:), allocatable :: word
      integer :: length
      call get_command_argument(i, length=length)
      allocate (character(length) :: word)
      call get_command_argument(i, word(:))
   end function argument

   !> An integer as text.
   function decimal(value) result(words)
      integer, intent(in) :: value
      character(:), allocatable :: words
      character(12) :: buffer
      write (buffer, "(i0)") value
      words = trim(buffer)
   end function decimal

end module fkb_testing
