! Generated from c_api/fkb_bridge_fit.fypp: edit that file and run tools/generate.py
!> What the C interface does with a training of several epochs of this kind.
module fkb_bridge_fit_dp
   use, intrinsic :: iso_c_binding, only: c_associated, c_f_procpointer, c_funptr, c_ptr
   use fkb_array_source_dp, only: array_source_t
   use fkb_batch_source_dp, only: samples_t
   use fkb_bridge_dp, only: attach
   use fkb_c_array, only: c_array_t
   use fkb_c_callback, only: c_callback_i, event_batch_end, event_epoch_begin, event_epoch_end, &
      event_result, event_train_begin, event_train_end, tell
   use fkb_callback_config_dp, only: callback_from_config
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_element, json_length
   use fkb_kinds, only: dp
   use fkb_logs, only: logs_t
   use fkb_text, only: span_t
   use fkb_trainer_dp, only: fit_options_t, trainer_t
   use fkb_training_dp, only: callback_t, callbacks_t, training_t
   implicit none (type, external)
   private
   public :: bridge_train, bridge_evaluate, attach_samples

   !> Callbacks that are made from a configuration.
   type :: box_t
      class(callback_t), allocatable :: callback
   end type box_t

   !> Tells a function of C; it logs the learning rate where that is asked for.
   type, extends(callback_t) :: teller_t
      procedure(c_callback_i), pointer, nopass :: function => null()
      type(c_ptr) :: context
      logical :: logs_rate = .false.
   contains
      procedure :: on_train_begin
      procedure :: on_epoch_begin
      procedure :: on_batch_end
      procedure :: on_epoch_end
      procedure :: on_train_end
   end type teller_t

