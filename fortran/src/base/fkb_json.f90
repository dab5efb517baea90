!> JSON values (RFC 8259) as raw text: check one, find its parts, read scalars, write strings.
!>
!> Only `json_check` and `json_compact` accept any text; the others expect text that `json_check`
!> has passed, one value without blanks around it. A part is a span of positions in the text given;
!> an empty span means absent.
!> Nothing here copies a value or builds a tree.
module fkb_json
   use fkb_json_check, only: json_check, max_json_depth
   use fkb_json_scalar, only: json_integer, json_list_text, json_quote, json_real, json_real_text, &
      json_string
   use fkb_text, only: span_t
   implicit none (type, external)
   private
   public :: json_check, max_json_depth
   public :: json_integer, json_list_text, json_quote, json_real, json_real_text, &
      json_string
   public :: json_kind, json_is_object, json_length, json_next, json_member, json_element, json_find
   public :: json_compact

   character(*), parameter :: blanks = ' '//achar(9)//achar(10)//achar(13)
   character(*), parameter :: delimiters = ',:]}'//blanks

contains

   !> The text without the blanks that JSON allows and the model file does not: `{"a": [1, 2]}`
   !> becomes `{"a":[1,2]}`. Blanks inside strings and between other characters stay, so that text
   !> that is no JSON does not become JSON.
   pure function json_compact(text) result(compact)
      character(*), intent(in) :: text          !! any text, such as a person writes it
      character(:), allocatable :: compact
      integer :: at, last, n
      allocate (character(len(text)) :: compact)
      n = 0
      at = skip_blanks(text, 1)
      do while (at <= len(text))
         last = at
         if (text(at:at) == '"') last = min(value_end(text, at), len(text))
         compact(n + 1:n + last - at + 1) = text(at:last)
         n = n + last - at + 1
         at = skip_blanks(text, last + 1)
         if (at == last + 1 .or. at > len(text)) cycle
         if (scan(compact(n:n)//text(at:at), '{}[]:,') > 0) cycle
         compact(n + 1:n + 1) = ' '
         n = n + 1
      end do
      compact = compact(:n)
   end function json_compact

   !> `null`, `logical`, `number`, `string`, `array` or `object`; `missing` for an empty text.
   pure function json_kind(text) result(kind)
      character(*), intent(in) :: text          !! one value
      character(:), allocatable :: kind
      if (len(text) == 0) then
         kind = 'missing'
         return
      end if
      select case (text(1:1))
      case ('n')
         kind = 'null'
      case ('t', 'f')
         kind = 'logical'
      case ('"')
         kind = 'string'
      case ('[')
         kind = 'array'
      case ('{')
         kind = 'object'
      case default
         kind = 'number'
      end select
   end function json_kind

   !> Whether the value is an object.
   pure logical function json_is_object(text)
      character(*), intent(in) :: text          !! one value
      json_is_object = len(text) > 0
      if (json_is_object) json_is_object = text(1:1) == '{'
   end function json_is_object

   !> Number of elements of an array or of members of an object, 0 for anything else.
   pure integer function json_length(text) result(length)
      character(*), intent(in) :: text          !! one value
      type(span_t) :: key, value
      integer :: position
      length = 0
      position = 0
      do
         call json_next(text, position, key, value)
         if (position == 0) return
         length = length + 1
      end do
   end function json_length

   !> Walk over an array or object: start with `position = 0`; it is 0 again after the last part.
   pure subroutine json_next(text, position, key, value)
      character(*), intent(in) :: text          !! one value
      integer, intent(inout) :: position        !! where the walk stands
      type(span_t), intent(out) :: key          !! key of a member as a JSON string, or empty
      type(span_t), intent(out) :: value        !! the element or member
      integer :: at
      if (len(text) < 2) then
         position = 0
         return
      end if
      at = skip_blanks(text, max(position, 1) + 1)
      if (scan(text(1:1), '[{') == 0 .or. at >= len(text)) then
         position = 0
         return
      end if
      if (text(1:1) == '{') then
         key = span_t(at, value_end(text, at))
         at = skip_blanks(text, key%last + 1)
         at = skip_blanks(text, at + 1)
      end if
      value = span_t(at, value_end(text, at))
      position = skip_blanks(text, value%last + 1)
   end subroutine json_next

   !> The value of a member of an object.
   pure type(span_t) function json_member(text, key) result(found)
      character(*), intent(in) :: text          !! an object
      character(*), intent(in) :: key           !! decoded key
      type(span_t) :: name, value
      character(:), allocatable :: decoded
      integer :: position
      if (.not. json_is_object(text)) return
      position = 0
      do
         call json_next(text, position, name, value)
         if (position == 0) return
         decoded = json_string(text(name%first:name%last))
         if (len(decoded) /= len(key)) cycle
         if (decoded /= key) cycle
         found = value
         return
      end do
   end function json_member

   !> Element `i` of an array, from 0.
   pure type(span_t) function json_element(text, i) result(found)
      character(*), intent(in) :: text          !! an array
      integer, intent(in) :: i                  !! from 0
      type(span_t) :: key, value
      integer :: position, k
      if (json_kind(text) /= 'array') return
      position = 0
      do k = 0, i
         call json_next(text, position, key, value)
         if (position == 0) return
      end do
      if (i >= 0) found = value
   end function json_element

   !> The value at a path of keys and positions: `config.negative_slope`, `axes.0`.
   pure type(span_t) function json_find(text, path) result(found)
      character(*), intent(in) :: text          !! one value
      character(*), intent(in) :: path          !! keys and positions (from 0) joined by dots
      type(span_t) :: part
      integer :: first, last
      found = span_t(1, len(text))
      first = 1
      do while (first <= len(path) + 1)
         last = first + scan(path(first:)//'.', '.') - 2
         associate (inside => text(found%first:found%last), step => path(first:last))
            if (json_is_object(inside)) then
               part = json_member(inside, step)
            else
               part = json_element(inside, position_in(step))
            end if
         end associate
         if (part%count() == 0) then
            found = span_t()
            return
         end if
         found = span_t(found%first + part%first - 1, found%first + part%last - 1)
         first = last + 2
      end do
   end function json_find

   !> A position written in decimal, -1 for anything else.
   pure integer function position_in(step) result(position)
      character(*), intent(in) :: step
      position = -1
      if (len(step) == 0 .or. len(step) > 9) return
      if (verify(step, '0123456789') > 0) return
      read (step, *) position
   end function position_in

   !> The first position from `at` on that is no blank, at most one beyond the text.
   pure integer function skip_blanks(text, at) result(position)
      character(*), intent(in) :: text
      integer, intent(in) :: at
      integer :: i
      position = len(text) + 1
      do i = at, len(text)
         if (index(blanks, text(i:i)) > 0) cycle
         position = i
         return
      end do
   end function skip_blanks

   !> The last position of the value that begins at `first`.
   pure integer function value_end(text, first) result(last)
      character(*), intent(in) :: text
      integer, intent(in) :: first
      integer :: depth
      logical :: inside_string
      if (scan(text(first:first), '"[{') == 0) then
         last = first
         do while (last < len(text))
            if (index(delimiters, text(last + 1:last + 1)) > 0) return
            last = last + 1
         end do
         return
      end if
      depth = 0
      inside_string = .false.
      last = first
      do while (last < len(text))
         if (inside_string) then
            if (text(last:last) == '"') inside_string = .false.
            if (text(last:last) == '\') last = last + 1
         else
            select case (text(last:last))
            case ('"')
               inside_string = .true.
            case ('[', '{')
               depth = depth + 1
            case (']', '}')
               depth = depth - 1
            case default
               continue
            end select
         end if
         if (depth == 0 .and. .not. inside_string) return
         last = last + 1
      end do
   end function value_end

end module fkb_json
