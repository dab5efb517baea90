"""Recurrent layers and their cells."""

from __future__ import annotations

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
from .options import activation, fixed, weight_options

RECURRENT_CALL = frozenset({"initial_state", "mask"})
CALL_OPTIONS = {"training": None, "constants": None}
SEQUENCE_OPTIONS = (
    Option("return_sequences", False, check=checks.boolean),
    Option("return_state", False, check=checks.boolean),
    Option("go_backwards", False, check=checks.boolean),
    Option("stateful", False, check=checks.boolean),
    Option("unroll", False, Use.KEPT, check=checks.boolean),
    Option("zero_output_for_mask", False, check=checks.boolean),
    fixed("time_major", False, majors=ONLY_KERAS2),
    fixed("num_constants", 0, majors=ONLY_KERAS2),
)

_CELL_OPTIONS = (
    Option("units", REQUIRED, check=checks.positive),
    activation(default="tanh"),
    Option("use_bias", True, check=checks.boolean),
    *weight_options("kernel", "glorot_uniform"),
    *weight_options("recurrent", "orthogonal"),
    *weight_options("bias", "zeros"),
    Option("dropout", 0.0, Use.TRAINING, check=checks.rate),
    Option("recurrent_dropout", 0.0, Use.TRAINING, check=checks.rate),
    Option("seed", None, Use.TRAINING, majors=ONLY_KERAS3),
    Option("implementation", 2, Use.KEPT, majors=ONLY_KERAS2, noise=True, check=checks.integer),
)
_GATE = activation("recurrent_activation", "sigmoid")
_GRU = (_GATE, Option("reset_after", True, check=checks.boolean))
_LSTM = (_GATE, Option("unit_forget_bias", True, Use.KEPT, check=checks.boolean))


def _weights(gates: int, place: str) -> tuple[WeightRule, ...]:
    def bias(config: Config, shapes: Shapes) -> Shape:
        size = gates * config["units"]
        return (2, size) if config.get("reset_after") else (size,)

    return (
        WeightRule("kernel", lambda c, s: (s[0][-1], gates * c["units"]), place=place),
        WeightRule("recurrent_kernel", lambda c, s: (c["units"], gates * c["units"]), place=place),
        WeightRule("bias", bias, when="use_bias", place=place),
    )


def _sequence(name: str, gates: int, states: int, options: tuple[Option, ...]) -> LayerSpec:
    def output(config: Config, shapes: Shapes) -> list[Shape]:
        if len(shapes[0]) != 3:
            raise ValueError("the input must have rank 3 with the batch")
        batch, steps, _ = shapes[0]
        units = config["units"]
        first = (batch, steps, units) if config["return_sequences"] else (batch, units)
        return [first, *[(batch, units)] * (states if config["return_state"] else 0)]

    return LayerSpec(
        name,
        options=(*_CELL_OPTIONS, *options, *SEQUENCE_OPTIONS),
        weights=_weights(gates, "cell"),
        output=output,
        call_options=CALL_OPTIONS,
        call_tensors=RECURRENT_CALL,
        infers=False,
        trains=False,
    )


def _cell(name: str, gates: int, options: tuple[Option, ...]) -> LayerSpec:
    return LayerSpec(
        name,
        options=(*_CELL_OPTIONS, *options),
        weights=_weights(gates, ""),
        output=lambda c, s: (s[0][0], c["units"]),
        note="in RNN and StackedRNNCells",
    )


SPECS = (
    _sequence("SimpleRNN", 1, 1, ()),
    _sequence("GRU", 3, 1, _GRU),
    _sequence("LSTM", 4, 2, _LSTM),
    _cell("SimpleRNNCell", 1, ()),
    _cell("GRUCell", 3, _GRU),
    _cell("LSTMCell", 4, _LSTM),
)
