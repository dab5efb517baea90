!> The mean state that the anomalies live on: SST, winds, thermocline, and the currents that the
!! model's own ocean has under the mean winds. Twelve mid-month fields, linear in time between.
module background
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use grid, only: box_east, box_west, days_per_month, globe_latitude, globe_longitude, nx_box, &
      nx_globe, ny_box, ny_globe
   implicit none (type, external)
   private
   public :: at_day, background_t, set_climate, thermocline_depth, vertical_gradient

   integer, parameter, public :: months = 12

   !> The mean state.
   type :: background_t
      !> SST in degrees C, (longitude, latitude, month) of the globe.
      real(wp) :: sst(nx_globe, ny_globe, months) = 0.0_wp
      !> Winds in m/s, eastward and northward, of the globe.
      real(wp) :: wind_x(nx_globe, ny_globe, months) = 0.0_wp
      real(wp) :: wind_y(nx_globe, ny_globe, months) = 0.0_wp
      !> Currents of the surface layer and upwelling through its base in m/s, of the box.
      real(wp) :: u(nx_box, ny_box, months) = 0.0_wp
      real(wp) :: v(nx_box, ny_box, months) = 0.0_wp
      real(wp) :: w(nx_box, ny_box, months) = 0.0_wp
   end type background_t

   integer :: i
   real(wp), parameter :: pi = acos(-1.0_wp)

   !> Thermocline depth in m and vertical temperature gradient in K/m at globe columns 1 to 34.
   real(wp), parameter :: depths(34) = [(165.0_wp, i=1, 15), 170.0_wp, (175.0_wp, i=1, 3), &
      150.0_wp, 125.0_wp, 100.0_wp, 93.2_wp, 86.4_wp, 79.6_wp, 72.8_wp, 66.0_wp, 59.2_wp, 52.4_wp, &
      (50.0_wp, i=1, 5)]
   real(wp), parameter :: gradients(34) = [(0.020_wp, i=1, 15), 0.0175_wp, 0.015_wp, 0.0125_wp, &
      0.020_wp, 0.025_wp, 0.030_wp, 0.035_wp, 0.040_wp, 0.045_wp, 0.050_wp, (0.055_wp, i=1, 9)]
   real(wp), parameter :: thermocline_depth(nx_box) = depths(box_west:box_east)
   real(wp), parameter :: vertical_gradient(nx_box) = gradients(box_west:box_east)

   !> Longitudes of the tables below; linear between, constant outside.
   real(wp), parameter :: stations(11) = real([130, 145, 160, 175, 190, 205, 220, 235, 250, 265, &
      280], wp)
   real(wp), parameter :: tongue(11) = [0.0_wp, 0.0_wp, 0.0_wp, 0.3_wp, 0.8_wp, 1.4_wp, 1.6_wp, &
      1.5_wp, 1.3_wp, 1.0_wp, 0.8_wp]
   real(wp), parameter :: southern(11) = [0.4_wp, 0.0_wp, 0.0_wp, 0.1_wp, 0.4_wp, 0.8_wp, 1.6_wp, &
      2.6_wp, 3.5_wp, 4.2_wp, 4.6_wp]
   real(wp), parameter :: u_equator(11) = [0.0_wp, -1.0_wp, -2.5_wp, -3.7_wp, -5.2_wp, -6.0_wp, &
      -5.9_wp, -5.0_wp, -3.4_wp, -1.9_wp, 0.0_wp]
   real(wp), parameter :: u_south(11) = [-0.8_wp, -3.5_wp, -2.7_wp, -3.0_wp, -3.9_wp, -5.2_wp, &
      -6.0_wp, -7.0_wp, -7.0_wp, -6.4_wp, -4.5_wp]
   real(wp), parameter :: u_north(11) = [-2.5_wp, -4.5_wp, -6.2_wp, -6.7_wp, -7.0_wp, -6.8_wp, &
      -6.0_wp, -3.5_wp, -2.0_wp, -2.0_wp, -2.0_wp]
   real(wp), parameter :: v_equator(11) = [0.5_wp, 0.2_wp, -0.3_wp, -0.5_wp, -0.2_wp, 0.4_wp, &
      1.1_wp, 2.2_wp, 3.2_wp, 3.8_wp, 4.3_wp]

