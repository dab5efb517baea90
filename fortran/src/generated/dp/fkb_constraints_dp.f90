! Generated from train/fkb_constraints.fypp: edit that file and run tools/generate.py
!> Constraints of the weights, applied after each step of an optimizer, as Keras does.
module fkb_constraints_dp
   use fkb_constraint_kernels_dp, only: drop_negatives, scale_groups, sum_squares
   use fkb_constraint_options, only: constrain_norm, constrain_nothing, constrain_sign, &
      constrain_unit, constraint_t
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_segment, only: segment_t
   use fkb_shape, only: max_rank, shape_t
   implicit none (type, external)
   private
   public :: constrain_all, constrain

   !> Keras's `epsilon()`.
   real(wp), parameter :: tiny_norm = 1e-7_wp

contains

   !> Constrain the trainable weights.
   subroutine constrain_all(params, segments)
      real(wp), intent(inout), contiguous :: params(:)
      type(segment_t), intent(in) :: segments(:)
      integer :: i
      do i = 1, size(segments)
         associate (part => segments(i))
            if (.not. part%trainable .or. part%constraint%kind == constrain_nothing) cycle
            call constrain(part%constraint, part%shape, params(part%first:part%last))
         end associate
      end do
   end subroutine constrain_all

   !> Constrain one weight array. With n the norms along the summed axes: w = w d/(n + 1e-7), where
   !> d = rate clip(n, low, high) + (1 - rate) n, or 1 for `UnitNorm`.
   subroutine constrain(constraint, shape, w)
      type(constraint_t), intent(in) :: constraint
      type(shape_t), intent(in) :: shape                 !! storage order
      real(wp), intent(inout), contiguous :: w(:)        !! (shape%count())
      real(dp), allocatable :: sums(:)
      real(wp), allocatable :: factors(:)
      integer :: extent(max_rank), rank
      integer(i8) :: groups, stride(max_rank)
      if (size(w) == 0) return
      if (constraint%kind == constrain_sign) then
         call drop_negatives(size(w, kind=i8), w)
         return
      end if
      rank = max(1, shape%rank)
      extent = shape%extent
      call group(rank, extent, constraint%summed, stride, groups)
      allocate (sums(groups), factors(groups))
      call sum_squares(rank, extent, stride, groups, w, sums)
      call find_factors(constraint, sqrt(real(sums, wp)), factors)
      call scale_groups(rank, extent, stride, groups, factors, w)
   end subroutine constrain

   !> Strides that number the groups of elements which share a norm.
   pure subroutine group(rank, extent, summed, stride, groups)
      integer, intent(in) :: rank, extent(max_rank)
      logical, intent(in) :: summed(max_rank)
      integer(i8), intent(out) :: stride(max_rank), groups
      integer :: k
      groups = 1
      stride = 0
      do k = 1, rank
         if (summed(k)) cycle
         stride(k) = groups
         groups = groups*extent(k)
      end do
   end subroutine group

   pure subroutine find_factors(constraint, norms, factors)
      type(constraint_t), intent(in) :: constraint
      real(wp), intent(in) :: norms(:)
      real(wp), intent(out) :: factors(:)
      real(wp) :: rate
      rate = real(constraint%rate, wp)
      if (constraint%kind == constrain_unit) then
         factors = 1/(tiny_norm + norms)
      else
         factors = min(max(norms, real(constraint%low, wp)), real(constraint%high, wp))
         factors = rate*factors + real(1 - constraint%rate, wp)*norms
         factors = factors/(tiny_norm + norms)
      end if
   end subroutine find_factors

end module fkb_constraints_dp
