!> Views of tensors: pointers to memory that somebody else owns, with a shape.
!>
!> All data of the engine are contiguous `(features, batch)` matrices; the shape tells how the
!> features are arranged. Kernels re-view the memory with explicit-shape dummies.
module fkb_views
   use fkb_kinds, only: sp, dp
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: view_sp_t, view_dp_t

   !> A real32 tensor.
   type :: view_sp_t
      real(sp), pointer, contiguous :: v(:, :) => null()   !! (features, batch)
      type(shape_t) :: shape                               !! of one sample, storage order
   end type view_sp_t

   !> A real64 tensor.
   type :: view_dp_t
      real(dp), pointer, contiguous :: v(:, :) => null()   !! (features, batch)
      type(shape_t) :: shape                               !! of one sample, storage order
   end type view_dp_t

end module fkb_views
