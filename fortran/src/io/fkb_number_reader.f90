!> Read the numbers of a values block out of a buffer, as fast as they come and rounded correctly.
module fkb_number_reader
   use fkb_decimal, only: powers_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_number_scan, only: decimal_t, max_digits, max_token_length, read_token, round_decimal, &
      scan_any_decimal, scan_decimal
   implicit none (type, external)
   private
   public :: cursor_t, read_singles, read_doubles, read_integers

   !> Where reading stands in the buffer.
   type :: cursor_t
      integer :: at = 1                         !! the next byte
      integer :: safe = 0                       !! last byte at which a whole token surely follows
      integer :: lines = 0                      !! line feeds passed
      logical :: bad = .false.                  !! the token at `at` is no number of this kind
   end type cursor_t

   integer, parameter :: largest_power = 60
   !> Powers of ten, exact up to 10**22, then rounded.
   real(dp), parameter :: powers_of_ten(0:largest_power) = [real(dp) :: &
      1e0_dp, 1e1_dp, 1e2_dp, 1e3_dp, 1e4_dp, 1e5_dp, 1e6_dp, 1e7_dp, 1e8_dp, 1e9_dp, 1e10_dp, &
      1e11_dp, 1e12_dp, 1e13_dp, 1e14_dp, 1e15_dp, 1e16_dp, 1e17_dp, 1e18_dp, 1e19_dp, 1e20_dp, &
      1e21_dp, 1e22_dp, 1e23_dp, 1e24_dp, 1e25_dp, 1e26_dp, 1e27_dp, 1e28_dp, 1e29_dp, 1e30_dp, &
      1e31_dp, 1e32_dp, 1e33_dp, 1e34_dp, 1e35_dp, 1e36_dp, 1e37_dp, 1e38_dp, 1e39_dp, 1e40_dp, &
      1e41_dp, 1e42_dp, 1e43_dp, 1e44_dp, 1e45_dp, 1e46_dp, 1e47_dp, 1e48_dp, 1e49_dp, 1e50_dp, &
      1e51_dp, 1e52_dp, 1e53_dp, 1e54_dp, 1e55_dp, 1e56_dp, 1e57_dp, 1e58_dp, 1e59_dp, 1e60_dp]

