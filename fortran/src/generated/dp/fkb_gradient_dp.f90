! Generated from train/fkb_gradient.fypp: edit that file and run tools/generate.py
!> What happens to the gradient of a whole batch: sums over lanes, penalties, a look at its numbers.
module fkb_gradient_dp
   use fkb_error, only: error_t, fkb_err_numeric, raise
   use fkb_kinds, only: dp, i8, wp => dp
   use fkb_orthogonality_dp, only: orthogonality
   use fkb_segment, only: segment_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: add_lanes, add_penalties, check_finite

contains

   !> Add the gradients of the other lanes to that of the first, lane by lane.
   subroutine add_lanes(n, lanes, threads, others, grad)
      integer(i8), intent(in) :: n
      integer, intent(in) :: lanes, threads
      real(wp), intent(in) :: others(n, lanes)
      real(wp), intent(inout) :: grad(n)
      integer(i8) :: i
      integer :: lane
      !$omp parallel default(none) shared(n, lanes, others, grad) private(i, lane) &
      !$omp num_threads(threads)
      do lane = 1, lanes
         !$omp do schedule(static)
         do i = 1, n
            grad(i) = grad(i) + others(i, lane)
         end do
         !$omp end do
      end do
      !$omp end parallel
   end subroutine add_lanes

   !> Weight regularizers, l1 sum |w| + l2 sum w^2, once for the whole batch; frozen weights have
   !> no gradient.
   subroutine add_penalties(segments, params, grad, loss)
      type(segment_t), intent(in) :: segments(:)
      real(wp), intent(in), contiguous :: params(:)
      real(wp), intent(inout), contiguous :: grad(:)
      real(dp), intent(inout) :: loss
      integer :: i
      do i = 1, size(segments)
         associate (part => segments(i))
            if (.not. part%trainable) then
               grad(part%first:part%last) = 0
            else if (part%regularizer%acts()) then
               call add_penalty(part%last - part%first + 1, part%regularizer%l1, &
                                part%regularizer%l2, params(part%first:part%last), &
                                grad(part%first:part%last), loss)
               if (part%regularizer%orthogonal > 0) then
                  call add_orthogonal(part, params(part%first:part%last), &
                                      grad(part%first:part%last), loss)
               end if
            end if
         end associate
      end do
   end subroutine add_penalties

   pure subroutine add_penalty(n, l1, l2, w, grad, loss)
      integer(i8), intent(in) :: n
      real(dp), intent(in) :: l1, l2
      real(wp), intent(in) :: w(n)
      real(wp), intent(inout) :: grad(n)
      real(dp), intent(inout) :: loss
      real(wp) :: slope
      integer(i8) :: i
      do i = 1, n
         slope = merge(0.0_wp, sign(real(l1, wp), w(i)), .not. abs(w(i)) > 0)
         grad(i) = grad(i) + (slope + real(l2, wp)*(2*w(i)))
         loss = loss + (l1*abs(real(w(i), dp)) + l2*real(w(i), dp)**2)
      end do
   end subroutine add_penalty

   !> Keras's `OrthogonalRegularizer` of a matrix, whose rows are columns here.
   subroutine add_orthogonal(segment, w, grad, loss)
      type(segment_t), intent(in) :: segment
      real(wp), intent(in), contiguous :: w(:)
      real(wp), intent(inout), contiguous :: grad(:)
      real(dp), intent(inout) :: loss
      real(wp), allocatable :: d(:, :), v(:, :)
      real(dp) :: value
      allocate (v, source=reshape(w, segment%shape%extent(:2)))
      allocate (d, source=reshape(grad, segment%shape%extent(:2)))
      if (segment%regularizer%columns) then
         v = transpose(v)
         d = transpose(d)
      end if
      call orthogonality(size(v, 1), size(v, 2), v, segment%regularizer, 1.0_wp, value, d)
      if (segment%regularizer%columns) d = transpose(d)
      grad = reshape(d, [size(grad)])
      loss = loss + value
   end subroutine add_orthogonal

   !> Refuse a loss or a gradient that is not finite.
   subroutine check_finite(loss, grad, error)
      real(dp), intent(in) :: loss
      real(wp), intent(in), contiguous :: grad(:)
      type(error_t), allocatable, intent(out) :: error
      integer(i8) :: i, finite
      if (.not. abs(loss) <= huge(1.0_wp)) then
         call raise(error, fkb_err_numeric, 'the loss is not finite: nothing was changed')
         return
      end if
      finite = 0
      do i = 1, size(grad, kind=i8)
         finite = finite + merge(1, 0, abs(grad(i)) <= huge(grad))
      end do
      if (finite < size(grad, kind=i8)) then
         call raise(error, fkb_err_numeric, 'the gradient of '// &
                    decimal(size(grad, kind=i8) - finite)//' weights is not finite: nothing was'// &
                    ' changed')
      end if
   end subroutine check_finite

end module fkb_gradient_dp
