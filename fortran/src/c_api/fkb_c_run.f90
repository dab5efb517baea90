!> Running networks for C: workspaces, inference, gradients; documented in fkb.h.
module fkb_c_run
   use, intrinsic :: iso_c_binding, only: c_associated, c_double, c_f_pointer, c_int, c_int64_t, &
      c_loc, c_ptr
   use fkb_bridge_dp, only: gradient_dp => bridge_gradient, predict_dp => bridge_predict
   use fkb_bridge_sp, only: gradient_sp => bridge_gradient, predict_sp => bridge_predict
   use fkb_c_array, only: c_array_t
   use fkb_c_network, only: need_thawed, network_handle_t, network_of
   use fkb_c_state, only: state_handle_t, state_of
   use fkb_c_text, only: need, report
   use fkb_derivatives_dp, only: derivatives_dp_t => derivatives_t
   use fkb_derivatives_sp, only: derivatives_sp_t => derivatives_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, sp
   use fkb_layer_dp, only: mode_dp_t => mode_t
   use fkb_layer_sp, only: mode_sp_t => mode_t
   use fkb_network_dp, only: workspace_dp_t => workspace_t
   use fkb_network_sp, only: workspace_sp_t => workspace_t
   implicit none (type, external)
   private
   public :: workspace_handle_t, work_of, need_handles

   !> A workspace that serves networks of both kinds.
   type :: workspace_handle_t
      type(workspace_sp_t) :: single_work
      type(workspace_dp_t) :: double_work
      type(derivatives_sp_t) :: single_slopes
      type(derivatives_dp_t) :: double_slopes
   end type workspace_handle_t

contains

   function work_of(handle) result(work)
      type(c_ptr), intent(in), value :: handle
      type(workspace_handle_t), pointer :: work
      call c_f_pointer(handle, work)
   end function work_of

   subroutine need_handles(handle, work_handle, error)
      type(c_ptr), intent(in), value :: handle, work_handle
      type(error_t), allocatable, intent(out) :: error
      call need(c_associated(handle), 'network', error)
      call need(c_associated(work_handle), 'workspace', error)
   end subroutine need_handles

   type(c_ptr) function new_workspace() result(handle) bind(c, name='fkb_workspace_new')
      type(workspace_handle_t), pointer :: work
      allocate (work)
      handle = c_loc(work)
   end function new_workspace

   subroutine free_workspace(handle) bind(c, name='fkb_workspace_free')
      type(c_ptr), intent(in), value :: handle
      type(workspace_handle_t), pointer :: work
      if (.not. c_associated(handle)) return
      work => work_of(handle)
      call work%single_work%clear()
      call work%double_work%clear()
      call work%single_slopes%clear()
      call work%double_slopes%clear()
      deallocate (work)
   end subroutine free_workspace

   integer(c_int) function predict(handle, work_handle, n_inputs, inputs, n_outputs, outputs, raw, &
      error_out) result(code) bind(c, name='fkb_predict')
      type(c_ptr), intent(in), value :: handle, work_handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs, raw
      type(c_array_t), intent(in), optional :: inputs(n_inputs), outputs(n_outputs)
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(workspace_handle_t), pointer :: work
      type(error_t), allocatable :: error
      call need_handles(handle, work_handle, error)
      call need(present(inputs), 'list of inputs', error)
      call need(present(outputs), 'list of outputs', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      work => work_of(work_handle)
      if (net%double) then
         call predict_dp(net%double_net, work%double_work, inputs, outputs, raw /= 0, error)
      else
         call predict_sp(net%single_net, work%single_work, inputs, outputs, raw /= 0, error)
      end if
      code = report(error, error_out)
   end function predict

   integer(c_int) function predict_state(handle, work_handle, state_handle, n_inputs, inputs, &
      n_outputs, outputs, raw, error_out) result(code) bind(c, name='fkb_predict_state')
      type(c_ptr), intent(in), value :: handle, work_handle, state_handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs, raw
      type(c_array_t), intent(in), optional :: inputs(n_inputs), outputs(n_outputs)
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(workspace_handle_t), pointer :: work
      type(state_handle_t), pointer :: state
      type(error_t), allocatable :: error
      call need_handles(handle, work_handle, error)
      call need(c_associated(state_handle), 'state', error)
      call need(present(inputs), 'list of inputs', error)
      call need(present(outputs), 'list of outputs', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      work => work_of(work_handle)
      state => state_of(state_handle)
      if (net%double) then
         call predict_dp(net%double_net, work%double_work, inputs, outputs, raw /= 0, error, &
            state%double_state)
      else
         call predict_sp(net%single_net, work%single_work, inputs, outputs, raw /= 0, error, &
            state%single_state)
      end if
      code = report(error, error_out)
   end function predict_state

   integer(c_int) function gradient(handle, work_handle, n_inputs, inputs, n_outputs, dy, y, dx, &
      dparams, training, seed, step, error_out) result(code) bind(c, name='fkb_gradient')
      type(c_ptr), intent(in), value :: handle, work_handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs, training
      type(c_array_t), intent(in), optional :: inputs(n_inputs), dx(n_inputs)
      type(c_array_t), intent(in), optional :: dy(n_outputs), y(n_outputs)
      real(c_double), intent(inout), optional :: dparams(*)
      integer(c_int64_t), intent(in), value :: seed, step
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(workspace_handle_t), pointer :: work
      type(error_t), allocatable :: error
      real(sp), allocatable :: singles(:)
      type(mode_sp_t) :: mode_s
      type(mode_dp_t) :: mode_d
      call need_handles(handle, work_handle, error)
      call need(present(inputs) .and. present(dx), 'list of inputs or their gradients', error)
      call need(present(y) .and. present(dy), 'list of outputs or their gradients', error)
      call need(present(dparams), 'place for the gradient of the weights', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      work => work_of(work_handle)
      call need_thawed(net, error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      if (net%double) then
         mode_d%training = training /= 0
         mode_d%seed = seed
         mode_d%step = step
         call gradient_dp(net%double_net, work%double_work, inputs, dy, y, dx, &
            dparams(:size(net%double_net%params)), mode_d, error)
      else
         mode_s%training = training /= 0
         mode_s%seed = seed
         mode_s%step = step
         allocate (singles(size(net%single_net%params)))
         call gradient_sp(net%single_net, work%single_work, inputs, dy, y, dx, singles, mode_s, &
            error)
         if (.not. allocated(error)) dparams(:size(singles)) = real(singles, dp)
      end if
      code = report(error, error_out)
   end function gradient

   integer(c_int) function check_samples(handle, work_handle, worst, count, error_out) &
      result(code) bind(c, name='fkb_check_samples')
      type(c_ptr), intent(in), value :: handle, work_handle
      real(c_double), intent(inout), optional :: worst
      integer(c_int), intent(inout), optional :: count
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(workspace_handle_t), pointer :: work
      type(error_t), allocatable :: error
      real(c_double) :: difference
      integer :: n
      n = 0
      difference = 0
      call need_handles(handle, work_handle, error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      work => work_of(work_handle)
      if (net%double) then
         n = net%double_net%document%sample_count
         call net%double_net%check_samples(work%double_work, error, difference)
      else
         n = net%single_net%document%sample_count
         call net%single_net%check_samples(work%single_work, error, difference)
      end if
      if (present(worst)) worst = difference
      if (present(count)) count = int(n, c_int)
      code = report(error, error_out)
   end function check_samples

end module fkb_c_run
