!> The command line of the programs.
module nowcasting_options
   use, intrinsic :: iso_fortran_env, only: error_unit
   implicit none (type, external)
   private
   public :: options_t, read_options, stop_with

   !> What the user asked for.
   type :: options_t
      character(len=1024) :: words(4) = ""   !! arguments that are no options
      character(len=1024) :: encoder = ""    !! file of the encoder; none: a stateful network
      character(len=1024) :: begin = ""      !! network whose weights a training begins with
      character(len=1024) :: lesson = ""     !! what is learned: taught, free or next
      character(len=1024) :: table = ""      !! file for a table; none: it is not written
      integer :: past = 7                    !! frames that are known
      integer :: batch = 16                  !! sequences of a training step
      integer :: epochs = 20
      integer :: patience = 5                !! epochs without a better validation loss
      integer :: seed = 1                    !! of the order of sequences; 0: as in the file
   end type options_t

contains

   !> Read the command line; stops with the usage where it cannot be understood.
   subroutine read_options(asked, words, usage)
      type(options_t), intent(out) :: asked
      integer, intent(in) :: words                !! arguments that must be there
      character(len=*), intent(in) :: usage
      character(len=1024) :: name, value
      integer :: place, taken
      taken = 0
      place = 1
      do while (place <= command_argument_count())
         call get_command_argument(place, name)
         if (name(:2) == "--") then
            if (place == command_argument_count()) call refuse(trim(name)//" needs a value", usage)
            call get_command_argument(place + 1, value)
            call take(asked, trim(name), trim(value), usage)
            place = place + 2
         else
            taken = taken + 1
            if (taken > words) call refuse("what is "//trim(name)//"?", usage)
            asked%words(taken) = name
            place = place + 1
         end if
      end do
      if (taken < words) call refuse("arguments are missing", usage)
      if (min(asked%past, asked%batch, asked%epochs, asked%patience) < 1) then
         call refuse("numbers must be 1 or more", usage)
      end if
   end subroutine read_options

   subroutine take(asked, name, value, usage)
      type(options_t), intent(inout) :: asked
      character(len=*), intent(in) :: name, value, usage
      integer :: status
      status = 0
      select case (name)
      case ("--encoder")
         asked%encoder = value
      case ("--begin")
         asked%begin = value
      case ("--learn")
         asked%lesson = value
      case ("--table")
         asked%table = value
      case ("--past")
         read (value, *, iostat=status) asked%past
      case ("--batch")
         read (value, *, iostat=status) asked%batch
      case ("--epochs")
         read (value, *, iostat=status) asked%epochs
      case ("--patience")
         read (value, *, iostat=status) asked%patience
      case ("--seed")
         read (value, *, iostat=status) asked%seed
      case default
         call refuse("unknown option "//name, usage)
      end select
      if (status /= 0) call refuse(name//": not a number: "//value, usage)
   end subroutine take

   subroutine refuse(reason, usage)
      character(len=*), intent(in) :: reason, usage
      write (error_unit, "(a)") reason, "usage: "//usage
      stop 2, quiet=.true.
   end subroutine refuse

   !> Stop with a message, where there is one.
   subroutine stop_with(program, message)
      character(len=*), intent(in) :: program
      character(len=:), allocatable, intent(in) :: message
      if (.not. allocated(message)) return
      write (error_unit, "(a)") program//": "//message
      stop 1, quiet=.true.
   end subroutine stop_with

end module nowcasting_options
