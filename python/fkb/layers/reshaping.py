"""Layers that change the shape only."""

from __future__ import annotations

import math

from ..registry import REQUIRED, Config, LayerSpec, Option, Shape, Shapes
from . import checks
from .options import data_format


def _size(shape: Shape) -> int | None:
    known = [n for n in shape if n is not None]
    return math.prod(known) if len(known) == len(shape) else None


def _flattened(config: Config, shapes: Shapes) -> Shape:
    return (shapes[0][0], _size(shapes[0][1:]))


def _reshaped(config: Config, shapes: Shapes) -> Shape:
    target = config["target_shape"]
    if sum(n == -1 for n in target) > 1 or any(n < -1 for n in target):
        raise ValueError(f"target_shape {target} must hold sizes and at most one -1")
    size, known = _size(shapes[0][1:]), math.prod(n for n in target if n != -1)
    if size is None:
        return (shapes[0][0], *(None if n == -1 else n for n in target))
    if size != known if -1 not in target else (known == 0 or size % known):
        raise ValueError(f"target_shape {target} does not hold the {size} values of a sample")
    return (shapes[0][0], *(size // known if n == -1 else n for n in target))


def _permuted(config: Config, shapes: Shapes) -> Shape:
    dims = config["dims"]
    if sorted(dims) != list(range(1, len(shapes[0]))):
        raise ValueError(f"dims {dims} must be a permutation of 1 to {len(shapes[0]) - 1}")
    return (shapes[0][0], *(shapes[0][axis] for axis in dims))


def _repeated(config: Config, shapes: Shapes) -> Shape:
    if len(shapes[0]) != 2:
        raise ValueError(f"the input must have rank 2 with the batch, not {len(shapes[0])}")
    return (shapes[0][0], config["n"], shapes[0][1])


SPECS = (
    LayerSpec("Flatten", options=(data_format(),), output=_flattened),
    LayerSpec(
        "Reshape",
        options=(Option("target_shape", REQUIRED, check=checks.integers),),
        output=_reshaped,
    ),
    LayerSpec(
        "Permute", options=(Option("dims", REQUIRED, check=checks.integers),), output=_permuted
    ),
    LayerSpec(
        "RepeatVector", options=(Option("n", REQUIRED, check=checks.positive),), output=_repeated
    ),
)
