!> Losses: numbers and gradients as Keras gives them, configurations, a user's loss, the checker.
module test_loss
   use fkb_config, only: config_t
   use fkb_crossentropies_dp, only: binary_crossentropy_t, sparse_categorical_crossentropy_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, sp
   use fkb_loss_check_dp, only: check_loss_gradient
   use fkb_loss_dp, only: loss_dp => loss_t
   use fkb_loss_registry_dp, only: loss_from_config_dp => loss_from_config, loss_registry_t
   use fkb_loss_registry_sp, only: loss_from_config_sp => loss_from_config
   use fkb_loss_sp, only: loss_sp => loss_t
   use fkb_losses_dp, only: huber_t, log_cosh_t, mean_squared_error_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use golden_tables, only: open_table, read_line
   implicit none (type, external)
   private
   public :: collect

   !> A few roundings of exponentials and logarithms, relative to the largest value.
   real(dp), parameter :: tolerance_sp = 2e-6_dp
   real(dp), parameter :: tolerance_dp = 1e-14_dp

   !> A user's loss with a state: the mean of gain*(y_pred - y_true)^4.
   type, extends(loss_dp) :: quartic_t
      real(dp) :: gain = 1
      logical :: wrong = .false.       !! whether the gradient is
   contains
      procedure :: evaluate => evaluate_quartic
      procedure :: configure => configure_quartic
   end type quartic_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'loss'
      call suite%add('real32 values and gradients are those of Keras', loss_table_sp)
      call suite%add('real64 values and gradients are those of Keras', loss_table_dp)
      call suite%add('names and aliases give the same losses', aliases_agree)
      call suite%add('bad configurations are refused by name', bad_configs_are_refused)
      call suite%add('labels outside the classes are refused', bad_labels_are_refused)
      call suite%add('a sample of weight zero counts for the mean only', zero_weights_count)
      call suite%add('a whole batch of weight zero has the loss zero', all_zero_weights)
      call suite%add('the checker passes right gradients', right_gradients_pass)
      call suite%add('the checker names a wrong gradient', wrong_gradient_is_named)
      call suite%add('a registered loss is made from its configuration', user_loss_is_made)
      call suite%add('a NaN in the output makes the loss a NaN', nan_stays)
   end subroutine collect

   !> Evaluate every case of the table in real32.
   subroutine loss_table_sp(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(loss_sp), allocatable :: loss
      type(error_t), allocatable :: error
      character(:), allocatable :: head, config
      character(8) :: dtype, source
      real(sp), allocatable :: t(:, :), p(:, :), w(:, :), expected(:, :), grad(:, :)
      real(dp) :: reduced, total, value
      integer :: unit, major, features, positions, batch, targets, cases
      type(shape_t) :: shape
      call open_table('losses.txt', unit, failure)
      if (allocated(failure)) return
      cases = 0
      do
         call read_line(unit, head)
         if (.not. allocated(head)) exit
         read (head, *) dtype, major, source, features, positions, batch, targets
         call read_line(unit, config)
         read (unit, *) reduced, total
         allocate (t(targets, batch), w(positions, batch))
         allocate (p(features*positions, batch), expected(features*positions, batch))
         read (unit, *) t
         read (unit, *) p
         read (unit, *) w
         read (unit, *) expected
         shape = shape_of([features, positions])
         if (positions == 1) shape = shape_of([features])
         if (dtype == 'float32') then
            cases = cases + 1
            call loss_from_config_sp(config, major, loss, error)
            call check(failure, .not. allocated(error), config//' is refused')
            if (allocated(failure)) exit
            call check_equal(failure, loss%target_features(shape), targets, 'target features')
            allocate (grad, mold=p)
            if (source == 'given') then
               call loss%evaluate(shape, t, p, w, value, grad)
            else
               call check(failure, loss%prefers_logits(), config//' ignores the logits')
               call loss%evaluate_logits(shape, t, p, w, value, grad)
            end if
            call check_close(failure, value, total, tolerance_sp, head//': value of '//config)
            call check_close(failure, value/loss%normaliser(shape, batch, w), reduced, &
                             tolerance_sp, head//': reduced '//config)
            call check_close(failure, grad, expected, real(tolerance_sp, sp), &
                             head//': gradient of '//config)
            deallocate (loss, grad)
            if (allocated(failure)) exit
         end if
         deallocate (t, w, p, expected)
      end do
      close (unit)
      if (cases < 60 .and. .not. allocated(failure)) then
         call fail(failure, 'the table has too few cases')
      end if
   end subroutine loss_table_sp

   !> Evaluate every case of the table in real64.
   subroutine loss_table_dp(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(loss_dp), allocatable :: loss
      type(error_t), allocatable :: error
      character(:), allocatable :: head, config
      character(8) :: dtype, source
      real(dp), allocatable :: t(:, :), p(:, :), w(:, :), expected(:, :), grad(:, :)
      real(dp) :: reduced, total, value
      integer :: unit, major, features, positions, batch, targets, cases
      type(shape_t) :: shape
      call open_table('losses.txt', unit, failure)
      if (allocated(failure)) return
      cases = 0
      do
         call read_line(unit, head)
         if (.not. allocated(head)) exit
         read (head, *) dtype, major, source, features, positions, batch, targets
         call read_line(unit, config)
         read (unit, *) reduced, total
         allocate (t(targets, batch), w(positions, batch))
         allocate (p(features*positions, batch), expected(features*positions, batch))
         read (unit, *) t
         read (unit, *) p
         read (unit, *) w
         read (unit, *) expected
         shape = shape_of([features, positions])
         if (positions == 1) shape = shape_of([features])
         if (dtype == 'float64') then
            cases = cases + 1
            call loss_from_config_dp(config, major, loss, error)
            call check(failure, .not. allocated(error), config//' is refused')
            if (allocated(failure)) exit
            call check_equal(failure, loss%target_features(shape), targets, 'target features')
            allocate (grad, mold=p)
            if (source == 'given') then
               call loss%evaluate(shape, t, p, w, value, grad)
            else
               call check(failure, loss%prefers_logits(), config//' ignores the logits')
               call loss%evaluate_logits(shape, t, p, w, value, grad)
            end if
            call check_close(failure, value, total, tolerance_dp, head//': value of '//config)
            call check_close(failure, value/loss%normaliser(shape, batch, w), reduced, &
                             tolerance_dp, head//': reduced '//config)
            call check_close(failure, grad, expected, real(tolerance_dp, dp), &
                             head//': gradient of '//config)
            deallocate (loss, grad)
            if (allocated(failure)) exit
         end if
         deallocate (t, w, p, expected)
      end do
      close (unit)
      if (cases < 60 .and. .not. allocated(failure)) then
         call fail(failure, 'the table has too few cases')
      end if
   end subroutine loss_table_dp

   subroutine aliases_agree(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call same('mse', '"mean_squared_error"', failure)
      call same('"MeanSquaredError"', '{"class_name":"MeanSquaredError","config":{}}', failure)
      call same('MAE', 'mean_absolute_error', failure)
      call same('huber', '{"module":"keras.losses","class_name":"Huber","config":{"name":'// &
                '"huber_loss","reduction":"sum_over_batch_size"},"registered_name":null}', failure)
      call same('logcosh', 'LogCosh', failure)
      call same('bce', '{"module":"builtins","class_name":"function","config":'// &
                '"binary_crossentropy","registered_name":"function"}', failure)
      call same('CategoricalCrossentropy', 'categorical_crossentropy', failure)
   end subroutine aliases_agree

   !> Check that two configurations give equal numbers.
   subroutine same(first, second, failure)
      character(*), intent(in) :: first, second
      type(failure_t), allocatable, intent(inout) :: failure
      class(loss_dp), allocatable :: a, b
      type(error_t), allocatable :: error
      real(dp) :: t(3, 2), p(3, 2), w(1, 2), value_a, value_b, grad_a(3, 2), grad_b(3, 2)
      t = reshape([0, 1, 0, 1, 0, 0], [3, 2])
      p = reshape([0.1_dp, 0.5_dp, 0.4_dp, 0.7_dp, 0.2_dp, 0.1_dp], [3, 2])
      w = 1
      call loss_from_config_dp(first, 3, a, error)
      call check(failure, .not. allocated(error), first//' is refused')
      call loss_from_config_dp(second, 3, b, error)
      call check(failure, .not. allocated(error), second//' is refused')
      if (allocated(failure)) return
      call a%evaluate(shape_of([3]), t, p, w, value_a, grad_a)
      call b%evaluate(shape_of([3]), t, p, w, value_b, grad_b)
      call check(failure, value_a > 0, first//' has no value')
      call check_close(failure, value_a, value_b, 0.0_dp, first//' and '//second)
      call check_equal(failure, grad_a, grad_b, first//' and '//second)
   end subroutine same

   subroutine bad_configs_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused('hinges', 'hinges', failure)
      call refused('{"class_name":"my>Loss","config":{}}', 'my>Loss', failure)
      call refused('{"class_name":"Huber","config":{"delta":0}}', 'delta', failure)
      call refused('{"class_name":"Huber","config":{"slope":1}}', 'slope', failure)
      call refused('{"class_name":"MeanSquaredError","config":{"reduction":null}}', 'none', failure)
      call refused('{"class_name":"MeanSquaredError","config":{"reduction":"all"}}', 'all', failure)
      call refused('{"class_name":"MeanSquaredError","config":{"dtype":"float16"}}', 'float16', &
                   failure)
      call refused('{"class_name":"BinaryCrossentropy","config":{"axis":1}}', 'axis', failure)
      call refused('{"class_name":"BinaryCrossentropy","config":{"label_smoothing":2}}', &
                   'label_smoothing', failure)
      call refused('{"class_name":"SparseCategoricalCrossentropy","config":{"ignore_class":"a"}}', &
                   'ignore_class', failure)
      call refused('{"class_name":', 'malformed', failure)
      call refused('["mse"]', 'not a name', failure)
      call refused('{"config":{}}', 'no class', failure)
      call refused('', 'registered', failure)
   end subroutine bad_configs_are_refused

   !> Check that a configuration is refused with a message that contains a word.
   subroutine refused(config, word, failure)
      character(*), intent(in) :: config, word
      type(failure_t), allocatable, intent(inout) :: failure
      class(loss_dp), allocatable :: loss
      type(error_t), allocatable :: error
      call loss_from_config_dp(config, 3, loss, error)
      call check(failure, allocated(error), config//' is taken')
      if (allocated(failure)) return
      call check(failure, .not. allocated(loss), config//' leaves a loss behind')
      call check(failure, index(error%message, word) > 0, error%message)
   end subroutine refused

   subroutine bad_labels_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(sparse_categorical_crossentropy_t) :: loss
      type(error_t), allocatable :: error
      real(dp) :: labels(2, 2)
      labels = reshape([0, 2, 1, 0], [2, 2])
      call loss%check_target(shape_of([3, 2]), labels, error)
      call check(failure, .not. allocated(error), 'labels 0 to 2 of 3 classes are refused')
      labels(1, 2) = 3
      call loss%check_target(shape_of([3, 2]), labels, error)
      call check(failure, allocated(error), 'label 3 of 3 classes is taken')
      if (allocated(failure)) return
      call check(failure, index(error%message, 'sample 2') > 0, error%message)
      labels(1, 2) = -1
      call loss%check_target(shape_of([3, 2]), labels, error)
      call check(failure, allocated(error), 'label -1 is taken')
   end subroutine bad_labels_are_refused

   subroutine zero_weights_count(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(mean_squared_error_t) :: loss
      real(dp) :: t(1, 2), p(1, 2), w(1, 2), value, grad(1, 2)
      t = 0
      p = 3
      w(1, :) = [1, 0]
      call loss%evaluate(shape_of([1]), t, p, w, value, grad)
      call check_close(failure, value/loss%normaliser(shape_of([1]), 2, w), 4.5_dp, 1e-15_dp, &
                       'mean')
      call check_equal(failure, grad(1, 2:2), [0.0_dp], 'gradient of the sample without weight')
   end subroutine zero_weights_count

   subroutine all_zero_weights(failure)
      type(failure_t), allocatable, intent(out) :: failure
      class(loss_dp), allocatable :: loss
      type(error_t), allocatable :: error
      real(dp) :: t(1, 2), p(1, 2), w(1, 2), value, grad(1, 2)
      call loss_from_config_dp('{"class_name":"MeanSquaredError","config":{"reduction":'// &
                               '"mean_with_sample_weight"}}', 3, loss, error)
      call check(failure, .not. allocated(error), 'the reduction is refused')
      if (allocated(failure)) return
      t = 0
      p = 3
      w = 0
      call loss%evaluate(shape_of([1]), t, p, w, value, grad)
      call check_close(failure, value/loss%normaliser(shape_of([1]), 2, w), 0.0_dp, 0.0_dp, 'loss')
   end subroutine all_zero_weights

   subroutine right_gradients_pass(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call gradient_passes(mean_squared_error_t(), failure)
      call gradient_passes(huber_t(delta=0.6_dp), failure)
      call gradient_passes(log_cosh_t(), failure)
      call gradient_passes(binary_crossentropy_t(label_smoothing=0.1_dp), failure)
      call gradient_passes(binary_crossentropy_t(keras_major=2), failure)
      call gradient_passes(quartic_t(gain=2.0_dp), failure)
   end subroutine right_gradients_pass

   subroutine gradient_passes(loss, failure)
      class(loss_dp), intent(in) :: loss
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      real(dp) :: t(4, 2), p(4, 2)
      t = reshape([0.0_dp, 1.0_dp, 1.0_dp, 0.0_dp, 1.0_dp, 0.0_dp, 0.3_dp, 0.9_dp], [4, 2])
      p = reshape([0.1_dp, 0.2_dp, 0.9_dp, 0.8_dp, 0.5_dp, 0.7_dp, 0.3_dp, 0.1_dp], [4, 2])
      call check_loss_gradient(loss, shape_of([2, 2]), t, p, error, &
                               sample_weight=reshape([1.0_dp, 0.5_dp, 2.0_dp, 0.0_dp], [2, 2]))
      if (allocated(error)) call fail(failure, error%message)
   end subroutine gradient_passes

   subroutine wrong_gradient_is_named(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(error_t), allocatable :: error
      real(dp) :: t(2, 3), p(2, 3), worst
      t = 0
      p = 1
      p(2, 3) = 3
      call check_loss_gradient(quartic_t(wrong=.true.), shape_of([2]), t, p, error, worst=worst)
      call check(failure, allocated(error), 'a wrong gradient passes')
      if (allocated(failure)) return
      call check(failure, index(error%message, 'feature 2 of sample 3') > 0, error%message)
      call check_close(failure, worst, 0.01_dp, 1e-3_dp, 'the difference', scale=1.0_dp)
   end subroutine wrong_gradient_is_named

   subroutine user_loss_is_made(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(loss_registry_t) :: registry
      class(loss_dp), allocatable :: loss
      type(error_t), allocatable :: error
      real(dp) :: t(1, 1), p(1, 1), w(1, 1), value, grad(1, 1)
      call registry%add('my_pkg>Quartic', quartic_t(), error)
      call check(failure, .not. allocated(error), 'a new name is refused')
      call registry%add('my_pkg>Quartic', quartic_t(), error)
      call check(failure, allocated(error), 'a name can be taken twice')
      call loss_from_config_dp('{"module":"m","class_name":"Quartic","config":{"gain":3.0,'// &
                               '"name":"q"},"registered_name":"my_pkg>Quartic"}', 3, loss, error, &
                               registry)
      call check(failure, .not. allocated(error), 'the registered loss is refused')
      if (allocated(failure)) return
      t = 0
      p = 2
      w = 1
      call loss%evaluate(shape_of([1]), t, p, w, value, grad)
      call check_close(failure, value, 48.0_dp, 1e-15_dp, 'the value')
      call registry%clear()
   end subroutine user_loss_is_made

   subroutine nan_stays(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call nan_of('mse', failure)
      call nan_of('mae', failure)
      call nan_of('huber', failure)
      call nan_of('log_cosh', failure)
      call nan_of('binary_crossentropy', failure)
      call nan_of('categorical_crossentropy', failure)
      call nan_of('sparse_categorical_crossentropy', failure)
   end subroutine nan_stays

   subroutine nan_of(name, failure)
      character(*), intent(in) :: name
      type(failure_t), allocatable, intent(inout) :: failure
      class(loss_dp), allocatable :: loss
      type(error_t), allocatable :: error
      real(dp) :: t(2, 1), p(2, 1), w(1, 1), value, grad(2, 1), zero
      call loss_from_config_dp(name, 3, loss, error)
      zero = 0
      t = 1
      p(1, 1) = zero/zero
      p(2, 1) = 0.5_dp
      w = 1
      call loss%evaluate(shape_of([2]), t, p, w, value, grad)
      call check(failure, .not. value <= huge(value), name//' hides a NaN')
   end subroutine nan_of

   subroutine evaluate_quartic(self, shape, y_true, y_pred, sample_weight, value, grad)
      class(quartic_t), intent(in) :: self
      type(shape_t), intent(in) :: shape
      real(dp), intent(in), contiguous :: y_true(:, :)
      real(dp), intent(in), contiguous :: y_pred(:, :)
      real(dp), intent(in), contiguous :: sample_weight(:, :)
      real(dp), intent(out) :: value
      real(dp), intent(out), contiguous :: grad(:, :)
      real(dp) :: weight
      integer :: i, j, n
      n = shape%extent(1)
      value = 0
      do j = 1, size(y_pred, 2)
         do i = 1, size(y_pred, 1)
            weight = self%gain*sample_weight((i - 1)/n + 1, j)/n
            value = value + weight*(y_pred(i, j) - y_true(i, j))**4
            grad(i, j) = weight*4*(y_pred(i, j) - y_true(i, j))**3
            if (self%wrong) grad(i, j) = 1.01_dp*grad(i, j)
         end do
      end do
   end subroutine evaluate_quartic

   subroutine configure_quartic(self, config, error)
      class(quartic_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call self%configure_reduction(config, error)
      if (allocated(error)) return
      call config%get('gain', self%gain, error, default=1.0_dp)
   end subroutine configure_quartic

end module test_loss
