!> What a layer needs and gives for certain input shapes: filled by its `lay_out`.
module fkb_plan
   use fkb_activations, only: n_parameters
   use fkb_config, only: config_t
   use fkb_kinds, only: dp, i8
   use fkb_shape, only: shape_t
   implicit none (type, external)
   private
   public :: plan_t, role_t, weight_t

   !> Ways to the forward derivative, for the mark `tangent` of a plan: there is none; the layer's
   !> own procedure; `forward` of the direction, where a layer is linear in its inputs and has no
   !> weights; `backward` of the direction, where the Jacobian is symmetric; zeros.
   integer, parameter, public :: tangent_none = 0, tangent_own = 1, tangent_forward = 2, &
      tangent_backward = 3, tangent_zero = 4

   !> Which argument of a call an input is.
   type :: role_t
      integer :: argument = 0               !! positional argument from 0, -1 for a keyword
      character(:), allocatable :: keyword  !! its name, empty for a positional argument
      logical :: constant = .false.         !! an operand without a batch, the same for all samples
   end type role_t

   !> One named weight array of a layer.
   type :: weight_t
      character(:), allocatable :: name     !! Keras's name, such as `kernel`
      character(:), allocatable :: options  !! `depthwise` if it has a `depthwise_regularizer`
      type(shape_t) :: shape                !! storage order: Keras's shape reversed
      integer(i8) :: first = 1              !! of its elements in the layer's slice
      logical :: trainable = .true.         !! false: no optimizer touches it
      logical :: integer_valued = .false.   !! kept beside the weights, not in the slice
      logical :: from_option = .false.      !! filled from the option of this name, not saved
      character(:), allocatable :: initializer   !! where the option names none; null: by its name
      character(:), allocatable :: initial       !! the option is `initial_initializer`
      integer :: ones(2) = 0                !! first and last of the elements that begin with 1
      real(dp) :: fans(2) = 0               !! in and out, where the shape does not say them
   end type weight_t

   !> Initializer of a weight whose values are data, or come from data: it stays as it is.
   character(*), parameter, public :: keep_values = 'keep'

   !> The state of one node: shapes, weights, memory and marks.
   type :: plan_t
      type(shape_t), allocatable :: in_shapes(:)    !! set by the network before `lay_out`
      type(role_t), allocatable :: roles(:)         !! per input, set by the network; see `input_of`
      type(config_t) :: call                        !! constants among the keyword arguments
      type(shape_t), allocatable :: out_shapes(:)   !! one per output, without the batch
      type(weight_t), allocatable :: weights(:)     !! in file order
      type(shape_t), allocatable :: states(:)       !! what the layer keeps from call to call
      integer, allocatable :: settings(:)           !! what `lay_out` found out for `forward`
      real(dp), allocatable :: factors(:)           !! the same, reals
      character(:), allocatable :: only_infers      !! why training is refused, null: it is not
      integer(i8) :: cache = 0                      !! reals per sample kept for backward
      integer(i8) :: fixed_cache = 0                !! further reals kept, whatever the batch
      logical :: spares_cache = .false.             !! inference gives `forward` an empty cache
      logical :: spares_dx = .false.                !! a dx of `backward` may be missing
      integer(i8) :: scratch = 0                    !! reals per sample free within a call
      integer(i8) :: fixed_scratch = 0              !! further reals, whatever the batch
      integer(i8) :: tangent_scratch = 0            !! scratch per sample of `tangent`, all of it
      integer(i8) :: fixed_tangent_scratch = 0      !! further reals, whatever the batch
      integer :: tangent = tangent_none             !! how the forward derivative is computed
      integer(i8) :: packed_reals = 0               !! of what `pack` makes of the weights, 0: none
      logical :: is_packed = .false.                !! set by the network: `forward` gets that
      logical :: packs_scale = .false.              !! `pack` takes a scale and a shift of outputs
      logical :: scales_channels = .false.          !! in inference it is `channel_scale`
      logical :: can_train = .false.                !! has a backward
      logical :: random = .false.                   !! draws random numbers in training
      logical :: batch_coupled = .false.            !! in training a column sees the others
      logical :: prepares_training = .false.        !! `prepare` is to be called
      logical :: once_in_training = .false.         !! one call a step: it sees what calls change
      logical :: infers_when_frozen = .false.       !! frozen, it runs as in inference
      logical :: passes_through = .false.           !! in inference the output is the input
      logical :: fuses_activation = .false.         !! forward applies `activation` too
      logical :: checks_input = .false.             !! `check_input` is to be called
      integer :: activation = 0                     !! id that forward is to apply, 0 for none
      real(dp) :: activation_parameters(n_parameters) = 0   !! its parameters
   contains
      procedure :: add_output
      procedure :: add_weight
      procedure :: add_state
      procedure :: weight_count
      procedure :: input_of
      procedure :: inputs_of
      procedure :: is_constant
   end type plan_t

