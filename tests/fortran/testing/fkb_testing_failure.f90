!> What a test reports: nothing when it passes, otherwise one failure or skip with its reason.
module fkb_testing_failure
   implicit none (type, external)
   private
   public :: failure_t, check, fail, skip

   !> The outcome of a test that did not pass. Only the first failure of a test is kept.
   type :: failure_t
      !> What went wrong, or why the test could not run.
      character(:), allocatable :: message
      !> True where the test could not run here (a missing file, a missing compiler feature).
      logical :: skipped = .false.
   end type failure_t

contains

   !> Record a failure, unless the test has failed already.
   subroutine fail(failure, message)
      type(failure_t), allocatable, intent(inout) :: failure !! the test's outcome
      character(*), intent(in) :: message !! what went wrong: what was expected and what was there
      if (allocated(failure)) return
      allocate (failure)
      failure%message = message
   end subroutine fail

   !> Say that the test cannot run here. It is printed and counted, never as a pass.
   subroutine skip(failure, reason)
      type(failure_t), allocatable, intent(inout) :: failure !! the test's outcome
      character(*), intent(in) :: reason !! what is missing
      if (allocated(failure)) return
      allocate (failure)
      failure%message = reason
      failure%skipped = .true.
   end subroutine skip

   !> Fail the test unless a condition holds.
   subroutine check(failure, condition, message)
      type(failure_t), allocatable, intent(inout) :: failure !! the test's outcome
      logical, intent(in) :: condition !! what must be true
      character(*), intent(in) :: message !! what is wrong when it is not
      if (.not. condition) call fail(failure, message)
   end subroutine check

end module fkb_testing_failure
