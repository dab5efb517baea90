! Generated from layers/fkb_conv_lstm_options.fypp: edit that file and run tools/generate.py
!> The options of convolutional LSTMs.
submodule(fkb_conv_lstm_sp) fkb_conv_lstm_options_sp
   use fkb_activation_options, only: get_step_activation
   use fkb_activations, only: act_hard_sigmoid_keras2
   use fkb_conv_options, only: get_count
   use fkb_layer_options, only: refuse_option
   use fkb_sequence_options, only: get_dropout_rates, get_sequence_flags
   implicit none (type, external)

contains

   module procedure configure
      call self%options%read(config, self%axes, .false., error)
      if (.not. allocated(error)) call get_count(config, 'filters', self%filters, error)
      if (allocated(error)) return
      if (any(self%options%strides > 1) .and. any(self%options%dilation > 1)) then
         call refuse_option(config, 'dilation_rate', 'Keras has no dilation where a stride is '// &
                            'larger than 1', error)
      else if (16_i8*self%filters > huge(1)) then
         call refuse_option(config, 'filters', 'that is too many', error)
      end if
      if (allocated(error)) return
      call get_step_activation(config, 'activation', act_tanh, self%activation, &
                               self%parameters, error)
      if (allocated(error)) return
      call get_step_activation(config, 'recurrent_activation', &
                               merge(act_hard_sigmoid_keras2, act_sigmoid, &
                                     config%keras_major <= 2), &
                               self%recurrent_activation, self%recurrent_parameters, error)
      if (allocated(error)) return
      call get_dropout_rates(config, self%dropout, self%recurrent_dropout, error)
      if (allocated(error)) return
      if (self%dropout >= 1) self%dropout = 0            ! a rate of 1 drops nothing
      if (self%recurrent_dropout >= 1) self%recurrent_dropout = 0
      call read_sequence(self, config, error)
      if (.not. allocated(error)) call config%get('unit_forget_bias', self%unit_forget_bias, &
                                                  error, default=.true.)
      call config%ignore('seed unroll')
   end procedure configure

   !> How the steps run. Keras 2 takes no notice of `zero_output_for_mask` and `time_major` here.
   subroutine read_sequence(self, config, error)
      class(conv_lstm_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call get_sequence_flags(config, self%return_sequences, self%return_state, &
                              self%go_backwards, self%stateful, self%zero_output_for_mask, error)
      if (allocated(error)) return
      self%prefers_kept = config%keras_major <= 2
      if (config%keras_major > 2) return
      self%zero_output_for_mask = .false.
      call config%ignore('time_major')
   end subroutine read_sequence

end submodule fkb_conv_lstm_options_sp