contains

   !> Point to C's arrays.
   subroutine attach_samples(inputs, targets, weights, samples, error)
      type(c_array_t), intent(in) :: inputs(:)          !! one per input
      type(c_array_t), intent(in) :: targets(:)         !! one per output
      type(c_array_t), intent(in) :: weights(:)         !! one per output, or none
      type(samples_t), intent(out) :: samples
      type(error_t), allocatable, intent(out) :: error
      allocate (samples%inputs(size(inputs)), samples%targets(size(targets)))
      call attach(inputs, samples%inputs, error)
      if (.not. allocated(error)) call attach(targets, samples%targets, error)
      if (allocated(error) .or. size(weights) == 0) return
      allocate (samples%weights(size(weights)))
      call attach(weights, samples%weights, error)
   end subroutine attach_samples

   !> Loss and metrics of arrays, told to the function.
   subroutine bridge_evaluate(trainer, samples, batch_size, steps, function, context, loss, error)
      type(trainer_t), intent(inout), target :: trainer
      type(samples_t), intent(in) :: samples
      integer, intent(in) :: batch_size, steps
      type(c_funptr), intent(in) :: function
      type(c_ptr), intent(in) :: context
      real(dp), intent(out) :: loss
      type(error_t), allocatable, intent(out) :: error
      type(array_source_t), target :: source
      procedure(c_callback_i), pointer :: pointer
      type(logs_t) :: logs
      integer :: answer
      loss = 0
      call source%init_batch(samples, batch_size, error)
      if (.not. allocated(error)) call trainer%evaluate(source, logs, error, steps)
      if (allocated(error)) return
      loss = logs%get('loss')
      if (.not. c_associated(function)) return
      call c_f_procpointer(function, pointer)
      call tell(pointer, context, event_result, 0, 0, logs, answer)
   end subroutine bridge_evaluate

   !> Several epochs with options and callbacks as JSON.
   subroutine bridge_train(trainer, samples, validation, options, function, context, error)
      type(trainer_t), intent(inout), target :: trainer
      type(samples_t), intent(in) :: samples
      type(samples_t), intent(in) :: validation         !! or nothing
      character(*), intent(in) :: options
      type(c_funptr), intent(in) :: function
      type(c_ptr), intent(in) :: context
      type(error_t), allocatable, intent(out) :: error
      type(box_t), allocatable, target :: boxes(:)
      type(teller_t), target :: teller
      type(array_source_t), target :: late
      type(callbacks_t) :: callbacks
      type(config_t) :: config
      type(fit_options_t) :: chosen
      integer :: batch_size, epochs, i, seed
      logical :: shuffle
      call config_from_json(options, config, error)
      if (.not. allocated(error)) call read_numbers(config, epochs, batch_size, seed, chosen, error)
      if (.not. allocated(error)) call config%get('shuffle', shuffle, error, default=.true.)
      if (.not. allocated(error)) call config%get('logs_learning_rate', teller%logs_rate, error, &
                                                  default=.false.)
      if (.not. allocated(error)) call make_callbacks(config, boxes, error)
      if (.not. allocated(error)) call refuse_unread(config, error)
      if (allocated(error)) return
      do i = 1, size(boxes)
         call callbacks%add(boxes(i)%callback)
      end do
      teller%context = context
      if (c_associated(function)) then
         call c_f_procpointer(function, teller%function)
         call callbacks%add(teller)
      end if
      if (allocated(validation%inputs)) then
         if (chosen%validation_batch_size < 1) chosen%validation_batch_size = batch_size
         call late%init_batch(validation, chosen%validation_batch_size, error)
         if (.not. allocated(error)) call fit(trainer, samples, epochs, batch_size, shuffle, seed, &
                                              callbacks, chosen, error, late)
      else
         call fit(trainer, samples, epochs, batch_size, shuffle, seed, callbacks, chosen, error)
      end if
      do i = 1, size(boxes)
         deallocate (boxes(i)%callback)
      end do
   end subroutine bridge_train

   subroutine fit(trainer, samples, epochs, batch_size, shuffle, seed, callbacks, options, error, &
                  validation)
      type(trainer_t), intent(inout), target :: trainer
      type(samples_t), intent(in) :: samples
      integer, intent(in) :: epochs, batch_size, seed
      logical, intent(in) :: shuffle
      type(callbacks_t), intent(in) :: callbacks
      type(fit_options_t), intent(in) :: options
      type(error_t), allocatable, intent(out) :: error
      type(array_source_t), intent(inout), target, optional :: validation
      if (allocated(samples%weights)) then
         call trainer%fit(samples%inputs, samples%targets, epochs, batch_size, error, &
                          weights=samples%weights, shuffle=shuffle, seed=seed, &
                          validation=validation, callbacks=callbacks, options=options)
      else
         call trainer%fit(samples%inputs, samples%targets, epochs, batch_size, error, &
                          shuffle=shuffle, seed=seed, validation=validation, &
                          callbacks=callbacks, options=options)
      end if
   end subroutine fit

   subroutine read_numbers(config, epochs, batch_size, seed, options, error)
      type(config_t), intent(inout) :: config
      integer, intent(out) :: epochs, batch_size, seed
      type(fit_options_t), intent(out) :: options
      type(error_t), allocatable, intent(out) :: error
      call config%get('epochs', epochs, error, default=1)
      if (.not. allocated(error)) call config%get('batch_size', batch_size, error, default=32)
      if (.not. allocated(error)) call config%get('seed', seed, error, default=0)
      if (.not. allocated(error)) call config%get('initial_epoch', options%initial_epoch, error, &
                                                  default=0)
      if (.not. allocated(error)) call config%get('steps_per_epoch', options%steps_per_epoch, &
                                                  error, default=0)
      if (.not. allocated(error)) call config%get('validation_split', options%validation_split, &
                                                  error, default=0.0_dp)
      if (.not. allocated(error)) call config%get('validation_batch_size', &
         options%validation_batch_size, error, default=0)
      if (.not. allocated(error)) call config%get('validation_steps', options%validation_steps, &
                                                  error, default=0)
      if (.not. allocated(error)) call config%get('validation_freq', options%validation_freq, &
                                                  error, default=1)
   end subroutine read_numbers

   subroutine make_callbacks(config, boxes, error)
      type(config_t), intent(inout) :: config
      type(box_t), allocatable, intent(out) :: boxes(:)
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      type(span_t) :: part
      integer :: i
      call config%get_raw('callbacks', json, error, default='[]')
      if (allocated(error)) return
      allocate (boxes(json_length(json)))
      do i = 1, size(boxes)
         part = json_element(json, i - 1)
         call callback_from_config(json(part%first:part%last), boxes(i)%callback, error)
         if (allocated(error)) return
      end do
   end subroutine make_callbacks

   subroutine refuse_unread(config, error)
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: unread
      call config%unread(unread)
      if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'a training has no option '// &
                                      unread)
   end subroutine refuse_unread

   !> Tell the function, and do what it answers.
   subroutine pass_on(self, training, event, epoch, batch, logs, error)
      class(teller_t), intent(in) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: event, epoch, batch
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      integer :: answer
      call tell(self%function, self%context, event, epoch, batch, logs, answer)
      if (answer > 0) training%run%stop = .true.
      if (answer < 0) call raise(error, fkb_err_argument, 'a callback has failed')
   end subroutine pass_on

   !> See `callback_t`.
   subroutine on_train_begin(self, training, error)
      class(teller_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(error_t), allocatable, intent(out) :: error
      type(logs_t) :: none
      call pass_on(self, training, event_train_begin, 0, 0, none, error)
   end subroutine on_train_begin

   !> See `callback_t`.
   subroutine on_epoch_begin(self, training, epoch, error)
      class(teller_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      type(logs_t) :: none
      call pass_on(self, training, event_epoch_begin, epoch, 0, none, error)
   end subroutine on_epoch_begin

   !> See `callback_t`.
   subroutine on_batch_end(self, training, epoch, batch, logs, error)
      class(teller_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch, batch
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      call pass_on(self, training, event_batch_end, epoch, batch, logs, error)
   end subroutine on_batch_end

   !> See `callback_t`.
   subroutine on_epoch_end(self, training, epoch, logs, error)
      class(teller_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      integer, intent(in) :: epoch
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      if (self%logs_rate) call logs%set('learning_rate', training%learning_rate())
      call pass_on(self, training, event_epoch_end, epoch, 0, logs, error)
   end subroutine on_epoch_end

   !> See `callback_t`.
   subroutine on_train_end(self, training, logs, error)
      class(teller_t), intent(inout) :: self
      class(training_t), intent(inout) :: training
      type(logs_t), intent(in) :: logs
      type(error_t), allocatable, intent(out) :: error
      call pass_on(self, training, event_train_end, 0, 0, logs, error)
   end subroutine on_train_end

end module fkb_bridge_fit_dp
