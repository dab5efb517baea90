"""The models of the tests: one per layer and option, and graphs of every shape.

The cases stand in `zoo_<family>`; importing a family adds its cases.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import zoo_attention  # noqa: F401
import zoo_conv_recurrent  # noqa: F401
import zoo_convolution  # noqa: F401
import zoo_dense  # noqa: F401
import zoo_encoding  # noqa: F401
import zoo_masks  # noqa: F401
import zoo_nested_masks  # noqa: F401
import zoo_operation  # noqa: F401
import zoo_pooling  # noqa: F401
import zoo_recurrent  # noqa: F401
import zoo_resampling  # noqa: F401
import zoo_scaling  # noqa: F401
import zoo_spectrogram  # noqa: F401
import zoo_wrappers  # noqa: F401
from zoo_cases import BOTH, CASES, KERAS2, KERAS3, Case

__all__ = ["BOTH", "CASES", "KERAS2", "KERAS3", "Case", "cases", "fill", "inputs_of", "outputs_of"]


def cases(major: int) -> list[Case]:
    """Return the cases that a major version of Keras can make."""
    return [case for case in CASES if major in case.majors]


def fill(model: Any, seed: int) -> Any:
    """Give a model random weights; statistics get values that they may have."""
    random = np.random.default_rng(seed)
    values = []
    for variable in model.weights:
        name = variable.name.split("/")[-1].split(":")[0]
        shape = tuple(variable.shape)
        value = random.standard_normal(shape)
        if name in ("moving_variance", "variance"):
            value = random.uniform(0.5, 2.0, shape)
        if name == "count":
            value = np.asarray(17)
        values.append(value.astype(str(np.dtype(getattr(variable.dtype, "name", variable.dtype)))))
    model.set_weights(values)
    finish(model)
    return model


def finish(model: Any) -> None:
    """Let Normalization layers take their new statistics."""
    for inner in model.layers:
        if hasattr(inner, "layers"):
            finish(inner)
        if hasattr(inner, "finalize_state"):
            inner.finalize_state()


def inputs_of(model: Any, seed: int, batch: int = 4) -> Any:
    """Return a random batch in the structure that the model takes."""
    random = np.random.default_rng(seed)

    def array(tensor: Any) -> Any:
        shape = (batch, *(2 if n is None else int(n) for n in tensor.shape[1:]))
        dtype = getattr(tensor.dtype, "name", tensor.dtype)
        if str(dtype).startswith("int"):
            return random.integers(0, 7, shape).astype(dtype)
        if str(dtype) == "bool":
            mask = random.integers(0, 2, shape).astype(bool)
            mask[..., 0] = True  # no row is masked as a whole
            return mask
        return random.standard_normal(shape).astype(dtype)

    inputs = model.inputs[0] if type(model).__name__ == "Sequential" else model.input
    if isinstance(inputs, dict):
        return {key: array(inputs[key]) for key in sorted(inputs)}
    if isinstance(inputs, (list, tuple)):
        return [array(tensor) for tensor in inputs]
    return array(inputs)


def outputs_of(model: Any, inputs: Any) -> list[Any]:
    """Return what a model gives in inference, flat, in Keras's order."""
    result = model(inputs, training=False)
    if isinstance(result, dict):
        result = [result[key] for key in sorted(result)]
    return [
        np.asarray(item) for item in (result if isinstance(result, (list, tuple)) else [result])
    ]
