!> The ring over the ranks of MPI: each has a block of whole chunks. The same procedures as in
!! ring_serial.f90.
module ring
   use, intrinsic :: iso_fortran_env, only: error_unit, wp => real64
   use column_grid, only: chunk_size, n_columns
   use mpi_f08, only: MPI_Abort, MPI_Allgather, MPI_Allreduce, MPI_Comm_rank, MPI_Comm_size, &
      MPI_COMM_WORLD, MPI_DOUBLE_PRECISION, MPI_Finalize, MPI_Init_thread, MPI_LOGICAL, MPI_LOR, &
      MPI_THREAD_FUNNELED
   implicit none (type, external)
   private
   public :: ring_t, abandon_all

   !> Which columns of the ring this process has.
   type :: ring_t
      !> This process, from 0, and how many there are.
      integer :: rank = 0, ranks = 1
      !> Its columns on the ring.
      integer :: first = 1, last = n_columns
   contains
      procedure :: begin, finish, gather, is_true_anywhere
   end type ring_t

contains

   !> Find out what this process has to do.
   subroutine begin(self)
      class(ring_t), intent(inout) :: self
      integer :: own, provided
      call MPI_Init_thread(MPI_THREAD_FUNNELED, provided)
      call MPI_Comm_rank(MPI_COMM_WORLD, self%rank)
      call MPI_Comm_size(MPI_COMM_WORLD, self%ranks)
      own = n_columns/self%ranks
      if (modulo(n_columns, self%ranks*chunk_size) /= 0) then
         if (self%rank == 0) write (error_unit, "(3(a,i0))") "column_physics: ", &
            n_columns/chunk_size, " chunks of columns cannot be shared by ", self%ranks, " ranks"
         call abandon_all()
      end if
      self%first = self%rank*own + 1
      self%last = self%first + own - 1
   end subroutine begin

   !> The end of the program.
   subroutine finish(self)
      class(ring_t), intent(inout) :: self
      if (self%ranks > 0) call MPI_Finalize()
   end subroutine finish

   !> All columns of the ring, in every process.
   subroutine gather(self, own, all_columns)
      class(ring_t), intent(in) :: self
      real(wp), intent(in), contiguous :: own(:, :) !! (values, columns first to last).
      real(wp), intent(out), contiguous :: all_columns(:, :) !! (values, n_columns).
      if (self%ranks > 0) call MPI_Allgather(own, size(own), MPI_DOUBLE_PRECISION, all_columns, &
         size(own), MPI_DOUBLE_PRECISION, MPI_COMM_WORLD)
   end subroutine gather

   !> Whether something is true in any process.
   logical function is_true_anywhere(self, here)
      class(ring_t), intent(in) :: self
      logical, intent(in) :: here !! Whether it is true in this one.
      is_true_anywhere = here
      if (self%ranks > 1) call MPI_Allreduce(here, is_true_anywhere, 1, MPI_LOGICAL, MPI_LOR, &
         MPI_COMM_WORLD)
   end function is_true_anywhere

   !> End all processes with a status other than 0.
   subroutine abandon_all()
      call MPI_Abort(MPI_COMM_WORLD, 1)
   end subroutine abandon_all

end module ring
