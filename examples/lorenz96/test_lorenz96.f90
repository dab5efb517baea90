!> Physical tests of the Lorenz 96 host and of its statistics, without any network.
program test_lorenz96
   use, intrinsic :: iso_fortran_env, only: error_unit, output_unit, wp => real64
   use climate, only: climate_t, quartic_t, correlation, fit_quartic, rms
   use lorenz96, only: coarse_dynamics, coarse_step, dt_coarse, dt_fast, fast_tendency, n_fast, &
      n_slow, parameters_t, slow_step, slow_tendency, steps_per_coarse, truth_t
   implicit none (type, external)

   integer, parameter :: n_ring = n_slow*n_fast
   type(truth_t) :: start
   integer :: failures, tests

   tests = 0
   failures = 0
   call start%start(parameters_t(), 1, 10.0_wp)

   call advection_conserves_energy()
   call uniform_forcing_is_a_fixed_point()
   call the_ring_has_no_preferred_place()
   call slow_step_is_fourth_order()
   call closure_is_added_after_the_step()
   call the_same_seed_gives_the_same_run()
   call nudging_draws_the_truth_to_its_goal()
   call fits_and_statistics_know_their_formulas()
   call the_truth_has_the_published_climate()

   write (output_unit, "(i0,a,i0,a)") tests, " checks, ", failures, " failed"
   if (failures > 0) stop 1, quiet=.true.

