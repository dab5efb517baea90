!> Check that a text is a JSON value by RFC 8259, with bounded nesting and no key twice.
module fkb_json_check
   use fkb_json_scalar, only: has_lone_surrogate, json_real, json_string, longest_number
   use fkb_kinds, only: dp
   use fkb_name_table, only: name_table_t
   use fkb_text, only: quote
   implicit none (type, external)
   private
   public :: json_check

   !> Deepest nesting of arrays and objects that is read.
   integer, parameter, public :: max_json_depth = 64

   character(*), parameter :: digits = '0123456789'

   !> Where a check stands.
   type :: checker_t
      integer :: at = 1                         ! the next character
      integer :: depth = 0                      ! open arrays and objects
      integer :: scopes = 0                     ! arrays and objects so far
      logical :: value_due = .true.             ! a value must follow, else a comma or an end
      character(1) :: closer(max_json_depth) = ' '
      integer :: scope(max_json_depth) = 0
      type(name_table_t) :: keys
      character(:), allocatable :: problem
   end type checker_t

contains

   !> Check the value that begins at `first` and find its end. The text is UTF-8 already checked.
   !! Blanks outside strings are refused, as the model file has none.
   subroutine json_check(text, first, last, problem)
      character(*), intent(in) :: text          !! text that holds the value and perhaps more
      integer, intent(in) :: first              !! where the value begins
      integer, intent(out) :: last              !! where it ends, `first - 1` after a problem
      character(:), allocatable, intent(out) :: problem !! what is wrong, if anything
      type(checker_t) :: state
      state%at = first
      last = first - 1
      do
         if (state%value_due) then
            call check_value(text, state)
         else
            call check_separator(text, state)
         end if
         if (allocated(state%problem)) then
            problem = state%problem
            return
         end if
         if (state%depth == 0 .and. .not. state%value_due) exit
      end do
      last = state%at - 1
   end subroutine json_check

   !> A scalar, or the opening of an array or object up to where a part or its end is due.
   subroutine check_value(text, state)
      character(*), intent(in) :: text
      type(checker_t), intent(inout) :: state
      state%value_due = .false.
      if (state%at > len(text)) then
         state%problem = 'it ends early'
         return
      end if
      select case (text(state%at:state%at))
      case ('[', '{')
         call open_parts(text, state)
      case ('"')
         call skip_string(text, state%at, state%problem)
      case ('-', '0':'9')
         call skip_number(text, state%at, state%problem)
      case default
         call skip_literal(text, state%at, state%problem)
      end select
   end subroutine check_value

   !> The opening of an array or object.
   subroutine open_parts(text, state)
      character(*), intent(in) :: text
      type(checker_t), intent(inout) :: state
      if (state%depth == max_json_depth) then
         state%problem = 'it is nested more than 64 deep'
         return
      end if
      state%depth = state%depth + 1
      state%scopes = state%scopes + 1
      state%scope(state%depth) = state%scopes
      state%closer(state%depth) = merge(']', '}', text(state%at:state%at) == '[')
      state%at = state%at + 1
      if (state%at > len(text)) then
         state%problem = 'it ends early'
      else if (text(state%at:state%at) == state%closer(state%depth)) then
         state%depth = state%depth - 1
         state%at = state%at + 1
      else
         call begin_part(text, state)
      end if
   end subroutine open_parts

   !> What follows a value inside an array or object: a comma or the end.
   subroutine check_separator(text, state)
      character(*), intent(in) :: text
      type(checker_t), intent(inout) :: state
      if (state%at > len(text)) then
         state%problem = 'it ends early'
      else if (text(state%at:state%at) == state%closer(state%depth)) then
         state%depth = state%depth - 1
         state%at = state%at + 1
      else if (text(state%at:state%at) == ',') then
         state%at = state%at + 1
         call begin_part(text, state)
      else
         state%problem = 'unexpected '//quote(text(state%at:state%at))
      end if
   end subroutine check_separator

   !> The key of a member, if this is an object; then a value is due.
   subroutine begin_part(text, state)
      character(*), intent(in) :: text
      type(checker_t), intent(inout) :: state
      character(:), allocatable :: key
      integer :: start, earlier
      state%value_due = .true.
      if (state%closer(state%depth) == ']') return
      start = state%at
      call skip_string(text, state%at, state%problem)
      if (allocated(state%problem)) return
      key = json_string(text(start:state%at - 1))
      call state%keys%add(state%scope(state%depth), key, 1, earlier)
      if (earlier > 0) then
         state%problem = 'the key '//quote(key)//' stands twice'
         return
      end if
      if (state%at <= len(text)) then
         if (text(state%at:state%at) == ':') then
            state%at = state%at + 1
            return
         end if
      end if
      state%problem = 'a key without a value'
   end subroutine begin_part

   !> Check a string; `at` moves behind it.
   pure subroutine skip_string(text, at, problem)
      character(*), intent(in) :: text
      integer, intent(inout) :: at
      character(:), allocatable, intent(inout) :: problem
      integer :: start
      logical :: escaped
      if (.not. next_is(text, at, '"')) then
         problem = 'a string is expected'
         return
      end if
      start = at
      escaped = .false.
      at = at + 1
      do while (at <= len(text))
         select case (text(at:at))
         case ('"')
            at = at + 1
            if (.not. escaped) return
            if (has_lone_surrogate(text(start:at - 1))) then
               problem = 'half a surrogate pair in a string'
            end if
            return
         case ('\')
            escaped = .true.
            call skip_escape(text, at, problem)
            if (allocated(problem)) return
         case (achar(0):achar(31))
            problem = 'a control character in a string'
            return
         case default
            at = at + 1
         end select
      end do
      problem = 'a string without an end'
   end subroutine skip_string

   !> Check one escape; `at` moves behind it.
   pure subroutine skip_escape(text, at, problem)
      character(*), intent(in) :: text
      integer, intent(inout) :: at
      character(:), allocatable, intent(inout) :: problem
      if (at < len(text)) then
         if (scan(text(at + 1:at + 1), '"\/bfnrt') > 0) then
            at = at + 2
            return
         end if
      end if
      if (at + 5 <= len(text)) then
         if (text(at + 1:at + 1) == 'u' .and. &
             verify(text(at + 2:at + 5), digits//'abcdefABCDEF') == 0) then
            at = at + 6
            return
         end if
      end if
      problem = 'an unknown escape in a string'
   end subroutine skip_escape

   !> Check a number; `at` moves behind it.
   pure subroutine skip_number(text, at, problem)
      character(*), intent(in) :: text
      integer, intent(inout) :: at
      character(:), allocatable, intent(inout) :: problem
      integer :: start, n
      real(dp) :: value
      logical :: ok, large
      start = at
      large = .false.
      if (text(at:at) == '-') at = at + 1
      n = digit_run(text, at)
      if (n > 1) then
         if (text(at:at) == '0') n = 0
      end if
      at = at + n
      if (n > 0 .and. next_is(text, at, '.')) then
         n = digit_run(text, at + 1)
         at = at + 1 + n
      end if
      if (n > 0 .and. next_is(text, at, 'eE')) then
         at = at + 1
         if (next_is(text, at, '+-')) at = at + 1
         n = digit_run(text, at)
         at = at + n
         large = n > 2
      end if
      if (n == 0) then
         problem = 'malformed number '//quote(text(start:min(at, len(text))))
      else if (at - start > longest_number) then
         problem = 'a number of more than 4096 characters'
      else if ((large .or. at - start > 200) .and. scan(text(start:at - 1), '.eE') > 0) then
         call json_real(text(start:at - 1), value, ok)
         if (.not. ok) problem = 'the number '//text(start:at - 1)//' is not finite'
      end if
   end subroutine skip_number

   !> Check `true`, `false` or `null`; `at` moves behind it.
   pure subroutine skip_literal(text, at, problem)
      character(*), intent(in) :: text
      integer, intent(inout) :: at
      character(:), allocatable, intent(inout) :: problem
      character(5), parameter :: literals(3) = ['true ', 'false', 'null ']
      integer :: i, last
      do i = 1, size(literals)
         last = at + len_trim(literals(i)) - 1
         if (last > len(text)) cycle
         if (text(at:last) /= literals(i)) cycle
         at = last + 1
         return
      end do
      problem = 'unexpected '//quote(text(at:at))
   end subroutine skip_literal

   !> Number of digits from `at` on.
   pure integer function digit_run(text, at) result(n)
      character(*), intent(in) :: text
      integer, intent(in) :: at
      n = 0
      do while (next_is(text, at + n, digits))
         n = n + 1
      end do
   end function digit_run

   !> Whether the character at `at` is there and one of these.
   pure logical function next_is(text, at, characters)
      character(*), intent(in) :: text, characters
      integer, intent(in) :: at
      next_is = at <= len(text)
      if (next_is) next_is = index(characters, text(at:at)) > 0
   end function next_is

end module fkb_json_check
