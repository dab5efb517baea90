"""Several epochs of training, evaluation and callbacks against Keras, from the same files."""

from __future__ import annotations

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


def small(folder: Path) -> tuple[Any, Any, Any]:
    model = regression(keras.optimizers.SGD(0.02))
    x, y = numbers("float32", 16)
    return fkb.Trainer(converted(model, folder)), x, y


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
