!> The command line of the study's programs: words, and options of the form --name value.
module elnino_options
   use, intrinsic :: iso_fortran_env, only: error_unit, wp => real64
   use elnino_training, only: plan_t
   use fkb_sp, only: error_t
   use options, only: argument
   implicit none (type, external)
   private
   public :: options_t, read_options, stop_at

   !> What the user asked for.
   type :: options_t
      character(len=1024) :: words(4) = ""
      type(plan_t) :: plan
      !> Months of the source, or of the observation, that are used at most.
      integer :: months = huge(1)
   end type options_t

contains

   !> Read the command line; stops with the usage where it cannot be understood.
   subroutine read_options(asked, words, usage)
      type(options_t), intent(out) :: asked !! What the user asked for.
      integer, intent(in) :: words !! Arguments that must be there besides the options.
      character(len=*), intent(in) :: usage !! The program and these arguments, for the message.
      character(len=:), allocatable :: name
      integer :: found, place
      found = 0
      place = 1
      do while (place <= command_argument_count())
         name = argument(place)
         if (index(name, "--") == 1) then
            if (place == command_argument_count()) call refuse(name//" needs a value", usage)
            call take(asked, name, argument(place + 1), usage)
            place = place + 2
         else
            found = found + 1
            if (found > words) call refuse("what is "//name//"?", usage)
            asked%words(found) = name
            place = place + 1
         end if
      end do
      if (found < words) call refuse("arguments are missing", usage)
   end subroutine read_options

   !> Take one option.
   subroutine take(asked, name, text, usage)
      type(options_t), intent(inout) :: asked !! What the user asked for.
      character(len=*), intent(in) :: name, text, usage !! The option, its value, and the usage.
      select case (name)
      case ("--epochs")
         asked%plan%epochs = whole(text, usage)
      case ("--rate")
         asked%plan%rate = number_of(text, usage)
      case ("--batch")
         asked%plan%batch = whole(text, usage)
      case ("--seed")
         asked%plan%seed = whole(text, usage)
      case ("--months")
         asked%months = whole(text, usage)
      case default
         call refuse("unknown option "//name, usage)
      end select
   end subroutine take

   !> A text as a number.
   real(wp) function number_of(text, usage)
      character(len=*), intent(in) :: text, usage !! The text, and the usage for the message.
      integer :: status
      number_of = 0.0_wp
      read (text, *, iostat=status) number_of
      if (status /= 0) call refuse("not a number: "//text, usage)
   end function number_of

   !> A text as a number from 1 on.
   integer function whole(text, usage)
      character(len=*), intent(in) :: text, usage !! The text, and the usage for the message.
      whole = nint(number_of(text, usage))
      if (whole < 1) call refuse(text//" is less than 1", usage)
   end function whole

   !> Say what is wrong with the command line and stop.
   subroutine refuse(reason, usage)
      character(len=*), intent(in) :: reason, usage !! A phrase, and the usage.
      write (error_unit, "(a)") reason, "usage: "//usage, &
         "  [--epochs 12] [--rate 0.002] [--batch 8] [--seed 1] [--months N]"
      stop 2, quiet=.true.
   end subroutine refuse

   !> Stop with the text of an error, where there is one.
   subroutine stop_at(error)
      type(error_t), allocatable, intent(in) :: error !! Of any call.
      if (.not. allocated(error)) return
      write (error_unit, "(a)") error%message
      stop 1, quiet=.true.
   end subroutine stop_at

end module elnino_options
