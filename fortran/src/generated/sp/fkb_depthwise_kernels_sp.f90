! Generated from kernels/fkb_depthwise_kernels.fypp: edit that file and run tools/generate.py
!> Depthwise convolutions: every channel of the input has windows of its own.
!>
!> The procedures work on `count` output positions, from position `first` (from 1) on, of some
!> images, with the extents `g` of `fkb_conv_geometry`. Output channel (m, c) is window m of input
!> channel c; in memory m runs fastest, as in Keras.
module fkb_depthwise_kernels_sp
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_dilation, conv_input, &
      conv_kernel, conv_length
   use fkb_conv_patches_sp, only: place_window
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: depthwise_forward, depthwise_backward_input, depthwise_backward_kernel

contains

   !> y = depthwise conv(x, kernel) + beta y
   pure subroutine depthwise_forward(g, first, count, images, kernel, x, beta, y)
      integer, intent(in) :: g(conv_length), first, count, images
      real(wp), intent(in) :: kernel(g(conv_channels_out), product(g(conv_kernel:conv_kernel + 2)))
      real(wp), intent(in) :: x(g(conv_channels_in), product(g(conv_input:conv_input + 2)), images)
      real(wp), intent(in) :: beta                    !! 0 or 1
      real(wp), intent(inout) :: y(g(conv_channels_out), count, images)
      integer :: i, image, place, row, tap, tap_1, tap_n
      if (beta < 0.5_wp) y = 0
      do i = 1, count
         do row = 1, size(kernel, 2), g(conv_kernel)
            call find_taps(g, first + i - 2, row, tap_1, tap_n, place)
            do tap = tap_1, tap_n
               do image = 1, images
                  call add_products(g(conv_channels_out)/g(conv_channels_in), &
                                    g(conv_channels_in), kernel(1, tap), x(1, place, image), &
                                    y(1, i, image))
               end do
               place = place + g(conv_dilation)
            end do
         end do
      end do
   end subroutine depthwise_forward

   !> dx += its derivative times dy
   pure subroutine depthwise_backward_input(g, first, count, images, kernel, dy, dx)
      integer, intent(in) :: g(conv_length), first, count, images
      real(wp), intent(in) :: kernel(g(conv_channels_out), product(g(conv_kernel:conv_kernel + 2)))
      real(wp), intent(in) :: dy(g(conv_channels_out), count, images)
      real(wp), intent(inout) :: dx(g(conv_channels_in), product(g(conv_input:conv_input + 2)), &
                                    images)
      integer :: i, image, place, row, tap, tap_1, tap_n
      do i = 1, count
         do row = 1, size(kernel, 2), g(conv_kernel)
            call find_taps(g, first + i - 2, row, tap_1, tap_n, place)
            do tap = tap_1, tap_n
               do image = 1, images
                  call add_sums(g(conv_channels_out)/g(conv_channels_in), g(conv_channels_in), &
                                kernel(1, tap), dy(1, i, image), dx(1, place, image))
               end do
               place = place + g(conv_dilation)
            end do
         end do
      end do
   end subroutine depthwise_backward_input

   !> dkernel += sum of dy times x
   pure subroutine depthwise_backward_kernel(g, first, count, images, x, dy, dkernel)
      integer, intent(in) :: g(conv_length), first, count, images
      real(wp), intent(in) :: x(g(conv_channels_in), product(g(conv_input:conv_input + 2)), images)
      real(wp), intent(in) :: dy(g(conv_channels_out), count, images)
      real(wp), intent(inout) :: dkernel(g(conv_channels_out), &
                                         product(g(conv_kernel:conv_kernel + 2)))
      integer :: i, image, place, row, tap, tap_1, tap_n
      do i = 1, count
         do row = 1, size(dkernel, 2), g(conv_kernel)
            call find_taps(g, first + i - 2, row, tap_1, tap_n, place)
            do tap = tap_1, tap_n
               do image = 1, images
                  call add_products(g(conv_channels_out)/g(conv_channels_in), &
                                    g(conv_channels_in), dy(1, i, image), x(1, place, image), &
                                    dkernel(1, tap))
               end do
               place = place + g(conv_dilation)
            end do
         end do
      end do
   end subroutine depthwise_backward_kernel

   !> Which taps of a row of the window meet the input, not the padding, and where the first does.
   pure subroutine find_taps(g, position, row, tap_1, tap_n, place)
      integer, intent(in) :: g(conv_length)
      integer, intent(in) :: position                 !! of the output, from 0
      integer, intent(in) :: row                      !! its first tap
      integer, intent(out) :: tap_1, tap_n            !! first and last tap, none where it is less
      integer, intent(out) :: place                   !! position of the input, from 1
      integer :: at(2), i, rest, start(3)
      tap_1 = 1
      tap_n = 0
      place = 0
      call place_window(g, position, start)
      rest = (row - 1)/g(conv_kernel)
      do i = 1, 2
         at(i) = start(i + 1) + mod(rest, g(conv_kernel + i))*g(conv_dilation + i)
         rest = rest/g(conv_kernel + i)
         if (at(i) < 1 .or. at(i) > g(conv_input + i)) return
      end do
      if (start(1) > g(conv_input)) return
      tap_1 = 0
      if (start(1) < 1) tap_1 = (g(conv_dilation) - start(1))/g(conv_dilation)
      tap_n = min((g(conv_input) - start(1))/g(conv_dilation), g(conv_kernel) - 1)
      place = ((at(2) - 1)*g(conv_input + 1) + at(1) - 1)*g(conv_input) + start(1) &
              + tap_1*g(conv_dilation)
      tap_1 = row + tap_1
      tap_n = row + tap_n
   end subroutine find_taps

   !> z(m,c) += a(m,c) b(c)
   pure subroutine add_products(windows, channels, a, b, z)
      integer, intent(in) :: windows, channels
      real(wp), intent(in) :: a(windows, channels), b(channels)
      real(wp), intent(inout) :: z(windows, channels)
      integer :: c
      if (windows == 1) then
         z(1, :) = z(1, :) + a(1, :)*b
      else
         do c = 1, channels
            z(:, c) = z(:, c) + a(:, c)*b(c)
         end do
      end if
   end subroutine add_products

   !> z(c) += sum over m of a(m,c) b(m,c)
   pure subroutine add_sums(windows, channels, a, b, z)
      integer, intent(in) :: windows, channels
      real(wp), intent(in) :: a(windows, channels), b(windows, channels)
      real(wp), intent(inout) :: z(channels)
      integer :: m
      do m = 1, windows
         z = z + a(m, :)*b(m, :)
      end do
   end subroutine add_sums

end module fkb_depthwise_kernels_sp
