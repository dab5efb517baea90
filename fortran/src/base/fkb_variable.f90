!> Variables of an optimizer, as a model file carries them.
module fkb_variable
   use fkb_kinds, only: dp, i8
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: variable_t

   !> One variable: a slot of a weight, or (path empty) of the optimizer itself.
   type :: variable_t
      character(:), allocatable :: slot         !! `iteration`, `learning_rate`, `momentum`, ...
      character(:), allocatable :: path         !! of the weight: `hidden/kernel`
      character(:), allocatable :: dtype        !! `float32`, `float64`, `int64`
      type(shape_t) :: shape                    !! storage order: Keras's shape reversed
      real(dp), allocatable :: values(:)        !! of a real variable
      integer(i8), allocatable :: integers(:)   !! of an integer variable
   end type variable_t

end module fkb_variable
