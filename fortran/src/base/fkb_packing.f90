!> How packed weights lie in memory.
module fkb_packing
   implicit none (type, external)
   private
   public :: vectors_of

   !> Reals that begin at a multiple of this many begin with a 64-byte vector, in either kind.
   integer, parameter, public :: vector_reals = 16

contains

   !> So many reals in whole vectors.
   elemental integer function vectors_of(n)
      integer, intent(in) :: n
      vectors_of = (n + vector_reals - 1)/vector_reals*vector_reals
   end function vectors_of

end module fkb_packing
