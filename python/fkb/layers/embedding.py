"""Embedding."""

from __future__ import annotations

from typing import Any

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
from .options import constraint, fixed, initializer, regularizer, unquantized

_OPTIONS = (
    Option("input_dim", REQUIRED, check=checks.positive),
    Option("output_dim", REQUIRED, check=checks.positive),
    initializer("embeddings_initializer", "uniform"),
    regularizer("embeddings_regularizer"),
    constraint("embeddings_constraint"),
    Option("mask_zero", False, check=checks.boolean),
)
_TABLE = WeightRule("embeddings", lambda c, s: (c["input_dim"], c["output_dim"]))


def _cap(value: Any) -> str | None:
    return None if checks.is_number(value) and value > 0 else "must be a positive number"


def _reversible(config: Config, shapes: Shapes) -> Shape:
    if not config.get("reverse"):
        return (*shapes[0], config["output_dim"])
    if shapes[0][-1] != config["output_dim"]:
        raise ValueError(f"in reverse it wants vectors of {config['output_dim']} values")
    return (*shapes[0][:-1], config["input_dim"])


SPECS = (
    LayerSpec(
        "Embedding",
        options=(
            *_OPTIONS,
            Option("input_length", None, Use.KEPT, majors=ONLY_KERAS2, noise=True),
            *unquantized(),
        ),
        weights=(_TABLE,),
        output=lambda c, s: (*s[0], c["output_dim"]),
        note="with `mask_zero` the mask is another node where a layer takes it",
    ),
    LayerSpec(
        "ReversibleEmbedding",
        options=(
            *_OPTIONS,
            Option("tie_weights", True, check=checks.boolean),
            fixed("reverse_dtype", None),
            Option("logit_soft_cap", None, check=checks.optional(_cap)),
            *unquantized(),
        ),
        weights=(
            _TABLE,
            WeightRule(
                "reverse_embeddings",
                lambda c, s: (c["output_dim"], c["input_dim"]),
                when=lambda c: not c["tie_weights"],
            ),
        ),
        output=_reversible,
        call_flags=frozenset({"reverse"}),
        majors=ONLY_KERAS3,
        note="also called in reverse",
    ),
)
