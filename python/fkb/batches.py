"""Samples of a training as the library takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import Arrays, Network
from .errors import EngineError
from .graph import Array
from .library import native


def batch_arrays(
    net: Network, x: Arrays, y: Arrays, sample_weight: Any
) -> tuple[list[Array], list[Array], list[Array]]:
    """Return inputs, targets and sample weights as lists of arrays.

    Raises:
        EngineError: they are not as many as the network has, or differ in length.
    """
    inputs = net.inputs_of(x)
    dtype = np.result_type(*inputs).name
    targets = [native(array, dtype) for array in net.by_position(y, outputs=True)]
    if len(targets) != net.n_outputs:
        given = len(targets)
        raise EngineError(f"the network has {net.n_outputs} outputs, {given} are given")
    weights: list[Array] = []
    if sample_weight is not None:
        given_weights = net.by_position(sample_weight, outputs=True)
        weights = [native(array, dtype) for array in given_weights] * (
            net.n_outputs if len(given_weights) == 1 else 1
        )
    for array in (*targets, *weights):
        if array.ndim == 0 or len(array) != len(inputs[0]):
            shape = array.shape
            raise EngineError(f"{len(inputs[0])} samples are expected, there is {shape}")
    return inputs, targets, weights
