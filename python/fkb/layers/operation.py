"""Operations of `keras.ops` that are nodes of a graph."""

from __future__ import annotations

from ..registry import ONLY_KERAS2, REQUIRED, LayerSpec, Option
from . import checks
from . import operation_places as places
from . import operation_shapes as shapes
from .operation_options import (
    AXES,
    FLOATS,
    INTEGERS,
    KEEPDIMS,
    TWO,
    axis_option,
    index_key,
    nested_integers,
    norm_order,
    number_or_null,
    open_batch,
    open_sizes,
    operation,
    two_open_sizes,
)
from .operation_product_table import PRODUCTS
from .options import fixed


def _same(names: str, module: str = "numpy", *options: Option) -> tuple[LayerSpec, ...]:
    """Return unary operations that work value by value."""
    return tuple(
        operation(name, options, output=shapes.broadcast, module=module) for name in names.split()
    )


def _pairs(names: str) -> tuple[LayerSpec, ...]:
    """Return operations on two operands that are broadcast."""
    return tuple(operation(name, output=shapes.broadcast, arguments=TWO) for name in names.split())


def _reductions(names: str, module: str = "numpy", *options: Option) -> tuple[LayerSpec, ...]:
    return tuple(
        operation(name, (AXES, KEEPDIMS, *options), output=shapes.reduced, module=module)
        for name in names.split()
    )


_VALUES = (
    *_same("Abs Absolute Fabs Negative Sign Exp Exp2 Expm1 Log Log1p Log2 Log10 Sqrt Cbrt Square"),
    *_same("Reciprocal Sin Cos Tan Arcsin Arccos Arctan Sinh Cosh Tanh Arcsinh Arccosh Arctanh"),
    *_same("Sinc Deg2rad Rad2deg Floor Ceil Trunc Isfinite Isnan Isinf Isposinf Isneginf"),
    *_same("LogicalNot Copy Real Conj Conjugate"),
    *_same("Round", "numpy", Option("decimals", 0, check=checks.integer)),
    *_same(
        "Clip",
        "numpy",
        Option("x_min", REQUIRED, check=checks.number),
        Option("x_max", REQUIRED, check=checks.number),
    ),
    *_same(
        "NanToNum",
        "numpy",
        Option("nan", 0.0, check=checks.number),
        Option("posinf", None, check=number_or_null),
        Option("neginf", None, check=number_or_null),
    ),
    *_same("ZerosLike OnesLike", "numpy", Option("dtype", None)),
    *_same("Erf Erfc Erfinv Rsqrt", "math"),
    *_same("StopGradient", "core"),
    *_same(
        "ConvertToTensor",
        "core",
        fixed("dtype", None),
        fixed("sparse", None),
        fixed("ragged", None),
    ),
    *_same(
        "Cast",
        "core",
        Option("dtype", REQUIRED, check=checks.one_of(*FLOATS[1:], *INTEGERS, "bool")),
    ),
    *_same("Relu Relu6 Sigmoid Softplus Softsign Silu LogSigmoid HardSigmoid HardSilu Selu", "nn"),
    *_same("HardTanh TanhShrink SparsePlus SparseSigmoid", "nn"),
    *_same("LeakyRelu", "nn", Option("negative_slope", 0.2, check=checks.number)),
    *_same("Elu Celu", "nn", Option("alpha", 1.0, check=checks.number)),
    *_same("Gelu", "nn", Option("approximate", True, check=checks.boolean)),
    *_same("HardShrink SoftShrink", "nn", Option("threshold", 0.5, check=checks.not_negative)),
    *_same("Squareplus", "nn", Option("b", 4, check=checks.number)),
    *_same(
        "Threshold",
        "nn",
        Option("threshold", REQUIRED, check=checks.number),
        Option("default_value", REQUIRED, check=checks.number),
    ),
)

