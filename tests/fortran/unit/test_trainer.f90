!> Training: gradients, blocks and threads, steps, several epochs, saving and going on.
module test_trainer
   use fkb_adam_dp, only: adam_t
   use fkb_crossentropies_dp, only: categorical_crossentropy_t, sparse_categorical_crossentropy_t
   use fkb_error, only: error_t, fkb_err_numeric
   use fkb_kinds, only: dp, i8, sp
   use fkb_losses_dp, only: mean_absolute_error_t, mean_squared_error_t
   use fkb_network_dp, only: network_t, workspace_t
   use fkb_network_sp, only: network_sp => network_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: loss_box_t, trainer_t
   use fkb_trainer_sp, only: trainer_sp => trainer_t
   use fkb_views, only: view_dp_t
!$ use omp_lib, only: omp_get_max_threads, omp_set_num_threads
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_trainer.fkb', other_file = 'test_trainer_other.fkb'
   character(1), parameter :: nl = achar(10)

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'trainer'
      call suite%add('the gradient is that of differences', gradient_is_right)
      call suite%add('weights and penalties are in the gradient', weighted_gradient_is_right)
      call suite%add('the gradient of a batch is the mean over its parts', parts_make_the_whole)
      call suite%add('any number of threads gives the same bits', threads_are_neutral)
      call suite%add('real32 and real64 arrays train either kind', kinds_mix)
      call suite%add('a sample alone is a batch of one', single_is_a_batch)
      call suite%add('outputs add up with their weights', outputs_add_up)
      call suite%add('an output without a loss takes no part', output_without_loss)
      call suite%add('a softmax before a cross-entropy is taken for its logits', logits_are_used)
      call suite%add('a step from outside is a step', outside_gradient_is_a_step)
      call suite%add('frozen layers stay and thaw', frozen_layers_stay)
      call suite%add('what is not finite changes nothing', not_finite_changes_nothing)
      call suite%add('wrong arrays are refused with a sentence', wrong_arrays_are_refused)
      call suite%add('epochs in order are single steps', epochs_are_steps)
      call suite%add('shuffled epochs see every sample once', shuffled_epochs_see_all)
      call suite%add('saving and loading goes on with the same bits', saved_training_goes_on)
      call suite%add('a missing compile configuration is named', missing_compile_is_named)
      call suite%add('a configuration with blanks is the one without', blanks_do_not_matter)
      call suite%add('a state of another optimizer is refused', other_state_is_refused)
   end subroutine collect

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
   subroutine make(net, failure, activation, options, compile, rate)
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

   subroutine gradient_is_right(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call compare_with_differences('', .false., failure)
   end subroutine gradient_is_right

   subroutine weighted_gradient_is_right(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call compare_with_differences('    kernel_regularizer = {"module":"keras.regularizers",'// &
         '"class_name":"L1L2","config":{"l1":0.02,"l2":0.3},"registered_name":null}'//nl// &
         '    activity_regularizer = {"module":"keras.regularizers",'// &
         '"class_name":"L2","config":{"l2":0.1},"registered_name":null}'//nl, .true., failure)
   end subroutine weighted_gradient_is_right

   !> Compare the gradient with central differences of the loss.
   subroutine compare_with_differences(options, weighted, failure)
      character(*), intent(in) :: options
      logical, intent(in) :: weighted
      type(failure_t), allocatable, intent(inout) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(error_t), allocatable :: error
      type(view_dp_t), allocatable :: weights(:)
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: grad(:), quotient(:), unused(:)
      real(dp), target :: weight(1, 5)
      real(dp) :: above, below, loss, kept
      real(dp), parameter :: step = 1e-5_dp
      integer :: i
      call make(net, failure, options=options)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      call trainer%init(net, boxes, sgd_t(), error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call make_batch(5, x, classes, values)
      weight(1, :) = [1.0_dp, 0.5_dp, 2.0_dp, 0.0_dp, 1.5_dp]
      if (weighted) allocate (weights, source=one_view(weight))
      allocate (grad, quotient, unused, mold=net%params)
      call trainer%gradient(one_view(x), two_views(classes, values), loss, grad, error, weights)
      if (allocated(error)) call fail(failure, error%message)
      do i = 1, size(grad)
         kept = net%params(i)
         net%params(i) = kept + step
         call trainer%gradient(one_view(x), two_views(classes, values), above, unused, error, &
                               weights)
         net%params(i) = kept - step
         call trainer%gradient(one_view(x), two_views(classes, values), below, unused, error, &
                               weights)
         net%params(i) = kept
         quotient(i) = (above - below)/(2*step)
      end do
      call check(failure, loss > 0.1_dp, 'the loss is too small to show anything')
      call check_close(failure, grad, quotient, 1e-9_dp, 'the gradient')
      call trainer%clear()
      call net%clear()
   end subroutine compare_with_differences

   subroutine parts_make_the_whole(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: whole(:), part(:), total(:)
      real(dp) :: loss, sum_loss, part_loss
      integer :: first, last
      integer, parameter :: n = 2000
      call make(net, failure)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      call trainer%init(net, boxes, sgd_t(), error)
      call make_batch(n, x, classes, values)
      allocate (whole, part, total, mold=net%params)
      call trainer%gradient(one_view(x), two_views(classes, values), loss, whole, error)
      if (allocated(error)) call fail(failure, error%message)
      total = 0
      sum_loss = 0
      do first = 1, n, 170
         last = min(n, first + 169)
         call trainer%gradient(one_view(x(:, first:last)), &
            two_views(classes(:, first:last), values(:, first:last)), part_loss, part, error)
         total = total + part*(last - first + 1)/n
         sum_loss = sum_loss + part_loss*(last - first + 1)/n
      end do
      call check_close(failure, whole, total, 1e-13_dp, 'the gradient')
      call check_close(failure, loss, sum_loss, 1e-13_dp, 'the loss')
      call trainer%clear()
      call net%clear()
   end subroutine parts_make_the_whole

   subroutine threads_are_neutral(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: serial(:), parallel(:)
      real(dp) :: serial_loss, parallel_loss
      integer :: before, threads
      call make(net, failure, rate='0.3')
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      call trainer%init(net, boxes, sgd_t(), error, seed=7)
      call make_batch(6000, x, classes, values)
      allocate (serial, parallel, mold=net%params)
      before = 1
!$    before = omp_get_max_threads()
!$    call omp_set_num_threads(1)
      call trainer%gradient(one_view(x), two_views(classes, values), serial_loss, serial, error)
      do threads = 2, 7
!$       call omp_set_num_threads(threads)
         call trainer%gradient(one_view(x), two_views(classes, values), parallel_loss, parallel, &
                               error)
         call check_equal(failure, parallel, serial, 'the gradient')
         call check_equal(failure, [parallel_loss], [serial_loss], 'the loss')
      end do
!$    call omp_set_num_threads(before)
      call check(failure, maxval(abs(serial)) > 1e-3_dp, 'there is no gradient')
      call trainer%clear()
      call net%clear()
   end subroutine threads_are_neutral

   subroutine kinds_mix(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(network_sp), target :: net_sp
      type(trainer_t), target :: trainer, trainer_narrow
      type(trainer_sp), target :: single, single_narrow
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp) :: loss
      real(sp), allocatable :: narrow(:, :)
      real(sp) :: loss_sp
      integer :: k
      call write_model(file, 'float32', 'linear', '', &
         '  loss = ["mse","mae"]'//nl//'  optimizer = "adam"'//nl, '0.0')
      call make_batch(8, x, classes, values)
      narrow = real(x, sp)
      x = real(narrow, dp)
      narrow = real(values, sp)
      values = real(narrow, dp)
      call net%load(file, error)
      if (.not. allocated(error)) call net_sp%load(file, error)
      if (.not. allocated(error)) call trainer%init_from_file(net, error)
      if (.not. allocated(error)) call trainer_narrow%init_from_file(net, error)
      if (.not. allocated(error)) call single%init_from_file(net_sp, error)
      if (.not. allocated(error)) call single_narrow%init_from_file(net_sp, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      do k = 1, 3
         block
            real(dp) :: loss_narrow, grad(size(net%params)), grad_narrow(size(net%params))
            real(sp) :: single_grad(size(net%params)), single_grad_narrow(size(net%params))
            real(sp), allocatable, target :: x_sp(:, :), classes_sp(:, :), values_sp(:, :)
            real(sp) :: narrow_sp
            x_sp = real(x, sp)
            classes_sp = real(classes, sp)
            values_sp = real(values, sp)
            call trainer%gradient(one_view(x), two_views(classes, values), loss, grad, error)
            call trainer_narrow%gradient(one_sp(x_sp), two_sp(classes_sp, values_sp), narrow_sp, &
                                         grad_narrow, error)
            if (allocated(error)) call fail(failure, error%message)
            call check_equal(failure, grad_narrow, grad, 'real64 network, real32 arrays')
            call single%gradient(one_view(x), two_views(classes, values), loss_narrow, &
                                 single_grad, error)
            call single_narrow%gradient(one_sp(x_sp), two_sp(classes_sp, values_sp), loss_sp, &
                                        single_grad_narrow, error)
            if (allocated(error)) call fail(failure, error%message)
            call check_equal(failure, single_grad_narrow, single_grad, 'real32 network')
            call check_close(failure, real(single_grad, dp), grad, 1e-5_dp, 'both kinds')
            call trainer%apply(grad, error)
            call single%apply(single_grad, error)
            if (allocated(error)) call fail(failure, error%message)
         end block
      end do
      call check_close(failure, real(net_sp%params, dp), net%params, 1e-5_dp, 'the weights')
   end subroutine kinds_mix

   function one_sp(a) result(views)
      use fkb_views, only: view_sp_t
      real(sp), intent(in), contiguous, target :: a(:, :)
      type(view_sp_t) :: views(1)
      views(1)%v => a
   end function one_sp

   function two_sp(a, b) result(views)
      use fkb_views, only: view_sp_t
      real(sp), intent(in), contiguous, target :: a(:, :), b(:, :)
      type(view_sp_t) :: views(2)
      views(1)%v => a
      views(2)%v => b
   end function two_sp

   subroutine single_is_a_batch(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(error_t), allocatable :: error
      real(dp) :: loss, loss_twin, x(1), y(1)
      integer :: k
      call write_line_model()
      call net%load(file, error)
      if (.not. allocated(error)) call twin%load(file, error)
      if (.not. allocated(error)) then
         call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      end if
      if (.not. allocated(error)) call other%init(twin, mean_squared_error_t(), adam_t(), error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      do k = 1, 5
         x = 0.3_dp*k
         y = cos(x)
         call trainer%step(x, y, loss, error)
         call other%step(reshape(x, [1, 1]), reshape(y, [1, 1]), loss_twin, error)
         call check_equal(failure, [loss], [loss_twin], 'the loss')
      end do
      call check_equal(failure, net%params, twin%params, 'the weights')
   end subroutine single_is_a_batch

   !> y = a x + b, one input, one output.
   subroutine write_line_model()
      integer :: unit
      open (newunit=unit, file=file, status='replace', action='write')
      write (unit, '(a)') 'fkb 1'//nl//'precision float64'//nl//'keras "3.15.1"'//nl// &
         'model "line" Sequential'//nl//'  layer "x" InputLayer'//nl// &
         '    batch_shape = [null,1]'//nl//'    node [] {}'//nl//'  end'//nl// &
         '  layer "y" Dense'//nl//'    units = 1'//nl//'    node [["x",0,0]] {}'//nl// &
         '    weight "kernel" float64 [1,1] trainable'//nl// &
         '    weight "bias" float64 [1] trainable'//nl//'  end'//nl//'  inputs ["x",0,0]'//nl// &
         '  outputs ["y",0,0]'//nl//'end'//nl//'checksum none'//nl//'values 1 none'//nl//'0.5'// &
         nl//'values 1 none'//nl//'0.25'//nl//'end'
      close (unit)
   end subroutine write_line_model

   subroutine outputs_add_up(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: both, first, second
      type(loss_box_t), allocatable :: boxes(:), one(:), two(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: g(:), g1(:), g2(:)
      real(dp) :: loss, loss1, loss2
      call make(net, failure)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      call two_losses(one, .false.)
      call two_losses(two, .false.)
      one(1)%weight = 1
      two(2)%weight = 1
      deallocate (one(2)%loss, two(1)%loss)
      call both%init(net, boxes, sgd_t(), error)
      call first%init(net, one, sgd_t(), error)
      call second%init(net, two, sgd_t(), error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call make_batch(7, x, classes, values)
      allocate (g, g1, g2, mold=net%params)
      call both%gradient(one_view(x), two_views(classes, values), loss, g, error)
      call first%gradient(one_view(x), two_views(classes, values), loss1, g1, error)
      call second%gradient(one_view(x), two_views(classes, values), loss2, g2, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, loss, 0.5_dp*loss1 + 2*loss2, 1e-14_dp, 'the loss')
      call check_close(failure, g, 0.5_dp*g1 + 2*g2, 1e-13_dp, 'the gradient')
   end subroutine outputs_add_up

   subroutine output_without_loss(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: g(:)
      real(dp), target :: nothing(0, 0)
      real(dp) :: loss, zeros(15)
      call make(net, failure)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      deallocate (boxes(1)%loss)
      zeros = 0
      call trainer%init(net, boxes, sgd_t(), error)
      call make_batch(7, x, classes, values)
      allocate (g, mold=net%params)
      call trainer%gradient(one_view(x), two_views(nothing, values), loss, g, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check_equal(failure, g(17:31), zeros, 'the head without a loss')
      call check(failure, maxval(abs(g(32:41))) > 0, 'the other head has no gradient')
   end subroutine output_without_loss

   subroutine logits_are_used(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, plain
      type(trainer_t), target :: trainer, reference
      type(loss_box_t), allocatable :: boxes(:), from_logits(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: g(:), expected(:)
      real(dp) :: loss, expected_loss
      call two_losses(boxes, .false.)
      call two_losses(from_logits, .true.)
      call make(net, failure, activation='softmax')
      call make(plain, failure, activation='linear')
      if (allocated(failure)) return
      ! Logits that no clipped probability can stand for.
      net%params(17:31) = 300*net%params(17:31)
      plain%params = net%params
      call trainer%init(net, boxes, sgd_t(), error)
      call reference%init(plain, from_logits, sgd_t(), error)
      if (allocated(error)) call fail(failure, error%message)
      call make_batch(6, x, classes, values)
      allocate (g, expected, mold=net%params)
      call trainer%gradient(one_view(x), two_views(classes, values), loss, g, error)
      call reference%gradient(one_view(x), two_views(classes, values), expected_loss, expected, &
                              error)
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, expected_loss > 17, 'the loss is too small to show anything')
      call check_equal(failure, [loss], [expected_loss], 'the loss')
      call check_equal(failure, g, expected, 'the gradient')
   end subroutine logits_are_used

   subroutine outside_gradient_is_a_step(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(loss_box_t), allocatable :: boxes(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: g(:)
      real(dp) :: loss
      integer :: k
      call make(net, failure)
      call make(twin, failure)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      call trainer%init(net, boxes, adam_t(global_clipnorm=0.1_dp), error)
      call other%init(twin, boxes, adam_t(global_clipnorm=0.1_dp), error)
      call make_batch(4, x, classes, values)
      allocate (g, mold=net%params)
      do k = 1, 3
         call trainer%step(one_view(x), two_views(classes, values), loss, error)
         call other%gradient(one_view(x), two_views(classes, values), loss, g, error)
         call other%apply(g, error)
         if (allocated(error)) call fail(failure, error%message)
      end do
      call check_equal(failure, twin%params, net%params, 'the weights')
      call check_equal(failure, other%state%iteration, 3_i8, 'the iteration')
      call other%apply(g(:3), error)
      call check(failure, allocated(error), 'a gradient that is too short is taken')
      g(5) = huge(loss)
      g(5) = 2*g(5)
      call other%apply(g, error)
      call check(failure, allocated(error), 'an infinite gradient is taken')
      call check_equal(failure, twin%params, net%params, 'the weights')
   end subroutine outside_gradient_is_a_step

   subroutine frozen_layers_stay(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: before(:)
      real(dp) :: loss
      call make(net, failure)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      call trainer%init(net, boxes, adam_t(), error)
      call make_batch(4, x, classes, values)
      before = net%params
      call net%set_trainable('hidden', .false., error)
      call trainer%step(one_view(x), two_views(classes, values), loss, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, net%params(:16), before(:16), 'frozen weights')
      call check(failure, all(abs(net%params(17:) - before(17:)) > 0), 'the heads did not move')
      call net%set_trainable('hidden', .true., error)
      call trainer%step(one_view(x), two_views(classes, values), loss, error)
      call check(failure, all(abs(net%params(:16) - before(:16)) > 0), 'the layer did not thaw')
   end subroutine frozen_layers_stay

   subroutine not_finite_changes_nothing(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: before(:)
      real(dp) :: loss, zero
      call make(net, failure)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      call trainer%init(net, boxes, adam_t(), error)
      call make_batch(4, x, classes, values)
      call trainer%step(one_view(x), two_views(classes, values), loss, error)
      before = net%params
      zero = 0
      values(1, 3) = zero/zero
      call trainer%step(one_view(x), two_views(classes, values), loss, error)
      call check(failure, allocated(error), 'a NaN trains')
      if (allocated(failure)) return
      call check_equal(failure, error%code, fkb_err_numeric, 'the code')
      call check_equal(failure, net%params, before, 'the weights')
      call check_equal(failure, trainer%state%iteration, 1_i8, 'the iteration')
      values(1, 3) = 1
      call trainer%step(one_view(x), two_views(classes, values), loss, error)
      call check(failure, .not. allocated(error), 'the trainer does not go on')
   end subroutine not_finite_changes_nothing

   subroutine wrong_arrays_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :), labels(:, :)
      real(dp), allocatable, target :: narrow(:, :), weight(:, :)
      real(dp), allocatable :: before(:)
      real(dp) :: loss
      call make(net, failure)
      if (allocated(failure)) return
      call make_batch(4, x, classes, values)
      call trainer%step(x, classes, loss, error)
      call names(error, 'init', failure)
      call two_losses(boxes, .false.)
      call trainer%init(net, boxes(:1), sgd_t(), error)
      call names(error, '2 outputs, 1 losses', failure)
      deallocate (boxes(1)%loss)
      allocate (boxes(1)%loss, source=sparse_categorical_crossentropy_t())
      call trainer%init(net, boxes, sgd_t(), error)
      before = net%params
      call trainer%step(x, classes, loss, error)
      call names(error, '2 outputs', failure)
      allocate (labels(1, 4), source=0.0_dp)
      narrow = x(:2, :)
      weight = labels(:, :2)
      call trainer%step(one_view(x(:, :3)), two_views(labels, values), loss, error)
      call names(error, 'different numbers', failure)
      call trainer%step(one_view(narrow), two_views(labels, values), loss, error)
      call names(error, 'input 1 takes 3 values', failure)
      call trainer%step(one_view(x), two_views(classes, values), loss, error)
      call names(error, 'output 1: a target has 1 values', failure)
      labels(1, 2) = 3
      call trainer%step(one_view(x), two_views(labels, values), loss, error)
      call names(error, 'between 0 and 2', failure)
      labels = 0
      call trainer%step(one_view(x), two_views(labels, values), loss, error, &
                        one_view(weight))
      call names(error, 'sample weights', failure)
      call check_equal(failure, net%params, before, 'the weights')
   end subroutine wrong_arrays_are_refused

   !> Check that there is an error whose message contains a word.
   subroutine names(error, word, failure)
      type(error_t), allocatable, intent(in) :: error
      character(*), intent(in) :: word
      type(failure_t), allocatable, intent(inout) :: failure
      call check(failure, allocated(error), 'no error where '//word//' is to be named')
      if (allocated(failure)) return
      call check(failure, index(error%message, word) > 0, word//' is not in: '//error%message)
   end subroutine names

   subroutine epochs_are_steps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(error_t), allocatable :: error
      real(dp) :: x(1, 10), y(1, 10), w(10), loss, history(2), mean
      integer :: epoch, first, last, k
      call write_line_model()
      call net%load(file, error)
      call twin%load(file, error)
      call trainer%init(net, mean_absolute_error_t(), sgd_t(momentum=0.9_dp), error)
      call other%init(twin, mean_absolute_error_t(), sgd_t(momentum=0.9_dp), error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      x(1, :) = [(0.1_dp*k, k=1, 10)]
      y = x**2
      w = 1 + x(1, :)
      call trainer%fit(x, y, 2, 4, error, sample_weight=w, shuffle=.false., history=history)
      if (allocated(error)) call fail(failure, error%message)
      do epoch = 1, 2
         mean = 0
         do first = 1, 10, 4
            last = min(10, first + 3)
            call other%step(x(:, first:last), y(:, first:last), loss, error, w(first:last))
            mean = mean + loss*(last - first + 1)/10
         end do
         call check_close(failure, history(epoch), mean, 1e-15_dp, 'the history')
      end do
      call check_equal(failure, net%params, twin%params, 'the weights')
      call trainer%fit(x, y(:, :9), 1, 4, error)
      call names(error, '10 and 9 samples', failure)
      call trainer%fit(x, y, 1, 0, error)
      call names(error, '0 samples', failure)
   end subroutine epochs_are_steps

   subroutine shuffled_epochs_see_all(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin, third
      type(trainer_t), target :: trainer
      type(error_t), allocatable :: error
      real(dp) :: x(1, 10), y(1, 10), ordered(1)
      integer :: k
      call write_line_model()
      call net%load(file, error)
      call twin%load(file, error)
      call third%load(file, error)
      x(1, :) = [(0.1_dp*k, k=1, 10)]
      y = x**2
      ! Without a change of the weights, the mean loss of an epoch tells which samples it saw.
      call trainer%init(net, mean_squared_error_t(), sgd_t(learning_rate=0.0_dp), error)
      call trainer%fit(x, y, 1, 3, error, shuffle=.false., history=ordered)
      block
         real(dp) :: shuffled(3)
         call trainer%fit(x, y, 3, 3, error, shuffle=.true., history=shuffled)
         call check_close(failure, shuffled, [ordered, ordered, ordered], 1e-14_dp, 'the loss')
      end block
      call trainer%init(net, mean_squared_error_t(), sgd_t(), error)
      call trainer%fit(x, y, 2, 3, error, seed=5)
      call trainer%init(twin, mean_squared_error_t(), sgd_t(), error)
      call trainer%fit(x, y, 2, 3, error, seed=5)
      call trainer%init(third, mean_squared_error_t(), sgd_t(), error)
      call trainer%fit(x, y, 2, 3, error, seed=6)
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, twin%params, net%params, 'the weights with the same seed')
      call check(failure, any(abs(third%params - net%params) > 1e-9_dp), 'seeds do not matter')
   end subroutine shuffled_epochs_see_all

   subroutine saved_training_goes_on(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call goes_on('{"class_name":"Adam","config":{"learning_rate":0.01,"amsgrad":true}}', failure)
      call goes_on('{"class_name":"SGD","config":{"learning_rate":0.01,"momentum":0.9}}', failure)
      call goes_on('"sgd"', failure)
   end subroutine saved_training_goes_on

   subroutine goes_on(optimizer, failure)
      character(*), intent(in) :: optimizer
      type(failure_t), allocatable, intent(inout) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp) :: loss, other_loss
      integer :: k
      call make(net, failure, compile='  optimizer = '//optimizer//nl// &
         '  loss = {"values":"mse","classes":{"class_name":"CategoricalCrossentropy",'// &
         '"config":{}}}'//nl//'  loss_weights = {"classes":0.25,"values":1}'//nl)
      if (allocated(failure)) return
      call make_batch(6, x, classes, values)
      call trainer%init_from_file(net, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      do k = 1, 3
         call trainer%step(one_view(x), two_views(classes, values), loss, error)
      end do
      trainer%optimizer%learning_rate = 0.02_dp
      call trainer%save(other_file, error)
      if (.not. allocated(error)) call twin%load(other_file, error)
      if (.not. allocated(error)) call other%init_from_file(twin, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      do k = 1, 3
         call trainer%step(one_view(x), two_views(classes, values), loss, error)
         call other%step(one_view(x), two_views(classes, values), other_loss, error)
         call check_equal(failure, [other_loss], [loss], 'the loss')
      end do
      call check_equal(failure, twin%params, net%params, 'the weights')
      call check_equal(failure, other%state%slots, trainer%state%slots, 'the state')
      call check_equal(failure, other%state%iteration, 6_i8, 'the iteration')
   end subroutine goes_on

   subroutine missing_compile_is_named(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(error_t), allocatable :: error
      call make(net, failure)
      if (allocated(failure)) return
      call trainer%init_from_file(net, error)
      call names(error, 'a loss', failure)
      call trainer%init_from_file(net, error, loss='mse')
      call names(error, 'an optimizer', failure)
      call trainer%init_from_file(net, error, loss='["mse",null]', optimizer='adam')
      call check(failure, .not. allocated(error), 'a given loss and optimizer are refused')
      call trainer%init_from_file(net, error, loss='["mse"]', optimizer='adam')
      call names(error, '1 outputs', failure)
      call trainer%init_from_file(net, error, loss='{"classes":"mse","value":"mse"}', &
                                  optimizer='adam')
      call names(error, '"values"', failure)
      call make(net, failure, compile='  loss = ["mse","ctc"]'//nl//'  optimizer = "adam"'//nl)
      call trainer%init_from_file(net, error)
      call names(error, 'CTC', failure)
   end subroutine missing_compile_is_named

   subroutine blanks_do_not_matter(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp) :: loss
      call make(net, failure)
      call make(twin, failure)
      if (allocated(failure)) return
      call make_batch(6, x, classes, values)
      call trainer%init_from_file(net, error, optimizer= &
                                  ' { "class_name": "Adam", "config": {"learning_rate": 0.02} } ', &
                                  loss='{"values": {"class_name": "Huber", "config": {"delta":'// &
                                  ' 2.0} }, "classes" : "categorical_crossentropy"}'//nl)
      if (.not. allocated(error)) then
         call other%init_from_file(twin, error, loss='{"values":{"class_name":"Huber","config":'// &
                                   '{"delta":2.0}},"classes":"categorical_crossentropy"}', &
                                   optimizer='{"class_name":"Adam","config":{'// &
                                   '"learning_rate":0.02}}')
      end if
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call trainer%step(one_view(x), two_views(classes, values), loss, error)
      call other%step(one_view(x), two_views(classes, values), loss, error)
      call check_equal(failure, net%params, twin%params, 'the weights')
      call trainer%init_from_file(net, error, loss='["mse", "mse"]', &
                                  optimizer='{"class_name": "Adam" "config": {}}')
      call names(error, 'JSON', failure)
   end subroutine blanks_do_not_matter

   subroutine other_state_is_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(error_t), allocatable :: error
      call make(net, failure, compile='  loss = "mse"'//nl//'  optimizer = "adam"'//nl)
      if (allocated(failure)) return
      call trainer%init_from_file(net, error)
      call trainer%save(other_file, error)
      call net%load(other_file, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      net%optimizer_state(4)%slot = 'momentum'
      call trainer%init_from_file(net, error)
      call names(error, '"momentum"', failure)
      call trainer%init_from_file(net, error, optimizer='sgd')
      call check(failure, .not. allocated(error), 'another optimizer cannot begin anew')
   end subroutine other_state_is_refused

end module test_trainer
