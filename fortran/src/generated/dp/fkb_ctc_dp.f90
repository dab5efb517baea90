! Generated from train/fkb_ctc.fypp: edit that file and run tools/generate.py
!> The loss of sequences that are shorter than the output and not aligned with it. Keras 3's `CTC`.
module fkb_ctc_dp
   use fkb_ctc_kernels_dp, only: ctc_loss_of
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, wp => dp
   use fkb_loss_dp, only: any_features, loss_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: ctc_t

   !> -log P(labels), P being the sum over all paths of steps that spell the labels: a label may be
   !> repeated, and class 0, the blank, stands between. Outputs are logits of shape
   !> (classes, steps), Keras's (steps, classes); a target has as many labels as the longest
   !> sequence, from 1, and 0 behind its last. One value for each sample.
   !> Computed in real64; Keras computes it in real32 whatever the kind.
   type, extends(loss_t) :: ctc_t
   contains
      procedure :: evaluate
      procedure :: target_features
      procedure :: positions
      procedure :: check_target
      procedure :: keras_name
   end type ctc_t

contains

   !> As many labels as the targets have.
   pure integer function target_features(self, shape) result(features)
      class(ctc_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      features = any_features
   end function target_features

   pure integer function positions(self, shape)
      class(ctc_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      positions = 1
   end function positions

   !> Labels are whole numbers from 1 to the last class, with zeros behind them only.
   subroutine check_target(self, shape, y_true, error)
      class(ctc_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      integer :: i, j
      if (shape%rank /= 2) then
         call raise(error, fkb_err_unsupported, 'the loss "CTC" is for outputs of shape (steps,'// &
                    ' classes), the output has the shape '//shape%text())
         return
      end if
      do j = 1, size(y_true, 2)
         do i = 1, size(y_true, 1)
            if (.not. (y_true(i, j) > -1 .and. y_true(i, j) < shape%extent(1))) then
               call raise(error, fkb_err_argument, 'a label of the loss "CTC" is not between 0'// &
                          ' and '//decimal(shape%extent(1) - 1))
            else if (int(y_true(i, j)) /= 0 .and. int(y_true(max(i - 1, 1), j)) == 0) then
               call raise(error, fkb_err_argument, 'a label of the loss "CTC" stands behind a 0'// &
                          ', which fills up the end of a sequence')
            end if
            if (allocated(error)) return
         end do
      end do
   end subroutine check_target

   subroutine evaluate(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(ctc_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)        !! (labels, batch)
      real(wp), intent(in), contiguous :: y_pred(:, :)        !! (classes*steps, batch)
      real(wp), intent(in), contiguous :: sample_weight(:, :) !! (1, batch)
      real(dp), intent(out) :: value
      real(wp), intent(out), contiguous :: grad(:, :)
      real(dp), allocatable :: backward(:, :), forward(:, :, :), logs(:, :), slope(:, :)
      real(dp) :: loss
      integer :: j, n
      n = size(y_true, 1)
      associate (classes => shape%extent(1), steps => shape%extent(2))
         allocate (forward(0:n, 2, 0:steps), backward(0:n, 2))
         allocate (logs(classes, steps), slope(classes, steps))
         value = 0
         do j = 1, size(y_pred, 2)
            call ctc_loss_of(classes, steps, n, int(y_true(:, j)), y_pred(:, j), logs, forward, &
                             backward, loss, slope)
            value = value + sample_weight(1, j)*loss
            grad(:, j) = real(sample_weight(1, j)*reshape(slope, [classes*steps]), wp)
         end do
      end associate
   end subroutine evaluate

   pure function keras_name(self) result(name)
      class(ctc_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'CTC'
   end function keras_name

end module fkb_ctc_dp
