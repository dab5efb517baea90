"""Learning-rate schedules: training steps of Keras, its files, and back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from test_training import (
    TOLERANCE,
    compare,
    compiled,
    converted,
    kind,
    numbers,
    plain,
    train_fortran,
    train_keras,
)

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine
__all__ = ["kind"]


def schedules(k: Any) -> dict[str, Any]:
    s = k.optimizers.schedules
    return {
        "ExponentialDecay": s.ExponentialDecay(0.1, 3, 0.7),
        "staircase": s.ExponentialDecay(0.1, 3, 0.7, staircase=True),
        "InverseTimeDecay": s.InverseTimeDecay(0.1, 2, 0.5),
        "PiecewiseConstantDecay": s.PiecewiseConstantDecay([2, 6], [0.1, 0.05, 0.01]),
        "PolynomialDecay": s.PolynomialDecay(0.1, 4, 0.01, power=2.0),
        "cycle": s.PolynomialDecay(0.1, 4, 0.01, cycle=True),
        "CosineDecay": s.CosineDecay(0.1, 8, alpha=0.1),
        "warmup": s.CosineDecay(0.01, 6, warmup_target=0.1, warmup_steps=3),
        "CosineDecayRestarts": s.CosineDecayRestarts(0.1, 3, t_mul=1.5, m_mul=0.8),
    }


NAMES = list(schedules(keras))
# Models run eagerly here: in a compiled graph TensorFlow may replace a division by a constant by a
# product, which changes the last bit of a rate.


@pytest.mark.parametrize("name", NAMES)
def test_ten_steps_with_a_schedule_are_those_of_keras(name: str, kind: str, tmp_path: Path) -> None:
    optimizer = keras.optimizers.SGD(schedules(keras)[name], momentum=0.5, weight_decay=0.01)
    model = compiled(plain(keras), optimizer, run_eagerly=True)
    compare(model, tmp_path, kind, numbers(kind, 3))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", NAMES)
def test_schedules_of_keras_2_are_its_own(name: str, suffix: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(4)
    optimizer = tf_keras.optimizers.Adam(schedules(tf_keras)[name])
    model = compiled(plain(tf_keras), optimizer, run_eagerly=True)
    compare(model, tmp_path, "float32", numbers("float32", 3), suffix)


def test_the_decay_of_old_optimizers_is_a_schedule(tmp_path: Path) -> None:
    optimizer = tf_keras.optimizers.legacy.SGD(0.1, momentum=0.5, decay=0.05)
    model = compiled(plain(tf_keras), optimizer)
    compare(model, tmp_path, "float32", numbers("float32", 3), ".h5")


@pytest.mark.parametrize("name", NAMES)
def test_a_schedule_goes_on_in_either_direction(name: str, kind: str, tmp_path: Path) -> None:
    """Three steps in Keras, four here, three in Keras are ten in Keras; the schedule stays."""
    optimizer = keras.optimizers.Adam(schedules(keras)[name])
    model = compiled(plain(keras), optimizer, run_eagerly=True)
    x, y = numbers(kind, 4)
    train_keras(model, x[:48], y[:48])
    with converted(model, tmp_path) as net:
        train_fortran(fkb.Trainer(net), x[48:112], y[48:112])
        net.save(tmp_path / "seven.fkb")
    fkb.export(tmp_path / "seven.fkb", tmp_path / "seven.keras")
    again = keras.models.load_model(tmp_path / "seven.keras")
    again.run_eagerly = True
    assert int(again.optimizer.iterations) == 7
    assert again.optimizer.get_config() == model.optimizer.get_config()
    train_keras(again, x[112:], y[112:])
    train_keras(model, x[48:], y[48:])
    fkb.convert(_saved(again, tmp_path), tmp_path / "ten.fkb")
    with fkb.load(tmp_path / "ten.fkb") as net:
        same_values(net, model, TOLERANCE[kind])


def same_values(net: Any, model: Any, tolerance: float) -> None:
    """Compare weights by their order, whatever the layers are called."""
    for (path, mine), theirs in zip(net.weights.items(), model.get_weights(), strict=True):
        difference = np.max(np.abs(mine - theirs)) / np.max(np.abs(theirs))
        assert difference <= tolerance, path


def _saved(model: Any, folder: Path) -> Path:
    model.save(folder / "ten.keras")
    return folder / "ten.keras"


def test_the_file_keeps_a_schedule_as_it_stood(tmp_path: Path) -> None:
    model = compiled(plain(keras), keras.optimizers.SGD(schedules(keras)["warmup"]))
    with converted(model, tmp_path) as net:
        x, y = numbers("float32", 3)
        train_fortran(fkb.Trainer(net), x, y)
        net.save(tmp_path / "after.fkb")
    before, after = (_optimizer(tmp_path / name) for name in ("model.fkb", "after.fkb"))
    assert before == after


def _optimizer(path: Path) -> Any:
    lines = [line.strip() for line in path.read_text().splitlines()]
    (line,) = (line for line in lines if line.startswith("optimizer = "))
    return json.loads(line.removeprefix("optimizer = "))


def test_a_schedule_can_be_given_and_is_saved(tmp_path: Path) -> None:
    model = compiled(plain(keras), keras.optimizers.SGD(schedules(keras)["cycle"]))
    given = keras.saving.serialize_keras_object(model.optimizer)
    x, y = numbers("float32", 3)
    bare = plain(keras)
    bare.set_weights(model.get_weights())
    with converted(bare, tmp_path) as net:
        train_fortran(fkb.Trainer(net, loss="mse", optimizer=given), x, y)
        train_keras(model, x, y)
        same_values(net, model, TOLERANCE["float32"])
        net.save(tmp_path / "after.fkb")
    fkb.export(tmp_path / "after.fkb", tmp_path / "after.keras")
    again = keras.models.load_model(tmp_path / "after.keras")
    found = again.optimizer.get_config()["learning_rate"]
    assert found == model.optimizer.get_config()["learning_rate"]
    assert int(again.optimizer.iterations) == 10
    with fkb.load(tmp_path / "after.fkb") as net:
        train_fortran(fkb.Trainer(net), x, y)
        train_keras(model, x, y)
        same_values(net, model, 4 * TOLERANCE["float32"])


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"initial_learning_rate": 1, "decay_steps": 10, "decay_rate": 0.5}, "integers"),
        ({"initial_learning_rate": 0.1, "decay_steps": 0, "decay_rate": 0.5}, "decay_steps"),
        ({"initial_learning_rate": 0.1, "decay_steps": 1, "decay_rate": 1, "x": 1}, '"x"'),
    ],
)
def test_what_a_schedule_cannot_be_is_said(
    options: dict[str, Any], word: str, tmp_path: Path
) -> None:
    rate = {"class_name": "ExponentialDecay", "config": options}
    optimizer = {"class_name": "SGD", "config": {"learning_rate": rate}}
    with (
        converted(plain(keras), tmp_path) as net,
        pytest.raises(fkb.EngineError, match=word),
    ):
        fkb.Trainer(net, loss="mse", optimizer=optimizer)
