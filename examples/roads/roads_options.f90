!> The command line of the training program.
module roads_options
   use, intrinsic :: iso_fortran_env, only: error_unit
   implicit none (type, external)
   private
   public :: argument, options_t, read_options

   character(*), parameter :: usage = &
      'usage: roads_train DATA CURVE.csv [--network vgg10|vgg12|vgg16] [--width 8]'// &
      ' [--strategy few|rotations|filters] [--tiles N] [--epochs 40] [--batch 16]'// &
      ' [--optimizer JSON or name] [--initializer glorot_uniform] [--every 10] [--seed 1]'// &
      ' [--start FILE.fkb] [--save FILE.fkb]'

   !> What the user asked for.
   type :: options_t
      character(:), allocatable :: data         !! folder with train and test, .ppm and .pgm
      character(:), allocatable :: curve        !! the table that is written
      character(:), allocatable :: network, strategy, optimizer, initializer
      character(:), allocatable :: start        !! where the first weights are saved, or nowhere
      character(:), allocatable :: save         !! where the trained network is saved, or nowhere
      integer :: width = 8                      !! filters of the first stage, 64 as published
      integer :: tiles = huge(1)                !! train on the first so many
      integer :: epochs = 40
      integer :: batch = 16
      integer :: every = 10                     !! epochs from one test to the next
      integer :: seed = 1                       !! of first weights and orders
   end type options_t

contains

   !> Read the command line; stops with the usage where it cannot be understood.
   subroutine read_options(options)
      type(options_t), intent(out) :: options
      integer :: place
      if (command_argument_count() < 2) call refuse('two arguments are needed')
      options%data = argument(1)
      options%curve = argument(2)
      options%network = 'vgg10'
      options%strategy = 'few'
      options%optimizer = 'rmsprop'
      options%initializer = 'glorot_uniform'
      options%start = ''
      options%save = ''
      if (mod(command_argument_count(), 2) == 1) call refuse('an option has no value')
      do place = 3, command_argument_count(), 2
         call take(options, argument(place), argument(place + 1))
      end do
   end subroutine read_options

   subroutine take(options, name, value)
      type(options_t), intent(inout) :: options
      character(*), intent(in) :: name, value
      select case (name)
      case ('--network')
         options%network = value
      case ('--strategy')
         options%strategy = value
      case ('--optimizer')
         options%optimizer = value
      case ('--initializer')
         options%initializer = value
      case ('--start')
         options%start = value
      case ('--save')
         options%save = value
      case ('--width')
         options%width = number(value)
      case ('--tiles')
         options%tiles = number(value)
      case ('--epochs')
         options%epochs = number(value)
      case ('--batch')
         options%batch = number(value)
      case ('--every')
         options%every = number(value)
      case ('--seed')
         options%seed = number(value)
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

   integer function number(text)
      character(*), intent(in) :: text
      integer :: status
      read (text, *, iostat=status) number
      if (status /= 0) call refuse(text//' is not a number')
      if (number < 1) call refuse(text//' is not a positive number')
   end function number

   subroutine refuse(problem)
      character(*), intent(in) :: problem
      write (error_unit, '(a)') 'roads_train: '//problem, usage
      stop 2, quiet=.true.
   end subroutine refuse

end module roads_options
