!> Segments: which part of the flat weight vector is which weight array.
module fkb_segment
   use fkb_constraint_options, only: constraint_t
   use fkb_kinds, only: dp, i8
   use fkb_regularizer_options, only: regularizer_t
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: segment_t

   !> One weight array in the flat vector.
   type :: segment_t
      character(:), allocatable :: path     !! `hidden/kernel`: layers below the model, weight
      character(:), allocatable :: options  !! its regularizer is the option `options_regularizer`
      type(shape_t) :: shape                !! storage order: Keras's shape reversed
      integer(i8) :: first = 1              !! of its elements in the flat vector
      integer(i8) :: last = 0               !! of its elements in the flat vector
      logical :: variable = .true.          !! a weight that training may change at all
      logical :: trainable = .true.         !! `variable`, and its layer is not frozen
      logical :: stored = .true.            !! stands in the file as a weight
      type(regularizer_t) :: regularizer    !! adds to the loss
      type(constraint_t) :: constraint      !! is applied after each step
      real(dp) :: rate_factor = 1           !! multiplies the learning rate
      real(dp) :: decay_factor = 1          !! multiplies the decay of optimizers
      character(:), allocatable :: refusal  !! why it cannot be trained
   end type segment_t

end module fkb_segment
