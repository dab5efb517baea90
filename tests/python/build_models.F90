!> Networks of all usual kinds, built in Fortran, each saved as NAME.fkb: test_build_models.py makes
!> the same in Keras. Compiled with FKB_KIND as fkb_sp and as fkb_dp.
program build_models
   use FKB_KIND, only: error_t, keras_tensor_t, model_t, network_t
   use fkb_layers, only: activation, add, average, average_pooling1d, average_pooling2d, &
      average_pooling3d, batch_normalization, bidirectional, concatenate, conv1d, conv2d, &
      conv2d_transpose, conv3d, conv_lstm2d, cropping2d, dense, dropout, embedding, flatten, &
      global_average_pooling1d, global_average_pooling2d, global_average_pooling3d, &
      global_max_pooling1d, gru, gru_cell, input_layer, keras_layer, layer_normalization, &
      leaky_relu, lstm, lstm_cell, max_pooling1d, max_pooling2d, maximum, &
      minimum, multiply, permute, repeat_vector, rescaling, reshape_layer, rnn, simple_rnn, &
      spectral_normalization, stacked_rnn_cells, subtract, time_distributed, up_sampling1d, &
      up_sampling2d, zero_padding2d
   implicit none (type, external)
   type(error_t), allocatable :: error

   call dense_chain()
   call convolutions()
   call pooled()
   call volumes()
   call series()
   call gru_series()
   call maps_in_time()
   call both_directions()
   call cells()
   call joined()
   call shared()
   call nested()
   call states()
   call masked()
   call attention()
   call operations()
   call normalized()
   call looked_up()
   call several_ends()
   call by_options()
   call unused()

