!> Learns to find roads: build an auto-encoder, train it on tiles, test it on others.
!>
!> Compiled twice, with FKB_KIND as `fkb_sp` and as `fkb_dp`.
program roads_train
   use FKB_KIND, only: callbacks_t, dp, error_t, fit_options_t, history_t, logs_t, network_t, &
      trainer_t
   use roads_augment, only: versions_of
   use roads_networks, only: build_network
   use roads_options, only: options_t, read_options
   use roads_pictures, only: read_tiles_and_masks
   use roads_source, only: tile_source_t
   use roads_stopwatch, only: stopwatch_t
   implicit none (type, external)
   type(options_t) :: options
   type(network_t), target :: net
   type(tile_source_t), target :: lessons, test
   type(error_t), allocatable :: error

   call read_options(options)
   if (versions_of(options%strategy) == 0) then
      print '(a)', 'roads_train: the strategy is few, rotations or filters, not '//options%strategy
      stop 2, quiet=.true.
   end if
   call read_lessons(options, lessons, test, error)
   call check(error)
   if (len(options%start) > 0) call net%save(options%start, error)
   call check(error)
   call learn(options, net, lessons, test, error)
   call check(error)

contains

   !> Read the tiles to learn from and those of the test, and build the network for them.
   subroutine read_lessons(options, lessons, test, error)
      type(options_t), intent(in) :: options
      type(tile_source_t), intent(inout) :: lessons, test
      type(error_t), allocatable, intent(out) :: error
      integer, allocatable :: images(:, :, :, :), masks(:, :, :, :)
      integer :: n
      call read_tiles_and_masks(options%data//'/train', images, masks, error)
      if (allocated(error)) return
      n = min(options%tiles, size(images, 4))
      call lessons%take(images(:, :, :, :n), masks(:, :, :, :n), options%strategy, options%batch, &
                        seed=options%seed)
      call build_network(options%network, options%width, size(images, 2), options%optimizer, &
                         options%initializer, options%seed, net, error)
      if (allocated(error)) return
      call read_tiles_and_masks(options%data//'/test', images, masks, error)
      if (.not. allocated(error)) call test%take(images, masks, 'few', options%batch)
   end subroutine read_lessons

   !> Train; write a table of the epochs with a test, and print the last test.
   subroutine learn(options, net, lessons, test, error)
      type(options_t), intent(in) :: options
      type(network_t), intent(inout), target :: net
      type(tile_source_t), intent(inout), target :: lessons, test
      type(error_t), allocatable, intent(out) :: error
      type(trainer_t) :: trainer
      type(stopwatch_t), target :: stopwatch
      type(callbacks_t) :: callbacks
      type(history_t) :: record
      call trainer%init_from_file(net, error, seed=options%seed)
      if (.not. allocated(error)) then
         call trainer%use_metrics(error, metrics='["f_measure", "precision", "specificity"]')
      end if
      if (allocated(error)) return
      call callbacks%add(stopwatch)
      call trainer%fit(lessons, options%epochs, error, validation=test, callbacks=callbacks, &
                       record=record, options=fit_options_t(validation_freq=options%every))
      if (.not. allocated(error)) call write_curve(options, record, error)
      if (.not. allocated(error)) call print_test(options, trainer, test, stopwatch%seconds, error)
      if (.not. allocated(error) .and. len(options%save) > 0) then
         call trainer%save(options%save, error)
      end if
   end subroutine learn

   !> Loss of training and test, and the measures of the test, of each epoch that was tested.
   subroutine write_curve(options, record, error)
      type(options_t), intent(in) :: options
      type(history_t), intent(in) :: record
      type(error_t), allocatable, intent(out) :: error
      character(15), parameter :: names(4) = [character(15) :: 'val_loss', 'val_f_measure', &
                                              'val_precision', 'val_specificity']
      real(dp), allocatable :: loss(:), tested(:), table(:, :)
      integer :: i, unit
      call record%get('loss', loss)
      allocate (table(options%epochs/options%every, size(names)))
      do i = 1, size(names)
         call record%get(trim(names(i)), tested)
         table(:, i) = tested(:size(table, 1))
      end do
      open (newunit=unit, file=options%curve, action='write')
      write (unit, '(a)') 'epoch,loss,val_loss,f_measure,precision,specificity'
      do i = 1, size(table, 1)
         write (unit, '(i0,*(",",es23.16))') i*options%every, loss(i*options%every), table(i, :)
      end do
      close (unit)
   end subroutine write_curve

   !> What the trained network does on tiles that it has not seen.
   subroutine print_test(options, trainer, test, seconds, error)
      type(options_t), intent(in) :: options
      type(trainer_t), intent(inout), target :: trainer
      type(tile_source_t), intent(inout), target :: test
      real(dp), intent(in) :: seconds                 !! of the training
      type(error_t), allocatable, intent(out) :: error
      type(logs_t) :: logs
      call trainer%evaluate(test, logs, error)
      if (allocated(error)) return
      print '(a,i0,a)', options%network//' ', size(net%params), ' parameters, '//options%strategy
      print '(a,f0.2)', 'seconds ', seconds
      print '(a,4(a,f8.5))', 'test', ' loss', logs%get('loss'), ' f_measure', &
         logs%get('f_measure'), ' precision', logs%get('precision'), ' specificity', &
         logs%get('specificity')
   end subroutine print_test

   subroutine check(error)
      type(error_t), allocatable, intent(in) :: error
      if (.not. allocated(error)) return
      print '(a)', 'roads_train: '//error%message
      stop 1, quiet=.true.
   end subroutine check

end program roads_train
