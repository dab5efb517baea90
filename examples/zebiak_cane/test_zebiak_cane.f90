!> Physical tests of the coupled model, without any network.
!!
!!     test_zebiak_cane [long]
!!
!! long: 100 years at each of seven couplings, beside the table of the reference implementation.
program test_zebiak_cane
   use, intrinsic :: iso_fortran_env, only: error_unit, output_unit, wp => real64
   use atmosphere, only: atmosphere_t
   use background, only: background_t, set_climate, thermocline_depth
   use grid, only: average_to_box, box_latitude, box_longitude, globe_latitude, globe_longitude, &
      interpolate_to_ocean, metres_per_degree, nx_box, nx_globe, nx_ocean, ny_box, ny_globe, &
      ny_ocean, ocean_latitude, ocean_longitude, seconds_per_day
   use mean_state, only: make_background
   use ocean, only: beta, layer_depth, ocean_parameters_t, ocean_step, ocean_t, wave_speed
   use random, only: random_t
   use series, only: correlation, deviation, lag_correlation, peak_months, period, skewness
   use subsurface, only: tanh_closure_t
   use zebiak_cane, only: heat_content, month_t, nino34, parameters_t, zebiak_cane_t
   implicit none (type, external)

   type(background_t), allocatable :: mean
   integer :: failures, tests

   tests = 0
   failures = 0
   allocate (mean)
   call make_background(mean)

   if (command_argument_count() > 0) then
      call the_table_is_that_of_the_reference()
   else
      call fields_pass_between_the_grids()
      call statistics_know_their_formulas()
      call random_numbers_are_normal_and_repeatable()
      call a_kelvin_wave_travels_at_its_speed()
      call a_rossby_wave_travels_at_its_speed()
      call the_atmosphere_is_that_of_gill()
      call the_closure_is_zero_at_rest_and_grows_with_depth()
      call the_sea_upwells_at_the_equator()
      call a_kick_decays_below_the_threshold_and_grows_above()
      call the_default_run_oscillates()
   end if

   write (output_unit, "(i0,a,i0,a)") tests, " checks, ", failures, " failed"
   if (failures > 0) stop 1, quiet=.true.

