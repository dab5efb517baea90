"""Attention, and products over named axes."""

from __future__ import annotations

from typing import Any

from ..registry import ONLY_KERAS3, REQUIRED, Config, LayerSpec, Option, Shape, Shapes, WeightRule
from . import checks, einsum
from .options import activation, fixed, halved, unquantized, weight_options


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "must be a text"


def _output_shape(value: Any) -> str | None:
    if checks.positive(value) is None or checks.sizes_or_null(value) is None:
        return None
    return "must be a size or a list of sizes, null for one that follows from the input"


def _einsum_output(config: Config, shapes: Shapes) -> Shape:
    return halved(config, einsum.dense_output(config, shapes))


SPECS: tuple[LayerSpec, ...] = (
    LayerSpec(
        "EinsumDense",
        options=(
            Option("equation", REQUIRED, check=_text),
            Option("output_shape", REQUIRED, check=_output_shape),
            activation(),
            Option("bias_axes", None, check=checks.optional(_text)),
            *weight_options("kernel", "glorot_uniform"),
            *weight_options("bias", "zeros"),
            *unquantized(),
            fixed("gptq_unpacked_column_size", None, majors=ONLY_KERAS3),
        ),
        weights=(
            WeightRule("kernel", einsum.kernel_shape),
            WeightRule("bias", einsum.bias_shape, when="bias_axes"),
        ),
        output=_einsum_output,
        note="any equation of the forms that Keras takes",
    ),
)
