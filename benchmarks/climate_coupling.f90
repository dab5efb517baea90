!> A climate network between fields of a host: 94 -> 9 x 256 -> 65, with subtract, divide, limits
!> and multiply, and the arrays of a chunk of 16 columns. It serves the benchmark of the coupling
!> and the tests of what a coupled step allocates.
module climate_coupling
   use fkb_layers, only: dense, input_layer, leaky_relu
   use fkb_sp, only: coupler_t, dp, error_t, exchange_t, model_t, network_t
   implicit none (type, external)
   private
   public :: build, chunk, declare, exchange_once, fill, host_t, levels, n_in, n_out

   integer, parameter :: chunk = 16, levels = 30, n_in = 94, n_out = 65

   !> What a host has for a chunk of columns.
   type :: host_t
      real(dp) :: fields(levels, chunk, 3) = 0   !! q, t, v
      real(dp) :: scalars(chunk, 4) = 0          !! ps, solin, shf, lhf
      real(dp) :: answers(levels, chunk, 2) = 0  !! dq, dt
      real(dp) :: fluxes(chunk, 5) = 0
      integer :: at(14) = 0                      !! where the coupler has the fields, in this order
   end type host_t

contains

   !> The same weights without and with the description of its ends, which go through `path`.
   subroutine build(plain, net, path, error)
      type(network_t), intent(inout) :: plain, net
      character(*), intent(in) :: path
      type(error_t), allocatable, intent(out) :: error
      type(model_t) :: model
      integer :: i, status, unit
      call model%add(input_layer(shape=[n_in]))
      do i = 1, 9
         call model%add(dense(256))
         call model%add(leaky_relu(0.2))
      end do
      call model%add(dense(n_out))
      call model%build(plain, error, seed=1)
      if (.not. allocated(error)) call plain%save(path, error)
      if (.not. allocated(error)) call describe(path)
      if (.not. allocated(error)) call net%load(path, error)
      open (newunit=unit, file=path, status='old', iostat=status)
      if (status == 0) close (unit, status='delete')
   end subroutine build

   !> Put ports into the file: lines before the checksum, values after those of the weights.
   subroutine describe(path)
      character(*), intent(in) :: path
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
               '"minimum":-1,"maximum":2},{"name":"t","length":30,"minimum":-1,"maximum":2,'// &
               '"not_finite":"host"},{"name":"v",'// &
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

   !> What the host has and takes.
   subroutine declare(coupler, host)
      type(coupler_t), intent(inout) :: coupler
      type(host_t), intent(inout) :: host
      integer :: i
      call coupler%offer('q', levels, '', host%at(1))
      call coupler%offer('t', levels, '', host%at(2))
      call coupler%offer('v', levels, '', host%at(3))
      call coupler%offer('ps', 1, '', host%at(4))
      call coupler%offer('solin', 1, '', host%at(5))
      call coupler%offer('shf', 1, '', host%at(6))
      call coupler%offer('lhf', 1, '', host%at(7))
      call coupler%accept('dq', levels, '', host%at(8))
      call coupler%accept('dt', levels, '', host%at(9))
      do i = 1, 5
         call coupler%accept(achar(iachar('a') + i - 1), 1, '', host%at(9 + i))
      end do
   end subroutine declare

   !> Other values in each column, step and place, all within the limits.
   pure subroutine fill(host, number)
      type(host_t), intent(inout) :: host
      integer, intent(in) :: number              !! of the chunk or step
      integer :: c, i, k
      do i = 1, 3
         do c = 1, chunk
            do k = 1, levels
               host%fields(k, c, i) = 0.001_dp*modulo(37*k + 101*c + 211*i + number, 1000)
            end do
         end do
      end do
      do i = 1, 4
         do c = 1, chunk
            host%scalars(c, i) = 0.001_dp*modulo(53*c + 89*i + number, 1000)
         end do
      end do
   end subroutine fill

   !> A step of the host for `columns` of the chunk.
   subroutine exchange_once(net, coupler, exchange, host, columns, error)
      type(network_t), intent(in) :: net
      type(coupler_t), intent(in) :: coupler
      type(exchange_t), intent(inout) :: exchange
      type(host_t), intent(inout) :: host
      integer, intent(in) :: columns
      type(error_t), allocatable, intent(out) :: error
      integer :: i
      call coupler%begin(exchange, columns, error)
      do i = 1, 3
         if (.not. allocated(error)) call coupler%give(exchange, host%at(i), &
            host%fields(:, :columns, i), error)
      end do
      do i = 1, 4
         if (.not. allocated(error)) call coupler%give(exchange, host%at(3 + i), &
            host%scalars(:columns, i), error)
      end do
      if (.not. allocated(error)) call coupler%run(net, exchange, error)
      do i = 1, 2
         if (.not. allocated(error)) call coupler%take(exchange, host%at(7 + i), &
            host%answers(:, :columns, i), error)
      end do
      do i = 1, 5
         if (.not. allocated(error)) call coupler%take(exchange, host%at(9 + i), &
            host%fluxes(:columns, i), error)
      end do
   end subroutine exchange_once

end module climate_coupling
