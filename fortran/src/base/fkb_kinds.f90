!> The real kinds that the library is generated for, and the integer kinds of files and counters.
module fkb_kinds
   use, intrinsic :: iso_fortran_env, only: sp => real32, dp => real64, i1 => int8, i4 => int32, &
      i8 => int64
   implicit none (type, external)
   private
   public :: sp, dp, i1, i4, i8
end module fkb_kinds
