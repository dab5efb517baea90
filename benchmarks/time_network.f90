!> Times one network: called by run.py, which alternates it with the peers.
!>
!> Usage: time_network predict|train MODEL.fkb BATCH SECONDS INPUT OUTPUT [TARGET]
!>
!> INPUT and TARGET are raw real32 files, (features, batch). The outputs of the first call go to
!> OUTPUT in the same form. Prints the median and the least time of a call in seconds.
program time_network
   use, intrinsic :: iso_fortran_env, only: error_unit, int64, output_unit
   use fkb_sp, only: dp, error_t, network_t, sp, trainer_t, workspace_t
   implicit none (type, external)

   call main()

contains

   subroutine main()
      type(network_t), target :: net
      type(error_t), allocatable :: error
      real(sp), allocatable :: x(:, :), y(:, :), targets(:, :)
      real(dp), allocatable :: times(:)
      real(dp) :: seconds
      character(:), allocatable :: text
      integer :: batch
      text = word(3)
      read (text, *) batch
      text = word(4)
      read (text, *) seconds
      call net%load(word(2), error)
      call stop_on(error)
      allocate (x(net%input_features(1), batch), y(net%output_features(1), batch))
      call read_raw(word(5), x)
      if (word(1) == 'train') then
         allocate (targets(size(y, 1), batch))
         call read_raw(word(7), targets)
         call time_training(net, x, targets, seconds, times)
         y = 0
      else
         call time_prediction(net, x, y, seconds, times)
      end if
      call write_raw(word(6), y)
      call sort(times)
      write (output_unit, '(2es12.4)') times((size(times) + 1)/2), times(1)
      call net%clear()
   end subroutine main

   subroutine time_prediction(net, x, y, seconds, times)
      type(network_t), intent(in) :: net
      real(sp), intent(in), contiguous, target :: x(:, :)
      real(sp), intent(inout), contiguous, target :: y(:, :)
      real(dp), intent(in) :: seconds
      real(dp), allocatable, intent(out) :: times(:)
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: start, t0, t1
      real(dp), allocatable :: all_times(:)
      integer :: calls
      allocate (all_times(1000000))
      call net%predict(x, y, work, error)
      call stop_on(error)
      calls = 0
      start = now()
      do while (calls < size(all_times))
         t0 = now()
         call net%predict(x, y, work, error)
         t1 = now()
         calls = calls + 1
         all_times(calls) = t1 - t0
         if (t1 - start > seconds .and. calls >= 3) exit
      end do
      call stop_on(error)
      times = all_times(:calls)
      call work%clear()
   end subroutine time_prediction

   subroutine time_training(net, x, targets, seconds, times)
      type(network_t), intent(inout), target :: net
      real(sp), intent(in), contiguous, target :: x(:, :), targets(:, :)
      real(dp), intent(in) :: seconds
      real(dp), allocatable, intent(out) :: times(:)
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(sp) :: loss
      real(dp) :: start, t0, t1
      real(dp), allocatable :: all_times(:)
      integer :: calls
      allocate (all_times(1000000))
      call trainer%init_from_file(net, error)
      call stop_on(error)
      call trainer%step(x, targets, loss, error)
      call stop_on(error)
      calls = 0
      start = now()
      do while (calls < size(all_times))
         t0 = now()
         call trainer%step(x, targets, loss, error)
         t1 = now()
         calls = calls + 1
         all_times(calls) = t1 - t0
         if (t1 - start > seconds .and. calls >= 3) exit
      end do
      call stop_on(error)
      times = all_times(:calls)
      call trainer%clear()
   end subroutine time_training

   real(dp) function now()
      integer(int64) :: count, rate
      call system_clock(count, rate)
      now = real(count, dp)/real(rate, dp)
   end function now

   function word(i) result(text)
      integer, intent(in) :: i
      character(:), allocatable :: text
      integer :: length
      call get_command_argument(i, length=length)
      allocate (character(length) :: text)
      call get_command_argument(i, text)
   end function word

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

end program time_network
