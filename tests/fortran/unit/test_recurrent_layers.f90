!> Recurrent layers against their contract: options, masks, states given and kept, dropout.
module test_recurrent_layers
   use fkb_activations, only: act_sigmoid, act_tanh, n_parameters
   use fkb_builtin_recurrent_dp, only: add_recurrent_layers
   use fkb_error, only: error_t
   use fkb_gru_kernels_dp, only: gru_gates, gru_state, gru_step_alone
   use fkb_kinds, only: dp
   use fkb_lstm_kernels_dp, only: lstm_step, lstm_step_alone
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check_equal, failure_t, suite_t
   use layer_cases, only: check_all_tested, one, several
   implicit none (type, external)
   private
   public :: collect

   character(9), parameter :: classes(4) = [character(9) :: 'SimpleRNN', 'LSTM', 'GRU', 'GRU']
   !> The second kind of GRU resets before the product.
   character(20), parameter :: more(4) = [character(20) :: '', '', '', '"reset_after":false,']
   integer, parameter :: states(4) = [1, 2, 1, 1]

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'recurrent_layers'
      call suite%add('sequences and last outputs, with and without a bias', plain_layers)
      call suite%add('long sequences and large batches are cut into chunks', chunks)
      call suite%add('layers of many units', many_units)
      call suite%add('a step that keeps nothing has the same bits', steps_alone)
      call suite%add('any activation keeps the contract', activations)
      call suite%add('masks hold states and outputs', masks)
      call suite%add('initial states are inputs', initial_states)
      call suite%add('kept states come in and go out', kept_states)
      call suite%add('dropout drops inputs and states', dropout)
      call suite%add('cells are layers of one step', cells)
      call suite%add('every recurrent class is among the tested ones', all_classes_are_tested)
   end subroutine collect

   subroutine plain_layers(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i
      do i = 1, size(classes)
         call layer(i, '"units":3', [2, 4])
         call layer(i, '"units":3,"return_sequences":true,"go_backwards":true', [2, 4])
         call layer(i, '"units":2,"return_state":true,"use_bias":false', [3, 2])
         call layer(i, '"units":2,"return_sequences":true,"return_state":true', [3, 1])
      end do

   contains

      subroutine layer(i, options, extents)
         integer, intent(in) :: i, extents(:)
         character(*), intent(in) :: options
         call one(failure, trim(classes(i)), '{'//trim(more(i))//options//'}', extents)
      end subroutine layer

   end subroutine plain_layers

   subroutine chunks(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i
      do i = 1, size(classes)
         call one(failure, trim(classes(i)), '{'//trim(more(i))// &
                  '"units":2,"return_sequences":true,"return_state":true}', [2, 29], batch=9)
         call one(failure, trim(classes(i)), '{'//trim(more(i))// &
                  '"units":1,"go_backwards":true,"dropout":0.3,"recurrent_dropout":0.4}', [2, 20], &
                  batch=11)
      end do
      call one(failure, 'LSTM', '{"units":18}', [17, 2], batch=3)
   end subroutine chunks

   !> Inference computes many units gate by gate in place, and packs the kernel for many steps.
   subroutine many_units(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i
      call one(failure, 'SimpleRNN', '{"units":3}', [2, 9], batch=2)
      do i = 2, size(classes)
         call one(failure, trim(classes(i)), '{'//trim(more(i))// &
                  '"units":33,"return_sequences":true}', [3, 9], batch=2)
      end do
   end subroutine many_units

   subroutine steps_alone(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: units = 37, columns = 3
      real(dp), parameter :: none(n_parameters) = 0
      real(dp) :: z(4*units, columns), c_before(units, columns), kept(units, columns, 9)
      real(dp) :: u(3*units, columns), c(units, columns), h(units, columns)
      real(dp) :: c_alone(units, columns), h_alone(units, columns)
      integer :: i
      z = reshape([(3*sin(1.7_dp*i), i=1, size(z))], shape(z))
      u = cos(2*z(:3*units, :))
      c_before = sin(z(:units, :))
      call lstm_step(units, columns, 5, act_tanh, none, act_sigmoid, none, z, c_before, kept, c, h)
      call lstm_step_alone(units, columns, act_tanh, none, act_sigmoid, none, z, c_before, &
                           c_alone, h_alone)
      call check_equal(failure, pack(c_alone, .true.), pack(c, .true.), 'carry of an LSTM')
      call check_equal(failure, pack(h_alone, .true.), pack(h, .true.), 'state of an LSTM')
      z = cos(z)
      call gru_gates(units, columns, 4, act_sigmoid, none, z(:3*units, :), u, kept)
      call gru_state(units, columns, 4, .true., act_tanh, none, z(:3*units, :), u, c_before, kept, &
                     h)
      call gru_step_alone(units, columns, act_tanh, none, act_sigmoid, none, z(:3*units, :), u, &
                          c_before, h_alone)
      call check_equal(failure, pack(h_alone, .true.), pack(h, .true.), 'state of a GRU')
   end subroutine steps_alone

   subroutine activations(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(12), parameter :: names(5) = [character(12) :: 'linear', 'gelu', 'softmax', &
                                              'hard_sigmoid', 'silu']
      integer :: i, j
      do i = 1, size(classes)
         do j = 1, size(names)
            call one(failure, trim(classes(i)), '{'//trim(more(i))//'"units":3,"activation":"'// &
                     trim(names(j))//'"}', [2, 3])
            if (i == 1) cycle
            call one(failure, trim(classes(i)), '{'//trim(more(i))// &
                     '"units":3,"recurrent_activation":"'//trim(names(j))//'"}', [2, 3], &
                     keras_major=2)
         end do
      end do
      call one(failure, 'LSTM', '{"units":3,"activation":null,"recurrent_activation":'// &
               '{"class_name":"LeakyReLU","config":{"negative_slope":0.2}}}', [2, 3])
   end subroutine activations

   subroutine masks(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i
      do i = 1, size(classes)
         call layer(i, '"units":3,"return_sequences":true')
         call layer(i, '"units":3,"return_sequences":true,"zero_output_for_mask":true')
         call layer(i, '"units":3,"return_state":true,"go_backwards":true')
         call layer(i, '"units":2,"zero_output_for_mask":true,"return_state":true')
         call layer(i, '"units":2,"recurrent_dropout":0.3,"return_sequences":true')
      end do

   contains

      subroutine layer(i, options)
         integer, intent(in) :: i
         character(*), intent(in) :: options
         call several(failure, trim(classes(i)), '{'//trim(more(i))//options//'}', &
                      [shape_of([2, 5]), shape_of([5])], batch=6, roles='0 mask')
      end subroutine layer

   end subroutine masks

   subroutine initial_states(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(shape_t) :: state
      integer :: i, j
      state = shape_of([3])
      do i = 1, size(classes)
         call several(failure, trim(classes(i)), '{'//trim(more(i))// &
                      '"units":3,"return_sequences":true,"return_state":true}', &
                      [shape_of([2, 4]), shape_of([4]), (state, j=1, states(i))], &
                      roles='0 mask'//repeat(' initial_state', states(i)))
         call several(failure, trim(classes(i)), '{'//trim(more(i))// &
                      '"units":3,"go_backwards":true,"dropout":0.2}', &
                      [shape_of([2, 4]), (state, j=1, states(i))], &
                      roles='0'//repeat(' 1', states(i)))
      end do
   end subroutine initial_states

   subroutine kept_states(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(shape_t) :: state
      integer :: i, j, major
      state = shape_of([3])
      do i = 1, size(classes)
         call one(failure, trim(classes(i)), '{'//trim(more(i))// &
                  '"units":3,"return_sequences":true,"return_state":true,"stateful":true}', [2, 4])
         do major = 2, 3
            call several(failure, trim(classes(i)), '{'//trim(more(i))// &
                         '"units":3,"stateful":true}', &
                         [shape_of([2, 3]), (state, j=1, states(i))], keras_major=major, &
                         roles='0'//repeat(' initial_state', states(i)))
         end do
      end do
   end subroutine kept_states

   subroutine dropout(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i, major
      do major = 2, 3
         do i = 1, size(classes)
            call layer(i, '"units":3,"dropout":0.4,"seed":3')
            call layer(i, '"units":3,"recurrent_dropout":0.4')
            call layer(i, '"units":3,"dropout":0.3,"recurrent_dropout":0.4')
            call layer(i, '"units":3,"dropout":1.0,"recurrent_dropout":1.5')
            if (i > 1) call layer(i, '"units":2,"dropout":0.3,"implementation":1,"unroll":true')
         end do
      end do

   contains

      subroutine layer(i, options)
         integer, intent(in) :: i
         character(*), intent(in) :: options
         call one(failure, trim(classes(i)), '{'//trim(more(i))//'"return_sequences":true,'// &
                  options//'}', [3, 4], keras_major=major)
      end subroutine layer

   end subroutine dropout

   subroutine cells(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(shape_t) :: state
      integer :: i, j
      state = shape_of([3])
      do i = 1, size(classes)
         call several(failure, trim(classes(i))//'Cell', '{'//trim(more(i))// &
                      '"units":3,"dropout":0.2}', [shape_of([2]), (state, j=1, states(i))], &
                      roles='0'//repeat(' 1', states(i)))
      end do
   end subroutine cells

   !> A new class must get a test above and a place in this list.
   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_recurrent_layers(registry, error)
      call check_all_tested(failure, registry, &
                            'SimpleRNN LSTM GRU SimpleRNNCell LSTMCell GRUCell ConvLSTM1D '// &
                            'ConvLSTM2D ConvLSTM3D')
   end subroutine all_classes_are_tested

end module test_recurrent_layers
