! Generated from train/fkb_loss_check.fypp: edit that file and run tools/generate.py
!> Compares the gradient of a loss with difference quotients: for whoever writes a loss.
module fkb_loss_check_dp
   use fkb_batch_dp, only: batch_t
   use fkb_error, only: error_t, raise, fkb_err_argument, fkb_err_numeric
   use fkb_kinds, only: dp, wp => dp
   use fkb_layer_dp, only: view_t
   use fkb_loss_dp, only: loss_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: check_loss_gradient

contains

   !> Compare `grad` of a loss with central differences of `value`, element by element.
   !>
   !> Raises an error that names the first element that is off by more than `tolerance` of the
   !> largest gradient. Kinks must lie further from `y_pred` than the step of the differences,
   !> about `epsilon**(1/3)` of the values' scale.
   subroutine check_loss_gradient(loss, shape, y_true, y_pred, error, sample_weight, tolerance, &
                                  worst, inputs)
      class(loss_t), intent(in) :: loss
      type(shape_t), intent(in) :: shape                         !! of one sample of `y_pred`
      real(wp), intent(in), contiguous :: y_true(:, :)           !! (target features, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)           !! (features, batch)
      type(error_t), allocatable, intent(out) :: error
      real(wp), intent(in), optional :: sample_weight(:, :)      !! (positions, batch); default 1
      real(wp), intent(in), optional :: tolerance                !! default epsilon**(1/2)
      real(wp), intent(out), optional :: worst                   !! largest difference, relative
      type(view_t), intent(in), optional :: inputs(:)            !! of the network
      class(loss_t), allocatable :: ready
      type(batch_t) :: batch
      real(wp), allocatable :: weight(:, :), grad(:, :), mask(:, :), quotient(:, :)
      real(wp) :: allowed, unit
      real(dp) :: value
      integer :: at(2)
      if (size(y_pred, 1) /= shape%count() .or. size(y_true, 2) /= size(y_pred, 2)) then
         call raise(error, fkb_err_argument, 'the arrays do not have the shape '//shape%text())
         return
      end if
      call loss%check_target(shape, y_true, error)
      if (allocated(error)) return
      allocate (weight(loss%positions(shape), size(y_pred, 2)), source=1.0_wp)
      if (present(sample_weight)) weight = sample_weight
      allocate (mask(size(weight, 1), size(weight, 2)), source=1.0_wp)
      allocate (ready, source=loss)
      batch%samples = size(y_pred, 2)
      if (present(inputs)) batch%inputs = inputs
      if (loss%looks_ahead()) call ready%begin_batch(batch, shape, y_true, mask, error)
      if (allocated(error)) return
      weight = weight*mask
      allocate (grad, quotient, mold=y_pred)
      call ready%evaluate_in(batch, shape, y_true, y_pred, weight, value, grad)
      call differences(ready, batch, shape, y_true, y_pred, weight, quotient)
      unit = max(maxval(abs(quotient)), tiny(unit))
      allowed = sqrt(epsilon(allowed))
      if (present(tolerance)) allowed = tolerance
      if (present(worst)) worst = maxval(abs(grad - quotient))/unit
      if (all(abs(grad - quotient) <= allowed*unit)) return
      at = maxloc(merge(abs(grad - quotient), huge(unit), abs(grad - quotient) <= huge(unit)))
      call raise(error, fkb_err_numeric, 'the gradient of the loss by feature '//decimal(at(1))// &
                 ' of sample '//decimal(at(2))//' is '//short(grad(at(1), at(2)))// &
                 ', differences give '//short(quotient(at(1), at(2))))
   end subroutine check_loss_gradient

   !> Central differences of the value by every element of `y_pred`.
   subroutine differences(loss, batch, shape, y_true, y_pred, weight, quotient)
      class(loss_t), intent(in) :: loss
      type(batch_t), intent(in) :: batch
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      real(wp), intent(out), contiguous :: quotient(:, :)
      real(wp), allocatable :: moved(:, :), unused(:, :)
      real(wp) :: step
      real(dp) :: above, below
      integer :: i, j
      allocate (moved, source=y_pred)
      allocate (unused, mold=y_pred)
      do j = 1, size(y_pred, 2)
         do i = 1, size(y_pred, 1)
            step = epsilon(step)**(1.0_wp/3)*max(abs(y_pred(i, j)), 0.1_wp)
            moved(i, j) = y_pred(i, j) + step
            step = moved(i, j) - y_pred(i, j)
            call loss%evaluate_in(batch, shape, y_true, moved, weight, above, unused)
            moved(i, j) = y_pred(i, j) - step
            call loss%evaluate_in(batch, shape, y_true, moved, weight, below, unused)
            quotient(i, j) = real((above - below)/(real(y_pred(i, j) + step, dp) - moved(i, j)), wp)
            moved(i, j) = y_pred(i, j)
         end do
      end do
   end subroutine differences

   !> A number for a message.
   function short(value) result(text)
      real(wp), intent(in) :: value
      character(:), allocatable :: text
      character(20) :: buffer
      write (buffer, '(es13.6)') value
      text = trim(adjustl(buffer))
   end function short

end module fkb_loss_check_dp