contains

   subroutine finish(model, name)
      type(model_t), intent(in) :: model
      character(*), intent(in) :: name
      type(network_t) :: net
      call model%build(net, error, seed=7)
      if (.not. allocated(error)) call net%save(name//'.fkb', error)
      if (allocated(error)) then
         print '(a)', name//': '//error%message
         error stop 1
      end if
      call net%clear()
   end subroutine finish

   subroutine dense_chain()
      type(model_t) :: model
      call model%add(input_layer(shape=[6]))
      call model%add(dense(8, activation='tanh', kernel_initializer='he_normal'))
      call model%add(layer_normalization())
      call model%add(dropout(0.0))
      call model%add(leaky_relu(0.2))
      call model%add(dense(5, use_bias=.false.))
      call model%add(batch_normalization(momentum=0.9))
      call model%add(activation('elu'))
      call model%add(dense(3, name='last'))
      call model%compile('adam', 'mse')
      call finish(model, 'dense_chain')
   end subroutine dense_chain

   subroutine convolutions()
      type(model_t) :: model
      call model%add(input_layer(shape=[12, 9, 2], name='sst'))
      call model%add(conv2d(4, [3, 2], padding='same', activation='relu'))
      call model%add(max_pooling2d([2, 2]))
      call model%add(conv2d(6, [3], strides=[2], padding='same'))
      call model%add(batch_normalization())
      call model%add(activation('relu'))
      call model%add(up_sampling2d([2]))
      call model%add(conv2d_transpose(3, [2], strides=[2]))
      call model%add(average_pooling2d())
      call model%add(zero_padding2d([1, 2]))
      call model%add(cropping2d([1]))
      call model%add(flatten())
      call model%add(dense(2))
      call model%compile('{"class_name": "SGD", "config": {"learning_rate": 0.05}}', 'mse')
      call finish(model, 'convolutions')
   end subroutine convolutions

   subroutine pooled()
      type(model_t) :: model
      call model%add(input_layer(shape=[10, 3]))
      call model%add(conv1d(5, [3], strides=[2], activation='gelu'))
      call model%add(max_pooling1d([2], strides=[1]))
      call model%add(up_sampling1d(2))
      call model%add(average_pooling1d([2]))
      call model%add(global_max_pooling1d())
      call model%add(reshape_layer([1, 5]))
      call model%add(permute([2, 1]))
      call model%add(flatten())
      call model%add(repeat_vector(3))
      call model%add(global_average_pooling1d())
      call model%add(rescaling(0.5, offset=1.0))
      call model%compile('sgd', 'mse')
      call finish(model, 'pooled')
   end subroutine pooled

   subroutine volumes()
      type(model_t) :: model
      call model%add(input_layer(shape=[6, 5, 4, 2]))
      call model%add(conv3d(3, [3, 2, 1], padding='same', activation='selu'))
      call model%add(average_pooling3d([2, 1, 2]))
      call model%add(global_average_pooling3d())
      call model%compile('sgd', 'mse')
      call finish(model, 'volumes')
   end subroutine volumes

   subroutine series()
      type(model_t) :: model
      call model%add(input_layer(shape=[-1, 3]))
      call model%add(lstm(5, return_sequences=.true.))
      call model%add(simple_rnn(4, activation='relu'))
      call model%add(dense(2, activation='softplus'))
      call model%compile('sgd', 'mse')
      call finish(model, 'series')
   end subroutine series

   subroutine gru_series()
      type(model_t) :: model
      call model%add(input_layer(shape=[7, 3]))
      call model%add(gru(5, return_sequences=.true.))
      call model%add(time_distributed(dense(4, activation='tanh')))
      call model%add(gru(3, options='{"reset_after": false, "go_backwards": true}'))
      call model%compile('sgd', 'mse')
      call finish(model, 'gru_series')
   end subroutine gru_series

   subroutine maps_in_time()
      type(model_t) :: model
      call model%add(input_layer(shape=[4, 6, 5, 2]))
      call model%add(conv_lstm2d(3, [3], padding='same', return_sequences=.true.))
      call model%add(conv_lstm2d(2, [2, 3]))
      call model%add(global_average_pooling2d())
      call model%compile('sgd', 'mse')
      call finish(model, 'maps_in_time')
   end subroutine maps_in_time

   subroutine both_directions()
      type(model_t) :: model
      call model%add(input_layer(shape=[6, 3]))
      call model%add(bidirectional(lstm(4, return_sequences=.true.)))
      call model%add(bidirectional(gru(3), merge_mode='sum'))
      call model%compile('sgd', 'mse')
      call finish(model, 'both_directions')
   end subroutine both_directions

   subroutine cells()
      type(model_t) :: model
      call model%add(input_layer(shape=[6, 3]))
      call model%add(rnn(stacked_rnn_cells([lstm_cell(4), lstm_cell(3)]), return_sequences=.true.))
      call model%add(rnn(gru_cell(2)))
      call model%compile('sgd', 'mse')
      call finish(model, 'cells')
   end subroutine cells

   subroutine joined()
      type(model_t) :: model
      type(keras_tensor_t) :: x, a, b, c
      x = model%input([8], name='state')
      a = model%apply(dense(4, activation='relu'), x)
      b = model%apply(dense(4, activation='sigmoid'), x)
      c = model%apply(add(), [a, b])
      a = model%apply(multiply(), [c, b])
      b = model%apply(subtract(), [a, c])
      c = model%apply(average(), [a, b, c])
      a = model%apply(maximum(), [a, c])
      b = model%apply(minimum(), [b, c])
      c = model%apply(concatenate(), [a, b, c])
      call model%output(model%apply(dense(2), c))
      call model%compile('sgd', 'mse')
      call finish(model, 'joined')
   end subroutine joined

   subroutine shared()
      type(model_t) :: model
      type(keras_tensor_t) :: one, two, a, b
      one = model%input([5])
      two = model%input([5])
      a = model%apply(dense(3, activation='tanh', name='twin'), one)
      b = model%apply('twin', two)
      call model%output(model%apply(dense(1), model%apply(subtract(), [a, b])))
      call model%compile('sgd', 'mse')
      call finish(model, 'shared')
   end subroutine shared

   subroutine nested()
      type(model_t) :: encoder, decoder, model
      type(keras_tensor_t) :: x, h
      call encoder%start('encoder')
      x = encoder%input([4])
      h = encoder%apply(dense(3, activation='tanh'), x)
      call encoder%output(encoder%apply(add(), [h, encoder%apply(dense(3), x)]))
      call decoder%start('decoder')
      call decoder%add(input_layer([3]))
      call decoder%add(dense(4))
      x = model%input([4])
      h = model%apply(decoder%as_layer(), model%apply(encoder%as_layer(), x))
      h = model%apply('encoder', h)
      call model%output(h)
      call model%compile('sgd', 'mse')
      call finish(model, 'nested')
   end subroutine nested

   subroutine states()
      type(model_t) :: model
      type(keras_tensor_t) :: x, y, all, h, c
      x = model%input([5, 3])
      y = model%input([4, 3])
      all = model%apply(lstm(4, return_state=.true., name='encoder'), x)
      h = all%part(1)
      c = all%part(2)
      call model%output(model%apply(lstm(4, name='decoder'), y, &
         arguments='{"initial_state": ['//h%text()//', '//c%text()//']}'))
      call model%compile('sgd', 'mse')
      call finish(model, 'states')
   end subroutine states

   subroutine masked()
      type(model_t) :: model
      type(keras_tensor_t) :: x, mask, y
      x = model%input([5, 3])
      mask = model%apply(keras_layer('ops.NotEqual'), '['//x%text()//', 0.0]')
      mask = model%apply(keras_layer('ops.Any', '{"axis": -1}'), mask)
      y = model%apply(gru(4), x, arguments='{"mask": '//mask%text()//'}')
      call model%output(y)
      call model%compile('sgd', 'mse')
      call finish(model, 'masked')
   end subroutine masked

   subroutine attention()
      type(model_t) :: model
      type(keras_tensor_t) :: q, v, y
      q = model%input([4, 6])
      v = model%input([5, 6])
      y = model%apply(keras_layer('MultiHeadAttention', '{"num_heads": 2, "key_dim": 3}'), [q, v])
      y = model%apply(layer_normalization(epsilon=1e-6), model%apply(add(), [y, q]))
      y = model%apply(keras_layer('Attention'), [y, v])
      call model%output(y)
      call model%compile('sgd', 'mse')
      call finish(model, 'attention')
   end subroutine attention

   subroutine operations()
      type(model_t) :: model
      type(keras_tensor_t) :: x, a, b
      x = model%input([4])
      a = model%apply(keras_layer('ops.Multiply'), '['//x%text()//', 2.0]')
      b = model%apply(keras_layer('ops.Exp'), a)
      a = model%apply(keras_layer('ops.Add'), [a, b])
      b = model%apply(dense(4), a)
      call model%output(model%apply(keras_layer('ops.Mean', '{"axis": -1, "keepdims": true}'), b))
      call model%compile('sgd', 'mse')
      call finish(model, 'operations')
   end subroutine operations

   subroutine normalized()
      type(model_t) :: model
      call model%add(input_layer(shape=[4]))
      call model%add(spectral_normalization(dense(3)))
      call finish(model, 'normalized')
   end subroutine normalized

   subroutine looked_up()
      type(model_t) :: model
      call model%add(input_layer(shape=[5], dtype='int32'))
      call model%add(embedding(10, 4))
      call model%add(flatten())
      call model%add(dense(2, kernel_regularizer='{"class_name": "L2", "config": {"l2": 0.01}}'))
      call model%compile('sgd', 'mse')
      call finish(model, 'looked_up')
   end subroutine looked_up

   subroutine several_ends()
      type(model_t) :: model
      type(keras_tensor_t) :: x, h
      x = model%input([6])
      h = model%apply(dense(5, activation='swish'), x)
      call model%output(model%apply(dense(1, name='value'), h))
      call model%output(model%apply(dense(3, activation='softmax', name='classes'), h))
      call model%compile('sgd', '["mse", "categorical_crossentropy"]', loss_weights='[1.0, 0.5]')
      call finish(model, 'several_ends')
   end subroutine several_ends

   !> Options as `get_config` of Keras gives them, wrappers too.
   subroutine by_options()
      type(model_t) :: model
      call model%add(input_layer(shape=[6, 4]))
      call model%add(keras_layer('TimeDistributed', &
         '{"layer": {"class_name": "Dense", "config": {"units": 3, "activation": "tanh"}}}'))
      call model%add(keras_layer('Bidirectional', '{"merge_mode": "ave", "layer": '// &
         '{"class_name": "SimpleRNN", "config": {"units": 3, "return_sequences": true}}}'))
      call model%add(keras_layer('RNN', '{"cell": {"class_name": "StackedRNNCells", "config": '// &
         '{"cells": [{"class_name": "GRUCell", "config": {"units": 3, "name": "first"}}, '// &
         '{"class_name": "GRUCell", "config": {"units": 2, "name": "second"}}]}}}'))
      call model%compile('sgd', 'mse')
      call finish(model, 'by_options')
   end subroutine by_options

   !> What the outputs do not need is left out, an input stays.
   subroutine unused()
      type(model_t) :: model
      type(keras_tensor_t) :: x, y, a, b
      x = model%input([3])
      y = model%input([2])
      a = model%apply(dense(4, name='twice'), x)
      a = model%apply(dense(3, name='nowhere'), a)
      b = model%apply('twice', x)
      call model%output(model%apply(dense(2), b))
      call model%compile('sgd', 'mse')
      call finish(model, 'unused')
      if (len(y%layer) == 0 .or. len(a%layer) == 0) error stop 1
   end subroutine unused

end program build_models
