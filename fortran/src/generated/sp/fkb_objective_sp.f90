! Generated from train/fkb_objective.fypp: edit that file and run tools/generate.py
!> What a method for the whole data minimizes: a function of the flat vector with its gradient.
module fkb_objective_sp
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => sp
   implicit none (type, external)
   private
   public :: objective_t

   !> A function of the weights. Extend it and implement `evaluate`; the same weights must give the
   !> same value.
   type, abstract :: objective_t
   contains
      procedure(evaluate_i), deferred :: evaluate
      procedure :: accepted
   end type objective_t

   abstract interface

      !> Value and gradient. An error ends the search; where the function has no value, give a value
      !> that is not finite, and a shorter step is tried.
      subroutine evaluate_i(self, params, value, grad, error)
         import :: dp, error_t, objective_t, wp
         implicit none (type, external)
         class(objective_t), intent(inout) :: self
         real(wp), intent(in), contiguous :: params(:)
         real(dp), intent(out) :: value
         real(wp), intent(out), contiguous :: grad(:)
         type(error_t), allocatable, intent(out) :: error
      end subroutine evaluate_i

   end interface

contains

   !> Called once for each step that is taken, right after the evaluation at its end.
   subroutine accepted(self)
      class(objective_t), intent(inout) :: self
      associate (unused => self)
      end associate
   end subroutine accepted

end module fkb_objective_sp
