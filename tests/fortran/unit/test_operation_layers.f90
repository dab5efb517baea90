!> Operations of `keras.ops` against the contract of layers.
module test_operation_layers
   use fkb_builtin_operation_dp, only: add_operation_layers
   use fkb_error, only: error_t
   use fkb_layer_check_dp, only: check_layer
   use fkb_registry_dp, only: registry_t
   use fkb_shape, only: shape_of, shape_t
   use fkb_testing, only: check, failure_t, suite_t
   use layer_cases, only: check_all_tested, one, several
   implicit none (type, external)
   private
   public :: collect

   character(*), parameter :: values = 'Abs Absolute Fabs Negative Sign Exp Exp2 Expm1 Square '// &
      'Sin Cos Tan Arctan Sinh Cosh Tanh Arcsinh Sinc Deg2rad Rad2deg Erf Erfc Floor Ceil '// &
      'Trunc Round Isfinite Isnan Isinf Isposinf Isneginf LogicalNot NanToNum ZerosLike '// &
      'OnesLike Relu Relu6 LeakyRelu Elu Selu Celu Sigmoid LogSigmoid HardSigmoid '// &
      'SparseSigmoid Softplus SparsePlus Squareplus Softsign Silu HardSilu Gelu HardTanh '// &
      'TanhShrink HardShrink SoftShrink Copy Real Conj Conjugate ConvertToTensor '
   !> Functions that are not finite or not smooth for some of the inputs: `test_operation_kernels`.
   character(*), &
      parameter :: partial = 'Log Log1p Log2 Log10 Sqrt Rsqrt Cbrt Reciprocal Arcsin '// &
      'Arccos Arccosh Arctanh Erfinv Divide TrueDivide FloorDivide Mod Fmod Power '
   character(*), &
      parameter :: pairs = 'Add Subtract Multiply DivideNoNan Arctan2 Maximum Minimum '// &
      'Fmax Fmin Hypot Logaddexp Heaviside SquaredDifference Equal NotEqual Greater '// &
      'GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor '
   character(*), &
      parameter :: reductions = 'Sum Mean Max Amax Min Amin Prod Any All Std Var Ptp '// &
      'Argmax Argmin Logsumexp Norm '
   character(*), parameter :: columns = 'Cumsum Cumprod Sort Argsort Diff Softmax LogSoftmax '// &
      'Sparsemax Normalize '
   character(*), &
      parameter :: others = 'Clip Cast StopGradient Threshold Where Isclose FullLike '// &
      'CountNonzero Moments Glu TopK OneHot Reshape ExpandDims Squeeze Transpose Swapaxes '// &
      'Moveaxis Flip Roll Repeat Tile Pad GetItem Slice Diagonal Trace Tril Triu Rot90 Split '// &
      'Unstack Concatenate Stack Hstack Take TakeAlongAxis '// &
      'Matmul Dot Inner Tensordot Einsum Kron Cross BroadcastTo SpaceToDepth DepthToSpace '

