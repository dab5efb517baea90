! Generated from kernels/fkb_projection_kernels.fypp: edit that file and run tools/generate.py
!> Projections inside a layer: y = activation(kernel x + bias), where the bias may be missing, with
!> gradients that are added to those of other projections of the same input.
module fkb_projection_kernels_dp
   use fkb_activations, only: n_parameters
   use fkb_dense_kernels_dp, only: dense_backward, dense_forward, dense_forward_packed, &
      dense_tangent
   use fkb_gemm_panelled_dp, only: pack_panels
   use fkb_gemm_dp, only: gemm_nn, gemm_tn
   use fkb_kinds, only: wp => dp
   use fkb_packing, only: vectors_of
   implicit none (type, external)
   private
   public :: project, project_backward, project_back, project_tangent
   public :: pack_projection, project_packed

contains

   !> y = activation(kernel x + bias)
   pure subroutine project(units, n_in, columns, use_bias, weights, x, activation, zeros, y)
      integer, intent(in) :: units, n_in, columns
      logical, intent(in) :: use_bias
      real(wp), intent(in) :: weights(*)              !! kernel (units, n_in), then bias (units)
      real(wp), intent(in) :: x(n_in, columns)
      integer, intent(in) :: activation               !! one of `act_*`
      real(wp), intent(inout) :: zeros(units)         !! scratch
      real(wp), intent(inout) :: y(units, columns)    !! overwritten
      real(wp), parameter :: none(n_parameters) = 0
      if (use_bias) then
         call dense_forward(units, n_in, columns, weights, weights(units*n_in + 1), x, activation, &
                            none, y)
      else
         zeros = 0
         call dense_forward(units, n_in, columns, weights, zeros, x, activation, none, y)
      end if
   end subroutine project

   !> Pack a projection: its bias, or zeros, then its kernel.
   pure subroutine pack_projection(units, n_in, use_bias, weights, packed)
      integer, intent(in) :: units, n_in
      logical, intent(in) :: use_bias
      real(wp), intent(in) :: weights(*)              !! kernel (units, n_in), then bias (units)
      real(wp), intent(inout) :: packed(*)
      packed(:units) = 0
      if (use_bias) packed(:units) = weights(units*n_in + 1:units*n_in + units)
      call pack_panels(units, n_in, weights, packed(vectors_of(units) + 1))
   end subroutine pack_projection

   !> `project` with what `pack_projection` made.
   pure subroutine project_packed(units, n_in, columns, packed, x, activation, y)
      integer, intent(in) :: units, n_in, columns
      real(wp), intent(in) :: packed(*)
      real(wp), intent(in) :: x(n_in, columns)
      integer, intent(in) :: activation               !! one of `act_*`
      real(wp), intent(inout) :: y(units, columns)    !! overwritten
      real(wp), parameter :: none(n_parameters) = 0
      call dense_forward_packed(units, n_in, columns, packed(vectors_of(units) + 1), packed, x, &
                                activation, none, y)
   end subroutine project_packed

   !> Add the gradients of kernel and bias from that before the activation.
   pure subroutine project_backward(units, n_in, columns, use_bias, weights, x, dz, zeros, dweights)
      integer, intent(in) :: units, n_in, columns
      logical, intent(in) :: use_bias
      real(wp), intent(in) :: weights(*)              !! kernel (units, n_in), then bias (units)
      real(wp), intent(in) :: x(n_in, columns), dz(units, columns)
      real(wp), intent(inout) :: zeros(units)         !! scratch
      real(wp), intent(inout) :: dweights(*)
      if (use_bias) then
         call dense_backward(units, n_in, columns, weights, x, dz, dweights, &
                             dweights(units*n_in + 1))
      else
         zeros = 0
         call dense_backward(units, n_in, columns, weights, x, dz, dweights, zeros)
      end if
   end subroutine project_backward

   !> dx = transpose(kernel) dz + beta dx
   pure subroutine project_back(units, n_in, columns, weights, dz, beta, dx)
      integer, intent(in) :: units, n_in, columns
      real(wp), intent(in) :: weights(*)              !! kernel (units, n_in) first
      real(wp), intent(in) :: dz(units, columns)
      real(wp), intent(in) :: beta                    !! 0 or 1
      real(wp), intent(inout) :: dx(n_in, columns)
      call gemm_tn(n_in, columns, units, weights, dz, beta, dx)
   end subroutine project_back

   !> The direction of y = kernel x + bias; with `vary` the weights have a direction too.
   pure subroutine project_tangent(units, n_in, columns, use_bias, weights, vary, dweights, x, dx, &
                                   zeros, dy)
      integer, intent(in) :: units, n_in, columns
      logical, intent(in) :: use_bias, vary
      real(wp), intent(in) :: weights(*), dweights(*) !! kernel (units, n_in), then bias (units)
      real(wp), intent(in) :: x(n_in, columns), dx(n_in, columns)
      real(wp), intent(inout) :: zeros(units)         !! scratch
      real(wp), intent(inout) :: dy(units, columns)   !! overwritten
      if (.not. vary) then
         call gemm_nn(units, columns, n_in, weights, dx, 0.0_wp, dy)
      else if (use_bias) then
         call dense_tangent(units, n_in, columns, weights, dweights, dweights(units*n_in + 1), x, &
                            dx, dy)
      else
         zeros = 0
         call dense_tangent(units, n_in, columns, weights, dweights, zeros, x, dx, dy)
      end if
   end subroutine project_tangent

end module fkb_projection_kernels_dp
