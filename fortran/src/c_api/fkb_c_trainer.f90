!> Training for C; documented in fkb.h.
module fkb_c_trainer
   use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, &
      c_int64_t, c_loc, c_null_ptr, c_ptr
   use fkb_bridge_training_dp, only: fit_dp => bridge_fit, step_dp => bridge_step
   use fkb_bridge_training_sp, only: fit_sp => bridge_fit, step_sp => bridge_step
   use fkb_c_array, only: c_array_t
   use fkb_c_network, only: network_handle_t, network_of
   use fkb_c_text, only: need, report, text_of
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_lbfgs_dp, only: search_dp_t => lbfgs_state_t
   use fkb_lbfgs_sp, only: search_sp_t => lbfgs_state_t
   use fkb_trainer_dp, only: trainer_dp_t => trainer_t
   use fkb_trainer_sp, only: trainer_sp_t => trainer_t
   implicit none (type, external)
   private
   public :: need_batch, optional_text, trainer_handle_t, trainer_of, weights_of

   !> A trainer of a network of one of the kinds.
   type :: trainer_handle_t
      logical :: double = .false.
      type(trainer_sp_t) :: single_trainer
      type(trainer_dp_t) :: double_trainer
      type(search_sp_t) :: single_search          !! of L-BFGS
      type(search_dp_t) :: double_search
   end type trainer_handle_t

