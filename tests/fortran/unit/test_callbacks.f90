!> Callbacks of a training.
module test_callbacks
   use callback_cases, only: script_t, train
   use fkb_csv_logger_dp, only: csv_logger_t
   use fkb_early_stopping_dp, only: early_stopping_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_learning_rate_scheduler_dp, only: learning_rate_scheduler_t
   use fkb_model_checkpoint_dp, only: model_checkpoint_t
   use fkb_network_dp, only: network_t
   use fkb_progress_dp, only: progress_t
   use fkb_reduce_lr_on_plateau_dp, only: reduce_lr_on_plateau_t
   use fkb_terminate_on_nan_dp, only: terminate_on_nan_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: callbacks_t, trainer_t
   use trainer_cases, only: names
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_callbacks.fkb', table = 'test_callbacks.csv'

   type, extends(learning_rate_scheduler_t) :: halving_t
   contains
      procedure :: rate_of
   end type halving_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'callbacks'
      call suite%add('a callback is told everything in order and can stop', callbacks_are_told)
      call suite%add('a plateau lowers the learning rate', plateaus_lower_the_rate)
      call suite%add('a schedule sets the learning rate of each epoch', schedules_set_the_rate)
      call suite%add('checkpoints are whole model files', checkpoints_load)
      call suite%add('a table has a line for each epoch', tables_have_lines)
      call suite%add('a progress line has loss and time left', progress_is_written)
      call suite%add('a loss that is not finite ends the training well', nan_terminates)
      call suite%add('what cannot be watched is named', wrong_monitors_are_refused)
   end subroutine collect

   real(dp) function rate_of(self, epoch, rate)
      class(halving_t), intent(inout) :: self
      integer, intent(in) :: epoch
      real(dp), intent(in) :: rate
      rate_of = rate
      if (epoch > 1) rate_of = rate/2
   end function rate_of

   subroutine callbacks_are_told(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(script_t), target :: script
      type(callbacks_t) :: callbacks
      type(error_t), allocatable :: error
      call callbacks%add(script)
      call train(file, 3, callbacks, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, script%calls, [1, 3, 6, 3, 1], 'the calls')
      script%calls = 0
      script%stop_at = 1
      call train(file, 3, callbacks, error)
      call check_equal(failure, script%calls, [1, 1, 1, 1, 1], 'the calls before a stop')
   end subroutine callbacks_are_told

   subroutine plateaus_lower_the_rate(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(script_t), target :: script
      type(reduce_lr_on_plateau_t), target :: plateau
      type(callbacks_t) :: callbacks
      type(error_t), allocatable :: error
      plateau = reduce_lr_on_plateau_t(monitor='score', mode='min', factor=0.5_dp, patience=2, &
                                       cooldown=1, min_lr=0.03_dp)
      script%scores = [1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp, 1.0_dp]
      call callbacks%add(script)
      call callbacks%add(plateau)
      call train(file, 9, callbacks, error, learning_rate=0.1_dp)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, script%rates, [0.1_dp, 0.1_dp, 0.1_dp, 0.05_dp, 0.05_dp, 0.03_dp, &
         0.03_dp, 0.03_dp, 0.03_dp], 1e-12_dp, 'the learning rates')
   end subroutine plateaus_lower_the_rate

   subroutine schedules_set_the_rate(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(script_t), target :: script
      type(halving_t), target :: schedule
      type(callbacks_t) :: callbacks
      type(error_t), allocatable :: error
      call callbacks%add(schedule)
      call callbacks%add(script)
      call train(file, 3, callbacks, error, learning_rate=0.1_dp)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, script%rates, [0.1_dp, 0.05_dp, 0.025_dp], 1e-15_dp, 'the rates')
   end subroutine schedules_set_the_rate

   subroutine checkpoints_load(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(script_t), target :: script
      type(model_checkpoint_t), target :: best, each
      type(callbacks_t) :: callbacks
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(error_t), allocatable :: error
      script%scores = [3.0_dp, 4.0_dp, 2.0_dp, 2.5_dp]
      best%filepath = 'test_callbacks_best_{epoch:02d}_{score:.1f}.fkb'
      best%monitor = 'score'
      best%mode = 'min'
      best%save_best_only = .true.
      each%filepath = 'test_callbacks_each.fkb'
      each%save_freq = 3
      call callbacks%add(script)
      call callbacks%add(best)
      call callbacks%add(each)
      call train(file, 4, callbacks, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check_equal(failure, best%saves, 2, 'the saves of better weights')
      call check_equal(failure, each%saves, 2, 'the saves after batches')
      call check(failure, best%last_path == 'test_callbacks_best_03_2.0.fkb', best%last_path)
      call net%load(best%last_path, error)
      if (.not. allocated(error)) call trainer%init_from_file(net, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call check_close(failure, net%params(1), 3.0_dp, 0.0_dp, 'the weight', scale=1.0_dp)
      call check_equal(failure, int(trainer%state%iteration), 6, 'the iteration')
      best%filepath = '{mae}.fkb'
      best%has_best = .false.
      call train(file, 1, callbacks, error)
      call names(error, '"mae"', failure)
      best%filepath = '{score:x}.fkb'
      best%has_best = .false.
      call train(file, 1, callbacks, error)
      call names(error, '"score:x"', failure)
      best%filepath = 'no_such_directory/m.fkb'
      best%has_best = .false.
      call train(file, 1, callbacks, error)
      call names(error, 'no_such_directory', failure)
   end subroutine checkpoints_load

   subroutine tables_have_lines(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(script_t), target :: script
      type(csv_logger_t), target :: log
      type(callbacks_t) :: callbacks
      type(error_t), allocatable :: error
      character(200) :: line
      integer :: unit
      script%scores = [3.0_dp, 0.25_dp]
      log%filename = table
      log%separator = ';'
      call callbacks%add(script)
      call callbacks%add(log)
      call train(file, 2, callbacks, error)
      log%append = .true.
      if (.not. allocated(error)) call train(file, 1, callbacks, error)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      open (newunit=unit, file=table, status='old', action='read')
      read (unit, '(a)') line
      call check(failure, line == 'epoch;loss;score;val_loss;val_score', trim(line))
      read (unit, '(a)') line
      call check(failure, index(line, '0;0.0') == 1 .and. index(line, ';3.0;NA;NA') > 0, trim(line))
      read (unit, '(a)') line
      call check(failure, index(line, '1;') == 1 .and. index(line, ';0.25;NA;NA') > 0, trim(line))
      read (unit, '(a)') line
      call check(failure, index(line, '0;') == 1, 'the appended line is '//trim(line))
      close (unit)
      log%filename = 'no_such_directory/log.csv'
      log%append = .false.
      call train(file, 1, callbacks, error)
      call names(error, 'no_such_directory', failure)
   end subroutine tables_have_lines

   subroutine progress_is_written(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(progress_t), target :: progress
      type(callbacks_t) :: callbacks
      type(error_t), allocatable :: error
      character(200) :: line
      integer :: unit
      open (newunit=unit, status='scratch', action='readwrite')
      progress%unit = unit
      progress%batches = 1
      call callbacks%add(progress)
      call train(file, 2, callbacks, error)
      if (allocated(error)) call fail(failure, error%message)
      rewind (unit)
      read (unit, '(a)') line
      call check(failure, index(line, 'epoch 1/2, batch 1/2 - ') == 1, trim(line))
      read (unit, '(a)') line
      read (unit, '(a)') line
      call check(failure, index(line, 'epoch 1/2 - ') == 1 .and. index(line, ' - loss: 0.0') > 0 &
                 .and. index(line, 's left') > 0, trim(line))
      close (unit)
      progress%unit = 9753
      call train(file, 1, callbacks, error)
      call names(error, 'unit 9753', failure)
   end subroutine progress_is_written

   subroutine nan_terminates(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(script_t), target :: script
      type(terminate_on_nan_t), target :: terminate
      type(callbacks_t) :: none, callbacks
      type(error_t), allocatable :: error
      real(dp) :: infinite, weight
      infinite = huge(infinite)
      infinite = 2*infinite
      call train(file, 2, none, error, stop_by=infinite)
      call names(error, 'epoch 1, batch 2', failure)
      call callbacks%add(script)
      call callbacks%add(terminate)
      call train(file, 2, callbacks, error, weight, learning_rate=0.0_dp, stop_by=infinite)
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, [terminate%stopped_epoch, terminate%stopped_batch], [1, 2], &
                       'where it stopped')
      call check_close(failure, weight, 0.5_dp, 0.0_dp, 'the weight', scale=1.0_dp)
      call check_equal(failure, script%calls, [1, 1, 2, 1, 1], 'the calls')
   end subroutine nan_terminates

   subroutine wrong_monitors_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(early_stopping_t), target :: stopper
      type(reduce_lr_on_plateau_t), target :: plateau
      type(model_checkpoint_t), target :: checkpoint
      type(csv_logger_t), target :: log
      type(callbacks_t) :: callbacks, others
      type(error_t), allocatable :: error
      call callbacks%add(stopper)
      call train(file, 1, callbacks, error)
      call names(error, 'validation', failure)
      stopper%monitor = 'accuracy'
      call train(file, 1, callbacks, error)
      call names(error, '"accuracy"', failure)
      stopper%mode = 'max'
      call train(file, 1, callbacks, error)
      call names(error, 'there are: loss', failure)
      stopper%mode = 'up'
      call train(file, 1, callbacks, error)
      call names(error, '"up"', failure)
      plateau%factor = 1
      call others%add(plateau)
      call train(file, 1, others, error)
      call names(error, 'factor', failure)
      plateau%factor = 0.5_dp
      plateau%monitor = 'loss'
      call others%add(checkpoint)
      call train(file, 1, others, error)
      call names(error, 'filepath', failure)
      checkpoint%filepath = 'test_callbacks_each.fkb'
      call others%add(log)
      call train(file, 1, others, error)
      call names(error, 'filename', failure)
   end subroutine wrong_monitors_are_refused

end module test_callbacks
