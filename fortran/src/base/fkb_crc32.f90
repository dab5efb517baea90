!> CRC-32 as zlib computes it: polynomial 0xEDB88320, reflected (RFC 1952, section 8).
!>
!> Eight bytes a step with eight tables (M. E. Kounavis and F. L. Berry, "Novel Table Lookup-Based
!> Algorithms for High-Performance CRC Generation", IEEE Trans. Comput. 57, 2008). Words count as
!> little-endian bytes on any machine.
module fkb_crc32
   use fkb_kinds, only: dp, i4, i8, sp
   implicit none (type, external)
   private
   public :: crc32_t

   integer, parameter :: block = 1024

   !> A running checksum: `start`, any number of `add`, then `value` or `hex`.
   type :: crc32_t
      private
      integer(i4) :: register = -1_i4
      integer(i4) :: table(0:255, 0:7) = 0_i4
   contains
      procedure :: start
      procedure :: value
      procedure :: hex
      generic :: add => add_text, add_singles, add_doubles
      procedure :: add_integers
      procedure, private :: add_text, add_singles, add_doubles
   end type crc32_t

contains

   !> Begin anew.
   pure subroutine start(self)
      class(crc32_t), intent(inout) :: self
      integer(i4), parameter :: polynomial = -306674912_i4
      integer(i4) :: word
      integer :: i, k
      self%register = not(0_i4)
      if (self%table(1, 0) /= 0_i4) return
      do i = 0, 255
         word = int(i, i4)
         do k = 1, 8
            word = ieor(shiftr(word, 1), iand(polynomial, -iand(word, 1_i4)))
         end do
         self%table(i, 0) = word
      end do
      do k = 1, 7
         do i = 0, 255
            word = self%table(i, k - 1)
            self%table(i, k) = ieor(shiftr(word, 8), self%table(iand(word, 255_i4), 0))
         end do
      end do
   end subroutine start

   !> The checksum so far; the sign bit is the highest bit.
   pure integer(i4) function value(self)
      class(crc32_t), intent(in) :: self
      value = not(self%register)
   end function value

   !> The checksum so far as eight lower-case hexadecimal digits.
   pure function hex(self) result(digits)
      class(crc32_t), intent(in) :: self
      character(8) :: digits
      character(*), parameter :: symbols = '0123456789abcdef'
      integer :: i, at
      do i = 1, 8
         at = iand(shiftr(self%value(), 32 - 4*i), 15) + 1
         digits(i:i) = symbols(at:at)
      end do
   end function hex

   !> Add the bytes of a text.
   pure subroutine add_text(self, text)
      class(crc32_t), intent(inout) :: self
      character(*), intent(in) :: text          !! bytes
      integer :: i, last
      last = len(text) - mod(len(text), 8)
      do i = 1, last, 8
         call add_words(self%register, self%table, word_of(text(i:i + 3)), &
                        word_of(text(i + 4:i + 7)))
      end do
      do i = last + 1, len(text)
         call add_byte(self%register, self%table, iachar(text(i:i)))
      end do
   end subroutine add_text

   !> Add real32 values as four bytes each.
   pure subroutine add_singles(self, values)
      class(crc32_t), intent(inout) :: self
      real(sp), intent(in), contiguous :: values(:) !! values
      integer(i4) :: words(block)
      integer(i8) :: first
      integer :: i, n
      do first = 1, size(values, kind=i8), block
         n = int(min(int(block, i8), size(values, kind=i8) - first + 1))
         words(:n) = transfer(values(first:first + n - 1), words, n)
         do i = 1, n - 1, 2
            call add_words(self%register, self%table, words(i), words(i + 1))
         end do
         if (mod(n, 2) == 1) call add_word(self%register, self%table, words(n))
      end do
   end subroutine add_singles

   !> Add real64 values as eight bytes each.
   pure subroutine add_doubles(self, values)
      class(crc32_t), intent(inout) :: self
      real(dp), intent(in), contiguous :: values(:) !! values
      integer(i8) :: first, words(block)
      integer :: i, n
      do first = 1, size(values, kind=i8), block
         n = int(min(int(block, i8), size(values, kind=i8) - first + 1))
         words(:n) = transfer(values(first:first + n - 1), words, n)
         do i = 1, n
            call add_words(self%register, self%table, low_word(words(i)), high_word(words(i)))
         end do
      end do
   end subroutine add_doubles

   !> Add integers as so many bytes each.
   pure subroutine add_integers(self, values, bytes)
      class(crc32_t), intent(inout) :: self
      integer(i8), intent(in) :: values(:)      !! values
      integer, intent(in) :: bytes              !! 1, 4 or 8 of each
      integer(i8) :: i
      do i = 1, size(values, kind=i8)
         select case (bytes)
         case (8)
            call add_words(self%register, self%table, low_word(values(i)), high_word(values(i)))
         case (4)
            call add_word(self%register, self%table, low_word(values(i)))
         case default
            call add_byte(self%register, self%table, int(iand(values(i), 255_i8)))
         end select
      end do
   end subroutine add_integers

   !> Eight bytes.
   pure subroutine add_words(register, table, first, second)
      integer(i4), intent(inout) :: register
      integer(i4), intent(in) :: table(0:255, 0:7), first, second
      integer(i4) :: word
      word = ieor(register, first)
      register = ieor(ieor(ieor(table(iand(word, 255_i4), 7), &
                                table(iand(shiftr(word, 8), 255_i4), 6)), &
                           ieor(table(iand(shiftr(word, 16), 255_i4), 5), &
                                table(shiftr(word, 24), 4))), &
                      ieor(ieor(table(iand(second, 255_i4), 3), &
                                table(iand(shiftr(second, 8), 255_i4), 2)), &
                           ieor(table(iand(shiftr(second, 16), 255_i4), 1), &
                                table(shiftr(second, 24), 0))))
   end subroutine add_words

   !> Four bytes.
   pure subroutine add_word(register, table, word)
      integer(i4), intent(inout) :: register
      integer(i4), intent(in) :: table(0:255, 0:7), word
      integer :: i
      do i = 0, 24, 8
         call add_byte(register, table, iand(shiftr(word, i), 255_i4))
      end do
   end subroutine add_word

   !> One byte.
   pure subroutine add_byte(register, table, byte)
      integer(i4), intent(inout) :: register
      integer(i4), intent(in) :: table(0:255, 0:7)
      integer, intent(in) :: byte
      register = ieor(shiftr(register, 8), table(iand(ieor(register, byte), 255_i4), 0))
   end subroutine add_byte

   !> Four characters as a little-endian word.
   pure integer(i4) function word_of(text) result(word)
      character(4), intent(in) :: text
      word = ior(ior(iachar(text(1:1)), shiftl(iachar(text(2:2)), 8)), &
                 ior(shiftl(iachar(text(3:3)), 16), shiftl(iachar(text(4:4)), 24)))
   end function word_of

   !> The lower half.
   pure integer(i4) function low_word(value) result(word)
      integer(i8), intent(in) :: value
      word = int(shifta(shiftl(value, 32), 32), i4)
   end function low_word

   !> The upper half.
   pure integer(i4) function high_word(value) result(word)
      integer(i8), intent(in) :: value
      word = int(shifta(value, 32), i4)
   end function high_word

end module fkb_crc32
