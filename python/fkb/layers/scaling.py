"""Normalisation beyond batch and layer statistics, and masking."""

from __future__ import annotations

from collections.abc import Iterator

from ..registry import ONLY_KERAS3, Config, LayerSpec, Option, Shape, Shapes, WeightRule
from . import checks
from .options import constraint, initializer, regularizer


def _channels(config: Config, shapes: Shapes) -> Shape:
    return (shapes[0][config["axis"]],)


def _named_axes(config: Config, shapes: Shapes) -> Shape:
    """Return the sizes of the axes that `axis` names, sorted as Keras 3 sorts them."""
    axis = config["axis"]
    return tuple(shapes[0][a] for a in (sorted(axis) if isinstance(axis, list) else [axis]))


def _groups(value: object) -> str | None:
    allowed = value == -1 or checks.positive(value) is None
    return None if allowed else "must be a positive integer, or -1 for a group per channel"


def _check_groups(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    checks.axes_of(config["axis"], len(shapes[0]))
    channels, groups = shapes[0][config["axis"]], config["groups"]
    if channels is None:
        yield "axis", f"is {config['axis']}; the size of that axis must be known"
    elif groups != -1 and (groups > channels or channels % groups):
        yield "groups", f"is {groups}, which does not divide the {channels} channels"


def _check_scale(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    """Refuse weights that Keras 3 makes and cannot multiply with the last axes."""
    checks.axes_of(config["axis"], len(shapes[0]))
    scale = _named_axes(config, shapes)
    if None in scale:
        yield "axis", f"is {config['axis']}; the sizes of these axes must be known"
    elif scale != tuple(shapes[0][-len(scale) :]):
        yield (
            "axis",
            f"is {config['axis']}: Keras multiplies by the weight along the last axes, where its "
            f"shape {list(scale)} does not fit; normalize the last axes",
        )


def _check_axes(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    if not checks.axes_of(config["axis"], len(shapes[0])):
        yield "axis", "is empty, it must name an axis"


SPECS = (
    LayerSpec(
        "GroupNormalization",
        options=(
            Option("groups", 32, check=_groups),
            Option("axis", -1, check=checks.integer),
            Option("epsilon", 0.001, check=checks.not_negative),
            Option("center", True, check=checks.boolean),
            Option("scale", True, check=checks.boolean),
            initializer("beta_initializer", "zeros"),
            initializer("gamma_initializer", "ones"),
            regularizer("beta_regularizer"),
            regularizer("gamma_regularizer"),
            constraint("beta_constraint"),
            constraint("gamma_constraint"),
        ),
        weights=(
            WeightRule("gamma", _channels, when="scale"),
            WeightRule("beta", _channels, when="center"),
        ),
        check=_check_groups,
    ),
    LayerSpec(
        "RMSNormalization",
        options=(
            Option("axis", -1, check=checks.integer_or_list),
            Option("epsilon", 1e-6, check=checks.not_negative),
        ),
        weights=(WeightRule("scale", _named_axes),),
        check=_check_scale,
        majors=ONLY_KERAS3,
    ),
    LayerSpec(
        "UnitNormalization",
        options=(Option("axis", -1, check=checks.integer_or_list),),
        check=_check_axes,
    ),
    LayerSpec(
        "Masking",
        options=(Option("mask_value", 0.0, check=checks.number),),
        note="the mask is another node where a layer takes it",
    ),
)
