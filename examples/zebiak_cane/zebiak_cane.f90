!> A compact coupled model of El Nino after Zebiak & Cane (1987): ocean, surface layer, SST and
!! atmosphere, as anomalies about a given background with seasons.
module zebiak_cane
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use atmosphere, only: atmosphere_t
   use background, only: at_day, background_t
   use grid, only: box_east, box_mean, box_north, box_south, box_west, days_per_month, nx_box, &
      nx_globe, nx_ocean, ny_box, ny_globe, ny_ocean
   use ocean, only: ocean_parameters_t, ocean_steps_per_day, ocean_t, to_faces_x, to_faces_y
   use random, only: random_t
   use sst, only: step_sst
   use stress, only: anomalous_stress, burst_pattern, kick_pattern
   use subsurface, only: closure_t
   use surface_layer, only: find_surface_layer, surface_layer_t
   implicit none (type, external)
   private
   public :: heat_content, month_t, nino34, parameters_t, zebiak_cane_t

   !> Days between two calls of the atmosphere.
   integer, parameter, public :: atmosphere_days = 10
   !> Memory of the random wind from one call to the next.
   real(wp), parameter :: memory = 0.7_wp

   !> What distinguishes one model from another, besides the closure.
   type :: parameters_t
      !> Coupling: factor of the anomalous wind stress.
      real(wp) :: mu = 1.25_wp
      !> Deviation of the random wind at 160 E on the equator, m/s.
      real(wp) :: noise = 0.0_wp
      !> Seed of the random wind.
      integer :: seed = 1
      !> Damping of the atmosphere.
      real(wp) :: epsilon = 0.2_wp
      !> Share of subsurface water in what is drawn into the surface layer.
      real(wp) :: gamma = 0.75_wp
      !> Days that the westerly wind blows that starts a run.
      integer :: kick_days = 120
   end type parameters_t

   !> Monthly means of the anomalies on the box, (longitude, latitude).
   type :: month_t
      !> SST in K.
      real(wp) :: sst(nx_box, ny_box) = 0.0_wp
      !> Thermocline in m.
      real(wp) :: h(nx_box, ny_box) = 0.0_wp
      !> Temperature below the surface layer in K.
      real(wp) :: subsurface(nx_box, ny_box) = 0.0_wp
   end type month_t

   !> The model: its state, and what it needs to go on.
   type :: zebiak_cane_t
      type(parameters_t) :: parameters
      type(background_t), private :: mean
      type(atmosphere_t), private :: air
      !> Days since the beginning.
      integer :: day = 0
      type(ocean_t) :: sea
      !> SST anomaly in K.
      real(wp) :: sst(nx_box, ny_box) = 0.0_wp
      !> Wind stress anomaly at the ocean cells, N/m2, held between calls of the atmosphere.
      real(wp) :: stress_x(nx_ocean, ny_ocean) = 0.0_wp
      real(wp) :: stress_y(nx_ocean, ny_ocean) = 0.0_wp
      !> The random wind, m/s, and its generator.
      real(wp) :: burst = 0.0_wp
      type(random_t) :: numbers
   contains
      procedure :: init, advance_day, advance_month
      procedure, private :: blow
   end type zebiak_cane_t

