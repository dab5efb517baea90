! Generated from c_api/fkb_bridge_metric.fypp: edit that file and run tools/generate.py
!> What the C interface does with losses and metrics of this kind.
module fkb_bridge_metric_sp
   use fkb_batch_sp, only: batch_t
   use fkb_bridge_sp, only: attach
   use fkb_c_array, only: c_array_t, sample_shape
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_host_sp, only: host_t
   use fkb_kinds, only: dp, wp => sp
   use fkb_loss_sp, only: any_features, loss_t
   use fkb_loss_registry_sp, only: loss_from_config
   use fkb_metric_sp, only: metric_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: bridge_loss, bridge_update

contains

   !> The reduced value of a loss and its derivative by the predictions.
   subroutine bridge_loss(config, keras_major, y_true, y_pred, weights, value, grad, error)
      character(*), intent(in) :: config                !! as `loss_from_config` takes it
      integer, intent(in) :: keras_major
      type(c_array_t), intent(in) :: y_true, y_pred
      type(c_array_t), intent(in) :: weights(:)         !! one, or none
      real(dp), intent(out) :: value
      type(c_array_t), intent(in) :: grad(:)            !! one, overwritten, or none
      type(error_t), allocatable, intent(out) :: error
      class(loss_t), allocatable :: loss
      real(wp), allocatable :: t(:, :), p(:, :), w(:, :), g(:, :)
      type(shape_t) :: shape
      type(batch_t) :: batch
      value = 0
      call matrix_of(y_true, t, error)
      if (.not. allocated(error)) call matrix_of(y_pred, p, error)
      if (.not. allocated(error)) call loss_from_config(config, keras_major, loss, error)
      if (allocated(error)) return
      shape = sample_shape(y_pred)
      if (all(loss%target_features(shape) /= [any_features, size(t, 1)]) .or. &
          size(t, 2) /= size(p, 2)) then
         call raise(error, fkb_err_argument, 'the targets do not fit predictions of the shape '// &
                    shape%text())
         return
      end if
      call weights_of(weights, loss%positions(shape), size(p, 2), w, error)
      if (allocated(error)) return
      allocate (g, mold=p)
      batch%samples = size(p, 2)
      batch%weighted = size(weights) > 0
      call loss%evaluate_batch(batch, shape, t, p, w, value, g, error)
      if (size(grad) > 0 .and. .not. allocated(error)) call hand_out(g, grad(1), error)
   end subroutine bridge_loss

   !> Add a batch to a metric.
   subroutine bridge_update(metric, y_true, y_pred, weights, masks, error)
      class(metric_t), intent(inout) :: metric
      type(c_array_t), intent(in) :: y_true, y_pred
      type(c_array_t), intent(in) :: weights(:), masks(:)   !! one, or none
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: t(:, :), p(:, :), w(:, :), m(:, :)
      call matrix_of(y_true, t, error)
      if (.not. allocated(error)) call matrix_of(y_pred, p, error)
      if (size(weights) > 0 .and. .not. allocated(error)) call matrix_of(weights(1), w, error)
      if (size(masks) > 0 .and. .not. allocated(error)) call matrix_of(masks(1), m, error)
      if (allocated(error)) return
      call metric%update(sample_shape(y_pred), t, p, error, sample_weight=w, mask=m)
   end subroutine bridge_update

   !> A copy of C's array as a matrix (features, batch).
   subroutine matrix_of(array, matrix, error)
      type(c_array_t), intent(in) :: array
      real(wp), allocatable, intent(out) :: matrix(:, :)
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: host(1)
      call attach([array], host, error)
      if (allocated(error)) return
      allocate (matrix(host(1)%features(), host(1)%batch()))
      if (associated(host(1)%s)) matrix = real(host(1)%s, wp)
      if (associated(host(1)%d)) matrix = real(host(1)%d, wp)
   end subroutine matrix_of

   !> Weights of all positions; ones where none are given.
   subroutine weights_of(weights, positions, batch, matrix, error)
      type(c_array_t), intent(in) :: weights(:)
      integer, intent(in) :: positions, batch
      real(wp), allocatable, intent(out) :: matrix(:, :)
      type(error_t), allocatable, intent(out) :: error
      real(wp), allocatable :: given(:, :)
      integer :: j
      allocate (matrix(positions, batch), source=1.0_wp)
      if (size(weights) == 0) return
      call matrix_of(weights(1), given, error)
      if (allocated(error)) return
      if (size(given, 2) /= batch .or. all(size(given, 1) /= [1, positions])) then
         call raise(error, fkb_err_argument, 'sample weights are one value or '// &
                    decimal(positions)//' values for each of '//decimal(batch)//' samples')
         return
      end if
      do j = 1, batch
         if (size(given, 1) == 1) then
            matrix(:, j) = given(1, j)
         else
            matrix(:, j) = given(:, j)
         end if
      end do
   end subroutine weights_of

   subroutine hand_out(matrix, array, error)
      real(wp), intent(in) :: matrix(:, :)
      type(c_array_t), intent(in) :: array
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: host(1)
      call attach([array], host, error)
      if (allocated(error)) return
      if (host(1)%features() /= size(matrix, 1) .or. host(1)%batch() /= size(matrix, 2)) then
         call raise(error, fkb_err_argument, 'the gradient has another shape than the predictions')
         return
      end if
      if (associated(host(1)%s)) host(1)%s = real(matrix, kind(host(1)%s))
      if (associated(host(1)%d)) host(1)%d = real(matrix, kind(host(1)%d))
   end subroutine hand_out

end module fkb_bridge_metric_sp
