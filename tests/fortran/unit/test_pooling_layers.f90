!> Pooling against its contract, and who gets the gradient of a maximum that cells share.
module test_pooling_layers
   use fkb_builtin_pooling_dp, only: add_pooling_layers
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_layer_dp, only: mode_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of
   use fkb_testing, only: check_close, fail, failure_t, suite_t
   use layer_cases, only: check_all_tested, one, several
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'pooling_layers'
      call suite%add('pooling keeps its contract', pooling_keeps_its_contract)
      call suite%add('adaptive pooling keeps its contract', adaptive_pooling_keeps_its_contract)
      call suite%add('global pooling keeps its contract, masks too', &
                     global_pooling_keeps_its_contract)
      call suite%add('a shared maximum gives its gradient where TensorFlow gives it', &
                     ties_are_those_of_tensorflow)
      call suite%add('every pooling class is among the tested ones', all_classes_are_tested)
   end subroutine collect

   subroutine pooling_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'MaxPooling1D', '{}', [3, 7])
      call one(failure, 'MaxPooling1D', '{"pool_size":[3],"strides":[2],"padding":"same"}', [2, 8])
      call one(failure, 'MaxPooling2D', '{"pool_size":[2,3],"strides":null}', [2, 7, 4])
      call one(failure, 'MaxPooling2D', '{"pool_size":[3,2],"strides":[1,2],"padding":"same"}', &
               [1, 5, 4])
      call one(failure, 'MaxPooling3D', '{"pool_size":[2,2,2],"strides":1}', [2, 3, 4, 3])
      call one(failure, 'AveragePooling1D', '{"pool_size":3,"strides":1,"padding":"same"}', [3, 6])
      call one(failure, 'AveragePooling2D', '{"pool_size":[2,3],"padding":"same"}', [2, 7, 5])
      call one(failure, 'AveragePooling2D', '{"pool_size":2,"strides":3}', [2, 8, 5])
      call one(failure, 'AveragePooling3D', '{"pool_size":[2,1,2],"padding":"same"}', [2, 3, 2, 3])
   end subroutine pooling_keeps_its_contract

   subroutine adaptive_pooling_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'AdaptiveMaxPooling1D', '{"output_size":[3]}', [2, 7])
      call one(failure, 'AdaptiveMaxPooling2D', '{"output_size":[3,2]}', [2, 5, 7])
      call one(failure, 'AdaptiveMaxPooling3D', '{"output_size":[2,1,2]}', [2, 3, 3, 2])
      call one(failure, 'AdaptiveAveragePooling1D', '{"output_size":[5]}', [2, 7])
      call one(failure, 'AdaptiveAveragePooling2D', '{"output_size":2}', [2, 5, 7])
      call one(failure, 'AdaptiveAveragePooling3D', '{"output_size":[4,3,2]}', [1, 3, 3, 3])
   end subroutine adaptive_pooling_keeps_its_contract

   subroutine global_pooling_keeps_its_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'GlobalMaxPooling1D', '{}', [3, 7])
      call one(failure, 'GlobalMaxPooling2D', '{"keepdims":true}', [3, 2, 4])
      call one(failure, 'GlobalMaxPooling3D', '{}', [3, 2, 4, 2])
      call one(failure, 'GlobalAveragePooling1D', '{}', [3, 200])
      call one(failure, 'GlobalAveragePooling1D', '{"keepdims":true}', [3, 4])
      call several(failure, 'GlobalAveragePooling1D', '{}', [shape_of([3, 6]), shape_of([6])], &
                   roles='0 mask')
      call one(failure, 'GlobalAveragePooling2D', '{}', [3, 2, 4])
      call one(failure, 'GlobalAveragePooling3D', '{"keepdims":true}', [3, 2, 4, 2])
   end subroutine global_pooling_keeps_its_contract

   !> All cells are equal, the gradients of the outputs are 1, 2, 4 and so on. The expected values
   !> are those of Keras 3.15 on TensorFlow 2.21.
   subroutine ties_are_those_of_tensorflow(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call tied(failure, 'MaxPooling1D', '{"pool_size":2,"strides":1}', [1, 3], [1, 2, 0])
      call tied(failure, 'MaxPooling2D', '{"pool_size":2,"strides":1}', [1, 3, 2], [1, 2, 0, 0, 0, &
                                                                                   0])
      call tied(failure, 'MaxPooling3D', '{"pool_size":[1,1,2],"strides":1}', [1, 3, 1, 1], &
                [1, 3, 2])
      call tied(failure, 'GlobalMaxPooling2D', '{}', [1, 2, 1], [1, 1], halves=.true.)
   end subroutine ties_are_those_of_tensorflow

   !> Compare dx with what is expected for equal inputs.
   subroutine tied(failure, class_name, options, extents, expected, halves)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      integer, intent(in) :: extents(:), expected(:)
      logical, intent(in), optional :: halves
      type(registry_t) :: registry
      type(layer_probe_t), target :: probe
      type(error_t), allocatable :: error
      real(dp) :: wanted(size(expected), 1)
      integer :: i
      if (allocated(failure)) return
      wanted(:, 1) = expected
      if (present(halves)) wanted = wanted/2
      call add_pooling_layers(registry, error)
      call probe%make(registry, class_name, options, error)
      if (.not. allocated(error)) call probe%prepare([shape_of(extents)], 1, error)
      if (allocated(error)) then
         call fail(failure, error%message)
         return
      end if
      probe%x(1)%v = 1
      do i = 1, size(probe%dy(1)%v)
         probe%dy(1)%v(i, 1) = 2.0_dp**(i - 1)
      end do
      call probe%forward(mode_t(training=.true.))
      call probe%backward(mode_t(training=.true.))
      call check_close(failure, probe%dx(1)%v, wanted, 1e-14_dp, class_name//' with equal cells')
      call probe%clear()
      call registry%clear()
   end subroutine tied

   !> A new class must get a test above and a place in this list.
   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_pooling_layers(registry, error)
      call check_all_tested(failure, registry, 'MaxPooling1D MaxPooling2D MaxPooling3D '// &
         'AveragePooling1D AveragePooling2D AveragePooling3D GlobalMaxPooling1D '// &
         'GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D '// &
         'GlobalAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D '// &
         'AdaptiveMaxPooling3D AdaptiveAveragePooling1D AdaptiveAveragePooling2D '// &
         'AdaptiveAveragePooling3D')
   end subroutine all_classes_are_tested

end module test_pooling_layers
