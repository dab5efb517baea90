! Generated from fkb_umbrella.fypp: edit that file and run tools/generate.py
!> Everything a user needs, in one precision: `use fkb_sp`.
module fkb_sp
   use fkb_adam_sp, only: adam_t
   use fkb_builtin_sp, only: add_builtin_layers
   use fkb_config, only: config_t
   use fkb_crossentropies_sp, only: binary_crossentropy_t, categorical_crossentropy_t, &
      sparse_categorical_crossentropy_t
   use fkb_error, only: add_context, error_t, fkb_err_argument, fkb_err_file, fkb_err_format, &
      fkb_err_numeric, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, i8, sp, wp => sp
   use fkb_layer_sp, only: layer_t, mode_t, unary_layer_t, view_t
   use fkb_loss_sp, only: loss_t
   use fkb_loss_check_sp, only: check_loss_gradient
   use fkb_losses_sp, only: huber_t, log_cosh_t, mean_absolute_error_t, mean_squared_error_t
   use fkb_network_sp, only: network_t, workspace_t
   use fkb_optimizer_sp, only: optimizer_t
   use fkb_plan, only: plan_t
   use fkb_registry_sp, only: registry_t
   use fkb_sgd_sp, only: sgd_t
   use fkb_shape, only: open_extent, shape_of, shape_t
   use fkb_trainer_sp, only: loss_box_t, trainer_t
   implicit none (type, external)
   public
end module fkb_sp
