! Generated from layers/fkb_builtin_convolution.fypp: edit that file and run tools/generate.py
!> Convolutions.
module fkb_builtin_convolution_dp
   use fkb_conv_dp, only: conv_t
   use fkb_conv_transpose_dp, only: conv_transpose_t
   use fkb_error, only: error_t
   use fkb_registry_dp, only: registry_t
   use fkb_separable_conv_dp, only: separable_conv_t
   use fkb_spectrogram_dp, only: spectrogram_t
   implicit none (type, external)
   private
   public :: add_convolution_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_convolution_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('Conv1D', conv_t(axes=1), error)
      call registry%put('Conv2D', conv_t(axes=2), error)
      call registry%put('Conv3D', conv_t(axes=3), error)
      call registry%put('Conv1DTranspose', conv_transpose_t(axes=1), error)
      call registry%put('Conv2DTranspose', conv_transpose_t(axes=2), error)
      call registry%put('Conv3DTranspose', conv_transpose_t(axes=3), error)
      call registry%put('DepthwiseConv1D', conv_t(axes=1, depthwise=.true.), error)
      call registry%put('DepthwiseConv2D', conv_t(axes=2, depthwise=.true.), error)
      call registry%put('SeparableConv1D', separable_conv_t(axes=1), error)
      call registry%put('SeparableConv2D', separable_conv_t(axes=2), error)
      call registry%put('STFTSpectrogram', spectrogram_t(), error)
   end subroutine add_convolution_layers

end module fkb_builtin_convolution_dp
