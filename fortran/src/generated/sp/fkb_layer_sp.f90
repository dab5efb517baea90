! Generated from layers/fkb_layer.fypp: edit that file and run tools/generate.py
!> The contract between the network and every layer, built-in or a user's.
!>
!> A layer object holds options only: scalars and small fixed arrays. Weights live in the
!> network's flat vector, activations and scratch in the workspace; both are passed in, so one
!> layer serves any number of threads and nodes.
module fkb_layer_sp
   use fkb_activations, only: n_parameters
   use fkb_config, only: config_t
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_plan, only: plan_t, tangent_backward, tangent_forward, tangent_own
   use fkb_shape, only: shape_t
   use fkb_views, only: view_t => view_sp_t
   implicit none (type, external)
   private
   public :: layer_t, unary_layer_t, mode_t, view_t

   !> How a pass runs: what random layers and statistics need to know.
   type :: mode_t
      logical :: training = .false.       !! noise, batch statistics, caches for backward
      integer(i8) :: seed = 0             !! of the run
      integer(i8) :: step = 0             !! number of the training step
      integer(i8) :: first_sample = 1     !! global number of the first column
      integer :: node = 0                 !! number of the node in its network
   end type mode_t

   !> Any number of inputs and outputs.
   type, abstract :: layer_t
   contains
      procedure(configure_i), deferred :: configure
      procedure(lay_out_i), deferred :: lay_out
      procedure(forward_i), deferred :: forward
      procedure :: backward => no_backward
      procedure :: tangent => marked_tangent
      procedure :: prepare => no_prepare
      procedure :: update => no_update
      procedure :: pack => no_pack
      procedure :: channel_scale => no_channel_scale
      procedure :: check_input => accept_input
      procedure :: as_activation => no_activation
      procedure :: wants_channels_last => takes_any_order
      procedure :: axes_before_channels => none_before_channels
   end type layer_t

   !> One input, one output: implement `apply`, `apply_backward` and `apply_tangent` on matrices.
   type, abstract, extends(layer_t) :: unary_layer_t
   contains
      procedure :: forward => unary_forward
      procedure :: backward => unary_backward
      procedure :: tangent => unary_tangent
      procedure(apply_i), deferred :: apply
      procedure :: apply_backward => no_apply_backward
      procedure :: apply_tangent => no_apply_tangent
   end type unary_layer_t

   abstract interface

      !> Read the options, once, when the network is loaded. Reading an option marks it as known;
      !> the loader refuses options that no one has read.
      subroutine configure_i(self, config, error)
         import :: layer_t, config_t, error_t
         class(layer_t), intent(inout) :: self
         type(config_t), intent(inout) :: config
         type(error_t), allocatable, intent(out) :: error
      end subroutine configure_i

      !> State output shapes, weights, cache, scratch and marks for these input shapes.
      !> Called at load, with open extents, and when a workspace is prepared for closed ones.
      subroutine lay_out_i(self, in_shapes, plan, error)
         import :: layer_t, shape_t, plan_t, error_t
         class(layer_t), intent(in) :: self
         type(shape_t), intent(in) :: in_shapes(:)      !! one per input, without the batch
         type(plan_t), intent(inout) :: plan            !! empty on entry
         type(error_t), allocatable, intent(out) :: error
      end subroutine lay_out_i

      !> y = f(x; weights) for all columns.
      subroutine forward_i(self, plan, weights, x, y, cache, scratch, mode)
         import :: layer_t, plan_t, view_t, mode_t, wp
         class(layer_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         real(wp), intent(in), contiguous :: weights(:)         !! this layer's slice
         type(view_t), intent(in) :: x(:)                       !! inputs
         type(view_t), intent(in) :: y(:)                       !! outputs, to be overwritten
         real(wp), intent(inout), contiguous :: cache(:)        !! kept for backward in training
         real(wp), intent(inout), contiguous :: scratch(:)      !! free to use, not kept
         type(mode_t), intent(in) :: mode
      end subroutine forward_i

      !> y = f(x; weights) for a layer with one input and one output.
      subroutine apply_i(self, plan, weights, x, y, cache, scratch, mode)
         import :: unary_layer_t, plan_t, mode_t, wp
         class(unary_layer_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         real(wp), intent(in), contiguous :: weights(:)         !! this layer's slice
         real(wp), intent(in), contiguous :: x(:, :)            !! (features in, batch)
         real(wp), intent(out), contiguous :: y(:, :)           !! (features out, batch)
         real(wp), intent(inout), contiguous :: cache(:)        !! kept for backward in training
         real(wp), intent(inout), contiguous :: scratch(:)      !! free to use, not kept
         type(mode_t), intent(in) :: mode
      end subroutine apply_i

   end interface

contains

   !> Overwrites dx and adds to dweights. A layer that has no backward leaves
   !> `plan%can_train` false, and the trainer refuses it by name before this is reached.
   subroutine no_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)         !! this layer's slice
      type(view_t), intent(in) :: x(:)                       !! inputs of the forward pass
      type(view_t), intent(in) :: y(:)                       !! outputs of the forward pass
      real(wp), intent(inout), contiguous :: cache(:)        !! as forward left it
      real(wp), intent(inout), contiguous :: scratch(:)      !! free to use
      type(view_t), intent(in) :: dy(:)                      !! gradients of the outputs
      type(view_t), intent(in) :: dx(:)                      !! gradients of the inputs, overwritten
      real(wp), intent(inout), contiguous :: dweights(:)     !! gradient of the slice, added to
      type(mode_t), intent(in) :: mode
      integer :: i
      do i = 1, size(dx)
         dx(i)%v = 0
      end do
   end subroutine no_backward

   !> The forward derivative dy = J_x dx + J_w dweights at a point where `forward` has run with a
   !> cache. This one serves the marks of a plan that need no code: `tangent_forward`,
   !> `tangent_backward` and `tangent_zero`. A layer that sets `tangent_own` overrides it. The cache
   !> is to stay as it is, or to be overwritten with the same values; inputs whose values are whole
   !> numbers or masks are constants, whatever their dx.
   subroutine marked_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)         !! this layer's slice
      real(wp), intent(in), contiguous :: dweights(:)        !! its direction; size 0: it is 0
      type(view_t), intent(in) :: x(:)                       !! inputs of the forward pass
      type(view_t), intent(in) :: y(:)                       !! outputs of the forward pass
      real(wp), intent(inout), contiguous :: cache(:)        !! as forward left it
      real(wp), intent(inout), contiguous :: scratch(:)      !! free to use; the plan says how much
      type(view_t), intent(in) :: dx(:)                      !! directions of the inputs
      type(view_t), intent(in) :: dy(:)                      !! of the outputs, overwritten
      type(mode_t), intent(in) :: mode                       !! of the forward pass
      real(wp) :: nothing(0)
      integer :: i
      select case (plan%tangent)
      case (tangent_forward)
         call self%forward(plan, weights, dx, dy, cache, scratch, mode)
      case (tangent_backward)
         call self%backward(plan, weights, x, y, cache, scratch, dx, dy, nothing, mode)
      case default
         do i = 1, size(dy)
            dy(i)%v = 0
         end do
      end select
   end subroutine marked_tangent

   !> What a training step changes before its forward pass, where the plan says
   !> `prepares_training`; called once per node, in order, before the batch is cut.
   subroutine no_prepare(self, plan, weights, inner, mode)
      class(layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(inout), contiguous :: weights(:)      !! this layer's slice
      real(wp), intent(inout), contiguous :: inner(:)        !! of the layer it is around, or size 0
      type(mode_t), intent(in) :: mode
   end subroutine no_prepare

   !> What a training step changes besides the optimizer; called once per node after backward.
   subroutine no_update(self, plan, weights, cache, mode)
      class(layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(inout), contiguous :: weights(:)      !! this layer's slice
      real(wp), intent(in), contiguous :: cache(:)           !! as forward left it
      type(mode_t), intent(in) :: mode
   end subroutine no_update

   !> What a frozen network computes once: the weights in the order in which `forward` reads them
   !> where the plan says `is_packed`. Called where `lay_out` stated `packed_reals`, which does not
   !> depend on open extents. The packed form is that of the layer whose outputs are scale*y +
   !> shift, channel by channel; scale is 1 and shift 0 unless the plan says `packs_scale`.
   subroutine no_pack(self, plan, weights, scale, shift, packed)
      class(layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)         !! this layer's slice
      real(wp), intent(in), contiguous :: scale(:)           !! per element of the outputs' 1st axis
      real(wp), intent(in), contiguous :: shift(:)           !! as many
      real(wp), intent(inout), contiguous :: packed(:)       !! zeros, `plan%packed_reals`
   end subroutine no_pack

   !> For a layer that in inference is y = scale*x + shift, channel by channel, as its plan says
   !> with `scales_channels`: the numbers, with which the layer before can make its packed form.
   subroutine no_channel_scale(self, plan, weights, scale, shift)
      class(layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)         !! this layer's slice
      real(wp), intent(out), contiguous :: scale(:)          !! per element of the first axis
      real(wp), intent(out), contiguous :: shift(:)          !! as many
      scale = 1
      shift = 0
   end subroutine no_channel_scale

   !> Refuse input values that have no meaning; called where the plan says `checks_input`.
   subroutine accept_input(self, plan, x, error)
      class(layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      type(view_t), intent(in) :: x(:)
      type(error_t), allocatable, intent(out) :: error
   end subroutine accept_input

   !> For a layer that is one of the activation kernels: its id and parameters, so that the layer
   !> before can apply it in its last touch. The id is 0 for any other layer.
   subroutine no_activation(self, id, parameters)
      class(layer_t), intent(in) :: self
      integer, intent(out) :: id
      real(dp), intent(out) :: parameters(n_parameters)
      id = 0
      parameters = 0
   end subroutine no_activation

   !> Whether the network is to permute the axes around this layer, because its option
   !> `data_format` is `channels_first` and it sees channels last only.
   pure logical function takes_any_order(self) result(wants)
      class(layer_t), intent(in) :: self
      wants = .false.
   end function takes_any_order

   !> How many axes of an input stand before its channels when these stand first: 1 for layers
   !> over time steps of images, 0 for all others.
   pure integer function none_before_channels(self) result(axes)
      class(layer_t), intent(in) :: self
      axes = 0
   end function none_before_channels

   subroutine unary_forward(self, plan, weights, x, y, cache, scratch, mode)
      class(unary_layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(mode_t), intent(in) :: mode
      call self%apply(plan, weights, x(1)%v, y(1)%v, cache, scratch, mode)
   end subroutine unary_forward

   subroutine unary_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(unary_layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dy(:)
      type(view_t), intent(in) :: dx(:)
      real(wp), intent(inout), contiguous :: dweights(:)
      type(mode_t), intent(in) :: mode
      call self%apply_backward(plan, weights, x(1)%v, y(1)%v, cache, scratch, &
         dy(1)%v, dx(1)%v, dweights, mode)
   end subroutine unary_backward

   subroutine unary_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(unary_layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)
      real(wp), intent(in), contiguous :: dweights(:)
      type(view_t), intent(in) :: x(:)
      type(view_t), intent(in) :: y(:)
      real(wp), intent(inout), contiguous :: cache(:)
      real(wp), intent(inout), contiguous :: scratch(:)
      type(view_t), intent(in) :: dx(:)
      type(view_t), intent(in) :: dy(:)
      type(mode_t), intent(in) :: mode
      if (plan%tangent == tangent_own) then
         call self%apply_tangent(plan, weights, dweights, x(1)%v, y(1)%v, cache, scratch, &
            dx(1)%v, dy(1)%v, mode)
      else
         call marked_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      end if
   end subroutine unary_tangent

   !> dy = J_x dx + J_w dweights for a layer with one input and one output; asked for only where the
   !> plan says `tangent_own`.
   subroutine no_apply_tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
      class(unary_layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)         !! this layer's slice
      real(wp), intent(in), contiguous :: dweights(:)        !! its direction; size 0: it is 0
      real(wp), intent(in), contiguous :: x(:, :)            !! (features in, batch)
      real(wp), intent(in), contiguous :: y(:, :)            !! (features out, batch)
      real(wp), intent(inout), contiguous :: cache(:)        !! as forward left it
      real(wp), intent(inout), contiguous :: scratch(:)      !! free to use
      real(wp), intent(in), contiguous :: dx(:, :)           !! (features in, batch)
      real(wp), intent(out), contiguous :: dy(:, :)          !! (features out, batch)
      type(mode_t), intent(in) :: mode
      dy = 0
   end subroutine no_apply_tangent

   !> Overwrites dx and adds to dweights, for a layer with one input and one output.
   subroutine no_apply_backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
      class(unary_layer_t), intent(in) :: self
      type(plan_t), intent(in) :: plan
      real(wp), intent(in), contiguous :: weights(:)         !! this layer's slice
      real(wp), intent(in), contiguous :: x(:, :)            !! (features in, batch)
      real(wp), intent(in), contiguous :: y(:, :)            !! (features out, batch)
      real(wp), intent(inout), contiguous :: cache(:)        !! as forward left it
      real(wp), intent(inout), contiguous :: scratch(:)      !! free to use
      real(wp), intent(in), contiguous :: dy(:, :)           !! (features out, batch)
      real(wp), intent(out), contiguous :: dx(:, :)          !! (features in, batch)
      real(wp), intent(inout), contiguous :: dweights(:)     !! gradient of the slice, added to
      type(mode_t), intent(in) :: mode
      dx = 0
   end subroutine no_apply_backward

end module fkb_layer_sp
