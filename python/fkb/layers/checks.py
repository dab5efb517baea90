"""Checks of option values; each returns what is wrong, or None."""

from __future__ import annotations

import math
from typing import Any

from ..registry import Check

_MAX_RANK = 8


def is_integer(value: Any) -> bool:
    """Whether a JSON value is an integer (`true` is not)."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def boolean(value: Any) -> str | None:
    """Accept true and false."""
    return None if isinstance(value, bool) else "must be true or false"


def positive(value: Any) -> str | None:
    """Accept integers from 1 to 2^31 - 1."""
    return None if is_integer(value) and 0 < value < 2**31 else "must be a positive integer"


def integer(value: Any) -> str | None:
    """Accept integers."""
    return None if is_integer(value) and abs(value) < 2**31 else "must be an integer"


def number(value: Any) -> str | None:
    """Accept finite numbers."""
    return None if is_number(value) else "must be a number"


def not_negative(value: Any) -> str | None:
    """Accept finite numbers from 0."""
    return None if is_number(value) and value >= 0 else "must be a number not below 0"


def rate(value: Any) -> str | None:
    """Accept the share of values that a dropout layer drops."""
    return None if is_number(value) and 0 <= value <= 1 else "must be a number from 0 to 1"


def optional(check: Check) -> Check:
    """Return a check that also accepts null."""

    def checked(value: Any) -> str | None:
        return None if value is None else check(value)

    return checked


def positive_integers(value: Any) -> str | None:
    """Accept lists of integers from 1."""
    if isinstance(value, list) and all(positive(item) is None for item in value):
        return None
    return "must be a list of positive integers"


def batch_shape(value: Any) -> str | None:
    """Accept shapes with the batch, null for an open size."""
    if sizes_or_null(value) is None and 0 < len(value) <= _MAX_RANK:
        return None
    return f"must be a list of 1 to {_MAX_RANK} sizes, null for an open one"


def sizes_or_null(value: Any) -> str | None:
    """Accept lists of sizes, null for an open one."""
    if isinstance(value, list) and all(n is None or positive(n) is None for n in value):
        return None
    return "must be a list of positive integers and nulls"


def integers(value: Any) -> str | None:
    """Accept lists of integers."""
    if isinstance(value, list) and all(integer(item) is None for item in value):
        return None
    return "must be a list of integers"


def integer_or_list(value: Any) -> str | None:
    """Accept an integer or a list of integers."""
    return (
        None
        if integer(value) is None or integers(value) is None
        else ("must be an integer or a list of integers")
    )


def numbers(value: Any) -> str | None:
    """Accept a number or a list of numbers."""
    if is_number(value) or (isinstance(value, list) and value and all(map(is_number, value))):
        return None
    return "must be a number or a list of numbers"


def pair_of_numbers(value: Any) -> str | None:
    """Accept two different numbers."""
    if isinstance(value, list) and len(value) == 2 and all(map(is_number, value)):
        return None if value[0] != value[1] else "must hold two different numbers"
    return "must be a list of two numbers"


def one_of(*allowed: Any) -> Check:
    """Return a check that accepts these values only."""
    listed = ", ".join(str(value) for value in allowed)

    def check(value: Any) -> str | None:
        return None if value in allowed else f"must be one of {listed}"

    return check


def axes_of(value: Any, rank: int) -> list[int]:
    """Return axes counted from 0, sorted.

    Raises:
        ValueError: an axis is not one of the tensor's, the batch axis, or stands twice.
    """
    listed = value if isinstance(value, list) else [value]
    axes = sorted(axis + rank if axis < 0 else axis for axis in listed)
    if any(not 0 < axis < rank for axis in axes):
        raise ValueError(f"{value} names no axis of a tensor of rank {rank}, batch apart")
    if len(set(axes)) != len(axes):
        raise ValueError(f"{value} names an axis twice")
    return axes
