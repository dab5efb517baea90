!> The use of networks frozen for inference: states, files, what is refused, and thawing.
module test_frozen_use
   use fkb_dp, only: derivatives_t, dp, error_t, keras_tensor_t, mean_squared_error_t, model_t, &
      network_t, sgd_t, state_t, trainer_t, workspace_t
   use fkb_layers, only: batch_normalization, dense, input_layer, lstm
   use fkb_testing, only: check, check_close, failure_t, suite_t
   use frozen_cases, only: compare, expect_message, expect_none, fill, path
   implicit none (type, external)
   private
   public :: collect

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'frozen_use'
      call suite%add('a state goes on through freezing and thawing', states)
      call suite%add('a layer that its call keeps in training is not packed', in_training)
      call suite%add('what needs the weights of a frozen network is refused', refusals)
      call suite%add('weights that are assigned to a frozen network are found', assigned)
      call suite%add('a frozen network is saved, copied and loaded anew', files)
   end subroutine collect

   !> Three steps of a stateful network, the second one frozen, are those of one never frozen.
   subroutine states(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net
      type(workspace_t) :: work, other
      type(state_t) :: state, other_state
      type(error_t), allocatable :: error
      real(dp) :: x(4, 3), y(35, 3), z(35, 3)
      integer :: i
      call model%add(input_layer(shape=[1, 4]))
      call model%add(lstm(35, stateful=.true.))
      call model%build(net, error, 1)
      if (.not. allocated(error)) call net%make_state(state, 3, error)
      if (.not. allocated(error)) call net%make_state(other_state, 3, error)
      do i = 1, 3
         x = sin(real(i, dp) + reshape([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [4, 3]))
         if (.not. allocated(error)) call net%predict(x, y, work, error, state=state)
         if (i == 2 .and. .not. allocated(error)) call net%freeze(error)
         if (.not. allocated(error)) call net%predict(x, z, other, error, state=other_state)
         call net%thaw()
         call expect_none(failure, error)
         if (allocated(failure)) return
         call check(failure, all(abs(y - z) <= 0), 'other bits')
      end do
   end subroutine states

   subroutine in_training(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(keras_tensor_t) :: x, y
      x = model%input(shape=[6, 4])
      y = model%apply(lstm(7, options='{"dropout":0.4}'), x, '{"training":true}')
      y = model%apply(dense(5), y)
      call model%output(y)
      call compare(failure, model, 'dropout in inference', 12)
   end subroutine in_training

   subroutine refusals(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t), target :: net, other
      type(workspace_t) :: work
      type(trainer_t) :: trainer
      type(derivatives_t) :: slopes
      type(error_t), allocatable :: error
      real(dp) :: x(4, 3), y(2, 3), loss
      call net%freeze(error)
      call expect_message(failure, error, 'no network is loaded')
      call model%add(input_layer(shape=[4]))
      call model%add(dense(2))
      call model%build(net, error, 1)
      call other%copy(net)
      if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), &
         sgd_t(learning_rate=0.1_dp), error)
      if (.not. allocated(error)) call net%freeze(error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      x = 1
      y = 0
      call trainer%step(x, y, loss, error)
      call expect_message(failure, error, 'frozen')
      call trainer%init(net, mean_squared_error_t(), sgd_t(learning_rate=0.1_dp), error)
      call expect_message(failure, error, 'frozen')
      call net%initialize(2, error)
      call expect_message(failure, error, 'frozen')
      call net%copy_weights(other, '', error)
      call expect_message(failure, error, 'frozen')
      call net%can_train(error)
      call expect_message(failure, error, 'frozen')
      call work%prepare(net, net%graph%values(net%graph%inputs)%shape, 3, error, training=.true.)
      call expect_message(failure, error, 'frozen')
      call slopes%jvp(net, x, x, y, y, error)
      call expect_message(failure, error, 'frozen')
      call other%initialize(7, error)
      if (.not. allocated(error)) call other%copy_weights(net, '', error)
      call net%thaw()
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, other%params, net%params, 0.0_dp, 'weights of a frozen network')
      call trainer%init(net, mean_squared_error_t(), sgd_t(learning_rate=0.1_dp), error)
      if (.not. allocated(error)) call trainer%step(x, y, loss, error)
      call expect_none(failure, error)
      call trainer%clear()
   end subroutine refusals

   subroutine assigned(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(4, 1), y(2, 1)
      call model%add(input_layer(shape=[4]))
      call model%add(dense(2))
      call model%build(net, error, 1)
      if (.not. allocated(error)) call net%freeze(error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check(failure, .not. allocated(net%params), 'there is no vector to write to')
      x = 1
      net%params = [0.5_dp, 0.25_dp, 0.5_dp, 0.25_dp, 0.5_dp]
      call net%predict(x, y, work, error)
      call expect_message(failure, error, 'assigned')
      call net%save(path, error)
      call expect_message(failure, error, 'assigned')
   end subroutine assigned

   subroutine files(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(model_t) :: model
      type(network_t) :: net, twin, again
      type(workspace_t) :: work
      type(error_t), allocatable :: error
      real(dp) :: x(4, 3), y(2, 3), z(2, 3)
      call model%add(input_layer(shape=[4]))
      call model%add(dense(2))
      call model%add(batch_normalization())
      call model%build(net, error, 1)
      if (.not. allocated(error)) call fill(net)
      if (.not. allocated(error)) call again%copy(net)
      if (.not. allocated(error)) call net%freeze(error)
      if (.not. allocated(error)) call net%save(path, error)
      call twin%copy(net)
      x = reshape([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [4, 3])
      if (.not. allocated(error)) call net%predict(x, y, work, error)
      if (.not. allocated(error)) call twin%predict(x, z, work, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check_close(failure, z, y, 0.0_dp, 'a copy is frozen too')
      call net%load(path, error)
      call expect_none(failure, error)
      if (allocated(failure)) return
      call check(failure, .not. net%frozen%on, 'loading thaws')
      call check_close(failure, net%params, again%params, 0.0_dp, 'weights of the file')
      call twin%thaw()
      call check_close(failure, twin%params, again%params, 0.0_dp, 'weights that are thawed')
   end subroutine files

end module test_frozen_use
