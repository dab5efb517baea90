!> The ring in one process. ring_mpi.f90 has the same procedures for several.
module ring
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: n_columns
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
      self%first = 1
      self%last = n_columns
   end subroutine begin

   !> The end of the program.
   subroutine finish(self)
      class(ring_t), intent(inout) :: self
      self%last = n_columns
   end subroutine finish

   !> All columns of the ring, in every process.
   subroutine gather(self, own, all_columns)
      class(ring_t), intent(in) :: self
      real(wp), intent(in), contiguous :: own(:, :) !! (values, columns first to last).
      real(wp), intent(out), contiguous :: all_columns(:, :) !! (values, n_columns).
      all_columns(:, self%first:self%last) = own
   end subroutine gather

   !> Whether something is true in any process.
   logical function is_true_anywhere(self, here)
      class(ring_t), intent(in) :: self
      logical, intent(in) :: here !! Whether it is true in this one.
      is_true_anywhere = here .and. self%ranks > 0
   end function is_true_anywhere

   !> End the program with a status other than 0.
   subroutine abandon_all()
      stop 1, quiet=.true.
   end subroutine abandon_all

end module ring
