!> Training: gradients, blocks and threads, kinds, several outputs.
module test_trainer
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, sp
   use fkb_network_dp, only: network_t
   use fkb_network_sp, only: network_sp => network_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: loss_box_t, trainer_t
   use fkb_trainer_sp, only: trainer_sp => trainer_t
   use fkb_views, only: view_dp_t
   use trainer_cases, only: make, make_batch, nl, one_view, two_losses, two_views, write_model
!$ use omp_lib, only: omp_get_max_threads, omp_set_num_threads
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_trainer.fkb'

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'trainer'
      call suite%add('the gradient is that of differences', gradient_is_right)
      call suite%add('weights and penalties are in the gradient', weighted_gradient_is_right)
      call suite%add('the gradient of a batch is the mean over its parts', parts_make_the_whole)
      call suite%add('any number of threads gives the same bits', threads_are_neutral)
      call suite%add('real32 and real64 arrays train either kind', kinds_mix)
      call suite%add('outputs add up with their weights', outputs_add_up)
      call suite%add('an output without a loss takes no part', output_without_loss)
      call suite%add('a softmax before a cross-entropy is taken for its logits', logits_are_used)
   end subroutine collect

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
      call make(file, net, failure, options=options)
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
      call make(file, net, failure)
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
      call make(file, net, failure, rate='0.3')
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

   subroutine outputs_add_up(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: both, first, second
      type(loss_box_t), allocatable :: boxes(:), one(:), two(:)
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: g(:), g1(:), g2(:)
      real(dp) :: loss, loss1, loss2
      call make(file, net, failure)
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
      call make(file, net, failure)
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
      call make(file, net, failure, activation='softmax')
      call make(file, plain, failure, activation='linear')
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

end module test_trainer
