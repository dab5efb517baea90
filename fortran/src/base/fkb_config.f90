!> The options of one layer, as they stand in the model file: keys with JSON values.
!>
!> A layer reads its options once, in `configure`. Reading marks an option as known; what nobody
!> read is listed by `unread`, so that the loader refuses options that it does not understand.
!>
!> A key may be a path into nested values: `activation.config.negative_slope`, `axis.0`; elements
!> of arrays count from 0. A message names the option, its value and what was expected.
module fkb_config
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_check, json_compact, json_find, json_integer, json_is_object, &
      json_kind, json_length, json_next, json_real, json_string
   use fkb_kinds, only: dp, i8, sp
   use fkb_option_table, only: option_table_t
   use fkb_text, only: decimal, quote, shortened, span_t
   implicit none (type, external)
   private
   public :: config_t, config_from_json

   !> Most options of one block of the model file, and most members of an object of options.
   integer, parameter, public :: max_options = 10000

   !> The options of one layer. Safe to copy.
   type, extends(option_table_t) :: config_t
      character(:), allocatable :: class_name   !! Keras's class, such as `Dense`
      character(:), allocatable :: layer_name   !! the layer's name, such as `dense_1`
      integer :: keras_major = 3                !! the Keras whose meaning the options have
   contains
      !> Read an option: `call config%get(key, value, error [, default])`.
      generic :: get => get_integer, get_i8, get_logical, get_sp, get_dp, get_text
      !> Read a list: `call config%get_list(key, values, n, error [, default])`.
      generic :: get_list => get_integers, get_sp_list, get_dp_list
      procedure :: get_raw
      procedure :: get_object
      procedure, private :: get_integer, get_i8, get_logical, get_sp, get_dp, get_text
      procedure, private :: get_integers, get_sp_list, get_dp_list
   end type config_t

