!> CSV files for plot.py.
module tables
   use, intrinsic :: iso_fortran_env, only: error_unit, wp => real64
   implicit none (type, external)
   private
   public :: write_csv

contains

   !> Write columns of numbers with a header; stops where the file cannot be written.
   subroutine write_csv(path, header, columns)
      character(len=*), intent(in) :: path !! File to write.
      character(len=*), intent(in) :: header !! Names of the columns, separated by commas.
      real(wp), intent(in) :: columns(:, :) !! Values, (row, column).
      character(len=256) :: message
      integer :: i, status, unit
      open (newunit=unit, file=path, status="replace", action="write", iostat=status, &
         iomsg=message)
      if (status /= 0) then
         write (error_unit, "(a)") "cannot write "//path//": "//trim(message)
         stop 1, quiet=.true.
      end if
      write (unit, "(a)") header
      do i = 1, size(columns, 1)
         write (unit, '(*(es14.6e3,:,","))') columns(i, :)
      end do
      close (unit)
   end subroutine write_csv

end module tables
