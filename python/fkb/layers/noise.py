"""Layers that do something in training only, all random but ActivityRegularization."""

from __future__ import annotations

from ..registry import LayerSpec, Option, Use
from . import checks
from .options import data_format, seed

_RATE = Option("rate", 0.5, Use.TRAINING, check=checks.rate)
_NOISE_SHAPE = Option("noise_shape", None, Use.FIXED)
_SPATIAL_NOISE_SHAPE = Option("noise_shape", None, Use.FIXED, noise=True)
_CALL = {"training": None}

SPECS = (
    LayerSpec("Dropout", options=(_RATE, seed(), _NOISE_SHAPE), call_options=_CALL),
    *(
        LayerSpec(
            f"SpatialDropout{rank}D",
            options=(_RATE, seed(), _SPATIAL_NOISE_SHAPE, data_format()),
            call_options=_CALL,
            refuses=frozenset({"trainable", "activity_regularizer"}),
        )
        for rank in (1, 2, 3)
    ),
    LayerSpec("GaussianDropout", options=(_RATE, seed()), call_options=_CALL),
    LayerSpec(
        "GaussianNoise",
        options=(Option("stddev", 0.0, Use.TRAINING, check=checks.not_negative), seed()),
        call_options=_CALL,
    ),
    LayerSpec("AlphaDropout", options=(_RATE, seed(), _NOISE_SHAPE), call_options=_CALL),
    LayerSpec(
        "ActivityRegularization",
        options=(
            Option("l1", 0.0, Use.TRAINING, check=checks.not_negative),
            Option("l2", 0.0, Use.TRAINING, check=checks.not_negative),
        ),
    ),
)
