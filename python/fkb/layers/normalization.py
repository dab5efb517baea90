"""Normalizing layers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..registry import (
    ONLY_KERAS2,
    ONLY_KERAS3,
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
    """Return the sizes of the axes that `axis` names."""
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


def _check_statistics(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    if config["axis"] is not None and config["axis"] != []:
        yield from checks.last_axes("axis")(config, shapes)
    mean, variance = config["mean"], config["variance"]
    if (mean is None) != (variance is None):
        yield "mean", "must be given together with variance"
    elif mean is not None:
        if np.shape(mean) != np.shape(variance):
            yield "mean", "must have the shape of variance"
        elif np.min(variance) < 0:
            yield "variance", "must not be negative"


def _adapted(config: Config) -> bool:
    return config["mean"] is None


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
            fixed("synchronized", False),
            fixed("renorm", False),
            Option("renorm_clipping", None, Use.KEPT, noise=True),
            Option("renorm_momentum", 0.99, Use.KEPT, noise=True),
            fixed("virtual_batch_size", None, majors=ONLY_KERAS2),
            Option("fused", None, Use.KEPT, majors=ONLY_KERAS2, noise=True),
        ),
        weights=(
            WeightRule("gamma", _axis_shape, when="scale"),
            WeightRule("beta", _axis_shape, when="center"),
            WeightRule("moving_mean", _axis_shape, trainable=False),
            WeightRule("moving_variance", _axis_shape, trainable=False),
        ),
        check=checks.last_axes("axis"),
        call_options={"training": None, "mask": None},
        from_keras2=_single_axis,
    ),
    LayerSpec(
        "LayerNormalization",
        options=(
            Option("axis", -1, check=checks.integer_or_list),
            *_SCALED,
            fixed("rms_scaling", False, majors=ONLY_KERAS3),
            *_SCALED_WEIGHTS,
        ),
        weights=(
            WeightRule("gamma", _axis_shape, when="scale"),
            WeightRule("beta", _axis_shape, when="center"),
        ),
        check=checks.last_axes("axis"),
        note="over the last axes",
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
            WeightRule("mean", _axis_shape, trainable=False, when=_adapted),
            WeightRule("variance", _axis_shape, trainable=False, when=_adapted),
            WeightRule("count", lambda c, s: (), trainable=False, when=_adapted, integer=True),
        ),
        check=_check_statistics,
        note="adapted, or with mean and variance given",
    ),
    LayerSpec(
        "Rescaling",
        options=(
            Option("scale", 1.0, check=checks.numbers),
            Option("offset", 0.0, check=checks.numbers),
        ),
    ),
)
