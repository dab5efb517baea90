! Generated from train/fkb_optimizers.fypp: edit that file and run tools/generate.py
!> Optimizers by their Keras names.
module fkb_optimizers_sp
   use fkb_adam_sp, only: adam_t
   use fkb_config, only: config_t, config_from_json
   use fkb_error, only: error_t, raise, fkb_err_unknown, fkb_err_unsupported
   use fkb_json, only: json_compact, json_string
   use fkb_kinds, only: dp
   use fkb_optimizer_sp, only: optimizer_t
   use fkb_sgd_sp, only: sgd_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: optimizer_from_config

contains

   !> The optimizer that Keras's compile configuration means: a name, `"adam"`, or an object,
   !> `{"class_name":"Adam","config":{"learning_rate":0.001}}`.
   !> Raises an error for an unknown name or an option that is not supported.
   subroutine optimizer_from_config(given, optimizer, error, keras_major)
      character(*), intent(in) :: given           !! JSON, or a bare name
      class(optimizer_t), allocatable, intent(out) :: optimizer
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: keras_major   !! whose meaning the options have, default 3
      type(config_t) :: config
      character(:), allocatable :: name, text, unread
      text = json_compact(given)
      if (index(text, '{') == 1) then
         call config_from_json(text, config, error)
         if (allocated(error)) return
         name = config%class_name
         name = name(index(name, '>') + 1:)       ! Keras 2 writes "Custom>Adam"
      else
         call config_from_json('{}', config, error)
         if (allocated(error)) return
         name = text
         if (len(text) > 1 .and. index(text, '"') == 1) name = json_string(text)
      end if
      if (present(keras_major)) config%keras_major = keras_major
      call create(name, optimizer, error)
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

   !> An optimizer with Keras's defaults, by its name in any case.
   subroutine create(name, optimizer, error)
      character(*), intent(in) :: name
      class(optimizer_t), allocatable, intent(out) :: optimizer
      type(error_t), allocatable, intent(out) :: error
      select case (lower_case(name))
      case ('sgd')
         allocate (optimizer, source=sgd_t())
      case ('adam')
         allocate (optimizer, source=adam_t())
      case ('adamw')
         allocate (optimizer, source=adam_t(weight_decay=0.004_dp))
      case default
         call raise(error, fkb_err_unknown, 'the optimizer '//quote(name)//' is not supported:'// &
                    ' use "SGD", "Adam" or "AdamW"')
      end select
   end subroutine create

   pure function lower_case(text) result(lower)
      character(*), intent(in) :: text
      character(len(text)) :: lower
      integer :: i
      lower = text
      do i = 1, len(text)
         if (text(i:i) >= 'A' .and. text(i:i) <= 'Z') lower(i:i) = achar(iachar(text(i:i)) + 32)
      end do
   end function lower_case

end module fkb_optimizers_sp
