!> Networks for C; documented in fkb.h.
module fkb_c_network
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, &
      c_int64_t, c_loc, c_null_ptr, c_ptr, c_size_t
   use fkb_c_text, only: need, put_text, report, text_of
   use fkb_document, only: document_t
   use fkb_document_parts, only: dtype_float64
   use fkb_error, only: error_t, add_context, fkb_err_argument, raise
   use fkb_kinds, only: dp, sp
   use fkb_network_dp, only: network_dp_t => network_t
   use fkb_network_sp, only: network_sp_t => network_t
   use fkb_reader, only: read_document
   use fkb_segment, only: segment_t
   use fkb_shape, only: shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: network_handle_t, network_of, need_thawed

   !> A network of one of the kinds.
   type :: network_handle_t
      logical :: double = .false.                       !! which one is loaded
      type(network_sp_t) :: single_net
      type(network_dp_t) :: double_net
   end type network_handle_t

contains

   !> The network of a handle.
   function network_of(handle) result(net)
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      call c_f_pointer(handle, net)
   end function network_of

   !> Raise an error where a network is frozen, as derivatives and training need its weights.
   subroutine need_thawed(net, error)
      type(network_handle_t), intent(in) :: net
      type(error_t), allocatable, intent(inout) :: error
      if (allocated(error)) return
      if (net%single_net%frozen%on .or. net%double_net%frozen%on) then
         call raise(error, fkb_err_argument, 'the network is frozen for inference: call '// &
            '"fkb_network_thaw" before training and derivatives')
      end if
   end subroutine need_thawed

   integer(c_int) function load_network(path, bytes, handle, error_out) result(code) &
      bind(c, name='fkb_network_load')
      character(kind=c_char), intent(in), optional :: path(*)
      integer(c_int), intent(in), value :: bytes
      type(c_ptr), intent(inout), optional :: handle
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(document_t) :: document
      type(error_t), allocatable :: error
      call need(present(handle), 'place for the network', error)
      call need(present(path), 'path', error)
      if (present(handle)) handle = c_null_ptr
      if (.not. allocated(error)) call check_bytes(bytes, error)
      if (.not. allocated(error)) call read_document(text_of(path), document, error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      allocate (net)
      net%double = bytes == 8 .or. (bytes == 0 .and. document%precision == dtype_float64)
      if (net%double) then
         call net%double_net%load_document(document, error)
      else
         call net%single_net%load_document(document, error)
      end if
      call add_context(error, text_of(path))
      if (allocated(error)) then
         deallocate (net)
      else
         handle = c_loc(net)
      end if
      code = report(error, error_out)
   end function load_network

   subroutine check_bytes(bytes, error)
      integer(c_int), intent(in) :: bytes
      type(error_t), allocatable, intent(out) :: error
      if (all(bytes /= [0, 4, 8])) call raise(error, fkb_err_argument, &
         'a weight has 4 or 8 bytes, 0 for those of the file, not '//decimal(int(bytes)))
   end subroutine check_bytes

   subroutine free_network(handle) bind(c, name='fkb_network_free')
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      if (.not. c_associated(handle)) return
      net => network_of(handle)
      call net%single_net%clear()
      call net%double_net%clear()
      deallocate (net)
   end subroutine free_network

   integer(c_int) function save_network(handle, path, bytes, error_out) result(code) &
      bind(c, name='fkb_network_save')
      type(c_ptr), intent(in), value :: handle
      character(kind=c_char), intent(in), optional :: path(*)
      integer(c_int), intent(in), value :: bytes
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(error_t), allocatable :: error
      character(:), allocatable :: precision
      call need(c_associated(handle), 'network', error)
      call need(present(path), 'path', error)
      if (.not. allocated(error)) call check_bytes(bytes, error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      if (bytes == 4) precision = 'float32'
      if (bytes == 8) precision = 'float64'
      if (net%double) then
         call net%double_net%save(text_of(path), error, precision)
      else
         call net%single_net%save(text_of(path), error, precision)
      end if
      code = report(error, error_out)
   end function save_network

   integer(c_int) function bytes_of_network(handle) result(bytes) bind(c, name='fkb_network_bytes')
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      bytes = 0
      if (.not. c_associated(handle)) return
      net => network_of(handle)
      bytes = merge(8_c_int, 4_c_int, net%double)
   end function bytes_of_network

   integer(c_int) function count_inputs(handle) result(n) bind(c, name='fkb_network_inputs')
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      n = 0
      if (.not. c_associated(handle)) return
      net => network_of(handle)
      if (net%double) then
         n = size(net%double_net%inputs, kind=c_int)
      else
         n = size(net%single_net%inputs, kind=c_int)
      end if
   end function count_inputs

   integer(c_int) function count_outputs(handle) result(n) bind(c, name='fkb_network_outputs')
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      n = 0
      if (.not. c_associated(handle)) return
      net => network_of(handle)
      if (net%double) then
         n = size(net%double_net%outputs, kind=c_int)
      else
         n = size(net%single_net%outputs, kind=c_int)
      end if
   end function count_outputs

   !> The rank, the batch included; -1 where there is no such input or output.
   integer(c_int) function shape_of_end(handle, is_output, k, shape) result(rank) &
      bind(c, name='fkb_network_shape')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: is_output, k
      integer(c_int64_t), intent(inout), optional :: shape(9)
      type(network_handle_t), pointer :: net
      type(shape_t) :: found
      rank = -1
      if (k < 0 .or. .not. c_associated(handle)) return
      net => network_of(handle)
      if (is_output /= 0) then
         if (k >= count_outputs(handle)) return
         if (net%double) then
            found = net%double_net%graph%values(net%double_net%graph%outputs(k + 1))%shape
         else
            found = net%single_net%graph%values(net%single_net%graph%outputs(k + 1))%shape
         end if
      else
         if (k >= count_inputs(handle)) return
         if (net%double) then
            found = net%double_net%graph%values(net%double_net%graph%inputs(k + 1))%shape
            if (allocated(net%double_net%inputs(k + 1)%chosen)) then
               found%extent(1) = net%double_net%inputs(k + 1)%host_elements
            end if
         else
            found = net%single_net%graph%values(net%single_net%graph%inputs(k + 1))%shape
            if (allocated(net%single_net%inputs(k + 1)%chosen)) then
               found%extent(1) = net%single_net%inputs(k + 1)%host_elements
            end if
         end if
      end if
      rank = int(found%rank + 1, c_int)
      if (.not. present(shape)) return
      shape = 1
      shape(1) = -1
      shape(2:rank) = found%extent(found%rank:1:-1)
   end function shape_of_end

   integer(c_int) function count_segments(handle) result(n) bind(c, name='fkb_network_segments')
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      n = 0
      if (.not. c_associated(handle)) return
      net => network_of(handle)
      if (net%double) then
         n = size(net%double_net%graph%segments, kind=c_int)
      else
         n = size(net%single_net%graph%segments, kind=c_int)
      end if
   end function count_segments

   !> Rank of the weight in C's order, -1 where there is none.
   integer(c_int) function describe_segment(handle, k, path, size, first, count, trainable, shape) &
      result(rank) bind(c, name='fkb_network_segment')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: k
      integer(c_size_t), intent(in), value :: size
      character(kind=c_char), intent(inout), optional :: path(size)
      integer(c_int64_t), intent(inout), optional :: first, count
      integer(c_int), intent(inout), optional :: trainable
      integer(c_int64_t), intent(inout), optional :: shape(9)
      type(network_handle_t), pointer :: net
      type(segment_t) :: segment
      rank = -1
      if (present(first)) first = 0
      if (present(count)) count = 0
      if (present(trainable)) trainable = 0
      if (k < 0 .or. k >= count_segments(handle)) return
      net => network_of(handle)
      if (net%double) then
         segment = net%double_net%graph%segments(k + 1)
      else
         segment = net%single_net%graph%segments(k + 1)
      end if
      if (present(path)) call put_text(segment%path, path, size)
      if (present(first)) first = segment%first - 1
      if (present(count)) count = segment%last - segment%first + 1
      if (present(trainable)) trainable = merge(1_c_int, 0_c_int, segment%trainable)
      rank = int(segment%shape%rank, c_int)
      if (.not. present(shape)) return
      shape = 1
      shape(:rank) = segment%shape%extent(rank:1:-1)
   end function describe_segment

   integer(c_int64_t) function count_params(handle) result(n) bind(c, name='fkb_network_params')
      type(c_ptr), intent(in), value :: handle
      type(network_handle_t), pointer :: net
      n = 0
      if (.not. c_associated(handle)) return
      net => network_of(handle)
      if (net%single_net%frozen%on) then
         n = size(net%single_net%frozen%weights, kind=c_int64_t)
      else if (net%double_net%frozen%on) then
         n = size(net%double_net%frozen%weights, kind=c_int64_t)
      else if (net%double) then
         n = size(net%double_net%params, kind=c_int64_t)
      else
         n = size(net%single_net%params, kind=c_int64_t)
      end if
   end function count_params

   subroutine get_params(handle, params) bind(c, name='fkb_network_get_params')
      type(c_ptr), intent(in), value :: handle
      real(c_double), intent(inout), optional :: params(*)
      type(network_handle_t), pointer :: net
      if (.not. (c_associated(handle) .and. present(params))) return
      net => network_of(handle)
      if (net%single_net%frozen%on) then
         params(:size(net%single_net%frozen%weights)) = real(net%single_net%frozen%weights, dp)
      else if (net%double_net%frozen%on) then
         params(:size(net%double_net%frozen%weights)) = net%double_net%frozen%weights
      else if (net%double) then
         params(:size(net%double_net%params)) = net%double_net%params
      else
         params(:size(net%single_net%params)) = real(net%single_net%params, dp)
      end if
   end subroutine get_params

   subroutine set_params(handle, params) bind(c, name='fkb_network_set_params')
      type(c_ptr), intent(in), value :: handle
      real(c_double), intent(in), optional :: params(*)
      type(network_handle_t), pointer :: net
      if (.not. (c_associated(handle) .and. present(params))) return
      net => network_of(handle)
      call net%single_net%thaw()
      call net%double_net%thaw()
      if (net%double) then
         net%double_net%params = params(:size(net%double_net%params))
      else
         net%single_net%params = real(params(:size(net%single_net%params)), sp)
      end if
   end subroutine set_params

   integer(c_int) function set_trainable(handle, path, trainable, error_out) result(code) &
      bind(c, name='fkb_network_set_trainable')
      type(c_ptr), intent(in), value :: handle
      character(kind=c_char), intent(in), optional :: path(*)
      integer(c_int), intent(in), value :: trainable
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'network', error)
      call need(present(path), 'path', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      if (net%double) then
         call net%double_net%set_trainable(text_of(path), trainable /= 0, error)
      else
         call net%single_net%set_trainable(text_of(path), trainable /= 0, error)
      end if
      code = report(error, error_out)
   end function set_trainable

   integer(c_int) function initialize_network(handle, seed, pattern, error_out) result(code) &
      bind(c, name='fkb_network_initialize')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: seed
      character(kind=c_char), intent(in), optional :: pattern(*)
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(error_t), allocatable :: error
      character(:), allocatable :: chosen
      call need(c_associated(handle), 'network', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(handle)
      if (present(pattern)) chosen = text_of(pattern)
      if (net%double) then
         call net%double_net%initialize(seed, error, chosen)
      else
         call net%single_net%initialize(seed, error, chosen)
      end if
      code = report(error, error_out)
   end function initialize_network

end module fkb_c_network
