"""Several epochs of training, evaluation and callbacks against Keras, from the same files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb import callbacks

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine

# Relative, of logged numbers, and of each weight array's scale.
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


@pytest.fixture(params=["float32", "float64"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    keras.config.set_floatx(request.param)
    keras.config.set_dtype_policy(request.param)
    keras.utils.set_random_seed(3)
    yield str(request.param)
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def numbers(kind: str, seed: int, n: int = 77) -> tuple[Any, Any]:
    """Inputs and targets that a network can learn; no batch size divides 77 but 7 and 11."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((n, 5)).astype(kind)
    return x, np.sin(x @ generator.standard_normal((5, 2))).astype(kind)


def regression(optimizer: Any, **options: Any) -> Any:
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(
                9, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01)
            ),
            keras.layers.Dense(8, use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.Dense(2),
        ]
    )
    options.setdefault("metrics", ["mae"])
    model.compile(optimizer, "mse", jit_compile=False, **options)
    return model


def two_headed(optimizer: Any) -> Any:
    x = keras.Input((5,))
    h = keras.layers.Dense(7, activation="tanh", name="hidden")(x)
    classes = keras.layers.Dense(3, activation="softmax", name="classes")(h)
    values = keras.layers.Dense(2, name="values")(h)
    model = keras.Model(x, [classes, values])
    model.compile(
        optimizer,
        {"classes": "sparse_categorical_crossentropy", "values": "mse"},
        loss_weights={"classes": 0.5, "values": 2.0},
        metrics={"classes": ["accuracy"], "values": ["mae"]},
        weighted_metrics={"values": ["mae"]},
        jit_compile=False,
    )
    return model


def converted(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return fkb.load(folder / "model.fkb")


def same_logs(mine: dict[str, Any], theirs: dict[str, Any], kind: str) -> None:
    assert sorted(mine) == sorted(theirs)
    for name in theirs:
        np.testing.assert_allclose(
            mine[name], theirs[name], rtol=TOLERANCE[kind], atol=TOLERANCE[kind], err_msg=name
        )


def same_weights(net: Any, model: Any, kind: str) -> None:
    for layer in model.layers:
        for weight in layer.weights:
            path = f"{layer.name}/{weight.name.split('/')[-1]}"
            wanted = weight.numpy()
            scale = float(np.max(np.abs(wanted), initial=0.0)) or 1.0
            difference = float(np.max(np.abs(net.weights[path] - wanted))) / scale
            assert difference <= TOLERANCE[kind], f"{path}: {difference:.2e}"


def compare(model: Any, folder: Path, kind: str, *data: Any, **options: Any) -> tuple[Any, Any]:
    """Fit both from the same file, compare all logs and all weights, return both."""
    net = converted(model, folder)
    named = {"shuffle": False, "batch_size": 16, "epochs": 4} | options
    mine = fkb.Trainer(net).fit(*data, **named)
    theirs = model.fit(*data, verbose=0, **named)
    assert mine.epoch == theirs.epoch
    same_logs(mine.history, theirs.history, kind)
    same_weights(net, model, kind)
    return net, mine


def test_the_logs_of_validated_epochs_are_those_of_keras(kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 1)
    xv, yv = numbers(kind, 2, 37)
    weights = np.linspace(0.2, 2, 77).astype(kind)
    late = np.linspace(2, 0.1, 37).astype(kind)
    model = regression(keras.optimizers.Adam(0.01), weighted_metrics=["mse"])
    _, mine = compare(
        model,
        tmp_path,
        kind,
        x,
        y,
        sample_weight=weights,
        validation_data=(xv, yv, late),
        validation_batch_size=10,
    )
    assert len(mine.history["val_mae"]) == 4
    assert mine.history["loss"][-1] < 0.9 * mine.history["loss"][0]


@pytest.mark.parametrize("share", [0.1, 0.25, 0.3, 0.5, 0.7])
def test_the_split_is_that_of_keras(share: float, kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 3)
    model = regression(keras.optimizers.SGD(0.02))
    compare(model, tmp_path, kind, x, y, validation_split=share, validation_freq=2)


def test_a_second_fit_goes_on_with_the_optimizer(kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 4)
    model = regression(keras.optimizers.Adam(0.01))
    net = converted(model, tmp_path)
    trainer = fkb.Trainer(net)
    options = {"batch_size": 10, "shuffle": False}
    for epochs, begin in ((2, 0), (5, 2), (1, 0)):
        mine = trainer.fit(x, y, epochs=epochs, initial_epoch=begin, **options)
        theirs = model.fit(x, y, epochs=epochs, initial_epoch=begin, verbose=0, **options)
        assert mine.epoch == theirs.epoch
        same_logs(mine.history, theirs.history, kind)
    same_weights(net, model, kind)


def test_the_logs_of_two_outputs_are_those_of_keras(kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 5)
    labels = np.argmax(x[:, :3], axis=1).reshape(-1, 1)
    weights = np.linspace(0.5, 1.5, 77).astype(kind)
    model = two_headed(keras.optimizers.Adam(0.02))
    net = converted(model, tmp_path)
    options = {"batch_size": 16, "epochs": 3, "shuffle": False}
    both = {"validation_data": (x[:20], [labels[:20].astype(kind), y[:20]])}
    mine = fkb.Trainer(net).fit(
        x, [labels.astype(kind), y], sample_weight=[weights, weights], **options, **both
    )
    theirs = model.fit(
        x, [labels, y], sample_weight=[weights, weights], verbose=0, **options, **both
    )
    assert "val_classes_loss" in mine.history
    same_logs(mine.history, theirs.history, kind)
    same_weights(net, model, kind)


def test_steps_of_an_epoch_are_those_of_keras(kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 6)
    model = regression(keras.optimizers.SGD(0.02))
    # Six batches: 4 and 2, then 4 and 2 again.
    compare(model, tmp_path, kind, x, y, steps_per_epoch=4, validation_data=(x, y))


@pytest.mark.parametrize("one_hot", [True, False])
def test_class_weights_are_those_of_keras(one_hot: bool, kind: str, tmp_path: Path) -> None:
    x, _ = numbers(kind, 17)
    labels = np.argmax(x[:, :3], axis=1)
    y = np.eye(3, dtype=kind)[labels] if one_hot else labels.astype(kind).reshape(-1, 1)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, activation="softmax")])
    loss = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(0.1), loss, jit_compile=False, metrics=["accuracy"])
    weights = {0: 0.5, 2: 3.0}
    compare(model, tmp_path, kind, x, y, class_weight=weights, validation_data=(x[:9], y[:9]))


