!> What the programs of the benchmarks share: the clock, medians, raw files, words.
module bench_tools
   use, intrinsic :: iso_fortran_env, only: error_unit, int64
   use fkb_sp, only: dp, error_t, sp
   implicit none (type, external)
   private
   public :: median, now, read_raw, sort, stop_on, word, write_raw

contains

   !> Seconds since some moment.
   real(dp) function now()
      integer(int64) :: count, rate
      call system_clock(count, rate)
      now = real(count, dp)/real(rate, dp)
   end function now

   !> Argument `i` of the command line.
   function word(i) result(text)
      integer, intent(in) :: i
      character(:), allocatable :: text
      integer :: length
      call get_command_argument(i, length=length)
      allocate (character(length) :: text)
      call get_command_argument(i, text)
   end function word

   !> Values of a file of real32, nothing else in it.
   subroutine read_raw(path, values)
      character(*), intent(in) :: path
      real(sp), intent(out) :: values(:, :)
      integer :: unit
      open (newunit=unit, file=path, access='stream', form='unformatted', action='read', &
         status='old')
      read (unit) values
      close (unit)
   end subroutine read_raw

   subroutine write_raw(path, values)
      character(*), intent(in) :: path
      real(sp), intent(in) :: values(:, :)
      integer :: unit
      open (newunit=unit, file=path, access='stream', form='unformatted', action='write', &
         status='replace')
      write (unit) values
      close (unit)
   end subroutine write_raw

   subroutine stop_on(error)
      type(error_t), allocatable, intent(in) :: error
      if (.not. allocated(error)) return
      write (error_unit, '(a)') error%message
      error stop 1
   end subroutine stop_on

   !> The middle of sorted values.
   pure real(dp) function median(values)
      real(dp), intent(in) :: values(:)
      median = values((size(values) + 1)/2)
   end function median

   !> Heap sort, ascending.
   subroutine sort(values)
      real(dp), intent(inout) :: values(:)
      real(dp) :: moved
      integer :: last, root
      do root = size(values)/2, 1, -1
         call sift(values, root, size(values))
      end do
      do last = size(values), 2, -1
         moved = values(1)
         values(1) = values(last)
         values(last) = moved
         call sift(values, 1, last - 1)
      end do
   end subroutine sort

   subroutine sift(values, first, last)
      real(dp), intent(inout) :: values(:)
      integer, intent(in) :: first, last
      real(dp) :: moved
      integer :: child, root
      root = first
      do while (2*root <= last)
         child = 2*root
         if (child < last) then
            if (values(child + 1) > values(child)) child = child + 1
         end if
         if (values(root) >= values(child)) return
         moved = values(root)
         values(root) = values(child)
         values(child) = moved
         root = child
      end do
   end subroutine sift

end module bench_tools
