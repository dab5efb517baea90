!> A netCDF file by names. The first failure stays in `error`, and nothing is done after it.
module netcdf_files
   use, intrinsic :: iso_fortran_env, only: wp => real64
   use netcdf_library, only: nf_close, nf_create, nf_def_dim, nf_def_var, nf_double, nf_enddef, &
      nf_float, nf_get_vara_double, nf_global, nf_inq_dimid, nf_inq_dimlen, nf_inq_vardimid, &
      nf_inq_varid, nf_inq_varndims, nf_max_dims, nf_netcdf4, nf_noerr, nf_nowrite, nf_open, &
      nf_put_att_double, nf_put_att_text, nf_put_vara_double, nf_strerror, nf_sync
   implicit none (type, external)
   private
   public :: netcdf_file_t

   !> A netCDF file, being written or read.
   type :: netcdf_file_t
      !> What went wrong first, as a sentence; not allocated as long as all is well.
      character(len=:), allocatable :: error
      character(len=:), allocatable, private :: path
      integer, private :: id = -1
   contains
      procedure :: create, open, close, end_definitions, sync
      procedure :: add_dimension, add_variable, add_number
      procedure :: put, get, records
      procedure, private :: check, find
   end type netcdf_file_t

contains

   !> Create a file, or replace it.
   subroutine create(self, path)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: path !! Its name.
      self%path = path
      call self%check(nf_create(path, nf_netcdf4, self%id), "cannot create it")
   end subroutine create

   !> Open a file for reading.
   subroutine open(self, path)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: path !! Its name.
      self%path = path
      call self%check(nf_open(path, nf_nowrite, self%id), "cannot open it")
   end subroutine open

   !> Close the file, whatever happened before.
   subroutine close(self)
      class(netcdf_file_t), intent(inout) :: self
      integer :: id
      id = self%id
      self%id = -1
      if (id >= 0) call self%check(nf_close(id), "cannot close it")
   end subroutine close

   !> Definitions are done; values follow.
   subroutine end_definitions(self)
      class(netcdf_file_t), intent(inout) :: self
      if (allocated(self%error)) return
      call self%check(nf_enddef(self%id), "the definitions are wrong")
   end subroutine end_definitions

   !> Bring to disk what was put.
   subroutine sync(self)
      class(netcdf_file_t), intent(inout) :: self
      if (allocated(self%error)) return
      call self%check(nf_sync(self%id), "cannot write it")
   end subroutine sync

   !> Define a dimension.
   subroutine add_dimension(self, name, length)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: name !! Its name.
      integer, intent(in) :: length !! Its length, 0 for one that grows.
      integer :: dimension_id
      if (allocated(self%error)) return
      call self%check(nf_def_dim(self%id, name, length, dimension_id), "dimension "//name)
   end subroutine add_dimension

   !> Define a variable.
   subroutine add_variable(self, name, dimensions, text, unit, single)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: name !! Its name.
      character(len=*), intent(in) :: dimensions(:) !! Their names in Fortran's order.
      character(len=*), intent(in) :: text !! What it is.
      character(len=*), intent(in) :: unit !! Its unit.
      logical, intent(in) :: single !! Whether real32 is good enough.
      integer :: ids(max(1, size(dimensions))), n, variable
      if (allocated(self%error)) return
      do n = 1, size(dimensions)
         call self%check(nf_inq_dimid(self%id, trim(dimensions(n)), ids(n)), dimensions(n))
      end do
      if (allocated(self%error)) return
      call self%check(nf_def_var(self%id, name, merge(nf_float, nf_double, single), &
         size(dimensions), ids, variable), "variable "//name)
      if (allocated(self%error)) return
      call self%check(nf_put_att_text(self%id, variable, "long_name", len(text), text), name)
      call self%check(nf_put_att_text(self%id, variable, "units", len(unit), unit), name)
   end subroutine add_variable

   !> Give the file a number.
   subroutine add_number(self, name, value)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: name !! What it is called.
      real(wp), intent(in) :: value !! The number.
      if (allocated(self%error)) return
      call self%check(nf_put_att_double(self%id, nf_global, name, nf_double, 1, [value]), name)
   end subroutine add_number

   !> Write a variable, or one record of it.
   subroutine put(self, name, values, record)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: name !! Which.
      real(wp), intent(in) :: values(*) !! All its values, or those of the record.
      integer, intent(in), optional :: record !! Place along the last dimension, from 1.
      integer :: count(nf_max_dims), start(nf_max_dims), variable
      call self%find(name, variable, start, count, record)
      if (allocated(self%error)) return
      call self%check(nf_put_vara_double(self%id, variable, start, count, values), name)
   end subroutine put

   !> Read a variable, or one record of it.
   subroutine get(self, name, values, record)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: name !! Which.
      real(wp), intent(inout) :: values(*) !! All its values, or those of the record.
      integer, intent(in), optional :: record !! Place along the last dimension, from 1.
      integer :: count(nf_max_dims), start(nf_max_dims), variable
      call self%find(name, variable, start, count, record)
      if (allocated(self%error)) return
      call self%check(nf_get_vara_double(self%id, variable, start, count, values), name)
   end subroutine get

   !> Length of the last dimension of a variable, 0 after a failure.
   subroutine records(self, name, length)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: name !! Which.
      integer, intent(out) :: length !! How many records it has.
      integer :: count(nf_max_dims), n_dimensions, start(nf_max_dims), variable
      length = 0
      call self%find(name, variable, start, count)
      if (allocated(self%error)) return
      call self%check(nf_inq_varndims(self%id, variable, n_dimensions), name)
      if (.not. allocated(self%error)) length = count(max(1, n_dimensions))
   end subroutine records

   !> Find a variable and the block of it that is meant.
   subroutine find(self, name, variable, start, count, record)
      class(netcdf_file_t), intent(inout) :: self
      character(len=*), intent(in) :: name !! Which.
      integer, intent(out) :: variable !! Its number.
      integer, intent(out) :: start(nf_max_dims), count(nf_max_dims) !! The block.
      integer, intent(in), optional :: record !! Place along the last dimension.
      integer :: ids(nf_max_dims), n, n_dimensions
      start = 1
      count = 1
      variable = -1
      if (allocated(self%error)) return
      call self%check(nf_inq_varid(self%id, name, variable), "variable "//name)
      if (allocated(self%error)) return
      call self%check(nf_inq_varndims(self%id, variable, n_dimensions), name)
      call self%check(nf_inq_vardimid(self%id, variable, ids), name)
      if (allocated(self%error)) return
      do n = 1, n_dimensions
         call self%check(nf_inq_dimlen(self%id, ids(n), count(n)), name)
      end do
      if (present(record)) then
         start(n_dimensions) = record
         count(n_dimensions) = 1
      end if
   end subroutine find

   !> Remember the first failure.
   subroutine check(self, status, what)
      class(netcdf_file_t), intent(inout) :: self
      integer, intent(in) :: status !! What the library returned.
      character(len=*), intent(in) :: what !! What was tried.
      if (status == nf_noerr .or. allocated(self%error)) return
      self%error = self%path//": "//what//": "//trim(nf_strerror(status))
   end subroutine check

end module netcdf_files
