!> How a convolution is cut into tiles, and where the parts of its scratch lie.
!>
!> Scratch is a matrix with a row for each value that an output sees: first the kernel, packed as a
!> pass needs it, a column per output channel; then the patches of a tile, a column per position;
!> then one group's outputs of a tile, as many reals as they need.
module fkb_conv_tiles
   use fkb_conv_bands, only: band_reals
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_groups, conv_input, &
      conv_kernel, conv_length, conv_output, conv_padding
   use fkb_conv_reversal, only: reversed_reals
   use fkb_kinds, only: i8
   use fkb_winograd_plan, only: kernel_reals, takes_winograd, winograd_reals
   implicit none (type, external)
   private
   public :: conv_scratch, plan_tiles, at_patches, at_part
   public :: patch_rows, positions_in, positions_out, is_depthwise, is_grouped, is_pointwise

   !> Reals that the patches of a tile may fill, and most and fewest positions of a tile.
   integer, parameter :: tile_reals = 32768, most = 512, fewest = 16

contains

   !> Reals of scratch that the procedures of `fkb_conv_kernels` need, whatever the batch.
   pure integer(i8) function conv_scratch(g) result(reals)
      integer, intent(in) :: g(conv_length)
      integer(i8) :: rows, channels
      rows = patch_rows(g)
      channels = g(conv_channels_out)
      reals = rows*channels + rows*tile_columns(g) + (channels/g(conv_groups))*tile_columns(g)
      if (takes_winograd(g)) reals = reals + kernel_reals(g)
      reals = max(reals, band_reals(g), winograd_reals(g), reversed_reals(g))
   end function conv_scratch

   !> Tiles of `step` positions of one image, or of all positions of several images.
   pure subroutine plan_tiles(g, step, images)
      integer, intent(in) :: g(conv_length)
      integer, intent(out) :: step, images
      integer :: columns, positions
      positions = positions_out(g)
      columns = tile_columns(g)
      images = max(columns/positions, 1)
      step = positions
      if (positions > columns) step = (positions - 1)/((positions - 1)/columns + 1) + 1
   end subroutine plan_tiles

   !> Most positions of a tile, whatever the extents of the image.
   pure integer function tile_columns(g) result(columns)
      integer, intent(in) :: g(conv_length)
      columns = max(min(tile_reals/patch_rows(g), most), fewest)
   end function tile_columns

   !> Values that one output sees.
   pure integer function patch_rows(g) result(rows)
      integer, intent(in) :: g(conv_length)
      rows = g(conv_channels_in)/g(conv_groups)*product(g(conv_kernel:conv_kernel + 2))
   end function patch_rows

   pure integer function positions_in(g) result(positions)
      integer, intent(in) :: g(conv_length)
      positions = product(g(conv_input:conv_input + 2))
   end function positions_in

   pure integer function positions_out(g) result(positions)
      integer, intent(in) :: g(conv_length)
      positions = product(g(conv_output:conv_output + 2))
   end function positions_out

   !> Column of scratch where the patches begin: after the packed kernels.
   pure integer function at_patches(g) result(column)
      integer, intent(in) :: g(conv_length)
      column = g(conv_channels_out) + 1
   end function at_patches

   !> Column of scratch where a group's part of the output begins: after the patches.
   pure integer function at_part(g) result(column)
      integer, intent(in) :: g(conv_length)
      column = at_patches(g) + tile_columns(g)
   end function at_part

   !> Whether there are several groups, each with several channels.
   pure logical function is_grouped(g)
      integer, intent(in) :: g(conv_length)
      is_grouped = g(conv_groups) > 1 .and. g(conv_groups) < g(conv_channels_in)
   end function is_grouped

   !> Whether each channel of the input is a group of its own.
   pure logical function is_depthwise(g)
      integer, intent(in) :: g(conv_length)
      is_depthwise = g(conv_groups) > 1 .and. g(conv_groups) == g(conv_channels_in)
   end function is_depthwise

   !> Whether the output position sees its own input position only.
   pure logical function is_pointwise(g)
      integer, intent(in) :: g(conv_length)
      is_pointwise = all(g(conv_kernel:conv_kernel + 2) == 1) .and. g(conv_groups) == 1 .and. &
         all(g(conv_padding:conv_padding + 2) == 0) .and. &
         all(g(conv_output:conv_output + 2) == g(conv_input:conv_input + 2))
   end function is_pointwise

end module fkb_conv_tiles