contains

   !> The quadratic terms move energy about: sum(X dX/dt) is forcing and damping only.
   subroutine advection_conserves_energy()
      real(wp) :: drive(n_ring), field(n_slow), y(n_ring)
      field = 10.0_wp
      y = reshape(start%y, [n_ring])
      drive = 0.1_wp*spread_to_ring(start%x)
      call near("slow advection conserves energy", &
         sum(start%x*slow_tendency(start%x, field)), sum(field*start%x - start%x**2), 1e-9_wp)
      call near("fast advection conserves energy", &
         sum(y*fast_tendency(y, drive, parameters_t())), 10*sum(y*drive - y**2), 1e-9_wp)
   end subroutine advection_conserves_energy

   !> X = F is a state of rest.
   subroutine uniform_forcing_is_a_fixed_point()
      real(wp) :: x(n_slow)
      x = 8.0_wp
      call near("X = F stays", maxval(abs(coarse_dynamics(x, 8.0_wp) - x)), 0.0_wp, 1e-14_wp)
   end subroutine uniform_forcing_is_a_fixed_point

   !> Turning the ring turns the solution.
   subroutine the_ring_has_no_preferred_place()
      type(truth_t) :: turned, truth
      truth = start
      turned = start
      turned%x = cshift(start%x, 7)
      turned%y = cshift(start%y, 7, dim=2)
      call truth%advance(1000)
      call turned%advance(1000)
      call near("a turned ring gives the turned solution", &
         maxval(abs(turned%x - cshift(truth%x, 7))), 0.0_wp, 0.0_wp)
   end subroutine the_ring_has_no_preferred_place

   !> Halving the step divides the error by 16.
   subroutine slow_step_is_fourth_order()
      real(wp) :: exact(n_slow), fine(n_slow), coarse(n_slow)
      exact = solution(256)
      fine = solution(16)
      coarse = solution(8)
      call near("Runge-Kutta is of fourth order", rms(coarse - exact)/rms(fine - exact), 16.0_wp, &
         2.0_wp)
   end subroutine slow_step_is_fourth_order

   !> X after 0.2 time units in so many steps.
   function solution(steps) result(x)
      integer, intent(in) :: steps
      real(wp) :: x(n_slow), field(n_slow)
      integer :: i
      x = start%x
      field = 10.0_wp
      do i = 1, steps
         call slow_step(x, field, 0.2_wp/steps)
      end do
   end function solution

   !> A coarse step is the resolved step plus B dt.
   subroutine closure_is_added_after_the_step()
      real(wp) :: b(n_slow), x(n_slow)
      b = start%closure()
      x = start%x
      call coarse_step(x, 10.0_wp, b)
      call near("the coarse step adds B dt", &
         maxval(abs(x - coarse_dynamics(start%x, 10.0_wp) - b*dt_coarse)), 0.0_wp, 1e-14_wp)
      call near("B is -h c mean(Y)", b(3), -10.0_wp*sum(start%y(:, 3))/10, 1e-13_wp)
   end subroutine closure_is_added_after_the_step

   !> Runs can be repeated, and other seeds give other runs.
   subroutine the_same_seed_gives_the_same_run()
      type(truth_t) :: again, other
      call again%start(parameters_t(), 1, 10.0_wp)
      call other%start(parameters_t(), 2, 10.0_wp)
      call near("the same seed gives the same state", maxval(abs(again%x - start%x)), 0.0_wp, &
         0.0_wp)
      call above("another seed gives another state", rms(other%x - start%x), 1.0_wp)
   end subroutine the_same_seed_gives_the_same_run

   !> A nudged truth follows another run; without nudging the two have nothing in common.
   subroutine nudging_draws_the_truth_to_its_goal()
      type(truth_t) :: free, goal, nudged
      real(wp), parameter :: tau = 0.1_wp
      integer :: n
      call goal%start(parameters_t(), 5, 10.0_wp)
      free = start
      nudged = start
      do n = 1, 1000
         call nudged%advance(steps_per_coarse, extra_forcing=(goal%x - nudged%x)/tau)
         call goal%advance(steps_per_coarse)
         call free%advance(steps_per_coarse)
      end do
      call below("a nudged run follows its goal", rms(nudged%x - goal%x), 0.5_wp)
      call above("a free run does not", rms(free%x - goal%x), 2.0_wp)
   end subroutine nudging_draws_the_truth_to_its_goal

   !> Statistics of series whose statistics are known.
   subroutine fits_and_statistics_know_their_formulas()
      type(climate_t) :: uniform
      type(quartic_t) :: fit, known
      real(wp) :: x(1001)
      integer :: i
      x = [(-5.0_wp + 0.01_wp*(i - 1), i=1, size(x))]
      known%coefficients = [-0.1_wp, -0.5_wp, 0.003_wp, 0.005_wp, -0.0003_wp]
      fit = fit_quartic(x, known%evaluate(x))
      call near("the fit of a quartic is that quartic", &
         maxval(abs(fit%coefficients - known%coefficients)), 0.0_wp, 1e-10_wp)
      call near("a falling line has correlation -1", correlation(x, 3 - 2*x), -1.0_wp, 1e-12_wp)
      call uniform%add(x)
      call near("mean of a uniform series", uniform%mean(), 0.0_wp, 1e-12_wp)
      call near("deviation of a uniform series", uniform%deviation(), 10/sqrt(12.0_wp), 0.01_wp)
      call near("5 % of a uniform series", uniform%percentile(5.0_wp), -4.5_wp, 0.02_wp)
      call near("95 % of a uniform series", uniform%percentile(95.0_wp), 4.5_wp, 0.02_wp)
      call near("a density sums to 1", 0.25_wp*sum(uniform%density()), 1.0_wp, 1e-12_wp)
   end subroutine fits_and_statistics_know_their_formulas

   !> 500 units of the truth. Tolerances: about three times the spread between runs.
   subroutine the_truth_has_the_published_climate()
      type(climate_t) :: bare, statistics
      type(truth_t) :: truth
      type(quartic_t) :: curve
      real(wp), allocatable :: b(:, :), x(:, :)
      real(wp) :: none(n_slow), alone(n_slow)
      integer, parameter :: every = 50
      integer :: n, steps
      steps = nint(500/dt_coarse)
      allocate (b(n_slow, steps/every), x(n_slow, steps/every))
      truth = start
      alone = start%x
      none = 0.0_wp
      do n = 1, steps
         call truth%advance(nint(dt_coarse/dt_fast))
         call statistics%add(truth%x)
         call coarse_step(alone, truth%parameters%forcing, none)
         call bare%add(alone)
         if (modulo(n, every) == 0) x(:, n/every) = truth%x
         if (modulo(n, every) == 0) b(:, n/every) = truth%closure()
      end do
      call near("truth: mean of X", statistics%mean(), 2.56_wp, 0.08_wp)
      call near("truth: deviation of X", statistics%deviation(), 3.54_wp, 0.03_wp)
      call near("truth: 5 % of X", statistics%percentile(5.0_wp), -3.14_wp, 0.12_wp)
      call near("truth: 95 % of X", statistics%percentile(95.0_wp), 8.46_wp, 0.15_wp)
      call near("coarse model without closure: mean of X", bare%mean(), 2.59_wp, 0.08_wp)
      call near("coarse model without closure: deviation of X", bare%deviation(), 4.38_wp, 0.04_wp)
      associate (xs => reshape(x, [size(x)]), bs => reshape(b, [size(b)]))
         curve = fit_quartic(xs, bs)
         call near("truth: mean of B", sum(bs)/size(bs), -0.990_wp, 0.03_wp)
         call near("truth: deviation of B", rms(bs - sum(bs)/size(bs)), 1.272_wp, 0.03_wp)
         call near("truth: correlation of X and B", correlation(xs, bs), -0.888_wp, 0.02_wp)
         call near("truth: scatter of B about its quartic", rms(bs - curve%evaluate(xs)), &
            0.519_wp, 0.03_wp)
         call near("truth: slope of the quartic at 0", curve%coefficients(1), -0.473_wp, 0.03_wp)
      end associate
   end subroutine the_truth_has_the_published_climate

   !> One value per slow variable, repeated for its fast variables.
   pure function spread_to_ring(x) result(ring)
      real(wp), intent(in) :: x(n_slow)
      real(wp) :: ring(n_ring)
      ring = reshape(spread(x, 1, n_fast), [n_ring])
   end function spread_to_ring

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

end program test_lorenz96
