!> The complete background: climate, and the currents of the model's own ocean under the mean wind.
module mean_state
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use background, only: at_day, background_t, months, set_climate
   use grid, only: days_per_month, days_per_year, nx_ocean, ny_ocean
   use ocean, only: ocean_parameters_t, ocean_steps_per_day, ocean_t, to_faces_x, to_faces_y
   use stress, only: mean_stress
   use surface_layer, only: find_surface_layer, surface_layer_t
   implicit none (type, external)
   private
   public :: make_background

   !> The currents are monthly means of this year.
   integer, parameter :: spin_up_years = 12

contains

   !> Make the background; takes about two seconds.
   subroutine make_background(self)
      type(background_t), intent(out) :: self
      type(ocean_t), allocatable :: state
      type(ocean_parameters_t) :: parameters
      type(surface_layer_t) :: layer
      real(wp), dimension(nx_ocean, ny_ocean) :: stress_x, stress_y
      integer :: day, month, n
      allocate (state)
      call set_climate(self, seasonal=.true.)
      do day = 0, spin_up_years*days_per_year - 1
         call mean_stress(at_day(self%wind_x, day + 0.5_wp), at_day(self%wind_y, day + 0.5_wp), &
            stress_x, stress_y)
         do n = 1, ocean_steps_per_day
            call state%advance(to_faces_x(stress_x), to_faces_y(stress_y), parameters)
         end do
         if (day < (spin_up_years - 1)*days_per_year) cycle
         month = 1 + modulo(day/days_per_month, months)
         call find_surface_layer(layer, state, stress_x, stress_y)
         self%u(:, :, month) = self%u(:, :, month) + layer%u/days_per_month
         self%v(:, :, month) = self%v(:, :, month) + layer%v/days_per_month
         self%w(:, :, month) = self%w(:, :, month) + layer%w/days_per_month
      end do
   end subroutine make_background

end module mean_state
