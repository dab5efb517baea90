!> The procedures of netcdf-fortran that the example calls.
!!
!! Their interfaces are stated here, so that netcdf.mod, which belongs to the compiler that built
!! the library, is not needed: any compiler with the same conventions links to it.
!! Source: netCDF Fortran 77 interface guide.
module netcdf_library
   use, intrinsic :: iso_fortran_env, only: wp => real64
   implicit none (type, external)
   public

   integer, parameter :: nf_netcdf4 = 4096, nf_nowrite = 0, nf_global = 0
   integer, parameter :: nf_float = 5, nf_double = 6, nf_noerr = 0, nf_max_dims = 1024

   interface
      integer function nf_create(path, mode, file)
         implicit none (type, external)
         character(len=*), intent(in) :: path
         integer, intent(in) :: mode
         integer, intent(out) :: file
      end function nf_create

      integer function nf_open(path, mode, file)
         implicit none (type, external)
         character(len=*), intent(in) :: path
         integer, intent(in) :: mode
         integer, intent(out) :: file
      end function nf_open

      integer function nf_close(file)
         implicit none (type, external)
         integer, intent(in) :: file
      end function nf_close

      integer function nf_enddef(file)
         implicit none (type, external)
         integer, intent(in) :: file
      end function nf_enddef

      integer function nf_sync(file)
         implicit none (type, external)
         integer, intent(in) :: file
      end function nf_sync

      integer function nf_def_dim(file, name, length, dimension_id)
         implicit none (type, external)
         integer, intent(in) :: file
         character(len=*), intent(in) :: name
         integer, intent(in) :: length
         integer, intent(out) :: dimension_id
      end function nf_def_dim

      integer function nf_inq_dimid(file, name, dimension_id)
         implicit none (type, external)
         integer, intent(in) :: file
         character(len=*), intent(in) :: name
         integer, intent(out) :: dimension_id
      end function nf_inq_dimid

      integer function nf_inq_dimlen(file, dimension_id, length)
         implicit none (type, external)
         integer, intent(in) :: file
         integer, intent(in) :: dimension_id
         integer, intent(out) :: length
      end function nf_inq_dimlen

      integer function nf_def_var(file, name, kind, n_dimensions, dimension_ids, variable)
         implicit none (type, external)
         integer, intent(in) :: file
         character(len=*), intent(in) :: name
         integer, intent(in) :: kind
         integer, intent(in) :: n_dimensions
         integer, intent(in) :: dimension_ids(*)
         integer, intent(out) :: variable
      end function nf_def_var

      integer function nf_inq_varid(file, name, variable)
         implicit none (type, external)
         integer, intent(in) :: file
         character(len=*), intent(in) :: name
         integer, intent(out) :: variable
      end function nf_inq_varid

      integer function nf_inq_varndims(file, variable, n_dimensions)
         implicit none (type, external)
         integer, intent(in) :: file
         integer, intent(in) :: variable
         integer, intent(out) :: n_dimensions
      end function nf_inq_varndims

      integer function nf_inq_vardimid(file, variable, dimension_ids)
         implicit none (type, external)
         integer, intent(in) :: file
         integer, intent(in) :: variable
         integer, intent(out) :: dimension_ids(*)
      end function nf_inq_vardimid

      integer function nf_put_att_text(file, variable, name, length, text)
         implicit none (type, external)
         integer, intent(in) :: file
         integer, intent(in) :: variable
         character(len=*), intent(in) :: name
         integer, intent(in) :: length
         character(len=*), intent(in) :: text
      end function nf_put_att_text

      integer function nf_put_att_double(file, variable, name, kind, length, values)
         import :: wp
         implicit none (type, external)
         integer, intent(in) :: file
         integer, intent(in) :: variable
         character(len=*), intent(in) :: name
         integer, intent(in) :: kind
         integer, intent(in) :: length
         real(wp), intent(in) :: values(*)
      end function nf_put_att_double

      integer function nf_put_vara_double(file, variable, start, count, values)
         import :: wp
         implicit none (type, external)
         integer, intent(in) :: file
         integer, intent(in) :: variable
         integer, intent(in) :: start(*)
         integer, intent(in) :: count(*)
         real(wp), intent(in) :: values(*)
      end function nf_put_vara_double

      integer function nf_get_vara_double(file, variable, start, count, values)
         import :: wp
         implicit none (type, external)
         integer, intent(in) :: file
         integer, intent(in) :: variable
         integer, intent(in) :: start(*)
         integer, intent(in) :: count(*)
         real(wp), intent(out) :: values(*)
      end function nf_get_vara_double

      character(len=80) function nf_strerror(status)
         implicit none (type, external)
         integer, intent(in) :: status
      end function nf_strerror
   end interface

end module netcdf_library
