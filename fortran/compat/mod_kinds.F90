!> The kinds of the 2020 FKB, chosen by its macros: real32, or real64 with -DREAL64.
module mod_kinds
   use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
   implicit none (type, external)
   private
   public :: ik, rk

#ifdef REAL64
   integer, parameter :: rk = real64     !! kind of reals
#else
   integer, parameter :: rk = real32     !! kind of reals
#endif
#ifdef INT64
   integer, parameter :: ik = int64      !! kind of integers
#else
   integer, parameter :: ik = int32      !! kind of integers
#endif

end module mod_kinds
