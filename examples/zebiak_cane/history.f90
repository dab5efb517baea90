!> What a run leaves behind: monthly means in one file, the state to go on from in another.
module history
   use, intrinsic :: iso_fortran_env, only: int64, wp => real64
   use background, only: thermocline_depth
   use grid, only: box_latitude, box_longitude, nx_box, nx_ocean, ny_box, ny_ocean
   use netcdf_files, only: netcdf_file_t
   use zebiak_cane, only: heat_content, month_t, nino34, parameters_t, zebiak_cane_t
   implicit none (type, external)
   private
   public :: add_month, begin_history, load_restart, rename, save_restart

contains

   !> Create the file of monthly means.
   subroutine begin_history(file, path, parameters)
      type(netcdf_file_t), intent(inout) :: file !! The file, left open.
      character(len=*), intent(in) :: path !! Its name.
      type(parameters_t), intent(in) :: parameters !! Which model.
      character(len=9), parameter :: box(*) = ["longitude", "latitude ", "month    "]
      call file%create(path)
      call file%add_dimension("longitude", nx_box)
      call file%add_dimension("latitude", ny_box)
      call file%add_dimension("month", 0)
      call file%add_variable("longitude", box(1:1), "longitude", "degrees_east", single=.false.)
      call file%add_variable("latitude", box(2:2), "latitude", "degrees_north", single=.false.)
      call file%add_variable("mean_depth", box(1:1), "mean depth of the thermocline", "m", &
         single=.false.)
      call file%add_variable("month", box(3:3), "months since the beginning", "1", single=.false.)
      call file%add_variable("sst", box, "SST anomaly", "K", single=.true.)
      call file%add_variable("h", box, "thermocline anomaly", "m", single=.true.)
      call file%add_variable("subsurface", box, "subsurface temperature anomaly", "K", &
         single=.true.)
      call file%add_variable("nino34", box(3:3), "SST anomaly 190-240 E, 5 S-5 N", "K", &
         single=.false.)
      call file%add_variable("heat", box(3:3), "thermocline anomaly 130-280 E, 5 S-5 N", "m", &
         single=.false.)
      call file%add_number("mu", parameters%mu)
      call file%add_number("noise", parameters%noise)
      call file%add_number("seed", real(parameters%seed, wp))
      call file%add_number("epsilon", parameters%epsilon)
      call file%add_number("gamma", parameters%gamma)
      call file%end_definitions()
      call file%put("longitude", box_longitude)
      call file%put("latitude", box_latitude)
      call file%put("mean_depth", thermocline_depth)
   end subroutine begin_history

   !> Add a month to it.
   subroutine add_month(file, record, month, means)
      type(netcdf_file_t), intent(inout) :: file !! The file.
      integer, intent(in) :: record !! Its place in the file, from 1.
      integer, intent(in) :: month !! Months since the beginning of the run.
      type(month_t), intent(in) :: means !! Its means.
      call file%put("month", [real(month, wp)], record)
      call file%put("sst", means%sst, record)
      call file%put("h", means%h, record)
      call file%put("subsurface", means%subsurface, record)
      call file%put("nino34", [nino34(means%sst)], record)
      call file%put("heat", [heat_content(means%h)], record)
   end subroutine add_month

   !> Write the state of a model: beside the old file first, which it then replaces.
   subroutine save_restart(model, path, error)
      type(zebiak_cane_t), intent(in) :: model !! The model.
      character(len=*), intent(in) :: path !! File to write.
      character(len=:), allocatable, intent(out) :: error !! What went wrong, as a sentence.
      character(len=6), parameter :: cells(*) = ["cell_x", "cell_y"], box(*) = ["box_x ", "box_y "]
      character(len=6), parameter :: none(0) = [character(len=6) ::]
      type(netcdf_file_t) :: file
      call file%create(path//".new")
      call file%add_dimension("cell_x", nx_ocean)
      call file%add_dimension("cell_y", ny_ocean)
      call file%add_dimension("face_x", nx_ocean + 1)
      call file%add_dimension("face_y", ny_ocean + 1)
      call file%add_dimension("box_x", nx_box)
      call file%add_dimension("box_y", ny_box)
      call file%add_variable("day", none, "days since the beginning", "d", .false.)
      call file%add_variable("h", cells, "thermocline anomaly", "m", .false.)
      call file%add_variable("u", ["face_x", "cell_y"], "eastward current", "m/s", .false.)
      call file%add_variable("v", ["cell_x", "face_y"], "northward current", "m/s", .false.)
      call file%add_variable("sst", box, "SST anomaly", "K", .false.)
      call file%add_variable("stress_x", cells, "eastward stress", "N/m2", .false.)
      call file%add_variable("stress_y", cells, "northward stress", "N/m2", .false.)
      call file%add_variable("burst", none, "random wind", "m/s", .false.)
      call file%add_variable("numbers", none, "state of the random numbers", "1", .false.)
      call file%end_definitions()
      call file%put("day", [real(model%day, wp)])
      call file%put("h", model%sea%h)
      call file%put("u", model%sea%u)
      call file%put("v", model%sea%v)
      call file%put("sst", model%sst)
      call file%put("stress_x", model%stress_x)
      call file%put("stress_y", model%stress_y)
      call file%put("burst", [model%burst])
      call file%put("numbers", [real(model%numbers%state, wp)])
      call file%close()
      if (allocated(file%error)) then
         error = file%error
      else
         call rename(path//".new", path, error)
      end if
   end subroutine save_restart

   !> Put a model, which was initialised before, into the state of a file.
   subroutine load_restart(model, path, error)
      type(zebiak_cane_t), intent(inout) :: model !! The model; as it was after an error.
      character(len=*), intent(in) :: path !! File that save_restart wrote.
      character(len=:), allocatable, intent(out) :: error !! What went wrong, as a sentence.
      type(zebiak_cane_t), allocatable :: loaded
      type(netcdf_file_t) :: file
      real(wp) :: value(1)
      allocate (loaded, source=model)
      value = 0.0_wp
      call file%open(path)
      call file%get("day", value)
      loaded%day = nint(value(1))
      call file%get("h", loaded%sea%h)
      call file%get("u", loaded%sea%u)
      call file%get("v", loaded%sea%v)
      call file%get("sst", loaded%sst)
      call file%get("stress_x", loaded%stress_x)
      call file%get("stress_y", loaded%stress_y)
      call file%get("burst", value)
      loaded%burst = value(1)
      call file%get("numbers", value)
      loaded%numbers%state = nint(value(1), int64)
      call file%close()
      if (allocated(file%error)) then
         error = file%error
      else
         model = loaded
      end if
   end subroutine load_restart

   !> Give a file another name, in one step.
   subroutine rename(from, to, error)
      use, intrinsic :: iso_c_binding, only: c_char, c_int, c_null_char
      character(len=*), intent(in) :: from, to !! Names.
      character(len=:), allocatable, intent(out) :: error !! What went wrong, as a sentence.
      interface
         integer(c_int) function c_rename(from, to) bind(c, name="rename")
            import :: c_char, c_int
            implicit none (type, external)
            character(kind=c_char), intent(in) :: from(*), to(*)
         end function c_rename
      end interface
      if (c_rename(from//c_null_char, to//c_null_char) /= 0_c_int) then
         error = "cannot rename "//from//" to "//to
      end if
   end subroutine rename

end module history
