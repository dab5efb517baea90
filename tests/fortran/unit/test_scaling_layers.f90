!> The layers that scale by statistics of a sample, and masking, against their contract.
module test_scaling_layers
   use fkb_builtin_scaling_dp, only: add_scaling_layers
   use fkb_error, only: error_t
   use fkb_kinds, only: dp
   use fkb_layer_dp, only: mode_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of
   use fkb_testing, only: check, check_close, failure_t, suite_t
   use layer_cases, only: check_all_tested, one, several
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'scaling_layers'
      call suite%add('GroupNormalization keeps its contract on every axis', groups_keep)
      call suite%add('RMSNormalization keeps its contract', rms_keeps)
      call suite%add('UnitNormalization keeps its contract', unit_keeps)
      call suite%add('Masking keeps its contract', masking_keeps)
      call suite%add('a masked position is zero and gives no gradient', masked_positions_are_zero)
      call suite%add('short vectors are lengthened as Keras does', short_vectors)
      call suite%add('wrong options and shapes are refused by name', wrong_options_are_refused)
      call suite%add('BatchNormalization takes a mask', masked_batches_keep)
      call suite%add('every scaling class is among the tested ones', all_classes_are_tested)
   end subroutine collect

   subroutine groups_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'GroupNormalization', '{"groups":3}', [6])
      call one(failure, 'GroupNormalization', '{"groups":2}', [4, 3, 2])
      call one(failure, 'GroupNormalization', '{"groups":-1,"epsilon":0.01}', [3, 5])
      call one(failure, 'GroupNormalization', '{"groups":1,"center":false}', [3, 5])
      call one(failure, 'GroupNormalization', '{"groups":2,"axis":1,"scale":false}', [3, 2, 4])
      call one(failure, 'GroupNormalization', '{"groups":3,"axis":-2}', [2, 6, 3])
      call one(failure, 'GroupNormalization', &
               '{"groups":2,"axis":3,"scale":false,"center":false}', [4, 3, 2], keras_major=2)
   end subroutine groups_keep

   subroutine rms_keeps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'RMSNormalization', '{}', [5])
      call one(failure, 'RMSNormalization', '{"axis":[-1],"epsilon":0.25}', [5, 3])
      call one(failure, 'RMSNormalization', '{"axis":[2,3]}', [4, 3, 2])
      call one(failure, 'RMSNormalization', '{"axis":[-1,-2]}', [4, 3])
      call one(failure, 'RMSNormalization', '{"axis":1}', [3, 3])
   end subroutine rms_keeps

   subroutine unit_keeps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'UnitNormalization', '{}', [5])
      call one(failure, 'UnitNormalization', '{"axis":1}', [5, 3])
      call one(failure, 'UnitNormalization', '{"axis":[1,3]}', [4, 3, 2])
      call one(failure, 'UnitNormalization', '{"axis":[-1]}', [5, 3], keras_major=2)
   end subroutine unit_keeps

   subroutine masking_keeps(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'SpectralNormalization', '{"length":3}', [3, 4])
      call one(failure, 'Masking', '{}', [3, 4])
      call one(failure, 'Masking', '{"mask_value":-1.5}', [3])
      call one(failure, 'Masking', '{"mask_value":2}', [1, 2, 4])
   end subroutine masking_keeps

   subroutine masked_batches_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call several(failure, 'BatchNormalization', '{}', [shape_of([3, 4]), shape_of([4])], &
                   roles='0 mask')
      call several(failure, 'BatchNormalization', '{"axis":1,"center":false}', &
                   [shape_of([3, 4]), shape_of([4])], roles='0 mask', batch=9)
      call several(failure, 'BatchNormalization', '{"axis":2,"scale":false}', &
                   [shape_of([3, 2, 4]), shape_of([2, 4])], roles='0 mask')
      call several(failure, 'BatchNormalization', '{"trainable":false}', &
                   [shape_of([3, 4]), shape_of([4])], roles='0 mask')
      call several(failure, 'BatchNormalization', '{"axis":[2]}', [shape_of([3, 4]), &
                   shape_of([4])], roles='0 mask', keras_major=2)
      call several(failure, 'BatchNormalization', '{"axis":[3]}', [shape_of([3, 4, 2]), &
                   shape_of([4, 2])], roles='0 mask', keras_major=2)
      call one(failure, 'BatchNormalization', '{"synchronized":true}', [3])
   end subroutine masked_batches_keep

   subroutine masked_positions_are_zero(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call make(registry, probe, 'Masking', '{"mask_value":0.1}', [2, 2], error)
      call check(failure, .not. allocated(error), 'Masking cannot be made')
      probe%x(1)%v(:, 1) = [0.1_dp, 0.1_dp, 0.1_dp, 0.5_dp]
      call probe%forward(mode_t(training=.true.))
      call check_close(failure, probe%y(1)%v(:, 1), [0.0_dp, 0.0_dp, 0.1_dp, 0.5_dp], 0.0_dp, &
                       'the output')
      probe%dy(1)%v(:, 1) = 1
      call probe%backward(mode_t(training=.true.))
      call check_close(failure, probe%dx(1)%v(:, 1), [0.0_dp, 0.0_dp, 1.0_dp, 1.0_dp], 0.0_dp, &
                       'the gradient')
      call probe%clear()
      call registry%clear()
   end subroutine masked_positions_are_zero

   !> 1/length is at most 1e12 in Keras 3 and 1e6 in Keras 2.
   subroutine short_vectors(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      integer :: major
      do major = 2, 3
         call make(registry, probe, 'UnitNormalization', '{}', [2], error, major)
         call check(failure, .not. allocated(error), 'UnitNormalization cannot be made')
         probe%x(1)%v(:, 1) = [3e-14_dp, 4e-14_dp]
         call probe%forward(mode_t(training=.true.))
         call check_close(failure, probe%y(1)%v(:, 1), &
                          [3e-14_dp, 4e-14_dp]*merge(1e6_dp, 1e12_dp, major == 2), 1e-15_dp, &
                          'the output')
         probe%dy(1)%v(:, 1) = [1.0_dp, -1.0_dp]
         call probe%backward(mode_t(training=.true.))
         call check_close(failure, probe%dx(1)%v(:, 1), &
                          [1.0_dp, -1.0_dp]*merge(1e6_dp, 1e12_dp, major == 2), 1e-15_dp, &
                          'the gradient')
         call probe%clear()
         call registry%clear()
      end do
   end subroutine short_vectors

   subroutine wrong_options_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, 'GroupNormalization', '{"groups":0}', [6], 'groups')
      call refused(failure, 'GroupNormalization', '{"groups":4}', [6], 'groups')
      call refused(failure, 'GroupNormalization', '{"groups":12}', [6], 'groups')
      call refused(failure, 'GroupNormalization', '{"groups":2,"axis":[1,2]}', [6, 2], 'axis')
      call refused(failure, 'GroupNormalization', '{"groups":2,"axis":5}', [6, 2], 'axis')
      call refused(failure, 'RMSNormalization', '{"axis":1}', [5, 3], 'scale')
      call refused(failure, 'RMSNormalization', '{"axis":[]}', [5, 3], 'axis')
      call refused(failure, 'UnitNormalization', '{"axis":[1,1]}', [5, 3], 'axis')
      call refused(failure, 'UnitNormalization', '{"axis":0}', [5, 3], 'axis')
      call refused(failure, 'Masking', '{"mask_value":"a"}', [5, 3], 'mask_value')
   end subroutine wrong_options_are_refused

   !> Making the layer fails with a message that names `word`.
   subroutine refused(failure, class_name, options, extents, word)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options, word
      integer, intent(in) :: extents(:)
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call make(registry, probe, class_name, options, extents, error)
      call check(failure, allocated(error), class_name//' takes '//options)
      if (allocated(error)) call check(failure, index(error%message, word) > 0, &
                                       class_name//' '//options//': '//error%message)
      call probe%clear()
      call registry%clear()
   end subroutine refused

   !> A layer laid out for three samples.
   subroutine make(registry, probe, class_name, options, extents, error, keras_major)
      type(registry_t), intent(inout) :: registry
      type(layer_probe_t), intent(inout) :: probe
      character(*), intent(in) :: class_name, options
      integer, intent(in) :: extents(:)
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: keras_major
      call add_scaling_layers(registry, error)
      if (.not. allocated(error)) then
         call probe%make(registry, class_name, options, error, keras_major)
      end if
      if (.not. allocated(error)) call probe%prepare([shape_of(extents)], 3, error)
      if (.not. allocated(error)) call probe%fill(1)
   end subroutine make

   !> A new class must get a test above and a place in this list.
   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_scaling_layers(registry, error)
      call check_all_tested(failure, registry, 'GroupNormalization RMSNormalization '// &
         'UnitNormalization Masking SpectralNormalization')
   end subroutine all_classes_are_tested

end module test_scaling_layers
