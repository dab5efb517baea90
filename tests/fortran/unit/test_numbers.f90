!> Decimal numbers in both directions, against the compiler's own conversions and bit for bit.
module test_numbers
   use fkb_decimal, only: powers_t
   use fkb_kinds, only: dp, i4, i8, sp
   use fkb_number_format, only: format_real, max_number_length
   use fkb_number_reader, only: cursor_t, read_doubles, read_integers, read_singles
   use fkb_testing, only: check, check_equal, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   integer, parameter :: patterns = 100000

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'numbers'
      call suite%add('random real32 bits survive nine digits', singles_survive)
      call suite%add('random real64 bits survive seventeen digits', doubles_survive)
      call suite%add('digits are those of the compiler', digits_are_those_of_the_compiler)
      call suite%add('numbers look as %g writes them', numbers_look_as_in_c)
      call suite%add('real32 is rounded once, ties to even', singles_are_rounded_once)
      call suite%add('real64 is rounded as the compiler rounds', doubles_are_rounded)
      call suite%add('half precision is rounded to its own bits', halves_are_rounded)
      call suite%add('any notation is read', notations_are_read)
      call suite%add('what is no finite number is refused', others_are_refused)
      call suite%add('integers keep their range', integers_keep_their_range)
   end subroutine collect

   subroutine singles_survive(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(powers_t), allocatable :: powers
      real(sp), allocatable :: values(:), back(:)
      character(:), allocatable :: text
      character(max_number_length) :: number
      integer(i8) :: seed
      integer :: i, used, length
      allocate (powers, values(patterns), back(patterns))
      call powers%fill()
      allocate (character(20*patterns) :: text)
      seed = 42
      used = 0
      do i = 1, patterns
         do
            values(i) = transfer(random_word(seed), 1.0_sp)
            if (i <= patterns/10) values(i) = transfer(iand(random_word(seed), 8388607_i4), 1.0_sp)
            if (abs(values(i)) <= huge(1.0_sp)) exit
         end do
         call format_real(powers, real(values(i), dp), 9, number, length)
         text(used + 1:used + length + 1) = number(:length)//' '
         used = used + length + 1
      end do
      call read_text_singles(powers, text(:used), 24, -149, back, failure)
      call check_equal(failure, back, values, 'the value read back')
   end subroutine singles_survive

   subroutine doubles_survive(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(powers_t), allocatable :: powers
      real(dp), allocatable :: values(:), back(:)
      character(:), allocatable :: text
      character(max_number_length) :: number
      integer(i8) :: seed
      integer :: i, used, length
      allocate (powers, values(patterns), back(patterns))
      call powers%fill()
      allocate (character(30*patterns) :: text)
      seed = 43
      used = 0
      do i = 1, patterns
         values(i) = random_double(seed)
         if (i <= patterns/10) values(i) = values(i)*2.0_dp**(-500)*2.0_dp**(-500)
         call format_real(powers, values(i), 17, number, length)
         text(used + 1:used + length + 1) = number(:length)//achar(10)
         used = used + length + 1
      end do
      call read_text_doubles(powers, text(:used), back, failure)
      call check_equal(failure, back, values, 'the value read back')
   end subroutine doubles_survive

   subroutine digits_are_those_of_the_compiler(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(powers_t), allocatable :: powers
      real(dp) :: value
      character(max_number_length) :: number
      character(40) :: expected
      integer(i8) :: seed
      integer :: i, k, length, digits
      real(dp) :: ours
      allocate (powers)
      call powers%fill()
      seed = 44
      do i = 1, 20000
         value = random_double(seed)
         ! Ties: few bits, so that the digits end soon.
         if (mod(i, 2) == 0) value = scale(real(mod(i*7919, 65536) + 1, dp), mod(i, 97) - 48)
         do k = 1, 2
            digits = merge(9, 17, k == 1)
            call format_real(powers, value, digits, number, length)
            if (k == 1) write (expected, '(es16.8e3)') value
            if (k == 2) write (expected, '(es24.16e3)') value
            read (number(:length), *) ours
            read (expected, *) value
            call check_equal(failure, [ours], [value], 'the digits of '//trim(expected))
            if (allocated(failure)) return
         end do
      end do
   end subroutine digits_are_those_of_the_compiler

   subroutine numbers_look_as_in_c(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(powers_t), allocatable :: powers
      allocate (powers)
      call powers%fill()
      call look(0.0_dp, 9, '0')
      call look(-0.0_dp, 9, '-0')
      call look(1.0_dp, 9, '1')
      call look(-2.5_dp, 9, '-2.5')
      call look(real(0.1_sp, dp), 9, '0.100000001')
      call look(0.0001_dp, 17, '0.0001')
      call look(0.00012345_dp, 9, '0.00012345')
      call look(0.00001_dp, 17, '1.0000000000000001e-05')
      call look(123456789.0_dp, 9, '123456789')
      call look(999999999.0_dp, 9, '999999999')
      call look(999999999.5_dp, 9, '1e+09')
      call look(1e9_dp, 9, '1e+09')
      call look(1048576.125_dp, 9, '1048576.12')
      call look(1048576.375_dp, 9, '1048576.38')
      call look(8388608.5_dp, 9, '8388608.5')
      call look(1234567890.0_dp, 9, '1.23456789e+09')
      call look(real(huge(1.0_sp), dp), 9, '3.40282347e+38')
      call look(1.4012984643248171e-45_dp, 9, '1.40129846e-45')
      call look(huge(1.0_dp), 17, '1.7976931348623157e+308')
      call look(4.9406564584124654e-324_dp, 17, '4.9406564584124654e-324')
      call look(1e16_dp, 17, '10000000000000000')
      call look(1e17_dp, 17, '1e+17')
      call look(1e22_dp, 17, '1e+22')
      call look(1e23_dp, 17, '9.9999999999999992e+22')
      call look(0.1_dp, 17, '0.10000000000000001')
      call look(100.0_dp, 17, '100')
   contains
      subroutine look(value, digits, text)
         real(dp), intent(in) :: value
         integer, intent(in) :: digits
         character(*), intent(in) :: text
         character(max_number_length) :: number
         integer :: length
         call format_real(powers, value, digits, number, length)
         call check_equal(failure, number(:length), text, 'the text of '//text)
      end subroutine look
   end subroutine numbers_look_as_in_c

   !> Around ties of real32, which digits beyond those of real64 decide.
   subroutine singles_are_rounded_once(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(powers_t), allocatable :: powers
      real(sp) :: values(12)
      allocate (powers)
      call powers%fill()
      call read_text_singles(powers, &
                             '16777217 16777219 16777217.0000000000000000000001 '// &
                             '16777216.9999999999999999999999 '// &
                             '1.00000005960464477539062500000000001 '// &
                             '1.000000059604644775390625 1.00000005960464477539062499999999999 '// &
                             '7.0064923216240853546186479164495e-46 '// &
                             '7.0064923216240853546186479164496e-46 '// &
                             '7.0064923216240853546186479164497e-46 '// &
                             '3.4028235677973366163753939545814e38 -16777217 ', &
                             24, -149, values, failure)
      call check_equal(failure, values, [ &
                       16777216.0_sp, 16777220.0_sp, 16777218.0_sp, 16777216.0_sp, &
                       1.0_sp + epsilon(1.0_sp), 1.0_sp, 1.0_sp, 0.0_sp, transfer(1_i4, 1.0_sp), &
                       transfer(1_i4, 1.0_sp), huge(1.0_sp), -16777216.0_sp], 'the value')
   end subroutine singles_are_rounded_once

   subroutine doubles_are_rounded(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(powers_t), allocatable :: powers
      real(dp), allocatable :: values(:), expected(:)
      character(:), allocatable :: text
      character(44) :: token
      character(20) :: form
      integer(i8) :: seed
      integer :: i, used
      integer, parameter :: n = 20000
      allocate (powers, values(n), expected(n))
      call powers%fill()
      allocate (character(len(token)*n) :: text)
      seed = 45
      used = 0
      do i = 1, n
         write (form, '(a,i0,a)') '(es44.', mod(i, 32), 'e3)'
         write (token, form) random_double(seed)
         token = adjustl(token)
         read (token, *) expected(i)
         text(used + 1:used + len(token)) = token
         used = used + len(token)
      end do
      call read_text_doubles(powers, text, values, failure)
      call check_equal(failure, values, expected, 'the value')
   end subroutine doubles_are_rounded

   subroutine halves_are_rounded(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(powers_t), allocatable :: powers
      real(sp) :: values(6), brain(4)
      allocate (powers)
      call powers%fill()
      call read_text_singles(powers, '2049 2049.0 2051 65504 1e-8 0.1 ', 11, -24, values, failure)
      call check_equal(failure, values, [2048.0_sp, 2048.0_sp, 2052.0_sp, 65504.0_sp, 0.0_sp, &
                                         0.0999755859375_sp], 'float16')
      call read_text_singles(powers, '257 259 -0 3.38953139e+38 ', 8, -133, brain, failure)
      call check_equal(failure, brain, [256.0_sp, 260.0_sp, -0.0_sp, &
                                        real((2 - 2.0_dp**(-7))*2.0_dp**127, sp)], 'bfloat16')
      call check(failure, refused('65520', 11, -24), 'float16 holds 65520')
      call check(failure,.not. refused('65519', 11, -24), 'float16 refuses 65519')
      call check(failure, refused('3.4e38', 8, -133), 'bfloat16 holds 3.4e38')
   end subroutine halves_are_rounded

   subroutine notations_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(powers_t), allocatable :: powers
      real(sp) :: values(14)
      real(dp) :: doubles(5)
      allocate (powers)
      call powers%fill()
      call read_text_singles(powers, '1 +1 1. .5 0.5e0 5E-1 5e+2'//achar(9)//'-.25e1'//achar(13)// &
                             achar(10)//'000000000000000000000000000000012 -0 1e-400 0e999 '// &
                             '0.000000000000000000000000000000000012e34 '// &
                             '12345678901234567890123456789012345678e-37 ', 24, -149, values, &
                             failure)
      call check_equal(failure, values, [1.0_sp, 1.0_sp, 1.0_sp, 0.5_sp, 0.5_sp, 0.5_sp, 500.0_sp, &
                                         -2.5_sp, 12.0_sp, -0.0_sp, 0.0_sp, 0.0_sp, 0.12_sp, &
                                         1.23456789_sp], 'the value')
      call read_text_doubles(powers, '1e-400 2.4703282292062328e-324 1e23 '// &
                             '9007199254740992.99999999999999999999999 0.1 ', doubles, failure)
      call check_equal(failure, doubles, [0.0_dp, transfer(1_i8, 1.0_dp), 1e23_dp, &
                                          9007199254740992.0_dp, 0.1_dp], 'the value in real64')
   end subroutine notations_are_read

   subroutine others_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: tokens(20) = [character(20) :: 'nan', 'NaN', 'inf', '-Infinity', &
                                               '1e39', '3.4028236e38', '-', '+', '.', 'e5', '1e', &
                                               '1e+', '1d5', '--1', '1-2', '0x10', '1,5', '1_000', &
                                               '1.2.3', '1*2']
      integer :: i
      do i = 1, size(tokens)
         call check(failure, refused(trim(tokens(i)), 24, -149), trim(tokens(i))//' is a number')
      end do
      call check(failure, refused(repeat('1', 41), 24, -149), '41 digits are accepted')
      call check(failure,.not. refused('-0.'//repeat('1', 39), 24, -149), '40 digits are refused')
      call check(failure, refused('1.'//repeat('0', 38)//'e00', 24, -149), &
                 '41 digits with the exponent are accepted')
      call check(failure, refused(repeat('0', 40)//'1', 24, -149), '40 zeros and a 1 are accepted')
      call check(failure, refused(repeat('0', 200)//'1', 24, -149), '201 digits are accepted')
   end subroutine others_are_refused

   subroutine integers_keep_their_range(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer(i8) :: values(5), least
      type(cursor_t) :: cursor
      character(*), parameter :: text = '0 -9223372036854775808 9223372036854775807 +7 007 '
      integer(i8) :: filled
      least = -huge(least)
      least = least - 1
      filled = 0
      cursor%safe = len(text)
      call read_integers(text//achar(0), cursor, least, huge(least), values, filled)
      call check_equal(failure, filled, 5_i8, 'the number of integers')
      call check_equal(failure, values(2), least, 'the least integer')
      call check_equal(failure, values(3), huge(least), 'the greatest integer')
      call check_equal(failure, int(values(4:5)), [7, 7], 'signs and zeros')
      call refuse('9223372036854775808')
      call refuse('-9223372036854775809')
      call refuse('1.0')
      call refuse('1e3')
      call refuse('-')
      call refuse('true')
      call refuse(repeat('9', 39))
   contains
      subroutine refuse(token)
         character(*), intent(in) :: token
         cursor = cursor_t()
         cursor%safe = len(token) + 1
         filled = 0
         call read_integers(token//' '//achar(0), cursor, least, huge(least), values, filled)
         call check(failure, cursor%bad .and. filled == 0, token//' is an integer')
         call check_equal(failure, cursor%at, 1, 'where the bad token is')
      end subroutine refuse
   end subroutine integers_keep_their_range

   !> Read so many numbers.
   subroutine read_text_singles(powers, text, bits, lowest, values, failure)
      type(powers_t), intent(in) :: powers
      character(*), intent(in) :: text
      integer, intent(in) :: bits, lowest
      real(sp), intent(out) :: values(:)
      type(failure_t), allocatable, intent(inout) :: failure
      type(cursor_t) :: cursor
      integer(i8) :: filled
      cursor%safe = len(text)
      filled = 0
      call read_singles(powers, text//achar(0), cursor, bits, lowest, values, filled)
      if (cursor%bad) call fail(failure, 'refused: '//text(cursor%at:))
      call check_equal(failure, filled, size(values, kind=i8), 'the number of values')
   end subroutine read_text_singles

   !> Read so many numbers.
   subroutine read_text_doubles(powers, text, values, failure)
      type(powers_t), intent(in) :: powers
      character(*), intent(in) :: text
      real(dp), intent(out) :: values(:)
      type(failure_t), allocatable, intent(inout) :: failure
      type(cursor_t) :: cursor
      integer(i8) :: filled
      cursor%safe = len(text)
      filled = 0
      call read_doubles(powers, text//achar(0), cursor, values, filled)
      if (cursor%bad) call fail(failure, 'refused: '//text(cursor%at:))
      call check_equal(failure, filled, size(values, kind=i8), 'the number of values')
   end subroutine read_text_doubles

   !> Whether a token is refused.
   logical function refused(token, bits, lowest)
      character(*), intent(in) :: token
      integer, intent(in) :: bits, lowest
      type(powers_t), allocatable :: powers
      type(cursor_t) :: cursor
      real(sp) :: values(1)
      integer(i8) :: filled
      allocate (powers)
      call powers%fill()
      cursor%safe = len(token) + 1
      filled = 0
      call read_singles(powers, token//' '//achar(0), cursor, bits, lowest, values, filled)
      refused = cursor%bad
   end function refused

   !> A finite real64 with random bits.
   real(dp) function random_double(seed) result(value)
      integer(i8), intent(inout) :: seed
      integer(i8) :: pattern
      do
         pattern = ior(shiftl(int(random_word(seed), i8), 32), &
                       iand(int(random_word(seed), i8), 4294967295_i8))
         value = transfer(pattern, value)
         if (abs(value) <= huge(value)) return
      end do
   end function random_double

   !> 32 random bits (a Lehmer generator modulo 2**31 - 1, twice 16 bits).
   integer(i4) function random_word(seed) result(word)
      integer(i8), intent(inout) :: seed
      integer(i8) :: high
      seed = mod(48271_i8*seed, 2147483647_i8)
      high = iand(shiftr(seed, 8), 65535_i8)
      seed = mod(48271_i8*seed, 2147483647_i8)
      word = ior(shiftl(int(high, i4), 16), int(iand(shiftr(seed, 8), 65535_i8), i4))
   end function random_word

end module test_numbers
