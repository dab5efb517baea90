!> Scan decimal numbers in a buffer and round them correctly.
!>
!> The buffer ends with a byte that is neither digit nor white space, so that no scan runs over.
module fkb_number_scan
   use fkb_decimal, only: max_power, multiply, powers_t, product_t, round_product
   use fkb_kinds, only: dp, i8, sp
   implicit none (type, external)
   private
   public :: decimal_t, scan_decimal, scan_any_decimal, round_decimal, read_token

   !> Longest token, in bytes; a number has at most `max_digits` digits, those of the exponent too.
   integer, parameter, public :: max_token_length = 128
   integer, parameter, public :: max_digits = 40

   integer, parameter :: short_digits = 18
   integer(i8), parameter :: full = 10_i8**(short_digits - 1)
   integer, parameter :: zero = iachar('0')
   ! Other characters, seen as digits.
   integer, parameter :: point = iachar('.') - zero
   integer, parameter :: small_e = iachar('e') - zero, large_e = iachar('E') - zero
   ! The bits of an infinite real64.
   integer(i8), parameter :: infinite = shiftl(2047_i8, 52)

   !> A decimal number: mantissa*10**exponent, a little more where digits were cut off.
   type :: decimal_t
      integer(i8) :: mantissa = 0               !! the first 18 significant digits at most
      integer :: exponent = 0
      logical :: cut_off = .false.              !! whether digits other than 0 were left out
   end type decimal_t

