!> The hash functions by which TensorFlow puts integers into bins, on words of 64 bits without sign.
!>
!> `fingerprint` is FarmHash's Fingerprint64 for texts of up to 32 bytes (Pike and Alakuijala 2014,
!> farmhash.cc, functions HashLen0to16 and HashLen17to32), `keyed_hash` is SipHash-2-4 (Aumasson and
!> Bernstein 2012), `joined_fingerprints` is TensorFlow's FingerprintCat64. Words stand in signed
!> integers; sums and products are taken in parts, so that none overflows.
module fkb_fingerprint
   use fkb_kinds, only: i8
   implicit none (type, external)
   private
   public :: fingerprint, keyed_hash, joined_fingerprints, unsigned_remainder, decimal_text

   !> 16 and 32 bits.
   integer(i8), parameter :: mask16 = 65535_i8, mask32 = 4294967295_i8
   !> FarmHash's constants k0, k1, k2 and the multiplier of FingerprintCat64: upper, lower word.
   integer(i8), parameter :: k0(2) = [3282421852_i8, 2546676007_i8]
   integer(i8), parameter :: k1(2) = [3029513839_i8, 3197694579_i8]
   integer(i8), parameter :: k2(2) = [2598464059_i8, 797982799_i8]
   integer(i8), parameter :: k_joined(2) = [3332679571_i8, 1540483477_i8]
   !> Longest text that `fingerprint` takes; an integer of 64 bits has at most 20 digits and a sign.
   integer, parameter, public :: longest_text = 32

