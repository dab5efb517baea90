"""Activations in layer form."""

from __future__ import annotations

from collections.abc import Iterator

from ..registry import ONLY_KERAS2, Config, LayerSpec, Option, Shape, Shapes, WeightRule
from . import checks
from .options import weight_options


def _alpha_shape(config: Config, shapes: Shapes) -> Shape:
    shared = config["shared_axes"] or []
    return tuple(1 if a in shared else shapes[0][a] for a in range(1, len(shapes[0])))


def _check_axis(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    if not checks.axes_of(config["axis"], len(shapes[0])):
        yield "axis", "names no axis"


SPECS = (
    LayerSpec(
        "ReLU",
        options=(
            Option("max_value", None, check=checks.optional(checks.not_negative)),
            Option("negative_slope", 0.0, check=checks.not_negative),
            Option("threshold", 0.0, check=checks.not_negative),
        ),
    ),
    LayerSpec(
        "LeakyReLU",
        options=(Option("negative_slope", 0.3, keras2="alpha", check=checks.number),),
    ),
    LayerSpec(
        "PReLU",
        options=(
            *weight_options("alpha", "zeros"),
            Option("shared_axes", None, check=checks.optional(checks.positive_integers)),
        ),
        weights=(WeightRule("alpha", _alpha_shape),),
    ),
    LayerSpec("ELU", options=(Option("alpha", 1.0, check=checks.number),)),
    LayerSpec(
        "Softmax",
        options=(
            Option("axis", -1, check=checks.integer_or_list),
            Option("robust_masking", False, majors=ONLY_KERAS2, check=checks.boolean, noise=True),
        ),
        call_tensors=frozenset({"mask"}),
        arguments=("inputs", "mask"),
        check=_check_axis,
    ),
    LayerSpec(
        "ThresholdedReLU",
        options=(Option("theta", 1.0, check=checks.not_negative),),
        majors=ONLY_KERAS2,
    ),
)
