!> One training of the course: read, build, train, write a table of all epochs.
!>
!> Compiled twice, with FKB_KIND as `fkb_sp` and as `fkb_dp`.
program practice
   use FKB_KIND, only: array_source_t, callbacks_t, csv_logger_t, dp, early_stopping_t, error_t, &
      history_t, network_t, trainer_t
   use practice_batches, only: drawn_source_t
   use practice_data, only: normalize, read_table, table_t
   use practice_networks, only: build_network
   use practice_options, only: options_t, read_options
   use practice_watch, only: dead_units_t, learning_rate_t, weights_t
   implicit none (type, external)
   type(options_t) :: options
   type(table_t), target :: train, test
   type(network_t), target :: net
   type(error_t), allocatable :: error

   call read_options(options)
   call read_table(options%data//'_train.txt', options%samples, train, error)
   call check(error)
   call read_table(options%data//'_test.txt', huge(1), test, error)
   call check(error)
   call normalize(options%inputs, train, test, error)
   call check(error)
   call build_network(options, size(train%x, 1), train%classes, net, error)
   call check(error)
   if (len(options%first) > 0) call net%save(options%first, error)
   call check(error)
   call learn(options, train, test, net, error)
   call check(error)

contains

   !> Train, with the test samples as validation data.
   subroutine learn(options, train, test, net, error)
      type(options_t), intent(in) :: options
      type(table_t), intent(in), target :: train, test
      type(network_t), intent(inout), target :: net
      type(error_t), allocatable, intent(out) :: error
      type(trainer_t) :: trainer
      type(drawn_source_t), target :: source
      type(array_source_t), target :: validation
      type(csv_logger_t), target :: table
      type(early_stopping_t), target :: stopping
      type(learning_rate_t), target :: rate
      type(weights_t), target :: weights
      type(dead_units_t), target :: dead
      type(callbacks_t) :: callbacks
      type(history_t) :: record
      call source%init(train, options, error)
      if (.not. allocated(error)) call validation%init(test%x, test%y, size(test%x, 2), error)
      if (.not. allocated(error)) call trainer%init_from_file(net, error, seed=options%seed)
      if (allocated(error)) return
      table%filename = options%table
      dead%layers = options%layers
      dead%x = train%x
      stopping = early_stopping_t(patience=options%patience, restore_best_weights=.true.)
      call callbacks%add(rate)
      if (options%watch == 'weights') call callbacks%add(weights)
      if (options%watch == 'dead') call callbacks%add(dead)
      call callbacks%add(table)
      if (options%patience > 0) call callbacks%add(stopping)
      call trainer%fit(source, options%epochs, error, validation=validation, &
                       callbacks=callbacks, record=record)
      call source%finish()
      if (allocated(error)) return
      call report(record)
      if (len(options%save) > 0) call trainer%save(options%save, error)
   end subroutine learn

   !> Say how well the network did in the end.
   subroutine report(record)
      type(history_t), intent(in) :: record
      real(dp), allocatable :: accuracy(:), loss(:)
      call record%get('val_loss', loss)
      print '(a,es12.5)', 'test loss     ', loss(size(loss))
      call record%get('val_accuracy', accuracy)
      if (size(accuracy) > 0) print '(a,f12.4)', 'test accuracy ', accuracy(size(accuracy))
   end subroutine report

   subroutine check(error)
      type(error_t), allocatable, intent(in) :: error
      if (.not. allocated(error)) return
      print '(a)', 'practice: '//error%message
      stop 1, quiet=.true.
   end subroutine check

end program practice
