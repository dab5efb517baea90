! Generated from train/fkb_mean_metrics.fypp: edit that file and run tools/generate.py
!> Metrics that are weighted means: over the positions of an output, or over its values.
!>
!> As Keras's `Mean`: each sample counts by the mean weight of its positions.
module fkb_mean_metrics_dp
   use fkb_batch_dp, only: batch_t
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, wp => dp
   use fkb_loss_dp, only: loss_t
   use fkb_metric_dp, only: metric_t
   use fkb_object_config, only: class_to_snake
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: mean_metric_t, loss_metric_t

   !> A mean; its extensions give `accumulate`, which calls `add`.
   type, abstract, extends(metric_t) :: mean_metric_t
      real(dp) :: total = 0           !! sum of weight times value, divided by positions
      real(dp) :: count = 0           !! sum of weights, divided by positions
   contains
      procedure :: reset => reset_mean
      procedure :: get_values => get_mean
      procedure :: list_sums => sums_of_mean
      procedure :: take_sums => mean_of_sums
      procedure, non_overridable :: add
      procedure, non_overridable :: mean
   end type mean_metric_t

   !> The mean of a loss: `MeanSquaredError`, `BinaryCrossentropy` and others.
   type, extends(mean_metric_t) :: loss_metric_t
      class(loss_t), allocatable :: loss
      character(:), allocatable :: class_name    !! Keras's
      real(dp) :: factor = 1                     !! -1 for `CosineSimilarity`
      logical :: root = .false.                  !! `RootMeanSquaredError`
   contains
      procedure :: accumulate => accumulate_loss
      procedure :: get_values => get_loss
      procedure :: configure => configure_loss
      procedure :: takes_targets => targets_of_loss
      procedure :: check => check_loss
      procedure :: takes_mask => unless_root
      procedure :: prefers_logits => as_loss
      procedure :: keras_name => name_loss
      procedure :: keras_options => options_loss
      procedure :: default_name => default_of_loss
   end type loss_metric_t

contains

   subroutine reset_mean(self)
      class(mean_metric_t), intent(inout) :: self
      self%total = 0
      self%count = 0
   end subroutine reset_mean

   subroutine get_mean(self, values)
      class(mean_metric_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      values = self%mean()
   end subroutine get_mean

   subroutine sums_of_mean(self, sums)
      class(mean_metric_t), intent(in) :: self
      real(dp), allocatable, intent(out) :: sums(:)
      sums = [self%total, self%count]
   end subroutine sums_of_mean

   subroutine mean_of_sums(self, sums)
      class(mean_metric_t), intent(inout) :: self
      real(dp), intent(in) :: sums(:)
      self%total = sums(1)
      self%count = sums(2)
   end subroutine mean_of_sums

   !> The mean; 0 where nothing has a weight.
   pure real(dp) function mean(self)
      class(mean_metric_t), intent(in) :: self
      mean = 0
      if (abs(self%count) > 0) mean = self%total/self%count
   end function mean

   !> Add the weighted sum of the values at all positions of a batch.
   pure subroutine add(self, total, weight)
      class(mean_metric_t), intent(inout) :: self
      real(dp), intent(in) :: total                       !! sum_j weight_j value_j
      real(wp), intent(in), contiguous :: weight(:, :)    !! (positions, batch)
      real(dp) :: sum_of_weights
      integer :: i, j
      sum_of_weights = 0
      do j = 1, size(weight, 2)
         do i = 1, size(weight, 1)
            sum_of_weights = sum_of_weights + weight(i, j)
         end do
      end do
      self%total = self%total + total/size(weight, 1)
      self%count = self%count + sum_of_weights/size(weight, 1)
   end subroutine add

   !> As in Keras, targets that a loss leaves out count with the value 0 where there are no weights.
   subroutine accumulate_loss(self, shape, y_true, y_pred, weight, batch)
      class(loss_metric_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      real(wp), intent(in), contiguous :: y_pred(:, :)
      real(wp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      real(wp), allocatable :: unused(:, :), mask(:, :)
      type(error_t), allocatable :: error
      real(dp) :: value
      allocate (unused(size(y_pred, 1), size(y_pred, 2)))
      if (.not. self%loss%looks_ahead()) then
         call self%loss%evaluate_in(batch, shape, y_true, y_pred, weight, value, unused)
         call self%add(self%factor*value, weight)
         return
      end if
      allocate (mask(size(weight, 1), size(weight, 2)), source=1.0_wp)
      call self%loss%begin_batch(batch, shape, y_true, mask, error)
      if (.not. batch%weighted) mask = 1
      call self%loss%evaluate_in(batch, shape, y_true, y_pred, weight*mask, value, unused)
      call self%add(self%factor*value, weight*mask)
   end subroutine accumulate_loss

   subroutine get_loss(self, values)
      class(loss_metric_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      values = self%mean()
      if (self%root) values = sqrt(values)
   end subroutine get_loss

   !> Read the options of the loss.
   subroutine configure_loss(self, config, error)
      class(loss_metric_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%loss%configure(config, error)
   end subroutine configure_loss

   pure logical function targets_of_loss(self, shape, features) result(takes)
      class(loss_metric_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      integer, intent(in) :: features
      takes = features == self%loss%target_features(shape)
   end function targets_of_loss

   subroutine check_loss(self, shape, y_true, error)
      class(loss_metric_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(wp), intent(in), contiguous :: y_true(:, :)
      type(error_t), allocatable, intent(out) :: error
      call self%loss%check_target(shape, y_true, error)
   end subroutine check_loss

   !> Keras's `RootMeanSquaredError` overlooks masks.
   pure logical function unless_root(self)
      class(loss_metric_t), intent(in) :: self
      unless_root = .not. self%root
   end function unless_root

   pure logical function as_loss(self)
      class(loss_metric_t), intent(in) :: self
      as_loss = self%loss%prefers_logits()
   end function as_loss

   pure function name_loss(self) result(name)
      class(loss_metric_t), intent(in) :: self
      character(:), allocatable :: name
      name = self%class_name
   end function name_loss

   pure function options_loss(self) result(json)
      class(loss_metric_t), intent(in) :: self
      character(:), allocatable :: json
      json = self%loss%keras_options()
   end function options_loss

   function default_of_loss(self) result(name)
      class(loss_metric_t), intent(in) :: self
      character(:), allocatable :: name
      name = class_to_snake(self%class_name)
      if (self%class_name == 'LogCoshError') name = 'logcosh'
   end function default_of_loss

end module fkb_mean_metrics_dp