contains

   !> The options of a JSON object. Of a serialised Keras object, `{"class_name":...,"config":{}}`,
   !> the options are those of `config` and `class_name` is set.
   subroutine config_from_json(text, config, error)
      character(*), intent(in) :: text          !! the object, with or without blanks
      type(config_t), intent(out) :: config     !! its members
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json, problem
      type(span_t) :: key, value, inner
      integer :: position, last
      config%class_name = ''
      config%layer_name = ''
      json = json_compact(text)
      call json_check(json, 1, last, problem)
      if (.not. allocated(problem) .and. last /= len(json)) problem = 'text after the value'
      if (.not. allocated(problem)) then
         if (.not. json_is_object(json)) problem = 'not an object'
         if (json_length(json) > max_options) problem = 'too many members'
      end if
      if (allocated(problem)) then
         call raise(error, fkb_err_argument, 'expected a JSON object, not '//quote(json)//': '// &
                    problem)
         return
      end if
      inner = span_t(1, len(json))
      value = json_find(json, 'class_name')
      if (json_kind(json(value%first:value%last)) == 'string') then
         config%class_name = json_string(json(value%first:value%last))
         value = json_find(json, 'config')
         if (json_kind(json(value%first:value%last)) == 'object') inner = value
      end if
      associate (object => json(inner%first:inner%last))
         position = 0
         do
            call json_next(object, position, key, value)
            if (position == 0) exit
            call config%set(json_string(object(key%first:key%last)), object(value%first:value%last))
         end do
      end associate
   end subroutine config_from_json

   !> The JSON text of an option. A null counts as missing where a default is given.
   subroutine get_raw(self, key, value, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      character(:), allocatable, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in), optional :: default
      call self%take(key, 'a value', present(default), value, error)
      if (allocated(error)) return
      if (.not. allocated(value) .and. present(default)) value = default
   end subroutine get_raw

   !> The options of a nested object, see `config_from_json`. It keeps the layer's name and major.
   subroutine get_object(self, key, object, error)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      type(config_t), intent(out) :: object
      type(error_t), allocatable, intent(out) :: error
      character(:), allocatable :: json
      call self%take(key, 'an object', .false., json, error)
      if (allocated(error)) return
      if (.not. json_is_object(json)) then
         call refuse(key, json, 'an object', error)
         return
      end if
      call config_from_json(json, object, error)
      if (allocated(error)) return
      object%keras_major = self%keras_major
      if (allocated(self%layer_name)) object%layer_name = self%layer_name
   end subroutine get_object

   !> Read an integer; a number such as `3.0` is one.
   subroutine get_integer(self, key, value, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      integer, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: default  !! taken where the option is missing or null
      character(:), allocatable :: json
      integer(i8) :: wide
      logical :: ok
      value = 0
      if (present(default)) value = default
      call self%take(key, 'an integer', present(default), json, error)
      if (allocated(error) .or. .not. allocated(json)) return
      call json_integer(json, wide, ok)
      if (ok) ok = abs(wide) <= huge(value)
      if (ok) then
         value = int(wide)
      else
         call refuse(key, json, 'an integer', error)
      end if
   end subroutine get_integer

   !> Read a 64-bit integer.
   subroutine get_i8(self, key, value, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      integer(i8), intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      integer(i8), intent(in), optional :: default
      character(:), allocatable :: json
      logical :: ok
      value = 0
      if (present(default)) value = default
      call self%take(key, 'an integer', present(default), json, error)
      if (allocated(error) .or. .not. allocated(json)) return
      call json_integer(json, value, ok)
      if (.not. ok) call refuse(key, json, 'an integer', error)
   end subroutine get_i8

   !> Read a logical.
   subroutine get_logical(self, key, value, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      logical, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      logical, intent(in), optional :: default
      character(:), allocatable :: json
      value = .false.
      if (present(default)) value = default
      call self%take(key, 'true or false', present(default), json, error)
      if (allocated(error) .or. .not. allocated(json)) return
      select case (json)
      case ('true')
         value = .true.
      case ('false')
         value = .false.
      case default
         call refuse(key, json, 'true or false', error)
      end select
   end subroutine get_logical

   !> Read a real, rounded once to real64 and then to real32.
   subroutine get_sp(self, key, value, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      real(sp), intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      real(sp), intent(in), optional :: default
      real(dp) :: wide
      if (present(default)) then
         call self%get(key, wide, error, real(default, dp))
      else
         call self%get(key, wide, error)
      end if
      value = 0
      if (allocated(error)) return
      if (abs(wide) > huge(value)) then
         call raise(error, fkb_err_argument, 'option '//quote(key)//' is too large for real32')
      else
         value = real(wide, sp)
      end if
   end subroutine get_sp

   !> Read a real.
   subroutine get_dp(self, key, value, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      real(dp), intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: default
      character(:), allocatable :: json
      logical :: ok
      value = 0
      if (present(default)) value = default
      call self%take(key, 'a number', present(default), json, error)
      if (allocated(error) .or. .not. allocated(json)) return
      call json_real(json, value, ok)
      if (.not. ok) call refuse(key, json, 'a number', error)
   end subroutine get_dp

   !> Read a string, decoded to UTF-8.
   subroutine get_text(self, key, value, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      character(:), allocatable, intent(out) :: value
      type(error_t), allocatable, intent(out) :: error
      character(*), intent(in), optional :: default
      character(:), allocatable :: json
      value = ''
      if (present(default)) value = default
      call self%take(key, 'a string', present(default), json, error)
      if (allocated(error) .or. .not. allocated(json)) return
      if (json_kind(json) == 'string') then
         value = json_string(json)
      else
         call refuse(key, json, 'a string', error)
      end if
   end subroutine get_text

   !> Read a list of integers; a single integer is a list of one.
   subroutine get_integers(self, key, values, n, error, default, null_value)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      integer, intent(out) :: values(:)         !! the first `n` are set, the rest is 0
      integer, intent(out) :: n                 !! length of the list
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: default(:) !! taken where the option is missing or null
      integer, intent(in), optional :: null_value !! what a null element stands for (an open extent)
      real(dp) :: wide(size(values))
      integer :: i
      values = 0
      if (present(default)) then
         call read_list(self, key, 'integers', wide, n, error, real(default, dp), null_value)
      else
         call read_list(self, key, 'integers', wide, n, error, null_value=null_value)
      end if
      if (allocated(error)) return
      do i = 1, n
         if (abs(wide(i) - anint(wide(i))) > 0 .or. abs(wide(i)) > huge(n)) then
            call raise(error, fkb_err_argument, 'option '//quote(key)//': element '// &
                       decimal(i - 1)//' is not an integer')
            return
         end if
         values(i) = nint(wide(i))
      end do
   end subroutine get_integers

   !> Read a list of reals; a single number is a list of one.
   subroutine get_sp_list(self, key, values, n, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      real(sp), intent(out) :: values(:)        !! the first `n` are set, the rest is 0
      integer, intent(out) :: n                 !! length of the list
      type(error_t), allocatable, intent(out) :: error
      real(sp), intent(in), optional :: default(:)
      real(dp) :: wide(size(values))
      values = 0
      if (present(default)) then
         call read_list(self, key, 'numbers', wide, n, error, real(default, dp))
      else
         call read_list(self, key, 'numbers', wide, n, error)
      end if
      if (allocated(error)) return
      if (any(abs(wide(:n)) > huge(values))) then
         call raise(error, fkb_err_argument, 'option '//quote(key)//' is too large for real32')
         return
      end if
      values(:n) = real(wide(:n), sp)
   end subroutine get_sp_list

   !> Read a list of reals; a single number is a list of one.
   subroutine get_dp_list(self, key, values, n, error, default)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key           !! the option or a path
      real(dp), intent(out) :: values(:)        !! the first `n` are set, the rest is 0
      integer, intent(out) :: n                 !! length of the list
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: default(:)
      call read_list(self, key, 'numbers', values, n, error, default)
   end subroutine get_dp_list

   !> Read an array of numbers, or one number.
   subroutine read_list(self, key, wanted, values, n, error, default, null_value)
      class(config_t), intent(inout) :: self
      character(*), intent(in) :: key, wanted
      real(dp), intent(out) :: values(:)
      integer, intent(out) :: n
      type(error_t), allocatable, intent(out) :: error
      real(dp), intent(in), optional :: default(:)
      integer, intent(in), optional :: null_value
      character(:), allocatable :: json
      values = 0
      n = 0
      call self%take(key, 'a list of '//wanted, present(default), json, error)
      if (allocated(error)) return
      if (.not. allocated(json)) then
         if (.not. present(default)) return
         n = min(size(default), size(values))
         values(:n) = default(:n)
         return
      end if
      call parse_list(key, json, wanted, values, n, error, null_value)
   end subroutine read_list

   !> The numbers of a JSON array, or one number.
   subroutine parse_list(key, json, wanted, values, n, error, null_value)
      character(*), intent(in) :: key, json, wanted
      real(dp), intent(inout) :: values(:)
      integer, intent(out) :: n
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: null_value
      type(span_t) :: name, value
      integer :: position
      logical :: ok
      n = 1
      if (json_kind(json) == 'number' .and. size(values) > 0) then
         call json_real(json, values(1), ok)
         if (.not. ok) call refuse(key, json, 'finite '//wanted, error)
         return
      end if
      n = 0
      if (json_kind(json) /= 'array' .or. json_length(json) > size(values)) then
         call refuse(key, json, 'a list of at most '//decimal(size(values))//' '//wanted, error)
         return
      end if
      position = 0
      do
         call json_next(json, position, name, value)
         if (position == 0) return
         n = n + 1
         if (json(value%first:value%last) == 'null' .and. present(null_value)) then
            values(n) = null_value
            cycle
         end if
         call json_real(json(value%first:value%last), values(n), ok)
         if (.not. ok) then
            call refuse(key, json, 'a list of '//wanted, error)
            return
         end if
      end do
   end subroutine parse_list

   !> Report an option with a value of the wrong kind.
   subroutine refuse(key, json, wanted, error)
      character(*), intent(in) :: key, json, wanted
      type(error_t), allocatable, intent(out) :: error
      call raise(error, fkb_err_argument, 'option '//quote(key)//' is '//shortened(json)//', '// &
                 wanted//' is expected')
   end subroutine refuse

end module fkb_config
