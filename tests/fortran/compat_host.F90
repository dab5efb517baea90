!> An old program: the names of the 2020 FKB and nothing else. Compiled as it is, with -DREAL64, and
!> with -fdefault-real-8; test_compat.py compares its numbers with those of new calls.
!>
!> Usage: compat_host MODEL DIRECTORY INPUT OUTPUT
program compat_host
   use mod_ensemble, only: ensemble_type
   use mod_kinds, only: ik, rk
   use mod_network, only: network_type
   implicit none (type, external)
   type(network_type) :: net
   type(ensemble_type) :: ensemble
   real(rk), allocatable :: input(:, :), result1(:), result2(:), target(:)
   real, allocatable :: plain(:)
   character(len=500) :: args(4)
   integer(ik) :: i, n_in, n, unit, out

   do i = 1, 4
      call get_command_argument(i, args(i))
   end do
   open (newunit=unit, file=args(3), action='read', status='old')
   read (unit, *) n_in, n
   allocate (input(n_in, n))
   read (unit, *) input
   close (unit)

   call net % load(args(1))
   ensemble = ensemble_type(args(2), 0.0)
   open (newunit=out, file=args(4), action='write', status='replace')
   do i = 1, n
      result1 = net % output(input(:, i))
      result2 = ensemble % average(input(:, i))
      write (out, '(*(es25.17e3, 1x))') result1
      write (out, '(*(es25.17e3, 1x))') result2
   end do

   ! Arrays of default reals, whatever -fdefault-real-8 makes of them: the input is rounded.
   plain = net % output(real(input(:, 1)))
   result1 = net % output(input(:, 1))
   if (.not. all(abs(plain - result1) <= 1e-2*maxval(abs(result1)))) then
      error stop 'default reals differ'
   end if

   ! Training: two steps by backprop and one by train, then the output again.
   allocate (target(size(result1)))
   target = 0.25_rk
   net % learning_rate = 0.001_rk
   call net % backprop(input(:, 1), target)
   call net % backprop(target, input(:, 1))
   call net % train(input(:, 1), target)
   write (out, '(*(es25.17e3, 1x))') net % output(input(:, 1))
   call net % save(trim(args(4))//'.fkb')
   close (out)
end program compat_host
