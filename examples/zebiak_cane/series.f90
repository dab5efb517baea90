!> Statistics of monthly series.
module series
   use, intrinsic :: iso_fortran_env, only: wp => real64
   implicit none (type, external)
   private
   public :: correlation, deviation, lag_correlation, peak_months, period, rms, skewness

contains

   !> Root of the mean square.
   pure real(wp) function rms(x)
      real(wp), intent(in) :: x(:) !! Any values.
      rms = sqrt(sum(x**2)/size(x))
   end function rms

   !> Standard deviation.
   pure real(wp) function deviation(x)
      real(wp), intent(in) :: x(:) !! Any values.
      deviation = rms(x - sum(x)/size(x))
   end function deviation

   !> Mean cube of the normalised series.
   pure real(wp) function skewness(x)
      real(wp), intent(in) :: x(:) !! Any values.
      skewness = sum(((x - sum(x)/size(x))/deviation(x))**3)/size(x)
   end function skewness

   !> Pearson's correlation.
   pure real(wp) function correlation(x, y)
      real(wp), intent(in) :: x(:), y(:) !! Series of one length.
      correlation = sum((x - sum(x)/size(x))*(y - sum(y)/size(y))) &
         /(size(x)*deviation(x)*deviation(y))
   end function correlation

   !> Correlation of x with what y is so many months later.
   pure real(wp) function lag_correlation(x, y, months)
      real(wp), intent(in) :: x(:), y(:) !! Series of one length.
      integer, intent(in) :: months !! 0 or more.
      lag_correlation = correlation(x(:size(x) - months), y(1 + months:))
   end function lag_correlation

   !> Mean time in years between rises, from below the mean by a quarter of a deviation to above it
   !! by as much: smaller wiggles do not count. 0 where there are less than two.
   pure real(wp) function period(x)
      real(wp), intent(in) :: x(:) !! Months.
      real(wp) :: mean, margin
      integer :: first, last, n, rises
      logical :: low
      mean = sum(x)/size(x)
      margin = 0.25_wp*deviation(x)
      rises = 0
      first = 0
      last = 0
      low = .false.
      do n = 1, size(x)
         if (low .and. x(n) > mean + margin) then
            rises = rises + 1
            if (rises == 1) first = n
            last = n
         end if
         low = (low .and. x(n) <= mean + margin) .or. x(n) < mean - margin
      end do
      period = (last - first)/(12.0_wp*max(1, rises - 1))
   end function period

   !> Months of the year, 1 to 12, at which a series has its highest values: the largest of each
   !! excursion above the mean that exceeds one deviation.
   pure function peak_months(x) result(peaks)
      real(wp), intent(in) :: x(:) !! Months, the first one a January.
      integer, allocatable :: peaks(:)
      real(wp) :: mean, level
      integer :: highest, n
      mean = sum(x)/size(x)
      level = mean + deviation(x)
      allocate (peaks(0))
      highest = 0
      do n = 1, size(x)
         if (x(n) < mean) then
            if (highest > 0) peaks = [peaks, 1 + modulo(highest - 1, 12)]
            highest = 0
         else if (x(n) > level) then
            if (highest == 0) highest = n
            if (x(n) > x(highest)) highest = n
         end if
      end do
   end function peak_months

end module series
