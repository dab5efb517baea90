! Generated from fkb_umbrella.fypp: edit that file and run tools/generate.py
!> Everything a user needs, in one precision: `use fkb_dp`.
module fkb_dp
   ! errors, kinds, shapes
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_file, fkb_err_format, &
      fkb_err_numeric, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_processor, only: processor_level
   use fkb_shape, only: max_rank, open_extent, shape_of, shape_t
   ! networks
   use fkb_derivatives_dp, only: derivatives_t
   use fkb_host_dp, only: host_t
   use fkb_model_dp, only: keras_tensor_t, layer_spec_t, model_t
   use fkb_network_dp, only: network_t, workspace_t
   use fkb_state_dp, only: state_t
   ! networks that work together
   use fkb_bank_dp, only: bank_t, bank_workspace_t
   use fkb_ensemble_dp, only: ensemble_state_t, ensemble_t, ensemble_workspace_t
   use fkb_gate_dp, only: gate_t, gate_workspace_t
   ! coupling
   use fkb_column, only: column_rule_t, column_t
   use fkb_coupler_dp, only: coupler_t
   use fkb_exchange_dp, only: exchange_t
   use fkb_previous, only: previous_t
   use fkb_tally, only: tally_t
   ! training
   use fkb_circle_dp, only: circle_t
   use fkb_composed_loss_dp, only: composed_loss_t
   use fkb_crossentropies_dp, only: binary_crossentropy_t, categorical_crossentropy_t, &
      sparse_categorical_crossentropy_t
   use fkb_cosine_decays, only: cosine_decay_restarts_t, cosine_decay_t
   use fkb_ctc_dp, only: ctc_t
   use fkb_decay_factor_dp, only: set_decay_factor
   use fkb_decays, only: exponential_decay_t, inverse_time_decay_t, piecewise_constant_decay_t, &
      polynomial_decay_t
   use fkb_focal_losses_dp, only: binary_focal_crossentropy_t, &
      categorical_focal_crossentropy_t, categorical_generalized_crossentropy_t
   use fkb_full_batch_dp, only: full_batch_t
   use fkb_hinges_dp, only: categorical_hinge_t, hinge_t, squared_hinge_t
   use fkb_initializer_options, only: initializer_from_json, initializer_t
   use fkb_initializer_dp, only: fill_weights
   use fkb_lbfgs_dp, only: lbfgs_converged, lbfgs_iterations, lbfgs_no_descent, &
      lbfgs_state_t, lbfgs_t
   use fkb_losses_dp, only: huber_t, log_cosh_t, mean_absolute_error_t, mean_squared_error_t
   use fkb_metric_config_dp, only: metrics_from_config, metrics_of_document
   use fkb_metric_set_dp, only: metric_set_t
   use fkb_overlap_losses_dp, only: dice_t, tversky_t
   use fkb_reduction_dp, only: reduction_t
   use fkb_relative_losses_dp, only: cosine_similarity_t, kl_divergence_t, &
      mean_absolute_percentage_error_t, mean_squared_logarithmic_error_t, poisson_t
   use fkb_objective_dp, only: objective_t
   use fkb_rprop_dp, only: rprop_t
   use fkb_schedule, only: schedule_t
   use fkb_schedules, only: schedule_from_json
   use fkb_ssim_dp, only: ssim_t
   use fkb_trainer_dp, only: fit_options_t, loss_box_t, trainer_t
   ! several epochs: batches, logs, callbacks
   use fkb_array_source_dp, only: array_source_t
   use fkb_batch_source_dp, only: batch_source_t, samples_t
   use fkb_class_weights, only: weigh_classes
   use fkb_csv_logger_dp, only: csv_logger_t
   use fkb_early_stopping_dp, only: early_stopping_t
   use fkb_file_source_dp, only: file_source_t
   use fkb_generator, only: generator_t
   use fkb_history, only: history_t
   use fkb_learning_rate_scheduler_dp, only: learning_rate_scheduler_t
   use fkb_logs, only: logs_t
   use fkb_model_checkpoint_dp, only: model_checkpoint_t
   use fkb_monitor_dp, only: monitor_t
   use fkb_progress_dp, only: progress_t
   use fkb_reduce_lr_on_plateau_dp, only: reduce_lr_on_plateau_t
   use fkb_terminate_on_nan_dp, only: terminate_on_nan_t
   use fkb_training_dp, only: callback_t, callbacks_t, training_t
   ! training inside a simulation
   use fkb_error_corrector_dp, only: error_corrector_t
   use fkb_online_dp, only: online_options_t, online_trainer_t
   ! optimizers
   use fkb_adadelta_dp, only: adadelta_t
   use fkb_adafactor_dp, only: adafactor_t
   use fkb_adagrad_dp, only: adagrad_t
   use fkb_adam_dp, only: adam_t
   use fkb_adamax_dp, only: adamax_t
   use fkb_ftrl_dp, only: ftrl_t
   use fkb_lamb_dp, only: lamb_t
   use fkb_lion_dp, only: lion_t
   use fkb_muon_dp, only: muon_t
   use fkb_nadam_dp, only: nadam_t
   use fkb_rmsprop_dp, only: rmsprop_t
   use fkb_sgd_dp, only: sgd_t
   ! layers of your own
   use fkb_builtin_dp, only: add_builtin_layers
   use fkb_config, only: config_t
   use fkb_gemm_dp, only: gemm_nn, gemm_nt, gemm_tn
   use fkb_layer_dp, only: layer_t, mode_t, unary_layer_t, view_t
   use fkb_layer_check_dp, only: check_layer
   use fkb_plan, only: keep_values, plan_t, role_t, tangent_backward, tangent_forward, &
      tangent_none, tangent_own, tangent_zero, weight_t
   use fkb_random_dp, only: normal_values, uniform_values
   use fkb_registry_dp, only: registry_t
   ! losses, metrics and optimizers of your own
   use fkb_batch_dp, only: batch_t
   use fkb_json, only: json_real_text
   use fkb_loss_dp, only: loss_t, positions_of, reduce_mean, reduce_sum, reduce_weighted_mean
   use fkb_loss_check_dp, only: check_loss_gradient
   use fkb_loss_registry_dp, only: loss_registry_t
   use fkb_metric_dp, only: metric_t
   use fkb_metric_registry_dp, only: metric_registry_t
   use fkb_optimizer_dp, only: next_run, optimizer_state_t, optimizer_t
   use fkb_optimizer_registry_dp, only: optimizer_registry_t
   use fkb_optimizer_state_dp, only: state_list_t
   use fkb_constraint_options, only: constrain_norm, constrain_nothing, constrain_sign, &
      constrain_unit, constraint_t
   use fkb_regularizer_options, only: regularizer_t
   use fkb_segment, only: segment_t
   implicit none (type, external)
   public
end module fkb_dp
