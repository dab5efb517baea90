!> Every convolution layer against its contract.
module test_convolution_layers
   use fkb_builtin_convolution_dp, only: add_convolution_layers
   use fkb_error, only: error_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of
   use fkb_testing, only: check, failure_t, suite_t
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
      call suite%add('spectrograms keep their contract', spectrograms_keep_their_contract)
      call suite%add('what makes no sense or cannot be counted is refused', senseless_is_refused)
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

   subroutine spectrograms_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: modes(7) = [character(9) :: 'log', 'magnitude', 'psd', 'real', &
         'imag', 'angle', 'stft']
      integer :: i
      do i = 1, size(modes)
         call one(failure, 'STFTSpectrogram', '{"mode":"'//trim(modes(i))// &
                  '","frame_length":5,"frame_step":2}', [2, 12])
      end do
      call one(failure, 'STFTSpectrogram', '{"mode":"stft","frame_length":4,"padding":"same",'// &
               '"expand_dims":true}', [3, 9])
      call one(failure, 'STFTSpectrogram', '{"mode":"psd","frame_length":4,"fft_length":7,'// &
               '"frame_step":4,"scaling":null}', [1, 9])
   end subroutine spectrograms_keep_their_contract

   subroutine senseless_is_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, 'Conv2D', '{"filters":0,"kernel_size":3}', 'filters')
      call refused(failure, 'Conv2D', '{"filters":2,"kernel_size":3}', 'larger than')
      call refused(failure, 'Conv2D', '{"filters":2,"kernel_size":[2,2,2]}', 'kernel_size')
      call refused(failure, 'Conv2D', '{"filters":2,"kernel_size":[2,0]}', 'kernel_size')
      call refused(failure, 'Conv2D', '{"filters":2,"kernel_size":2,"strides":-1}', 'strides')
      call refused(failure, 'Conv2D', '{"filters":2,"kernel_size":2,"padding":"causal"}', 'padding')
      call refused(failure, 'Conv2D', '{"filters":2,"kernel_size":2,"data_format":"last"}', &
                   'data_format')
      call refused(failure, 'Conv2D', '{"filters":2,"kernel_size":2,"groups":2}', '3 channels')
      call refused(failure, 'Conv2D', '{"filters":4,"kernel_size":2,"groups":3}', 'groups')
      call refused(failure, 'Conv2D', '{"filters":4,"kernel_size":2,"lora_rank":2}', 'lora_rank')
      call refused(failure, 'Conv2D', '{"filters":4,"kernel_size":2,"strides":2,'// &
                   '"dilation_rate":2}', 'dilation_rate')
      call refused(failure, 'Conv2D', '{"filters":4,"kernel_size":[65536,65536],'// &
                   '"padding":"same"}', 'can be counted')
      call refused(failure, 'Conv2D', '{"filters":4,"kernel_size":2,"padding":"same",'// &
                   '"dilation_rate":2147483647}', 'can be counted')
      call refused(failure, 'Conv2DTranspose', '{"filters":4,"kernel_size":2,'// &
                   '"output_padding":1}', 'output_padding')
      call refused(failure, 'Conv2DTranspose', '{"filters":4,"kernel_size":2,'// &
                   '"strides":2147483647}', 'no output')
      call refused(failure, 'Conv2DTranspose', '{"filters":65536,"kernel_size":[256,256]}', &
                   'can be counted')
      call refused(failure, 'DepthwiseConv2D', '{"kernel_size":2,'// &
                   '"depth_multiplier":2147483647}', 'depth_multiplier')
      call refused(failure, 'SeparableConv2D', '{"filters":4,"kernel_size":2,'// &
                   '"depth_multiplier":2147483647}', 'depth_multiplier')
      call refused(failure, 'STFTSpectrogram', '{"mode":"decibels"}', 'mode')
      call refused(failure, 'STFTSpectrogram', '{"frame_length":2,"frame_step":3}', 'frame_step')
      call refused(failure, 'STFTSpectrogram', '{"frame_length":1}', 'frame_step')
      call refused(failure, 'STFTSpectrogram', '{"frame_length":4,"fft_length":3}', 'fft_length')
   end subroutine senseless_is_refused

   !> Fail unless a layer is refused for an image of 2 x 2 positions and 3 channels, with a message
   !> that holds `word`.
   subroutine refused(failure, class_name, options, word)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options, word
      type(registry_t) :: registry
      type(layer_probe_t) :: probe
      type(error_t), allocatable :: error
      call add_convolution_layers(registry, error)
      call probe%make(registry, class_name, options, error)
      if (.not. allocated(error)) call probe%prepare([shape_of([3, 2, 2])], 1, error)
      call check(failure, allocated(error), class_name//' '//options//' is taken')
      if (allocated(error)) call check(failure, index(error%message, word) > 0, error%message)
      call probe%clear()
      call registry%clear()
   end subroutine refused

   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: tested = 'Conv1D Conv2D Conv3D Conv1DTranspose '// &
         'Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D '// &
         'SeparableConv2D STFTSpectrogram'
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_convolution_layers(registry, error)
      call check_all_tested(failure, registry, tested)
   end subroutine all_classes_are_tested

end module test_convolution_layers
