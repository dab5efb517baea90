!> The two grids of the coupled model and the ways between them.
!!
!! SST and winds live on a grid of 5.625 x 2 degrees, (longitude, latitude) in memory: all round
!! the globe for the winds, 27 x 20 points for SST (the active box). The ocean has cells of 2 x 1
!! degrees between walls. Both are equatorial beta planes with the same length of a degree.
module grid
   use, intrinsic :: iso_fortran_env, only: wp => real64
   implicit none (type, external)
   private
   public :: average_to_box, box_mean, interpolate_to_ocean, put_into_globe

   integer :: i

   real(wp), parameter, public :: metres_per_degree = 111e3_wp
   real(wp), parameter, public :: seconds_per_day = 86400.0_wp
   integer, parameter, public :: days_per_month = 30, days_per_year = 360

   !> The globe of SST and winds.
   integer, parameter, public :: nx_globe = 64, ny_globe = 30
   real(wp), parameter, public :: step_x = 5.625_wp, step_y = 2.0_wp
   real(wp), parameter, public :: globe_longitude(nx_globe) = &
      [(101.25_wp + step_x*(i - 1), i=1, nx_globe)]
   real(wp), parameter, public :: globe_latitude(ny_globe) = [(-29 + step_y*(i - 1), i=1, ny_globe)]

   !> The active box of SST within it.
   integer, parameter, public :: box_west = 6, box_east = 32, box_south = 6, box_north = 25
   integer, parameter, public :: nx_box = box_east - box_west + 1
   integer, parameter, public :: ny_box = box_north - box_south + 1
   real(wp), parameter, public :: box_longitude(nx_box) = globe_longitude(box_west:box_east)
   real(wp), parameter, public :: box_latitude(ny_box) = globe_latitude(box_south:box_north)

   !> The cells of the ocean.
   integer, parameter, public :: nx_ocean = 78, ny_ocean = 58
   real(wp), parameter, public :: cell_x = 2.0_wp, cell_y = 1.0_wp
   real(wp), parameter, public :: ocean_west = 124.0_wp, ocean_south = -29.0_wp
   real(wp), parameter, public :: ocean_longitude(nx_ocean) = &
      [(ocean_west + cell_x*(i - 0.5_wp), i=1, nx_ocean)]
   real(wp), parameter, public :: ocean_latitude(ny_ocean) = &
      [(ocean_south + cell_y*(i - 0.5_wp), i=1, ny_ocean)]

   !> Ocean cells that a column, or a row, of the box can touch.
   integer, parameter :: touched_x = 4, touched_y = 3

contains

   !> Means of the ocean cells within each cell of the box, by area.
   pure function average_to_box(cells) result(box)
      real(wp), intent(in) :: cells(nx_ocean, ny_ocean) !! Any field.
      real(wp) :: box(nx_box, ny_box)
      real(wp) :: strip(nx_box, ny_ocean), west, south, weight
      integer :: a, b, first, n
      strip = 0.0_wp
      do a = 1, nx_box
         west = box_longitude(a) - step_x/2
         first = 1 + floor((west - ocean_west)/cell_x)
         do n = first, min(nx_ocean, first + touched_x - 1)
            weight = overlap(west, step_x, ocean_longitude(n) - cell_x/2, cell_x)/step_x
            strip(a, :) = strip(a, :) + weight*cells(n, :)
         end do
      end do
      box = 0.0_wp
      do b = 1, ny_box
         south = box_latitude(b) - step_y/2
         first = 1 + floor((south - ocean_south)/cell_y)
         do n = first, min(ny_ocean, first + touched_y - 1)
            weight = overlap(south, step_y, ocean_latitude(n) - cell_y/2, cell_y)/step_y
            box(:, b) = box(:, b) + weight*strip(:, n)
         end do
      end do
   end function average_to_box

   !> A field of the globe at the centres of the ocean cells, bilinear.
   pure function interpolate_to_ocean(globe) result(cells)
      real(wp), intent(in) :: globe(nx_globe, ny_globe) !! Any field.
      real(wp) :: cells(nx_ocean, ny_ocean)
      real(wp) :: strip(nx_ocean, ny_globe), place
      integer :: n, nearest
      do n = 1, nx_ocean
         place = (ocean_longitude(n) - globe_longitude(1))/step_x
         nearest = int(place)
         place = place - nearest
         strip(n, :) = (1 - place)*globe(nearest + 1, :) + place*globe(nearest + 2, :)
      end do
      do n = 1, ny_ocean
         place = (ocean_latitude(n) - globe_latitude(1))/step_y
         ! Beyond the first and the last row of the globe the last two are continued.
         nearest = max(0, min(ny_globe - 2, floor(place)))
         place = place - nearest
         cells(:, n) = (1 - place)*strip(:, nearest + 1) + place*strip(:, nearest + 2)
      end do
   end function interpolate_to_ocean

   !> A field of the box on the globe, zero elsewhere.
   pure function put_into_globe(box) result(globe)
      real(wp), intent(in) :: box(nx_box, ny_box) !! Any field.
      real(wp) :: globe(nx_globe, ny_globe)
      globe = 0.0_wp
      globe(box_west:box_east, box_south:box_north) = box
   end function put_into_globe

   !> Mean over the points of a region of the box.
   pure real(wp) function box_mean(box, west, east, south, north)
      real(wp), intent(in) :: box(nx_box, ny_box) !! Any field.
      real(wp), intent(in) :: west, east !! Degrees east.
      real(wp), intent(in) :: south, north !! Degrees north.
      logical :: along(nx_box)
      integer :: n, points
      along = box_longitude >= west .and. box_longitude <= east
      box_mean = 0.0_wp
      points = 0
      do n = 1, ny_box
         if (box_latitude(n) < south .or. box_latitude(n) > north) cycle
         box_mean = box_mean + sum(box(:, n), mask=along)
         points = points + count(along)
      end do
      box_mean = box_mean/points
   end function box_mean

   !> Length that two intervals have in common.
   elemental real(wp) function overlap(first, length, other, other_length)
      real(wp), intent(in) :: first, length !! One interval.
      real(wp), intent(in) :: other, other_length !! The other.
      overlap = max(0.0_wp, min(first + length, other + other_length) - max(first, other))
   end function overlap

end module grid
