!> Write pairs of X and B of a two-scale Lorenz 96 system, for training a closure offline.
!!
!!     training_data FILE [F h c [UNITS [SEED]]]
!!
!! FILE gets one line "X,B" per slow variable, sampled ten times per time unit. The defaults
!! F = 7, h = 2, c = 5 are the wrong system: the one the coupled run later has to unlearn.
program training_data
   use, intrinsic :: iso_fortran_env, only: error_unit, wp => real64
   use lorenz96, only: parameters_t, truth_t, dt_fast, n_slow
   implicit none (type, external)

   integer, parameter :: samples_per_unit = 10
   real(wp), parameter :: spin_up = 10.0_wp
   type(truth_t) :: truth
   real(wp) :: b(n_slow), units
   character(len=512) :: path, message
   integer :: i, k, seed, unit, status

   if (command_argument_count() < 1) call refuse( &
      "usage: training_data FILE [F h c [UNITS [SEED]]]")
   call get_command_argument(1, path)
   units = argument(5, 500.0_wp)
   seed = nint(argument(6, 1.0_wp))
   call truth%start(parameters_t(forcing=argument(2, 7.0_wp), h=argument(3, 2.0_wp), &
      c=argument(4, 5.0_wp)), seed, spin_up)

   open (newunit=unit, file=path, status="replace", action="write", iostat=status, iomsg=message)
   if (status /= 0) call refuse("training_data: cannot write: "//trim(message))
   write (unit, "(a)") "X,B"
   do i = 1, nint(units*samples_per_unit)
      call truth%advance(nint(1/(samples_per_unit*dt_fast)))
      b = truth%closure()
      do k = 1, n_slow
         write (unit, '(es16.9,",",es16.9)') truth%x(k), b(k)
      end do
   end do
   close (unit)

contains

   !> The command's argument at a place as a number, or its default.
   real(wp) function argument(place, default)
      integer, intent(in) :: place !! Place on the command line, from 1.
      real(wp), intent(in) :: default !! Where the command line is shorter.
      character(len=64) :: text
      integer :: bad
      argument = default
      if (command_argument_count() < place) return
      call get_command_argument(place, text)
      read (text, *, iostat=bad) argument
      if (bad /= 0) call refuse("training_data: not a number: "//trim(text))
   end function argument

   !> Say what is wrong and stop.
   subroutine refuse(reason)
      character(len=*), intent(in) :: reason !! A sentence.
      write (error_unit, "(a)") reason
      stop 1, quiet=.true.
   end subroutine refuse

end program training_data
