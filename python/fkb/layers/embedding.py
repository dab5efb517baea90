"""Embedding."""

from __future__ import annotations

from ..registry import ONLY_KERAS2, REQUIRED, LayerSpec, Option, Use, WeightRule
from . import checks
from .options import constraint, initializer, regularizer, unquantized

SPECS = (
    LayerSpec(
        "Embedding",
        options=(
            Option("input_dim", REQUIRED, check=checks.positive),
            Option("output_dim", REQUIRED, check=checks.positive),
            initializer("embeddings_initializer", "uniform"),
            regularizer("embeddings_regularizer"),
            constraint("embeddings_constraint"),
            Option("mask_zero", False, check=checks.boolean),
            Option("input_length", None, Use.KEPT, majors=ONLY_KERAS2, noise=True),
            *unquantized(),
        ),
        weights=(WeightRule("embeddings", lambda c, s: (c["input_dim"], c["output_dim"])),),
        output=lambda c, s: (*s[0], c["output_dim"]),
        note="with `mask_zero` the mask is another node where a layer takes it",
    ),
)