@pytest.mark.parametrize("batch_size", [1, 7, 30, 77, 100])
def test_an_evaluation_is_that_of_keras(batch_size: int, kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 7)
    weights = np.linspace(0, 2, 77).astype(kind)
    model = regression(keras.optimizers.Adam(), weighted_metrics=["mae", "mse"])
    trainer = fkb.Trainer(converted(model, tmp_path))
    for options in ({}, {"sample_weight": weights}, {"steps": 2} if batch_size < 50 else {}):
        mine = trainer.evaluate(x, y, batch_size=batch_size, **options)
        theirs = model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True, **options)
        same_logs(mine, theirs, kind)


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
    same_logs_of_long_runs(mine.history, theirs.history, kind)
    same_weights_of_long_runs(net, model, kind)


def same_logs_of_long_runs(mine: dict[str, Any], theirs: dict[str, Any], kind: str) -> None:
    """Roundings grow from step to step."""
    assert sorted(mine) == sorted(theirs)
    for name in theirs:
        np.testing.assert_allclose(mine[name], theirs[name], rtol=20 * TOLERANCE[kind])


def same_weights_of_long_runs(net: Any, model: Any, kind: str) -> None:
    for layer in model.layers:
        for weight in layer.weights:
            wanted = weight.numpy()
            scale = float(np.max(np.abs(wanted), initial=0.0)) or 1.0
            mine = net.weights[f"{layer.name}/{weight.name.split('/')[-1]}"]
            assert np.max(np.abs(mine - wanted)) <= 50 * TOLERANCE[kind] * scale


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
    same_logs_of_long_runs(mine.history, theirs.history, kind)


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
    same_weights_of_long_runs(loaded, saved, kind)
    fkb.export(tmp_path / f"{last}.fkb", tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras")
    assert int(again.optimizer.iterations.numpy()) == int(saved.optimizer.iterations.numpy())


def small(folder: Path) -> tuple[Any, Any, Any]:
    model = regression(keras.optimizers.SGD(0.02))
    x, y = numbers("float32", 16)
    return fkb.Trainer(converted(model, folder)), x, y


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


def test_progress_goes_where_it_is_asked_for(tmp_path: Path) -> None:
    trainer, x, y = small(tmp_path)
    paper = io.StringIO()
    trainer.fit(x, y, epochs=2, validation_split=0.2, progress=paper)
    lines = paper.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("epoch 1/2 - ")
    assert " - loss: " in lines[1]
    assert " - val_mae: " in lines[1]
    assert lines[1].endswith("s left")


def test_a_loss_that_is_not_finite_ends_well_when_asked(tmp_path: Path) -> None:
    trainer, x, y = small(tmp_path)
    y[40, 1] = np.inf
    before = trainer.net.weights
    with pytest.raises(fkb.EngineError, match=r"epoch 1, batch 1.*not finite"):
        trainer.fit(x, y, batch_size=77, shuffle=False)
    stop = callbacks.TerminateOnNaN()
    history = trainer.fit(x, y, batch_size=77, shuffle=False, epochs=3, callbacks=[stop])
    assert len(history) == 1
    assert not np.isfinite(history[0])
    for path, value in trainer.net.weights.items():
        np.testing.assert_array_equal(value, before[path], err_msg=path)


REFUSED: dict[str, tuple[Callable[[Any, Any, Any], Any], str]] = {
    "split": (lambda t, x, y: t.fit(x, y, validation_split=1.0), "split"),
    "empty split": (lambda t, x, y: t.fit(x, y, validation_split=0.99), "0 of 77 samples"),
    "no validation": (lambda t, x, y: t.fit(x, y, callbacks=[callbacks.EarlyStopping()]), "valid"),
    "no such number": (
        lambda t, x, y: t.fit(x, y, callbacks=[callbacks.EarlyStopping("auc", mode="max")]),
        "there are: loss, mae",
    ),
    "path": (
        lambda t, x, y: t.fit(x, y, callbacks=[callbacks.ModelCheckpoint("{nothing}.fkb")]),
        "nothing",
    ),
    "frequency": (lambda t, x, y: t.fit(x, y, validation_freq=0), "validation_freq"),
    "both weights": (
        lambda t, x, y: t.fit(x, y, sample_weight=np.ones(77), class_weight={0: 2.0}),
        "together",
    ),
    "targets": (lambda t, x, y: t.fit(x, y[:5]), "77 samples"),
    "metric": (
        lambda t, x, y: fkb.Trainer(t.net, metrics=["no_metric"]).fit(x, y),
        "no_metric",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused(name: str, tmp_path: Path) -> None:
    call, words = REFUSED[name]
    with pytest.raises(fkb.EngineError, match=words):
        call(*small(tmp_path))
