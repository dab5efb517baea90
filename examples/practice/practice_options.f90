!> The command line of the practice program: what one training is.
module practice_options
   use, intrinsic :: iso_fortran_env, only: error_unit
   implicit none (type, external)
   private
   public :: options_t, read_options

   character(*), parameter :: usage = &
      'usage: practice DATA TABLE.csv [--network dense|conv|linear] [--layers 1] [--units 64]'// &
      ' [--activation relu] [--initializer glorot_uniform] [--regularizer NAME]'// &
      ' [--dropout 0] [--optimizer JSON or name] [--inputs raw|standard|white] [--epochs 30]'// &
      ' [--batch 32] [--seed 1] [--samples N] [--augment 0] [--shuffle yes|no]'// &
      ' [--patience 0] [--watch weights|dead] [--from FILE.fkb] [--freeze yes|no]'// &
      ' [--first FILE.fkb] [--batches FILE] [--save FILE.fkb]'

   !> What the user asked for.
   type :: options_t
      character(:), allocatable :: data         !! DATA_train.txt and DATA_test.txt
      character(:), allocatable :: table        !! all epochs, to be written
      character(:), allocatable :: network      !! `dense`, `conv` or `linear`
      character(:), allocatable :: activation, initializer, regularizer, optimizer
      character(:), allocatable :: inputs       !! `raw`, `standard` or `white`
      character(:), allocatable :: watch        !! what else goes into the table, or nothing
      character(:), allocatable :: from         !! a trained network to go on with, or nothing
      character(:), allocatable :: first        !! where the first weights are saved, or nowhere
      character(:), allocatable :: batches      !! where the batches are written down, or nowhere
      character(:), allocatable :: save         !! where the trained network is saved, or nowhere
      integer :: layers = 1                     !! hidden ones of the dense network
      integer :: units = 64                     !! of each of them
      integer :: epochs = 30
      integer :: batch = 32
      integer :: seed = 1                       !! of first weights, orders and dropout
      integer :: samples = huge(1)              !! train on the first so many
      integer :: patience = 0                   !! epochs until an early stop; 0: none
      real :: dropout = 0
      real :: augment = 0                       !! move the digits by up to so many pixels, to 1
      logical :: shuffle = .true.
      logical :: freeze = .false.               !! what comes from another network
   end type options_t

contains

   !> Read the command line; stops with the usage where it cannot be understood.
   subroutine read_options(options)
      type(options_t), intent(out) :: options
      integer :: place
      if (command_argument_count() < 2) call refuse('two arguments are needed')
      if (mod(command_argument_count(), 2) == 1) call refuse('an option has no value')
      options%data = argument(1)
      options%table = argument(2)
      options%network = 'dense'
      options%activation = 'relu'
      options%initializer = 'glorot_uniform'
      options%regularizer = ''
      options%optimizer = 'adam'
      options%inputs = 'raw'
      options%watch = ''
      options%from = ''
      options%first = ''
      options%batches = ''
      options%save = ''
      do place = 3, command_argument_count(), 2
         if (.not. took_text(options, argument(place), argument(place + 1))) then
            call take_number(options, argument(place), argument(place + 1))
         end if
      end do
   end subroutine read_options

   logical function took_text(options, name, value)
      type(options_t), intent(inout) :: options
      character(*), intent(in) :: name, value
      took_text = .true.
      select case (name)
      case ('--network')
         options%network = one_of(value, 'dense conv linear')
      case ('--activation')
         options%activation = value
      case ('--initializer')
         options%initializer = value
      case ('--regularizer')
         options%regularizer = value
      case ('--optimizer')
         options%optimizer = value
      case ('--inputs')
         options%inputs = one_of(value, 'raw standard white')
      case ('--watch')
         options%watch = one_of(value, 'weights dead')
      case ('--from')
         options%from = value
      case ('--first')
         options%first = value
      case ('--batches')
         options%batches = value
      case ('--save')
         options%save = value
      case default
         took_text = .false.
      end select
   end function took_text

   subroutine take_number(options, name, value)
      type(options_t), intent(inout) :: options
      character(*), intent(in) :: name, value
      select case (name)
      case ('--layers')
         options%layers = nint(number(value))
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
      case ('--patience')
         options%patience = nint(number(value))
      case ('--dropout')
         options%dropout = number(value)
      case ('--augment')
         options%augment = number(value)
      case ('--shuffle')
         options%shuffle = one_of(value, 'yes no') == 'yes'
      case ('--freeze')
         options%freeze = one_of(value, 'yes no') == 'yes'
      case default
         call refuse('unknown option '//name)
      end select
   end subroutine take_number

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

   !> The word, which must be one of those that are allowed.
   function one_of(word, words) result(chosen)
      character(*), intent(in) :: word
      character(*), intent(in) :: words         !! with blanks between them
      character(:), allocatable :: chosen
      if (index(' '//words//' ', ' '//word//' ') == 0) then
         call refuse('"'//word//'" is none of: '//words)
      end if
      chosen = word
   end function one_of

   subroutine refuse(problem)
      character(*), intent(in) :: problem
      write (error_unit, '(a)') 'practice: '//problem, usage
      stop 2, quiet=.true.
   end subroutine refuse

end module practice_options
