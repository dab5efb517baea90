"""L-BFGS from Python, and weights that decay leaves alone."""

from __future__ import annotations

from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import EngineError
from test_training import converted, kind, numbers, plain

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine
__all__ = ["kind"]


def test_a_linear_network_reaches_the_solution_of_least_squares(tmp_path: Path) -> None:
    keras.config.set_dtype_policy("float64")
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
    keras.config.set_dtype_policy("float32")
    x, y = numbers("float64", 3)
    w = np.random.default_rng(4).uniform(0.5, 2, len(x))
    root = np.sqrt(w)[:, None]
    design = np.hstack([x, np.ones((len(x), 1))])
    wanted = np.linalg.lstsq(root * design, root * y, rcond=None)[0]
    with converted(model, tmp_path) as net:
        trainer = fkb.Trainer(net, loss="mse", optimizer="sgd")
        found = trainer.minimize(x, y, sample_weight=w, gradient_tolerance=1e-8)
        assert found.reason == "converged" and found.largest_gradient <= 1e-8
        assert found.evaluations >= found.iterations > 3
        np.testing.assert_allclose(net.params, wanted.reshape(-1), rtol=0, atol=1e-7)
        assert abs(found.value - trainer.gradient(x, y, w)[0]) <= 1e-15


def test_a_search_goes_on_with_the_same_bits(kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 3)
    with converted(plain(keras), tmp_path) as net, fkb.load(tmp_path / "model.fkb") as other:
        whole = fkb.Trainer(net, loss="mse", optimizer="sgd").minimize(x, y, max_iterations=20)
        assert whole.reason == "iterations" and whole.iterations == 20
        trainer = fkb.Trainer(other, loss="mse", optimizer="sgd")
        first = trainer.minimize(x, y, max_iterations=8)
        second = trainer.minimize(x, y, max_iterations=12, resume=True)
        assert whole.value == second.value < first.value
        np.testing.assert_array_equal(net.params, other.params)


def test_wrong_options_of_a_search_are_refused(tmp_path: Path) -> None:
    x, y = numbers("float32", 3)
    with converted(plain(keras), tmp_path) as net:
        trainer = fkb.Trainer(net, loss="mse", optimizer="sgd")
        before = net.params
        with pytest.raises(EngineError, match="history"):
            trainer.minimize(x, y, history=0)
        with pytest.raises(EngineError, match="values a sample"):
            trainer.minimize(x[:, :5], y)
        np.testing.assert_array_equal(net.params, before)


@pytest.mark.parametrize("name", ["AdamW", "Lion", "Muon", "SGD"])
def test_decay_leaves_out_what_keras_leaves_out(name: str, kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 3)
    model = plain(keras)
    with converted(model, tmp_path) as net:
        config = {"class_name": name, "config": {"learning_rate": 0.01, "weight_decay": 0.3}}
        trainer = fkb.Trainer(net, loss="mse", optimizer=config)
        net.set_decay_factor("*/bias", 0.0)
        optimizer = getattr(keras.optimizers, name)(0.01, weight_decay=0.3)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        model.compile(optimizer, "mse")
        for _ in range(5):
            trainer.step(x, y)
            model.train_on_batch(x, y)
        theirs = np.concatenate([v.numpy().reshape(-1) for v in model.trainable_variables])
        # Muon divides by norms five times in a step, which enlarges roundings.
        bound = {"float32": 1e-5, "float64": 1e-10}[kind] * (10 if name == "Muon" else 1)
        np.testing.assert_allclose(net.params, theirs, rtol=0, atol=bound * np.max(np.abs(theirs)))
        with pytest.raises(EngineError, match="no weight fits"):
            net.set_decay_factor("nobody", 0.0)
        with pytest.raises(EngineError, match="not negative"):
            net.set_decay_factor("", -1.0)
