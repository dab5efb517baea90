!> Tables for people and CSV files for plot.py.
module report
   use, intrinsic :: iso_fortran_env, only: output_unit, error_unit, wp => real64
   use climate, only: climate_t
   implicit none (type, external)
   private
   public :: print_climate, print_leads, print_number, print_title, write_csv

contains

   !> Print a title with the names of the columns that print_climate fills.
   subroutine print_title(title)
      character(len=*), intent(in) :: title !! What the table shows.
      write (output_unit, "(/,a,t58,a)") title, " mean X    sd X     5 %    95 %"
   end subroutine print_title

   !> Print one climate as one line.
   subroutine print_climate(name, statistics, reference)
      character(len=*), intent(in) :: name !! Whose climate.
      type(climate_t), intent(in) :: statistics !! The climate.
      character(len=*), intent(in), optional :: reference !! What is expected, printed as it is.
      character(len=40) :: expected
      expected = ""
      if (present(reference)) expected = "   (expected "//reference//")"
      write (output_unit, "(2x,a,t58,4f8.2,a)") name, statistics%mean(), statistics%deviation(), &
         statistics%percentile(5.0_wp), statistics%percentile(95.0_wp), trim(expected)
   end subroutine print_climate

   !> Print one number as one line.
   subroutine print_number(name, value, reference)
      character(len=*), intent(in) :: name !! Which number.
      real(wp), intent(in) :: value !! The number.
      character(len=*), intent(in) :: reference !! What is expected, printed as it is.
      write (output_unit, "(2x,a,t58,f8.3,a)") name, value, "   (expected "//reference//")"
   end subroutine print_number

   !> Print when the error of forecasts exceeds 1 and 3, as lines of a table.
   subroutine print_leads(errors, names)
      real(wp), intent(in) :: errors(:, :) !! Time, then the error with each closure, (time, 1 + n).
      character(len=*), intent(in) :: names(:) !! Of the closures, (n).
      real(wp), parameter :: levels(2) = [1.0_wp, 3.0_wp]
      integer :: n
      write (output_unit, "(/,a,t58,2(a,f3.1))") "Forecasts: time until the error of X is", &
         ("     ", levels(n), n=1, size(levels))
      do n = 1, size(names)
         write (output_unit, "(2x,a,t58,2f8.2)") names(n), &
            passes(errors(:, 1), errors(:, 1 + n), levels(1)), &
            passes(errors(:, 1), errors(:, 1 + n), levels(2))
      end do
   end subroutine print_leads

   !> Time at which a series first reaches a level, linear between its points; the last time where
   !! it never does.
   pure real(wp) function passes(time, series, level)
      real(wp), intent(in) :: time(:), series(:) !! Of one length.
      real(wp), intent(in) :: level !! Above the first value.
      integer :: n
      passes = time(size(time))
      do n = 2, size(time)
         if (series(n) < level) cycle
         passes = time(n - 1) + (time(n) - time(n - 1))*(level - series(n - 1)) &
            /(series(n) - series(n - 1))
         return
      end do
   end function passes

   !> Write columns of numbers with a header; stops where the file cannot be written.
   subroutine write_csv(path, header, columns)
      character(len=*), intent(in) :: path !! File to write.
      character(len=*), intent(in) :: header !! Names of the columns, separated by commas.
      real(wp), intent(in) :: columns(:, :) !! Values, (row, column).
      character(len=256) :: message
      integer :: i, unit, status
      open (newunit=unit, file=path, status="replace", action="write", iostat=status, &
         iomsg=message)
      if (status /= 0) then
         write (error_unit, "(a)") "lorenz96: cannot write "//path//": "//trim(message)
         stop 1, quiet=.true.
      end if
      write (unit, "(a)") header
      do i = 1, size(columns, 1)
         write (unit, '(*(es24.16e3,:,","))') columns(i, :)
      end do
      close (unit)
   end subroutine write_csv

end module report
