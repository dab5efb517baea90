!> Both precisions side by side, with suffixed names.
module fkb
   use fkb_config, only: config_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_file, fkb_err_format, &
      fkb_err_numeric, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_generator, only: generator_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_plan, only: plan_t, weight_t
   use fkb_segment, only: segment_t
   use fkb_processor, only: processor_level
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t
   use fkb_views, only: view_dp_t, view_sp_t
   use fkb_adam_dp, only: adam_dp_t => adam_t
   use fkb_adam_sp, only: adam_sp_t => adam_t
   use fkb_bank_dp, only: bank_dp_t => bank_t, bank_workspace_dp_t => bank_workspace_t
   use fkb_bank_sp, only: bank_sp_t => bank_t, bank_workspace_sp_t => bank_workspace_t
   use fkb_builtin_dp, only: add_builtin_layers_dp => add_builtin_layers
   use fkb_builtin_sp, only: add_builtin_layers_sp => add_builtin_layers
   use fkb_column, only: column_rule_t, column_t
   use fkb_coupler_dp, only: coupler_dp_t => coupler_t
   use fkb_coupler_sp, only: coupler_sp_t => coupler_t
   use fkb_crossentropies_dp, only: binary_crossentropy_dp_t => binary_crossentropy_t, &
      categorical_crossentropy_dp_t => categorical_crossentropy_t, &
      sparse_categorical_crossentropy_dp_t => sparse_categorical_crossentropy_t
   use fkb_crossentropies_sp, only: binary_crossentropy_sp_t => binary_crossentropy_t, &
      categorical_crossentropy_sp_t => categorical_crossentropy_t, &
      sparse_categorical_crossentropy_sp_t => sparse_categorical_crossentropy_t
   use fkb_ensemble_dp, only: ensemble_dp_t => ensemble_t, &
      ensemble_state_dp_t => ensemble_state_t, &
      ensemble_workspace_dp_t => ensemble_workspace_t
   use fkb_ensemble_sp, only: ensemble_sp_t => ensemble_t, &
      ensemble_state_sp_t => ensemble_state_t, &
      ensemble_workspace_sp_t => ensemble_workspace_t
   use fkb_gate_dp, only: gate_dp_t => gate_t, gate_workspace_dp_t => gate_workspace_t
   use fkb_gate_sp, only: gate_sp_t => gate_t, gate_workspace_sp_t => gate_workspace_t
   use fkb_exchange_dp, only: exchange_dp_t => exchange_t
   use fkb_exchange_sp, only: exchange_sp_t => exchange_t
   use fkb_host_dp, only: host_dp_t => host_t
   use fkb_host_sp, only: host_sp_t => host_t
   use fkb_layer_dp, only: layer_dp_t => layer_t, mode_dp_t => mode_t, &
      unary_layer_dp_t => unary_layer_t
   use fkb_layer_sp, only: layer_sp_t => layer_t, mode_sp_t => mode_t, &
      unary_layer_sp_t => unary_layer_t
   use fkb_loss_dp, only: loss_dp_t => loss_t
   use fkb_loss_sp, only: loss_sp_t => loss_t
   use fkb_loss_registry_dp, only: loss_registry_dp_t => loss_registry_t
   use fkb_loss_registry_sp, only: loss_registry_sp_t => loss_registry_t
   use fkb_losses_dp, only: huber_dp_t => huber_t, log_cosh_dp_t => log_cosh_t, &
      mean_absolute_error_dp_t => mean_absolute_error_t, &
      mean_squared_error_dp_t => mean_squared_error_t
   use fkb_losses_sp, only: huber_sp_t => huber_t, log_cosh_sp_t => log_cosh_t, &
      mean_absolute_error_sp_t => mean_absolute_error_t, &
      mean_squared_error_sp_t => mean_squared_error_t
   use fkb_model_dp, only: model_dp_t => model_t
   use fkb_model_sp, only: model_sp_t => model_t
   use fkb_network_dp, only: network_dp_t => network_t, workspace_dp_t => workspace_t
   use fkb_network_sp, only: network_sp_t => network_t, workspace_sp_t => workspace_t
   use fkb_optimizer_dp, only: optimizer_state_dp_t => optimizer_state_t, &
      optimizer_dp_t => optimizer_t
   use fkb_optimizer_sp, only: optimizer_state_sp_t => optimizer_state_t, &
      optimizer_sp_t => optimizer_t
   use fkb_previous, only: previous_t
   use fkb_registry_dp, only: registry_dp_t => registry_t
   use fkb_registry_sp, only: registry_sp_t => registry_t
   use fkb_sgd_dp, only: sgd_dp_t => sgd_t
   use fkb_sgd_sp, only: sgd_sp_t => sgd_t
   use fkb_state_dp, only: state_dp_t => state_t
   use fkb_state_sp, only: state_sp_t => state_t
   use fkb_tally, only: tally_t
   use fkb_trainer_dp, only: loss_box_dp_t => loss_box_t, trainer_dp_t => trainer_t
   use fkb_trainer_sp, only: loss_box_sp_t => loss_box_t, trainer_sp_t => trainer_t
   implicit none (type, external)
   public
end module fkb
