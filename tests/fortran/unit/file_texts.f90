!> Model files as texts: golden ones, whole files, and texts as documents.
module file_texts
   use fkb_document, only: document_t
   use fkb_error, only: error_t, fkb_err_format
   use fkb_reader, only: parse_document
   use fkb_testing, only: check, check_equal, fail, failure_t
   use fkb_writer, only: write_document
   implicit none (type, external)
   private
   public :: golden_path, load_text, store_text, parse_text, document_text, replaced, has
   public :: accept, refuse, model_of

   !> Ends lines in the texts of the tests.
   character(1), parameter, public :: lf = achar(10)

   !> A small file with everything in it.
   character(*), parameter, public :: whole = &
      'fkb 1'//lf//'precision float32'//lf//'keras "3.15.1"'//lf// &
      'model "m" Functional'//lf//'  trainable = true'//lf//'  layer "x" InputLayer'//lf// &
      '    node [] {}'//lf//'  end'//lf//'  layer "d" Dense'//lf//'    units = 2'//lf// &
      '    node [["x",0,0]] {}'//lf//'    weight "kernel" float32 [1,2] trainable'//lf// &
      '  end'//lf// &
      '  inputs ["x",0,0]'//lf//'  outputs ["d",0,0]'//lf//'end'//lf//'input 0 "x"'//lf// &
      '  unit = "K"'//lf//'  step divide float32 [1]'//lf//'  step add 1'//lf//'end'//lf// &
      'output 0 "y"'//lf//'end'//lf//'compile'//lf//'  loss = "mse"'//lf// &
      '  variable "iteration" "" int64 []'//lf//'end'//lf//'sample'//lf// &
      '  tolerance = 1e-05'//lf// &
      '  input 0 float32 [1,1]'//lf//'  output 0 float32 [1,2]'//lf//'end'//lf// &
      'checksum none'//lf//'values 2 none'//lf//'0.5 -2'//lf//'values 1 none'//lf//'4'//lf// &
      'values 1 none'//lf//'7'//lf//'values 1 none'//lf//'1'//lf//'values 2 none'//lf// &
      '0.5 -2'//lf//'end'//lf

contains

   !> The path of `tests/golden/text/<name>`.
   function golden_path(name) result(path)
      character(*), intent(in) :: name
      character(:), allocatable :: path
      character(1000) :: tests
      integer :: length, status
      call get_environment_variable('FKB_TEST_DATA', tests, length, status)
      if (status /= 0 .or. length == 0) tests = 'tests'
      path = trim(tests)//'/golden/text/'//name
   end function golden_path

   !> A whole file as text.
   subroutine load_text(path, text, failure)
      character(*), intent(in) :: path
      character(:), allocatable, intent(out) :: text
      type(failure_t), allocatable, intent(inout) :: failure
      integer :: unit, status, length
      text = ''
      open (newunit=unit, file=path, access='stream', form='unformatted', status='old', &
            action='read', iostat=status)
      if (status /= 0) then
         call fail(failure, 'cannot open '//path)
         return
      end if
      inquire (unit=unit, size=length)
      deallocate (text)
      allocate (character(length) :: text)
      read (unit, iostat=status) text
      if (status /= 0) call fail(failure, 'cannot read '//path)
      close (unit)
   end subroutine load_text

   !> Write a text as a file.
   subroutine store_text(path, text)
      character(*), intent(in) :: path, text
      integer :: unit
      open (newunit=unit, file=path, access='stream', form='unformatted', status='replace', &
            action='write')
      write (unit) text
      close (unit)
   end subroutine store_text

   !> Read a text as a model file.
   subroutine parse_text(text, document, error)
      character(*), intent(in) :: text
      type(document_t), intent(out) :: document
      type(error_t), allocatable, intent(out) :: error
      character(1), allocatable :: bytes(:)
      integer :: i
      allocate (bytes(len(text)))
      do i = 1, len(text)
         bytes(i) = text(i:i)
      end do
      call parse_document(bytes, document, error)
   end subroutine parse_text

   !> A document as the text of a model file, by way of a file.
   subroutine document_text(document, path, text, failure)
      type(document_t), intent(in) :: document
      character(*), intent(in) :: path          !! of the file, which stays
      character(:), allocatable, intent(out) :: text
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      text = ''
      associate (values => document%values)
         call write_document(path, document, values%singles, values%doubles, values%integers, &
                             error)
      end associate
      if (allocated(error)) then
         call fail(failure, error%message)
         return
      end if
      call load_text(path, text, failure)
   end subroutine document_text

   !> A text with the first occurrence of a part replaced.
   function replaced(text, old, new) result(changed)
      character(*), intent(in) :: text, old, new
      character(:), allocatable :: changed
      integer :: at
      at = index(text, old)
      if (at == 0) error stop 'the test replaces what is not there'
      changed = text(:at - 1)//new//text(at + len(old):)
   end function replaced

   !> Whether a text contains another.
   pure logical function has(text, part)
      character(*), intent(in) :: text, part
      has = index(text, part) > 0
   end function has

   !> A text must be read.
   subroutine accept(failure, text)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: text
      type(document_t) :: document
      type(error_t), allocatable :: error
      call parse_text(text, document, error)
      if (allocated(error)) call check(failure, .false., 'refused: '//error%message)
   end subroutine accept

   !> A text must be refused in this line with these words.
   subroutine refuse(failure, text, line, words)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: text, words
      integer, intent(in) :: line
      type(document_t) :: document
      type(error_t), allocatable :: error
      call parse_text(text, document, error)
      call check(failure, allocated(error), 'no error: '//words)
      if (.not. allocated(error)) return
      call check(failure, has(error%message, words), '"'//error%message//'", expected '//words)
      call check_equal(failure, error%line, line, 'the line of "'//error%message//'"')
      call check_equal(failure, error%code, fkb_err_format, 'the code of "'//error%message//'"')
      call check_equal(failure, document%block_count, 0, 'the blocks of a refused text')
   end subroutine refuse

   !> A model with these lines inside, without values.
   pure function model_of(lines) result(text)
      character(*), intent(in) :: lines
      character(:), allocatable :: text
      character(*), parameter :: head = 'fkb 1'//lf//'precision float32'//lf//'keras "3"'//lf// &
         'model "m" Functional'//lf
      character(*), parameter :: tail = 'end'//lf//'checksum none'//lf//'end'//lf
      allocate (character(len(head) + len(lines) + len(tail)) :: text)
      text(:len(head)) = head
      text(len(head) + 1:len(head) + len(lines)) = lines
      text(len(head) + len(lines) + 1:) = tail
   end function model_of

end module file_texts
