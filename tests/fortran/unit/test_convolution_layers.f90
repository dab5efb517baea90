!> Every convolution layer against its contract.
module test_convolution_layers
   use fkb_builtin_convolution_dp, only: add_convolution_layers
   use fkb_error, only: error_t
   use fkb_registry_dp, only: registry_t
   use fkb_testing, only: failure_t, suite_t
   use layer_cases, only: check_all_tested, one
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'convolution_layers'
      call suite%add('convolutions keep their contract', convolutions_keep_their_contract)
      call suite%add('transposed convolutions keep their contract', transposed_keep_their_contract)
      call suite%add('depthwise convolutions keep their contract', depthwise_keep_their_contract)
      call suite%add('separable convolutions keep their contract', separable_keep_their_contract)
      call suite%add('every class is among the tested ones', all_classes_are_tested)
   end subroutine collect

   subroutine convolutions_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'Conv1D', '{"filters":3,"kernel_size":[3]}', [2, 7])
      call one(failure, 'Conv1D', '{"filters":3,"kernel_size":3,"padding":"causal"}', [2, 7])
      call one(failure, 'Conv1D', '{"filters":3,"kernel_size":[2],"padding":"causal",'// &
               '"strides":[2],"use_bias":false}', [2, 7])
      call one(failure, 'Conv1D', '{"filters":4,"kernel_size":[3],"padding":"causal",'// &
               '"dilation_rate":[2],"groups":2}', [4, 9])
      call one(failure, 'Conv1D', '{"filters":4,"kernel_size":[1],"groups":4}', [4, 5])
      call one(failure, 'Conv2D', '{"filters":3,"kernel_size":[3,2]}', [2, 5, 6])
      call one(failure, 'Conv2D', '{"filters":3,"kernel_size":[1,1]}', [2, 4, 3])
      call one(failure, 'Conv2D', '{"filters":3,"kernel_size":[1,1],"strides":[2,3]}', [2, 4, 5])
      call one(failure, 'Conv2D', '{"filters":2,"kernel_size":[4,3],"padding":"same",'// &
               '"strides":[2,3],"use_bias":false}', [3, 7, 5])
      call one(failure, 'Conv2D', '{"filters":2,"kernel_size":[3,3],"padding":"same",'// &
               '"dilation_rate":[2,1]}', [3, 4, 6])
      call one(failure, 'Conv2D', '{"filters":6,"kernel_size":[3,3],"groups":3,'// &
               '"lora_rank":null}', [6, 4, 4])
      call one(failure, 'Conv2D', '{"filters":4,"kernel_size":[2,2],"strides":[3,3]}', [1, 8, 8])
      call one(failure, 'Conv3D', '{"filters":2,"kernel_size":[2,3,1]}', [2, 3, 4, 3])
      call one(failure, 'Conv3D', '{"filters":2,"kernel_size":[2,2,2],"padding":"same",'// &
               '"strides":[1,2,3]}', [3, 4, 3, 2])
   end subroutine convolutions_keep_their_contract

   subroutine transposed_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'Conv1DTranspose', '{"filters":3,"kernel_size":[3]}', [2, 5])
      call one(failure, 'Conv1DTranspose', '{"filters":3,"kernel_size":[2],"strides":[3],'// &
               '"output_padding":null}', [2, 4])
      call one(failure, 'Conv1DTranspose', '{"filters":3,"kernel_size":[3],"strides":[2],'// &
               '"output_padding":[1],"use_bias":false}', [2, 4])
      call one(failure, 'Conv2DTranspose', '{"filters":3,"kernel_size":[3,4],"strides":[2,2],'// &
               '"padding":"same"}', [2, 3, 4])
      call one(failure, 'Conv2DTranspose', '{"filters":2,"kernel_size":[3,3],"strides":[2,3],'// &
               '"padding":"same","output_padding":[1,2]}', [2, 3, 4])
      call one(failure, 'Conv2DTranspose', '{"filters":2,"kernel_size":[4,2],"strides":[2,3],'// &
               '"padding":"same","output_padding":[1,0]}', [2, 3, 4])
      call one(failure, 'Conv2DTranspose', '{"filters":2,"kernel_size":[3,2],'// &
               '"dilation_rate":[2,3],"padding":"same"}', [2, 3, 4])
      call one(failure, 'Conv2DTranspose', '{"filters":2,"kernel_size":[1,1]}', [3, 3, 4])
      call one(failure, 'Conv3DTranspose', '{"filters":2,"kernel_size":[2,3,1],'// &
               '"strides":[2,1,2]}', [2, 3, 2, 2])
      call one(failure, 'Conv3DTranspose', '{"filters":2,"kernel_size":[3,3,3],'// &
               '"strides":[1,2,2],"padding":"same"}', [2, 3, 2, 2])
   end subroutine transposed_keep_their_contract

   subroutine depthwise_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'DepthwiseConv1D', '{"kernel_size":[3]}', [4, 6])
      call one(failure, 'DepthwiseConv1D', '{"kernel_size":[3],"depth_multiplier":2,'// &
               '"padding":"same","strides":[2]}', [3, 6])
      call one(failure, 'DepthwiseConv2D', '{"kernel_size":[3,2],"depth_multiplier":1}', [5, 4, 6])
      call one(failure, 'DepthwiseConv2D', '{"kernel_size":[3,3],"depth_multiplier":3,'// &
               '"padding":"same","dilation_rate":[2,2],"use_bias":false}', [2, 5, 4])
      call one(failure, 'DepthwiseConv2D', '{"kernel_size":[2,2],"strides":[2,2],'// &
               '"dilation_rate":[1,2]}', [2, 5, 4])
      call one(failure, 'DepthwiseConv2D', '{"kernel_size":[2,2],"depth_multiplier":3}', [1, 3, 3])
   end subroutine depthwise_keep_their_contract

   subroutine separable_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'SeparableConv1D', '{"filters":3,"kernel_size":[3]}', [4, 6])
      call one(failure, 'SeparableConv1D', '{"filters":3,"kernel_size":[3],"padding":"causal",'// &
               '"depth_multiplier":2}', [2, 6])
      call one(failure, 'SeparableConv2D', '{"filters":3,"kernel_size":[3,2]}', [4, 4, 5])
      call one(failure, 'SeparableConv2D', '{"filters":3,"kernel_size":[3,3],"padding":"same",'// &
               '"strides":[2,2],"depth_multiplier":2,"use_bias":false}', [2, 5, 4])
      call one(failure, 'SeparableConv2D', '{"filters":2,"kernel_size":[3,3],"padding":"same",'// &
               '"dilation_rate":[2,1]}', [1, 5, 4])
   end subroutine separable_keep_their_contract

   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: tested = 'Conv1D Conv2D Conv3D Conv1DTranspose '// &
         'Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D '// &
         'SeparableConv2D'
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_convolution_layers(registry, error)
      call check_all_tested(failure, registry, tested)
   end subroutine all_classes_are_tested

end module test_convolution_layers
