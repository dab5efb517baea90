!> Counts of parameters at full width, filters and turns on known values, tiles without gaps.
!>
!> Compiled with FKB_KIND as `fkb_sp`.
program test_roads
   use FKB_KIND, only: error_t, network_t
   use roads_augment, only: filtered, filters, turned
   use roads_networks, only: build_network, full_width
   use roads_tiles, only: corners_of, join_blended, join_cropped
   implicit none (type, external)
   integer :: failed
   failed = 0
   call test_counts()
   call test_versions()
   call test_tiles()
   print '(i0,a)', failed, ' failed'
   if (failed > 0) stop 1, quiet=.true.

contains

   !> The published counts of VGG10 and VGG12, and that of the 13 convolutions of VGG16 and their
   !> mirror.
   subroutine test_counts()
      character(5), parameter :: names(3) = ['vgg10', 'vgg12', 'vgg16']
      integer, parameter :: counts(3) = [5460097, 9590145, 31787521]
      type(network_t) :: net
      type(error_t), allocatable :: error
      integer :: i
      do i = 1, 3
         call build_network(names(i), full_width, 128, 'rmsprop', 'zeros', 1, net, error)
         call expect(.not. allocated(error), names(i)//' is built')
         if (allocated(error)) cycle
         print '(a,1x,i0,a)', names(i), size(net%params), ' parameters'
         call expect(size(net%params) == counts(i), names(i)//' has the known number of parameters')
         call expect(net%output_features(1) == 128**2, names(i)//' says something of each pixel')
      end do
      call build_network('vgg16', 8, 48, 'rmsprop', 'zeros', 1, net, error)
      call expect(allocated(error), 'tiles that cannot be halved five times are refused')
   end subroutine test_counts

   !> Turns as numpy.rot90 makes them; filters of a bright pixel among others.
   subroutine test_versions()
      integer :: tile(1, 3, 3), i
      tile = reshape([(i, i=1, 9)], [1, 3, 3])
      call expect(all(turned(tile, 1) == reshape([3, 6, 9, 2, 5, 8, 1, 4, 7], [1, 3, 3])), &
                  'a quarter turn')
      call expect(all(turned(turned(tile, 1), 1) == turned(tile, 2)), 'two are a half turn')
      call expect(all(turned(turned(tile, 3), 1) == tile), 'four are none')
      tile = 100
      tile(1, 2, 2) = 110
      call expect(level(tile, 1) == 255, 'contour: 80 + 255, at most 255')
      call expect(level(tile, 2) == 117, 'detail: 700/6, rounded')
      call expect(level(tile, 3) == 150, 'edge enhance: 300/2')
      call expect(level(tile, 4) == 80, 'find edges')
      tile(1, 2, 2) = 90
      call expect(level(tile, 1) == 175, 'contour of a dark pixel')
      call expect(level(tile, 4) == 0, 'find edges: no dark ones')
      call expect(level(tile, 2) == 83, 'detail: 500/6, rounded')
   end subroutine test_versions

   integer function level(tile, filter)
      integer, intent(in) :: tile(1, 3, 3), filter
      integer :: other(1, 3, 3)
      other = filtered(tile, filters(filter))
      level = other(1, 2, 2)
      other(1, 2, 2) = tile(1, 2, 2)
      call expect(all(other == tile), 'borders stay as they are')
   end function level

   !> Tiles cut from a picture and joined again are that picture.
   subroutine test_tiles()
      integer, parameter :: side = 50, edge = 16
      real(kind(1.0)) :: picture(side, side), joined(side, side)
      real(kind(1.0)), allocatable :: tiles(:, :, :)
      integer, allocatable :: begin(:), corners(:, :)
      integer :: i, j, n, overlap
      call random_number(picture)
      do overlap = 0, 12, 4
         begin = corners_of(side, edge, overlap)
         n = size(begin)
         call expect(begin(1) == 0 .and. begin(n) == side - edge, 'tiles reach both ends')
         call expect(all(begin(2:) - begin(:n - 1) <= edge - overlap), 'and overlap')
         if (allocated(tiles)) deallocate (tiles, corners)
         allocate (tiles(edge, edge, n*n), corners(2, n*n))
         do j = 1, n
            do i = 1, n
               corners(:, i + n*(j - 1)) = [begin(i), begin(j)]
               tiles(:, :, i + n*(j - 1)) = picture(begin(i) + 1:begin(i) + edge, &
                                                    begin(j) + 1:begin(j) + edge)
            end do
         end do
         call join_cropped(tiles, corners, joined)
         call expect(all(abs(joined - picture) <= 0), 'cropped tiles make the picture')
         call join_blended(tiles, corners, joined)
         call expect(all(abs(joined - picture) < 1e-6), 'blended tiles make the picture')
      end do
      call expect(all(corners_of(edge, edge, 4) == [0]), 'one tile is enough for a tile')
   end subroutine test_tiles

   subroutine expect(holds, what)
      logical, intent(in) :: holds
      character(*), intent(in) :: what
      if (holds) return
      failed = failed + 1
      print '(a)', 'FAILED: '//what
   end subroutine expect

end program test_roads
