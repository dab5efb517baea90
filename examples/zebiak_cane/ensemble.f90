!> Ensembles of forecasts of a coupled model: how sure are they?
!!
!!     zebiak_cane_ensemble NETWORKS FOLDER [--months 1200] [--history 39] [--members 20]
!!        [--mu 1.25] ...
!!
!! NETWORKS is what ensemble_t loads: a model file, a folder, or a text that lists model files. The
!! coupled model of the options is run as nature, forecasts of 12 months begin from every seventh of
!! its months. Their members differ by errors of the years of nature before these. FOLDER, which
!! must be there, gets ensemble.csv: the error of the mean and the spread of the members by lead.
program zebiak_cane_ensemble
   use, intrinsic :: iso_fortran_env, only: error_unit, real64
   use fkb_sp, only: ensemble_t, ensemble_workspace_t, error_t, wp
   use forecast_ensemble, only: draw_errors, find_errors, forecast_member
   use forecast_network, only: frames, make_samples, month_size, sample_size
   use nature, only: nature_t, nino34_of
   use options, only: options_t, read_options, refuse
   use series, only: correlation, rms
   use tables, only: write_csv
   implicit none (type, external)

   character(len=*), parameter :: usage = "zebiak_cane_ensemble NETWORKS FOLDER"
   !> Months of a forecast, and from one to the next: all calendar months have their turn.
   integer, parameter :: leads = 12, every = 7

   type(options_t) :: asked
   type(nature_t) :: world
   type(ensemble_t) :: networks
   type(ensemble_workspace_t) :: work
   type(error_t), allocatable :: error
   real(wp), allocatable :: ahead(:, :, :), begin(:, :), errors(:, :), history(:, :), months(:, :)
   real(real64), allocatable :: index(:, :, :)
   integer, allocatable :: first(:)
   integer :: member, n, starts

   call read_options(asked, 2, usage)
   if (asked%members < 2) call refuse("--members must be 2 or more", usage)
   if (asked%history < 3) call refuse("--history must be 3 or more", usage)
   call networks%load(trim(asked%words(1)), error)
   call check()
   allocate (history(month_size, 12*asked%history), months(month_size, asked%months))
   call world%begin(asked)
   call world%run(history)
   call world%run(months)
   call find_errors(networks, history, work, errors, error)
   call check()

   allocate (begin(sample_size, asked%months - frames))
   call make_samples(months, 0, begin)
   begin = begin(:, 1:asked%months - frames - leads + 1:every)
   starts = size(begin, 2)
   allocate (ahead(month_size, starts, leads), first(starts))
   allocate (index(starts, asked%members, leads))
   do member = 1, asked%members
      call draw_errors(asked%parameters%seed, member, begin, size(errors, 2), leads, first)
      call forecast_member(networks, begin, errors, first, work, ahead, error)
      call check()
      do n = 1, leads
         index(:, member, n) = nino34_of(ahead(:, :, n))
      end do
   end do
   call judge()

contains

   !> Nino-3.4 of the mean against what came, and the deviation of the members from their mean.
   subroutine judge()
      real(real64) :: table(leads, 5), truth(starts)
      integer :: i, lead
      print "(i0,a,i0,a,i0,a)", starts, " forecasts of ", networks%members(), " networks, ", &
         asked%members, " members each:"
      do lead = 1, leads
         truth = nino34_of(months(:, [(frames + lead + (i - 1)*every, i=1, starts)]))
         associate (members => index(:, :, lead), mean => sum(index(:, :, lead), 2)/asked%members)
            table(lead, 1) = lead
            table(lead, 2) = correlation(mean, truth)
            table(lead, 3) = rms(mean - truth)
            table(lead, 4) = sqrt(sum((members - spread(mean, 2, asked%members))**2) &
               /(starts*(asked%members - 1)))
            table(lead, 5) = count(minval(members, 2) <= truth .and. truth <= maxval(members, 2)) &
               /real(starts, real64)
         end associate
         if (lead == 1 .or. modulo(lead, 3) == 0) print "(2x,a,i3,4(a,f5.2))", "month", lead, &
            "  correlation of the mean", table(lead, 2), "  its error, K", table(lead, 3), &
            "  spread, K", table(lead, 4), "  between the members", table(lead, 5)
      end do
      call write_csv(trim(asked%words(2))//"/ensemble.csv", "lead,r,rmse,spread,inside", table)
   end subroutine judge

   !> Stop with the text of an error.
   subroutine check()
      if (.not. allocated(error)) return
      write (error_unit, "(a)") "zebiak_cane_ensemble: "//error%message
      stop 1, quiet=.true.
   end subroutine check

end program zebiak_cane_ensemble
