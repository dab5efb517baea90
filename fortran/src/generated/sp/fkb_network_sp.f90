! Generated from network/fkb_network.fypp: edit that file and run tools/generate.py
!> A network: the lowered graph, its weights in one flat vector, and the document it came from;
!> and the workspace in which one thread runs it.
module fkb_network_sp
   use fkb_document, only: document_t
   use fkb_document_parts, only: values_t
   use fkb_error, only: error_t
   use fkb_frozen_sp, only: frozen_t
   use fkb_host_sp, only: host_t
   use fkb_kinds, only: dp, i8, sp, wp => sp
   use fkb_layer_sp, only: mode_t, view_t
   use fkb_plan, only: plan_t
   use fkb_port, only: port_t
   use fkb_program_sp, only: program_t
   use fkb_registry_sp, only: registry_t
   use fkb_shape, only: shape_t
   use fkb_state_sp, only: state_t
   use fkb_variable, only: variable_t
   use fkb_views, only: view_sp_t, view_dp_t
   implicit none (type, external)
   private
   public :: network_t, workspace_t

   !> Weights and structure. Read-only while predicting: one network serves all threads.
   type :: network_t
      real(wp), allocatable :: params(:)              !! all weights, layer after layer
      integer(i8), allocatable :: integers(:)         !! integer weights of the file
      type(program_t) :: graph                        !! layers, nodes, segments
      type(port_t), allocatable :: inputs(:)          !! host's side of the inputs
      type(port_t), allocatable :: outputs(:)         !! host's side of the outputs
      type(document_t) :: document                    !! the file without its values
      type(variable_t), allocatable :: optimizer_state(:)   !! the optimizer's variables
      type(frozen_t) :: frozen                        !! of a frozen network, to be read only
      integer(i8), allocatable, private :: weight_at(:)     !! per tensor of the document: its place
      type(values_t), private :: kept                 !! values of the file that are no weights
      integer(i8), private :: kept_after(3) = 0       !! their offsets count from here, per buffer
   contains
      procedure :: load, load_document, loaded, save, check_samples, copy, clear
      procedure :: freeze, thaw
      generic :: predict => predict_sp, predict_dp, predict_one_sp, predict_one_dp, &
         predict_many_sp, predict_many_dp
      generic :: predict_any => predict_any_sp, predict_any_dp
      procedure :: run, make_state, keeps_state
      procedure :: input_features, output_features
      procedure :: set_trainable, set_rate_factor, copy_weights, initialize
      procedure :: can_train, has_batch_coupling
      procedure :: forward_pass, backward_pass, tangent_pass, update_pass
      procedure :: output, output_logits, pass_value, slope
      procedure :: output_gradient, input_gradient, activity_penalty
      procedure, private :: predict_sp, predict_dp, predict_one_sp, predict_one_dp
      procedure, private :: predict_many_sp, predict_many_dp, predict_any_sp, predict_any_dp
   end type network_t

   !> Activations and scratch of one thread. It grows when a larger batch comes and allocates
   !> nothing after that.
   type :: workspace_t
      private
      integer(i8) :: key = 0                          !! of the network it is prepared for
      integer :: capacity = 0                         !! columns that fit
      logical :: holds_block = .false.                !! so many that any batch can be run
      integer(i8) :: column_reals = 0                 !! memory of a column in inference
      logical :: training = .false.
      type(shape_t), allocatable :: in_shapes(:)      !! closed shapes of the inputs
      type(shape_t), allocatable :: shapes(:)         !! closed shapes of all values
      type(plan_t), allocatable :: plans(:)           !! one per node, for closed shapes
      integer, allocatable :: folds(:)                !! per node: samples of a column, 1 for most
      logical, allocatable :: runs(:)                 !! per node: not skipped, not fused away
      integer, allocatable :: place(:)                !! per value: the value whose memory it has
      integer(i8), allocatable :: offset(:)           !! per value: where its memory begins
      integer(i8), allocatable :: cache_first(:)      !! per node: where its cache begins
      integer, allocatable :: first_x(:), first_y(:)  !! per node: its views in `x` and `y`
      integer, allocatable :: x_value(:), y_value(:)  !! per view: the value
      type(view_t), allocatable :: x(:), y(:), dx(:), dy(:)
      type(view_t), allocatable :: given(:)           !! per value: the host's own memory
      real(wp), allocatable :: values(:)              !! activations
      real(wp), allocatable :: grads(:)               !! their gradients, as the values lie
      real(wp), allocatable :: part(:)                !! gradients on their way to a sum
      real(wp), allocatable :: seed(:)                !! gradients of the outputs
      integer(i8), allocatable :: seed_first(:)       !! per output: where its gradient begins
      logical, allocatable :: seeded(:), on_logits(:) !! per output
      logical, allocatable :: reached(:)              !! per value: has a gradient
      real(wp), allocatable :: cache(:), scratch(:)
      integer :: columns = 0                          !! of the pass in progress
   contains
      procedure :: prepare
      procedure :: clear => clear_workspace
   end type workspace_t

   interface

      !> Read a network from a model file. A failed load leaves the object as it was. Raises an
      !> error for a damaged file, unknown classes and options, and weights that do not fit.
      module subroutine load(self, path, error, registry)
         class(network_t), intent(inout) :: self
         character(*), intent(in) :: path                        !! of the model file
         type(error_t), allocatable, intent(out) :: error
         type(registry_t), intent(in), optional :: registry      !! default: the library's layers
      end subroutine load

      !> Make the network from a document that was read already.
      module subroutine load_document(self, document, error, registry)
         class(network_t), intent(inout) :: self
         type(document_t), intent(inout) :: document    !! its values are taken out
         type(error_t), allocatable, intent(out) :: error
         type(registry_t), intent(in), optional :: registry
      end subroutine load_document

      !> Write the network with its weights as they are now; a failed save leaves the old file.
      module subroutine save(self, path, error, precision)
         class(network_t), intent(in) :: self
         character(*), intent(in) :: path
         type(error_t), allocatable, intent(out) :: error
         character(*), intent(in), optional :: precision   !! `float32`, `float64`; or as the file
      end subroutine save

      !> Make this network a deep copy of `source`.
      module subroutine copy(self, source)
         class(network_t), intent(inout) :: self
         type(network_t), intent(in) :: source
      end subroutine copy

      !> Release everything.
      module subroutine clear(self)
         class(network_t), intent(inout) :: self
      end subroutine clear

      !> For inference only, until `thaw`: pack all weights once as the layers read them, and batch
      !> normalisation with the layer before it. The network predicts and saves; `params` is not
      !> allocated, and what needs it raises an error. States stay good.
      module subroutine freeze(self, error, fold)
         class(network_t), intent(inout) :: self
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: fold          !! default true; false: the same bits
      end subroutine freeze

      !> Undo `freeze`: `params` holds the weights again, as they were.
      module subroutine thaw(self)
         class(network_t), intent(inout) :: self
      end subroutine thaw

      !> Whether a network is loaded.
      pure logical module function loaded(self)
         class(network_t), intent(in) :: self
      end function loaded

      !> Run the samples that the file records and compare with its outputs.
      !> Raises an error where a difference exceeds the sample's tolerance.
      module subroutine check_samples(self, work, error, worst)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         real(dp), intent(out), optional :: worst       !! largest difference over largest output
      end subroutine check_samples

      !> Values of one sample that the host gives at input `k`, 0 while a dimension is open.
      pure module function input_features(self, k) result(n)
         class(network_t), intent(in) :: self
         integer, intent(in) :: k                       !! from 1
         integer :: n
      end function input_features

      !> Values of one sample that the host gets at output `k`, 0 while a dimension is open.
      pure module function output_features(self, k) result(n)
         class(network_t), intent(in) :: self
         integer, intent(in) :: k                       !! from 1
         integer :: n
      end function output_features

      !> Let the layers that a path or pattern (`fkb_pattern`) names, with all below, train or stay.
      !> Where that changes what is trained, the file's state of the optimizer is dropped.
      module subroutine set_trainable(self, path, trainable, error)
         class(network_t), intent(inout) :: self
         character(*), intent(in) :: path               !! `encoder/dense`, `conv*`; "" for all
         logical, intent(in) :: trainable
         type(error_t), allocatable, intent(out) :: error
      end subroutine set_trainable

      !> Multiply the learning rate of weights by a factor, until it is set anew; no file has it.
      module subroutine set_rate_factor(self, pattern, factor, error)
         class(network_t), intent(inout) :: self
         character(*), intent(in) :: pattern            !! `encoder`, `*/bias`; "" for all
         real(dp), intent(in) :: factor                 !! 0 or more, 1 at first
         type(error_t), allocatable, intent(out) :: error
      end subroutine set_rate_factor

      !> Take weights from another network, by their paths. Recorded samples are dropped. Changes
      !> nothing and raises an error where the other has one of them not, or in another shape.
      module subroutine copy_weights(self, from, pattern, error)
         class(network_t), intent(inout) :: self
         type(network_t), intent(in) :: from
         character(*), intent(in) :: pattern            !! `encoder`, `*/kernel`; "" for all
         type(error_t), allocatable, intent(out) :: error
      end subroutine copy_weights

      !> Begin anew: fill all weights, or those that a pattern names, as the initializers of their
      !> layers say. The numbers depend on seed and path of the weight. Recorded samples and the
      !> optimizer's state are dropped. Changes nothing and raises an error where a weight has no
      !> initializer, or one that is not supported, and where nothing fits the pattern.
      module subroutine initialize(self, seed, error, pattern)
         class(network_t), intent(inout) :: self
         integer, intent(in) :: seed
         type(error_t), allocatable, intent(out) :: error
         character(*), intent(in), optional :: pattern  !! `encoder`, `encoder/*/kernel`
      end subroutine initialize

      !> Whether all layers have a backward and do in training what they do in Keras; if not, the
      !> error names one that does not.
      module subroutine can_train(self, error, training)
         class(network_t), intent(in) :: self
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: training      !! false: gradients of inference only
      end subroutine can_train

      !> Whether a column's result in training depends on the other columns.
      pure logical module function has_batch_coupling(self) result(coupled)
         class(network_t), intent(in) :: self
      end function has_batch_coupling

      !> A fresh state, zeros, for so many samples. Raises an error for open dimensions that
      !> `in_shapes` does not close.
      module subroutine make_state(self, state, columns, error, in_shapes)
         class(network_t), intent(in) :: self
         type(state_t), intent(out) :: state
         integer, intent(in) :: columns                 !! samples
         type(error_t), allocatable, intent(out) :: error
         type(shape_t), intent(in), optional :: in_shapes(:)   !! closed, one per input
      end subroutine make_state

      !> Whether the network has stateful layers: then every call needs a state.
      pure logical module function keeps_state(self) result(keeps)
         class(network_t), intent(in) :: self
      end function keeps_state

      !> Inference for any number of inputs and outputs, whatever their kinds.
      module subroutine run(self, inputs, outputs, work, error, raw, state)
         class(network_t), intent(in) :: self
         type(host_t), intent(in) :: inputs(:)          !! one per input
         type(host_t), intent(in) :: outputs(:)         !! one per output, overwritten
         type(workspace_t), intent(inout), target :: work
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: raw           !! without the ports' steps, default false
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine run

      !> y = network(x) for a batch. Thread-safe: only `work` changes. A sample with values that
      !> are not finite changes no other sample. Raises an error for wrong sizes, and where an
      !> output has memory in common with another array.
      module subroutine predict_sp(self, x, y, work, error, state)
         class(network_t), intent(in) :: self
         real(sp), intent(in), contiguous, target :: x(:, :)       !! (features in, batch)
         real(sp), intent(inout), contiguous, target :: y(:, :)    !! (features out, batch)
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine predict_sp

      !> y = network(x) for one sample.
      module subroutine predict_one_sp(self, x, y, work, error, state)
         class(network_t), intent(in) :: self
         real(sp), intent(in), contiguous, target :: x(:)          !! (features in)
         real(sp), intent(inout), contiguous, target :: y(:)       !! (features out)
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine predict_one_sp

      !> Several inputs and outputs, each a view of a (features, batch) matrix.
      module subroutine predict_many_sp(self, x, y, work, error, state)
         class(network_t), intent(in) :: self
         type(view_sp_t), intent(in) :: x(:)                       !! one per input
         type(view_sp_t), intent(in) :: y(:)                       !! one per output
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine predict_many_sp

      !> Arrays of any rank: Keras's axes reversed, the batch last.
      module subroutine predict_any_sp(self, batch, x, y, work, error, state)
         class(network_t), intent(in) :: self
         integer, intent(in) :: batch                                    !! number of samples
         real(sp), intent(in), contiguous, target :: x(..)         !! (..., batch)
         real(sp), intent(inout), contiguous, target :: y(..)      !! (..., batch)
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine predict_any_sp

      !> y = network(x) for a batch. Thread-safe: only `work` changes. A sample with values that
      !> are not finite changes no other sample. Raises an error for wrong sizes, and where an
      !> output has memory in common with another array.
      module subroutine predict_dp(self, x, y, work, error, state)
         class(network_t), intent(in) :: self
         real(dp), intent(in), contiguous, target :: x(:, :)       !! (features in, batch)
         real(dp), intent(inout), contiguous, target :: y(:, :)    !! (features out, batch)
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine predict_dp

      !> y = network(x) for one sample.
      module subroutine predict_one_dp(self, x, y, work, error, state)
         class(network_t), intent(in) :: self
         real(dp), intent(in), contiguous, target :: x(:)          !! (features in)
         real(dp), intent(inout), contiguous, target :: y(:)       !! (features out)
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine predict_one_dp

      !> Several inputs and outputs, each a view of a (features, batch) matrix.
      module subroutine predict_many_dp(self, x, y, work, error, state)
         class(network_t), intent(in) :: self
         type(view_dp_t), intent(in) :: x(:)                       !! one per input
         type(view_dp_t), intent(in) :: y(:)                       !! one per output
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine predict_many_dp

      !> Arrays of any rank: Keras's axes reversed, the batch last.
      module subroutine predict_any_dp(self, batch, x, y, work, error, state)
         class(network_t), intent(in) :: self
         integer, intent(in) :: batch                                    !! number of samples
         real(dp), intent(in), contiguous, target :: x(..)         !! (..., batch)
         real(dp), intent(inout), contiguous, target :: y(..)      !! (..., batch)
         type(workspace_t), intent(inout) :: work
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional, target :: state   !! of a stateful network
      end subroutine predict_any_dp

      !> Forward for training on columns `first` to `first + columns - 1` of the host's arrays.
      !> The workspace must be prepared with `training=.true.` for as many columns.
      module subroutine forward_pass(self, inputs, first, columns, work, mode, error, state)
         class(network_t), intent(in) :: self
         type(host_t), intent(in) :: inputs(:)          !! one per input, whole batch
         integer, intent(in) :: first, columns
         type(workspace_t), intent(inout), target :: work
         type(mode_t), intent(in) :: mode               !! `first_sample` is that of column `first`
         type(error_t), allocatable, intent(out) :: error
         type(state_t), intent(inout), optional :: state   !! whole batch, `check_state` has passed
      end subroutine forward_pass

      !> Reverse sweep after `forward_pass`, from the gradients put into `output_gradient`.
      module subroutine backward_pass(self, work, mode, activity_scale, grad, dstate, weights_only)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(inout), target :: work
         type(mode_t), intent(in) :: mode               !! that of the forward pass
         real(wp), intent(in) :: activity_scale         !! factor of the activity penalties
         real(wp), intent(inout), contiguous :: grad(:) !! of `params`, added to
         real(wp), intent(in), optional :: dstate(:, :) !! gradient of the new state's columns
         logical, intent(in), optional :: weights_only  !! nobody asks for gradients of inputs
      end subroutine backward_pass

      !> Forward derivative after `forward_pass`, from the directions in `slope` of the inputs and
      !> of the states before.
      module subroutine tangent_pass(self, work, mode, dparams)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(inout), target :: work
         type(mode_t), intent(in) :: mode               !! that of the forward pass
         real(wp), intent(in), contiguous :: dparams(:) !! direction of `params`; size 0: it is 0
      end subroutine tangent_pass

      !> A value's direction in a tangent pass, or its gradient after a backward pass.
      module function slope(self, work, value) result(view)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(in), target :: work
         integer, intent(in) :: value                   !! of the graph
         type(view_t) :: view
      end function slope

      !> Let layers change their statistics, after the backward pass of a training step.
      module subroutine update_pass(self, work, mode)
         class(network_t), intent(inout) :: self
         type(workspace_t), intent(in), target :: work
         type(mode_t), intent(in) :: mode
      end subroutine update_pass

      !> Output `k` of the last `forward_pass`.
      module function output(self, work, k) result(view)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(in), target :: work
         integer, intent(in) :: k
         type(view_t) :: view
      end function output

      !> What the last activation of output `k` was applied to, where that activation has number
      !> `activation`, else a view of nothing: Keras computes cross-entropies from it.
      module function output_logits(self, work, k, activation) result(view)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(in), target :: work
         integer, intent(in) :: k
         integer, intent(in) :: activation              !! such as `act_softmax`
         type(view_t) :: view
      end function output_logits

      !> A value of the last `forward_pass`: an input, or the mask of an output, by its number.
      module function pass_value(self, work, value) result(view)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(in), target :: work
         integer, intent(in) :: value                   !! of the graph
         type(view_t) :: view
      end function pass_value

      !> Where the gradient of an output, or of its logits, is to be put before `backward_pass`;
      !> outputs that nobody asks for take no part.
      module function output_gradient(self, work, k, on_logits) result(view)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(inout), target :: work
         integer, intent(in) :: k
         logical, intent(in) :: on_logits
         type(view_t) :: view
      end function output_gradient

      !> Gradient with respect to input `k`, in the network's space, after `backward_pass`.
      module function input_gradient(self, work, k) result(view)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(in), target :: work
         integer, intent(in) :: k
         type(view_t) :: view
      end function input_gradient

      !> Sum over the columns of the last pass of all activity penalties.
      module function activity_penalty(self, work) result(penalty)
         class(network_t), intent(in) :: self
         type(workspace_t), intent(in), target :: work
         real(dp) :: penalty
      end function activity_penalty

      !> Make room for `batch` columns (inference: a block) of these input shapes. Needed only
      !> where the model leaves dimensions open, and for training.
      module subroutine prepare(self, net, in_shapes, batch, error, training)
         class(workspace_t), intent(inout) :: self
         type(network_t), intent(in) :: net
         type(shape_t), intent(in) :: in_shapes(:)      !! one per input, closed, storage order
         integer, intent(in) :: batch
         type(error_t), allocatable, intent(out) :: error
         logical, intent(in), optional :: training      !! default false
      end subroutine prepare

      !> Release all memory.
      module subroutine clear_workspace(self)
         class(workspace_t), intent(inout) :: self
      end subroutine clear_workspace

   end interface

end module fkb_network_sp
