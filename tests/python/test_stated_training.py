"""`training=` stated in a call: Keras 2 keeps it, `predict` and `fit` of Keras 3 override it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import UnsupportedError

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

BOTH = pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
STATED = pytest.mark.parametrize("stated", [True, False])
TOLERANCE = 1e-5


def normalized(k: Any, stated: bool) -> Any:
    inputs = k.Input((5, 3))
    return k.Model(inputs, k.layers.BatchNormalization(name="norm")(inputs, training=stated))


def around_a_model(k: Any, stated: bool) -> Any:
    inner = k.Input((5, 3))
    model = k.Model(inner, k.layers.BatchNormalization(name="norm")(inner), name="inner")
    inputs = k.Input((5, 3))
    return k.Model(inputs, model(inputs, training=stated))


def around_a_chain(k: Any, stated: bool) -> Any:
    chain = k.Sequential(
        [k.Input((5, 3)), k.layers.BatchNormalization(name="norm"), k.layers.Dense(2, name="d")],
        name="chain",
    )
    inputs = k.Input((5, 3))
    return k.Model(inputs, chain(inputs, training=stated))


def in_a_model_in_a_chain(k: Any, stated: bool) -> Any:
    inner = normalized(k, stated)
    return k.Sequential([k.Input((5, 3)), inner, k.layers.Dense(2, name="d")])


def stated_twice(k: Any, stated: bool) -> Any:
    """Around a model, and in it the opposite."""
    inner = normalized(k, not stated)
    inputs = k.Input((5, 3))
    return k.Model(inputs, inner(inputs, training=stated))


def in_a_wrapper(k: Any, stated: bool) -> Any:
    inputs = k.Input((5, 3))
    wrapped = k.layers.TimeDistributed(k.layers.BatchNormalization(name="norm"), name="each")
    return k.Model(inputs, wrapped(inputs, training=stated))


def in_a_model_in_a_wrapper(k: Any, stated: bool) -> Any:
    inner = k.Input((3,))
    model = k.Model(inner, k.layers.BatchNormalization(name="norm")(inner, training=stated))
    inputs = k.Input((5, 3))
    return k.Model(inputs, k.layers.TimeDistributed(model, name="each")(inputs))


PLACES = [normalized, around_a_model, around_a_chain, in_a_model_in_a_chain, stated_twice]
WRAPPED = [in_a_wrapper, in_a_model_in_a_wrapper]


def filled(model: Any) -> Any:
    generator = np.random.default_rng(3)
    model.set_weights([generator.uniform(0.5, 2.0, w.shape) for w in model.get_weights()])
    return model


def converted(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return fkb.load(folder / "model.fkb")


def inputs() -> Any:
    return np.random.default_rng(1).standard_normal((8, 5, 3)).astype("f")


@BOTH
@STATED
@pytest.mark.parametrize("make", [*PLACES, *WRAPPED])
def test_predict_is_that_of_keras(
    make: Callable[[Any, bool], Any], stated: bool, k: Any, tmp_path: Path
) -> None:
    model, x = filled(make(k, stated)), inputs()
    with converted(model, tmp_path) as net:
        wanted = model.predict(x, verbose=0)
        np.testing.assert_allclose(net.predict(x), wanted, atol=TOLERANCE, rtol=TOLERANCE)


@BOTH
@STATED
@pytest.mark.parametrize("make", PLACES)
def test_steps_are_those_of_keras(
    make: Callable[[Any, bool], Any], stated: bool, k: Any, tmp_path: Path
) -> None:
    model, x = filled(make(k, stated)), inputs()
    y = np.sin(np.arange(8 * np.prod(model.output_shape[1:]), dtype="f"))
    y = y.reshape(8, *model.output_shape[1:])
    model.compile(optimizer="sgd", loss="mean_squared_error", jit_compile=False)
    with converted(model, tmp_path) as net:
        trainer = fkb.Trainer(net)
        for _ in range(3):
            mine, theirs = trainer.step(x, y), model.train_on_batch(x, y)
            np.testing.assert_allclose(mine, theirs, rtol=1e-4)
            np.testing.assert_allclose(net.predict(x), model.predict(x, verbose=0), atol=1e-4)


def dropping(k: Any, stated: bool) -> Any:
    inputs = k.Input((5, 3))
    return k.Model(inputs, k.layers.Dropout(0.5, name="drop")(inputs, training=stated))


@BOTH
@STATED
def test_dropout_drops_where_keras_drops(k: Any, stated: bool, tmp_path: Path) -> None:
    model, x = dropping(k, stated), inputs()
    y = np.asarray(model.predict(x, verbose=0))
    with converted(model, tmp_path) as net:
        assert np.any(net.predict(x) == 0) == np.any(y == 0) == (stated and k is tf_keras)
        _, dx, _ = net.gradient(x, np.ones_like(x), training=True)
        # In training Keras 3 drops in either case, Keras 2 where it is stated.
        assert np.any(dx == 0) == (stated or k is keras)


@BOTH
@STATED
@pytest.mark.parametrize("make", [normalized, around_a_chain, dropping])
def test_crossing_is_refused_where_it_would_change_the_numbers(
    make: Callable[[Any, bool], Any], stated: bool, k: Any, tmp_path: Path
) -> None:
    converted(make(k, stated), tmp_path).close()
    if k is keras and make is dropping and not stated:
        return  # the default of the argument, which Keras 3 writes into every call
    with pytest.raises(
        UnsupportedError, match="training: is stated in a call, which Keras 2 keeps"
    ):
        fkb.export(
            tmp_path / "model.fkb",
            tmp_path / "over.keras",
            dialect="keras2" if k is keras else "keras3",
        )


@BOTH
@STATED
def test_crossing_is_made_where_training_changes_nothing(
    k: Any, stated: bool, tmp_path: Path
) -> None:
    inputs_ = k.Input((5, 3))
    model = filled(k.Model(inputs_, k.layers.LSTM(2, name="lstm")(inputs_, training=stated)))
    other = tf_keras if k is keras else keras
    converted(model, tmp_path).close()
    dialect = "keras2" if k is keras else "keras3"
    fkb.export(tmp_path / "model.fkb", tmp_path / "over.keras", dialect=dialect)
    over = other.models.load_model(tmp_path / "over.keras")
    x = inputs()
    wanted = model.predict(x, verbose=0)
    np.testing.assert_allclose(over.predict(x, verbose=0), wanted, atol=TOLERANCE)


def test_dropout_of_keras_3_crosses_and_drops_in_training(tmp_path: Path) -> None:
    inputs_ = keras.Input((5, 3))
    model = keras.Model(inputs_, keras.layers.Dropout(0.5, name="drop")(inputs_))
    converted(model, tmp_path).close()
    fkb.export(tmp_path / "model.fkb", tmp_path / "over.keras", dialect="keras2")
    over = tf_keras.models.load_model(tmp_path / "over.keras")
    x = np.ones((8, 5, 3), "f")
    assert np.any(np.asarray(over(x, training=True)) == 0)
    assert np.all(np.asarray(over(x, training=False)) == x)
