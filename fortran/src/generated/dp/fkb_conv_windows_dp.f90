! Generated from kernels/fkb_conv_windows.fypp: edit that file and run tools/generate.py
!> Convolutions without patches: the windows are read where they lie.
!>
!> The source of a band (see `fkb_conv_bands`) stays in the cache while the kernel, packed in panels
!> for the tiles, runs over it. Each value of the output is the chain of multiply-adds of the
!> product of patches, from what y holds: channels, then taps of the width, height and depth. Few
!> output channels are summed in several chains instead.
module fkb_conv_windows_dp
   use fkb_conv_bands, only: band_images, band_length, band_tall, band_wide, most_columns, &
      panel_reals, place_columns, run_length, sees_inside, source_extents, source_strides
   use fkb_conv_geometry, only: conv_channels_in, conv_channels_out, conv_dilation, conv_groups, &
      conv_input, conv_kernel, conv_length, conv_padding, conv_stride
   use fkb_conv_tiles, only: patch_rows
   use fkb_conv_window_tiles_dp, only: add_dots, add_half_window_tile, &
      add_narrow_window_tile, add_window_tile, narrow
   use fkb_gemm_panels_dp, only: pack_panel
   use fkb_gemm_tiles_dp, only: columns, half, rows
   use fkb_kinds, only: i8, wp => dp
   implicit none (type, external)
   private
   public :: convolve_band, copy_source, pack_windows, window_reals

   !> What the sums start from: 0, what y holds, or the bias.
   integer, parameter, public :: from_zero = 0, from_y = 1, from_bias = 2

   !> Up to so many rows of the output there is nothing to gain from tiles.
   integer, parameter :: few = 4
   !> Products of a panel, which stays in the first-level cache, and panels packed at a time.
   integer, parameter :: depth = 256, height = panel_reals/(rows*depth)

