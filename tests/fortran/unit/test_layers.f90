!> Every layer class against its contract: gradients by differences in real64, batch against
!> singles, single against double precision, memory, inference and training.
module test_layers
   use fkb_activations, only: activation_name, n_activations
   use fkb_builtin_common_dp, only: add_common_layers
   use fkb_error, only: error_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of
   use fkb_testing, only: failure_t, suite_t
   use layer_cases, only: check_all_tested, one, several
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'layers'
      call suite%add('Dense keeps its contract for any rank', dense_keeps_its_contract)
      call suite%add('every activation keeps its contract', activations_keep_their_contract)
      call suite%add('activation layers keep their contract', activation_layers_keep_their_contract)
      call suite%add('shape layers keep their contract', shape_layers_keep_their_contract)
      call suite%add('merge layers keep their contract, broadcasting too', &
                     merges_keep_their_contract)
      call suite%add('normalising layers keep their contract', normalisers_keep_their_contract)
      call suite%add('noise layers keep their contract', noise_layers_keep_their_contract)
      call suite%add('Embedding keeps its contract', embedding_keeps_its_contract)
      call suite%add('every common class is among the tested ones', all_classes_are_tested)
   end subroutine collect

   subroutine dense_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'Dense', '{"units":3}', [4])
      call one(failure, 'Dense', '{"units":3,"use_bias":false}', [4])
      call one(failure, 'Dense', '{"units":2,"use_bias":true,"lora_rank":null}', [4, 3, 2])
      call one(failure, 'Dense', '{"units":40}', [70, 2])
   end subroutine dense_keeps_its_contract

   subroutine activations_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: id
      do id = 1, n_activations
         call one(failure, 'Activation', '{"activation":"'//activation_name(id)//'"}', [6, 3])
      end do
      call one(failure, 'Activation', '{"activation":"hard_sigmoid"}', [6], keras_major=2)
      call one(failure, 'Activation', '{"activation":"swish"}', [7])
   end subroutine activations_keep_their_contract

   subroutine activation_layers_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'ReLU', '{}', [7])
      call one(failure, 'ReLU', '{"max_value":0.5,"negative_slope":0.1,"threshold":0.2}', [7, 2])
      call one(failure, 'LeakyReLU', '{"negative_slope":0.3}', [7])
      call one(failure, 'ELU', '{"alpha":0.7}', [7])
      call one(failure, 'ThresholdedReLU', '{"theta":0.3}', [7])
      call one(failure, 'PReLU', '{}', [3, 2])
      call one(failure, 'PReLU', '{"shared_axes":[1]}', [3, 4])
      call one(failure, 'PReLU', '{"shared_axes":[1,2]}', [3, 4, 2])
      call one(failure, 'PReLU', '{"shared_axes":[3]}', [3, 4, 2])
      call one(failure, 'Softmax', '{}', [5, 3])
      call one(failure, 'Softmax', '{"axis":1}', [5, 3])
      call one(failure, 'Softmax', '{"axis":[1,3]}', [5, 3, 2])
      call one(failure, 'Softmax', '{"axis":[-1,-2]}', [5, 3, 2])
   end subroutine activation_layers_keep_their_contract

   subroutine shape_layers_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'Identity', '{}', [3, 2])
      call one(failure, 'ActivityRegularization', '{"l1":0.1,"l2":0.2}', [3, 2])
      call one(failure, 'Flatten', '{"data_format":"channels_last"}', [3, 2, 4])
      call one(failure, 'Flatten', '{"data_format":"channels_first"}', [3, 2, 4])
      call one(failure, 'Reshape', '{"target_shape":[4,-1,2]}', [3, 2, 4])
      call one(failure, 'Permute', '{"dims":[2,1]}', [3, 4])
      call one(failure, 'Permute', '{"dims":[3,1,2]}', [3, 4, 2])
      call one(failure, 'Permute', '{"dims":[2,4,1,3]}', [3, 4, 2, 2])
      call one(failure, 'RepeatVector', '{"n":3}', [4])
   end subroutine shape_layers_keep_their_contract

   subroutine merges_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(14), parameter :: names(6) = [character(14) :: 'Add', 'Subtract', 'Multiply', &
                                              'Average', 'Maximum', 'Minimum']
      integer :: i
      do i = 1, size(names)
         call several(failure, trim(names(i)), '{}', [shape_of([3, 2]), shape_of([3, 2])])
         call several(failure, trim(names(i)), '{}', [shape_of([3, 2]), shape_of([3])])
         call several(failure, trim(names(i)), '{}', [shape_of([1, 2, 4]), shape_of([3, 1])])
         if (names(i) == 'Subtract') cycle
         call several(failure, trim(names(i)), '{}', [shape_of([3]), shape_of([3, 2]), &
                                                      shape_of([1])])
         call several(failure, trim(names(i)), '{}', [shape_of([3])])
      end do
      do i = 3, size(names)
         if (names(i) == 'Average') cycle
         call several(failure, trim(names(i)), '{}', [shape_of([3, 4]), shape_of([3, 4]), &
                      shape_of([4]), shape_of([4])], roles='0 0 mask mask')
         call several(failure, trim(names(i)), '{}', [shape_of([3, 4]), shape_of([1, 4]), &
                      shape_of([3, 4]), shape_of([4]), shape_of([4])], &
                      roles='0 0 0 mask mask', arguments='{"mask":[0,null,0]}')
      end do
      call several(failure, 'Concatenate', '{"axis":-1}', [shape_of([3]), shape_of([2]), &
                   shape_of([4])])
      call several(failure, 'Concatenate', '{"axis":1}', [shape_of([3, 2]), shape_of([3, 4])])
      call several(failure, 'Concatenate', '{"axis":2}', [shape_of([3, 2, 2]), shape_of([3, 4, 2])])
      call several(failure, 'Dot', '{"axes":1}', [shape_of([3]), shape_of([3])])
      call several(failure, 'Dot', '{"axes":-1,"normalize":true}', [shape_of([3]), shape_of([3])])
      call several(failure, 'Dot', '{"axes":[2,1]}', [shape_of([3, 2]), shape_of([4, 3])])
      call several(failure, 'Dot', '{"axes":[1,2],"normalize":true}', [shape_of([4, 3]), &
                                                                       shape_of([2, 3, 2])])
   end subroutine merges_keep_their_contract

   subroutine normalisers_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'BatchNormalization', '{}', [3], batch=9)
      call one(failure, 'BatchNormalization', '{"axis":[1],"epsilon":0.01}', [3, 2, 4])
      call one(failure, 'BatchNormalization', '{"axis":2,"center":false}', [3, 2, 4])
      call one(failure, 'BatchNormalization', '{"scale":false,"trainable":false}', [3, 2])
      call one(failure, 'BatchNormalization', '{"axis":[3]}', [3, 2, 4], keras_major=2)
      call one(failure, 'BatchNormalization', '{"axis":-1}', [130], batch=3)
      ! r and d count as constants: differences see the same where bounds make them constant.
      call one(failure, 'BatchNormalization', '{"renorm":true,"renorm_clipping":'// &
               '{"rmin":1.5,"rmax":1.5,"dmax":0}}', [3], batch=9)
      call one(failure, 'BatchNormalization', '{"renorm":true,"axis":1,"trainable":false}', [3, 2])
      call one(failure, 'LayerNormalization', '{}', [5])
      call one(failure, 'LayerNormalization', '{"axis":[1]}', [5, 3])
      call one(failure, 'LayerNormalization', '{"axis":[-1,1],"center":false}', [4, 3, 2])
      call one(failure, 'LayerNormalization', '{"axis":[1,2],"scale":false}', [5, 3])
      call one(failure, 'LayerNormalization', '{"rms_scaling":true}', [5, 3])
      call one(failure, 'LayerNormalization', '{"axis":-1}', [70, 2])
      call one(failure, 'Normalization', '{"axis":-1}', [4, 3])
      call one(failure, 'Normalization', '{"axis":[1,3],"invert":true}', [4, 3, 2])
      call one(failure, 'Normalization', '{"axis":null}', [4, 3])
      call one(failure, 'Normalization', '{"axis":[-1],"mean":[1,2,3],"variance":[4,5,0]}', [3, 2])
      call one(failure, 'Normalization', '{"axis":2,"mean":1.5,"variance":4}', [3, 2])
      call one(failure, 'Normalization', '{"axis":1,"mean":[1.5,2],"variance":[4,1]}', [3, 2])
      call one(failure, 'Rescaling', '{"scale":0.5,"offset":-1.0}', [3, 2])
      call one(failure, 'Rescaling', '{"scale":[0.5,2,3],"offset":0.5}', [3, 2])
      call one(failure, 'Rescaling', '{"scale":2,"offset":[0.5,2,3]}', [3, 2])
   end subroutine normalisers_keep_their_contract

   subroutine noise_layers_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'Dropout', '{"rate":0.3,"seed":7,"noise_shape":null}', [9, 2])
      call one(failure, 'Dropout', '{"rate":0.5,"noise_shape":[null,1,5]}', [5, 3])
      call one(failure, 'Dropout', '{"rate":0}', [5])
      call one(failure, 'Dropout', '{"rate":1.0}', [5])
      call one(failure, 'SpatialDropout1D', '{"rate":0.4}', [5, 3])
      call one(failure, 'SpatialDropout2D', '{"rate":0.4}', [5, 3, 2])
      call one(failure, 'SpatialDropout2D', '{"rate":0.4,"data_format":"channels_first"}', [2, 3, &
               5])
      call one(failure, 'SpatialDropout3D', '{"rate":0.4,"seed":null}', [3, 2, 3, 2])
      call one(failure, 'AlphaDropout', '{"rate":0.2,"noise_shape":null,"seed":null}', [9])
      call one(failure, 'GaussianDropout', '{"rate":0.2,"seed":null}', [9])
      call one(failure, 'GaussianNoise', '{"stddev":0.7}', [9, 3])
   end subroutine noise_layers_keep_their_contract

   subroutine embedding_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'Embedding', '{"input_dim":6,"output_dim":3}', [4], indices=6)
      call one(failure, 'Embedding', '{"input_dim":6,"output_dim":2,"mask_zero":true}', [4, 2], &
               indices=6)
   end subroutine embedding_keeps_its_contract

   !> A new class must get a test above and a place in this list.
   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_common_layers(registry, error)
      call check_all_tested(failure, registry, 'Dense Activation ReLU LeakyReLU ELU '// &
         'ThresholdedReLU PReLU Softmax Identity ActivityRegularization Flatten Reshape '// &
         'Permute RepeatVector Add Subtract Multiply Average Maximum Minimum Concatenate Dot '// &
         'BatchNormalization LayerNormalization Normalization Rescaling Embedding Dropout '// &
         'SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout '// &
         'GaussianNoise')
   end subroutine all_classes_are_tested

end module test_layers
