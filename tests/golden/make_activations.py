#!/usr/bin/env python3
"""Write `activations.txt`: every activation and its gradient as Keras computes them.

The Fortran test `activation_kernels` compares with it. A block holds one activation:

    name features batch p1 p2 p3
    features*batch lines, sample after sample: x dy y64 dx64 y32 dx32

`name` and the parameters `p1 p2 p3` are those of `fkb_activations`. `x` and `dy` are exact in
real32; y and dx are computed by Keras (3.15, TensorFlow) in float64 and in float32. The values of x
hold the kinks of the functions and their neighbours. Where an output has fewer values than its
input (glu), the lines beyond it hold 0 for dy and y.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras

Function = Callable[[Any], Any]
Parameters = tuple[float, float, float]

KINKS = (-6.0, -3.0, -2.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.5, 3.0, 4.0, 6.0)


def value_points() -> np.ndarray:
    """Return inputs for the functions that work value by value: kinks, neighbours, others."""
    kinks = np.array(KINKS, np.float32)
    near = [np.nextafter(kinks, np.float32(sign * 100)) for sign in (-1, 1)]
    tiny = np.float32(2.0**-30)
    near = [np.where(kinks == 0, sign * tiny, n) for sign, n in zip((-1, 1), near, strict=True)]
    others = np.random.default_rng(5).normal(0, 3, 20).astype(np.float32)
    far = np.array([-80, -30, -12, -9, 9, 12, 30, 80], np.float32)
    return np.concatenate([kinks, *near, others, far]).astype(np.float32)[None, :]


def column_points() -> np.ndarray:
    """Return inputs for the functions that work on columns: six samples, two with ties."""
    x = np.random.default_rng(6).normal(0, 2, (6, 8)).astype(np.float32)
    x[1, 3] = x[1, 4] = x[1].max()
    x[2] = 0.25
    x[3] *= 10
    return x


def cases() -> Iterator[tuple[str, Parameters, Function]]:
    """Yield the name, the parameters and the Keras function of each case."""
    plain = (
        "linear relu6 selu softplus softsign silu gelu sigmoid hard_sigmoid hard_silu hard_tanh "
        "tanh tanh_shrink exponential mish log_sigmoid softmax log_softmax glu sparse_plus "
        "sparse_sigmoid sparsemax"
    )
    for name in plain.split():
        yield name, (0, 0, 0), keras.activations.get(name)
    a = keras.activations
    relus = [
        (0, -1, 0), (0.125, -1, 0), (-0.25, -1, 0), (0, 4, 0), (0, 6, 0), (0, -1, 1),
        (0.25, 4, 0.5), (0.25, 6, 0), (0, 6, 1), (0, 4, -1),
    ]  # fmt: skip
    for slope, limit, threshold in relus:
        top = None if limit < 0 else limit
        relu = partial(a.relu, negative_slope=slope, max_value=top, threshold=threshold)
        yield "relu", (slope, limit, threshold), relu
    for p in (0.25, 0.0, -0.125):
        yield "leaky_relu", (p, 0, 0), partial(a.leaky_relu, negative_slope=p)
    for p in (1.0, 0.75, -0.5):
        yield "elu", (p, 0, 0), partial(a.elu, alpha=p)
    for p in (1.0, 0.5):
        yield "celu", (p, 0, 0), partial(a.celu, alpha=p)
    for p in (0.5, 1.0):
        yield "soft_shrink", (p, 0, 0), partial(a.soft_shrink, threshold=p)
        yield "hard_shrink", (p, 0, 0), partial(a.hard_shrink, threshold=p)
    yield "threshold", (0.5, -1, 0), partial(a.threshold, threshold=0.5, default_value=-1.0)
    for p in (4.0, 1.0):
        yield "squareplus", (p, 0, 0), partial(a.squareplus, b=p)
    yield "gelu_approximate", (0, 0, 0), partial(a.gelu, approximate=True)
    yield "hard_sigmoid_keras2", (0, 0, 0), tf_keras.activations.hard_sigmoid
    yield "gaussian", (0, 0, 0), lambda x: tf.exp(-x * x)
    yield "step", (0, 0, 0), lambda x: tf.where(x > 0, x * 0 + 1, x * 0)


def evaluate(function: Function, x: np.ndarray, dy: np.ndarray, dtype: str) -> list[np.ndarray]:
    """Return y and dx of a function in one precision."""
    tensor = tf.constant(x.astype(dtype))
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        y = function(tensor)
    dx = tape.gradient(y, tensor, output_gradients=tf.constant(dy[:, : y.shape[1]].astype(dtype)))
    return [y.numpy(), np.zeros(x.shape) if dx is None else dx.numpy()]


def block(name: str, parameters: Parameters, function: Function) -> str:
    """Return the text of one case."""
    columns = name in {"softmax", "log_softmax", "glu", "sparsemax"}
    x = column_points() if columns else value_points()
    dy = 1 + 0.25 * ((np.arange(x.size) % 7) - 3).reshape(x.shape).astype(np.float32)
    y64, dx64 = evaluate(function, x, dy, "float64")
    y32, dx32 = evaluate(function, x, dy, "float32")
    lines = [f"{name} {x.shape[1]} {x.shape[0]} " + " ".join(f"{p:g}" for p in parameters)]
    for row, col in np.ndindex(x.shape):
        present = col < y64.shape[1]
        wide = (y64[row, col] if present else 0.0, dx64[row, col])
        narrow = (y32[row, col] if present else 0.0, dx32[row, col])
        slope = dy[row, col] if present else 0.0
        text = [f"{x[row, col]:.9g}", f"{slope:g}"]
        text += [f"{v:.17g}" for v in wide] + [f"{v:.9g}" for v in narrow]
        lines.append(" ".join(text))
    return "\n".join(lines)


def main() -> None:
    """Write the file beside this one."""
    path = pathlib.Path(__file__).with_name("activations.txt")
    path.write_text("\n".join(block(*case) for case in cases()) + "\n")


if __name__ == "__main__":
    main()
