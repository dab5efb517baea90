!> The state of stateful networks for C; documented in fkb.h.
module fkb_c_state
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, &
      c_int64_t, c_loc, c_null_ptr, c_ptr, c_size_t
   use fkb_c_network, only: network_handle_t, network_of
   use fkb_c_text, only: need, put_text, report
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_kinds, only: dp, sp
   use fkb_state_dp, only: state_dp_t => state_t
   use fkb_state_sp, only: state_sp_t => state_t
   implicit none (type, external)
   private
   public :: state_handle_t, state_of

   !> A state of a network of one of the kinds.
   type :: state_handle_t
      logical :: double = .false.
      type(state_sp_t) :: single_state
      type(state_dp_t) :: double_state
   end type state_handle_t

contains

   function state_of(handle) result(state)
      type(c_ptr), intent(in), value :: handle
      type(state_handle_t), pointer :: state
      call c_f_pointer(handle, state)
   end function state_of

   integer(c_int) function new_state(net_handle, columns, handle, error_out) result(code) &
      bind(c, name='fkb_state_new')
      type(c_ptr), intent(in), value :: net_handle
      integer(c_int64_t), intent(in), value :: columns
      type(c_ptr), intent(inout), optional :: handle
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(state_handle_t), pointer :: state
      type(error_t), allocatable :: error
      if (present(handle)) handle = c_null_ptr
      call need(c_associated(net_handle), 'network', error)
      call need(present(handle), 'place for the state', error)
      if (.not. allocated(error) .and. (columns < 0 .or. columns > huge(1))) call raise(error, &
         fkb_err_argument, 'the number of columns is negative or too large')
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(net_handle)
      allocate (state)
      state%double = net%double
      if (net%double) then
         call net%double_net%make_state(state%double_state, int(columns), error)
      else
         call net%single_net%make_state(state%single_state, int(columns), error)
      end if
      if (allocated(error)) then
         deallocate (state)
      else
         handle = c_loc(state)
      end if
      code = report(error, error_out)
   end function new_state

   subroutine free_state(handle) bind(c, name='fkb_state_free')
      type(c_ptr), intent(in), value :: handle
      type(state_handle_t), pointer :: state
      if (.not. c_associated(handle)) return
      state => state_of(handle)
      call state%single_state%clear()
      call state%double_state%clear()
      deallocate (state)
   end subroutine free_state

   !> Rows of the state: values of one column.
   integer(c_int64_t) function state_rows(handle) result(rows) bind(c, name='fkb_state_rows')
      type(c_ptr), intent(in), value :: handle
      type(state_handle_t), pointer :: state
      rows = -1
      if (.not. c_associated(handle)) return
      state => state_of(handle)
      if (state%double) then
         rows = size(state%double_state%values, 1)
      else
         rows = size(state%single_state%values, 1)
      end if
   end function state_rows

   subroutine get_state(handle, values) bind(c, name='fkb_state_get')
      type(c_ptr), intent(in), value :: handle
      real(c_double), intent(inout), optional :: values(*)
      type(state_handle_t), pointer :: state
      integer :: n
      if (.not. c_associated(handle) .or. .not. present(values)) return
      state => state_of(handle)
      if (state%double) then
         n = size(state%double_state%values)
         values(:n) = reshape(state%double_state%values, [n])
      else
         n = size(state%single_state%values)
         values(:n) = real(reshape(state%single_state%values, [n]), dp)
      end if
   end subroutine get_state

   subroutine set_state(handle, values) bind(c, name='fkb_state_set')
      type(c_ptr), intent(in), value :: handle
      real(c_double), intent(in), optional :: values(*)
      type(state_handle_t), pointer :: state
      if (.not. c_associated(handle) .or. .not. present(values)) return
      state => state_of(handle)
      if (state%double) then
         associate (kept => state%double_state%values)
            kept = reshape(values(:size(kept)), shape(kept))
         end associate
      else
         associate (kept => state%single_state%values)
            kept = real(reshape(values(:size(kept)), shape(kept)), sp)
         end associate
      end if
   end subroutine set_state

   !> State number `k`, from 0: whose it is and where its rows lie.
   integer(c_int) function state_part(handle, k, path, path_size, number, first, count) &
      result(found) bind(c, name='fkb_state_part')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: k
      character(kind=c_char), intent(inout), optional :: path(*)
      integer(c_size_t), intent(in), value :: path_size
      integer(c_int), intent(inout), optional :: number
      integer(c_int64_t), intent(inout), optional :: first, count
      type(state_handle_t), pointer :: state
      found = 0
      if (.not. c_associated(handle)) return
      state => state_of(handle)
      if (state%double) then
         if (k < 0 .or. k >= size(state%double_state%parts)) return
         associate (part => state%double_state%parts(k + 1))
            call tell(part%path, part%number, part%first, part%last)
         end associate
      else
         if (k < 0 .or. k >= size(state%single_state%parts)) return
         associate (part => state%single_state%parts(k + 1))
            call tell(part%path, part%number, part%first, part%last)
         end associate
      end if
      found = 1

   contains

      subroutine tell(name, which, from, to)
         character(*), intent(in) :: name
         integer, intent(in) :: which, from, to
         if (present(path)) call put_text(name, path, path_size)
         if (present(number)) number = int(which, c_int)
         if (present(first)) first = from - 1
         if (present(count)) count = to - from + 1
      end subroutine tell

   end function state_part

end module fkb_c_state
