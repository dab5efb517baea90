!> Recurrent layers and layers around layers in Keras's words; see `fkb_layers`.
module fkb_layers_recurrent
   use fkb_layer_spec, only: base_name, layer_spec_t, new_spec, put_per_axis, take_options
   use fkb_layer_wrappers, only: hold_directions, hold_layer
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: simple_rnn, lstm, gru, simple_rnn_cell, lstm_cell, gru_cell, conv_lstm2d, rnn
   public :: stacked_rnn_cells, time_distributed, bidirectional, spectral_normalization

contains

   !> `SimpleRNN`.
   function simple_rnn(units, return_sequences, return_state, stateful, activation, name, &
      options) result(spec)
      integer, intent(in) :: units
      logical, intent(in), optional :: return_sequences   !! all time steps, not the last one
      logical, intent(in), optional :: return_state   !! the states as further outputs
      logical, intent(in), optional :: stateful
      character(*), intent(in), optional :: activation
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('SimpleRNN', name)
      call spec%put('units', units)
      if (present(return_sequences)) call spec%put('return_sequences', return_sequences)
      if (present(return_state)) call spec%put('return_state', return_state)
      if (present(stateful)) call spec%put('stateful', stateful)
      if (present(activation)) call spec%put('activation', activation)
      call take_options(spec, options)
   end function simple_rnn

   !> `LSTM`.
   function lstm(units, return_sequences, return_state, stateful, activation, name, &
      options) result(spec)
      integer, intent(in) :: units
      logical, intent(in), optional :: return_sequences   !! all time steps, not the last one
      logical, intent(in), optional :: return_state   !! the states as further outputs
      logical, intent(in), optional :: stateful
      character(*), intent(in), optional :: activation
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('LSTM', name)
      call spec%put('units', units)
      if (present(return_sequences)) call spec%put('return_sequences', return_sequences)
      if (present(return_state)) call spec%put('return_state', return_state)
      if (present(stateful)) call spec%put('stateful', stateful)
      if (present(activation)) call spec%put('activation', activation)
      call take_options(spec, options)
   end function lstm

   !> `GRU`.
   function gru(units, return_sequences, return_state, stateful, activation, name, &
      options) result(spec)
      integer, intent(in) :: units
      logical, intent(in), optional :: return_sequences   !! all time steps, not the last one
      logical, intent(in), optional :: return_state   !! the states as further outputs
      logical, intent(in), optional :: stateful
      character(*), intent(in), optional :: activation
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GRU', name)
      call spec%put('units', units)
      if (present(return_sequences)) call spec%put('return_sequences', return_sequences)
      if (present(return_state)) call spec%put('return_state', return_state)
      if (present(stateful)) call spec%put('stateful', stateful)
      if (present(activation)) call spec%put('activation', activation)
      call take_options(spec, options)
   end function gru

   !> `SimpleRNNCell`, for `rnn`.
   function simple_rnn_cell(units, activation, name, options) result(spec)
      integer, intent(in) :: units
      character(*), intent(in), optional :: activation
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('SimpleRNNCell', name)
      call spec%put('units', units)
      if (present(activation)) call spec%put('activation', activation)
      call take_options(spec, options)
   end function simple_rnn_cell

   !> `LSTMCell`, for `rnn`.
   function lstm_cell(units, activation, name, options) result(spec)
      integer, intent(in) :: units
      character(*), intent(in), optional :: activation
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('LSTMCell', name)
      call spec%put('units', units)
      if (present(activation)) call spec%put('activation', activation)
      call take_options(spec, options)
   end function lstm_cell

   !> `GRUCell`, for `rnn`.
   function gru_cell(units, activation, name, options) result(spec)
      integer, intent(in) :: units
      character(*), intent(in), optional :: activation
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('GRUCell', name)
      call spec%put('units', units)
      if (present(activation)) call spec%put('activation', activation)
      call take_options(spec, options)
   end function gru_cell

   !> `ConvLSTM2D`.
   function conv_lstm2d(filters, kernel_size, strides, padding, return_sequences, activation, &
      name, options) result(spec)
      integer, intent(in) :: filters
      integer, intent(in) :: kernel_size(:)   !! one for each axis, or one for all
      integer, intent(in), optional :: strides(:)
      character(*), intent(in), optional :: padding
      logical, intent(in), optional :: return_sequences   !! all time steps, not the last one
      character(*), intent(in), optional :: activation
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('ConvLSTM2D', name)
      call spec%put('filters', filters)
      call put_per_axis(spec, 'kernel_size', 2, kernel_size)
      call put_per_axis(spec, 'strides', 2, strides)
      if (present(padding)) call spec%put('padding', padding)
      if (present(return_sequences)) call spec%put('return_sequences', return_sequences)
      if (present(activation)) call spec%put('activation', activation)
      call take_options(spec, options)
   end function conv_lstm2d

   !> `RNN` around a cell.
   function rnn(cell, return_sequences, return_state, name, options) result(spec)
      type(layer_spec_t), intent(in) :: cell   !! a cell or `stacked_rnn_cells`
      logical, intent(in), optional :: return_sequences   !! all time steps, not the last one
      logical, intent(in), optional :: return_state   !! the states as further outputs
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('RNN', name)
      if (present(return_sequences)) call spec%put('return_sequences', return_sequences)
      if (present(return_state)) call spec%put('return_state', return_state)
      call hold_layer(spec, cell, 'cell')
      call take_options(spec, options)
   end function rnn

   !> `StackedRNNCells`: cells one behind the other, for `rnn`.
   function stacked_rnn_cells(cells, name, options) result(spec)
      type(layer_spec_t), intent(in) :: cells(:)   !! in order
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      integer :: i
      spec = new_spec('StackedRNNCells', name)
      do i = 1, size(cells)
         call hold_layer(spec, numbered(cells, i), 'cells')
      end do
      call take_options(spec, options)
   end function stacked_rnn_cells

   !> `TimeDistributed`: a layer for each time step.
   function time_distributed(layer, name, options) result(spec)
      type(layer_spec_t), intent(in) :: layer   !! a layer or `model%as_layer()`
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('TimeDistributed', name)
      call hold_layer(spec, layer, 'layer')
      call take_options(spec, options)
   end function time_distributed

   !> `Bidirectional`: a recurrent layer in both directions.
   function bidirectional(layer, merge_mode, backward_layer, name, options) result(spec)
      type(layer_spec_t), intent(in) :: layer   !! a recurrent layer
      character(*), intent(in), optional :: merge_mode   !! `concat` (default), `sum`, `mul`, `ave`
      type(layer_spec_t), intent(in), optional :: backward_layer   !! default: `layer` backwards
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('Bidirectional', name)
      if (present(merge_mode)) call spec%put('merge_mode', merge_mode)
      call hold_directions(spec, layer, backward_layer)
      call take_options(spec, options)
   end function bidirectional

   !> `SpectralNormalization`: the spectral norm of the kernel becomes 1.
   function spectral_normalization(layer, name, options) result(spec)
      type(layer_spec_t), intent(in) :: layer   !! a layer with a kernel
      character(*), intent(in), optional :: name
      character(*), intent(in), optional :: options   !! further options, a JSON object
      type(layer_spec_t) :: spec
      spec = new_spec('SpectralNormalization', name)
      call hold_layer(spec, layer, 'layer')
      call take_options(spec, options)
   end function spectral_normalization

   !> A cell, with a name that no cell before it in the list has.
   function numbered(cells, at) result(cell)
      type(layer_spec_t), intent(in) :: cells(:)
      integer, intent(in) :: at
      type(layer_spec_t) :: cell
      integer :: i, n
      cell = cells(at)
      if (len(cell%name) > 0) return
      n = 0
      do i = 1, at - 1
         if (cells(i)%class_name == cell%class_name .and. len(cells(i)%name) == 0) n = n + 1
      end do
      cell%name = base_name(cell%class_name)
      if (n > 0) cell%name = cell%name//'_'//decimal(n)
   end function numbered

end module fkb_layers_recurrent
