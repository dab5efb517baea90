!> What the coupling costs beside the network: chunks of 16 columns through a network of the size
!> of a climate model's, 94 -> 9 x 256 -> 65, with subtract, divide, limits and multiply.
!>
!> Usage: time_coupling [SECONDS]
!>
!> Prints the median times of a chunk in seconds, of `predict` on arrays without steps and of a
!> whole exchange, and by how much the exchange is longer. Both take turns.
program time_coupling
   use, intrinsic :: iso_fortran_env, only: int64, output_unit
   use fkb_layers, only: dense, input_layer, leaky_relu
   use fkb_sp, only: coupler_t, dp, error_t, exchange_t, model_t, network_t, sp, workspace_t
   implicit none (type, external)
   integer, parameter :: chunk = 16, levels = 30, n_in = 94, n_out = 65
   character(*), parameter :: path = 'time_coupling.fkb'

   call main()

contains

   subroutine main()
      type(network_t), target :: plain, net
      type(workspace_t) :: work
      type(coupler_t) :: coupler
      type(exchange_t) :: exchange
      type(error_t), allocatable :: error
      real(dp), allocatable :: alone(:), coupled(:)
      real(sp) :: x(n_in, chunk), y(n_out, chunk)
      real(dp) :: fields(levels, chunk, 3), scalars(chunk, 4), answers(levels, chunk, 2)
      real(dp) :: fluxes(chunk, 5), seconds, start, t0, t1
      integer :: at(14), n
      character(20) :: word
      seconds = 3
      if (command_argument_count() > 0) then
         call get_command_argument(1, word)
         read (word, *) seconds
      end if
      call build(plain, net, error)
      call stop_on(error)
      call declare(coupler, at)
      call coupler%connect(net, error)
      call stop_on(error)
      call random_number(x)
      call random_number(fields)
      call random_number(scalars)
      allocate (alone(100000), coupled(100000))
      start = now()
      do n = 1, size(alone)
         t0 = now()
         call plain%predict(x, y, work, error)
         t1 = now()
         alone(n) = t1 - t0
         call exchange_once(net, coupler, exchange, at, fields, scalars, answers, fluxes, error)
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

   !> The same weights without and with the description of its ends.
   subroutine build(plain, net, error)
      type(network_t), intent(inout) :: plain, net
      type(error_t), allocatable, intent(out) :: error
      type(model_t) :: model
      integer :: i
      call model%add(input_layer(shape=[n_in]))
      do i = 1, 9
         call model%add(dense(256))
         call model%add(leaky_relu(0.2))
      end do
      call model%add(dense(n_out))
      call model%build(plain, error, seed=1)
      if (.not. allocated(error)) call plain%save(path, error)
      if (.not. allocated(error)) call describe()
      if (.not. allocated(error)) call net%load(path, error)
   end subroutine build

   !> Put ports into the file: lines before the checksum, values after those of the weights.
   subroutine describe()
      character(1000), allocatable :: lines(:)
      character(1000) :: line
      integer :: i, k, n, status, unit
      allocate (lines(200000))
      open (newunit=unit, file=path, action='read', status='old')
      do n = 0, size(lines) - 1
         read (unit, '(a)', iostat=status) line
         if (status /= 0) exit
         lines(n + 1) = line
      end do
      close (unit)
      open (newunit=unit, file=path, action='write', status='replace')
      do i = 1, n
         if (lines(i) (1:9) == 'checksum ') then
            write (unit, '(a)') 'input 0 "state"', 'fields = [{"name":"q","length":30,'// &
               '"minimum":-1,"maximum":2},{"name":"t","length":30,"minimum":-1,"maximum":2},'// &
               '{"name":"v",'// &
               '"length":30},{"name":"ps"},{"name":"solin"},{"name":"shf"},{"name":"lhf"}]', &
               'step subtract float64 [94]', 'step divide float64 [94]', 'end', &
               'output 0 "tendency"', 'fields = [{"name":"dq","length":30,"minimum":-1e30},{'// &
               '"name":"dt","length":30,"maximum":1e30},{"name":"a"},{"name":"b"},{"name":"c"},'// &
               '{"name":"d"},{"name":"e"}]', 'step divide float64 [65]', 'end', 'checksum none'
         else if (lines(i) == 'end' .and. i == n) then
            write (unit, '(a)') 'values 94 none', ('0.5', k=1, 94), 'values 94 none', &
               ('0.3', k=1, 94), 'values 65 none', ('2.5', k=1, 65), 'end'
         else
            write (unit, '(a)') trim(lines(i))
         end if
      end do
      close (unit)
   end subroutine describe

   subroutine declare(coupler, at)
      type(coupler_t), intent(inout) :: coupler
      integer, intent(out) :: at(14)
      integer :: i
      call coupler%offer('q', levels, '', at(1))
      call coupler%offer('t', levels, '', at(2))
      call coupler%offer('v', levels, '', at(3))
      call coupler%offer('ps', 1, '', at(4))
      call coupler%offer('solin', 1, '', at(5))
      call coupler%offer('shf', 1, '', at(6))
      call coupler%offer('lhf', 1, '', at(7))
      call coupler%accept('dq', levels, '', at(8))
      call coupler%accept('dt', levels, '', at(9))
      do i = 1, 5
         call coupler%accept(achar(iachar('a') + i - 1), 1, '', at(9 + i))
      end do
   end subroutine declare

   subroutine exchange_once(net, coupler, exchange, at, fields, scalars, answers, fluxes, error)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(exchange_t), intent(inout) :: exchange
      integer, intent(in) :: at(14)
      real(dp), intent(in) :: fields(:, :, :), scalars(:, :)
      real(dp), intent(inout) :: answers(:, :, :), fluxes(:, :)
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      call coupler%begin(exchange, chunk, error)
      do i = 1, 3
         if (.not. allocated(error)) call coupler%give(exchange, at(i), fields(:, :, i), error)
      end do
      do i = 1, 4
         if (.not. allocated(error)) call coupler%give(exchange, at(3 + i), scalars(:, i), error)
      end do
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      do i = 1, 2
         if (.not. allocated(error)) call coupler%take(exchange, at(7 + i), answers(:, :, i), error)
      end do
      do i = 1, 5
         if (.not. allocated(error)) call coupler%take(exchange, at(9 + i), fluxes(:, i), error)
      end do
   end subroutine exchange_once

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
