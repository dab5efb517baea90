!> Losses and metrics on arrays for C; documented in fkb.h.
module fkb_c_metric
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, &
      c_loc, c_null_ptr, c_ptr
   use fkb_bridge_metric_dp, only: loss_dp => bridge_loss, update_dp => bridge_update
   use fkb_bridge_metric_sp, only: loss_sp => bridge_loss, update_sp => bridge_update
   use fkb_c_array, only: c_array_t
   use fkb_c_text, only: need, report, text_of
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_metric_dp, only: metric_dp_t => metric_t
   use fkb_metric_registry_dp, only: metric_dp => metric_from_config
   use fkb_metric_registry_sp, only: metric_sp => metric_from_config
   use fkb_metric_sp, only: metric_sp_t => metric_t
   implicit none (type, external)
   private

   !> A metric of one of the kinds.
   type :: metric_handle_t
      class(metric_sp_t), allocatable :: single
      class(metric_dp_t), allocatable :: double
      character(:), allocatable :: name
   end type metric_handle_t

contains

   function metric_of(handle) result(metric)
      type(c_ptr), intent(in), value :: handle
      type(metric_handle_t), pointer :: metric
      call c_f_pointer(handle, metric)
   end function metric_of

   !> An array of C that may be null, as a list of one or none.
   function listed(pointer) result(arrays)
      type(c_ptr), intent(in), value :: pointer
      type(c_array_t), allocatable :: arrays(:)
      type(c_array_t), pointer :: given(:)
      allocate (arrays(0))
      if (.not. c_associated(pointer)) return
      call c_f_pointer(pointer, given, [1])
      arrays = given
   end function listed

   integer(c_int) function evaluate_loss(loss, keras_major, y_true, y_pred, weights, value, grad, &
      error_out) result(code) bind(c, name='fkb_loss_evaluate')
      character(kind=c_char), intent(in), optional :: loss(*)
      integer(c_int), intent(in), value :: keras_major
      type(c_array_t), intent(in), optional :: y_true, y_pred
      type(c_ptr), intent(in), value :: weights, grad
      real(c_double), intent(inout), optional :: value
      type(c_ptr), intent(in), value :: error_out
      type(error_t), allocatable :: error
      real(c_double) :: total
      total = 0
      call need(present(loss), 'loss', error)
      call need(present(y_true), 'array of targets', error)
      call need(present(y_pred), 'array of predictions', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      if (y_pred%bytes == 8) then
         call loss_dp(text_of(loss), int(keras_major), y_true, y_pred, listed(weights), total, &
                      listed(grad), error)
      else
         call loss_sp(text_of(loss), int(keras_major), y_true, y_pred, listed(weights), total, &
                      listed(grad), error)
      end if
      if (present(value)) value = total
      code = report(error, error_out)
   end function evaluate_loss

   integer(c_int) function new_metric(config, keras_major, bytes, handle, error_out) result(code) &
      bind(c, name='fkb_metric_new')
      character(kind=c_char), intent(in), optional :: config(*)
      integer(c_int), intent(in), value :: keras_major, bytes
      type(c_ptr), intent(inout), optional :: handle
      type(c_ptr), intent(in), value :: error_out
      type(metric_handle_t), pointer :: metric
      type(error_t), allocatable :: error
      if (present(handle)) handle = c_null_ptr
      call need(present(config), 'metric', error)
      call need(present(handle), 'place for the metric', error)
      if (.not. allocated(error) .and. all(bytes /= [4, 8])) then
         call raise(error, fkb_err_argument, 'values have 4 or 8 bytes')
      end if
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      allocate (metric)
      if (bytes == 8) then
         call metric_dp(text_of(config), int(keras_major), metric%double, metric%name, error)
      else
         call metric_sp(text_of(config), int(keras_major), metric%single, metric%name, error)
      end if
      handle = c_loc(metric)
      if (allocated(error)) then
         call free_metric(handle)
         handle = c_null_ptr
      end if
      code = report(error, error_out)
   end function new_metric

   subroutine free_metric(handle) bind(c, name='fkb_metric_free')
      type(c_ptr), intent(in), value :: handle
      type(metric_handle_t), pointer :: metric
      if (.not. c_associated(handle)) return
      metric => metric_of(handle)
      if (allocated(metric%single)) deallocate (metric%single)
      if (allocated(metric%double)) deallocate (metric%double)
      deallocate (metric)
   end subroutine free_metric

   subroutine reset_metric(handle) bind(c, name='fkb_metric_reset')
      type(c_ptr), intent(in), value :: handle
      type(metric_handle_t), pointer :: metric
      if (.not. c_associated(handle)) return
      metric => metric_of(handle)
      if (allocated(metric%single)) call metric%single%reset()
      if (allocated(metric%double)) call metric%double%reset()
   end subroutine reset_metric

   integer(c_int) function update_metric(handle, y_true, y_pred, weights, mask, error_out) &
      result(code) bind(c, name='fkb_metric_update')
      type(c_ptr), intent(in), value :: handle
      type(c_array_t), intent(in), optional :: y_true, y_pred
      type(c_ptr), intent(in), value :: weights, mask
      type(c_ptr), intent(in), value :: error_out
      type(metric_handle_t), pointer :: metric
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'metric', error)
      call need(present(y_true), 'array of targets', error)
      call need(present(y_pred), 'array of predictions', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      metric => metric_of(handle)
      if (allocated(metric%double)) then
         call update_dp(metric%double, y_true, y_pred, listed(weights), listed(mask), error)
      else
         call update_sp(metric%single, y_true, y_pred, listed(weights), listed(mask), error)
      end if
      code = report(error, error_out)
   end function update_metric

   integer(c_int) function count_values(handle) result(count) bind(c, name='fkb_metric_count')
      type(c_ptr), intent(in), value :: handle
      type(metric_handle_t), pointer :: metric
      count = 0
      if (.not. c_associated(handle)) return
      metric => metric_of(handle)
      if (allocated(metric%single)) count = int(metric%single%value_count(), c_int)
      if (allocated(metric%double)) count = int(metric%double%value_count(), c_int)
   end function count_values

   subroutine get_values(handle, values) bind(c, name='fkb_metric_values')
      type(c_ptr), intent(in), value :: handle
      real(c_double), intent(inout) :: values(*)
      type(metric_handle_t), pointer :: metric
      integer :: n
      if (.not. c_associated(handle)) return
      metric => metric_of(handle)
      n = int(count_values(handle))
      if (allocated(metric%single)) call metric%single%get_values(values(:n))
      if (allocated(metric%double)) call metric%double%get_values(values(:n))
   end subroutine get_values

end module fkb_c_metric
