!> Wind stress: of the mean wind, of the anomaly, and what else blows.
module stress
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use grid, only: globe_latitude, globe_longitude, interpolate_to_ocean, nx_globe, nx_ocean, &
      ny_globe, ny_ocean
   implicit none (type, external)
   private
   public :: anomalous_stress, burst_pattern, kick_pattern, mean_stress

   !> Density of air times drag coefficient, kg/m3.
   real(wp), parameter :: drag = 2.2e-3_wp

contains

   !> Stress of the mean wind at the ocean cells, drag |W| W in N/m2.
   pure subroutine mean_stress(wind_x, wind_y, stress_x, stress_y)
      real(wp), intent(in), dimension(nx_globe, ny_globe) :: wind_x, wind_y !! Mean wind, m/s.
      real(wp), intent(out), dimension(nx_ocean, ny_ocean) :: stress_x, stress_y !! N/m2.
      real(wp) :: speed(nx_globe, ny_globe)
      speed = hypot(wind_x, wind_y)
      stress_x = interpolate_to_ocean(drag*speed*wind_x)
      stress_y = interpolate_to_ocean(drag*speed*wind_y)
   end subroutine mean_stress

   !> Stress of the anomaly at the ocean cells, mu drag (|W + W'| (W + W') - |W| W) in N/m2.
   pure subroutine anomalous_stress(mu, wind_x, wind_y, anomaly_x, anomaly_y, stress_x, stress_y)
      real(wp), intent(in) :: mu !! Coupling parameter.
      real(wp), intent(in), dimension(nx_globe, ny_globe) :: wind_x, wind_y !! Mean wind, m/s.
      real(wp), intent(in), dimension(nx_globe, ny_globe) :: anomaly_x, anomaly_y !! m/s.
      real(wp), intent(out), dimension(nx_ocean, ny_ocean) :: stress_x, stress_y !! N/m2.
      real(wp), dimension(nx_globe, ny_globe) :: mean_speed, speed
      mean_speed = hypot(wind_x, wind_y)
      speed = hypot(wind_x + anomaly_x, wind_y + anomaly_y)
      stress_x = interpolate_to_ocean(mu*drag*(speed*(wind_x + anomaly_x) - mean_speed*wind_x))
      stress_y = interpolate_to_ocean(mu*drag*(speed*(wind_y + anomaly_y) - mean_speed*wind_y))
   end subroutine anomalous_stress

   !> The westerly wind that starts a run, m/s: 2 at the equator from 145 E to 190 E.
   pure function kick_pattern() result(wind)
      real(wp) :: wind(nx_globe, ny_globe)
      integer :: row
      wind = 0.0_wp
      do row = 1, ny_globe
         where (globe_longitude >= 145 .and. globe_longitude <= 190)
            wind(:, row) = 2*exp(-(globe_latitude(row)/20)**2)
         end where
      end do
   end function kick_pattern

   !> The pattern of random westerlies, 1 at 160 E on the equator.
   pure function burst_pattern() result(wind)
      real(wp) :: wind(nx_globe, ny_globe)
      integer :: row
      do row = 1, ny_globe
         wind(:, row) = exp(-((globe_longitude - 160)/20)**2 - (globe_latitude(row)/6)**2)
      end do
   end function burst_pattern

end module stress
