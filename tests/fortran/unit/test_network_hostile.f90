!> Networks from damaged files, and networks that are misused: an error value or the same network,
!> never a crash, and what was loaded before still works.
module test_network_hostile
   use damaged_texts, only: change_bytes, drop_checksums, swap_words, whole_model
   use file_texts, only: lf, load_text, parse_text, replaced, store_text
   use fkb_document, only: document_t
   use fkb_dp, only: dp, error_t, i8, network_t, workspace_t
   use fkb_testing, only: check, check_equal, fail, failure_t, suite_t
   use fkb_text, only: decimal
   use model_files, only: write_lines
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'network_hostile'
      call suite%add('a file cut after any line leaves the network', cut_files)
      call suite%add('changed bytes are refused or mean nothing', changed_bytes)
      call suite%add('changed bytes without checksums do no harm', unchecked_bytes)
      call suite%add('changed words without checksums do no harm', unchecked_words)
      call suite%add('options that make no sense are refused', senseless_lines)
      call suite%add('nested models that call each other without end are refused', many_calls)
   end subroutine collect

   !> A network loaded from the whole model and what it predicts.
   subroutine load_whole(path, net, y, failure)
      character(*), intent(in) :: path
      type(network_t), intent(inout) :: net
      real(dp), intent(out) :: y(2, 5)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      call whole_model(path)
      call net%load(path, error)
      if (.not. allocated(error)) call net%save(path, error)     ! now with checksums
      if (.not. allocated(error)) call net%load(path, error)
      call expect_none(failure, error)
      if (.not. allocated(failure)) call answer(net, y, failure)
   end subroutine load_whole

   subroutine answer(net, y, failure)
      type(network_t), intent(in) :: net
      real(dp), intent(out) :: y(2, 5)
      type(failure_t), allocatable, intent(inout) :: failure
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(4, 5)
      integer :: i
      x = reshape([(sin(0.7_dp*i), i=1, 20)], [4, 5])
      y = 0
      call net%predict(x, y, work, error)
      call expect_none(failure, error)
   end subroutine answer

   !> Load a damaged text. A refused one leaves `net`; one that is read is the same network.
   subroutine try_text(net, text, y, failure, refused)
      type(network_t), intent(inout) :: net
      character(*), intent(in) :: text
      real(dp), intent(in) :: y(2, 5)
      type(failure_t), allocatable, intent(inout) :: failure
      integer, intent(inout) :: refused
      type(document_t) :: document
      type(error_t), allocatable :: error
      real(dp) :: again(2, 5)
      call parse_text(text, document, error)
      if (.not. allocated(error)) call net%load_document(document, error)
      if (allocated(error)) refused = refused + 1
      call answer(net, again, failure)
      call check_equal(failure, again, y, 'the answer after a damaged file')
   end subroutine try_text

   subroutine cut_files(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      character(:), allocatable :: text
      real(dp) :: y(2, 5)
      integer :: cut, lines, refused
      call load_whole('hostile_cut.fkb', net, y, failure)
      if (allocated(failure)) return
      call load_text('hostile_cut.fkb', text, failure)
      lines = 0
      refused = 0
      cut = 0
      do while (cut < len(text))
         call try_text(net, text(:cut), y, failure, refused)
         lines = lines + 1
         cut = cut + index(text(cut + 1:), lf)
         if (allocated(failure)) exit
      end do
      call check_equal(failure, refused, lines, 'refused files')
      call check(failure, lines > 80, 'the model is too small')
      call net%clear()
   end subroutine cut_files

   subroutine changed_bytes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      character(:), allocatable :: text, damaged
      real(dp) :: y(2, 5)
      integer(i8) :: seed
      integer :: refused, trial
      call load_whole('hostile_bytes.fkb', net, y, failure)
      if (allocated(failure)) return
      call load_text('hostile_bytes.fkb', text, failure)
      seed = 11
      refused = 0
      do trial = 1, trials(3000)
         damaged = text
         call change_bytes(damaged, seed)
         call try_text(net, damaged, y, failure, refused)
         if (allocated(failure)) exit
      end do
      if (allocated(failure)) failure%message = 'trial '//decimal(trial)//': '//failure%message
      call check(failure, refused > trials(3000)*9/10, decimal(refused)//' are refused')
      call net%clear()
   end subroutine changed_bytes

   subroutine unchecked_bytes(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call try_unchecked(failure, .false.)
   end subroutine unchecked_bytes

   subroutine unchecked_words(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call try_unchecked(failure, .true.)
   end subroutine unchecked_words

   !> Whatever is read can be run (unless it is huge), saved and read again.
   subroutine try_unchecked(failure, words)
      type(failure_t), allocatable, intent(inout) :: failure
      logical, intent(in) :: words
      type(network_t) :: net, first
      character(:), allocatable :: text, damaged
      real(dp) :: y(2, 5), again(2, 5)
      integer(i8) :: seed
      integer :: loaded, trial
      call load_whole('hostile_none.fkb', net, y, failure)
      if (allocated(failure)) return
      call load_text('hostile_none.fkb', text, failure)
      call drop_checksums(text)
      call first%copy(net)
      seed = 12
      loaded = 0
      do trial = 1, trials(3000)
         damaged = text
         if (words) then
            call swap_words(damaged, seed)
         else
            call change_bytes(damaged, seed)
         end if
         call try_any(net, damaged, loaded, failure)
         if (allocated(failure)) exit
      end do
      if (allocated(failure)) failure%message = 'trial '//decimal(trial)//': '//failure%message
      call check(failure, loaded > 0, 'nothing was read')
      call answer(first, again, failure)
      call check_equal(failure, again, y, 'another network')
      call net%clear()
      call first%clear()
   end subroutine try_unchecked

   subroutine try_any(net, text, loaded, failure)
      type(network_t), intent(inout) :: net
      character(*), intent(in) :: text
      integer, intent(inout) :: loaded
      type(failure_t), allocatable, intent(inout) :: failure
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp), allocatable :: x(:, :), y(:, :)
      real(dp) :: worst
      type(document_t) :: document
      call parse_text(text, document, error)
      if (.not. allocated(error)) call net%load_document(document, error)
      if (allocated(error)) then
         call check(failure, len(error%message) >= 10, 'the message is "'//error%message//'"')
         return
      end if
      loaded = loaded + 1
      call check(failure, size(net%inputs) == 1 .and. size(net%outputs) == 1, 'other ends')
      if (net%input_features(1) > 1000 .or. net%output_features(1) > 1000) return
      allocate (x(net%input_features(1), 20), y(net%output_features(1), 20), source=0.5_dp)
      call net%predict(x, y, work, error)
      call net%check_samples(work, error, worst)
      call net%save('hostile_saved.fkb', error)
      if (.not. allocated(error)) call net%load('hostile_saved.fkb', error)
      if (allocated(error)) call fail(failure, 'what was read cannot be saved: '//error%message)
   end subroutine try_any

   !> A line of the model replaced by another that must be refused.
   subroutine senseless_lines(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: shape = 'batch_shape = [null,4]'
      character(*), parameter :: kernel = 'weight "kernel" float64 [3,2] trainable'
      call refuse('units = 2', 'units = 0', 'units', failure)
      call refuse('units = 2', 'units = -1', 'units', failure)
      call refuse('units = 2', 'units = 2147483648', 'units', failure)
      call refuse('units = 2', 'units = 1e99', 'units', failure)
      call refuse('units = 2', 'units = 2.5', 'units', failure)
      call refuse('units = 2', 'units = "2"', 'units', failure)
      call refuse('units = 2', 'units = null', 'units', failure)
      call refuse('units = 2', 'units = 2147483647', 'kernel', failure)
      call refuse('units = 2', 'unit = 2', 'unit', failure)
      call refuse(shape, 'batch_shape = []', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = [null]', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = null', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = [null,0]', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = [null,-4]', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = [null,"4"]', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = [null,4.5]', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = [null,[4]]', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = [null,99999999999]', 'batch_shape', failure)
      call refuse(shape, 'batch_shape = [null,2147483647,4]', 'too large', failure)
      call refuse(shape, 'batch_shape = [null,65536,65536,65536,65536]', 'too large', failure)
      call refuse(shape, 'batch_shape = [null,1,1,1,1,1,1,1,1,4]', 'batch_shape', failure)
      call refuse(shape, shape//lf//'weight "kernel" float64 [1] fixed', '', failure)
      call refuse('node [["drop",0,0]] {}', 'node [] {}', 'input', failure)
      call refuse('node [["drop",0,0]] {}', 'node [["drop",0,0],["drop",0,0]] {}', '', failure)
      call refuse('node [["drop",0,0]] {}', 'node [["drop",0,1]] {}', 'output 1', failure)
      call refuse('node [["drop",0,0]] {}', 'node [["drop",1,0]] {}', '', failure)
      call refuse('node [["drop",0,0]] {}', 'node [["in",0,0]] {}', '', failure)
      call refuse('node [["drop",0,0]] {}', 'node [["out",0,0]] {}', '', failure)
      call refuse('node [["drop",0,0]] {}', 'node [["drop",0,0],3] {}', 'constants', failure)
      call refuse('node [["drop",0,0]] {}', 'node [["drop",0,0]] {"mask":["in",0,0]}', &
         'expected 1 input', failure)
      call refuse('node [["drop",0,0]] {}', 'node [["drop",0,0]] {"depth":3}', 'depth', failure)
      call refuse('inputs ["in",0,0]', 'inputs []', '', failure)
      call refuse('inputs ["in",0,0]', 'inputs [["in",0,0],["in",0,0]]', '', failure)
      call refuse('inputs ["in",0,0]', 'inputs ["drop",0,0]', '', failure)
      call refuse('inputs ["x",0,0]', 'inputs [["x",0,0],["x",0,0]]', '', failure)
      call refuse('outputs ["out",0,0]', 'outputs []', '', failure)
      call refuse('outputs ["out",0,0]', 'outputs ["drop",0,0]', 'takes no part', failure)
      call refuse('outputs ["norm",0,0]', 'outputs []', '', failure)
      call refuse(kernel, 'weight "kernel" float64 [2,3] trainable', 'shape', failure)
      call refuse(kernel, 'weight "kernel" float64 [6] trainable', 'shape', failure)
      call refuse(kernel, 'weight "kernel" float64 [3,2] fixed', 'role', failure)
      call refuse(kernel, 'weight "bias" float64 [3,2] trainable', 'stands where', failure)
      call refuse(kernel, kernel//lf//'weight "more" float64 [4] trainable', '', failure)
      call refuse('rate = 0.5', 'rate = 1.5', 'rate', failure)
      call refuse('rate = 0.5', 'rate = -0.5', 'rate', failure)
      call refuse('axis = -1', 'axis = 7', 'axis', failure)
      call refuse('axis = -1', 'axis = 0', 'axis', failure)
      call refuse('epsilon = 0.001', 'epsilon = "a"', 'epsilon', failure)
      call refuse('activation = "elu"', 'activation = "nobody"', 'nobody', failure)
      call refuse('step subtract float64 [4]', 'step subtract float64 [2,2]', '', failure)
      call refuse('step divide 2', 'step divide 0', '', failure)
   end subroutine senseless_lines

   subroutine refuse(old, new, part, failure)
      character(*), intent(in) :: old, new               !! lines of the model
      character(*), intent(in) :: part                   !! of the message
      type(failure_t), allocatable, intent(inout) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      character(:), allocatable :: text
      if (allocated(failure)) return
      call whole_model('hostile_line.fkb')
      call load_text('hostile_line.fkb', text, failure)
      call check(failure, index(text, lf//old//lf) > 0, 'no line '//old)
      call store_text('hostile_line.fkb', replaced(text, lf//old//lf, lf//new//lf))
      call net%load('hostile_line.fkb', error)
      if (.not. allocated(error)) then
         call fail(failure, 'not refused: '//new)
      else
         call check(failure, index(error%message, part) > 0, new//' gives: '//error%message)
      end if
      call check(failure, .not. net%loaded(), 'something was loaded')
   end subroutine refuse

   !> Each model calls the next one twice: 2**50 calls in a small file.
   subroutine many_calls(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      character(:), allocatable :: text, name
      integer :: level
      text = 'fkb 1'//lf//'precision float32'//lf//'keras "3.15.1"'//lf//'model "m" Functional'//lf
      do level = 1, 50
         name = '"n'//decimal(level)//'"'
         text = text//'layer "x" InputLayer'//lf//'batch_shape = [null,1]'//lf//'node [] {}'//lf// &
            'end'//lf//'layer '//name//' Functional'//lf//'node [["x",0,0]] {}'//lf//'node [['// &
            name//',0,0]] {}'//lf
      end do
      text = text//'layer "x" InputLayer'//lf//'batch_shape = [null,1]'//lf//'node [] {}'//lf// &
         'end'//lf//'inputs ["x",0,0]'//lf//'outputs ["x",0,0]'//lf//'end'//lf
      do level = 50, 1, -1
         text = text//'inputs ["x",0,0]'//lf//'outputs ["n'//decimal(level)//'",1,0]'//lf// &
            'end'//lf
      end do
      text = text//'checksum none'//lf//'end'//lf
      call store_text('hostile_calls.fkb', text)
      call net%load('hostile_calls.fkb', error)
      call check(failure, allocated(error), 'loaded')
      if (.not. allocated(error)) return
      call check(failure, index(error%message, 'too many calls') > 0, error%message)
   end subroutine many_calls

   !> Ten times as many where FKB_TEST_LONG is set.
   integer function trials(usual)
      integer, intent(in) :: usual
      integer :: length
      call get_environment_variable('FKB_TEST_LONG', length=length)
      trials = usual
      if (length > 0) trials = 10*usual
   end function trials

   !> Fail with the error's message where there is one.
   subroutine expect_none(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) call fail(failure, error%message)
   end subroutine expect_none

end module test_network_hostile
