!> A layer that is to be made: its class and options in Keras's words, as text.
!>
!> Layers around layers hold what stands in them as lines of a model file (docs/format.md, 3).
module fkb_layer_spec
   use fkb_json, only: json_check, json_compact, json_is_object, json_kind, json_member, &
      json_next, json_quote, json_real_text, json_string
   use fkb_kinds, only: dp, sp
   use fkb_text, only: decimal, is_word, quote, shortened, span_t
   implicit none (type, external)
   private
   public :: layer_spec_t, new_spec, take_options
   public :: blame, put_per_axis, drop_member, block_lines, base_name, list_text

   character(1), parameter :: nl = achar(10)

   !> A layer that is to be made. Safe to copy.
   type :: layer_spec_t
      character(:), allocatable :: class_name   !! Keras's class, such as `Dense`
      character(:), allocatable :: name         !! empty: the model makes one from the class
      character(:), allocatable :: members      !! options: members of a JSON object, no braces
      character(:), allocatable :: inside       !! lines of the layers in it
      character(:), allocatable :: problem      !! why it cannot be made, empty for none
   contains
      !> Add an option: `call spec%put(key, value)`.
      generic :: put => put_integer, put_integers, put_logical, put_text, put_sp, put_dp
      procedure :: put_json
      procedure :: member
      procedure, private :: put_integer, put_integers, put_logical, put_text, put_sp, put_dp
   end type layer_spec_t

