! A host that trains online and saves its restart after every step; it may be killed at any time.
!
! online_host MODEL RESTART STEPS: go on from the restart, if there is one, until there were so many
! steps. Prints how many steps the restart had, and at the end all weights as bits.
program online_host
   use, intrinsic :: iso_fortran_env, only: int32
   use fkb_sp, only: adam_t, error_t, mean_squared_error_t, network_t, online_options_t, &
      online_trainer_t
   implicit none (type, external)
   type(network_t), target :: net
   type(online_trainer_t) :: online
   type(error_t), allocatable :: error
   character(1000) :: model, restart, text
   real :: x(2, 3), y(1, 3)
   integer :: i, j, k, steps
   logical :: exists
   call get_command_argument(1, model)
   call get_command_argument(2, restart)
   call get_command_argument(3, text)
   read (text, *) steps
   call net%load(trim(model), error)
   call check()
   call online%init(net, mean_squared_error_t(), adam_t(learning_rate=0.01), &
                    online_options_t(capacity=40, batch_size=8, newest=2, reservoir=.true., &
                                     update_every=2, seed=7, explosion=4.0d0, anchor=1d-3), error)
   call check()
   inquire (file=trim(restart), exist=exists)
   if (exists) call online%load(trim(restart), error)
   call check()
   print '(a,i0)', 'begin ', online%observations
   flush (6)
   do k = int(online%observations) + 1, steps
      do j = 1, 3
         x(:, j) = [(sin(0.7*i*k + j), i=1, 2)]
         y(1, j) = x(1, j)*x(2, j)
      end do
      call online%observe(x, y, error, time=real(k, kind(1d0)))
      call check()
      call online%save(trim(restart), error)
      call check()
   end do
   print '(*(z8.8,1x))', transfer(net%params, [0_int32])
contains
   subroutine check()
      if (allocated(error)) error stop error%message
   end subroutine check
end program online_host
