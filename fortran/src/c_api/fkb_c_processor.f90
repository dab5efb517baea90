!> Which of the kernels' compiled forms runs, for C.
module fkb_c_processor
   use, intrinsic :: iso_c_binding, only: c_char, c_loc, c_null_char, c_ptr
   use fkb_processor, only: code_level
   implicit none (type, external)
   private

   !> As `processor_level` of fkb_processor says.
   character(kind=c_char), target :: v4(3) = ['v', '4', c_null_char]
   character(kind=c_char), target :: v3(3) = ['v', '3', c_null_char]
   character(kind=c_char), target :: v1(3) = ['v', '1', c_null_char]
   character(kind=c_char), target :: fixed(6) = ['f', 'i', 'x', 'e', 'd', c_null_char]

contains

   type(c_ptr) function level_name() result(text) bind(c, name='fkb_processor_level')
      select case (code_level)
      case (4)
         text = c_loc(v4)
      case (3)
         text = c_loc(v3)
      case (1)
         text = c_loc(v1)
      case default
         text = c_loc(fixed)
      end select
   end function level_name

end module fkb_c_processor
