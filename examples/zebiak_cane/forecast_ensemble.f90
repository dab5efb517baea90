!> Ensembles of forecasts whose members drift apart as forecasts drift from what comes.
!!
!! A month is forecast by the mean of several networks (ensemble_t). Each member adds to it an error
!! that this mean made in years that are known: twelve months in a row that begin in the same
!! calendar month, of a year that is drawn for this member and this forecast. Such errors are
!! patterns that last, as those to come. White noise at the input, which ensemble_t would add, is
!! smoothed away by a convolution.
module forecast_ensemble
   use, intrinsic :: iso_fortran_env, only: real64
   use fkb_sp, only: ensemble_t, ensemble_workspace_t, error_t, wp
   use forecast_network, only: frames, make_samples, month_size, sample_size, slide
   use random, only: random_t
   implicit none (type, external)
   private
   public :: draw_errors, find_errors, forecast_member

contains

   !> Errors of the next month in years that are known: column n is that of month frames + n.
   subroutine find_errors(networks, history, work, errors, error)
      type(ensemble_t), intent(in) :: networks !! Forecast networks.
      real(wp), intent(in) :: history(:, :) !! Known months, from a January on, (month_size, month).
      type(ensemble_workspace_t), intent(inout) :: work !! Scratch.
      real(wp), allocatable, intent(out) :: errors(:, :) !! (month_size, month).
      type(error_t), allocatable, intent(out) :: error !! Whatever the networks raise.
      real(wp), allocatable :: samples(:, :)
      integer :: n
      n = size(history, 2) - frames
      allocate (samples(sample_size, n), errors(month_size, n))
      call make_samples(history, 0, samples)
      call networks%predict(samples, errors, work, error)
      errors = history(:, frames + 1:) - errors
   end subroutine find_errors

   !> The first error of each forecast of a member: a function of seed, member and forecast only.
   subroutine draw_errors(seed, member, samples, n_errors, leads, first)
      integer, intent(in) :: seed, member !! Any numbers.
      real(wp), intent(in) :: samples(:, :) !! Where forecasts begin, (sample_size, forecast).
      integer, intent(in) :: n_errors, leads !! Errors there are, and months of a forecast.
      integer, intent(out) :: first(:) !! Column of the errors, (forecast).
      type(random_t) :: numbers
      real(real64) :: draw
      integer :: calendar, n, years
      do n = 1, size(first)
         calendar = modulo(nint(samples(sample_size, n)) - frames, 12)
         years = (n_errors - calendar - leads)/12 + 1
         call numbers%seed(seed + 1000*member + 100000*n)
         call numbers%uniform(draw)
         first(n) = 1 + calendar + 12*min(years - 1, int(years*draw))
      end do
   end subroutine draw_errors

   !> Roll one member forward.
   subroutine forecast_member(networks, samples, errors, first, work, months, error)
      type(ensemble_t), intent(in) :: networks !! Forecast networks.
      real(wp), intent(in) :: samples(:, :) !! Where to begin, (sample_size, forecast).
      real(wp), intent(in) :: errors(:, :) !! From find_errors.
      integer, intent(in) :: first(:) !! From draw_errors.
      type(ensemble_workspace_t), intent(inout) :: work !! Scratch.
      real(wp), intent(out) :: months(:, :, :) !! (month_size, forecast, lead).
      type(error_t), allocatable, intent(out) :: error !! Whatever the networks raise.
      real(wp), allocatable :: x(:, :), y(:, :)
      integer :: lead
      allocate (x, source=samples)
      allocate (y(month_size, size(samples, 2)))
      do lead = 1, size(months, 3)
         call networks%predict(x, y, work, error)
         if (allocated(error)) return
         y = y + errors(:, first + lead - 1)
         months(:, :, lead) = y
         call slide(x, y)
      end do
   end subroutine forecast_member

end module forecast_ensemble
