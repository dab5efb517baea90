!> Runs of the truth and of the coarse model that show what a closure is worth: the climate, and
!! the error of forecasts. Nothing here knows about networks.
module experiments
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use climate, only: climate_t, rms
   use closures, only: closure_t
   use lorenz96, only: coarse_step, dt_coarse, n_slow, steps_per_coarse, truth_t
   implicit none (type, external)
   private
   public :: forecast_errors, record_truth, run_coarse, run_truth

   !> Time before statistics begin, and between two samples of the pairs (X, B).
   real(wp), parameter, public :: spin_up = 10.0_wp, sampling = 0.5_wp
   !> Leads of a forecast, and the time between them.
   integer, parameter, public :: n_leads = 50
   real(wp), parameter, public :: lead_time = 0.1_wp

contains

   !> Run the truth: its climate, and pairs of X and B, (sample, 2).
   subroutine run_truth(start, units, statistics, pairs)
      type(truth_t), intent(in) :: start !! Where to begin.
      real(wp), intent(in) :: units !! How long.
      type(climate_t), intent(out) :: statistics !! Of X.
      real(wp), allocatable, intent(out) :: pairs(:, :) !! X and B at some times, (sample, 2).
      type(truth_t) :: truth
      integer :: every, n, steps, stored
      truth = start
      steps = nint(units/dt_coarse)
      every = nint(sampling/dt_coarse)
      allocate (pairs(n_slow*(steps/every), 2))
      stored = 0
      do n = 1, steps
         call truth%advance(steps_per_coarse)
         call statistics%add(truth%x)
         if (modulo(n, every) /= 0) cycle
         pairs(stored + 1:stored + n_slow, 1) = truth%x
         pairs(stored + 1:stored + n_slow, 2) = truth%closure()
         stored = stored + n_slow
      end do
   end subroutine run_truth

   !> Run the coarse model by itself with a closure: its climate.
   subroutine run_coarse(start, closure, units, statistics)
      type(truth_t), intent(in) :: start !! Where to begin.
      class(closure_t), intent(inout) :: closure !! What stands for the unresolved scale.
      real(wp), intent(in) :: units !! How long, the spin-up not counted.
      type(climate_t), intent(out) :: statistics !! Of X.
      real(wp) :: b(n_slow), x(n_slow)
      integer :: n
      x = start%x
      do n = 1, nint((spin_up + units)/dt_coarse)
         call closure%find(x, b)
         call coarse_step(x, start%parameters%forcing, b)
         if (n*dt_coarse > spin_up) call statistics%add(x)
      end do
   end subroutine run_coarse

   !> What forecasts are judged by: X of the truth at all leads after their beginnings, which follow
   !! each other in one run.
   subroutine record_truth(start, states)
      type(truth_t), intent(in) :: start !! Where to begin.
      real(wp), intent(out) :: states(:, 0:, :) !! (n_slow, 0:n_leads, forecast).
      type(truth_t) :: truth
      integer :: lead, n
      truth = start
      do n = 1, size(states, 3)
         states(:, 0, n) = truth%x
         do lead = 1, n_leads
            call truth%advance(nint(lead_time/dt_coarse)*steps_per_coarse)
            states(:, lead, n) = truth%x
         end do
      end do
   end subroutine record_truth

   !> Error of forecasts that begin from the truth's X, root of the mean square at each lead.
   subroutine forecast_errors(closure, forcing, states, errors)
      class(closure_t), intent(inout) :: closure !! What stands for the unresolved scale.
      real(wp), intent(in) :: forcing !! F.
      real(wp), intent(in) :: states(:, 0:, :) !! From record_truth.
      real(wp), intent(out) :: errors(0:n_leads)
      real(wp) :: b(n_slow), x(n_slow)
      integer :: lead, n, step
      errors = 0.0_wp
      do n = 1, size(states, 3)
         x = states(:, 0, n)
         do lead = 1, n_leads
            do step = 1, nint(lead_time/dt_coarse)
               call closure%find(x, b)
               call coarse_step(x, forcing, b)
            end do
            errors(lead) = errors(lead) + rms(x - states(:, lead, n))**2/size(states, 3)
         end do
      end do
      errors = sqrt(errors)
   end subroutine forecast_errors

end module experiments