contains

   !> Scan digits with or without a point and an exponent; most numbers are short.
   pure subroutine scan_decimal(buffer, at, number, ok)
      character(*), intent(in) :: buffer
      integer, intent(inout) :: at              !! first digit or point; moves behind the number
      type(decimal_t), intent(inout) :: number
      logical, intent(out) :: ok                !! false: no number here
      integer :: p, digit, digits
      integer(i8) :: mantissa
      mantissa = 0
      p = at
      call scan_digits(buffer, p, mantissa, digit)
      digits = p - at
      number%exponent = 0
      if (digit == point) then
         p = p + 1
         call scan_digits(buffer, p, mantissa, digit)
         number%exponent = at + digits + 1 - p
         digits = digits - number%exponent
      end if
      if (digits == 0 .or. (digit >= 0 .and. digit <= 9)) then
         call scan_any_decimal(buffer, at, number, ok)
         return
      end if
      number%mantissa = mantissa
      number%cut_off = .false.
      at = p
      ok = .true.
      if (digit == small_e .or. digit == large_e) then
         call scan_exponent(buffer, at, number%exponent, ok)
      end if
   end subroutine scan_decimal

   !> Scan digits until something else comes or the mantissa is full.
   pure subroutine scan_digits(buffer, p, mantissa, digit)
      character(*), intent(in) :: buffer
      integer, intent(inout) :: p               ! the first digit; moves behind the last
      integer(i8), intent(inout) :: mantissa
      integer, intent(out) :: digit             ! what stands at p: a digit, or out of 0 to 9
      do
         digit = iachar(buffer(p:p)) - zero
         if (digit < 0 .or. digit > 9) return
         if (mantissa >= full) return
         mantissa = 10*mantissa + digit
         p = p + 1
      end do
   end subroutine scan_digits

   !> Scan digits with or without a point and an exponent, of any length.
   pure subroutine scan_any_decimal(buffer, at, number, ok)
      character(*), intent(in) :: buffer
      integer, intent(inout) :: at              !! first digit or point; moves behind the number
      type(decimal_t), intent(inout) :: number
      logical, intent(out) :: ok                !! false: no number here
      integer :: digit, digits, significant
      logical :: fraction
      number = decimal_t()
      fraction = .false.
      digits = 0
      significant = 0
      do
         digit = iachar(buffer(at:at)) - zero
         if (digit == point .and. .not. fraction) then
            fraction = .true.
         else if (digit < 0 .or. digit > 9) then
            exit
         else
            digits = digits + 1
            if (significant > 0 .or. digit > 0) significant = significant + 1
            if (significant <= short_digits) then
               number%mantissa = 10*number%mantissa + digit
               if (fraction) number%exponent = number%exponent - 1
            else
               if (digit > 0) number%cut_off = .true.
               if (.not. fraction) number%exponent = number%exponent + 1
            end if
         end if
         at = at + 1
      end do
      ok = digits > 0
      if (.not. ok) return
      if (digit == small_e .or. digit == large_e) then
         call scan_exponent(buffer, at, number%exponent, ok)
      end if
   end subroutine scan_any_decimal

   !> Scan an exponent and add it; very large ones are cut.
   pure subroutine scan_exponent(buffer, at, exponent, ok)
      character(*), intent(in) :: buffer
      integer, intent(inout) :: at              ! the letter e
      integer, intent(inout) :: exponent
      logical, intent(out) :: ok
      integer, parameter :: largest = 100000
      integer :: value, digit
      logical :: negative
      at = at + 1
      negative = buffer(at:at) == '-'
      if (negative .or. buffer(at:at) == '+') at = at + 1
      value = 0
      ok = .false.
      do
         digit = iachar(buffer(at:at)) - zero
         if (digit < 0 .or. digit > 9) exit
         value = min(largest, 10*value + digit)
         ok = .true.
         at = at + 1
      end do
      exponent = exponent + merge(-value, value, negative)
   end subroutine scan_exponent

   !> The nearest binary number, ties to even.
   pure subroutine round_decimal(powers, number, bits, lowest, value, certain)
      type(powers_t), intent(in) :: powers
      type(decimal_t), intent(in) :: number
      integer, intent(in) :: bits               !! significant bits of the target, at most 53
      integer, intent(in) :: lowest             !! exponent of its smallest positive number
      real(dp), intent(out) :: value            !! perhaps beyond the target's range
      logical, intent(out) :: certain           !! false: too near to a tie to tell
      type(decimal_t) :: upper
      real(dp) :: upper_value
      call round_mantissa(powers, number, bits, lowest, value, certain)
      if (.not. (certain .and. number%cut_off)) return
      upper = number
      upper%mantissa = number%mantissa + 1
      call round_mantissa(powers, upper, bits, lowest, upper_value, certain)
      certain = certain .and. .not. abs(upper_value - value) > 0
   end subroutine round_decimal

   !> The nearest binary number without the digits that were cut off.
   pure subroutine round_mantissa(powers, number, bits, lowest, value, certain)
      type(powers_t), intent(in) :: powers
      type(decimal_t), intent(in) :: number
      integer, intent(in) :: bits, lowest
      real(dp), intent(out) :: value
      logical, intent(out) :: certain
      type(product_t) :: product
      integer(i8) :: rounded, pattern
      integer :: cut, exponent
      certain = .true.
      value = 0
      if (number%mantissa == 0 .or. number%exponent < -max_power) return
      value = transfer(infinite, value)
      if (number%exponent > max_power) return
      call multiply(powers, number%mantissa, 0, number%exponent, product)
      cut = max(64 - leadz(product%high) - bits, lowest - product%exponent)
      call round_product(product, cut, rounded, certain)
      exponent = product%exponent + cut
      if (exponent + 52 > 1023) return
      if (bits == 53 .and. rounded >= 2_i8**52 .and. exponent > -1074) then
         pattern = shiftl(int(exponent + 1075, i8), 52) + (rounded - 2_i8**52)
         value = transfer(pattern, value)
      else
         value = scale(real(rounded, dp), exponent)
      end if
   end subroutine round_mantissa

   !> Read a token that `scan_any_decimal` accepts with the compiler's own conversion.
   subroutine read_token(token, single, value, ok)
      character(*), intent(in) :: token
      logical, intent(in) :: single             !! round to real32
      real(dp), intent(out) :: value
      logical, intent(out) :: ok
      real(sp) :: narrow
      integer :: status
      value = 0
      if (single) then
         read (token, *, iostat=status) narrow
         if (status == 0) value = real(narrow, dp)
      else
         read (token, *, iostat=status) value
      end if
      ok = status == 0
   end subroutine read_token

end module fkb_number_scan
