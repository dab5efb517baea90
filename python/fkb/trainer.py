"""Training with the Fortran library in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import numpy as np

from . import text_json
from .batches import batch_arrays
from .callbacks import Callback, EngineCallback, History, LearningRateScheduler
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
)
from .listener import Listener, Samples
from .search import Minimum, minimize


class Trainer:
    """Trains a network in place.

    Args:
        net: the network.
        loss: a loss as in a Keras configuration: a name, or a dict with `class_name` and
            `config`; by default that of the model file.
        optimizer: likewise; by default that of the model file, with its state.
        metrics: of `fit` and `evaluate`, names or dicts as in a Keras configuration; by default
            those that the model was compiled with, `[]` for none.
        weighted_metrics: likewise; sample weights count.

    Raises:
        EngineError: the file has none, or it is not one that the library knows.
    """

    def __init__(
        self,
        net: Network,
        loss: Any = None,
        optimizer: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        self._handle: c_void_p | None = None
        self._metrics = (metrics, weighted_metrics)
        self._measures = False
        self.stop_training = False
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
        return self._pass(self._library.fkb_trainer_step, x, y, sample_weight)

    def gradient(self, x: Arrays, y: Arrays, sample_weight: Arrays = None) -> tuple[float, Array]:
        """Return the loss of a batch and its gradient; nothing is changed.

        Args:
            x: inputs as for `Network.predict`.
            y: targets.
            sample_weight: one weight for each sample, or one such array for each output.

        Returns:
            The loss, and a vector with one value for each weight, in the order of `Network.params`.
        """
        vector = np.zeros(self.net.n_params)
        loss = self._pass(
            self._library.fkb_trainer_gradient, x, y, sample_weight, vector.size, doubles(vector)
        )
        return loss, vector

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
        class_weight: Mapping[int, float] | None = None,
        callbacks: Sequence[Callback | EngineCallback] = (),
        validation_split: float = 0.0,
        validation_data: tuple[Any, ...] | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
        progress: TextIO | None = None,
    ) -> History:
        """Train for several epochs, as Keras does.

        Args:
            x: inputs as for `Network.predict`.
            y: targets.
            epochs: number of the last epoch.
            batch_size: samples of a step; the last batch may be smaller.
            shuffle: whether each epoch takes the samples in a new order.
            seed: of the order and the noise.
            sample_weight: one weight for each sample, or one such array for each output.
            class_weight: weights of classes in place of sample weights; targets are labels, or
                one-hot. Classes that are not named have the weight 1.
            callbacks: of `fkb.callbacks`, or your own. Those of the engine come first.
            validation_split: share of the samples, the last ones, that are for validation.
            validation_data: inputs and targets, and weights if wanted.
            initial_epoch: epochs that count as done.
            steps_per_epoch: batches of an epoch, by default all.
            validation_steps: batches of a validation, by default all.
            validation_batch_size: by default `batch_size`.
            validation_freq: epochs from one validation to the next.
            progress: where to write a line for each epoch, such as `sys.stdout`.

        Returns:
            The logs of all epochs; as a sequence, the mean losses.
        """
        self._load_metrics()
        mine = [callback for callback in callbacks if isinstance(callback, Callback)]
        options = {
            "epochs": epochs,
            "batch_size": batch_size,
            "shuffle": bool(shuffle),
            "seed": seed,
            "initial_epoch": initial_epoch,
            "steps_per_epoch": steps_per_epoch or 0,
            "validation_split": 0.0 if validation_data is not None else float(validation_split),
            "validation_batch_size": validation_batch_size or 0,
            "validation_steps": validation_steps or 0,
            "validation_freq": validation_freq,
            "logs_learning_rate": any(isinstance(c, LearningRateScheduler) for c in mine),
            "callbacks": [c.config() for c in callbacks if isinstance(c, EngineCallback)],
        }
        if class_weight is not None:
            sample_weight = self._class_weights(y, class_weight, sample_weight)
        samples = Samples(*batch_arrays(self.net, x, y, sample_weight))
        late = None
        if validation_data is not None:
            weights = validation_data[2] if len(validation_data) > 2 else None
            late = Samples(*batch_arrays(self.net, validation_data[0], validation_data[1], weights))
        listener = Listener(self, mine, epochs, progress)
        error = CError()
        code = self._library.fkb_trainer_train(
            self.handle,
            byref(samples.described),
            None if late is None else byref(late.described),
            _as_json(options),
            listener.function,
            None,
            byref(error),
        )
        if listener.failure is not None:
            raise listener.failure
        check(code, error)
        return listener.history

    def minimize(
        self,
        x: Arrays,
        y: Arrays,
        *,
        sample_weight: Arrays = None,
        history: int = 10,
        max_iterations: int = 100,
        max_evaluations: int = 25,
        gradient_tolerance: float = 1e-5,
        resume: bool = False,
    ) -> Minimum:
        """Search a minimum of the loss over all samples with L-BFGS; the optimizer stays.

        Args:
            x: inputs as for `Network.predict`.
            y: targets.
            sample_weight: one weight for each sample, or one such array for each output.
            history: steps that are remembered.
            max_iterations: steps of this call.
            max_evaluations: of the loss, in the line search of one step.
            gradient_tolerance: it ends where no gradient is larger.
            resume: go on with the search of the call before, with the same bits.
        """
        options = {
            "history": history,
            "max_iterations": max_iterations,
            "max_evaluations": max_evaluations,
            "gradient_tolerance": gradient_tolerance,
            "resume": resume,
        }
        return minimize(self, Samples(*batch_arrays(self.net, x, y, sample_weight)), options)

    def evaluate(
        self,
        x: Arrays,
        y: Arrays,
        *,
        batch_size: int = 32,
        sample_weight: Arrays = None,
        steps: int | None = None,
    ) -> dict[str, float]:
        """Return loss and metrics as in inference, averaged over batches as Keras does.

        Args:
            x: inputs as for `Network.predict`.
            y: targets.
            batch_size: samples of a batch; the last one may be smaller.
            sample_weight: one weight for each sample, or one such array for each output.
            steps: batches, by default all.
        """
        self._load_metrics()
        samples = Samples(*batch_arrays(self.net, x, y, sample_weight))
        listener = Listener(self, [], 0, None)
        loss, error = c_double(), CError()
        code = self._library.fkb_trainer_evaluate(
            self.handle,
            byref(samples.described),
            batch_size,
            steps or 0,
            listener.function,
            None,
            byref(loss),
            byref(error),
        )
        check(code, error)
        return listener.logs

    @property
    def learning_rate(self) -> float:
        """The learning rate; it may be set between steps."""
        return float(self._library.fkb_trainer_rate(self.handle))

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        error = CError()
        check(self._library.fkb_trainer_set_rate(self.handle, float(rate), byref(error)), error)

    def _class_weights(
        self, y: Arrays, class_weight: Mapping[int, float], sample_weight: Arrays
    ) -> Array:
        """Return the sample weights that Keras makes of class weights."""
        if sample_weight is not None:
            raise EngineError("class_weight and sample_weight cannot be given together")
        targets = self.net.by_position(y, outputs=True)
        if len(targets) != 1:
            raise EngineError("class_weight is for networks with one output")
        labels = np.asarray(targets[0])
        if labels.ndim > 1:
            labels = labels[..., 0] if labels.shape[-1] == 1 else np.argmax(labels, axis=-1)
        if labels.ndim != 1:
            raise EngineError("class_weight is for targets with one class for each sample")
        classes = np.round(labels).astype(int)
        return np.array([class_weight.get(int(label), 1.0) for label in classes])

    def _load_metrics(self) -> None:
        """Make the metrics, once; by default those that the file names."""
        if self._measures:
            return
        error = CError()
        given = [None if value is None else _as_json(value) for value in self._metrics]
        if any(given):
            given = [value or b"" for value in given]
        check(self._library.fkb_trainer_metrics(self.handle, *given, byref(error)), error)
        self._measures = True

    def reset_state(self) -> None:
        """Let stateful layers begin anew with zeros; they go on from step to step otherwise."""
        self._library.fkb_trainer_reset(self.handle)

    def store(self) -> None:
        """Put the optimizer's state into the network; `Network.save` does it by itself."""
        error = CError()
        check(self._library.fkb_trainer_store(self.handle, byref(error)), error)

    def _pass(
        self, function: Any, x: Arrays, y: Arrays, sample_weight: Arrays, *results: Any
    ) -> float:
        """Hand a batch to a function of the library, and return its loss."""
        inputs, targets, weights = batch_arrays(self.net, x, y, sample_weight)
        loss, error = c_double(), CError()
        code = function(
            self.handle,
            len(inputs),
            c_arrays(inputs),
            len(targets),
            c_arrays(targets),
            c_arrays(weights) if weights else None,
            byref(loss),
            *results,
            byref(error),
        )
        check(code, error)
        return loss.value


def _as_json(value: Any) -> bytes | None:
    return None if value is None else text_json.dumps(value).encode("utf-8")
