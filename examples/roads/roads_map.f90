!> Finds the roads of a picture of any size with a trained network, in tiles, on all cores.
!>
!>     roads_map MODEL.fkb PICTURE.ppm ROADS.pgm [--overlap PIXELS] [--seams blend|crop]
!>        [--truth MASK.pgm]
program roads_map
   use fkb_sp, only: dp, error_t, fkb_err_argument, network_t, raise, workspace_t, wp
   use, intrinsic :: iso_fortran_env, only: error_unit, i8 => int64
   !$ use omp_lib, only: omp_get_max_threads, omp_get_thread_num
   use roads_options, only: argument
   use roads_pictures, only: read_picture, write_picture
   use roads_tiles, only: corners_of, join_blended, join_cropped
   implicit none (type, external)
   type(network_t) :: net
   type(error_t), allocatable :: error
   character(:), allocatable :: truth, seams
   integer, allocatable :: picture(:, :, :), corners(:, :)
   real(wp), allocatable :: tiles(:, :, :), roads(:, :)
   integer, parameter :: half_a_tile = huge(1)
   integer :: edge, overlap
   integer(i8) :: begin, finish, rate

   call read_options(overlap, seams, truth)
   call net%load(argument(1), error)
   if (.not. allocated(error)) call read_picture(argument(2), picture, error)
   if (.not. allocated(error)) call choose_tiles(net, shape(picture), overlap, edge, corners, error)
   call check(error)
   allocate (tiles(edge, edge, size(corners, 2)), roads(size(picture, 2), size(picture, 3)))
   call system_clock(begin, rate)
   call find_roads(net, picture, corners, tiles, error)
   call check(error)
   if (seams == 'crop') then
      call join_cropped(tiles, corners, roads)
   else
      call join_blended(tiles, corners, roads)
   end if
   call system_clock(finish)
   print '(a,i0,a,f0.2,a,i0,a)', 'found roads in ', size(corners, 2), ' tiles, ', &
      real(finish - begin, dp)/rate, ' seconds, ', most_threads(), ' threads'
   call write_picture(argument(3), reshape(nint(255*roads), [1, shape(roads)]), error)
   if (.not. allocated(error) .and. len(truth) > 0) call compare(roads, truth, error)
   call check(error)

