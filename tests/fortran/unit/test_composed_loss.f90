!> A data term and physical constraints: values by hand, gradients, what is refused, a training.
module test_composed_loss
   use fkb_adam_dp, only: adam_t
   use fkb_batch_dp, only: batch_t
   use fkb_composed_loss_dp, only: composed_loss_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_layer_dp, only: view_t
   use fkb_loss_check_dp, only: check_loss_gradient
   use fkb_losses_dp, only: mean_squared_error_t
   use fkb_network_dp, only: network_t, workspace_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: trainer_t
   use model_files, only: small_dense
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'composed_loss'
      call suite%add('the value is the sum of its terms', values_by_hand)
      call suite%add('gradients are those of differences', gradients_are_right)
      call suite%add('wrong numbers of coefficients are named', wrong_sizes_are_named)
      call suite%add('a training closes the budget', training_closes_the_budget)
   end subroutine collect

   !> Two samples of two outputs and two inputs.
   subroutine make(x, y_true, y_pred)
      real(dp), intent(out) :: x(2, 2), y_true(2, 2), y_pred(2, 2)
      x = reshape([1.0_dp, 2.0_dp, 3.0_dp, 5.0_dp], [2, 2])
      y_true = reshape([0.5_dp, -1.0_dp, 2.0_dp, 0.0_dp], [2, 2])
      y_pred = reshape([1.5_dp, -2.0_dp, 1.0_dp, -0.5_dp], [2, 2])
   end subroutine make

   subroutine values_by_hand(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(composed_loss_t) :: loss
      type(batch_t) :: batch
      type(error_t), allocatable :: error
      real(dp), target :: x(2, 2)
      real(dp) :: y_true(2, 2), y_pred(2, 2), weight(1, 2), grad(2, 2), value
      call make(x, y_true, y_pred)
      allocate (batch%inputs(1))
      batch%inputs(1)%v => x
      batch%samples = 2
      weight = reshape([1.0_dp, 3.0_dp], [1, 2])
      call loss%begin(mean_squared_error_t())
      ! sample 1: (1 + 1)/2 = 1; sample 2: (1 + 0.25)/2 = 0.625
      call evaluate((1 + 3*0.625_dp)/2)
      ! y1 + y2 = x1: residuals -0.5 - 1 = -1.5 and 0.5 - 3 = -2.5
      call loss%balance(2.0_dp, output=[1.0_dp, 1.0_dp], input=[1.0_dp, 0.0_dp])
      call evaluate((1 + 2*1.5_dp**2 + 3*(0.625_dp + 2*2.5_dp**2))/2)
      ! negative outputs: 4 and 0.25
      call loss%keep_non_negative(0.5_dp)
      call evaluate((1 + 2*1.5_dp**2 + 0.5_dp*4 + 3*(0.625_dp + 2*2.5_dp**2 + 0.5_dp*0.25_dp))/2)
      ! 2 y1 >= 2.5: met by the first sample, by 0.5 not by the second
      call loss%stay_above(10.0_dp, output=[2.0_dp, 0.0_dp], constant=2.5_dp)
      call evaluate((1 + 2*1.5_dp**2 + 0.5_dp*4 + &
                     3*(0.625_dp + 2*2.5_dp**2 + 0.5_dp*0.25_dp + 10*0.25_dp))/2)
      call loss%clear()
   contains
      subroutine evaluate(wanted)
         real(dp), intent(in) :: wanted
         if (allocated(failure)) return
         call loss%evaluate_batch(batch, shape_of([2]), y_true, y_pred, weight, value, grad, error)
         if (allocated(error)) then
            call fail(failure, error%message)
         else
            call check_close(failure, value, wanted, 1e-14_dp*wanted, 'the loss')
         end if
      end subroutine evaluate
   end subroutine values_by_hand

   subroutine gradients_are_right(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(composed_loss_t) :: loss
      type(error_t), allocatable :: error
      type(view_t) :: inputs(2)
      type(shape_t) :: shape
      real(dp), target :: a(3, 4), b(2, 4)
      real(dp) :: y_true(6, 4), y_pred(6, 4), weight(2, 4)
      integer :: i, j
      a = reshape([(sin(1.1_dp*i), i=1, 12)], [3, 4])
      b = reshape([(cos(0.7_dp*i), i=1, 8)], [2, 4])
      y_true = reshape([(sin(0.3_dp*i), i=1, 24)], [6, 4])
      y_pred = reshape([(1.3_dp*cos(0.9_dp*i), i=1, 24)], [6, 4])
      weight = reshape([(0.5_dp + 0.1_dp*j, j=1, 8)], [2, 4])
      inputs(1)%v => a
      inputs(2)%v => b
      shape = shape_of([3, 2])
      call loss%begin(mean_squared_error_t())
      call loss%conserve(0.7_dp, output=[(0.2_dp*i, i=1, 6)], input=[(0.3_dp*i, i=1, 5)], &
                         constant=0.4_dp)
      call loss%stay_above(0.9_dp, output=[(1.0_dp/i, i=1, 6)], constant=0.2_dp)
      call loss%keep_non_negative(1.3_dp, chosen=[(mod(i, 3) > 0, i=1, 6)])
      call check_loss_gradient(loss, shape, y_true, y_pred, error, weight, inputs=inputs)
      if (allocated(error)) call fail(failure, error%message)
      call loss%clear()
   end subroutine gradients_are_right

   subroutine wrong_sizes_are_named(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(composed_loss_t) :: loss
      type(batch_t) :: batch
      type(error_t), allocatable :: error
      real(dp), target :: x(2, 2)
      real(dp) :: y_true(2, 2), y_pred(2, 2), weight(1, 2), grad(2, 2), value
      call make(x, y_true, y_pred)
      weight = 1
      batch%samples = 2
      call loss%evaluate_batch(batch, shape_of([2]), y_true, y_pred, weight, value, grad, error)
      call check(failure, allocated(error), 'a loss without data is refused')
      call loss%begin(mean_squared_error_t())
      call loss%conserve(1.0_dp, output=[1.0_dp, 1.0_dp, 1.0_dp])
      call loss%evaluate_batch(batch, shape_of([2]), y_true, y_pred, weight, value, grad, error)
      call check(failure, allocated(error), 'three coefficients for two outputs are refused')
      if (allocated(failure)) return
      call check_equal(failure, error%message, &
                       'constraint 1 of the loss has 3 coefficients for 2 outputs', 'the message')
      call loss%begin(mean_squared_error_t())
      call loss%balance(1.0_dp, output=[1.0_dp, 1.0_dp], input=[1.0_dp])
      call loss%evaluate_batch(batch, shape_of([2]), y_true, y_pred, weight, value, grad, error)
      call check(failure, allocated(error), 'coefficients of inputs that are not there are refused')
      call loss%clear()
   end subroutine wrong_sizes_are_named

   !> Targets that contradict the budget: with a large weight the budget wins.
   subroutine training_closes_the_budget(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(workspace_t) :: work
      type(trainer_t) :: trainer
      type(composed_loss_t) :: loss
      type(error_t), allocatable :: error
      real(dp) :: x(3, 40), y(2, 40), value
      integer :: i, j, step
      do j = 1, 40
         x(:, j) = [(sin(1.3_dp*i*j), i=1, 3)]
      end do
      y = 1
      call small_dense('composed_loss.fkb', 'linear')
      call net%load('composed_loss.fkb', error)
      call loss%begin(mean_squared_error_t())
      call loss%balance(100.0_dp, output=[1.0_dp, 1.0_dp], input=[1.0_dp, -1.0_dp, 2.0_dp])
      if (.not. allocated(error)) call trainer%init(net, loss, adam_t(learning_rate=0.05_dp), error)
      do step = 1, 800
         if (.not. allocated(error)) call trainer%step(x, y, value, error)
      end do
      if (.not. allocated(error)) call net%predict(x, y, work, error)
      if (allocated(error)) then
         call fail(failure, error%message)
         return
      end if
      y(1, :) = y(1, :) + y(2, :) - x(1, :) + x(2, :) - 2*x(3, :)
      call check(failure, maxval(abs(y(1, :))) < 0.05_dp, &
                 'the sum of the outputs is that of the inputs')
      call loss%clear()
   end subroutine training_closes_the_budget

end module test_composed_loss
