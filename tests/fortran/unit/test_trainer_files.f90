!> Training: what stands in the model file, saving and going on.
module test_trainer_files
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8
   use fkb_network_dp, only: network_t
   use fkb_testing, only: check, check_equal, fail, failure_t, suite_t
   use fkb_trainer_dp, only: trainer_t
   use trainer_cases, only: make, make_batch, names, nl, one_view, two_views
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: file = 'test_trainer_files.fkb', &
      other_file = 'test_trainer_files_other.fkb'

contains

   subroutine collect(suite)
      type(suite_t), intent(out) :: suite
      suite%name = 'trainer_files'
      call suite%add('saving and loading goes on with the same bits', saved_training_goes_on)
      call suite%add('a missing compile configuration is named', missing_compile_is_named)
      call suite%add('a configuration with blanks is the one without', blanks_do_not_matter)
      call suite%add('a state of another optimizer is refused', other_state_is_refused)
   end subroutine collect

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
      call make(file, net, failure, compile='  optimizer = '//optimizer//nl// &
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
      call make(file, net, failure)
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
      call make(file, net, failure, compile='  loss = ["mse","ce"]'//nl// &
                '  optimizer = "adam"'//nl)
      call trainer%init_from_file(net, error)
      call names(error, '"ce"', failure)
   end subroutine missing_compile_is_named

   subroutine blanks_do_not_matter(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(network_t), target :: net, twin
      type(trainer_t), target :: trainer, other
      type(error_t), allocatable :: error
      real(dp), allocatable, target :: x(:, :), classes(:, :), values(:, :)
      real(dp) :: loss
      call make(file, net, failure)
      call make(file, twin, failure)
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
      call make(file, net, failure, compile='  loss = "mse"'//nl//'  optimizer = "adam"'//nl)
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

end module test_trainer_files
