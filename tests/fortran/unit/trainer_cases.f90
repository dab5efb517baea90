!> Small networks with their losses and batches, for tests of training.
module trainer_cases
   use fkb_crossentropies_dp, only: categorical_crossentropy_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_losses_dp, only: mean_squared_error_t
   use fkb_network_dp, only: network_t
   use fkb_testing, only: check, fail, failure_t
   use fkb_trainer_dp, only: loss_box_t
   use fkb_views, only: view_dp_t
   implicit none (type, external)
   private
   public :: write_model, make, two_losses, make_batch, two_views, one_view, write_line_model, names

   character(1), parameter, public :: nl = achar(10)

contains

   !> Dense(4, tanh), a dropout, and two heads, Dense(3) and Dense(2); weights by a formula.
   subroutine write_model(path, precision, activation, options, compile, rate)
      character(*), intent(in) :: path
      character(*), intent(in) :: precision         !! `float32` or `float64`
      character(*), intent(in) :: activation        !! of the first head
      character(*), intent(in) :: options           !! lines of the first layer
      character(*), intent(in) :: compile           !! lines of the compile block, may be empty
      character(*), intent(in) :: rate              !! of the dropout
      character(:), allocatable :: p
      integer :: unit
      p = ' '//precision//' '
      open (newunit=unit, file=path, status='replace', action='write')
      write (unit, '(a)') 'fkb 1'//nl//'precision'//trim(p)//nl//'keras "3.15.1"'//nl// &
         'model "m" Functional'//nl//'  layer "x" InputLayer'//nl//'    batch_shape = [null,3]'// &
         nl//'    node [] {}'//nl//'  end'//nl//'  layer "hidden" Dense'//nl//'    units = 4'// &
         nl//'    activation = "tanh"'//nl//options//'    node [["x",0,0]] {}'//nl// &
         '    weight "kernel"'//p//'[3,4] trainable'//nl//'    weight "bias"'//p// &
         '[4] trainable'//nl//'  end'//nl//'  layer "rest" Dropout'//nl//'    rate = '//rate//nl// &
         '    node [["hidden",0,0]] {}'//nl//'  end'//nl// &
         '  layer "classes" Dense'//nl//'    units = 3'//nl// &
         '    activation = "'//activation//'"'//nl//'    node [["rest",0,0]] {}'//nl// &
         '    weight "kernel"'//p//'[4,3] trainable'//nl//'    weight "bias"'//p// &
         '[3] trainable'//nl//'  end'//nl//'  layer "values" Dense'//nl//'    units = 2'//nl// &
         '    node [["rest",0,0]] {}'//nl//'    weight "kernel"'//p//'[4,2] trainable'//nl// &
         '    weight "bias"'//p//'[2] trainable'//nl//'  end'//nl//'  inputs ["x",0,0]'//nl// &
         '  outputs [["classes",0,0],["values",0,0]]'//nl//'end'
      if (len(compile) > 0) write (unit, '(a)') 'compile'//nl//compile//'end'
      write (unit, '(a)') 'checksum none'
      call write_values(unit, 12)
      call write_values(unit, 4)
      call write_values(unit, 12)
      call write_values(unit, 3)
      call write_values(unit, 8)
      call write_values(unit, 2)
      write (unit, '(a)') 'end'
      close (unit)
   end subroutine write_model

   subroutine write_values(unit, n)
      integer, intent(in) :: unit, n
      integer :: i
      write (unit, '(a,i0,a)') 'values ', n, ' none'
      write (unit, '(*(f0.3,:," "))') [(0.6_dp*sin(1.7_dp*i + n), i=1, n)]
   end subroutine write_values

   !> The network, and losses for both heads.
   subroutine make(file, net, failure, activation, options, compile, rate)
      character(*), intent(in) :: file
      type(network_t), intent(inout) :: net
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in), optional :: activation, options, compile, rate
      type(error_t), allocatable :: error
      character(:), allocatable :: activation_now, options_now, compile_now, rate_now
      activation_now = 'softmax'
      options_now = ''
      compile_now = ''
      rate_now = '0.0'
      if (present(activation)) activation_now = activation
      if (present(options)) options_now = options
      if (present(compile)) compile_now = compile
      if (present(rate)) rate_now = rate
      call write_model(file, 'float64', activation_now, options_now, compile_now, rate_now)
      call net%load(file, error)
      if (allocated(error)) call fail(failure, error%message)
   end subroutine make

   !> Losses for both heads: cross-entropy and squared error.
   subroutine two_losses(boxes, from_logits)
      type(loss_box_t), allocatable, intent(out) :: boxes(:)
      logical, intent(in) :: from_logits
      allocate (boxes(2))
      allocate (boxes(1)%loss, source=categorical_crossentropy_t(from_logits=from_logits))
      allocate (boxes(2)%loss, source=mean_squared_error_t())
      boxes(1)%weight = 0.5_dp
      boxes(2)%weight = 2
   end subroutine two_losses

   !> Inputs and targets of a batch.
   subroutine make_batch(n, x, classes, values)
      integer, intent(in) :: n
      real(dp), allocatable, intent(out) :: x(:, :), classes(:, :), values(:, :)
      integer :: i, j
      allocate (x(3, n), classes(3, n), values(2, n))
      do j = 1, n
         x(:, j) = [(sin(1.3_dp*i*j), i=1, 3)]
         classes(:, j) = 0
         classes(1 + mod(j, 3), j) = 1
         values(:, j) = [x(1, j)*x(2, j), cos(2*x(3, j))]
      end do
   end subroutine make_batch

   !> Views of two arrays.
   function two_views(a, b) result(views)
      real(dp), intent(in), contiguous, target :: a(:, :), b(:, :)
      type(view_dp_t) :: views(2)
      views(1)%v => a
      views(2)%v => b
   end function two_views

   !> One view.
   function one_view(a) result(views)
      real(dp), intent(in), contiguous, target :: a(:, :)
      type(view_dp_t) :: views(1)
      views(1)%v => a
   end function one_view

   !> y = a x + b, one input, one output.
   subroutine write_line_model(file, compile)
      character(*), intent(in) :: file
      character(*), intent(in), optional :: compile       !! lines of the compile block
      character(:), allocatable :: block
      integer :: unit
      block = ''
      if (present(compile)) block = 'compile'//nl//compile//'end'//nl
      open (newunit=unit, file=file, status='replace', action='write')
      write (unit, '(a)') 'fkb 1'//nl//'precision float64'//nl//'keras "3.15.1"'//nl// &
         'model "line" Sequential'//nl//'  layer "x" InputLayer'//nl// &
         '    batch_shape = [null,1]'//nl//'    node [] {}'//nl//'  end'//nl// &
         '  layer "y" Dense'//nl//'    units = 1'//nl//'    node [["x",0,0]] {}'//nl// &
         '    weight "kernel" float64 [1,1] trainable'//nl// &
         '    weight "bias" float64 [1] trainable'//nl//'  end'//nl//'  inputs ["x",0,0]'//nl// &
         '  outputs ["y",0,0]'//nl//'end'//nl//block//'checksum none'//nl//'values 1 none'//nl// &
         '0.5'//nl//'values 1 none'//nl//'0.25'//nl//'end'
      close (unit)
   end subroutine write_line_model

   !> Check that there is an error whose message contains a word.
   subroutine names(error, word, failure)
      type(error_t), allocatable, intent(in) :: error
      character(*), intent(in) :: word
      type(failure_t), allocatable, intent(inout) :: failure
      call check(failure, allocated(error), 'no error where '//word//' is to be named')
      if (allocated(failure)) return
      call check(failure, index(error%message, word) > 0, word//' is not in: '//error%message)
   end subroutine names

end module trainer_cases
