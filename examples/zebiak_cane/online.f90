!> A network that goes on learning while the model runs that it forecasts.
!!
!!     zebiak_cane_online MODEL.fkb FOLDER [--months 1200] [--restart OLD_FOLDER] [--save-every 0]
!!        [--mu 1.25] ...
!!
!! Each simulated month: forecast it, let the coupled model say what it really is, and make one step
!! of Adam with this month and 15 earlier ones. FOLDER, which must be there, gets online.csv, the
!! network, learned.fkb, and what a run with --restart FOLDER goes on from, bit for bit.
program zebiak_cane_online
   use, intrinsic :: iso_fortran_env, only: error_unit, int64, real64
   use checkpoint, only: load_checkpoint, save_checkpoint
   use fkb_sp, only: adam_t, error_t, mean_squared_error_t, network_t, online_options_t, &
      online_trainer_t, workspace_t
   use forecast_network, only: frames, month_size, sample_size, wp
   use nature, only: nature_t
   use options, only: options_t, read_options, stop_with
   use tables, only: write_csv
   implicit none (type, external)

   integer, parameter :: batch = 16, remembered = 1200

   type(options_t) :: asked
   type(nature_t) :: world
   type(network_t) :: frozen
   type(network_t), target :: net
   type(online_trainer_t) :: online
   type(workspace_t) :: work
   type(error_t), allocatable :: error
   real(wp) :: window(month_size, frames), month(month_size), said(month_size, 1)
   real(wp) :: sample(sample_size, 1)
   real(real64), allocatable :: squares(:, :)
   character(len=:), allocatable :: message
   integer(int64) :: began, now, rate
   integer :: n

   call read_options(asked, 2, "zebiak_cane_online MODEL.fkb FOLDER")
   call frozen%load(trim(asked%words(1)), error)
   call check()
   call net%load(trim(asked%words(1)), error)
   call check()
   call online%init(net, mean_squared_error_t(), adam_t(learning_rate=5e-4_wp), &
      online_options_t(capacity=remembered, batch_size=batch, newest=1, first_update=batch, &
      seed=1), error)
   call check()
   call world%begin(asked)
   if (asked%restart == "") then
      call world%run(window)
   else
      call load_checkpoint(online, world, window, trim(asked%restart), message)
      call stop_with(message)
   end if
   allocate (squares(asked%months, 3))
   call system_clock(began, rate)
   do n = 1, asked%months
      sample(:sample_size - 1, 1) = reshape(window, [sample_size - 1])
      sample(sample_size, 1) = real(modulo(world%months, 12), wp)
      call world%next(month)
      squares(n, 1) = mean_square(window(:, frames) - month)
      call frozen%predict(sample, said, work, error)
      call check()
      squares(n, 2) = mean_square(said(:, 1) - month)
      call net%predict(sample, said, work, error)
      call check()
      squares(n, 3) = mean_square(said(:, 1) - month)
      call online%observe(sample, reshape(month, [month_size, 1]), error)
      call check()
      window = cshift(window, 1, dim=2)
      window(:, frames) = month
      if (asked%save_every > 0) then
         if (modulo(n, asked%save_every) == 0) call leave(trim(asked%words(2)))
      end if
      if (modulo(n, max(1, asked%months/10)) == 0) call show("month", n, n - asked%months/10 + 1, n)
   end do
   call system_clock(now)
   print "(i0,a,f0.1,a)", asked%months, " months, each with a training step, in ", &
      real(now - began, real64)/real(rate, real64), " s"
   print "(a)", "by quarters:"
   do n = 1, 4
      call show("quarter", n, 1 + (n - 1)*asked%months/4, n*asked%months/4)
   end do
   call write_csv(trim(asked%words(2))//"/online.csv", "persistence,frozen,online", squares)
   call online%trainer%save(trim(asked%words(2))//"/learned.fkb", error)
   call check()
   call leave(trim(asked%words(2)))

contains

   !> Write everything that the next run goes on from.
   subroutine leave(folder)
      character(len=*), intent(in) :: folder !! Where.
      call save_checkpoint(online, world, window, folder, message)
      call stop_with(message)
   end subroutine leave

   !> Mean square of all values of a month.
   pure real(real64) function mean_square(difference)
      real(wp), intent(in) :: difference(month_size)
      mean_square = sum(real(difference, real64)**2)/month_size
   end function mean_square

   !> The errors over a time.
   subroutine show(name, number, first, last)
      character(len=*), intent(in) :: name
      integer, intent(in) :: number, first, last
      real(real64) :: rmse(3)
      rmse = sqrt(sum(squares(first:last, :), 1)/(last - first + 1))
      print "(2x,a,i5,3(a,f7.4))", name, number, "  one-month RMSE: persistence", rmse(1), &
         "  frozen", rmse(2), "  learning", rmse(3)
   end subroutine show

   !> Stop with the text of an error.
   subroutine check()
      if (.not. allocated(error)) return
      write (error_unit, "(a)") "zebiak_cane_online: "//error%message
      stop 1, quiet=.true.
   end subroutine check

end program zebiak_cane_online
