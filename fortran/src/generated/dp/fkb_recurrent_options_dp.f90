! Generated from layers/fkb_recurrent_options.fypp: edit that file and run tools/generate.py
!> The options of recurrent layers and cells.
submodule(fkb_recurrent_dp) fkb_recurrent_options_dp
   use fkb_activation_options, only: get_step_activation
   use fkb_layer_options, only: refuse_option
   use fkb_sequence_options, only: get_dropout_rates, get_sequence_flags
   implicit none (type, external)

   !> Four gates of so many units can be counted.
   integer, parameter :: max_units = 2**28

contains

   module procedure read_options
      logical :: flag
      call config%get('units', self%units, error)
      if (allocated(error)) return
      if (self%units < 1 .or. self%units > max_units) then
         call refuse_option(config, 'units', 'expected a positive integer up to '// &
                            decimal(max_units), error)
         return
      end if
      call config%get('use_bias', self%use_bias, error, default=.true.)
      if (allocated(error)) return
      call get_step_activation(config, 'activation', act_tanh, self%activation, &
                               self%parameters, error)
      if (allocated(error)) return
      if (self%gates() > 1) then
         call get_step_activation(config, 'recurrent_activation', act_sigmoid, &
                                  self%recurrent_activation, self%recurrent_parameters, error)
         if (allocated(error)) return
      end if
      call read_masks(self, config, error)
      if (allocated(error)) return
      call config%ignore('seed')
      if (self%states() > 1) call config%get('unit_forget_bias', self%unit_forget_bias, error, &
                                             default=.true.)
      if (allocated(error)) return
      if (self%is_cell) return
      call get_sequence_flags(config, self%return_sequences, self%return_state, &
                              self%go_backwards, self%stateful, self%zero_output_for_mask, error)
      if (.not. allocated(error)) call config%get('time_major', flag, error, default=.false.)
      if (allocated(error)) return
      if (flag) call refuse_option(config, 'time_major', 'only false is supported: transpose '// &
                                   'the sequences', error)
      self%prefers_kept = config%keras_major <= 2
   end procedure read_options

   !> Rates of dropout, and how many masks there are: one per sequence,
   !> or one per gate with `implementation` 1, which `recurrent_dropout` implies. The layers of
   !> Keras 2 that could run on cuDNN have one per step. With gates a rate of 1 drops nothing.
   subroutine read_masks(self, config, error)
      class(recurrent_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: unroll
      integer :: implementation
      call get_dropout_rates(config, self%dropout, self%recurrent_dropout, error)
      if (.not. allocated(error)) call config%get('unroll', unroll, error, default=.false.)
      implementation = 2
      if (.not. allocated(error) .and. config%has('implementation')) then
         call config%get('implementation', implementation, error)
      end if
      if (allocated(error)) return
      if (self%gates() == 1) return
      self%gate_masks = implementation <= 1 .or. self%recurrent_dropout > 0
      self%step_masks = config%keras_major <= 2 .and. .not. unroll .and. &
                        index(config%class_name, 'Cell') == 0 .and. &
                        self%activation == act_tanh .and. self%use_bias .and. &
                        self%reset_after .and. &
                        self%recurrent_activation == act_sigmoid .and. self%recurrent_dropout <= 0
      if (self%dropout >= 1) self%dropout = 0
      if (self%recurrent_dropout >= 1) self%recurrent_dropout = 0
   end subroutine read_masks

end submodule fkb_recurrent_options_dp
