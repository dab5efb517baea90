!> The version of the library, for C.
module fkb_c_version
   use, intrinsic :: iso_c_binding, only: c_char, c_loc, c_null_char, c_ptr
   implicit none (type, external)
   private

   !> In step with fpm.toml, CMakeLists.txt and pyproject.toml.
   character(*), parameter :: version = '0.1.0'
   character(kind=c_char), target :: string(len(version) + 1) = &
      transfer(version//c_null_char, [character(kind=c_char) :: 'x'])

contains

   type(c_ptr) function library_version() result(text) bind(c, name='fkb_version')
      text = c_loc(string)
   end function library_version

end module fkb_c_version
