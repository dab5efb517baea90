! Generated from train/fkb_trainer.fypp: edit that file and run tools/generate.py
!> Training of a network: gradients over blocks of a batch, and steps of an optimizer.
!>
!> A batch is cut into blocks whose size depends on the network alone, unless a layer couples the
!> columns. Blocks are dealt out to lanes, whose number depends on the network and the batch; each
!> lane adds up its blocks in order, then the lanes are added in order. Threads work on lanes, so
!> that all numbers are the same for any number of threads.
module fkb_trainer_dp
   use fkb_batch_source_dp, only: batch_source_t
   use fkb_compile_dp, only: loss_box_t
   use fkb_error, only: error_t
   use fkb_history, only: history_t
   use fkb_host_dp, only: host_t
   use fkb_kinds, only: dp, i8, sp, wp => dp
   use fkb_layer_dp, only: mode_t, view_t
   use fkb_logs, only: logs_t
   use fkb_loss_dp, only: loss_t
   use fkb_loss_registry_dp, only: loss_registry_t
   use fkb_metric_registry_dp, only: metric_registry_t
   use fkb_metric_set_dp, only: metric_set_t
   use fkb_network_dp, only: network_t
   use fkb_optimizer_dp, only: optimizer_t
   use fkb_optimizer_registry_dp, only: optimizer_registry_t
   use fkb_reduction_dp, only: reduction_t
   use fkb_state_dp, only: state_t
   use fkb_training_dp, only: callback_t, callbacks_t, run_t, training_t
   use fkb_trainer_parts_dp, only: bench_t, cut_t, fit_options_t, goal_t
   use fkb_views, only: view_sp_t, view_dp_t
   implicit none (type, external)
   private
   public :: trainer_t, loss_box_t, callback_t, callbacks_t, fit_options_t, run_t

   !> Blocks are dealt out to at most so many lanes.
   integer, parameter :: most_lanes = 16

   !> Trains one network, which must have the `target` attribute and outlive the trainer.
   type, extends(training_t) :: trainer_t
      type(state_t) :: recurrent                     !! of stateful layers, kept from step to step
      integer(i8) :: seed = 0                        !! of the noise in training
      real(wp), allocatable :: grad(:)               !! of the last step or gradient
      type(metric_set_t) :: metrics                  !! of `fit` and `evaluate`
      type(loss_box_t), allocatable, private :: losses(:)    !! one per output
      class(reduction_t), allocatable, private :: reduction  !! over ranks
      character(:), allocatable, private :: loss_config      !! to be saved; empty: the file's
      logical, private :: optimizer_of_file = .false., metrics_of_file = .false.
      character(:), allocatable, private :: first_config     !! of the optimizer in the file
      type(goal_t), allocatable, private :: goals(:)           !! one per output
      type(bench_t), allocatable, private :: benches(:)      !! one per thread
      real(dp), allocatable, private :: output_losses(:)     !! of the last batch, unweighted
      integer, private :: samples = 0                        !! of the last batch, of all ranks
      logical, private :: measuring = .false.                !! metrics take part in the pass
      real(wp), allocatable, private :: lane_grad(:, :)      !! (weights, lanes from 2 on)
   contains
      !> Begin: `call trainer%init(net, loss, optimizer, error [, seed])` with one loss for all
      !> outputs, or with an array of `loss_box_t`, one per output.
      generic :: init => init_one, init_boxes
      procedure :: init_from_file
      !> One training step: `call trainer%step(x, y_true, loss, error [, sample_weight])`. The
      !> arrays are (features, batch), or (features) for one sample, or views, one per end of the
      !> network. They are those of the host: transforms of the file are applied.
      generic :: step => step_sp, step_dp, step_one_sp, step_one_dp, step_many_sp, step_many_dp
      !> Loss and gradient of a batch, nothing is changed:
      !> `call trainer%gradient(x, y_true, loss, grad, error [, sample_weight])`.
      generic :: gradient => gradient_sp, gradient_dp, gradient_many_sp, gradient_many_dp
      !> Several epochs: `call trainer%fit(x, y_true, epochs, batch_size, error [, ...])`, or
      !> `call trainer%fit(source, epochs, error [, ...])` from a source of batches.
      generic :: fit => fit_sp, fit_dp, fit_hosts, fit_source
      !> Loss as in inference: `call trainer%evaluate(x, y_true, loss, error [, ...])`, or
      !> `call trainer%evaluate(source, logs, error [, steps])`. Nothing is changed.
      generic :: evaluate => evaluate_sp, evaluate_dp, evaluate_source
      procedure :: use_metrics
      procedure :: direction
      procedure :: accept
      procedure :: settle
      procedure :: evaluate_hosts
      procedure :: step_hosts
      procedure :: gradient_hosts
      procedure :: apply
      procedure :: last_gradient
      procedure :: finish
      procedure :: reduce_over
      procedure :: store
      procedure :: save
      procedure :: clear
      procedure, private :: init_one, init_boxes
      procedure, private :: step_sp, step_dp, step_one_sp, step_one_dp, step_many_sp, step_many_dp
      procedure, private :: gradient_sp, gradient_dp, gradient_many_sp, gradient_many_dp
      procedure, private :: fit_sp, fit_dp, fit_hosts, fit_source
      procedure, private :: evaluate_sp, evaluate_dp, evaluate_source
   end type trainer_t

   interface

      !> Begin training with the same loss for every output.
      !> Raises an error that names a layer that cannot be trained.
      module subroutine init_one(self, net, loss, optimizer, error, seed)
         class(trainer_t), intent(inout) :: self
         type(network_t), intent(inout), target :: net   !! changed by every step
         class(loss_t), intent(in) :: loss               !! copied
         class(optimizer_t), intent(in) :: optimizer     !! copied
         type(error_t), allocatable, intent(out) :: error
         integer, intent(in), optional :: seed           !! of the noise, default 0
      end subroutine init_one

      !> Begin training with a loss for each output.
      module subroutine init_boxes(self, net, losses, optimizer, error, seed)
         class(trainer_t), intent(inout) :: self
         type(network_t), intent(inout), target :: net
         type(loss_box_t), intent(in) :: losses(:)       !! one per output, copied
         class(optimizer_t), intent(in) :: optimizer
         type(error_t), allocatable, intent(out) :: error
         integer, intent(in), optional :: seed
      end subroutine init_boxes

      !> Go on where the model file stopped: with its compile configuration and, unless another
      !> optimizer is given, its optimizer's state. Both may be given as Keras's configuration.
      module subroutine init_from_file(self, net, error, loss, optimizer, registry, seed, &
                                       optimizers)
         class(trainer_t), intent(inout) :: self
         type(network_t), intent(inout), target :: net
         type(error_t), allocatable, intent(out) :: error
         character(*), intent(in), optional :: loss       !! `mse`, or Keras's JSON
         character(*), intent(in), optional :: optimizer  !! `adam`, or Keras's JSON
         type(loss_registry_t), intent(in), optional :: registry   !! a user's losses
         integer, intent(in), optional :: seed
         type(optimizer_registry_t), intent(in), optional :: optimizers   !! a user's optimizers
      end subroutine init_from_file

      !> Put the optimizer's state into the network, so that `net%save` writes it.
      module subroutine store(self, error)
         class(trainer_t), intent(inout) :: self
         type(error_t), allocatable, intent(out) :: error
      end subroutine store

      !> Save the network with the optimizer's state.
      module subroutine save(self, path, error)
         class(trainer_t), intent(inout) :: self
         character(*), intent(in) :: path
         type(error_t), allocatable, intent(out) :: error
      end subroutine save

      !> Release everything; the network stays.
      module subroutine clear(self)
         class(trainer_t), intent(inout) :: self
      end subroutine clear

      !> Let layers change their statistics after the last gradient, without a step of the
      !> optimizer: for methods that have changed the weights themselves.
      module subroutine settle(self)
         class(trainer_t), intent(inout), target :: self
      end subroutine settle

      !> One step from a gradient of the flat vector that was made elsewhere. What layers change
      !> themselves in a training step, such as moving statistics, stays as it is.
      !> Raises an error, and changes nothing, where it is not finite or has a wrong length.
      module subroutine apply(self, grad, error)
         class(trainer_t), intent(inout) :: self
         real(wp), intent(in) :: grad(:)                 !! (weights)
         type(error_t), allocatable, intent(out) :: error
      end subroutine apply

      !> From the next step on, take the sum over all ranks: each gives its own samples of a
      !> batch, and all make the same step. Random numbers follow the number of a sample in the
      !> whole batch, so that they do not depend on how it is spread.
      !> Raises an error where a layer couples the samples of a batch.
      module subroutine reduce_over(self, reduction, error)
         class(trainer_t), intent(inout) :: self
         class(reduction_t), intent(in) :: reduction     !! copied
         type(error_t), allocatable, intent(out) :: error
      end subroutine reduce_over

      !> A copy of the gradient that was made last.
      module subroutine last_gradient(self, grad)
         class(trainer_t), intent(in) :: self
         real(wp), allocatable, intent(out) :: grad(:)   !! (weights)
      end subroutine last_gradient

      !> After steps of one's own: with `use_ema`, the averages of the weights become the
      !> weights, as at the end of `fit`.
      module subroutine finish(self)
         class(trainer_t), intent(inout) :: self
      end subroutine finish

      !> Loss and gradient of a batch in the host's arrays; nothing is changed.
      !> The penalties of regularizers are part of both.
      module subroutine gradient_hosts(self, inputs, targets, loss, error, weights)
         class(trainer_t), intent(inout), target :: self
         type(host_t), intent(in) :: inputs(:)           !! one per input
         type(host_t), intent(in) :: targets(:)          !! one per output
         real(dp), intent(out) :: loss
         type(error_t), allocatable, intent(out) :: error
         type(host_t), intent(in), optional :: weights(:)   !! per output, (1 or positions, batch)
      end subroutine gradient_hosts

      !> One training step on a batch in the host's arrays.
      module subroutine step_hosts(self, inputs, targets, loss, error, weights)
         class(trainer_t), intent(inout), target :: self
         type(host_t), intent(in) :: inputs(:)
         type(host_t), intent(in) :: targets(:)
         real(dp), intent(out) :: loss                   !! before the step
         type(error_t), allocatable, intent(out) :: error
         type(host_t), intent(in), optional :: weights(:)
      end subroutine step_hosts

      !> `epochs` passes over all samples. The history has the mean loss of each epoch.
      module subroutine fit_hosts(self, inputs, targets, epochs, batch_size, error, weights, &
                                  shuffle, seed, history, validation, callbacks, options, record)
         class(trainer_t), intent(inout), target :: self
         type(host_t), intent(in) :: inputs(:)
         type(host_t), intent(in) :: targets(:)
         integer, intent(in) :: epochs
         integer, intent(in) :: batch_size               !! the last batch may be smaller
         type(error_t), allocatable, intent(out) :: error
         type(host_t), intent(in), optional :: weights(:)
         logical, intent(in), optional :: shuffle        !! a new order in each epoch, default true
         integer, intent(in), optional :: seed           !! of the orders and the noise
         real(dp), intent(out), optional :: history(:)   !! (epochs)
         class(batch_source_t), intent(inout), target, optional :: validation
         type(callbacks_t), intent(in), optional :: callbacks
         type(fit_options_t), intent(in), optional :: options
         type(history_t), intent(out), optional :: record
      end subroutine fit_hosts

      !> Train with the batches of a source until `epochs` epochs are done.
      module subroutine fit_source(self, source, epochs, error, history, validation, callbacks, &
                                   options, record)
         class(trainer_t), intent(inout), target :: self
         class(batch_source_t), intent(inout), target :: source
         integer, intent(in) :: epochs                   !! number of the last epoch
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(out), optional :: history(:)   !! (epochs)
         class(batch_source_t), intent(inout), target, optional :: validation   !! evaluated
         type(callbacks_t), intent(in), optional :: callbacks
         type(fit_options_t), intent(in), optional :: options
         type(history_t), intent(out), optional :: record     !! all logs of all epochs
      end subroutine fit_source

      !> Loss and metrics of the batches of a source in inference, averaged as Keras does.
      module subroutine evaluate_source(self, source, logs, error, steps)
         class(trainer_t), intent(inout), target :: self
         class(batch_source_t), intent(inout), target :: source
         type(logs_t), intent(out) :: logs
         type(error_t), allocatable, intent(out) :: error
         integer, intent(in), optional :: steps          !! batches, default all
      end subroutine evaluate_source

      !> Loss of a batch in inference, with the penalties of regularizers.
      module subroutine evaluate_hosts(self, inputs, targets, loss, error, weights)
         class(trainer_t), intent(inout), target :: self
         type(host_t), intent(in) :: inputs(:)
         type(host_t), intent(in) :: targets(:)
         real(dp), intent(out) :: loss
         type(error_t), allocatable, intent(out) :: error
         type(host_t), intent(in), optional :: weights(:)
      end subroutine evaluate_hosts

      !> Log these metrics from now on: Keras's names or configurations, by default those that the
      !> model was compiled with, as after `init_from_file`. Those without a loss stay empty.
      module subroutine use_metrics(self, error, metrics, weighted_metrics, registry)
         class(trainer_t), intent(inout) :: self
         type(error_t), allocatable, intent(out) :: error
         character(*), intent(in), optional :: metrics            !! `["mae"]`, empty for none
         character(*), intent(in), optional :: weighted_metrics   !! sample weights count
         type(metric_registry_t), intent(in), optional :: registry   !! a user's metrics
      end subroutine use_metrics

      !> Whether a logged number is better when it is smaller (-1) or larger (1); 0: nobody knows.
      module function direction(self, name)
         class(trainer_t), intent(in) :: self
         character(*), intent(in) :: name                !! without `val_`
         integer :: direction
      end function direction

      !> Make the step of the last gradient, `trainer%grad`, which may have been changed.
      module subroutine accept(self, error)
         class(trainer_t), intent(inout), target :: self
         type(error_t), allocatable, intent(out) :: error
      end subroutine accept

      !> Check a batch, cut it, and make ready what a pass needs.
      module subroutine prepare_batch(self, inputs, targets, cut, error, weights)
         class(trainer_t), intent(inout), target :: self
         type(host_t), intent(in) :: inputs(:), targets(:)
         type(cut_t), intent(out) :: cut
         type(error_t), allocatable, intent(out) :: error
         type(host_t), intent(in), optional :: weights(:)
      end subroutine prepare_batch

      !> Count the samples of all ranks, and say what each loss is divided by. An error of one
      !> rank becomes an error on all.
      module subroutine agree_on_batch(self, cut, error)
         class(trainer_t), intent(inout), target :: self
         type(cut_t), intent(inout) :: cut
         type(error_t), allocatable, intent(inout) :: error
      end subroutine agree_on_batch

      !> Sum loss and gradient over all ranks. An error of one rank becomes an error on all.
      module subroutine sum_over_ranks(self, cut, loss, error)
         class(trainer_t), intent(inout) :: self
         type(cut_t), intent(in) :: cut
         real(dp), intent(inout) :: loss
         type(error_t), allocatable, intent(inout) :: error
      end subroutine sum_over_ranks

      !> Whether some rank, or each, says so. An error of one rank becomes an error on all.
      module subroutine ask_ranks(self, flags, some, every, error)
         class(trainer_t), intent(in) :: self
         logical, intent(in) :: flags(:)                 !! of this rank
         logical, intent(out) :: some(:), every(:)
         type(error_t), allocatable, intent(inout) :: error
      end subroutine ask_ranks

      !> Columns of a matrix that is kept as one vector.
      module function columns_of(vector, rows, first, columns) result(matrix)
         real(wp), intent(in), contiguous, target :: vector(:)
         integer, intent(in) :: rows, first, columns
         real(wp), pointer, contiguous :: matrix(:, :)
      end function columns_of

      module subroutine step_sp(self, x, y_true, loss, error, sample_weight)
         class(trainer_t), intent(inout), target :: self
         real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, batch)
         real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, batch)
         real(sp), intent(out) :: loss                              !! before the step
         type(error_t), allocatable, intent(out) :: error
         real(sp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (batch)
      end subroutine step_sp

      module subroutine step_one_sp(self, x, y_true, loss, error)
         class(trainer_t), intent(inout), target :: self
         real(sp), intent(in), contiguous, target :: x(:)           !! (features in)
         real(sp), intent(in), contiguous, target :: y_true(:)      !! (features out)
         real(sp), intent(out) :: loss
         type(error_t), allocatable, intent(out) :: error
      end subroutine step_one_sp

      module subroutine step_many_sp(self, x, y_true, loss, error, sample_weight)
         class(trainer_t), intent(inout), target :: self
         type(view_sp_t), intent(in) :: x(:)                        !! one per input
         type(view_sp_t), intent(in) :: y_true(:)                   !! one per output
         real(sp), intent(out) :: loss
         type(error_t), allocatable, intent(out) :: error
         type(view_sp_t), intent(in), optional :: sample_weight(:)  !! one per output
      end subroutine step_many_sp

      module subroutine gradient_sp(self, x, y_true, loss, grad, error, sample_weight)
         class(trainer_t), intent(inout), target :: self
         real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, batch)
         real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, batch)
         real(sp), intent(out) :: loss
         real(wp), intent(out) :: grad(:)                                 !! (weights)
         type(error_t), allocatable, intent(out) :: error
         real(sp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (batch)
      end subroutine gradient_sp

      module subroutine gradient_many_sp(self, x, y_true, loss, grad, error, sample_weight)
         class(trainer_t), intent(inout), target :: self
         type(view_sp_t), intent(in) :: x(:)
         type(view_sp_t), intent(in) :: y_true(:)
         real(sp), intent(out) :: loss
         real(wp), intent(out) :: grad(:)                                 !! (weights)
         type(error_t), allocatable, intent(out) :: error
         type(view_sp_t), intent(in), optional :: sample_weight(:)
      end subroutine gradient_many_sp

      module subroutine fit_sp(self, x, y_true, epochs, batch_size, error, sample_weight, &
                                     shuffle, seed, history, validation, callbacks, options, &
                                     record)
         class(trainer_t), intent(inout), target :: self
         real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
         real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
         integer, intent(in) :: epochs
         integer, intent(in) :: batch_size
         type(error_t), allocatable, intent(out) :: error
         real(sp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
         logical, intent(in), optional :: shuffle
         integer, intent(in), optional :: seed
         real(dp), intent(out), optional :: history(:)                    !! (epochs)
         class(batch_source_t), intent(inout), target, optional :: validation
         type(callbacks_t), intent(in), optional :: callbacks
         type(fit_options_t), intent(in), optional :: options
         type(history_t), intent(out), optional :: record
      end subroutine fit_sp

      module subroutine evaluate_sp(self, x, y_true, loss, error, sample_weight, batch_size, &
                                          logs)
         class(trainer_t), intent(inout), target :: self
         real(sp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
         real(sp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
         real(sp), intent(out) :: loss
         type(error_t), allocatable, intent(out) :: error
         real(sp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
         integer, intent(in), optional :: batch_size                      !! default 32
         type(logs_t), intent(out), optional :: logs
      end subroutine evaluate_sp

      module subroutine step_dp(self, x, y_true, loss, error, sample_weight)
         class(trainer_t), intent(inout), target :: self
         real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, batch)
         real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, batch)
         real(dp), intent(out) :: loss                              !! before the step
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (batch)
      end subroutine step_dp

      module subroutine step_one_dp(self, x, y_true, loss, error)
         class(trainer_t), intent(inout), target :: self
         real(dp), intent(in), contiguous, target :: x(:)           !! (features in)
         real(dp), intent(in), contiguous, target :: y_true(:)      !! (features out)
         real(dp), intent(out) :: loss
         type(error_t), allocatable, intent(out) :: error
      end subroutine step_one_dp

      module subroutine step_many_dp(self, x, y_true, loss, error, sample_weight)
         class(trainer_t), intent(inout), target :: self
         type(view_dp_t), intent(in) :: x(:)                        !! one per input
         type(view_dp_t), intent(in) :: y_true(:)                   !! one per output
         real(dp), intent(out) :: loss
         type(error_t), allocatable, intent(out) :: error
         type(view_dp_t), intent(in), optional :: sample_weight(:)  !! one per output
      end subroutine step_many_dp

      module subroutine gradient_dp(self, x, y_true, loss, grad, error, sample_weight)
         class(trainer_t), intent(inout), target :: self
         real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, batch)
         real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, batch)
         real(dp), intent(out) :: loss
         real(wp), intent(out) :: grad(:)                                 !! (weights)
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (batch)
      end subroutine gradient_dp

      module subroutine gradient_many_dp(self, x, y_true, loss, grad, error, sample_weight)
         class(trainer_t), intent(inout), target :: self
         type(view_dp_t), intent(in) :: x(:)
         type(view_dp_t), intent(in) :: y_true(:)
         real(dp), intent(out) :: loss
         real(wp), intent(out) :: grad(:)                                 !! (weights)
         type(error_t), allocatable, intent(out) :: error
         type(view_dp_t), intent(in), optional :: sample_weight(:)
      end subroutine gradient_many_dp

      module subroutine fit_dp(self, x, y_true, epochs, batch_size, error, sample_weight, &
                                     shuffle, seed, history, validation, callbacks, options, &
                                     record)
         class(trainer_t), intent(inout), target :: self
         real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
         real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
         integer, intent(in) :: epochs
         integer, intent(in) :: batch_size
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
         logical, intent(in), optional :: shuffle
         integer, intent(in), optional :: seed
         real(dp), intent(out), optional :: history(:)                    !! (epochs)
         class(batch_source_t), intent(inout), target, optional :: validation
         type(callbacks_t), intent(in), optional :: callbacks
         type(fit_options_t), intent(in), optional :: options
         type(history_t), intent(out), optional :: record
      end subroutine fit_dp

      module subroutine evaluate_dp(self, x, y_true, loss, error, sample_weight, batch_size, &
                                          logs)
         class(trainer_t), intent(inout), target :: self
         real(dp), intent(in), contiguous, target :: x(:, :)        !! (features in, samples)
         real(dp), intent(in), contiguous, target :: y_true(:, :)   !! (features out, samples)
         real(dp), intent(out) :: loss
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(in), contiguous, target, optional :: sample_weight(:)   !! (samples)
         integer, intent(in), optional :: batch_size                      !! default 32
         type(logs_t), intent(out), optional :: logs
      end subroutine evaluate_dp

   end interface

end module fkb_trainer_dp
