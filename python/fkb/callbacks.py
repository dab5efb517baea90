"""What is to happen during `Trainer.fit`: callbacks with Keras's names and meaning.

Those of the library are descriptions that the engine carries out. A callback of your own extends
`Callback` and overrides its methods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .trainer import Trainer

Logs = dict[str, float]


class Callback:
    """Override what you need. Epochs and batches count from 0, as in Keras.

    `trainer` is set before the training; set `trainer.stop_training` to end it.
    """

    trainer: Trainer

    def on_train_begin(self) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Before an epoch."""

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """After a step; the logs are means of the epoch so far."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation."""

    def on_train_end(self, logs: Logs) -> None:
        """After the last epoch."""


@dataclass
class LearningRateScheduler(Callback):
    """Set the learning rate of each epoch.

    Args:
        schedule: takes the epoch, from 0, and the learning rate, and returns the new one.
    """

    schedule: Callable[[int, float], float]

    def on_epoch_begin(self, epoch: int) -> None:
        """Set the learning rate."""
        self.trainer.learning_rate = self.schedule(epoch, self.trainer.learning_rate)


@dataclass
class EngineCallback:
    """A callback that the engine carries out; the fields are those of Keras."""

    def config(self) -> dict[str, Any]:
        """Return the callback as the engine takes it."""
        options = {
            name: fspath(value) if isinstance(value, PathLike) else value
            for name, value in asdict(self).items()
        }
        return {"class_name": type(self).__name__, "config": options}


@dataclass
class EarlyStopping(EngineCallback):
    """End a training that gets no better. See Keras's class."""

    monitor: str = "val_loss"
    min_delta: float = 0.0
    patience: int = 0
    mode: str = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = 0


@dataclass
class ReduceLROnPlateau(EngineCallback):
    """Lower the learning rate when nothing gets better. See Keras's class."""

    monitor: str = "val_loss"
    factor: float = 0.1
    patience: int = 10
    mode: str = "auto"
    min_delta: float = 1e-4
    cooldown: int = 0
    min_lr: float = 0.0


@dataclass
class ModelCheckpoint(EngineCallback):
    """Write model files, which `fkb.load` reads. See Keras's class.

    Args:
        filepath: may have fields such as `{epoch:02d}` and `{val_loss:.4f}`.
    """

    filepath: str | PathLike[str]
    monitor: str = "val_loss"
    save_best_only: bool = False
    mode: str = "auto"
    save_freq: str | int = "epoch"
    initial_value_threshold: float | None = None


@dataclass
class CSVLogger(EngineCallback):
    """Write a table of all logs. See Keras's class."""

    filename: str | PathLike[str]
    separator: str = ","
    append: bool = False


@dataclass
class TerminateOnNaN(EngineCallback):
    """End the training at a loss that is not finite; the weights before it stay."""


@dataclass
class History:
    """The logs of all epochs, as Keras's class.

    Attributes:
        epoch: the numbers of the epochs, from 0.
        history: for each name its numbers, one for each epoch that has it.
    """

    epoch: list[int] = field(default_factory=list)
    history: dict[str, list[float]] = field(default_factory=dict)

    def add(self, epoch: int, logs: Logs) -> None:
        """Add the logs of an epoch."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def __iter__(self) -> Any:
        """Iterate over the mean losses of the epochs."""
        return iter(self.history.get("loss", []))

    def __len__(self) -> int:
        """Return the number of epochs."""
        return len(self.epoch)

    def __getitem__(self, index: int) -> float:
        """Return the mean loss of an epoch."""
        return self.history["loss"][index]
