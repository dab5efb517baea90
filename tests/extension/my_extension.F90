!> Puts what this project adds to FKB beside what FKB has.
module my_extension
   use FKB_KIND, only: add_builtin_layers, error_t, loss_registry_t, metric_registry_t, &
      optimizer_registry_t, registry_t
   use my_batch_bias, only: batch_bias_t
   use my_hit_rate, only: hit_rate_t
   use my_relaxation, only: relaxation_t
   use my_scale, only: scale_t
   use my_snake, only: snake_t
   use my_weighted_error, only: weighted_error_t
   implicit none (type, external)
   private
   public :: add_my_layers, add_my_losses, add_my_metrics, add_my_optimizers

contains

   !> The library's layers and ours, under the names that Keras saves.
   subroutine add_my_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(out) :: error
      call add_builtin_layers(registry, error)
      if (.not. allocated(error)) call registry%add('my_pkg>Scale', scale_t(), error)
      if (.not. allocated(error)) call registry%add('my_pkg>snake', snake_t(), error)
   end subroutine add_my_layers

   !> Our losses; the library's need not be added.
   subroutine add_my_losses(losses, error)
      type(loss_registry_t), intent(inout) :: losses
      type(error_t), allocatable, intent(out) :: error
      call losses%add('my_pkg>WeightedError', weighted_error_t(), error)
      if (.not. allocated(error)) call losses%add('my_pkg>BatchBias', batch_bias_t(), error)
   end subroutine add_my_losses

   !> Our metrics; the library's need not be added.
   subroutine add_my_metrics(metrics, error)
      type(metric_registry_t), intent(inout) :: metrics
      type(error_t), allocatable, intent(out) :: error
      call metrics%add('my_pkg>HitRate', hit_rate_t(), error)
   end subroutine add_my_metrics

   !> Our optimizers; the library's need not be added.
   subroutine add_my_optimizers(optimizers, error)
      type(optimizer_registry_t), intent(inout) :: optimizers
      type(error_t), allocatable, intent(out) :: error
      call optimizers%add('my_pkg>Relaxation', relaxation_t(), error)
   end subroutine add_my_optimizers

end module my_extension
