! Generated from layers/fkb_builtin_recurrent.fypp: edit that file and run tools/generate.py
!> Recurrent layers and their cells.
module fkb_builtin_recurrent_dp
   use fkb_conv_lstm_dp, only: conv_lstm_t
   use fkb_error, only: error_t
   use fkb_gru_dp, only: gru_t
   use fkb_lstm_dp, only: lstm_t
   use fkb_registry_dp, only: registry_t
   use fkb_simple_rnn_dp, only: simple_rnn_t
   implicit none (type, external)
   private
   public :: add_recurrent_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_recurrent_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('SimpleRNN', simple_rnn_t(), error)
      call registry%put('LSTM', lstm_t(), error)
      call registry%put('GRU', gru_t(), error)
      call registry%put('SimpleRNNCell', simple_rnn_t(is_cell=.true.), error)
      call registry%put('LSTMCell', lstm_t(is_cell=.true.), error)
      call registry%put('GRUCell', gru_t(is_cell=.true.), error)
      call registry%put('ConvLSTM1D', conv_lstm_t(axes=1), error)
      call registry%put('ConvLSTM2D', conv_lstm_t(axes=2), error)
      call registry%put('ConvLSTM3D', conv_lstm_t(axes=3), error)
   end subroutine add_recurrent_layers

end module fkb_builtin_recurrent_dp
