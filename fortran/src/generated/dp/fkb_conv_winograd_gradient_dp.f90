! Generated from kernels/fkb_conv_winograd_gradient.fypp: edit that file and run tools/generate.py
!> The derivative of a convolution to its kernel by Winograd's transform.
!>
!> It is the transpose of `fkb_conv_winograd`: at each of the 36 points a product of the channels of
!> the transformed derivatives and of the transformed input, summed over all tiles of the batch,
!> and one transform back to the taps.
module fkb_conv_winograd_gradient_dp
   use fkb_conv_bands, only: band_length, band_tall
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_kernel, conv_length, &
      conv_output
   use fkb_conv_tiles, only: positions_in
   use fkb_conv_windows_dp, only: copy_source
   use fkb_conv_winograd_dp, only: transform_source
   use fkb_gemm_tiles_dp, only: add_tile_nt, columns, rows
   use fkb_kinds, only: wp => dp
   use fkb_winograd_plan, only: all_points, band_columns, plan_winograd, points, tile_outputs
   use fkb_winograd_transforms_dp, only: spread_kernel, spread_output
   implicit none (type, external)
   private
   public :: add_image, add_transformed

contains

   !> panels += the sums of one image at the points; the panels are as those of the kernel
   pure subroutine add_image(g, x, dy, panels, scratch)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: x(g(conv_channels_in), positions_in(g))
      real(wp), intent(in) :: dy(g(conv_channels_out), g(conv_output), g(conv_output + 1), &
                                 g(conv_output + 2))
      real(wp), intent(inout) :: panels(rows, g(conv_channels_in) + 1, all_points, *)
      real(wp), intent(inout) :: scratch(*)
      integer :: band(band_length), j, k, outputs, tall, wide
      call plan_winograd(g, wide, tall)
      outputs = tile_outputs(g)
      do k = 0, g(conv_output + 2) - 1
         do j = 0, g(conv_output + 1) - 1, tall*outputs
            band = [0, j, k, g(conv_output), min(tall*outputs, g(conv_output + 1) - j), 1]
            call add_band(g, band, [wide, (band(band_tall) - 1)/outputs + 1], x, &
                          dy(1, 1, j + 1, k + 1), panels, scratch)
         end do
      end do
   end subroutine add_image

   !> panels += the sums of one band of tiles
   pure subroutine add_band(g, band, tiles, x, dy, panels, scratch)
      integer, intent(in) :: g(conv_length), band(band_length), tiles(2)
      real(wp), intent(in) :: x(*)                      !! the image
      real(wp), intent(in) :: dy(g(conv_channels_out), g(conv_output), band(band_tall))
      real(wp), intent(inout) :: panels(rows, g(conv_channels_in) + 1, all_points, *)
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
         call spread_outputs(g, band, tiles, min(rows, g(conv_channels_out) - first + 1), first, &
                             dy, ld, scratch(after))
         call add_points(g(conv_channels_in), product(tiles), ld, scratch(after), scratch, &
                         panels(1, 1, 1, panel))
      end do
   end subroutine add_band

   !> A panel's derivatives of the tiles at the points, zeros beyond the image.
   pure subroutine spread_outputs(g, band, tiles, filled, first, dy, ld, m)
      integer, intent(in) :: g(conv_length), band(band_length), tiles(2), filled, first, ld
      real(wp), intent(in) :: dy(g(conv_channels_out), g(conv_output), band(band_tall))
      real(wp), intent(inout) :: m(rows, ld, points, points)
      real(wp) :: half(rows, points, points), part(rows, points, points), whole(rows, points)
      integer :: column, high, i, j, k, l, last, outputs, wide
      outputs = tile_outputs(g)
      last = first + filled - 1
      column = 0
      do j = 0, tiles(2) - 1
         high = min(outputs, band(band_tall) - j*outputs)
         do i = 0, tiles(1) - 1
            wide = min(outputs, g(conv_output) - i*outputs)
            column = column + 1
            if (min(high, wide) < outputs .or. filled < rows) part = 0
            do k = 1, high
               do l = 1, wide
                  part(:filled, l, k) = dy(first:last, i*outputs + l, j*outputs + k)
               end do
            end do
            do k = 1, outputs
               call spread_output(outputs, rows, part(1, 1, k), half(1, 1, k))
            end do
            do k = 1, points
               call spread_output(outputs, rows*points, half(1, k, 1), whole)
               do l = 1, points
                  m(:, column, k, l) = whole(:, l)
               end do
            end do
         end do
      end do
   end subroutine spread_outputs

   !> panel += m transpose(v), at each point
   pure subroutine add_points(channels, tiles, ld, m, v, panel)
      integer, intent(in) :: channels, tiles, ld
      real(wp), intent(in) :: m(rows, ld, all_points), v(channels, ld, all_points)
      real(wp), intent(inout) :: panel(rows, channels + 1, all_points)
      integer :: c, p
      do p = 1, all_points
         do c = 1, channels, columns
            call add_tile_nt(tiles, rows, m(1, 1, p), channels, v(c, 1, p), rows, panel(1, c, p))
         end do
      end do
   end subroutine add_points

   !> dkernel += the panels at the taps
   pure subroutine add_transformed(g, panels, dkernel)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: panels(rows, g(conv_channels_in) + 1, points, points, *)
      real(wp), intent(inout) :: dkernel(g(conv_channels_out), g(conv_channels_in), &
                                         g(conv_kernel), g(conv_kernel))
      real(wp) :: half(rows, points, points), whole(rows, points)
      integer :: c, filled, first, i, j, last, n, panel
      n = g(conv_kernel)
      panel = 0
      do first = 1, g(conv_channels_out), rows
         panel = panel + 1
         filled = min(rows, g(conv_channels_out) - first + 1)
         last = first + filled - 1
         do c = 1, g(conv_channels_in)
            do j = 1, points
               call spread_kernel(n, rows*(g(conv_channels_in) + 1), panels(1, c, 1, j, panel), &
                                  half(1, 1, j))
            end do
            do i = 1, n
               call spread_kernel(n, rows*points, half(1, i, 1), whole)
               do j = 1, n
                  dkernel(first:last, c, i, j) = dkernel(first:last, c, i, j) + whole(:filled, j)
               end do
            end do
         end do
      end do
   end subroutine add_transformed

end module fkb_conv_winograd_gradient_dp
