"""Networks of Keras applications: they convert, predict as Keras does, and go back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo

keras = pytest.importorskip("keras")

pytestmark = [needs.with_engine, pytest.mark.keras]

SMALL: dict[str, dict[str, Any]] = {
    "VGG16": {"input_shape": (32, 32, 3), "include_top": False},
    "ResNet50": {"input_shape": (32, 32, 3), "classes": 7},
    "MobileNetV2": {"input_shape": (32, 32, 3), "alpha": 0.35, "classes": 7},
    "EfficientNetB0": {"input_shape": (32, 32, 3), "classes": 7},
}
# Weights, as Keras counts them.
FULL = {"VGG16": 138357544, "ResNet50": 25636712, "MobileNetV2": 3538984, "EfficientNetB0": 5330571}


def filled(model: Any, seed: int) -> Any:
    """Give a deep network weights with which its activations neither vanish nor grow."""
    random = np.random.default_rng(seed)
    for variable in model.weights:
        name = variable.path.split("/")[-1]
        if name in ("moving_variance", "variance", "gamma"):
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
        elif name in ("beta", "moving_mean", "mean", "bias"):
            variable.assign(random.normal(0, 0.1, variable.shape))
    zoo.finish(model)
    return model


def there_and_back(model: Any, folder: Path, batch: int) -> None:
    """Compare predictions of Keras, of the library, and of the model that came back."""
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    shape = (batch, *model.input_shape[1:])
    x = np.random.default_rng(1).uniform(0, 255, shape).astype("float32")
    wanted = zoo.outputs_of(model, x)[0]
    with fkb.load(folder / "model.fkb") as net:
        got = net.predict(x)
    scale = float(np.max(np.abs(wanted)))
    assert float(np.max(np.abs(got - wanted))) <= 1e-5 * scale
    fkb.export(folder / "model.fkb", folder / "back.keras")
    back = keras.models.load_model(folder / "back.keras")
    for ours, theirs in zip(back.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    # Keras itself adds in another order from run to run.
    np.testing.assert_allclose(zoo.outputs_of(back, x)[0], wanted, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_one_goes_there_and_back(name: str, tmp_path: Path) -> None:
    model = getattr(keras.applications, name)(weights=None, **SMALL[name])
    there_and_back(filled(model, 3), tmp_path, 2)


@pytest.mark.long
@pytest.mark.parametrize("name", FULL)
def test_a_full_one_goes_there_and_back(name: str, tmp_path: Path) -> None:
    model = getattr(keras.applications, name)(weights=None)
    assert model.count_params() == FULL[name]
    there_and_back(filled(model, 3), tmp_path, 1)
