!> Predicts with a bank; test_bank.py compares its numbers with those of the networks alone.
!>
!> Usage: bank_host BANK INPUT OUTPUT
program bank_host
   use FKB_KIND, only: bank_t, bank_workspace_t, dp, error_t
   implicit none (type, external)
   type(bank_t) :: bank
   type(bank_workspace_t) :: work
   type(error_t), allocatable :: error
   real(dp), allocatable :: x(:, :), y(:, :)
   character(500) :: args(3)
   integer :: i, n, n_in, unit
   do i = 1, 3
      call get_command_argument(i, args(i))
   end do
   open (newunit=unit, file=args(2), action='read', status='old')
   read (unit, *) n_in, n
   allocate (x(n_in, n))
   read (unit, *) x
   close (unit)
   call bank%load(trim(args(1)), error)
   if (allocated(error)) error stop error%message
   allocate (y(bank%outputs(), n))
   call bank%predict(x, y, work, error)
   if (allocated(error)) error stop error%message
   open (newunit=unit, file=args(3), action='write', status='replace')
   do i = 1, n
      write (unit, '(*(es25.17e3, 1x))') y(:, i)
   end do
   close (unit)
end program bank_host
