!> Layers that move and weigh the cells of images against their contract, and refusals.
module test_resampling_layers
   use fkb_builtin_resampling_dp, only: add_resampling_layers
   use fkb_error, only: error_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of
   use fkb_testing, only: check, failure_t, suite_t
   use layer_cases, only: check_all_tested, one
   implicit none (type, external)
   private
   public :: collect

   !> Classes that change images in training only.
   character(*), parameter :: augmentations = 'RandomFlip RandomRotation RandomTranslation '// &
      'RandomZoom RandomContrast RandomBrightness RandomHeight RandomWidth RandomShear '// &
      'RandomPerspective RandomElasticTransform RandomHue RandomSaturation RandomSharpness '// &
      'RandomPosterization RandomColorDegeneration RandomGrayscale RandomInvert '// &
      'RandomGaussianBlur RandomErasing RandomColorJitter Solarization RandAugment AugMix '// &
      'MixUp CutMix'

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'resampling_layers'
      call suite%add('padding and cropping keep their contract', margins_keep_their_contract)
      call suite%add('upsampling keeps its contract', upsampling_keeps_its_contract)
      call suite%add('resizing keeps its contract, reduced and enlarged', &
                     resizing_keeps_its_contract)
      call suite%add('crops keep their contract', crops_keep_their_contract)
      call suite%add('augmentation keeps its contract in inference', &
                     augmentation_keeps_its_contract)
      call suite%add('AutoContrast keeps its contract', contrast_keeps_its_contract)
      call suite%add('options without a meaning are refused', wrong_options_are_refused)
      call suite%add('every resampling class is among the tested ones', all_classes_are_tested)
   end subroutine collect

   subroutine margins_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'ZeroPadding1D', '{}', [3, 4])
      call one(failure, 'ZeroPadding1D', '{"padding":[2,0]}', [3, 4])
      call one(failure, 'ZeroPadding2D', '{"padding":1}', [2, 3, 4])
      call one(failure, 'ZeroPadding2D', '{"padding":[2,1]}', [2, 3, 4])
      call one(failure, 'ZeroPadding2D', '{"padding":[[0,3],[2,1]]}', [2, 3, 4])
      call one(failure, 'ZeroPadding3D', '{"padding":[[0,1],[2,1],[1,0]]}', [2, 3, 2, 2])
      call one(failure, 'Cropping1D', '{}', [3, 4])
      call one(failure, 'Cropping1D', '{"cropping":[0,2]}', [3, 4])
      call one(failure, 'Cropping2D', '{}', [2, 3, 4])
      call one(failure, 'Cropping2D', '{"cropping":[[0,1],[2,1]]}', [2, 4, 4])
      call one(failure, 'Cropping3D', '{"cropping":[[1,0],[0,1],[1,1]]}', [2, 4, 3, 2])
   end subroutine margins_keep_their_contract

   subroutine upsampling_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'UpSampling1D', '{}', [3, 4])
      call one(failure, 'UpSampling1D', '{"size":3}', [3, 4])
      call one(failure, 'UpSampling2D', '{"size":[2,3]}', [2, 3, 2])
      call one(failure, 'UpSampling2D', '{"size":[2,3],"interpolation":"bilinear"}', [2, 3, 4])
      call one(failure, 'UpSampling2D', '{"size":2,"interpolation":"bicubic"}', [2, 3, 4])
      call one(failure, 'UpSampling2D', '{"size":2,"interpolation":"lanczos3"}', [1, 3, 4])
      call one(failure, 'UpSampling2D', '{"size":[1,2],"interpolation":"area"}', [1, 3, 4])
      call one(failure, 'UpSampling3D', '{"size":[1,2,3]}', [2, 3, 2, 2])
   end subroutine upsampling_keeps_its_contract

   subroutine resizing_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: size = '{"height":3,"width":7,"interpolation":"'
      call one(failure, 'Resizing', '{"height":3,"width":7}', [2, 4, 5])
      call one(failure, 'Resizing', size//'nearest"}', [2, 5, 4])
      call one(failure, 'Resizing', size//'bicubic"}', [2, 5, 4])
      call one(failure, 'Resizing', size//'area"}', [2, 5, 4])
      call one(failure, 'Resizing', size//'area"}', [1, 16, 7])
      call one(failure, 'Resizing', size//'lanczos5","antialias":true}', [1, 12, 7])
      call one(failure, 'Resizing', size//'gaussian"}', [1, 5, 4])
      call one(failure, 'Resizing', size//'mitchellcubic"}', [1, 5, 4])
      call one(failure, 'Resizing', size//'bilinear","antialias":true}', [1, 15, 5])
      call one(failure, 'Resizing', size//'bicubic","crop_to_aspect_ratio":true}', [1, 5, 6])
      call one(failure, 'Resizing', size//'area","pad_to_aspect_ratio":true,"fill_value":2.5}', &
               [2, 5, 6])
      call one(failure, 'Resizing', size//'nearest","pad_to_aspect_ratio":true}', [2, 9, 2])
   end subroutine resizing_keeps_its_contract

   subroutine crops_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'CenterCrop', '{"height":3,"width":2}', [2, 5, 4])
      call one(failure, 'CenterCrop', '{"height":3,"width":4}', [2, 3, 5])
      call one(failure, 'RandomCrop', '{"height":3,"width":4,"seed":1}', [2, 3, 5])
      call one(failure, 'RandomCrop', '{"height":3,"width":2}', [2, 5, 4], keras_major=2)
   end subroutine crops_keep_their_contract

   subroutine augmentation_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: first, last
      first = 1
      do while (first <= len(augmentations))
         last = first + scan(augmentations(first:)//' ', ' ') - 2
         call one(failure, augmentations(first:last), '{"seed":3,"factor":0.5}', [2, 3, 2])
         first = last + 2
      end do
      call one(failure, 'MaxNumBoundingBoxes', '{"max_number":3}', [2, 3, 2])
   end subroutine augmentation_keeps_its_contract

   subroutine contrast_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'AutoContrast', '{}', [2, 3, 4])
      call one(failure, 'AutoContrast', '{"value_range":[1,-1.5]}', [1, 4, 3])
   end subroutine contrast_keeps_its_contract

   subroutine wrong_options_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, 'ZeroPadding2D', '{"padding":[[1,2]]}', [2, 3, 4])
      call refused(failure, 'ZeroPadding2D', '{"padding":-1}', [2, 3, 4])
      call refused(failure, 'ZeroPadding3D', '{"padding":[1,2]}', [2, 3, 4, 2])
      call refused(failure, 'Cropping1D', '{"cropping":[2,2]}', [3, 4])
      call refused(failure, 'Cropping2D', '{"cropping":[[1,2,3],[1,1]]}', [2, 9, 9])
      call refused(failure, 'UpSampling2D', '{"interpolation":"sinc"}', [2, 3, 4])
      call refused(failure, 'UpSampling1D', '{"size":0}', [2, 3])
      call refused(failure, 'UpSampling1D', '{"size":2000000000}', [2, 3])
      call refused(failure, 'Resizing', '{"height":3}', [2, 3, 4])
      call refused(failure, 'Resizing', '{"height":3,"width":0}', [2, 3, 4])
      call refused(failure, 'Resizing', '{"height":3,"width":4,"fill_mode":"wrap"}', [2, 3, 4])
      call refused(failure, 'Resizing', '{"height":3,"width":4,"pad_to_aspect_ratio":true,'// &
                   '"crop_to_aspect_ratio":true}', [2, 3, 4])
      call refused(failure, 'Resizing', '{"height":1,"width":200000000,'// &
                   '"pad_to_aspect_ratio":true}', [2, 3, 400])
      call refused(failure, 'AutoContrast', '{"value_range":[1,1]}', [2, 3, 4])
      call refused(failure, 'RandomFlip', '{"colour":"red"}', [2, 3, 4])
      call refused(failure, 'CenterCrop', '{"height":1,"width":2,"data_format":"no"}', [2, 3, 4])
   end subroutine wrong_options_are_refused

   !> Fail unless a layer with these options or this input is refused.
   subroutine refused(failure, class_name, options, extents)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      integer, intent(in) :: extents(:)
      type(registry_t) :: registry
      type(layer_probe_t), target :: probe
      type(error_t), allocatable :: error
      if (allocated(failure)) return
      call add_resampling_layers(registry, error)
      call probe%make(registry, class_name, options, error)
      if (.not. allocated(error)) call probe%prepare([shape_of(extents)], 1, error)
      call check(failure, allocated(error), class_name//' with '//options//' was taken')
      call probe%clear()
      call registry%clear()
   end subroutine refused

   !> A new class must get a test above and a place in this list.
   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_resampling_layers(registry, error)
      call check_all_tested(failure, registry, 'ZeroPadding1D ZeroPadding2D ZeroPadding3D '// &
         'Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D Resizing '// &
         'CenterCrop RandomCrop AutoContrast MaxNumBoundingBoxes '// &
         augmentations)
   end subroutine all_classes_are_tested

end module test_resampling_layers
