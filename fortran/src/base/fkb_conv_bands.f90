!> How a convolution without patches is cut into bands, and where its windows lie.
!>
!> A band is some rows of the output of one image, a piece of one row where a row is long, or all
!> rows of several images. Its source is the part of the input that its windows see: the input
!> itself where no window touches the padding, a copy with the padding elsewhere.
module fkb_conv_bands
   use fkb_conv_geometry, only: conv_channels_in, conv_dilation, conv_groups, conv_input, &
      conv_kernel, conv_length, conv_output, conv_padding, conv_stride
   use fkb_kinds, only: i8
   implicit none (type, external)
   private
   public :: plan_bands, band_reals, place_columns, run_length, sees_inside, source_extents
   public :: source_strides, takes_windows

   !> What a band is made of.
   integer, parameter, public :: band_first = 1      !! its first output position, of three axes
   integer, parameter, public :: band_wide = 4       !! positions along the width
   integer, parameter, public :: band_tall = 5       !! rows
   integer, parameter, public :: band_images = 6     !! images
   integer, parameter, public :: band_length = 6

   !> Most positions of a band.
   integer, parameter, public :: most_columns = 512
   !> Reals of the kernel that are packed at a time.
   integer, parameter, public :: panel_reals = 32768
   !> Reals that its source may fill where there is a choice, and fewest of a run of products.
   integer, parameter :: most_reals = 262144, least_run = 16

contains

   !> Whether a convolution gains from having no patches: its runs of products are long enough.
   pure logical function takes_windows(g)
      integer, intent(in) :: g(conv_length)
      takes_windows = run_length(g) >= least_run .and. source_reals(g, 1, 1, 1) <= most_reals
   end function takes_windows

   !> Bands of `wide` positions by `tall` rows, or of all rows of several images.
   pure subroutine plan_bands(g, wide, tall, images)
      integer, intent(in) :: g(conv_length)
      integer, intent(out) :: wide, tall, images
      integer :: bands, height, width
      width = g(conv_output)
      height = g(conv_output + 1)
      wide = width
      do bands = 1, width
         wide = (width - 1)/bands + 1
         if (wide <= most_columns .and. source_reals(g, wide, 1, 1) <= most_reals) exit
      end do
      tall = 1
      images = 1
      if (wide < width) return
      do bands = 1, height
         tall = (height - 1)/bands + 1
         if (tall*wide <= most_columns .and. source_reals(g, wide, tall, 1) <= most_reals) exit
      end do
      if (tall < height .or. g(conv_output + 2) > 1) return
      images = int(max(min(most_columns/(wide*tall), &
                           int(most_reals/source_reals(g, wide, tall, 1))), 1))
   end subroutine plan_bands

   !> Reals of scratch: panels of the kernel, then the largest source that has to be copied.
   pure integer(i8) function band_reals(g) result(reals)
      integer, intent(in) :: g(conv_length)
      integer :: images, tall, wide
      reals = panel_reals
      if (.not. takes_windows(g)) reals = 0
      if (.not. takes_windows(g) .or. sees_inside(g)) return
      call plan_bands(g, wide, tall, images)
      reals = reals + source_reals(g, wide, tall, images)
   end function band_reals

   !> Whether no window touches the padding.
   pure logical function sees_inside(g) result(inside)
      integer, intent(in) :: g(conv_length)
      integer :: i
      inside = all(g(conv_padding:conv_padding + 2) == 0)
      do i = 0, 2
         inside = inside .and. (g(conv_output + i) - 1)*g(conv_stride + i) + reach(g, i) <= &
            g(conv_input + i)
      end do
   end function sees_inside

   !> Input positions along the width and rows that so many outputs see.
   pure function source_extents(g, wide, tall) result(extents)
      integer, intent(in) :: g(conv_length), wide, tall
      integer :: extents(2)
      extents(1) = (wide - 1)*g(conv_stride) + reach(g, 0)
      extents(2) = (tall - 1)*g(conv_stride + 1) + reach(g, 1)
   end function source_extents

   !> Reals from a place of the source to the next of the width, of the height, of the taps of the
   !> depth and of the images.
   pure function source_strides(g, band) result(strides)
      integer, intent(in) :: g(conv_length), band(band_length)
      integer :: strides(4)
      integer :: extents(2)
      strides(1) = g(conv_channels_in)
      if (sees_inside(g)) then
         strides(2) = strides(1)*g(conv_input)
         strides(3) = strides(2)*g(conv_input + 1)*g(conv_dilation + 2)
         strides(4) = strides(2)*g(conv_input + 1)*g(conv_input + 2)
      else
         extents = source_extents(g, band(band_wide), band(band_tall))
         strides(2) = strides(1)*extents(1)
         strides(3) = strides(2)*extents(2)
         strides(4) = strides(3)*g(conv_kernel + 2)
      end if
   end function source_strides

   !> Where the windows of the columns of a band begin in its source, from 1.
   pure subroutine place_columns(g, band, places)
      integer, intent(in) :: g(conv_length), band(band_length)
      integer, intent(out) :: places(band(band_wide), band(band_tall), band(band_images))
      integer :: first, i, image, j, strides(4)
      strides = source_strides(g, band)
      first = 1
      if (sees_inside(g)) then
         first = first + band(1)*g(conv_stride)*strides(1) + band(2)*g(conv_stride + 1)*strides(2)
         first = first + band(3)*g(conv_stride + 2)*(strides(2)*g(conv_input + 1))
      end if
      do image = 1, band(band_images)
         do j = 1, band(band_tall)
            do i = 1, band(band_wide)
               places(i, j, image) = first + (i - 1)*g(conv_stride)*strides(1) &
                                     + (j - 1)*g(conv_stride + 1)*strides(2) &
                                     + (image - 1)*strides(4)
            end do
         end do
      end do
   end subroutine place_columns

   !> Products that a window takes one after another: a row of taps where it is one piece of memory.
   pure integer function run_length(g) result(run)
      integer, intent(in) :: g(conv_length)
      run = g(conv_channels_in)/g(conv_groups)
      if (g(conv_groups) == 1 .and. g(conv_dilation) == 1) run = run*g(conv_kernel)
   end function run_length

   pure integer(i8) function source_reals(g, wide, tall, images) result(reals)
      integer, intent(in) :: g(conv_length), wide, tall, images
      integer :: extents(2)
      extents = source_extents(g, wide, tall)
      reals = int(g(conv_channels_in), i8)*extents(1)*extents(2)*g(conv_kernel + 2)*images
   end function source_reals

   !> From the first tap of an axis to the last, both counted.
   pure integer function reach(g, axis)
      integer, intent(in) :: g(conv_length), axis
      reach = (g(conv_kernel + axis) - 1)*g(conv_dilation + axis) + 1
   end function reach

end module fkb_conv_bands
