!> JSON strings and numbers: decode and encode.
module fkb_json_scalar
   use fkb_kinds, only: dp, i8
   implicit none (type, external)
   private
   public :: json_integer, json_list_text, json_quote, json_real, json_real_text, json_string
   public :: has_lone_surrogate

   !> Longest number that is read, in characters.
   integer, parameter, public :: longest_number = 4096

contains

   !> Decode a JSON string to UTF-8. Half of a surrogate pair that stands alone becomes U+FFFD.
   pure function json_string(text) result(value)
      character(*), intent(in) :: text          !! a checked string with its quotes
      character(:), allocatable :: value
      character(:), allocatable :: buffer
      integer :: at, used, code
      logical :: lone
      if (index(text, '\') == 0) then
         value = text(2:len(text) - 1)
         return
      end if
      allocate (character(len(text)) :: buffer)
      at = 2
      used = 0
      do while (at < len(text))
         if (text(at:at) /= '\') then
            used = used + 1
            buffer(used:used) = text(at:at)
            at = at + 1
         else
            call read_escape(text, at, code, lone)
            call put_utf8(code, buffer, used)
         end if
      end do
      value = buffer(:used)
   end function json_string

   !> Whether a string has half of a surrogate pair without the other.
   pure logical function has_lone_surrogate(text) result(found)
      character(*), intent(in) :: text          !! a string with valid escapes
      integer :: at, code
      logical :: lone
      found = .false.
      at = 2
      do while (at < len(text))
         if (text(at:at) /= '\') then
            at = at + 1
            cycle
         end if
         call read_escape(text, at, code, lone)
         found = found .or. lone
      end do
   end function has_lone_surrogate

   !> Read one escape, both halves of a surrogate pair together; `at` moves behind it.
   pure subroutine read_escape(text, at, code, lone)
      character(*), intent(in) :: text
      integer, intent(inout) :: at
      integer, intent(out) :: code              ! Unicode code point
      logical, intent(out) :: lone              ! half of a pair
      integer :: low
      character(*), parameter :: letters = 'bfnrt'
      integer, parameter :: codes(5) = [8, 12, 10, 13, 9]
      integer, parameter :: replacement = int(z'FFFD')
      lone = .false.
      code = index(letters, text(at + 1:at + 1))
      if (code > 0) then
         code = codes(code)
         at = at + 2
      else if (text(at + 1:at + 1) /= 'u') then
         code = iachar(text(at + 1:at + 1))
         at = at + 2
      else
         code = hex_value(text(at + 2:at + 5))
         at = at + 6
         if (code < int(z'D800') .or. code > int(z'DFFF')) return
         low = 0
         if (at + 5 < len(text)) then
            if (text(at:at + 1) == '\u') low = hex_value(text(at + 2:at + 5))
         end if
         if (code <= int(z'DBFF') .and. low >= int(z'DC00') .and. low <= int(z'DFFF')) then
            code = int(z'10000') + 1024*(code - int(z'D800')) + low - int(z'DC00')
            at = at + 6
         else
            code = replacement
            lone = .true.
         end if
      end if
   end subroutine read_escape

   !> The value of hexadecimal digits.
   pure integer function hex_value(digits) result(value)
      character(*), intent(in) :: digits
      integer :: i
      value = 0
      do i = 1, len(digits)
         value = 16*value + mod(index('0123456789abcdef0123456789ABCDEF', digits(i:i)) - 1, 16)
      end do
   end function hex_value

   !> Append a code point in UTF-8.
   pure subroutine put_utf8(code, buffer, used)
      integer, intent(in) :: code
      character(*), intent(inout) :: buffer
      integer, intent(inout) :: used
      integer :: i, tail
      integer, parameter :: mark(0:3) = [0, 192, 224, 240]
      tail = count(code >= [128, 2048, 65536])
      used = used + 1
      buffer(used:used) = char(mark(tail) + ishft(code, -6*tail))
      do i = tail - 1, 0, -1
         used = used + 1
         buffer(used:used) = char(128 + iand(ishft(code, -6*i), 63))
      end do
   end subroutine put_utf8

   !> A text as a canonical JSON string: escapes only where RFC 8259 demands them.
   pure function json_quote(value) result(text)
      character(*), intent(in) :: value         !! UTF-8
      character(:), allocatable :: text
      character(:), allocatable :: buffer
      character(*), parameter :: hex = '0123456789abcdef'
      integer :: i, used, code, high, low
      allocate (character(6*len(value) + 2) :: buffer)
      buffer(1:1) = '"'
      used = 1
      do i = 1, len(value)
         code = iachar(value(i:i))
         select case (code)
         case (34, 92)
            call put('\'//value(i:i), buffer, used)
         case (9)
            call put('\t', buffer, used)
         case (10)
            call put('\n', buffer, used)
         case (13)
            call put('\r', buffer, used)
         case (0:8, 11:12, 14:31)
            high = code/16 + 1
            low = mod(code, 16) + 1
            call put('\u00'//hex(high:high)//hex(low:low), buffer, used)
         case default
            call put(value(i:i), buffer, used)
         end select
      end do
      call put('"', buffer, used)
      text = buffer(:used)
   end function json_quote

   !> Append a piece.
   pure subroutine put(piece, buffer, used)
      character(*), intent(in) :: piece
      character(*), intent(inout) :: buffer
      integer, intent(inout) :: used
      buffer(used + 1:used + len(piece)) = piece
      used = used + len(piece)
   end subroutine put

   !> Read a number as real64, correctly rounded.
   pure subroutine json_real(text, value, ok)
      character(*), intent(in) :: text          !! a checked value
      real(dp), intent(out) :: value
      logical, intent(out) :: ok                !! false: no number, or too large
      integer :: status
      value = 0
      ok = len(text) > 0 .and. len(text) <= longest_number
      if (.not. ok) return
      ok = verify(text(1:1), '-0123456789') == 0
      if (.not. ok) return
      read (text, *, iostat=status) value
      ok = status == 0
      if (ok) ok = abs(value) <= huge(value)
      if (.not. ok) value = 0
   end subroutine json_real

   !> Read an integer; a number such as `3.0` or `1e3` is one when real64 holds it exactly.
   pure subroutine json_integer(text, value, ok)
      character(*), intent(in) :: text          !! a checked value
      integer(i8), intent(out) :: value
      logical, intent(out) :: ok                !! false: no number, not whole, or too large
      real(dp) :: wide
      integer :: status
      value = 0
      ok = len(text) > 0 .and. len(text) <= longest_number
      if (.not. ok) return
      if (verify(text, '-0123456789') == 0) then
         read (text, *, iostat=status) value
         ok = status == 0
         if (.not. ok) value = 0
         return
      end if
      call json_real(text, wide, ok)
      if (.not. ok) return
      ok = .not. abs(aint(wide) - wide) > 0 .and. abs(wide) < 2.0_dp**53
      if (ok) value = int(wide, i8)
   end subroutine json_integer

   !> A real64 as Python's `json` module writes it: the shortest text that reads back.
   pure function json_real_text(value) result(text)
      real(dp), intent(in) :: value             !! finite
      character(:), allocatable :: text
      character(40) :: buffer
      character(24) :: form
      character(:), allocatable :: digits
      integer :: n, exponent, mark, status
      real(dp) :: back
      do n = 1, 17
         write (form, '(a,i0,a,i0,a)') '(es', n + 8, '.', n - 1, 'e3)'
         write (buffer, form) value
         read (buffer, *, iostat=status) back
         if (status /= 0) cycle
         if (.not. abs(back - value) > 0) exit
      end do
      buffer = adjustl(buffer)
      mark = index(buffer, 'E')
      read (buffer(mark + 1:), *) exponent
      n = 1
      if (buffer(1:1) == '-') n = 2
      digits = buffer(n:n)//buffer(n + 2:mark - 1)
      digits = digits(:max(1, verify(digits, '0', back=.true.)))
      text = buffer(:n - 1)//place_point(digits, exponent)
   end function json_real_text

   !> Numbers as a JSON list.
   pure function json_list_text(values, whole) result(text)
      real(dp), intent(in) :: values(:)
      logical, intent(in), optional :: whole    !! they are whole numbers and written so
      character(:), allocatable :: text
      character(24) :: number
      integer :: i
      text = '['
      do i = 1, size(values)
         if (i > 1) text = text//','
         if (present(whole)) then
            write (number, '(i0)') nint(values(i), i8)
            text = text//trim(number)
         else
            text = text//json_real_text(values(i))
         end if
      end do
      text = text//']'
   end function json_list_text

   !> Digits `d.ddd` times a power of ten as Python's `repr` sets them.
   pure function place_point(digits, exponent) result(text)
      character(*), intent(in) :: digits
      integer, intent(in) :: exponent
      character(:), allocatable :: text
      character(8) :: buffer
      integer :: n
      n = len(digits)
      if (exponent < -4 .or. exponent >= 16) then
         text = digits(1:1)
         if (n > 1) text = text//'.'//digits(2:)
         write (buffer, '(sp,i0.2)') exponent
         text = text//'e'//trim(buffer)
      else if (exponent < 0) then
         text = '0.'//repeat('0', -exponent - 1)//digits
      else if (exponent + 1 >= n) then
         text = digits//repeat('0', exponent + 1 - n)//'.0'
      else
         text = digits(:exponent + 1)//'.'//digits(exponent + 2:)
      end if
   end function place_point

end module fkb_json_scalar
