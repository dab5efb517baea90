"""Steps of a transforms file that are more than arithmetic, and steps of single fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import FkbError
from .graph import Port, Step
from .steps import ARITHMETIC, CURVES, problem_of_curve

Vector = NDArray[np.float64]
SHORTHANDS = ("minmax", "scale", "quantiles")


class Target(Protocol):
    """A port that steps are added to."""

    label: str
    size: int | None
    port: Port

    def append(self, kind: str, values: Vector, source: object) -> None:
        """Add an arithmetic step."""


class Numbers(Protocol):
    """Reads numbers: one, a list, or the name of a file."""

    def __call__(self, value: Any, where: str, folder: Path) -> Vector:
        """Return them."""


def add_step(
    target: Target,
    step: tuple[str, Any],
    where: str,
    folder: Path,
    numbers: Numbers,
    span: tuple[int, int] | None = None,
) -> None:
    """Add one step of a transforms file to a port.

    Args:
        target: the port.
        step: its kind and value, as the file has them.
        where: the place, for messages.
        folder: where files of numbers are.
        numbers: reads numbers.
        span: the elements of a field, None for all.

    Raises:
        FkbError: an unknown step, or a value that does not fit.
    """
    kind, value = step
    output = target.label.startswith("output")
    if kind in ARITHMETIC:
        source = str(folder / value) if isinstance(value, str) else where
        _arithmetic(target, kind, numbers(value, where, folder), source, span)
    elif kind == "scale":
        factors = numbers(value, where, folder)
        _arithmetic(target, "divide" if output else "multiply", factors, where, span)
    elif kind == "minmax":
        _minmax(target, value, where, folder, numbers, span)
    elif kind == "quantiles":
        knots = numbers(value, where, folder).tolist()
        levels = np.linspace(0, 1, len(knots)).tolist()
        table = {"x": levels, "y": knots} if output else {"x": knots, "y": levels}
        _curve(target, "interpolate", table, where, span)
    elif kind in CURVES:
        _curve(target, kind, value, where, span)
    else:
        raise FkbError(f'{where}: unknown step "{kind}"')


def _minmax(
    target: Target,
    value: Any,
    where: str,
    folder: Path,
    numbers: Numbers,
    span: tuple[int, int] | None,
) -> None:
    """[low, high] become 0 and 1 on the way in, 0 and 1 become low and high on the way out."""
    if not isinstance(value, list) or len(value) != 2:
        raise FkbError(f"{where}: minmax needs two entries, the least and the largest values")
    low, high = (numbers(entry, where, folder) for entry in value)
    if low.size not in (1, high.size) and high.size != 1:
        raise FkbError(f"{where}: minmax has {low.size} least and {high.size} largest values")
    if target.label.startswith("output"):
        _arithmetic(target, "multiply", high - low, where, span)
        _arithmetic(target, "add", low, where, span)
    else:
        _arithmetic(target, "subtract", low, where, span)
        _arithmetic(target, "divide", high - low, where, span)


def _arithmetic(
    target: Target, kind: str, values: Vector, source: object, span: tuple[int, int] | None
) -> None:
    if span is not None:
        first, last = span
        if values.size not in (1, last - first):
            raise FkbError(f"{source} has {values.size} numbers, the field {last - first} elements")
        if kind == "divide" and not values.all():
            raise FkbError(f"{source}: number {int(np.argmin(values != 0)) + 1} is 0")
        whole = np.full(target.size or last, 0.0 if kind in ("add", "subtract") else 1.0)
        whole[first:last] = values
        values = whole
    target.append(kind, values, source)


def _curve(target: Target, kind: str, value: Any, where: str, span: tuple[int, int] | None) -> None:
    operand = dict(value) if isinstance(value, dict) else {CURVES[kind]: value}
    if span is not None:
        if "range" in operand:
            raise FkbError(f"{where}: the step of a field has no range")
        operand = {**operand, "range": list(span)}
    problem = problem_of_curve(kind, operand, target.size)
    if problem is not None:
        raise FkbError(f"{where}: {problem}")
    target.port.steps.append(Step(kind, operand))


def steps_of_fields(fields: list[dict[str, Any]]) -> list[tuple[str, Any, tuple[int, int]]]:
    """Return the steps of fields with their names and elements, and take them out of the fields."""
    found = []
    first = 0
    for field in fields:
        length = field.get("length", 1)
        length = length if isinstance(length, int) else 1
        steps = field.pop("steps", [])
        for step in steps if isinstance(steps, list) else [steps]:
            found.append((str(field.get("name")), step, (first, first + length)))
        first += length
    return found
