!> Documents: copies, changes before saving, and where values stand.
module test_document
   use file_texts, only: document_text, golden_path, has
   use fkb_config, only: config_t
   use fkb_document, only: document_t
   use fkb_document_parts, only: buffer_of, dtype_bool, dtype_float16, dtype_float32, &
      dtype_float64, dtype_int64, dtype_name, dtype_of, in_doubles, in_integers, in_singles, &
      values_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8
   use fkb_reader, only: read_document
   use fkb_testing, only: check, check_equal, failure_t, suite_t
   use fkb_writer, only: write_document
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: scratch = 'document_scratch.fkb'

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'document'
      call suite%add('types of values have names and buffers', types_have_names)
      call suite%add('a copy is deep and leaves the values', copies_are_deep)
      call suite%add('values are handed over', values_are_handed_over)
      call suite%add('options are replaced and added', options_are_changed)
      call suite%add('a compile block is made, changed and dropped', compile_is_changed)
      call suite%add('samples are recorded', samples_are_recorded)
      call suite%add('precision changes types and places', precision_is_changed)
   end subroutine collect

   subroutine open_golden(name, document, failure)
      character(*), intent(in) :: name
      type(document_t), intent(out) :: document
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      call read_document(golden_path(name), document, error)
      call check(failure,.not. allocated(error), name//' is refused')
   end subroutine open_golden

   subroutine types_have_names(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call check_equal(failure, dtype_name(dtype_float16), 'float16', 'a name')
      call check_equal(failure, dtype_of('bool'), dtype_bool, 'a type')
      call check_equal(failure, dtype_of('bool '), 0, 'the type of a name with a blank')
      call check_equal(failure, dtype_of('real'), 0, 'the type of no name')
      call check_equal(failure, buffer_of(dtype_float16), in_singles, 'the buffer of float16')
      call check_equal(failure, buffer_of(dtype_float64), in_doubles, 'the buffer of float64')
      call check_equal(failure, buffer_of(dtype_bool), in_integers, 'the buffer of bool')
   end subroutine types_have_names

   subroutine copies_are_deep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document, copy, structure
      character(:), allocatable :: before, after
      call open_golden('rich.fkb', document, failure)
      if (allocated(failure)) return
      call document_text(document, scratch, before, failure)
      copy = document
      call document%copy_structure(structure)
      call check(failure,.not. allocated(structure%values%singles), 'the structure has values')
      call copy%set_block_option(1, 'new', '1')
      call copy%drop_samples()
      copy%values%singles = 0
      call document_text(document, scratch, after, failure)
      call check_equal(failure, after, before, 'the original after a change of the copy')
      call document%clear()
      call check_equal(failure, document%block_count, 0, 'the blocks after clear')
      call check(failure,.not. allocated(document%blocks), 'blocks stay after clear')
      call check_equal(failure, structure%name(1), 'rich', 'the name in the structure')
   end subroutine copies_are_deep

   subroutine values_are_handed_over(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(values_t) :: values
      type(error_t), allocatable :: error
      call open_golden('rich.fkb', document, failure)
      if (allocated(failure)) return
      call document%take_values(values)
      call check(failure,.not. allocated(document%values%doubles), 'the document keeps its values')
      call check_equal(failure, size(values%singles, kind=i8), document%value_count(in_singles), &
                       'the number of real32')
      call check_equal(failure, size(values%integers, kind=i8), &
                       document%value_count(in_integers), 'the number of integers')
      call write_document(scratch, document, values%singles, values%doubles, values%integers, error)
      call check(failure,.not. allocated(error), 'the structure is not written with the values')
   end subroutine values_are_handed_over

   subroutine options_are_changed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(config_t) :: config
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      logical :: trainable
      call open_golden('rich.fkb', document, failure)
      if (allocated(failure)) return
      call document%set_block_option(3, 'trainable', 'true')
      call document%set_block_option(3, 'fresh', '{"a":[1]}')
      call document%config(3, config)
      call config%get('trainable', trainable, error)
      call check_equal(failure, trainable, .true., 'the new value')
      call document_text(document, scratch, text, failure)
      call check(failure, has(text, '    trainable = true'//achar(10)//'    fresh = {"a":[1]}'// &
                              achar(10)//'    @module = "keras.src"'), 'the options are '//text)
      call read_document(scratch, document, error)
      call check(failure,.not. allocated(error), 'the new file is refused')
   end subroutine options_are_changed

   subroutine compile_is_changed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      integer :: i, tensor
      call open_golden('small.fkb', document, failure)
      if (allocated(failure)) return
      call document%drop_compile()
      call document%set_compile_option('loss', '"mse"')
      call document%add_sample(1e-5_dp)
      do i = 1, 3
         call document%add_variable('momentum', 'd/kernel', dtype_float32, [2, i], tensor)
      end do
      call document%add_recorded(.false., 0, dtype_float32, [1, 2], tensor)
      call document%add_variable('iteration', '', dtype_int64, [integer ::], tensor)
      call document%lay_out_values()
      deallocate (document%values%singles, document%values%integers)
      allocate (document%values%singles(document%value_count(in_singles)), source=1.0)
      allocate (document%values%integers(document%value_count(in_integers)), source=3_i8)
      call document_text(document, scratch, text, failure)
      if (allocated(failure)) return
      call check(failure, has(text, 'compile'//achar(10)//'  loss = "mse"'//achar(10)// &
                              '  variable "momentum" "d/kernel" float32 [2,1]'), text)
      call check(failure, has(text, 'variable "iteration" "" int64 []'//achar(10)//'end'), text)
      call check(failure, has(text, 'sample'//achar(10)//'  tolerance = 1e-05'//achar(10)// &
                              '  input 0 float32 [1,2]'), text)
      call read_document(scratch, document, error)
      if (allocated(error)) call check(failure, .false., error%message)
      call check_equal(failure, document%variables%count(), 4, 'the variables')
      call document%drop_compile()
      call document%drop_samples()
      call document%lay_out_values()
      call document_text(document, scratch, text, failure)
      call check(failure,.not. has(text, 'compile') .and. .not. has(text, 'sample'), text)
   end subroutine compile_is_changed

   subroutine samples_are_recorded(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(config_t) :: config
      type(error_t), allocatable :: error
      real(dp) :: tolerance
      integer :: tensor
      call open_golden('small.fkb', document, failure)
      if (allocated(failure)) return
      call document%drop_samples()
      call document%add_sample(0.001_dp)
      call document%add_recorded(.false., 0, dtype_float32, [4, 2], tensor)
      call document%add_recorded(.true., 0, dtype_float32, [4, 3], tensor)
      call check_equal(failure, document%sample_count, 1, 'the samples')
      call check_equal(failure, document%tensors(tensor)%count, 12, 'the values of the output')
      call document%options_config(document%samples(1)%options, config)
      call config%get('tolerance', tolerance, error)
      call check_equal(failure, [tolerance], [0.001_dp], 'the tolerance')
   end subroutine samples_are_recorded

   subroutine precision_is_changed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(document_t) :: document
      type(error_t), allocatable :: error
      integer, allocatable :: order(:)
      integer :: i
      integer(i8) :: place
      character(:), allocatable :: text
      call open_golden('rich.fkb', document, failure)
      if (allocated(failure)) return
      call document%set_precision(dtype_float64)
      call document%lay_out_values()
      call check_equal(failure, document%value_count(in_singles), 0_i8, 'the number of real32')
      call document%declared_tensors(order)
      place = 0
      do i = 1, size(order)
         associate (tensor => document%tensors(order(i)))
            if (buffer_of(tensor%dtype) /= in_doubles) cycle
            call check_equal(failure, tensor%offset, place, 'where a tensor stands')
            place = place + tensor%count
         end associate
      end do
      call check_equal(failure, document%value_count(in_doubles), place, 'the number of real64')
      deallocate (document%values%doubles)
      allocate (document%values%doubles(place), source=1.0_dp)
      call document_text(document, scratch, text, failure)
      if (allocated(failure)) return
      call check(failure, has(text, 'precision float64') .and. .not. has(text, 'float32'), text)
      call read_document(scratch, document, error)
      call check(failure,.not. allocated(error), 'the new file is refused')
   end subroutine precision_is_changed

end module test_document
