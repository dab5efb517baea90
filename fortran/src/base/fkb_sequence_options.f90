!> The options that all layers over time steps have in common.
module fkb_sequence_options
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   implicit none (type, external)
   private
   public :: get_dropout_rates, get_sequence_flags

contains

   !> Read the rates of dropout, clipped as Keras clips them.
   subroutine get_dropout_rates(config, dropout, recurrent_dropout, error)
      type(config_t), intent(inout) :: config
      real(dp), intent(out) :: dropout              !! of the inputs, 0 to 1
      real(dp), intent(out) :: recurrent_dropout    !! of the states, 0 to 1
      type(error_t), allocatable, intent(out) :: error
      recurrent_dropout = 0
      call config%get('dropout', dropout, error, default=0.0_dp)
      if (.not. allocated(error)) call config%get('recurrent_dropout', recurrent_dropout, error, &
                                                  default=0.0_dp)
      dropout = min(1.0_dp, max(0.0_dp, dropout))
      recurrent_dropout = min(1.0_dp, max(0.0_dp, recurrent_dropout))
   end subroutine get_dropout_rates

   !> Read how the steps run and what of them is returned; all are false by default.
   subroutine get_sequence_flags(config, return_sequences, return_state, go_backwards, stateful, &
                                 zero_output_for_mask, error)
      type(config_t), intent(inout) :: config
      logical, intent(inout) :: return_sequences, return_state, go_backwards, stateful
      logical, intent(inout) :: zero_output_for_mask
      type(error_t), allocatable, intent(out) :: error
      call config%get('return_sequences', return_sequences, error, default=.false.)
      if (.not. allocated(error)) call config%get('return_state', return_state, error, &
                                                  default=.false.)
      if (.not. allocated(error)) call config%get('go_backwards', go_backwards, error, &
                                                  default=.false.)
      if (.not. allocated(error)) call config%get('stateful', stateful, error, default=.false.)
      if (.not. allocated(error)) call config%get('zero_output_for_mask', zero_output_for_mask, &
                                                  error, default=.false.)
   end subroutine get_sequence_flags

end module fkb_sequence_options
