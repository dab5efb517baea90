! Generated from c_api/fkb_bridge_training.fypp: edit that file and run tools/generate.py
!> What the C interface does with a trainer of this kind.
module fkb_bridge_training_dp
   use fkb_bridge_dp, only: attach
   use fkb_c_array, only: c_array_t
   use fkb_error, only: error_t
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: dp, wp => dp
   use fkb_trainer_dp, only: trainer_t
   implicit none (type, external)
   private
   public :: bridge_step, bridge_fit, bridge_gradient, bridge_apply

contains

   !> One step on C's arrays.
   subroutine bridge_step(trainer, inputs, targets, weights, loss, error)
      type(trainer_t), intent(inout), target :: trainer
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in) :: targets(:)         !! one per output
      type(c_array_t), intent(in) :: weights(:)         !! one per output, or none
      real(dp), intent(out) :: loss
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: x(size(inputs)), y(size(targets)), w(size(weights))
      loss = 0
      call attach_all(inputs, targets, weights, x, y, w, error)
      if (allocated(error)) return
      if (size(w) > 0) then
         call trainer%step_hosts(x, y, loss, error, weights=w)
      else
         call trainer%step_hosts(x, y, loss, error)
      end if
   end subroutine bridge_step

   !> Several epochs on C's arrays.
   subroutine bridge_fit(trainer, inputs, targets, weights, batch_size, shuffle, seed, history, &
      error)
      type(trainer_t), intent(inout), target :: trainer
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in) :: targets(:)         !! one per output
      type(c_array_t), intent(in) :: weights(:)         !! one per output, or none
      integer, intent(in) :: batch_size, seed
      logical, intent(in) :: shuffle
      real(dp), intent(out) :: history(:)               !! (epochs)
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: x(size(inputs)), y(size(targets)), w(size(weights))
      history = 0
      call attach_all(inputs, targets, weights, x, y, w, error)
      if (allocated(error)) return
      if (size(w) > 0) then
         call trainer%fit(x, y, size(history), batch_size, error, weights=w, shuffle=shuffle, &
            seed=seed, history=history)
      else
         call trainer%fit(x, y, size(history), batch_size, error, shuffle=shuffle, seed=seed, &
            history=history)
      end if
   end subroutine bridge_fit

   !> Loss and gradient of C's arrays; nothing is changed.
   subroutine bridge_gradient(trainer, inputs, targets, weights, loss, gradient, error)
      type(trainer_t), intent(inout), target :: trainer
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in) :: targets(:)         !! one per output
      type(c_array_t), intent(in) :: weights(:)         !! one per output, or none
      real(dp), intent(out) :: loss
      real(dp), intent(out), contiguous :: gradient(:)  !! (weights of the flat vector)
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: x(size(inputs)), y(size(targets)), w(size(weights))
      real(wp), allocatable :: grad(:)
      loss = 0
      gradient = 0
      call attach_all(inputs, targets, weights, x, y, w, error)
      if (allocated(error)) return
      if (size(w) > 0) then
         call trainer%gradient_hosts(x, y, loss, error, weights=w)
      else
         call trainer%gradient_hosts(x, y, loss, error)
      end if
      if (allocated(error)) return
      call trainer%last_gradient(grad)
      gradient = real(grad, dp)
   end subroutine bridge_gradient

   !> One step from C's gradient.
   subroutine bridge_apply(trainer, gradient, error)
      type(trainer_t), intent(inout) :: trainer
      real(dp), intent(in) :: gradient(:)               !! (weights of the flat vector)
      type(error_t), allocatable, intent(out) :: error
      call trainer%apply(real(gradient, wp), error)
   end subroutine bridge_apply

   subroutine attach_all(inputs, targets, weights, x, y, w, error)
      type(c_array_t), intent(in) :: inputs(:), targets(:), weights(:)
      type(host_t), intent(out) :: x(:), y(:), w(:)
      type(error_t), allocatable, intent(out) :: error
      call attach(inputs, x, error)
      if (.not. allocated(error)) call attach(targets, y, error)
      if (.not. allocated(error)) call attach(weights, w, error)
   end subroutine attach_all

end module fkb_bridge_training_dp
