! Generated from train/fkb_reduction.fypp: edit that file and run tools/generate.py
!> The contract of a reduction: sums over the ranks of a parallel training.
!>
!> Each rank has its own samples of a batch; a trainer that is given a reduction makes the same step
!> on all of them, from the gradient of the whole batch. MPI's is `mpi_reduction_t` of `fkb_mpi`.
module fkb_reduction_sp
   use fkb_kinds, only: dp, wp => sp
   implicit none (type, external)
   private
   public :: reduction_t

   !> Sums over ranks. All ranks call the same procedures in the same order.
   type, abstract :: reduction_t
      integer :: rank = 0                !! of this one, from 0
      integer :: ranks = 1               !! how many there are
   contains
      procedure(add_values_i), deferred :: add_values
      procedure(add_gradient_i), deferred :: add_gradient
   end type reduction_t

   abstract interface

      !> Replace some numbers by their sums over all ranks, the same bits on each.
      subroutine add_values_i(self, values)
         import :: reduction_t, dp
         implicit none (type, external)
         class(reduction_t), intent(in) :: self
         real(dp), intent(inout), contiguous :: values(:)
      end subroutine add_values_i

      !> Replace the gradient of the flat vector by the sum over all ranks, the same bits on each.
      subroutine add_gradient_i(self, grad)
         import :: reduction_t, wp
         implicit none (type, external)
         class(reduction_t), intent(in) :: self
         real(wp), intent(inout), contiguous :: grad(:)    !! (weights)
      end subroutine add_gradient_i

   end interface

end module fkb_reduction_sp
