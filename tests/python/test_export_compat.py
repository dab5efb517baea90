"""Older versions of Keras 3 load what the exporters write, and their files are read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fkb import text
from fkb.hdf5 import read_h5, write_h5
from fkb.keras_zip import read_keras, write_keras

pytestmark = [pytest.mark.keras, pytest.mark.long]

VERSIONS = ("3.3.3", "3.6.0", "3.9.2", "3.12.0")
SCRIPT = """
import json, sys
import numpy as np
import keras
import zoo

assert keras.__version__ == sys.argv[1], keras.__version__
step, folder = sys.argv[2], sys.argv[3]
results = {}
for number, case in enumerate(zoo.cases(3)):
    keras.utils.set_random_seed(1)
    base = f"{folder}/{number}"
    try:
        if step == "save":
            model = zoo.fill(case.build(keras), number)
            model.save(base + ".keras")
            model.save(base + ".h5")
            outputs = zoo.outputs_of(model, zoo.inputs_of(model, 3))[: case.exact]
            named = {f"y{i}": y for i, y in enumerate(outputs)}
            np.savez(base + ".npz", *model.get_weights(), **named)
            results[number] = "cannot load what it saves"
            for suffix in (".keras", ".h5"):
                model = keras.models.load_model(base + suffix, compile=False)
                again = zoo.outputs_of(model, zoo.inputs_of(model, 3))[: case.exact]
                for one, two in zip(outputs, again, strict=True):
                    np.testing.assert_array_equal(one, two)
        else:
            stored = np.load(base + ".npz")
            for suffix in (".keras", ".h5"):
                model = keras.models.load_model(base + "_back" + suffix, compile=False)
                outputs = zoo.outputs_of(model, zoo.inputs_of(model, 3))[: case.exact]
                for i, y in enumerate(outputs):
                    np.testing.assert_allclose(y, stored[f"y{i}"], rtol=0, atol=1e-5)
                for i, w in enumerate(model.get_weights()):
                    np.testing.assert_array_equal(w, stored[f"arr_{i}"])
        results[number] = "ok"
    except Exception as error:
        if step == "save" and number in results:
            continue
        results[number] = f"{case.name}: {type(error).__name__}: {error}"
json.dump(results, open(f"{folder}/{step}.json", "w"))
"""


@pytest.fixture(scope="module")
def old_keras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with old versions of Keras, one per folder."""
    given = os.environ.get("FKB_OLD_KERAS")
    if given:
        return Path(given)
    folder = tmp_path_factory.mktemp("keras")
    for version in VERSIONS:
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
        done = subprocess.run(
            [*command, "--target", folder / version, f"keras=={version}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"Keras {version} cannot be installed: {done.stderr[-200:]}")
    return folder


def run(step: str, version: str, place: Path | None, folder: Path) -> dict[str, str]:
    """Run one step for the whole zoo in that version of Keras."""
    paths = [*([place] if place else []), Path(__file__).parent]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, version, step, folder],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads((folder / f"{step}.json").read_text()))


def export_all(saved: dict[str, str], version: str, folder: Path) -> dict[str, bool]:
    """Send all saved models through a graph; return whether they are Functional by number."""
    functional = {}
    for number, result in saved.items():
        if ":" not in result:
            graph = read_keras(folder / f"{number}.keras")
            assert graph.keras_version == version
            assert text.dumps(read_h5(folder / f"{number}.h5")) == text.dumps(graph)
            write_keras(graph, folder / f"{number}_back.keras")
            write_h5(graph, folder / f"{number}_back.h5")
            layers = [graph.model, *(layer for _, layer in graph.model.walk())]
            functional[number] = any(layer.class_name == "Functional" for layer in layers)
    return functional


@pytest.fixture(scope="module")
def current(keras3: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bool]]:
    """Return a folder with models of the current Keras, exported, and which are Functional."""
    folder = tmp_path_factory.mktemp("current")
    version = keras3.__version__
    return folder, export_all(run("save", version, None, folder), version, folder)


@pytest.mark.parametrize("version", VERSIONS)
def test_old_versions_of_keras_3_are_served(
    version: str, old_keras: Path, current: tuple[Path, dict[str, bool]], tmp_path: Path
) -> None:
    saved = run("save", version, old_keras / version, tmp_path)
    export_all(saved, version, tmp_path)
    loaded = run("load", version, old_keras / version, tmp_path)
    made = [number for number, result in saved.items() if result == "ok"]
    assert len(made) > 80
    wrong = [loaded[number] for number in made if loaded[number] != "ok"]
    assert not wrong, wrong

    folder, functional = current
    loaded = run("load", version, old_keras / version, folder)
    # Keras before 3.6 cannot read the single outputs that newer versions write without a list.
    able = [n for n in made if n in functional and not (functional[n] and version < "3.6")]
    assert len(able) > 70
    wrong = [loaded[number] for number in able if loaded[number] != "ok"]
    assert not wrong, wrong
