!> The command line of the programs.
module options
   use, intrinsic :: iso_fortran_env, only: error_unit, wp => real64
   use subsurface, only: tanh_closure_t
   use zebiak_cane, only: parameters_t
   implicit none (type, external)
   private
   public :: argument, number_of, options_t, read_options, refuse, stop_with

   !> What the user asked for.
   type :: options_t
      !> Arguments that are no options, in order.
      integer :: n_words = 0
      character(len=1024) :: words(4) = ""
      !> Which model.
      type(parameters_t) :: parameters
      type(tanh_closure_t) :: closure
      !> Months to run.
      integer :: months = 1200
      !> A restart file to go on from; empty: from rest.
      character(len=1024) :: restart = ""
      !> Months between two checkpoints of a run that learns, 0: only at its end.
      integer :: save_every = 0
      !> Years of history to learn from, and epochs over them. 0: nothing is learned.
      integer :: history = 39
      integer :: epochs = 0
      !> Members of an ensemble of forecasts.
      integer :: members = 20
   end type options_t

   character(len=*), parameter :: model_options = "  [--months 1200] [--restart FILE]"// &
      " [--mu 1.25] [--noise 0] [--seed 1] [--kick 120]"//new_line("a")// &
      "  [--epsilon 0.2] [--gamma 0.75] [--warm 28] [--warm-depth 80] [--cold 40]"// &
      " [--cold-depth 33]"

contains

   !> Read the command line; stops with the usage where it cannot be understood.
   subroutine read_options(asked, words, usage)
      type(options_t), intent(out) :: asked !! What the user asked for.
      integer, intent(in) :: words !! Arguments that must be there besides the options.
      character(len=*), intent(in) :: usage !! The program and these arguments, for the message.
      character(len=:), allocatable :: name
      integer :: place
      place = 1
      do while (place <= command_argument_count())
         name = argument(place)
         if (len(name) < 3 .or. index(name, "--") /= 1) then
            if (asked%n_words == words) call refuse("what is "//name//"?", usage)
            asked%n_words = asked%n_words + 1
            asked%words(asked%n_words) = name
            place = place + 1
            cycle
         end if
         if (place == command_argument_count()) call refuse(name//" needs a value", usage)
         call take(asked, name, argument(place + 1), usage)
         place = place + 2
      end do
      if (asked%n_words < words) call refuse("arguments are missing", usage)
      if (asked%months < 1) call refuse("--months must be 1 or more", usage)
   end subroutine read_options

   !> Take one option.
   subroutine take(asked, name, text, usage)
      type(options_t), intent(inout) :: asked !! What the user asked for.
      character(len=*), intent(in) :: name, text, usage !! The option, its value, and the usage.
      select case (name)
      case ("--months")
         asked%months = nint(number_of(text, usage))
      case ("--save-every")
         asked%save_every = nint(number_of(text, usage))
      case ("--history")
         asked%history = nint(number_of(text, usage))
      case ("--epochs")
         asked%epochs = nint(number_of(text, usage))
      case ("--members")
         asked%members = nint(number_of(text, usage))
      case ("--restart")
         asked%restart = text
      case ("--mu")
         asked%parameters%mu = number_of(text, usage)
      case ("--noise")
         asked%parameters%noise = number_of(text, usage)
      case ("--seed")
         asked%parameters%seed = nint(number_of(text, usage))
      case ("--kick")
         asked%parameters%kick_days = nint(number_of(text, usage))
      case ("--epsilon")
         asked%parameters%epsilon = number_of(text, usage)
      case ("--gamma")
         asked%parameters%gamma = number_of(text, usage)
      case ("--warm")
         asked%closure%warm = number_of(text, usage)
      case ("--warm-depth")
         asked%closure%warm_depth = number_of(text, usage)
      case ("--cold")
         asked%closure%cold = number_of(text, usage)
      case ("--cold-depth")
         asked%closure%cold_depth = number_of(text, usage)
      case default
         call refuse("unknown option "//name, usage)
      end select
   end subroutine take

   !> An argument without trailing blanks.
   function argument(place) result(text)
      integer, intent(in) :: place !! Place on the command line, from 1.
      character(len=:), allocatable :: text
      character(len=1024) :: buffer
      call get_command_argument(place, buffer)
      text = trim(buffer)
   end function argument

   !> A text as a number.
   real(wp) function number_of(text, usage)
      character(len=*), intent(in) :: text, usage !! The text, and the usage for the message.
      integer :: status
      number_of = 0.0_wp
      read (text, *, iostat=status) number_of
      if (status /= 0) call refuse("not a number: "//text, usage)
   end function number_of

   !> Say what is wrong with the command line and stop.
   subroutine refuse(reason, usage)
      character(len=*), intent(in) :: reason, usage !! A phrase, and the usage.
      write (error_unit, "(a)") reason, "usage: "//usage, model_options
      stop 2, quiet=.true.
   end subroutine refuse

   !> Stop with the text of an error, where there is one.
   subroutine stop_with(error)
      character(len=:), allocatable, intent(in) :: error !! A sentence.
      if (.not. allocated(error)) return
      write (error_unit, "(a)") error
      stop 1, quiet=.true.
   end subroutine stop_with

end module options