contains

   !> Start from rest.
   subroutine init(self, parameters, mean)
      class(zebiak_cane_t), intent(inout) :: self
      type(parameters_t), intent(in) :: parameters !! Which model.
      type(background_t), intent(in) :: mean !! The mean state, from make_background.
      self%parameters = parameters
      self%mean = mean
      call self%air%init(parameters%epsilon)
      self%day = 0
      self%sea = ocean_t()
      self%sst = 0.0_wp
      self%stress_x = 0.0_wp
      self%stress_y = 0.0_wp
      self%burst = 0.0_wp
      call self%numbers%seed(parameters%seed)
   end subroutine init

   !> One day: wind, ocean, SST.
   subroutine advance_day(self, closure, layer, temperature)
      class(zebiak_cane_t), intent(inout) :: self
      class(closure_t), intent(inout) :: closure !! Subsurface temperature.
      type(surface_layer_t), intent(out) :: layer !! The anomalous surface layer.
      real(wp), intent(out) :: temperature(nx_box, ny_box) !! Subsurface temperature anomaly, K.
      type(ocean_parameters_t) :: parameters
      type(surface_layer_t) :: mean
      real(wp) :: stress_u(0:nx_ocean, ny_ocean), stress_v(nx_ocean, 0:ny_ocean), time
      integer :: n
      if (modulo(self%day, atmosphere_days) == 0) call self%blow()
      stress_u = to_faces_x(self%stress_x)
      stress_v = to_faces_y(self%stress_y)
      do n = 1, ocean_steps_per_day
         call self%sea%advance(stress_u, stress_v, parameters)
      end do
      call find_surface_layer(layer, self%sea, self%stress_x, self%stress_y)
      call closure%find(layer%h, temperature)
      time = self%day + 0.5_wp
      mean%u = at_day(self%mean%u, time)
      mean%v = at_day(self%mean%v, time)
      mean%w = at_day(self%mean%w, time)
      call step_sst(self%sst, on_box(at_day(self%mean%sst, time)), mean, layer, temperature, &
         self%parameters%gamma)
      self%day = self%day + 1
   end subroutine advance_day

   !> One month, and its means.
   subroutine advance_month(self, closure, means)
      class(zebiak_cane_t), intent(inout) :: self
      class(closure_t), intent(inout) :: closure !! Subsurface temperature.
      type(month_t), intent(out) :: means !! Monthly means of the anomalies.
      type(surface_layer_t) :: layer
      real(wp) :: temperature(nx_box, ny_box)
      integer :: n
      do n = 1, days_per_month
         call self%advance_day(closure, layer, temperature)
         means%sst = means%sst + self%sst/days_per_month
         means%h = means%h + layer%h/days_per_month
         means%subsurface = means%subsurface + temperature/days_per_month
      end do
   end subroutine advance_month

   !> Let the atmosphere respond, and find the stress of the next days.
   subroutine blow(self)
      class(zebiak_cane_t), intent(inout) :: self
      real(wp), dimension(nx_globe, ny_globe) :: wind_x, wind_y
      real(wp) :: draw, time
      time = real(self%day, wp)
      call self%air%respond(self%sst, at_day(self%mean%sst, time), wind_x, wind_y)
      if (self%day < self%parameters%kick_days) wind_x = wind_x + kick_pattern()
      if (self%parameters%noise > 0) then
         call self%numbers%normal(draw)
         self%burst = memory*self%burst + sqrt(1 - memory**2)*self%parameters%noise*draw
         wind_x = wind_x + self%burst*burst_pattern()
      end if
      call anomalous_stress(self%parameters%mu, at_day(self%mean%wind_x, time), &
         at_day(self%mean%wind_y, time), wind_x, wind_y, self%stress_x, self%stress_y)
   end subroutine blow

   !> The box of a field of the globe.
   pure function on_box(globe) result(box)
      real(wp), intent(in) :: globe(nx_globe, ny_globe) !! Any field.
      real(wp) :: box(nx_box, ny_box)
      box = globe(box_west:box_east, box_south:box_north)
   end function on_box

   !> The index of El Nino: SST anomaly of 190-240 E, 5 S-5 N in K.
   pure real(wp) function nino34(sst)
      real(wp), intent(in) :: sst(nx_box, ny_box) !! SST anomaly in K.
      nino34 = box_mean(sst, 190.0_wp, 240.0_wp, -5.0_wp, 5.0_wp)
   end function nino34

   !> Heat of the equatorial ocean: thermocline anomaly of 130-280 E, 5 S-5 N in m.
   pure real(wp) function heat_content(h)
      real(wp), intent(in) :: h(nx_box, ny_box) !! Thermocline anomaly in m.
      heat_content = box_mean(h, 130.0_wp, 280.0_wp, -5.0_wp, 5.0_wp)
   end function heat_content

end module zebiak_cane
