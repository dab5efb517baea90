!> What columns do to each other: advection along the ring, and a weak temperature gradient.
module ring_dynamics
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: dp, dt, dx, layer_pressure, n_columns, n_levels
   use thermodynamics, only: kappa
   implicit none (type, external)
   private
   public :: least_humidity, move_columns

   !> Zonal wind in m/s, time of adjustment of temperature in s, largest vertical wind in Pa/s.
   real(wp), parameter :: zonal_wind = 5.0_wp, adjustment_time = 6*3600.0_wp
   real(wp), parameter :: largest_omega = 0.4_wp
   !> Least static stability in K/Pa, and least specific humidity in kg/kg.
   real(wp), parameter :: least_stability = 2e-4_wp, least_humidity = 1e-7_wp

contains

   !> One step for the columns first to last; all_t, all_q are the whole ring before the step.
   pure subroutine move_columns(all_t, all_q, first, t, q)
      real(wp), intent(in) :: all_t(n_levels, n_columns) !! Temperature in K, (level, column).
      real(wp), intent(in) :: all_q(n_levels, n_columns) !! Specific humidity in kg/kg.
      integer, intent(in) :: first !! Number of the first column on the ring.
      real(wp), intent(out) :: t(:, :) !! Temperature after the step, (level, column from first).
      real(wp), intent(out) :: q(:, :) !! Specific humidity after the step.
      real(wp), dimension(n_levels) :: mean, mean_omega, omega, stability
      integer :: i, column, west

      mean = sum(all_t, dim=2)/n_columns
      stability = static_stability(mean)
      mean_omega = 0.0_wp
      do i = 1, n_columns
         mean_omega = mean_omega + wanted_omega(all_t(:, i), mean, stability)/n_columns
      end do
      do i = 1, size(t, 2)
         column = first + i - 1
         west = 1 + modulo(column - 2, n_columns)
         omega = wanted_omega(all_t(:, column), mean, stability) - mean_omega
         omega = min(largest_omega, max(-largest_omega, omega))
         t(:, i) = all_t(:, column) - dt*zonal_wind/dx*(all_t(:, column) - all_t(:, west)) &
            + dt*omega*stability
         q(:, i) = all_q(:, column) - dt*zonal_wind/dx*(all_q(:, column) - all_q(:, west)) &
            - dt*carried(omega, all_q(:, column))
         q(:, i) = max(least_humidity, q(:, i))
      end do
   end subroutine move_columns

   !> The stability of a mean profile in K/Pa: what a vertical wind of 1 Pa/s warms it in a second.
   pure function static_stability(mean) result(stability)
      real(wp), intent(in) :: mean(n_levels) !! Temperature in K.
      real(wp) :: stability(n_levels)
      integer :: k
      do k = 1, n_levels
         associate (above => max(1, k - 1), below => min(n_levels, k + 1))
            stability(k) = kappa*mean(k)/layer_pressure(k) &
               - (mean(below) - mean(above))/((below - above)*dp)
         end associate
      end do
      stability = max(least_stability, stability)
   end function static_stability

   !> The vertical wind in Pa/s that would take a column to the mean in the time of adjustment.
   pure function wanted_omega(t, mean, stability) result(omega)
      real(wp), intent(in) :: t(n_levels) !! Temperature in K.
      real(wp), intent(in) :: mean(n_levels) !! That of the ring.
      real(wp), intent(in) :: stability(n_levels) !! In K/Pa.
      real(wp) :: omega(n_levels)
      real(wp) :: p
      integer :: k
      do k = 1, n_levels
         p = layer_pressure(k)
         omega(k) = -(t(k) - mean(k))/(stability(k)*adjustment_time) &
            *min(1.0_wp, max(0.0_wp, (p - 12e3_wp)/1e4_wp)) &
            *min(1.0_wp, max(0.0_wp, (9e4_wp - p)/1.5e4_wp))
      end do
   end function wanted_omega

   !> omega dq/dp in 1/s, upwind.
   pure function carried(omega, q) result(change)
      real(wp), intent(in) :: omega(n_levels) !! In Pa/s, downwards.
      real(wp), intent(in) :: q(n_levels) !! In kg/kg.
      real(wp) :: change(n_levels)
      integer :: k
      do k = 1, n_levels
         if (omega(k) > 0) then
            change(k) = omega(k)*(q(k) - q(max(1, k - 1)))/dp
         else
            change(k) = omega(k)*(q(min(n_levels, k + 1)) - q(k))/dp
         end if
      end do
   end function carried

end module ring_dynamics
