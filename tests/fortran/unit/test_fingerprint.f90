!> The hashes of integers against TensorFlow 2.21, from which the numbers here come.
module test_fingerprint
   use fkb_fingerprint, only: decimal_text, fingerprint, joined_fingerprints, keyed_hash, &
      unsigned_remainder
   use fkb_kinds, only: i8
   use fkb_testing, only: check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

   integer(i8), parameter :: numbers(9) = [0_i8, 7_i8, -1_i8, 1234_i8, 16777215_i8, -123456789_i8, &
      9007199254740991_i8, -9007199254740991_i8, 100000000000000000_i8]
   integer, parameter :: bins = 1000003

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'fingerprint'
      call suite%add('to_hash_bucket_fast is the FarmHash of the digits', farmhash_is_tensorflows)
      call suite%add('to_hash_bucket_strong is their SipHash', siphash_is_tensorflows)
      call suite%add('cross_hashed joins fingerprints', crossing_is_tensorflows)
      call suite%add('integers are written as TensorFlow writes them', integers_are_written)
      call suite%add('words have no sign where they are divided', words_have_no_sign)
   end subroutine collect

   subroutine farmhash_is_tensorflows(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: wanted(9) = [537292, 929154, 285648, 755216, 907431, 361909, 692203, &
                                         81163, 277248]
      character(20) :: text
      integer :: found(9), i, n
      do i = 1, 9
         call decimal_text(numbers(i), text, n)
         found(i) = unsigned_remainder(fingerprint(text(:n)), bins)
      end do
      call check_equal(failure, found, wanted, 'bins')
   end subroutine farmhash_is_tensorflows

   subroutine siphash_is_tensorflows(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: wanted(9) = [79205, 676576, 904330, 545518, 832015, 115414, 196811, &
                                         117194, 464924]
      character(20) :: text
      integer :: found(9), i, n
      do i = 1, 9
         call decimal_text(numbers(i), text, n)
         found(i) = unsigned_remainder(keyed_hash([5_i8, 7_i8], text(:n)), bins)
      end do
      call check_equal(failure, found, wanted, 'bins')
   end subroutine siphash_is_tensorflows

   subroutine crossing_is_tensorflows(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: wanted(9) = [200369, 620066, 299697, 626935, 106435, 292868, 255671, &
                                         693185, 996518]
      integer :: found(9), i
      do i = 1, 9
         found(i) = unsigned_remainder(joined_fingerprints(joined_fingerprints( &
            956888297470_i8, numbers(i)), numbers(i) + 1), bins)
      end do
      call check_equal(failure, found, wanted, 'bins')
   end subroutine crossing_is_tensorflows

   subroutine integers_are_written(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(20) :: text
      integer :: n
      call decimal_text(-huge(1_i8), text, n)
      call check_equal(failure, text(:n), '-9223372036854775807', 'a very negative integer')
      call decimal_text(0_i8, text, n)
      call check_equal(failure, text(:n), '0', 'zero')
      call decimal_text(huge(1_i8), text, n)
      call check_equal(failure, text(:n), '9223372036854775807', 'the largest integer')
   end subroutine integers_are_written

   subroutine words_have_no_sign(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check_equal(failure, unsigned_remainder(-1_i8, 10), 5, '2**64 - 1 over 10')
      call check_equal(failure, unsigned_remainder(-2_i8, 7), 0, '2**64 - 2 over 7')
      call check_equal(failure, unsigned_remainder(17_i8, 5), 2, '17 over 5')
      call check_equal(failure, unsigned_remainder(-1_i8, huge(1)), 3, '2**64 - 1 over 2**31 - 1')
   end subroutine words_have_no_sign

end module test_fingerprint
