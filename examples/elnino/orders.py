"""Groups and orders of the study, the same as in Fortran (elnino_groups.f90, random.f90)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUPS = 10
# The minimal standard generator. Source: Park, Miller & Stockmeyer (1993), Commun. ACM 36(7).
MODULUS, MULTIPLIER = 2147483647, 48271


def group_of(pairs: int, number: int) -> tuple[int, int]:
    """Return the first pair of a group, from 0, and the one after its last."""
    short, longer = divmod(pairs, GROUPS)
    first = (number - 1) * short + min(number - 1, longer)
    return first, number * short + min(number, longer)


def others(pairs: int, number: int) -> NDArray[np.int64]:
    """Return the pairs that are not in a group."""
    first, end = group_of(pairs, number)
    left: NDArray[np.int64] = np.concatenate([np.arange(first), np.arange(end, pairs)])
    return left


def put_in_order(pairs: NDArray[np.int64], seed: int, epoch: int) -> NDArray[np.int64]:
    """Return a list in the order of an epoch."""
    state = 1 + ((1000 * seed + epoch) * 16807 + 12345) % (MODULUS - 1)
    for _ in range(20):
        state = MULTIPLIER * state % MODULUS
    ordered: NDArray[np.int64] = pairs.copy()
    for n in range(len(ordered), 1, -1):
        state = MULTIPLIER * state % MODULUS
        place = int(n * (state / MODULUS))
        ordered[n - 1], ordered[place] = ordered[place], ordered[n - 1]
    return ordered
