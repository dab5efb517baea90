! Generated from layers/fkb_builtin_resampling.fypp: edit that file and run tools/generate.py
!> Upsampling, resizing, padding, cropping and image augmentation.
module fkb_builtin_resampling_sp
   use fkb_augmentation_sp, only: augmentation_t, auto_contrast_t
   use fkb_error, only: error_t
   use fkb_placing_sp, only: cropping_t, margins_t, up_sampling_t
   use fkb_registry_sp, only: registry_t
   use fkb_resizing_sp, only: center_crop_t, random_crop_t, resizing_t, up_sampling_2d_t
   implicit none (type, external)
   private
   public :: add_resampling_layers

contains

   !> Register the layers of this family. Raises an error when one of the names is taken.
   subroutine add_resampling_layers(registry, error)
      type(registry_t), intent(inout) :: registry
      type(error_t), allocatable, intent(inout) :: error
      call registry%put('ZeroPadding1D', margins_t(1), error)
      call registry%put('ZeroPadding2D', margins_t(2), error)
      call registry%put('ZeroPadding3D', margins_t(3), error)
      call registry%put('Cropping1D', cropping_t(1), error)
      call registry%put('Cropping2D', cropping_t(2), error)
      call registry%put('Cropping3D', cropping_t(3), error)
      call registry%put('UpSampling1D', up_sampling_t(1), error)
      call registry%put('UpSampling2D', up_sampling_2d_t(), error)
      call registry%put('UpSampling3D', up_sampling_t(3), error)
      call registry%put('Resizing', resizing_t(), error)
      call registry%put('CenterCrop', center_crop_t(), error)
      call registry%put('RandomCrop', random_crop_t(), error)
      call registry%put('AutoContrast', auto_contrast_t(), error)
      call registry%put('MaxNumBoundingBoxes', augmentation_t(only_boxes=.true.), error)
      call registry%put('RandomFlip', augmentation_t(), error)
      call registry%put('RandomRotation', augmentation_t(), error)
      call registry%put('RandomTranslation', augmentation_t(), error)
      call registry%put('RandomZoom', augmentation_t(), error)
      call registry%put('RandomContrast', augmentation_t(), error)
      call registry%put('RandomBrightness', augmentation_t(), error)
      call registry%put('RandomHeight', augmentation_t(), error)
      call registry%put('RandomWidth', augmentation_t(), error)
      call registry%put('RandomShear', augmentation_t(), error)
      call registry%put('RandomPerspective', augmentation_t(), error)
      call registry%put('RandomElasticTransform', augmentation_t(), error)
      call registry%put('RandomHue', augmentation_t(), error)
      call registry%put('RandomSaturation', augmentation_t(), error)
      call registry%put('RandomSharpness', augmentation_t(), error)
      call registry%put('RandomPosterization', augmentation_t(), error)
      call registry%put('RandomColorDegeneration', augmentation_t(), error)
      call registry%put('RandomGrayscale', augmentation_t(), error)
      call registry%put('RandomInvert', augmentation_t(), error)
      call registry%put('RandomGaussianBlur', augmentation_t(), error)
      call registry%put('RandomErasing', augmentation_t(), error)
      call registry%put('RandomColorJitter', augmentation_t(), error)
      call registry%put('Solarization', augmentation_t(), error)
      call registry%put('RandAugment', augmentation_t(), error)
      call registry%put('AugMix', augmentation_t(), error)
      call registry%put('MixUp', augmentation_t(), error)
      call registry%put('CutMix', augmentation_t(), error)
   end subroutine add_resampling_layers

end module fkb_builtin_resampling_sp
