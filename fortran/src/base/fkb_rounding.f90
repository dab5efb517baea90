!> Rounding to real32 and back, as Keras does with hyperparameters whatever the kind of a network.
module fkb_rounding
   use fkb_kinds, only: dp, sp
   implicit none (type, external)
   private
   public :: rounded_to_single

contains

   !> The real32 nearest to x. A file of its own: where it inlines two of these side by side,
   !> gfortran 12 makes one vector of them and drops both conversions (-O2, -ftree-slp-vectorize).
   pure real(dp) function rounded_to_single(x)
      real(dp), intent(in) :: x
      rounded_to_single = real(real(x, sp), dp)
   end function rounded_to_single

end module fkb_rounding
