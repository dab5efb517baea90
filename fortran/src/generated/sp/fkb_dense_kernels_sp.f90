! Generated from kernels/fkb_dense_kernels.fypp: edit that file and run tools/generate.py
!> The dense layer: y = activation(kernel x + bias), forward and backward.
!>
!> `kernel(units, n_in)` is Keras's row-major kernel of shape (n_in, units) as it lies in memory.
!> glu, which halves the features, is not fused: use linear here and then `activate`.
module fkb_dense_kernels_sp
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_activations, only: n_parameters
   use fkb_gemm_panelled_sp, only: add_panelled
   use fkb_gemm_sp, only: gemm_nn, gemm_nn_from, gemm_nt, gemm_tn
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: dense_forward, dense_forward_packed, dense_backward, dense_tangent

   !> Columns of a block: small enough that its outputs are in cache when the activation comes.
   integer, parameter :: block = 256

contains

   !> y = activation(kernel x + bias)
   pure subroutine dense_forward(units, n_in, batch, kernel, bias, x, activation, parameters, y)
      integer, intent(in) :: units, n_in, batch
      real(wp), intent(in) :: kernel(units, n_in), bias(units)   !! zeros for a layer without bias
      real(wp), intent(in) :: x(n_in, batch)
      integer, intent(in) :: activation                          !! one of `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters)           !! of the activation
      real(wp), intent(out) :: y(units, batch)
      integer :: first, count
      do first = 1, batch, block
         count = min(block, batch - first + 1)
         call gemm_nn_from(units, count, n_in, kernel, x(1, first), bias, y(1, first))
         call activate_in_place(activation, parameters, units, count, y(1, first))
      end do
   end subroutine dense_forward

   !> The same with a kernel that is packed.
   pure subroutine dense_forward_packed(units, n_in, batch, panels, bias, x, activation, &
                                        parameters, y)
      integer, intent(in) :: units, n_in, batch
      real(wp), intent(in) :: panels(*)                          !! of `pack_panels`
      real(wp), intent(in) :: bias(units)                        !! zeros for a layer without bias
      real(wp), intent(in) :: x(n_in, batch)
      integer, intent(in) :: activation                          !! one of `act_*` but glu
      real(wp), intent(in) :: parameters(n_parameters)           !! of the activation
      real(wp), intent(inout) :: y(units, batch)
      integer :: first, count, j
      do first = 1, batch, block
         count = min(block, batch - first + 1)
         do j = first, first + count - 1
            y(:, j) = bias
         end do
         call add_panelled(units, count, n_in, panels, x(1, first), y(1, first))
         call activate_in_place(activation, parameters, units, count, y(1, first))
      end do
   end subroutine dense_forward_packed

   !> Gradients of the affine part: dkernel += dz x^T, dbias += sum of dz over the batch, dx =
   !> kernel^T dz.
   pure subroutine dense_backward(units, n_in, batch, kernel, x, dz, dkernel, dbias, dx)
      integer, intent(in) :: units, n_in, batch
      real(wp), intent(in) :: kernel(units, n_in)
      real(wp), intent(in) :: x(n_in, batch)
      real(wp), intent(in) :: dz(units, batch)                   !! gradient before the activation
      real(wp), intent(inout) :: dkernel(units, n_in), dbias(units)
      real(wp), intent(out), optional :: dx(n_in, batch)         !! left out for a first layer
      integer :: j
      call gemm_nt(units, n_in, batch, dz, x, 1.0_wp, dkernel)
      do j = 1, batch
         dbias = dbias + dz(:, j)
      end do
      if (present(dx)) call gemm_tn(n_in, batch, units, kernel, dz, 0.0_wp, dx)
   end subroutine dense_backward

   !> Forward derivative of the affine part: dy = kernel dx + dkernel x + dbias
   pure subroutine dense_tangent(units, n_in, batch, kernel, dkernel, dbias, x, dx, dy)
      integer, intent(in) :: units, n_in, batch
      real(wp), intent(in) :: kernel(units, n_in)
      real(wp), intent(in) :: dkernel(units, n_in), dbias(units) !! directions
      real(wp), intent(in) :: x(n_in, batch), dx(n_in, batch)
      real(wp), intent(out) :: dy(units, batch)
      integer :: j
      do j = 1, batch
         dy(:, j) = dbias
      end do
      call gemm_nn(units, batch, n_in, dkernel, x, 1.0_wp, dy)
      call gemm_nn(units, batch, n_in, kernel, dx, 1.0_wp, dy)
   end subroutine dense_tangent

end module fkb_dense_kernels_sp
