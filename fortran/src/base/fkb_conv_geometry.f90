!> Extents of a convolution over up to three spatial axes, as the integers that kernels take.
!>
!> Spatial axes stand in storage order: width, height, depth. Axes that a layer does not have have
!> the extent 1, a window of 1 and no padding. Output position o (from 0) and tap a (from 0) of an
!> axis meet at the input position o*stride + a*dilation - padding.
module fkb_conv_geometry
   use fkb_kinds, only: i8
   use fkb_shape, only: open_extent
   implicit none (type, external)
   private
   public :: conv_geometry, window_extent, window_padding, window_fits
   public :: transposed_extent, transposed_padding

   integer, parameter, public :: spatial_axes = 3   !! axes that a convolution can have

   !> What a geometry is made of: three extents of each kind, then three counts.
   integer, parameter, public :: conv_length = 21
   integer, parameter, public :: conv_input = 1            !! positions of the input
   integer, parameter, public :: conv_kernel = 4           !! taps
   integer, parameter, public :: conv_output = 7           !! positions of the output
   integer, parameter, public :: conv_stride = 10          !! input positions between outputs
   integer, parameter, public :: conv_dilation = 13        !! input positions between taps
   integer, parameter, public :: conv_padding = 16         !! zeros before the input
   integer, parameter, public :: conv_channels_in = 19     !! channels of the input
   integer, parameter, public :: conv_channels_out = 20    !! channels of the output
   integer, parameter, public :: conv_groups = 21          !! parts that do not see each other

   !> Keras's option `padding`.
   integer, parameter, public :: pad_valid = 1, pad_same = 2, pad_causal = 3

contains

   !> The geometry of a convolution with closed extents.
   pure function conv_geometry(input, kernel, strides, dilation, padding, channels_in, &
                               channels_out, groups) result(geometry)
      integer, intent(in) :: input(spatial_axes)      !! positions
      integer, intent(in) :: kernel(spatial_axes)     !! taps
      integer, intent(in) :: strides(spatial_axes)
      integer, intent(in) :: dilation(spatial_axes)
      integer, intent(in) :: padding                  !! one of `pad_*`
      integer, intent(in) :: channels_in, channels_out, groups
      integer :: geometry(conv_length)
      integer :: i
      geometry(conv_input:conv_input + 2) = input
      geometry(conv_kernel:conv_kernel + 2) = kernel
      geometry(conv_stride:conv_stride + 2) = strides
      geometry(conv_dilation:conv_dilation + 2) = dilation
      geometry(conv_channels_in) = channels_in
      geometry(conv_channels_out) = channels_out
      geometry(conv_groups) = groups
      do i = 0, spatial_axes - 1
         geometry(conv_output + i) = window_extent(input(i + 1), kernel(i + 1), strides(i + 1), &
                                                   dilation(i + 1), padding)
         geometry(conv_padding + i) = window_padding(input(i + 1), kernel(i + 1), strides(i + 1), &
                                                     dilation(i + 1), padding)
      end do
   end function conv_geometry

   !> How often a window fits along an axis: Keras's output extent; open for an open axis, below 1
   !> where the window is longer than the axis.
   pure integer function window_extent(n, window, stride, dilation, padding) result(extent)
      integer, intent(in) :: n                        !! extent of the axis
      integer, intent(in) :: window, stride, dilation
      integer, intent(in) :: padding                  !! one of `pad_*`
      extent = open_extent
      if (n == open_extent) return
      select case (padding)
      case (pad_valid)
         extent = 0
         if (n >= reach(window, dilation)) extent = int((n - reach(window, dilation))/stride) + 1
      case default
         extent = (n - 1)/stride + 1
      end select
   end function window_extent

   !> Padding before the first value of a closed axis; the smaller half where `same` is odd.
   pure integer function window_padding(n, window, stride, dilation, padding) result(before)
      integer, intent(in) :: n                        !! extent of the axis
      integer, intent(in) :: window, stride, dilation
      integer, intent(in) :: padding                  !! one of `pad_*`
      integer(i8) :: last
      before = 0
      if (padding == pad_causal) before = int(reach(window, dilation) - 1)
      if (padding /= pad_same) return
      last = int(window_extent(n, window, stride, dilation, padding) - 1, i8)*stride
      before = int(max(last + reach(window, dilation) - n, 0_i8)/2)
   end function window_padding

   !> Whether all places within and around an axis can be counted in default integers.
   pure logical function window_fits(n, window, stride, dilation, channels) result(fits)
      integer, intent(in) :: n, window, stride, dilation, channels
      fits = reach(window, dilation) <= huge(1)
      if (fits) fits = max(n, 1) + reach(window, dilation) + stride <= huge(1)/max(channels, 1)
   end function window_fits

   !> Keras's output extent of a transposed convolution; open for an open axis, 0 where there would
   !> be none or one that cannot be counted.
   pure integer function transposed_extent(n, window, stride, dilation, padding, extra) &
      result(extent)
      integer, intent(in) :: n                        !! extent of the axis
      integer, intent(in) :: window, stride, dilation
      integer, intent(in) :: padding                  !! `pad_valid` or `pad_same`
      integer, intent(in) :: extra                    !! option `output_padding`, -1 for none
      integer(i8) :: long, taps
      extent = open_extent
      if (n == open_extent) return
      taps = reach(window, dilation)
      long = int(n - 1, i8)*stride
      if (padding == pad_same .and. extra < 0) then
         long = long + stride
      else if (padding == pad_same) then
         long = long + mod(taps, 2_i8) + extra
      else if (extra < 0) then
         long = long + max(taps, int(stride, i8))
      else
         long = long + taps + extra
      end if
      extent = 0
      if (long > 0 .and. long <= huge(1)) extent = int(long)
   end function transposed_extent

   !> Positions that a transposed convolution leaves out before its first output.
   pure integer function transposed_padding(window, stride, dilation, padding, extra) &
      result(before)
      integer, intent(in) :: window, stride, dilation
      integer, intent(in) :: padding                  !! `pad_valid` or `pad_same`
      integer, intent(in) :: extra                    !! option `output_padding`, -1 for none
      integer(i8) :: taps, rest
      before = 0
      if (padding /= pad_same) return
      taps = reach(window, dilation)
      rest = taps - stride
      if (extra >= 0) rest = taps - mod(taps, 2_i8) - extra
      if (rest > 0) before = int(min(rest/2, int(huge(1), i8)))
   end function transposed_padding

   !> From the first tap to the last, both counted.
   pure integer(i8) function reach(window, dilation)
      integer, intent(in) :: window, dilation
      reach = int(window - 1, i8)*dilation + 1
   end function reach

end module fkb_conv_geometry
