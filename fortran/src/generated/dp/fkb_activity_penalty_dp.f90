! Generated from network/fkb_activity_penalty.fypp: edit that file and run tools/generate.py
!> Regularizers of what leaves a layer.
module fkb_activity_penalty_dp
   use fkb_kinds, only: dp, wp => dp
   use fkb_orthogonality_dp, only: orthogonality
   use fkb_regularizer_options, only: regularizer_t
   implicit none (type, external)
   private
   public :: penalty_of_activity, add_activity_gradient

contains

   !> The penalty of a batch, not divided by its size.
   real(dp) function penalty_of_activity(regularizer, y) result(penalty)
      type(regularizer_t), intent(in) :: regularizer
      real(wp), intent(in), contiguous :: y(:, :)            !! (features, batch)
      real(wp), allocatable :: d(:, :)
      real(dp) :: value
      penalty = 0
      if (regularizer%l1 > 0) penalty = penalty + regularizer%l1*sum(abs(real(y, dp)))
      if (regularizer%l2 > 0) penalty = penalty + regularizer%l2*sum(real(y, dp)**2)
      if (.not. regularizer%orthogonal > 0) return
      allocate (d, source=y)
      call add_orthogonality(regularizer, 1.0_wp, y, d, value)
      penalty = penalty + value
   end function penalty_of_activity

   !> Add the gradient of the penalty times `scale`.
   subroutine add_activity_gradient(regularizer, scale, y, dy)
      type(regularizer_t), intent(in) :: regularizer
      real(wp), intent(in) :: scale
      real(wp), intent(in), contiguous :: y(:, :)            !! (features, batch)
      real(wp), intent(inout), contiguous :: dy(:, :)        !! (features, batch)
      real(wp) :: l1, l2
      real(dp) :: value
      l1 = real(regularizer%l1, wp)*scale
      l2 = real(regularizer%l2, wp)*scale
      where (abs(y) > 0)
         dy = dy + l1*sign(1.0_wp, y) + 2*l2*y
      end where
      if (regularizer%orthogonal > 0) call add_orthogonality(regularizer, scale, y, dy, value)
   end subroutine add_activity_gradient

   !> Keras's rows are the samples, its columns the features.
   subroutine add_orthogonality(regularizer, scale, y, dy, value)
      type(regularizer_t), intent(in) :: regularizer
      real(wp), intent(in) :: scale
      real(wp), intent(in), contiguous :: y(:, :)
      real(wp), intent(inout), contiguous :: dy(:, :)
      real(dp), intent(out) :: value
      real(wp), allocatable :: d(:, :)
      if (regularizer%columns) then
         allocate (d, source=transpose(dy))
         call orthogonality(size(y, 2), size(y, 1), transpose(y), regularizer, scale, value, d)
         dy = transpose(d)
      else
         call orthogonality(size(y, 1), size(y, 2), y, regularizer, scale, value, dy)
      end if
   end subroutine add_orthogonality

end module fkb_activity_penalty_dp