_OPERANDS = (
    *_pairs("Add Subtract Multiply Divide TrueDivide DivideNoNan FloorDivide Mod Fmod Power"),
    *_pairs("Arctan2 Maximum Minimum Fmax Fmin Hypot Logaddexp Heaviside"),
    *_pairs("Equal NotEqual Greater GreaterEqual Less LessEqual"),
    *_pairs("LogicalAnd LogicalOr LogicalXor"),
    operation("SquaredDifference", output=shapes.broadcast, arguments=TWO, majors=ONLY_KERAS2),
    operation(
        "Isclose",
        (Option("equal_nan", False, check=checks.boolean),),
        output=shapes.broadcast,
        arguments=("x1", "x2", "rtol", "atol"),
    ),
    operation("Where", output=shapes.broadcast, arguments=("condition", "x1", "x2")),
    operation(
        "FullLike",
        (Option("dtype", None),),
        output=shapes.like_first,
        arguments=("x", "fill_value"),
    ),
)

_REDUCTIONS = (
    *_reductions("Sum Mean Amax Amin Any All Std Var Ptp"),
    *_reductions("Max Min", "numpy", Option("initial", None, check=number_or_null)),
    *_reductions("Prod", "numpy", Option("dtype", None, check=checks.one_of(*FLOATS))),
    *(
        operation(name, (axis_option(None), KEEPDIMS), output=shapes.reduced)
        for name in ("Argmax", "Argmin")
    ),
    operation("CountNonzero", (AXES,), output=shapes.reduced),
    *_reductions("Logsumexp", "math"),
    *_reductions("Norm", "linalg", Option("ord", None, check=norm_order)),
    operation(
        "Moments",
        (
            Option("axes", REQUIRED, check=checks.integer_or_list),
            KEEPDIMS,
            Option("synchronized", False, check=checks.one_of(False)),
        ),
        output=shapes.moments,
        module="nn",
    ),
)

_ALONG = (
    *(
        operation(
            name,
            (axis_option(None), Option("dtype", None, check=checks.one_of(*FLOATS))),
            output=shapes.along,
        )
        for name in ("Cumsum", "Cumprod")
    ),
    *(operation(name, (axis_option(-1),), output=shapes.along) for name in ("Sort", "Argsort")),
    operation(
        "Diff",
        (Option("n", 1, check=checks.one_of(1)), axis_option(-1)),
        output=shapes.differences,
        arguments=("a",),
    ),
    *(
        operation(name, (axis_option(-1),), output=shapes.along, module="nn")
        for name in ("Softmax", "LogSoftmax", "Sparsemax")
    ),
    operation("Glu", (axis_option(-1),), output=shapes.halved, module="nn"),
    operation(
        "Normalize",
        (
            Option("axis", -1, check=checks.integer_or_list),
            Option("order", 2, check=checks.positive),
            Option("epsilon", None, check=checks.optional(checks.not_negative)),
        ),
        output=shapes.along_axes,
        module="nn",
    ),
    operation(
        "TopK",
        (
            Option("k", REQUIRED, check=checks.positive),
            Option("sorted", True, check=checks.boolean),
        ),
        output=shapes.top,
        module="math",
    ),
    operation(
        "OneHot",
        (
            Option("num_classes", REQUIRED, check=checks.positive),
            Option("axis", -1, check=checks.integer),
            Option("dtype", None, check=checks.one_of(*FLOATS, *INTEGERS, "bool")),
            Option("sparse", False, check=checks.one_of(False)),
        ),
        output=shapes.one_hot,
        module="nn",
    ),
)

