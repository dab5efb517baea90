"""Changing the kind in which a network computes."""

from __future__ import annotations

import numpy as np

from .errors import FkbError
from .graph import Array, Graph, Layer

KINDS = {"single": "float32", "double": "float64"}
_FLOATS = frozenset({"float32", "float64"})


def change_precision(graph: Graph, precision: str) -> float:
    """Give the weights, the dtypes and the optimizer's slots of a graph another kind, in place.

    Args:
        graph: stays as it is when it has that precision already.
        precision: `float32` or `float64`.

    Returns:
        The largest relative change of a value; 0 when single becomes double.

    Raises:
        FkbError: a value is too large for single precision.
    """
    if precision not in _FLOATS:
        raise FkbError(f'precision must be float32 or float64, not "{precision}"')
    if precision == graph.precision:
        return 0.0
    change = 0.0
    layers = [("", graph.model), *graph.model.walk()]
    for path, layer in layers:
        for weight in layer.weights:
            where = f'weight "{weight.name}" of layer "{path}"'
            weight.value, moved = _converted(weight.value, precision, where)
            change = max(change, moved)
    for variable in graph.compile.variables if graph.compile else ():
        if variable.path:
            where = f'variable "{variable.slot}" of "{variable.path}"'
            variable.value, moved = _converted(variable.value, precision, where)
            change = max(change, moved)
    set_dtypes(graph.model, precision)
    graph.precision = precision
    return change


def _converted(value: Array, precision: str, where: str) -> tuple[Array, float]:
    if value.dtype.name not in _FLOATS:
        return value, 0.0
    with np.errstate(over="ignore", under="ignore"):
        result = value.astype(precision)
    if not np.isfinite(result).all():
        raise FkbError(f"{where} has values too large for {precision}")
    differs = result != value
    if not differs.any():
        return result, 0.0
    relative = np.abs(result[differs] - value[differs]) / np.abs(value[differs])
    return result, float(relative.max())


def set_dtypes(model: Layer, precision: str) -> None:
    """Give all layers that compute in a float dtype this one.

    Double precision is written out: Keras takes single where nothing is said.
    """
    for _, layer in model.walk():
        if layer.children and layer.inputs is not None:
            continue
        stated = layer.config.get("dtype")
        if stated in _FLOATS or (stated is None and precision == "float64"):
            layer.config["dtype"] = precision
