"""Normalizing layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..registry import (
    ONLY_KERAS2,
    ONLY_KERAS3,
    REQUIRED,
    Config,
    LayerSpec,
    Option,
    Shape,
    Shapes,
    Use,
    WeightRule,
)
from . import checks
from .options import constraint, fixed, initializer, regularizer


def _axis_shape(config: Config, shapes: Shapes) -> Shape:
    """Return the sizes of the axes that `axis` names, in its order."""
    axis = config["axis"]
    if axis is None:
        return ()
    return tuple(shapes[0][a] for a in (axis if isinstance(axis, list) else [axis]))


def _sorted_axis_shape(config: Config, shapes: Shapes) -> Shape:
    """Return the sizes of the axes that `axis` names, from the first to the last."""
    if config["axis"] is None:
        return ()
    return tuple(shapes[0][axis] for axis in checks.axes_of(config["axis"], len(shapes[0])))


def _single_axis(config: Config) -> Config:
    """Write the list of one axis that Keras 2 gives as the number that Keras 3 wants."""
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        return config | {"axis": axis[0]}
    return config


_SCALED = (
    Option("epsilon", 0.001, check=checks.not_negative),
    Option("center", True, check=checks.boolean),
    Option("scale", True, check=checks.boolean),
)
_SCALED_WEIGHTS = (
    initializer("beta_initializer", "zeros"),
    initializer("gamma_initializer", "ones"),
    regularizer("beta_regularizer"),
    regularizer("gamma_regularizer"),
    constraint("beta_constraint"),
    constraint("gamma_constraint"),
)


def _check_axis(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    """Refuse lists that Keras 3 would sort, with weights whose axes stand in another order."""
    axis = config["axis"]
    checks.axes_of(axis, len(shapes[0]))
    if isinstance(axis, list) and (not axis or axis != sorted(axis)):
        yield "axis", f"is {axis}; it must name axes in ascending order"


def _check_channels(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    checks.axes_of(config["axis"], len(shapes[0]))
    yield from ()


def _check_statistics(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    kept = _sorted_axis_shape(config, shapes)
    mean, variance = config["mean"], config["variance"]
    if (mean is None) != (variance is None):
        yield "mean", "must be given together with variance"
    elif mean is not None:
        if np.shape(mean) != np.shape(variance):
            yield "mean", "must have the shape of variance"
        elif np.shape(mean) and np.shape(mean) not in (kept[-1:], (1,)):
            yield "mean", f"has shape {list(np.shape(mean))}, the last kept axis has {kept[-1:]}"
        elif np.min(variance) < 0:
            yield "variance", "must not be negative"


def _check_factors(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    for option in ("scale", "offset"):
        size = np.shape(config[option])
        if size and size not in (shapes[0][-1:], (1,)):
            yield option, f"has {size[0]} values, the last axis {shapes[0][-1]}"


def _adapted(config: Config) -> bool:
    return config["mean"] is None


def _bounds(value: Any) -> str | None:
    """Check the bounds of batch renormalisation."""
    if value is None or (
        isinstance(value, dict)
        and value.keys() <= {"rmin", "rmax", "dmax"}
        and all(bound is None or checks.is_number(bound) for bound in value.values())
    ):
        return None
    return "must have numbers for rmin, rmax and dmax"


SPECS = (
    LayerSpec(
        "BatchNormalization",
        options=(
            Option("axis", -1, check=checks.integer),
            Option("momentum", 0.99, Use.TRAINING, check=checks.number),
            *_SCALED,
            *_SCALED_WEIGHTS,
            initializer("moving_mean_initializer", "zeros"),
            initializer("moving_variance_initializer", "ones"),
            Option("synchronized", False, Use.KEPT, check=checks.boolean, noise=True),
            Option("renorm", False, check=checks.boolean, noise=True),
            Option("renorm_clipping", None, Use.TRAINING, check=_bounds, noise=True),
            Option("renorm_momentum", 0.99, Use.TRAINING, check=checks.number, noise=True),
            fixed("virtual_batch_size", None, majors=ONLY_KERAS2),
            Option("fused", None, Use.KEPT, majors=ONLY_KERAS2, noise=True),
        ),
        weights=(
            WeightRule("gamma", _axis_shape, when="scale"),
            WeightRule("beta", _axis_shape, when="center"),
            WeightRule("moving_mean", _axis_shape, trainable=False),
            WeightRule("moving_variance", _axis_shape, trainable=False),
            *(
                WeightRule(name, _axis_shape, trainable=False, when="renorm")
                for name in ("moving_stddev", "renorm_mean", "renorm_stddev")
            ),
        ),
        check=_check_channels,
        call_options={"training": None},
        call_tensors=frozenset({"mask"}),
        from_keras2=_single_axis,
    ),
    LayerSpec(
        "LayerNormalization",
        options=(
            Option("axis", -1, check=checks.integer_or_list),
            *_SCALED,
            Option("rms_scaling", False, majors=ONLY_KERAS3, check=checks.boolean, noise=True),
            *_SCALED_WEIGHTS,
        ),
        weights=(
            WeightRule("gamma", _axis_shape, when=lambda c: c["scale"] or c["rms_scaling"]),
            WeightRule("beta", _axis_shape, when=lambda c: c["center"] and not c["rms_scaling"]),
        ),
        check=_check_axis,
    ),
    LayerSpec(
        "Normalization",
        options=(
            Option("axis", -1, check=checks.optional(checks.integer_or_list)),
            Option("invert", False, check=checks.boolean),
            Option("mean", None, check=checks.optional(checks.numbers)),
            Option("variance", None, check=checks.optional(checks.numbers)),
        ),
        weights=(
            WeightRule("mean", _sorted_axis_shape, trainable=False, when=_adapted),
            WeightRule("variance", _sorted_axis_shape, trainable=False, when=_adapted),
            WeightRule("count", lambda c, s: (), trainable=False, when=_adapted, integer=True),
        ),
        check=_check_statistics,
        note="adapted, or with mean and variance given",
    ),
    LayerSpec(
        "Rescaling",
        options=(
            Option("scale", REQUIRED, check=checks.numbers),
            Option("offset", 0.0, check=checks.numbers),
        ),
        check=_check_factors,
    ),
)
