!> Networks born in Fortran: names and order as Keras has them, first weights, refusals, and
!> extending a network.
module test_model
   use fkb_dp, only: dp, error_t, keras_tensor_t, model_t, network_t, workspace_t
   use fkb_layers, only: activation, batch_normalization, bidirectional, concatenate, conv2d, &
      conv2d_transpose, dense, dropout, embedding, global_average_pooling2d, input_layer, &
      keras_layer, layer_spec_t, leaky_relu, lstm, reshape_layer, rnn, time_distributed
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   use model_files, only: write_lines
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'model'
      call suite%add('layers get the names that Keras counts', names_are_counted)
      call suite%add('a built network is that of its file, bit for bit', saved_is_built)
      call suite%add('the seed decides the first weights', seed_decides)
      call suite%add('calls stand in the order of Keras, unneeded ones nowhere', order_is_keras)
      call suite%add('a layer called again shares its weights', again_shares)
      call suite%add('what cannot be built is named, and the network stays', refusals)
      call suite%add('arguments and options must be JSON', malformed_json)
      call suite%add('a new head stands on the same weights', head_is_new)
      call suite%add('an extended network keeps units and transforms of its inputs', ports_stay)
      call suite%add('a model without its end can be a part of another', parts)
      call suite%add('real options keep their decimal digits', digits)
   end subroutine collect

   subroutine names_are_counted(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net
      type(error_t), allocatable :: error
      call model%add(input_layer(shape=[8, 7, 3]))
      call model%add(conv2d(4, [3]))
      call model%add(conv2d_transpose(2, [2, 3], activation='relu'))
      call model%add(batch_normalization())
      call model%add(conv2d(1, [1, 1]))
      call model%add(global_average_pooling2d())
      call model%build(net, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, net%document%class_name(1), 'Sequential', 'class')
      call check_equal(failure, net%document%name(1), 'sequential', 'model')
      call check_equal(failure, net%document%name(2), 'input_layer', 'layer 1')
      call check_equal(failure, net%document%name(4), 'conv2d_transpose', 'layer 3')
      call check_equal(failure, net%document%name(6), 'conv2d_1', 'layer 5')
      call check_equal(failure, net%graph%segments(1)%path, 'conv2d/kernel', 'weight 1')
      call check_equal(failure, net%graph%segments(1)%shape%text(), '(3, 3, 3, 4)', 'shape')
      call check_equal(failure, net%graph%segments(3)%shape%text(), '(2, 3, 2, 4)', 'shape')
      call check_equal(failure, net%input_features(1), 168, 'inputs')
      call check(failure, all(abs(net%params(net%graph%segments(8)%first: &
         net%graph%segments(8)%last) - 1) <= 0), 'the moving variance is 1')
   end subroutine names_are_counted

   subroutine saved_is_built(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, again
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(6, 5), y(2, 5), y_again(2, 5)
      integer :: i
      call small(net, error, 3)
      if (.not. allocated(error)) call net%save('model_a.fkb', error)
      if (.not. allocated(error)) call again%load('model_a.fkb', error)
      x = reshape([(sin(0.7_dp*i), i=1, 30)], [6, 5])
      if (.not. allocated(error)) call net%predict(x, y, work, error)
      if (.not. allocated(error)) call again%predict(x, y_again, work, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, y, y_again, 0.0_dp, 'predictions')
      call check(failure, any(abs(y) > 0), 'the weights are not zero')
      call check_close(failure, net%params, again%params, 0.0_dp, 'weights')
   end subroutine saved_is_built

   subroutine small(net, error, seed)
      type(network_t), intent(inout) :: net
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: seed
      type(model_t) :: model
      call model%add(input_layer(shape=[6]))
      call model%add(dense(4, activation='tanh', name='hidden'))
      call model%add(dense(3, activation='tanh', name='features'))
      call model%add(dense(2, name='head'))
      call model%build(net, error, seed)
   end subroutine small

   subroutine seed_decides(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: one, two, other
      type(error_t), allocatable :: error
      call small(one, error, 5)
      if (.not. allocated(error)) call small(two, error, 5)
      if (.not. allocated(error)) call small(other, error, 6)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, one%params, two%params, 0.0_dp, 'the same seed')
      call check(failure, any(abs(one%params - other%params) > 0.01_dp), 'another seed')
      call check(failure, all(abs(one%params(:24)) <= sqrt(6/10.0_dp)), 'Glorot''s bound')
      call check_close(failure, one%params(25:28), [0.0_dp, 0.0_dp, 0.0_dp, 0.0_dp], 0.0_dp, 'bias')
   end subroutine seed_decides

   subroutine order_is_keras(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(keras_tensor_t) :: x, late, a, b, lost
      type(network_t) :: net
      type(error_t), allocatable :: error
      x = model%input([3], name='x')
      late = model%input([2], name='late')
      b = model%apply(dense(2, name='last_made_first'), late)
      lost = model%apply(dense(9, name='lost'), b)
      a = model%apply(dense(4, name='deep'), x)
      a = model%apply(dense(2, name='middle'), a)
      call model%output(model%apply(concatenate(), [a, b]))
      call model%build(net, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, net%document%class_name(1), 'Functional', 'class')
      call check_equal(failure, net%document%block_count, 7, 'layers')
      call check_equal(failure, net%document%name(2), 'x', 'layer 1')
      call check_equal(failure, net%document%name(3), 'deep', 'layer 2')
      call check_equal(failure, net%document%name(4), 'late', 'layer 3')
      call check_equal(failure, net%document%name(5), 'middle', 'layer 4')
      call check_equal(failure, net%document%name(6), 'last_made_first', 'layer 5')
      call check_equal(failure, lost%text(), '["lost",0,0]', 'a tensor')
   end subroutine order_is_keras

   subroutine again_shares(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(keras_tensor_t) :: x, h
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: y(3), once(3)
      x = model%input([3])
      h = model%apply(dense(3, name='twice'), x)
      call model%output(model%apply('twice', h))
      call model%build(net, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, size(net%params), 12, 'weights')
      net%params = [1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 1]
      call net%predict([1.0_dp, 1.0_dp, 1.0_dp], y, work, error)
      once = [1, 2, 3] + 1.0_dp
      call check_close(failure, y, [1, 2, 3]*once + 1, 1e-15_dp, 'two calls')
   end subroutine again_shares

   subroutine refusals(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, keras_layer('Dence', '{"units": 2}'), 'Dence')
      call refused(failure, dense(2, options='{"unitz": 3}'), 'unitz')
      call refused(failure, dense(2, options='{"units": 3}'), 'units')
      call refused(failure, dense(2, activation='tanhh', name='wet'), &
                   'layer "wet" (Dense): the activation "tanhh"')
      call refused(failure, dense(-1), '-1')
      call refused(failure, conv2d(2, [3, 3]), 'conv2d')
      call refused(failure, lstm(2), 'lstm')
      call refused(failure, dense(2, name='x'), 'x')
      call refused(failure, dense(2, kernel_initializer='glorious'), 'glorious')
      call refused(failure, keras_layer('Masking'), 'mask')
      call refused(failure, embedding(3, 2, options='{"mask_zero": true}'), 'mask')
      call refused(failure, reshape_layer([4, 2]), 'reshape')
      call refused(failure, time_distributed(keras_layer('Nothing')), 'Nothing')
      call refused(failure, bidirectional(dense(2)), 'Dense')
      call refused(failure, keras_layer('Bidirectional'), 'layer')
      call refused(failure, keras_layer('RNN', '{"cell": 3}'), 'cell')
      call refused(failure, rnn(lstm(2)), 'LSTM')
   end subroutine refusals

   !> A layer behind an input of six features, and a network that must stay.
   subroutine refused(failure, layer, word)
      type(failure_t), allocatable, intent(inout) :: failure
      type(layer_spec_t), intent(in) :: layer
      character(*), intent(in) :: word              !! that the message must have
      type(model_t) :: model
      type(network_t) :: net
      type(error_t), allocatable :: error
      if (allocated(failure)) return
      call small(net, error)
      call expect_none(failure, error)
      call model%add(input_layer(shape=[6], name='x'))
      call model%add(layer)
      call model%build(net, error)
      call check(failure, allocated(error), 'built although wrong: '//word)
      if (allocated(failure)) return
      call check(failure, index(error%message, word) > 0, 'the message "'//error%message// &
         '" has not "'//word//'"')
      call check_equal(failure, error%line, 0, 'line of a text that nobody sees')
      call check_equal(failure, size(net%graph%segments), 6, 'the network stays')
   end subroutine refused

   subroutine malformed_json(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(keras_tensor_t) :: x
      type(network_t) :: net
      type(error_t), allocatable :: error
      call refused(failure, dense(2, options='{"use_bias": }'), 'JSON')
      call refused(failure, dense(2, options='[1]'), 'JSON')
      call refused(failure, dense(2, options='{} {}'), 'JSON')
      x = model%input([3], name='x')
      x = model%apply(lstm(2), x, arguments='{"initial_state"}')
      call model%build(net, error)
      call check(failure, allocated(error), 'malformed arguments')
      if (allocated(error)) call check(failure, index(error%message, 'lstm') > 0, error%message)
      call model%start()
      call model%build(net, error)
      call check(failure, allocated(error), 'no layers')
      call model%add(dense(3))
      call model%build(net, error)
      call check(failure, allocated(error), 'no input')
      call model%start()
      x = model%input([3])
      x = model%apply('nobody', x)
      call model%build(net, error)
      call check(failure, allocated(error), 'no such layer')
      if (allocated(error)) call check(failure, index(error%message, 'nobody') > 0, error%message)
      call model%start()
      call model%add(input_layer([3]))
      call model%add(dense(1))
      call model%compile('adamm', 'mse')
      call model%build(net, error)
      call check(failure, allocated(error), 'no such optimizer')
      if (allocated(error)) call check(failure, index(error%message, 'adamm') > 0, error%message)
   end subroutine malformed_json

   subroutine head_is_new(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net, other
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(6, 4), y(5, 4)
      call small(net, error, 2)
      if (.not. allocated(error)) call net%set_trainable('hidden', .false., error)
      if (.not. allocated(error)) call model%extend(net, error, upto='features')
      call expect_none(failure, error)
      if (allocated(failure)) return
      call model%add(dense(7, activation='relu'))
      call model%add(dense(5, name='head'))
      call model%build(other, error, seed=9)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, other%params(:43), net%params(:43), 0.0_dp, 'kept weights')
      call check_equal(failure, other%graph%segments(5)%path, 'dense/kernel', 'new layer')
      call check_equal(failure, other%graph%segments(7)%path, 'head/kernel', 'new head')
      call check(failure, .not. other%graph%segments(1)%trainable, 'frozen stays frozen')
      call check(failure, other%graph%segments(3)%trainable, 'the rest is trained')
      call check(failure, any(abs(other%params(44:)) > 0.01_dp), 'new weights')
      x = 0.5_dp
      call other%predict(x, y, work, error)
      call expect_none(failure, error)
      call model%extend(net, error, upto='nobody')
      call check(failure, allocated(error), 'no such layer')
      if (allocated(error)) call check(failure, index(error%message, 'nobody') > 0, error%message)
      call other%clear()
      call model%extend(other, error)
      call check(failure, allocated(error), 'no network')
   end subroutine head_is_new

   subroutine ports_stay(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net, other
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: y(2), y_other(2)
      call write_lines('model_b.fkb', [character(60) :: 'fkb 1', 'precision float64', &
         'keras "3.15.1"', 'model "m" Sequential', 'layer "x" InputLayer', &
         'batch_shape = [null,2]', 'node [] {}', 'end', 'layer "d" Dense', 'units = 2', &
         'node [["x",0,0]] {}', 'weight "kernel" float64 [2,2] trainable', &
         'weight "bias" float64 [2] trainable', 'end', 'inputs ["x",0,0]', 'outputs ["d",0,0]', &
         'end', 'input 0 "state"', 'unit = "K"', 'size = 3', 'step select [2,0]', &
         'step subtract float64 [2]', 'step divide 4.5', 'end', 'checksum none', 'values 4 none', &
         '1 2 3 4', 'values 2 none', '0.1 0.2', 'values 2 none', '0.7 -1e-3', 'end'])
      call net%load('model_b.fkb', error)
      if (.not. allocated(error)) call model%extend(net, error)
      if (.not. allocated(error)) call model%add(activation('linear'))
      if (.not. allocated(error)) call model%build(other, error)
      if (.not. allocated(error)) call other%save('model_c.fkb', error)
      if (.not. allocated(error)) call other%load('model_c.fkb', error)
      if (.not. allocated(error)) call net%predict([1.0_dp, 5.0_dp, 2.0_dp], y, work, error)
      if (.not. allocated(error)) call other%predict([1.0_dp, 5.0_dp, 2.0_dp], y_other, work, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, y, y_other, 0.0_dp, 'predictions')
      call check(failure, any(abs(y) > 0.1_dp), 'they are not zero')
      call check_equal(failure, other%inputs(1)%name, 'state', 'name of the input')
   end subroutine ports_stay

   subroutine parts(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: inner, model, empty
      type(keras_tensor_t) :: x
      type(network_t) :: net
      type(error_t), allocatable :: error
      call inner%start('coder')
      call inner%add(input_layer([4]))
      call inner%add(dense(4))
      x = model%input([5, 4])
      x = model%apply(time_distributed(inner%as_layer()), x)
      call model%output(model%apply(inner%as_layer('second'), x))
      call model%build(net, error, seed=1)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_equal(failure, size(net%params), 40, 'weights')
      call check_equal(failure, net%graph%segments(1)%path, 'time_distributed/coder/dense/kernel', &
         'path')
      call check_equal(failure, net%graph%segments(3)%path, 'second/dense/kernel', 'path')
      call model%start()
      x = model%input([4])
      x = model%apply(empty%as_layer(), x)
      call model%build(net, error)
      call check(failure, allocated(error), 'a model without layers')
   end subroutine parts

   subroutine digits(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_spec_t) :: spec
      spec = dropout(0.2)
      call check_equal(failure, spec%member('rate'), '0.2', 'real32')
      spec = dropout(0.1_dp)
      call check_equal(failure, spec%member('rate'), '0.1', 'real64')
      spec = batch_normalization(momentum=0.99, epsilon=1e-5)
      call check_equal(failure, spec%member('epsilon'), '1e-05', 'a small number')
      spec = leaky_relu(1.0/3.0)
      call check_equal(failure, spec%member('negative_slope'), '0.33333334', 'all digits')
   end subroutine digits

   subroutine expect_none(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) call check(failure, .false., error%message)
   end subroutine expect_none

end module test_model
