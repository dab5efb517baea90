!> The tables of `data.py`, and what is done to inputs before a network sees them.
!>
!> Compiled with FKB_KIND as `fkb_sp` or `fkb_dp`.
module practice_data
   use FKB_KIND, only: error_t, fkb_err_argument, fkb_err_file, raise, wp
   use practice_axes, only: principal_axes
   implicit none (type, external)
   private
   public :: table_t, normalize, read_table

   !> Samples with what is to be learned from them.
   type :: table_t
      integer :: classes = 0                        !! 0: the target is a number
      real(wp), allocatable :: x(:, :)              !! (inputs, samples)
      real(wp), allocatable :: y(:, :)              !! (1, samples): a class from 0, or a number
   end type table_t

contains

   !> Read a table.
   subroutine read_table(path, most, table, error)
      character(*), intent(in) :: path
      integer, intent(in) :: most                   !! read at most so many samples
      type(table_t), intent(out) :: table
      type(error_t), allocatable, intent(out) :: error
      integer :: i, inputs, samples, status, unit
      open (newunit=unit, file=path, action='read', status='old', iostat=status)
      if (status == 0) read (unit, *, iostat=status) samples, inputs, table%classes
      if (status == 0) then
         samples = min(samples, most)
         allocate (table%x(inputs, samples), table%y(1, samples))
         do i = 1, samples
            read (unit, *, iostat=status) table%y(1, i), table%x(:, i)
            if (status /= 0) exit
         end do
         close (unit)
      end if
      if (status /= 0) then
         call raise(error, fkb_err_file, path//': no samples there; make them with data.py')
      end if
   end subroutine read_table

   !> Change the inputs of both tables by what the first one's samples are like.
   subroutine normalize(way, train, test, error)
      character(*), intent(in) :: way               !! `raw`, `standard` or `white`
      type(table_t), intent(inout) :: train, test
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: axes(:, :), deviation(:), mean(:)
      if (way == 'raw') return
      mean = sum(train%x, dim=2)/size(train%x, 2)
      deviation = sqrt(sum((train%x - at_each(mean, train%x))**2, dim=2)/size(train%x, 2))
      if (any(deviation < tiny(1.0_wp))) then
         call raise(error, fkb_err_argument, 'an input is the same in all samples')
         return
      end if
      train%x = (train%x - at_each(mean, train%x))/at_each(deviation, train%x)
      test%x = (test%x - at_each(mean, test%x))/at_each(deviation, test%x)
      if (way == 'standard') return
      call whitening(train%x, axes)
      train%x = matmul(axes, train%x)
      test%x = matmul(axes, test%x)
   end subroutine normalize

   !> The same column for each sample.
   pure function at_each(column, x) result(columns)
      real(wp), intent(in) :: column(:), x(:, :)
      real(wp) :: columns(size(x, 1), size(x, 2))
      columns = spread(column, 2, size(x, 2))
   end function at_each

   !> The matrix that turns standardised inputs to their principal axes and gives each of these the
   !> variance 1.
   subroutine whitening(x, matrix)
      real(wp), intent(in) :: x(:, :)                     !! (inputs, samples)
      real(wp), allocatable, intent(out) :: matrix(:, :)  !! (axes, inputs)
      real(wp), allocatable :: covariance(:, :), variances(:)
      integer :: i
      covariance = matmul(x, transpose(x))/size(x, 2)
      call principal_axes(covariance, variances, matrix)
      do i = 1, size(variances)
         matrix(i, :) = matrix(i, :)/sqrt(variances(i))
      end do
   end subroutine whitening

end module practice_data
