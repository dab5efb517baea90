!> Physical tests of the column host, without any network.
program test_column_physics
   use, intrinsic :: iso_fortran_env, only: error_unit, int64, output_unit, wp => real64
   use column_climate, only: climate_t, n_numbers
   use column_grid, only: day, dt, layer_pressure, n_columns, n_levels, steps_per_day
   use column_model, only: column_model_t
   use column_truth, only: column_result_t, truth_column
   use convection, only: convect, parcel_profile
   use forcing, only: insolation, sea_surface, surface_fluxes
   use noise, only: draw_normal, first_state
   use ring, only: ring_t
   use ring_dynamics, only: move_columns
   use thermodynamics, only: adjust_to_saturation, ascend, column_integral, exner, heat_capacity, &
      latent_heat, lift, saturation, saturation_pressure
   use truth_physics, only: truth_physics_t
   implicit none (type, external)

   type(ring_t) :: ring
   type(column_model_t) :: start
   integer :: failures, k, tests
   real(wp) :: p(n_levels)

   tests = 0
   failures = 0
   p = layer_pressure([(k, k=1, n_levels)])
   call ring%begin()
   call start%start(ring, 1, 0.0_wp)

   call saturation_knows_its_triple_point()
   call parcels_follow_adiabats()
   call condensation_conserves_moist_enthalpy()
   call convection_conserves_heat_and_water()
   call columns_balance_their_budgets()
   call an_even_ring_stays()
   call the_ring_has_no_preferred_place()
   call warm_columns_ascend()
   call forcing_has_its_means()
   call noise_is_normal()
   call the_truth_has_the_expected_climate()

   write (output_unit, "(i0,a,i0,a)") tests, " checks, ", failures, " failed"
   if (failures > 0) stop 1, quiet=.true.

