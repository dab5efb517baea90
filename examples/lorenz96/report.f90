!> Tables for people and CSV files for plot.py.
module report
   use, intrinsic :: iso_fortran_env, only: output_unit, error_unit, wp => real64
   use climate, only: climate_t
   implicit none (type, external)
   private
   public :: print_title, print_climate, print_number, write_csv

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
