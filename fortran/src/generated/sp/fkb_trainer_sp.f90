! Generated from train/fkb_trainer.fypp: edit that file and run tools/generate.py
!> Training of a network: gradients over blocks of a batch, and steps of an optimizer.
!>
!> A batch is cut into blocks whose size depends on the network alone, unless a layer couples the
!> columns. Blocks are dealt out to lanes, whose number depends on the network and the batch; each
!> lane adds up its blocks in order, then the lanes are added in order. Threads work on lanes, so
!> that all numbers are the same for any number of threads.
module fkb_trainer_sp
   use fkb_compile_sp, only: loss_box_t
   use fkb_error, only: error_t
   use fkb_host_sp, only: host_t
   use fkb_kinds, only: dp, i8, sp, wp => sp
   use fkb_layer_sp, only: mode_t, view_t
   use fkb_loss_sp, only: loss_t
   use fkb_loss_registry_sp, only: loss_registry_t
   use fkb_network_sp, only: network_t, workspace_t
   use fkb_optimizer_sp, only: optimizer_state_t, optimizer_t
   use fkb_reduction_sp, only: reduction_t
   use fkb_shape, only: shape_t
   use fkb_state_sp, only: state_t
   use fkb_views, only: view_sp_t, view_dp_t
   implicit none (type, external)
   private
   public :: trainer_t, loss_box_t

   !> What one thread works in.
   type :: bench_t
      type(workspace_t) :: work
      real(wp), allocatable :: targets(:)         !! of one output, of one block
      type(error_t), allocatable :: error         !! the first of its lanes
   end type bench_t

   !> What one output needs during a step.
   type :: goal_t
      type(shape_t) :: shape                      !! of one sample
      integer :: positions = 1                    !! values of the loss in one sample
      integer :: targets = 0                      !! features of its target
      real(dp) :: factor = 1                      !! of the summed loss: loss weight/normaliser
      real(wp), allocatable :: weights(:)         !! (positions, batch) as one vector
   end type goal_t

   !> How a batch is cut; depends on the network and the batch only, but for the threads.
   type :: cut_t
      integer :: batch = 0
      integer :: total = 0               !! samples of the batch on all ranks
      integer :: before = 0              !! samples on the ranks before this one
      integer :: columns = 0             !! of a block
      integer :: blocks = 0
      integer :: lanes = 0
      integer :: threads = 1             !! at most as many as lanes
   end type cut_t

   !> Blocks are dealt out to at most so many lanes.
   integer, parameter :: most_lanes = 16

   !> Trains one network, which must have the `target` attribute and outlive the trainer.
   type :: trainer_t
      type(network_t), pointer :: net => null()
      class(optimizer_t), allocatable :: optimizer   !! its learning rate may be changed
      type(optimizer_state_t) :: state               !! the iteration counts the steps
      type(state_t) :: recurrent                     !! of stateful layers, kept from step to step
      integer(i8) :: seed = 0                        !! of the noise in training
      type(loss_box_t), allocatable, private :: losses(:)    !! one per output
      class(reduction_t), allocatable, private :: reduction  !! over ranks
      character(:), allocatable, private :: rate_dtype       !! of the file's learning rate
      character(:), allocatable, private :: loss_config      !! to be saved; empty: the file's
      logical, private :: optimizer_of_file = .false.        !! its configuration stands there
      real(dp), private :: first_rate = 0                    !! learning rate in the beginning
      type(goal_t), allocatable, private :: goals(:)           !! one per output
      type(bench_t), allocatable, private :: benches(:)      !! one per thread
      real(wp), allocatable, private :: grad(:)              !! of the last step
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
      !> Several epochs: `call trainer%fit(x, y_true, epochs, batch_size, error [, ...])`.
      generic :: fit => fit_sp, fit_dp, fit_hosts
      procedure :: step_hosts
      procedure :: gradient_hosts
      procedure :: apply
      procedure :: reduce_over
      procedure :: store
      procedure :: save
      procedure :: clear
      procedure, private :: init_one, init_boxes
      procedure, private :: step_sp, step_dp, step_one_sp, step_one_dp, step_many_sp, step_many_dp
      procedure, private :: gradient_sp, gradient_dp, gradient_many_sp, gradient_many_dp
      procedure, private :: fit_sp, fit_dp, fit_hosts
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
      module subroutine init_from_file(self, net, error, loss, optimizer, registry, seed)
         class(trainer_t), intent(inout) :: self
         type(network_t), intent(inout), target :: net
         type(error_t), allocatable, intent(out) :: error
         character(*), intent(in), optional :: loss       !! `mse`, or Keras's JSON
         character(*), intent(in), optional :: optimizer  !! `adam`, or Keras's JSON
         type(loss_registry_t), intent(in), optional :: registry   !! a user's losses
         integer, intent(in), optional :: seed
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

      !> One step from a gradient of the flat vector that was made elsewhere.
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
                                  shuffle, seed, history)
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
      end subroutine fit_hosts

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
      module subroutine sum_over_ranks(self, loss, error)
         class(trainer_t), intent(inout) :: self
         real(dp), intent(inout) :: loss
         type(error_t), allocatable, intent(inout) :: error
      end subroutine sum_over_ranks

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
                                     shuffle, seed, history)
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
      end subroutine fit_sp

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
                                     shuffle, seed, history)
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
      end subroutine fit_dp

   end interface

end module fkb_trainer_sp
