"""Limits of fields from the range of the data that a network was trained with."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import FkbError
from .graph import Array, Graph, Port, TensorRef, flatten_structure
from .npz import read_arrays
from .port_fields import problem_of_fields
from .transforms import last_axis

PathLike = str | os.PathLike[str]
Vector = NDArray[np.float64]

_POSITION = re.compile(r"(in|out)(0|[1-9][0-9]*)")


def add_ranges(graph: Graph, data: PathLike | Mapping[str, ArrayLike], margin: float = 0.0) -> None:
    """Make the range of training data the limits of fields, element by element.

    The arrays hold the host's values, before all steps of an input and after those of an output.
    `in0`, `in1`, ..., `out0`, ... are a whole input or output, samples first and its elements on
    the last axis; an array of another name is the field that is called so, (samples, length), or
    (samples) for one element. A limit that a field has already stays. An input or output without
    fields gets those that its names of elements make, or one.

    Args:
        graph: the model, changed in place.
        data: arrays by name, or the `.npz` file that holds them.
        margin: what a range is widened by on each side, as a part of its width.

    Raises:
        FkbError: a name or length that does not fit the model, values that are not finite, a
            margin that is negative, or limits that would cross those written by hand.
    """
    if not (margin >= 0 and math.isfinite(margin)):
        raise FkbError(f"the margin of ranges must be 0 or more, it is {margin}")
    named = data.items() if isinstance(data, Mapping) else read_arrays(data).items()
    arrays = {str(name): np.asarray(value) for name, value in named}
    if not arrays:
        raise FkbError("the ranges are to come from data, and there are no arrays")
    for name in sorted(arrays):
        low, high = _range(name, arrays[name], margin)
        match = _POSITION.fullmatch(name)
        if match:
            side = "input" if match[1] == "in" else "output"
            _limit_port(graph, side, int(match[2]), name, low, high)
        else:
            _limit_field(graph, name, arrays[name].ndim, low, high)
    for side, ports in (("input", graph.inputs), ("output", graph.outputs)):
        for position, port in ports.items():
            fields = port.options.get("fields")
            problem = problem_of_fields(fields, side) if fields is not None else None
            if problem is not None:
                raise FkbError(f"{side} {position}: {problem}")


def _range(name: str, values: Array, margin: float) -> tuple[Vector, Vector]:
    """Return the least and the largest value of each element of the last axis."""
    if values.dtype.kind not in "fiu" or values.ndim == 0 or values.size == 0:
        raise FkbError(f'the array "{name}" must hold numbers, samples first')
    wide = values.astype(np.float64).reshape(-1, values.shape[-1] if values.ndim > 1 else 1)
    if not np.isfinite(wide).all():
        row, element = np.argwhere(~np.isfinite(wide))[0]
        raise FkbError(
            f'the array "{name}" has values that are not finite: element {element} of the last '
            f"axis is {wide[row, element]}"
        )
    low, high = wide.min(axis=0), wide.max(axis=0)
    more = margin * (high - low)
    return low - more, high + more


def _limit_port(
    graph: Graph, side: str, position: int, name: str, low: Vector, high: Vector
) -> None:
    """Limit all fields of an input or output."""
    refs = _refs(graph, side)
    if position >= len(refs):
        raise FkbError(f'the array "{name}" has no place: the model has {len(refs)} {side}s')
    size = _host_elements(graph, side, position)
    if size is not None and low.size != size:
        raise FkbError(
            f'the array "{name}" has {low.size} elements on its last axis, '
            f"{side} {position} has {size} in the host"
        )
    first = 0
    for field in _fields(graph, side, position):
        last = first + field.get("length", 1)
        _limit(field, low[first:last], high[first:last])
        first = last


def _limit_field(graph: Graph, name: str, rank: int, low: Vector, high: Vector) -> None:
    """Limit the field of this name."""
    found: list[tuple[str, int]] = []
    for side, ports in (("input", graph.inputs), ("output", graph.outputs)):
        for position in ports:
            if name in (field["name"] for field in _listed(graph, side, position)):
                found.append((side, position))
    if not found:
        raise FkbError(
            f'there is no field "{name}" for the array of this name: arrays are called as fields, '
            "or in0, in1, ..., out0, ..."
        )
    if len(found) > 1:
        raise FkbError(f'several fields are called "{name}": name the array in0, ... or out0, ...')
    field = next(field for field in _fields(graph, *found[0]) if field["name"] == name)
    length = field.get("length", 1)
    if low.size != length:
        expected = "(samples)" if length == 1 else f"(samples, {length})"
        there = f"{low.size} elements on its last axis" if rank > 1 else "one axis"
        raise FkbError(f'the array "{name}" has {there}, the shape {expected} is expected')
    _limit(field, low, high)


def _limit(field: dict[str, Any], low: Vector, high: Vector) -> None:
    for key, values in (("minimum", low), ("maximum", high)):
        numbers = values.tolist()
        field.setdefault(key, numbers[0] if len(numbers) == 1 else numbers)


def _fields(graph: Graph, side: str, position: int) -> list[dict[str, Any]]:
    """Return the fields of a port, which are put there where there are none."""
    ports = graph.inputs if side == "input" else graph.outputs
    fields = _listed(graph, side, position)
    if position not in ports:
        ports[position] = Port(_refs(graph, side)[position].layer)
        for other in sorted(ports):
            ports[other] = ports.pop(other)
    ports[position].options["fields"] = fields
    return fields


def _listed(graph: Graph, side: str, position: int) -> list[dict[str, Any]]:
    """Return the fields of a port; without any, those that the Fortran library makes."""
    ports = graph.inputs if side == "input" else graph.outputs
    port = ports.get(position) or Port(_refs(graph, side)[position].layer)
    if "fields" in port.options:
        fields: list[dict[str, Any]] = port.options["fields"]
        return fields
    if names := port.options.get("elements"):
        return [{"name": element} for element in names]
    size = _host_elements(graph, side, position)
    if size is None:
        raise FkbError(f"{side} {position} leaves its last axis open: it has no limits")
    return [{"name": port.name, "length": size}]


def _host_elements(graph: Graph, side: str, position: int) -> int | None:
    """Return the elements of the last axis in the host, None where the model leaves them open."""
    ports = graph.inputs if side == "input" else graph.outputs
    size = ports[position].options.get("size") if position in ports else None
    if isinstance(size, int):
        return size
    return last_axis(graph, _refs(graph, side)[position])


def _refs(graph: Graph, side: str) -> list[TensorRef]:
    return flatten_structure(graph.model.inputs if side == "input" else graph.model.outputs)
