! Generated from kernels/fkb_conv_patches.fypp: edit that file and run tools/generate.py
!> Patches of an image as columns of a matrix, and back.
!>
!> The column of an output position holds what its window covers, zeros for the padding: channels
!> fastest, then width, height and depth of the window. That is the order of a convolution's
!> kernel, whose product with the columns is the convolution.
module fkb_conv_patches_sp
   use fkb_conv_geometry, only: conv_channels_in, conv_dilation, conv_input, conv_kernel, &
      conv_length, conv_output, conv_padding, conv_stride
   use fkb_kinds, only: wp => sp
   implicit none (type, external)
   private
   public :: gather_patches, scatter_patches, place_window

contains

   !> The patches of `count` output positions of one image, from position `first` (from 0) on.
   pure subroutine gather_patches(g, channel, channels, first, count, x, patches)
      integer, intent(in) :: g(conv_length)
      integer, intent(in) :: channel                 !! first channel of the patches
      integer, intent(in) :: channels                !! channels of the patches
      integer, intent(in) :: first, count
      real(wp), intent(in) :: x(g(conv_channels_in), g(conv_input), g(conv_input + 1), &
                                g(conv_input + 2))
      real(wp), intent(inout) :: patches(channels*g(conv_kernel), g(conv_kernel + 1), &
                                         g(conv_kernel + 2), count)
      integer :: at(3), start(3), i, j, k
      do i = 1, count
         call place_window(g, first + i - 1, start)
         do k = 1, g(conv_kernel + 2)
            at(3) = start(3) + (k - 1)*g(conv_dilation + 2)
            do j = 1, g(conv_kernel + 1)
               at(2) = start(2) + (j - 1)*g(conv_dilation + 1)
               if (at(2) < 1 .or. at(2) > g(conv_input + 1) .or. &
                   at(3) < 1 .or. at(3) > g(conv_input + 2)) then
                  patches(:, j, k, i) = 0
               else
                  call gather_row(g(conv_channels_in), g(conv_input), channel, channels, &
                                  g(conv_kernel), g(conv_dilation), start(1), &
                                  x(1, 1, at(2), at(3)), patches(1, j, k, i))
               end if
            end do
         end do
      end do
   end subroutine gather_patches

   !> Add the patches to the image they would have come from: the derivative of `gather_patches`.
   !> Each value of the image gets its parts in the order of output positions.
   pure subroutine scatter_patches(g, channel, channels, first, count, patches, x)
      integer, intent(in) :: g(conv_length)
      integer, intent(in) :: channel, channels, first, count
      real(wp), intent(in) :: patches(channels*g(conv_kernel), g(conv_kernel + 1), &
                                      g(conv_kernel + 2), count)
      real(wp), intent(inout) :: x(g(conv_channels_in), g(conv_input), g(conv_input + 1), &
                                   g(conv_input + 2))
      integer :: at(3), start(3), i, j, k
      do i = 1, count
         call place_window(g, first + i - 1, start)
         do k = 1, g(conv_kernel + 2)
            at(3) = start(3) + (k - 1)*g(conv_dilation + 2)
            if (at(3) < 1 .or. at(3) > g(conv_input + 2)) cycle
            do j = 1, g(conv_kernel + 1)
               at(2) = start(2) + (j - 1)*g(conv_dilation + 1)
               if (at(2) < 1 .or. at(2) > g(conv_input + 1)) cycle
               call scatter_row(g(conv_channels_in), g(conv_input), channel, channels, &
                                g(conv_kernel), g(conv_dilation), start(1), &
                                patches(1, j, k, i), x(1, 1, at(2), at(3)))
            end do
         end do
      end do
   end subroutine scatter_patches

   !> The input position, from 1, of the first tap at an output position, from 0; below 1 or beyond
   !> the input within the padding.
   pure subroutine place_window(g, position, start)
      integer, intent(in) :: g(conv_length)
      integer, intent(in) :: position
      integer, intent(out) :: start(3)
      integer :: rest, i
      rest = position
      do i = 0, 2
         start(i + 1) = mod(rest, g(conv_output + i))*g(conv_stride + i) - g(conv_padding + i) + 1
         rest = rest/g(conv_output + i)
      end do
   end subroutine place_window

   !> Taps of one row. Where neighbouring taps and channels are neighbours in memory, the row of
   !> taps is one run.
   pure subroutine gather_row(all_channels, width, channel, channels, taps, dilation, start, x, &
                              patch)
      integer, intent(in) :: all_channels, width, channel, channels, taps, dilation, start
      real(wp), intent(in) :: x(all_channels*width)
      real(wp), intent(inout) :: patch(channels*taps)
      integer :: at, first, i, last, place
      if (channels == all_channels .and. dilation == 1) then
         first = min(max(1 - start, 0), taps)*channels
         last = max(min(width + 1 - start, taps)*channels, first)
         at = (start - 1)*channels
         patch(:first) = 0
         do i = first + 1, last
            patch(i) = x(at + i)
         end do
         patch(last + 1:) = 0
      else
         do i = 0, taps - 1
            place = start + i*dilation
            at = i*channels
            if (place < 1 .or. place > width) then
               patch(at + 1:at + channels) = 0
            else
               place = (place - 1)*all_channels + channel - 1
               patch(at + 1:at + channels) = x(place + 1:place + channels)
            end if
         end do
      end if
   end subroutine gather_row

   !> x = x + patch: the derivative of `gather_row`
   pure subroutine scatter_row(all_channels, width, channel, channels, taps, dilation, start, &
                               patch, x)
      integer, intent(in) :: all_channels, width, channel, channels, taps, dilation, start
      real(wp), intent(in) :: patch(channels*taps)
      real(wp), intent(inout) :: x(all_channels*width)
      integer :: at, i, place
      if (channels == all_channels .and. dilation == 1) then
         at = (start - 1)*channels
         do i = max(1 - start, 0)*channels + 1, min(width + 1 - start, taps)*channels
            x(at + i) = x(at + i) + patch(i)
         end do
      else
         do i = 0, taps - 1
            place = start + i*dilation
            if (place < 1 .or. place > width) cycle
            at = i*channels
            place = (place - 1)*all_channels + channel - 1
            x(place + 1:place + channels) = x(place + 1:place + channels) &
                                            + patch(at + 1:at + channels)
         end do
      end if
   end subroutine scatter_row

end module fkb_conv_patches_sp
