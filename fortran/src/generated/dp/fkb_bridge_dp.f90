! Generated from c_api/fkb_bridge.fypp: edit that file and run tools/generate.py
!> What the C interface does with a network of this kind.
module fkb_bridge_dp
   use, intrinsic :: iso_c_binding, only: c_f_pointer
   use fkb_c_array, only: c_array_t, check_array, sample_shape
   use fkb_error, only: add_context, error_t, fkb_err_argument, raise
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_layer_dp, only: mode_t, view_t
   use fkb_network_dp, only: network_t, workspace_t
   use fkb_preparation_dp, only: refuse_preparation
   use fkb_shape, only: shape_t
   use fkb_state_dp, only: state_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: bridge_predict, bridge_gradient, attach, network_shapes

contains

   !> Inference. Raises an error where shapes do not fit.
   subroutine bridge_predict(net, work, inputs, outputs, raw, error, state)
      type(network_t), intent(in) :: net
      type(workspace_t), intent(inout) :: work
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in) :: outputs(:)         !! one per output, overwritten
      logical, intent(in) :: raw                        !! without the ports' steps
      type(error_t), allocatable, intent(out) :: error
      type(state_t), intent(inout), optional :: state   !! of a stateful network
      type(host_t) :: x(size(inputs)), y(size(outputs))
      type(shape_t) :: shapes(size(inputs))
      call attach(inputs, x, error)
      if (.not. allocated(error)) call attach(outputs, y, error)
      if (.not. allocated(error)) call network_shapes(net, inputs, raw, shapes, error)
      if (allocated(error)) return
      if (size(inputs) > 0) call work%prepare(net, shapes, x(1)%batch(), error)
      if (allocated(error)) return
      call net%run(x, y, work, error, raw, state)
   end subroutine bridge_predict

   !> Outputs, and the vector-Jacobian product: gradients of sum(dy*y) with respect to the
   !> inputs (in the network's space) and to all weights. Stateful layers begin with zeros.
   subroutine bridge_gradient(net, work, inputs, dy, y, dx, dparams, mode, error)
      type(network_t), intent(in) :: net
      type(workspace_t), intent(inout), target :: work
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in) :: dy(:)              !! one per output
      type(c_array_t), intent(in) :: y(:)               !! one per output, overwritten
      type(c_array_t), intent(in) :: dx(:)              !! one per input, overwritten
      real(wp), intent(out), contiguous :: dparams(:)   !! of the flat vector
      type(mode_t), intent(in) :: mode
      type(error_t), allocatable, intent(out) :: error
      type(host_t) :: x(size(inputs)), gy(size(dy)), ys(size(y)), gx(size(dx))
      type(shape_t) :: shapes(size(inputs))
      type(view_t) :: view
      type(state_t) :: state
      integer :: k
      call net%can_train(error, mode%training)
      if (.not. allocated(error) .and. mode%training) call refuse_preparation( &
         net%graph, error)
      if (.not. allocated(error)) call check_counts(net, size(inputs), size(dx), size(dy), &
         size(y), error)
      if (.not. allocated(error)) call attach(inputs, x, error)
      if (.not. allocated(error)) call attach(dy, gy, error)
      if (.not. allocated(error)) call attach(y, ys, error)
      if (.not. allocated(error)) call attach(dx, gx, error)
      if (.not. allocated(error)) call network_shapes(net, inputs, .false., shapes, error)
      if (allocated(error)) return
      if (any([(x(k)%batch() /= x(1)%batch(), k=1, size(x))])) call raise(error, &
         fkb_err_argument, 'the inputs have different numbers of samples')
      if (.not. allocated(error)) call work%prepare(net, shapes, x(1)%batch(), error, &
         training=.true.)
      if (.not. allocated(error)) call net%make_state(state, x(1)%batch(), error, shapes)
      if (allocated(error)) return
      call state%begin()
      call net%forward_pass(x, 1, x(1)%batch(), work, mode, error, state)
      if (allocated(error)) return
      do k = 1, size(y)
         view = net%output(work, k)
         call hand_out(view, ys(k), error)
         if (allocated(error)) return
         view = net%output_gradient(work, k, .false.)
         call check_size(view, gy(k), error)
         if (allocated(error)) return
         if (associated(gy(k)%s)) view%v = real(gy(k)%s, wp)
         if (associated(gy(k)%d)) view%v = real(gy(k)%d, wp)
      end do
      dparams = 0
      call net%backward_pass(work, mode, 0.0_wp, dparams)
      do k = 1, size(dx)
         view = net%input_gradient(work, k)
         call hand_out(view, gx(k), error)
         if (allocated(error)) return
      end do
   end subroutine bridge_gradient

   !> As many arrays as the network has ends, also for the gradients.
   subroutine check_counts(net, n_inputs, n_dx, n_dy, n_outputs, error)
      type(network_t), intent(in) :: net
      integer, intent(in) :: n_inputs, n_dx, n_dy, n_outputs
      type(error_t), allocatable, intent(out) :: error
      if (any([n_inputs, n_dx] /= size(net%inputs)) .or. &
         any([n_dy, n_outputs] /= size(net%outputs))) call raise(error, fkb_err_argument, &
         'the network has '//decimal(size(net%inputs))//' inputs and '// &
         decimal(size(net%outputs))//' outputs, '//decimal(n_inputs)//' and '// &
         decimal(n_outputs)//' arrays were given')
   end subroutine check_counts

   subroutine hand_out(view, host, error)
      type(view_t), intent(in) :: view
      type(host_t), intent(in) :: host
      type(error_t), allocatable, intent(out) :: error
      call check_size(view, host, error)
      if (allocated(error)) return
      if (associated(host%s)) host%s = real(view%v, sp)
      if (associated(host%d)) host%d = real(view%v, dp)
   end subroutine hand_out

   subroutine check_size(view, host, error)
      type(view_t), intent(in) :: view
      type(host_t), intent(in) :: host
      type(error_t), allocatable, intent(out) :: error
      if (host%features() /= size(view%v, 1)) then
         call raise(error, fkb_err_argument, 'an array has '//decimal(host%features())// &
            ' values a sample, '//decimal(size(view%v, 1))//' are expected')
      else if (host%batch() /= size(view%v, 2)) then
         call raise(error, fkb_err_argument, 'an array has '//decimal(host%batch())// &
            ' samples, '//decimal(size(view%v, 2))//' are expected')
      end if
   end subroutine check_size

   !> Fortran's views of C's arrays.
   subroutine attach(arrays, hosts, error)
      type(c_array_t), intent(in) :: arrays(:)
      type(host_t), intent(out) :: hosts(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: features, k
      do k = 1, size(arrays)
         call check_array(arrays(k), error)
         if (allocated(error)) return
         features = int(product(arrays(k)%shape(2:arrays(k)%rank)))
         associate (batch => int(arrays(k)%shape(1)))
            if (arrays(k)%bytes == 4) then
               call c_f_pointer(arrays(k)%data, hosts(k)%s, [features, batch])
            else
               call c_f_pointer(arrays(k)%data, hosts(k)%d, [features, batch])
            end if
         end associate
      end do
   end subroutine attach

   !> Shapes of the inputs in the network: where a port chooses elements, the last axis differs.
   subroutine network_shapes(net, inputs, raw, shapes, error)
      type(network_t), intent(in) :: net
      type(c_array_t), intent(in) :: inputs(:)
      logical, intent(in) :: raw
      type(shape_t), intent(out) :: shapes(:)
      type(error_t), allocatable, intent(out) :: error
      integer :: k
      if (.not. net%loaded()) then
         call raise(error, fkb_err_argument, 'no network is loaded')
      else if (size(inputs) /= size(net%inputs)) then
         call raise(error, fkb_err_argument, 'the network has '//decimal(size(net%inputs))// &
            ' inputs, '//decimal(size(inputs))//' were given')
      end if
      if (allocated(error)) return
      do k = 1, size(inputs)
         shapes(k) = sample_shape(inputs(k))
         if (raw .or. .not. allocated(net%inputs(k)%chosen)) cycle
         if (shapes(k)%extent(1) /= net%inputs(k)%host_elements) then
            call raise(error, fkb_err_argument, 'input '//decimal(k)//' takes '// &
               decimal(net%inputs(k)%host_elements)//' elements along its last axis, '// &
               decimal(shapes(k)%extent(1))//' were given')
            return
         end if
         shapes(k)%extent(1) = size(net%inputs(k)%chosen)
      end do
   end subroutine network_shapes

end module fkb_bridge_dp
