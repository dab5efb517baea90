!> Columns of an SPCAM-like host through coupled.fkb: 30 levels, chunks of 16 with a remainder,
!> levels of T last, Q and T upside down. Reads columns.raw (94, n), writes answers.raw (65, n),
!> prints the report; compiled with COUNT_ALLOCATIONS also the allocations of a second round.
program couple_columns
   use, intrinsic :: iso_c_binding, only: c_long
   use FKB_KIND, only: coupler_t, dp, error_t, exchange_t, network_t
   implicit none (type, external)
   integer, parameter :: levels = 30
   type(network_t) :: net
   type(coupler_t) :: coupler
   type(exchange_t) :: exchange
   type(error_t), allocatable :: error
   real(dp), allocatable :: x(:, :), y(:, :)
   character(:), allocatable :: text
   integer :: at(14), columns, first, round, size_in_bytes, unit
#ifdef COUNT_ALLOCATIONS
   interface
      function allocations() bind(c)
         import :: c_long
         implicit none (type, external)
         integer(c_long) :: allocations
      end function allocations
   end interface
   integer(c_long) :: before
#endif
   inquire (file='columns.raw', size=size_in_bytes)
   columns = size_in_bytes/(94*8)
   allocate (x(94, columns), y(65, columns))
   open (newunit=unit, file='columns.raw', access='stream', form='unformatted', action='read')
   read (unit) x
   close (unit)
   y = -999
   call net%load('coupled.fkb', error)
   if (.not. allocated(error)) call declare(coupler, at)
   if (.not. allocated(error)) call coupler%connect(net, error)
   call check()
   do round = 1, 2
      call exchange%tally%reset()
#ifdef COUNT_ALLOCATIONS
      before = allocations()
#endif
      do first = 1, columns, 16
         call one_chunk(x(:, first:min(columns, first + 15)), y(:, first:min(columns, first + 15)))
      end do
#ifdef COUNT_ALLOCATIONS
      before = allocations() - before
      if (round == 2) print '(a,i0)', 'allocations: ', before
#endif
   end do
   open (newunit=unit, file='answers.raw', access='stream', form='unformatted')
   write (unit) y
   close (unit)
   call coupler%report(exchange%tally, text)
   print '(a)', text

contains

   subroutine declare(coupler, at)
      type(coupler_t), intent(inout) :: coupler
      integer, intent(out) :: at(14)
      character(6), parameter :: out(5) = [character(6) :: 'FSNT', 'FSNS', 'FLNT', 'FLNS', 'PRECT']
      integer :: i
      call coupler%offer('Q', levels, 'kg/kg', at(1), order='bottom_up')
      call coupler%offer('T', levels, 'K', at(2), order='bottom_up', columns_first=.true.)
      call coupler%offer('V', levels, 'm/s', at(3))
      call coupler%offer('PS', 1, 'Pa', at(4))
      call coupler%offer('SOLIN', 1, 'W/m2', at(5))
      call coupler%offer('SHF', 1, 'W/m2', at(6))
      call coupler%offer('LHF', 1, 'W/m2', at(7))
      call coupler%accept('dQ', levels, 'kg/kg/s', at(8))
      call coupler%accept('dT', levels, 'K/s', at(9), columns_first=.true.)
      do i = 1, 5
         call coupler%accept(trim(out(i)), 1, '', at(9 + i))
      end do
   end subroutine declare

   subroutine one_chunk(x, y)
      real(dp), intent(in) :: x(:, :)
      real(dp), intent(inout) :: y(:, :)
      real(dp) :: dt(16, levels), t(16, levels)
      integer :: i, n
      n = size(x, 2)
      do i = 1, levels
         t(:n, i) = x(61 - i, :)
         dt(:n, i) = y(30 + i, :)
      end do
      call coupler%begin(exchange, n, error)
      call check()
      call coupler%give(exchange, at(1), x(30:1:-1, :), error)
      call check()
      call coupler%give(exchange, at(2), t(:n, :), error)
      call check()
      call coupler%give(exchange, at(3), x(61:90, :), error)
      do i = 1, 4
         call check()
         call coupler%give(exchange, at(3 + i), x(90 + i, :), error)
      end do
      call check()
      call coupler%run(net, exchange, error)
      call check()
      call coupler%take(exchange, at(8), y(1:30, :), error)
      call check()
      call coupler%take(exchange, at(9), dt(:n, :), error)
      do i = 1, 5
         call check()
         call coupler%take(exchange, at(9 + i), y(60 + i, :), error)
      end do
      call check()
      do i = 1, levels
         y(30 + i, :) = dt(:n, i)
      end do
   end subroutine one_chunk

   subroutine check()
      if (allocated(error)) error stop error%message
   end subroutine check

end program couple_columns