contains

   !> A layer of a class without options.
   function new_spec(class_name, name) result(spec)
      character(*), intent(in) :: class_name
      character(*), intent(in), optional :: name
      type(layer_spec_t) :: spec
      spec%class_name = class_name
      spec%name = ''
      spec%members = ''
      spec%inside = ''
      spec%problem = ''
      if (present(name)) spec%name = name
   end function new_spec

   !> The lines of a layer in a model file.
   function block_lines(spec, nodes, role) result(lines)
      type(layer_spec_t), intent(in) :: spec          !! with a name
      character(*), intent(in) :: nodes               !! lines of its calls
      character(*), intent(in) :: role                !! ` as layer` in a wrapper, else empty
      character(:), allocatable :: lines
      lines = 'layer '//json_quote(spec%name)//' '//key_text(spec%class_name)//role//nl// &
         option_lines(spec%members, .false.)//option_lines(spec%members, .true.)//nodes// &
         spec%inside//'end'//nl
   end function block_lines

   !> Options as lines, or the meta data among them.
   function option_lines(members, meta) result(lines)
      character(*), intent(in) :: members
      logical, intent(in) :: meta
      character(:), allocatable :: lines, key, object
      type(span_t) :: at, value
      integer :: position
      lines = ''
      object = '{'//members//'}'
      position = 0
      do
         call json_next(object, position, at, value)
         if (position == 0) exit
         key = json_string(object(at%first:at%last))
         if ((index(key, '@') == 1) .neqv. meta) cycle
         if (.not. meta) key = key_text(key)
         lines = lines//key//' = '//object(value%first:value%last)//nl
      end do
   end function option_lines

   !> A key or class as the file writes it.
   function key_text(key) result(text)
      character(*), intent(in) :: key
      character(:), allocatable :: text
      text = key
      if (.not. is_word(key)) text = json_quote(key)
   end function key_text

   !> Add the options of a JSON object; a member `name` is the layer's name if it has none.
   subroutine take_options(spec, options)
      type(layer_spec_t), intent(inout) :: spec
      character(*), intent(in), optional :: options   !! default: none
      character(:), allocatable :: json, problem, text
      type(span_t) :: key, value
      integer :: last, position
      if (.not. present(options)) return
      json = json_compact(options)
      call json_check(json, 1, last, problem)
      if (.not. allocated(problem) .and. last /= len(json)) problem = 'text after the value'
      if (.not. allocated(problem)) then
         if (.not. json_is_object(json)) problem = 'no object'
      end if
      if (allocated(problem)) then
         spec%problem = 'layer of class '//quote(spec%class_name)//': its options '// &
            shortened(options)//' are no JSON object: '//problem
         return
      end if
      position = 0
      do
         call json_next(json, position, key, value)
         if (position == 0) exit
         text = json(value%first:value%last)
         if (json_string(json(key%first:key%last)) == 'name' .and. json_kind(text) == 'string') then
            if (len(spec%name) == 0) spec%name = json_string(text)
         else
            call spec%put_json(json_string(json(key%first:key%last)), text)
         end if
      end do
   end subroutine take_options

   !> Keep why a layer cannot be made, the first reason only.
   subroutine blame(spec, problem)
      type(layer_spec_t), intent(inout) :: spec
      character(*), intent(in) :: problem
      if (len(spec%problem) == 0) spec%problem = problem
   end subroutine blame

   !> The name that Keras makes from a class: `conv_lstm2d` of `ConvLSTM2D`.
   !> Source: `to_snake_case` of Keras 3.15.
   function base_name(class_name) result(name)
      character(*), intent(in) :: class_name
      character(:), allocatable :: name, plain
      integer :: i
      logical :: begins
      character(*), parameter :: lower = 'abcdefghijklmnopqrstuvwxyz'
      character(*), parameter :: upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
      plain = class_name(max(index(class_name, '>', back=.true.), &
         index(class_name, '.', back=.true.)) + 1:)
      name = ''
      do i = 1, len(plain)
         if (index(upper, plain(i:i)) == 0) then
            name = name//plain(i:i)
            cycle
         end if
         begins = .false.
         if (i > 1) begins = index(lower, plain(i - 1:i - 1)) > 0
         if (i > 1 .and. i < len(plain)) begins = begins .or. index(lower, plain(i + 1:i + 1)) > 0
         if (begins) name = name//'_'
         name = name//lower(index(upper, plain(i:i)):index(upper, plain(i:i)))
      end do
   end function base_name

   !> Add an option as JSON text.
   subroutine put_json(self, key, json)
      class(layer_spec_t), intent(inout) :: self
      character(*), intent(in) :: key
      character(*), intent(in) :: json                !! valid and without blanks
      if (len(self%members) > 0) self%members = self%members//','
      self%members = self%members//json_quote(key)//':'
      select case (json)                              ! other names that Keras has for activations
      case ('"swish"')
         self%members = self%members//'"silu"'
      case ('"hard_swish"')
         self%members = self%members//'"hard_silu"'
      case default
         self%members = self%members//json
      end select
   end subroutine put_json

   !> Add a list with one integer for each axis; one integer alone stands for all of them.
   subroutine put_per_axis(spec, key, axes, values)
      type(layer_spec_t), intent(inout) :: spec
      character(*), intent(in) :: key
      integer, intent(in) :: axes
      integer, intent(in), optional :: values(:)      !! Keras's order
      integer :: i
      if (.not. present(values)) return
      if (size(values) == 1) then
         call spec%put(key, [(values(1), i=1, axes)])
      else
         call spec%put(key, values)
      end if
   end subroutine put_per_axis

   !> The JSON text of an option, empty where it is absent.
   function member(self, key) result(json)
      class(layer_spec_t), intent(in) :: self
      character(*), intent(in) :: key
      character(:), allocatable :: json
      type(span_t) :: at
      json = '{'//self%members//'}'
      at = json_member(json, key)
      json = json(at%first:at%last)
   end function member

   !> Take an option out, if it is there.
   subroutine drop_member(self, key)
      type(layer_spec_t), intent(inout) :: self
      character(*), intent(in) :: key
      character(:), allocatable :: object
      type(span_t) :: at, value
      integer :: position
      object = '{'//self%members//'}'
      self%members = ''
      position = 0
      do
         call json_next(object, position, at, value)
         if (position == 0) exit
         if (json_string(object(at%first:at%last)) == key) cycle
         call self%put_json(json_string(object(at%first:at%last)), object(value%first:value%last))
      end do
   end subroutine drop_member

   subroutine put_integer(self, key, value)
      class(layer_spec_t), intent(inout) :: self
      character(*), intent(in) :: key
      integer, intent(in) :: value
      call self%put_json(key, decimal(value))
   end subroutine put_integer

   subroutine put_integers(self, key, value)
      class(layer_spec_t), intent(inout) :: self
      character(*), intent(in) :: key
      integer, intent(in) :: value(:)
      call self%put_json(key, list_text(value))
   end subroutine put_integers

   subroutine put_logical(self, key, value)
      class(layer_spec_t), intent(inout) :: self
      character(*), intent(in) :: key
      logical, intent(in) :: value
      call self%put_json(key, trim(merge('true ', 'false', value)))
   end subroutine put_logical

   subroutine put_text(self, key, value)
      class(layer_spec_t), intent(inout) :: self
      character(*), intent(in) :: key
      character(*), intent(in) :: value
      if (scan(adjustl(value), '{[') == 1) then       ! JSON, such as a serialised Keras object
         call self%put_json(key, json_compact(value))
      else
         call self%put_json(key, json_quote(value))
      end if
   end subroutine put_text

   !> A real32 stands for the shortest decimal number that rounds to it: 0.2, not 0.2000000029.
   subroutine put_sp(self, key, value)
      class(layer_spec_t), intent(inout) :: self
      character(*), intent(in) :: key
      real(sp), intent(in) :: value
      character(40) :: buffer
      character(24) :: form
      real(dp) :: wide
      integer :: n, status
      wide = value
      do n = 1, 9
         write (form, '(a,i0,a,i0,a)') '(es', n + 8, '.', n - 1, 'e3)'
         write (buffer, form) value
         read (buffer, *, iostat=status) wide
         if (status == 0 .and. .not. abs(real(wide, sp) - value) > 0) exit
      end do
      call self%put_dp(key, wide)
   end subroutine put_sp

   subroutine put_dp(self, key, value)
      class(layer_spec_t), intent(inout) :: self
      character(*), intent(in) :: key
      real(dp), intent(in) :: value
      if (.not. abs(value) <= huge(value)) then
         call blame(self, 'layer of class '//quote(self%class_name)//': the option '// &
            quote(key)//' is not finite')
      else
         call self%put_json(key, json_real_text(value))
      end if
   end subroutine put_dp

   !> Integers as a JSON list.
   pure function list_text(values) result(text)
      integer, intent(in) :: values(:)
      character(:), allocatable :: text
      integer :: i
      text = '['
      do i = 1, size(values)
         if (i > 1) text = text//','
         text = text//decimal(values(i))
      end do
      text = text//']'
   end function list_text

end module fkb_layer_spec
