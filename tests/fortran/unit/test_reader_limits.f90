!> Reading model files: errors in what follows the model, in the values, and beyond the limits.
module test_reader_limits
   use file_texts, only: accept, golden_path, has, lf, load_text, model_of, parse_text, refuse, &
      replaced, store_text, whole
   use fkb_document, only: document_t
   use fkb_error, only: error_t
   use fkb_reader, only: read_document
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'reader_limits'
      call suite%add('ports, compile and samples are checked', sections_are_checked)
      call suite%add('checksums are checked', checksums_are_checked)
      call suite%add('values are checked', values_are_checked)
      call suite%add('limits are kept', limits_are_kept)
      call suite%add('a line of 16 MiB is read, a longer one refused', &
                     long_lines_are_read)
   end subroutine collect

   subroutine sections_are_checked(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refuse(failure, replaced(whole, 'output 0', 'input 0'), 22, 'input 0 stands twice')
      call refuse(failure, replaced(whole, 'input 0 "x"', 'input -1 "x"'), 17, &
                  'malformed position of the input "-1"')
      call refuse(failure, replaced(whole, 'input 0 "x"', 'input 99999999999 "x"'), 17, &
                  'beyond all limits')
      call refuse(failure, replaced(whole, 'output 0 "y"'//lf, 'output 0 "y"'//lf//'end'//lf// &
                                    'input 1 "z"'//lf), 24, 'unexpected "input')
      call refuse(failure, replaced(whole, 'step add', 'step modulo'), 20, &
                  'unexpected step "modulo" in input 0')
      call refuse(failure, replaced(whole, 'step add 1', 'step select [0,-1]'), 20, &
                  'a list of integers that are not negative')
      call refuse(failure, replaced(whole, 'step add 1', 'step divide 0.0'), 20, 'divides by zero')
      call refuse(failure, replaced(whole, 'step add 1', 'step add "1"'), 20, 'malformed dtype')
      call refuse(failure, replaced(whole, 'float32 [1]'//lf, 'float32 [1,1]'//lf), 19, &
                  'a real tensor of rank 1 is expected')
      call refuse(failure, replaced(whole, ' none'//lf//'4', ' none'//lf//'0'), 36, &
                  'step divide of input 0 divides by zero')
      call refuse(failure, replaced(whole, 'compile', 'complie'), 24, 'unexpected "complie"')
      call refuse(failure, replaced(whole, 'sample', 'compile'//lf//'end'//lf//'sample'), 28, &
                  'unexpected "compile"')
      call refuse(failure, replaced(whole, 'variable "iter', 'varible "iter'), 26, &
                  'unexpected "varible" in compile')
      call refuse(failure, replaced(whole, '  tolerance = 1e-05'//lf, ''), 31, 'no tolerance')
      call refuse(failure, replaced(whole, '1e-05', '-1'), 29, 'tolerance must be a number')
      call refuse(failure, replaced(whole, 'tolerance = 1e-05'//lf//'  input', &
                                    'tolerance = 1e-05'//lf//'  inputs'), 30, 'unexpected "inputs"')
   end subroutine sections_are_checked

   subroutine checksums_are_checked(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      character(:), allocatable :: text, damaged
      call load_text(golden_path('small.fkb'), text, failure)
      if (allocated(failure)) return
      call parse_text(text, document, error)
      call check(failure,.not. allocated(error), 'the golden file is refused')
      damaged = replaced(text, '"3.', '"4.')
      call parse_text(damaged, document, error)
      call check(failure, allocated(error), 'a damaged structure is read')
      if (allocated(error)) then
         call check(failure, has(error%message, 'the structure''s checksum is ') .and. &
                    has(error%message, '(write "checksum none" after editing by hand)'), &
                    'the message is '//error%message)
      end if
      damaged = text
      damaged(index(text, '-2.5') + 1:index(text, '-2.5') + 1) = '3'
      call parse_text(damaged, document, error)
      call check(failure, allocated(error), 'a damaged value is read')
      if (allocated(error)) then
         call check(failure, has(error%message, 'are damaged: checksum '), &
                    'the message is '//error%message)
      end if
      call refuse(failure, replaced(whole, 'checksum none', 'checksum 1234567'), 33, &
                  'malformed checksum "1234567"')
      call refuse(failure, replaced(whole, 'checksum none', 'checksum 1234567A'), 33, 'malformed')
      call refuse(failure, replaced(whole, 'checksum none', 'checksum'), 33, 'the line ends')
   end subroutine checksums_are_checked

   subroutine values_are_checked(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refuse(failure, replaced(whole, 'values 2 none', 'values 3 none'), 34, &
                  'weight "kernel" of layer "d" has 3 values, its shape [1,2] needs 2')
      call refuse(failure, replaced(whole, '0.5 -2', '0.5 nan'), 35, &
                  '"nan" is not a finite number')
      call refuse(failure, replaced(whole, '0.5 -2', '0.5'//lf//lf//'1e99'), 37, &
                  '"1e99" is not a finite number')
      call refuse(failure, replaced(whole, '0.5 -2', '0.5'), 36, '"values" is not a finite number')
      call refuse(failure, replaced(whole, '0.5 -2', '0.5 -2 3'), 35, 'more than the 2 values')
      call refuse(failure, replaced(whole, '0.5 -2', '0.5 -2'//lf//'3'), 36, &
                  'more than the 2 values')
      call refuse(failure, replaced(whole, '0.5 -2', '0.5 -2 values'), 35, 'more than the 2 values')
      call refuse(failure, replaced(whole, lf//'7'//lf, lf//'7.0'//lf), 39, &
                  '"7.0" is not an integer')
      call refuse(failure, replaced(whole, 'values 1 none'//lf//'7'//lf, ''), 40, &
                  'input 0 of the sample has 2 values, its shape [1,1] needs 1')
      call refuse(failure, replaced(whole, 'values 2 none', 'value 2 none'), 34, &
                  'where the values of weight "kernel" of layer "d" are expected')
      call refuse(failure, whole(:index(whole, '0.5') + 2), 35, 'the file ends inside the values')
      call refuse(failure, whole(:len(whole) - 4), 44, 'the file ends inside')
      call refuse(failure, whole(:len(whole) - 1), 44, 'its last line has no end')
      call refuse(failure, whole//lf, 45, 'text after the end of the model')
      call refuse(failure, whole//'end'//lf, 45, 'text after the end of the model')
      call accept(failure, replaced(whole, '0.5 -2', '0.5'//lf//achar(9)//' -2'//lf//lf//'  '))
      call refuse(failure, replaced(whole, '0.5 -2'//lf, '0.5 -2'//lf//achar(9)), 36, &
                  'a control character')
   end subroutine values_are_checked

   subroutine limits_are_kept(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(:), allocatable :: layers, ends
      integer :: i
      call refuse(failure, replaced(whole, '[1,2] t', '[1,1,1,1,1,1,1,1,2] t'), 12, &
                  'weight "kernel" of layer "d" has rank 9, the most is 8')
      call refuse(failure, replaced(whole, '[1,2] t', '[2147483648] t'), 12, &
                  'more than 2147483647 values')
      call refuse(failure, replaced(whole, '[1,2] t', '[65536,65536] t'), 12, &
                  'more than 2147483647 values')
      call refuse(failure, replaced(whole, '[1,2] t', '[9223372036854775807,9] t'), 12, &
                  'more than 2147483647 values')
      call refuse(failure, replaced(whole, '[1,2] t', '[99999999999999999999] t'), 12, 'malformed')
      call refuse(failure, replaced(whole, '[1,2] t', '[2147483647] t'), 33, &
                  'the file is too short for 2147483652 values')
      call refuse(failure, replaced(whole, '[1,2] t', '[1000000] t'), 33, &
                  'the file is too short for 1000005 values')
      layers = ''
      ends = ''
      do i = 1, 64
         layers = layers//'layer "l" Functional'//lf
         ends = ends//'end'//lf
      end do
      call accept(failure, model_of(layers//ends))
      call refuse(failure, model_of(layers//'layer "l" Functional'//lf//'end'//lf//ends), 69, &
                  'nested more than 64 deep')
      layers = ''
      do i = 1, 10001
         layers = layers//'o'//decimal(i)//' = 1'//lf
      end do
      call refuse(failure, model_of(layers), 10005, 'more than 10000 options')
      call make_nodes(100000, layers)
      call accept(failure, model_of(layers))
      call make_nodes(100001, layers)
      call refuse(failure, model_of(layers), 100006, 'more than 100000 nodes')
   end subroutine limits_are_kept

   !> A layer with so many nodes.
   subroutine make_nodes(n, text)
      integer, intent(in) :: n
      character(:), allocatable, intent(out) :: text
      character(*), parameter :: head = 'layer "l" A'//lf, node = 'node [] {}'//lf
      integer :: i, used
      allocate (character(len(head) + n*len(node) + len('end'//lf)) :: text)
      text(:len(head)) = head
      used = len(head)
      do i = 1, n
         text(used + 1:used + len(node)) = node
         used = used + len(node)
      end do
      text(used + 1:) = 'end'//lf
   end subroutine make_nodes

   subroutine long_lines_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      integer, parameter :: most = 16*1024*1024
      integer :: at
      call make_long_line(most, text)
      call store_text('reader_long.fkb', text)
      call read_document('reader_long.fkb', document, error)
      if (allocated(error)) call check(failure, .false., error%message)
      if (allocated(failure)) return
      at = document%find_option(document%blocks(3)%options, 'units')
      call check_equal(failure, document%options(at)%json%count(), most - len('    units = '), &
                       'the length of the value')
      call make_long_line(most + 1, text)
      call refuse(failure, text, 10, 'line is longer than 16777216 bytes')
      call make_long_line(3*most, text)
      call refuse(failure, text, 10, 'line is longer than 16777216 bytes')
      call store_text('reader_long.fkb', '')
   end subroutine long_lines_are_read

   !> The text `whole` with a string in line 10 that makes the line so long. No expression holds it:
   !> flang keeps those on the stack.
   subroutine make_long_line(length, text)
      integer, intent(in) :: length
      character(:), allocatable, intent(out) :: text
      integer :: first, i, more
      first = index(whole, '2'//lf//'    node')
      more = length - len('    units = 2')
      allocate (character(len(whole) + more) :: text)
      text(:first - 1) = whole(:first - 1)
      do i = first, first + more
         text(i:i) = 'x'
      end do
      text(first:first) = '"'
      text(first + more:first + more) = '"'
      text(first + more + 1:) = whole(first + 1:)
   end subroutine make_long_line

end module test_reader_limits
