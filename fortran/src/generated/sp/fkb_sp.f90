! Generated from fkb_umbrella.fypp: edit that file and run tools/generate.py
!> Everything a user needs, in one precision: `use fkb_sp`.
module fkb_sp
   ! errors, kinds, shapes
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_file, fkb_err_format, &
      fkb_err_numeric, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, i8, sp, wp => sp
   use fkb_processor, only: processor_level
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t
   ! networks
   use fkb_derivatives_sp, only: derivatives_t
   use fkb_host_sp, only: host_t
   use fkb_model_sp, only: keras_tensor_t, layer_spec_t, model_t
   use fkb_network_sp, only: network_t, workspace_t
   use fkb_state_sp, only: state_t
   ! networks that work together
   use fkb_bank_sp, only: bank_t, bank_workspace_t
   use fkb_ensemble_sp, only: ensemble_state_t, ensemble_t, ensemble_workspace_t
   use fkb_gate_sp, only: gate_t, gate_workspace_t
   ! coupling
   use fkb_column, only: column_rule_t, column_t
   use fkb_coupler_sp, only: coupler_t
   use fkb_exchange_sp, only: exchange_t
   use fkb_previous, only: previous_t
   use fkb_tally, only: tally_t
   ! training
   use fkb_circle_sp, only: circle_t
   use fkb_composed_loss_sp, only: composed_loss_t
   use fkb_crossentropies_sp, only: binary_crossentropy_t, categorical_crossentropy_t, &
      sparse_categorical_crossentropy_t
   use fkb_cosine_decays, only: cosine_decay_restarts_t, cosine_decay_t
   use fkb_ctc_sp, only: ctc_t
   use fkb_decay_factor_sp, only: set_decay_factor
   use fkb_decays, only: exponential_decay_t, inverse_time_decay_t, piecewise_constant_decay_t, &
      polynomial_decay_t
   use fkb_focal_losses_sp, only: binary_focal_crossentropy_t, &
      categorical_focal_crossentropy_t, categorical_generalized_crossentropy_t
   use fkb_full_batch_sp, only: full_batch_t
   use fkb_hinges_sp, only: categorical_hinge_t, hinge_t, squared_hinge_t
   use fkb_initializer_options, only: initializer_from_json, initializer_t
   use fkb_initializer_sp, only: fill_weights
   use fkb_lbfgs_sp, only: lbfgs_converged, lbfgs_iterations, lbfgs_no_descent, &
      lbfgs_state_t, lbfgs_t
   use fkb_losses_sp, only: huber_t, log_cosh_t, mean_absolute_error_t, mean_squared_error_t
   use fkb_metric_config_sp, only: metrics_from_config, metrics_of_document
   use fkb_metric_set_sp, only: metric_set_t
   use fkb_overlap_losses_sp, only: dice_t, tversky_t
   use fkb_reduction_sp, only: reduction_t
   use fkb_relative_losses_sp, only: cosine_similarity_t, kl_divergence_t, &
      mean_absolute_percentage_error_t, mean_squared_logarithmic_error_t, poisson_t
   use fkb_objective_sp, only: objective_t
   use fkb_rprop_sp, only: rprop_t
   use fkb_schedule, only: schedule_t
   use fkb_schedules, only: schedule_from_json
   use fkb_ssim_sp, only: ssim_t
   use fkb_trainer_sp, only: fit_options_t, loss_box_t, trainer_t
   ! several epochs: batches, logs, callbacks
   use fkb_array_source_sp, only: array_source_t
   use fkb_batch_source_sp, only: batch_source_t, samples_t
   use fkb_class_weights, only: weigh_classes
   use fkb_csv_logger_sp, only: csv_logger_t
   use fkb_early_stopping_sp, only: early_stopping_t
   use fkb_file_source_sp, only: file_source_t
   use fkb_generator, only: generator_t
   use fkb_history, only: history_t
   use fkb_learning_rate_scheduler_sp, only: learning_rate_scheduler_t
   use fkb_logs, only: logs_t
   use fkb_model_checkpoint_sp, only: model_checkpoint_t
   use fkb_monitor_sp, only: monitor_t
   use fkb_progress_sp, only: progress_t
   use fkb_reduce_lr_on_plateau_sp, only: reduce_lr_on_plateau_t
   use fkb_terminate_on_nan_sp, only: terminate_on_nan_t
   use fkb_training_sp, only: callback_t, callbacks_t, training_t
   ! training inside a simulation
   use fkb_error_corrector_sp, only: error_corrector_t
   use fkb_online_sp, only: online_options_t, online_trainer_t
   ! optimizers
   use fkb_adadelta_sp, only: adadelta_t
   use fkb_adafactor_sp, only: adafactor_t
   use fkb_adagrad_sp, only: adagrad_t
   use fkb_adam_sp, only: adam_t
   use fkb_adamax_sp, only: adamax_t
   use fkb_ftrl_sp, only: ftrl_t
   use fkb_lamb_sp, only: lamb_t
   use fkb_lion_sp, only: lion_t
   use fkb_muon_sp, only: muon_t
   use fkb_nadam_sp, only: nadam_t
   use fkb_rmsprop_sp, only: rmsprop_t
   use fkb_sgd_sp, only: sgd_t
   ! layers of your own
   use fkb_builtin_sp, only: add_builtin_layers
   use fkb_config, only: config_t
   use fkb_gemm_sp, only: gemm_nn, gemm_nt, gemm_tn
   use fkb_layer_sp, only: layer_t, mode_t, unary_layer_t, view_t
   use fkb_layer_check_sp, only: check_layer
   use fkb_plan, only: keep_values, plan_t, role_t, tangent_backward, tangent_forward, &
      tangent_none, tangent_own, tangent_zero, weight_t
   use fkb_random_sp, only: normal_values, uniform_values
   use fkb_registry_sp, only: registry_t
   ! losses, metrics and optimizers of your own
   use fkb_batch_sp, only: batch_t
   use fkb_json, only: json_real_text
   use fkb_loss_sp, only: loss_t, positions_of, reduce_mean, reduce_sum, reduce_weighted_mean
   use fkb_loss_check_sp, only: check_loss_gradient
   use fkb_loss_registry_sp, only: loss_registry_t
   use fkb_metric_sp, only: metric_t
   use fkb_metric_registry_sp, only: metric_registry_t
   use fkb_optimizer_sp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_optimizer_registry_sp, only: optimizer_registry_t
   use fkb_optimizer_state_sp, only: state_list_t
   use fkb_constraint_options, only: constrain_norm, constrain_nothing, constrain_sign, &
      constrain_unit, constraint_t
   use fkb_regularizer_options, only: regularizer_t
   use fkb_segment, only: segment_t
   implicit none (type, external)
   public
end module fkb_sp
