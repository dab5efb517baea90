"""Convolutional LSTMs."""

from __future__ import annotations

from collections.abc import Iterator

from ..registry import (
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
from .convolution import channels, each, extents, reshaped, sizes
from .options import activation, data_format, weight_options
from .recurrent import CALL_OPTIONS, RECURRENT_CALL, SEQUENCE_OPTIONS


def _frame(shape: Shape, axes: int) -> Shape:
    """Return the shape of one time step.

    Raises:
        ValueError: the input has another rank.
    """
    if len(shape) != axes + 3:
        raise ValueError(f"the input must have rank {axes + 3} with the batch, not {len(shape)}")
    return (shape[0], *shape[2:])


def _states(config: Config) -> Config:
    """State the default that Keras 3 changed."""
    return {"recurrent_activation": "hard_sigmoid"} | config


def _lacks(config: Config, major: int) -> Iterator[tuple[str, str]]:
    """Keras 2 reads the option and does not use it."""
    if major == 2 and config["zero_output_for_mask"]:
        yield "zero_output_for_mask", "is true: Keras 2 has no such option"


def _conv_lstm(axes: int) -> LayerSpec:
    def kernel(config: Config, shapes: Shapes) -> Shape:
        size = channels(config, _frame(shapes[0], axes))
        return (*each(config, "kernel_size", axes), size, 4 * config["filters"])

    def recurrent_kernel(config: Config, shapes: Shapes) -> Shape:
        filters = config["filters"]
        return (*each(config, "kernel_size", axes), filters, 4 * filters)

    def output(config: Config, shapes: Shapes) -> list[Shape]:
        frame = _frame(shapes[0], axes)
        state = reshaped(config, frame, extents(config, frame, axes), config["filters"])
        first = (state[0], shapes[0][1], *state[1:]) if config["return_sequences"] else state
        return [first, *[state] * (2 if config["return_state"] else 0)]

    def check(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
        dilation = max(each(config, "dilation_rate", axes))
        if max(each(config, "strides", axes)) > 1 and dilation > 1:
            yield "dilation_rate", "is not 1, which Keras refuses where a stride is not 1"

    return LayerSpec(
        f"ConvLSTM{axes}D",
        options=(
            Option("filters", REQUIRED, check=checks.positive),
            Option("kernel_size", REQUIRED, check=sizes(axes)),
            Option("strides", [1] * axes, check=sizes(axes)),
            Option("padding", "valid", check=checks.one_of("valid", "same")),
            data_format(),
            Option("dilation_rate", [1] * axes, check=sizes(axes)),
            activation(default="tanh"),
            activation("recurrent_activation", "sigmoid"),
            Option("use_bias", True, check=checks.boolean),
            *weight_options("kernel", "glorot_uniform"),
            *weight_options("recurrent", "orthogonal"),
            *weight_options("bias", "zeros"),
            Option("unit_forget_bias", True, Use.KEPT, check=checks.boolean),
            Option("dropout", 0.0, Use.TRAINING, check=checks.rate),
            Option("recurrent_dropout", 0.0, Use.TRAINING, check=checks.rate),
            Option("seed", None, Use.TRAINING, majors=ONLY_KERAS3),
            *SEQUENCE_OPTIONS,
        ),
        weights=(
            WeightRule("kernel", kernel, place="cell"),
            WeightRule("recurrent_kernel", recurrent_kernel, place="cell"),
            WeightRule("bias", lambda c, s: (4 * c["filters"],), when="use_bias", place="cell"),
        ),
        output=output,
        check=check,
        lacks=_lacks,
        call_options=CALL_OPTIONS,
        call_tensors=RECURRENT_CALL,
        from_keras2=_states,
    )


SPECS = tuple(_conv_lstm(axes) for axes in (1, 2, 3))
