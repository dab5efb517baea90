! Generated from network/fkb_derivatives.fypp: edit that file and run tools/generate.py
!> Derivatives of a network as it predicts, for data assimilation and sensitivities: products of its
!> Jacobian with directions (tangent-linear) and of the transposed one with gradients (adjoint).
!>
!>     type(derivatives_t) :: slopes                              ! memory of one thread
!>     call slopes%jvp(net, x, dx, y, dy, error)                  ! y = f(x), dy = J dx
!>     call slopes%vjp(net, x, w, dx, error)                      ! dx = J' w
!>     call slopes%jacobian(net, x, jac, error)                   ! (outputs, inputs, batch)
!>
!> Arrays are those of the host, so the steps of the file's ports are part of the function. Layers
!> run as in inference. Whole numbers and masks have no derivative: it is 0.
module fkb_derivatives_dp
   use fkb_error, only: error_t
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_layer_dp, only: mode_t, view_t
   use fkb_network_dp, only: network_t, workspace_t
   use fkb_shape, only: shape_t
   use fkb_state_dp, only: state_t
   use fkb_views, only: view_sp_t, view_dp_t
   implicit none (type, external)
   private
   public :: derivatives_t

   !> What one thread works in. It grows when larger batches come.
   type :: derivatives_t
      private
      type(workspace_t) :: work
      real(wp), allocatable :: gradient(:)            !! of all weights, where nobody asks for it
   contains
      generic :: jvp => jvp_sp, jvp_dp, jvp_many_sp, jvp_many_dp
      generic :: vjp => vjp_sp, vjp_dp, vjp_many_sp, vjp_many_dp
      generic :: jacobian => jacobian_sp, jacobian_dp, jacobian_many_sp, jacobian_many_dp
      procedure, public :: jvp_hosts
      procedure, public :: vjp_hosts
      procedure, public :: jacobian_hosts
      procedure, public :: clear => clear_derivatives
      procedure :: jvp_sp, jvp_dp, jvp_many_sp, jvp_many_dp
      procedure :: vjp_sp, vjp_dp, vjp_many_sp, vjp_many_dp
      procedure :: jacobian_sp, jacobian_dp, jacobian_many_sp, jacobian_many_dp
   end type derivatives_t

   interface

      !> Outputs and their directions for any kinds, inputs and outputs. An array that is missing
      !> (a host without one) is a direction of zeros, or an output that nobody wants. Raises an
      !> error that names a layer without forward derivative, and for arrays that do not fit.
      module subroutine jvp_hosts(self, net, x, dx, y, dy, error, dparams, state, dstate, shapes)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(host_t), intent(in) :: x(:), dx(:)                !! one per input
         type(host_t), intent(in) :: y(:), dy(:)                !! one per output, overwritten
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(in), contiguous, optional :: dparams(:)   !! direction of `net%params`
         type(state_t), intent(inout), optional :: state        !! as in `predict`
         type(state_t), intent(inout), optional :: dstate       !! direction of the state: in of the
         !!                                                        old, out of the new one
         type(shape_t), intent(in), optional :: shapes(:)       !! closed, where several are open
      end subroutine jvp_hosts

      !> Gradients of sum(w*y) for the inputs, and for all weights, summed over the batch. An array
      !> that is missing is a weight of zeros, or a gradient that nobody wants.
      module subroutine vjp_hosts(self, net, x, w, dx, error, gparams, y, state, gstate, shapes)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(host_t), intent(in) :: x(:)                       !! one per input
         type(host_t), intent(in) :: w(:)                       !! one per output
         type(host_t), intent(in) :: dx(:)                      !! one per input, overwritten
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(out), contiguous, optional :: gparams(:)  !! gradient of `net%params`
         type(host_t), intent(in), optional :: y(:)             !! one per output, overwritten
         type(state_t), intent(in), optional :: state           !! at the call's beginning
         type(state_t), intent(inout), optional :: gstate       !! gradient of the state: in of the
         !!                                                        new, out of the old one
         type(shape_t), intent(in), optional :: shapes(:)
      end subroutine vjp_hosts

      !> The Jacobian of output `output` with respect to input `input`, sample by sample, from as
      !> many directions as inputs or outputs have values, whichever are fewer.
      module subroutine jacobian_hosts(self, net, x, output, input, jac, error, state, shapes)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(host_t), intent(in) :: x(:)                       !! one per input
         integer, intent(in) :: output, input                   !! from 1
         type(host_t), intent(in) :: jac                        !! (n_out, n_in*batch), overwritten
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(in), optional :: state
         type(shape_t), intent(in), optional :: shapes(:)
      end subroutine jacobian_hosts

      !> y = f(x) and dy = J dx, plus the part of `dparams` and `dstate` where they are given.
      module subroutine jvp_sp(self, net, x, dx, y, dy, error, dparams, state, dstate)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         real(sp), intent(in), contiguous, target :: x(:, :), dx(:, :)    !! (features, batch)
         real(sp), intent(inout), contiguous, target :: y(:, :), dy(:, :) !! (features, batch)
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(in), contiguous, optional :: dparams(:)
         type(state_t), intent(inout), optional :: state, dstate
      end subroutine jvp_sp

      !> The same for several inputs and outputs; a view of nothing is a direction of zeros.
      module subroutine jvp_many_sp(self, net, x, dx, y, dy, error, dparams, state, dstate)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(view_sp_t), intent(in) :: x(:), dx(:), y(:), dy(:)
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(in), contiguous, optional :: dparams(:)
         type(state_t), intent(inout), optional :: state, dstate
      end subroutine jvp_many_sp

      !> dx = J' w, and the gradients of weights and state where they are asked for.
      module subroutine vjp_sp(self, net, x, w, dx, error, gparams, y, state, gstate)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         real(sp), intent(in), contiguous, target :: x(:, :), w(:, :)     !! (features, batch)
         real(sp), intent(inout), contiguous, target :: dx(:, :)          !! (features, batch)
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(out), contiguous, optional :: gparams(:)
         real(sp), intent(inout), contiguous, target, optional :: y(:, :)
         type(state_t), intent(in), optional :: state
         type(state_t), intent(inout), optional :: gstate
      end subroutine vjp_sp

      !> The same for several inputs and outputs; a view of nothing is a weight of zeros, or a
      !> gradient that nobody wants.
      module subroutine vjp_many_sp(self, net, x, w, dx, error, gparams, state, gstate)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(view_sp_t), intent(in) :: x(:), w(:), dx(:)
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(out), contiguous, optional :: gparams(:)
         type(state_t), intent(in), optional :: state
         type(state_t), intent(inout), optional :: gstate
      end subroutine vjp_many_sp

      !> jac(i, j, s) = d y(i, s)/d x(j, s)
      module subroutine jacobian_sp(self, net, x, jac, error, state)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         real(sp), intent(in), contiguous, target :: x(:, :)              !! (features, batch)
         real(sp), intent(inout), contiguous, target :: jac(:, :, :)
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(in), optional :: state
      end subroutine jacobian_sp

      !> The same for one output and one input of several.
      module subroutine jacobian_many_sp(self, net, x, output, input, jac, error, state)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(view_sp_t), intent(in) :: x(:)
         integer, intent(in) :: output, input                                   !! from 1
         real(sp), intent(inout), contiguous, target :: jac(:, :, :)
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(in), optional :: state
      end subroutine jacobian_many_sp

      !> y = f(x) and dy = J dx, plus the part of `dparams` and `dstate` where they are given.
      module subroutine jvp_dp(self, net, x, dx, y, dy, error, dparams, state, dstate)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         real(dp), intent(in), contiguous, target :: x(:, :), dx(:, :)    !! (features, batch)
         real(dp), intent(inout), contiguous, target :: y(:, :), dy(:, :) !! (features, batch)
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(in), contiguous, optional :: dparams(:)
         type(state_t), intent(inout), optional :: state, dstate
      end subroutine jvp_dp

      !> The same for several inputs and outputs; a view of nothing is a direction of zeros.
      module subroutine jvp_many_dp(self, net, x, dx, y, dy, error, dparams, state, dstate)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(view_dp_t), intent(in) :: x(:), dx(:), y(:), dy(:)
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(in), contiguous, optional :: dparams(:)
         type(state_t), intent(inout), optional :: state, dstate
      end subroutine jvp_many_dp

      !> dx = J' w, and the gradients of weights and state where they are asked for.
      module subroutine vjp_dp(self, net, x, w, dx, error, gparams, y, state, gstate)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         real(dp), intent(in), contiguous, target :: x(:, :), w(:, :)     !! (features, batch)
         real(dp), intent(inout), contiguous, target :: dx(:, :)          !! (features, batch)
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(out), contiguous, optional :: gparams(:)
         real(dp), intent(inout), contiguous, target, optional :: y(:, :)
         type(state_t), intent(in), optional :: state
         type(state_t), intent(inout), optional :: gstate
      end subroutine vjp_dp

      !> The same for several inputs and outputs; a view of nothing is a weight of zeros, or a
      !> gradient that nobody wants.
      module subroutine vjp_many_dp(self, net, x, w, dx, error, gparams, state, gstate)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(view_dp_t), intent(in) :: x(:), w(:), dx(:)
         type(error_t), allocatable, intent(out) :: error
         real(wp), intent(out), contiguous, optional :: gparams(:)
         type(state_t), intent(in), optional :: state
         type(state_t), intent(inout), optional :: gstate
      end subroutine vjp_many_dp

      !> jac(i, j, s) = d y(i, s)/d x(j, s)
      module subroutine jacobian_dp(self, net, x, jac, error, state)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         real(dp), intent(in), contiguous, target :: x(:, :)              !! (features, batch)
         real(dp), intent(inout), contiguous, target :: jac(:, :, :)
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(in), optional :: state
      end subroutine jacobian_dp

      !> The same for one output and one input of several.
      module subroutine jacobian_many_dp(self, net, x, output, input, jac, error, state)
         class(derivatives_t), intent(inout), target :: self
         type(network_t), intent(in) :: net
         type(view_dp_t), intent(in) :: x(:)
         integer, intent(in) :: output, input                                   !! from 1
         real(dp), intent(inout), contiguous, target :: jac(:, :, :)
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(in), optional :: state
      end subroutine jacobian_many_dp

      !> Make the workspace ready for a block of columns. Raises an error for arrays that do not
      !> fit, for a missing state, and, unless `only_back`, for a layer without forward derivative.
      module subroutine make_ready(self, net, x, state_columns, columns, only_back, error, shapes)
         class(derivatives_t), intent(inout) :: self
         type(network_t), intent(in) :: net
         type(host_t), intent(in) :: x(:)
         integer, intent(in) :: state_columns                   !! -1: no state was given
         integer, intent(out) :: columns                        !! of a block
         logical, intent(in) :: only_back
         type(error_t), allocatable, intent(out) :: error
         type(shape_t), intent(in), optional :: shapes(:)
      end subroutine make_ready

      !> Raise an error unless these arrays have a place for each value of a sample.
      module subroutine check_arrays(arrays, features, batch, what, error)
         type(host_t), intent(in) :: arrays(:)
         integer, intent(in) :: features(:), batch
         character(*), intent(in) :: what                       !! such as `input`
         type(error_t), allocatable, intent(inout) :: error
      end subroutine check_arrays

      !> Values of a sample that the host has at each input or output.
      module function host_features(self, net, of_inputs) result(features)
         class(derivatives_t), intent(in), target :: self
         type(network_t), intent(in) :: net
         logical, intent(in) :: of_inputs
         integer, allocatable :: features(:)
      end function host_features

   end interface

contains

   !> Release all memory.
   subroutine clear_derivatives(self)
      class(derivatives_t), intent(inout) :: self
      call self%work%clear()
      if (allocated(self%gradient)) deallocate (self%gradient)
   end subroutine clear_derivatives

end module fkb_derivatives_dp
