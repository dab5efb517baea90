!> Damaged model files: cut, changed, doubled and shuffled. Each ends in an error or, where the
!> damage means nothing, in the same document; never in a crash.
module test_reader_damage
   use file_texts, only: document_text, golden_path, lf, load_text, parse_text
   use fkb_document, only: document_t
   use fkb_error, only: error_t
   use fkb_kinds, only: i8
   use fkb_testing, only: check, check_equal, fail, failure_t, suite_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: scratch = 'reader_damage.fkb'

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'reader_damage'
      call suite%add('a file cut anywhere is refused', cut_files_are_refused)
      call suite%add('a file without one of its lines is refused', missing_lines_are_refused)
      call suite%add('a file with a line twice is refused', doubled_lines_are_refused)
      call suite%add('changed bytes are refused or mean nothing', changed_bytes_are_found)
      call suite%add('changed bytes without checksums do no harm', unchecked_bytes_do_no_harm)
      call suite%add('shuffled lines without checksums do no harm', shuffled_lines_do_no_harm)
      call suite%add('long lists in a line are read in linear time', long_lists_are_read)
   end subroutine collect

   subroutine cut_files_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: text
      type(document_t) :: document
      type(error_t), allocatable :: error
      integer :: last
      call load_text(golden_path('rich.fkb'), text, failure)
      do last = 0, len(text) - 1
         call parse_text(text(:last), document, error)
         if (allocated(failure)) return
         call check(failure, allocated(error), 'the first '//decimal(last)//' bytes are read')
         call check_equal(failure, document%block_count, 0, 'the blocks of a cut file')
      end do
   end subroutine cut_files_are_refused

   subroutine missing_lines_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: text
      type(document_t) :: document
      type(error_t), allocatable :: error
      integer :: first, last
      call load_text(golden_path('rich.fkb'), text, failure)
      first = 1
      do while (first <= len(text) .and. .not. allocated(failure))
         last = first + index(text(first:), lf) - 1
         call parse_text(text(:first - 1)//text(last + 1:), document, error)
         call check(failure, allocated(error), 'read without the line '//text(first:last - 1))
         first = last + 1
      end do
   end subroutine missing_lines_are_refused

   subroutine doubled_lines_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: text
      type(document_t) :: document
      type(error_t), allocatable :: error
      integer :: first, last
      call load_text(golden_path('rich.fkb'), text, failure)
      first = 1
      do while (first <= len(text) .and. .not. allocated(failure))
         last = first + index(text(first:), lf) - 1
         call parse_text(text(:last)//text(first:), document, error)
         call check(failure, allocated(error), 'read with twice the line '//text(first:last - 1))
         first = last + 1
      end do
   end subroutine doubled_lines_are_refused

   subroutine changed_bytes_are_found(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: text, damaged, again
      type(document_t) :: document
      type(error_t), allocatable :: error
      integer(i8) :: seed
      integer :: trial, refused
      call load_text(golden_path('rich.fkb'), text, failure)
      seed = 7
      refused = 0
      do trial = 1, 4000
         damaged = text
         call change_bytes(damaged, seed)
         call parse_text(damaged, document, error)
         if (allocated(error)) then
            refused = refused + 1
            call check(failure, error%line > 0, 'no line in: '//error%message)
         else
            call document_text(document, scratch, again, failure)
            call check_equal(failure, again, text, 'a damaged file, read and written again')
         end if
         if (allocated(failure)) return
      end do
      call check(failure, refused > 3000, 'only '//decimal(refused)//' of 4000 files are refused')
   end subroutine changed_bytes_are_found

   subroutine unchecked_bytes_do_no_harm(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: text, damaged
      integer(i8) :: seed
      integer :: trial
      call load_text(golden_path('rich.fkb'), text, failure)
      if (allocated(failure)) return
      call drop_checksums(text)
      seed = 8
      do trial = 1, 4000
         damaged = text
         call change_bytes(damaged, seed)
         call read_and_write_again(damaged, failure)
         if (allocated(failure)) return
      end do
   end subroutine unchecked_bytes_do_no_harm

   subroutine shuffled_lines_do_no_harm(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: text, damaged
      integer(i8) :: seed
      integer :: trial, first, last, target, i
      call load_text(golden_path('rich.fkb'), text, failure)
      if (allocated(failure)) return
      call drop_checksums(text)
      seed = 9
      do trial = 1, 3000
         damaged = text
         do i = 1, random(seed, 3)
            first = line_start(damaged, random(seed, len(damaged)))
            last = min(len(damaged), first + index(damaged(first:)//lf, lf) - 1)
            target = line_start(damaged, random(seed, len(damaged)))
            damaged = damaged(:target - 1)//damaged(first:last)//damaged(target:)
         end do
         call read_and_write_again(damaged, failure)
         if (allocated(failure)) return
      end do
   end subroutine shuffled_lines_do_no_harm

   !> What is read can be written, and is then read as the same.
   subroutine read_and_write_again(text, failure)
      character(*), intent(in) :: text
      type(failure_t), allocatable, intent(inout) :: failure
      character(:), allocatable :: once, twice
      type(document_t) :: document
      type(error_t), allocatable :: error
      call parse_text(text, document, error)
      if (allocated(error)) return
      call document_text(document, scratch, once, failure)
      if (allocated(failure)) return
      call parse_text(once, document, error)
      if (allocated(error)) then
         call fail(failure, 'what was written is refused: '//error%message)
         return
      end if
      call document_text(document, scratch, twice, failure)
      call check_equal(failure, twice, once, 'a file written twice')
   end subroutine read_and_write_again

   !> Lists of a million numbers, keys and tensors in one line: seconds would be quadratic time.
   subroutine long_lists_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: head = 'fkb 1'//lf//'precision float32'//lf//'keras "3"'//lf// &
         'model "m" Functional'//lf//'layer "a" A'//lf//'node [] {}'//lf//'end'//lf// &
         'layer "b" B'//lf
      character(*), parameter :: tail = lf//'end'//lf//'end'//lf//'checksum none'//lf//'end'//lf
      type(document_t) :: document
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      integer :: i
      allocate (character(16000000) :: text)
      text(:len(head)) = head
      text(len(head) + 1:len(head) + 6) = 'node ['
      do i = len(head) + 7, len(text) - len(tail) - 24, 12
         text(i:i + 11) = '["a",0,0], 1'
         text(i + 10:i + 11) = '1,'
      end do
      text(i:i + 6) = '2.5] {}'
      text(i + 7:i + 6 + len(tail)) = tail
      call parse_text(text(:i + 6 + len(tail)), document, error)
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, document%reference_count > 1000000, 'the tensors are not found')
   end subroutine long_lists_are_read

   !> One to three bytes get another value.
   subroutine change_bytes(text, seed)
      character(*), intent(inout) :: text
      integer(i8), intent(inout) :: seed
      character(*), parameter :: likely = '0123456789-+.eE "[]{},:\/_@'//lf
      integer :: i, at, k
      do i = 1, random(seed, 3)
         at = random(seed, len(text))
         k = random(seed, 3*len(likely))
         if (k <= len(likely)) then
            text(at:at) = likely(k:k)
         else if (k <= 2*len(likely)) then
            text(at:at) = char(random(seed, 256) - 1)
         else
            text(at:at) = char(ieor(ichar(text(at:at)), 2**(random(seed, 8) - 1)))
         end if
      end do
   end subroutine change_bytes

   !> Write `none` for every checksum.
   subroutine drop_checksums(text)
      character(:), allocatable, intent(inout) :: text
      integer :: first, last, blank
      first = 1
      do while (first < len(text))
         last = first + index(text(first:), lf) - 1
         if (index(text(first:last), 'values ') == 1 .or. &
             index(text(first:last), 'checksum ') == 1) then
            blank = first + index(text(first:last), ' ', back=.true.) - 1
            text = text(:blank)//'none'//text(last:)
            last = blank + 5
         end if
         first = last + 1
      end do
   end subroutine drop_checksums

   !> Where the line begins that holds a position.
   pure integer function line_start(text, at) result(first)
      character(*), intent(in) :: text
      integer, intent(in) :: at
      first = index(text(:at - 1), lf, back=.true.) + 1
   end function line_start

   !> A random number from 1 to `most` (a Lehmer generator modulo 2**31 - 1).
   integer function random(seed, most)
      integer(i8), intent(inout) :: seed
      integer, intent(in) :: most
      seed = mod(48271_i8*seed, 2147483647_i8)
      random = 1 + int(mod(seed/256, int(most, i8)))
   end function random

end module test_reader_damage
