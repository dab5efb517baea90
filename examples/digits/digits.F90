!> Learns handwritten digits from nothing: build a network, draw its first weights, train, look.
!>
!> Compiled twice, with FKB_KIND as `fkb_sp` and as `fkb_dp`.
program digits
   use FKB_KIND, only: array_source_t, callbacks_t, csv_logger_t, dp, error_t, history_t, model_t, &
      network_t, trainer_t, wp
   use digits_data, only: classes, edge, pixels, read_digits, shifted_source_t
   use digits_options, only: options_t, read_options
   use fkb_layers, only: conv2d, dense, dropout, flatten, input_layer, max_pooling2d, reshape_layer
   implicit none (type, external)
   type(options_t) :: options
   type(network_t), target :: net
   type(error_t), allocatable :: error

   call read_options(options)
   call build_network(options, net, error)
   call check(error)
   if (len(options%start) > 0) call net%save(options%start, error)
   call check(error)
   call learn(options, net, error)
   call check(error)

contains

   !> 64 pixels -> ten scores, as one would write it in Keras.
   subroutine build_network(options, net, error)
      type(options_t), intent(in) :: options
      type(network_t), intent(inout) :: net
      type(error_t), allocatable, intent(out) :: error
      type(model_t) :: model
      call model%add(input_layer(shape=[pixels]))
      if (options%network == 'conv') then
         call model%add(reshape_layer([edge, edge, 1]))
         call model%add(conv2d(16, [3, 3], padding='same', activation=options%activation, &
                               kernel_initializer=options%initializer))
         call model%add(max_pooling2d([2, 2]))
         call model%add(conv2d(32, [3, 3], padding='same', activation=options%activation, &
                               kernel_initializer=options%initializer))
         call model%add(flatten())
      else
         call model%add(dense(options%units, activation=options%activation, &
                              kernel_initializer=options%initializer))
      end if
      if (options%dropout > 0) call model%add(dropout(options%dropout))
      call model%add(dense(classes, activation='softmax', kernel_initializer=options%initializer))
      call model%compile(options%optimizer, 'sparse_categorical_crossentropy', &
                         metrics='["accuracy"]')
      call model%build(net, error, seed=options%seed)
   end subroutine build_network

   !> Train, with the test digits as validation data, and write the table of all epochs.
   subroutine learn(options, net, error)
      type(options_t), intent(in) :: options
      type(network_t), intent(inout), target :: net
      type(error_t), allocatable, intent(out) :: error
      type(trainer_t) :: trainer
      type(array_source_t), target :: plain, test
      type(shifted_source_t), target :: shifted
      type(csv_logger_t), target :: table
      type(callbacks_t) :: callbacks
      type(history_t) :: record
      real(wp), allocatable, target :: x(:, :), y(:, :), x_test(:, :), y_test(:, :)
      real(dp), allocatable :: accuracy(:)
      call read_digits(options%data//'/train.txt', options%samples, x, y, error)
      if (.not. allocated(error)) call read_digits(options%data//'/test.txt', huge(1), x_test, &
                                                   y_test, error)
      if (.not. allocated(error)) call test%init(x_test, y_test, options%batch, error)
      if (.not. allocated(error)) call plain%init(x, y, options%batch, error, &
         shuffle=options%shuffle, seed=options%seed)
      if (.not. allocated(error)) call trainer%init_from_file(net, error, seed=options%seed)
      if (.not. allocated(error)) call trainer%use_metrics(error)       ! those of `compile`
      if (allocated(error)) return
      table%filename = options%curve
      call callbacks%add(table)
      if (options%augment) then
         call shifted%take(x, y, options%batch, options%seed)
         call trainer%fit(shifted, options%epochs, error, validation=test, callbacks=callbacks, &
                          record=record)
      else
         call trainer%fit(plain, options%epochs, error, validation=test, callbacks=callbacks, &
                          record=record)
      end if
      if (allocated(error)) return
      call record%get('val_accuracy', accuracy)
      print '(a,f7.4)', 'test accuracy', accuracy(size(accuracy))
      if (len(options%save) > 0) call trainer%save(options%save, error)
   end subroutine learn

   subroutine check(error)
      type(error_t), allocatable, intent(in) :: error
      if (.not. allocated(error)) return
      print '(a)', 'digits: '//error%message
      stop 1, quiet=.true.
   end subroutine check

end program digits
