!> Times one network, a bank where the file's name ends in .txt: a contestant of run.py.
!>
!> Usage: time_network MODEL.fkb|BANK.txt
!>
!> Prints `loaded SECONDS`, then obeys the lines of its standard input, each with one line:
!>
!> - `predict BATCH OUTPUTS [FEATURES ...]`: one call with the inputs x<BATCH>_<i>.bin; the outputs
!>   go to y_fkb.bin. Answers `ready`. Files are raw real32, (features, batch).
!> - `train BATCH OUTPUTS [FEATURES ...]`: three steps from the weights of the file towards
!>   t<BATCH>.bin. Answers `ready` and the three losses.
!> - `run SECONDS`: calls or steps for so long, three at least. Answers `time`, the median and the
!>   least time in seconds, and how many there were.
program time_network
   use, intrinsic :: iso_fortran_env, only: error_unit, input_unit, output_unit
   use bench_tools, only: median, now, read_raw, sort, stop_on, word, write_raw
   use fkb_sp, only: bank_t, bank_workspace_t, dp, error_t, host_t, network_t, sp, state_t, &
      trainer_t, workspace_t
   implicit none (type, external)

   !> All that a call needs.
   type :: work_t
      logical :: training = .false., is_bank = .false.
      integer :: batch = 0
      type(bank_t) :: bank
      type(bank_workspace_t) :: bank_work
      type(workspace_t) :: work
      type(state_t) :: state
      type(trainer_t) :: trainer
      type(host_t), allocatable :: x(:), y(:)
   end type work_t

   call main()

