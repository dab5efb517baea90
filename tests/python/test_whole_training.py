"""Twenty steps of whole networks in Fortran, in Keras, and by turns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

from test_training import batches, compiled, same_weights, set_precision, variables  # noqa: E402

pytestmark = needs.with_engine

STEPS = 20
BATCH = 16
# Of each array's scale: what twenty steps of Adam make of the roundings of one.
TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
MAJORS = {"keras 3": keras, "keras 2": tf_keras}


def dense(k: Any) -> Any:
    return [
        k.Input((6,)),
        k.layers.Dense(12, activation="tanh", kernel_regularizer="l2"),
        k.layers.Dense(8, activation="gelu"),
        k.layers.Dense(3),
    ]


def batchnorm(k: Any) -> Any:
    return [
        k.Input((6,)),
        k.layers.Dense(12, use_bias=False),
        k.layers.BatchNormalization(momentum=0.9),
        k.layers.Activation("relu"),
        k.layers.Dense(3, activation="softplus"),
    ]


def conv(k: Any) -> Any:
    return [
        k.Input((8, 7, 2)),
        k.layers.Conv2D(6, 3, padding="same", activation="relu"),
        k.layers.MaxPooling2D(2),
        k.layers.Conv2D(4, (2, 3), activation="elu"),
        k.layers.Flatten(),
        k.layers.Dense(3),
    ]


def lstm(k: Any) -> Any:
    return [
        k.Input((9, 4)),
        k.layers.LSTM(7, return_sequences=True),
        k.layers.LSTM(5),
        k.layers.Dense(3),
    ]


def conv_lstm(k: Any) -> Any:
    return [
        k.Input((4, 6, 5, 2)),
        k.layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True),
        k.layers.ConvLSTM2D(3, 3, padding="same"),
        k.layers.GlobalAveragePooling2D(),
    ]


NETWORKS = {made.__name__: made for made in (dense, batchnorm, conv, lstm, conv_lstm)}


@pytest.fixture(params=["float32", "float64"])
def kind(request: pytest.FixtureRequest) -> Any:
    set_precision(request.param)
    keras.utils.set_random_seed(17)
    tf_keras.utils.set_random_seed(17)
    yield request.param
    set_precision("float32")


def make(name: str, major: str, kind: str) -> tuple[Any, Any, Any]:
    """A compiled network, inputs and targets for all steps."""
    k = MAJORS[major]
    model = compiled(k.Sequential(NETWORKS[name](k)), k.optimizers.Adam(0.003))
    generator = np.random.default_rng(3)
    x = generator.standard_normal((STEPS * BATCH, *model.input_shape[1:])).astype(kind)
    y = np.sin(x.reshape(len(x), -1)[:, :3] * 2).astype(kind)
    return model, x, y


def train(one: Any, x: Any, y: Any) -> list[float]:
    """Train a Keras model or a trainer of FKB, a batch a step."""
    if isinstance(one, fkb.Trainer):
        return [one.step(xb, yb) for xb, yb in batches(x, y)]
    losses = []
    for xb, yb in batches(x, y):
        losses.append(float(one.train_on_batch(xb, yb, return_dict=True)["loss"]))
        one.reset_metrics()
    return losses


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("name", NETWORKS)
def test_twenty_steps_are_those_of_keras(name: str, major: str, kind: str, tmp_path: Path) -> None:
    model, x, y = make(name, major, kind)
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    net = fkb.load(tmp_path / "model.fkb")
    mine = train(fkb.Trainer(net), x, y)
    theirs = train(model, x, y)
    np.testing.assert_allclose(mine, theirs, rtol=TOLERANCE[kind])
    assert theirs[0] != theirs[-1]
    same_weights(net, model, TOLERANCE[kind])


@pytest.mark.parametrize("name", NETWORKS)
def test_thirds_in_keras_fortran_and_keras_are_the_whole(
    name: str, kind: str, tmp_path: Path
) -> None:
    model, x, y = make(name, "keras 3", kind)
    first, second = 7 * BATCH, 14 * BATCH
    train(model, x[:first], y[:first])
    model.save(tmp_path / "first.keras")
    fkb.convert(tmp_path / "first.keras", tmp_path / "first.fkb")
    net = fkb.load(tmp_path / "first.fkb")
    train(fkb.Trainer(net), x[first:second], y[first:second])
    net.save(tmp_path / "second.fkb")
    fkb.export(tmp_path / "second.fkb", tmp_path / "second.keras")
    last = keras.saving.load_model(tmp_path / "second.keras")
    assert int(last.optimizer.iterations.numpy()) == 14
    train(last, x[second:], y[second:])
    train(model, x[first:], y[first:])
    wanted = dict(variables(model))
    for path, value in variables(last):
        scale = float(np.max(np.abs(wanted[path])))
        assert np.max(np.abs(value - wanted[path])) <= TOLERANCE[kind] * scale, path
