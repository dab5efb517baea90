!> Name and options of an object in Keras's compile configuration: a bare name, `"mse"`, or a
!> serialised object, `{"class_name":"Huber","config":{"delta":2.0},"registered_name":null}`.
module fkb_object_config
   use fkb_config, only: config_from_json, config_t
   use fkb_error, only: error_t, fkb_err_argument, raise
   use fkb_json, only: json_check, json_compact, json_find, json_kind, json_string
   use fkb_text, only: quote, span_t
   implicit none (type, external)
   private
   public :: object_from_json, class_to_snake

contains

   !> Take name and options out of an object's configuration.
   subroutine object_from_json(given, what, name, config, error, is_function)
      character(*), intent(in) :: given          !! JSON, or a bare name
      character(*), intent(in) :: what           !! such as `loss`, for messages
      character(:), allocatable, intent(out) :: name   !! registered name, class or function
      type(config_t), intent(out) :: config      !! empty for a bare name
      type(error_t), allocatable, intent(out) :: error
      logical, intent(out), optional :: is_function    !! it is a serialised function
      character(:), allocatable :: text, problem, inner
      type(span_t) :: part
      integer :: last
      name = ''
      if (present(is_function)) is_function = .false.
      text = json_compact(given)
      call config_from_json('{}', config, error)
      if (allocated(error)) return
      if (len_trim(text) == 0 .or. scan(text, '{["') /= 1) then
         name = text
         return
      end if
      call json_check(text, 1, last, problem)
      if (.not. allocated(problem) .and. last /= len(text)) problem = 'text after the value'
      if (allocated(problem)) then
         call raise(error, fkb_err_argument, 'malformed JSON in the configuration of the '// &
                    what//', '//quote(text)//': '//problem)
         return
      end if
      select case (json_kind(text))
      case ('string')
         name = json_string(text)
      case ('object')
         name = member_text(text, 'registered_name')
         if (len(name) == 0 .or. name == 'function') name = member_text(text, 'class_name')
         part = json_find(text, 'config')
         inner = text(part%first:part%last)
         if (json_kind(inner) == 'string') then
            name = json_string(inner)
            if (present(is_function)) is_function = .true.
         else if (len(name) > 0) then
            if (json_kind(inner) == 'object') call config_from_json(inner, config, error)
         else
            call raise(error, fkb_err_argument, 'the configuration of the '//what//', '// &
                       quote(text)//', names no class')
         end if
      case default
         call raise(error, fkb_err_argument, 'the configuration of the '//what//' is '// &
                    quote(text)//', not a name or an object')
      end select
   end subroutine object_from_json

   !> The text of a member of an object, empty where it is no string.
   function member_text(object, key) result(text)
      character(*), intent(in) :: object, key
      character(:), allocatable :: text
      type(span_t) :: part
      part = json_find(object, key)
      text = ''
      if (json_kind(object(part%first:part%last)) /= 'string') return
      text = json_string(object(part%first:part%last))
   end function member_text

   !> The snake case that Keras makes of a class name: `MeanIoU` is `mean_io_u`.
   pure function class_to_snake(name) result(snake)
      character(*), intent(in) :: name
      character(:), allocatable :: snake
      logical :: parted
      integer :: i
      snake = ''
      do i = 1, len(name)
         if (is_capital(name(i:i))) then
            parted = .false.
            if (i > 1) parted = is_small(name(i - 1:i - 1))
            if (i > 1 .and. i < len(name)) parted = parted .or. is_small(name(i + 1:i + 1))
            if (parted) snake = snake//'_'
            snake = snake//achar(iachar(name(i:i)) + 32)
         else
            snake = snake//name(i:i)
         end if
      end do
   end function class_to_snake

   pure logical function is_capital(letter)
      character(1), intent(in) :: letter
      is_capital = letter >= 'A' .and. letter <= 'Z'
   end function is_capital

   pure logical function is_small(letter)
      character(1), intent(in) :: letter
      is_small = letter >= 'a' .and. letter <= 'z'
   end function is_small

end module fkb_object_config
