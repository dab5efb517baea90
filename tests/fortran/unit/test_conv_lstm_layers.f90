!> Convolutional LSTMs against their contract.
module test_conv_lstm_layers
   use fkb_builtin_recurrent_dp, only: add_recurrent_layers
   use fkb_error, only: error_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: open_extent, shape_of, shape_t
   use fkb_testing, only: check, failure_t, suite_t
   use layer_cases, only: one, several
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'conv_lstm_layers'
      call suite%add('ConvLSTM1D, 2D and 3D keep their contract', every_rank_keeps)
      call suite%add('strides, dilation and padding keep it', windows_keep)
      call suite%add('activations keep it', activations_keep)
      call suite%add('initial states and returned states keep it', states_keep)
      call suite%add('kept states keep it', stateful_keeps)
      call suite%add('masks keep it', masks_keep)
      call suite%add('dropout keeps it', dropout_keeps)
      call suite%add('samples in several groups keep it', groups_keep)
      call suite%add('wrong options are refused by name', wrong_options_are_refused)
      call suite%add('wrong inputs are refused', wrong_inputs_are_refused)
   end subroutine collect

   subroutine every_rank_keeps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":[3]}', [2, 5, 3], batch=2)
      call one(failure, 'ConvLSTM1D', &
               '{"filters":2,"kernel_size":2,"padding":"same","return_sequences":true}', &
               [1, 4, 3], batch=2)
      call one(failure, 'ConvLSTM2D', '{"filters":2,"kernel_size":[2,3]}', [1, 4, 3, 2], batch=2)
      call one(failure, 'ConvLSTM2D', &
               '{"filters":1,"kernel_size":[3,2],"padding":"same","return_sequences":true}', &
               [2, 2, 3, 3], batch=2)
      call one(failure, 'ConvLSTM2D', '{"filters":2,"kernel_size":1,"use_bias":false,'// &
               '"go_backwards":true,"return_sequences":true}', [2, 2, 1, 3], batch=3)
      call one(failure, 'ConvLSTM3D', &
               '{"filters":1,"kernel_size":[2,1,2],"padding":"same","go_backwards":true}', &
               [1, 2, 2, 2, 2], batch=2)
   end subroutine every_rank_keeps

   subroutine windows_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'ConvLSTM2D', '{"filters":2,"kernel_size":[3,3],"strides":[2,1]}', &
               [1, 4, 5, 2], batch=2)
      call one(failure, 'ConvLSTM2D', &
               '{"filters":1,"kernel_size":[3,2],"strides":2,"padding":"same"}', [1, 5, 4, 3], &
               batch=2)
      call one(failure, 'ConvLSTM2D', &
               '{"filters":1,"kernel_size":[2,3],"dilation_rate":[2,1],"padding":"valid"}', &
               [1, 4, 5, 2], batch=2)
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":3,"dilation_rate":2,'// &
               '"padding":"same","return_sequences":true}', [1, 6, 3], batch=2)
   end subroutine windows_keep

   subroutine activations_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2,"activation":"relu",'// &
               '"recurrent_activation":"hard_sigmoid"}', [1, 4, 3], batch=2)
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2}', [1, 4, 3], batch=2, &
               keras_major=2)
      call one(failure, 'ConvLSTM1D', '{"filters":3,"kernel_size":2,"activation":"softmax",'// &
               '"recurrent_activation":"tanh"}', [1, 4, 2], batch=2)
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2,"activation":"gelu",'// &
               '"recurrent_activation":"silu"}', [1, 4, 3], batch=2)
   end subroutine activations_keep

   subroutine states_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: roles = '0 initial_state initial_state'
      call one(failure, 'ConvLSTM1D', &
               '{"filters":2,"kernel_size":2,"return_state":true}', [1, 4, 3], batch=2)
      call several(failure, 'ConvLSTM1D', &
                   '{"filters":2,"kernel_size":2,"return_state":true,"return_sequences":true}', &
                   [shape_of([1, 4, 3]), shape_of([2, 3]), shape_of([2, 3])], batch=2, roles=roles)
      call several(failure, 'ConvLSTM2D', '{"filters":2,"kernel_size":3,"padding":"same"}', &
                   [shape_of([1, 2, 3, 2]), shape_of([2, 2, 3]), shape_of([2, 2, 3])], batch=2, &
                   roles=roles)
      call several(failure, 'ConvLSTM2D', '{"filters":2,"kernel_size":3,"padding":"same"}', &
                   [shape_of([1, 2, 3, 1]), shape_of([2, 2, 3]), shape_of([2, 2, 3])], batch=2, &
                   roles=roles)
   end subroutine states_keep

   subroutine stateful_keeps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: major
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2,"stateful":true}', [1, 4, 2], &
               batch=2)
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2,"stateful":true,'// &
               '"return_state":true,"return_sequences":true}', [1, 4, 2], batch=2)
      do major = 2, 3
         call several(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2,"stateful":true}', &
                      [shape_of([1, 4, 2]), shape_of([2, 3]), shape_of([2, 3])], batch=2, &
                      roles='0 initial_state initial_state', keras_major=major)
      end do
   end subroutine stateful_keeps

   subroutine masks_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: cases(3) = [character(60) :: '', ',"return_sequences":true', &
         ',"return_sequences":true,"zero_output_for_mask":true']
      integer :: i
      do i = 1, size(cases)
         call several(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2,"return_state":true'// &
                      trim(cases(i))//'}', [shape_of([1, 4, 4]), shape_of([4])], batch=4, &
                      roles='0 mask')
      end do
      call several(failure, 'ConvLSTM1D', &
                   '{"filters":2,"kernel_size":2,"go_backwards":true,"return_sequences":true}', &
                   [shape_of([1, 4, 4]), shape_of([2, 3]), shape_of([2, 3]), shape_of([4])], &
                   batch=3, roles='0 initial_state initial_state mask')
   end subroutine masks_keep

   subroutine dropout_keeps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2,"dropout":0.4,"seed":3}', &
               [2, 4, 3], batch=3)
      call one(failure, 'ConvLSTM1D', '{"filters":2,"kernel_size":2,"recurrent_dropout":0.4}', &
               [1, 4, 3], batch=3)
      call one(failure, 'ConvLSTM2D', '{"filters":2,"kernel_size":2,"recurrent_dropout":0.3,'// &
               '"dropout":0.3,"return_sequences":true,"return_state":true,"go_backwards":true}', &
               [1, 3, 2, 3], batch=2)
      call one(failure, 'ConvLSTM1D', &
               '{"filters":2,"kernel_size":2,"dropout":1.0,"recurrent_dropout":1.0}', [1, 4, 2], &
               batch=3)
   end subroutine dropout_keeps

   !> A group has up to 512 positions, a chunk of steps too.
   subroutine groups_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'ConvLSTM1D', '{"filters":1,"kernel_size":2,"padding":"same",'// &
               '"dropout":0.2,"recurrent_dropout":0.2,"return_sequences":true}', [1, 300, 3], &
               batch=3)
      call several(failure, 'ConvLSTM1D', '{"filters":1,"kernel_size":1,"return_state":true}', &
                   [shape_of([1, 90, 9]), shape_of([1, 90]), shape_of([1, 90]), shape_of([9])], &
                   batch=7, roles='0 initial_state initial_state mask')
      call one(failure, 'ConvLSTM1D', '{"filters":1,"kernel_size":2,"padding":"same",'// &
               '"go_backwards":true,"return_sequences":true}', [1, 110, 5], batch=2)
   end subroutine groups_keep

   subroutine wrong_options_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: window = '"filters":2,"kernel_size":3'
      call refused(failure, '{"filters":0,"kernel_size":3}', [1, 5, 3], '0', 'filters')
      call refused(failure, '{"filters":2000000000,"kernel_size":3}', [1, 5, 3], '0', 'filters')
      call refused(failure, '{"filters":2,"kernel_size":[3,3]}', [1, 5, 3], '0', 'kernel_size')
      call refused(failure, '{'//window//',"padding":"causal"}', [1, 5, 3], '0', 'padding')
      call refused(failure, '{'//window//',"strides":2,"dilation_rate":2}', [1, 9, 3], '0', &
                   'dilation_rate')
      call refused(failure, '{'//window//',"activation":"glu"}', [1, 5, 3], '0', 'activation')
      call refused(failure, '{'//window//'}', [1, 2, 3], '0', 'larger than the input')
      call refused(failure, '{'//window//'}', [1, 5], '0', 'rank 3')
      call refused(failure, '{'//window//'}', [open_extent, 5, 3], '0', 'channels')
   end subroutine wrong_options_are_refused

   subroutine wrong_inputs_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: options = '{"filters":2,"kernel_size":3}'
      call refused(failure, options, [1, 5, 3], '0 initial_state', '2 initial states', [2, 3])
      call refused(failure, options, [1, 5, 3], '0 mask', 'mask', [4])
      call refused(failure, options, [1, 5, 3], '0 constants', 'nothing else', [4])
      call refused(failure, options, [1, 5, 3], '0 initial_state initial_state', '(3, 2)', [2, 4], &
                   [2, 4])
   end subroutine wrong_inputs_are_refused

   !> Laying a ConvLSTM1D out fails with a message that has `word` in it.
   subroutine refused(failure, options, extents, roles, word, second, third)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: options, roles, word
      integer, intent(in) :: extents(:)
      integer, intent(in), optional :: second(:), third(:)   !! extents of further inputs
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      type(shape_t), allocatable :: shapes(:)
      shapes = [shape_of(extents)]
      if (present(second)) shapes = [shapes, shape_of(second)]
      if (present(third)) shapes = [shapes, shape_of(third)]
      call add_recurrent_layers(registry, error)
      if (.not. allocated(error)) call probe%make(registry, 'ConvLSTM1D', options, error, &
                                                  roles=roles)
      if (.not. allocated(error)) call probe%prepare(shapes, 1, error)
      call check(failure, allocated(error), 'ConvLSTM1D takes '//options//' with '//roles)
      if (allocated(error)) call check(failure, index(error%message, word) > 0, &
                                       options//': '//error%message)
      call probe%clear()
      call registry%clear()
   end subroutine refused

end module test_conv_lstm_layers
