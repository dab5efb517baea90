!> How good forecasts of a group are: the error of the next month, and the correlation of seasons.
module elnino_scores
   use, intrinsic :: iso_fortran_env, only: real64
   use elnino_groups, only: group_t, n_groups
   use fkb_sp, only: error_t, fkb_err_argument, raise
   use forecast_network, only: frames, sst_scale, wp
   use nature, only: nino34_of
   use series, only: correlation
   implicit none (type, external)
   private
   public :: check_length, score, seasons_of

   !> Months of a forecast, and its seasons: means of months 1-3, 4-6, 7-9 and 10-12.
   integer, parameter, public :: leads = 12, season_length = 3, seasons = leads/season_length
   !> Scores of a group: first and last pair; error of the next month of all values and, in K, of
   !! SST; the correlations of the seasons.
   integer, parameter, public :: n_scores = 4 + seasons
   character(len=*), parameter, public :: score_names = &
      "first,last,rmse,rmse_sst,r_3,r_6,r_9,r_12"

contains

   !> Raise an error where groups are too short: a correlation needs three forecasts of a year.
   subroutine check_length(pairs, error)
      integer, intent(in) :: pairs !! Pairs of the observation.
      type(error_t), allocatable, intent(out) :: error !! Less than 140.
      if (pairs >= n_groups*(leads + 2)) return
      call raise(error, fkb_err_argument, "the observation is too short: ten groups of 14"// &
         " months need 143 after the spin-up")
   end subroutine check_length

   !> The scores of a group. Correlations are over the forecasts that begin and end in it: whatever
   !! is known of later months, no network of this group has learned from what they are compared
   !! with.
   pure function score(group, ahead, months) result(scores)
      type(group_t), intent(in) :: group !! Which pairs.
      real(wp), intent(in) :: ahead(:, :, :) !! Forecasts, (month_size, pair of the group, lead).
      real(wp), intent(in) :: months(:, :) !! What came: pair n is followed by month n + 3.
      real(real64) :: scores(n_scores)
      real(real64), allocatable :: said(:, :), came(:, :), difference(:, :)
      integer :: n, starts
      scores(:2) = [real(group%first, real64), real(group%last, real64)]
      associate (truth => months(:, group%first + frames:group%last + frames))
         difference = real(ahead(:, :, 1) - truth, real64)
      end associate
      scores(3) = sqrt(sum(difference**2)/size(difference))
      scores(4) = sst_scale*sqrt(sum(difference(1::2, :)**2)/size(difference(1::2, :)))
      starts = group%length() - leads + 1
      said = seasons_of(index_of_starts(ahead(:, :starts, :)))
      came = seasons_of(index_of_months(group%first, starts, months))
      do n = 1, seasons
         scores(4 + n) = correlation(said(:, n), came(:, n))
      end do
   end function score

   !> Means of three months.
   pure function seasons_of(index) result(means)
      real(real64), intent(in) :: index(:, :) !! Nino-3.4, (start, lead).
      real(real64) :: means(size(index, 1), seasons)
      integer :: n
      do n = 1, seasons
         means(:, n) = sum(index(:, season_length*(n - 1) + 1:season_length*n), 2)/season_length
      end do
   end function seasons_of

   !> Nino-3.4 of forecasts, (start, lead), K.
   pure function index_of_starts(ahead) result(index)
      real(wp), intent(in) :: ahead(:, :, :) !! (month_size, start, lead).
      real(real64) :: index(size(ahead, 2), leads)
      integer :: lead
      do lead = 1, leads
         index(:, lead) = nino34_of(ahead(:, :, lead))
      end do
   end function index_of_starts

   !> The same of the months that came after the pairs from `first` on.
   pure function index_of_months(first, starts, months) result(index)
      integer, intent(in) :: first, starts !! The first pair, and how many.
      real(wp), intent(in) :: months(:, :) !! (month_size, month).
      real(real64) :: index(starts, leads)
      integer :: lead
      do lead = 1, leads
         associate (from => first + frames + lead - 1)
            index(:, lead) = nino34_of(months(:, from:from + starts - 1))
         end associate
      end do
   end function index_of_months

end module elnino_scores
