!> CRC-32 against known values of zlib.
module test_crc32
   use fkb_crc32, only: crc32_t
   use fkb_kinds, only: dp, i8, sp
   use fkb_testing, only: check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'crc32'
      call suite%add('texts have the checksums of zlib', texts_have_known_checksums)
      call suite%add('values are taken as little-endian bytes', values_are_little_endian)
      call suite%add('pieces give the checksum of the whole', pieces_make_the_whole)
   end subroutine collect

   subroutine texts_have_known_checksums(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(crc32_t) :: checksum
      call checksum%start()
      call check_equal(failure, checksum%hex(), '00000000', 'the checksum of nothing')
      call checksum%add('123456789')
      call check_equal(failure, checksum%hex(), 'cbf43926', 'the checksum of 123456789')
      call checksum%start()
      call checksum%add('The quick brown fox jumps over the lazy dog')
      call check_equal(failure, checksum%hex(), '414fa339', 'the checksum of the fox')
   end subroutine texts_have_known_checksums

   subroutine values_are_little_endian(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(crc32_t) :: checksum
      call checksum%start()
      call checksum%add([1.0_sp, -2.5_sp, 0.25_sp])
      call check_equal(failure, checksum%hex(), '7803a860', 'three real32')
      call checksum%start()
      call checksum%add([1.0_dp, -2.5_dp, 0.1_dp])
      call check_equal(failure, checksum%hex(), '191a0f28', 'three real64')
      call checksum%start()
      call checksum%add_integers([1_i8, -2_i8, 300_i8], 8)
      call check_equal(failure, checksum%hex(), '134ccf01', 'three int64')
      call checksum%start()
      call checksum%add_integers([1_i8, -2_i8, 300_i8], 4)
      call check_equal(failure, checksum%hex(), '5d21d0b9', 'three int32')
      call checksum%start()
      call checksum%add_integers([1_i8, 0_i8, 255_i8], 1)
      call check_equal(failure, checksum%hex(), 'd3815ca8', 'three bytes')
   end subroutine values_are_little_endian

   subroutine pieces_make_the_whole(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(crc32_t) :: whole, pieces
      character(2000) :: text
      real(sp) :: values(5001)
      integer :: i, first, last
      do i = 1, len(text)
         text(i:i) = char(mod(i*i, 256))
      end do
      call whole%start()
      call whole%add(text)
      call pieces%start()
      first = 1
      do i = 0, 100
         last = min(first + mod(7*i, 41), len(text))
         call pieces%add(text(first:last))
         first = last + 1
      end do
      call pieces%add(text(first:))
      call check_equal(failure, pieces%hex(), whole%hex(), 'the checksum of pieces of text')
      values = [(real(i, sp)/7, i=1, size(values))]
      call whole%start()
      call whole%add(values)
      call pieces%start()
      do i = 1, size(values)
         call pieces%add(values(i:i))
      end do
      call check_equal(failure, pieces%hex(), whole%hex(), 'the checksum of single values')
   end subroutine pieces_make_the_whole

end module test_crc32