_SHAPES = (
    operation(
        "Reshape",
        (Option("newshape", REQUIRED, check=open_sizes),),
        output=shapes.reshaped,
        lacks=two_open_sizes,
    ),
    operation(
        "Transpose",
        (Option("axes", None, check=checks.optional(checks.integers)),),
        output=shapes.permuted,
    ),
    operation(
        "Swapaxes",
        (
            Option("axis1", REQUIRED, check=checks.integer),
            Option("axis2", REQUIRED, check=checks.integer),
        ),
        output=shapes.permuted,
    ),
    operation(
        "Moveaxis",
        (
            Option("source", REQUIRED, check=checks.integer_or_list),
            Option("destination", REQUIRED, check=checks.integer_or_list),
        ),
        output=shapes.permuted,
    ),
    operation(
        "ExpandDims",
        (Option("axis", REQUIRED, check=checks.integer_or_list),),
        output=shapes.expanded,
    ),
    operation(
        "BroadcastTo",
        (Option("shape", REQUIRED, check=open_sizes),),
        output=shapes.broadcast_to,
        lacks=open_batch,
    ),
    *(
        operation(
            name,
            (
                Option("block_size", REQUIRED, check=checks.positive),
                Option("data_format", "channels_last", check=checks.one_of("channels_last")),
            ),
            output=rule,
            module="nn",
        )
        for name, rule in (("SpaceToDepth", shapes.to_depth), ("DepthToSpace", shapes.from_depth))
    ),
    operation("Squeeze", (AXES,), output=shapes.squeezed),
    operation("Flip", (AXES,), output=places.flipped),
    operation(
        "Roll",
        (Option("shift", REQUIRED, check=checks.integer_or_list), AXES),
        output=places.rolled,
    ),
    operation(
        "Repeat",
        (Option("repeats", REQUIRED, check=checks.integer_or_list), axis_option(None)),
        output=places.repeated,
    ),
    operation(
        "Tile",
        (Option("repeats", REQUIRED, check=checks.integer_or_list),),
        output=places.tiled,
    ),
    operation(
        "Pad",
        (
            Option("pad_width", REQUIRED, check=nested_integers),
            Option("mode", "constant", check=checks.one_of("constant", "reflect", "symmetric")),
            Option("constant_values", None, check=number_or_null),
        ),
        output=places.padded,
        stored=("constant_values",),
    ),
    operation(
        "GetItem",
        (Option("key", REQUIRED, check=index_key),),
        output=places.got,
        arguments=("x", "key"),
        stored=("key",),
    ),
    operation(
        "Slice",
        (
            Option("shape", REQUIRED, check=open_sizes),
            Option("start_indices", REQUIRED, check=checks.integers),
        ),
        output=places.sliced,
        module="core",
        arguments=("inputs", "start_indices"),
        stored=("start_indices",),
    ),
    operation(
        "Take",
        (axis_option(None),),
        output=places.taken,
        arguments=("x", "indices"),
    ),
    operation(
        "TakeAlongAxis", (axis_option(None),), output=places.taken_along, arguments=("x", "indices")
    ),
    *(
        operation(
            name,
            (
                Option("offset", 0, check=checks.integer),
                Option("axis1", 0, check=checks.integer),
                Option("axis2", 1, check=checks.integer),
            ),
            output=rule,
        )
        for name, rule in (("Diagonal", places.diagonal), ("Trace", places.trace))
    ),
    *(
        operation(name, (Option("k", 0, check=checks.integer),), output=places.triangle)
        for name in ("Tril", "Triu")
    ),
    operation(
        "Rot90",
        (
            Option("k", 1, check=checks.integer),
            Option("axes", REQUIRED, check=checks.integers),
        ),
        output=places.turned,
        arguments=("array",),
    ),
)

_JOINING = (
    operation(
        "Concatenate",
        (Option("axis", 0, check=checks.integer),),
        output=shapes.concatenated,
        arguments=("xs",),
        list_input=True,
    ),
    operation(
        "Stack",
        (Option("axis", 0, check=checks.integer),),
        output=shapes.stacked,
        list_input=True,
    ),
    operation("Hstack", output=shapes.hstack, arguments=("xs",), list_input=True),
    operation(
        "Split",
        (
            Option("indices_or_sections", REQUIRED, check=checks.integer_or_list),
            Option("axis", 0, check=checks.integer),
        ),
        output=shapes.split,
    ),
    operation(
        "Unstack",
        (Option("num", None, check=checks.optional(checks.positive)), axis_option(0)),
        output=shapes.unstacked,
        module="core",
    ),
)

SPECS: tuple[LayerSpec, ...] = (
    *_VALUES,
    *_OPERANDS,
    *_REDUCTIONS,
    *_ALONG,
    *_SHAPES,
    *_JOINING,
    *PRODUCTS,
)
