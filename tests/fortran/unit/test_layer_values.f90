!> What layers compute where Keras leaves a choice: ties, moving statistics, noise, indices.
module test_layer_values
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
   use fkb_builtin_dp, only: add_builtin_layers
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8
   use fkb_layer_dp, only: mode_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_random_dp, only: normal_values, threefry, uniform_values
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   real(dp), parameter :: tight = 1e-14_dp
   type(mode_t), parameter :: training = mode_t(training=.true., seed=3_i8)

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'layer_values'
      call suite%add('at a tie the first input gets the gradient', first_input_wins_ties)
      call suite%add('a shared value gets the sum of its gradients', broadcast_gradients_are_summed)
      call suite%add('Concatenate and Permute put values where Keras puts them', values_are_placed)
      call suite%add('moving statistics move as in Keras 3', moving_statistics_of_keras_3)
      call suite%add('moving variance is unbiased in fused Keras 2', moving_variance_of_keras_2)
      call suite%add('a frozen BatchNormalization stays in inference', frozen_stays_in_inference)
      call suite%add('a constant input is not divided by zero', constants_are_normalised)
      call suite%add('Embedding refuses what is no index', embedding_refuses_indices)
      call suite%add('Embedding adds up gradients of a repeated index', embedding_adds_up)
      call suite%add('Threefry gives its published numbers', threefry_is_threefry)
      call suite%add('random numbers have the moments of their distributions', moments_are_right)
      call suite%add('noise depends on sample, step, node and seed, not on blocks', &
                     noise_is_a_function)
      call suite%add('Dropout drops its share and scales the rest', dropout_scales)
      call suite%add('SpatialDropout drops whole channels', spatial_dropout_drops_channels)
      call suite%add('layers take an empty batch', empty_batches_pass)
   end subroutine collect

   subroutine first_input_wins_ties(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      character(7), parameter :: names(2) = ['Maximum', 'Minimum']
      integer :: i
      do i = 1, 2
         call make(failure, probe, names(i), '{}', [shape_of([2]), shape_of([2]), shape_of([2])], 1)
         probe%x(1)%v(:, 1) = [1.0_dp, 2.0_dp]
         probe%x(2)%v(:, 1) = [1.0_dp, 2.0_dp]
         probe%x(3)%v(:, 1) = [1.0_dp, 2.0_dp]
         probe%dy(1)%v = 5
         call probe%forward(training)
         call probe%backward(training)
         call check_equal(failure, probe%dx(1)%v(:, 1), [5.0_dp, 5.0_dp], 'the first gradient')
         call check_equal(failure, probe%dx(2)%v(:, 1), [0.0_dp, 0.0_dp], 'the second gradient')
         call check_equal(failure, probe%dx(3)%v(:, 1), [0.0_dp, 0.0_dp], 'the third gradient')
         call probe%clear()
      end do
   end subroutine first_input_wins_ties

   subroutine broadcast_gradients_are_summed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      call make(failure, probe, 'Subtract', '{}', [shape_of([2, 3]), shape_of([2])], 1)
      probe%x(1)%v(:, 1) = [1, 2, 3, 4, 5, 6]
      probe%x(2)%v(:, 1) = [10, 20]
      probe%dy(1)%v(:, 1) = [1, 2, 3, 4, 5, 6]
      call probe%forward(training)
      call probe%backward(training)
      call check_equal(failure, probe%y(1)%v(:, 1), real([-9, -18, -7, -16, -5, -14], dp), 'y')
      call check_equal(failure, probe%dx(2)%v(:, 1), real([-9, -12], dp), 'the second gradient')
      call probe%clear()
   end subroutine broadcast_gradients_are_summed

   subroutine values_are_placed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      call make(failure, probe, 'Concatenate', '{"axis":-1}', [shape_of([2, 2]), shape_of([1, &
                2])], 1)
      probe%x(1)%v(:, 1) = [1, 2, 3, 4]
      probe%x(2)%v(:, 1) = [5, 6]
      call probe%forward(mode_t())
      call check_equal(failure, probe%y(1)%v(:, 1), real([1, 2, 5, 3, 4, 6], dp), 'Concatenate')
      call make(failure, probe, 'Permute', '{"dims":[2,1]}', [shape_of([2, 3])], 1)
      probe%x(1)%v(:, 1) = [1, 2, 3, 4, 5, 6]
      call probe%forward(mode_t())
      call check_equal(failure, probe%y(1)%v(:, 1), real([1, 3, 5, 2, 4, 6], dp), 'Permute')
      call make(failure, probe, 'Flatten', '{"data_format":"channels_first"}', [shape_of([2, &
                3])], 1)
      probe%x(1)%v(:, 1) = [1, 2, 3, 4, 5, 6]
      call probe%forward(mode_t())
      call check_equal(failure, probe%y(1)%v(:, 1), real([1, 3, 5, 2, 4, 6], dp), 'Flatten')
      call probe%clear()
   end subroutine values_are_placed

   subroutine moving_statistics_of_keras_3(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      call make(failure, probe, 'BatchNormalization', '{"momentum":0.75}', [shape_of([1, 1, 1])], 4)
      probe%x(1)%v(1, :) = [1, 2, 3, 6]
      probe%weights = [1, 0, 10, 20]
      call probe%forward(training)
      call check_close(failure, probe%y(1)%v(1, :), ([1, 2, 3, 6] - 3)/sqrt(3.501_dp), tight, 'y')
      call probe%update(training)
      call check_close(failure, probe%weights, [1.0_dp, 0.0_dp, 8.25_dp, 15.875_dp], tight, &
                       'weights')
      call probe%forward(mode_t())
      call check_close(failure, probe%y(1)%v(1, :), ([1, 2, 3, 6] - 8.25_dp)/sqrt(15.876_dp), &
                       tight, 'y in inference')
      call probe%clear()
   end subroutine moving_statistics_of_keras_3

   subroutine moving_variance_of_keras_2(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(40), parameter :: options(3) = [character(40) :: '{"momentum":0.75}', &
         '{"momentum":0.75,"dtype":"float64"}', '{"momentum":0.75,"axis":2}']
      real(dp), parameter :: variance(3) = [14/3.0_dp, 3.5_dp, 3.5_dp]
      type(layer_probe_t), target :: probe
      integer :: i
      do i = 1, 3
         call make(failure, probe, 'BatchNormalization', trim(options(i)), [shape_of([1, 1, 1])], &
                   4, 2)
         probe%x(1)%v(1, :) = [1, 2, 3, 6]
         probe%weights = [1, 0, 10, 20]
         call probe%forward(training)
         call probe%update(training)
         call check_close(failure, probe%weights(4), 15 + variance(i)/4, tight, options(i))
      end do
      call probe%clear()
   end subroutine moving_variance_of_keras_2

   subroutine frozen_stays_in_inference(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      real(dp), allocatable :: before(:), y(:, :)
      call make(failure, probe, 'BatchNormalization', '{"trainable":false}', [shape_of([3])], 4)
      call probe%fill(1)
      before = probe%weights
      call probe%forward(mode_t())
      y = probe%y(1)%v
      call probe%forward(training)
      call check_equal(failure, probe%y(1)%v, y, 'y')
      call probe%update(training)
      call check_equal(failure, probe%weights, before, 'weights')
      call probe%clear()
   end subroutine frozen_stays_in_inference

   subroutine constants_are_normalised(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      call make(failure, probe, 'LayerNormalization', '{"epsilon":1e-3}', [shape_of([3])], 2)
      ! Not as one constant: gfortran 12 with AVX-512 stores [1, 1, 1, 0, 0, 0] wrong.
      probe%weights(:3) = 1
      probe%weights(4:) = 0
      probe%x(1)%v = 0.125_dp
      call probe%forward(mode_t())
      call check_close(failure, probe%y(1)%v, spread(spread(0.0_dp, 1, 3), 2, 2), tight, &
                       'LayerNormalization')
      call make(failure, probe, 'Normalization', '{"mean":1.0,"variance":0.0}', [shape_of([3])], 1)
      probe%x(1)%v = 1 + 1e-6_dp
      call probe%forward(mode_t())
      call check_close(failure, probe%y(1)%v(:, 1), spread(10.0_dp, 1, 3), 1e-8_dp, 'Normalization')
      call probe%clear()
   end subroutine constants_are_normalised

   subroutine embedding_refuses_indices(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      type(error_t), allocatable :: error
      real(dp) :: wrong(6)
      integer :: i
      wrong = [-1.0_dp, 3.0_dp, 0.5_dp, 1e30_dp, -huge(1.0_dp), huge(1.0_dp)]
      call make(failure, probe, 'Embedding', '{"input_dim":3,"output_dim":2}', [shape_of([2])], 2)
      probe%x(1)%v = reshape([0, 1, 2, 0], [2, 2])
      call probe%check_input(error)
      call check(failure, .not. allocated(error), 'right indices were refused')
      do i = 1, size(wrong)
         probe%x(1)%v(2, 2) = wrong(i)
         call probe%check_input(error)
         if (allocated(error)) then
            call check(failure, index(error%message, 'value 2 of sample 2') > 0, error%message)
         else
            call fail(failure, 'a wrong index was taken')
         end if
         call probe%forward(mode_t())
         call check(failure, all(ieee_is_nan(probe%y(1)%v(3:4, 2))), &
                    'a wrong index does not give NaN')
      end do
      call probe%clear()
   end subroutine embedding_refuses_indices

   subroutine embedding_adds_up(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      call make(failure, probe, 'Embedding', '{"input_dim":3,"output_dim":2}', [shape_of([3])], 1)
      probe%weights = [1, 2, 3, 4, 5, 6]
      probe%x(1)%v(:, 1) = [2, 0, 2]
      probe%dy(1)%v(:, 1) = [1, 2, 3, 4, 5, 6]
      call probe%forward(training)
      call check_equal(failure, probe%y(1)%v(:, 1), real([5, 6, 1, 2, 5, 6], dp), 'y')
      call probe%backward(training)
      call check_equal(failure, probe%gradient, real([3, 4, 0, 0, 6, 8], dp), 'the gradient')
      call probe%clear()
   end subroutine embedding_adds_up

   !> The vectors of Random123's known answers for threefry2x32 with 20 rounds.
   subroutine threefry_is_threefry(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer(i8), parameter :: ones = int(z'ffffffff', i8)
      call check(failure, all(threefry([0_i8, 0_i8], [0_i8, 0_i8]) == &
                              [int(z'6b200159', i8), int(z'99ba4efe', i8)]), 'of zeros')
      call check(failure, all(threefry([ones, ones], [ones, ones]) == &
                              [int(z'1cb996fc', i8), int(z'bb002be7', i8)]), 'of ones')
      call check(failure, all(threefry([int(z'13198a2e', i8), int(z'03707344', i8)], &
                                       [int(z'243f6a88', i8), int(z'85a308d3', i8)]) == &
                              [int(z'c4923a9c', i8), int(z'483df7a0', i8)]), 'of pi')
   end subroutine threefry_is_threefry

   !> 100,000 numbers: standard errors of the moments are 0.001 to 0.01, five of them are allowed.
   subroutine moments_are_right(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: n = 99999
      real(dp), allocatable :: v(:)
      allocate (v(n))
      call uniform_values(1_i8, 2, 3_i8, 4_i8, n, v)
      call check(failure, minval(v) > 0 .and. maxval(v) < 1, 'uniform numbers leave (0, 1)')
      call check_close(failure, sum(v)/n, 0.5_dp, 0.005_dp, 'the uniform mean', scale=1.0_dp)
      call check_close(failure, sum((v - 0.5_dp)**2)/n, 1/12.0_dp, 0.002_dp, &
                       'the uniform variance', &
                       scale=1.0_dp)
      call check_close(failure, sum((v(2:) - 0.5_dp)*(v(:n - 1) - 0.5_dp))/n, 0.0_dp, 0.002_dp, &
                       'the correlation of neighbours', scale=1.0_dp)
      call normal_values(1_i8, 2, 3_i8, 4_i8, n, v)
      call check_close(failure, sum(v)/n, 0.0_dp, 0.016_dp, 'the normal mean', scale=1.0_dp)
      call check_close(failure, sum(v**2)/n, 1.0_dp, 0.023_dp, 'the normal variance', scale=1.0_dp)
      call check_close(failure, sum(v**4)/n, 3.0_dp, 0.16_dp, 'the normal kurtosis', scale=1.0_dp)
   end subroutine moments_are_right

   subroutine noise_is_a_function(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(15), parameter :: names(3) = [character(15) :: 'Dropout', 'AlphaDropout', &
                'GaussianDropout']
      type(layer_probe_t), target :: whole, part
      integer :: i, k
      type(mode_t) :: modes(4)
      modes = mode_t(training=.true., seed=9_i8, step=4_i8, first_sample=8_i8, node=3)
      modes(2)%seed = 10
      modes(3)%step = 5
      modes(4)%node = 4
      do i = 1, size(names)
         call make(failure, whole, trim(names(i)), '{"rate":0.4}', [shape_of([20])], 3)
         call make(failure, part, trim(names(i)), '{"rate":0.4}', [shape_of([20])], 1)
         whole%x(1)%v = 1
         part%x(1)%v = 1
         call whole%forward(mode_t(training=.true., seed=9_i8, step=4_i8, first_sample=6_i8, &
                            node=3))
         call part%forward(modes(1))
         call check_equal(failure, whole%y(1)%v(:, 3), part%y(1)%v(:, 1), 'sample 8 of two blocks')
         call check(failure, any(abs(whole%y(1)%v(:, 2) - part%y(1)%v(:, 1)) > 0), &
                    'two samples have the same noise')
         do k = 2, 4
            call part%forward(modes(k))
            call check(failure, any(abs(whole%y(1)%v(:, 3) - part%y(1)%v(:, 1)) > 0), &
                       'another seed, step or node gives the same noise')
         end do
      end do
      call whole%clear()
      call part%clear()
   end subroutine noise_is_a_function

   subroutine dropout_scales(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      integer :: dropped
      call make(failure, probe, 'Dropout', '{"rate":0.25}', [shape_of([1000])], 40)
      probe%x(1)%v = 3
      call probe%forward(training)
      dropped = count(abs(probe%y(1)%v) <= 0)
      call check(failure, count(abs(probe%y(1)%v - 4) < tight) + dropped == 40000, &
                 'values are not 0 or 4')
      call check(failure, abs(dropped - 10000) < 450, 'far from a quarter is dropped')
      call probe%clear()
   end subroutine dropout_scales

   subroutine spatial_dropout_drops_channels(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      integer :: c, dropped
      call make(failure, probe, 'SpatialDropout1D', '{"rate":0.5}', [shape_of([20, 3])], 1)
      probe%x(1)%v = 1
      call probe%forward(training)
      dropped = 0
      do c = 1, 20
         associate (channel => probe%y(1)%v(c::20, 1))
            call check(failure, maxval(channel) - minval(channel) <= 0, 'a channel is torn')
            if (channel(1) <= 0) dropped = dropped + 1
         end associate
      end do
      call check(failure, dropped > 2 .and. dropped < 18, 'channels are dropped together')
      call probe%clear()
   end subroutine spatial_dropout_drops_channels

   subroutine empty_batches_pass(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(40), parameter :: classes(10) = [character(40) :: 'Dense', 'Activation', 'ReLU', &
         'Softmax', 'LayerNormalization', 'Normalization', 'Flatten', 'Dropout', 'PReLU', &
            'Rescaling']
      character(40), parameter :: options(10) = [character(40) :: '{"units":3}', &
         '{"activation":"tanh"}', '{}', '{"axis":1}', '{"axis":1}', '{}', '{}', '{"rate":0.5}', &
            '{}', &
         '{"scale":2}']
      type(layer_probe_t), target :: probe
      integer :: i
      do i = 1, size(classes)
         call make(failure, probe, trim(classes(i)), trim(options(i)), [shape_of([2, 3])], 0)
         if (allocated(failure)) return
         call probe%forward(training)
         call probe%backward(training)
         call check_equal(failure, size(probe%y(1)%v), 0, classes(i))
         call check(failure, all(abs(probe%gradient) <= 0), 'a gradient from nothing')
      end do
      call probe%clear()
   end subroutine empty_batches_pass

   !> A layer that is ready to run.
   subroutine make(failure, probe, class_name, options, shapes, batch, keras_major)
      type(failure_t), allocatable, intent(inout) :: failure
      type(layer_probe_t), intent(inout) :: probe
      character(*), intent(in) :: class_name, options
      type(shape_t), intent(in) :: shapes(:)
      integer, intent(in) :: batch
      integer, intent(in), optional :: keras_major
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_builtin_layers(registry, error)
      call probe%make(registry, class_name, options, error, keras_major)
      if (.not. allocated(error)) call probe%prepare(shapes, batch, error)
      if (allocated(error)) call fail(failure, class_name//': '//error%message)
      call registry%clear()
   end subroutine make

end module test_layer_values
