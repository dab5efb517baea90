!> Several epochs of training for C, evaluation, metrics and the learning rate; see fkb.h.
module fkb_c_fit
   use, intrinsic :: iso_c_binding, only: c_associated, c_double, c_f_pointer, c_funptr, c_int, &
      c_ptr
   use fkb_batch_source_dp, only: samples_dp_t => samples_t
   use fkb_batch_source_sp, only: samples_sp_t => samples_t
   use fkb_bridge_fit_dp, only: attach_dp => attach_samples, evaluate_dp => bridge_evaluate, &
      train_dp => bridge_train
   use fkb_bridge_fit_sp, only: attach_sp => attach_samples, evaluate_sp => bridge_evaluate, &
      train_sp => bridge_train
   use fkb_c_array, only: c_array_t
   use fkb_c_text, only: need, report
   use fkb_c_trainer, only: optional_text, trainer_handle_t, trainer_of, weights_of
   use fkb_error, only: error_t
   implicit none (type, external)
   private
   public :: attach_samples, c_samples_t

   !> `fkb_samples` of fkb.h.
   type, bind(c) :: c_samples_t
      integer(c_int) :: n_inputs, n_outputs
      type(c_ptr) :: inputs, targets, weights
   end type c_samples_t

contains

   !> Point to C's samples in the kind of the trainer.
   subroutine attach_samples(trainer, given, single, double, error)
      type(trainer_handle_t), intent(in) :: trainer
      type(c_samples_t), intent(in) :: given
      type(samples_sp_t), intent(out) :: single
      type(samples_dp_t), intent(out) :: double
      type(error_t), allocatable, intent(out) :: error
      type(c_array_t), pointer :: inputs(:), targets(:)
      call need(c_associated(given%inputs), 'list of inputs', error)
      call need(c_associated(given%targets), 'list of targets', error)
      if (allocated(error)) return
      call c_f_pointer(given%inputs, inputs, [max(0, int(given%n_inputs))])
      call c_f_pointer(given%targets, targets, [max(0, int(given%n_outputs))])
      if (trainer%double) then
         call attach_dp(inputs, targets, weights_of(given%weights, given%n_outputs), double, error)
      else
         call attach_sp(inputs, targets, weights_of(given%weights, given%n_outputs), single, error)
      end if
   end subroutine attach_samples

   integer(c_int) function train(handle, samples, validation, options, function, context, &
      error_out) result(code) bind(c, name='fkb_trainer_train')
      type(c_ptr), intent(in), value :: handle, validation, options, context, error_out
      type(c_samples_t), intent(in), optional :: samples
      type(c_funptr), intent(in), value :: function
      type(trainer_handle_t), pointer :: trainer
      type(c_samples_t), pointer :: given
      type(samples_sp_t) :: single, late_single
      type(samples_dp_t) :: double, late_double
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      call need(c_associated(handle), 'trainer', error)
      call need(present(samples), 'set of samples', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      trainer => trainer_of(handle)
      call optional_text(options, text)
      if (.not. allocated(text)) text = '{}'
      call attach_samples(trainer, samples, single, double, error)
      if (c_associated(validation) .and. .not. allocated(error)) then
         call c_f_pointer(validation, given)
         call attach_samples(trainer, given, late_single, late_double, error)
      end if
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      if (trainer%double) then
         call train_dp(trainer%double_trainer, double, late_double, text, function, context, error)
      else
         call train_sp(trainer%single_trainer, single, late_single, text, function, context, error)
      end if
      code = report(error, error_out)
   end function train

   integer(c_int) function evaluate(handle, samples, batch_size, steps, function, context, loss, &
      error_out) result(code) bind(c, name='fkb_trainer_evaluate')
      type(c_ptr), intent(in), value :: handle, context, error_out
      type(c_samples_t), intent(in), optional :: samples
      integer(c_int), intent(in), value :: batch_size, steps
      type(c_funptr), intent(in), value :: function
      real(c_double), intent(inout), optional :: loss
      type(trainer_handle_t), pointer :: trainer
      type(samples_sp_t) :: single
      type(samples_dp_t) :: double
      type(error_t), allocatable :: error
      real(c_double) :: value
      value = 0
      call need(c_associated(handle), 'trainer', error)
      call need(present(samples), 'set of samples', error)
      if (.not. allocated(error)) then
         trainer => trainer_of(handle)
         call attach_samples(trainer, samples, single, double, error)
      end if
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      if (trainer%double) then
         call evaluate_dp(trainer%double_trainer, double, int(batch_size), int(steps), function, &
            context, value, error)
      else
         call evaluate_sp(trainer%single_trainer, single, int(batch_size), int(steps), function, &
            context, value, error)
      end if
      if (present(loss)) loss = value
      code = report(error, error_out)
   end function evaluate

   integer(c_int) function use_metrics(handle, metrics, weighted, error_out) result(code) &
      bind(c, name='fkb_trainer_metrics')
      type(c_ptr), intent(in), value :: handle, metrics, weighted, error_out
      type(trainer_handle_t), pointer :: trainer
      type(error_t), allocatable :: error
      character(:), allocatable :: plain_text, weighted_text
      call need(c_associated(handle), 'trainer', error)
      if (allocated(error)) then
         code = report(error, error_out)
         return
      end if
      trainer => trainer_of(handle)
      call optional_text(metrics, plain_text)
      call optional_text(weighted, weighted_text)
      if (trainer%double) then
         call trainer%double_trainer%use_metrics(error, plain_text, weighted_text)
      else
         call trainer%single_trainer%use_metrics(error, plain_text, weighted_text)
      end if
      code = report(error, error_out)
   end function use_metrics

   real(c_double) function rate(handle) bind(c, name='fkb_trainer_rate')
      type(c_ptr), intent(in), value :: handle
      type(trainer_handle_t), pointer :: trainer
      rate = 0
      if (.not. c_associated(handle)) return
      trainer => trainer_of(handle)
      if (trainer%double) then
         rate = trainer%double_trainer%learning_rate()
      else
         rate = trainer%single_trainer%learning_rate()
      end if
   end function rate

   integer(c_int) function set_rate(handle, new_rate, error_out) result(code) &
      bind(c, name='fkb_trainer_set_rate')
      type(c_ptr), intent(in), value :: handle, error_out
      real(c_double), intent(in), value :: new_rate
      type(trainer_handle_t), pointer :: trainer
      type(error_t), allocatable :: error
      call need(c_associated(handle), 'trainer', error)
      if (.not. allocated(error)) then
         trainer => trainer_of(handle)
         if (trainer%double) then
            call trainer%double_trainer%set_learning_rate(new_rate, error)
         else
            call trainer%single_trainer%set_learning_rate(new_rate, error)
         end if
      end if
      code = report(error, error_out)
   end function set_rate

end module fkb_c_fit
