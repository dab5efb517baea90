!> The command line of the column host.
module options
   use, intrinsic :: iso_fortran_env, only: error_unit, wp => real64
   use column_grid, only: steps_per_day
   implicit none (type, external)
   private
   public :: options_t, read_options

   character(len=*), parameter :: usage = &
      "usage: column_physics truth|MODEL.fkb|ENSEMBLE FOLDER"// &
      " [--days 100] [--spin-up 30] [--seed 1] [--warmer K]"// &
      " [--from RESTART] [--save RESTART] [--save-at STEP|--save-every STEPS]"// &
      " [--samples FILE.npy] [--every 10]"// &
      " [--history FILE.nc]"// &
      " [--learn STEPS [--rate 1e-3] [--conserve WEIGHT] [--learned FILE.fkb]]"

   !> What the user asked for.
   type :: options_t
      !> "truth", a model file, or what an ensemble is loaded from.
      character(len=:), allocatable :: physics
      !> An existing folder for the tables.
      character(len=:), allocatable :: folder
      !> Steps of this run, and days that its means leave out.
      integer :: steps = 100*steps_per_day
      integer :: spin_up = 30
      !> Seed of the noise.
      integer :: seed = 1
      !> How much warmer than usual the run starts, in K.
      real(wp) :: warmer = 0.0_wp
      !> A restart to begin from, one to write, and the step of the run after which; -1: the last.
      character(len=:), allocatable :: from, save
      integer :: save_at = -1
      !> Steps between two restarts, each in place of the one before; 0: one restart only.
      integer :: save_every = 0
      !> Training data, and steps between two samples.
      character(len=:), allocatable :: samples
      integer :: every = 10
      !> A netCDF file.
      character(len=:), allocatable :: history
      !> Steps in which the network learns, the rate, the weight of budgets, the file it goes to.
      integer :: learn = 0
      real(wp) :: rate = 1e-3_wp, conserve = 0.0_wp
      character(len=:), allocatable :: learned
   contains
      procedure :: kind => physics_kind
      procedure :: saves
   end type options_t

contains

   !> Read the command line; stops with the usage where it cannot be understood.
   subroutine read_options(options)
      type(options_t), intent(out) :: options !! What the user asked for.
      character(len=:), allocatable :: name, value
      integer :: place

      if (command_argument_count() < 2) call refuse("two arguments are needed")
      options%physics = argument(1)
      options%folder = argument(2)
      do place = 3, command_argument_count(), 2
         name = argument(place)
         if (place == command_argument_count()) call refuse(name//" needs a value")
         value = argument(place + 1)
         select case (name)
         case ("--days")
            options%steps = nint(number(value)*steps_per_day)
         case ("--spin-up")
            options%spin_up = nint(number(value))
         case ("--seed")
            options%seed = nint(number(value))
         case ("--warmer")
            options%warmer = number(value)
         case ("--from")
            options%from = value
         case ("--save")
            options%save = value
         case ("--save-at")
            options%save_at = nint(number(value))
         case ("--save-every")
            options%save_every = nint(number(value))
         case ("--samples")
            options%samples = value
         case ("--every")
            options%every = nint(number(value))
         case ("--history")
            options%history = value
         case ("--learn")
            options%learn = nint(number(value))
         case ("--rate")
            options%rate = number(value)
         case ("--conserve")
            options%conserve = number(value)
         case ("--learned")
            options%learned = value
         case default
            call refuse("unknown option "//name)
         end select
      end do
      if (options%steps < 1) call refuse("a run lasts a step or more")
      if (options%every < 1) call refuse("--every must be 1 or more")
      if (options%save_at == -1) options%save_at = options%steps
   end subroutine read_options

   !> What the physics is: truth, network, ensemble.
   pure function physics_kind(self) result(kind)
      class(options_t), intent(in) :: self
      character(len=:), allocatable :: kind
      integer :: length
      length = len(self%physics)
      kind = "ensemble"
      if (self%physics == "truth") kind = "truth"
      if (scan(self%physics, "*?[") == 0 .and. length > 4) then
         if (self%physics(length - 3:) == ".fkb") kind = "network"
      end if
   end function physics_kind

   !> Whether a restart is written after a step of the run.
   pure logical function saves(self, step)
      class(options_t), intent(in) :: self
      integer, intent(in) :: step !! Of this run, from 1.
      saves = allocated(self%save)
      if (.not. saves) return
      saves = step == self%save_at
      if (self%save_every > 0) saves = modulo(step, self%save_every) == 0
   end function saves

   !> An argument without trailing blanks.
   function argument(place) result(text)
      integer, intent(in) :: place !! Place on the command line, from 1.
      character(len=:), allocatable :: text
      character(len=4096) :: buffer
      call get_command_argument(place, buffer)
      text = trim(buffer)
   end function argument

   !> A text as a number.
   real(wp) function number(text)
      character(len=*), intent(in) :: text !! An argument.
      integer :: status
      number = 0.0_wp
      read (text, *, iostat=status) number
      if (status /= 0) call refuse("not a number: "//text)
   end function number

   !> Say what is wrong and stop.
   subroutine refuse(reason)
      character(len=*), intent(in) :: reason !! A phrase.
      write (error_unit, "(a)") "column_physics: "//reason, usage
      stop 2, quiet=.true.
   end subroutine refuse

end module options
