! Generated from layers/fkb_conv_lstm.fypp: edit that file and run tools/generate.py
!> Keras's `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`: an LSTM whose products are convolutions (Shi
!> et al. 2015).
!>
!> A sample is (channels, width, height, depth, steps); a state is (filters, width, height, depth)
!> of what the input's convolution gives. That convolution has the strides, the dilation and the
!> padding of the options, that of the state has stride 1, no dilation and the padding `same`.
!>
!> The samples run in groups, and the input's convolutions are made for chunks of steps, both just
!> large enough for a fast convolution: memory for inference depends neither on the batch nor on the
!> number of steps. With a mask a step of 0 keeps the states and repeats the output before it, which
!> is 0 as long as there was none, or is 0 in any case with `zero_output_for_mask`.
module fkb_conv_lstm_sp
   use fkb_activations, only: act_sigmoid, act_tanh, n_parameters
   use fkb_config, only: config_t
   use fkb_conv_geometry, only: conv_geometry, conv_length, pad_same
   use fkb_conv_options, only: conv_options_t
   use fkb_error, only: error_t, fkb_err_argument, fkb_err_unsupported, raise
   use fkb_kinds, only: dp, i8, wp => sp
   use fkb_layer_options, only: add_output
   use fkb_layer_sp, only: layer_t, mode_t, view_t
   use fkb_plan, only: plan_t, tangent_own
   use fkb_shape, only: open_extent, operator(==), shape_of, shape_t
   use fkb_text, only: decimal
   implicit none (type, external)
   private
   public :: conv_lstm_t

   !> Keras's convolutional LSTMs. Weights: kernel (4 filters, channels, taps), recurrent_kernel
   !> (4 filters, filters, taps) and bias (4 filters), gates in the order i, f, c, o.
   type, extends(layer_t) :: conv_lstm_t
      integer :: axes = 2                        !! spatial axes, of the class
      integer :: filters = 0                     !! channels of a state
      type(conv_options_t) :: options = conv_options_t()  !! window, strides, padding, bias
      integer :: activation = act_tanh           !! `act_*`
      integer :: recurrent_activation = act_sigmoid
      real(dp) :: parameters(n_parameters) = 0   !! of the activation
      real(dp) :: recurrent_parameters(n_parameters) = 0
      logical :: return_sequences = .false.
      logical :: return_state = .false.
      logical :: go_backwards = .false.
      logical :: stateful = .false.
      logical :: zero_output_for_mask = .false.
      logical :: unit_forget_bias = .true.       !! the forget gate's bias begins with 1
      logical :: prefers_kept = .false.          !! Keras 2: a kept state that is not 0 wins
      real(dp) :: dropout = 0                    !! rate for the input
      real(dp) :: recurrent_dropout = 0          !! rate for the state
   contains
      procedure :: configure
      procedure :: lay_out
      procedure :: forward
      procedure :: backward
      procedure :: tangent
      procedure :: wants_channels_last
      procedure :: axes_before_channels
   end type conv_lstm_t

   !> Columns that a convolution needs to be fast.
   integer, parameter :: wide = 512

   !> Places in `plan%settings`: the geometries of the input's and the state's convolutions, most
   !> samples of a group, and the inputs with mask and first state, 0 for none.
   integer, parameter :: at_input = 1, at_state = at_input + conv_length
   integer, parameter :: at_group = at_state + conv_length, at_mask = at_group + 1
   integer, parameter :: at_first_state = at_group + 2

   !> Sizes of the call for one group of samples, and the first elements of its arrays in weights,
   !> cache and scratch.
   type :: frames_t
      integer :: input(conv_length), state(conv_length)            !! convolutions of all gates
      integer :: gate_input(conv_length), gate_state(conv_length)  !! of one gate
      integer :: filters, places                 !! channels and positions of a state
      integer :: reals                           !! of a state of one sample
      integer :: pixels                          !! reals of a step of one sample's input
      integer :: steps, batch
      integer :: chunk                           !! steps whose input is convolved together
      integer :: slots                           !! matrices of a step kept for backward
      integer :: n_input = 0, n_state = 0        !! factors of dropout per sample, 0 without it
      logical :: keeps                           !! all states are kept for backward
      integer :: mask, first_state               !! inputs; 0 where there is none
      integer(i8) :: recurrent, bias             !! in the weights
      integer(i8) :: h, c, kept                  !! in the group's cache, or in the scratch
      integer(i8) :: x, z                        !! steps of a chunk: input and gates' sums
      integer(i8) :: row                         !! bias, or 0 for none
      integer(i8) :: masked, product             !! for convolutions gate by gate
      integer(i8) :: kernels, recurrent_kernels  !! gates one after another
      integer(i8) :: masks                       !! of dropout
      integer(i8) :: output                      !! before the step
      integer(i8) :: dx, dh, dc, dh_held, dc_held, work
      integer(i8) :: dkernels, drecurrent_kernels
      integer(i8) :: room                        !! of the convolutions
      integer(i8) :: used                        !! of the scratch
   end type frames_t

   interface
      module subroutine configure(self, config, error)
         class(conv_lstm_t), intent(inout) :: self
         type(config_t), intent(inout) :: config
         type(error_t), allocatable, intent(out) :: error
      end subroutine configure

      module subroutine forward(self, plan, weights, x, y, cache, scratch, mode)
         class(conv_lstm_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         real(wp), intent(in), contiguous :: weights(:)
         type(view_t), intent(in) :: x(:)
         type(view_t), intent(in) :: y(:)
         real(wp), intent(inout), contiguous :: cache(:)
         real(wp), intent(inout), contiguous :: scratch(:)
         type(mode_t), intent(in) :: mode
      end subroutine forward

      !> dx may be missing (not associated) where nobody needs the gradient of an input.
      module subroutine backward(self, plan, weights, x, y, cache, scratch, dy, dx, dweights, mode)
         class(conv_lstm_t), intent(in) :: self
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
      end subroutine backward

      !> Without dropout: a derivative is that of inference.
      module subroutine tangent(self, plan, weights, dweights, x, y, cache, scratch, dx, dy, mode)
         class(conv_lstm_t), intent(in) :: self
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
      end subroutine tangent

      !> Sizes and places of the call for a group of `batch` samples.
      module function frames_of(self, plan, batch, keeps, drops, back) result(n)
         class(conv_lstm_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         integer, intent(in) :: batch
         logical, intent(in) :: keeps               !! states are kept in the cache
         logical, intent(in) :: drops               !! in training, where there may be dropout
         logical, intent(in) :: back                !! for backward, else for forward
         type(frames_t) :: n
      end function frames_of

      !> The kernels gate after gate, where dropout needs them.
      pure module subroutine split_kernels(self, n, weights, scratch)
         class(conv_lstm_t), intent(in) :: self
         type(frames_t), intent(in) :: n
         real(wp), intent(in) :: weights(*)
         real(wp), intent(inout) :: scratch(*)
      end subroutine split_kernels

      !> The masks of dropout of a group, whose samples come after `skip` others.
      pure module subroutine draw_group(self, n, skip, mode, scratch)
         class(conv_lstm_t), intent(in) :: self
         type(frames_t), intent(in) :: n
         integer, intent(in) :: skip
         type(mode_t), intent(in) :: mode
         real(wp), intent(inout) :: scratch(*)
      end subroutine draw_group

      !> The first of the inputs with the states before the first step of a sample.
      pure module function state_source(self, plan, n, x, column) result(first)
         class(conv_lstm_t), intent(in) :: self
         type(plan_t), intent(in) :: plan
         type(frames_t), intent(in) :: n
         type(view_t), intent(in) :: x(:)
         integer, intent(in) :: column
         integer :: first
      end function state_source

      !> Which step of the sequence comes as this one.
      pure module function time_of(self, n, step) result(time)
         class(conv_lstm_t), intent(in) :: self
         type(frames_t), intent(in) :: n
         integer, intent(in) :: step
         integer :: time
      end function time_of
   end interface

contains

   subroutine lay_out(self, in_shapes, plan, error)
      class(conv_lstm_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(shape_t) :: input, out, state
      integer :: first, i, last, rows, steps
      call check_sequence(self, in_shapes, plan, error)
      if (allocated(error)) return
      input = shape_of(in_shapes(1)%extent(:self%axes + 1))
      steps = in_shapes(1)%extent(self%axes + 2)
      rows = 4*self%filters
      associate (taps => self%options%kernel(:self%axes))
         call plan%add_weight('kernel', shape_of([rows, input%extent(1), taps]))
         call plan%add_weight('recurrent_kernel', shape_of([rows, self%filters, taps]), &
                              options='recurrent')
      end associate
      if (self%options%use_bias) then
         call plan%add_weight('bias', shape_of([rows]))
         if (self%unit_forget_bias) plan%weights(3)%ones = [self%filters + 1, 2*self%filters]
      end if
      call self%options%output_shape(input, rows, state, error)
      if (allocated(error)) return
      state%extent(1) = self%filters
      call plan%inputs_of(1, 'initial_state', first, last)
      call check_others(in_shapes, plan, state, steps, first, last, error)
      if (allocated(error)) return
      out = state
      if (self%return_sequences) out = shape_of([state%extent(:state%rank), steps])
      call add_output(plan, out, error)
      if (allocated(error)) return
      do i = 1, 2
         if (self%return_state) call plan%add_output(state)
         if (self%stateful) call plan%add_state(state)
      end do
      plan%random = self%dropout > 0 .or. self%recurrent_dropout > 0
      plan%can_train = .true.
      plan%tangent = tangent_own
      if (in_shapes(1)%closed()) call state_memory(self, input, state, steps, plan, error)
   end subroutine lay_out

   !> Raise an error unless the first input is a sequence of images with known channels.
   subroutine check_sequence(self, in_shapes, plan, error)
      class(conv_lstm_t), intent(in) :: self
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(in) :: plan
      type(error_t), allocatable, intent(out) :: error
      if (plan%input_of(0, 'sequences') /= 1) then
         call raise(error, fkb_err_argument, 'expected the sequence as the first input')
      else if (in_shapes(1)%rank /= self%axes + 2) then
         call raise(error, fkb_err_argument, 'expected an input of rank '// &
                    decimal(self%axes + 2)//' without the batch, not the shape '// &
                    in_shapes(1)%text())
      else if (in_shapes(1)%extent(1) < 1) then
         call raise(error, fkb_err_argument, 'expected an input whose channels have a known '// &
                    'extent, not '//in_shapes(1)%text())
      end if
   end subroutine check_sequence

   !> Raise an error unless the other inputs are two initial states or none, and a mask or none.
   subroutine check_others(in_shapes, plan, state, steps, first, last, error)
      type(shape_t), intent(in) :: in_shapes(:)
      type(plan_t), intent(in) :: plan
      type(shape_t), intent(in) :: state
      integer, intent(in) :: steps
      integer, intent(in) :: first, last            !! inputs that are initial states
      type(error_t), allocatable, intent(out) :: error
      integer :: i, mask
      mask = mask_input(plan)
      if (last >= first .and. last - first /= 1) then
         call raise(error, fkb_err_argument, 'expected 2 initial states, not '// &
                    decimal(last - first + 1))
         return
      end if
      if (size(in_shapes) /= 1 + max(last - first + 1, 0) + min(mask, 1)) then
         call raise(error, fkb_err_argument, 'expected a sequence, a mask and initial states, '// &
                    'and nothing else')
         return
      end if
      do i = first, last
         if (may_be(in_shapes(i), state)) cycle
         call raise(error, fkb_err_argument, 'expected initial states of shape '//state%text()// &
                    ', not '//in_shapes(i)%text())
         return
      end do
      if (mask == 0) return
      if (may_be(in_shapes(mask), shape_of([steps]))) return
      call raise(error, fkb_err_argument, 'expected a mask with a value per step, not one of '// &
                 'shape '//in_shapes(mask)%text())
   end subroutine check_others

   !> Whether two shapes are the same where both are known.
   pure logical function may_be(a, b)
      type(shape_t), intent(in) :: a, b
      may_be = a%rank == b%rank
      if (may_be) may_be = all(a%extent == b%extent .or. a%extent == open_extent .or. &
                               b%extent == open_extent)
   end function may_be

   !> The input that holds the mask, 0 where there is none.
   pure integer function mask_input(plan) result(mask)
      type(plan_t), intent(in) :: plan
      mask = 0
      if (allocated(plan%roles)) mask = plan%input_of(2, 'mask')
   end function mask_input

   !> Geometries and memory for closed shapes.
   subroutine state_memory(self, input, state, steps, plan, error)
      class(conv_lstm_t), intent(in) :: self
      type(shape_t), intent(in) :: input, state
      integer, intent(in) :: steps
      type(plan_t), intent(inout) :: plan
      type(error_t), allocatable, intent(out) :: error
      integer, parameter :: ones(3) = 1
      type(frames_t) :: n
      integer :: first, last, pass, places
      if (16*max(state%count(), int(wide, i8)*self%filters) > huge(1)) then
         call raise(error, fkb_err_unsupported, 'states of shape '//state%text()// &
                    ' have too many values')
         return
      end if
      places = int(state%count())/self%filters
      call plan%inputs_of(1, 'initial_state', first, last)
      plan%settings = [ &
         conv_geometry(input%extent(2:4), self%options%kernel, self%options%strides, &
                       self%options%dilation, self%options%padding, input%extent(1), &
                       4*self%filters, 1), &
         conv_geometry(state%extent(2:4), self%options%kernel, ones, ones, pad_same, &
                       self%filters, 4*self%filters, 1), &
         max(wide/places, 1), mask_input(plan), merge(first, 0, first <= last)]
      do pass = 1, 3
         n = frames_of(self, plan, plan%settings(at_group), pass > 1, pass > 1, pass == 3)
         plan%fixed_scratch = max(plan%fixed_scratch, n%used)
      end do
      plan%cache = n%reals*(2*(steps + 1_i8) + int(steps, i8)*n%slots)
   end subroutine state_memory

   pure logical function wants_channels_last(self) result(wants)
      class(conv_lstm_t), intent(in) :: self
      wants = self%options%channels_first
   end function wants_channels_last

   pure integer function axes_before_channels(self) result(axes)
      class(conv_lstm_t), intent(in) :: self
      axes = 1
   end function axes_before_channels

end module fkb_conv_lstm_sp
