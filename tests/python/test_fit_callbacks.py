"""Callbacks of `fit` against those of Keras, and callbacks of one's own in Python."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import fkb
import needs
import pytest
from fkb import callbacks
from test_fit import (
    TOLERANCE,
    converted,
    kind,
    numbers,
    regression,
    same_logs,
    same_weights,
    small,
)

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine
__all__ = ["kind"]


STOPPING: dict[str, dict[str, Any]] = {
    "patience": {"patience": 2},
    "restored": {"patience": 3, "restore_best_weights": True},
    "threshold": {"patience": 1, "min_delta": 0.02, "restore_best_weights": True},
    "baseline": {"patience": 3, "baseline": 0.2, "restore_best_weights": True},
    "late": {"patience": 1, "start_from_epoch": 6},
    "metric": {"monitor": "val_mae", "mode": "min", "patience": 2},
    "wrong way": {"monitor": "mae", "mode": "max", "patience": 4, "restore_best_weights": True},
}


@pytest.mark.parametrize("name", STOPPING)
def test_early_stopping_is_that_of_keras(name: str, kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 8, 40)
    xv, yv = numbers(kind, 9, 40)
    model = regression(keras.optimizers.Adam(0.03))
    net = converted(model, tmp_path)
    options = {"batch_size": 16, "epochs": 25, "shuffle": False, "validation_data": (xv, yv)}
    mine = fkb.Trainer(net).fit(
        x, y, callbacks=[callbacks.EarlyStopping(**STOPPING[name])], **options
    )
    theirs = model.fit(
        x, y, verbose=0, callbacks=[keras.callbacks.EarlyStopping(**STOPPING[name])], **options
    )
    assert mine.epoch == theirs.epoch
    assert len(mine.epoch) < 25
    same_logs(mine.history, theirs.history, kind)
    same_weights(net, model, kind)


PLATEAUS: dict[str, dict[str, Any]] = {
    "default": {"patience": 1},
    "cooldown": {"patience": 1, "cooldown": 2, "factor": 0.5},
    "floor": {"patience": 1, "factor": 0.3, "min_lr": 0.004},
    "loss": {"monitor": "loss", "patience": 1, "min_delta": 0.2, "factor": 0.7},
}


@pytest.mark.parametrize("name", PLATEAUS)
def test_learning_rates_on_plateaus_are_those_of_keras(
    name: str, kind: str, tmp_path: Path
) -> None:
    x, y = numbers(kind, 10, 40)
    xv, yv = numbers(kind, 11, 40)
    model = regression(keras.optimizers.Adam(0.03))
    net = converted(model, tmp_path)
    options = {"batch_size": 16, "epochs": 12, "shuffle": False, "validation_data": (xv, yv)}
    mine = fkb.Trainer(net).fit(
        x, y, callbacks=[callbacks.ReduceLROnPlateau(**PLATEAUS[name])], **options
    )
    theirs = model.fit(
        x, y, verbose=0, callbacks=[keras.callbacks.ReduceLROnPlateau(**PLATEAUS[name])], **options
    )
    rates = mine.history["learning_rate"]
    assert rates == theirs.history["learning_rate"]
    assert rates[-1] < rates[0]
    same_logs(mine.history, theirs.history, kind)


def test_scheduled_learning_rates_are_those_of_keras(kind: str, tmp_path: Path) -> None:
    def schedule(epoch: int, rate: float) -> float:
        return rate if epoch < 2 else rate * 0.83

    x, y = numbers(kind, 12)
    model = regression(keras.optimizers.SGD(0.03))
    net = converted(model, tmp_path)
    options = {"batch_size": 16, "epochs": 5, "shuffle": False}
    mine = fkb.Trainer(net).fit(
        x, y, callbacks=[callbacks.LearningRateScheduler(schedule)], **options
    )
    theirs = model.fit(
        x, y, verbose=0, callbacks=[keras.callbacks.LearningRateScheduler(schedule)], **options
    )
    assert mine.history["learning_rate"] == theirs.history["learning_rate"]
    same_logs(mine.history, theirs.history, kind)
    same_weights(net, model, kind)


@pytest.mark.parametrize("validated", [True, False])
def test_the_table_is_that_of_keras(validated: bool, kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 13)
    model = regression(keras.optimizers.SGD(0.03))
    net = converted(model, tmp_path)
    options: dict[str, Any] = {"batch_size": 16, "epochs": 3, "shuffle": False}
    if validated:
        options["validation_split"] = 0.3
    fkb.Trainer(net).fit(x, y, callbacks=[callbacks.CSVLogger(tmp_path / "mine.csv")], **options)
    model.fit(x, y, verbose=0, callbacks=[keras.callbacks.CSVLogger(tmp_path / "k.csv")], **options)
    tables = []
    for name in ("mine.csv", "k.csv"):
        with (tmp_path / name).open(newline="") as file:
            tables.append(list(csv.reader(file)))
    mine, theirs = tables
    assert mine[0] == theirs[0]
    assert [row[0] for row in mine] == [row[0] for row in theirs]
    for row, wanted in zip(mine[1:], theirs[1:], strict=True):
        for value, number in zip(row, wanted, strict=True):
            assert (value == "NA") == (number == "NA")
            if number != "NA":
                assert float(value) == pytest.approx(float(number), rel=TOLERANCE[kind])


def test_checkpoints_are_made_when_keras_makes_them(kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 14)
    model = regression(keras.optimizers.Adam(0.03))
    net = converted(model, tmp_path)
    options = {"batch_size": 16, "epochs": 8, "shuffle": False, "validation_split": 0.3}
    name = "best_{epoch:02d}_{val_loss:.3f}"
    fkb.Trainer(net).fit(
        x,
        y,
        callbacks=[callbacks.ModelCheckpoint(tmp_path / f"{name}.fkb", save_best_only=True)],
        **options,
    )
    theirs = keras.callbacks.ModelCheckpoint(str(tmp_path / f"{name}.keras"), save_best_only=True)
    model.fit(x, y, verbose=0, callbacks=[theirs], **options)
    mine_files = sorted(path.stem for path in tmp_path.glob("best_*.fkb"))
    assert mine_files == sorted(path.stem for path in tmp_path.glob("best_*.keras"))
    assert 1 < len(mine_files) <= 8
    last = mine_files[-1]
    saved = keras.saving.load_model(tmp_path / f"{last}.keras")
    loaded = fkb.load(tmp_path / f"{last}.fkb")
    same_weights(loaded, saved, kind)
    fkb.export(tmp_path / f"{last}.fkb", tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras")
    assert int(again.optimizer.iterations.numpy()) == int(saved.optimizer.iterations.numpy())


class Diary(callbacks.Callback):
    """Writes down what it is told."""

    def __init__(self, stop_after: int = -1) -> None:
        self.lines: list[str] = []
        self.stop_after = stop_after

    def on_train_begin(self) -> None:
        self.lines.append("begin")

    def on_epoch_begin(self, epoch: int) -> None:
        self.lines.append(f"epoch {epoch}")

    def on_batch_end(self, batch: int, logs: callbacks.Logs) -> None:
        assert "loss" in logs
        self.lines.append(f"batch {batch}")
        self.trainer.stop_training = batch == self.stop_after

    def on_epoch_end(self, epoch: int, logs: callbacks.Logs) -> None:
        logs["mine"] = 2.5
        self.lines.append(f"end {epoch}")

    def on_train_end(self, logs: callbacks.Logs) -> None:
        self.lines.append("end")


def test_a_callback_of_python_is_told_everything(tmp_path: Path) -> None:
    trainer, x, y = small(tmp_path)
    diary = Diary()
    history = trainer.fit(x, y, epochs=2, batch_size=40, callbacks=[diary])
    epochs = [
        ["epoch 0", "batch 0", "batch 1", "end 0"],
        ["epoch 1", "batch 0", "batch 1", "end 1"],
    ]
    assert diary.lines == ["begin", *epochs[0], *epochs[1], "end"]
    assert history.history["mine"] == [2.5, 2.5]
    assert list(history) == history.history["loss"]
    stopped = Diary(stop_after=0)
    assert len(trainer.fit(x, y, epochs=2, batch_size=40, callbacks=[stopped])) == 1
    assert stopped.lines == ["begin", "epoch 0", "batch 0", "end 0", "end"]


def test_an_exception_of_a_callback_comes_out(tmp_path: Path) -> None:
    class Broken(callbacks.Callback):
        def on_batch_end(self, batch: int, logs: callbacks.Logs) -> None:
            raise KeyError("lost")

    trainer, x, y = small(tmp_path)
    with pytest.raises(KeyError, match="lost"):
        trainer.fit(x, y, callbacks=[Broken()])
    trainer.fit(x, y)