contains

   !> State the next output's shape.
   subroutine add_output(self, shape)
      class(plan_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape            !! storage order, without the batch
      if (.not. allocated(self%out_shapes)) allocate (self%out_shapes(0))
      self%out_shapes = [self%out_shapes, shape]
   end subroutine add_output

   !> State the next weight array of the layer's slice.
   subroutine add_weight(self, name, shape, trainable, integer_valued, from_option, options, &
                         initializer)
      class(plan_t), intent(inout) :: self
      character(*), intent(in) :: name                  !! Keras's name
      type(shape_t), intent(in) :: shape                !! storage order: Keras's reversed
      logical, intent(in), optional :: trainable        !! default true
      logical, intent(in), optional :: integer_valued   !! an int64 of the file, not in the slice
      logical, intent(in), optional :: from_option      !! filled from the option of this name
      character(*), intent(in), optional :: options     !! its regularizer is the option
      !!                                                   `options_regularizer`, default `name`
      character(*), intent(in), optional :: initializer   !! where the option names none, such as
      !!                                                   `zeros`; or `keep_values`
      type(weight_t), allocatable :: grown(:)
      integer :: i, n
      n = 0
      if (allocated(self%weights)) n = size(self%weights)
      allocate (grown(n + 1))
      do i = 1, n
         grown(i) = self%weights(i)
      end do
      grown(n + 1)%name = name
      grown(n + 1)%options = name
      if (present(options)) grown(n + 1)%options = options
      grown(n + 1)%initial = grown(n + 1)%options
      grown(n + 1)%shape = shape
      grown(n + 1)%first = self%weight_count() + 1
      if (present(trainable)) grown(n + 1)%trainable = trainable
      if (present(integer_valued)) grown(n + 1)%integer_valued = integer_valued
      if (present(from_option)) grown(n + 1)%from_option = from_option
      if (present(initializer)) grown(n + 1)%initializer = initializer
      if (grown(n + 1)%integer_valued) grown(n + 1)%trainable = .false.
      if (grown(n + 1)%from_option) grown(n + 1)%trainable = .false.
      call move_alloc(grown, self%weights)
   end subroutine add_weight

   !> State what a layer keeps from call to call. The network hands it in after the inputs in `x`
   !> and takes it back after the outputs in `y`, in the order of these calls.
   subroutine add_state(self, shape)
      class(plan_t), intent(inout) :: self
      type(shape_t), intent(in) :: shape            !! storage order, without the batch
      if (.not. allocated(self%states)) allocate (self%states(0))
      self%states = [self%states, shape]
   end subroutine add_state

   !> The first input that is this argument of the call, 0 where there is none.
   pure integer function input_of(self, argument, keyword) result(input)
      class(plan_t), intent(in) :: self
      integer, intent(in) :: argument               !! position from 0, -1: only by keyword
      character(*), intent(in) :: keyword           !! the argument's name in Keras
      integer :: first, last
      call self%inputs_of(argument, keyword, first, last)
      input = 0
      if (first <= last) input = first
   end function input_of

   !> The inputs that belong to this argument of the call, which may be a list of tensors: from
   !> `first` to `last`, none where `last` is less. Without roles every input is the argument of
   !> its own position.
   pure subroutine inputs_of(self, argument, keyword, first, last)
      class(plan_t), intent(in) :: self
      integer, intent(in) :: argument               !! position from 0, -1: only by keyword
      character(*), intent(in) :: keyword           !! the argument's name in Keras
      integer, intent(out) :: first, last           !! in `in_shapes` and `x`
      integer :: i
      logical :: mine
      first = 1
      last = 0
      if (.not. allocated(self%roles)) then
         first = argument + 1
         if (argument >= 0 .and. argument < size(self%in_shapes)) last = first
         return
      end if
      do i = 1, size(self%roles)
         mine = self%roles(i)%argument == argument .and. argument >= 0
         if (self%roles(i)%argument < 0) mine = self%roles(i)%keyword == keyword
         if (.not. mine) cycle
         if (last == 0) first = i
         last = i
      end do
   end subroutine inputs_of

   !> Whether an input is a constant operand of an operation, whose shape has no batch.
   pure logical function is_constant(self, input)
      class(plan_t), intent(in) :: self
      integer, intent(in) :: input                  !! in `in_shapes` and `x`
      is_constant = .false.
      if (allocated(self%roles)) is_constant = self%roles(input)%constant
   end function is_constant

   !> Number of reals in the layer's slice.
   pure integer(i8) function weight_count(self) result(count)
      class(plan_t), intent(in) :: self
      integer :: i
      count = 0
      if (.not. allocated(self%weights)) return
      do i = 1, size(self%weights)
         if (.not. self%weights(i)%integer_valued) count = count + self%weights(i)%shape%count()
      end do
   end function weight_count

end module fkb_plan
