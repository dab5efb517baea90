!> The command line of the digits example.
module digits_options
   use, intrinsic :: iso_fortran_env, only: error_unit
   implicit none (type, external)
   private
   public :: options_t, read_options

   character(*), parameter :: usage = &
      'usage: digits DATA CURVE.csv [--network dense|conv] [--units 64] [--activation relu]'// &
      ' [--initializer glorot_uniform] [--optimizer JSON or name] [--dropout 0]'// &
      ' [--epochs 30] [--batch 32] [--seed 1] [--samples N] [--augment yes|no]'// &
      ' [--shuffle yes|no] [--start FILE.fkb] [--save FILE.fkb]'

   !> What the user asked for.
   type :: options_t
      character(:), allocatable :: data         !! folder with train.txt and test.txt
      character(:), allocatable :: curve        !! the table of all epochs to be written
      character(:), allocatable :: network      !! `dense` or `conv`
      character(:), allocatable :: activation, initializer, optimizer
      character(:), allocatable :: start        !! where the first weights are saved, or nowhere
      character(:), allocatable :: save         !! where the trained network is saved, or nowhere
      integer :: units = 64                     !! of the hidden layer
      integer :: epochs = 30
      integer :: batch = 32
      integer :: seed = 1                       !! of first weights, orders and dropout
      integer :: samples = huge(1)              !! train on the first so many
      real :: dropout = 0
      logical :: augment = .false.              !! move the digits about
      logical :: shuffle = .true.
   end type options_t

contains

   !> Read the command line; stops with the usage where it cannot be understood.
   subroutine read_options(options)
      type(options_t), intent(out) :: options
      integer :: place
      if (command_argument_count() < 2) call refuse('two arguments are needed')
      options%data = argument(1)
      options%curve = argument(2)
      options%network = 'dense'
      options%activation = 'relu'
      options%initializer = 'glorot_uniform'
      options%optimizer = 'adam'
      options%start = ''
      options%save = ''
      if (mod(command_argument_count(), 2) == 1) call refuse('an option has no value')
      do place = 3, command_argument_count(), 2
         call take(options, argument(place), argument(place + 1))
      end do
      if (options%network /= 'dense' .and. options%network /= 'conv') then
         call refuse('the network is dense or conv, not '//options%network)
      end if
   end subroutine read_options

   subroutine take(options, name, value)
      type(options_t), intent(inout) :: options
      character(*), intent(in) :: name, value
      select case (name)
      case ('--network')
         options%network = value
      case ('--activation')
         options%activation = value
      case ('--initializer')
         options%initializer = value
      case ('--optimizer')
         options%optimizer = value
      case ('--start')
         options%start = value
      case ('--save')
         options%save = value
      case ('--units')
         options%units = nint(number(value))
      case ('--epochs')
         options%epochs = nint(number(value))
      case ('--batch')
         options%batch = nint(number(value))
      case ('--seed')
         options%seed = nint(number(value))
      case ('--samples')
         options%samples = nint(number(value))
      case ('--dropout')
         options%dropout = number(value)
      case ('--augment')
         options%augment = value == 'yes'
      case ('--shuffle')
         options%shuffle = value == 'yes'
      case default
         call refuse('unknown option '//name)
      end select
   end subroutine take

   !> An argument without trailing blanks.
   function argument(place) result(text)
      integer, intent(in) :: place
      character(:), allocatable :: text
      character(4096) :: buffer
      call get_command_argument(place, buffer)
      text = trim(buffer)
   end function argument

   real function number(text)
      character(*), intent(in) :: text
      integer :: status
      read (text, *, iostat=status) number
      if (status /= 0) call refuse(text//' is not a number')
   end function number

   subroutine refuse(problem)
      character(*), intent(in) :: problem
      write (error_unit, '(a)') 'digits: '//problem, usage
      stop 2, quiet=.true.
   end subroutine refuse

end module digits_options
