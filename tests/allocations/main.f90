!> Runs the tests of what is allocated.
program main
   use fkb_testing, only: runner_t, suite_t
   use test_allocations, only: collect
   implicit none (type, external)
   type(runner_t) :: runner
   type(suite_t) :: suite
   call collect(suite)
   call runner%run(suite)
   call runner%finish()
end program main