contains

   !> Read real32 values until the array is full or the cursor leaves the safe part.
   subroutine read_singles(powers, buffer, cursor, bits, lowest, values, filled)
      type(powers_t), intent(in) :: powers
      character(*), intent(in) :: buffer        !! ends with a byte that is no digit and no blank
      type(cursor_t), intent(inout) :: cursor
      integer, intent(in) :: bits               !! significant bits: 24; 11 or 8 of half precision
      integer, intent(in) :: lowest             !! exponent of the smallest positive number
      real(sp), intent(inout), contiguous :: values(:) !! what is read
      integer(i8), intent(inout) :: filled      !! number of values that are there
      integer :: start
      real(dp) :: value
      type(decimal_t) :: number
      logical :: negative, ok
      do while (filled < size(values, kind=i8))
         call next_token(buffer, cursor)
         if (cursor%at > cursor%safe) return
         start = cursor%at
         call skip_sign(buffer, cursor%at, negative)
         call scan_decimal(buffer, cursor%at, number, ok)
         call check_end(buffer, start, cursor%at, ok)
         if (ok) then
            call nearest_single(powers, buffer(start:cursor%at - 1), number, bits, lowest, &
                                value, ok)
         end if
         if (.not. ok) then
            cursor%at = start
            cursor%bad = .true.
            return
         end if
         filled = filled + 1
         values(filled) = real(merge(-value, value, negative), sp)
      end do
   end subroutine read_singles

   !> The nearest number of at most 24 bits. The quick way is a real64 within 16 units of its
   !! last place; it decides unless a tie of real32 lies that near.
   subroutine nearest_single(powers, token, number, bits, lowest, value, ok)
      type(powers_t), intent(in) :: powers
      character(*), intent(in) :: token
      type(decimal_t), intent(in) :: number
      integer, intent(in) :: bits, lowest
      real(dp), intent(out) :: value
      logical, intent(out) :: ok
      integer(i8), parameter :: tie = 2_i8**28, below = 2_i8**29 - 1
      integer(i8) :: last_bits
      logical :: certain
      ok = .true.
      if (abs(number%exponent) <= largest_power .and. bits == 24 .and. .not. number%cut_off) then
         if (number%exponent < 0) then
            value = real(number%mantissa, dp)/powers_of_ten(-number%exponent)
         else
            value = real(number%mantissa, dp)*powers_of_ten(number%exponent)
         end if
         last_bits = iand(transfer(value, last_bits), below)
         if (abs(last_bits - tie) > 16 .and. value >= tiny(1.0_sp) .and. &
             value < huge(1.0_sp)) return
         if (number%mantissa == 0) return
      end if
      call round_decimal(powers, number, bits, lowest, value, certain)
      if (.not. certain) call read_token(token, bits == 24, value, ok)
      value = abs(value)
      if (.not. certain .and. bits < 24) call cut_bits(value, bits, lowest)
      ok = ok .and. value <= largest_of(bits)
   end subroutine nearest_single

   !> Round to fewer bits, ties to even.
   pure subroutine cut_bits(value, bits, lowest)
      real(dp), intent(inout) :: value
      integer, intent(in) :: bits, lowest
      real(dp) :: units, rest
      integer :: last
      if (value <= 0 .or. value > huge(value)) return
      last = max(exponent(value) - bits, lowest)
      units = scale(value, -last)
      rest = units - aint(units)
      units = aint(units)
      if (rest > 0.5_dp .or. (.not. rest < 0.5_dp .and. mod(units, 2.0_dp) > 0)) units = units + 1
      value = scale(units, last)
   end subroutine cut_bits

   !> The largest finite number of float32, float16 or bfloat16.
   pure real(dp) function largest_of(bits) result(largest)
      integer, intent(in) :: bits
      select case (bits)
      case (11)
         largest = 65504
      case (8)
         largest = (2 - 2.0_dp**(-7))*2.0_dp**127
      case default
         largest = huge(1.0_sp)
      end select
   end function largest_of

   !> Read real64 values until the array is full or the cursor leaves the safe part.
   subroutine read_doubles(powers, buffer, cursor, values, filled)
      type(powers_t), intent(in) :: powers
      character(*), intent(in) :: buffer        !! ends with a byte that is no digit and no blank
      type(cursor_t), intent(inout) :: cursor
      real(dp), intent(inout), contiguous :: values(:) !! what is read
      integer(i8), intent(inout) :: filled      !! number of values that are there
      integer :: start
      real(dp) :: value
      type(decimal_t) :: number
      logical :: negative, ok
      do while (filled < size(values, kind=i8))
         call next_token(buffer, cursor)
         if (cursor%at > cursor%safe) return
         start = cursor%at
         call skip_sign(buffer, cursor%at, negative)
         call scan_decimal(buffer, cursor%at, number, ok)
         call check_end(buffer, start, cursor%at, ok)
         if (ok) call nearest_double(powers, buffer(start:cursor%at - 1), number, value, ok)
         if (.not. ok) then
            cursor%at = start
            cursor%bad = .true.
            return
         end if
         filled = filled + 1
         values(filled) = merge(-value, value, negative)
      end do
   end subroutine read_doubles

   !> The nearest real64. Mantissa and power of ten are exact on the quick way.
   subroutine nearest_double(powers, token, number, value, ok)
      type(powers_t), intent(in) :: powers
      character(*), intent(in) :: token
      type(decimal_t), intent(in) :: number
      real(dp), intent(out) :: value
      logical, intent(out) :: ok
      logical :: certain
      ok = .true.
      if (abs(number%exponent) <= 22 .and. number%mantissa < 2_i8**53 .and. &
          .not. number%cut_off) then
         if (number%exponent < 0) then
            value = real(number%mantissa, dp)/powers_of_ten(-number%exponent)
         else
            value = real(number%mantissa, dp)*powers_of_ten(number%exponent)
         end if
         return
      end if
      call round_decimal(powers, number, 53, -1074, value, certain)
      if (.not. certain) call read_token(token, .false., value, ok)
      value = abs(value)
      ok = ok .and. value <= huge(value)
   end subroutine nearest_double

   !> Read integers until the array is full or the cursor leaves the safe part.
   subroutine read_integers(buffer, cursor, smallest, largest, values, filled)
      character(*), intent(in) :: buffer        !! ends with a byte that is no digit and no blank
      type(cursor_t), intent(inout) :: cursor
      integer(i8), intent(in) :: smallest       !! least value that is allowed
      integer(i8), intent(in) :: largest        !! greatest value that is allowed
      integer(i8), intent(inout), contiguous :: values(:) !! what is read
      integer(i8), intent(inout) :: filled      !! number of values that are there
      integer :: start, status
      integer(i8) :: value
      type(decimal_t) :: number
      logical :: negative, ok
      do while (filled < size(values, kind=i8))
         call next_token(buffer, cursor)
         if (cursor%at > cursor%safe) return
         start = cursor%at
         call skip_sign(buffer, cursor%at, negative)
         call scan_any_decimal(buffer, cursor%at, number, ok)
         call check_end(buffer, start, cursor%at, ok)
         if (ok) ok = verify(buffer(start:cursor%at - 1), '+-0123456789') == 0
         if (ok) then
            read (buffer(start:cursor%at - 1), *, iostat=status) value
            ok = status == 0
         end if
         if (ok) ok = value >= smallest .and. value <= largest
         if (.not. ok) then
            cursor%at = start
            cursor%bad = .true.
            return
         end if
         filled = filled + 1
         values(filled) = value
      end do
   end subroutine read_integers

   !> Step over white space.
   pure subroutine next_token(buffer, cursor)
      character(*), intent(in) :: buffer
      type(cursor_t), intent(inout) :: cursor
      do
         select case (iachar(buffer(cursor%at:cursor%at)))
         case (10)
            cursor%lines = cursor%lines + 1
         case (9, 13, 32)
            continue
         case default
            return
         end select
         cursor%at = cursor%at + 1
      end do
   end subroutine next_token

   !> Step over a sign.
   pure subroutine skip_sign(buffer, at, negative)
      character(*), intent(in) :: buffer
      integer, intent(inout) :: at
      logical, intent(out) :: negative
      negative = buffer(at:at) == '-'
      if (negative .or. buffer(at:at) == '+') at = at + 1
   end subroutine skip_sign

   !> A token is not too long, has at most 40 digits and ends before white space.
   pure subroutine check_end(buffer, start, at, ok)
      character(*), intent(in) :: buffer
      integer, intent(in) :: start, at
      logical, intent(inout) :: ok
      if (.not. ok) return
      select case (iachar(buffer(at:at)))
      case (9, 10, 13, 32)
         ok = at - start <= max_digits
         if (ok) return
         ok = at - start <= max_token_length
         if (ok) ok = digit_count(buffer(start:at - 1)) <= max_digits
      case default
         ok = .false.
      end select
   end subroutine check_end

   !> Number of decimal digits in a text.
   pure integer function digit_count(text) result(n)
      character(*), intent(in) :: text
      integer :: i
      n = 0
      do i = 1, len(text)
         if (index('0123456789', text(i:i)) > 0) n = n + 1
      end do
   end function digit_count

end module fkb_number_reader
