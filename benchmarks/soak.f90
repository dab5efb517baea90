!> A long run: many columns through the coupled climate network in chunks of 16, on all threads.
!>
!> Usage: soak [COLUMNS]
!>
!> COLUMNS is 100,000, or 100,000,000 with FKB_TEST_LONG=1 in the environment. Prints the memory
!> of the process as the columns go by, and stops where it has grown after the first twentieth of
!> them, or where two chunks with the same fields got different answers.
program soak
   use, intrinsic :: iso_fortran_env, only: int64, output_unit
   use climate_coupling, only: build, chunk, declare, exchange_once, fill, host_t
   use fkb_sp, only: coupler_t, dp, error_t, exchange_t, network_t
   implicit none (type, external)

   !> Other fields come back after so many chunks.
   integer, parameter :: period = 1000
   !> What may be added, in KiB: pages that the C library keeps for itself.
   integer, parameter :: slack = 1024

   !> What a thread owns.
   type :: thread_t
      type(exchange_t) :: exchange
      type(host_t) :: host
      type(error_t), allocatable :: error
      logical :: same = .true.                   !! each chunk got the answers of its number
   end type thread_t

   call main()

contains

   subroutine main()
      type(network_t) :: plain, net
      type(coupler_t) :: coupler
      type(host_t) :: host
      type(error_t), allocatable :: error
      type(thread_t), allocatable :: threads(:)
      real(dp), allocatable :: right(:)
      integer(int64) :: chunks, done, part
      integer :: first, last, t
      chunks = max(asked_columns()/chunk, 40_int64)
      call build(plain, net, 'soak.fkb', error)
      call stop_on(error)
      call declare(coupler, host)
      call coupler%connect(net, error)
      call stop_on(error)
      call plain%clear()
      allocate (right(period), threads(thread_count()))
      do t = 1, size(threads)
         threads(t)%host = host
      end do
      call learn_answers(net, coupler, threads(1), right)
      first = 0
      done = 0
      do t = 1, 20
         part = chunks*t/20 - done
         call run_chunks(net, coupler, threads, done, part, right)
         done = done + part
         last = resident()
         if (t == 1) first = last
         write (output_unit, '(i12,a,i8,a)') done*chunk, ' columns  ', last, ' KiB resident'
         flush (output_unit)
      end do
      if (first <= 0) error stop 'the memory of the process is not known'
      if (last > first + slack) error stop 'the memory has grown'
      write (output_unit, '(a)') 'no growth'
   end subroutine main

   !> Sums of what each of the different chunks gets, computed by one thread.
   subroutine learn_answers(net, coupler, own, right)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(thread_t), intent(inout) :: own
      real(dp), intent(out) :: right(:)
      integer :: i
      do i = 1, size(right)
         call fill(own%host, i)
         call exchange_once(net, coupler, own%exchange, own%host, chunk, own%error)
         call stop_on(own%error)
         right(i) = sum(own%host%answers) + sum(own%host%fluxes)
      end do
   end subroutine learn_answers

   !> Chunks after the first `done` ones, in all threads.
   subroutine run_chunks(net, coupler, threads, done, count, right)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(thread_t), intent(inout) :: threads(:)
      integer(int64), intent(in) :: done, count
      real(dp), intent(in) :: right(:)
      integer :: t
      !$omp parallel do default(none) schedule(static, 1) &
      !$omp shared(net, coupler, done, count, right, threads)
      do t = 1, size(threads)
         call run_share(net, coupler, threads(t), done + t, done + count, size(threads), right)
      end do
      !$omp end parallel do
      do t = 1, size(threads)
         call stop_on(threads(t)%error)
         if (.not. threads(t)%same) error stop 'the same fields got other answers'
      end do
   end subroutine run_chunks

   !> Each `step`-th chunk of one thread.
   subroutine run_share(net, coupler, own, first, last, step, right)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(thread_t), intent(inout) :: own
      integer(int64), intent(in) :: first, last
      integer, intent(in) :: step
      real(dp), intent(in) :: right(:)
      integer(int64) :: n
      integer :: i
      do n = first, last, step
         i = 1 + int(modulo(n, int(size(right), int64)))
         call fill(own%host, i)
         call exchange_once(net, coupler, own%exchange, own%host, chunk, own%error)
         if (allocated(own%error)) return
         if (abs(sum(own%host%answers) + sum(own%host%fluxes) - right(i)) > 0) own%same = .false.
      end do
   end subroutine run_share

   !> As many columns as were asked for.
   integer(int64) function asked_columns()
      character(20) :: word
      integer :: status
      asked_columns = 100000
      call get_environment_variable('FKB_TEST_LONG', word)
      if (word == '1') asked_columns = 100000000
      if (command_argument_count() == 0) return
      call get_command_argument(1, word)
      read (word, *, iostat=status) asked_columns
      if (status /= 0) error stop 'usage: soak [COLUMNS]'
   end function asked_columns

   integer function thread_count()
!$    use omp_lib, only: omp_get_max_threads
      thread_count = 1
!$    thread_count = omp_get_max_threads()
   end function thread_count

   !> Memory of this process in KiB, 0 where it is not known.
   integer function resident()
      character(200) :: line
      integer :: status, unit
      resident = 0
      open (newunit=unit, file='/proc/self/status', action='read', status='old', iostat=status)
      if (status /= 0) return
      do
         read (unit, '(a)', iostat=status) line
         if (status /= 0) exit
         if (line(:6) == 'VmRSS:') read (line(7:index(line, 'kB') - 1), *) resident
      end do
      close (unit)
   end function resident

   subroutine stop_on(error)
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) error stop error%message
   end subroutine stop_on

end program soak
