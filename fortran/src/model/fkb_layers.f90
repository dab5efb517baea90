!> The layers of Keras, for `model%add` and `model%apply`: `use fkb_layers, only: dense, lstm`.
!>
!> Arguments have Keras's names, defaults and meaning. Shapes and sizes stand in **Keras's order**
!> (height before width, channels last, no batch), because they are saved as Keras's options. What
!> has no argument of its own goes into `options`, a JSON object as Keras's `get_config` gives it:
!> `conv2d(16, [3, 3], options='{"dilation_rate": 2}')`. An activation, initializer or regularizer
!> is a name or a serialised Keras object. All other classes: `keras_layer(class_name, options)`.
module fkb_layers
   use fkb_layer_spec, only: layer_spec_t
   use fkb_layer_wrappers, only: keras_layer
   use fkb_layers_conv, only: conv1d, conv2d, conv2d_transpose, conv3d, cropping2d, &
      zero_padding2d
   use fkb_layers_core, only: activation, add, average, concatenate, dense, embedding, &
      flatten, input_layer, maximum, minimum, multiply, permute, repeat_vector, &
      reshape_layer, subtract
   use fkb_layers_pooling, only: average_pooling1d, average_pooling2d, average_pooling3d, &
      global_average_pooling1d, global_average_pooling2d, global_average_pooling3d, &
      global_max_pooling1d, global_max_pooling2d, global_max_pooling3d, max_pooling1d, &
      max_pooling2d, max_pooling3d, up_sampling1d, up_sampling2d, up_sampling3d
   use fkb_layers_real, only: batch_normalization, dropout, gaussian_noise, &
      layer_normalization, leaky_relu, rescaling
   use fkb_layers_recurrent, only: bidirectional, conv_lstm2d, gru, gru_cell, lstm, &
      lstm_cell, rnn, simple_rnn, simple_rnn_cell, spectral_normalization, stacked_rnn_cells, &
      time_distributed
   implicit none (type, external)
   public
end module fkb_layers
