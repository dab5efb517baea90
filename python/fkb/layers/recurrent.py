"""Recurrent layers and their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

_Array = NDArray[Any]
_Adapt = Callable[[Config, list[_Array]], list[_Array]]

# Classes of Keras 1 and TensorFlow 1 that ran on a GPU only: what they are, and with which options.
FORMER: dict[str, tuple[str, Config]] = {
    "CuDNNLSTM": ("LSTM", {"activation": "tanh", "recurrent_activation": "sigmoid"}),
    "CuDNNGRU": (
        "GRU",
        {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True},
    ),
}

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
    Option("dropout", 0.0, Use.TRAINING, check=checks.number),
    Option("recurrent_dropout", 0.0, Use.TRAINING, check=checks.number),
    Option("seed", None, Use.KEPT, majors=ONLY_KERAS3),
)
# The implementation decides on the masks of dropout; Keras 3 does not write it.
_GATE = (
    activation("recurrent_activation", "sigmoid"),
    Option(
        "implementation",
        2,
        Use.KEPT,
        majors=ONLY_KERAS2,
        noise=True,
        check=checks.one_of(0, 1, 2),
    ),
)
_GRU = (*_GATE, Option("reset_after", True, check=checks.boolean))
_LSTM = (*_GATE, Option("unit_forget_bias", True, Use.KEPT, check=checks.boolean))


def _weights(gates: int, place: str) -> tuple[WeightRule, ...]:
    def bias(config: Config, shapes: Shapes) -> Shape:
        size = gates * config["units"]
        return (2, size) if config.get("reset_after") else (size,)

    return (
        WeightRule("kernel", lambda c, s: (s[0][-1], gates * c["units"]), place=place),
        WeightRule("recurrent_kernel", lambda c, s: (c["units"], gates * c["units"]), place=place),
        WeightRule("bias", bias, when="use_bias", place=place),
    )


def _check_activations(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    for option in ("activation", "recurrent_activation"):
        if config.get(option) == "glu":
            yield option, "is glu, which halves its input: a recurrent layer cannot use it"


def _of_cudnn(gates: int) -> _Adapt:
    """Return a function that turns the weights of a CuDNN layer into those of Keras's own.

    Each gate's kernel lies transposed in memory, each recurrent kernel is transposed, and there
    are two biases per gate (Keras 2.15, `hdf5_format._convert_rnn_weights`).
    """

    def adapt(config: Config, arrays: list[_Array]) -> list[_Array]:
        size = gates * int(config["units"])
        if len(arrays) != 3 or arrays[2].shape != (2 * size,) or config.get("reset_after") is False:
            return arrays
        kernel, recurrent, bias = arrays
        if any(array.ndim != 2 or array.shape[1] != size for array in (kernel, recurrent)):
            return arrays
        kernels = [k.T.reshape(k.shape, order="F") for k in np.hsplit(kernel, gates)]
        squares = [k.T for k in np.hsplit(recurrent, gates)]
        halves = bias.reshape(2, size)
        both = halves if gates == 3 else halves.sum(axis=0, dtype=bias.dtype)
        return [np.hstack(kernels), np.hstack(squares), both]

    return adapt


def _sequence(
    name: str, gates: int, states: int, options: tuple[Option, ...], **more: Any
) -> LayerSpec:
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
        check=_check_activations,
        call_options=CALL_OPTIONS,
        call_tensors=RECURRENT_CALL,
        **more,
    )


def _cell(
    name: str, gates: int, states: int, options: tuple[Option, ...], **more: Any
) -> LayerSpec:
    def output(config: Config, shapes: Shapes) -> list[Shape]:
        return [(shapes[0][0], config["units"])] * (1 + states)

    return LayerSpec(
        name,
        options=(*_CELL_OPTIONS, *options),
        weights=_weights(gates, ""),
        output=output,
        check=_check_activations,
        call_options={"training": None},
        call_tensors=frozenset({"states"}),
        note="in RNN and StackedRNNCells, or called with an input and its states",
        **more,
    )


def _name_reset(config: Config) -> Config:
    """Name what files of Keras before 2.1.3 imply: the reset gate came before the product."""
    return {"reset_after": False} | config


def _name_default(config: Config) -> Config:
    """Name the default, which was another one in old versions."""
    return {"reset_after": True} | config


_RESET = {"from_keras2": _name_reset, "to_keras2": _name_default}
SPECS = (
    _sequence("SimpleRNN", 1, 1, ()),
    _sequence(
        "GRU", 3, 1, _GRU, adapt=_of_cudnn(3), note="CuDNNGRU of old files is read as GRU", **_RESET
    ),
    _sequence(
        "LSTM", 4, 2, _LSTM, adapt=_of_cudnn(4), note="CuDNNLSTM of old files is read as LSTM"
    ),
    _cell("SimpleRNNCell", 1, 1, ()),
    _cell("GRUCell", 3, 1, _GRU, **_RESET),
    _cell("LSTMCell", 4, 2, _LSTM),
)