contains

   !> Values of tables of the atmosphere.
   subroutine saturation_knows_its_triple_point()
      call near("vapour pressure at 273.16 K", saturation_pressure(273.16_wp), 611.2_wp, 1e-9_wp)
      call near("vapour pressure at 20 C", saturation_pressure(293.15_wp), 2339.0_wp, 40.0_wp)
      call near("saturation at 20 C and 1000 hPa", saturation(293.15_wp, 1e5_wp), 0.0147_wp, &
         0.0004_wp)
      call near("the layers make up the atmosphere", column_integral([(1.0_wp, k=1, n_levels)]), &
         1e5_wp/9.81_wp, 1e-8_wp)
   end subroutine saturation_knows_its_triple_point

   !> A dry parcel keeps its potential temperature; a saturated one its equivalent, nearly.
   subroutine parcels_follow_adiabats()
      real(wp) :: parcel(n_levels), t
      call ascend(300.0_wp, 1e-7_wp, parcel)
      call near("a dry ascent keeps theta", parcel(10)/exner(p(10)), 300.0_wp/exner(p(30)), 1e-9_wp)
      t = 293.15_wp
      do k = 1, 100
         t = lift(t, 1e5_wp - (k - 1)*500.0_wp, 1e5_wp - k*500.0_wp)
      end do
      ! Where Bolton's (1980) equivalent potential temperature, equation 38, is that of the start.
      call near("a moist ascent from 20 C reaches 500 hPa", t, 264.5_wp, 0.3_wp)
      call near("one step is near many", lift(280.0_wp, 7e4_wp, 6.667e4_wp), &
         lift(lift(280.0_wp, 7e4_wp, 6.8e4_wp), 6.8e4_wp, 6.667e4_wp), 1e-3_wp)
   end subroutine parcels_follow_adiabats

   !> cp T + Lv q stays; the air is saturated afterwards.
   subroutine condensation_conserves_moist_enthalpy()
      real(wp) :: condensed, q, t, total
      t = 290.0_wp
      q = 1.05_wp*saturation(t, 9e4_wp)
      total = heat_capacity*t + latent_heat*q
      call adjust_to_saturation(t, q, 9e4_wp, 1.0_wp, condensed)
      call near("condensation conserves cp T + Lv q", &
         heat_capacity*t + latent_heat*q, total, 1e-8_wp)
      call near("afterwards the air is saturated", q/saturation(t, 9e4_wp), 1.0_wp, 1e-3_wp)
      q = 0.5_wp*q
      call adjust_to_saturation(t, q, 9e4_wp, 1.0_wp, condensed)
      call near("dry air does not condense", condensed, 0.0_wp, 0.0_wp)
   end subroutine condensation_conserves_moist_enthalpy

   !> Rain takes what the heating needs; without rain heat and water only move.
   subroutine convection_conserves_heat_and_water()
      real(wp), dimension(n_levels) :: parcel, q, q_old, t, t_old
      real(wp) :: rain
      integer :: top
      t_old = start%now%t(:, 1) - 2*(1e5_wp - p)/1e5_wp
      q_old = 0.95_wp*saturation(t_old, p)
      q_old(:4) = 1e-6_wp
      q = q_old
      t = t_old
      call convect(t, q, dt, rain)
      call above("moist unstable air rains", rain*day, 1.0_wp)
      call near("rain is the water that the column lost", -column_integral(q - q_old)/dt/rain, &
         1.0_wp, 1e-12_wp)
      call near("deep convection conserves moist enthalpy", &
         column_integral(heat_capacity*(t - t_old) + latent_heat*(q - q_old)) &
         /(latent_heat*rain*dt), &
         0.0_wp, 1e-10_wp)
      q_old(:28) = 0.3_wp*q_old(:28)
      q = q_old
      t = t_old
      call convect(t, q, dt, rain)
      call near("dry air above gives no rain", rain, 0.0_wp, 0.0_wp)
      call above("but moves water", maxval(abs(q - q_old)), 1e-6_wp)
      call near("shallow convection conserves water", column_integral(q - q_old), 0.0_wp, 1e-12_wp)
      call near("shallow convection conserves heat", column_integral(t - t_old), 0.0_wp, 1e-9_wp)
      t_old = 280.0_wp
      q_old = 1e-3_wp
      call parcel_profile(t_old, q_old, parcel, top)
      call near("no parcel rises in an inversion", real(top, wp), n_levels + 1.0_wp, 0.0_wp)
   end subroutine convection_conserves_heat_and_water

   !> Water: evaporation less rain. Energy: fluxes, rain and radiation.
   subroutine columns_balance_their_budgets()
      type(column_result_t) :: column
      real(wp) :: energy, water
      integer :: i
      water = 0.0_wp
      energy = 0.0_wp
      do i = 1, n_columns
         call truth_column(start%now%q(:, i), start%now%t(:, i), &
            20.0_wp*i, 15.0_wp, 130.0_wp, column)
         water = max(water, abs(latent_heat*(column_integral(column%dq) + 1000*column%prect) - 130))
         ! Solar radiation that the air takes, less what it loses.
         energy = max(energy, abs(column_integral(heat_capacity*column%dt) &
            - latent_heat*1000*column%prect - 15 - (column%fsnt - column%fsns) &
            + (column%flnt - column%flns)))
      end do
      call near("columns balance water, W/m2", water, 0.0_wp, 1e-8_wp)
      call near("columns balance energy, W/m2", energy, 0.0_wp, 1e-7_wp)
   end subroutine columns_balance_their_budgets

   !> Equal columns have nothing to give each other.
   subroutine an_even_ring_stays()
      real(wp), dimension(n_levels, n_columns) :: q, q_old, t, t_old
      t_old = spread(start%now%t(:, 1), 2, n_columns)
      q_old = spread(start%now%q(:, 1), 2, n_columns)
      call move_columns(t_old, q_old, 1, t, q)
      call near("temperature of an even ring stays", maxval(abs(t - t_old)), 0.0_wp, 1e-9_wp)
      call near("humidity of an even ring stays", maxval(abs(q - q_old)), 0.0_wp, 1e-12_wp)
   end subroutine an_even_ring_stays

   !> A turned ring gives the turned answer; a part of it the same as the whole.
   subroutine the_ring_has_no_preferred_place()
      real(wp), dimension(n_levels, n_columns) :: q, t, turned_q, turned_t
      real(wp), dimension(n_levels, 16) :: part_q, part_t
      associate (t_old => start%now%t, q_old => start%now%q)
         call move_columns(t_old, q_old, 1, t, q)
         call move_columns(cshift(t_old, 7, 2), cshift(q_old, 7, 2), 1, turned_t, turned_q)
         call move_columns(t_old, q_old, 33, part_t, part_q)
      end associate
      call near("a turned ring gives the turned answer", &
         maxval(abs(turned_t - cshift(t, 7, 2))), 0.0_wp, 1e-11_wp)
      call near("a part of the ring is as in the whole", &
         maxval(abs(part_t - t(:, 33:48))) + maxval(abs(part_q - q(:, 33:48))), 0.0_wp, 0.0_wp)
   end subroutine the_ring_has_no_preferred_place

   !> A warm column cools by ascent and gets moister aloft; the mean of temperature stays.
   subroutine warm_columns_ascend()
      real(wp), dimension(n_levels, n_columns) :: q, q_old, t, t_old
      t_old = spread(start%now%t(:, 1), 2, n_columns)
      t_old(:, 5) = t_old(:, 5) + 1
      q_old = spread(start%now%q(:, 1), 2, n_columns)
      call move_columns(t_old, q_old, 1, t, q)
      call below("a warm column cools", t(15, 5) - t_old(15, 5), -0.05_wp)
      call above("and gets moister aloft", q(15, 5) - q_old(15, 5), 1e-6_wp)
      call near("the mean temperature stays", sum(t(15, :) - t_old(15, :)), 0.0_wp, 1e-9_wp)
   end subroutine warm_columns_ascend

   !> Sun and sea go round; fluxes have bounds.
   subroutine forcing_has_its_means()
      real(wp) :: lhf, shf, sun
      integer(int64) :: step
      sun = 0.0_wp
      do step = 0, steps_per_day - 1
         sun = sun + insolation(9, step)/steps_per_day
      end do
      call near("mean insolation", sun, 420.0_wp, 1.5_wp)
      call near("mean of the sea surface", sum(sea_surface([(k, k=1, n_columns)], 77_int64)) &
         /n_columns, 300.0_wp, 1e-9_wp)
      call near("the sea turns in 20 days", &
         sea_surface(1, 20_int64*steps_per_day), 301.5_wp, 1e-9_wp)
      call surface_fluxes(302.0_wp, 9.0_wp, 250.0_wp, 0.0_wp, shf, lhf)
      call near("sensible heat has a bound", shf, 150.0_wp, 0.0_wp)
      call near("latent heat has a bound", lhf, 400.0_wp, 0.0_wp)
   end subroutine forcing_has_its_means

   !> Moments of the deviates, and no correlation between columns.
   subroutine noise_is_normal()
      real(wp) :: x(20000), y(20000)
      integer(int64) :: state
      state = first_state(1, 1)
      call draw_normal(state, x)
      state = first_state(2, 1)
      call draw_normal(state, y)
      call near("mean of the noise", sum(x)/size(x), 0.0_wp, 0.03_wp)
      call near("variance of the noise", sum(x**2)/size(x), 1.0_wp, 0.04_wp)
      call near("correlation of two columns", sum(x*y)/size(x), 0.0_wp, 0.03_wp)
   end subroutine noise_is_normal

   !> A hundred days. Tolerances: three times the spread of seeds, or the range that is known.
   subroutine the_truth_has_the_expected_climate()
      type(climate_t) :: climate
      type(column_model_t) :: model
      type(truth_physics_t) :: truth
      real(wp), dimension(n_numbers) :: drift, mean
      integer :: step
      call model%start(ring, 1, 0.0_wp)
      call climate%begin(100, 30)
      do step = 1, 100*steps_per_day
         call model%step(truth)
         if (model%failed) exit
         call climate%add(model)
      end do
      call near("the truth runs for 100 days", real(climate%n_days, wp), 100.0_wp, 0.0_wp)
      mean = climate%mean(31, 100)
      drift = climate%mean(66, 100) - climate%mean(31, 65)
      call near("rain in mm/day", mean(1), 4.5_wp, 0.15_wp)
      call near("evaporation agrees with rain", mean(2)/mean(1), 1.0_wp, 0.1_wp)
      call near("precipitable water in mm", mean(3), 53.5_wp, 0.6_wp)
      call near("T850", mean(4), 288.2_wp, 0.3_wp)
      call near("T500", mean(5), 266.1_wp, 0.5_wp)
      call near("T200", mean(6), 212.0_wp, 1.5_wp)
      call near("relative humidity at 500 hPa", mean(7), 0.81_wp, 0.02_wp)
      call near("precipitable water does not drift", drift(3), 0.0_wp, 0.5_wp)
      call near("T500 does not drift", drift(5), 0.0_wp, 0.2_wp)
   end subroutine the_truth_has_the_expected_climate

   subroutine near(name, value, expected, tolerance)
      character(len=*), intent(in) :: name
      real(wp), intent(in) :: value, expected, tolerance
      call judge(name, value, abs(value - expected) <= tolerance)
   end subroutine near

   subroutine below(name, value, limit)
      character(len=*), intent(in) :: name
      real(wp), intent(in) :: value, limit
      call judge(name, value, value < limit)
   end subroutine below

   subroutine above(name, value, limit)
      character(len=*), intent(in) :: name
      real(wp), intent(in) :: value, limit
      call judge(name, value, value > limit)
   end subroutine above

   !> Count a check and say so where it fails.
   subroutine judge(name, value, passed)
      character(len=*), intent(in) :: name
      real(wp), intent(in) :: value
      logical, intent(in) :: passed
      tests = tests + 1
      if (passed) return
      failures = failures + 1
      write (error_unit, "(3a,g0)") "FAILED: ", name, ": ", value
   end subroutine judge

end program test_column_physics
