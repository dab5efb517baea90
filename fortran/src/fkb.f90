!> Both precisions side by side, with suffixed names.
module fkb
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_layer_dp, only: layer_dp_t => layer_t, mode_dp_t => mode_t, &
      unary_layer_dp_t => unary_layer_t
   use fkb_layer_sp, only: layer_sp_t => layer_t, mode_sp_t => mode_t, &
      unary_layer_sp_t => unary_layer_t
   use fkb_network_dp, only: network_dp_t => network_t, workspace_dp_t => workspace_t
   use fkb_network_sp, only: network_sp_t => network_t, workspace_sp_t => workspace_t
   use fkb_plan, only: plan_t
   use fkb_registry_dp, only: registry_dp_t => registry_t
   use fkb_registry_sp, only: registry_sp_t => registry_t
   use fkb_shape, only: open_extent, shape_of, shape_t
   use fkb_trainer_dp, only: trainer_dp_t => trainer_t
   use fkb_trainer_sp, only: trainer_sp_t => trainer_t
   use fkb_views, only: view_dp_t, view_sp_t
   implicit none (type, external)
   public
end module fkb
