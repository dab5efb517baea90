! Generated from kernels/fkb_activation_tangents.fypp: edit that file and run tools/generate.py
!> Forward derivatives of activations: dy = J dx. Most Jacobians are diagonal or symmetric, so that
!> the backward kernel serves; log_softmax, sparsemax and glu have kernels of their own.
module fkb_activation_tangents_sp
   use fkb_activation_kernels_sp, only: activate_backward_in_place
   use fkb_activations, only: act_glu, act_log_softmax, act_sparsemax, n_parameters, output_features
   use fkb_column_activations_sp, only: glu_tangent, log_softmax_tangent, sparsemax_tangent
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: activate_tangent, activate_tangent_in_place

contains

   !> dy = J(x) dx
   pure subroutine activate_tangent(id, parameters, n, batch, x, y, dx, dy)
      integer, intent(in) :: id                            !! one of the `act_*` constants
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: x(n, batch)
      real(wp), intent(in) :: y(output_features(id, n), batch)
      real(wp), intent(in) :: dx(n, batch)
      real(wp), intent(out) :: dy(output_features(id, n), batch)
      if (id == act_glu) then
         call glu_tangent(n, batch, x, dx, dy)
      else
         dy = dx
         call activate_tangent_in_place(id, parameters, n, batch, x, y, dy)
      end if
   end subroutine activate_tangent

   !> d = J(x) d; not for glu
   pure subroutine activate_tangent_in_place(id, parameters, n, batch, x, y, d)
      integer, intent(in) :: id                            !! one of the `act_*` constants but glu
      real(wp), intent(in) :: parameters(n_parameters)
      integer, intent(in) :: n, batch
      real(wp), intent(in) :: x(n, batch)                  !! or y, see `backward_needs_input`
      real(wp), intent(in) :: y(n, batch)
      real(wp), intent(inout) :: d(n, batch)               !! in: direction of x; out: of y
      select case (id)
      case (act_log_softmax)
         call log_softmax_tangent(n, batch, y, d)
      case (act_sparsemax)
         call sparsemax_tangent(n, batch, x, d)
      case default
         call activate_backward_in_place(id, parameters, n, batch, x, y, d)
      end select
   end subroutine activate_tangent_in_place

end module fkb_activation_tangents_sp
