!> A large picture in tiles that overlap, and their answers put together without seams.
module roads_tiles
   use fkb_sp, only: wp
   implicit none (type, external)
   private
   public :: corners_of, join_blended, join_cropped

contains

   !> Where tiles begin so that they cover a side and overlap by at least `overlap` pixels; the last
   !> one ends where the side does.
   pure function corners_of(side, edge, overlap) result(corners)
      integer, intent(in) :: side            !! of the picture, at least `edge`
      integer, intent(in) :: edge            !! of a tile
      integer, intent(in) :: overlap         !! from 0 to less than `edge`
      integer, allocatable :: corners(:)     !! from 0
      integer :: i, n
      n = 1 + (side - edge + edge - overlap - 1)/(edge - overlap)
      corners = [(nint(real(side - edge)*i/max(1, n - 1)), i=0, n - 1)]
   end function corners_of

   !> How far a pixel is from the border of its tile, at least 1: the further, the more of what lies
   !> around it the network has seen.
   pure integer function depth(column, row, edge)
      integer, intent(in) :: column, row     !! from 1
      integer, intent(in) :: edge
      depth = min(column, row, edge + 1 - column, edge + 1 - row)
   end function depth

   !> Means of all tiles that cover a pixel, by depth.
   pure subroutine join_blended(tiles, corners, picture)
      real(wp), intent(in) :: tiles(:, :, :)       !! (edge, edge, tiles)
      integer, intent(in) :: corners(:, :)         !! (2, tiles): column and row, from 0
      real(wp), intent(out) :: picture(:, :)       !! (column, row)
      real(wp) :: weights(size(picture, 1), size(picture, 2))
      integer :: column, row, tile, w
      picture = 0
      weights = 0
      do tile = 1, size(tiles, 3)
         associate (left => corners(1, tile), top => corners(2, tile))
            do row = 1, size(tiles, 2)
               do column = 1, size(tiles, 1)
                  w = depth(column, row, size(tiles, 1))
                  picture(left + column, top + row) = picture(left + column, top + row) &
                                                      + w*tiles(column, row, tile)
                  weights(left + column, top + row) = weights(left + column, top + row) + w
               end do
            end do
         end associate
      end do
      picture = picture/weights
   end subroutine join_blended

   !> Each pixel from the tile in which it lies deepest.
   pure subroutine join_cropped(tiles, corners, picture)
      real(wp), intent(in) :: tiles(:, :, :)       !! (edge, edge, tiles)
      integer, intent(in) :: corners(:, :)         !! (2, tiles): column and row, from 0
      real(wp), intent(out) :: picture(:, :)       !! (column, row)
      integer :: deepest(size(picture, 1), size(picture, 2))
      integer :: column, row, tile, w
      deepest = 0
      do tile = 1, size(tiles, 3)
         associate (left => corners(1, tile), top => corners(2, tile))
            do row = 1, size(tiles, 2)
               do column = 1, size(tiles, 1)
                  w = depth(column, row, size(tiles, 1))
                  if (w <= deepest(left + column, top + row)) cycle
                  deepest(left + column, top + row) = w
                  picture(left + column, top + row) = tiles(column, row, tile)
               end do
            end do
         end associate
      end do
   end subroutine join_cropped

end module roads_tiles
