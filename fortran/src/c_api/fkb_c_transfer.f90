!> Transfer learning for C; documented in fkb.h.
module fkb_c_transfer
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_int, c_ptr
   use fkb_c_network, only: network_handle_t, network_of
   use fkb_c_text, only: need, report, text_of
   use fkb_decay_factor_dp, only: decay_dp => set_decay_factor
   use fkb_decay_factor_sp, only: decay_sp => set_decay_factor
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp
   implicit none (type, external)
   private

contains

   integer(c_int) function set_rate_factor(handle, pattern, factor, error_out) result(code) &
      bind(c, name='fkb_network_set_rate_factor')
      type(c_ptr), intent(in), value :: handle
      character(kind=c_char), intent(in), optional :: pattern(*)
      real(c_double), intent(in), value :: factor
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'network', error)
      call need(present(pattern), 'pattern', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      if (net%double) then
         call net%double_net%set_rate_factor(text_of(pattern), real(factor, dp), error)
      else
         call net%single_net%set_rate_factor(text_of(pattern), real(factor, dp), error)
      end if
      code = report(error, error_out)
   end function set_rate_factor

   integer(c_int) function set_decay_factor(handle, pattern, factor, error_out) result(code) &
      bind(c, name='fkb_network_set_decay_factor')
      type(c_ptr), intent(in), value :: handle
      character(kind=c_char), intent(in), optional :: pattern(*)
      real(c_double), intent(in), value :: factor
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'network', error)
      call need(present(pattern), 'pattern', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      if (net%double) then
         call decay_dp(net%double_net, text_of(pattern), real(factor, dp), error)
      else
         call decay_sp(net%single_net, text_of(pattern), real(factor, dp), error)
      end if
      code = report(error, error_out)
   end function set_decay_factor

   integer(c_int) function copy_weights(handle, from, pattern, error_out) result(code) &
      bind(c, name='fkb_network_copy_weights')
      type(c_ptr), intent(in), value :: handle, from
      character(kind=c_char), intent(in), optional :: pattern(*)
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net, other
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'network', error)
      call need(c_associated(from), 'other network', error)
      call need(present(pattern), 'pattern', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      other => network_of(from)
      if (net%double .neqv. other%double) then
         call raise(error, fkb_err_argument, 'one network computes in real32, the other in '// &
            'real64: load both in one precision')
      else if (net%double) then
         call net%double_net%copy_weights(other%double_net, text_of(pattern), error)
      else
         call net%single_net%copy_weights(other%single_net, text_of(pattern), error)
      end if
      code = report(error, error_out)
   end function copy_weights

end module fkb_c_transfer
