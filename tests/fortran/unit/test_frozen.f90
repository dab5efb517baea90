!> Networks frozen for inference give the answers of the layers as they are.
module test_frozen
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
   use fkb_dp, only: dp, error_t, keras_tensor_t, model_t, network_t, workspace_t
   use fkb_layers, only: activation, add, batch_normalization, bidirectional, concatenate, conv1d, &
      conv2d, dense, dropout, flatten, gru, input_layer, keras_layer, lstm, simple_rnn, &
      time_distributed
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   use frozen_cases, only: compare, expect_none, fill, path
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'frozen'
      call suite%add('dense layers keep their bits for any batch', dense_layers)
      call suite%add('normalisation is packed with the dense layer before it', folded_dense)
      call suite%add('normalisation that others read beside stays', not_folded)
      call suite%add('convolutions keep their bits in all their ways', convolutions)
      call suite%add('normalisation is packed with convolutions', folded_convolutions)
      call suite%add('values beyond Winograd''s transform are summed', wild_values)
      call suite%add('recurrent layers keep their bits', recurrent_layers)
      call suite%add('attention keeps its bits', attention)
      call suite%add('calls of a shared layer pack once, with normalisation each its own', shared)
      call suite%add('open extents are left as they are', open_extents)
   end subroutine collect

   subroutine dense_layers(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      call model%add(input_layer(shape=[300]))
      call model%add(dense(513, activation='tanh'))
      call model%add(dense(129, activation='relu', use_bias=.false.))
      call model%add(dropout(0.5))
      call model%add(dense(65))
      call model%add(dense(3, activation='sigmoid'))
      call compare(failure, model, 'dense', 5)
   end subroutine dense_layers

   subroutine folded_dense(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net
      type(error_t), allocatable :: error
      call model%add(input_layer(shape=[20, 7]))
      call model%add(dense(40))
      call model%add(batch_normalization())
      call model%add(activation('relu'))
      call model%add(dense(33, use_bias=.false.))
      call model%add(batch_normalization(options='{"scale":false}'))
      call model%add(dense(4, activation='tanh'))
      call model%add(batch_normalization(options='{"center":false}'))
      call compare(failure, model, 'dense and normalisation', 12)
      call net%load(path, error)
      if (.not. allocated(error)) call net%freeze(error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, count(net%frozen%folded), 2, 'normalisations folded')
   end subroutine folded_dense

   subroutine not_folded(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(keras_tensor_t) :: x, y, z
      type(network_t) :: net
      type(error_t), allocatable :: error
      x = model%input(shape=[6])
      y = model%apply(dense(5), x)
      z = model%apply(batch_normalization(), y)
      z = model%apply(activation('relu'), z)
      y = model%apply(concatenate(), [y, z])
      y = model%apply(activation('relu'), y)
      y = model%apply(batch_normalization(), y)
      call model%output(y)
      call compare(failure, model, 'read twice', 6)
      call net%load(path, error)
      if (.not. allocated(error)) call net%freeze(error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, count(net%frozen%folded), 0, 'normalisations folded')
   end subroutine not_folded

   !> Winograd, bands with and without padding, few outputs, patches, one position, groups, strides.
   subroutine convolutions(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      call model%add(input_layer(shape=[22, 22, 3]))
      call model%add(conv2d(32, [3, 3], padding='same', activation='relu'))
      call model%add(conv2d(40, [3, 3], padding='same', activation='tanh'))
      call model%add(conv2d(32, [1, 1]))
      call model%add(conv2d(33, [3, 3], options='{"strides":[2,2]}', activation='relu'))
      call model%add(keras_layer('DepthwiseConv2D', '{"kernel_size":[3,3],"depth_multiplier":2}'))
      call model%add(conv2d(12, [3, 2], options='{"groups":3}'))
      call model%add(conv2d(3, [2, 2], options='{"use_bias":false}'))
      call compare(failure, model, 'convolutions', 10)
      call model%start()
      call model%add(input_layer(shape=[40, 18]))
      call model%add(conv1d(20, [5], padding='causal'))
      call model%add(conv1d(70, [3], activation='relu', options='{"dilation_rate":2}'))
      call compare(failure, model, 'convolutions along one axis', 3)
   end subroutine convolutions

   subroutine folded_convolutions(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(keras_tensor_t) :: x, y
      x = model%input(shape=[20, 20, 3])
      x = model%apply(conv2d(32, [3, 3], padding='same', use_bias=.false.), x)
      x = model%apply(batch_normalization(), x)
      x = model%apply(activation('relu'), x)
      y = model%apply(conv2d(32, [3, 3], padding='same'), x)
      y = model%apply(batch_normalization(), y)
      x = model%apply(add(), [x, y])
      x = model%apply(activation('relu'), x)
      x = model%apply(keras_layer('DepthwiseConv2D', '{"kernel_size":[3,3],"strides":[2,2]}'), x)
      x = model%apply(batch_normalization(), x)
      x = model%apply(activation('relu'), x)
      x = model%apply(conv2d(3, [3, 3]), x)
      x = model%apply(batch_normalization(), x)
      x = model%apply(flatten(), x)
      call model%output(x)
      call compare(failure, model, 'residual block', 40)
   end subroutine folded_convolutions

   !> An image with an infinity, and a kernel with a huge value, among tame ones.
   subroutine wild_values(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), y(:, :), z(:, :)
      integer :: i, wild
      allocate (x(32*400, 3), y(32*324, 3), z(32*324, 3))
      call model%add(input_layer(shape=[20, 20, 32]))
      call model%add(conv2d(32, [3, 3]))
      call model%build(net, error, 1)
      x = reshape([(sin(0.7_dp*i), i=1, size(x))], shape(x))
      x(1000, 2) = sqrt(huge(1.0_dp))
      do wild = 0, 1
         if (wild == 1 .and. .not. allocated(error)) net%params(500) = sqrt(huge(1.0_dp))
         if (.not. allocated(error)) call net%predict(x, y, work, error)
         if (.not. allocated(error)) call net%freeze(error)
         if (.not. allocated(error)) call net%predict(x, z, work, error)
         call expect_none(failure, error)
         if (allocated(failure)) return
         call check(failure, all(abs(y - z) <= 0 .or. (ieee_is_nan(y) .and. ieee_is_nan(z))), &
            'other bits')
         call net%thaw()
      end do
   end subroutine wild_values

   subroutine recurrent_layers(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      call model%add(input_layer(shape=[11, 5]))
      call model%add(lstm(40, return_sequences=.true.))
      call model%add(bidirectional(gru(33, return_sequences=.true.)))
      call model%add(simple_rnn(9, return_sequences=.true., options='{"use_bias":false}'))
      call model%add(gru(8, options='{"reset_after":false}', return_sequences=.true.))
      call model%add(time_distributed(dense(6, activation='relu')))
      call model%add(lstm(3, options='{"go_backwards":true,"dropout":0.5}'))
      call compare(failure, model, 'recurrent', 90)
   end subroutine recurrent_layers

   subroutine attention(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(keras_tensor_t) :: x, y
      x = model%input(shape=[9, 24])
      y = model%apply(keras_layer('MultiHeadAttention', '{"num_heads":3,"key_dim":11}'), [x, x])
      x = model%apply(add(), [x, y])
      y = model%apply(keras_layer('MultiHeadAttention', &
         '{"num_heads":2,"key_dim":5,"value_dim":7,"use_bias":false}'), [x, x])
      call model%output(y)
      call compare(failure, model, 'attention', 30)
   end subroutine attention

   subroutine shared(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(keras_tensor_t) :: x, y, z
      type(network_t) :: net
      type(error_t), allocatable :: error
      x = model%input(shape=[30])
      y = model%apply(dense(30, name='twice'), x)
      y = model%apply('twice', y)
      z = model%apply(batch_normalization(), model%apply('twice', y))
      y = model%apply(batch_normalization(), model%apply('twice', z))
      call model%output(y)
      call compare(failure, model, 'shared', 12)
      call net%load(path, error)
      if (.not. allocated(error)) call net%freeze(error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check(failure, net%frozen%first(1) == net%frozen%first(2), 'packed once')
      call check_equal(failure, count(net%frozen%folded), 2, 'normalisations folded')
   end subroutine shared

   subroutine open_extents(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(16*30, 2), y(2*28, 2), z(2*28, 2)
      integer :: i
      call model%add(input_layer(shape=[-1, 16]))
      call model%add(conv1d(20, [3]))
      call model%add(batch_normalization())
      call model%add(dense(2, activation='tanh'))
      call model%build(net, error, 1)
      if (.not. allocated(error)) call fill(net)
      x = reshape([(sin(0.7_dp*i), i=1, size(x))], shape(x))
      if (.not. allocated(error)) call net%predict(x, y, work, error)
      if (.not. allocated(error)) call net%freeze(error)
      if (.not. allocated(error)) call net%predict(x, z, work, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, z, y, 1e-14_dp, 'open extents')
   end subroutine open_extents

end module test_frozen
