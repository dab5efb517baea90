!> Run the coupled model and say what it did.
!!
!!     zebiak_cane FOLDER [--months 1200] [--mu 1.25] [--noise 0] [--seed 1] [--restart FILE] ...
!!
!! FOLDER, which must be there, gets months.nc, the monthly means, and restart.nc, the last state.
program zebiak_cane_run
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   use background, only: background_t
   use history, only: add_month, begin_history, load_restart, save_restart
   use mean_state, only: make_background
   use netcdf_files, only: netcdf_file_t
   use options, only: options_t, read_options, stop_with
   use grid, only: days_per_month
   use report, only: print_statistics
   use zebiak_cane, only: heat_content, month_t, nino34, zebiak_cane_t
   implicit none (type, external)

   type(options_t) :: asked
   type(background_t), allocatable :: mean
   type(zebiak_cane_t), allocatable :: model
   type(netcdf_file_t) :: file
   type(month_t) :: means
   character(len=:), allocatable :: error
   real(wp), allocatable :: nino(:), heat(:), scale(:, :)
   integer(int64) :: began, now, rate
   integer :: first, n

   call read_options(asked, 1, "zebiak_cane FOLDER")
   allocate (mean, model)
   call system_clock(began, rate)
   call make_background(mean)
   call model%init(asked%parameters, mean)
   if (asked%restart /= "") call load_restart(model, trim(asked%restart), error)
   call stop_with(error)
   first = model%day/days_per_month
   call begin_history(file, trim(asked%words(1))//"/months.nc", asked%parameters)
   allocate (nino(asked%months), heat(asked%months), scale(asked%months, 2))
   do n = 1, asked%months
      call model%advance_month(asked%closure, means)
      call add_month(file, n, first + n, means)
      nino(n) = nino34(means%sst)
      heat(n) = heat_content(means%h)
      scale(n, :) = [sum((means%sst/2)**2), sum((means%h/50)**2)]/size(means%sst)
   end do
   call file%close()
   call stop_with(file%error)
   call save_restart(model, trim(asked%words(1))//"/restart.nc", error)
   call stop_with(error)
   call system_clock(now)
   print "(a,f0.2,a)", "seconds per simulated year ", &
      12*real(now - began, wp)/(rate*real(asked%months, wp)), " (the background included)"
   call print_statistics(first, nino, heat, scale)

end program zebiak_cane_run
