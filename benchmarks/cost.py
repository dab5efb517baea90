"""The least that a model asks of a processor: operations and bytes.

Operations are those of the direct sums, a multiply-add being two, so that an algorithm with fewer
(Winograd) can exceed the limit. A tanh, sigmoid, exponential counts as 20, which is about what the
polynomials of good libraries take. BatchNormalization, dropout and reshaping can vanish in
inference and count as nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

CURVE = 20
_ACTIVATIONS = {"linear": 0, "relu": 1, "leaky_relu": 2}
# Forward, gradient of the inputs, gradient of the weights.
TRAINING_FLOPS = 3
# Weights are read by both sweeps, gradients written; Adam reads weight, gradient and two moments
# and writes three of them.
TRAINING_PASSES = 10
REAL32 = 4


@dataclass(frozen=True)
class Cost:
    """Operations of one sample's forward pass, the number of weights, of values in and out."""

    flops: float
    weights: int
    values: int

    def total(self, task: str, batch: int) -> tuple[float, float]:
        """Return the operations and bytes of one call."""
        if task == "train":
            sizes = TRAINING_PASSES * self.weights + self.values * batch
            return TRAINING_FLOPS * self.flops * batch, float(REAL32 * sizes)
        return self.flops * batch, float(REAL32 * (self.weights + self.values * batch))


def _closed(shape: Sequence[int | None], steps: int) -> tuple[int, ...]:
    """A shape without its batch; what is open is a number of time steps."""
    return tuple(steps if size is None else int(size) for size in shape[1:])


def _activation(layer: Any) -> int:
    function = getattr(layer, "activation", None)
    return _ACTIVATIONS.get(getattr(function, "__name__", "linear"), CURVE)


def _recurrent(layer: Any, steps: int, points: int, inputs: int, taps: int, gates: int) -> float:
    """A recurrent layer; the product with a zero state at the start needs no arithmetic."""
    units = getattr(layer, "units", None) or layer.filters
    wide = 2 * points * gates * units * taps
    stateful = bool(getattr(layer, "stateful", False)) or len(layer.input_list) > 1
    products = wide * (steps * inputs + (steps - (0 if stateful else 1)) * units)
    curves = gates + (1 if gates == 4 else 0)
    return float(products + steps * points * units * (curves * CURVE + 2 * gates))


def layer_flops(layer: Any, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> float:
    """Return the operations of a Keras layer for one sample."""
    kind = type(layer).__name__
    values = prod(outputs)
    if kind in ("Dense", "Conv2D", "Conv3D"):
        kernel = layer.kernel.shape
        return float(values * (2 * prod(kernel[:-1]) + 1 + _activation(layer)))
    if kind in ("LSTM", "GRU"):
        return _recurrent(layer, inputs[0], 1, inputs[-1], 1, 4 if kind == "LSTM" else 3)
    if kind == "ConvLSTM2D":
        taps = prod(layer.kernel_size)
        return _recurrent(layer, inputs[0], inputs[1] * inputs[2], inputs[-1], taps, 4)
    if kind == "MultiHeadAttention":
        tokens, wide = inputs[-2], layer.num_heads * layer.key_dim
        products = 8 * tokens * inputs[-1] * wide + 4 * tokens * tokens * wide
        return float(products + layer.num_heads * tokens * tokens * CURVE)
    if kind == "MaxPooling2D":
        return float(values * prod(layer.pool_size))
    if kind == "GlobalAveragePooling2D":
        return float(prod(inputs))
    simple: dict[str, Callable[[], int]] = {
        "Activation": lambda: _activation(layer),
        "LeakyReLU": lambda: 2,
        "Add": lambda: 1,
    }
    return float(values * simple.get(kind, lambda: 0)())


def cost(model: Any, steps: int) -> Cost:
    """Return what one sample of a Keras model costs; `steps` closes open dimensions."""
    flops = 0.0
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer":
            continue
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        made = layer.output if isinstance(layer.output, list) else [layer.output]
        layer.input_list = given
        first = made[0]
        flops += layer_flops(layer, _closed(given[0].shape, steps), _closed(first.shape, steps))
    ends = [*model.inputs, *model.outputs]
    values = sum(prod(_closed(end.shape, steps)) for end in ends)
    return Cost(flops, int(model.count_params()), values)
