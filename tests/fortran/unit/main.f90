!> Runs every unit-test suite. Written by tools/collect_tests.py: run it, do not edit.
program main
   use fkb_testing, only: runner_t, suite_t
   use test_activation_kernels, only: collect_activation_kernels => collect
   use test_attention_kernels, only: collect_attention_kernels => collect
   use test_attention_layers, only: collect_attention_layers => collect
   use test_bank, only: collect_bank => collect
   use test_callbacks, only: collect_callbacks => collect
   use test_class_weights, only: collect_class_weights => collect
   use test_composed_loss, only: collect_composed_loss => collect
   use test_config, only: collect_config => collect
   use test_conv_kernels, only: collect_conv_kernels => collect
   use test_conv_lstm_layers, only: collect_conv_lstm_layers => collect
   use test_conv_winograd, only: collect_conv_winograd => collect
   use test_convolution_layers, only: collect_convolution_layers => collect
   use test_coupler, only: collect_coupler => collect
   use test_coupler_banks, only: collect_coupler_banks => collect
   use test_coupler_ensembles, only: collect_coupler_ensembles => collect
   use test_coupler_guards, only: collect_coupler_guards => collect
   use test_coupler_learning, only: collect_coupler_learning => collect
   use test_coupler_limits, only: collect_coupler_limits => collect
   use test_coupler_rules, only: collect_coupler_rules => collect
   use test_coupler_runs, only: collect_coupler_runs => collect
   use test_crc32, only: collect_crc32 => collect
   use test_dense_kernels, only: collect_dense_kernels => collect
   use test_derivatives, only: collect_derivatives => collect
   use test_derivatives_misuse, only: collect_derivatives_misuse => collect
   use test_document, only: collect_document => collect
   use test_early_stopping, only: collect_early_stopping => collect
   use test_einsum, only: collect_einsum => collect
   use test_encoding_layers, only: collect_encoding_layers => collect
   use test_ensemble, only: collect_ensemble => collect
   use test_ensemble_files, only: collect_ensemble_files => collect
   use test_ensemble_state, only: collect_ensemble_state => collect
   use test_fingerprint, only: collect_fingerprint => collect
   use test_fit, only: collect_fit => collect
   use test_fit_metrics, only: collect_fit_metrics => collect
   use test_frozen, only: collect_frozen => collect
   use test_frozen_use, only: collect_frozen_use => collect
   use test_full_batch, only: collect_full_batch => collect
   use test_gate, only: collect_gate => collect
   use test_gemm, only: collect_gemm => collect
   use test_initialize, only: collect_initialize => collect
   use test_initializer, only: collect_initializer => collect
   use test_json, only: collect_json => collect
   use test_layer_check, only: collect_layer_check => collect
   use test_layer_options, only: collect_layer_options => collect
   use test_layer_values, only: collect_layer_values => collect
   use test_layers, only: collect_layers => collect
   use test_loss, only: collect_loss => collect
   use test_math, only: collect_math => collect
   use test_metric, only: collect_metric => collect
   use test_model, only: collect_model => collect
   use test_network, only: collect_network => collect
   use test_network_hostile, only: collect_network_hostile => collect
   use test_network_misuse, only: collect_network_misuse => collect
   use test_network_names, only: collect_network_names => collect
   use test_network_threads, only: collect_network_threads => collect
   use test_numbers, only: collect_numbers => collect
   use test_online, only: collect_online => collect
   use test_operation_kernels, only: collect_operation_kernels => collect
   use test_operation_layers, only: collect_operation_layers => collect
   use test_optimizer, only: collect_optimizer => collect
   use test_optimizer_table, only: collect_optimizer_table => collect
   use test_passes, only: collect_passes => collect
   use test_pooling_layers, only: collect_pooling_layers => collect
   use test_processor, only: collect_processor => collect
   use test_random, only: collect_random => collect
   use test_reader, only: collect_reader => collect
   use test_reader_damage, only: collect_reader_damage => collect
   use test_reader_limits, only: collect_reader_limits => collect
   use test_recurrent_layers, only: collect_recurrent_layers => collect
   use test_resampling_layers, only: collect_resampling_layers => collect
   use test_scaling_layers, only: collect_scaling_layers => collect
   use test_schedule, only: collect_schedule => collect
   use test_testing, only: collect_testing => collect
   use test_trainer, only: collect_trainer => collect
   use test_trainer_files, only: collect_trainer_files => collect
   use test_trainer_steps, only: collect_trainer_steps => collect
   use test_transfer, only: collect_transfer => collect
   use test_writer, only: collect_writer => collect
   implicit none (type, external)
   type(runner_t) :: runner
   type(suite_t) :: suite
   call collect_activation_kernels(suite)
   call runner%run(suite)
   call collect_attention_kernels(suite)
   call runner%run(suite)
   call collect_attention_layers(suite)
   call runner%run(suite)
   call collect_bank(suite)
   call runner%run(suite)
   call collect_callbacks(suite)
   call runner%run(suite)
   call collect_class_weights(suite)
   call runner%run(suite)
   call collect_composed_loss(suite)
   call runner%run(suite)
   call collect_config(suite)
   call runner%run(suite)
   call collect_conv_kernels(suite)
   call runner%run(suite)
   call collect_conv_lstm_layers(suite)
   call runner%run(suite)
   call collect_conv_winograd(suite)
   call runner%run(suite)
   call collect_convolution_layers(suite)
   call runner%run(suite)
   call collect_coupler(suite)
   call runner%run(suite)
   call collect_coupler_banks(suite)
   call runner%run(suite)
   call collect_coupler_ensembles(suite)
   call runner%run(suite)
   call collect_coupler_guards(suite)
   call runner%run(suite)
   call collect_coupler_learning(suite)
   call runner%run(suite)
   call collect_coupler_limits(suite)
   call runner%run(suite)
   call collect_coupler_rules(suite)
   call runner%run(suite)
   call collect_coupler_runs(suite)
   call runner%run(suite)
   call collect_crc32(suite)
   call runner%run(suite)
   call collect_dense_kernels(suite)
   call runner%run(suite)
   call collect_derivatives(suite)
   call runner%run(suite)
   call collect_derivatives_misuse(suite)
   call runner%run(suite)
   call collect_document(suite)
   call runner%run(suite)
   call collect_early_stopping(suite)
   call runner%run(suite)
   call collect_einsum(suite)
   call runner%run(suite)
   call collect_encoding_layers(suite)
   call runner%run(suite)
   call collect_ensemble(suite)
   call runner%run(suite)
   call collect_ensemble_files(suite)
   call runner%run(suite)
   call collect_ensemble_state(suite)
   call runner%run(suite)
   call collect_fingerprint(suite)
   call runner%run(suite)
   call collect_fit(suite)
   call runner%run(suite)
   call collect_fit_metrics(suite)
   call runner%run(suite)
   call collect_frozen(suite)
   call runner%run(suite)
   call collect_frozen_use(suite)
   call runner%run(suite)
   call collect_full_batch(suite)
   call runner%run(suite)
   call collect_gate(suite)
   call runner%run(suite)
   call collect_gemm(suite)
   call runner%run(suite)
   call collect_initialize(suite)
   call runner%run(suite)
   call collect_initializer(suite)
   call runner%run(suite)
   call collect_json(suite)
   call runner%run(suite)
   call collect_layer_check(suite)
   call runner%run(suite)
   call collect_layer_options(suite)
   call runner%run(suite)
   call collect_layer_values(suite)
   call runner%run(suite)
   call collect_layers(suite)
   call runner%run(suite)
   call collect_loss(suite)
   call runner%run(suite)
   call collect_math(suite)
   call runner%run(suite)
   call collect_metric(suite)
   call runner%run(suite)
   call collect_model(suite)
   call runner%run(suite)
   call collect_network(suite)
   call runner%run(suite)
   call collect_network_hostile(suite)
   call runner%run(suite)
   call collect_network_misuse(suite)
   call runner%run(suite)
   call collect_network_names(suite)
   call runner%run(suite)
   call collect_network_threads(suite)
   call runner%run(suite)
   call collect_numbers(suite)
   call runner%run(suite)
   call collect_online(suite)
   call runner%run(suite)
   call collect_operation_kernels(suite)
   call runner%run(suite)
   call collect_operation_layers(suite)
   call runner%run(suite)
   call collect_optimizer(suite)
   call runner%run(suite)
   call collect_optimizer_table(suite)
   call runner%run(suite)
   call collect_passes(suite)
   call runner%run(suite)
   call collect_pooling_layers(suite)
   call runner%run(suite)
   call collect_processor(suite)
   call runner%run(suite)
   call collect_random(suite)
   call runner%run(suite)
   call collect_reader(suite)
   call runner%run(suite)
   call collect_reader_damage(suite)
   call runner%run(suite)
   call collect_reader_limits(suite)
   call runner%run(suite)
   call collect_recurrent_layers(suite)
   call runner%run(suite)
   call collect_resampling_layers(suite)
   call runner%run(suite)
   call collect_scaling_layers(suite)
   call runner%run(suite)
   call collect_schedule(suite)
   call runner%run(suite)
   call collect_testing(suite)
   call runner%run(suite)
   call collect_trainer(suite)
   call runner%run(suite)
   call collect_trainer_files(suite)
   call runner%run(suite)
   call collect_trainer_steps(suite)
   call runner%run(suite)
   call collect_transfer(suite)
   call runner%run(suite)
   call collect_writer(suite)
   call runner%run(suite)
   call runner%finish()
end program main
