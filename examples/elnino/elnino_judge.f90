!> Judge forecasts of the observation, group by group.
!!
!!     elnino_judge NETWORK OBSERVATION.nc NAME
!!
!! NETWORK is a model file; or a name: of each group its own network, NETWORK_01.fkb to
!! NETWORK_10.fkb; or the word persistence. From each month of a group the network forecasts twelve
!! months, fed back one after another. NAME.csv gets the scores, NAME.nc the forecasts.
program elnino_judge
   use, intrinsic :: iso_fortran_env, only: real64
   use elnino_groups, only: group_t, n_groups
   use elnino_months, only: read_pairs
   use elnino_options, only: options_t, read_options, stop_at
   use elnino_scores, only: check_length, leads, n_scores, score
   use elnino_tables, only: add_forecasts, begin_forecasts, print_scores, write_scores
   use fkb_sp, only: error_t, fkb_err_file, network_t, raise, workspace_t, wp
   use forecast_network, only: forecast, frames, month_size
   use netcdf_files, only: netcdf_file_t
   implicit none (type, external)

   type(options_t) :: asked
   type(network_t) :: net
   type(workspace_t) :: work
   type(error_t), allocatable :: error
   type(group_t) :: group
   type(netcdf_file_t) :: file
   real(wp), allocatable :: ahead(:, :, :), months(:, :), samples(:, :)
   real(real64) :: scores(n_groups, n_scores)
   integer :: lead, n

   call read_options(asked, 3, "elnino_judge NETWORK OBSERVATION.nc NAME")
   call read_pairs(trim(asked%words(2)), asked%months, samples, months, error)
   call stop_at(error)
   call check_length(size(samples, 2), error)
   call stop_at(error)
   call begin_forecasts(file, trim(asked%words(3))//".nc")
   do n = 1, n_groups
      call group%cut(size(samples, 2), n)
      allocate (ahead(month_size, group%length(), leads))
      if (asked%words(1) == "persistence") then
         do lead = 1, leads
            ahead(:, :, lead) = months(:, group%first + frames - 1:group%last + frames - 1)
         end do
      else
         call net%load(network_of(trim(asked%words(1)), n), error)
         call stop_at(error)
         call forecast(net, samples(:, group%first:group%last), work, ahead, error)
         call stop_at(error)
      end if
      scores(n, :) = score(group, ahead, months)
      call add_forecasts(file, group%first, ahead)
      deallocate (ahead)
   end do
   call file%close()
   if (allocated(file%error)) call raise(error, fkb_err_file, file%error)
   call stop_at(error)
   call write_scores(trim(asked%words(3)), scores)
   call print_scores(trim(asked%words(3)), scores)

contains

   !> The model file of a group.
   pure function network_of(name, number) result(path)
      character(len=*), intent(in) :: name !! A model file, or what comes before _01.fkb.
      integer, intent(in) :: number !! Of the group.
      character(len=:), allocatable :: path
      character(len=7) :: ending
      write (ending, "(a,i2.2,a)") "_", number, ".fkb"
      path = name//ending
      if (index(name, ".fkb", back=.true.) == len(name) - 3) path = name
   end function network_of

end program elnino_judge
