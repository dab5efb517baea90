"""Layers that do something in training only, all random but ActivityRegularization."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..registry import ONLY_KERAS3, Config, LayerSpec, Option, Shape, Shapes, Use
from . import checks
from .options import seed

_RATE = Option("rate", 0.5, Use.TRAINING, check=checks.rate)
_NOISE_SHAPE = Option(
    "noise_shape", None, Use.TRAINING, check=checks.optional(checks.sizes_or_null)
)
_SPATIAL_NOISE_SHAPE = Option("noise_shape", None, Use.FIXED, noise=True)
_CHANNELS = Option(
    "data_format",
    "channels_last",
    Use.TRAINING,
    majors=ONLY_KERAS3,
    check=checks.one_of(None, "channels_last", "channels_first"),
)
# Keras 3 writes the default of the argument into every call.
_CALL = {"training": False}


def _check_noise_shape(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    noise = config["noise_shape"]
    if noise is None:
        return
    if len(noise) != len(shapes[0]) or any(
        n not in (None, 1) and size not in (None, n)
        for n, size in zip(noise[1:], shapes[0][1:], strict=False)
    ):
        yield "noise_shape", f"is {noise}: it does not fit the input {list(shapes[0])}"
    elif noise[0] not in (None, 1):
        yield "noise_shape", f"is {noise}: the batch must be null or 1"


def _of_rank(rank: int) -> Callable[[Config, Shapes], Shape]:
    def same(config: Config, shapes: Shapes) -> Shape:
        if len(shapes[0]) != rank:
            raise ValueError(f"the input must have rank {rank} with the batch")
        return shapes[0]

    return same


SPECS = (
    LayerSpec(
        "Dropout",
        options=(_RATE, seed(), _NOISE_SHAPE),
        check=_check_noise_shape,
        call_options=_CALL,
    ),
    *(
        LayerSpec(
            f"SpatialDropout{rank}D",
            options=(_RATE, seed(), _SPATIAL_NOISE_SHAPE, _CHANNELS),
            output=_of_rank(rank + 2),
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
    LayerSpec(
        "AlphaDropout",
        options=(_RATE, seed(), _NOISE_SHAPE),
        check=_check_noise_shape,
        call_options=_CALL,
    ),
    LayerSpec(
        "ActivityRegularization",
        options=(
            Option("l1", 0.0, Use.TRAINING, check=checks.not_negative),
            Option("l2", 0.0, Use.TRAINING, check=checks.not_negative),
        ),
    ),
)
