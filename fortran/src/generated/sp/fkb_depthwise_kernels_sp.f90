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
      integer :: i, image, place, tap
      do image = 1, images
         do i = 1, count
            if (beta < 0.5_wp) y(:, i, image) = 0
            do tap = 1, size(kernel, 2)
               call find_tap(g, first + i - 2, tap, place)
               if (place == 0) cycle
               call add_products(g(conv_channels_out)/g(conv_channels_in), g(conv_channels_in), &
                                 kernel(1, tap), x(1, place, image), y(1, i, image))
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
      integer :: i, image, place, tap
      do image = 1, images
         do i = 1, count
            do tap = 1, size(kernel, 2)
               call find_tap(g, first + i - 2, tap, place)
               if (place == 0) cycle
               call add_sums(g(conv_channels_out)/g(conv_channels_in), g(conv_channels_in), &
                             kernel(1, tap), dy(1, i, image), dx(1, place, image))
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
      integer :: i, image, place, tap
      do image = 1, images
         do i = 1, count
            do tap = 1, size(dkernel, 2)
               call find_tap(g, first + i - 2, tap, place)
               if (place == 0) cycle
               call add_products(g(conv_channels_out)/g(conv_channels_in), g(conv_channels_in), &
                                 dy(1, i, image), x(1, place, image), dkernel(1, tap))
            end do
         end do
      end do
   end subroutine depthwise_backward_kernel

   !> The input position, from 1, of a tap at an output position, from 0; 0 within the padding.
   pure subroutine find_tap(g, position, tap, place)
      integer, intent(in) :: g(conv_length), position, tap
      integer, intent(out) :: place
      integer :: at, i, rest, start(3), step
      call place_window(g, position, start)
      place = 1
      rest = tap - 1
      step = 1
      do i = 0, 2
         at = start(i + 1) + mod(rest, g(conv_kernel + i))*g(conv_dilation + i)
         rest = rest/g(conv_kernel + i)
         if (at < 1 .or. at > g(conv_input + i)) then
            place = 0
            return
         end if
         place = place + (at - 1)*step
         step = step*g(conv_input + i)
      end do
   end subroutine find_tap

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
