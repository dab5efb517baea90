!> What the coupling costs beside the network: chunks of 16 columns through a network of the size
!> of a climate model's, 94 -> 9 x 256 -> 65, with subtract, divide, limits and multiply.
!>
!> Usage: time_coupling [SECONDS]
!>
!> Prints the median times of a chunk in seconds, of `predict` on arrays without steps and of a
!> whole exchange, and by how much the exchange is longer. Both take turns.
program time_coupling
   use, intrinsic :: iso_fortran_env, only: int64, output_unit
   use climate_coupling, only: build, chunk, declare, exchange_once, fill, host_t, n_in, n_out
   use fkb_sp, only: coupler_t, dp, error_t, exchange_t, network_t, sp, workspace_t
   implicit none (type, external)

   call main()

contains

   subroutine main()
      type(network_t), target :: plain, net
      type(workspace_t) :: work
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(error_t), allocatable :: error
      type(host_t) :: host
      real(dp), allocatable :: alone(:), coupled(:)
      real(sp) :: x(n_in, chunk), y(n_out, chunk)
      real(dp) :: seconds, start, t0, t1
      integer :: n
      character(20) :: word
      seconds = 3
      if (command_argument_count() > 0) then
         call get_command_argument(1, word)
         read (word, *) seconds
      end if
      call build(plain, net, 'time_coupling.fkb', error)
      call stop_on(error)
      call declare(coupler, host)
      call coupler%connect(net, error)
      call stop_on(error)
      call random_number(x)
      call fill(host, 1)
      allocate (alone(100000), coupled(100000))
      start = now()
      do n = 1, size(alone)
         t0 = now()
         call plain%predict(x, y, work, error)
         t1 = now()
         alone(n) = t1 - t0
         call exchange_once(net, coupler, exchange, host, chunk, error)
         coupled(n) = now() - t1
         call stop_on(error)
         if (t1 - start > seconds) exit
      end do
      n = min(n, size(alone))
      call sort(alone(:n))
      call sort(coupled(:n))
      write (output_unit, '(2es12.4,f8.1,a)') alone((n + 1)/2), coupled((n + 1)/2), &
         100*(coupled((n + 1)/2)/alone((n + 1)/2) - 1), ' %'
   end subroutine main

   real(dp) function now()
      integer(int64) :: count, rate
      call system_clock(count, rate)
      now = real(count, dp)/real(rate, dp)
   end function now

   subroutine stop_on(error)
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) error stop error%message
   end subroutine stop_on

   !> Insertion by shell sort, ascending.
   subroutine sort(values)
      real(dp), intent(inout) :: values(:)
      real(dp) :: moved
      integer :: gap, i, k
      gap = size(values)/2
      do while (gap > 0)
         do i = gap + 1, size(values)
            moved = values(i)
            k = i
            do while (k > gap)
               if (values(k - gap) <= moved) exit
               values(k) = values(k - gap)
               k = k - gap
            end do
            values(k) = moved
         end do
         gap = gap/2
      end do
   end subroutine sort

end program time_coupling
