!> Derivatives of networks for C; documented in fkb.h.
module fkb_c_derivatives
   use, intrinsic :: iso_c_binding, only: c_associated, c_double, c_int, c_ptr
   use fkb_bridge_derivatives_dp, only: jacobian_dp => bridge_jacobian, jvp_dp => bridge_jvp, &
      vjp_dp => bridge_vjp
   use fkb_bridge_derivatives_sp, only: jacobian_sp => bridge_jacobian, jvp_sp => bridge_jvp, &
      vjp_sp => bridge_vjp
   use fkb_c_array, only: c_array_t, check_array
   use fkb_c_network, only: need_thawed, network_handle_t, network_of
   use fkb_c_run, only: need_handles, work_of, workspace_handle_t
   use fkb_c_state, only: state_handle_t, state_of
   use fkb_c_text, only: need, report
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, sp
   implicit none (type, external)
   private

contains

   !> The state behind a handle, null for none. Raises an error for one of the other kind.
   subroutine find_state(handle, net, state, error)
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), intent(in) :: net
      type(state_handle_t), pointer, intent(out) :: state
      type(error_t), allocatable, intent(inout) :: error
      nullify (state)
      if (.not. c_associated(handle) .or. allocated(error)) return
      state => state_of(handle)
      if (state%double .neqv. net%double) call raise(error, fkb_err_argument, &
         'the state was made for a network of another precision')
   end subroutine find_state

   integer(c_int) function jvp(handle, work_handle, n_inputs, inputs, dinputs, dparams, n_outputs, &
      outputs, doutputs, state_handle, dstate_handle, error_out) result(code) &
      bind(c, name='fkb_jvp')
      type(c_ptr), intent(in), value :: handle, work_handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs
      type(c_array_t), intent(in), optional :: inputs(n_inputs), dinputs(n_inputs)
      real(c_double), intent(in), optional :: dparams(*)
      type(c_array_t), intent(in), optional :: outputs(n_outputs), doutputs(n_outputs)
      type(c_ptr), intent(in), value :: state_handle, dstate_handle, error_out
      type(network_handle_t), pointer :: net
      type(workspace_handle_t), pointer :: work
      type(state_handle_t), pointer :: state, dstate
      type(error_t), allocatable :: error
      call need_handles(handle, work_handle, error)
      call need(present(inputs), 'list of inputs', error)
      call need(present(outputs) .and. present(doutputs), 'list of outputs or directions', error)
      if (.not. allocated(error)) then
         net => network_of(handle)
         work => work_of(work_handle)
         call need_thawed(net, error)
         call find_state(state_handle, net, state, error)
         call find_state(dstate_handle, net, dstate, error)
      end if
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      if (net%double) then
         call double_jvp()
      else
         call single_jvp()
      end if
      code = report(error, error_out)

   contains

      subroutine double_jvp()
         real(dp), allocatable :: direction(:)
         if (present(dparams)) direction = dparams(:size(net%double_net%params))
         if (associated(state) .and. associated(dstate)) then
            call jvp_dp(net%double_net, work%double_slopes, inputs, dinputs, outputs, doutputs, &
               error, direction, state%double_state, dstate%double_state)
         else if (associated(state)) then
            call jvp_dp(net%double_net, work%double_slopes, inputs, dinputs, outputs, doutputs, &
               error, direction, state%double_state)
         else
            call jvp_dp(net%double_net, work%double_slopes, inputs, dinputs, outputs, doutputs, &
               error, direction)
         end if
      end subroutine double_jvp

      subroutine single_jvp()
         real(sp), allocatable :: direction(:)
         if (present(dparams)) direction = real(dparams(:size(net%single_net%params)), sp)
         if (associated(state) .and. associated(dstate)) then
            call jvp_sp(net%single_net, work%single_slopes, inputs, dinputs, outputs, doutputs, &
               error, direction, state%single_state, dstate%single_state)
         else if (associated(state)) then
            call jvp_sp(net%single_net, work%single_slopes, inputs, dinputs, outputs, doutputs, &
               error, direction, state%single_state)
         else
            call jvp_sp(net%single_net, work%single_slopes, inputs, dinputs, outputs, doutputs, &
               error, direction)
         end if
      end subroutine single_jvp

   end function jvp

   integer(c_int) function vjp(handle, work_handle, n_inputs, inputs, n_outputs, weights, outputs, &
      dinputs, gparams, state_handle, gstate_handle, error_out) result(code) &
      bind(c, name='fkb_vjp')
      type(c_ptr), intent(in), value :: handle, work_handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs
      type(c_array_t), intent(in), optional :: inputs(n_inputs), dinputs(n_inputs)
      type(c_array_t), intent(in), optional :: weights(n_outputs), outputs(n_outputs)
      real(c_double), intent(inout), optional :: gparams(*)
      type(c_ptr), intent(in), value :: state_handle, gstate_handle, error_out
      type(network_handle_t), pointer :: net
      type(workspace_handle_t), pointer :: work
      type(state_handle_t), pointer :: state, gstate
      type(error_t), allocatable :: error
      call need_handles(handle, work_handle, error)
      call need(present(inputs) .and. present(dinputs), 'list of inputs or their gradients', error)
      call need(present(outputs) .and. present(weights), 'list of outputs or weights', error)
      if (.not. allocated(error)) then
         net => network_of(handle)
         work => work_of(work_handle)
         call need_thawed(net, error)
         call find_state(state_handle, net, state, error)
         call find_state(gstate_handle, net, gstate, error)
      end if
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      if (net%double) then
         call double_vjp()
      else
         call single_vjp()
      end if
      code = report(error, error_out)

   contains

      subroutine double_vjp()
         real(dp), allocatable :: gradient(:)
         if (present(gparams)) allocate (gradient(size(net%double_net%params)))
         if (associated(state) .and. associated(gstate)) then
            call vjp_dp(net%double_net, work%double_slopes, inputs, weights, outputs, dinputs, &
               error, gradient, state%double_state, gstate%double_state)
         else if (associated(state)) then
            call vjp_dp(net%double_net, work%double_slopes, inputs, weights, outputs, dinputs, &
               error, gradient, state%double_state)
         else
            call vjp_dp(net%double_net, work%double_slopes, inputs, weights, outputs, dinputs, &
               error, gradient)
         end if
         if (present(gparams)) gparams(:size(gradient)) = gradient
      end subroutine double_vjp

      subroutine single_vjp()
         real(sp), allocatable :: gradient(:)
         if (present(gparams)) allocate (gradient(size(net%single_net%params)))
         if (associated(state) .and. associated(gstate)) then
            call vjp_sp(net%single_net, work%single_slopes, inputs, weights, outputs, dinputs, &
               error, gradient, state%single_state, gstate%single_state)
         else if (associated(state)) then
            call vjp_sp(net%single_net, work%single_slopes, inputs, weights, outputs, dinputs, &
               error, gradient, state%single_state)
         else
            call vjp_sp(net%single_net, work%single_slopes, inputs, weights, outputs, dinputs, &
               error, gradient)
         end if
         if (present(gparams)) gparams(:size(gradient)) = real(gradient, dp)
      end subroutine single_vjp

   end function vjp

   integer(c_int) function jacobian(handle, work_handle, n_inputs, inputs, output, input, values, &
      state_handle, error_out) result(code) bind(c, name='fkb_jacobian')
      type(c_ptr), intent(in), value :: handle, work_handle
      integer(c_int), intent(in), value :: n_inputs, output, input
      type(c_array_t), intent(in), optional :: inputs(n_inputs)
      type(c_array_t), intent(in), optional :: values
      type(c_ptr), intent(in), value :: state_handle, error_out
      type(network_handle_t), pointer :: net
      type(workspace_handle_t), pointer :: work
      type(state_handle_t), pointer :: state
      type(error_t), allocatable :: error
      call need_handles(handle, work_handle, error)
      call need(present(inputs), 'list of inputs', error)
      call need(present(values), 'place for the Jacobian', error)
      if (.not. allocated(error)) call check_array(values, error)
      if (.not. allocated(error)) then
         if (values%rank /= 3) call raise(error, fkb_err_argument, &
            'a Jacobian has three axes: samples, inputs, outputs')
      end if
      if (.not. allocated(error)) then
         net => network_of(handle)
         work => work_of(work_handle)
         call need_thawed(net, error)
         call find_state(state_handle, net, state, error)
      end if
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      if (net%double .and. associated(state)) then
         call jacobian_dp(net%double_net, work%double_slopes, inputs, output + 1, input + 1, &
            values, error, state%double_state)
      else if (net%double) then
         call jacobian_dp(net%double_net, work%double_slopes, inputs, output + 1, input + 1, &
            values, error)
      else if (associated(state)) then
         call jacobian_sp(net%single_net, work%single_slopes, inputs, output + 1, input + 1, &
            values, error, state%single_state)
      else
         call jacobian_sp(net%single_net, work%single_slopes, inputs, output + 1, input + 1, &
            values, error)
      end if
      code = report(error, error_out)
   end function jacobian

end module fkb_c_derivatives
