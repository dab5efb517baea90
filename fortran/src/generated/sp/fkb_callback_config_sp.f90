! Generated from train/fkb_callback_config.fypp: edit that file and run tools/generate.py
!> Callbacks by Keras's names and options.
module fkb_callback_config_sp
   use fkb_config, only: config_from_json, config_t
   use fkb_csv_logger_sp, only: csv_logger_t
   use fkb_early_stopping_sp, only: early_stopping_t
   use fkb_error, only: add_context, error_t, fkb_err_unknown, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, wp => sp
   use fkb_model_checkpoint_sp, only: model_checkpoint_t
   use fkb_monitor_sp, only: monitor_t
   use fkb_reduce_lr_on_plateau_sp, only: reduce_lr_on_plateau_t
   use fkb_terminate_on_nan_sp, only: terminate_on_nan_t
   use fkb_text, only: quote
   use fkb_training_sp, only: callback_t
   implicit none (type, external)
   private
   public :: callback_from_config

contains

   !> The callback of `{"class_name":"EarlyStopping","config":{"patience":3}}`, with Keras's names
   !> and defaults. Raises an error for an unknown class or option.
   subroutine callback_from_config(text, callback, error)
      character(*), intent(in) :: text                  !! JSON
      class(callback_t), allocatable, intent(out) :: callback
      type(error_t), allocatable, intent(out) :: error
      type(config_t) :: config
      character(:), allocatable :: unread
      call config_from_json(text, config, error)
      if (allocated(error)) return
      select case (config%class_name)
      case ('EarlyStopping')
         call make_stopping(config, callback, error)
      case ('ReduceLROnPlateau')
         call make_plateau(config, callback, error)
      case ('ModelCheckpoint')
         call make_checkpoint(config, callback, error)
      case ('CSVLogger')
         call make_table(config, callback, error)
      case ('TerminateOnNaN')
         allocate (callback, source=terminate_on_nan_t())
      case default
         call raise(error, fkb_err_unknown, 'no callback '//quote(config%class_name)// &
                    ' is known: use "EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint",'// &
                    ' "CSVLogger" or "TerminateOnNaN"')
      end select
      if (.not. allocated(error)) then
         call config%unread(unread)
         if (len(unread) > 0) call raise(error, fkb_err_unsupported, 'it has no option '//unread)
      end if
      call add_context(error, 'callback '//config%class_name)
      if (allocated(error) .and. allocated(callback)) deallocate (callback)
   end subroutine callback_from_config

   !> What is watched.
   subroutine configure_monitor(config, monitor, error)
      type(config_t), intent(inout) :: config
      class(monitor_t), intent(inout) :: monitor
      type(error_t), allocatable, intent(out) :: error
      call config%get('monitor', monitor%monitor, error, default='val_loss')
      if (.not. allocated(error)) call config%get('mode', monitor%mode, error, default='auto')
   end subroutine configure_monitor

   subroutine make_stopping(config, callback, error)
      type(config_t), intent(inout) :: config
      class(callback_t), allocatable, intent(out) :: callback
      type(error_t), allocatable, intent(out) :: error
      type(early_stopping_t) :: new
      character(:), allocatable :: json
      call configure_monitor(config, new, error)
      if (.not. allocated(error)) call config%get('min_delta', new%min_delta, error, &
                                                  default=0.0_dp)
      if (.not. allocated(error)) call config%get('patience', new%patience, error, default=0)
      if (.not. allocated(error)) call config%get('restore_best_weights', &
         new%restore_best_weights, error, default=.false.)
      if (.not. allocated(error)) call config%get('start_from_epoch', new%start_from_epoch, &
                                                  error, default=0)
      if (.not. allocated(error)) call config%get_raw('baseline', json, error, default='null')
      if (allocated(error)) return
      new%has_baseline = json /= 'null'
      if (new%has_baseline) call config%get('baseline', new%baseline, error)
      allocate (callback, source=new)
   end subroutine make_stopping

   subroutine make_plateau(config, callback, error)
      type(config_t), intent(inout) :: config
      class(callback_t), allocatable, intent(out) :: callback
      type(error_t), allocatable, intent(out) :: error
      type(reduce_lr_on_plateau_t) :: new
      new = reduce_lr_on_plateau_t()
      call configure_monitor(config, new, error)
      if (.not. allocated(error)) call config%get('factor', new%factor, error, default=0.1_dp)
      if (.not. allocated(error)) call config%get('patience', new%patience, error, default=10)
      if (.not. allocated(error)) call config%get('min_delta', new%min_delta, error, &
                                                  default=1e-4_dp)
      if (.not. allocated(error)) call config%get('cooldown', new%cooldown, error, default=0)
      if (.not. allocated(error)) call config%get('min_lr', new%min_lr, error, default=0.0_dp)
      allocate (callback, source=new)
   end subroutine make_plateau

   subroutine make_checkpoint(config, callback, error)
      type(config_t), intent(inout) :: config
      class(callback_t), allocatable, intent(out) :: callback
      type(error_t), allocatable, intent(out) :: error
      type(model_checkpoint_t) :: new
      character(:), allocatable :: json
      call configure_monitor(config, new, error)
      if (.not. allocated(error)) call config%get('filepath', new%filepath, error)
      if (.not. allocated(error)) call config%get('save_best_only', new%save_best_only, error, &
                                                  default=.false.)
      if (.not. allocated(error)) call config%get_raw('save_freq', json, error, default='"epoch"')
      if (.not. allocated(error)) then
         if (json /= '"epoch"') call config%get('save_freq', new%save_freq, error)
      end if
      if (.not. allocated(error)) then
         call config%get_raw('initial_value_threshold', json, error, default='null')
      end if
      if (allocated(error)) return
      new%has_best = json /= 'null'
      if (new%has_best) call config%get('initial_value_threshold', new%best, error)
      allocate (callback, source=new)
   end subroutine make_checkpoint

   subroutine make_table(config, callback, error)
      type(config_t), intent(inout) :: config
      class(callback_t), allocatable, intent(out) :: callback
      type(error_t), allocatable, intent(out) :: error
      type(csv_logger_t) :: new
      call config%get('filename', new%filename, error)
      if (.not. allocated(error)) call config%get('separator', new%separator, error, default=',')
      if (.not. allocated(error)) call config%get('append', new%append, error, default=.false.)
      allocate (callback, source=new)
   end subroutine make_table

end module fkb_callback_config_sp
