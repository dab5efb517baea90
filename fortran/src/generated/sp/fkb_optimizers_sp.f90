! Generated from train/fkb_optimizers.fypp: edit that file and run tools/generate.py
!> The library's optimizers by their Keras names, and optimizers from Keras's configurations.
module fkb_optimizers_sp
   use fkb_adadelta_sp, only: adadelta_t
   use fkb_adafactor_sp, only: adafactor_t
   use fkb_adagrad_sp, only: adagrad_t
   use fkb_adam_sp, only: adam_t
   use fkb_adamax_sp, only: adamax_t
   use fkb_ftrl_sp, only: ftrl_t
   use fkb_lamb_sp, only: lamb_t
   use fkb_lion_sp, only: lion_t
   use fkb_muon_sp, only: muon_t
   use fkb_nadam_sp, only: nadam_t
   use fkb_rmsprop_sp, only: rmsprop_t
   use fkb_config, only: config_t, config_from_json
   use fkb_error, only: error_t, raise, fkb_err_unsupported
   use fkb_json, only: json_compact, json_find, json_kind, json_string
   use fkb_kinds, only: dp
   use fkb_optimizer_sp, only: optimizer_t
   use fkb_optimizer_registry_sp, only: optimizer_registry_t
   use fkb_rprop_sp, only: rprop_t
   use fkb_sgd_sp, only: sgd_t
   use fkb_text, only: quote, span_t
   implicit none (type, external)
   private
   public :: add_builtin_optimizers, optimizer_from_config

   character(*), parameter :: loss_scaling = 'LossScaleOptimizer'