contains

   function trainer_of(handle) result(trainer)
      type(c_ptr), intent(in), value :: handle
      type(trainer_handle_t), pointer :: trainer
      call c_f_pointer(handle, trainer)
   end function trainer_of

   !> A C string that may be null; not allocated then.
   subroutine optional_text(string, text)
      type(c_ptr), intent(in), value :: string
      character(:), allocatable, intent(out) :: text
      character(kind=c_char), pointer :: characters(:)
      integer, parameter :: longest = 1048576
      if (.not. c_associated(string)) return
      call c_f_pointer(string, characters, [longest])
      text = text_of(characters)
   end subroutine optional_text

   integer(c_int) function new_trainer(net_handle, loss, optimizer, handle, error_out) &
      result(code) bind(c, name='fkb_trainer_new')
      type(c_ptr), intent(in), value :: net_handle, loss, optimizer
      type(c_ptr), intent(inout), optional :: handle
      type(c_ptr), intent(in), value :: error_out
      type(network_handle_t), pointer :: net
      type(trainer_handle_t), pointer :: trainer
      character(:), allocatable :: loss_text, optimizer_text
      type(error_t), allocatable :: error
      if (present(handle)) handle = c_null_ptr
      call need(c_associated(net_handle), 'network', error)
      call need(present(handle), 'place for the trainer', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      net => network_of(net_handle)
      call optional_text(loss, loss_text)
      call optional_text(optimizer, optimizer_text)
      allocate (trainer)
      trainer%double = net%double
      if (net%double) then
         call trainer%double_trainer%init_from_file(net%double_net, error, loss=loss_text, &
            optimizer=optimizer_text)
      else
         call trainer%single_trainer%init_from_file(net%single_net, error, loss=loss_text, &
            optimizer=optimizer_text)
      end if
      handle = c_loc(trainer)
      if (allocated(error)) then
         call free_trainer(handle)
         handle = c_null_ptr
      end if
      code = report(error, error_out)
   end function new_trainer

   subroutine reset_trainer(handle) bind(c, name='fkb_trainer_reset')
      type(c_ptr), intent(in), value :: handle
      type(trainer_handle_t), pointer :: trainer
      if (.not. c_associated(handle)) return
      trainer => trainer_of(handle)
      call trainer%single_trainer%recurrent%clear()
      call trainer%double_trainer%recurrent%clear()
   end subroutine reset_trainer

   subroutine free_trainer(handle) bind(c, name='fkb_trainer_free')
      type(c_ptr), intent(in), value :: handle
      type(trainer_handle_t), pointer :: trainer
      if (.not. c_associated(handle)) return
      trainer => trainer_of(handle)
      call trainer%single_trainer%clear()
      call trainer%double_trainer%clear()
      deallocate (trainer)
   end subroutine free_trainer

   !> One of the arrays of C that may be null.
   function weights_of(pointer, n) result(arrays)
      type(c_ptr), intent(in), value :: pointer
      integer(c_int), intent(in), value :: n
      type(c_array_t), allocatable :: arrays(:)
      type(c_array_t), pointer :: given(:)
      allocate (arrays(0))
      if (.not. c_associated(pointer)) return
      call c_f_pointer(pointer, given, [max(0, n)])
      arrays = given
   end function weights_of

   subroutine need_batch(handle, inputs, targets, error)
      type(c_ptr), intent(in), value :: handle
      logical, intent(in) :: inputs, targets            !! they are given
      type(error_t), allocatable, intent(out) :: error
      call need(c_associated(handle), 'trainer', error)
      call need(inputs, 'list of inputs', error)
      call need(targets, 'list of targets', error)
   end subroutine need_batch

   integer(c_int) function step(handle, n_inputs, inputs, n_outputs, targets, weights, loss, &
      error_out) result(code) bind(c, name='fkb_trainer_step')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs
      type(c_array_t), intent(in), optional :: inputs(n_inputs), targets(n_outputs)
      type(c_ptr), intent(in), value :: weights
      real(c_double), intent(inout), optional :: loss
      type(c_ptr), intent(in), value :: error_out
      type(trainer_handle_t), pointer :: trainer
      type(error_t), allocatable :: error
      real(c_double) :: value
      if (present(loss)) loss = 0
      call need_batch(handle, present(inputs), present(targets), error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      trainer => trainer_of(handle)
      if (trainer%double) then
         call step_dp(trainer%double_trainer, inputs, targets, weights_of(weights, n_outputs), &
            value, error)
      else
         call step_sp(trainer%single_trainer, inputs, targets, weights_of(weights, n_outputs), &
            value, error)
      end if
      if (present(loss)) loss = value
      code = report(error, error_out)
   end function step

   integer(c_int) function fit(handle, n_inputs, inputs, n_outputs, targets, weights, epochs, &
      batch_size, shuffle, seed, history, error_out) result(code) bind(c, name='fkb_trainer_fit')
      type(c_ptr), intent(in), value :: handle
      integer(c_int), intent(in), value :: n_inputs, n_outputs, epochs, batch_size, shuffle
      type(c_array_t), intent(in), optional :: inputs(n_inputs), targets(n_outputs)
      type(c_ptr), intent(in), value :: weights
      integer(c_int64_t), intent(in), value :: seed
      real(c_double), intent(inout), optional :: history(epochs)
      type(c_ptr), intent(in), value :: error_out
      type(trainer_handle_t), pointer :: trainer
      type(error_t), allocatable :: error
      call need_batch(handle, present(inputs), present(targets), error)
      call need(present(history), 'place for the history', error)
      if (.not. allocated(error) .and. seed /= int(seed)) call raise(error, fkb_err_argument, &
         'the seed has more than 32 bits')
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      trainer => trainer_of(handle)
      if (trainer%double) then
         call fit_dp(trainer%double_trainer, inputs, targets, weights_of(weights, n_outputs), &
            int(batch_size), shuffle /= 0, int(seed), history, error)
      else
         call fit_sp(trainer%single_trainer, inputs, targets, weights_of(weights, n_outputs), &
            int(batch_size), shuffle /= 0, int(seed), history, error)
      end if
      code = report(error, error_out)
   end function fit

   integer(c_int) function store(handle, error_out) result(code) bind(c, name='fkb_trainer_store')
      type(c_ptr), intent(in), value :: handle
      type(c_ptr), intent(in), value :: error_out
      type(trainer_handle_t), pointer :: trainer
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'trainer', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      trainer => trainer_of(handle)
      if (trainer%double) then
         call trainer%double_trainer%store(error)
      else
         call trainer%single_trainer%store(error)
      end if
      code = report(error, error_out)
   end function store

end module fkb_c_trainer
