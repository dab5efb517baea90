!> Metrics: names in the logs, outputs, weights, masks, a user's metric, refused configurations.
module test_metric
   use fkb_batch_dp, only: batch_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_metric_dp, only: metric_t
   use fkb_metric_registry_dp, only: metric_from_config, metric_registry_t
   use fkb_metric_set_dp, only: metric_set_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   !> A user's metric with two values: the largest and the smallest error.
   type, extends(metric_t) :: range_t
      real(dp) :: ends(2) = 0
   contains
      procedure :: reset
      procedure :: accumulate
      procedure :: get_values
      procedure :: value_count
      procedure :: keras_name
   end type range_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'metric'
      call suite%add('names in the logs are those of Keras', names_are_keras)
      call suite%add('weights count for weighted metrics only', weights_count)
      call suite%add('a mask leaves positions out', mask_counts)
      call suite%add('the word accuracy means what fits the output', accuracy_fits)
      call suite%add('a user''s metric may have several values', user_metric)
      call suite%add('bad configurations are refused by name', bad_configs_are_refused)
      call suite%add('arrays that do not fit are refused', bad_arrays_are_refused)
   end subroutine collect

   subroutine names_are_keras(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(metric_set_t) :: metrics
      type(error_t), allocatable :: error
      call metrics%add_from_config('mse', error)
      call metrics%add_from_config('{"class_name":"MeanSquaredError","config":{"name":"mse"}}', &
                                   error)
      call metrics%add_from_config('MeanSquaredError', error, weighted=.true.)
      call metrics%add_from_config('mse', error, weighted=.true.)
      call metrics%add_from_config('mse', error, weighted=.true.)
      call metrics%add_from_config('acc', error, output=2, output_name='b')
      call metrics%add_from_config('{"class_name":"LogCoshError"}', error)
      call check(failure, .not. allocated(error), 'a metric is refused')
      call check_equal(failure, metrics%count(), 7, 'number of metrics')
      call check_equal(failure, metrics%name(1), 'mse', 'name 1')
      call check_equal(failure, metrics%name(2), 'mse_1', 'name 2')
      call check_equal(failure, metrics%name(3), 'MeanSquaredError', 'name 3')
      call check_equal(failure, metrics%name(4), 'weighted_mse', 'name 4')
      call check_equal(failure, metrics%name(5), 'weighted_mse_1', 'name 5')
      call check_equal(failure, metrics%name(6), 'b_acc', 'name 6')
      call check_equal(failure, metrics%name(7), 'logcosh', 'name 7')
      call metrics%clear()
      call check_equal(failure, metrics%count(), 0, 'number after clear')
   end subroutine names_are_keras

   subroutine weights_count(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(metric_set_t) :: metrics
      type(error_t), allocatable :: error
      real(dp) :: t(2, 3), p(2, 3), w(1, 3)
      t = 0
      p = reshape([1.0_dp, 1.0_dp, 2.0_dp, 2.0_dp, 3.0_dp, 3.0_dp], [2, 3])
      w(1, :) = [1.0_dp, 0.0_dp, 3.0_dp]
      call metrics%add_from_config('mae', error)
      call metrics%add_from_config('mae', error, weighted=.true.)
      call metrics%add_from_config('mae', error, output=2)
      call metrics%update(1, shape_of([2]), t, p, error, sample_weight=w)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, metrics%value(1), 2.0_dp, 1e-15_dp, 'without weights')
      call check_close(failure, metrics%value(2), 2.5_dp, 1e-15_dp, 'with weights')
      call check_close(failure, metrics%value(3), 0.0_dp, 0.0_dp, 'of the other output')
      call metrics%reset()
      call check_close(failure, metrics%value(1), 0.0_dp, 0.0_dp, 'after a reset')
      call metrics%clear()
   end subroutine weights_count

   subroutine mask_counts(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(metric_set_t) :: metrics
      type(error_t), allocatable :: error
      real(dp) :: t(3, 1), p(3, 1), mask(3, 1)
      t = 0
      p(:, 1) = [1.0_dp, 2.0_dp, 4.0_dp]
      mask(:, 1) = [1.0_dp, 0.0_dp, 1.0_dp]
      call metrics%add_from_config('mae', error)
      call metrics%add_from_config('RootMeanSquaredError', error)
      call metrics%update(1, shape_of([1, 3]), t, p, error, mask=mask)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, metrics%value(1), 2.5_dp, 1e-15_dp, 'a mean')
      call check_close(failure, metrics%value(2), sqrt(7.0_dp), 1e-15_dp, 'Keras overlooks it here')
      call metrics%clear()
   end subroutine mask_counts

   subroutine accuracy_fits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check_accuracy([1], reshape([0.0_dp, 1.0_dp], [1, 2]), &
                          reshape([0.7_dp, 0.6_dp], [1, 2]), 0.5_dp, failure)
      call check_accuracy([2], reshape([0.0_dp, 1.0_dp], [1, 2]), &
                          reshape([0.7_dp, 0.6_dp, 0.2_dp, 0.4_dp], [2, 2]), 1.0_dp, failure)
      call check_accuracy([2], reshape([0.0_dp, 1.0_dp, 0.0_dp, 1.0_dp], [2, 2]), &
                          reshape([0.7_dp, 0.6_dp, 0.2_dp, 0.4_dp], [2, 2]), 0.5_dp, failure)
   end subroutine accuracy_fits

   subroutine check_accuracy(extents, t, p, expected, failure)
      integer, intent(in) :: extents(:)
      real(dp), intent(in), contiguous :: t(:, :), p(:, :)
      real(dp), intent(in) :: expected
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      class(metric_t), allocatable :: metric
      character(:), allocatable :: name
      call metric_from_config('accuracy', 3, metric, name, error)
      call metric%update(shape_of(extents), t, p, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, metric%result(), expected, 1e-15_dp, 'accuracy')
   end subroutine check_accuracy

   subroutine user_metric(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(metric_set_t) :: metrics
      type(metric_registry_t) :: registry
      type(error_t), allocatable :: error
      real(dp) :: t(1, 3), p(1, 3)
      call registry%add('my_pkg>Range', range_t(), error)
      call metrics%add_from_config('{"class_name":"Range","registered_name":"my_pkg>Range",'// &
                                   '"config":{"name":"range","dtype":"float32"}}', error, &
                                   registry=registry)
      if (allocated(error)) call fail(failure, error%message)
      call metrics%add(range_t(), error)
      t = 0
      p(1, :) = [-2.0_dp, 1.0_dp, 3.0_dp]
      call metrics%update(1, shape_of([1]), t, p, error)
      call check_equal(failure, metrics%count(), 4, 'number of values')
      call check_equal(failure, metrics%name(2), 'range[1]', 'the name')
      call check_equal(failure, metrics%name(3), 'range_1[0]', 'the name')
      call check_close(failure, metrics%value(2), 3.0_dp, 0.0_dp, 'the value')
      call registry%clear()
      call metrics%clear()
   end subroutine user_metric

   subroutine reset(self)
      class(range_t), intent(inout) :: self
      self%ends = [huge(1.0_dp), -huge(1.0_dp)]
   end subroutine reset

   subroutine accumulate(self, shape, y_true, y_pred, weight, batch)
      class(range_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape
      real(dp), intent(in), contiguous :: y_true(:, :)
      real(dp), intent(in), contiguous :: y_pred(:, :)
      real(dp), intent(in), contiguous :: weight(:, :)
      type(batch_t), intent(in) :: batch
      self%ends(1) = min(self%ends(1), minval(y_pred - y_true))
      self%ends(2) = max(self%ends(2), maxval(y_pred - y_true))
   end subroutine accumulate

   subroutine get_values(self, values)
      class(range_t), intent(in) :: self
      real(dp), intent(out), contiguous :: values(:)
      values = self%ends
   end subroutine get_values

   pure integer function value_count(self)
      class(range_t), intent(in) :: self
      value_count = 2
   end function value_count

   pure function keras_name(self) result(name)
      class(range_t), intent(in) :: self
      character(:), allocatable :: name
      name = 'my_pkg>Range'
   end function keras_name

   subroutine bad_configs_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused('my_metric', 'my_metric', failure)
      call refused('Mean', 'compare', failure)
      call refused('{"class_name":"BinaryAccuracy","config":{"k":1}}', '"k"', failure)
      call refused('{"class_name":"TopKCategoricalAccuracy","config":{"k":0}}', '"k"', failure)
      call refused('{"class_name":"MeanSquaredError","config":{"dtype":"float16"}}', 'float16', &
                   failure)
      call refused('{"class_name":', 'malformed', failure)
      call refused('', 'no metric', failure)
   end subroutine bad_configs_are_refused

   !> Check that a configuration is refused with a message that contains a word.
   subroutine refused(config, word, failure)
      character(*), intent(in) :: config, word
      type(failure_t), allocatable, intent(inout) :: failure
      class(metric_t), allocatable :: metric
      type(error_t), allocatable :: error
      character(:), allocatable :: name
      call metric_from_config(config, 3, metric, name, error)
      call check(failure, allocated(error), config//' is taken')
      if (allocated(failure)) return
      call check(failure, .not. allocated(metric), config//' leaves a metric behind')
      call check(failure, index(error%message, word) > 0, error%message)
   end subroutine refused

   subroutine bad_arrays_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(metric_set_t) :: metrics
      type(error_t), allocatable :: error
      real(dp) :: t(2, 3), p(2, 3)
      t = 0
      p = 0
      call metrics%add_from_config('mse', error)
      call metrics%update(1, shape_of([3]), t, p, error)
      call check(failure, allocated(error), 'another shape is taken')
      call metrics%update(1, shape_of([2]), t(:1, :), p, error)
      call check(failure, allocated(error), 'targets of another size are taken')
      call metrics%update(1, shape_of([2]), t(:, :2), p, error)
      call check(failure, allocated(error), 'fewer targets are taken')
      call metrics%update(1, shape_of([2]), t, p, error, mask=p)
      call check(failure, allocated(error), 'a mask of another size is taken')
      if (allocated(failure)) return
      call check(failure, index(error%message, 'metric mse') > 0, error%message)
      call metrics%clear()
   end subroutine bad_arrays_are_refused

end module test_metric
