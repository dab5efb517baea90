"""Training inside a simulation from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import EngineError
from test_training import converted, kind, numbers, plain, same_weights

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine
__all__ = ["kind"]
ALL = {"batch_size": 10, "newest": 10, "capacity": 100}


def two_ends(k: Any) -> Any:
    a, b = k.Input((6,)), k.Input((2, 2))
    h = k.layers.Dense(5, activation="tanh")(a)
    flat = k.layers.Concatenate()([h, k.layers.Flatten()(b)])
    return k.Model([a, b], [k.layers.Dense(3)(flat), k.layers.Dense(2)(flat)])


def test_updates_are_steps_of_keras(kind: str, tmp_path: Path) -> None:
    """Where each update takes the newest samples, it is a step on the last batch."""
    model = two_ends(keras)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), ["mse", "mae"], loss_weights=[1, 0.5])
    generator = np.random.default_rng(2)
    with converted(model, tmp_path) as net:
        online = fkb.OnlineTrainer(net, **ALL, update_every=2)
        for step in range(10):
            x = [generator.standard_normal((10, *s)).astype(kind) for s in ((6,), (2, 2))]
            y = [np.sin(x[0][:, :3]), x[1][:, 0]]
            w = generator.uniform(0, 2, 10).astype(kind)
            online.observe(x, y, sample_weight=w, time=0.5 * step)
            if step % 2:
                model.train_on_batch(x, y, sample_weight=[w, w])
        assert online.counts["observations"] == 10 and online.counts["updates"] == 5
        same_weights(net, model, {"float32": 1e-5, "float64": 1e-10}[kind])


@pytest.mark.parametrize("network", [plain, two_ends])
def test_a_restart_goes_on_with_the_same_bits(network: Any, kind: str, tmp_path: Path) -> None:
    options = {"batch_size": 8, "newest": 2, "capacity": 30, "reservoir": True, "seed": 4}
    x, y = numbers(kind, 5)

    def part(step: int) -> tuple[Any, Any]:
        rows = slice(4 * step, 4 * step + 4)
        if network is plain:
            return x[rows], y[rows]
        return [x[rows], x[rows, :4].reshape(-1, 2, 2)], [y[rows], y[rows, :2]]

    with converted(network(keras), tmp_path) as net, fkb.load(tmp_path / "model.fkb") as other:
        whole = fkb.OnlineTrainer(net, "mse", "adam", **options)
        for step in range(30):
            whole.observe(*part(step), time=step)
            if step == 14:
                whole.save(tmp_path / "host.restart")
        late = fkb.OnlineTrainer(other, "mse", "adam", **options)
        late.load(tmp_path / "host.restart")
        late.update()
        late.load(tmp_path / "host.restart")
        for step in range(15, 30):
            late.observe(*part(step), time=step)
        np.testing.assert_array_equal(net.params, other.params)
        assert late.counts == whole.counts and late.counts["updates"] == 30
        other.save(tmp_path / "learned.fkb")
        with fkb.load(tmp_path / "learned.fkb") as learned:
            assert np.isfinite(fkb.Trainer(learned).step(*part(30)))


def test_guards_are_counted_and_the_rate_may_be_set(tmp_path: Path) -> None:
    x, y = numbers("float32", 5)
    with converted(plain(keras), tmp_path) as net:
        online = fkb.OnlineTrainer(net, "mse", "sgd", **ALL, largest_change=1e-9)
        before = net.params
        online.observe(x[:10], np.full((10, 3), np.nan))
        assert online.counts["refused"] == 1 and online.counts["updates"] == 0
        np.testing.assert_array_equal(net.params, before)
        online.learning_rate = 0.5
        assert online.learning_rate == 0.5
        online.observe(x[:10], y[:10])
        assert online.counts["limited"] == 1 and online.counts["loss"] > 0


def test_what_cannot_be_trained_online_is_refused(tmp_path: Path) -> None:
    x, y = numbers("float32", 5)
    with converted(plain(keras), tmp_path) as net:
        with pytest.raises(EngineError, match="patience"):
            fkb.OnlineTrainer(net, "mse", "sgd", patience=3)
        with pytest.raises(EngineError, match="newest"):
            fkb.OnlineTrainer(net, "mse", "sgd", newest=64)
        online = fkb.OnlineTrainer(net, "mse", "sgd")
        with pytest.raises(EngineError, match="no samples"):
            online.update()
        with pytest.raises(EngineError, match="before the first samples"):
            online.save(tmp_path / "host.restart")
        with pytest.raises(EngineError, match="5 values, 6 are expected"):
            online.observe(x[:4, :5], y[:4])
        online.observe(x[:4], y[:4])
        with pytest.raises(EngineError, match="2 values, 3 are expected"):
            online.observe(x[:4], y[:4, :2])
        with pytest.raises(EngineError, match="host"):
            online.load(tmp_path / "host.restart")
    rows = keras.Sequential(
        [keras.Input((4, 2), batch_size=3), keras.layers.LSTM(2, stateful=True)]
    )
    with converted(rows, tmp_path) as net, pytest.raises(EngineError, match="stateful"):
        fkb.OnlineTrainer(net, "mse", "sgd")
