!> What a judgement leaves: a table of the groups, and a netCDF file of the forecasts.
module elnino_tables
   use, intrinsic :: iso_fortran_env, only: real64
   use elnino_groups, only: n_groups
   use elnino_scores, only: leads, n_scores, score_names, seasons
   use fkb_sp, only: wp
   use forecast_network, only: h_scale, sst_scale
   use grid, only: box_latitude, box_longitude, nx_box, ny_box
   use netcdf_files, only: netcdf_file_t
   use tables, only: write_csv
   implicit none (type, external)
   private
   public :: add_forecasts, begin_forecasts, print_scores, write_scores

contains

   !> Write NAME.csv.
   subroutine write_scores(name, scores)
      character(len=*), intent(in) :: name !! Of the file, without its ending.
      real(real64), intent(in) :: scores(:, :) !! (group, score).
      call write_csv(name//".csv", score_names, scores)
   end subroutine write_scores

   !> Print the table.
   subroutine print_scores(name, scores)
      character(len=*), intent(in) :: name !! Of the network.
      real(real64), intent(in) :: scores(n_groups, n_scores) !! (group, score).
      integer :: n
      print "(a)", name//": RMSE of the next month; r of Nino-3.4, months 1-3, 4-6, 7-9, 10-12"
      do n = 1, n_groups
         print "(t4,i2,f10.4,4x,4f8.3)", n, scores(n, 3), scores(n, 5:)
      end do
      print "(t2,a,f10.4,4x,4f8.3)", "mean", sum(scores(:, 3))/n_groups, &
         sum(scores(:, n_scores - seasons + 1:), 1)/n_groups
   end subroutine print_scores

   !> Create NAME.nc: SST and thermocline by start and lead.
   subroutine begin_forecasts(file, path)
      type(netcdf_file_t), intent(inout) :: file !! The file, left open.
      character(len=*), intent(in) :: path !! Its name.
      character(len=9), parameter :: axes(*) = ["longitude", "latitude ", "lead     ", "start    "]
      call file%create(path)
      call file%add_dimension("longitude", nx_box)
      call file%add_dimension("latitude", ny_box)
      call file%add_dimension("lead", leads)
      call file%add_dimension("start", 0)
      call file%add_variable("longitude", axes(1:1), "longitude", "degrees_east", single=.false.)
      call file%add_variable("latitude", axes(2:2), "latitude", "degrees_north", single=.false.)
      call file%add_variable("start", axes(4:4), "pair whose forecast this is", "1", single=.false.)
      call file%add_variable("sst", axes, "SST anomaly", "K", single=.true.)
      call file%add_variable("h", axes, "thermocline anomaly", "m", single=.true.)
      call file%end_definitions()
      call file%put("longitude", box_longitude)
      call file%put("latitude", box_latitude)
   end subroutine begin_forecasts

   !> Add the forecasts of a group.
   subroutine add_forecasts(file, first, ahead)
      type(netcdf_file_t), intent(inout) :: file !! The file.
      integer, intent(in) :: first !! The first pair of the group.
      real(wp), intent(in) :: ahead(:, :, :) !! (month_size, pair of the group, lead).
      integer :: n
      do n = 1, size(ahead, 2)
         call file%put("start", [real(first + n - 1, real64)], first + n - 1)
         call file%put("sst", real([sst_scale*ahead(1::2, n, :)], real64), first + n - 1)
         call file%put("h", real([h_scale*ahead(2::2, n, :)], real64), first + n - 1)
      end do
   end subroutine add_forecasts

end module elnino_tables
