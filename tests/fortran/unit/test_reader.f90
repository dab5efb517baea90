!> Reading model files: what a document says, and every error of docs/format.md, section 6.
module test_reader
   use file_texts, only: golden_path, has, lf, load_text, model_of, parse_text, refuse, replaced, &
      store_text, whole
   use fkb_config, only: config_t
   use fkb_document, only: document_t
   use fkb_document_parts, only: dtype_float16, dtype_float64, dtype_int64, step_divide, &
      step_select
   use fkb_error, only: error_t, fkb_err_file
   use fkb_kinds, only: dp, i8, sp
   use fkb_reader, only: read_document
   use fkb_references, only: sort_nodes
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'reader'
      call suite%add('the golden file says what it says', golden_file_is_read)
      call suite%add('a file and memory give the same', files_equal_memory)
      call suite%add('carriage returns before line feeds are ignored', carriage_returns_are_ignored)
      call suite%add('calls are sorted before those that use them', calls_are_sorted)
      call suite%add('files that cannot be opened are refused', missing_files_are_refused)
      call suite%add('first lines and headers are checked', headers_are_checked)
      call suite%add('lines are checked', lines_are_checked)
      call suite%add('the tree of layers is checked', trees_are_checked)
      call suite%add('references are checked', references_are_checked)
   end subroutine collect

   subroutine golden_file_is_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(config_t) :: config
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      integer :: block
      call read_document(golden_path('rich.fkb'), document, error)
      call check(failure,.not. allocated(error), 'the file is refused')
      if (allocated(failure)) return
      call check_equal(failure, document%keras_major(), 2, 'the Keras major')
      call check_equal(failure, document%name(1), 'rich', 'the name of the model')
      call check_equal(failure, document%blocks(1)%child_count, 5, 'the layers of the model')
      block = document%blocks(3)%first_child
      call check_equal(failure, document%path(block), 'inner/i', 'the path of a nested layer')
      call check_equal(failure, document%is_container(3), .true., 'whether inner is a container')
      call check_equal(failure, document%text%get(document%blocks(7)%role), 'layer', 'the role')
      call document%config(8, config)
      call config%get('node', text, error)
      call check(failure, has(text, achar(7)//achar(8)//achar(12)//achar(10)//achar(9)//'"\/'), &
                 'an option with escapes is "'//text//'"')
      call check_equal(failure, config%has('odd'), .false., 'whether meta data is an option')
      associate (node => document%nodes(document%blocks(8)%nodes%first))
         call check_equal(failure, node%references%count(), 2, 'the tensors of sum')
         associate (reference => document%references(node%references%last))
            call check_equal(failure, document%name(reference%block), 'time', 'the second')
            call check_equal(failure, reference%argument, 0, 'its argument')
         end associate
      end associate
      call check_equal(failure, document%steps(5)%kind, step_select, 'the last step')
      call check_equal(failure, document%steps(2)%kind, step_divide, 'the second step')
      call check_equal(failure, document%sample_count, 2, 'the samples')
      call check_equal(failure, document%variables%count(), 2, 'the variables')
      call check_values(document, failure)
   end subroutine golden_file_is_read

   subroutine check_values(document, failure)
      type(document_t), intent(in) :: document
      type(failure_t), allocatable, intent(inout) :: failure
      integer(i8) :: least
      least = -huge(least)
      least = least - 1
      associate (tensors => document%tensors, values => document%values)
         call check_equal(failure, tensors(2)%dtype, dtype_float64, 'the type of mean')
         call check_equal(failure, values%doubles(:2), [3.1415926535897931_dp, 1/3.0_dp], 'mean')
         call check_equal(failure, tensors(3)%dtype, dtype_int64, 'the type of count')
         call check_equal(failure, values%integers(1), least, 'count')
         call check_equal(failure, tensors(4)%dtype, dtype_float16, 'the type of half')
         associate (first => tensors(5)%offset + 1)
            call check_equal(failure, values%singles(first:first + 1), [1.5_sp, -0.0_sp], 'brain')
         end associate
         call check_equal(failure, tensors(9)%rank, 2, 'the rank of none')
         call check_equal(failure, tensors(9)%count, 0, 'the count of none')
      end associate
   end subroutine check_values

   subroutine files_equal_memory(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: from_file, from_memory
      type(error_t), allocatable :: error
      call store_text('reader_whole.fkb', whole)
      call read_document('reader_whole.fkb', from_file, error)
      call check(failure,.not. allocated(error), 'the file is refused')
      call parse_text(whole, from_memory, error)
      call check(failure,.not. allocated(error), 'the text is refused')
      if (allocated(failure)) return
      call check_equal(failure, from_file%block_count, from_memory%block_count, 'the blocks')
      call check_equal(failure, from_file%values%singles, from_memory%values%singles, 'the values')
      call check_equal(failure, from_memory%values%singles, &
                       [0.5_sp, -2.0_sp, 4.0_sp, 1.0_sp, 0.5_sp, -2.0_sp], 'the values')
   end subroutine files_equal_memory

   subroutine carriage_returns_are_ignored(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      character(:), allocatable :: text, with
      integer :: i
      call load_text(golden_path('rich.fkb'), text, failure)
      with = ''
      do i = 1, len(text)
         if (text(i:i) == lf) with = with//achar(13)
         with = with//text(i:i)
      end do
      call parse_text(with, document, error)
      call check(failure,.not. allocated(error), 'carriage returns are refused')
   end subroutine carriage_returns_are_ignored

   subroutine calls_are_sorted(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      integer, allocatable :: order(:)
      character(:), allocatable :: names
      integer :: i, stuck
      call parse_text(model_of( &
                      'layer "c" Add'//lf//'node [[["b",0,0],["a",1,0]]] {}'//lf//'end'//lf &
                               //'layer "b" B'//lf//'node [["a",0,0]] {}'//lf//'end'//lf &
                               //'layer "a" A'//lf//'node [] {}'//lf//'node [["b",0,0]] {}'//lf// &
                               'end'//lf), document, error)
      call check(failure,.not. allocated(error), 'the model is refused')
      if (allocated(failure)) return
      call sort_nodes(document, 1, order, stuck)
      names = ''
      do i = 1, size(order)
         names = names//document%name(document%nodes(order(i))%block)
      end do
      call check_equal(failure, names, 'abac', 'the calls in order')
      call check_equal(failure, stuck, 0, 'the call that is stuck')
   end subroutine calls_are_sorted

   subroutine missing_files_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      call read_document('there is no such file.fkb', document, error)
      call check(failure, allocated(error), 'a missing file is read')
      if (allocated(error)) call check_equal(failure, error%code, fkb_err_file, 'the code')
      call read_document('.', document, error)
      call check(failure, allocated(error), 'a directory is read')
      call store_text('reader_bad.fkb', replaced(whole, 'units', '=unit'))
      call read_document('reader_bad.fkb', document, error)
      call check(failure, allocated(error), 'a damaged file is read')
      if (allocated(error)) then
         call check(failure, index(error%message, 'reader_bad.fkb:10: ') == 1, &
                    'the message begins '//error%message)
      end if
      call check_equal(failure, document%block_count, 0, 'the blocks of a refused file')
   end subroutine missing_files_are_refused

   subroutine headers_are_checked(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: first = 'the first line must be "fkb 1"'
      call refuse(failure, '', 1, first)
      call refuse(failure, 'PK'//achar(3)//achar(4)//lf, 1, first)
      call refuse(failure, 'fkb'//lf, 1, first)
      call refuse(failure, 'fkb 0'//lf, 1, first)
      call refuse(failure, 'fkb one'//lf, 1, first)
      call refuse(failure, 'fkb 1', 1, 'its last line has no end')
      call refuse(failure, 'fkb 1'//lf, 2, 'the file ends inside the header')
      call refuse(failure, char(239)//char(187)//char(191)//whole, 1, 'byte order mark')
      call refuse(failure, '8'//lf//'input'//achar(9)//'94'//lf, 1, &
                  'this is a text file of the 2020 FKB: convert it with "fkb convert"')
      call refuse(failure, replaced(whole, 'fkb 1', 'fkb 2'), 1, &
                  'format version 2 is newer than 1, the newest that this library reads')
      call refuse(failure, replaced(whole, 'float32', 'real'), 2, &
                  'precision must be float32 or float64, not "real"')
      call refuse(failure, replaced(whole, 'precision float32'//lf, ''), 2, &
                  '"precision" is expected')
      call refuse(failure, replaced(whole, 'keras "3.15.1"'//lf, ''), 3, '"keras" is expected')
      call refuse(failure, replaced(whole, '"3.15.1"', '"new"'), 3, '"new" is not a version')
      call refuse(failure, replaced(whole, '"3.15.1"', '3'), 3, 'a string in double quotes')
      call refuse(failure, replaced(whole, 'model "m"', 'modle "m"'), 4, 'unexpected "modle')
   end subroutine headers_are_checked

   subroutine lines_are_checked(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refuse(failure, replaced(whole, '"K"', '"'//char(200)//'"'), 18, 'not UTF-8')
      call refuse(failure, replaced(whole, '"K"', '"'//char(237)//char(160)//char(128)//'"'), 18, &
                  'not UTF-8')
      call refuse(failure, replaced(whole, '"K"', '"'//char(192)//char(128)//'"'), 18, 'not UTF-8')
      call refuse(failure, replaced(whole, '"K"', '"K'//achar(9)//'"'), 18, 'a control character')
      call refuse(failure, replaced(whole, '"K"', '"'//achar(0)//'"'), 18, 'a control character')
      call refuse(failure, replaced(whole, 'units', lf//'units'), 10, 'empty line')
      call refuse(failure, replaced(whole, '= 2', '= 2 '), 10, 'a blank at the end')
      call refuse(failure, replaced(whole, '= 2', '=  2'), 10, &
                  'malformed JSON value for option "units"')
      call refuse(failure, replaced(whole, '= 2', '= two'), 10, &
                  'malformed JSON value for option "units"')
      call refuse(failure, replaced(whole, '= 2', '= 2 3'), 10, 'at the end of the line')
      call refuse(failure, replaced(whole, '= 2', '= {"a":1,"a":2}'), 10, &
                  'the key "a" stands twice')
      call refuse(failure, replaced(whole, '= 2', '= [1, 2]'), 10, 'malformed JSON')
      call refuse(failure, replaced(whole, '= 2', '= '//repeat('[', 65)//repeat(']', 65)), 10, &
                  'nested more than 64 deep')
      call refuse(failure, replaced(whole, 'units = 2', 'units = 2'//lf//'units = 3'), 11, &
                  'option "units" stands twice in layer "d"')
      call refuse(failure, replaced(whole, 'units = 2', 'un its = 2'), 10, 'unexpected "un"')
      call refuse(failure, replaced(whole, 'units = 2', '# units = 2'), 10, 'unexpected "#"')
   end subroutine lines_are_checked

   subroutine trees_are_checked(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refuse(failure, replaced(whole, '  weight', '  wieght'), 12, &
                  'unexpected "wieght" in layer "d"')
      call refuse(failure, replaced(whole, 'layer "d"', 'layer "x"'), 9, &
                  'layer name "x" stands twice in model "m"')
      call refuse(failure, replaced(whole, 'layer "d" Dense', 'layer "d" 3Dense'), 9, &
                  'malformed class of layer "d"')
      call refuse(failure, replaced(whole, 'layer "d" Dense', 'layer d Dense'), 9, &
                  'malformed name of the layer')
      call refuse(failure, replaced(whole, 'layer "d" Dense', 'layer "d" Dense on x'), 9, &
                  'unexpected')
      call refuse(failure, replaced(whole, 'layer "d" Dense', 'layer "'//repeat('d', 65536)// &
                                    '" Dense'), 9, 'longer than 65535 bytes')
      call refuse(failure, replaced(whole, 'node [["x",0,0]] {}', 'node {} []'), 11, &
                  'an array and an object are expected')
      call refuse(failure, replaced(whole, 'node [["x",0,0]] {}', 'node [["x",0,0]]'), 11, &
                  'the line ends where the keyword arguments')
      call refuse(failure, replaced(whole, '    units = 2'//lf//'    node [["x",0,0]] {}', &
                                    'node [["x",0,0]] {}'//lf//'units = 2'), 11, 'misplaced')
      call refuse(failure, replaced(whole, '[1,2] trainable', '[1,2] frozen'), 12, &
                  'neither trainable nor fixed, but "frozen"')
      call refuse(failure, replaced(whole, '"kernel" float32', '"kernel" real'), 12, &
                  'unknown dtype "real"')
      call refuse(failure, replaced(whole, '[1,2] t', '[1,-2] t'), 12, 'malformed shape')
      call refuse(failure, replaced(whole, '[1,2] t', '[1,2.0] t'), 12, 'malformed shape')
      call refuse(failure, replaced(whole, '[1,2] t', '2 t'), 12, 'malformed shape')
      call refuse(failure, replaced(whole, '  outputs ["d",0,0]'//lf, ''), 15, 'are missing')
      call refuse(failure, replaced(whole, '  inputs ["x",0,0]'//lf, ''), 14, 'misplaced "outputs')
      call refuse(failure, replaced(whole, 'inputs ["x",0,0]', 'inputs [["x",0,0],3]'), 14, &
                  'malformed inputs of model "m"')
      call refuse(failure, whole(:index(whole, '    units') - 1), 10, &
                  'the file ends inside layer "d"')
   end subroutine trees_are_checked

   subroutine references_are_checked(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refuse(failure, replaced(whole, 'node [["x",0,0]]', 'node [["z",0,0]]'), 11, &
                  'node of layer "d" refers to "z", which does not exist')
      call refuse(failure, replaced(whole, 'node [["x",0,0]]', 'node [["x",1,0]]'), 11, &
                  'refers to node 1 of "x", which does not exist')
      call refuse(failure, replaced(whole, 'node [["x",0,0]]', 'node [["x",9999999999,0]]'), 11, &
                  'which does not exist')
      call refuse(failure, replaced(whole, '[["x",0,0]] {}', '[] {"a":{"b":["z",0,0]}}'), 11, &
                  'refers to "z", which does not exist')
      call refuse(failure, replaced(whole, 'outputs ["d",0,0]', 'outputs ["e",0,0]'), 15, &
                  'outputs of model "m" refers to "e", which does not exist')
      call refuse(failure, replaced(whole, 'node [["x",0,0]]', 'node [["d",0,0]]'), 11, &
                  'stands in a cycle or behind one')
      call refuse(failure, model_of('layer "a" A'//lf//'node [["b",0,0]] {}'//lf//'end'//lf// &
                                    'layer "b" B'//lf//'node [["a",0,0]] {}'//lf//'end'//lf), 6, &
                  'node of layer "a" stands in a cycle')
      call refuse(failure, model_of('layer "n" Functional'//lf//'node [] {}'//lf// &
                                    'layer "i" InputLayer'//lf//'node [] {}'//lf//'end'//lf// &
                                    'inputs ["i",0,0]'//lf//'outputs ["i",0,0]'//lf//'end'//lf// &
                                    'layer "u" A'//lf//'node [["n",0,1]] {}'//lf//'end'//lf), 14, &
                  'refers to output 1 of "n", which does not exist')
      call refuse(failure, replaced(whole, '  trainable = true', 'node [["x",0,0]] {}'), 5, &
                  'node of model "m" refers to "x"')
   end subroutine references_are_checked

end module test_reader