contains

   subroutine read_options(overlap, seams, truth)
      integer, intent(out) :: overlap
      character(:), allocatable, intent(out) :: seams, truth
      integer :: n, place, status
      overlap = half_a_tile
      seams = 'blend'
      truth = ''
      n = command_argument_count()
      status = merge(0, 1, n >= 3 .and. mod(n, 2) == 1)
      do place = 4, n - 1, 2
         select case (argument(place))
         case ('--overlap')
            if (status == 0) call to_integer(argument(place + 1), overlap, status)
         case ('--seams')
            seams = argument(place + 1)
         case ('--truth')
            truth = argument(place + 1)
         case default
            status = 1
         end select
      end do
      if (status == 0 .and. (seams == 'blend' .or. seams == 'crop')) return
      write (error_unit, '(a)') 'usage: roads_map MODEL.fkb PICTURE.ppm ROADS.pgm'// &
         ' [--overlap PIXELS] [--seams blend|crop] [--truth MASK.pgm]'
      stop 2, quiet=.true.
   end subroutine read_options

   subroutine to_integer(text, number, status)
      character(*), intent(in) :: text
      integer, intent(inout) :: number
      integer, intent(out) :: status
      read (text, *, iostat=status) number
      if (status /= 0) number = 0
   end subroutine to_integer

   !> Tiles of the size that the network takes, from the left to the right and from top to bottom.
   subroutine choose_tiles(net, extents, overlap, edge, corners, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: extents(3)                       !! of the picture
      integer, intent(inout) :: overlap
      integer, intent(out) :: edge
      integer, allocatable, intent(out) :: corners(:, :)      !! (2, tiles)
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: columns(:), rows(:)
      integer :: i, j
      edge = nint(sqrt(real(net%output_features(1))))
      if (overlap == half_a_tile) overlap = edge/2
      if (net%input_features(1) /= 3*edge**2 .or. extents(1) /= 3) then
         call raise(error, fkb_err_argument, 'the network must make one value of each pixel of'// &
                    ' a square tile of three colours, and the picture must have three')
      else if (extents(2) < edge .or. extents(3) < edge) then
         call raise(error, fkb_err_argument, 'the picture is smaller than a tile of the network')
      else if (overlap < 0 .or. overlap >= edge) then
         call raise(error, fkb_err_argument, 'tiles overlap by less than their edge')
      end if
      if (allocated(error)) return
      columns = corners_of(extents(2), edge, overlap)
      rows = corners_of(extents(3), edge, overlap)
      allocate (corners(2, size(columns)*size(rows)))
      do j = 1, size(rows)
         do i = 1, size(columns)
            corners(:, i + (j - 1)*size(columns)) = [columns(i), rows(j)]
         end do
      end do
   end subroutine choose_tiles

   !> The network's answer for each tile; all threads share the network.
   subroutine find_roads(net, picture, corners, tiles, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: picture(:, :, :)         !! (3, column, row)
      integer, intent(in) :: corners(:, :)            !! (2, tiles)
      real(wp), intent(out) :: tiles(:, :, :)         !! (edge, edge, tiles)
      type(error_t), allocatable, intent(out) :: error
      type(workspace_t), allocatable :: work(:)
      type(error_t), allocatable :: mine
      integer :: i
      allocate (work(0:most_threads() - 1))
      !$omp parallel do default(none) schedule(dynamic) private(mine) &
      !$omp shared(net, picture, corners, tiles, error, work)
      do i = 1, size(tiles, 3)
         call see_tile(net, picture, corners(:, i), work(this_thread()), &
                       tiles(:, :, i), mine)
         if (.not. allocated(mine)) cycle
         !$omp critical
         if (.not. allocated(error)) allocate (error, source=mine)
         !$omp end critical
      end do
      !$omp end parallel do
   end subroutine find_roads

   !> The network's answer for one tile.
   subroutine see_tile(net, picture, corner, work, roads, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: picture(:, :, :)         !! (3, column, row), 0 to 255
      integer, intent(in) :: corner(2)                !! column and row, from 0
      type(workspace_t), intent(inout) :: work
      real(wp), intent(out), contiguous :: roads(:, :)   !! (edge, edge), 0 to 1
      type(error_t), allocatable, intent(out) :: error
      real(wp) :: tile(3, size(roads, 1), size(roads, 2))
      tile = picture(:, corner(1) + 1:corner(1) + size(roads, 1), &
                     corner(2) + 1:corner(2) + size(roads, 2))/255.0_wp
      call net%predict_any(1, tile, roads, work, error)
   end subroutine see_tile

   !> How many threads there may be; 1 without OpenMP.
   integer function most_threads() result(n)
      n = 1
      !$ n = omp_get_max_threads()
   end function most_threads

   !> The thread that asks, from 0.
   integer function this_thread() result(n)
      n = 0
      !$ n = omp_get_thread_num()
   end function this_thread

   !> Print how well the roads are found.
   subroutine compare(roads, truth, error)
      real(wp), intent(in) :: roads(:, :)
      character(*), intent(in) :: truth
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: mask(:, :, :)
      real(dp) :: hits, wrong, missed, rest
      call read_picture(truth, mask, error)
      if (allocated(error)) return
      if (any(shape(mask) /= [1, shape(roads)])) then
         call raise(error, fkb_err_argument, truth//': not a mask of this picture')
         return
      end if
      hits = count(roads > 0.5_wp .and. mask(1, :, :) > 127)
      wrong = count(roads > 0.5_wp .and. mask(1, :, :) <= 127)
      missed = count(roads <= 0.5_wp .and. mask(1, :, :) > 127)
      rest = count(roads <= 0.5_wp .and. mask(1, :, :) <= 127)
      print '(a,3(a,f7.4))', 'truth', ' f_measure', 2*hits/max(1.0_dp, 2*hits + wrong + missed), &
         ' precision', hits/max(1.0_dp, hits + wrong), &
         ' specificity', rest/max(1.0_dp, rest + wrong)
   end subroutine compare

   subroutine check(error)
      type(error_t), allocatable, intent(in) :: error
      if (.not. allocated(error)) return
      write (error_unit, '(a)') 'roads_map: '//error%message
      stop 1, quiet=.true.
   end subroutine check

end program roads_map
