"""A user's layer, activation, losses, metric, optimizer against Keras, there and back.

The programs host_sp and host_dp come from CMakeLists.txt; FKB_EXTENSION_BUILD says where they are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

sys.path.insert(0, str(Path(__file__).parent))
import fkb  # noqa: E402
import my_pkg  # noqa: E402
import register_classes  # noqa: E402
from fkb import registry  # noqa: E402

BATCH = 16
STEPS = 5
# 8 times the depth times eps, of the outputs' scale.
FORWARD = 8 * 5 * np.finfo(np.float32).eps
GRADIENT = 1e-4
TRAINED = 1e-5


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test with a package that knows none of our classes."""
    monkeypatch.setattr(registry, "_custom_layers", {})
    monkeypatch.setattr(registry, "_custom_activations", set())


@dataclass
class Case:
    """A Keras model, its batches, and the files that Keras and the Fortran program exchange."""

    folder: Path
    model: Any
    x: Any
    y: Any

    @property
    def source(self) -> Path:
        return self.folder / "model.keras"

    @property
    def text(self) -> Path:
        return self.folder / "model.fkb"

    def batch(self, number: int) -> slice:
        return slice(number * BATCH, (number + 1) * BATCH)

    def train(self, model: Any, first: int, last: int) -> list[float]:
        """Train a Keras model on batches `first` to `last`; return the losses before each step."""
        found = []
        for number in range(first, last + 1):
            part = self.batch(number)
            found.append(float(model.loss(self.y[part], model(self.x[part], training=False))))
            model.train_on_batch(self.x[part], self.y[part])
        return found

    def run_host(self, kind: str) -> subprocess.CompletedProcess[str]:
        """Run the Fortran program of that precision."""
        self.x.astype(np.float64).tofile(self.folder / "x.bin")
        self.y.astype(np.float64).tofile(self.folder / "y.bin")
        program = Path(os.environ["FKB_EXTENSION_BUILD"]) / f"host_{kind}"
        words = [str(program), str(self.text), str(self.folder), str(BATCH)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    def read(self, name: str) -> Any:
        """Return what the program wrote."""
        return np.fromfile(self.folder / f"{name}.bin")


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """A trained model in a file, and batches to go on with."""
    yield make_case(tmp_path)
    keras.backend.clear_session()


def make_case(tmp_path: Path, optimizer: Any = None, loss: Any = None) -> Case:
    """Return a case with a model that was trained with an optimizer, Adam by default."""
    random = np.random.default_rng(3)
    x = random.normal(size=((STEPS + 3) * BATCH, 5)).astype(np.float32)
    y = np.stack([np.sin(x[:, 0]), x[:, 1] * x[:, 2], np.tanh(x[:, 3] - x[:, 4])], axis=1)
    case = Case(tmp_path, my_pkg.build_model(optimizer, loss), x, y.astype(np.float32))
    case.train(case.model, STEPS + 1, STEPS + 2)
    case.x, case.y = case.x[: (STEPS + 1) * BATCH], case.y[: (STEPS + 1) * BATCH]
    case.model.save(case.source)
    return case


def worst(found: Any, expected: Any) -> float:
    """Return the largest difference, of the largest expected magnitude."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.size == expected.size
    scale = np.max(np.abs(expected))
    return float(np.max(np.abs(found.reshape(expected.shape) - expected)) / scale)


def gradient(case: Case) -> Any:
    """Return Keras's gradient of the first batch, weight after weight in the order of the file."""
    import tensorflow as tf

    part = case.batch(0)
    with tf.GradientTape() as tape:
        loss = case.model.loss(case.y[part], case.model(case.x[part], training=True))
    weights = [variable.value for variable in case.model.trainable_variables]
    return np.concatenate([np.ravel(g) for g in tape.gradient(loss, weights)])


def without_checksum(text: str) -> list[str]:
    """Return the lines of a model file but for the checksum of its structure."""
    return [line for line in text.splitlines() if not line.startswith("checksum ")]


def convert_by_command(case: Case) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fkb", "convert", case.source, case.text]
    return subprocess.run(
        [*map(str, command), "--allow-custom"], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kind", ["sp", "dp"])
def test_fortran_agrees_with_keras_and_trains_as_keras_does(case: Case, kind: str) -> None:
    done = convert_by_command(case)
    assert done.returncode == 0, done.stderr
    part = case.batch(0)
    expected = np.asarray(case.model(case.x[part], training=False))
    expected_gradient = gradient(case)

    done = case.run_host(kind)
    assert done.returncode == 0, done.stdout + done.stderr
    assert worst(case.read("before"), expected) <= FORWARD
    assert worst(case.read("gradient"), expected_gradient) <= GRADIENT
    losses = case.train(case.model, 1, STEPS)
    assert worst(case.read("losses"), losses) <= TRAINED
    trained = np.asarray(case.model(case.x[part], training=False))
    assert worst(trained, expected) > 1e3 * TRAINED
    assert worst(case.read("after"), trained) <= TRAINED
    loss, hit_rate = case.read("logs")
    logs = case.model.evaluate(case.x[part], case.y[part], verbose=0, return_dict=True)
    assert worst(loss, logs["loss"]) <= TRAINED
    assert 0 < hit_rate < 1
    assert abs(hit_rate - logs["hit_rate"]) <= np.finfo(np.float32).eps


@pytest.mark.parametrize("kind", ["sp", "dp"])
def test_a_loss_of_a_whole_batch_trains_as_in_keras(tmp_path: Path, kind: str) -> None:
    case = make_case(tmp_path, loss=my_pkg.BatchBias())
    register_classes.register_classes()
    fkb.convert(case.source, case.text)
    expected_gradient = gradient(case)
    done = case.run_host(kind)
    assert done.returncode == 0, done.stdout + done.stderr
    assert worst(case.read("gradient"), expected_gradient) <= GRADIENT
    assert worst(case.read("losses"), case.train(case.model, 1, STEPS)) <= TRAINED
    fkb.export(case.folder / "trained.fkb", case.folder / "back.keras")
    model = keras.models.load_model(case.folder / "back.keras")
    assert isinstance(model.loss, my_pkg.BatchBias)


def test_keras_loads_what_fortran_trained_and_goes_on(case: Case) -> None:
    register_classes.register_classes()
    fkb.convert(case.source, case.text)
    done = case.run_host("sp")
    assert done.returncode == 0, done.stdout + done.stderr
    back = case.folder / "back.keras"
    fkb.export(case.folder / "trained.fkb", back)
    model = keras.models.load_model(back)
    assert isinstance(model.get_layer("scale"), my_pkg.Scale)
    assert model.get_layer("hidden").activation is my_pkg.snake
    assert isinstance(model.loss, my_pkg.WeightedError)
    part = case.batch(0)
    assert worst(model(case.x[part], training=False), case.read("after").reshape(BATCH, 3)) <= (
        FORWARD
    )

    case.train(case.model, 1, STEPS)
    assert int(model.optimizer.iterations) == int(case.model.optimizer.iterations)
    case.train(case.model, 1, STEPS)
    case.train(model, 1, STEPS)
    for found, expected in zip(model.weights, case.model.weights, strict=True):
        assert worst(found, expected) <= TRAINED, expected.path


@pytest.mark.parametrize("kind", ["sp", "dp"])
def test_an_optimizer_of_ones_own_goes_on_in_fortran_and_in_keras(
    tmp_path: Path, kind: str
) -> None:
    optimizer = my_pkg.Relaxation(0.02, memory=0.8, weight_decay=0.01, global_clipnorm=5.0)
    case = make_case(tmp_path, optimizer)
    register_classes.register_classes()
    fkb.convert(case.source, case.text)
    done = case.run_host(kind)
    assert done.returncode == 0, done.stdout + done.stderr
    assert worst(case.read("losses"), case.train(case.model, 1, STEPS)) <= TRAINED
    back = case.folder / "back.keras"
    fkb.export(case.folder / "trained.fkb", back)
    model = keras.models.load_model(back)
    assert isinstance(model.optimizer, my_pkg.Relaxation)
    for found, expected in zip(model.optimizer.variables, optimizer.variables, strict=True):
        assert worst(found, expected) <= TRAINED, expected.path
    case.train(case.model, 1, STEPS)
    case.train(model, 1, STEPS)
    for found, expected in zip(model.weights, case.model.weights, strict=True):
        assert worst(found, expected) <= TRAINED, expected.path


def test_an_unchanged_round_trip_changes_nothing(case: Case) -> None:
    register_classes.register_classes()
    fkb.convert(case.source, case.text)
    back, again = case.folder / "back.keras", case.folder / "again.fkb"
    fkb.export(case.text, back)
    fkb.convert(back, again)
    assert again.read_bytes() == case.text.read_bytes()
    model = keras.models.load_model(back)
    for found, expected in zip(model.weights, case.model.weights, strict=True):
        assert np.array_equal(found, expected), expected.path
    assert json.dumps(model.get_config()) == json.dumps(case.model.get_config())


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_names_that_only_an_h5_file_tells_survive_the_way(case: Case, suffix: str) -> None:
    source = case.folder / "model.h5"
    case.model.save(source)
    fkb.convert(source, case.text, allow_custom=True)
    assert 'weight "scale"' in case.text.read_text()
    done = case.run_host("sp")
    assert done.returncode == 0, done.stdout + done.stderr
    trained, again = case.folder / "trained.fkb", case.folder / "again.fkb"
    back = case.folder / f"back.{suffix}"
    fkb.export(trained, back)
    fkb.convert(back, again, allow_custom=True)
    # Keras 3 cannot take the optimizer's state from an .h5 file.
    if suffix == "keras":
        assert again.read_bytes() == trained.read_bytes()
    model = keras.models.load_model(back)
    found = model(case.x[case.batch(0)], training=False)
    assert worst(found, case.read("after").reshape(BATCH, 3)) <= FORWARD


def test_registering_adds_nothing_but_the_names_of_weights(case: Case) -> None:
    done = convert_by_command(case)
    assert done.returncode == 0, done.stderr
    allowed = case.text.read_text()
    register_classes.register_classes()
    fkb.convert(case.source, case.text)
    named = case.text.read_text()
    assert '"scale/scale"' in named
    named = named.replace('weight "scale"', 'weight "0"').replace('"scale/scale"', '"scale/0"')
    assert without_checksum(named) == without_checksum(allowed)


def test_unknown_classes_are_refused_with_what_to_do(case: Case) -> None:
    with pytest.raises(fkb.UnsupportedError) as found:
        fkb.convert(case.source, case.text)
    message = str(found.value)
    for words in ("my_pkg>Scale", "fkb.register", "--allow-custom", "my_pkg>snake"):
        assert words in message, message


def test_a_registered_class_is_checked(case: Case) -> None:
    scale = registry.LayerSpec("my_pkg>Scale", (registry.Option("gian", 1.0),))
    fkb.register("my_pkg>Scale", scale)
    fkb.register_activation("my_pkg>snake")
    with pytest.raises(fkb.UnsupportedError, match="gain"):
        fkb.convert(case.source, case.text)


def test_the_library_alone_names_the_class_it_does_not_have(case: Case) -> None:
    done = convert_by_command(case)
    assert done.returncode == 0, done.stderr
    with pytest.raises(fkb.EngineError, match=r"my_pkg>(Scale|snake)"):
        fkb.load(case.text)
