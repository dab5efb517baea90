!> Opens the tables that Keras wrote for these tests, `tests/golden/*.txt`.
module golden_tables
   use fkb_testing, only: fail, failure_t
   implicit none (type, external)
   private
   public :: open_table, read_line

contains

   !> Open `tests/golden/<name>` for reading; the test fails where it is missing.
   subroutine open_table(name, unit, failure)
      character(*), intent(in) :: name
      integer, intent(out) :: unit
      type(failure_t), allocatable, intent(inout) :: failure
      character(1000) :: tests
      integer :: length, status
      call get_environment_variable('FKB_TEST_DATA', tests, length, status)
      if (status /= 0 .or. length == 0) tests = 'tests'
      open (newunit=unit, file=trim(tests)//'/golden/'//name, status='old', action='read', &
            iostat=status)
      if (status /= 0) call fail(failure, 'cannot open '//trim(tests)//'/golden/'//name)
   end subroutine open_table

   !> The next line of any length; not allocated at the end of the file.
   subroutine read_line(unit, line)
      integer, intent(in) :: unit
      character(:), allocatable, intent(out) :: line
      character(4096) :: part
      integer :: length, status
      line = ''
      do
         read (unit, '(a)', advance='no', size=length, iostat=status) part
         if (is_iostat_end(status)) then
            if (len(line) == 0) deallocate (line)
            return
         end if
         line = line//part(:length)
         if (status /= 0) return
      end do
   end subroutine read_line

end module golden_tables
