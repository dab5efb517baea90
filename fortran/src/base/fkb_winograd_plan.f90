!> How a convolution by Winograd's transform is cut up, and where the parts of its scratch lie.
!>
!> A tile is 6 x 6 positions of the input: 4 x 4 outputs of a window of 3 x 3 and 2 x 2 of
!> one of 5 x 5. A band is some rows of tiles of one image. Scratch is the transformed kernel, then
!> the transformed band, a panel of its outputs before they are transformed back, and the source.
module fkb_winograd_plan
   use fkb_conv_bands, only: band_reals
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_dilation, conv_groups, &
      conv_kernel, conv_length, conv_output, conv_stride
   use fkb_kinds, only: i8
   implicit none (type, external)
   private
   public :: takes_winograd, winograd_reals, plan_winograd, tile_outputs, kernel_reals
   public :: band_columns

   integer, parameter, public :: points = 6              !! of a tile, along each axis
   integer, parameter, public :: all_points = points**2

   !> Rows of a tile of the matrix product at most, and its columns.
   integer, parameter :: rows = 32, columns = 8
   !> Most tiles of a band, and reals that a transformed band and a transformed kernel may fill.
   integer, parameter :: most_tiles = 128, most_reals = 1048576, most_kernel = 8388608
   !> Fewest outputs of an image that are worth transforming the kernel for.
   integer, parameter :: fewest = 400

contains

   !> Whether a convolution gains from the transform. Nothing here depends on the batch.
   pure logical function takes_winograd(g)
      integer, intent(in) :: g(conv_length)
      integer :: window
      window = g(conv_kernel)
      takes_winograd = .false.
      if (window /= 3 .and. window /= 5) return
      if (g(conv_kernel + 1) /= window .or. g(conv_kernel + 2) /= 1 .or. g(conv_groups) /= 1) return
      if (any(g(conv_stride:conv_stride + 2) /= 1)) return
      if (any(g(conv_dilation:conv_dilation + 2) /= 1)) return
      if (mod(g(conv_channels_in), rows) /= 0 .or. g(conv_channels_out) < rows) return
      if (g(conv_output)*g(conv_output + 1) < fewest) return
      if (kernel_reals(g) > most_kernel) return
      takes_winograd = band_columns(tiles_along(g, 0))*int(g(conv_channels_in), i8)*all_points <= &
                       most_reals
   end function takes_winograd

   !> Outputs of a tile along each axis.
   pure integer function tile_outputs(g)
      integer, intent(in) :: g(conv_length)
      tile_outputs = points + 1 - g(conv_kernel)
   end function tile_outputs

   !> Tiles along the width, and rows of tiles of a band.
   pure subroutine plan_winograd(g, wide, tall)
      integer, intent(in) :: g(conv_length)
      integer, intent(out) :: wide, tall
      integer :: bands, height
      wide = tiles_along(g, 0)
      height = tiles_along(g, 1)
      tall = 1
      do bands = 1, height
         tall = (height - 1)/bands + 1
         if (wide*tall <= most_tiles .and. &
             band_columns(wide*tall)*int(g(conv_channels_in), i8)*all_points <= most_reals) exit
      end do
   end subroutine plan_winograd

   !> Columns that so many tiles get in memory: whole tiles of the product, and one more, so that
   !> the points do not lie a power of two apart.
   pure integer function band_columns(tiles)
      integer, intent(in) :: tiles
      band_columns = ((tiles - 1)/columns + 1)*columns + 1
   end function band_columns

   !> Reals of the transformed kernel, in panels.
   pure integer(i8) function kernel_reals(g) result(reals)
      integer, intent(in) :: g(conv_length)
      reals = ((g(conv_channels_out) - 1)/rows + 1)*rows
      reals = reals*(g(conv_channels_in) + 1)*all_points
   end function kernel_reals

   !> Reals of scratch.
   pure integer(i8) function winograd_reals(g) result(reals)
      integer, intent(in) :: g(conv_length)
      integer :: tall, wide
      integer(i8) :: source
      reals = 0
      if (.not. takes_winograd(g)) return
      call plan_winograd(g, wide, tall)
      source = (wide*tile_outputs(g) + g(conv_kernel) - 1)
      source = source*(tall*tile_outputs(g) + g(conv_kernel) - 1)*g(conv_channels_in)
      reals = band_columns(wide*tall)*int(g(conv_channels_in) + rows, i8)*all_points + source
      reals = kernel_reals(g) + max(reals, band_reals(g))
   end function winograd_reals

   !> Tiles along an axis.
   pure integer function tiles_along(g, axis) result(tiles)
      integer, intent(in) :: g(conv_length), axis
      tiles = (g(conv_output + axis) - 1)/tile_outputs(g) + 1
   end function tiles_along

end module fkb_winograd_plan
