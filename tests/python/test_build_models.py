"""Networks built in Fortran against the same networks made in Keras, there and back."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from built_networks import MODELS
from fkb import text
from fkb.graph import Graph
from fkb.library import find_library

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

HERE = Path(__file__).resolve().parent
KINDS = {"float32": "fkb_sp", "float64": "fkb_dp"}
TOLERANCE = {"float32": 2e-5, "float64": 1e-10}


def compiled_program(source: Path, kind: str, folder: Path, *more: str) -> Path:
    """Compile a program with the build of the library, or skip."""
    build = find_library().resolve().parents[1]
    cache = build / "CMakeCache.txt"
    compiler = shutil.which("gfortran")
    lines = cache.read_text() if cache.is_file() else ""
    made_by = re.search(r"^CMAKE_Fortran_COMPILER:\w+=(.*)$", lines, re.MULTILINE)
    name = Path(made_by[1]).resolve().name if made_by else ""
    if compiler is None or "gfortran" not in name:
        pytest.skip("there is no build of the library with gfortran")
    program = folder / "program"
    command = [compiler, "-cpp", f"-DFKB_KIND={KINDS[kind]}", f"-I{build / 'include' / 'fkb'}"]
    command += [str(source), *more, f"-L{find_library().parent}", "-lfkb"]
    command += [f"-Wl,-rpath,{find_library().parent}", "-o", str(program)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return program


@pytest.fixture(scope="module", params=["float32", "float64"])
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The folder with all networks that the Fortran program builds."""
    kind = str(request.param)
    folder = tmp_path_factory.mktemp(kind)
    program = compiled_program(HERE / "build_models.F90", kind, folder)
    done = subprocess.run([str(program)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    keras.config.set_floatx(kind)
    keras.config.set_dtype_policy(kind)
    yield kind, folder
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def graph_of(path: Path) -> Graph:
    return text.loads(path.read_bytes(), path)


def plain(name: str) -> str:
    """A layer's name without the number that Keras counts up over all models of a process."""
    return re.sub(r"_\d+(?=/|$)", "", name)


def made_in_keras(name: str, folder: Path) -> tuple[Any, Graph]:
    keras.backend.clear_session()
    model = MODELS[name]()
    model.save(folder / "keras.keras")
    fkb.convert(folder / "keras.keras", folder / "keras.fkb")
    return model, graph_of(folder / "keras.fkb")


def numbers(shapes: list[Any], kind: str, batch: int, top: int = 0) -> list[Any]:
    random = np.random.default_rng(5)
    made = []
    for shape in shapes:
        size = (batch, *(6 if extent is None else extent for extent in shape[1:]))
        if top:
            made.append(random.integers(0, top, size).astype("int32"))
        else:
            made.append(random.standard_normal(size).astype(kind))
    return made


def inputs_of(model: Any, kind: str, batch: int) -> list[Any]:
    top = 10 if model.inputs[0].dtype == "int32" else 0
    return numbers([tensor.shape for tensor in model.inputs], kind, batch, top)


@pytest.mark.parametrize("name", MODELS)
def test_layers_calls_and_weights_are_those_of_keras(
    name: str, built: tuple[str, Path], tmp_path: Path
) -> None:
    kind, folder = built
    mine = graph_of(folder / f"{name}.fkb")
    _, theirs = made_in_keras(name, tmp_path)
    assert mine.precision == kind
    assert mine.model.class_name == theirs.model.class_name
    ours, wanted = list(mine.model.walk()), list(theirs.model.walk())
    assert [layer.class_name for _, layer in ours] == [layer.class_name for _, layer in wanted]
    top = [path for path, _ in ours if "/" not in path]
    if name != "nested":  # where Keras counts the inputs of all three models
        assert top == [path for path, _ in wanted if "/" not in path]
    assert [plain(path) for path, _ in ours] == [plain(path) for path, _ in wanted]
    for (path, layer), (_, other) in zip(ours, wanted, strict=True):
        assert len(layer.nodes) == len(other.nodes), path
        assert [(w.name, w.value.shape, w.trainable) for w in layer.weights] == [
            (w.name, w.value.shape, w.trainable) for w in other.weights
        ], path
        for key, value in layer.config.items():
            known = other.config.get(key)
            if key.endswith("_initializer") or key.endswith("_regularizer"):
                known = value  # names stand for serialised objects
            assert value == known, (path, key)


def other_weights(source: Path, target: Path) -> None:
    """Change all weights a bit, so that none is 0 or 1."""
    graph = graph_of(source)
    random = np.random.default_rng(3)
    for _, layer in graph.model.walk():
        for weight in layer.weights:
            change = 0.1 * random.uniform(0.1, 1.0, weight.value.shape)
            weight.value = (weight.value + change).astype(weight.value.dtype)
    target.write_bytes(text.dumps(graph))


def skip_without_kernel(name: str, kind: str) -> None:
    if name == "volumes" and kind == "float64":
        pytest.skip("TensorFlow pools over three axes in real32 only on a CPU")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", MODELS)
def test_keras_loads_predicts_and_trains(
    name: str, suffix: str, built: tuple[str, Path], tmp_path: Path
) -> None:
    kind, folder = built
    skip_without_kernel(name, kind)
    other_weights(folder / f"{name}.fkb", tmp_path / "net.fkb")
    net = fkb.load(tmp_path / "net.fkb")
    fkb.export(tmp_path / "net.fkb", tmp_path / f"net{suffix}")
    model = keras.saving.load_model(tmp_path / f"net{suffix}")
    assert (getattr(model, "optimizer", None) is None) == (name == "normalized")
    x = inputs_of(model, kind, 8)
    given = x[0] if len(x) == 1 else x
    wanted = model.predict(given, verbose=0)
    mine = net.predict(given)
    several = wanted if isinstance(wanted, list) else [wanted]
    bound = TOLERANCE[kind]
    for one, two in zip(mine if isinstance(mine, list) else [mine], several, strict=True):
        np.testing.assert_allclose(one, two, atol=bound * max(1.0, np.abs(two).max()))
    if name == "normalized":
        return
    y = [np.abs(array) for array in numbers([one.shape for one in several], kind, 8)]
    if name == "several_ends":
        y[1] /= y[1].sum(axis=-1, keepdims=True)
    compare_training(net, model, x, y, kind)


def compare_training(net: Any, model: Any, x: list[Any], y: list[Any], kind: str) -> None:
    trainer = fkb.Trainer(net)
    xs, ys = (x[0] if len(x) == 1 else x), (y[0] if len(y) == 1 else y)
    mine = [trainer.step(xs, ys) for _ in range(3)]
    theirs = []
    for _ in range(3):
        model.reset_metrics()
        theirs.append(float(model.train_on_batch(xs, ys, return_dict=True)["loss"]))
    np.testing.assert_allclose(mine, theirs, rtol=1e-4 if kind == "float32" else 1e-8)
    assert mine[0] != mine[2]


# Keras 2 has no such layers or calls: operations as nodes, states and masks by keyword, int32.
ONLY_KERAS3 = {"masked", "operations", "normalized"}


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ONLY_KERAS3])
def test_keras_2_loads_and_predicts(name: str, built: tuple[str, Path], tmp_path: Path) -> None:
    kind, folder = built
    skip_without_kernel(name, kind)
    tf_keras.backend.set_floatx(kind)
    tf_keras.mixed_precision.set_global_policy(kind)
    other_weights(folder / f"{name}.fkb", tmp_path / "net.fkb")
    fkb.export(tmp_path / "net.fkb", tmp_path / "net.h5", "keras2")
    model = tf_keras.models.load_model(tmp_path / "net.h5", compile=False)
    x = inputs_of(model, kind, 4)
    wanted = model.predict(x[0] if len(x) == 1 else x, verbose=0)
    mine = fkb.load(tmp_path / "net.fkb").predict(x[0] if len(x) == 1 else x)
    several = wanted if isinstance(wanted, list) else [wanted]
    # Keras 3 rounds the scale 1/sqrt(key_dim) to real32 in real64 too, and so does its network
    # here; Keras 2 does not.
    bound = 1e-7 if name == "attention" and kind == "float64" else TOLERANCE[kind]
    for one, two in zip(mine if isinstance(mine, list) else [mine], several, strict=True):
        np.testing.assert_allclose(one, two, atol=bound * max(1.0, np.abs(two).max()))
    tf_keras.backend.set_floatx("float32")
    tf_keras.mixed_precision.set_global_policy("float32")
