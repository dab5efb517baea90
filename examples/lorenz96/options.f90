!> The command line of the demonstration.
module options
   use, intrinsic :: iso_fortran_env, only: error_unit, wp => real64
   implicit none (type, external)
   private
   public :: options_t, read_options

   character(len=*), parameter :: usage = &
      "usage: lorenz96 MODEL.fkb FOLDER [--units 50] [--statistics 500] [--window 30]"// &
      " [--seed 8]"//new_line("a")//"  [--save-every 0] [--restart OLD_FOLDER] [--dump STEPS]"

   !> What the user asked for.
   type :: options_t
      !> The network to begin with.
      character(len=:), allocatable :: model
      !> An existing folder for the results.
      character(len=:), allocatable :: folder
      !> Time units of coupled learning.
      real(wp) :: units = 50.0_wp
      !> Time units of each climate.
      real(wp) :: statistics = 500.0_wp
      !> Coarse steps whose samples make one training batch.
      integer :: window = 30
      !> Seed of the starting states.
      integer :: seed = 8
      !> Time units between two checkpoints; 0: only at the end.
      real(wp) :: save_every = 0.0_wp
      !> Folder of a run to go on from; not allocated: begin.
      character(len=:), allocatable :: restart
      !> Training steps to write out for a comparison with Keras instead of the demonstration.
      integer :: dump = 0
   end type options_t

contains

   !> Read the command line; stops with the usage where it cannot be understood.
   subroutine read_options(options)
      type(options_t), intent(out) :: options !! What the user asked for.
      character(len=:), allocatable :: name
      integer :: place

      if (command_argument_count() < 2) call refuse("two arguments are needed")
      options%model = argument(1)
      options%folder = argument(2)
      do place = 3, command_argument_count(), 2
         name = argument(place)
         if (place == command_argument_count()) call refuse(name//" needs a value")
         select case (name)
         case ("--units")
            options%units = number(place + 1)
         case ("--statistics")
            options%statistics = number(place + 1)
         case ("--window")
            options%window = nint(number(place + 1))
         case ("--seed")
            options%seed = nint(number(place + 1))
         case ("--save-every")
            options%save_every = number(place + 1)
         case ("--restart")
            options%restart = argument(place + 1)
         case ("--dump")
            options%dump = nint(number(place + 1))
         case default
            call refuse("unknown option "//name)
         end select
      end do
      if (options%window < 1) call refuse("--window must be 1 or more")
      if (options%statistics < 1) call refuse("--statistics must be 1 or more")
      if (options%units < 0.01_wp) call refuse("--units must be 0.01, a step of the model, or more")
   end subroutine read_options

   !> An argument without trailing blanks.
   function argument(place) result(text)
      integer, intent(in) :: place !! Place on the command line, from 1.
      character(len=:), allocatable :: text
      character(len=4096) :: buffer
      call get_command_argument(place, buffer)
      text = trim(buffer)
   end function argument

   !> An argument as a number.
   real(wp) function number(place)
      integer, intent(in) :: place !! Place on the command line, from 1.
      character(len=:), allocatable :: text
      integer :: status
      number = 0.0_wp
      text = argument(place)
      read (text, *, iostat=status) number
      if (status /= 0) call refuse("not a number: "//text)
   end function number

   !> Say what is wrong and stop.
   subroutine refuse(reason)
      character(len=*), intent(in) :: reason !! A phrase.
      write (error_unit, "(a)") "lorenz96: "//reason, usage
      stop 2, quiet=.true.
   end subroutine refuse

end module options
