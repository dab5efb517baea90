!> Early stopping, with scores that are scripted.
module test_early_stopping
   use callback_cases, only: script_t, train
   use fkb_early_stopping_dp, only: early_stopping_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_testing, only: check_close, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: callbacks_t
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_early_stopping.fkb'

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'early_stopping'
      call suite%add('early stopping waits, and goes back to the best weights', stops_early)
      call suite%add('early stopping knows baselines and begins late', baselines_count)
   end subroutine collect

   !> What early stopping makes of scores: where it stops and which weights are there then.
   subroutine stop_with(stopper, scores, stopped, weight, failure)
      type(early_stopping_t), intent(inout), target :: stopper
      real(dp), intent(in) :: scores(:)
      integer, intent(out) :: stopped
      real(dp), intent(out) :: weight
      type(failure_t), allocatable, intent(inout) :: failure
      type(script_t), target :: script
      type(callbacks_t) :: callbacks
      type(error_t), allocatable :: error
      script%scores = scores
      call callbacks%add(script)
      call callbacks%add(stopper)
      call train(file, size(scores), callbacks, error, weight)
      if (allocated(error)) call fail(failure, error%message)
      stopped = stopper%stopped_epoch
   end subroutine stop_with

   subroutine stops_early(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(early_stopping_t), target :: stopper
      real(dp), parameter :: scores(8) = [5.0_dp, 3.0_dp, 4.0_dp, 3.5_dp, 2.95_dp, 6.0_dp, &
         7.0_dp, 1.0_dp]
      real(dp) :: weight
      integer :: stopped
      stopper%monitor = 'score'
      stopper%mode = 'min'
      stopper%patience = 2
      stopper%restore_best_weights = .true.
      call stop_with(stopper, scores, stopped, weight, failure)
      call check_equal(failure, stopped, 4, 'the epoch')
      call check_close(failure, weight, 2.0_dp, 0.0_dp, 'the weight', scale=1.0_dp)
      stopper%patience = 3
      call stop_with(stopper, scores, stopped, weight, failure)
      call check_equal(failure, stopped, 0, 'the epoch with more patience')
      call check_close(failure, weight, 8.0_dp, 0.0_dp, 'the best weight', scale=1.0_dp)
      stopper%min_delta = -0.1_dp              ! its magnitude counts, as in Keras
      call stop_with(stopper, scores, stopped, weight, failure)
      call check_equal(failure, stopped, 5, 'the epoch with a threshold')
      call check_equal(failure, stopper%best_epoch, 2, 'the best epoch')
      stopper%min_delta = 0
      stopper%mode = 'max'
      stopper%restore_best_weights = .false.
      call stop_with(stopper, scores, stopped, weight, failure)
      call check_equal(failure, stopped, 4, 'the epoch where more is better')
      call check_close(failure, weight, 4.0_dp, 0.0_dp, 'the last weight', scale=1.0_dp)
   end subroutine stops_early

   subroutine baselines_count(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(early_stopping_t), target :: stopper
      real(dp) :: weight
      integer :: stopped
      stopper%monitor = 'score'
      stopper%mode = 'min'
      stopper%patience = 2
      stopper%has_baseline = .true.
      stopper%baseline = 2.5_dp
      stopper%restore_best_weights = .true.
      ! It improves, but never beyond the baseline.
      call stop_with(stopper, [5.0_dp, 4.0_dp, 3.0_dp, 3.5_dp, 1.0_dp], stopped, weight, failure)
      call check_equal(failure, stopped, 4, 'the epoch')
      call check_close(failure, weight, 3.0_dp, 0.0_dp, 'the weight', scale=1.0_dp)
      stopper%has_baseline = .false.
      stopper%start_from_epoch = 2
      call stop_with(stopper, [1.0_dp, 1.0_dp, 5.0_dp, 6.0_dp, 7.0_dp, 8.0_dp], stopped, weight, &
                     failure)
      call check_equal(failure, stopped, 5, 'the epoch after a late start')
      call check_close(failure, weight, 3.0_dp, 0.0_dp, 'the weight', scale=1.0_dp)
      stopper%start_from_epoch = 0
      stopper%patience = 0
      call stop_with(stopper, [1.0_dp, 1.0_dp, 5.0_dp], stopped, weight, failure)
      call check_equal(failure, stopped, 2, 'the epoch without patience')
   end subroutine baselines_count

end module test_early_stopping
