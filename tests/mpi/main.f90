!> Runs the tests on every rank; a rank that fails makes mpiexec fail.
program main
   use fkb_testing, only: runner_t, suite_t
   use mpi_f08, only: MPI_Finalize, MPI_Init
   use test_mpi, only: collect
   implicit none (type, external)
   type(runner_t) :: runner
   type(suite_t) :: suite
   call MPI_Init()
   call collect(suite)
   call runner%run(suite)
   call MPI_Finalize()
   call runner%finish()
end program main
