!> Check text as UTF-8 (RFC 3629) without control characters.
module fkb_utf8
   implicit none (type, external)
   private
   public :: find_bad_byte

contains

   !> The position of the first byte that is a control character or not UTF-8, 0 when all is well.
   pure integer function find_bad_byte(text) result(at)
      character(*), intent(in) :: text
      integer :: tail
      at = 1
      do while (at <= len(text))
         if (iachar(text(at:at)) >= 128) then
            tail = sequence_tail(text, at)
            if (tail == 0) return
            at = at + tail
         else if (iachar(text(at:at)) < 32) then
            return
         end if
         at = at + 1
      end do
      at = 0
   end function find_bad_byte

   !> The number of bytes that follow the first one of a character, 0 when the character is
   !! malformed: cut short, longer than needed, a surrogate, or beyond U+10FFFF.
   pure integer function sequence_tail(text, at) result(tail)
      character(*), intent(in) :: text
      integer, intent(in) :: at
      integer :: i, code
      integer, parameter :: smallest(3) = [128, 2048, 65536]
      code = iachar(text(at:at))
      tail = 0
      select case (code)
      case (194:223)
         tail = 1
      case (224:239)
         tail = 2
      case (240:244)
         tail = 3
      case default
         return
      end select
      if (at + tail > len(text)) then
         tail = 0
         return
      end if
      code = iand(code, shiftr(63, tail))
      do i = 1, tail
         if (iand(iachar(text(at + i:at + i)), 192) /= 128) then
            tail = 0
            return
         end if
         code = 64*code + iand(iachar(text(at + i:at + i)), 63)
      end do
      if (code < smallest(tail) .or. code > int(z'10FFFF')) tail = 0
      if (code >= int(z'D800') .and. code <= int(z'DFFF')) tail = 0
   end function sequence_tail

end module fkb_utf8
