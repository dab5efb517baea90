!> What drives the columns: sea surface, wind, sun, and the fluxes at the surface.
module forcing
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   use column_grid, only: day, dt, n_columns, n_levels, pi, surface_pressure
   use noise, only: draw_normal
   use thermodynamics, only: exner, heat_capacity, latent_heat, saturation
   use column_grid, only: layer_pressure
   implicit none (type, external)
   private
   public :: advance_noise, insolation, sea_surface, surface_fluxes

   !> Density of air at the surface in kg/m3, and the exchange coefficient.
   real(wp), parameter :: density = 1.2_wp, exchange = 1.1e-3_wp

contains

   !> Longitude of a column.
   elemental real(wp) function longitude(column)
      integer, intent(in) :: column !! Number on the ring, from 1.
      longitude = 2*pi*(column - 1)/n_columns
   end function longitude

   !> Sea surface temperature in K: a warm pool that goes round in 20 days.
   elemental real(wp) function sea_surface(column, step)
      integer, intent(in) :: column !! Number on the ring, from 1.
      integer(int64), intent(in) :: step !! Steps since the start.
      sea_surface = 300 + 1.5_wp*cos(longitude(column) - 2*pi*turns(step, 20*day))
   end function sea_surface

   !> Insolation in W/m2: the sun goes round in a day.
   elemental real(wp) function insolation(column, step)
      integer, intent(in) :: column !! Number on the ring, from 1.
      integer(int64), intent(in) :: step !! Steps since the start.
      insolation = 420*pi*max(0.0_wp, cos(longitude(column) + 2*pi*turns(step, day)))
   end function insolation

   !> Part of a period that has passed, 0 to 1.
   elemental real(wp) function turns(step, period)
      integer(int64), intent(in) :: step !! Steps since the start.
      real(wp), intent(in) :: period !! In s.
      integer(int64) :: steps
      steps = nint(period/dt, int64)
      turns = real(modulo(step, steps), wp)/real(steps, wp)
   end function turns

   !> Fluxes of sensible and latent heat in W/m2 by bulk formulas.
   elemental subroutine surface_fluxes(sst, gusts, t_low, q_low, shf, lhf)
      real(wp), intent(in) :: sst !! Sea surface temperature in K.
      real(wp), intent(in) :: gusts !! Red noise of variance 1.
      real(wp), intent(in) :: t_low !! Temperature of the lowest layer in K.
      real(wp), intent(in) :: q_low !! Its specific humidity in kg/kg.
      real(wp), intent(out) :: shf !! Sensible heat, -50 to 150.
      real(wp), intent(out) :: lhf !! Latent heat, 0 to 400.
      real(wp) :: theta, wind
      wind = min(12.0_wp, max(1.5_wp, 5.5_wp + 1.5_wp*gusts))
      theta = t_low/exner(layer_pressure(n_levels))
      shf = density*heat_capacity*exchange*wind*(sst - theta)
      shf = min(150.0_wp, max(-50.0_wp, shf))
      lhf = density*latent_heat*exchange*wind*(0.98_wp*saturation(sst, surface_pressure) - q_low)
      lhf = min(400.0_wp, max(0.0_wp, lhf))
   end subroutine surface_fluxes

   !> The next gusts and the next meridional wind of a column.
   pure subroutine advance_noise(random, gusts, v)
      integer(int64), intent(inout) :: random !! State of the column's sequence.
      real(wp), intent(inout) :: gusts !! Red noise of variance 1.
      real(wp), intent(inout) :: v(n_levels) !! Meridional wind in m/s, 5 m/s large.
      real(wp) :: kicks(n_levels + 1)
      call draw_normal(random, kicks)
      gusts = 0.98_wp*gusts + 0.2_wp*kicks(1)
      v = 0.98_wp*v + kicks(2:)
   end subroutine advance_noise

end module forcing
