"""Operations of `keras.ops` that are nodes of a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from zoo_cases import CASES, KERAS2, KERAS3, Case

Shape = tuple[int | None, ...]


def _add(
    name: str, majors: frozenset[int], library: Any, call: Callable[..., Any], *shapes: Shape
) -> None:
    def build(k: Any) -> Any:
        inputs = [k.Input(shape, name=f"in{i}") for i, shape in enumerate(shapes)]
        return k.Model(inputs, call(library(k), *inputs), name="model")

    CASES.append(Case(name, build, majors, portable=True))


def _numeric(k: Any, result: Any) -> Any:
    """Return tensors as numbers: whether something is true is 1 or 0."""
    if isinstance(result, list):
        return [_numeric(k, item) for item in result]
    kind = getattr(result.dtype, "name", result.dtype)
    return result if "float" in kind else k.ops.cast(result, k.backend.floatx())


def op(name: str, call: Callable[..., Any], *shapes: Shape) -> None:
    """Add a model of operations of `keras.ops`."""

    def numeric(k: Any, *inputs: Any) -> Any:
        return _numeric(k, call(k.ops, *inputs))

    _add(f"operation {name}", KERAS3, lambda k: k, numeric, *shapes)


def _floats(*values: Any) -> Any:
    return np.asarray(values, dtype="float32")


def _names(text: str) -> list[str]:
    return text.split()


UNARY = (
    "abs absolute negative sign exp exp2 expm1 square sin cos tan arctan sinh cosh tanh arcsinh "
    "floor ceil trunc round isfinite isnan isinf logical_not deg2rad rad2deg sinc cbrt erf erfc "
    "copy nan_to_num zeros_like ones_like stop_gradient convert_to_tensor "
    "relu relu6 sigmoid softplus softsign silu log_sigmoid leaky_relu hard_sigmoid hard_silu elu "
    "selu gelu celu hard_tanh hard_shrink soft_shrink tanh_shrink squareplus sparse_plus "
    "sparse_sigmoid softmax log_softmax sparsemax"
)
for _name in _names(UNARY):
    op(_name, lambda ops, x, n=_name: getattr(ops, n)(x), (3, 4))
for _name in _names("log log2 log10 sqrt rsqrt reciprocal log1p"):
    op(f"{_name} of positive", lambda ops, x, n=_name: getattr(ops, n)(ops.exp(x)), (3, 4))
for _name in _names("arcsin arccos arctanh erfinv"):
    op(f"{_name} of a fraction", lambda ops, x, n=_name: getattr(ops, n)(0.5 * ops.sin(x)), (5,))
op("arccosh", lambda ops, x: ops.arccosh(1.5 + ops.square(x)), (5,))
op("round to one decimal", lambda ops, x: ops.round(x, 1), (5,))
op("clip", lambda ops, x: ops.clip(x, -0.5, 1), (5,))
op("cast to integers", lambda ops, x: ops.cast(3 * x, "int32"), (5,))
op("cast of a comparison", lambda ops, x: ops.cast(x > 0.25, "float32"), (5,))
op("gelu by erf", lambda ops, x: ops.gelu(x, approximate=False), (5,))
op("threshold", lambda ops, x: ops.threshold(x, 0.25, -2.0), (5,))
op("leaky relu with a slope", lambda ops, x: ops.leaky_relu(x, 0.0625), (5,))
op("elu and celu with alpha", lambda ops, x: ops.elu(ops.celu(x, 0.5), 0.25), (5,))
op("softmax over another axis", lambda ops, x: ops.softmax(x, axis=1), (3, 4))
op("log softmax over another axis", lambda ops, x: ops.log_softmax(x, axis=1), (3, 4))
op("glu", lambda ops, x: [ops.glu(x), ops.glu(x, axis=1)], (2, 4))

for _name in _names(
    "add subtract multiply maximum minimum fmax fmin arctan2 hypot logaddexp heaviside "
    "equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor"
):
    op(f"{_name} of two", lambda ops, x, y, n=_name: getattr(ops, n)(x, y), (2, 3), (2, 3))
for _name in _names("divide true_divide divide_no_nan floor_divide mod fmod"):
    op(
        f"{_name} of two",
        lambda ops, x, y, n=_name: getattr(ops, n)(x, 1.5 + ops.square(y)),
        (2, 3),
        (2, 3),
    )
op("power", lambda ops, x, y: ops.power(ops.exp(x), y), (2, 3), (2, 3))
op("two broadcast", lambda ops, x, y: x * y + x, (2, 1, 3), (1, 4, 1))
op("arithmetic with numbers", lambda ops, x: [2 - x, x * 0.5 + 1, 3 / (x**2 + 1), x % 2], (3,))
op("arithmetic with arrays", lambda ops, x: ops.add(x, _floats(1, 2, 3)) * _floats([0.5]), (2, 3))
op("arithmetic with tensors", lambda ops, x: x * ops.convert_to_tensor(_floats([1, 2, 4])), (2, 3))
op("isclose", lambda ops, x, y: ops.isclose(x, y, 0.5, 0.25), (9,), (9,))
op("where", lambda ops, x, y: ops.where(x > 0, x, y), (5,), (5,))
op("where with a number", lambda ops, x: ops.where(x > 0, x * x, 0.5), (5,))
op("full like", lambda ops, x: ops.full_like(x, 2.5), (2, 3))

for _name in _names("sum mean max min amax amin prod any all std var logsumexp count_nonzero"):
    op(f"{_name} over the last axis", lambda ops, x, n=_name: getattr(ops, n)(x, axis=-1), (3, 4))
    op(f"{_name} over axes", lambda ops, x, n=_name: getattr(ops, n)(x, axis=(1, 3)), (3, 2, 4))
for _name in _names("sum mean max prod var norm argmax argmin any"):
    op(
        f"{_name} that keeps its axis",
        lambda ops, x, n=_name: getattr(ops, n)(x, axis=1, keepdims=True),
        (3, 4),
    )
op("ptp", lambda ops, x: ops.ptp(x, axis=1), (3, 4))
op(
    "max and min with a bound",
    lambda ops, x: ops.max(x, 1, initial=0.5) - ops.min(x, 1, initial=0.0),
    (3, 4),
)
op("argmax", lambda ops, x: [ops.argmax(x, axis=-1), ops.argmin(x, axis=1)], (3, 4))
for _order in (1, 2, 3, 0):
    op(f"norm of order {_order}", lambda ops, x, p=_order: ops.norm(x, ord=p, axis=-1), (3, 4))
op("norm of matrices", lambda ops, x: ops.norm(x, axis=(1, 2)), (3, 4))
op("moments", lambda ops, x: list(ops.moments(x, axes=[1, 2], keepdims=True)), (3, 4))
for _name in _names("cumsum cumprod sort argsort diff"):
    op(
        f"{_name} of two axes",
        lambda ops, x, n=_name: [getattr(ops, n)(x, axis=a) for a in (1, -1)],
        (3, 4),
    )
op("normalize", lambda ops, x: [ops.normalize(x), ops.normalize(x, axis=1, order=1)], (3, 4))
op("normalize over two axes", lambda ops, x: ops.normalize(x, axis=(1, 2)), (3, 4))
op("top k", lambda ops, x: list(ops.top_k(x, 2)), (2, 5))
op("one hot", lambda ops, x: ops.one_hot(ops.cast(2 * ops.abs(x), "int32"), 4), (3,))
op("one hot along axis 1", lambda ops, x: ops.one_hot(ops.cast(2 * x, "int32"), 4, axis=1), (3, 2))

op("reshape with an open size", lambda ops, x: ops.reshape(x, (-1, 3, 4)), (2, 6))
op("transpose", lambda ops, x: ops.transpose(x, (0, 3, 1, 2)), (2, 3, 4))
op("swapaxes and moveaxis", lambda ops, x: ops.moveaxis(ops.swapaxes(x, 1, 3), 1, -1), (2, 3, 4))
op("expand dims and squeeze", lambda ops, x: ops.squeeze(ops.expand_dims(x, (1, -1)), 1), (2, 3))
op("flip", lambda ops, x: ops.flip(x, axis=(1, -1)), (2, 3, 2))
op("roll", lambda ops, x: ops.roll(ops.roll(x, 4, axis=1), (1, -1), axis=(1, 2)), (3, 4))
op("repeat", lambda ops, x: ops.repeat(ops.repeat(x, 2, axis=2), [2, 0, 1], axis=1), (3, 2))
op("tile", lambda ops, x: ops.tile(x, (1, 2, 3)), (2, 3))
op("pad", lambda ops, x: ops.pad(x, [[0, 0], [1, 2], [0, 1]]), (2, 3))
op(
    "pad with a number",
    lambda ops, x: ops.pad(x, [[0, 0], [1, 0], [0, 1]], constant_values=1.5),
    (2, 3),
)
for _name in ("reflect", "symmetric"):
    op(f"pad {_name}", lambda ops, x, m=_name: ops.pad(x, [[0, 0], [1, 2], [0, 1]], mode=m), (3, 2))
op("an index", lambda ops, x: x[:, 1] + x[..., -1, :], (3, 4))
op("slices", lambda ops, x: x[:, 2:0:-1, None, ::2], (3, 4))
op("an ellipsis and new axes", lambda ops, x: x[..., None, 1:, 0], (3, 4))
op("slice", lambda ops, x: ops.slice(x, (0, 1, 0), (-1, 2, 3)), (3, 4))
op("take", lambda ops, x: ops.take(x, [2, 0, 0], axis=1), (3, 4))
op("take a matrix", lambda ops, x: ops.take(x, [[1, 0], [-1, 2]], axis=-1), (2, 3))
op("take one", lambda ops, x: ops.take(x, 1, axis=1), (2, 3))
op(
    "take along an axis",
    lambda ops, x: ops.take_along_axis(x, ops.argsort(x, axis=1), axis=1),
    (4, 2),
)
op(
    "diagonal and trace",
    lambda ops, x: [ops.diagonal(x, 1, 1, 2), ops.trace(x, 0, 1, 2)],
    (3, 4, 2),
)
op("triangles", lambda ops, x: [ops.tril(x), ops.triu(x, 1), ops.tril(x, -1)], (3, 4))
op("rot90", lambda ops, x: ops.rot90(x, axes=(1, 2)), (2, 3))
op("concatenate", lambda ops, x, y: ops.concatenate([x, y, x], axis=1), (2, 3), (1, 3))
op(
    "stack",
    lambda ops, x, y: [ops.stack([x, y], axis=1), ops.stack([y, x], axis=-1)],
    (2, 3),
    (2, 3),
)
op("hstack", lambda ops, x, y: ops.hstack([x, y]), (2,), (3,))
op("split", lambda ops, x: ops.split(x, 3, axis=1), (6, 2))
op("split at places", lambda ops, x: ops.split(x, [1, 3], axis=-1), (2, 5))
op("unstack", lambda ops, x: ops.unstack(x, axis=1), (3, 2))

_MATRIX = np.arange(12, dtype="float32").reshape(3, 4) / 8 - 0.5
op("matmul", lambda ops, x, y: ops.matmul(x, y), (2, 3), (3, 4))
op("matmul of ranks 4", lambda ops, x, y: x @ y, (1, 2, 3), (5, 3, 4))
op("matmul with a matrix", lambda ops, x: [ops.matmul(x, _MATRIX), x @ _MATRIX[:, 0]], (2, 3))
op("matmul of rank 2 with a matrix", lambda ops, x: ops.matmul(x, _MATRIX), (3,))
op("matmul of a matrix", lambda ops, x: ops.matmul(_MATRIX.T, x), (3, 2))
op("dot", lambda ops, x: [ops.dot(x, _MATRIX), ops.inner(x, _MATRIX.T)], (2, 3))
op("tensordot", lambda ops, x: [ops.tensordot(x, _MATRIX, axes=1)], (2, 3))
op("tensordot over two axes", lambda ops, x: ops.tensordot(x, _MATRIX, [[1, 2], [1, 0]]), (4, 3))
op("cross", lambda ops, x, y: [ops.cross(x, y), ops.cross(x, y[:, :1])], (4, 3), (4, 3))
op("cross along another axis", lambda ops, x, y: ops.cross(x, y, axis=1), (3, 2, 4), (3, 1, 4))
op(
    "cross with three axes",
    lambda ops, x, y: ops.cross(x, y, axisa=1, axisb=2, axisc=-1),
    (3, 4),
    (4, 3),
)
op(
    "cross of two components",
    lambda ops, x, y: [ops.cross(x, x[:, ::-1]), ops.cross(x, y), ops.cross(y, x, axisc=1)],
    (4, 2),
    (4, 3),
)
op(
    "cross with constants",
    lambda ops, x: [
        ops.cross(x, _floats(1, 2, 3)),
        ops.cross(_floats([[1, 2, 3], [0, 1, 2]]), x),
        ops.cross(x, _floats([[1], [2]]), axisa=-1, axisb=1),
    ],
    (2, 3),
)
op(
    "kron with constants",
    lambda ops, x: [
        ops.kron(x, _floats([1, 2], [3, 4], [5, 6])),
        ops.kron(x, _floats(0.5, 2)),
        ops.kron(_floats([[1, 2], [3, 4]]), x),
    ],
    (2, 3),
)
op("space to depth", lambda ops, x: ops.space_to_depth(x, 2), (4, 6, 3))
op("depth to space", lambda ops, x: ops.depth_to_space(x, 2), (2, 3, 12))
op("einsum", lambda ops, x, y: ops.einsum("bij,bjk->bki", x, y), (2, 3), (3, 4))
op("einsum with a matrix", lambda ops, x: ops.einsum("...j,jk->...k", x, _MATRIX), (2, 3))
op("einsum of one tensor", lambda ops, x: ops.einsum("bij->bj", x), (2, 3))


def tf_op(name: str, call: Callable[..., Any], *shapes: Shape) -> None:
    """Add a model of functions of TensorFlow, made with Keras 2."""

    def numeric(k: Any, *inputs: Any) -> Any:
        import tensorflow

        result = call(tensorflow, *inputs)
        floats = k.backend.floatx()
        listed = result if isinstance(result, (list, tuple)) else [result]
        return [y if y.dtype.is_floating else tensorflow.cast(y, floats) for y in listed]

    _add(f"tf operation {name}", KERAS2, lambda k: k, numeric, *shapes)


for _name in _names(
    "abs negative sign exp expm1 square sin cos tan atan sinh cosh tanh asinh erf erfc floor ceil "
    "round is_finite is_nan is_inf sigmoid softplus log_sigmoid"
):
    tf_op(_name, lambda tf, x, n=_name: getattr(tf.math, n)(x), (3, 4))
for _name in _names(
    "relu relu6 softplus softsign silu selu elu leaky_relu gelu softmax log_softmax"
):
    tf_op(f"nn {_name}", lambda tf, x, n=_name: getattr(tf.nn, n)(x), (3, 4))
for _name in _names("log log1p sqrt rsqrt reciprocal acosh"):
    tf_op(f"{_name} above 1", lambda tf, x, n=_name: getattr(tf.math, n)(1.5 + x * x), (5,))
for _name in _names("asin acos atanh erfinv"):
    tf_op(
        f"{_name} of a fraction", lambda tf, x, n=_name: getattr(tf.math, n)(0.5 * tf.sin(x)), (5,)
    )
for _name in _names("sum mean max min prod std variance logsumexp"):
    tf_op(
        f"reduce {_name}",
        lambda tf, x, n=_name: [
            getattr(tf.math, f"reduce_{n}")(x, axis=-1),
            getattr(tf.math, f"reduce_{n}")(x, [1, 2], keepdims=True),
        ],
        (3, 4),
    )
tf_op("reduce any and all", lambda tf, x: [tf.reduce_any(x > 1, 1), tf.reduce_all(x > -1, 1)], (4,))
for _name in _names("maximum minimum atan2 divide_no_nan squared_difference floormod floordiv"):
    tf_op(
        f"{_name} of two",
        lambda tf, x, y, n=_name: getattr(tf.math, n)(x, 1.5 + tf.square(y)),
        (2, 3),
        (2, 3),
    )
for _name in _names("equal not_equal greater greater_equal less less_equal"):
    tf_op(f"{_name} of two", lambda tf, x, y, n=_name: getattr(tf.math, n)(x, y), (3,), (3,))
tf_op(
    "logical",
    lambda tf, x, y: [(x > 0) & (y > 0), (x > 0) | (y > 0), (x > 0) ^ (y > 0), ~(x > 0)],
    (5,),
    (5,),
)
tf_op(
    "arithmetic", lambda tf, x: [2 - x, x * 0.5 + 1, 3 / (x**2 + 1), x % 2, x // 2, -x, 2**x], (3,)
)
tf_op(
    "arithmetic with arrays",
    lambda tf, x: x * _floats(1, 2, 3) - tf.constant(_floats(0.5), x.dtype),
    (2, 3),
)
tf_op(
    "two tensors", lambda tf, x, y: [x + y, x * y, tf.add(x, y), tf.multiply(x=x, y=y)], (3,), (3,)
)
tf_op("where", lambda tf, x, y: [tf.where(x > 0, x, y), tf.where(x > 0, x, 0.0)], (5,), (5,))
tf_op("clip", lambda tf, x: tf.clip_by_value(x, -0.5, 1.0), (5,))
tf_op("gelu by tanh", lambda tf, x: tf.nn.gelu(x, approximate=True), (5,))
tf_op("leaky relu with a slope", lambda tf, x: tf.nn.leaky_relu(x, alpha=0.0625), (5,))
tf_op("softmax over another axis", lambda tf, x: tf.nn.softmax(x, axis=1), (3, 4))
tf_op("casts and copies", lambda tf, x: [tf.cast(3 * x, "int32"), tf.identity(x)], (3,))
tf_op("constants like another", lambda tf, x: [tf.zeros_like(x), tf.ones_like(x)], (3,))
tf_op("argmax", lambda tf, x: [tf.argmax(x, -1), tf.argmin(x, axis=1)], (3, 4))
tf_op("cumulative", lambda tf, x: [tf.cumsum(x, axis=1), tf.math.cumprod(x, axis=-1)], (3, 4))
tf_op("sort", lambda tf, x: [tf.sort(x, axis=1), tf.argsort(x, axis=-1)], (3, 4))
tf_op("top k", lambda tf, x: list(tf.math.top_k(x, 2)), (2, 5))
tf_op("one hot", lambda tf, x: tf.one_hot(tf.cast(2 * tf.abs(x), "int32"), 4), (3,))
tf_op("norm", lambda tf, x: [tf.norm(x, axis=-1), tf.norm(x, ord=1, axis=1, keepdims=True)], (3, 4))
tf_op("l2 normalize", lambda tf, x: tf.nn.l2_normalize(x, axis=-1), (3, 4))
tf_op("reshape", lambda tf, x: tf.reshape(x, (-1, 4, 3)), (2, 6))
tf_op("transpose", lambda tf, x: tf.transpose(x, (0, 3, 1, 2)), (2, 3, 4))
tf_op("expand and squeeze", lambda tf, x: tf.squeeze(tf.expand_dims(x, 1), axis=[1]), (2, 3))
tf_op("reverse and roll", lambda tf, x: tf.roll(tf.reverse(x, axis=[1]), 1, axis=2), (3, 4))
tf_op("repeat and tile", lambda tf, x: tf.tile(tf.repeat(x, 2, axis=1), [1, 2, 3]), (2, 3))
tf_op("pad", lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=1.5), (2, 3))
tf_op("pad reflect", lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [0, 1]], mode="REFLECT"), (3, 2))
tf_op("an index", lambda tf, x: [x[:, 1], x[:, 0, -1]], (3, 4))
tf_op("slices", lambda tf, x: x[:, 2:0:-1, tf.newaxis, ::2], (3, 4))
tf_op("slice", lambda tf, x: tf.slice(x, [0, 1, 0], [-1, 2, 3]), (3, 4))
tf_op("gather", lambda tf, x: tf.gather(x, [2, 0, 0], axis=1), (3, 4))
tf_op("band part", lambda tf, x: tf.linalg.band_part(x, -1, 1), (3, 4))
tf_op("concat and stack", lambda tf, x, y: [tf.concat([x, y], -1), tf.stack([x, y], 1)], (3,), (3,))
tf_op("split", lambda tf, x: [*tf.split(x, 3, axis=1), *tf.split(x, [1, 5], axis=1)], (6, 2))
tf_op("unstack", lambda tf, x: tf.unstack(x, axis=1), (3, 2))

tf_op(
    "matmul",
    lambda tf, x, y: [x @ y, tf.matmul(y, x, transpose_a=True, transpose_b=True)],
    (2, 3),
    (3, 2),
)
tf_op("matmul with a matrix", lambda tf, x: tf.matmul(x, _MATRIX), (2, 3))
tf_op("tensordot", lambda tf, x: tf.tensordot(x, tf.constant(_MATRIX, x.dtype), axes=1), (2, 3))
tf_op("cross", lambda tf, x, y: tf.linalg.cross(x, y), (2, 3), (2, 3))
tf_op(
    "blocks",
    lambda tf, x: tf.nn.depth_to_space(tf.nn.space_to_depth(x, 2)[:, ::-1], 2),
    (4, 6, 3),
)
