"""Image augmentation is left out of inference and refused in training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine


def saved(k: Any, folder: Path, **stated: bool) -> Path:
    """Convert a model that flips images, and return its file."""
    inputs = k.Input((3, 2, 1), name="in")
    flipped = k.layers.RandomFlip(name="flip")(inputs, **stated)
    outputs = k.layers.Dense(1, name="dense")(k.layers.Flatten(name="flat")(flipped))
    k.Model(inputs, outputs, name="model").save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return folder / "model.fkb"


@pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
def test_training_without_the_augmentation_is_refused_by_name(k: Any, tmp_path: Path) -> None:
    x, dy = np.ones((2, 3, 2, 1), "f"), np.ones((2, 1), "f")
    with fkb.load(saved(k, tmp_path)) as net:
        with pytest.raises(fkb.EngineError, match=r'"flip".*RandomFlip.*out of the model'):
            fkb.Trainer(net, loss="mean_squared_error", optimizer="SGD")
        with pytest.raises(fkb.EngineError, match="flip"):
            net.gradient(x, dy, training=True)
        net.gradient(x, dy, training=False)


def test_a_call_in_inference_mode_trains_the_rest(tmp_path: Path) -> None:
    with fkb.load(saved(tf_keras, tmp_path, training=False)) as net:
        before = net.weights["dense/kernel"].copy()
        trainer = fkb.Trainer(net, loss="mean_squared_error", optimizer="SGD")
        trainer.step(np.ones((2, 3, 2, 1), "f"), np.full((2, 1), 9.0, "f"))
        assert np.abs(net.weights["dense/kernel"] - before).max() > 0


def test_fit_of_keras_3_augments_whatever_the_call_says(tmp_path: Path) -> None:
    with (
        fkb.load(saved(keras, tmp_path, training=False)) as net,
        pytest.raises(fkb.EngineError, match="flip"),
    ):
        fkb.Trainer(net, loss="mean_squared_error", optimizer="SGD")


def test_a_call_that_always_augments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(fkb.EngineError, match="training=True"):
        fkb.load(saved(tf_keras, tmp_path, training=True))


def test_keras_3_writes_training_into_every_call(tmp_path: Path) -> None:
    """It is the default of the argument, and says nothing."""
    x = np.arange(6, dtype="f").reshape(1, 3, 2, 1)
    with fkb.load(saved(keras, tmp_path, training=True)) as net:
        model = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(net.predict(x), model(x, training=False), rtol=1e-5)


def test_random_crop_of_keras_3_leaves_images_as_they_are(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5, 4, 2)), keras.layers.RandomCrop(3, 2, name="crop")])
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    x = np.random.default_rng(1).standard_normal((2, 5, 4, 2)).astype("f")
    with fkb.load(tmp_path / "model.fkb") as net:
        np.testing.assert_array_equal(np.asarray(net.predict(x)), model(x, training=False))
