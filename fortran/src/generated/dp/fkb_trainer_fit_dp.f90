! Generated from train/fkb_trainer_fit.fypp: edit that file and run tools/generate.py
!> Several passes over the batches of a source, and the evaluation of a source.
submodule(fkb_trainer_dp) fkb_trainer_fit_dp
   use fkb_array_source_dp, only: array_source_t
   use fkb_batch_source_dp, only: samples_t
   use fkb_compile_dp, only: name_t, output_names
   use fkb_metric_config_dp, only: metrics_from_config, metrics_of_document
   use fkb_error, only: add_context, fkb_err_argument, fkb_err_numeric, raise
   use fkb_text, only: decimal
   implicit none (type, external)

   !> Sums over the batches of an epoch. As in Keras, the mean loss weighs a batch by its samples,
   !> those of outputs do not.
   type :: tally_t
      real(dp) :: samples = 0, batches = 0
      real(dp) :: loss = 0
      real(dp), allocatable :: outputs(:)
   end type tally_t

contains

   module procedure fit_hosts
      type(samples_t) :: whole, late
      type(array_source_t), target :: source, late_source
      type(fit_options_t) :: chosen
      logical :: shuffled
      if (present(history)) history = 0
      if (present(seed)) self%seed = seed
      if (present(options)) chosen = options
      shuffled = .true.
      if (present(shuffle)) shuffled = shuffle
      whole%inputs = inputs
      whole%targets = targets
      if (present(weights)) whole%weights = weights
      call source%init_batch(whole, batch_size, error, shuffled, seed)
      if (allocated(error)) return
      if (.not. abs(chosen%validation_split) > 0 .or. present(validation)) then
         call self%fit(source, epochs, error, history, validation, callbacks, chosen, record)
         return
      end if
      call split(whole, chosen%validation_split, late, error)
      if (.not. allocated(error)) then
         call source%init_batch(whole, batch_size, error, shuffled, seed)
      end if
      if (allocated(error)) return
      if (chosen%validation_batch_size < 1) chosen%validation_batch_size = batch_size
      call late_source%init_batch(late, chosen%validation_batch_size, error)
      if (allocated(error)) return
      call self%fit(source, epochs, error, history, late_source, callbacks, chosen, record)
   end procedure fit_hosts

   !> Cut the last part off: `floor(samples (1 - share))` samples stay (Keras 3:
   !> `train_validation_split`).
   subroutine split(whole, share, late, error)
      type(samples_t), intent(inout) :: whole
      real(dp), intent(in) :: share
      type(samples_t), intent(out) :: late
      type(error_t), allocatable, intent(out) :: error
      integer :: n, at
      n = whole%samples()
      at = 0
      if (share > 0 .and. share < 1) at = floor(n*(1 - share))
      if (at == 0 .or. at == n) then
         call raise(error, fkb_err_argument, 'the validation split, a share between 0 and 1,'// &
                    ' leaves '//decimal(at)//' of '//decimal(n)//' samples for the training')
         return
      end if
      late = whole
      call cut(late%inputs, at + 1, n)
      call cut(late%targets, at + 1, n)
      call cut(whole%inputs, 1, at)
      call cut(whole%targets, 1, at)
      if (.not. allocated(whole%weights)) return
      call cut(late%weights, at + 1, n)
      call cut(whole%weights, 1, at)
   end subroutine split

   !> Point to some of the samples.
   subroutine cut(arrays, first, last)
      type(host_t), intent(inout) :: arrays(:)
      integer, intent(in) :: first, last
      integer :: k
      do k = 1, size(arrays)
         if (associated(arrays(k)%s)) arrays(k)%s => arrays(k)%s(:, first:last)
         if (associated(arrays(k)%d)) arrays(k)%d => arrays(k)%d(:, first:last)
      end do
   end subroutine cut

   module procedure fit_source
      type(callbacks_t) :: listeners
      type(fit_options_t) :: chosen
      type(logs_t) :: logs
      logical :: done, fresh
      integer :: epoch
      if (present(history)) history = 0
      if (present(options)) chosen = options
      if (present(callbacks)) listeners = callbacks
      call plan_run(self, source, epochs, chosen, present(validation), error)
      if (allocated(error)) return
      call listeners%train_begin(self, error)
      fresh = .false.
      do epoch = chosen%initial_epoch + 1, epochs
         if (allocated(error)) return
         call run_epoch(self, source, epoch, chosen%steps_per_epoch, fresh, listeners, logs, error)
         if (allocated(error)) return
         if (present(history)) then
            if (epoch - chosen%initial_epoch <= size(history)) then
               history(epoch - chosen%initial_epoch) = logs%get('loss')
            end if
         end if
         if (present(validation)) call validate(self, validation, epoch, chosen, logs, error)
         if (.not. allocated(error)) call listeners%epoch_end(self, epoch, logs, error)
         done = .true.
         call agree(self, done, error)
         if (.not. allocated(error) .and. present(record)) call record%add(epoch, logs)
         if (self%run%stop) exit
      end do
      if (allocated(error)) return
      call self%optimizer%finish(self%net%params, self%state, self%net%graph%segments)
      call listeners%train_end(self, logs, error)
   end procedure fit_source

   !> Check what was asked for, and say it to the callbacks.
   subroutine plan_run(self, source, epochs, options, validated, error)
      type(trainer_t), intent(inout) :: self
      class(batch_source_t), intent(in) :: source
      integer, intent(in) :: epochs
      type(fit_options_t), intent(in) :: options
      logical, intent(in) :: validated
      type(error_t), allocatable, intent(out) :: error
      if (.not. associated(self%net)) then
         call raise(error, fkb_err_argument, 'the trainer has no network: call "init" first')
      else if (min(options%initial_epoch, options%steps_per_epoch, options%validation_steps) < 0 &
               .or. options%validation_freq < 1) then
         call raise(error, fkb_err_argument, 'the options of "fit" have a negative number, or a'// &
                    ' validation_freq below 1')
      end if
      if (.not. allocated(error)) call take_metrics(self, error)
      if (allocated(error)) return
      self%run = run_t(epochs=epochs, initial_epoch=options%initial_epoch)
      self%run%batches = source%batches()
      if (options%steps_per_epoch > 0) self%run%batches = options%steps_per_epoch
      if (validated) self%run%validation_freq = options%validation_freq
   end subroutine plan_run

   !> One epoch. A source that is not at its end when the steps of an epoch are done goes on in the
   !> next one, as in Keras.
   subroutine run_epoch(self, source, epoch, steps, fresh, callbacks, logs, error)
      type(trainer_t), intent(inout), target :: self
      class(batch_source_t), intent(inout), target :: source
      integer, intent(in) :: epoch, steps
      logical, intent(inout) :: fresh             !! the source has begun and is not at its end
      type(callbacks_t), intent(in) :: callbacks
      type(logs_t), intent(out) :: logs
      type(error_t), allocatable, intent(out) :: error
      type(tally_t) :: tally
      type(samples_t) :: batch
      integer :: number
      logical :: done
      call start(self, tally)
      call callbacks%epoch_begin(self, epoch, error)
      number = 0
      do
         done = number > 0 .and. (self%run%stop .or. number == steps)
         if (.not. (done .or. allocated(error))) then
            call next_batch(source, epoch, number == 0, fresh, batch, done, error)
         end if
         call agree(self, done, error)
         if (done .or. allocated(error)) exit
         number = number + 1
         call train_batch(self, batch, tally, error)
         if (allocated(error)) call callbacks%failure(self, epoch, number, error)
         if (allocated(error)) then
            call add_context(error, 'epoch '//decimal(epoch)//', batch '//decimal(number))
            return
         end if
         call report(self, tally, logs)
         call callbacks%batch_end(self, epoch, number, logs, error)
      end do
      if (steps == 0) fresh = .false.
   end subroutine run_epoch

   !> One rank that stops, or has an error, stops all. Ranks whose epochs end after different counts
   !> of batches would wait for each other; one that stops has not looked for its next batch.
   subroutine agree(self, done, error)
      type(trainer_t), intent(inout) :: self
      logical, intent(inout) :: done                  !! no further batch
      type(error_t), allocatable, intent(inout) :: error
      logical :: every(2), some(2)
      call ask_ranks(self, [done, self%run%stop], some, every, error)
      done = some(1)
      self%run%stop = some(2)
      if (allocated(error) .or. (some(1) .eqv. every(1)) .or. (some(2) .neqv. every(2))) return
      call raise(error, fkb_err_argument, 'the ranks have different numbers of batches in an'// &
                 ' epoch')
   end subroutine agree

   !> The next batch; at the begin of an epoch the source may have to begin anew.
   subroutine next_batch(source, epoch, first, fresh, batch, done, error)
      class(batch_source_t), intent(inout), target :: source
      integer, intent(in) :: epoch
      logical, intent(in) :: first
      logical, intent(inout) :: fresh
      type(samples_t), intent(inout) :: batch
      logical, intent(out) :: done
      type(error_t), allocatable, intent(out) :: error
      done = .true.
      if (fresh) then
         call source%next(batch, done, error)
         if (allocated(error) .or. .not. done) return
         fresh = .false.
         if (.not. first) return
      else if (.not. first) then
         return
      end if
      call source%begin_epoch(epoch, error)
      if (allocated(error)) return
      fresh = .true.
      call source%next(batch, done, error)
      if (done .and. .not. allocated(error)) then
         call raise(error, fkb_err_argument, 'the source has no batch for epoch '//decimal(epoch))
      end if
   end subroutine next_batch

   subroutine train_batch(self, batch, tally, error)
      type(trainer_t), intent(inout), target :: self
      type(samples_t), intent(in) :: batch
      type(tally_t), intent(inout) :: tally
      type(error_t), allocatable, intent(out) :: error
      real(dp) :: loss
      self%measuring = self%metrics%count() > 0
      if (allocated(batch%weights)) then
         call self%step_hosts(batch%inputs, batch%targets, loss, error, batch%weights)
      else
         call self%step_hosts(batch%inputs, batch%targets, loss, error)
      end if
      self%measuring = .false.
      if (allocated(error)) then
         if (error%code /= fkb_err_numeric) return
      end if
      call add(self, loss, tally)
   end subroutine train_batch

   !> Evaluate where this epoch has a validation.
   subroutine validate(self, source, epoch, options, logs, error)
      type(trainer_t), intent(inout), target :: self
      class(batch_source_t), intent(inout), target :: source
      integer, intent(in) :: epoch
      type(fit_options_t), intent(in) :: options
      type(logs_t), intent(inout) :: logs
      type(error_t), allocatable, intent(out) :: error
      type(logs_t) :: validation
      if (mod(epoch, options%validation_freq) /= 0) return
      call self%evaluate(source, validation, error, options%validation_steps)
      call add_context(error, 'validation after epoch '//decimal(epoch))
      call logs%add_prefixed('val_', validation)
   end subroutine validate

   module procedure evaluate_source
      type(tally_t) :: tally
      type(samples_t) :: batch
      real(dp) :: loss
      integer :: most, number
      logical :: done
      if (.not. associated(self%net)) then
         call raise(error, fkb_err_argument, 'the trainer has no network: call "init" first')
         return
      end if
      call take_metrics(self, error)
      if (allocated(error)) return
      most = 0
      if (present(steps)) most = steps
      call start(self, tally)
      call source%begin_epoch(1, error)
      number = 0
      do
         if (most > 0 .and. number >= most) exit
         done = .true.
         if (.not. allocated(error)) call source%next(batch, done, error)
         call agree(self, done, error)
         if (done .or. allocated(error)) exit
         number = number + 1
         self%measuring = self%metrics%count() > 0
         if (allocated(batch%weights)) then
            call self%evaluate_hosts(batch%inputs, batch%targets, loss, error, batch%weights)
         else
            call self%evaluate_hosts(batch%inputs, batch%targets, loss, error)
         end if
         self%measuring = .false.
         call add_context(error, 'batch '//decimal(number))
         call add(self, loss, tally)
      end do
      if (allocated(error)) return
      if (number == 0) call raise(error, fkb_err_argument, 'the source has no batch to evaluate')
      call report(self, tally, logs)
   end procedure evaluate_source

   !> Those that the model was compiled with, where nobody has chosen others.
   subroutine take_metrics(self, error)
      type(trainer_t), intent(inout) :: self
      type(error_t), allocatable, intent(out) :: error
      if (.not. self%metrics_of_file .or. self%metrics%count() > 0) return
      call self%use_metrics(error)
      call add_context(error, 'metrics of the model file (use_metrics chooses others)')
   end subroutine take_metrics

   subroutine start(self, tally)
      type(trainer_t), intent(inout) :: self
      type(tally_t), intent(out) :: tally
      call self%metrics%reset()
      allocate (tally%outputs(size(self%losses)), source=0.0_dp)
   end subroutine start

   !> Count a batch.
   subroutine add(self, loss, tally)
      type(trainer_t), intent(in) :: self
      real(dp), intent(in) :: loss
      type(tally_t), intent(inout) :: tally
      tally%samples = tally%samples + self%samples
      tally%loss = tally%loss + loss*self%samples
      tally%batches = tally%batches + 1
      tally%outputs = tally%outputs + self%output_losses
   end subroutine add

   !> The means so far under Keras's names; the losses of outputs where several have one.
   subroutine report(self, tally, logs)
      type(trainer_t), intent(in) :: self
      type(tally_t), intent(in) :: tally
      type(logs_t), intent(out) :: logs
      type(name_t), allocatable :: names(:)
      real(dp), allocatable :: values(:)
      integer :: i, k, with_loss
      call logs%set('loss', tally%loss/tally%samples)
      if (allocated(self%reduction)) then
         call self%metrics%get_values(values, self%reduction)
      else
         call self%metrics%get_values(values)
      end if
      do i = 1, size(values)
         call logs%set(self%metrics%name(i), values(i))
      end do
      with_loss = 0
      do k = 1, size(self%losses)
         if (allocated(self%losses(k)%loss)) with_loss = with_loss + 1
      end do
      if (with_loss < 2) return
      call output_names(self%net%document, names)
      do k = 1, size(self%losses)
         if (allocated(self%losses(k)%loss)) then
            call logs%set(names(k)%text//'_loss', tally%outputs(k)/tally%batches)
         end if
      end do
   end subroutine report

   module procedure use_metrics
      character(:), allocatable :: plain, weighted
      if (.not. associated(self%net)) then
         call raise(error, fkb_err_argument, 'the trainer has no network: call "init" first')
      else if (present(metrics) .or. present(weighted_metrics)) then
         plain = ''
         weighted = ''
         if (present(metrics)) plain = metrics
         if (present(weighted_metrics)) weighted = weighted_metrics
         call metrics_from_config(self%net%document, plain, weighted, self%metrics, error, registry)
      else
         call metrics_of_document(self%net%document, self%metrics, error, registry)
      end if
      if (.not. allocated(error)) self%metrics_of_file = .false.
   end procedure use_metrics

   !> By the names that Keras gives, with or without that of an output in front.
   module procedure direction
      character(*), parameter :: larger(*) = [character(22) :: 'accuracy', 'acc', 'auc', &
         'precision', 'recall', 'true_positives', 'true_negatives', 'io_u', 'f1_score', &
         'fbeta_score', 'r2_score', 'correlation', 'cosine_similarity', 'specificity', 'f_measure']
      character(*), parameter :: smaller(*) = [character(22) :: 'loss', 'error', 'crossentropy', &
         'mse', 'mae', 'mape', 'msle', 'hinge', 'divergence', 'poisson', 'log_cosh', &
         'false_positives', 'false_negatives']
      integer :: i
      direction = 0
      do i = 1, size(larger)
         if (ends_with(name, trim(larger(i)))) direction = 1
      end do
      do i = 1, size(smaller)
         if (ends_with(name, trim(smaller(i)))) direction = -1
      end do
   end procedure direction

   !> Whether a name is this word, or ends with it behind an underscore.
   pure logical function ends_with(name, word)
      character(*), intent(in) :: name, word
      integer :: first
      first = len(name) - len(word) + 1
      ends_with = name == word
      if (first > 1) ends_with = name(first - 1:) == '_'//word
   end function ends_with

end submodule fkb_trainer_fit_dp
