"""Stateful networks: the state is the caller's, and steps give what Keras gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine

COLUMNS = 3


def stateful(units: int = 4) -> Any:
    """Return a stateful network of two recurrent layers."""
    layers = keras.layers
    inputs = keras.Input(batch_shape=(COLUMNS, None, 2), name="in")
    first = layers.LSTM(units, stateful=True, return_sequences=True, name="lstm")(inputs)
    second = layers.GRU(3, stateful=True, name="gru")(first)
    return keras.Model(inputs, layers.Dense(2, name="out")(second), name="stateful")


def made(folder: Path, model: Any) -> Path:
    zoo.fill(model, 4)
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return folder / "model.fkb"


def steps(n: int, length: int) -> list[Any]:
    random = np.random.default_rng(8)
    return [random.standard_normal((COLUMNS, length, 2)).astype("float32") for _ in range(n)]


def test_steps_with_a_state_are_those_of_keras(tmp_path: Path) -> None:
    model = stateful()
    with fkb.load(made(tmp_path, model)) as net:
        state = net.new_state(COLUMNS)
        assert state.rows == 4 + 4 + 3
        for x in (*steps(3, 1), *steps(2, 4)):
            wanted = np.asarray(model(x, training=False))
            np.testing.assert_allclose(net.predict(x, state=state), wanted, rtol=0, atol=2e-6)
        h, c = (np.asarray(value) for value in model.get_layer("lstm").states)
        parts = state.parts()
        np.testing.assert_allclose(state.values[:, parts["lstm", 1]], h, rtol=0, atol=2e-6)
        np.testing.assert_allclose(state.values[:, parts["lstm", 2]], c, rtol=0, atol=2e-6)


def test_a_restart_goes_on_bit_for_bit(tmp_path: Path) -> None:
    model = stateful()
    series = steps(6, 1)
    with fkb.load(made(tmp_path, model)) as net:
        state = net.new_state(COLUMNS)
        straight = [net.predict(x, state=state) for x in series]
        before = net.new_state(COLUMNS)
        for x in series[:3]:
            net.predict(x, state=before)
        np.save(tmp_path / "restart.npy", before.values)
        after = net.new_state(COLUMNS)
        after.values = np.load(tmp_path / "restart.npy")
        for x, wanted in zip(series[3:], straight[3:], strict=True):
            np.testing.assert_array_equal(net.predict(x, state=after), wanted)


def test_columns_are_reset_one_by_one(tmp_path: Path) -> None:
    first, second = steps(2, 1)
    with fkb.load(made(tmp_path, stateful())) as net:
        state, fresh = net.new_state(COLUMNS), net.new_state(COLUMNS)
        net.predict(first, state=state)
        state.reset([1])
        mixed, anew = net.predict(second, state=state), net.predict(second, state=fresh)
        np.testing.assert_array_equal(mixed[1], anew[1])
        assert not np.allclose(mixed[[0, 2]], anew[[0, 2]])


def test_a_missing_or_wrong_state_is_an_error(tmp_path: Path) -> None:
    x = steps(1, 1)[0]
    with fkb.load(made(tmp_path, stateful())) as net:
        with pytest.raises(fkb.EngineError, match="stateful layers"):
            net.predict(x)
        state = net.new_state(COLUMNS)
        with pytest.raises(fkb.EngineError, match="columns"):
            net.predict(x[:2], state=state)
        with pytest.raises(fkb.EngineError, match="shape"):
            state.values = np.zeros((COLUMNS, 2))


def test_training_carries_the_state_as_keras_does(tmp_path: Path) -> None:
    model = stateful()
    path = made(tmp_path, model)
    model.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
    random = np.random.default_rng(3)
    with fkb.load(path) as net:
        trainer = fkb.Trainer(net, "mean_squared_error", keras_sgd())
        for x in steps(3, 2):
            y = random.standard_normal((COLUMNS, 2)).astype("float32")
            wanted = float(model.train_on_batch(x, y))
            assert trainer.step(x, y) == pytest.approx(wanted, rel=2e-5)
        with pytest.raises(fkb.EngineError, match="state has 3 columns"):
            trainer.step(x[:2], y[:2])
        trainer.reset_state()
        model.get_layer("lstm").reset_states()
        model.get_layer("gru").reset_states()
        assert trainer.step(x, y) == pytest.approx(float(model.train_on_batch(x, y)), rel=5e-5)
        for name, values in net.weights.items():
            layer, weight = name.split("/")
            truth = {v.name: np.asarray(v) for v in model.get_layer(layer).weights}[weight]
            np.testing.assert_allclose(values, truth, rtol=0, atol=1e-5)


def keras_sgd() -> dict[str, Any]:
    return {"class_name": "SGD", "config": {"learning_rate": 0.1}}
