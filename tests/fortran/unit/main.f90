!> Runs every unit-test suite. Written by tools/collect_tests.py: run it, do not edit.
program main
   use fkb_testing, only: runner_t, suite_t
   use test_testing, only: collect_testing => collect
   implicit none (type, external)
   type(runner_t) :: runner
   type(suite_t) :: suite
   call collect_testing(suite)
   call runner%run(suite)
   call runner%finish()
end program main