contains

   subroutine main()
      type(network_t), target :: net
      type(work_t) :: at
      type(error_t), allocatable :: error
      character(1000) :: line
      real(dp) :: start
      integer :: status
      start = now()
      call load(net, at, error)
      call stop_on(error)
      write (output_unit, '(a,es13.5)') 'loaded', now() - start
      flush (output_unit)
      do
         read (input_unit, '(a)', iostat=status) line
         if (status /= 0) exit
         select case (line(:index(line, ' ') - 1))
         case ('predict')
            call prepare(net, at, line, .false.)
         case ('train')
            call prepare(net, at, line, .true.)
         case ('run')
            call time_calls(net, at, line)
         case default
            write (error_unit, '(2a)') 'time_network: unknown command ', trim(line)
            error stop 1
         end select
         flush (output_unit)
      end do
      call release(at)
      call net%clear()
   end subroutine main

   subroutine load(net, at, error)
      type(network_t), intent(inout) :: net
      type(work_t), intent(inout) :: at
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: path
      path = word(1)
      at%is_bank = path(max(1, len(path) - 3):) == '.txt'
      if (at%is_bank) then
         call at%bank%load(path, error)
      else
         call net%load(path, error)
      end if
   end subroutine load

   subroutine prepare(net, at, line, training)
      type(network_t), intent(inout), target :: net
      type(work_t), intent(inout) :: at
      character(*), intent(in) :: line
      logical, intent(in) :: training
      type(error_t), allocatable :: error
      integer, allocatable :: features(:)
      integer :: outputs
      call release(at)
      at%training = training
      call read_sizes(line, at%batch, outputs, features)
      call read_inputs(at, features)
      allocate (at%y(1))
      allocate (at%y(1)%s(outputs, at%batch), source=0.0_sp)
      if (training) then
         call begin_training(net, at)
         return
      end if
      if (.not. at%is_bank) then
         if (.not. unfrozen()) call net%freeze(error)
         call stop_on(error)
         if (net%keeps_state()) call net%make_state(at%state, at%batch, error)
      end if
      call stop_on(error)
      call call_once(net, at, error)
      call stop_on(error)
      call write_raw('y_fkb.bin', at%y(1)%s)
      write (output_unit, '(a)') 'ready'
   end subroutine prepare

   !> Whether to leave the network as it is, to compare: the variable FKB_UNFROZEN is set.
   logical function unfrozen()
      integer :: length
      call get_environment_variable('FKB_UNFROZEN', length=length)
      unfrozen = length > 0
   end function unfrozen

   !> `predict BATCH OUTPUTS FEATURES ...`
   subroutine read_sizes(line, batch, outputs, features)
      character(*), intent(in) :: line
      integer, intent(out) :: batch, outputs
      integer, allocatable, intent(out) :: features(:)
      integer :: i, words
      words = count([(line(i:i) /= ' ' .and. line(i + 1:i + 1) == ' ', i=1, len(line) - 1)])
      allocate (features(words - 3))
      i = index(line, ' ')
      read (line(i:), *) batch, outputs, features
   end subroutine read_sizes

   subroutine read_inputs(at, features)
      type(work_t), intent(inout) :: at
      integer, intent(in) :: features(:)
      character(40) :: name
      integer :: i
      allocate (at%x(size(features)))
      do i = 1, size(features)
         allocate (at%x(i)%s(features(i), at%batch))
         write (name, '(a,i0,a,i0,a)') 'x', at%batch, '_', i - 1, '.bin'
         call read_raw(trim(name), at%x(i)%s)
      end do
   end subroutine read_inputs

   subroutine begin_training(net, at)
      type(network_t), intent(inout), target :: net
      type(work_t), intent(inout) :: at
      type(error_t), allocatable :: error
      character(20) :: name
      real(dp) :: losses(3)
      integer :: i
      write (name, '(a,i0,a)') 't', at%batch, '.bin'
      call read_raw(trim(name), at%y(1)%s)
      call net%load(word(1), error)
      if (.not. allocated(error)) call at%trainer%init_from_file(net, error)
      call stop_on(error)
      do i = 1, 3
         call step_once(at, losses(i), error)
         call stop_on(error)
      end do
      write (output_unit, '(a,3es16.8)') 'ready', losses
   end subroutine begin_training

   subroutine call_once(net, at, error)
      type(network_t), intent(in) :: net
      type(work_t), intent(inout) :: at
      type(error_t), allocatable, intent(out) :: error
      if (at%is_bank) then
         call at%bank%predict(at%x(1)%s, at%y(1)%s, at%bank_work, error)
      else if (net%keeps_state()) then
         call net%predict(at%x(1)%s, at%y(1)%s, at%work, error, state=at%state)
      else if (size(at%x) == 1) then
         call net%predict(at%x(1)%s, at%y(1)%s, at%work, error)
      else
         call net%run(at%x, at%y, at%work, error)
      end if
   end subroutine call_once

   subroutine step_once(at, loss, error)
      type(work_t), intent(inout) :: at
      real(dp), intent(out) :: loss
      type(error_t), allocatable, intent(out) :: error
      call at%trainer%step_hosts(at%x, at%y, loss, error)
   end subroutine step_once

   subroutine time_calls(net, at, line)
      type(network_t), intent(in) :: net
      type(work_t), intent(inout) :: at
      character(*), intent(in) :: line
      type(error_t), allocatable :: error
      real(dp), allocatable :: times(:)
      real(dp) :: seconds, start, t0, t1
      real(dp) :: loss
      integer :: calls
      read (line(4:), *) seconds
      allocate (times(1000000))
      calls = 0
      start = now()
      do while (calls < size(times))
         t0 = now()
         if (at%training) then
            call step_once(at, loss, error)
         else
            call call_once(net, at, error)
         end if
         t1 = now()
         call stop_on(error)
         calls = calls + 1
         times(calls) = t1 - t0
         if (t1 - start > seconds .and. calls >= 3) exit
      end do
      call sort(times(:calls))
      write (output_unit, '(a,2es13.5,i8)') 'time', median(times(:calls)), times(1), calls
   end subroutine time_calls

   subroutine release(at)
      type(work_t), intent(inout) :: at
      integer :: i
      if (at%training) call at%trainer%clear()
      call at%work%clear()
      if (allocated(at%x)) then
         do i = 1, size(at%x)
            deallocate (at%x(i)%s)
         end do
         deallocate (at%y(1)%s)
         deallocate (at%x, at%y)
      end if
   end subroutine release

end program time_network
