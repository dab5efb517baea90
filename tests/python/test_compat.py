"""The old names of the 2020 FKB: an old program gives the numbers of new calls."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from fkb.library import find_library
from numpy.typing import NDArray

needs.engine()
ROOT = Path(__file__).resolve().parents[2]
COMPAT = ROOT / "fortran" / "compat"
HOST = ROOT / "tests" / "fortran" / "compat_host.F90"
# How the old sources are compiled, and the kind of the network that then computes.
WAYS = {"plain": [], "REAL64": ["-DREAL64"], "default_real_8": ["-fdefault-real-8"]}
KINDS = {"plain": "single", "REAL64": "double", "default_real_8": "single"}

Array = NDArray[np.float64]


COMPILERS = ["gfortran", "flang-new-22"]


@dataclass(frozen=True)
class Host:
    """The old program, the kind of its networks, and the library it is linked to."""

    program: Path
    kind: str
    library: Path


def find_build(compiler: str) -> Path:
    """Return the build of the library with a compiler, or skip."""
    own = find_library().resolve().parents[1]
    for build in (own, own.parent / "flang", ROOT / "build" / "flang"):
        cache = build / "CMakeCache.txt"
        lines = cache.read_text() if cache.is_file() else ""
        made_by = re.search(r"^CMAKE_Fortran_COMPILER:\w+=(.*)$", lines, re.MULTILINE)
        if not made_by or not shutil.which(compiler):
            continue
        name = Path(made_by[1]).resolve().name
        if name == Path(shutil.which(compiler) or "").resolve().name or compiler in name:
            return build
    pytest.skip(f"there is no build of the library with {compiler}")


@pytest.fixture(scope="module", params=[(c, way) for c in COMPILERS for way in WAYS], ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Host:
    """The old program, compiled in each way."""
    compiler, way = request.param
    build = find_build(compiler)
    folder = tmp_path_factory.mktemp(way)
    library = build / "fortran" / "libfkb.so"
    command = [compiler, "-fopenmp", *WAYS[way], f"-I{build / 'include' / 'fkb'}"]
    command += [str(COMPAT / f"mod_{name}.F90") for name in ("kinds", "network", "ensemble")]
    command += [str(HOST), f"-L{library.parent}", "-lfkb"]
    command += [f"-Wl,-rpath,{library.parent}", "-o", "host"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Host(folder / "host", KINDS[way], library)


def run_host(
    program: Path, model: Path, models: Path, x: Array, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run the old program; its numbers are in `answers`."""
    rows = "\n".join(" ".join(f"{value:.17g}" for value in column) for column in x)
    (folder / "x.txt").write_text(f"{x.shape[1]} {x.shape[0]}\n{rows}\n")
    command = [str(program), str(model), str(models), "x.txt", "answers"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def answers(folder: Path, n: int) -> tuple[Array, Array, Array]:
    """Return outputs, averages, and the output after three steps of training."""
    lines = (folder / "answers").read_text().splitlines()
    rows = [[float(word) for word in line.split()] for line in lines]
    assert len(rows) == 2 * n + 1
    return np.array(rows[0:-1:2]), np.array(rows[1:-1:2]), np.array(rows[-1])


def predict(model: Path, kind: str, x: Array) -> Array:
    """Return the answers of new calls, one column at a time."""
    net = fkb.load(model, kind)
    dtype = np.float32 if kind == "single" else np.float64
    return np.concatenate([net.predict(x[i : i + 1].astype(dtype)) for i in range(len(x))])


def predict_with(host: Host, model: Path, x: Array, folder: Path) -> Array:
    """Return the answers of new calls to the library of a host."""
    if host.library.resolve() == find_library().resolve():
        return predict(model, host.kind, x)
    np.save(folder / "asked.npy", x)
    code = (
        "import sys, numpy as np; from pathlib import Path; from test_compat import predict; "
        "y = predict(Path(sys.argv[1]), sys.argv[2], np.load('asked.npy')); np.save('said.npy', y)"
    )
    path = os.pathsep.join([str(ROOT / "python"), str(ROOT / "tests" / "python")])
    environment = {**os.environ, "FKB_LIBRARY": str(host.library), "PYTHONPATH": path}
    command = [sys.executable, "-c", code, str(model), host.kind]
    subprocess.run(command, cwd=folder, env=environment, check=True)
    said: Array = np.load(folder / "said.npy")
    return said


def test_the_climate_network_gives_the_numbers_of_new_calls(
    host: Host, shared_data: Path, tmp_path: Path
) -> None:
    spcam = shared_data / "spcam"
    models = tmp_path / "models"
    models.mkdir()
    for name in ("a", "b"):
        fkb.convert(
            spcam / "spcam_model.txt",
            models / f"{name}.fkb",
            inp_sub=spcam / "inp_sub.txt",
            inp_div=spcam / "inp_div.txt",
            out_scale=spcam / "out_scale.txt",
        )
    sub = np.loadtxt(spcam / "inp_sub.txt", delimiter=",").ravel()[:94]
    div = np.loadtxt(spcam / "inp_div.txt", delimiter=",").ravel()[:94]
    x = sub + div * np.random.default_rng(1).uniform(-1, 1, (20, 94))
    done = run_host(host.program, models / "a.fkb", models, x, tmp_path)
    assert done.returncode == 0, done.stderr
    single, average, _ = answers(tmp_path, len(x))
    expected = predict_with(host, models / "a.fkb", x, tmp_path)
    assert np.abs(expected).max() > 0
    np.testing.assert_array_equal(single, expected)
    np.testing.assert_array_equal(average, expected)
    assert np.isfinite(fkb.load(tmp_path / "answers.fkb").predict(x)).all()


def test_the_recorded_outputs_of_the_old_file_are_met(
    host: Host, shared_data: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    fkb.convert(shared_data / "spcam" / "spcam_model.txt", models / "a.fkb")
    x = (-1 + 2 * np.arange(94) / 154)[None]
    assert run_host(host.program, models / "a.fkb", models, x, tmp_path).returncode == 0
    outputs, _, _ = answers(tmp_path, 1)
    expected = [0.00719891, 0.00640351, -0.00124654, 0.01526769]
    np.testing.assert_allclose(outputs[0, :4], expected, rtol=0, atol=2e-7)


def test_training_is_gradient_descent_on_half_the_squared_error(
    host: Host, shared_data: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    source = shared_data / "fkb" / "simple_model_with_weights.txt"
    fkb.convert(source, models / "a.fkb")
    n_in, n_out = 5, fkb.load(models / "a.fkb").predict(np.zeros((1, 5))).shape[1]
    x = np.random.default_rng(2).uniform(-1, 1, (3, n_in))
    done = run_host(host.program, models / "a.fkb", models, x, tmp_path)
    assert done.returncode == 0, done.stderr
    net = fkb.load(models / "a.fkb", host.kind)
    optimizer = {
        "module": "keras.optimizers",
        "class_name": "SGD",
        "config": {"learning_rate": 0.001 * n_out / 2},
        "registered_name": None,
    }
    trainer = fkb.Trainer(net, loss="mse", optimizer=optimizer)
    for _ in range(3):
        trainer.step(x[:1], np.full((1, n_out), 0.25))
    _, _, after = answers(tmp_path, len(x))
    before = predict(models / "a.fkb", host.kind, x[:1])[0]
    expected = net.predict(x[:1].astype(np.float32 if host.kind == "single" else np.float64))[0]
    tolerance = 1e-6 if host.kind == "single" else 1e-9
    assert np.abs(expected - before).max() > 100 * tolerance * np.abs(before).max()
    np.testing.assert_allclose(after, expected, rtol=0, atol=tolerance * np.abs(before).max())


def test_old_text_and_missing_files_stop_with_a_sentence(
    host: Host, shared_data: Path, tmp_path: Path
) -> None:
    x = np.zeros((1, 5))
    old = shared_data / "fkb" / "simple_model_with_weights.txt"
    done = run_host(host.program, old, tmp_path, x, tmp_path)
    assert done.returncode != 0
    assert 'convert it with "fkb convert"' in done.stderr
    done = run_host(host.program, tmp_path / "none.fkb", tmp_path, x, tmp_path)
    assert done.returncode != 0
    assert "none.fkb" in done.stderr
    fkb.convert(old, tmp_path / "a.fkb")
    (tmp_path / "empty").mkdir()
    done = run_host(host.program, tmp_path / "a.fkb", tmp_path / "empty", x, tmp_path)
    assert done.returncode != 0
    assert "holds neither ensemble.txt nor a file *.fkb" in done.stderr
