!> Statistics of a model climate: moments, percentiles, densities and a quartic fit.
module climate
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   implicit none (type, external)
   private
   public :: climate_t, quartic_t, fit_quartic, correlation, rms

   !> Bins of the histogram, bin_width wide, the first one beginning at lowest.
   integer, parameter, public :: n_bins = 160
   real(wp), parameter, public :: lowest = -20.0_wp, bin_width = 0.25_wp

   !> Statistics of one variable, gathered value by value.
   type :: climate_t
      private
      integer(int64) :: count = 0
      real(wp) :: total = 0.0_wp
      real(wp) :: total_of_squares = 0.0_wp
      integer(int64) :: histogram(n_bins) = 0
   contains
      procedure :: add, mean, deviation, percentile, density
   end type climate_t

   !> A polynomial of fourth degree.
   type :: quartic_t
      !> Factor of x**p for p = 0, ..., 4.
      real(wp) :: coefficients(0:4) = 0.0_wp
   contains
      procedure :: evaluate
   end type quartic_t

contains

   !> Take more values; what lies outside the histogram is counted in its outermost bins.
   pure subroutine add(self, values)
      class(climate_t), intent(inout) :: self
      real(wp), intent(in) :: values(:) !! Values, any number.
      integer :: bin, i
      self%count = self%count + size(values)
      self%total = self%total + sum(values)
      self%total_of_squares = self%total_of_squares + sum(values**2)
      do i = 1, size(values)
         bin = min(n_bins, max(1, 1 + floor((values(i) - lowest)/bin_width)))
         self%histogram(bin) = self%histogram(bin) + 1
      end do
   end subroutine add

   !> Mean of all values.
   pure real(wp) function mean(self)
      class(climate_t), intent(in) :: self
      mean = self%total/real(self%count, wp)
   end function mean

   !> Standard deviation of all values.
   pure real(wp) function deviation(self)
      class(climate_t), intent(in) :: self
      deviation = sqrt(max(0.0_wp, self%total_of_squares/real(self%count, wp) - self%mean()**2))
   end function deviation

   !> The value below which a share of all values lies, linear within its bin.
   pure real(wp) function percentile(self, percent)
      class(climate_t), intent(in) :: self
      real(wp), intent(in) :: percent !! Share in percent, 0 to 100.
      real(wp) :: below, wanted
      integer :: bin
      wanted = percent/100.0_wp*real(self%count, wp)
      below = 0.0_wp
      do bin = 1, n_bins - 1
         if (below + self%histogram(bin) >= wanted) exit
         below = below + self%histogram(bin)
      end do
      percentile = lowest + bin_width*(bin - 1 &
         + (wanted - below)/max(1_int64, self%histogram(bin)))
   end function percentile

   !> Probability density in each bin, 1/unit of the values.
   pure function density(self)
      class(climate_t), intent(in) :: self
      real(wp) :: density(n_bins)
      density = self%histogram/(bin_width*real(self%count, wp))
   end function density

   !> The polynomial at x.
   elemental real(wp) function evaluate(self, x)
      class(quartic_t), intent(in) :: self
      real(wp), intent(in) :: x !! Where.
      integer :: p
      evaluate = self%coefficients(4)
      do p = 3, 0, -1
         evaluate = evaluate*x + self%coefficients(p)
      end do
   end function evaluate

   !> The least-squares quartic through points (x, y).
   pure function fit_quartic(x, y) result(fit)
      real(wp), intent(in) :: x(:) !! Abscissae.
      real(wp), intent(in) :: y(:) !! Ordinates, as many.
      type(quartic_t) :: fit
      real(wp) :: normal(0:4, 0:5), scale
      integer :: p, q
      ! x is scaled to about 1 so that its powers, and the normal equations, stay comparable.
      scale = maxval(abs(x))
      do p = 0, 4
         do q = 0, 4
            normal(p, q) = sum((x/scale)**(p + q))
         end do
         normal(p, 5) = sum(y*(x/scale)**p)
      end do
      do p = 0, 4
         normal(p, :) = normal(p, :)/normal(p, p)
         do q = 0, 4
            if (q /= p) normal(q, :) = normal(q, :) - normal(q, p)*normal(p, :)
         end do
      end do
      fit%coefficients = [(normal(p, 5)/scale**p, p=0, 4)]
   end function fit_quartic

   !> Pearson's correlation of two series.
   pure real(wp) function correlation(x, y)
      real(wp), intent(in) :: x(:) !! First series.
      real(wp), intent(in) :: y(:) !! Second series, as long.
      real(wp) :: dx(size(x)), dy(size(y))
      dx = x - sum(x)/size(x)
      dy = y - sum(y)/size(y)
      correlation = sum(dx*dy)/sqrt(sum(dx**2)*sum(dy**2))
   end function correlation

   !> Root of the mean square.
   pure real(wp) function rms(x)
      real(wp), intent(in) :: x(:) !! Any values.
      rms = sqrt(sum(x**2)/size(x))
   end function rms

end module climate