contains

   !> Averages keep a constant and the middle of a slope, interpolation keeps both.
   subroutine fields_pass_between_the_grids()
      real(wp) :: cells(nx_ocean, ny_ocean), globe(nx_globe, ny_globe)
      integer :: n
      do n = 1, ny_ocean
         cells(:, n) = 1 + 0.5_wp*ocean_longitude - 3*ocean_latitude(n)
      end do
      do n = 1, ny_globe
         globe(:, n) = 1 + 0.5_wp*globe_longitude - 3*globe_latitude(n)
      end do
      call near("interpolation is exact for a slope", &
         maxval(abs(interpolate_to_ocean(globe) - cells)), 0.0_wp, 1e-11_wp)
      ! A column of 5.625 degrees holds parts of cells, whose values are those of their centres.
      associate (box => average_to_box(cells))
         do n = 1, ny_box
            call near("averages keep a slope", &
               maxval(abs(box(:, n) - (1 + 0.5_wp*box_longitude - 3*box_latitude(n)))), 0.0_wp, &
               0.1_wp)
         end do
      end associate
      cells = 7
      call near("averages keep a constant", maxval(abs(average_to_box(cells) - 7)), 0.0_wp, &
         1e-13_wp)
   end subroutine fields_pass_between_the_grids

   !> Statistics of a series whose statistics are known.
   subroutine statistics_know_their_formulas()
      real(wp), parameter :: pi = acos(-1.0_wp)
      real(wp) :: x(1200)
      integer :: n
      x = [(5 + cos(2*pi*(n - 11.2_wp)/48), n=1, size(x))]
      call near("deviation of a cosine", deviation(x), 1/sqrt(2.0_wp), 1e-12_wp)
      call near("skewness of a cosine", skewness(x), 0.0_wp, 1e-12_wp)
      call near("period of a cosine", period(x), 4.0_wp, 1e-12_wp)
      call near("correlation over half a period", lag_correlation(x, x, 24), -1.0_wp, 1e-12_wp)
      call near("peaks of a cosine", count(peak_months(x) == 11)/25.0_wp, 1.0_wp, 0.0_wp)
   end subroutine statistics_know_their_formulas

   !> The generator: moments, and the same numbers from the same seed.
   subroutine random_numbers_are_normal_and_repeatable()
      type(random_t) :: again, stream
      real(wp), allocatable :: x(:)
      real(wp) :: y
      integer :: n
      allocate (x(20000))
      call stream%seed(3)
      do n = 1, size(x)
         call stream%normal(x(n))
      end do
      call near("mean of random numbers", sum(x)/size(x), 0.0_wp, 0.03_wp)
      call near("deviation of random numbers", deviation(x), 1.0_wp, 0.03_wp)
      call near("memory of random numbers", lag_correlation(x, x, 1), 0.0_wp, 0.03_wp)
      call again%seed(3)
      call again%normal(y)
      call near("the same seed gives the same numbers", y, x(1), 0.0_wp)
   end subroutine random_numbers_are_normal_and_repeatable

   !> A Kelvin wave of 10 m, 8 degrees wide, begins at 150 E.
   subroutine a_kelvin_wave_travels_at_its_speed()
      type(ocean_t), allocatable :: sea
      integer :: n
      allocate (sea)
      do n = 1, ny_ocean
         sea%h(:, n) = 10*exp(-((ocean_longitude - 150)/8)**2)*equatorial(ocean_latitude(n))
         sea%u(1:nx_ocean - 1, n) = wave_speed/layer_depth*0.5_wp &
            *(sea%h(1:nx_ocean - 1, n) + sea%h(2:nx_ocean, n))
      end do
      call near("speed of the Kelvin wave", speed(sea, 38, 63, 0.5_wp, 45), 2.85_wp, 0.1_wp)
   end subroutine a_kelvin_wave_travels_at_its_speed

   !> A depression at 229 E sends a Rossby wave westward, with its maximum off the equator.
   subroutine a_rossby_wave_travels_at_its_speed()
      type(ocean_t), allocatable :: sea
      integer :: n
      allocate (sea)
      do n = 1, ny_ocean
         sea%h(:, n) = 10*exp(-((ocean_longitude - 229)/8)**2)*equatorial(ocean_latitude(n))
      end do
      call near("speed of the first Rossby wave", speed(sea, 38, 23, 4.5_wp, 110), &
         wave_speed/3, 0.15_wp*wave_speed/3)
   end subroutine a_rossby_wave_travels_at_its_speed

   !> Shape of an equatorial Kelvin wave.
   pure real(wp) function equatorial(latitude)
      real(wp), intent(in) :: latitude !! Degrees north.
      equatorial = exp(-beta*(latitude*metres_per_degree)**2/(2*wave_speed))
   end function equatorial

   !> Speed in m/s at which the maximum of h passes from one column of cells to another.
   real(wp) function speed(sea, first, second, latitude, days)
      type(ocean_t), intent(inout) :: sea !! The ocean, which loses and mixes nothing here.
      integer, intent(in) :: first, second !! Columns.
      real(wp), intent(in) :: latitude !! Of the row.
      integer, intent(in) :: days !! How long to wait.
      type(ocean_parameters_t), parameter :: free = ocean_parameters_t(0.0_wp, 0.0_wp, 0.0_wp)
      real(wp) :: calm_u(0:nx_ocean, ny_ocean), calm_v(nx_ocean, 0:ny_ocean), passed(2), top(2)
      integer :: n, row
      calm_u = 0.0_wp
      calm_v = 0.0_wp
      passed = 0.0_wp
      top = -huge(1.0_wp)
      row = minloc(abs(ocean_latitude - latitude), dim=1)
      do n = 1, nint(days*seconds_per_day/ocean_step)
         call sea%advance(calm_u, calm_v, free)
         associate (now => [sea%h(first, row), sea%h(second, row)])
            where (now > top) passed = n*ocean_step
            top = max(top, now)
         end associate
      end do
      speed = abs(ocean_longitude(second) - ocean_longitude(first))*metres_per_degree &
         /(passed(2) - passed(1))
   end function speed

   !> 1 K at 240 E, 30 x 7 degrees: westerlies to the west, easterlies to the east, convergence.
   subroutine the_atmosphere_is_that_of_gill()
      type(background_t), allocatable :: calm
      type(atmosphere_t) :: air
      real(wp), dimension(nx_globe, ny_globe) :: u, v, u_half, v_half
      real(wp) :: warm(nx_box, ny_box)
      integer :: n
      allocate (calm)
      call set_climate(calm, seasonal=.false.)
      call air%init(0.2_wp)
      do n = 1, ny_box
         warm(:, n) = exp(-((box_longitude - 240)/30)**2 - (box_latitude(n)/7)**2)
      end do
      call air%respond(warm, calm%sst(:, :, 1), u, v)
      associate (equator => 0.5_wp*(u(:, 15) + u(:, 16)))
         call near("strongest westerlies", maxval(equator), 0.92_wp, 0.02_wp)
         call near("their longitude", globe_longitude(maxloc(equator, dim=1)), 219.0_wp, 5.7_wp)
         call near("strongest easterlies", minval(equator), -0.71_wp, 0.02_wp)
         call near("their longitude", globe_longitude(minloc(equator, dim=1)), 281.0_wp, 5.7_wp)
      end associate
      call near("wind towards the equator at 9 N", minval(v(:, 20)), -0.33_wp, 0.02_wp)
      call near("wind towards the equator at 9 S", maxval(v(:, 11)), 0.33_wp, 0.02_wp)
      call air%respond(0.5_wp*warm, calm%sst(:, :, 1), u_half, v_half)
      call near("half the anomaly makes half the wind", &
         maxval(abs(2*u_half - u)) + maxval(abs(2*v_half - v)), 0.0_wp, 1e-13_wp)
      call air%respond(0*warm, calm%sst(:, :, 1), u, v)
      call near("no anomaly makes no wind", maxval(abs(u)) + maxval(abs(v)), 0.0_wp, 0.0_wp)
   end subroutine the_atmosphere_is_that_of_gill

   !> The subsurface temperature: formula, sign, growth.
   subroutine the_closure_is_zero_at_rest_and_grows_with_depth()
      type(tanh_closure_t) :: closure
      real(wp) :: depth(81)
      integer :: n
      depth = [(n - 41.0_wp, n=1, size(depth))]
      associate (east => closure%at(depth, 50.0_wp), west => closure%at(depth, 165.0_wp))
         call near("no displacement, no anomaly", east(41), 0.0_wp, 0.0_wp)
         call near("30 m deeper in the east", east(71), &
            28*(tanh(1.0_wp) - tanh(0.625_wp)), 1e-13_wp)
         call near("30 m shallower in the east", east(11), &
            -40*(tanh(80/33.0_wp) - tanh(50/33.0_wp)), 1e-13_wp)
         call above("it grows with depth", minval(east(2:) - east(:80)), 0.0_wp)
         call below("the deep west hardly feels it", maxval(abs(west)), 0.3_wp*maxval(abs(east)))
      end associate
      call near("the mean thermocline slopes", thermocline_depth(1) - thermocline_depth(nx_box), &
         115.0_wp, 0.0_wp)
   end subroutine the_closure_is_zero_at_rest_and_grows_with_depth

   !> The background that the model makes for itself.
   subroutine the_sea_upwells_at_the_equator()
      associate (w => sum(mean%w, 3)/12)
         call above("upwelling at the equator, 240 E, m/s", &
            0.5_wp*(w(20, 10) + w(20, 11)), 5e-6_wp)
         call below("but not at 9 N", w(20, 15), 1e-6_wp)
      end associate
      call near("strongest mean current", maxval(abs(mean%u)), 0.36_wp, 0.1_wp)
   end subroutine the_sea_upwells_at_the_equator

   !> The threshold of self-sustained oscillations lies between mu = 0.9 and 1. At mu = 1 the kick
   !! of 120 days makes an oscillation as strong as the one that remains; growth shows after a
   !! smaller kick, and both lead to the same.
   subroutine a_kick_decays_below_the_threshold_and_grows_above()
      real(wp), allocatable :: heat(:), large(:), small(:)
      call run(parameters_t(mu=0.9_wp), 360, large, heat)
      call below("mu 0.9: the third decade is weaker than the second", &
         deviation(large(241:360))/deviation(large(121:240)), 0.6_wp)
      call run(parameters_t(mu=1.0_wp, kick_days=30), 360, small, heat)
      call above("mu 1.0: the third decade after a small kick is stronger than the first", &
         deviation(small(241:360))/deviation(small(1:120)), 1.3_wp)
      call run(parameters_t(mu=1.0_wp), 360, large, heat)
      call near("mu 1.0: after a large kick it is that of the table", deviation(large(241:360)), &
         0.26_wp, 0.04_wp)
      call near("and not far from that after the small one", deviation(small(241:360)), &
         deviation(large(241:360)), 0.05_wp)
   end subroutine a_kick_decays_below_the_threshold_and_grows_above

   !> 40 years with the default parameters.
   subroutine the_default_run_oscillates()
      real(wp), allocatable :: heat(:), nino(:)
      call run(parameters_t(), 480, nino, heat)
      call judge_run(1.25_wp, nino(181:), heat(181:))
   end subroutine the_default_run_oscillates

   !> What every run at the default coupling must be like.
   subroutine judge_run(mu, nino, heat)
      real(wp), intent(in) :: mu !! Coupling.
      real(wp), intent(in) :: nino(:), heat(:) !! Series without the spin-up.
      integer, allocatable :: peaks(:)
      write (output_unit, "(a,f5.2,3(a,f6.2))") "mu ", mu, "  deviation ", deviation(nino), &
         "  period ", period(nino), "  skewness ", skewness(nino)
      if (abs(mu - 1.25_wp) > 0.01_wp) return
      call near("deviation of Nino-3.4, K", deviation(nino), 1.0_wp, 0.2_wp)
      call near("period, years", period(nino), 3.5_wp, 0.7_wp)
      call above("heat content leads by 9 months", lag_correlation(heat, nino, 9), 0.7_wp)
      call below("and lags by 9 months", lag_correlation(nino, heat, 9), -0.85_wp)
      peaks = peak_months(nino)
      call above("events", real(size(peaks), wp), 4.0_wp)
      call above("share of events with their peak in September to January", &
         count(peaks >= 9 .or. peaks == 1)/real(size(peaks), wp), 0.7_wp)
   end subroutine judge_run

   !> 100 years at each coupling. Deviations within 10 % of the reference, periods within 8 %.
   subroutine the_table_is_that_of_the_reference()
      real(wp), parameter :: mu(7) = [1.0_wp, 1.1_wp, 1.2_wp, 1.25_wp, 1.3_wp, 1.4_wp, 1.6_wp]
      real(wp), parameter :: sd(7) = [0.26_wp, 0.61_wp, 0.87_wp, 0.98_wp, 1.11_wp, 1.13_wp, 1.17_wp]
      real(wp), parameter :: years(7) = [3.30_wp, 3.16_wp, 3.16_wp, 3.24_wp, 3.51_wp, 4.00_wp, &
         4.05_wp]
      real(wp), allocatable :: heat(:), nino(:)
      integer :: n
      do n = 1, size(mu)
         call run(parameters_t(mu=mu(n)), 1200, nino, heat)
         call judge_run(mu(n), nino(181:), heat(181:))
         call near("deviation, K", deviation(nino(181:)), sd(n), 0.1_wp*sd(n))
         call near("period, years", period(nino(181:)), years(n), 0.08_wp*years(n))
      end do
   end subroutine the_table_is_that_of_the_reference

   !> Run the model: its monthly series.
   subroutine run(parameters, months, nino, heat)
      type(parameters_t), intent(in) :: parameters
      integer, intent(in) :: months
      real(wp), allocatable, intent(out) :: nino(:), heat(:) !! Nino-3.4 in K, heat content in m.
      type(zebiak_cane_t), allocatable :: model
      type(tanh_closure_t) :: closure
      type(month_t) :: means
      integer :: n
      allocate (model, nino(months), heat(months))
      call model%init(parameters, mean)
      do n = 1, months
         call model%advance_month(closure, means)
         nino(n) = nino34(means%sst)
         heat(n) = heat_content(means%h)
      end do
   end subroutine run

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

end program test_zebiak_cane