contains

   !> The tests of this module.
   subroutine collect(suite)
      type(suite_t), intent(out) :: suite !! they are added to it
      suite%name = 'operation_layers'
      call suite%add('operations value by value keep their contract', values_keep_their_contract)
      call suite%add('operations with options keep their contract', options_keep_their_contract)
      call suite%add('operations on operands keep their contract', operands_keep_their_contract)
      call suite%add('vector products, blocks and broadcasts keep their contract', &
                     vectors_and_blocks_keep_their_contract)
      call suite%add('reductions keep their contract', reductions_keep_their_contract)
      call suite%add('operations along axes keep their contract', columns_keep_their_contract)
      call suite%add('operations that move values keep their contract', places_keep_their_contract)
      call suite%add('operations that cut and join keep their contract', parts_keep_their_contract)
      call suite%add('products keep their contract', products_keep_their_contract)
      call suite%add('what would mix the samples of a batch is refused', mixing_is_refused)
      call suite%add('every operation is among the tested ones', all_are_tested)
   end subroutine collect

   !> Word number i of a text, empty behind the last.
   pure function word(text, i)
      character(*), intent(in) :: text
      integer, intent(in) :: i
      character(:), allocatable :: word
      integer :: first, k, n
      first = 1
      word = ''
      do k = 1, i
         n = index(text(first:), ' ') - 1
         if (n < 1) return
         if (k == i) word = text(first:first + n - 1)
         first = first + n + 1
         if (first > len(text) .and. k < i) return
      end do
   end function word

   subroutine values_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i
      do i = 1, 1000
         if (word(values, i) == '') exit
         call one(failure, 'ops.'//word(values, i), '{}', [7, 3])
         call one(failure, 'ops.'//word(values, i), '{}', [33])
      end do
      call check(failure, i > 40, 'too few operations were tested')
   end subroutine values_keep_their_contract

   subroutine options_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call one(failure, 'ops.Clip', '{"x_min":-0.5,"x_max":1}', [7, 3])
      call one(failure, 'ops.Cast', '{"dtype":"float64"}', [4])
      call one(failure, 'ops.Cast', '{"dtype":"int32"}', [4], indices=5)
      call one(failure, 'ops.Cast', '{"dtype":"bool"}', [4])
      call one(failure, 'ops.Round', '{"decimals":0}', [4])
      call one(failure, 'ops.Threshold', '{"threshold":0.2,"default_value":-1}', [7])
      call one(failure, 'ops.LeakyRelu', '{"negative_slope":0.3}', [7])
      call one(failure, 'ops.Elu', '{"alpha":0.5}', [7])
      call one(failure, 'ops.Celu', '{"alpha":0.5}', [7])
      call one(failure, 'ops.Gelu', '{"approximate":false}', [7])
      call one(failure, 'ops.HardShrink', '{"threshold":0.25}', [7])
      call one(failure, 'ops.Squareplus', '{"b":2}', [7])
      call one(failure, 'ops.NanToNum', '{"nan":1.5,"posinf":2,"neginf":null}', [7])
      call one(failure, 'ops.OneHot', '{"num_classes":4,"axis":-1,"sparse":false}', [3], indices=6)
      call one(failure, 'ops.OneHot', '{"num_classes":4,"axis":1}', [3, 2], indices=6)
   end subroutine options_keep_their_contract

   subroutine operands_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i
      do i = 1, 1000
         if (word(pairs, i) == '') exit
         associate (name => 'ops.'//word(pairs, i))
            call several(failure, name, '{}', [shape_of([3, 2]), shape_of([3, 2])])
            call several(failure, name, '{}', [shape_of([1, 2, 4]), shape_of([3, 1, 1])])
            call several(failure, name, '{}', [shape_of([3, 2]), shape_of([3])], roles='0 1*')
            call several(failure, name, '{}', [shape_of([integer ::]), shape_of([3, 2])], &
                         roles='0* 1')
         end associate
      end do
      call check(failure, i > 20, 'too few operations were tested')
      call several(failure, 'ops.Where', '{}', [shape_of([3, 1]), shape_of([3, 2]), &
                                                shape_of([1, 2])])
      call several(failure, 'ops.Isclose', '{"equal_nan":true}', [shape_of([3]), shape_of([3]), &
                   shape_of([integer ::]), shape_of([integer ::])], roles='0 1 2* 3*')
      call several(failure, 'ops.FullLike', '{"dtype":null}', [shape_of([3, 2]), shape_of([3])], &
                   roles='0 1*')
   end subroutine operands_keep_their_contract

   subroutine reductions_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i
      do i = 1, 1000
         if (word(reductions, i) == '') exit
         associate (name => 'ops.'//word(reductions, i))
            call one(failure, name, '{"axis":-1}', [5, 3])
            call one(failure, name, '{"axis":1,"keepdims":true}', [2, 3, 2])
            if (name == 'ops.Argmax' .or. name == 'ops.Argmin') cycle
            call one(failure, name, '{"axis":[1,-1],"keepdims":false}', [2, 3, 2])
         end associate
      end do
      call check(failure, i > 10, 'too few operations were tested')
      call one(failure, 'ops.CountNonzero', '{"axis":1}', [2, 3])
      call one(failure, 'ops.Max', '{"axis":1,"initial":0.75}', [2, 3])
      call one(failure, 'ops.Min', '{"axis":1,"initial":-0.75}', [2, 3])
      call one(failure, 'ops.Norm', '{"axis":1,"ord":1}', [2, 3])
      call one(failure, 'ops.Norm', '{"axis":1,"ord":3}', [2, 3])
      call one(failure, 'ops.Norm', '{"axis":1,"ord":0}', [2, 3])
      call one(failure, 'ops.Moments', '{"axes":[1],"keepdims":true}', [2, 3])
      call one(failure, 'ops.Moments', '{"axes":[-1,1],"keepdims":false}', [2, 3, 2])
   end subroutine reductions_keep_their_contract

   subroutine columns_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      integer :: i
      do i = 1, 1000
         if (word(columns, i) == '') exit
         associate (name => 'ops.'//word(columns, i))
            call one(failure, name, '{"axis":-1}', [5, 3])
            call one(failure, name, '{"axis":1}', [2, 7, 2])
            call one(failure, name, '{"axis":2}', [2, 6, 2])
         end associate
      end do
      call check(failure, i > 5, 'too few operations were tested')
      call one(failure, 'ops.Glu', '{"axis":1}', [3, 4])
      call one(failure, 'ops.TopK', '{"k":2,"sorted":true}', [5, 3])
      call one(failure, 'ops.Normalize', '{"axis":[1,2],"order":2,"epsilon":null}', [3, 2])
      call one(failure, 'ops.Normalize', '{"axis":1,"order":1}', [3, 2])
      call one(failure, 'ops.Normalize', '{"axis":1,"order":3,"epsilon":0.01}', [3, 2])
   end subroutine columns_keep_their_contract

   subroutine places_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: all_of = '{"slice":[null,null,null]}'
      call one(failure, 'ops.Reshape', '{"newshape":[-1,3,null]}', [6, 2])
      call one(failure, 'ops.ExpandDims', '{"axis":[1,-1]}', [3, 2])
      call one(failure, 'ops.Squeeze', '{"axis":null}', [3, 1, 2])
      call one(failure, 'ops.Squeeze', '{"axis":2}', [3, 1, 2])
      call one(failure, 'ops.StopGradient', '{}', [1], indices=3)
      call one(failure, 'ops.Transpose', '{"axes":[0,3,1,2]}', [4, 3, 2])
      call one(failure, 'ops.Swapaxes', '{"axis1":1,"axis2":-1}', [4, 3, 2])
      call one(failure, 'ops.Moveaxis', '{"source":[1,2],"destination":[-1,1]}', [4, 3, 2])
      call one(failure, 'ops.Flip', '{"axis":[1,3]}', [4, 3, 2])
      call one(failure, 'ops.Roll', '{"shift":4,"axis":1}', [2, 3])
      call one(failure, 'ops.Roll', '{"shift":[1,-1],"axis":[1,2]}', [2, 3])
      call one(failure, 'ops.Repeat', '{"repeats":2,"axis":1}', [2, 3])
      call one(failure, 'ops.Repeat', '{"repeats":[2,0,1],"axis":1}', [2, 3])
      call one(failure, 'ops.Tile', '{"repeats":[1,2,3]}', [2, 3])
      call one(failure, 'ops.Tile', '{"repeats":3}', [2, 3])
      call one(failure, 'ops.Pad', '{"pad_width":[[0,0],[1,2],[0,1]],"constant_values":1.5}', &
         [2, 3])
      call one(failure, 'ops.Pad', '{"pad_width":[[0,0],[1,2]],"mode":"reflect"}', [4])
      call one(failure, 'ops.Pad', '{"pad_width":[[0,0],[4,3]],"mode":"symmetric"}', [4])
      call one(failure, 'ops.GetItem', '{"key":['//all_of//',1]}', [3, 4])
      call one(failure, 'ops.GetItem', '{"key":[{"ellipsis":true},null,{"slice":[-1,0,-2]},-1]}', &
               [3, 6])
      call one(failure, 'ops.GetItem', '{"key":['//all_of//',{"slice":[1,9,2]},null]}', [2, 6])
      call one(failure, 'ops.Slice', '{"start_indices":[0,1,0],"shape":[-1,2,-1]}', [3, 4])
      call one(failure, 'ops.Diagonal', '{"offset":1,"axis1":1,"axis2":2}', [2, 4, 3])
      call one(failure, 'ops.Diagonal', '{"offset":-1,"axis1":-1,"axis2":1}', [4, 3, 3])
      call one(failure, 'ops.Trace', '{"offset":0,"axis1":1,"axis2":2}', [2, 4, 3])
      call one(failure, 'ops.Tril', '{"k":-1}', [3, 4, 2])
      call one(failure, 'ops.Triu', '{"k":1}', [3, 4])
      call one(failure, 'ops.Rot90', '{"k":1,"axes":[1,2]}', [3, 4])
      call one(failure, 'ops.Rot90', '{"k":2,"axes":[1,2]}', [3, 4])
      call one(failure, 'ops.Rot90', '{"k":-1,"axes":[2,1]}', [3, 4, 2])
   end subroutine places_keep_their_contract

   subroutine parts_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(shape_t) :: two(2)
      two = [shape_of([3, 2]), shape_of([3, 2])]
      call one(failure, 'ops.Split', '{"indices_or_sections":3,"axis":1}', [2, 6])
      call one(failure, 'ops.Split', '{"indices_or_sections":[1,3],"axis":-1}', [5, 2])
      call one(failure, 'ops.Unstack', '{"num":null,"axis":1}', [2, 3])
      call several(failure, 'ops.Concatenate', '{"axis":1}', [shape_of([3, 2]), shape_of([3, 1])])
      call several(failure, 'ops.Concatenate', '{"axis":-1}', [shape_of([1, 2]), shape_of([3, 2])])
      call several(failure, 'ops.Stack', '{"axis":1}', two)
      call several(failure, 'ops.Stack', '{"axis":-1}', two)
      call several(failure, 'ops.Hstack', '{}', [shape_of([3]), shape_of([2])])
      call several(failure, 'ops.Take', '{"axis":1}', [shape_of([2, 9]), shape_of([2, 2])], &
                   roles='0 1*')
      call several(failure, 'ops.Take', '{"axis":0}', [shape_of([2, 9]), shape_of([2])], &
                   roles='0* 1')
      call several(failure, 'ops.TakeAlongAxis', '{"axis":1}', [shape_of([2, 9]), shape_of([2, 2])])
   end subroutine parts_keep_their_contract

   subroutine products_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      character(*), parameter :: plain = '{}'
      call several(failure, 'ops.Matmul', plain, [shape_of([3, 2]), shape_of([4, 3])])
      call several(failure, 'ops.Matmul', plain, [shape_of([3, 2, 5]), shape_of([4, 3, 1])])
      call several(failure, 'ops.Matmul', plain, [shape_of([3, 2, 1]), shape_of([4, 3, 5])])
      call several(failure, 'ops.Matmul', '{"transpose_a":true,"transpose_b":true}', &
                   [shape_of([2, 3]), shape_of([3, 4])])
      call several(failure, 'ops.Matmul', plain, [shape_of([3]), shape_of([4, 3])], roles='0 1*')
      call several(failure, 'ops.Matmul', plain, [shape_of([3, 2]), shape_of([3])], roles='0 1*')
      call several(failure, 'ops.Matmul', plain, [shape_of([3, 2]), shape_of([4, 3])], &
                   roles='0* 1')
      call several(failure, 'ops.Dot', plain, [shape_of([3, 2]), shape_of([4, 3])], roles='0 1*')
      call several(failure, 'ops.Dot', plain, [shape_of([3, 2]), shape_of([4, 3, 2])], &
                   roles='0 1*')
      call several(failure, 'ops.Inner', plain, [shape_of([3, 2]), shape_of([3, 4])], roles='0 1*')
      call several(failure, 'ops.Tensordot', '{"axes":2}', [shape_of([4, 3, 2]), &
                   shape_of([5, 4, 3])], roles='0 1*')
      call several(failure, 'ops.Tensordot', '{"axes":[[1,-1],[0,1]]}', [shape_of([4, 3, 2]), &
                   shape_of([5, 4, 2])], roles='0 1*')
      call several(failure, 'ops.Einsum', '{"subscripts":"bij,bjk->bik"}', &
                   [shape_of([3, 2]), shape_of([4, 3])])
      call several(failure, 'ops.Einsum', '{"subscripts":"...ij,jk->...ik"}', &
                   [shape_of([3, 2, 2]), shape_of([4, 3])], roles='0 1*')
      call one(failure, 'ops.Einsum', '{"subscripts":"bij->bj"}', [3, 2])
      call several(failure, 'ops.Kron', plain, [shape_of([3, 2]), shape_of([2, 4])], roles='0 1*')
      call several(failure, 'ops.Kron', plain, [shape_of([2]), shape_of([3, 2])], roles='0* 1')
      call several(failure, 'ops.Kron', plain, [shape_of([2, 3]), shape_of([3, 2, 1])], &
                   roles='0 1*')
   end subroutine products_keep_their_contract

   subroutine vectors_and_blocks_keep_their_contract(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call several(failure, 'ops.Cross', '{}', [shape_of([3, 2]), shape_of([3, 2])])
      call several(failure, 'ops.Cross', '{"axis":1}', [shape_of([2, 3]), shape_of([1, 3])])
      call several(failure, 'ops.Cross', '{"axisa":1,"axisb":2,"axisc":1}', &
                   [shape_of([4, 3]), shape_of([3, 4])])
      call several(failure, 'ops.Cross', '{}', [shape_of([2, 4]), shape_of([2, 4])])
      call several(failure, 'ops.Cross', '{}', [shape_of([2, 4]), shape_of([3, 4])])
      call several(failure, 'ops.Cross', '{}', [shape_of([3, 2]), shape_of([3])], roles='0 1*')
      call several(failure, 'ops.Cross', '{}', [shape_of([3, 2, 1]), shape_of([3, 2])], &
                   roles='0* 1')
      call one(failure, 'ops.BroadcastTo', '{"shape":[-1,4,2,3]}', [3, 1, 4])
      call one(failure, 'ops.BroadcastTo', '{"shape":[5,4,-1]}', [3, 1])
      call one(failure, 'ops.SpaceToDepth', '{"block_size":2}', [3, 4, 6])
      call one(failure, 'ops.DepthToSpace', '{"block_size":2,"data_format":"channels_last"}', &
               [12, 3, 2])
      call refused(failure, 'ops.BroadcastTo', '{"shape":[-1,4,3]}', [3, 2], 'can be repeated')
      call refused(failure, 'ops.BroadcastTo', '{"shape":[2,-1,4,3]}', [3, 1], 'can be repeated')
      call refused(failure, 'ops.SpaceToDepth', '{"block_size":2}', [3, 3, 2], 'whole blocks')
      call refused(failure, 'ops.DepthToSpace', '{"block_size":2}', [6, 3, 2], 'whole blocks')
      call refused(failure, 'ops.DepthToSpace', '{"block_size":2,"data_format":"channels_first"}', &
                   [4, 3, 2], 'channels_last')
   end subroutine vectors_and_blocks_keep_their_contract

   subroutine mixing_is_refused(failure)
      type(failure_t), allocatable, intent(out) :: failure
      call refused(failure, 'ops.Sum', '{"axis":0}', [3, 2], 'is the batch')
      call refused(failure, 'ops.Sum', '{"axis":null}', [3, 2], 'would mix')
      call refused(failure, 'ops.Argmax', '{}', [3, 2], 'would mix')
      call refused(failure, 'ops.Cumsum', '{"axis":null}', [3, 2], 'would mix')
      call refused(failure, 'ops.Sort', '{"axis":0}', [3, 2], 'is the batch')
      call refused(failure, 'ops.Reshape', '{"newshape":[6,-1]}', [3, 2], 'the batch')
      call refused(failure, 'ops.Reshape', '{"newshape":[-1,5]}', [3, 2], 'would mix')
      call refused(failure, 'ops.Transpose', '{"axes":[1,0,2]}', [3, 2], 'would be mixed')
      call refused(failure, 'ops.GetItem', '{"key":0}', [3, 2], 'would be mixed')
      call refused(failure, 'ops.Tile', '{"repeats":[2,1,1]}', [3, 2], 'would be mixed')
      call refused(failure, 'ops.Pad', '{"pad_width":[[1,0],[0,0],[0,0]]}', [3, 2], &
         'would be mixed')
      call refused(failure, 'ops.Split', '{"indices_or_sections":2}', [3, 2], 'is the batch')
      call refused(failure, 'ops.Tril', '{}', [3], 'would be mixed')
      call refused(failure, 'ops.Concatenate', '{}', [3, 2], 'is the batch')
      call refused(failure, 'ops.Take', '{"axis":null}', [3, 2], 'would mix')
      call refused(failure, 'ops.Add', '{}', [3], 'expected 2')
   end subroutine mixing_is_refused

   !> An operation must be refused with these words.
   subroutine refused(failure, class_name, options, extents, words)
      type(failure_t), allocatable, intent(inout) :: failure
      character(*), intent(in) :: class_name, options, words
      integer, intent(in) :: extents(:)
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      if (allocated(failure)) return
      call add_operation_layers(registry, error)
      call check_layer(registry, class_name, options, [shape_of(extents)], error)
      call check(failure, allocated(error), class_name//' '//options//' was not refused')
      if (allocated(error)) call check(failure, index(error%message, words) > 0, error%message)
      call registry%clear()
   end subroutine refused

   subroutine all_are_tested(failure)
      type(failure_t), allocatable, intent(out) :: failure
      type(registry_t) :: registry
      type(error_t), allocatable :: error
      character(*), parameter :: names = values//partial//pairs//reductions//columns//others
      character(:), allocatable :: tested
      integer :: i
      tested = ''
      do i = 1, 1000
         if (word(names, i) == '') exit
         tested = tested//' ops.'//word(names, i)
      end do
      call add_operation_layers(registry, error)
      call check_all_tested(failure, registry, tested)
   end subroutine all_are_tested

end module test_operation_layers
