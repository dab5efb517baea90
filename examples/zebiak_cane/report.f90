!> The table of a run, beside the numbers of the reference implementation.
module report
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use series, only: deviation, lag_correlation, peak_months, period, skewness
   implicit none (type, external)
   private
   public :: print_statistics

   !> Months at the beginning of a run that statistics leave out.
   integer, parameter :: spin_up = 180

contains

   !> Print the statistics of a run, without its first 15 years.
   subroutine print_statistics(first, nino, heat, scale)
      integer, intent(in) :: first !! Months before the first one here.
      real(wp), intent(in) :: nino(:) !! Nino-3.4 in K, (month).
      real(wp), intent(in) :: heat(:) !! Heat content in m, (month).
      real(wp), intent(in) :: scale(:, :) !! Mean squares of SSTA/2 and h/50, (month, 2).
      integer, allocatable :: peaks(:)
      integer :: begin, late
      begin = 1 + max(0, spin_up - first)
      begin = begin + modulo(-(first + begin - 1), 12)
      if (size(nino) < begin + 119) then
         print "(a)", "too short a run for statistics: they begin in year 16 and want ten years"
         return
      end if
      associate (s => nino(begin:), h => heat(begin:))
         peaks = peak_months(s)
         late = count(peaks >= 9 .or. peaks == 1)
         print "(a,i0,a)", "statistics of ", size(s)/12, " years; in brackets the reference for"// &
            " mu 1.25, 85 years"
         print "(a,f6.2,a)", "  Nino-3.4: deviation, K      ", deviation(s), "  (0.98)"
         print "(a,f6.2,a)", "            period, years     ", period(s), "  (3.24)"
         print "(a,2f6.2,a)", "            range, K          ", minval(s), maxval(s), &
            "  (-0.94 2.34)"
         print "(a,f6.2,a)", "            skewness          ", skewness(s), "  (0.25)"
         print "(a,i0,a,i0,a)", "            peaks in Sep-Jan      ", late, " of ", size(peaks), &
            "  (24 of 25)"
         print "(a,5f6.2,a)", "            persistence       ", lag_correlation(s, s, 1), &
            lag_correlation(s, s, 3), lag_correlation(s, s, 6), lag_correlation(s, s, 9), &
            lag_correlation(s, s, 12), "  (1, 3, 6, 9, 12 months: .97 .80 .44 .08 -.32)"
         print "(a,2f6.2,a)", "  heat leads, lags 9 months   ", lag_correlation(h, s, 9), &
            lag_correlation(s, h, 9), "  (0.85 -0.95)"
         print "(a,2f6.2,a)", "  rms of SSTA/2 K, h/50 m     ", &
            sqrt(sum(scale(begin:, 1))/size(s)), sqrt(sum(scale(begin:, 2))/size(s)), &
            "  (0.27 0.28)"
      end associate
   end subroutine print_statistics

end module report
