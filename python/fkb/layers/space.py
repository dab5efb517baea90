"""Shapes with axes of space: which they are, and what padding and strides make of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..registry import Check, Config, Shape, Shapes
from . import checks

Size = int | None


def per_axis(axes: int, least: int = 1) -> Check:
    """Return a check of an integer, or of one for each axis, not below `least`."""
    what = f"must be an integer from {least} on, or {axes} of them"

    def check(value: Any) -> str | None:
        listed = value if isinstance(value, list) else [value] * axes
        fits = all(checks.integer(n) is None and n >= least for n in listed)
        return None if fits and len(listed) in (1, axes) else what

    return check


def listed(value: Any, axes: int) -> list[Any]:
    """Return one value for each axis."""
    values = value if isinstance(value, list) else [value]
    return values * axes if len(values) == 1 else values


def with_space(
    axes: int, change: Callable[[Config, list[Size]], list[Size]]
) -> Callable[[Config, Shapes], Shape]:
    """Return the rule of a layer that changes the sizes of the axes of space.

    Args:
        axes: how many there are; the input must have them, the batch and the channels.
        change: the new sizes from the options and the old sizes, in Keras's order.
    """

    def output(config: Config, shapes: Shapes) -> Shape:
        shape = shapes[0]
        if len(shape) != axes + 2:
            raise ValueError(f"the input must have rank {axes + 2} with the batch")
        if config.get("data_format") == "channels_first":
            return (*shape[:2], *change(config, list(shape[2:])))
        return (shape[0], *change(config, list(shape[1:-1])), shape[-1])

    return output


def pooled(size: Size, window: int, stride: int, padding: str) -> Size:
    """Return how many windows lie along an axis."""
    if size is None:
        return None
    if padding == "same":
        return -(-size // stride)
    if size < window:
        raise ValueError(f"a window of {window} is larger than the axis of {size}")
    return (size - window) // stride + 1
