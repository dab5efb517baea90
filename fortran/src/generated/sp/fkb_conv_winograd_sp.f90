! Generated from kernels/fkb_conv_winograd.fypp: edit that file and run tools/generate.py
!> Convolutions with fewer products: Winograd's transform of tiles of the image and of the kernel.
!>
!> The 36 points of the tiles are 36 matrix products of the channels (Lavin and Gray 2016), with a
!> quarter of the products of a window of 3 x 3 and little more than a third of one of 5 x 5. Values
!> that are not finite, or so large that a transform could overflow, are left to the plain sum,
!> image by image; so no value of an image depends on the rest of the batch.
module fkb_conv_winograd_sp
   use fkb_conv_bands, only: band_length, band_tall
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_kernel, conv_length, &
      conv_output
   use fkb_conv_window_tiles_sp, only: add_window_tile
   use fkb_conv_windows_sp, only: copy_source, from_bias, from_y
   use fkb_gemm_tiles_sp, only: columns, rows
   use fkb_kinds, only: wp => sp
   use fkb_winograd_plan, only: all_points, band_columns, points, tile_outputs
   use fkb_winograd_transforms_sp, only: transform_input, transform_kernel, transform_output
   implicit none (type, external)
   private
   public :: convolve_tiles, transform_kernels, transform_source, is_tame

   !> Products that run through a tile of the output at a time: their panel stays in the cache.
   integer, parameter :: depth = 256

