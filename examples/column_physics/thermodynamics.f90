!> Moist thermodynamics: saturation, potential temperature, ascending parcels, column integrals.
module thermodynamics
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: dp, layer_pressure, n_levels, surface_pressure
   implicit none (type, external)
   private
   public :: adjust_to_saturation, ascend, column_integral, exner, lift, saturation, &
      saturation_pressure

   !> Gravity in m/s2, gas constants and heat capacity in J/(kg K), latent heat in J/kg.
   real(wp), parameter, public :: gravity = 9.81_wp
   real(wp), parameter, public :: gas_dry = 287.04_wp, gas_vapour = 461.5_wp
   real(wp), parameter, public :: heat_capacity = 1004.64_wp
   real(wp), parameter, public :: latent_heat = 2.501e6_wp
   real(wp), parameter, public :: kappa = gas_dry/heat_capacity
   real(wp), parameter :: epsilon = gas_dry/gas_vapour

contains

   !> Saturation vapour pressure over water in Pa, Clausius-Clapeyron with a constant latent heat.
   elemental real(wp) function saturation_pressure(t)
      real(wp), intent(in) :: t !! Temperature in K.
      saturation_pressure = 611.2_wp*exp(latent_heat/gas_vapour*(1/273.16_wp - 1/t))
   end function saturation_pressure

   !> Saturation specific humidity in kg/kg.
   elemental real(wp) function saturation(t, p)
      real(wp), intent(in) :: t !! Temperature in K.
      real(wp), intent(in) :: p !! Pressure in Pa.
      real(wp) :: e
      ! Above the boiling point there is no saturation: nearly all of the air would be vapour.
      e = min(saturation_pressure(t), 0.9_wp*p)
      saturation = epsilon*e/(p - (1 - epsilon)*e)
   end function saturation

   !> (p/p_s)**kappa.
   elemental real(wp) function exner(p)
      real(wp), intent(in) :: p !! Pressure in Pa.
      exner = (p/surface_pressure)**kappa
   end function exner

   !> Mass-weighted integral over a column in kg/m2 times the unit of the values.
   pure real(wp) function column_integral(values)
      real(wp), intent(in) :: values(n_levels) !! One value per layer.
      column_integral = sum(values)*dp/gravity
   end function column_integral

   !> Temperature of a parcel from the lowest layer in each layer of its ascent: dry up to the first
   !! layer where it is saturated, pseudo-adiabatic above.
   pure subroutine ascend(t, q, parcel)
      real(wp), intent(in) :: t !! Temperature in the lowest layer in K.
      real(wp), intent(in) :: q !! Specific humidity there in kg/kg.
      real(wp), intent(out) :: parcel(n_levels) !! Temperature in K.
      real(wp) :: p
      logical :: saturated
      integer :: k
      parcel(n_levels) = t
      saturated = .false.
      do k = n_levels - 1, 1, -1
         p = layer_pressure(k)
         if (saturated) then
            parcel(k) = lift(parcel(k + 1), layer_pressure(k + 1), p)
         else
            parcel(k) = t*exner(p)/exner(layer_pressure(n_levels))
            saturated = q > saturation(parcel(k), p)
         end if
      end do
   end subroutine ascend

   !> Temperature of a saturated parcel after a pseudo-adiabatic ascent, by the midpoint rule.
   pure real(wp) function lift(t, p_from, p_to)
      real(wp), intent(in) :: t !! Temperature at p_from in K.
      real(wp), intent(in) :: p_from !! Pressure where it starts in Pa.
      real(wp), intent(in) :: p_to !! Pressure where it ends, at most p_from.
      real(wp) :: middle, step
      step = log(p_to/p_from)
      middle = t + 0.5_wp*step*moist_slope(t, p_from)
      lift = t + step*moist_slope(middle, sqrt(p_from*p_to))
   end function lift

   !> dT/d ln p of the pseudo-adiabat in K.
   pure real(wp) function moist_slope(t, p)
      real(wp), intent(in) :: t !! Temperature in K.
      real(wp), intent(in) :: p !! Pressure in Pa.
      real(wp) :: q
      q = saturation(t, p)
      moist_slope = (gas_dry*t + latent_heat*q) &
         /(heat_capacity + latent_heat**2*q*epsilon/(gas_dry*t**2))
   end function moist_slope

   !> Condense what is above saturation; the latent heat warms the air.
   elemental subroutine adjust_to_saturation(t, q, p, share, condensed)
      real(wp), intent(inout) :: t !! Temperature in K.
      real(wp), intent(inout) :: q !! Specific humidity in kg/kg.
      real(wp), intent(in) :: p !! Pressure in Pa.
      real(wp), intent(in) :: share !! Part of the excess that condenses, 0 to 1.
      real(wp), intent(out) :: condensed !! Water that has condensed in kg/kg.
      real(wp) :: slope
      slope = latent_heat**2*saturation(t, p)/(heat_capacity*gas_vapour*t**2)
      condensed = share*max(0.0_wp, q - saturation(t, p))/(1 + slope)
      q = q - condensed
      t = t + latent_heat/heat_capacity*condensed
   end subroutine adjust_to_saturation

end module thermodynamics