contains

   !> Register the library's optimizers under the names of their Keras classes.
   subroutine add_builtin_optimizers(registry, error)
      type(optimizer_registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(out) :: error
      call registry%add('SGD', sgd_t(), error)
      if (allocated(error)) return
      call registry%add('RMSprop', rmsprop_t(), error)
      if (allocated(error)) return
      call registry%add('Adagrad', adagrad_t(), error)
      if (allocated(error)) return
      call registry%add('Adadelta', adadelta_t(), error)
      if (allocated(error)) return
      call registry%add('Adam', adam_t(), error)
      if (allocated(error)) return
      call registry%add('AdamW', adam_t(weight_decay=0.004_dp), error)
      if (allocated(error)) return
      call registry%add('Adamax', adamax_t(), error)
      if (allocated(error)) return
      call registry%add('Nadam', nadam_t(), error)
      if (allocated(error)) return
      call registry%add('Ftrl', ftrl_t(), error)
      if (allocated(error)) return
      call registry%add('Lion', lion_t(), error)
      if (allocated(error)) return
      call registry%add('Lamb', lamb_t(), error)
      if (allocated(error)) return
      call registry%add('Adafactor', adafactor_t(), error)
      if (allocated(error)) return
      call registry%add('Muon', muon_t(weight_decay=0.004_dp), error)
      if (allocated(error)) return
      call registry%add('Rprop', rprop_t(), error)
      if (allocated(error)) return
      call add_legacy_optimizers(registry, error)
   end subroutine add_builtin_optimizers

   !> Register what Keras 2 before 2.11 had under the same names. Its other optimizers make the
   !> steps of today's, and the converter gives them today's names.
   subroutine add_legacy_optimizers(registry, error)
      type(optimizer_registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(out) :: error
      call registry%add('legacy>RMSprop', rmsprop_t(legacy=.true.), error)
      if (allocated(error)) return
      call registry%add('legacy>Adagrad', adagrad_t(legacy=.true.), error)
      if (allocated(error)) return
      call registry%add('legacy>Nadam', nadam_t(legacy=.true.), error)
   end subroutine add_legacy_optimizers

   !> The optimizer that Keras's compile configuration means: a name, `"adam"`, or an object,
   !> `{"class_name":"Adam","config":{"learning_rate":0.001}}`.
   !> Raises an error for an unknown name or an option that is not supported.
   recursive subroutine optimizer_from_config(given, optimizer, error, keras_major, registry)
      character(*), intent(in) :: given           !! JSON, or a bare name
      class(optimizer_t), allocatable, intent(out) :: optimizer
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: keras_major   !! whose meaning the options have, default 3
      type(optimizer_registry_t), intent(in), optional :: registry   !! a user's, looked at first
      type(config_t) :: config
      character(:), allocatable :: name, unread
      call read_name_and_options(given, name, config, error)
      if (allocated(error)) return
      if (present(keras_major)) config%keras_major = keras_major
      if (name == loss_scaling) then
         call unwrap(config, optimizer, error, registry)
         return
      end if
      call create(name, optimizer, error, registry)
      if (allocated(error)) return
      call optimizer%configure(config, error)
      if (.not. allocated(error)) then
         call config%unread(unread)
         if (len(unread) > 0) then
            call raise(error, fkb_err_unsupported, 'the optimizer '//quote(name)//' has no'// &
                       ' option '//unread)
         end if
      end if
      if (allocated(error)) deallocate (optimizer)
   end subroutine optimizer_from_config

   !> The optimizer inside `LossScaleOptimizer`, which keeps gradients of real16 from underflow:
   !> nothing is computed in real16 here.
   recursive subroutine unwrap(config, optimizer, error, registry)
      type(config_t), intent(inout) :: config
      class(optimizer_t), allocatable, intent(out) :: optimizer
      type(error_t), allocatable, intent(out) :: error
      type(optimizer_registry_t), intent(in), optional :: registry
      character(:), allocatable :: inner, unread
      if (config%keras_major < 3) then
         call raise(error, fkb_err_unsupported, 'the optimizer "LossScaleOptimizer" of Keras 2'// &
                    ' is not supported: give its inner optimizer')
         return
      end if
      call config%get_raw('inner_optimizer', inner, error)
      if (allocated(error)) return
      call config%ignore('name initial_scale dynamic_growth_steps')
      call config%unread(unread)
      if (len(unread) > 0) then
         call raise(error, fkb_err_unsupported, 'the optimizer "LossScaleOptimizer" has no'// &
                    ' option '//unread)
         return
      end if
      call optimizer_from_config(inner, optimizer, error, config%keras_major, registry)
   end subroutine unwrap

   !> Take name and options out of an optimizer's configuration.
   subroutine read_name_and_options(given, name, config, error)
      character(*), intent(in) :: given
      character(:), allocatable, intent(out) :: name
      type(config_t), intent(out) :: config
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: text
      type(span_t) :: part
      text = json_compact(given)
      if (index(text, '{') == 1) then
         call config_from_json(text, config, error)
         if (allocated(error)) return
         name = config%class_name
         part = json_find(text, 'registered_name')
         if (json_kind(text(part%first:part%last)) == 'string') then
            name = json_string(text(part%first:part%last))
         end if
      else
         call config_from_json('{}', config, error)
         if (allocated(error)) return
         name = text
         if (len(text) > 1 .and. index(text, '"') == 1) name = json_string(text)
      end if
   end subroutine read_name_and_options

   !> An optimizer with its default options: a user's, or Keras's.
   subroutine create(name, optimizer, error, registry)
      character(*), intent(in) :: name
      class(optimizer_t), allocatable, intent(out) :: optimizer
      type(error_t), allocatable, intent(out) :: error
      type(optimizer_registry_t), intent(in), optional :: registry
      type(optimizer_registry_t) :: builtin
      character(*), parameter :: keras_2 = 'Custom>'    ! which it writes before its own names
      if (present(registry)) then
         if (registry%has(name)) then
            call registry%create(name, optimizer, error)
            return
         end if
      end if
      call refuse_by_name(name, error)
      if (allocated(error)) return
      call add_builtin_optimizers(builtin, error)
      if (.not. allocated(error)) then
         if (index(name, keras_2) == 1) then
            call builtin%create(name(len(keras_2) + 1:), optimizer, error)
         else
            call builtin%create(name, optimizer, error)
         end if
      end if
      call builtin%clear()
   end subroutine create

   !> Optimizers of Keras that are refused for a reason.
   subroutine refuse_by_name(name, error)
      character(*), intent(in) :: name
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: reason
      select case (name)
      case ('ScheduleFreeAdamW')
         reason = 'makes other steps on each backend of Keras 3.15: use "AdamW"'
      case ('MultiOptimizer')
         reason = 'has several optimizers for parts of the network: use one, with a learning'// &
                  ' rate for each layer (set_rate_factor)'
      case default
         return
      end select
      call raise(error, fkb_err_unsupported, 'the optimizer '//quote(name)//' '//reason)
   end subroutine refuse_by_name

end module fkb_optimizers_sp
