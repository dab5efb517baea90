!> Training: single steps, and what is refused.
module test_trainer_steps
   use fkb_adam_dp, only: adam_t
   use fkb_crossentropies_dp, only: sparse_categorical_crossentropy_t
   use fkb_error, only: error_t, fkb_err_numeric
   use fkb_kinds, only: dp, i8
   use fkb_losses_dp, only: mean_squared_error_t
   use fkb_network_dp, only: network_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: loss_box_t, trainer_t
   use trainer_cases, only: make, make_batch, names, one_view, two_losses, two_views, &
      write_line_model
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_trainer_steps.fkb'

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'trainer_steps'
      call suite%add('a sample alone is a batch of one', single_is_a_batch)
      call suite%add('a step from outside is a step', outside_gradient_is_a_step)
      call suite%add('frozen layers stay and thaw', frozen_layers_stay)
      call suite%add('what is not finite changes nothing', not_finite_changes_nothing)
      call suite%add('wrong arrays are refused with a sentence', wrong_arrays_are_refused)
   end subroutine collect

   subroutine single_is_a_batch(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(error_t), allocatable :: error
      real(dp) :: loss, loss_twin, x(1), y(1)
      integer :: k
      call write_line_model(file)
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
      call make(file, net, failure)
      call make(file, twin, failure)
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
      call make(file, net, failure)
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
      call make(file, net, failure)
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
      call make(file, net, failure)
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

end module test_trainer_steps
