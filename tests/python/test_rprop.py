"""Rprop from Python: restart with the same bits, and export without its compilation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from test_training import converted, numbers, plain

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine

RPROP = {"class_name": "Rprop", "config": {"learning_rate": 0.02, "eta_plus": 1.3}}


def reference(gradients: Any, rate: float) -> Any:
    """Return the change of a weight by these gradients, step by step (Igel and Huesken 2003)."""
    size, before, change, changes = rate, 0.0, 0.0, []
    for g in gradients:
        if g * before > 0:
            size = min(1.3 * size, 50.0)
        elif g * before < 0:
            size, g = max(0.5 * size, 1e-6), 0.0
        change -= np.sign(g) * size
        before = g
        changes.append(change)
    return changes


def test_rprop_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    x, y = numbers("float32", 3)
    with converted(plain(keras), tmp_path) as net, fkb.load(tmp_path / "model.fkb") as other:
        whole = fkb.Trainer(net, loss="mse", optimizer=RPROP)
        losses = [whole.step(x, y) for _ in range(10)]
        assert losses[-1] < losses[0]
        half = fkb.Trainer(other, loss="mse", optimizer=RPROP)
        for _ in range(5):
            half.step(x, y)
        other.save(tmp_path / "half.fkb")
        with fkb.load(tmp_path / "half.fkb") as again:
            trainer = fkb.Trainer(again)
            assert [trainer.step(x, y) for _ in range(5)] == losses[5:]
            np.testing.assert_array_equal(again.params, net.params)
            again.save(tmp_path / "ten.fkb")
    fkb.export(tmp_path / "ten.fkb", tmp_path / "ten.keras")
    model = keras.models.load_model(tmp_path / "ten.keras")
    assert not model.compiled
    fkb.export(tmp_path / "ten.fkb", tmp_path / "ten.h5")


def test_rprop_is_that_of_its_paper(tmp_path: Path) -> None:
    """One bias whose gradient is 2 (bias - target): targets decide the sign of each step."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    targets = [3.0, 3.0, -3.0, -3.0, -3.0, 3.0, 3.0, 3.0, 3.0, -3.0]
    with converted(model, tmp_path) as net:
        trainer = fkb.Trainer(net, loss="mse", optimizer=RPROP)
        found = []
        for target in targets:
            trainer.step(np.zeros((4, 1)), np.full((4, 1), target))
            found.append(float(net.params[-1]))
    wanted = reference([-t for t in targets], 0.02)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
