!> Write numbers as C's `%.9g` and `%.17g` do, correctly rounded.
module fkb_number_format
   use fkb_decimal, only: multiply, powers_t, product_t, round_product
   use fkb_kinds, only: dp, i8
   implicit none (type, external)
   private
   public :: format_real, format_integer

   !> Room that any number needs, sign and exponent included.
   integer, parameter, public :: max_number_length = 32

contains

   !> Write a real with so many significant digits, without zeros at the end.
   pure subroutine format_real(powers, value, digits, text, length)
      type(powers_t), intent(in) :: powers
      real(dp), intent(in) :: value             !! finite; a real32 is widened
      integer, intent(in) :: digits             !! 9 or 17
      character(max_number_length), intent(out) :: text
      integer, intent(out) :: length            !! of the number in `text`
      integer(i8) :: pattern, number
      integer :: exponent
      pattern = transfer(value, pattern)
      text(1:1) = '-'
      length = merge(1, 0, pattern < 0)
      if (iand(pattern, huge(pattern)) == 0) then
         length = length + 1
         text(length:length) = '0'
         return
      end if
      call round_digits(powers, pattern, digits, number, exponent)
      call place_digits(number, digits, exponent, text, length)
   end subroutine format_real

   !> The first digits of a real, and the decimal exponent of the first one.
   pure subroutine round_digits(powers, pattern, digits, number, exponent)
      type(powers_t), intent(in) :: powers
      integer(i8), intent(in) :: pattern        ! the bits of the real
      integer, intent(in) :: digits
      integer(i8), intent(out) :: number
      integer, intent(out) :: exponent
      type(product_t) :: product
      integer(i8) :: mantissa, limit
      integer :: binary, field
      logical :: certain
      mantissa = iand(pattern, 2_i8**52 - 1)
      field = int(ibits(pattern, 52, 11))
      if (field > 0) mantissa = mantissa + 2_i8**52
      binary = max(field, 1) - 1075
      limit = 10_i8**digits
      ! floor(log10(2**b)) for any b here: the decimal exponent, or one less.
      exponent = shifta((63 - leadz(mantissa) + binary)*315653, 20)
      call multiply(powers, mantissa, binary, digits - 1 - exponent, product)
      if (shiftr(product%high, max(-product%exponent, 0)) >= limit) then
         exponent = exponent + 1
         call multiply(powers, mantissa, binary, digits - 1 - exponent, product)
      end if
      call round_product(product, -product%exponent, number, certain)
      if (.not. certain) call ask_compiler(pattern, digits, number, exponent)
      if (number < limit) return
      number = number/10
      exponent = exponent + 1
   end subroutine round_digits

   !> The first digits of a real by the compiler's own conversion.
   pure subroutine ask_compiler(pattern, digits, number, exponent)
      integer(i8), intent(in) :: pattern
      integer, intent(in) :: digits
      integer(i8), intent(out) :: number
      integer, intent(out) :: exponent
      character(32) :: buffer
      integer :: mark
      if (digits == 9) then
         write (buffer, '(es16.8e3)') abs(transfer(pattern, 1.0_dp))
      else
         write (buffer, '(es24.16e3)') abs(transfer(pattern, 1.0_dp))
      end if
      buffer = adjustl(buffer)
      mark = index(buffer, 'E')
      read (buffer(mark + 1:), *) exponent
      buffer = buffer(1:1)//buffer(3:mark - 1)
      read (buffer, *) number
   end subroutine ask_compiler

   !> Append digits with point and exponent as `%g` sets them.
   pure subroutine place_digits(number, digits, exponent, text, length)
      integer(i8), intent(in) :: number
      integer, intent(in) :: digits, exponent
      character(max_number_length), intent(inout) :: text
      integer, intent(inout) :: length
      character(17) :: symbols
      integer :: n, before
      call split_digits(number, digits, symbols, n)
      if (exponent < -4 .or. exponent >= digits) then
         before = 1
      else
         before = exponent + 1
      end if
      if (before <= 0) then
         call append('0.000', 2 - before, text, length)
         call append(symbols, n, text, length)
      else if (before >= n) then
         call append(symbols, n, text, length)
         call append('0000000000000000', before - n, text, length)
      else
         call append(symbols, before, text, length)
         call append('.', 1, text, length)
         call append(symbols(before + 1:), n - before, text, length)
      end if
      if (before /= exponent + 1) call append_exponent(exponent, text, length)
   end subroutine place_digits

   !> Digits as characters, without the zeros at the end.
   pure subroutine split_digits(number, digits, symbols, n)
      integer(i8), intent(in) :: number
      integer, intent(in) :: digits
      character(17), intent(out) :: symbols
      integer, intent(out) :: n
      integer(i8) :: rest
      integer :: part, i
      rest = number
      do i = digits, 1, -1
         part = int(rest - 10*(rest/10))
         rest = rest/10
         symbols(i:i) = achar(48 + part)
      end do
      do n = digits, 2, -1
         if (symbols(n:n) /= '0') return
      end do
   end subroutine split_digits

   !> Append an exponent of at least two digits.
   pure subroutine append_exponent(exponent, text, length)
      integer, intent(in) :: exponent
      character(max_number_length), intent(inout) :: text
      integer, intent(inout) :: length
      integer :: rest
      rest = abs(exponent)
      call append(merge('e-', 'e+', exponent < 0), 2, text, length)
      if (rest >= 100) call append(achar(48 + rest/100), 1, text, length)
      call append(achar(48 + mod(rest/10, 10))//achar(48 + mod(rest, 10)), 2, text, length)
   end subroutine append_exponent

   !> Append the first characters of a piece.
   pure subroutine append(piece, count, text, length)
      character(*), intent(in) :: piece
      integer, intent(in) :: count
      character(max_number_length), intent(inout) :: text
      integer, intent(inout) :: length
      integer :: i
      do i = 1, count
         text(length + i:length + i) = piece(i:i)
      end do
      length = length + count
   end subroutine append

   !> Write an integer.
   pure subroutine format_integer(value, text, length)
      integer(i8), intent(in) :: value
      character(max_number_length), intent(out) :: text
      integer, intent(out) :: length            !! of the number in `text`
      write (text, '(i0)') value
      length = len_trim(text)
   end subroutine format_integer

end module fkb_number_format