contains

   !> Fill in SST and winds; currents are left as they are.
   pure subroutine set_climate(self, seasonal)
      type(background_t), intent(inout) :: self
      logical, intent(in) :: seasonal !! Whether there are seasons; otherwise the annual mean.
      real(wp) :: phase, season, x, y
      integer :: column, month, row
      season = merge(1.0_wp, 0.0_wp, seasonal)
      do month = 1, months
         phase = 2*pi*(month - 0.5_wp)/12
         do row = 1, ny_globe
            y = globe_latitude(row)
            do column = 1, nx_globe
               x = globe_longitude(column)
               self%sst(column, row, month) = mean_sst(x, y) &
                  + season*2.0_wp*ramp(x, 190.0_wp, 265.0_wp)*bell(y, 8.0_wp)*wave(phase, 3.3_wp)
               self%wind_x(column, row, month) = mean_wind_x(x, y) &
                  + season*0.9_wp*ramp(x, 190.0_wp, 250.0_wp)*bell(y, 10.0_wp)*wave(phase, 3.5_wp)
               self%wind_y(column, row, month) = mean_wind_y(x, y) &
                  - season*1.3_wp*bell(y, 12.0_wp)*wave(phase, 2.0_wp)
            end do
         end do
      end do
   end subroutine set_climate

   !> A field at a time of the year, linear between mid-months.
   pure function at_day(fields, day) result(field)
      real(wp), intent(in) :: fields(:, :, :) !! Mid-month fields, (longitude, latitude, month).
      real(wp), intent(in) :: day !! Days since the beginning of any year.
      real(wp) :: field(size(fields, 1), size(fields, 2))
      real(wp) :: place
      integer :: before
      place = day/days_per_month - 0.5_wp
      before = floor(place)
      place = place - before
      field = (1 - place)*fields(:, :, 1 + modulo(before, months)) &
         + place*fields(:, :, 1 + modulo(before + 1, months))
   end function at_day

   !> Annual mean of SST: warm pool, cold tongue, and the cold south-east.
   pure real(wp) function mean_sst(x, y)
      real(wp), intent(in) :: x, y !! Degrees east and north.
      mean_sst = 29.3_wp - at_longitude(tongue, x)*bell(y, 5.0_wp) &
         - at_longitude(southern, x)*(1 - tanh((y - 3)/3))/2 - 2.2_wp*(y/19)**2
   end function mean_sst

   !> Annual mean of the eastward wind: trades of each hemisphere and of the equator.
   pure real(wp) function mean_wind_x(x, y)
      real(wp), intent(in) :: x, y !! Degrees east and north.
      real(wp) :: trades
      if (y < 0) then
         trades = at_longitude(u_south, x)
      else
         trades = at_longitude(u_north, x)
      end if
      mean_wind_x = at_longitude(u_equator, x)*bell(y, 9.0_wp) + trades*(1 - bell(y, 9.0_wp))
   end function mean_wind_x

   !> Annual mean of the northward wind, converging at 5 N or so.
   pure real(wp) function mean_wind_y(x, y)
      real(wp), intent(in) :: x, y !! Degrees east and north.
      mean_wind_y = at_longitude(v_equator, x)*bell(y + 1, 9.0_wp) &
         - 2.5_wp*bell(y - 12, 5.0_wp) + bell(y + 15, 7.0_wp)
   end function mean_wind_y

   !> A table at a longitude.
   pure real(wp) function at_longitude(table, x)
      real(wp), intent(in) :: table(size(stations)) !! Values at the stations.
      real(wp), intent(in) :: x !! Degrees east.
      real(wp) :: place
      integer :: west
      place = (x - stations(1))/(stations(2) - stations(1))
      place = min(max(place, 0.0_wp), size(stations) - 1.0_wp)
      west = min(int(place), size(stations) - 2)
      at_longitude = table(west + 1) + (place - west)*(table(west + 2) - table(west + 1))
   end function at_longitude

   !> 0 up to a, 1 from b on, linear between.
   pure real(wp) function ramp(x, a, b)
      real(wp), intent(in) :: x, a, b !! Degrees east.
      ramp = min(max((x - a)/(b - a), 0.0_wp), 1.0_wp)
   end function ramp

   !> A Gaussian in latitude.
   pure real(wp) function bell(y, width)
      real(wp), intent(in) :: y, width !! Degrees.
      bell = exp(-(y/width)**2)
   end function bell

   !> A cosine of the year that has its maximum so many months after it began.
   pure real(wp) function wave(phase, peak)
      real(wp), intent(in) :: phase !! Time of the year as an angle.
      real(wp), intent(in) :: peak !! Months.
      wave = cos(phase - 2*pi*peak/12)
   end function wave

end module background
