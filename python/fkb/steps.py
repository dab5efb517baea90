"""Transform steps of ports: what they mean, and what is wrong with one (docs/format.md 4.3)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .graph import Array, Step

ARITHMETIC = ("add", "subtract", "multiply", "divide")
# Steps that are no straight lines, with the member that each needs.
CURVES = {
    "log10": "floor",
    "ln": "floor",
    "exp10": "factor",
    "exp": "factor",
    "power": "exponent",
    "interpolate": "x",
}
_INVERSE = {"add": "subtract", "subtract": "add", "multiply": "divide", "divide": "multiply"}
_MOST_KNOTS = 100000
_OPERATIONS: dict[str, Any] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
}


def problem_of_curve(kind: str, value: Any, size: int | None = None) -> str | None:
    """Return what is wrong with the operand of a curve, or None.

    Args:
        kind: one of `CURVES`.
        value: the object behind it.
        size: elements of the axis where the step stands, None where they are not known.
    """
    if not isinstance(value, dict):
        return "an object is expected"
    known = {CURVES[kind], "range"} | ({"y"} if kind == "interpolate" else set())
    if unknown := [key for key in value if key not in known]:
        return f'unknown members "{unknown[0]}"'
    span = value.get("range", [0, size])
    if "range" in value and (
        not isinstance(span, list)
        or len(span) != 2
        or any(type(end) is not int for end in span)
        or not 0 <= span[0] < span[1]
        or (size is not None and span[1] > size)
    ):
        return "range must be two positions that enclose some of the elements"
    if kind == "interpolate":
        return _problem_of_table(value)
    member = CURVES[kind]
    numbers = value.get(member)
    listed = isinstance(numbers, list)
    values: list[Any] = numbers if isinstance(numbers, list) else [numbers]
    if not values or not all(_is_number(number) for number in values):
        return f"{member} must be a finite number or a list of them"
    if listed and span[1] is not None and len(values) != span[1] - span[0]:
        return f"{member} has {len(values)} values, {span[1] - span[0]} are expected"
    if any(number == 0 if member == "factor" else number <= 0 for number in values):
        return f"{member} must {'not be 0' if member == 'factor' else 'be positive'}"
    return None


def _problem_of_table(value: dict[str, Any]) -> str | None:
    x, y = value.get("x"), value.get("y")
    for numbers in (x, y):
        if not isinstance(numbers, list) or not all(_is_number(number) for number in numbers):
            return "x and y must be lists of finite numbers"
    assert isinstance(x, list) and isinstance(y, list)
    if len(x) != len(y) or not 2 <= len(x) <= _MOST_KNOTS:
        return f"x and y must be lists of one length, at least 2 and at most {_MOST_KNOTS}"
    if not (np.diff(x) > 0).all():
        return "x must ascend"
    if not (np.diff(y) > 0).all() and not (np.diff(y) < 0).all():
        return "y must ascend or descend"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def apply_step(step: Step, x: Array) -> Array:
    """Return what a step makes of an array, elements last, in real64."""
    if isinstance(step.value, list):
        return np.asarray(x[..., step.value])
    if isinstance(step.value, dict):
        return _apply_curve(step.kind, step.value, x, back=False)
    return np.asarray(_OPERATIONS[step.kind](x, step.value))


def invert_step(step: Step, x: Array, size: int | None = None) -> Array:
    """Return an array of which the step makes `x`; `size` is the host's, for a selection."""
    if isinstance(step.value, list):
        host = np.zeros((*x.shape[:-1], size or 0))
        host[..., step.value] = x
        return host
    if isinstance(step.value, dict):
        return _apply_curve(step.kind, step.value, x, back=True)
    return np.asarray(_OPERATIONS[_INVERSE[step.kind]](x, step.value))


def _apply_curve(kind: str, value: dict[str, Any], x: Array, *, back: bool) -> Array:
    first, last = value.get("range", [0, x.shape[-1]])
    result = np.array(x, np.float64)
    part = result[..., first:last]
    if kind == "interpolate":
        knots, levels = np.array(value["x"], np.float64), np.array(value["y"], np.float64)
        if back and levels[0] > levels[-1]:
            knots, levels = knots[::-1], levels[::-1]
        inside = np.interp(part, levels, knots) if back else np.interp(part, knots, levels)
        result[..., first:last] = inside
        return result
    a = np.asarray(value[CURVES[kind]], np.float64)
    with np.errstate(all="ignore"):
        result[..., first:last] = _curve_back(kind, a, part) if back else _curve(kind, a, part)
    return result


def _curve(kind: str, a: Array, x: Array) -> Array:
    if kind == "log10":
        return np.asarray(np.log10(np.where(x < a, a, x)))
    if kind == "ln":
        return np.asarray(np.log(np.where(x < a, a, x)))
    if kind == "exp10":
        return np.asarray(np.power(10.0, a * x))
    if kind == "exp":
        return np.asarray(np.exp(a * x))
    return np.asarray(np.copysign(np.abs(x) ** a, x))


def _curve_back(kind: str, a: Array, y: Array) -> Array:
    if kind == "log10":
        return np.asarray(np.power(10.0, y))
    if kind == "ln":
        return np.asarray(np.exp(y))
    if kind == "exp10":
        return np.asarray(np.log10(y) / a)
    if kind == "exp":
        return np.asarray(np.log(y) / a)
    return np.asarray(np.copysign(np.abs(y) ** (1 / a), y))
