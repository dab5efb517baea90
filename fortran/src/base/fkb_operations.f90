!> Operations of `keras.ops` by number and by name.
!>
!> In the model file an operation is a layer of class `ops.Class`.
module fkb_operations
   implicit none (type, external)
   private

   integer, parameter, public :: name_length = 17

   !> One operand, value by value. Names of one function stand one after another.
   character(name_length), parameter, public :: value_names(51) = [character(name_length) :: &
      'Abs', 'Absolute', 'Fabs', 'Negative', 'Sign', 'Exp', 'Exp2', 'Expm1', 'Log', 'Log1p', &
      'Log2', 'Log10', 'Sqrt', 'Rsqrt', 'Cbrt', 'Square', 'Reciprocal', 'Sin', 'Cos', 'Tan', &
      'Arcsin', 'Arccos', 'Arctan', 'Sinh', 'Cosh', 'Tanh', 'Arcsinh', 'Arccosh', 'Arctanh', &
      'Sinc', 'Deg2rad', 'Rad2deg', 'Erf', 'Erfc', 'Erfinv', 'Floor', 'Ceil', 'Trunc', 'Round', &
      'Isfinite', 'Isnan', 'Isinf', 'Isposinf', 'Isneginf', 'LogicalNot', 'Clip', 'NanToNum', &
      'ZerosLike', 'OnesLike', 'Cast', 'StopGradient']
   integer, parameter, public :: value_abs = 1, value_negative = 4, value_sign = 5, value_exp = 6, &
      value_exp2 = 7, value_expm1 = 8, value_log = 9, value_log1p = 10, value_log2 = 11, &
      value_log10 = 12, value_sqrt = 13, value_rsqrt = 14, value_cbrt = 15, value_square = 16, &
      value_reciprocal = 17, value_sin = 18, value_cos = 19, value_tan = 20, value_arcsin = 21, &
      value_arccos = 22, value_arctan = 23, value_sinh = 24, value_cosh = 25, value_tanh = 26, &
      value_arcsinh = 27, value_arccosh = 28, value_arctanh = 29, value_sinc = 30, &
      value_deg2rad = 31, value_rad2deg = 32, value_erf = 33, value_erfc = 34, value_erfinv = 35, &
      value_floor = 36, value_ceil = 37, value_trunc = 38, value_round = 39, value_isfinite = 40, &
      value_isnan = 41, value_isinf = 42, value_isposinf = 43, value_isneginf = 44, &
      value_logical_not = 45, value_clip = 46, value_nan_to_num = 47, value_zeros = 48, &
      value_ones = 49, value_cast = 50, value_stop = 51
   !> What `Cast` becomes when its dtype is known: the nearest real32, an integer, 0 or 1.
   integer, parameter, public :: value_single = 52, value_integer = 53, value_boolean = 54

   !> Operands that are broadcast.
   character(name_length), parameter, public :: operand_names(28) = [character(name_length) :: &
      'Add', 'Subtract', 'Multiply', 'Divide', 'TrueDivide', 'DivideNoNan', 'FloorDivide', 'Mod', &
      'Fmod', 'Power', 'Arctan2', 'Maximum', 'Minimum', 'Fmax', 'Fmin', 'Hypot', 'Logaddexp', &
      'Heaviside', 'SquaredDifference', 'Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', &
      'LessEqual', 'LogicalAnd', 'LogicalOr', 'LogicalXor']
   integer, parameter, public :: operand_add = 1, operand_subtract = 2, operand_multiply = 3, &
      operand_divide = 4, operand_true_divide = 5, operand_divide_no_nan = 6, &
      operand_floor_divide = 7, operand_mod = 8, operand_fmod = 9, operand_power = 10, &
      operand_arctan2 = 11, operand_maximum = 12, operand_minimum = 13, operand_fmax = 14, &
      operand_fmin = 15, operand_hypot = 16, operand_logaddexp = 17, operand_heaviside = 18, &
      operand_squared_difference = 19, operand_equal = 20, operand_not_equal = 21, &
      operand_greater = 22, operand_greater_equal = 23, operand_less = 24, &
      operand_less_equal = 25, operand_and = 26, operand_or = 27, operand_xor = 28
   !> More than two operands, or one that only gives its shape.
   integer, parameter, public :: operand_where = 29, operand_isclose = 30, operand_full = 31

   !> Columns of values to one value each.
   character(name_length), parameter, public :: reduction_names(18) = [character(name_length) :: &
      'Sum', 'Mean', 'Max', 'Amax', 'Min', 'Amin', 'Prod', 'Any', 'All', 'Std', 'Var', 'Ptp', &
      'Argmax', 'Argmin', 'CountNonzero', 'Logsumexp', 'Norm', 'Moments']
   integer, parameter, public :: reduce_sum = 1, reduce_mean = 2, reduce_max = 3, reduce_amax = 4, &
      reduce_min = 5, reduce_amin = 6, reduce_prod = 7, reduce_any = 8, reduce_all = 9, &
      reduce_std = 10, reduce_var = 11, reduce_ptp = 12, reduce_argmax = 13, reduce_argmin = 14, &
      reduce_count = 15, reduce_logsumexp = 16, reduce_norm = 17, reduce_moments = 18

   !> Columns of values to columns.
   character(name_length), parameter, public :: column_names(12) = [character(name_length) :: &
      'Cumsum', 'Cumprod', 'Sort', 'Argsort', 'Diff', 'Softmax', 'LogSoftmax', 'Sparsemax', 'Glu', &
      'Normalize', 'TopK', 'OneHot']
   integer, parameter, public :: column_cumsum = 101, column_cumprod = 102, column_sort = 103, &
      column_argsort = 104, column_diff = 105, column_softmax = 106, column_log_softmax = 107, &
      column_sparsemax = 108, column_glu = 109, column_normalize = 110, column_top_k = 111, &
      column_one_hot = 112

   !> Products that are summed over axes.
   character(name_length), parameter, public :: product_names(6) = [character(name_length) :: &
      'Matmul', 'Dot', 'Inner', 'Tensordot', 'Einsum', 'Kron']
   integer, parameter, public :: product_matmul = 1, product_dot = 2, product_inner = 3, &
      product_tensordot = 4, product_einsum = 5, product_kron = 6

   !> The same values under another shape.
   character(name_length), parameter, public :: shape_names(8) = [character(name_length) :: &
      'Reshape', 'ExpandDims', 'Squeeze', 'Copy', 'Real', 'Conj', 'Conjugate', &
      'ConvertToTensor']
   integer, parameter, public :: shape_reshape = 1, shape_expand = 2, shape_squeeze = 3

   !> Values of one operand at other places.
   character(name_length), parameter, public :: place_names(17) = [character(name_length) :: &
      'Transpose', 'Swapaxes', 'Moveaxis', 'Flip', 'Roll', 'Repeat', 'Tile', 'Pad', 'GetItem', &
      'Slice', 'Diagonal', 'Trace', 'Tril', 'Triu', 'Rot90', 'Split', 'Unstack']
   integer, parameter, public :: place_transpose = 1, place_swapaxes = 2, place_moveaxis = 3, &
      place_flip = 4, place_roll = 5, place_repeat = 6, place_tile = 7, place_pad = 8, &
      place_get_item = 9, place_slice = 10, place_diagonal = 11, place_trace = 12, &
         place_tril = 13, &
      place_triu = 14, place_rot90 = 15, place_split = 16, place_unstack = 17

   !> Values repeated to a shape, and blocks of images in their channels.
   character(name_length), parameter, public :: block_names(3) = [character(name_length) :: &
      'BroadcastTo', 'SpaceToDepth', 'DepthToSpace']
   integer, parameter, public :: block_broadcast = 1, block_to_depth = 2

end module fkb_operations
