!> Training inside a simulation for C; documented in fkb.h.
module fkb_c_online
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, &
      c_int64_t, c_loc, c_null_ptr, c_ptr
   use fkb_bridge_online_dp, only: begin_dp => bridge_begin, observe_dp => bridge_observe
   use fkb_bridge_online_sp, only: begin_sp => bridge_begin, observe_sp => bridge_observe
   use fkb_c_array, only: c_array_t
   use fkb_c_network, only: network_handle_t, network_of
   use fkb_c_text, only: need, report, text_of
   use fkb_c_trainer, only: optional_text, weights_of
   use fkb_error, only: error_t
   use fkb_online_dp, only: online_dp_t => online_trainer_t
   use fkb_online_sp, only: online_sp_t => online_trainer_t
   implicit none (type, external)
   private

   !> An online training of a network of one of the kinds.
   type :: online_handle_t
      logical :: double = .false.
      type(online_sp_t) :: single_online
      type(online_dp_t) :: double_online
   end type online_handle_t

   !> `fkb_online_counts` of fkb.h.
   type, bind(c) :: c_counts_t
      integer(c_int64_t) :: observations = 0, updates = 0, refused = 0, rollbacks = 0, limited = 0
      real(c_double) :: loss = 0, mean_loss = 0
   end type c_counts_t

