!> Networks frozen for inference, for C; documented in fkb.h.
module fkb_c_freeze
   use, intrinsic :: iso_c_binding, only: c_associated, c_int, c_ptr
   use fkb_c_network, only: network_handle_t, network_of
   use fkb_c_text, only: need, report
   use fkb_error, only: error_t
   implicit none (type, external)
   private

contains

   integer(c_int) function freeze(handle, fold, error_out) result(code) &
      bind(c, name='fkb_network_freeze')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: fold
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'network', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      if (net%double) then
         call net%double_net%freeze(error, fold /= 0)
      else
         call net%single_net%freeze(error, fold /= 0)
      end if
      code = report(error, error_out)
   end function freeze

   subroutine thaw(handle) bind(c, name='fkb_network_thaw')
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      if (.not. c_associated(handle)) return
      net => network_of(handle)
      call net%single_net%thaw()
      call net%double_net%thaw()
   end subroutine thaw

   integer(c_int) function frozen(handle) result(is_frozen) bind(c, name='fkb_network_frozen')
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      is_frozen = 0
      if (.not. c_associated(handle)) return
      net => network_of(handle)
      if (net%single_net%frozen%on .or. net%double_net%frozen%on) is_frozen = 1
   end function frozen

end module fkb_c_freeze
