!> The convolution kernels against plain loops.
module test_conv_kernels
   use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
   use fkb_activations, only: act_linear, act_softmax, act_tanh, default_parameters
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_dilation, conv_geometry, &
      conv_groups, conv_input, conv_kernel, conv_length, conv_output, conv_padding, conv_stride, &
      pad_causal, pad_same, pad_valid, window_extent, window_fits, window_padding
   use fkb_conv_kernels_dp, only: conv_backward_input, conv_backward_kernel, conv_forward, &
      conv_forward_activated, sum_to_bias
   use fkb_conv_kernels_sp, only: sp_conv_backward_input => conv_backward_input, &
      sp_conv_forward => conv_forward
   use fkb_conv_tiles, only: conv_scratch
   use fkb_activation_kernels_dp, only: activate
   use fkb_gemm_sp, only: columns_independent
   use fkb_kinds, only: dp, sp
   use fkb_testing, only: check, check_close, check_equal, failure_t, skip, suite_t
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: n_cases = 34
   !> Input extents, windows, strides, dilations, padding, channels in and out, groups, images.
   integer, parameter :: cases(17, n_cases) = reshape([ &
                                            7, 6, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 1, 2, &
                                            7, 6, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 1, 2, &
                                            8, 5, 1, 2, 4, 1, 1, 1, 1, 1, 1, 1, 2, 3, 2, 1, 3, &
                                            9, 7, 1, 2, 2, 1, 3, 4, 1, 1, 1, 1, 1, 2, 5, 1, 3, &
                                            9, 7, 1, 2, 2, 1, 3, 4, 1, 1, 1, 1, 2, 2, 5, 1, 3, &
                                            9, 8, 1, 3, 2, 1, 1, 1, 1, 2, 3, 1, 1, 3, 4, 1, 2, &
                                            9, 8, 1, 3, 2, 1, 1, 1, 1, 2, 3, 1, 2, 3, 4, 1, 2, &
                                            6, 6, 1, 3, 3, 1, 2, 1, 1, 1, 1, 1, 2, 4, 6, 2, 2, &
                                            6, 5, 1, 3, 3, 1, 1, 1, 1, 2, 2, 1, 2, 6, 9, 3, 2, &
                                            6, 5, 1, 3, 3, 1, 2, 1, 1, 1, 2, 1, 2, 5, 5, 5, 2, &
                                            6, 5, 1, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 3, 9, 3, 2, &
                                            5, 4, 6, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 2, 3, 1, 2, &
                                            5, 4, 6, 2, 3, 3, 2, 1, 2, 1, 2, 1, 2, 4, 4, 2, 2, &
                                            11, 1, 1, 4, 1, 1, 1, 1, 1, 2, 1, 1, 3, 3, 2, 1, 3, &
                                            11, 1, 1, 3, 1, 1, 2, 1, 1, 1, 1, 1, 3, 3, 2, 1, 3, &
                                            6, 5, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5, 7, 1, 3, &
                                            6, 5, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 2, 5, 7, 1, 3, &
                                            2, 1, 1, 5, 3, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 1, 4, &
                                            33, 29, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 2, 5, 4, 1, 2, &
                                            41, 37, 1, 5, 5, 1, 2, 2, 1, 1, 1, 1, 1, 40, 9, 1, 1, &
                                            9, 7, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 2, 17, 33, 1, 3, &
                                            9, 7, 1, 3, 2, 1, 2, 2, 1, 1, 1, 1, 2, 16, 40, 1, 2, &
                                            30, 40, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 2, 16, 3, 1, 1, &
                                            700, 1, 1, 5, 1, 1, 1, 1, 1, 1, 1, 1, 3, 18, 5, 1, 2, &
                                            9, 8, 1, 3, 3, 1, 1, 1, 1, 2, 3, 1, 2, 32, 16, 1, 2, &
                                            9, 8, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 2, 32, 66, 2, 2, &
                                            5, 4, 6, 2, 3, 3, 1, 1, 1, 1, 1, 1, 2, 20, 9, 1, 2, &
                                            5, 4, 6, 2, 2, 3, 2, 1, 2, 1, 2, 1, 1, 18, 5, 1, 2, &
                                            7, 7, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 1, 70, 65, 1, 3, &
                                            6, 5, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 24, 31, 1, 3, &
                                            2, 1, 1, 5, 3, 1, 1, 1, 1, 1, 1, 1, 2, 19, 3, 1, 4, &
                                            27, 15, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 2, 32, 32, 1, 1, &
                                         25, 21, 1, 5, 5, 1, 1, 1, 1, 1, 1, 1, 1, 32, 32, 1, 1, &
                                            7, 7, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 2, 16, 40, 1, 1], &
                                            [17, n_cases])

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'conv_kernels'
      call suite%add('forward is the sum over the window', forward_is_the_sum)
      call suite%add('backward is the transposed sum', backward_is_the_transposed_sum)
      call suite%add('bias and activation come last', bias_and_activation_come_last)
      call suite%add('a sample has the same bits alone and in a batch', samples_alone)
      call suite%add('windows fit as in Keras', windows_fit_as_in_keras)
   end subroutine collect

   !> The geometry of a case and its number of images.
   subroutine take_case(number, g, batch)
      integer, intent(in) :: number
      integer, intent(out) :: g(conv_length), batch
      associate (c => cases(:, number))
         g = conv_geometry(c(1:3), c(4:6), c(7:9), c(10:12), c(13), c(14), c(15), c(16))
         batch = c(17)
      end associate
   end subroutine take_case

   subroutine forward_is_the_sum(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: kernel(:), x(:), y(:), expected(:), scratch(:)
      integer :: batch, g(conv_length), i
      do i = 1, n_cases
         call take_case(i, g, batch)
         call make(g, batch, kernel, x, y, scratch)
         allocate (expected, mold=y)
         call plain_forward(g, batch, kernel, x, expected)
         y = ieee_value(1.0_dp, ieee_quiet_nan)
         call conv_forward(g, batch, kernel, x, 0.0_dp, y, scratch)
         call check_close(failure, y, expected, 1e-14_dp, 'y')
         scratch = ieee_value(1.0_dp, ieee_quiet_nan)
         call conv_forward(g, batch, kernel, x, 1.0_dp, y, scratch)
         call check_close(failure, y, 2*expected, 1e-14_dp, 'y added to')
         deallocate (expected)
      end do
   end subroutine forward_is_the_sum

   subroutine backward_is_the_transposed_sum(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp), allocatable :: kernel(:), x(:), y(:), dx(:), dkernel(:), dx_plain(:)
      real(dp), allocatable :: dkernel_plain(:), scratch(:)
      integer :: batch, g(conv_length), i
      do i = 1, n_cases
         call take_case(i, g, batch)
         call make(g, batch, kernel, x, y, scratch)
         allocate (dx, dx_plain, mold=x)
         allocate (dkernel, dkernel_plain, mold=kernel)
         call plain_backward(g, batch, kernel, x, y, dx_plain, dkernel_plain)
         dx = ieee_value(1.0_dp, ieee_quiet_nan)
         call conv_backward_input(g, batch, kernel, y, 0.0_dp, dx, scratch)
         call check_close(failure, dx, dx_plain, 1e-14_dp, 'dx')
         scratch = ieee_value(1.0_dp, ieee_quiet_nan)
         call conv_backward_input(g, batch, kernel, y, 1.0_dp, dx, scratch)
         call check_close(failure, dx, 2*dx_plain, 1e-14_dp, 'dx added to')
         dkernel = 1
         scratch = ieee_value(1.0_dp, ieee_quiet_nan)
         call conv_backward_kernel(g, batch, x, y, dkernel, scratch)
         call check_close(failure, dkernel, 1 + dkernel_plain, 1e-13_dp, 'dkernel')
         deallocate (dx, dkernel, dx_plain, dkernel_plain)
      end do
   end subroutine backward_is_the_transposed_sum

   subroutine bias_and_activation_come_last(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: activations(3) = [act_linear, act_tanh, act_softmax]
      real(dp), allocatable :: kernel(:), x(:), y(:), z(:), expected(:), bias(:), dbias(:)
      real(dp), allocatable :: scratch(:)
      integer :: a, batch, channels, g(conv_length), i, j
      do i = 1, n_cases
         call take_case(i, g, batch)
         call make(g, batch, kernel, x, y, scratch)
         channels = g(conv_channels_out)
         bias = [(0.1_dp*j, j=1, channels)]
         allocate (z, expected, mold=y)
         call plain_forward(g, batch, kernel, x, z)
         z = z + [(bias, j=1, size(y)/channels)]
         do a = 1, size(activations)
            call activate(activations(a), default_parameters(activations(a)), channels, &
                          size(y)/channels, z, expected)
            call conv_forward_activated(g, batch, kernel, bias, x, activations(a), &
                                        default_parameters(activations(a)), y, scratch)
            call check_close(failure, y, expected, 1e-13_dp, 'y')
         end do
         dbias = bias
         call sum_to_bias(channels, size(z)/channels, z, dbias)
         call check_close(failure, dbias, bias + sum(reshape(z, [channels, size(z)/channels]), 2), &
                          1e-13_dp, 'dbias')
         deallocate (z, expected)
      end do
   end subroutine bias_and_activation_come_last

   subroutine samples_alone(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: batch = 150
      real(dp), allocatable :: wide_kernel(:), wide_x(:), wide_y(:), wide_scratch(:)
      real(sp), allocatable :: kernel(:), x(:), y(:), alone(:), scratch(:)
      integer :: g(conv_length), i, j, n_x, n_y, unused
      if (.not. columns_independent()) then
         call skip(failure, 'the BLAS does not promise it')
         return
      end if
      do i = 1, n_cases, 3
         call take_case(i, g, unused)
         call make(g, batch, wide_kernel, wide_x, wide_y, wide_scratch)
         kernel = real(wide_kernel, sp)
         x = real(wide_x, sp)
         y = real(wide_y, sp)
         scratch = real(wide_scratch, sp)
         n_x = size(x)/batch
         n_y = size(y)/batch
         call sp_conv_forward(g, batch, kernel, x, 0.0_sp, y, scratch)
         allocate (alone(n_y))
         do j = 1, batch, 7
            call sp_conv_forward(g, 1, kernel, x((j - 1)*n_x + 1), 0.0_sp, alone, scratch)
            call check_equal(failure, alone, y((j - 1)*n_y + 1:j*n_y), 'a sample')
         end do
         deallocate (alone)
         call sp_conv_backward_input(g, batch, kernel, y, 0.0_sp, x, scratch)
         allocate (alone(n_x))
         do j = 1, batch, 7
            call sp_conv_backward_input(g, 1, kernel, y((j - 1)*n_y + 1), 0.0_sp, alone, scratch)
            call check_equal(failure, alone, x((j - 1)*n_x + 1:j*n_x), 'a sample of dx')
         end do
         deallocate (alone)
      end do
   end subroutine samples_alone

   subroutine windows_fit_as_in_keras(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check_equal(failure, window_extent(7, 3, 2, 1, pad_valid), 3, 'valid')
      call check_equal(failure, window_extent(7, 3, 1, 3, pad_valid), 1, 'valid, dilated')
      call check_equal(failure, window_extent(2, 3, 1, 1, pad_valid), 0, 'valid, too short')
      call check_equal(failure, window_extent(7, 3, 2, 1, pad_same), 4, 'same')
      call check_equal(failure, window_extent(7, 3, 2, 1, pad_causal), 4, 'causal')
      call check_equal(failure, window_extent(-1, 3, 2, 1, pad_same), -1, 'open')
      call check_equal(failure, window_padding(7, 4, 2, 1, pad_same), 1, 'before, same')
      call check_equal(failure, window_padding(8, 3, 2, 1, pad_same), 0, 'before, same, even')
      call check_equal(failure, window_padding(8, 2, 5, 1, pad_same), 0, 'before, same, stride')
      call check_equal(failure, window_padding(7, 3, 1, 2, pad_causal), 4, 'before, causal')
      call check_equal(failure, window_padding(7, 3, 1, 2, pad_valid), 0, 'before, valid')
      call check(failure, window_fits(10**6, 10**3, 1, 10**3, 3), 'a large window fits')
      call check(failure, .not. window_fits(1, 2, 1, huge(1), 1), 'a dilation beyond integers')
      call check(failure, .not. window_fits(10**6, 3, 1, 1, 10**4), 'channels beyond integers')
   end subroutine windows_fit_as_in_keras

   !> Random arrays of the right sizes.
   subroutine make(g, batch, kernel, x, y, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(dp), allocatable, intent(out) :: kernel(:), x(:), y(:), scratch(:)
      allocate (kernel(g(conv_channels_out)*(g(conv_channels_in)/g(conv_groups)) &
                       *product(g(conv_kernel:conv_kernel + 2))))
      allocate (x(g(conv_channels_in)*product(g(conv_input:conv_input + 2))*batch))
      allocate (y(g(conv_channels_out)*product(g(conv_output:conv_output + 2))*batch))
      allocate (scratch(conv_scratch(g)))
      call fill(kernel, 1)
      call fill(x, 2)
      call fill(y, 3)
      scratch = ieee_value(1.0_dp, ieee_quiet_nan)
   end subroutine make

   !> y = conv(x, kernel), one product after another.
   subroutine plain_forward(g, batch, kernel, x, y)
      integer, intent(in) :: g(conv_length), batch
      real(dp), intent(in) :: kernel(*), x(*)
      real(dp), intent(out) :: y(:)
      integer :: at(3), walk
      y = 0
      walk = 0
      do while (next(g, batch, walk, at))
         y(at(1)) = y(at(1)) + kernel(at(2))*x(at(3))
      end do
   end subroutine plain_forward

   !> Both derivatives of the sum of y times dy.
   subroutine plain_backward(g, batch, kernel, x, dy, dx, dkernel)
      integer, intent(in) :: g(conv_length), batch
      real(dp), intent(in) :: kernel(*), x(*), dy(*)
      real(dp), intent(out) :: dx(:), dkernel(:)
      integer :: at(3), walk
      dx = 0
      dkernel = 0
      walk = 0
      do while (next(g, batch, walk, at))
         dx(at(3)) = dx(at(3)) + kernel(at(2))*dy(at(1))
         dkernel(at(2)) = dkernel(at(2)) + x(at(3))*dy(at(1))
      end do
   end subroutine plain_backward

   !> Step to the next product of a convolution: places in y, kernel and x.
   logical function next(g, batch, walk, at)
      integer, intent(in) :: g(conv_length), batch
      integer, intent(inout) :: walk                  !! 0 before the first
      integer, intent(out) :: at(3)
      integer :: i, image, index(7), inner, outer, place, rest
      next = .false.
      associate (channels => g(conv_channels_in)/g(conv_groups), &
                 each => g(conv_channels_out)/g(conv_groups))
         do
            rest = walk
            walk = walk + 1
            outer = mod(rest, g(conv_channels_out))
            rest = rest/g(conv_channels_out)
            inner = mod(rest, channels)
            rest = rest/channels
            do i = 0, 2
               index(1 + i) = mod(rest, g(conv_kernel + i))
               rest = rest/g(conv_kernel + i)
               index(4 + i) = mod(rest, g(conv_output + i))
               rest = rest/g(conv_output + i)
            end do
            image = rest
            at = 0
            if (image >= batch) return
            place = image
            do i = 2, 0, -1
               index(7) = index(4 + i)*g(conv_stride + i) + index(1 + i)*g(conv_dilation + i) &
                          - g(conv_padding + i)
               if (index(7) < 0 .or. index(7) >= g(conv_input + i)) exit
               place = place*g(conv_input + i) + index(7)
            end do
            if (i >= 0) cycle
            at(1) = ((image*g(conv_output + 2) + index(6))*g(conv_output + 1) + index(5)) &
                    *g(conv_output) + index(4)
            at(1) = at(1)*g(conv_channels_out) + outer + 1
            at(2) = (index(3)*g(conv_kernel + 1) + index(2))*g(conv_kernel) + index(1)
            at(2) = (at(2)*channels + inner)*g(conv_channels_out) + outer + 1
            at(3) = place*g(conv_channels_in) + (outer/each)*channels + inner + 1
            next = .true.
            return
         end do
      end associate
   end function next

   !> Values between -1 and 1, the same for the same seed.
   subroutine fill(a, seed)
      real(dp), intent(out) :: a(:)
      integer, intent(in) :: seed
      integer :: i, state
      state = 100*seed + 7
      do i = 1, size(a)
         state = mod(state*171, 30269)
         a(i) = 2*real(state, dp)/30269 - 1
      end do
   end subroutine fill

end module test_conv_kernels