contains

   function online_of(handle) result(online)
      type(c_ptr), intent(in), value :: handle
      type(online_handle_t), pointer :: online
      call c_f_pointer(handle, online)
   end function online_of

   integer(c_int) function new_online(net_handle, loss, optimizer, options, handle, error_out) &
      result(code) bind(c, name='fkb_online_new')
      type(c_ptr), intent(in), value :: net_handle, loss, optimizer, options
      type(c_ptr), intent(inout), optional :: handle
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(online_handle_t), pointer :: online
      character(:), allocatable :: loss_text, optimizer_text, text
      type(error_t), allocatable :: error
      if (present(handle)) handle = c_null_ptr
      call need(c_associated(net_handle), 'network', error)
      call need(present(handle), 'place for the online training', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(net_handle)
      call optional_text(loss, loss_text)
      call optional_text(optimizer, optimizer_text)
      call optional_text(options, text)
      if (.not. allocated(text)) text = '{}'
      allocate (online)
      online%double = net%double
      if (net%double) then
         call begin_dp(online%double_online, net%double_net, loss_text, optimizer_text, text, error)
      else
         call begin_sp(online%single_online, net%single_net, loss_text, optimizer_text, text, error)
      end if
      handle = c_loc(online)
      if (allocated(error)) then
         call free_online(handle)
         handle = c_null_ptr
      end if
      code = report(error, error_out)
   end function new_online

   subroutine free_online(handle) bind(c, name='fkb_online_free')
      type(c_ptr), intent(in), value :: handle
      type(online_handle_t), pointer :: online
      if (.not. c_associated(handle)) return
      online => online_of(handle)
      call online%single_online%clear()
      call online%double_online%clear()
      deallocate (online)
   end subroutine free_online

   integer(c_int) function observe(handle, n_inputs, inputs, n_outputs, targets, weights, time, &
      error_out) result(code) bind(c, name='fkb_online_observe')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs
      type(c_array_t), intent(in), optional :: inputs(n_inputs), targets(n_outputs)
      type(c_ptr), intent(in), value :: weights
      real(c_double), intent(in), optional :: time
      type(c_ptr), intent(in), value :: error_out
      type(online_handle_t), pointer :: online
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'online training', error)
      call need(present(inputs), 'list of inputs', error)
      call need(present(targets), 'list of targets', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      online => online_of(handle)
      if (online%double) then
         call observe_dp(online%double_online, inputs, targets, weights_of(weights, 1_c_int), &
                         time, error)
      else
         call observe_sp(online%single_online, inputs, targets, weights_of(weights, 1_c_int), &
                         time, error)
      end if
      code = report(error, error_out)
   end function observe

   integer(c_int) function update(handle, error_out) result(code) &
      bind(c, name='fkb_online_update')
      type(c_ptr), intent(in), value :: handle, error_out
      type(online_handle_t), pointer :: online
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'online training', error)
      if (.not. allocated(error)) then
         online => online_of(handle)
         if (online%double) then
            call online%double_online%update(error)
         else
            call online%single_online%update(error)
         end if
      end if
      code = report(error, error_out)
   end function update

   integer(c_int) function save_restart(handle, path, error_out) result(code) &
      bind(c, name='fkb_online_save')
      type(c_ptr), intent(in), value :: handle, error_out
      character(kind=c_char), intent(in), optional :: path(*)
      type(online_handle_t), pointer :: online
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'online training', error)
      call need(present(path), 'path', error)
      if (.not. allocated(error)) then
         online => online_of(handle)
         if (online%double) then
            call online%double_online%save(text_of(path), error)
         else
            call online%single_online%save(text_of(path), error)
         end if
      end if
      code = report(error, error_out)
   end function save_restart

   integer(c_int) function load_restart(handle, path, error_out) result(code) &
      bind(c, name='fkb_online_load')
      type(c_ptr), intent(in), value :: handle, error_out
      character(kind=c_char), intent(in), optional :: path(*)
      type(online_handle_t), pointer :: online
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'online training', error)
      call need(present(path), 'path', error)
      if (.not. allocated(error)) then
         online => online_of(handle)
         if (online%double) then
            call online%double_online%load(text_of(path), error)
         else
            call online%single_online%load(text_of(path), error)
         end if
      end if
      code = report(error, error_out)
   end function load_restart

   integer(c_int) function store(handle, error_out) result(code) bind(c, name='fkb_online_store')
      type(c_ptr), intent(in), value :: handle, error_out
      type(online_handle_t), pointer :: online
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'online training', error)
      if (.not. allocated(error)) then
         online => online_of(handle)
         if (online%double) then
            call online%double_online%trainer%store(error)
         else
            call online%single_online%trainer%store(error)
         end if
      end if
      code = report(error, error_out)
   end function store

   subroutine get_counts(handle, counts) bind(c, name='fkb_online_get_counts')
      type(c_ptr), intent(in), value :: handle
      type(c_counts_t), intent(inout), optional :: counts
      type(online_handle_t), pointer :: online
      if (.not. present(counts)) return
      counts = c_counts_t()
      if (.not. c_associated(handle)) return
      online => online_of(handle)
      if (online%double) then
         associate (o => online%double_online)
            counts = c_counts_t(o%observations, o%updates, o%refused, o%rollbacks, o%limited, &
                                o%loss, o%mean_loss)
         end associate
      else
         associate (o => online%single_online)
            counts = c_counts_t(o%observations, o%updates, o%refused, o%rollbacks, o%limited, &
                                o%loss, o%mean_loss)
         end associate
      end if
   end subroutine get_counts

   real(c_double) function rate(handle) bind(c, name='fkb_online_rate')
      type(c_ptr), intent(in), value :: handle
      type(online_handle_t), pointer :: online
      rate = 0
      if (.not. c_associated(handle)) return
      online => online_of(handle)
      if (online%double) then
         rate = online%double_online%trainer%learning_rate()
      else
         rate = online%single_online%trainer%learning_rate()
      end if
   end function rate

   integer(c_int) function set_rate(handle, new_rate, error_out) result(code) &
      bind(c, name='fkb_online_set_rate')
      type(c_ptr), intent(in), value :: handle, error_out
      real(c_double), intent(in), value :: new_rate
      type(online_handle_t), pointer :: online
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'online training', error)
      if (.not. allocated(error)) then
         online => online_of(handle)
         if (online%double) then
            call online%double_online%trainer%set_learning_rate(new_rate, error)
         else
            call online%single_online%trainer%set_learning_rate(new_rate, error)
         end if
      end if
      code = report(error, error_out)
   end function set_rate

end module fkb_c_online
