!> What layers state at load: weights, shapes, marks, and the options and shapes they refuse.
module test_layer_options
   use fkb_builtin_dp, only: add_builtin_layers
   use fkb_error, only: error_t
   use fkb_layer_probe_dp, only: layer_probe_t
   use fkb_plan, only: plan_t
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: open_extent, shape_of, shape_t, storage_dimension, strides_of
   use fkb_testing, only: check, check_equal, fail, failure_t, suite_t
   implicit none (type, external)
   private
   public :: collect

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'layer_options'
      call suite%add('weights have the names, shapes and order of Keras', &
                     weights_are_those_of_keras)
      call suite%add('open extents stay open at load', open_extents_stay_open)
      call suite%add('outputs have the shapes of Keras', outputs_have_the_shapes_of_keras)
      call suite%add('unsupported options are refused by name and value', options_are_refused)
      call suite%add('inert options are read', inert_options_are_read)
      call suite%add('shapes that do not fit are refused', shapes_are_refused)
      call suite%add('a Keras axis is found in storage', axes_are_found)
      call suite%add('layers mark what the network must know', marks_are_set)
   end subroutine collect

   subroutine weights_are_those_of_keras(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: none(0) = 0
      call weights(failure, 'Dense', '{"units":3}', [4, 2], 'kernel (4, 3); bias (3,)')
      call weights(failure, 'Dense', '{"units":3,"use_bias":false}', [4], 'kernel (4, 3)')
      call weights(failure, 'Embedding', '{"input_dim":7,"output_dim":2}', [4], 'embeddings (7, 2)')
      call weights(failure, 'PReLU', '{"shared_axes":[1]}', [4, 2], 'alpha (1, 4)')
      call weights(failure, 'BatchNormalization', '{}', [4, 2], &
                   'gamma (4,); beta (4,); moving_mean (4,) fixed; moving_variance (4,) fixed')
      call weights(failure, 'BatchNormalization', '{"axis":1,"scale":false,"center":false}', [4, &
                   2], &
                   'moving_mean (2,) fixed; moving_variance (2,) fixed')
      call weights(failure, 'LayerNormalization', '{"axis":[1,2]}', [4, 2], &
                   'gamma (2, 4); beta (2, 4)')
      call weights(failure, 'LayerNormalization', '{"axis":[-1,1],"center":false}', [4, 2], &
                   'gamma (4, 2)')
      call weights(failure, 'LayerNormalization', '{"rms_scaling":true}', [4, 2], 'gamma (4,)')
      call weights(failure, 'Normalization', '{"axis":[1,2]}', [4, 2], &
                   'mean (2, 4) fixed; variance (2, 4) fixed; count () integer')
      call weights(failure, 'Normalization', '{"axis":null}', [4, 2], &
                   'mean () fixed; variance () fixed; count () integer')
      call weights(failure, 'Normalization', '{"mean":[1,2,3,4],"variance":[1,1,1,1]}', [4, 2], &
                   'mean (4,) option; variance (4,) option')
      call weights(failure, 'Rescaling', '{"scale":2,"offset":[1,2,3,4]}', [4, 2], &
                   'scale () option; offset (4,) option')
      call weights(failure, 'STFTSpectrogram', '{"frame_length":6}', [2, 16], &
                   'real_kernel (6, 1, 5); imag_kernel (6, 1, 5)')
      call weights(failure, 'STFTSpectrogram', '{"mode":"imag","frame_length":4}', [2, 16], &
                   'imag_kernel (4, 1, 3)')
      call weights(failure, 'Flatten', '{}', none, '')
   end subroutine weights_are_those_of_keras

   subroutine open_extents_stay_open(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call output(failure, 'Dense', '{"units":3}', [shape_of([4, open_extent])], '(None, 3)')
      call output(failure, 'Flatten', '{}', [shape_of([4, open_extent])], '(None,)')
      call output(failure, 'Reshape', '{"target_shape":[-1,2]}', [shape_of([4, open_extent])], &
                  '(None, 2)')
      call output(failure, 'Permute', '{"dims":[2,1]}', [shape_of([4, open_extent])], '(4, None)')
      call output(failure, 'Add', '{}', [shape_of([4, open_extent]), shape_of([4, 7])], '(7, 4)')
      call output(failure, 'Add', '{}', [shape_of([open_extent, 7]), shape_of([1, 7])], '(7, None)')
      call output(failure, 'Concatenate', '{"axis":1}', [shape_of([4, open_extent]), &
                                                         shape_of([4, 7])], '(None, 4)')
      call output(failure, 'Concatenate', '{}', [shape_of([4, open_extent]), shape_of([2, 7])], &
                  '(7, 6)')
      call output(failure, 'Embedding', '{"input_dim":7,"output_dim":2}', &
                  [shape_of([open_extent])], &
                  '(None, 2)')
      call output(failure, 'LayerNormalization', '{}', [shape_of([4, open_extent])], '(None, 4)')
      call output(failure, 'BatchNormalization', '{}', [shape_of([4, open_extent])], '(None, 4)')
      call output(failure, 'Dot', '{"axes":2}', [shape_of([4, open_extent]), shape_of([4, 3])], &
                  '(None, 3)')
   end subroutine open_extents_stay_open

   subroutine outputs_have_the_shapes_of_keras(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: none(0) = 0
      call output(failure, 'Flatten', '{}', [shape_of([4, 3, 2])], '(24,)')
      call output(failure, 'Flatten', '{}', [shape_of(none)], '(1,)')
      call output(failure, 'Reshape', '{"target_shape":[2,-1,3]}', [shape_of([4, 3])], '(2, 2, 3)')
      call output(failure, 'Reshape', '{"target_shape":[]}', [shape_of([1])], '()')
      call output(failure, 'Permute', '{"dims":[3,1,2]}', [shape_of([4, 3, 2])], '(4, 2, 3)')
      call output(failure, 'RepeatVector', '{"n":5}', [shape_of([4])], '(5, 4)')
      call output(failure, 'Dot', '{"axes":1}', [shape_of([4]), shape_of([4])], '(1,)')
      call output(failure, 'Dot', '{"axes":[2,1]}', [shape_of([4, 2]), shape_of([3, 4])], '(2, 3)')
      call output(failure, 'Activation', '{"activation":"glu"}', [shape_of([4, 3])], '(3, 2)')
      call output(failure, 'Maximum', '{}', [shape_of([1, 3]), shape_of([4])], '(3, 4)')
   end subroutine outputs_have_the_shapes_of_keras

   subroutine options_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, 'Dense', '{"units":0}', '"units" = 0')
      call refused(failure, 'Dense', '{}', '"units"')
      call refused(failure, 'Dense', '{"units":"3"}', '"units"')
      call refused(failure, 'Dense', '{"units":3,"lora_rank":2}', '"lora_rank" = 2')
      call refused(failure, 'Dense', '{"units":3,"colour":2}', '"colour"')
      call refused(failure, 'Activation', '{"activation":"nonesuch"}', '"nonesuch"')
      call refused(failure, 'Activation', '{"activation":{"module":"builtins","class_name":'// &
                   '"function","config":"my>act","registered_name":"function"}}', '"my>act"')
      call refused(failure, 'ReLU', '{"max_value":-1.0}', '"max_value" = -1.0')
      call refused(failure, 'PReLU', '{"shared_axes":[-1]}', '"shared_axes"')
      call refused(failure, 'Softmax', '{"axis":[]}', '"axis"')
      call refused(failure, 'Embedding', '{"input_dim":0,"output_dim":2}', '"input_dim" = 0')
      call refused(failure, 'Reshape', '{"target_shape":[-1,-1]}', '"target_shape" = [-1,-1]')
      call refused(failure, 'Permute', '{"dims":[1,1]}', '"dims" = [1,1]')
      call refused(failure, 'Permute', '{"dims":[0,1]}', '"dims" = [0,1]')
      call refused(failure, 'RepeatVector', '{"n":0}', '"n" = 0')
      call refused(failure, 'Flatten', '{"data_format":"sideways"}', '"data_format" = "sideways"')
      call refused(failure, 'BatchNormalization', '{"axis":[1,2]}', '"axis" = [1,2]')
      call refused(failure, 'BatchNormalization', '{"renorm":true,"renorm_clipping":3}', &
                   '"renorm_clipping" = 3')
      call refused(failure, 'BatchNormalization', '{"renorm":true,"renorm_clipping":{"r":1}}', &
                   '"renorm_clipping" = {"r":1}')
      call refused(failure, 'BatchNormalization', '{"virtual_batch_size":4}', &
                   '"virtual_batch_size" = 4')
      call refused(failure, 'LayerNormalization', '{"axis":[]}', '"axis"')
      call refused(failure, 'Normalization', '{"mean":[1,2]}', '"variance"')
      call refused(failure, 'Normalization', '{"mean":[[1,2]],"variance":[[1,2]]}', '"mean"')
      call refused(failure, 'Normalization', '{"axis":null,"mean":[1,2],"variance":[1,2]}', &
                   '"mean"')
      call refused(failure, 'Rescaling', '{}', '"scale"')
      call refused(failure, 'Rescaling', '{"scale":"big"}', '"scale" = "big"')
      call refused(failure, 'Dot', '{"axes":[1,2,3]}', '"axes" = [1,2,3]')
      call refused(failure, 'Dot', '{}', '"axes"')
      call refused(failure, 'Concatenate', '{"axis":"last"}', '"axis"')
      call refused(failure, 'Add', '{"axis":1}', '"axis"')
   end subroutine options_are_refused

   subroutine inert_options_are_read(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call taken(failure, 'Dense', '{"units":3,"lora_rank":null,"quantization_config":null}')
      call taken(failure, 'Embedding', '{"input_dim":5,"output_dim":2,"input_length":null}')
      call taken(failure, 'BatchNormalization', &
                 '{"axis":[3],"renorm":false,"synchronized":false,'// &
                 '"renorm_clipping":null,"renorm_momentum":0.99}')
      call taken(failure, 'PReLU', '{"shared_axes":null}')
      call taken(failure, 'ReLU', '{"max_value":null}')
      call taken(failure, 'Normalization', &
                 '{"axis":[-1],"invert":false,"mean":null,"variance":null}')
      call taken(failure, 'Activation', '{"activation":{"module":"keras.layers","class_name":'// &
                 '"LeakyReLU","config":{"negative_slope":0.2},"registered_name":null}}')
   end subroutine inert_options_are_read

   subroutine shapes_are_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer, parameter :: none(0) = 0
      call misfit(failure, 'Dense', '{"units":3}', [shape_of(none)])
      call misfit(failure, 'Dense', '{"units":3}', [shape_of([open_extent])])
      call misfit(failure, 'Dense', '{"units":3}', [shape_of([3]), shape_of([3])])
      call misfit(failure, 'Dense', '{"units":2000000}', [shape_of([3, 2000000])])
      call misfit(failure, 'Reshape', '{"target_shape":[5,2]}', [shape_of([4, 3])])
      call misfit(failure, 'Reshape', '{"target_shape":[5,-1]}', [shape_of([4, 3])])
      call misfit(failure, 'Permute', '{"dims":[2,1]}', [shape_of([4, 3, 2])])
      call misfit(failure, 'RepeatVector', '{"n":2}', [shape_of([4, 3])])
      call misfit(failure, 'RepeatVector', '{"n":2000000000}', [shape_of([4])])
      call misfit(failure, 'Add', '{}', [shape_of([4, 3]), shape_of([3, 4])])
      call misfit(failure, 'Subtract', '{}', [shape_of([4]), shape_of([4]), shape_of([4])])
      call misfit(failure, 'Concatenate', '{"axis":0}', [shape_of([4]), shape_of([4])])
      call misfit(failure, 'Concatenate', '{"axis":1}', [shape_of([4, 3]), shape_of([5, 3])])
      call misfit(failure, 'Dot', '{"axes":1}', [shape_of([4]), shape_of([5])])
      call misfit(failure, 'BatchNormalization', '{"axis":0}', [shape_of([4])])
      call misfit(failure, 'BatchNormalization', '{"axis":3}', [shape_of([4])])
      call misfit(failure, 'BatchNormalization', '{}', [shape_of([open_extent, 4])])
      call misfit(failure, 'LayerNormalization', '{"axis":[1,-1]}', [shape_of([4])])
      call misfit(failure, 'LayerNormalization', '{"axis":0}', [shape_of([4])])
      call misfit(failure, 'Normalization', '{"axis":1}', [shape_of([4, open_extent])])
      call misfit(failure, 'Normalization', '{"mean":[1,2],"variance":[1,2]}', [shape_of([4])])
      call misfit(failure, 'Rescaling', '{"scale":[1,2]}', [shape_of([4])])
      call misfit(failure, 'PReLU', '{}', [shape_of([4, open_extent])])
      call misfit(failure, 'Activation', '{"activation":"glu"}', [shape_of([5])])
      call misfit(failure, 'Embedding', '{"input_dim":5,"output_dim":2}', &
                  [shape_of([1, 1, 1, 1, 1, 1, 1, 1])])
   end subroutine shapes_are_refused

   subroutine axes_are_found(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(error_t), allocatable :: error
      integer :: axis, dimension
      integer, parameter :: wanted(-3:3) = [3, 2, 1, 0, 3, 2, 1]
      do axis = -3, 3
         call storage_dimension(axis, 3, dimension, error)
         call check_equal(failure, dimension, wanted(axis), 'the dimension of an axis')
         call check(failure, allocated(error) .eqv. axis == 0, 'only the batch axis is refused')
      end do
      do axis = -5, 4, 9
         call storage_dimension(axis, 3, dimension, error)
         call check(failure, allocated(error), 'an axis beyond the rank was taken')
      end do
      call storage_dimension(-4, 3, dimension, error)
      call check(failure, allocated(error), 'the batch was taken')
      call check_equal(failure, strides_of(shape_of([3, 1, 2])), [1, 0, 3, 0, 0, 0, 0, 0], &
                       'strides')
   end subroutine axes_are_found

   subroutine marks_are_set(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(plan_t) :: plan
      call lay_out(failure, 'BatchNormalization', '{}', plan)
      call check(failure, plan%batch_coupled .and. plan%can_train, 'BatchNormalization is coupled')
      call check(failure, plan%infers_when_frozen, 'BatchNormalization infers when frozen')
      call lay_out(failure, 'Flatten', '{}', plan)
      call check(failure, plan%passes_through, 'Flatten passes through')
      call lay_out(failure, 'Flatten', '{"data_format":"channels_first"}', plan)
      call check(failure, .not. plan%passes_through, 'Flatten of channels first moves values')
      call lay_out(failure, 'Dense', '{"units":3}', plan)
      call check(failure, plan%fuses_activation .and. .not. plan%passes_through, 'Dense fuses')
      call lay_out(failure, 'Embedding', '{"input_dim":3,"output_dim":2}', plan)
      call check(failure, plan%checks_input, 'Embedding checks its input')
   end subroutine marks_are_set

   !> Lay out for an input of shape (3, 4) in Keras's order.
   subroutine lay_out(failure, class_name, options, plan)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      type(plan_t), intent(out) :: plan
      type(error_t), allocatable :: error
      call state(class_name, options, [shape_of([4, 3])], plan, error)
      if (allocated(error)) call fail(failure, class_name//': '//error%message)
   end subroutine lay_out

   !> Check the weights that a layer states, as `kernel (4, 3); bias (3,)`.
   subroutine weights(failure, class_name, options, extents, wanted)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options, wanted
      integer, intent(in) :: extents(:)
      type(plan_t) :: plan
      type(error_t), allocatable :: error
      character(:), allocatable :: found
      integer :: i
      call state(class_name, options, [shape_of(extents)], plan, error)
      if (allocated(error)) then
         call fail(failure, class_name//': '//error%message)
         return
      end if
      found = ''
      if (allocated(plan%weights)) then
         do i = 1, size(plan%weights)
            associate (weight => plan%weights(i))
               if (i > 1) found = found//'; '
               found = found//weight%name//' '//weight%shape%text()
               if (weight%integer_valued) then
                  found = found//' integer'
               else if (weight%from_option) then
                  found = found//' option'
               else if (.not. weight%trainable) then
                  found = found//' fixed'
               end if
            end associate
         end do
      end if
      call check_equal(failure, found, wanted, class_name//' '//options)
   end subroutine weights

   !> Check the shape of a layer's output, in Keras's order.
   subroutine output(failure, class_name, options, shapes, wanted)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options, wanted
      type(shape_t), intent(in) :: shapes(:)
      type(plan_t) :: plan
      type(error_t), allocatable :: error
      call state(class_name, options, shapes, plan, error)
      if (allocated(error)) then
         call fail(failure, class_name//': '//error%message)
      else
         call check_equal(failure, plan%out_shapes(1)%text(), wanted, class_name//' '//options)
      end if
   end subroutine output

   !> Check that options are refused with a message that holds `words`.
   subroutine refused(failure, class_name, options, words)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options, words
      type(registry_t) :: registry
      type(layer_probe_t), target :: probe
      type(error_t), allocatable :: error
      call add_builtin_layers(registry, error)
      call probe%make(registry, class_name, options, error)
      if (.not. allocated(error)) then
         call fail(failure, class_name//' took '//options)
      else
         call check(failure, index(error%message, words) > 0, class_name//' '//options// &
                    ': the message does not name '//words//': '//error%message)
      end if
      call probe%clear()
      call registry%clear()
   end subroutine refused

   !> Check that options are taken.
   subroutine taken(failure, class_name, options)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      type(registry_t) :: registry
      type(layer_probe_t), target :: probe
      type(error_t), allocatable :: error
      call add_builtin_layers(registry, error)
      call probe%make(registry, class_name, options, error)
      if (allocated(error)) call fail(failure, &
          class_name//' refused '//options//': '//error%message)
      call probe%clear()
      call registry%clear()
   end subroutine taken

   !> Check that a layer refuses input shapes.
   subroutine misfit(failure, class_name, options, shapes)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options
      type(shape_t), intent(in) :: shapes(:)
      type(plan_t) :: plan
      type(error_t), allocatable :: error
      call state(class_name, options, shapes, plan, error)
      call check(failure, allocated(error), class_name//' '//options//' took the shape '// &
                 shapes(1)%text())
   end subroutine misfit

   !> The plan of a layer.
   subroutine state(class_name, options, shapes, plan, error)
      character(*), intent(in) :: class_name, options
      type(shape_t), intent(in) :: shapes(:)
      type(plan_t), intent(out) :: plan
      type(error_t), allocatable, intent(out) :: error
      type(registry_t) :: registry
      type(layer_probe_t), target :: probe
      call add_builtin_layers(registry, error)
      call probe%make(registry, class_name, options, error)
      plan%in_shapes = shapes
      if (.not. allocated(error)) call probe%layer%lay_out(shapes, plan, error)
      call probe%clear()
      call registry%clear()
   end subroutine state

end module test_layer_options
