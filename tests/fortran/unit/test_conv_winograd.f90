!> Convolutions by Winograd's transform against the sum over the window.
module test_conv_winograd
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_positive_inf, ieee_quiet_nan, &
      ieee_value
   use fkb_activations, only: act_linear, act_tanh, default_parameters, n_parameters
   use fkb_activation_kernels_sp, only: activate_in_place
   use fkb_conv_bands, only: takes_windows
   use fkb_conv_forward_sp, only: forward_bands, forward_winograd
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_geometry, conv_length, &
      pad_same, pad_valid
   use fkb_conv_kernels_sp, only: conv_backward_kernel
   use fkb_conv_tiles, only: conv_scratch, patch_rows, positions_in, positions_out
   use fkb_conv_windows_sp, only: from_bias, from_y, from_zero
   use fkb_kinds, only: sp
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   use fkb_winograd_plan, only: takes_winograd
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: n_cases = 8
   !> Width, height, depth, window, padding, channels in and out.
   integer, parameter :: cases(7, n_cases) = reshape([ &
                                             20, 20, 1, 3, pad_same, 32, 32, &
                                             27, 20, 1, 3, pad_same, 32, 70, &
                                             27, 21, 1, 5, pad_same, 32, 33, &
                                             25, 24, 1, 3, pad_valid, 64, 40, &
                                             26, 31, 1, 5, pad_valid, 96, 64, &
                                             61, 70, 2, 3, pad_same, 32, 32, &
                                             401, 3, 1, 3, pad_same, 32, 32, &
                                             22, 20, 1, 3, pad_same, 320, 36], [7, n_cases])
   !> Bound of the error over the sum of all absolute products: measured 6e-7.
   real(sp), parameter :: bound = 1e-6_sp

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'conv_winograd'
      call suite%add('the transform gives the sum over the window', transform_gives_the_sum)
      call suite%add('bias, activation and what y held are added', others_are_added)
      call suite%add('values that are not finite are summed, image by image', wild_are_summed)
      call suite%add('a NaN reaches the derivatives of its own channel only', wild_derivatives)
      call suite%add('a window that does not fit the transform is summed', others_are_summed)
   end subroutine collect

   subroutine transform_gives_the_sum(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: kernel(:), x(:), y(:), plain(:), scale(:), scratch(:)
      integer :: g(conv_length), i
      do i = 1, n_cases
         g = geometry(i)
         call check(failure, takes_winograd(g), 'the transform is taken')
         call make(g, 1, kernel, x, y, scratch)
         allocate (plain, scale, mold=y)
         call forward_winograd(g, 1, kernel, from_zero, [0.0_sp], x, act_linear, none(), y, scratch)
         call forward_bands(g, 1, kernel, .false., from_zero, [0.0_sp], x, act_linear, none(), &
                            plain, scratch)
         call forward_bands(g, 1, abs(kernel), .false., from_zero, [0.0_sp], abs(x), act_linear, &
                            none(), scale, scratch)
         call check(failure, all(abs(y - plain) <= bound*scale), 'y')
         call check(failure, any(abs(y - plain) > 0), 'rounding differs')
         deallocate (plain, scale)
      end do
   end subroutine transform_gives_the_sum

   subroutine others_are_added(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: kernel(:), x(:), y(:), z(:), sums(:), bias(:), scratch(:)
      integer :: channels, g(conv_length), j
      g = geometry(2)
      call make(g, 2, kernel, x, y, scratch)
      channels = g(conv_channels_out)
      bias = [(0.1_sp*j, j=1, channels)]
      z = y
      sums = y
      call forward_winograd(g, 2, kernel, from_zero, bias, x, act_linear, none(), sums, scratch)
      call forward_winograd(g, 2, kernel, from_y, bias, x, act_linear, none(), y, scratch)
      call check_equal(failure, y, z + sums, 'y added to')
      call forward_winograd(g, 2, kernel, from_bias, bias, x, act_tanh, none(), y, scratch)
      z = sums + [(bias, j=1, size(y)/channels)]
      call activate_in_place(act_tanh, none(), channels, size(y)/channels, z)
      call check_equal(failure, y, z, 'bias and activation')
   end subroutine others_are_added

   subroutine wild_are_summed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(sp), allocatable :: kernel(:), x(:), y(:), tame(:), plain(:), scratch(:)
      integer :: g(conv_length), i, n, place
      g = geometry(3)
      call make(g, 3, kernel, x, y, scratch)
      allocate (tame, plain, mold=y)
      n = size(y)/3
      call forward_winograd(g, 3, kernel, from_zero, [0.0_sp], x, act_linear, none(), tame, scratch)
      place = size(x)/3 + 4321
      do i = 1, 3
         x(place) = wild(i)
         call forward_winograd(g, 3, kernel, from_zero, [0.0_sp], x, act_linear, none(), y, scratch)
         call forward_bands(g, 3, kernel, .false., from_zero, [0.0_sp], x, act_linear, none(), &
                            plain, scratch)
         call check(failure, same(y(n + 1:2*n), plain(n + 1:2*n)), 'the image')
         call check_equal(failure, y(:n), tame(:n), 'the image before')
         call check_equal(failure, y(2*n + 1:), tame(2*n + 1:), 'the image after')
      end do
      x(place) = 0.5_sp
      do i = 1, 3
         kernel(1234) = wild(i)
         call forward_winograd(g, 3, kernel, from_zero, [0.0_sp], x, act_linear, none(), y, scratch)
         call forward_bands(g, 3, kernel, .false., from_zero, [0.0_sp], x, act_linear, none(), &
                            plain, scratch)
         call check(failure, same(y, plain), 'a kernel')
      end do
   end subroutine wild_are_summed

   subroutine wild_derivatives(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: channel = 7
      real(sp), allocatable :: kernel(:), x(:), dy(:), tame(:, :, :), d(:, :, :), scratch(:)
      integer :: g(conv_length)
      g = geometry(3)
      call make(g, 3, kernel, x, dy, scratch)
      allocate (d(g(conv_channels_out), g(conv_channels_in), 25))
      d = 0
      call conv_backward_kernel(g, 3, x, dy, d, scratch)
      tame = d
      d = 0
      x(size(x)/3 + 200*g(conv_channels_in) + channel) = ieee_value(1.0_sp, ieee_quiet_nan)
      call conv_backward_kernel(g, 3, x, dy, d, scratch)
      call check(failure, all(ieee_is_nan(d(:, channel, :))), 'the channel')
      call check(failure, all(abs(d(:, :channel - 1, :) - tame(:, :channel - 1, :)) < 1e-3_sp), &
                 'the channels before')
      call check(failure, all(abs(d(:, channel + 1:, :) - tame(:, channel + 1:, :)) < 1e-3_sp), &
                 'the channels after')
   end subroutine wild_derivatives

   subroutine others_are_summed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check_way(failure, [20, 20, 1], [3, 5, 1], 1, 1, 32, 1)
      call check_way(failure, [20, 20, 1], [3, 3, 1], 2, 1, 32, 1)
      call check_way(failure, [30, 30, 1], [3, 3, 1], 1, 2, 32, 1)
      call check_way(failure, [20, 20, 1], [3, 3, 1], 1, 1, 48, 1)
      call check_way(failure, [20, 20, 1], [3, 3, 1], 1, 1, 64, 2)
      call check_way(failure, [14, 14, 1], [3, 3, 1], 1, 1, 32, 1)
      call check_way(failure, [20, 20, 4], [3, 3, 3], 1, 1, 32, 1)
   end subroutine others_are_summed

   !> No transform is taken of a window.
   subroutine check_way(failure, input, window, stride, dilation, channels, groups)
      type(failure_t), allocatable, intent(inout) :: failure
      integer, intent(in) :: input(3), window(3), stride, dilation, channels, groups
      integer :: g(conv_length)
      g = conv_geometry(input, window, [stride, stride, 1], [dilation, dilation, 1], pad_same, &
                        channels, 64, groups)
      call check(failure, takes_windows(g) .and. .not. takes_winograd(g), 'the sum is taken')
   end subroutine check_way

   pure function geometry(number) result(g)
      integer, intent(in) :: number
      integer :: g(conv_length)
      associate (c => cases(:, number))
         g = conv_geometry(c(:3), [c(4), c(4), 1], [1, 1, 1], [1, 1, 1], c(5), c(6), c(7), 1)
      end associate
   end function geometry

   !> Parameters of tanh and linear, which have none.
   pure function none() result(parameters)
      real(sp) :: parameters(n_parameters)
      parameters = real(default_parameters(act_linear), sp)
   end function none

   !> A value that no transform can take.
   function wild(number) result(x)
      integer, intent(in) :: number
      real(sp) :: x
      x = 1e30_sp
      if (number == 1) x = ieee_value(1.0_sp, ieee_quiet_nan)
      if (number == 2) x = ieee_value(1.0_sp, ieee_positive_inf)
   end function wild

   !> Whether all bits are the same but those of NaN.
   logical function same(a, b)
      real(sp), intent(in) :: a(:), b(:)
      same = all((a >= b .and. a <= b) .or. (.not. a >= b .and. .not. a <= b .and. &
                                             .not. b <= huge(b)))
   end function same

   !> Random arrays of the right sizes.
   subroutine make(g, batch, kernel, x, y, scratch)
      integer, intent(in) :: g(conv_length), batch
      real(sp), allocatable, intent(out) :: kernel(:), x(:), y(:), scratch(:)
      allocate (kernel(g(conv_channels_out)*patch_rows(g)))
      allocate (x(g(conv_channels_in)*positions_in(g)*batch))
      allocate (y(g(conv_channels_out)*positions_out(g)*batch))
      allocate (scratch(conv_scratch(g)))
      call fill(kernel, 1)
      call fill(x, 2)
      call fill(y, 3)
      scratch = ieee_value(1.0_sp, ieee_quiet_nan)
   end subroutine make

   !> Values between -1 and 1, the same for the same seed.
   subroutine fill(a, seed)
      real(sp), intent(out) :: a(:)
      integer, intent(in) :: seed
      integer :: i, state
      state = 100*seed + 7
      do i = 1, size(a)
         state = mod(state*171, 30269)
         a(i) = 2*real(state, sp)/30269 - 1
      end do
   end subroutine fill

end module test_conv_winograd
