!> The history of a run as netCDF (classic format): the whole ring every few steps.
module history
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use column_grid, only: layer_pressure, n_columns, n_levels, steps_per_day
   use column_model, only: column_model_t, row_evaporation, row_rain
   use netcdf, only: nf90_close, nf90_clobber, nf90_create, nf90_def_dim, nf90_def_var, &
      nf90_double, nf90_enddef, &
      nf90_float, nf90_noerr, nf90_put_att, nf90_put_var, nf90_strerror, nf90_unlimited
   implicit none (type, external)
   private
   public :: history_t

   !> A file that is being written by the first process.
   type :: history_t
      integer, private :: file = -1, records = 0
      integer, private :: time = 0, temperature = 0, humidity = 0, rain = 0, evaporation = 0
      integer, private :: trouble = nf90_noerr
   contains
      procedure :: open_file, add, close_file
      procedure, private :: define, note
   end type history_t

contains

   !> Begin a file.
   subroutine open_file(self, path, rank, message)
      class(history_t), intent(inout) :: self
      character(len=*), intent(in) :: path !! A new file, .nc.
      integer, intent(in) :: rank !! Of this process.
      character(len=:), allocatable, intent(out) :: message !! What went wrong, if anything did.
      if (rank /= 0) return
      call self%note(nf90_create(path, nf90_clobber, self%file))
      if (self%trouble == nf90_noerr) call self%define()
      if (self%trouble /= nf90_noerr) message = path//": "//trim(nf90_strerror(self%trouble))
   end subroutine open_file

   !> Dimensions and variables.
   subroutine define(self)
      class(history_t), intent(inout) :: self
      integer :: column, i, level, pressure, record
      call self%note(nf90_def_dim(self%file, "level", n_levels, level))
      call self%note(nf90_def_dim(self%file, "column", n_columns, column))
      call self%note(nf90_def_dim(self%file, "time", nf90_unlimited, record))
      call self%note(nf90_def_var(self%file, "pressure", nf90_double, [level], pressure))
      call self%note(nf90_put_att(self%file, pressure, "units", "Pa"))
      call self%note(nf90_def_var(self%file, "time", nf90_double, [record], self%time))
      call self%note(nf90_put_att(self%file, self%time, "units", "days"))
      call define_field("temperature", "K", [level, column, record], self%temperature)
      call define_field("humidity", "kg kg-1", [level, column, record], self%humidity)
      call define_field("rain", "kg m-2 s-1", [column, record], self%rain)
      call define_field("evaporation", "W m-2", [column, record], self%evaporation)
      call self%note(nf90_enddef(self%file))
      call self%note(nf90_put_var(self%file, pressure, layer_pressure([(i, i=1, n_levels)])))

   contains

      subroutine define_field(name, units, dimensions, variable)
         character(len=*), intent(in) :: name, units
         integer, intent(in) :: dimensions(:)
         integer, intent(out) :: variable
         call self%note(nf90_def_var(self%file, name, nf90_float, dimensions, variable))
         call self%note(nf90_put_att(self%file, variable, "units", units))
      end subroutine define_field

   end subroutine define

   !> Write the ring as it is.
   subroutine add(self, model)
      class(history_t), intent(inout) :: self
      type(column_model_t), intent(in) :: model !! After a step.
      real(wp) :: days(1)
      integer :: n
      if (self%file == -1) return
      self%records = self%records + 1
      n = self%records
      days = real(model%step_count, wp)/steps_per_day
      call self%note(nf90_put_var(self%file, self%time, days, [n]))
      call self%note(nf90_put_var(self%file, self%temperature, model%whole(:n_levels, :), &
         [1, 1, n]))
      call self%note(nf90_put_var(self%file, self%humidity, &
         model%whole(n_levels + 1:2*n_levels, :), [1, 1, n]))
      call self%note(nf90_put_var(self%file, self%rain, model%whole(row_rain, :), [1, n]))
      call self%note(nf90_put_var(self%file, self%evaporation, model%whole(row_evaporation, :), &
         [1, n]))
   end subroutine add

   !> The end of the run; whatever could not be written is said here.
   subroutine close_file(self, message)
      class(history_t), intent(inout) :: self
      character(len=:), allocatable, intent(out) :: message !! What went wrong, if anything did.
      if (self%file == -1) return
      call self%note(nf90_close(self%file))
      if (self%trouble /= nf90_noerr) message = "history: "//trim(nf90_strerror(self%trouble))
      self%file = -1
   end subroutine close_file

   !> Keep the first error.
   subroutine note(self, status)
      class(history_t), intent(inout) :: self
      integer, intent(in) :: status !! Of a procedure of netCDF.
      if (self%trouble == nf90_noerr) self%trouble = status
   end subroutine note

end module history
