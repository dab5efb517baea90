"""Training with the Fortran library in Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import text_json
from .engine import Arrays, Network
from .errors import EngineError
from .graph import Array
from .library import (
    CError,
    byref,
    c_arrays,
    c_double,
    c_void_p,
    check,
    doubles,
    library,
    native,
)


class Trainer:
    """Trains a network in place.

    Args:
        net: the network.
        loss: a loss as in a Keras configuration: a name, or a dict with `class_name` and
            `config`; by default that of the model file.
        optimizer: likewise; by default that of the model file, with its state.

    Raises:
        EngineError: the file has none, or it is not one that the library knows.
    """

    def __init__(self, net: Network, loss: Any = None, optimizer: Any = None) -> None:
        self._handle: c_void_p | None = None
        self.net = net
        self._library = library()
        handle, error = c_void_p(), CError()
        code = self._library.fkb_trainer_new(
            net.handle, _as_json(loss), _as_json(optimizer), byref(handle), byref(error)
        )
        check(code, error)
        self._handle = handle
        net.trainer = self

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; the network stays."""
        if getattr(self, "_handle", None) is not None and self.net.is_open:
            self._library.fkb_trainer_free(self._handle)
        self._handle = None

    @property
    def handle(self) -> c_void_p:
        """The library's handle."""
        if self._handle is None:
            raise EngineError("the trainer is closed")
        return self._handle

    def step(self, x: Arrays, y: Arrays, sample_weight: Arrays = None) -> float:
        """Train on one batch and return its loss.

        Args:
            x: inputs as for `Network.predict`.
            y: targets.
            sample_weight: one weight for each sample, or one such array for each output.
        """
        inputs, targets, weights = self._batch(x, y, sample_weight)
        loss, error = c_double(), CError()
        code = self._library.fkb_trainer_step(
            self.handle,
            len(inputs),
            c_arrays(inputs),
            len(targets),
            c_arrays(targets),
            c_arrays(weights) if weights else None,
            byref(loss),
            byref(error),
        )
        check(code, error)
        return loss.value

    def gradient(self, x: Arrays, y: Arrays, sample_weight: Arrays = None) -> tuple[float, Array]:
        """Return the loss of a batch and its gradient; nothing is changed.

        Args:
            x: inputs as for `Network.predict`.
            y: targets.
            sample_weight: one weight for each sample, or one such array for each output.

        Returns:
            The loss, and a vector with one value for each weight, in the order of `Network.params`.
        """
        inputs, targets, weights = self._batch(x, y, sample_weight)
        vector = np.zeros(self.net.n_params)
        loss, error = c_double(), CError()
        code = self._library.fkb_trainer_gradient(
            self.handle,
            len(inputs),
            c_arrays(inputs),
            len(targets),
            c_arrays(targets),
            c_arrays(weights) if weights else None,
            byref(loss),
            vector.size,
            doubles(vector),
            byref(error),
        )
        check(code, error)
        return loss.value, vector

    def apply(self, gradient: Array) -> None:
        """Make one step from a gradient of any origin.

        Args:
            gradient: one value for each weight, in the order of `Network.params`.
        """
        vector = np.ascontiguousarray(gradient, np.float64).reshape(-1)
        error = CError()
        code = self._library.fkb_trainer_apply(
            self.handle, vector.size, doubles(vector), byref(error)
        )
        check(code, error)

    def finish(self) -> None:
        """Let averages of the weights (`use_ema`) become the weights, as `fit` does at its end."""
        self._library.fkb_trainer_finish(self.handle)

    def fit(
        self,
        x: Arrays,
        y: Arrays,
        *,
        epochs: int = 1,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int = 0,
        sample_weight: Arrays = None,
    ) -> list[float]:
        """Train for several epochs and return the mean loss of each.

        Args:
            x: inputs as for `Network.predict`.
            y: targets.
            epochs: how often all samples are used.
            batch_size: samples of a step.
            shuffle: whether each epoch takes the samples in a new order.
            seed: of the order and the noise.
            sample_weight: one weight for each sample, or one such array for each output.
        """
        inputs, targets, weights = self._batch(x, y, sample_weight)
        history, error = np.zeros(max(epochs, 1)), CError()
        code = self._library.fkb_trainer_fit(
            self.handle,
            len(inputs),
            c_arrays(inputs),
            len(targets),
            c_arrays(targets),
            c_arrays(weights) if weights else None,
            epochs,
            batch_size,
            int(shuffle),
            seed,
            doubles(history),
            byref(error),
        )
        check(code, error)
        return [float(loss) for loss in history[:epochs]]

    def reset_state(self) -> None:
        """Let stateful layers begin anew with zeros; they go on from step to step otherwise."""
        self._library.fkb_trainer_reset(self.handle)

    def store(self) -> None:
        """Put the optimizer's state into the network; `Network.save` does it by itself."""
        error = CError()
        check(self._library.fkb_trainer_store(self.handle, byref(error)), error)

    def _batch(
        self, x: Arrays, y: Arrays, sample_weight: Arrays
    ) -> tuple[list[Array], list[Array], list[Array]]:
        inputs = self.net.inputs_of(x)
        dtype = np.result_type(*inputs).name
        targets = [native(array, dtype) for array in self.net.by_position(y, outputs=True)]
        if len(targets) != self.net.n_outputs:
            given = len(targets)
            raise EngineError(f"the network has {self.net.n_outputs} outputs, {given} are given")
        weights: list[Array] = []
        if sample_weight is not None:
            given_weights = self.net.by_position(sample_weight, outputs=True)
            weights = [native(array, dtype) for array in given_weights] * (
                self.net.n_outputs if len(given_weights) == 1 else 1
            )
        for array in (*targets, *weights):
            if array.ndim == 0 or len(array) != len(inputs[0]):
                shape = array.shape
                raise EngineError(f"{len(inputs[0])} samples are expected, there is {shape}")
        return inputs, targets, weights


def _as_json(value: Any) -> bytes | None:
    return None if value is None else text_json.dumps(value).encode("utf-8")
