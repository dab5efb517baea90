"""Jacobians, states, transforms and errors of derivatives in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo
from test_state import COLUMNS, made, stateful

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine


def network(folder: Path, model: Any, **options: Any) -> fkb.Network:
    zoo.fill(model, 4)
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb", **options)
    return fkb.load(folder / "model.fkb", precision="double")


def small(units: int) -> Any:
    layers = keras.layers
    inputs = keras.Input((3, 2), name="in")
    hidden = layers.GRU(4, name="gru")(inputs)
    return keras.Model(inputs, layers.Dense(units, "tanh", name="out")(hidden), name="model")


@pytest.mark.parametrize("units", [2, 9])
def test_a_jacobian_is_that_of_unit_directions(units: int, tmp_path: Path) -> None:
    x = np.random.default_rng(1).standard_normal((5, 3, 2))
    with network(tmp_path, small(units)) as net:
        jacobian = net.jacobian(x)
        assert jacobian.shape == (5, units, 3, 2)
        for place in np.ndindex(3, 2):
            dx = np.zeros_like(x)
            where = (slice(None), *place)
            dx[where] = 1
            _, dy = net.jvp(x, dx)
            where = (..., *place)
            np.testing.assert_allclose(jacobian[where], dy, rtol=0, atol=1e-13)
        for row in range(units):
            gradient = net.input_gradient(x, row)
            np.testing.assert_allclose(jacobian[:, row], gradient, rtol=0, atol=1e-13)


def test_many_samples_are_those_of_blocks(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    x, dx = random.standard_normal((2, 1500, 3, 2))
    w = random.standard_normal((1500, 2))
    with network(tmp_path, small(2)) as net:
        y, dy = net.jvp(x, dx)
        back, gradient, dparams = net.vjp(x, w, params=True)
        np.testing.assert_allclose(back, y, rtol=0, atol=1e-14)
        total = np.zeros_like(dparams)
        for part in np.array_split(np.arange(1500), 7):
            _, some = net.jvp(x[part], dx[part])
            np.testing.assert_allclose(some, dy[part], rtol=0, atol=1e-13)
            _, other, sums = net.vjp(x[part], w[part], params=True)
            np.testing.assert_allclose(other, gradient[part], rtol=0, atol=1e-13)
            total += sums
        np.testing.assert_allclose(total, dparams, rtol=0, atol=1e-10)


def test_transforms_are_part_of_the_function(tmp_path: Path) -> None:
    (tmp_path / "ports.toml").write_text(
        """
        [[input]]
        size = 5
        steps = [{select = [4, 0, 2]}, {subtract = [1.0, 2.0, 3.0]}, {divide = [2.0, 4.0, 0.5]}]
        [[output]]
        steps = [{multiply = [3.0, -2.0]}, {add = 7.0}]
        """
    )
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "tanh", name="out")])
    random = np.random.default_rng(1)
    x, dx = random.standard_normal((2, 4, 5))
    w = random.standard_normal((4, 2))
    with network(tmp_path, model, transforms=tmp_path / "ports.toml") as net:
        _, dy = net.jvp(x, dx)
        h = 1e-6
        slope = (net.predict(x + h * dx) - net.predict(x - h * dx)) / (2 * h)
        np.testing.assert_allclose(dy, slope, rtol=0, atol=1e-8)
        _, gradient = net.vjp(x, w)
        assert np.all(gradient[:, [1, 3]] == 0)
        assert abs(np.sum(dy * w) - np.sum(dx * gradient)) < 1e-12
        single = net.jvp(x.astype("float32"), dx.astype("float32"))[1]
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, dy, rtol=0, atol=1e-5)


def test_a_state_has_a_direction_and_a_gradient(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    with fkb.load(made(tmp_path, stateful()), precision="double") as net:
        x, dx = random.standard_normal((2, COLUMNS, 4, 2))
        state, direction, gradient = (net.new_state(COLUMNS) for _ in range(3))
        start, ds, ws = 0.3 * random.standard_normal((3, COLUMNS, state.rows))
        w = random.standard_normal((COLUMNS, 2))
        state.values = start
        with pytest.raises(fkb.EngineError, match="stateful"):
            net.jvp(x, dx)
        gradient.values = ws
        _, back = net.vjp(x, w, state=state, gstate=gradient)
        np.testing.assert_array_equal(state.values, start)
        direction.values = ds
        y, dy = net.jvp(x, dx, state=state, dstate=direction)
        forward = np.sum(dy * w) + np.sum(direction.values * ws)
        reverse = np.sum(dx * back) + np.sum(ds * gradient.values)
        assert abs(forward - reverse) < 1e-12
        ends = []
        for h in (1e-6, -1e-6):
            moved = net.new_state(COLUMNS)
            moved.values = start + h * ds
            ends.append((net.predict(x + h * dx, state=moved), moved.values))
        np.testing.assert_allclose(dy, (ends[0][0] - ends[1][0]) / 2e-6, rtol=0, atol=1e-8)
        slope = (ends[0][1] - ends[1][1]) / 2e-6
        np.testing.assert_allclose(direction.values, slope, rtol=0, atol=1e-8)
        after = net.new_state(COLUMNS)
        after.values = start
        np.testing.assert_allclose(net.predict(x, state=after), y, rtol=0, atol=1e-14)
        np.testing.assert_allclose(after.values, state.values, rtol=0, atol=1e-14)
        state.values = start
        rows = net.jacobian(x, state=state)
        np.testing.assert_allclose(
            np.einsum("bo,boij->bij", w, rows),
            net.vjp(x, w, state=state)[1],
            rtol=0,
            atol=1e-12,
        )


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    x = np.zeros((2, 3, 2))
    with network(tmp_path, small(2)) as net:
        with pytest.raises(fkb.EngineError, match="dx must have"):
            net.jvp(x, x[:1])
        with pytest.raises(fkb.EngineError, match="w must have"):
            net.vjp(x, x)
        with pytest.raises(fkb.EngineError, match="weights"):
            net.jvp(x, x, dparams=np.zeros(3))
        with pytest.raises(fkb.EngineError, match="1 outputs"):
            net.jacobian(x, output=1)
        with pytest.raises(fkb.EngineError, match="axes"):
            net.input_gradient(x)
        _, dy = net.jvp(x)
        assert np.all(dy == 0)
        _, dy = net.jvp(x[:0], x[:0])
        assert dy.shape == (0, 2)


def test_a_call_with_training_stated_is_refused_by_name(tmp_path: Path) -> None:
    inputs = keras.Input((3,))
    hidden = keras.layers.Dropout(0.5, name="drop")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, name="out")(hidden))
    with network(tmp_path, model) as net:
        x = np.ones((2, 3))
        _, dy = net.jvp(x, x)
        np.testing.assert_allclose(dy, x @ net.weights["out/kernel"], atol=1e-14)
