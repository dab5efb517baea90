!> The dense layer's kernels against their parts, and by difference quotients.
module test_dense_kernels
   use fkb_activation_kernels_dp, only: activate, activate_backward
   use fkb_activations, only: act_gelu, act_leaky_relu, act_linear, act_softmax, act_tanh, &
      default_parameters, n_parameters
   use fkb_dense_kernels_dp, only: dense_backward, dense_forward
   use fkb_dense_kernels_sp, only: sp_dense_forward => dense_forward
   use fkb_gemm_sp, only: columns_independent
   use fkb_kinds, only: dp, sp
   use fkb_testing, only: check_close, check_equal, failure_t, skip, suite_t
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: activations(5) = [act_linear, act_leaky_relu, act_tanh, act_gelu, &
                                           act_softmax]

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = "dense_kernels"
      call suite%add("forward is product, bias and activation", forward_is_its_parts)
      call suite%add("backward agrees with difference quotients", backward_is_the_derivative)
      call suite%add("backward adds to the weights' gradients", backward_adds)
      call suite%add("a sample has the same bits alone and in a batch", samples_alone)
   end subroutine collect

   subroutine forward_is_its_parts(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: units(4) = [1, 9, 33, 70], inputs(3) = [1, 12, 40]
      integer, parameter :: batches(5) = [1, 2, 7, 16, 150]
      real(dp), allocatable :: kernel(:, :), bias(:), x(:, :), y(:, :), z(:, :), expected(:, :)
      real(dp) :: parameters(n_parameters)
      integer :: a, i, j, k, l
      do i = 1, size(units)
         do j = 1, size(inputs)
            do k = 1, size(batches)
               allocate (kernel(units(i), inputs(j)), bias(units(i)), x(inputs(j), batches(k)))
               allocate (y(units(i), batches(k)), z(units(i), batches(k)))
               allocate (expected, mold=y)
               call fill(kernel, 1)
               call fill(x, 2)
               bias = 0.1_dp*[(l, l=1, units(i))]
               z = spread(bias, 2, batches(k))
               do l = 1, inputs(j)
                  z = z + spread(kernel(:, l), 2, batches(k))*spread(x(l, :), 1, units(i))
               end do
               do a = 1, size(activations)
                  parameters = default_parameters(activations(a))
                  call activate(activations(a), parameters, units(i), batches(k), z, expected)
                  call dense_forward(units(i), inputs(j), batches(k), kernel, bias, x, &
                                     activations(a), parameters, y)
                  call check_close(failure, y, expected, 1e-14_dp, "y")
               end do
               deallocate (kernel, bias, x, y, z, expected)
            end do
         end do
      end do
   end subroutine forward_is_its_parts

   subroutine backward_is_the_derivative(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: units = 7, inputs = 5, batch = 6
      real(dp), parameter :: h = 1e-6_dp
      real(dp) :: kernel(units, inputs), bias(units), x(inputs, batch), weight(units, batch)
      real(dp) :: y(units, batch), dz(units, batch), dkernel(units, inputs), dbias(units)
      real(dp) :: dx(inputs, batch), moved(units, inputs), moved_x(inputs, batch), quotient
      integer :: i, j
      call fill(kernel, 3)
      call fill(x, 4)
      call fill(weight, 5)
      bias = 0.2_dp
      call forward(kernel, bias, x)
      call activate_backward(act_tanh, [0.0_dp, 0.0_dp, 0.0_dp], units, batch, y, y, weight, dz)
      dkernel = 0
      dbias = 0
      call dense_backward(units, inputs, batch, kernel, x, dz, dkernel, dbias, dx)
      do j = 1, inputs
         do i = 1, units
            moved = kernel
            moved(i, j) = kernel(i, j) + h
            call forward(moved, bias, x)
            quotient = sum(weight*y)
            moved(i, j) = kernel(i, j) - h
            call forward(moved, bias, x)
            quotient = (quotient - sum(weight*y))/(2*h)
            call check_close(failure, dkernel(i, j), quotient, 1e-8_dp, "dkernel", scale=1.0_dp)
         end do
      end do
      do i = 1, inputs
         moved_x = x
         moved_x(i, 2) = x(i, 2) + h
         call forward(kernel, bias, moved_x)
         quotient = sum(weight*y)
         moved_x(i, 2) = x(i, 2) - h
         call forward(kernel, bias, moved_x)
         quotient = (quotient - sum(weight*y))/(2*h)
         call check_close(failure, dx(i, 2), quotient, 1e-8_dp, "dx", scale=1.0_dp)
      end do
      call check_close(failure, dbias, sum(dz, 2), 1e-14_dp, "dbias")
   contains
      subroutine forward(some_kernel, some_bias, some_x)
         real(dp), intent(in) :: some_kernel(:, :), some_bias(:), some_x(:, :)
         call dense_forward(units, inputs, batch, some_kernel, some_bias, some_x, act_tanh, &
                            [0.0_dp, 0.0_dp, 0.0_dp], y)
      end subroutine forward
   end subroutine backward_is_the_derivative

   subroutine backward_adds(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: units = 20, inputs = 9
      real(dp) :: kernel(units, inputs), x(inputs, 40), dz(units, 40), dx(inputs, 40)
      real(dp) :: whole(units, inputs), parts(units, inputs), whole_bias(units), parts_bias(units)
      call fill(kernel, 6)
      call fill(x, 7)
      call fill(dz, 8)
      whole = 0
      parts = 0
      whole_bias = 0
      parts_bias = 0
      call dense_backward(units, inputs, 40, kernel, x, dz, whole, whole_bias, dx)
      call dense_backward(units, inputs, 3, kernel, x, dz, parts, parts_bias)
      call dense_backward(units, inputs, 37, kernel, x(1, 4), dz(1, 4), parts, parts_bias)
      call check_close(failure, parts, whole, 1e-14_dp, "dkernel")
      call check_close(failure, parts_bias, whole_bias, 1e-14_dp, "dbias")
   end subroutine backward_adds

   subroutine samples_alone(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: units = 45, inputs = 94, batch = 150
      real(dp), allocatable :: wide_kernel(:, :), wide_x(:, :)
      real(sp), allocatable :: kernel(:, :), x(:, :), together(:, :)
      real(sp) :: alone(units, 1), bias(units), parameters(n_parameters)
      integer :: a, j
      if (.not. columns_independent()) then
         call skip(failure, "the BLAS does not promise it")
         return
      end if
      allocate (wide_kernel(units, inputs), wide_x(inputs, batch), together(units, batch))
      call fill(wide_kernel, 9)
      call fill(wide_x, 10)
      kernel = real(wide_kernel, sp)
      x = real(wide_x, sp)
      bias = 0.3_sp
      do a = 1, size(activations)
         parameters = real(default_parameters(activations(a)), sp)
         call sp_dense_forward(units, inputs, batch, kernel, bias, x, activations(a), &
                               parameters, together)
         do j = 1, batch, 7
            call sp_dense_forward(units, inputs, 1, kernel, bias, x(1, j), activations(a), &
                                  parameters, alone)
            call check_equal(failure, alone(:, 1), together(:, j), "a sample")
         end do
      end do
   end subroutine samples_alone

   !> Values between -1 and 1, the same for the same seed.
   subroutine fill(a, seed)
      real(dp), intent(out) :: a(:, :)
      integer, intent(in) :: seed
      integer :: i, j, state
      state = 100*seed + 7
      do j = 1, size(a, 2)
         do i = 1, size(a, 1)
            state = mod(state*171, 30269)
            a(i, j) = 2*real(state, dp)/30269 - 1
         end do
      end do
   end subroutine fill

end module test_dense_kernels
