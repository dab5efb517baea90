!> The physics of a column that a network replaces: surface fluxes, mixing, radiation, convection,
!! condensation. One column at a time; columns do not know of each other.
module column_truth
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: day, dp, dt, layer_pressure, n_levels
   use convection, only: convect
   use thermodynamics, only: adjust_to_saturation, column_integral, exner, gravity, &
      heat_capacity, latent_heat
   implicit none (type, external)
   private
   public :: column_result_t, truth_column

   !> Layers that take up the surface fluxes, and that are mixed by turbulence.
   integer, parameter :: flux_levels = 3, mixed_levels = 5
   !> Times of mixing, of condensation and of the stratosphere's relaxation in s.
   real(wp), parameter :: mixing_time = 3600.0_wp, condensation_time = 1800.0_wp
   real(wp), parameter :: stratospheric_time = 20*day
   !> Temperature of the stratosphere in K, and where troposphere and stratosphere meet in Pa.
   real(wp), parameter :: stratosphere = 200.0_wp
   real(wp), parameter :: taper_top = 15e3_wp, taper_bottom = 25e3_wp
   !> The layer that stands for the tropopause in the outgoing radiation.
   integer, parameter :: cloud_top = 11

   !> What the physics says of one column.
   type :: column_result_t
      !> Tendencies in kg/kg/s and K/s, (level).
      real(wp) :: dq(n_levels) = 0.0_wp
      real(wp) :: dt(n_levels) = 0.0_wp
      !> Net solar radiation at the top and at the surface in W/m2, downwards.
      real(wp) :: fsnt = 0.0_wp, fsns = 0.0_wp
      !> Net terrestrial radiation at the top and at the surface in W/m2, upwards.
      real(wp) :: flnt = 0.0_wp, flns = 0.0_wp
      !> Precipitation in m/s.
      real(wp) :: prect = 0.0_wp
   end type column_result_t

contains

   !> All processes in turn; each sees what the one before has left.
   pure subroutine truth_column(q_old, t_old, solin, shf, lhf, column)
      real(wp), intent(in) :: q_old(n_levels) !! Specific humidity in kg/kg.
      real(wp), intent(in) :: t_old(n_levels) !! Temperature in K.
      real(wp), intent(in) :: solin !! Insolation in W/m2.
      real(wp), intent(in) :: shf !! Sensible heat flux in W/m2.
      real(wp), intent(in) :: lhf !! Latent heat flux in W/m2.
      type(column_result_t), intent(out) :: column !! Tendencies, fluxes, rain.
      real(wp), dimension(n_levels) :: condensed, q, t
      real(wp) :: rain
      integer :: k

      q = q_old
      t = t_old
      call add_surface_fluxes(q, t, shf, lhf)
      call mix(q, t)
      call radiate(q, t, solin, column)
      call convect(t, q, dt, rain)
      call adjust_to_saturation(t, q, layer_pressure([(k, k=1, n_levels)]), &
         min(1.0_wp, dt/condensation_time), condensed)
      rain = rain + column_integral(condensed)/dt
      column%dq = (q - q_old)/dt
      column%dt = (t - t_old)/dt
      column%prect = rain/1000
   end subroutine truth_column

   !> The fluxes of heat and water, spread over the lowest layers.
   pure subroutine add_surface_fluxes(q, t, shf, lhf)
      real(wp), intent(inout) :: q(n_levels) !! Specific humidity in kg/kg.
      real(wp), intent(inout) :: t(n_levels) !! Temperature in K.
      real(wp), intent(in) :: shf !! Sensible heat flux in W/m2.
      real(wp), intent(in) :: lhf !! Latent heat flux in W/m2.
      integer :: first
      first = n_levels - flux_levels + 1
      t(first:) = t(first:) + dt*shf*gravity/(heat_capacity*flux_levels*dp)
      q(first:) = q(first:) + dt*lhf*gravity/(latent_heat*flux_levels*dp)
   end subroutine add_surface_fluxes

   !> Turbulence: potential temperature and humidity of the boundary layer become uniform.
   pure subroutine mix(q, t)
      real(wp), intent(inout) :: q(n_levels) !! Specific humidity in kg/kg.
      real(wp), intent(inout) :: t(n_levels) !! Temperature in K.
      real(wp) :: exners(mixed_levels)
      integer :: first, k
      first = n_levels - mixed_levels + 1
      exners = exner(layer_pressure([(k, k=first, n_levels)]))
      ! The mean potential temperature that has the same enthalpy.
      t(first:) = t(first:) + dt/mixing_time*(sum(t(first:))/sum(exners)*exners - t(first:))
      q(first:) = q(first:) + dt/mixing_time*(sum(q(first:))/mixed_levels - q(first:))
   end subroutine mix

   !> Cooling that grows with the water vapour, and solar heating.
   pure subroutine radiate(q, t, solin, column)
      real(wp), intent(in) :: q(n_levels) !! Specific humidity in kg/kg.
      real(wp), intent(inout) :: t(n_levels) !! Temperature in K.
      real(wp), intent(in) :: solin !! Insolation in W/m2.
      type(column_result_t), intent(inout) :: column !! Its radiative fluxes are set.
      real(wp), dimension(n_levels) :: long_wave, short_wave, troposphere
      real(wp) :: vapour
      integer :: k
      vapour = column_integral(q)
      troposphere = (layer_pressure([(k, k=1, n_levels)]) - taper_top)/(taper_bottom - taper_top)
      troposphere = min(1.0_wp, max(0.0_wp, troposphere))
      short_wave = 0.5_wp*solin/420/day*troposphere
      long_wave = -(1.6_wp + 0.01_wp*(vapour - 40))/day*troposphere &
         + (1 - troposphere)*(stratosphere - t)/stratospheric_time
      column%fsnt = 0.75_wp*solin
      column%fsns = column%fsnt - heat_capacity*column_integral(short_wave)
      column%flnt = 240 - 0.8_wp*(vapour - 40) + 0.5_wp*(t(cloud_top) - 240)
      column%flns = column%flnt + heat_capacity*column_integral(long_wave)
      t = t + dt*(short_wave + long_wave)
   end subroutine radiate

end module column_truth
