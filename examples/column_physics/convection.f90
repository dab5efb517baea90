!> Simplified Betts-Miller convection.
!! Source: Frierson (2007), J. Atmos. Sci. 64, 1959, section 2 (the variant that shifts profiles).
module convection
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: layer_pressure, n_levels
   use thermodynamics, only: ascend, column_integral, heat_capacity, latent_heat, saturation
   implicit none (type, external)
   private
   public :: convect, parcel_profile

   !> Relative humidity of the reference profile, and the time of relaxation in s.
   real(wp), parameter :: reference_humidity = 0.8_wp
   real(wp), parameter :: relaxation_time = 7200.0_wp

contains

   !> Relax a column towards a moist adiabat: with rain where both column integrals are positive,
   !! else without, which moves heat and water about only.
   pure subroutine convect(t, q, step, rain)
      real(wp), intent(inout) :: t(n_levels) !! Temperature in K.
      real(wp), intent(inout) :: q(n_levels) !! Specific humidity in kg/kg.
      real(wp), intent(in) :: step !! Time step in s.
      real(wp), intent(out) :: rain !! Precipitation in kg/m2/s.
      real(wp), dimension(n_levels) :: dq, dt, parcel
      integer :: depth, top
      real(wp) :: rain_by_heat, rain_by_water

      rain = 0.0_wp
      call parcel_profile(t, q, parcel, top)
      if (top > n_levels) return
      depth = n_levels - top + 1
      dt = 0.0_wp
      dq = 0.0_wp
      dt(top:) = (parcel(top:) - t(top:))/relaxation_time
      dq(top:) = (reference_humidity*saturation(parcel(top:), pressures(top)) - q(top:)) &
         /relaxation_time
      rain_by_water = -column_integral(dq)
      rain_by_heat = column_integral(dt)*heat_capacity/latent_heat
      if (rain_by_water > 0 .and. rain_by_heat > 0) then
         rain = rain_by_water
         dt(top:) = dt(top:) - sum(dt(top:) + latent_heat/heat_capacity*dq(top:))/depth
      else
         dt(top:) = dt(top:) - sum(dt(top:))/depth
         dq(top:) = dq(top:) - sum(dq(top:))/depth
      end if
      t = t + step*dt
      q = q + step*dq
   end subroutine convect

   !> Temperature of a parcel from the lowest layer, up to where it is buoyant no more.
   pure subroutine parcel_profile(t, q, parcel, top)
      real(wp), intent(in) :: t(n_levels) !! Temperature in K.
      real(wp), intent(in) :: q(n_levels) !! Specific humidity in kg/kg.
      real(wp), intent(out) :: parcel(n_levels) !! The parcel's, from top down; t above.
      integer, intent(out) :: top !! Highest layer that it reaches; n_levels + 1: none is buoyant.
      logical :: buoyant
      integer :: k

      call ascend(t(n_levels), q(n_levels), parcel)
      top = n_levels + 1
      buoyant = .false.
      do k = n_levels - 1, 2, -1
         if (q(n_levels) < saturation(parcel(k + 1), layer_pressure(k + 1))) cycle
         if (parcel(k) > t(k)) then
            buoyant = .true.
            top = k
         else if (buoyant) then
            exit
         end if
      end do
      parcel(:top - 1) = t(:top - 1)
   end subroutine parcel_profile

   !> Pressures from a layer down to the lowest in Pa.
   pure function pressures(top)
      integer, intent(in) :: top !! The highest layer.
      real(wp) :: pressures(n_levels - top + 1)
      integer :: k
      pressures = layer_pressure([(k, k=top, n_levels)])
   end function pressures

end module convection
