! Generated from c_api/fkb_bridge_derivatives.fypp: edit that file and run tools/generate.py
!> What the C interface does with derivatives of a network of this kind.
module fkb_bridge_derivatives_dp
   use fkb_bridge_dp, only: attach, network_shapes
   use fkb_c_array, only: c_array_t
   use fkb_derivatives_dp, only: derivatives_t
   use fkb_error, only: error_t
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: wp => dp
   use fkb_network_dp, only: network_t
   use fkb_shape, only: shape_t
   use fkb_state_dp, only: state_t
   implicit none (type, external)
   private
   public :: bridge_jvp, bridge_vjp, bridge_jacobian

contains

   !> Outputs and their directions.
   subroutine bridge_jvp(net, slopes, inputs, dx, y, dy, error, dparams, state, dstate)
      type(network_t), intent(in) :: net
      type(derivatives_t), intent(inout) :: slopes
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in), optional :: dx(:)    !! directions, one per input
      type(c_array_t), intent(in) :: y(:), dy(:)        !! one per output, overwritten
      type(error_t), allocatable, intent(out) :: error
      real(wp), intent(in), contiguous, optional :: dparams(:)
      type(state_t), intent(inout), optional :: state, dstate
      type(host_t) :: x(size(inputs)), directions(size(inputs)), ys(size(y)), dys(size(dy))
      type(shape_t) :: shapes(size(inputs))
      call attach(inputs, x, error)
      if (present(dx) .and. .not. allocated(error)) call attach(dx, directions, error)
      if (.not. allocated(error)) call attach(y, ys, error)
      if (.not. allocated(error)) call attach(dy, dys, error)
      if (.not. allocated(error)) call network_shapes(net, inputs, .false., shapes, error)
      if (allocated(error)) return
      call slopes%jvp_hosts(net, x, directions, ys, dys, error, dparams, state, dstate, shapes)
   end subroutine bridge_jvp

   !> Outputs and the gradients of sum(w*y).
   subroutine bridge_vjp(net, slopes, inputs, w, y, dx, error, gparams, state, gstate)
      type(network_t), intent(in) :: net
      type(derivatives_t), intent(inout) :: slopes
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in) :: w(:)               !! one per output
      type(c_array_t), intent(in) :: y(:)               !! one per output, overwritten
      type(c_array_t), intent(in) :: dx(:)              !! one per input, overwritten
      type(error_t), allocatable, intent(out) :: error
      real(wp), intent(out), contiguous, optional :: gparams(:)
      type(state_t), intent(inout), optional :: state, gstate
      type(host_t) :: x(size(inputs)), gradients(size(dx)), ws(size(w)), ys(size(y))
      type(shape_t) :: shapes(size(inputs))
      if (present(gparams)) gparams = 0
      call attach(inputs, x, error)
      if (.not. allocated(error)) call attach(w, ws, error)
      if (.not. allocated(error)) call attach(y, ys, error)
      if (.not. allocated(error)) call attach(dx, gradients, error)
      if (.not. allocated(error)) call network_shapes(net, inputs, .false., shapes, error)
      if (allocated(error)) return
      call slopes%vjp_hosts(net, x, ws, gradients, error, gparams, ys, state, gstate, shapes)
   end subroutine bridge_vjp

   !> The Jacobian of an output with respect to an input.
   subroutine bridge_jacobian(net, slopes, inputs, output, input, jac, error, state)
      type(network_t), intent(in) :: net
      type(derivatives_t), intent(inout) :: slopes
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      integer, intent(in) :: output, input              !! from 1
      type(c_array_t), intent(in) :: jac                !! [batch][inputs][outputs] in C's order
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(inout), optional :: state
      type(host_t) :: x(size(inputs)), values(1)
      type(c_array_t) :: flat
      type(shape_t) :: shapes(size(inputs))
      flat = jac
      flat%rank = 2
      flat%shape(:2) = [jac%shape(1)*jac%shape(2), jac%shape(3)]
      call attach(inputs, x, error)
      if (.not. allocated(error)) call attach([flat], values, error)
      if (.not. allocated(error)) call network_shapes(net, inputs, .false., shapes, error)
      if (allocated(error)) return
      call slopes%jacobian_hosts(net, x, output, input, values(1), error, state, shapes)
   end subroutine bridge_jacobian

end module fkb_bridge_derivatives_dp
