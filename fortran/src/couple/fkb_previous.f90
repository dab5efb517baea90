!> The last good values of every column, for fields with the policy `previous`. The caller owns
!> them, one column for each of the host's, and writes them with its restart files.
module fkb_previous
   use fkb_kinds, only: dp
   implicit none (type, external)
   private
   public :: previous_t

   !> Made by `coupler%make_previous`.
   type :: previous_t
      real(dp), allocatable :: inputs(:, :)      !! (rows, columns)
      real(dp), allocatable :: outputs(:, :)     !! (rows, columns)
      logical, allocatable :: known(:)           !! (columns), whether a column has any
   end type previous_t

end module fkb_previous