contains

   !> y = conv(x, kernel) in the columns of a band, plus nothing, y or the bias
   pure subroutine convolve_band(g, band, count, kernel, packed, from, bias, x, y, scratch)
      integer, intent(in) :: g(conv_length)
      integer, intent(in) :: band(band_length)
      integer, intent(in) :: count                      !! columns of the band
      real(wp), intent(in) :: kernel(*)                 !! (channels_out, patch_rows)
      logical, intent(in) :: packed                     !! the kernel is as `pack_windows` made it
      integer, intent(in) :: from                       !! one of `from_*`
      real(wp), intent(in) :: bias(*)                   !! looked at with `from_bias`
      real(wp), intent(in) :: x(*)                      !! from the first image of the band on
      real(wp), intent(inout) :: y(g(conv_channels_out), count)
      real(wp), intent(inout) :: scratch(*)             !! `band_reals`
      integer :: places(most_columns)
      call place_columns(g, band, places)
      if (sees_inside(g)) then
         call add_products(g, source_strides(g, band), count, places, kernel, packed, from, bias, &
                           x, y, scratch)
      else
         call copy_source(g, band, source_extents(g, band(band_wide), band(band_tall)), x, &
                          scratch(panel_reals + 1))
         call add_products(g, source_strides(g, band), count, places, kernel, packed, from, bias, &
                           scratch(panel_reals + 1), y, scratch)
      end if
   end subroutine convolve_band

   !> The part of the input that a band sees, with the padding.
   pure subroutine copy_source(g, band, extents, x, source)
      integer, intent(in) :: g(conv_length), band(band_length), extents(2)
      real(wp), intent(in) :: x(g(conv_channels_in), g(conv_input), g(conv_input + 1), &
                                g(conv_input + 2), band(band_images))
      real(wp), intent(out) :: source(g(conv_channels_in), extents(1), extents(2), &
                                      g(conv_kernel + 2), band(band_images))
      integer :: at(3), first, image, j, k, last, start(3)
      start = band(:3)*g(conv_stride:conv_stride + 2) - g(conv_padding:conv_padding + 2)
      first = min(max(1 - start(1), 1), extents(1) + 1)
      last = max(min(g(conv_input) - start(1), extents(1)), first - 1)
      do image = 1, band(band_images)
         do k = 1, g(conv_kernel + 2)
            at(3) = start(3) + (k - 1)*g(conv_dilation + 2) + 1
            do j = 1, extents(2)
               at(2) = start(2) + j
               if (at(2) < 1 .or. at(2) > g(conv_input + 1) .or. &
                   at(3) < 1 .or. at(3) > g(conv_input + 2)) then
                  source(:, :, j, k, image) = 0
                  cycle
               end if
               source(:, :first - 1, j, k, image) = 0
               source(:, first:last, j, k, image) = &
                  x(:, start(1) + first:start(1) + last, at(2), at(3), image)
               source(:, last + 1:, j, k, image) = 0
            end do
         end do
      end do
   end subroutine copy_source

   !> The products of all windows, run after run.
   pure subroutine add_products(g, strides, count, places, kernel, packed, from, bias, source, y, &
                                panels)
      integer, intent(in) :: g(conv_length), strides(4), count
      integer, intent(in) :: places(count)
      real(wp), intent(in) :: kernel(*)
      logical, intent(in) :: packed
      integer, intent(in) :: from
      real(wp), intent(in) :: bias(*), source(*)
      real(wp), intent(inout) :: y(g(conv_channels_out), count)
      real(wp), intent(inout) :: panels(*)
      integer :: at, first, group, l, last, run, some, span, taps(3), tap(3)
      run = run_length(g)
      taps = g(conv_kernel:conv_kernel + 2)
      taps(1) = patch_rows(g)/(run*taps(2)*taps(3))
      some = g(conv_channels_out)/g(conv_groups)
      do group = 0, g(conv_groups) - 1
         do first = 0, patch_rows(g) - 1, run
            tap(1) = mod(first/run, taps(1))
            tap(2) = mod(first/(run*taps(1)), taps(2))
            tap(3) = first/(run*taps(1)*taps(2))
            at = tap(1)*g(conv_dilation)*strides(1) + tap(2)*g(conv_dilation + 1)*strides(2) &
                 + tap(3)*strides(3) + group*(g(conv_channels_in)/g(conv_groups))
            last = first + run
            do l = first, last - 1, depth
               span = min(depth, last - l)
               if (packed) then
                  call add_packed_span(g(conv_channels_out), group*some, some, span, &
                                       kernel(at_span(g, group, l)), merge(from, from_y, l == 0), &
                                       bias, at + l - first, count, places, source, y)
               else
                  call add_span(g(conv_channels_out), group*some, some, span, &
                                kernel(int(l, i8)*g(conv_channels_out) + 1), &
                                merge(from, from_y, l == 0), bias, at + l - first, count, &
                                places, source, y, panels)
               end if
            end do
         end do
      end do
   end subroutine add_products

   !> Some products of each window, for `some` rows of y after the first `skip`.
   pure subroutine add_span(all_rows, skip, some, span, kernel, from, bias, at, count, places, &
                            source, y, panels)
      integer, intent(in) :: all_rows, skip, some, span, from, at, count
      integer, intent(in) :: places(count)
      real(wp), intent(in) :: kernel(all_rows, span)
      real(wp), intent(in) :: bias(*), source(*)
      real(wp), intent(inout) :: y(all_rows, count)
      real(wp), intent(inout) :: panels(rows*depth, height)
      real(wp) :: begin
      integer :: filled, i, p
      if (some <= few) then
         do i = skip + 1, skip + some
            begin = 0
            if (from == from_bias) begin = bias(i)
            call add_one_row(span, kernel(i, :), from, begin, at, count, places, source, &
                             all_rows, y(i, 1))
         end do
         return
      end if
      do i = skip + 1, skip + some, rows
         filled = min(rows, skip + some - i + 1)
         p = mod((i - skip - 1)/rows, height)
         if (p == 0) call pack(all_rows, i, min(rows*height, skip + some - i + 1), span, kernel, &
                               panels)
         call add_panel(filled, span, panels(1, p + 1), from, bias(i), at, count, places, source, &
                        all_rows, y(i, 1))
      end do
   end subroutine add_span

   !> The same with a kernel that is packed.
   pure subroutine add_packed_span(all_rows, skip, some, span, panels, from, bias, at, count, &
                                   places, source, y)
      integer, intent(in) :: all_rows, skip, some, span, from, at, count
      integer, intent(in) :: places(count)
      real(wp), intent(in) :: panels(rows*span, *)
      real(wp), intent(in) :: bias(*), source(*)
      real(wp), intent(inout) :: y(all_rows, count)
      integer :: i, p
      p = 0
      do i = skip + 1, skip + some, rows
         p = p + 1
         call add_panel(min(rows, skip + some - i + 1), span, panels(1, p), from, bias(i), at, &
                        count, places, source, all_rows, y(i, 1))
      end do
   end subroutine add_packed_span

   !> The products of one panel.
   pure subroutine add_panel(filled, span, panel, from, bias, at, count, places, source, ldc, c)
      integer, intent(in) :: filled, span, from, at, count, ldc
      integer, intent(in) :: places(count)
      real(wp), intent(in) :: panel(rows, span)
      real(wp), intent(in) :: bias(*), source(*)
      real(wp), intent(inout) :: c(ldc, count)
      real(wp) :: begin(rows)
      begin = 0
      if (from == from_bias) begin(:filled) = bias(:filled)
      if (filled == rows .and. mod(count, columns) > 0 .and. mod(count, narrow) == 0) then
         call add_narrow_row(span, panel, from, begin, at, count, places, source, ldc, c)
      else
         call add_row(filled, span, panel, from, begin, at, count, places, source, ldc, c)
      end if
   end subroutine add_panel

   !> Reals of a packed kernel, 0 where there are too few output channels for panels.
   pure integer(i8) function window_reals(g) result(reals)
      integer, intent(in) :: g(conv_length)
      integer :: some
      some = g(conv_channels_out)/g(conv_groups)
      reals = 0
      if (some > few) reals = int(g(conv_groups)*padded(some), i8)*patch_rows(g)
   end function window_reals

   !> Pack a kernel as `add_products` reads it: group after group, span after span, in panels.
   pure subroutine pack_windows(g, kernel, panels)
      integer, intent(in) :: g(conv_length)
      real(wp), intent(in) :: kernel(g(conv_channels_out), patch_rows(g))
      real(wp), intent(inout) :: panels(*)             !! `window_reals`
      integer(i8) :: at
      integer :: first, group, i, l, run, some, span
      run = run_length(g)
      some = g(conv_channels_out)/g(conv_groups)
      do group = 0, g(conv_groups) - 1
         do first = 0, patch_rows(g) - 1, run
            do l = first, first + run - 1, depth
               span = min(depth, first + run - l)
               at = at_span(g, group, l)
               do i = 1, some, rows
                  call pack_panel(min(rows, some - i + 1), span, g(conv_channels_out), &
                                  kernel(group*some + i, l + 1), panels(at))
                  at = at + rows*span
               end do
            end do
         end do
      end do
   end subroutine pack_windows

   !> Where the panels of a span begin that follows `l` products of the windows.
   pure integer(i8) function at_span(g, group, l) result(at)
      integer, intent(in) :: g(conv_length), group, l
      at = (int(group, i8)*patch_rows(g) + l)*padded(g(conv_channels_out)/g(conv_groups)) + 1
   end function at_span

   !> Rows of so many output channels in panels.
   pure integer function padded(channels)
      integer, intent(in) :: channels
      padded = (channels + rows - 1)/rows*rows
   end function padded

   !> Panels of `rows` rows from row `first` of the kernel on, the last filled up with zeros.
   pure subroutine pack(all_rows, first, some, span, kernel, panels)
      integer, intent(in) :: all_rows, first, some, span
      real(wp), intent(in) :: kernel(all_rows, span)
      real(wp), intent(inout) :: panels(rows, depth, height)
      integer :: i, l, p, whole
      whole = some/rows
      do l = 1, span
         do p = 1, whole
            do i = 1, rows
               panels(i, l, p) = kernel(first + (p - 1)*rows + i - 1, l)
            end do
         end do
      end do
      if (whole*rows == some) return
      do l = 1, span
         panels(:some - whole*rows, l, p) = kernel(first + whole*rows:first + some - 1, l)
         panels(some - whole*rows + 1:, l, p) = 0
      end do
   end subroutine pack

   !> A row of tiles, of which the upper `filled` rows count.
   pure subroutine add_row(filled, span, panel, from, begin, at, count, places, source, ldc, c)
      integer, intent(in) :: filled, span, from, at, count, ldc
      integer, intent(in) :: places(count)
      real(wp), intent(in) :: panel(rows, span)
      real(wp), intent(in) :: begin(rows)               !! of y, unless with `from_y`
      real(wp), intent(in) :: source(*)
      real(wp), intent(inout) :: c(ldc, count)
      real(wp) :: part(rows, columns)
      integer :: j, p(columns), wide
      do j = 1, count, columns
         wide = min(columns, count - j + 1)
         p(:wide) = places(j:j + wide - 1) + at
         if (filled == rows .and. wide == columns) then
            if (from /= from_y) call set_tile(begin, columns, ldc, c(1, j))
            call add_window_tile(span, panel, source(p(1)), source(p(2)), source(p(3)), &
                                 source(p(4)), source(p(5)), source(p(6)), source(p(7)), &
                                 source(p(8)), ldc, c(1, j))
            cycle
         end if
         p(wide + 1:) = p(wide)
         call set_tile(begin, columns, rows, part)
         if (from == from_y) part(:filled, :wide) = c(:filled, j:j + wide - 1)
         if (filled > half) then
            call add_window_tile(span, panel, source(p(1)), source(p(2)), source(p(3)), &
                                 source(p(4)), source(p(5)), source(p(6)), source(p(7)), &
                                 source(p(8)), rows, part)
         else
            call add_half_window_tile(span, panel, source(p(1)), source(p(2)), source(p(3)), &
                                      source(p(4)), source(p(5)), source(p(6)), source(p(7)), &
                                      source(p(8)), rows, part)
         end if
         c(:filled, j:j + wide - 1) = part(:filled, :wide)
      end do
   end subroutine add_row

   !> A row of narrow tiles, all rows and columns of which count.
   pure subroutine add_narrow_row(span, panel, from, begin, at, count, places, source, ldc, c)
      integer, intent(in) :: span, from, at, count, ldc
      integer, intent(in) :: places(count)
      real(wp), intent(in) :: panel(rows, span)
      real(wp), intent(in) :: begin(rows)               !! of y, unless with `from_y`
      real(wp), intent(in) :: source(*)
      real(wp), intent(inout) :: c(ldc, count)
      integer :: j, p(narrow)
      do j = 1, count, narrow
         p = places(j:j + narrow - 1) + at
         if (from /= from_y) call set_tile(begin, narrow, ldc, c(1, j))
         call add_narrow_window_tile(span, panel, source(p(1)), source(p(2)), source(p(3)), &
                                     source(p(4)), source(p(5)), source(p(6)), source(p(7)), &
                                     ldc, c(1, j))
      end do
   end subroutine add_narrow_row

   !> One row of y, where there are too few for tiles.
   pure subroutine add_one_row(span, kernel, from, begin, at, count, places, source, ldc, c)
      integer, intent(in) :: span, from, at, count, ldc
      integer, intent(in) :: places(count)
      real(wp), intent(in) :: kernel(span), begin, source(*)
      real(wp), intent(inout) :: c(ldc, count)
      real(wp) :: part(columns)
      integer :: j, p(columns), wide
      do j = 1, count, columns
         wide = min(columns, count - j + 1)
         p(:wide) = places(j:j + wide - 1) + at
         p(wide + 1:) = p(wide)
         part = begin
         if (from == from_y) part(:wide) = c(1, j:j + wide - 1)
         call add_dots(span, kernel, source(p(1)), source(p(2)), source(p(3)), source(p(4)), &
                       source(p(5)), source(p(6)), source(p(7)), source(p(8)), part)
         c(1, j:j + wide - 1) = part(:wide)
      end do
   end subroutine add_one_row

   !> Each column of a tile is the same.
   pure subroutine set_tile(column, wide, ldc, c)
      integer, intent(in) :: wide, ldc
      real(wp), intent(in) :: column(rows)
      real(wp), intent(inout) :: c(ldc, wide)
      integer :: i, j
      do j = 1, wide
         do i = 1, rows
            c(i, j) = column(i)
         end do
      end do
   end subroutine set_tile

end module fkb_conv_windows_dp
