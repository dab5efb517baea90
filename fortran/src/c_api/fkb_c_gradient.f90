!> Gradients of a trainer, and steps from gradients of any origin, for C; documented in fkb.h.
module fkb_c_gradient
   use, intrinsic :: iso_c_binding, only: c_associated, c_double, c_int, c_int64_t, c_ptr
   use fkb_bridge_training_dp, only: apply_dp => bridge_apply, gradient_dp => bridge_gradient
   use fkb_bridge_training_sp, only: apply_sp => bridge_apply, gradient_sp => bridge_gradient
   use fkb_c_array, only: c_array_t
   use fkb_c_text, only: need, report
   use fkb_c_trainer, only: need_batch, trainer_handle_t, trainer_of, weights_of
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_text, only: decimal
   implicit none (type, external)
   private

contains

   integer(c_int) function gradient(handle, n_inputs, inputs, n_outputs, targets, weights, loss, &
      n, grad, error_out) result(code) bind(c, name='fkb_trainer_gradient')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs
      type(c_array_t), intent(in), optional :: inputs(n_inputs), targets(n_outputs)
      type(c_ptr), intent(in), value :: weights
      real(c_double), intent(inout), optional :: loss
      integer(c_int64_t), intent(in), value :: n
      real(c_double), intent(inout), optional :: grad(n)
      type(c_ptr), intent(in), value :: error_out
      type(trainer_handle_t), pointer :: trainer
      type(error_t), allocatable :: error
      real(c_double) :: value
      if (present(loss)) loss = 0
      call need_batch(handle, present(inputs), present(targets), error)
      if (.not. allocated(error)) call need(present(grad), 'place for the gradient', error)
      if (.not. allocated(error)) call check_length(trainer_of(handle), n, error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      trainer => trainer_of(handle)
      if (trainer%double) then
         call gradient_dp(trainer%double_trainer, inputs, targets, &
            weights_of(weights, n_outputs), value, grad, error)
      else
         call gradient_sp(trainer%single_trainer, inputs, targets, &
            weights_of(weights, n_outputs), value, grad, error)
      end if
      if (present(loss)) loss = value
      code = report(error, error_out)
   end function gradient

   integer(c_int) function apply(handle, n, grad, error_out) result(code) &
      bind(c, name='fkb_trainer_apply')
      type(c_ptr), intent(in), value :: handle
      integer(c_int64_t), intent(in), value :: n
      real(c_double), intent(in), optional :: grad(n)
      type(c_ptr), intent(in), value :: error_out
      type(trainer_handle_t), pointer :: trainer
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'trainer', error)
      if (.not. allocated(error)) call need(present(grad), 'gradient', error)
      if (.not. allocated(error)) call check_length(trainer_of(handle), n, error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      trainer => trainer_of(handle)
      if (trainer%double) then
         call apply_dp(trainer%double_trainer, grad, error)
      else
         call apply_sp(trainer%single_trainer, grad, error)
      end if
      code = report(error, error_out)
   end function apply

   subroutine finish(handle) bind(c, name='fkb_trainer_finish')
      type(c_ptr), intent(in), value :: handle
      type(trainer_handle_t), pointer :: trainer
      if (.not. c_associated(handle)) return
      trainer => trainer_of(handle)
      call trainer%single_trainer%finish()
      call trainer%double_trainer%finish()
   end subroutine finish

   !> A gradient has as many values as the network has weights.
   subroutine check_length(trainer, n, error)
      type(trainer_handle_t), intent(in) :: trainer
      integer(c_int64_t), intent(in) :: n
      type(error_t), allocatable, intent(out) :: error
      integer(c_int64_t) :: expected
      expected = 0
      if (trainer%double) then
         if (associated(trainer%double_trainer%net)) then
            expected = size(trainer%double_trainer%net%params, kind=c_int64_t)
         end if
      else if (associated(trainer%single_trainer%net)) then
         expected = size(trainer%single_trainer%net%params, kind=c_int64_t)
      end if
      if (n /= expected) call raise(error, fkb_err_argument, 'the gradient has '//decimal(n)// &
         ' values, the network '//decimal(expected)//' weights')
   end subroutine check_length

end module fkb_c_gradient
