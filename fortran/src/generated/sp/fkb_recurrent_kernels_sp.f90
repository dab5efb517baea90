! Generated from kernels/fkb_recurrent_kernels.fypp: edit that file and run tools/generate.py
!> What recurrent layers have in common: steps of a sequence as matrices, gates side by side or one
!> after another, masks of dropout, products gate by gate.
!>
!> A sequence is x(features, steps, batch); a step of it is a matrix (features, batch). A kernel of
!> `gates` gates is (gates units, features) as Keras stores it, or, split, (units, features, gates).
module fkb_recurrent_kernels_sp
   use fkb_gemm_sp, only: gemm_nn, gemm_nt, gemm_tn
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_random_sp, only: uniform_values
   implicit none (type, external)
   private
   public :: take_steps, put_steps, split_gates, join_gates, split_kernel, add_split_kernel
   public :: draw_masks, multiply_by_masks, add_columns_of
   public :: gate_products, gate_products_input, gate_products_kernel

   !> Units from which on gates are worth a call for each column: so many values fill the groups of
   !> the elementwise functions.
   integer, parameter, public :: many_units = 32

contains

   !> y(:, :, k) = step `first + (k - 1) direction` of x
   pure subroutine take_steps(n, steps, batch, first, direction, count, x, y)
      integer, intent(in) :: n, steps, batch
      integer, intent(in) :: first, direction        !! direction is 1 or -1
      integer, intent(in) :: count                   !! steps to take
      real(wp), intent(in) :: x(n, steps, batch)
      real(wp), intent(out) :: y(n, batch, count)
      integer :: j, k
      do k = 1, count
         do j = 1, batch
            y(:, j, k) = x(:, first + (k - 1)*direction, j)
         end do
      end do
   end subroutine take_steps

   !> Step `first + (k - 1) direction` of x = y(:, :, k)
   pure subroutine put_steps(n, steps, batch, first, direction, count, y, x)
      integer, intent(in) :: n, steps, batch
      integer, intent(in) :: first, direction        !! direction is 1 or -1
      integer, intent(in) :: count                   !! steps to put
      real(wp), intent(in) :: y(n, batch, count)
      real(wp), intent(inout) :: x(n, steps, batch)
      integer :: j, k
      do k = 1, count
         do j = 1, batch
            x(:, first + (k - 1)*direction, j) = y(:, j, k)
         end do
      end do
   end subroutine put_steps

   !> Each gate a matrix of its own.
   pure subroutine split_gates(units, gates, columns, z, y)
      integer, intent(in) :: units, gates, columns
      real(wp), intent(in) :: z(units, gates, columns)
      real(wp), intent(inout) :: y(units, columns, gates)
      integer :: g, j
      do j = 1, columns
         do g = 1, gates
            y(:, j, g) = z(:, g, j)
         end do
      end do
   end subroutine split_gates

   !> The gates of a column side by side: the reverse of `split_gates`.
   pure subroutine join_gates(units, gates, columns, y, z)
      integer, intent(in) :: units, gates, columns
      real(wp), intent(in) :: y(units, columns, gates)
      real(wp), intent(inout) :: z(units, gates, columns)
      integer :: g, j
      do j = 1, columns
         do g = 1, gates
            z(:, g, j) = y(:, j, g)
         end do
      end do
   end subroutine join_gates

   !> The rows of each gate as a kernel of its own.
   pure subroutine split_kernel(units, gates, n, kernel, split)
      integer, intent(in) :: units, gates, n
      real(wp), intent(in) :: kernel(units, gates, n)
      real(wp), intent(out) :: split(units, n, gates)
      integer :: g, k
      do g = 1, gates
         do k = 1, n
            split(:, k, g) = kernel(:, g, k)
         end do
      end do
   end subroutine split_kernel

   !> Add the gradients of split kernels to those of the kernel.
   pure subroutine add_split_kernel(units, gates, n, split, kernel)
      integer, intent(in) :: units, gates, n
      real(wp), intent(in) :: split(units, n, gates)
      real(wp), intent(inout) :: kernel(units, gates, n)
      integer :: g, k
      do k = 1, n
         do g = 1, gates
            kernel(:, g, k) = kernel(:, g, k) + split(:, k, g)
         end do
      end do
   end subroutine add_split_kernel

   !> total = total + the sum of the columns of a
   pure subroutine add_columns_of(n, columns, a, total)
      integer, intent(in) :: n, columns
      real(wp), intent(in) :: a(n, columns)
      real(wp), intent(inout) :: total(n)
      integer :: j
      do j = 1, columns
         total = total + a(:, j)
      end do
   end subroutine add_columns_of

   !> Masks of dropout for each sample: `n_input` factors for the input, then `n_state` factors for
   !> the state, 0 with the probability of the rate, else 1/(1 - rate).
   pure subroutine draw_masks(seed, node, step, first_sample, batch, n_input, n_state, input_rate, &
                              state_rate, masks)
      integer(i8), intent(in) :: seed, step, first_sample
      integer, intent(in) :: node, batch, n_input, n_state
      real(dp), intent(in) :: input_rate, state_rate
      real(wp), intent(out) :: masks(n_input + n_state, batch)
      integer :: j
      do j = 1, batch
         call uniform_values(seed, node, step, first_sample + j - 1, n_input + n_state, masks(:, j))
         call decide(n_input, input_rate, masks(1, j))
         call decide(n_state, state_rate, masks(n_input + 1:, j))
      end do
   end subroutine draw_masks

   !> Factors of dropout from numbers in (0, 1).
   pure subroutine decide(n, rate, u)
      integer, intent(in) :: n
      real(dp), intent(in) :: rate
      real(wp), intent(inout) :: u(n)
      real(wp) :: keep
      keep = 0
      if (rate < 1) keep = real(1/(1 - rate), wp)
      u = merge(keep, 0.0_wp, real(u, dp) >= rate)
   end subroutine decide

   !> x = mask x; the mask of a sample are `n` of its `total` factors, after the first `skip`.
   pure subroutine multiply_by_masks(n, batch, count, total, skip, advance, masks, x)
      integer, intent(in) :: n, batch, count, total, skip
      integer, intent(in) :: advance                 !! factors to go on by in each of `count` steps
      real(wp), intent(in) :: masks(total, batch)
      real(wp), intent(inout) :: x(n, batch, count)
      integer :: at, j, k
      do k = 1, count
         at = skip + (k - 1)*advance
         do j = 1, batch
            x(:, j, k) = x(:, j, k)*masks(at + 1:at + n, j)
         end do
      end do
   end subroutine multiply_by_masks

   !> z = z + kernel (mask x), gate by gate, each with its own mask, for gates `first` to `last`.
   pure subroutine gate_products(units, gates, first, last, n, batch, count, kernel, drops, total, &
                                 skip, masks, x, masked, product, z)
      integer, intent(in) :: units, gates, first, last, n, batch, count
      real(wp), intent(in) :: kernel(units, n, gates)
      logical, intent(in) :: drops                   !! whether there are masks
      integer, intent(in) :: total, skip             !! the masks of gate 1 follow the first `skip`
      real(wp), intent(in) :: masks(total, *)
      real(wp), intent(in) :: x(n, batch*count)
      real(wp), intent(out) :: masked(n, batch*count), product(units, batch*count)
      real(wp), intent(inout) :: z(units, gates, batch*count)
      integer :: g, j
      do g = first, last
         masked = x
         if (drops) call multiply_by_masks(n, batch, count, total, skip + (g - 1)*n, 0, masks, &
                                           masked)
         call gemm_nn(units, batch*count, n, kernel(1, 1, g), masked, 0.0_wp, product)
         do j = 1, batch*count
            z(:, g, j) = z(:, g, j) + product(:, j)
         end do
      end do
   end subroutine gate_products

   !> dx = dx + mask (transposed kernel dz), gate by gate.
   pure subroutine gate_products_input(units, gates, first, last, n, batch, count, kernel, drops, &
                                       total, skip, masks, dz, dx_gate, dz_gate, dx)
      integer, intent(in) :: units, gates, first, last, n, batch, count
      real(wp), intent(in) :: kernel(units, n, gates)
      logical, intent(in) :: drops
      integer, intent(in) :: total, skip
      real(wp), intent(in) :: masks(total, *)
      real(wp), intent(in) :: dz(units, gates, batch*count)
      real(wp), intent(out) :: dx_gate(n, batch*count), dz_gate(units, batch*count)
      real(wp), intent(inout) :: dx(n, batch*count)
      integer :: g
      do g = first, last
         dz_gate = dz(:, g, :)
         call gemm_tn(n, batch*count, units, kernel(1, 1, g), dz_gate, 0.0_wp, dx_gate)
         if (drops) call multiply_by_masks(n, batch, count, total, skip + (g - 1)*n, 0, masks, &
                                           dx_gate)
         dx = dx + dx_gate
      end do
   end subroutine gate_products_input

   !> dkernel = dkernel + dz transposed(mask x), gate by gate.
   pure subroutine gate_products_kernel(units, gates, first, last, n, batch, count, drops, total, &
                                        skip, masks, dz, x, masked, dz_gate, dkernel)
      integer, intent(in) :: units, gates, first, last, n, batch, count
      logical, intent(in) :: drops
      integer, intent(in) :: total, skip
      real(wp), intent(in) :: masks(total, *)
      real(wp), intent(in) :: dz(units, gates, batch*count), x(n, batch*count)
      real(wp), intent(out) :: masked(n, batch*count), dz_gate(units, batch*count)
      real(wp), intent(inout) :: dkernel(units, n, gates)
      integer :: g
      do g = first, last
         dz_gate = dz(:, g, :)
         masked = x
         if (drops) call multiply_by_masks(n, batch, count, total, skip + (g - 1)*n, 0, masks, &
                                           masked)
         call gemm_nt(units, n, batch*count, dz_gate, masked, 1.0_wp, dkernel(1, 1, g))
      end do
   end subroutine gate_products_kernel

end module fkb_recurrent_kernels_sp
