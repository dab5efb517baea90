!> Runs every unit-test suite. Written by tools/collect_tests.py: run it, do not edit.
program main
   use fkb_testing, only: runner_t, suite_t
   use test_loss, only: collect_loss => collect
   use test_optimizer, only: collect_optimizer => collect
   use test_testing, only: collect_testing => collect
   implicit none (type, external)
   type(runner_t) :: runner
   type(suite_t) :: suite
   call collect_loss(suite)
   call runner%run(suite)
   call collect_optimizer(suite)
   call runner%run(suite)
   call collect_testing(suite)
   call runner%run(suite)
   call runner%finish()
end program main
