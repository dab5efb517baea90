!> Training over the ranks of an MPI program: each rank has its own samples, all make the same
!> steps. Usage: mpiexec -n 4 mpi_training MODEL.fkb LEARNED.fkb
program train
   use, intrinsic :: iso_fortran_env, only: error_unit
   use fkb_mpi_sp, only: check_same_weights, load_on_all, mpi_reduction_t
   use fkb_sp, only: adam_t, error_t, mean_squared_error_t, network_t, trainer_t
   use mpi_f08, only: MPI_Abort, MPI_COMM_WORLD, MPI_Finalize, MPI_Init
   implicit none (type, external)
   integer, parameter :: columns = 64, steps = 200
   type(network_t), target :: net
   type(trainer_t) :: trainer
   type(mpi_reduction_t) :: ranks
   type(error_t), allocatable :: error
   character(1024) :: model, learned
   real :: x(4, columns), y(2, columns), loss
   integer :: step

   call get_command_argument(1, model)
   call get_command_argument(2, learned)
   call MPI_Init()
   call ranks%begin(MPI_COMM_WORLD)
   call load_on_all(net, trim(model), MPI_COMM_WORLD, error)      ! one rank reads the file
   call check()
   call trainer%init(net, mean_squared_error_t(), adam_t(learning_rate=0.01), error, seed=1)
   call check()
   call trainer%reduce_over(ranks, error)
   call check()
   do step = 1, steps
      call make_samples(ranks%rank, step)
      call trainer%step(x, y, loss, error)                            ! loss: of all ranks
      call check()
      if (ranks%rank == 0 .and. mod(step, 50) == 0) print '(a,i4,a,es10.3)', 'step', step, &
         '  loss', loss
   end do
   call check_same_weights(net, MPI_COMM_WORLD, error)
   call check()
   if (ranks%rank == 0) call trainer%save(trim(learned), error)
   call check()
   call MPI_Finalize()

contains

   !> The columns of this rank: other ones on each rank and in each step.
   subroutine make_samples(rank, step)
      integer, intent(in) :: rank, step
      integer :: i, j
      do j = 1, columns
         x(:, j) = [(sin(0.37*i*(j + columns*rank) + 0.11*step*i), i=1, 4)]
      end do
      y = x(:2, :)*x(3:, :)
   end subroutine make_samples

   !> A rank that cannot go on stops them all, those that would have said the same too.
   subroutine check()
      if (.not. allocated(error)) return
      write (error_unit, '(a,i0,2a)') 'rank ', ranks%rank, ': ', error%message
      flush (error_unit)
      call MPI_Abort(MPI_COMM_WORLD, 1)
   end subroutine check

end program train