contains

   !> Whether all values are finite and so small that no transform overflows.
   pure logical function is_tame(n, x)
      integer, intent(in) :: n
      real(wp), intent(in) :: x(n)
      real(wp), parameter :: limit = sqrt(huge(1.0_wp))/65536
      integer :: i, wild
      wild = 0
      do i = 1, n
         if (.not. abs(x(i)) <= limit) wild = wild + 1
      end do
      is_tame = wild == 0
   end function is_tame

   !> The kernel at the points, in panels of `rows` output channels.
   pure subroutine transform_kernels(g, kernel, panels)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: kernel(g(conv_channels_out), g(conv_channels_in), g(conv_kernel), &
                                     g(conv_kernel))
      real(wp), intent(inout) :: panels(rows, g(conv_channels_in) + 1, points, points, *)
      real(wp) :: taps(rows, 5), half(rows, points, 5), whole(rows, points)
      integer :: c, filled, first, i, j, n, panel
      n = g(conv_kernel)
      taps = 0
      panel = 0
      do first = 1, g(conv_channels_out), rows
         panel = panel + 1
         filled = min(rows, g(conv_channels_out) - first + 1)
         do c = 1, g(conv_channels_in)
            do j = 1, n
               if (filled == rows) then
                  call transform_kernel(n, size(kernel, 1)*size(kernel, 2), &
                                        kernel(first, c, 1, j), half(1, 1, j))
                  cycle
               end if
               do i = 1, n
                  taps(:filled, i) = kernel(first:first + filled - 1, c, i, j)
               end do
               call transform_kernel(n, rows, taps, half(1, 1, j))
            end do
            do i = 1, points
               call transform_kernel(n, rows*points, half(1, i, 1), whole)
               do j = 1, points
                  panels(:, c, i, j, panel) = whole(:, j)
               end do
            end do
         end do
      end do
   end subroutine transform_kernels

   !> y = conv(x, kernel) in a band of tiles of one image, plus nothing, y or the bias
   pure subroutine convolve_tiles(g, band, tiles, panels, from, bias, x, y, scratch)
      integer, intent(in) :: g(conv_length)
      integer, intent(in) :: band(band_length)          !! of outputs, whole rows
      integer, intent(in) :: tiles(2)                   !! along the width and rows of them
      real(wp), intent(in) :: panels(rows, g(conv_channels_in) + 1, all_points, *)
      integer, intent(in) :: from                       !! one of `from_*`
      real(wp), intent(in) :: bias(*)                   !! looked at with `from_bias`
      real(wp), intent(in) :: x(*)                      !! the image
      real(wp), intent(inout) :: y(g(conv_channels_out), g(conv_output), *)
      real(wp), intent(inout) :: scratch(*)
      integer :: after, extents(2), first, ld, panel
      ld = band_columns(product(tiles))
      extents = tiles*tile_outputs(g) + g(conv_kernel) - 1
      after = ld*all_points*(g(conv_channels_in) + rows) + 1
      call copy_source(g, band, extents, x, scratch(after))
      call transform_source(g(conv_channels_in), tile_outputs(g), tiles, extents, &
                            scratch(after), ld, scratch)
      after = ld*all_points*g(conv_channels_in) + 1
      panel = 0
      do first = 1, g(conv_channels_out), rows
         panel = panel + 1
         call multiply_points(g(conv_channels_in), ld, panels(1, 1, 1, panel), scratch, &
                              scratch(after))
         call put_outputs(g, band, tiles, min(rows, g(conv_channels_out) - first + 1), first, ld, &
                          scratch(after), from, bias, y)
      end do
   end subroutine convolve_tiles

   !> The tiles of a source at the points; zeros in the columns beyond them.
   pure subroutine transform_source(channels, outputs, tiles, extents, source, ld, v)
      integer, intent(in) :: channels, outputs, tiles(2), extents(2), ld
      real(wp), intent(in) :: source(channels, extents(1), extents(2))
      real(wp), intent(inout) :: v(channels, ld, points, points)
      real(wp) :: half(rows, points, points), whole(rows, points)
      integer :: c, column, i, j, k, l
      column = 0
      do j = 0, tiles(2) - 1
         do i = 0, tiles(1) - 1
            column = column + 1
            do c = 1, channels, rows
               do k = 1, points
                  call transform_input(channels, source(c, i*outputs + 1, j*outputs + k), &
                                       half(1, 1, k))
               end do
               do k = 1, points
                  call transform_input(rows*points, half(1, k, 1), whole)
                  do l = 1, points
                     v(c:c + rows - 1, column, k, l) = whole(:, l)
                  end do
               end do
            end do
         end do
      end do
      v(:, column + 1:, :, :) = 0
   end subroutine transform_source

   !> m = a panel of the kernel times the tiles, at each point
   pure subroutine multiply_points(channels, ld, panel, v, m)
      integer, intent(in) :: channels, ld
      real(wp), intent(in) :: panel(rows, channels + 1, all_points), v(channels, ld, all_points)
      real(wp), intent(inout) :: m(rows, ld, all_points)
      integer :: j, l, p
      do p = 1, all_points
         m(:, :, p) = 0
         do l = 1, channels, depth
            do j = 1, ld - 1, columns
               call add_window_tile(min(depth, channels - l + 1), panel(1, l, p), v(l, j, p), &
                                    v(l, j + 1, p), v(l, j + 2, p), v(l, j + 3, p), &
                                    v(l, j + 4, p), v(l, j + 5, p), v(l, j + 6, p), &
                                    v(l, j + 7, p), rows, m(1, j, p))
            end do
         end do
      end do
   end subroutine multiply_points

   !> The outputs of a panel's channels, where they lie within the image.
   pure subroutine put_outputs(g, band, tiles, filled, first, ld, m, from, bias, y)
      integer, intent(in) :: g(conv_length), band(band_length), tiles(2), filled, first, ld, from
      real(wp), intent(in) :: m(rows, ld, points, points), bias(*)
      real(wp), intent(inout) :: y(g(conv_channels_out), g(conv_output), *)
      real(wp) :: begin(rows), half(rows, points, points), whole(rows, points)
      integer :: column, i, j, k, l, outputs
      outputs = tile_outputs(g)
      begin = 0
      if (from == from_bias) begin(:filled) = bias(first:first + filled - 1)
      column = 0
      do j = 0, tiles(2) - 1
         do i = 0, tiles(1) - 1
            column = column + 1
            do k = 1, points
               call transform_output(outputs, rows*ld, m(1, column, 1, k), half(1, 1, k))
            end do
            do k = 1, min(outputs, g(conv_output) - i*outputs)
               call transform_output(outputs, rows*points, half(1, k, 1), whole)
               do l = 1, min(outputs, band(band_tall) - j*outputs)
                  call put_column(filled, from, begin, whole(1, l), &
                                  y(first, i*outputs + k, j*outputs + l))
               end do
            end do
         end do
      end do
   end subroutine put_outputs

   !> y = x + begin, or + y
   pure subroutine put_column(filled, from, begin, x, y)
      integer, intent(in) :: filled, from
      real(wp), intent(in) :: begin(rows), x(rows)
      real(wp), intent(inout) :: y(filled)
      integer :: i
      if (from == from_y) then
         y = y + x(:filled)
      else if (filled == rows) then
         do i = 1, rows
            y(i) = begin(i) + x(i)
         end do
      else
         y = begin(:filled) + x(:filled)
      end if
   end subroutine put_column

end module fkb_conv_winograd_sp