contains

   !> FarmHash's Fingerprint64 of a text of at most `longest_text` bytes.
   pure integer(i8) function fingerprint(text) result(hash)
      character(*), intent(in) :: text
      integer(i8) :: a, b, c, d, mul, y, z
      integer :: n
      n = len(text)
      mul = plus(word(k2), 2_i8*n)
      if (n > 16) then
         a = times(bytes(text, 1, 8), word(k1))
         b = bytes(text, 9, 8)
         c = times(bytes(text, n - 7, 8), mul)
         d = times(bytes(text, n - 15, 8), word(k2))
         hash = mixed(plus(plus(ishftc(plus(a, b), -43), ishftc(c, -30)), d), &
                      plus(plus(a, ishftc(plus(b, word(k2)), -18)), c), mul)
      else if (n >= 8) then
         a = plus(bytes(text, 1, 8), word(k2))
         b = bytes(text, n - 7, 8)
         c = plus(times(ishftc(b, -37), mul), a)
         d = times(plus(ishftc(a, -25), b), mul)
         hash = mixed(c, d, mul)
      else if (n >= 4) then
         hash = mixed(plus(int(n, i8), ishft(bytes(text, 1, 4), 3)), bytes(text, n - 3, 4), mul)
      else if (n > 0) then
         y = bytes(text, 1, 1) + ishft(bytes(text, n/2 + 1, 1), 8)
         z = n + ishft(bytes(text, n, 1), 2)
         hash = times(shifted(ieor(times(y, word(k2)), times(z, word(k0)))), word(k2))
      else
         hash = word(k2)
      end if
   end function fingerprint

   !> FarmHash's HashLen16.
   pure integer(i8) function mixed(u, v, mul)
      integer(i8), intent(in) :: u, v, mul
      integer(i8) :: a
      a = shifted(times(ieor(u, v), mul))
      mixed = times(shifted(times(ieor(v, a), mul)), mul)
   end function mixed

   !> FarmHash's ShiftMix.
   pure integer(i8) function shifted(v)
      integer(i8), intent(in) :: v
      shifted = ieor(v, ishft(v, -47))
   end function shifted

   !> TensorFlow's FingerprintCat64 of two fingerprints.
   pure integer(i8) function joined_fingerprints(first, second) result(hash)
      integer(i8), intent(in) :: first, second
      integer(i8) :: mul
      mul = word(k_joined)
      hash = ieor(first, mul)
      hash = ieor(hash, times(shifted(times(second, mul)), mul))
      hash = times(hash, mul)
      hash = shifted(times(shifted(hash), mul))
   end function joined_fingerprints

   !> SipHash-2-4 of a text with a key of two words.
   pure integer(i8) function keyed_hash(key, text) result(hash)
      integer(i8), intent(in) :: key(2)
      character(*), intent(in) :: text
      integer(i8) :: last, v(4)
      integer :: first, rest
      v(1) = ieor(key(1), word([1936682341_i8, 1886610805_i8]))
      v(2) = ieor(key(2), word([1685025377_i8, 1852075885_i8]))
      v(3) = ieor(key(1), word([1819895653_i8, 1852142177_i8]))
      v(4) = ieor(key(2), word([1952801890_i8, 2037671283_i8]))
      rest = modulo(len(text), 8)
      do first = 1, len(text) - rest, 8
         call take(v, bytes(text, first, 8))
      end do
      last = ishft(int(modulo(len(text), 256), i8), 56)
      if (rest > 0) last = ior(last, bytes(text, len(text) - rest + 1, rest))
      call take(v, last)
      v(3) = ieor(v(3), 255_i8)
      call rounds(v, 4)
      hash = ieor(ieor(v(1), v(2)), ieor(v(3), v(4)))
   end function keyed_hash

   !> Let SipHash take a word.
   pure subroutine take(v, message)
      integer(i8), intent(inout) :: v(4)
      integer(i8), intent(in) :: message
      v(4) = ieor(v(4), message)
      call rounds(v, 2)
      v(1) = ieor(v(1), message)
   end subroutine take

   !> Rounds of SipHash.
   pure subroutine rounds(v, n)
      integer(i8), intent(inout) :: v(4)
      integer, intent(in) :: n
      integer :: i
      do i = 1, n
         v(1) = plus(v(1), v(2))
         v(2) = ieor(ishftc(v(2), 13), v(1))
         v(1) = ishftc(v(1), 32)
         v(3) = plus(v(3), v(4))
         v(4) = ieor(ishftc(v(4), 16), v(3))
         v(1) = plus(v(1), v(4))
         v(4) = ieor(ishftc(v(4), 21), v(1))
         v(3) = plus(v(3), v(2))
         v(2) = ieor(ishftc(v(2), 17), v(3))
         v(3) = ishftc(v(3), 32)
      end do
   end subroutine rounds

   !> The remainder of a word without sign.
   pure integer function unsigned_remainder(number, divisor) result(remainder)
      integer(i8), intent(in) :: number
      integer, intent(in) :: divisor                 !! at least 1
      integer(i8) :: n
      n = divisor
      remainder = int(modulo(2*modulo(ishft(number, -1), n) + iand(number, 1_i8), n))
   end function unsigned_remainder

   !> An integer as TensorFlow's `as_string` writes it.
   pure subroutine decimal_text(number, text, n)
      integer(i8), intent(in) :: number
      character(20), intent(out) :: text
      integer, intent(out) :: n                      !! characters used
      integer(i8) :: rest
      integer :: digit, i
      character(20) :: backward
      rest = number
      n = 0
      do
         digit = int(abs(mod(rest, 10_i8)))
         n = n + 1
         backward(n:n) = achar(iachar('0') + digit)
         rest = rest/10
         if (rest == 0) exit
      end do
      if (number < 0) then
         n = n + 1
         backward(n:n) = '-'
      end if
      text = ''
      do i = 1, n
         text(i:i) = backward(n + 1 - i:n + 1 - i)
      end do
   end subroutine decimal_text

   !> `n` bytes of a text as a number, the first one lowest.
   pure integer(i8) function bytes(text, first, n)
      character(*), intent(in) :: text
      integer, intent(in) :: first, n
      integer :: i
      bytes = 0
      do i = 0, n - 1
         bytes = ior(bytes, ishft(iand(int(ichar(text(first + i:first + i)), i8), 255_i8), 8*i))
      end do
   end function bytes

   !> Two halves of 32 bits as one word.
   pure integer(i8) function word(halves)
      integer(i8), intent(in) :: halves(2)           !! upper, lower
      word = ior(ishft(halves(1), 32), halves(2))
   end function word

   !> a + b, modulo 2**64
   pure integer(i8) function plus(a, b)
      integer(i8), intent(in) :: a, b
      integer(i8) :: low, high
      low = iand(a, mask32) + iand(b, mask32)
      high = ishft(a, -32) + ishft(b, -32) + ishft(low, -32)
      plus = ior(ishft(high, 32), iand(low, mask32))
   end function plus

   !> a*b, modulo 2**64
   pure integer(i8) function times(a, b)
      integer(i8), intent(in) :: a, b
      integer(i8) :: u(0:3), v(0:3), total
      integer :: i, k
      do i = 0, 3
         u(i) = iand(ishft(a, -16*i), mask16)
         v(i) = iand(ishft(b, -16*i), mask16)
      end do
      times = 0
      total = 0
      do k = 0, 3
         do i = 0, k
            total = total + u(i)*v(k - i)
         end do
         times = ior(times, ishft(iand(total, mask16), 16*k))
         total = ishft(total, -16)
      end do
   end function times

end module fkb_fingerprint
