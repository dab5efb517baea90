"""The last step of reading: from layers with weights to a `Graph` of one precision."""

from __future__ import annotations

import numpy as np

from .graph import Array, Compile, Graph, Layer
from .keras_config import Reading
from .keras_layer import FLOAT_DTYPES
from .keras_sizes import order_as_keras

_EXEMPT = frozenset({"InputLayer", "Functional", "Sequential"})


def finish_graph(model: Layer, compiled: Compile | None, reading: Reading) -> Graph:
    """Return the graph; all problems found are raised now.

    Raises:
        UnsupportedError: what the report has.
    """
    precision = _precision(model, reading)
    for container in reading.folded:
        order_as_keras(container)
    for path, layer in model.walk():
        for weight in layer.weights:
            weight.value = _in_precision(weight.value, precision, path, weight.name, reading)
    reading.report.raise_if_any()
    return Graph(precision, reading.version, model, compile=compiled)


def _in_precision(value: Array, precision: str, path: str, name: str, reading: Reading) -> Array:
    """Return floating-point values in the model's dtype, where that loses nothing."""
    if value.dtype.kind != "f" or value.dtype == precision:
        return value
    if str(value.dtype) in FLOAT_DTYPES:
        cast = value.astype(precision)
        if np.array_equal(cast, value):
            return cast
    reading.report.add(
        path,
        name,
        f"is {value.dtype} in a model of {precision}: save the model with one dtype, float32 or "
        "float64",
    )
    return value


def _precision(model: Layer, reading: Reading) -> str:
    """Return the kind in which the network computes: by its dtype policies, else its weights."""
    policies: dict[str, str] = {}
    for path, layer in model.walk():
        dtype = layer.config.get("dtype")
        exempt = layer.class_name in _EXEMPT or layer.class_name.startswith("ops.")
        if dtype in FLOAT_DTYPES and not exempt:
            policies.setdefault(dtype, path)
    if len(policies) > 1:
        (one, first), (two, second) = list(policies.items())[:2]
        reading.report.add(
            second, "dtype", f'is {two}, but layer "{first}" has {one}: FKB needs one dtype'
        )
    if policies:
        return next(iter(policies))
    kinds = {
        str(weight.value.dtype)
        for _, layer in model.walk()
        for weight in layer.weights
        if weight.value.dtype.kind == "f"
    }
    if not kinds:
        inputs = [
            layer.config.get("dtype")
            for _, layer in model.walk()
            if layer.class_name == "InputLayer"
        ]
        return "float64" if inputs and set(inputs) == {"float64"} else "float32"
    if not kinds <= FLOAT_DTYPES:
        reading.report.add(
            "", "dtype", f"has weights of {', '.join(sorted(kinds))}: FKB has float32 and float64"
        )
    return "float32" if kinds == {"float32"} else "float64"
