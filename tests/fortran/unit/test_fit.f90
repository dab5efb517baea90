!> Training: several epochs.
module test_fit
   use fkb_array_source_dp, only: array_source_t
   use fkb_batch_source_dp, only: batch_source_t, samples_t
   use fkb_error, only: error_t
   use fkb_file_source_dp, only: file_source_t
   use fkb_history, only: history_t
   use fkb_kinds, only: dp
   use fkb_logs, only: logs_t
   use fkb_losses_dp, only: mean_absolute_error_t, mean_squared_error_t
   use fkb_network_dp, only: network_t
   use fkb_sgd_dp, only: sgd_t
   use fkb_testing, only: check, check_close, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: fit_options_t, loss_box_t, trainer_t
   use trainer_cases, only: make, make_batch, names, nl, two_losses, write_line_model
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_fit.fkb'

   !> Batches of one sample, x = 1, 2, 3 ..., made when they are asked for.
   type, extends(batch_source_t) :: counting_t
      integer :: length = 3                 !! batches of an epoch
      integer :: made = 0                   !! in all epochs
      integer :: at = 0
      real(dp) :: x(1, 1) = 0, y(1, 1) = 0
   contains
      procedure :: begin_epoch => begin_counting
      procedure :: next => count_on
   end type counting_t

   !> Two "files" of three and two samples.
   type, extends(file_source_t) :: two_files_t
      integer :: read = 0                   !! files
      real(dp), allocatable :: x(:, :), y(:, :)
   contains
      procedure :: read_file => make_samples
   end type two_files_t

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'fit'
      call suite%add('epochs in order are single steps', epochs_are_steps)
      call suite%add('shuffled epochs see every sample once', shuffled_epochs_see_all)
      call suite%add('a split takes the last samples for validation', split_is_the_last_part)
      call suite%add('epochs that count as done are left out', later_epochs_go_on)
      call suite%add('a source goes on where the steps of an epoch end', sources_go_on)
      call suite%add('files are read one after another', files_are_read)
      call suite%add('an evaluation weighs batches by their samples', evaluation_weighs_batches)
      call suite%add('an evaluation has no noise and changes nothing', evaluation_changes_nothing)
      call suite%add('several outputs have logs of their own', outputs_are_logged)
      call suite%add('wrong options of fit are refused', wrong_options_are_refused)
   end subroutine collect

   subroutine begin_counting(self, epoch, error)
      class(counting_t), intent(inout) :: self
      integer, intent(in) :: epoch
      type(error_t), allocatable, intent(out) :: error
      self%at = 0
   end subroutine begin_counting

   subroutine count_on(self, batch, done, error)
      class(counting_t), intent(inout), target :: self
      type(samples_t), intent(inout) :: batch
      logical, intent(out) :: done
      type(error_t), allocatable, intent(out) :: error
      done = self%at >= self%length
      if (done) return
      self%at = self%at + 1
      self%made = self%made + 1
      self%x = self%at
      self%y = 2*self%x
      call batch%put(self%x, self%y)
   end subroutine count_on

   subroutine make_samples(self, path, samples, error)
      class(two_files_t), intent(inout), target :: self
      character(*), intent(in) :: path
      type(samples_t), intent(inout) :: samples
      type(error_t), allocatable, intent(out) :: error
      integer :: k, n
      n = merge(3, 2, path == 'first')
      if (allocated(self%x)) deallocate (self%x, self%y)
      allocate (self%x(1, n), self%y(1, n))
      self%x(1, :) = [(0.1_dp*k + merge(0.0_dp, 0.3_dp, n == 3), k=1, n)]
      self%y = self%x**2
      self%read = self%read + 1
      call samples%put(self%x, self%y)
   end subroutine make_samples

   !> A line y = a x + b under training.
   subroutine begin_line(net, trainer, failure, rate)
      type(network_t), intent(inout), target :: net
      type(trainer_t), intent(inout) :: trainer
      type(failure_t), allocatable, intent(inout) :: failure
      real(dp), intent(in) :: rate
      type(error_t), allocatable :: error
      call write_line_model(file)
      call net%load(file, error)
      if (.not. allocated(error)) then
         call trainer%init(net, mean_squared_error_t(), sgd_t(learning_rate=rate), error)
      end if
      if (allocated(error)) call fail(failure, error%message)
   end subroutine begin_line

   subroutine split_is_the_last_part(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(array_source_t), target :: late
      type(history_t) :: record, other_record
      type(error_t), allocatable :: error
      real(dp), target :: x(1, 10), y(1, 10)
      real(dp), allocatable :: a(:), b(:)
      integer, allocatable :: epochs(:)
      integer :: k
      call begin_line(net, trainer, failure, 0.1_dp)
      call begin_line(twin, other, failure, 0.1_dp)
      x(1, :) = [(0.1_dp*k, k=1, 10)]
      y = x**2
      call trainer%fit(x, y, 4, 2, error, shuffle=.false., record=record, &
                       options=fit_options_t(validation_split=0.25_dp, validation_freq=2))
      if (.not. allocated(error)) call late%init(x(:, 8:), y(:, 8:), 2, error)
      if (.not. allocated(error)) then
         call other%fit(x(:, :7), y(:, :7), 4, 2, error, shuffle=.false., validation=late, &
                        record=other_record)
      end if
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, net%params, twin%params, 'the weights')
      call record%get('val_loss', a, epochs)
      call other_record%get('val_loss', b)
      if (size(b) /= 4) call fail(failure, 'there is no validation loss of each epoch')
      if (allocated(failure)) return
      call check_equal(failure, epochs, [2, 4], 'the epochs of the validations')
      call check_equal(failure, a, b([2, 4]), 'the validation loss')
   end subroutine split_is_the_last_part

   subroutine later_epochs_go_on(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(history_t) :: record
      type(error_t), allocatable :: error
      real(dp) :: x(1, 10), y(1, 10), history(2)
      real(dp), allocatable :: losses(:)
      integer, allocatable :: epochs(:)
      integer :: k
      call begin_line(net, trainer, failure, 0.1_dp)
      call begin_line(twin, other, failure, 0.1_dp)
      x(1, :) = [(0.1_dp*k, k=1, 10)]
      y = x**2
      call trainer%fit(x, y, 5, 3, error, seed=4)
      call other%fit(x, y, 3, 3, error, seed=4)
      call other%fit(x, y, 5, 3, error, seed=4, options=fit_options_t(initial_epoch=3), &
                     record=record, history=history)
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, twin%params, net%params, 'the weights')
      call record%get('loss', losses, epochs)
      call check_equal(failure, epochs, [4, 5], 'the epochs')
      call check_equal(failure, losses, history, 'the history')
   end subroutine later_epochs_go_on

   subroutine sources_go_on(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(counting_t), target :: source
      type(history_t) :: record
      type(error_t), allocatable :: error
      real(dp), allocatable :: losses(:)
      call begin_line(net, trainer, failure, 0.0_dp)
      ! The loss of x = 1, 2, 3 with y = 0.5 x + 0.25 is (1.5 x - 0.25)**2. Batches 1 2, then 3
      ! alone because the source ends, as in Keras, then 1 2 again.
      call trainer%fit(source, 3, error, options=fit_options_t(steps_per_epoch=2), record=record)
      if (allocated(error)) call fail(failure, error%message)
      call record%get('loss', losses)
      call check_close(failure, losses, [0.5_dp*(1.25_dp**2 + 2.75_dp**2), 4.25_dp**2, &
         0.5_dp*(1.25_dp**2 + 2.75_dp**2)], 1e-14_dp, 'the losses')
      call check_equal(failure, source%made, 5, 'batches')
      call trainer%fit(source, 2, error)
      call check_equal(failure, source%made, 11, 'batches of whole epochs')
      source%length = 0
      call trainer%fit(source, 1, error)
      call names(error, 'no batch', failure)
   end subroutine sources_go_on

   subroutine files_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(two_files_t), target :: source
      type(history_t) :: record
      type(logs_t) :: logs
      type(error_t), allocatable :: error
      real(dp), allocatable :: losses(:)
      real(dp) :: x(1, 5), y(1, 5), loss
      integer :: k
      call begin_line(net, trainer, failure, 0.0_dp)
      call trainer%fit(source, 1, error)
      call names(error, 'no files', failure)
      call source%add('first')
      call source%add('second')
      source%batch_size = 2
      x(1, :) = [(0.1_dp*k, k=1, 5)]
      y = x**2
      call trainer%evaluate(x, y, loss, error)
      source%shuffled = .true.
      source%seed = 3
      call trainer%fit(source, 2, error, record=record)
      call record%get('loss', losses)
      call check_close(failure, losses, [loss, loss], 1e-14_dp, 'the losses')
      call check_equal(failure, source%read, 4, 'files read')
      call trainer%evaluate(source, logs, error, steps=2)
      if (allocated(error)) call fail(failure, error%message)
   end subroutine files_are_read

   subroutine evaluation_weighs_batches(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(error_t), allocatable :: error
      real(dp) :: x(1, 7), y(1, 7), w(7), loss
      integer :: k
      call begin_line(net, trainer, failure, 0.1_dp)
      x(1, :) = [(0.1_dp*k, k=1, 7)]
      y = x**2
      w = 1 + x(1, :)
      call trainer%evaluate(x, y, loss, error, batch_size=3)
      if (allocated(error)) call fail(failure, error%message)
      call check_close(failure, loss, sum((0.5_dp*x + 0.25_dp - y)**2)/7, 1e-15_dp, 'the loss')
      call trainer%evaluate(x, y, loss, error, sample_weight=w, batch_size=3)
      call check_close(failure, loss, sum(w*(0.5_dp*x(1, :) + 0.25_dp - y(1, :))**2)/7, 1e-15_dp, &
                       'the weighted loss')
   end subroutine evaluation_weighs_batches

   subroutine evaluation_changes_nothing(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(array_source_t), target :: source
      type(samples_t) :: whole
      type(logs_t) :: first, second
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp), allocatable :: before(:)
      call make(file, net, failure, rate='0.9', options='    kernel_regularizer = {"module":'// &
         '"keras.regularizers","class_name":"L2","config":{"l2":0.25},"registered_name":null}'//nl)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      call trainer%init(net, boxes, sgd_t(), error)
      call make_batch(9, x, classes, values)
      allocate (whole%inputs(1), whole%targets(2))
      whole%inputs(1)%d => x
      whole%targets(1)%d => classes
      whole%targets(2)%d => values
      if (.not. allocated(error)) call source%init_batch(whole, 3, error)
      before = net%params
      if (.not. allocated(error)) call trainer%evaluate(source, first, error)
      trainer%seed = 5
      if (.not. allocated(error)) call trainer%evaluate(source, second, error)
      if (allocated(error)) call fail(failure, error%message)
      call check_equal(failure, [first%get('loss')], [second%get('loss')], 'the loss')
      call check_equal(failure, net%params, before, 'the weights')
      call check_close(failure, first%get('loss'), 0.5_dp*first%get('classes_loss') + &
         2*first%get('values_loss') + 0.25_dp*sum(before(:12)**2), 1e-14_dp, 'the parts')
   end subroutine evaluation_changes_nothing

   subroutine outputs_are_logged(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer
      type(loss_box_t), allocatable :: boxes(:)
      type(array_source_t), target :: source
      type(samples_t) :: whole
      type(history_t) :: record
      type(logs_t) :: logs
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      call make(file, net, failure)
      if (allocated(failure)) return
      call two_losses(boxes, .false.)
      boxes(2)%weight = 0
      call trainer%init(net, boxes, sgd_t(), error)
      call make_batch(9, x, classes, values)
      allocate (whole%inputs(1), whole%targets(2))
      whole%inputs(1)%d => x
      whole%targets(1)%d => classes
      whole%targets(2)%d => values
      if (.not. allocated(error)) call source%init_batch(whole, 3, error)
      if (.not. allocated(error)) call trainer%fit(source, 1, error, validation=source, &
                                                   record=record)
      if (allocated(error)) call fail(failure, error%message)
      if (allocated(failure)) return
      call record%logs(1, logs)
      call check(failure, logs%names() == 'loss, classes_loss, values_loss, val_loss, '// &
                 'val_classes_loss, val_values_loss', 'the logs are '//logs%names())
      call check(failure, logs%get('values_loss') > 0.1_dp, 'a loss of weight 0 is not logged')
      call check_close(failure, logs%get('loss'), 0.5_dp*logs%get('classes_loss'), 1e-14_dp, &
                       'the loss')
   end subroutine outputs_are_logged

   subroutine wrong_options_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t), target :: trainer, none
      type(counting_t), target :: source
      type(logs_t) :: logs
      type(error_t), allocatable :: error
      real(dp) :: x(1, 4), y(1, 4)
      call begin_line(net, trainer, failure, 0.1_dp)
      x = 1
      y = 2
      call trainer%fit(x, y, 1, 2, error, options=fit_options_t(validation_split=1.0_dp))
      call names(error, 'split', failure)
      call trainer%fit(x, y, 1, 2, error, options=fit_options_t(validation_split=-0.5_dp))
      call names(error, 'split', failure)
      call trainer%fit(x, y, 1, 2, error, options=fit_options_t(steps_per_epoch=-1))
      call names(error, 'negative', failure)
      call trainer%fit(x, y, 1, 2, error, options=fit_options_t(validation_freq=0))
      call names(error, 'validation_freq', failure)
      call none%fit(source, 1, error)
      call names(error, 'init', failure)
      call none%evaluate(source, logs, error)
      call names(error, 'init', failure)
   end subroutine wrong_options_are_refused

   subroutine epochs_are_steps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(error_t), allocatable :: error
      real(dp) :: x(1, 10), y(1, 10), w(10), loss, history(2), mean
      integer :: epoch, first, last, k
      call write_line_model(file)
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
      call write_line_model(file)
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

end module test_fit
