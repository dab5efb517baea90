! Generated from train/fkb_optimizer_options.fypp: edit that file and run tools/generate.py
!> The options that all optimizers have, as Keras writes and reads them.
submodule(fkb_optimizer_sp) fkb_optimizer_options_sp
   use fkb_error, only: fkb_err_argument, fkb_err_unsupported, raise
   use fkb_json, only: json_real_text
   use fkb_optimizer_values, only: count_or_null, option_member, number_or_null, read_count, &
      read_flag, read_positive, read_share
   use fkb_schedules, only: schedule_from_json
   implicit none (type, external)

contains

   module procedure configure_common
      character(:), allocatable :: json
      real(dp) :: decay
      self%keras_major = config%keras_major
      call config%ignore('name jit_compile is_legacy_optimizer')
      ! It keeps gradients of real16 from underflow; nothing here is computed in real16.
      call config%ignore('loss_scale_factor')
      if (config%kind_of('learning_rate') == 'object') then
         call config%get_raw('learning_rate', json, error)
         if (.not. allocated(error)) call schedule_from_json(json, self%schedule, error)
      else
         self%learning_rate = self%rate()
         call read_positive(config, 'learning_rate', self%learning_rate, error)
      end if
      if (allocated(error)) return
      call read_positive(config, 'weight_decay', self%weight_decay, error)
      if (allocated(error)) return
      call config%get('decay', decay, error, default=0.0_dp)
      if (allocated(error)) return
      if (abs(decay) > 0) then
         call raise(error, fkb_err_unsupported, 'option "decay" of the optimizer is one of old'// &
                    ' versions of Keras: a learning rate that is the schedule'// &
                    ' "InverseTimeDecay" does the same')
         return
      end if
      call read_clipping(self, config, error)
      if (allocated(error)) return
      call read_average(self, config, error)
      if (allocated(error)) return
      call read_count(config, 'gradient_accumulation_steps', 2, &
                      self%gradient_accumulation_steps, error)
   end procedure configure_common

   !> Read the limits of the gradient. Keras refuses more than one of them; Keras 2 takes the first
   !> of them unless two are norms.
   subroutine read_clipping(self, config, error)
      class(optimizer_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      logical :: several
      call read_positive(config, 'clipnorm', self%clipnorm, error)
      if (allocated(error)) return
      call read_positive(config, 'global_clipnorm', self%global_clipnorm, error)
      if (allocated(error)) return
      call read_positive(config, 'clipvalue', self%clipvalue, error)
      if (allocated(error)) return
      several = count([self%clipnorm, self%global_clipnorm, self%clipvalue] > 0) > 1
      if (config%keras_major == 2) several = min(self%clipnorm, self%global_clipnorm) > 0
      if (several) then
         call raise(error, fkb_err_argument, 'only one of the options "clipnorm",'// &
                    ' "global_clipnorm" and "clipvalue" of the optimizer can be set')
      end if
   end subroutine read_clipping

   !> Read the options of the moving average of the weights.
   subroutine read_average(self, config, error)
      class(optimizer_t), intent(inout) :: self
      type(config_t), intent(inout) :: config
      type(error_t), allocatable, intent(out) :: error
      call read_flag(config, 'use_ema', self%use_ema, error)
      if (allocated(error)) return
      call read_share(config, 'ema_momentum', self%ema_momentum, error)
      if (allocated(error)) return
      call read_count(config, 'ema_overwrite_frequency', 1, self%ema_overwrite_frequency, error)
   end subroutine read_average

   module procedure keras_config
      json = ''
      if (len(self%keras_name()) == 0) return
      if (index(self%keras_name(), 'legacy>') == 1) then
         json = legacy_config(self)
         return
      end if
      json = '{"module":"keras.optimizers","class_name":"'//self%keras_name()// &
         '","config":{"learning_rate":'//rate_config(self)// &
         ',"weight_decay":'//number_or_null(self%weight_decay)// &
         ',"clipnorm":'//number_or_null(self%clipnorm)// &
         ',"global_clipnorm":'//number_or_null(self%global_clipnorm)// &
         ',"clipvalue":'//number_or_null(self%clipvalue)// &
         option_member('use_ema', self%use_ema)// &
         option_member('ema_momentum', self%ema_momentum)// &
         ',"ema_overwrite_frequency":'//count_or_null(self%ema_overwrite_frequency)// &
         ',"gradient_accumulation_steps":'//count_or_null(steps_of(self))// &
         self%keras_options()//'},"registered_name":null}'
   end procedure keras_config

   !> The learning rate, or Keras's schedule of it.
   function rate_config(self) result(json)
      class(optimizer_t), intent(in) :: self
      character(:), allocatable :: json
      json = ''
      if (allocated(self%schedule)) json = self%schedule%keras_config()
      if (len(json) == 0) json = json_real_text(self%rate())
   end function rate_config

   !> The configuration of an optimizer of Keras 2 before 2.11, which knows fewer options.
   function legacy_config(self) result(json)
      class(optimizer_t), intent(in) :: self
      character(:), allocatable :: json
      json = '{"module":"keras.optimizers","class_name":"'//self%keras_name()// &
         '","config":{"learning_rate":'//rate_config(self)
      if (self%clipnorm > 0) json = json//option_member('clipnorm', self%clipnorm)
      if (self%global_clipnorm > 0) then
         json = json//option_member('global_clipnorm', self%global_clipnorm)
      end if
      if (self%clipvalue > 0) json = json//option_member('clipvalue', self%clipvalue)
      json = json//self%keras_options()//'},"registered_name":null}'
   end function legacy_config

   !> Gradients of one update as Keras has them: it refuses 1.
   pure integer function steps_of(self) result(steps)
      class(optimizer_t), intent(in) :: self
      steps = self%gradient_accumulation_steps
      if (steps < 2) steps = 0
   end function steps_of

end submodule fkb_optimizer_options_sp
