"""What the library tells during a training, for Python's callbacks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from .callbacks import Callback, History, Logs
from .graph import Array
from .library import CALLBACK, CSamples, c_arrays

if TYPE_CHECKING:
    from .trainer import Trainer

_TRAIN_BEGIN, _EPOCH_BEGIN, _BATCH_END, _EPOCH_END, _TRAIN_END, _RESULT = range(6)


class Samples:
    """Arrays as the library takes them; they live as long as this object."""

    def __init__(self, inputs: list[Array], targets: list[Array], weights: list[Array]) -> None:
        self._kept = (inputs, targets, weights)
        self.described = CSamples()
        self.described.n_inputs = len(inputs)
        self.described.n_outputs = len(targets)
        self.described.inputs = c_arrays(inputs)
        self.described.targets = c_arrays(targets)
        if weights:
            self.described.weights = c_arrays(weights)


class Listener:
    """Hands on what the library tells, and keeps the logs of all epochs."""

    def __init__(
        self,
        trainer: Trainer,
        callbacks: Sequence[Callback],
        epochs: int,
        progress: TextIO | None,
    ) -> None:
        self.history = History()
        self.logs: Logs = {}
        self.failure: BaseException | None = None
        self.function = CALLBACK(self._listen)
        self._trainer = trainer
        self._callbacks = callbacks
        self._epochs = epochs
        self._progress = progress
        self._began = time.monotonic()

    def _listen(
        self, _: Any, event: int, epoch: int, batch: int, count: int, names: Any, values: Any
    ) -> int:
        """Return 0 to go on, 1 to stop, -1 after an exception."""
        try:
            self.logs = {names[i].decode(): values[i] for i in range(count)}
            self._hand_on(event, epoch - 1, batch - 1)
        except BaseException as failure:  # it must not leave through the library
            self.failure = failure
            return -1
        return int(self._trainer.stop_training)

    def _hand_on(self, event: int, epoch: int, batch: int) -> None:
        if event == _TRAIN_BEGIN:
            self._trainer.stop_training = False
        for callback in self._callbacks:
            if event == _TRAIN_BEGIN:
                callback.trainer = self._trainer
                callback.on_train_begin()
            elif event == _EPOCH_BEGIN:
                callback.on_epoch_begin(epoch)
            elif event == _BATCH_END:
                callback.on_batch_end(batch, self.logs)
            elif event == _EPOCH_END:
                callback.on_epoch_end(epoch, self.logs)
            elif event == _TRAIN_END:
                callback.on_train_end(self.logs)
        if event == _EPOCH_END:
            self.history.add(epoch, self.logs)
            self._write_line(epoch)

    def _write_line(self, epoch: int) -> None:
        if self._progress is None:
            return
        passed = time.monotonic() - self._began
        left = passed / len(self.history) * (self._epochs - epoch - 1)
        logs = " - ".join(f"{name}: {value:.4g}" for name, value in self.logs.items())
        print(
            f"epoch {epoch + 1}/{self._epochs} - {passed:.1f}s - {logs} - {left:.1f}s left",
            file=self._progress,
            flush=True,
        )
