"""Keras goes on training where it stopped, after the way through a graph and its text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fkb import text
from fkb.graph import Graph
from fkb.hdf5 import read_h5, write_h5
from fkb.keras_zip import read_keras, write_keras

pytestmark = pytest.mark.keras

RANDOM = np.random.default_rng(5)
X = RANDOM.standard_normal((24, 4)).astype(np.float32)
Y = RANDOM.standard_normal((24, 2)).astype(np.float32)

OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda k: k.optimizers.SGD(0.05),
    "sgd with momentum": lambda k: k.optimizers.SGD(0.05, momentum=0.875),
    "sgd with nesterov": lambda k: k.optimizers.SGD(0.05, momentum=0.875, nesterov=True),
    "adam": lambda k: k.optimizers.Adam(0.01),
    "adam with amsgrad": lambda k: k.optimizers.Adam(0.01, beta_1=0.75, amsgrad=True),
    "adam with clipping": lambda k: k.optimizers.Adam(0.01, clipnorm=0.5),
    "adam with averages": lambda k: k.optimizers.Adam(0.01, use_ema=True),
    "adam with a schedule": lambda k: k.optimizers.Adam(
        k.optimizers.schedules.ExponentialDecay(0.02, 3, 0.5)
    ),
    "adamw": lambda k: k.optimizers.AdamW(0.01, weight_decay=0.125),
    "rmsprop": lambda k: k.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda k: k.optimizers.Adagrad(0.1),
    "adamax": lambda k: k.optimizers.Adamax(0.01),
    "nadam": lambda k: k.optimizers.Nadam(0.01),
}
# Keras 2 keeps momenta that SGD without momentum does not use.
UNUSED_STATE = {("sgd", 2)}
LOSSES = {
    "name": lambda k: "mse",
    "object": lambda k: k.losses.MeanAbsoluteError(reduction="sum_over_batch_size"),
}


def trained(keras: Any, optimizer: Any, loss: Any = "mse") -> Any:
    """Return a model that has made a few steps."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((4,), name="in"),
            keras.layers.Dense(6, "tanh", name="d1"),
            keras.layers.BatchNormalization(name="bn"),
            keras.layers.Dense(3, "relu", trainable=False, name="frozen"),
            keras.layers.Dense(2, name="d2"),
        ],
        name="net",
    )
    model.compile(optimizer=optimizer, loss=loss, metrics=["mae"], run_eagerly=True)
    go_on(model)
    return model


def go_on(model: Any) -> None:
    model.run_eagerly = True
    model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)


def state(model: Any) -> list[Any]:
    variables = model.optimizer.variables
    return [np.asarray(v) for v in (variables() if callable(variables) else variables)]


def assert_equal(first: list[Any], second: list[Any]) -> None:
    assert [a.shape for a in first] == [a.shape for a in second]
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)


def through_text(graph: Graph) -> Graph:
    return text.loads(text.dumps(graph))


