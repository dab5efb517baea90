!> The layers that encode and look up categories, against their contract and worked examples.
module test_encoding_layers
   use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_quiet_nan, ieee_value
   use fkb_builtin_encoding_dp, only: add_encoding_layers
   use fkb_builtin_encoding_sp, only: add_encoding_layers_sp => add_encoding_layers
   use fkb_error, only: error_t
   use fkb_kinds, only: dp, sp
   use fkb_layer_dp, only: mode_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_layer_probe_sp, only: layer_probe_sp_t => layer_probe_t
   use fkb_registry_dp, only: registry_t
   use fkb_registry_sp, only: registry_sp_t => registry_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, check_close, failure_t, suite_t
   use layer_cases, only: check_all_tested, one, several
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'encoding_layers'
      call suite%add('CategoryEncoding keeps its contract', categories_keep)
      call suite%add('Discretization keeps its contract', bins_keep)
      call suite%add('Hashing and HashedCrossing keep their contract', hashes_keep)
      call suite%add('IntegerLookup keeps its contract', lookups_keep)
      call suite%add('ReversibleEmbedding keeps its contract', embeddings_keep)
      call suite%add('categories are counted, with weights too', categories_are_counted)
      call suite%add('boundaries belong to the bin above, NaN to the last', boundaries_belong_above)
      call suite%add('a large table is searched as a small one', tables_are_searched)
      call suite%add('a number without a place gives NaN', strangers_are_nan)
      call suite%add('numbers that are not whole or too large are refused', strange_numbers)
      call suite%add('real32 refuses numbers that it may have rounded', rounded_numbers)
      call suite%add('wrong options and shapes are refused by name', wrong_options_are_refused)
      call suite%add('every encoding class is among the tested ones', all_classes_are_tested)
   end subroutine collect

   subroutine categories_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'CategoryEncoding', '{"num_tokens":4}', [3], indices=4)
      call one(failure, 'CategoryEncoding', '{"num_tokens":4,"output_mode":"one_hot"}', [3, 2], &
               indices=4)
      call one(failure, 'CategoryEncoding', '{"num_tokens":4,"output_mode":"one_hot"}', [1, 2], &
               indices=6)
      call one(failure, 'CategoryEncoding', '{"num_tokens":5,"output_mode":"count"}', [6], &
               indices=5, keras_major=2)
   end subroutine categories_keep

   subroutine bins_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: b = '{"bin_boundaries":[-0.5,0,0.25],"output_mode":'
      call one(failure, 'Discretization', b//'"int"}', [3, 2])
      call one(failure, 'Discretization', b//'"one_hot"}', [3, 2])
      call one(failure, 'Discretization', b//'"multi_hot"}', [5])
      call one(failure, 'Discretization', b//'"count"}', [3, 2, 4])
      call one(failure, 'Discretization', '{"bin_boundaries":[0.5],"num_bins":2,"epsilon":0.1}', &
               [1])
   end subroutine bins_keep

   subroutine hashes_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'Hashing', '{"num_bins":5}', [3, 2], indices=99)
      call one(failure, 'Hashing', '{"num_bins":5,"salt":3,"mask_value":2}', [3], indices=4)
      call one(failure, 'Hashing', '{"num_bins":5,"salt":[3,4],"output_mode":"count"}', [3], &
               indices=9)
      call one(failure, 'Hashing', '{"num_bins":5,"output_mode":"one_hot"}', [1, 4], indices=9)
      call several(failure, 'HashedCrossing', '{"num_bins":5}', [shape_of([1]), shape_of([1])], &
                   indices=50)
      call several(failure, 'HashedCrossing', '{"num_bins":5,"output_mode":"one_hot"}', &
                   [shape_of([1]), shape_of([1]), shape_of([1])], indices=50)
   end subroutine hashes_keep

   subroutine lookups_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: v = '{"vocabulary":[5,2,6],'
      call one(failure, 'IntegerLookup', v//'"num_oov_indices":1}', [4, 2], indices=8)
      call one(failure, 'IntegerLookup', v//'"mask_token":1,"num_oov_indices":3}', [4], indices=8)
      call one(failure, 'IntegerLookup', v//'"invert":true,"mask_token":0}', [4], indices=8)
      call one(failure, 'IntegerLookup', v//'"output_mode":"one_hot","mask_token":1}', [4, 2], &
               indices=8)
      call one(failure, 'IntegerLookup', v//'"output_mode":"count","max_tokens":7,'// &
               '"pad_to_max_tokens":true}', [4], indices=8)
      call one(failure, 'IntegerLookup', v//'"output_mode":"tf_idf"}', [4], indices=8)
      call one(failure, 'IntegerLookup', v//'"oov_method":"farmhash","salt":[1,2],'// &
               '"num_oov_indices":4}', [30], indices=90)
   end subroutine lookups_keep

   subroutine embeddings_keep(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: e = '{"input_dim":6,"output_dim":3'
      call one(failure, 'ReversibleEmbedding', e//'}', [4, 2], indices=6)
      call one(failure, 'ReversibleEmbedding', e//',"tie_weights":false}', [4], indices=6)
      call one(failure, 'ReversibleEmbedding', e//'}', [3, 4], arguments='{"reverse":true}')
      call one(failure, 'ReversibleEmbedding', e//',"tie_weights":false}', [3], &
               arguments='{"reverse":true}')
      call one(failure, 'ReversibleEmbedding', e//',"logit_soft_cap":0.5}', [3, 2], &
               arguments='{"reverse":true}')
   end subroutine embeddings_keep

   subroutine categories_are_counted(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call make(registry, probe, 'CategoryEncoding', '{"num_tokens":3,"output_mode":"count"}', &
                [shape_of([4]), shape_of([4])], error, roles='0 count_weights')
      call check(failure, .not. allocated(error), 'CategoryEncoding cannot be made')
      probe%x(1)%v(:, 1) = [2.0_dp, 0.0_dp, 2.0_dp, 7.0_dp]
      probe%x(2)%v(:, 1) = [0.5_dp, 0.25_dp, 1.0_dp, 4.0_dp]
      call probe%forward(mode_t(training=.true.))
      call check_close(failure, probe%y(1)%v(:, 1), [0.25_dp, 0.0_dp, 1.5_dp], 0.0_dp, 'counts')
      probe%dy(1)%v(:, 1) = [1.0_dp, 2.0_dp, 3.0_dp]
      call probe%backward(mode_t(training=.true.))
      call check_close(failure, probe%dx(2)%v(:, 1), [3.0_dp, 1.0_dp, 3.0_dp, 0.0_dp], 0.0_dp, &
                       'the gradient of the weights')
      call probe%clear()
      call registry%clear()
   end subroutine categories_are_counted

   subroutine boundaries_belong_above(failure)
      type(failure_t), allocatable, intent(out) :: failure
      real(dp) :: nan
      nan = ieee_value(1.0_dp, ieee_quiet_nan)
      ! 0.1 of real64 is below 0.1 of real32, in which TensorFlow keeps boundaries.
      call maps(failure, 'Discretization', '{"bin_boundaries":[0,0.1,1]}', &
                [0.0_dp, -1e-9_dp, 0.1_dp, real(0.1_sp, dp), 1.0_dp, nan, 2.0_dp], &
                [1.0_dp, 0.0_dp, 1.0_dp, 2.0_dp, 3.0_dp, 3.0_dp, 3.0_dp])
      call maps(failure, 'Discretization', '{"bin_boundaries":[1,1,2]}', [1.0_dp, 0.0_dp], &
                [2.0_dp, 0.0_dp])
   end subroutine boundaries_belong_above

   !> More than 64 numbers at a time are found by bisection, fewer by looking at all of the table.
   subroutine tables_are_searched(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: options = '{"vocabulary":[9,-4,30,7,1000000,0,12,3],'// &
         '"num_oov_indices":2,"mask_token":5}'
      real(dp), parameter :: few(13) = [9, -4, 30, 7, 1000000, 0, 12, 3, 5, 1, 2, -5, -6]
      real(dp), parameter :: places(13) = [3, 4, 5, 6, 7, 8, 9, 10, 0, 2, 1, 2, 1]
      real(dp) :: many(130), wanted(130)
      integer :: i
      call maps(failure, 'IntegerLookup', options, few, places)
      do i = 0, 9
         many(13*i + 1:13*i + 13) = few
         wanted(13*i + 1:13*i + 13) = places
      end do
      call maps(failure, 'IntegerLookup', options, many, wanted)
   end subroutine tables_are_searched

   subroutine strangers_are_nan(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call make(registry, probe, 'IntegerLookup', '{"vocabulary":[3,4],"num_oov_indices":0,'// &
                '"output_mode":"multi_hot"}', [shape_of([2])], error)
      call check(failure, .not. allocated(error), 'IntegerLookup cannot be made')
      probe%x(1)%v = reshape([3.0_dp, 4.0_dp, 4.0_dp, 5.0_dp, 4.0_dp, 4.0_dp], [2, 3])
      call probe%forward(mode_t())
      call check_close(failure, probe%y(1)%v(:, 1), [1.0_dp, 1.0_dp], 0.0_dp, 'sample 1')
      call check(failure, all(ieee_is_nan(probe%y(1)%v(:, 2))), 'sample 2 is not NaN')
      call check_close(failure, probe%y(1)%v(:, 3), [0.0_dp, 1.0_dp], 0.0_dp, 'sample 3')
      call probe%clear()
      call registry%clear()
   end subroutine strangers_are_nan

   subroutine strange_numbers(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call not_taken(failure, 'CategoryEncoding', '{"num_tokens":4}', 1.5_dp)
      call not_taken(failure, 'CategoryEncoding', '{"num_tokens":4}', -1.0_dp)
      call not_taken(failure, 'CategoryEncoding', '{"num_tokens":4}', 4.0_dp, keras_major=2)
      call not_taken(failure, 'CategoryEncoding', '{"num_tokens":4}', &
                     ieee_value(1.0_dp, ieee_quiet_nan))
      call not_taken(failure, 'Hashing', '{"num_bins":4}', 1.5_dp, keras_major=2)
      call not_taken(failure, 'Hashing', '{"num_bins":4}', 2.0_dp**53)
      call not_taken(failure, 'IntegerLookup', '{"vocabulary":[3]}', 1.5_dp)
      call not_taken(failure, 'IntegerLookup', '{"vocabulary":[3]}', -2.0_dp**53)
   end subroutine strange_numbers

   !> A layer in real64 refuses this input value, and takes 3.
   subroutine not_taken(failure, class_name, options, value, keras_major)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      real(dp), intent(in) :: value
      integer, intent(in), optional :: keras_major
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call make(registry, probe, class_name, options, [shape_of([2])], error, keras_major)
      call check(failure, .not. allocated(error), class_name//' cannot be made')
      probe%x(1)%v = 3
      call probe%check_input(error)
      call check(failure, .not. allocated(error), class_name//' refuses 3')
      probe%x(1)%v(2, 3) = value
      call probe%check_input(error)
      call check(failure, allocated(error), class_name//' takes a strange value')
      if (allocated(error)) call check(failure, index(error%message, &
         'value 2 of sample 3 is ') > 0, error%message)
      call probe%clear()
      call registry%clear()
   end subroutine not_taken

   subroutine rounded_numbers(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(layer_probe_sp_t), target :: probe
      type(registry_sp_t) :: registry
      type(error_t), allocatable :: error
      call add_encoding_layers_sp(registry, error)
      call probe%make(registry, 'Hashing', '{"num_bins":7}', error)
      call check(failure, .not. allocated(error), 'Hashing cannot be made')
      call probe%prepare([shape_of([1])], 1, error)
      probe%x(1)%v = 16777215.0_sp
      call probe%check_input(error)
      call check(failure, .not. allocated(error), 'real32 holds 16777215')
      probe%x(1)%v = 16777216.0_sp
      call probe%check_input(error)
      call check(failure, allocated(error), 'real32 may have rounded 16777217')
      call probe%make(registry, 'Hashing', '{"num_bins":20000000}', error)
      call check(failure, allocated(error), 'real32 does not hold all of 20000000 bins')
      call probe%make(registry, 'IntegerLookup', '{"vocabulary":[16777217],"invert":true}', error)
      call check(failure, allocated(error), 'real32 does not hold 16777217')
      call probe%clear()
      call registry%clear()
   end subroutine rounded_numbers

   subroutine wrong_options_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, 'CategoryEncoding', '{"num_tokens":0}', [3], 'num_tokens')
      call refused(failure, 'CategoryEncoding', '{"num_tokens":4,"output_mode":"int"}', [3], &
                   'output_mode')
      call refused(failure, 'CategoryEncoding', '{"num_tokens":4,"sparse":true}', [3], 'sparse')
      call refused(failure, 'CategoryEncoding', '{"num_tokens":4}', [3, 2], 'multi_hot')
      call refused(failure, 'Discretization', '{"bin_boundaries":null}', [3], 'bin_boundaries')
      call refused(failure, 'Discretization', '{"bin_boundaries":[2,1]}', [3], 'ascending')
      call refused(failure, 'Hashing', '{"num_bins":4,"output_mode":"one_hot"}', [3], 'one_hot')
      call refused(failure, 'Hashing', '{"num_bins":4,"salt":[1,2,3]}', [3], 'salt')
      call refused(failure, 'Hashing', '{"num_bins":4,"output_mode":"tf_idf"}', [3], 'output_mode')
      call refused(failure, 'HashedCrossing', '{"num_bins":4}', [1], 'two inputs')
      call refused(failure, 'IntegerLookup', '{"vocabulary":null}', [3], 'vocabulary')
      call refused(failure, 'IntegerLookup', '{"vocabulary":[1,2],"max_tokens":2}', [3], &
                   'max_tokens')
      call refused(failure, 'IntegerLookup', '{"vocabulary":[1],"oov_method":"md5"}', [3], &
                   'oov_method')
      call refused(failure, 'IntegerLookup', '{"vocabulary":[1],"num_oov_indices":-1}', [3], &
                   'num_oov_indices')
      call refused(failure, 'IntegerLookup', '{"vocabulary":[1],"invert":true,'// &
                   '"output_mode":"count"}', [3], 'output_mode')
      call refused(failure, 'IntegerLookup', '{"vocabulary":[1],"invert":true,'// &
                   '"oov_token":null}', [3], 'oov_token')
   end subroutine wrong_options_are_refused

   !> The layer maps these values, all of one sample, to those.
   subroutine maps(failure, class_name, options, x, y)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      real(dp), intent(in) :: x(:), y(:)
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call make(registry, probe, class_name, options, [shape_of([size(x)])], error, samples=1)
      call check(failure, .not. allocated(error), class_name//' cannot be made')
      probe%x(1)%v(:, 1) = x
      call probe%forward(mode_t())
      call check_close(failure, probe%y(1)%v(:, 1), y, 0.0_dp, class_name//' '//options)
      call probe%clear()
      call registry%clear()
   end subroutine maps

   !> Making the layer fails with a message that names `word`.
   subroutine refused(failure, class_name, options, extents, word)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options, word
      integer, intent(in) :: extents(:)
      type(layer_probe_t), target :: probe
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call make(registry, probe, class_name, options, [shape_of(extents)], error)
      call check(failure, allocated(error), class_name//' takes '//options)
      if (allocated(error)) call check(failure, index(error%message, word) > 0, &
                                       class_name//' '//options//': '//error%message)
      call probe%clear()
      call registry%clear()
   end subroutine refused

   !> A layer laid out for three samples.
   subroutine make(registry, probe, class_name, options, shapes, error, keras_major, roles, samples)
      type(registry_t), intent(inout) :: registry
      type(layer_probe_t), intent(inout) :: probe
      character(*), intent(in) :: class_name, options
      type(shape_t), intent(in) :: shapes(:)
      type(error_t), allocatable, intent(out) :: error
      integer, intent(in), optional :: keras_major, samples
      character(*), intent(in), optional :: roles
      integer :: batch
      batch = 3
      if (present(samples)) batch = samples
      call add_encoding_layers(registry, error)
      if (.not. allocated(error)) then
         call probe%make(registry, class_name, options, error, keras_major, roles)
      end if
      if (.not. allocated(error)) call probe%prepare(shapes, batch, error)
   end subroutine make

   !> A new class must get a test above and a place in this list.
   subroutine all_classes_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      call add_encoding_layers(registry, error)
      call check_all_tested(failure, registry, 'CategoryEncoding Discretization Hashing '// &
         'HashedCrossing IntegerLookup ReversibleEmbedding')
   end subroutine all_classes_are_tested

end module test_encoding_layers
