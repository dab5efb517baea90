!> Transfer learning: freezing by pattern, learning-rate factors, weights of another network.
module test_transfer
   use fkb_dp, only: adam_t, dp, error_t, mean_squared_error_t, model_t, network_t, sgd_t, trainer_t
   use fkb_layers, only: batch_normalization, dense, input_layer
   use fkb_testing, only: check, check_close, check_equal, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'transfer'
      call suite%add('a pattern freezes and thaws the layers it fits', patterns_freeze)
      call suite%add('a pattern that fits nothing is refused', wrong_patterns)
      call suite%add('freezing drops the state of the file, and only then', state_is_dropped)
      call suite%add('factors are learning rates of their own', factors_are_rates)
      call suite%add('a factor of zero is a frozen weight', zero_is_frozen)
      call suite%add('factors must be finite, travel in copies and not in files', factors_stay)
      call suite%add('weights come from another network by path', weights_are_copied)
      call suite%add('pre-training and fine-tuning are two calls', two_calls)
   end subroutine collect

   !> Three dense layers, a batch normalization behind the first.
   subroutine make(net, seed, error)
      type(network_t), intent(inout) :: net
      integer, intent(in) :: seed
      type(error_t), allocatable, intent(out) :: error
      type(model_t) :: model
      call model%add(input_layer([4]))
      call model%add(dense(5, activation='tanh', name='enc_1'))
      call model%add(batch_normalization(name='norm'))
      call model%add(dense(4, activation='tanh', name='enc_2'))
      call model%add(dense(2, name='head'))
      call model%build(net, error, seed)
   end subroutine make

   subroutine patterns_freeze(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net
      type(error_t), allocatable :: error
      call make(net, 1, error)
      if (.not. allocated(error)) call net%set_trainable('enc_*', .false., error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check(failure, .not. any(net%graph%segments([1, 2, 7, 8])%trainable), 'frozen')
      call check(failure, all(net%graph%segments([3, 4, 9, 10])%trainable), 'not frozen')
      call net%save('transfer_a.fkb', error)
      if (.not. allocated(error)) call net%load('transfer_a.fkb', error)
      call expect_none(failure, error)
      call check(failure, .not. any(net%graph%segments([1, 2, 7, 8])%trainable), 'in the file')
      call net%set_trainable('*', .false., error)
      call check(failure, .not. any(net%graph%segments%trainable), 'all layers')
      call net%set_trainable('enc_?', .true., error)
      call expect_none(failure, error)
      call check(failure, all(net%graph%segments([1, 2, 7, 8])%trainable), 'thawed')
      call check(failure, .not. any(net%graph%segments([3, 4, 9, 10])%trainable), 'still frozen')
      call net%set_trainable('', .true., error)
      call expect_none(failure, error)
      call check_equal(failure, count(net%graph%segments%trainable), 8, 'all but the statistics')
   end subroutine patterns_freeze

   subroutine wrong_patterns(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, other
      type(error_t), allocatable :: error
      call make(net, 1, error)
      call net%set_trainable('enc', .false., error)
      call check(failure, allocated(error), 'enc is no layer')
      call net%set_trainable('enc_1/kernel', .false., error)
      call check(failure, allocated(error), 'a weight is no layer')
      call net%set_rate_factor('tail', 2.0_dp, error)
      call check(failure, allocated(error), 'tail is no layer')
      call net%set_rate_factor('norm/moving_*', 2.0_dp, error)
      call check(failure, allocated(error), 'statistics have no learning rate')
      call net%copy_weights(net, 'Head', error)
      call check(failure, allocated(error), 'upper and lower case differ')
      call net%copy_weights(other, '', error)
      call check(failure, allocated(error), 'no other network')
   end subroutine wrong_patterns

   subroutine state_is_dropped(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(dp) :: x(4, 8), y(2, 8), loss
      call make(net, 1, error)
      call numbers(x, y)
      call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      if (.not. allocated(error)) call trainer%step(x, y, loss, error)
      if (.not. allocated(error)) call trainer%save('transfer_b.fkb', error)
      if (.not. allocated(error)) call net%load('transfer_b.fkb', error)
      if (.not. allocated(error)) call net%set_trainable('head', .true., error)
      call expect_none(failure, error)
      call check_equal(failure, size(net%optimizer_state), 18, 'nothing has changed')
      call net%set_trainable('enc_1', .false., error)
      call check_equal(failure, size(net%optimizer_state), 0, 'another set of weights')
      if (.not. allocated(error)) call trainer%init_from_file(net, error)
      if (.not. allocated(error)) call trainer%step(x, y, loss, error)
      call expect_none(failure, error)
   end subroutine state_is_dropped

   !> One step of SGD with factors changes each layer by its factor times what it changes without.
   subroutine factors_are_rates(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, same
      type(trainer_t) :: trainer, slow
      type(error_t), allocatable :: error
      real(dp) :: x(4, 8), y(2, 8), loss
      real(dp), allocatable :: start(:), wanted(:)
      integer :: s
      call make(net, 1, error)
      call make(same, 1, error)
      allocate (start, source=net%params)
      call numbers(x, y)
      call trainer%init(net, mean_squared_error_t(), sgd_t(learning_rate=0.05_dp), error)
      call trainer%step(x, y, loss, error)
      call same%set_rate_factor('enc_*', 0.1_dp, error)
      call same%set_rate_factor('*/bias', 3.0_dp, error)
      if (.not. allocated(error)) call slow%init(same, mean_squared_error_t(), &
         sgd_t(learning_rate=0.05_dp), error)
      if (.not. allocated(error)) call slow%step(x, y, loss, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      allocate (wanted, source=net%params)
      do s = 1, size(net%graph%segments)
         associate (part => same%graph%segments(s))
            if (.not. part%trainable) cycle
            wanted(part%first:part%last) = start(part%first:part%last) + part%rate_factor* &
               (net%params(part%first:part%last) - start(part%first:part%last))
         end associate
      end do
      call check_close(failure, same%params, wanted, 1e-15_dp, 'weights')
      call check_close(failure, [same%graph%segments(1)%rate_factor, &
         same%graph%segments(2)%rate_factor, same%graph%segments(9)%rate_factor], &
         [0.1_dp, 3.0_dp, 1.0_dp], 0.0_dp, 'factors')
   end subroutine factors_are_rates

   subroutine zero_is_frozen(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, frozen
      type(trainer_t) :: trainer, other
      type(error_t), allocatable :: error
      real(dp) :: x(4, 8), y(2, 8), loss
      integer :: step
      call make(net, 3, error)
      call make(frozen, 3, error)
      call numbers(x, y)
      call net%set_rate_factor('enc_2', 0.0_dp, error)
      if (.not. allocated(error)) call frozen%set_trainable('enc_2', .false., error)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      if (.not. allocated(error)) call other%init(frozen, mean_squared_error_t(), adam_t(), error)
      do step = 1, 5
         if (.not. allocated(error)) call trainer%step(x, y, loss, error)
         if (.not. allocated(error)) call other%step(x, y, loss, error)
      end do
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, net%params, frozen%params, 0.0_dp, 'weights')
   end subroutine zero_is_frozen

   subroutine factors_stay(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, twin
      type(error_t), allocatable :: error
      real(dp) :: nothing
      call make(net, 1, error)
      nothing = 0
      call net%set_rate_factor('head', nothing/nothing, error)
      call check(failure, allocated(error), 'not a number')
      call net%set_rate_factor('head', -1.0_dp, error)
      call check(failure, allocated(error), 'negative')
      call net%set_rate_factor('head', 0.5_dp, error)
      call twin%copy(net)
      call check_close(failure, twin%graph%segments(9)%rate_factor, 0.5_dp, 0.0_dp, 'copy')
      call twin%save('transfer_c.fkb', error)
      if (.not. allocated(error)) call twin%load('transfer_c.fkb', error)
      call expect_none(failure, error)
      call check_close(failure, twin%graph%segments(9)%rate_factor, 1.0_dp, 0.0_dp, 'file')
   end subroutine factors_stay

   subroutine weights_are_copied(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t) :: net, other, wide
      type(model_t) :: model
      type(error_t), allocatable :: error
      real(dp), allocatable :: before(:)
      call make(net, 1, error)
      call make(other, 2, error)
      allocate (before, source=net%params)
      call net%copy_weights(other, 'enc_2', error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      associate (first => net%graph%segments(7)%first, last => net%graph%segments(8)%last)
         call check_close(failure, net%params(first:last), other%params(first:last), 0.0_dp, 'copy')
         call check_close(failure, net%params(:first - 1), before(:first - 1), 0.0_dp, 'the rest')
         call check_close(failure, net%params(last + 1:), before(last + 1:), 0.0_dp, 'the rest')
      end associate
      call net%copy_weights(other, '', error)
      call expect_none(failure, error)
      call check_close(failure, net%params, other%params, 0.0_dp, 'all')
      call model%add(input_layer([4]))
      call model%add(dense(5, name='enc_1'))
      call model%add(dense(3, name='enc_2'))
      call model%build(wide, error)
      call expect_none(failure, error)
      before = net%params
      call net%copy_weights(wide, 'enc*', error)
      call check(failure, allocated(error), 'another shape')
      if (allocated(error)) call check(failure, index(error%message, 'enc_2/kernel') > 0, &
         error%message)
      call net%copy_weights(wide, '', error)
      call check(failure, allocated(error), 'a missing weight')
      if (allocated(error)) call check(failure, index(error%message, 'norm') > 0, error%message)
      call check_close(failure, net%params, before, 0.0_dp, 'nothing has changed')
   end subroutine weights_are_copied

   !> A second trainer begins anew on the same network.
   subroutine two_calls(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net
      type(trainer_t) :: trainer
      type(error_t), allocatable :: error
      real(dp) :: x(4, 8), y(2, 8), loss
      real(dp), allocatable :: before(:)
      call make(net, 1, error)
      call numbers(x, y)
      call net%set_trainable('enc_*', .false., error)
      call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      if (.not. allocated(error)) call trainer%fit(x, y, 3, 4, error)
      allocate (before, source=net%params)
      if (.not. allocated(error)) call net%set_trainable('enc_*', .true., error)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), adam_t(), error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, net%params, before, 0.0_dp, 'the network stays')
      call check_equal(failure, int(trainer%state%iteration), 0, 'the optimizer begins anew')
      call trainer%step(x, y, loss, error)
      call expect_none(failure, error)
      call check(failure, any(abs(net%params(:20) - before(:20)) > 0), 'the old layers learn')
   end subroutine two_calls

   subroutine numbers(x, y)
      real(dp), intent(out) :: x(4, 8), y(2, 8)
      integer :: i
      x = reshape([(sin(1.3_dp*i), i=1, 32)], [4, 8])
      y = reshape([(cos(0.4_dp*i), i=1, 16)], [2, 8])
   end subroutine numbers

   subroutine expect_none(failure, error)
      type(failure_t), allocatable, intent(inout) :: failure
      type(error_t), allocatable, intent(in) :: error
      if (allocated(error)) call check(failure, .false., error%message)
   end subroutine expect_none

end module test_transfer