def some(names: Any, usual: set[str]) -> list[Any]:
    """Return the names as parameters, those that are not usual for the long run only."""
    return [n if n in usual else pytest.param(n, marks=pytest.mark.long) for n in names]


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize(
    "optimizer",
    some(OPTIMIZERS, {"sgd with nesterov", "adam with amsgrad", "adam with a schedule"}),
)
def test_training_goes_on_bit_for_bit_from_an_archive(
    major: int, optimizer: str, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    keras = keras3 if major == 3 else keras2
    model = trained(keras, OPTIMIZERS[optimizer](keras))
    model.save(tmp_path / "model.keras")
    graph = through_text(read_keras(tmp_path / "model.keras"))
    write_keras(graph, tmp_path / "back.keras", dialect=f"keras{major}")
    assert text.dumps(read_keras(tmp_path / "back.keras")) == text.dumps(graph)
    model = keras.models.load_model(tmp_path / "model.keras")
    other = keras.models.load_model(tmp_path / "back.keras")
    if (optimizer, major) not in UNUSED_STATE:
        assert_equal(state(model), state(other))
    go_on(model)
    go_on(other)
    assert_equal(model.get_weights(), other.get_weights())


@pytest.mark.parametrize(
    "optimizer", some(["sgd", "sgd with momentum", "adam", "adam with amsgrad"], {"sgd", "adam"})
)
def test_keras_2_goes_on_bit_for_bit_from_an_h5_file(
    optimizer: str, keras2: Any, tmp_path: Path
) -> None:
    model = trained(keras2, OPTIMIZERS[optimizer](keras2))
    model.save(tmp_path / "model.h5")
    graph = through_text(read_h5(tmp_path / "model.h5"))
    write_h5(graph, tmp_path / "back.h5", dialect="keras2")
    assert text.dumps(read_h5(tmp_path / "back.h5")) == text.dumps(graph)
    other = keras2.models.load_model(tmp_path / "back.h5")
    if (optimizer, 2) not in UNUSED_STATE:
        assert_equal(state(model), state(other))
    go_on(model)
    go_on(other)
    assert_equal(model.get_weights(), other.get_weights())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("major", [2, 3])
def test_keras_trains_on_from_an_h5_file(
    major: int, loss: str, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    keras = keras3 if major == 3 else keras2
    model = trained(keras, keras.optimizers.Adam(0.01), LOSSES[loss](keras))
    model.save(tmp_path / "model.h5")
    graph = through_text(read_h5(tmp_path / "model.h5"))
    write_h5(graph, tmp_path / "back.h5", dialect=f"keras{major}")
    other = keras.models.load_model(tmp_path / "back.h5")
    assert_equal(model.get_weights(), other.get_weights())
    before = float(other.evaluate(X, Y, verbose=0)[0])
    assert before == pytest.approx(float(model.evaluate(X, Y, verbose=0)[0]), rel=1e-6)
    for _ in range(10):
        go_on(other)
    assert float(other.evaluate(X, Y, verbose=0)[0]) < before


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize(
    "optimizer",
    some(["sgd", "sgd with nesterov", "adam", "adamw", "rmsprop", "adamax", "nadam"], {"adam"}),
)
def test_the_other_keras_goes_on_alike(
    major: int, optimizer: str, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    if (optimizer, major) == ("nadam", 3):
        pytest.skip("Keras 2 forgets the product of Nadam's momenta whenever it loads")
    keras, target = (keras3, keras2) if major == 3 else (keras2, keras3)
    model = trained(keras, OPTIMIZERS[optimizer](keras))
    model.save(tmp_path / "model.keras")
    graph = through_text(read_keras(tmp_path / "model.keras"))
    write_keras(graph, tmp_path / "over.keras", dialect=f"keras{5 - major}")
    other = target.models.load_model(tmp_path / "over.keras")
    go_on(model)
    go_on(other)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=2e-5 * max(1.0, np.abs(one).max()))


def test_a_learning_rate_that_changed_in_training_is_kept(keras3: Any, tmp_path: Path) -> None:
    model = trained(keras3, keras3.optimizers.SGD(0.5))
    model.optimizer.learning_rate = 0.125
    model.save(tmp_path / "model.keras")
    graph = read_keras(tmp_path / "model.keras")
    assert graph.compile is not None
    rates = [v.value for v in graph.compile.variables if v.slot == "learning_rate"]
    assert [float(rate) for rate in rates] == [0.125]
    graph.compile.variables[1].value = np.asarray(0.0625, np.float32)
    write_keras(graph, tmp_path / "back.keras")
    other = keras3.models.load_model(tmp_path / "back.keras")
    assert float(np.asarray(other.optimizer.learning_rate)) == 0.0625


def test_old_optimizers_of_keras_2_are_read_in_their_order(keras2: Any, tmp_path: Path) -> None:
    for name, old in (("SGD", {"momentum": 0.5}), ("Adam", {"amsgrad": True}), ("Adam", {})):
        make = getattr(keras2.optimizers.legacy, name)
        model = trained(keras2, make(learning_rate=0.01, **old))
        model.save(tmp_path / "model.h5")
        graph = read_h5(tmp_path / "model.h5")
        write_keras(graph, tmp_path / "back.keras", dialect="keras2")
        other = keras2.models.load_model(tmp_path / "back.keras")
        assert type(other.optimizer).__module__.find("legacy") < 0
        go_on(model)
        go_on(other)
        for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)
