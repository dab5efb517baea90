!> Which metrics `fit` and `evaluate` log.
module test_fit_metrics
   use fkb_error, only: error_t
   use fkb_history, only: history_t
   use fkb_kinds, only: dp
   use fkb_logs, only: logs_t
   use fkb_losses_dp, only: mean_squared_error_t
   use fkb_network_dp, only: network_t
   use fkb_correlation_metrics_dp, only: bias_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: trainer_t
   use trainer_cases, only: names, nl, write_line_model
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'fit_metrics.fkb'
   character(*), parameter :: compiled = '  optimizer = "sgd"'//nl//'  loss = "mse"'//nl

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'fit_metrics'
      call suite%add('those that the model was compiled with are logged', file_is_obeyed)
      call suite%add('others may be chosen, and none', choice_is_obeyed)
      call suite%add('a trainer that was begun anew has none', others_have_none)
      call suite%add('one that is not known is an error of fit, not of a step', unknown_is_named)
   end subroutine collect

   !> The model y = 0.5 x + 0.25 with its trainer.
   subroutine begin(net, trainer, metrics, failure)
      type(network_t), intent(inout), target :: net
      type(trainer_t), intent(inout) :: trainer
      character(*), intent(in) :: metrics
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable :: error
      call write_line_model(file, compiled//'  metrics = '//metrics//nl)
      call net%load(file, error)
      if (.not. allocated(error)) call trainer%init_from_file(net, error)
      if (allocated(error)) call fail(failure, error%message)
   end subroutine begin

   subroutine file_is_obeyed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(history_t) :: record
      type(logs_t) :: logs
      type(error_t), allocatable :: error
      real(dp), target :: x(1, 4), y(1, 4)
      real(dp), allocatable :: mae(:)
      real(dp) :: loss
      call begin(net, trainer, '["mae"]', failure)
      if (allocated(failure)) return
      x(1, :) = [1.0_dp, 2.0_dp, 3.0_dp, 4.0_dp]
      y = 0.5_dp*x
      call trainer%evaluate(x, y, loss, error, logs=logs)
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, logs%has('mae'), 'evaluate does not log mae')
      call check_close(failure, logs%get('mae'), 0.25_dp, 1e-15_dp, 'mae', scale=1.0_dp)
      call trainer%fit(x, y, 2, 4, error, record=record)
      if (allocated(error)) call fail(failure, error%message)
      call record%get('mae', mae)
      call check_equal(failure, size(mae), 2, 'epochs with mae')
      if (allocated(failure)) return
      call check_close(failure, mae(1), 0.25_dp, 1e-15_dp, 'mae of the first epoch', scale=1.0_dp)
   end subroutine file_is_obeyed

   subroutine choice_is_obeyed(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(logs_t) :: logs
      type(error_t), allocatable :: error
      real(dp), target :: x(1, 4), y(1, 4)
      real(dp) :: loss
      x = 1
      y = 2
      call begin(net, trainer, '["mae"]', failure)
      call trainer%use_metrics(error, metrics='[]')
      if (.not. allocated(error)) call trainer%evaluate(x, y, loss, error, logs=logs)
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, .not. logs%has('mae'), 'mae is logged although none was chosen')
      call trainer%use_metrics(error)
      if (.not. allocated(error)) call trainer%evaluate(x, y, loss, error, logs=logs)
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, logs%has('mae'), 'mae is not logged')
      call begin(net, trainer, '["mae"]', failure)
      call trainer%metrics%add(bias_t(), error)
      if (.not. allocated(error)) call trainer%evaluate(x, y, loss, error, logs=logs)
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, logs%has('bias') .and. .not. logs%has('mae'), 'not the one added')
   end subroutine choice_is_obeyed

   subroutine others_have_none(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(logs_t) :: logs
      type(error_t), allocatable :: error
      real(dp), target :: x(1, 4), y(1, 4)
      real(dp) :: loss
      x = 1
      y = 2
      call begin(net, trainer, '["mae"]', failure)
      call trainer%init(net, mean_squared_error_t(), sgd_t(), error)
      if (.not. allocated(error)) call trainer%evaluate(x, y, loss, error, logs=logs)
      if (allocated(error)) call fail(failure, error%message)
      call check(failure, logs%has('loss') .and. .not. logs%has('mae'), 'mae is logged')
   end subroutine others_have_none

   subroutine unknown_is_named(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(error_t), allocatable :: error
      real(dp), target :: x(1, 4), y(1, 4)
      real(dp) :: loss, before(2)
      x = 1
      y = 2
      call begin(net, trainer, '["my_own"]', failure)
      if (allocated(failure)) return
      call trainer%step(x, y, loss, error)
      if (allocated(error)) call fail(failure, error%message)
      before = net%params
      call trainer%fit(x, y, 2, 4, error)
      call names(error, 'use_metrics', failure)
      call names(error, 'my_own', failure)
      call check_equal(failure, net%params, before, 'the weights after the error')
      call trainer%use_metrics(error, metrics='[]')
      if (.not. allocated(error)) call trainer%fit(x, y, 2, 4, error)
      if (allocated(error)) call fail(failure, error%message)
   end subroutine unknown_is_named

end module test_fit_metrics
