!> Writing model files: canonical bytes, exact values, and files that stay whole.
module test_writer
   use file_texts, only: document_text, golden_path, lf, load_text, store_text
   use fkb_document, only: document_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_file, fkb_err_numeric
   use fkb_kinds, only: dp, i8, sp
   use fkb_reader, only: read_document
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   use fkb_text, only: decimal
   use fkb_writer, only: write_document
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: scratch = 'writer_scratch.fkb'

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'writer'
      call suite%add('golden files of Python are written byte for byte', golden_files_return)
      call suite%add('a large file keeps every bit', large_files_keep_every_bit)
      call suite%add('a long structure is read in pieces', long_structures_return)
      call suite%add('values that are not finite are refused', infinite_values_are_refused)
      call suite%add('buffers that are too short are refused', short_buffers_are_refused)
      call suite%add('a file that cannot be written leaves nothing', failures_leave_nothing)
      call suite%add('an older file is replaced as a whole', older_files_are_replaced)
   end subroutine collect

   subroutine golden_files_return(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call return_golden('small.fkb', failure)
      call return_golden('rich.fkb', failure)
   end subroutine golden_files_return

   subroutine return_golden(name, failure)
      character(*), intent(in) :: name
      type(failure_t), allocatable, intent(inout) :: failure
      character(:), allocatable :: text, again
      type(document_t) :: document
      type(error_t), allocatable :: error
      call load_text(golden_path(name), text, failure)
      call read_document(golden_path(name), document, error)
      call check(failure,.not. allocated(error), name//' is refused')
      if (allocated(failure)) return
      call document_text(document, scratch, again, failure)
      call check_equal(failure, again, text, name//' written again')
   end subroutine return_golden

   !> Values over many pieces of the file, so that numbers lie across the ends of pieces.
   subroutine large_files_keep_every_bit(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: n = 300000
      type(document_t) :: document, back
      type(error_t), allocatable :: error
      real(sp), allocatable :: singles(:)
      real(dp), allocatable :: doubles(:)
      integer(i8) :: seed, word
      integer :: i, k, unit
      open (newunit=unit, file=scratch, access='stream', form='unformatted', status='replace', &
            action='write')
      write (unit) 'fkb 1'//lf//'precision float32'//lf//'keras "3"'//lf//'model "m" M'//lf// &
         'weight "a" float32 ['//decimal(n)//'] trainable'//lf// &
         'weight "b" float64 [3,'//decimal(n/3)//'] fixed'//lf//'end'//lf//'checksum none'//lf
      do k = 1, 2
         write (unit) 'values '//decimal(n)//' none'//lf
         do i = 1, n
            write (unit) '0 '
         end do
         write (unit) lf
      end do
      write (unit) 'end'//lf
      close (unit)
      call read_document(scratch, document, error)
      call check(failure,.not. allocated(error), 'the model is refused')
      if (allocated(failure)) return
      allocate (singles(n), doubles(n))
      seed = 11
      do i = 1, n
         word = random_word(seed)
         singles(i) = transfer(int(iand(word, 2147483647_i8)), 1.0_sp)
         if (.not. abs(singles(i)) <= huge(1.0_sp)) singles(i) = -real(i, sp)
         doubles(i) = transfer(ieor(shiftl(word, 32), random_word(seed)), 1.0_dp)
         if (.not. abs(doubles(i)) <= huge(1.0_dp)) doubles(i) = -real(i, dp)
      end do
      call write_document(scratch, document, singles, doubles, [integer(i8) ::], error)
      call check(failure,.not. allocated(error), 'the model is not written')
      call read_document(scratch, back, error)
      call check(failure,.not. allocated(error), 'the model is not read again')
      if (allocated(failure)) return
      call check_equal(failure, back%values%singles, singles, 'real32')
      call check_equal(failure, back%values%doubles, doubles, 'real64')
      call store_text(scratch, '')
   end subroutine large_files_keep_every_bit

   subroutine long_structures_return(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: n = 40000
      type(document_t) :: document
      type(error_t), allocatable :: error
      character(:), allocatable :: text, again
      integer :: unit, i
      open (newunit=unit, file=scratch, access='stream', form='unformatted', status='replace', &
            action='write')
      write (unit) 'fkb 1'//lf//'precision float32'//lf//'keras "3"'//lf//'model "m" Functional'//lf
      do i = 1, n
         write (unit) '  layer "l'//decimal(i)//'" A'//lf
         write (unit) '    text = "'//repeat('x', mod(i, 97))//'"'//lf
         if (i == 1) write (unit) '    node [] {}'//lf
         if (i > 1) write (unit) '    node [["l'//decimal(i - 1)//'",0,0]] {}'//lf
         write (unit) '  end'//lf
      end do
      write (unit) 'end'//lf//'checksum none'//lf//'end'//lf
      close (unit)
      call read_document(scratch, document, error)
      call check(failure,.not. allocated(error), 'the structure is refused')
      if (allocated(failure)) return
      call check_equal(failure, document%block_count, n + 1, 'the number of blocks')
      call document_text(document, scratch, text, failure)
      call read_document(scratch, document, error)
      call check(failure,.not. allocated(error), 'the structure is not read again')
      if (allocated(failure)) return
      call document_text(document, scratch, again, failure)
      call check(failure, again == text, 'the second text differs')
      call store_text(scratch, '')
   end subroutine long_structures_return

   subroutine infinite_values_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      call read_document(golden_path('small.fkb'), document, error)
      call check(failure,.not. allocated(error), 'the golden file is refused')
      if (allocated(failure)) return
      call store_text(scratch, 'old')
      associate (values => document%values)
         values%singles(3) = transfer(2139095040, 1.0_sp)
         call write_document(scratch, document, values%singles, values%doubles, values%integers, &
                             error)
         call check(failure, allocated(error), 'an infinity is written')
         if (allocated(error)) call check_equal(failure, error%code, fkb_err_numeric, 'the code')
         values%singles(3) = transfer(2143289344, 1.0_sp)
         call write_document(scratch, document, values%singles, values%doubles, values%integers, &
                             error)
         call check(failure, allocated(error), 'a NaN is written')
      end associate
      call check_unchanged(failure)
   end subroutine infinite_values_are_refused

   subroutine short_buffers_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      call read_document(golden_path('rich.fkb'), document, error)
      call check(failure,.not. allocated(error), 'the golden file is refused')
      if (allocated(failure)) return
      call store_text(scratch, 'old')
      associate (values => document%values)
         call write_document(scratch, document, values%singles(2:), values%doubles, &
                             values%integers, error)
         call check(failure, allocated(error), 'a short buffer of real32 is written')
         call write_document(scratch, document, values%singles, values%doubles(2:), &
                             values%integers, error)
         call check(failure, allocated(error), 'a short buffer of real64 is written')
         call write_document(scratch, document, values%singles, values%doubles, &
                             values%integers(2:), error)
         call check(failure, allocated(error), 'a short buffer of integers is written')
         if (allocated(error)) call check_equal(failure, error%code, fkb_err_argument, 'the code')
      end associate
      call check_unchanged(failure)
   end subroutine short_buffers_are_refused

   subroutine failures_leave_nothing(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      call read_document(golden_path('small.fkb'), document, error)
      call check(failure,.not. allocated(error), 'the golden file is refused')
      if (allocated(failure)) return
      associate (values => document%values)
         call write_document('no such directory/a.fkb', document, values%singles, values%doubles, &
                             values%integers, error)
         call check(failure, allocated(error), 'a file without a directory is written')
         if (allocated(error)) call check_equal(failure, error%code, fkb_err_file, 'the code')
         call write_document('.', document, values%singles, values%doubles, values%integers, error)
         call check(failure, allocated(error), 'a directory is replaced by a file')
      end associate
   end subroutine failures_leave_nothing

   subroutine older_files_are_replaced(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      character(:), allocatable :: text, again
      call load_text(golden_path('small.fkb'), text, failure)
      call read_document(golden_path('small.fkb'), document, error)
      if (allocated(failure)) return
      call store_text(scratch, repeat('a longer older file ', 1000))
      call document_text(document, scratch, again, failure)
      call check_equal(failure, again, text, 'the new file')
   end subroutine older_files_are_replaced

   !> The file is as it was.
   subroutine check_unchanged(failure)
      type(failure_t), allocatable, intent(inout) :: failure
      character(:), allocatable :: text
      call load_text(scratch, text, failure)
      call check_equal(failure, text, 'old', 'the older file')
   end subroutine check_unchanged

   !> 32 random bits (a Lehmer generator modulo 2**31 - 1, twice 16 bits).
   integer(i8) function random_word(seed) result(word)
      integer(i8), intent(inout) :: seed
      integer :: i
      word = 0
      do i = 1, 2
         seed = mod(48271_i8*seed, 2147483647_i8)
         word = ior(shiftl(word, 16), iand(shiftr(seed, 8), 65535_i8))
      end do
   end function random_word

end module test_writer
