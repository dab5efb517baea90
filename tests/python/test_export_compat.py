"""Files of older versions of Keras 3 give their outputs here, and they load what FKB exports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo
from fkb import text
from fkb.errors import UnsupportedError
from fkb.hdf5 import read_h5, write_h5
from fkb.keras_zip import read_keras, write_keras

pytestmark = [pytest.mark.keras, pytest.mark.long, needs.with_engine]

VERSIONS = ("3.3.3", "3.6.0", "3.9.2", "3.12.0")
SCRIPT = Path(__file__).parent / "old_keras.py"
MINUTES = 10
EPS = float(np.finfo("float32").eps)
Results = dict[str, dict[str, str]]


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


def run(step: str, version: str, place: Path | None, folder: Path) -> Results:
    """Run one step for the whole zoo in that version of Keras."""
    paths = [*([place] if place else []), SCRIPT.parent]
    done = subprocess.run(
        [sys.executable, SCRIPT, version, step, folder],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 * MINUTES,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads((folder / f"{step}.json").read_text()))


@dataclass
class Sent:
    """What became of the files of one version.

    Attributes:
        wrong: what went wrong, in sentences.
        refused: what is refused by name, in sentences.
        converted: how many files were read.
        predicted: how many models gave the outputs that Keras stored.
        functional: numbers of the models that are Functional, or hold one that is.
        operating: numbers of the models with operations.
        exported: numbers of the models that were written again.
    """

    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    converted: int = 0
    predicted: int = 0
    functional: set[str] = field(default_factory=set)
    operating: set[str] = field(default_factory=set)
    exported: set[str] = field(default_factory=set)


def predict(case: zoo.Case, base: Path) -> None:
    """Compare the engine's outputs with those that Keras stored."""
    with np.load(f"{base}.npz") as stored, fkb.load(f"{base}.fkb") as net:
        inputs = [stored[f"x{i}"] for i in range(sum(key[0] == "x" for key in stored))]
        got: Any = net.predict(inputs if len(inputs) > 1 else inputs[0])
        got = list(got) if isinstance(got, (list, tuple)) else [got]
        for i, y in enumerate(got[: case.exact]):
            truth = stored[f"y{i}"]
            assert y.shape == truth.shape, f"output has the shape {y.shape}, not {truth.shape}"
            scale = float(np.abs(truth).max(initial=0.0)) or 1.0
            distance = float(np.abs(y.astype("f8") - truth.astype("f8")).max(initial=0.0)) / scale
            bound = 8 * float(stored["depth"]) * EPS
            assert distance <= bound, f"output off by {distance:.1e} > {bound:.1e}"


def send(saved: Results, version: str, folder: Path) -> Sent:
    """Read all saved models, predict with them, and export them again."""
    sent = Sent()
    for number, case in enumerate(zoo.cases(3)):
        base = folder / str(number)
        if "made" in saved[str(number)]:
            continue
        try:
            graph = read_keras(f"{base}.keras")
            assert graph.keras_version == version
            if case.saves_h5:
                assert text.dumps(read_h5(f"{base}.h5")) == text.dumps(graph), "the .h5 differs"
            sent.converted += 1 + case.saves_h5
            Path(f"{base}.fkb").write_bytes(text.dumps(graph))
            predict(case, base)
            sent.predicted += 1
            write_keras(graph, f"{base}_back.keras")
            write_h5(graph, f"{base}_back.h5")
        except UnsupportedError as problem:
            sent.refused.append(f"{case.name}: {problem}")
            continue
        except (fkb.FkbError, AssertionError) as problem:
            sent.wrong.append(f"{case.name}: {problem}")
            continue
        sent.exported.add(str(number))
        layers = [graph.model, *(layer for _, layer in graph.model.walk())]
        if any(layer.class_name == "Functional" for layer in layers):
            sent.functional.add(str(number))
        if any(layer.class_name.startswith("ops.") for layer in layers):
            sent.operating.add(str(number))
    return sent


@pytest.fixture(scope="module")
def current(keras3: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sent]:
    """Return a folder with models of the current Keras, exported, and what became of them."""
    folder = tmp_path_factory.mktemp("current")
    version = keras3.__version__
    return folder, send(run("save", version, None, folder), version, folder)


# Models that a version saves without what they need, so that it cannot load them itself.
INCOMPLETE = {"layer normalization, rms_scaling"}
# What FKB refuses in files of versions before one, because it meant something else there.
REFUSED = {
    "is one_hot for an input whose last axis has the size 1": (3, 4),
    "joins masks": (3, 4),
    "has several axes, of which Keras": (3, 6),
    "is given to several attentions": (3, 8),
    "gave no zeros where all is masked": (3, 10),
    "to which all are masked, and later ones at none": (3, 10),
}


def may_be_refused(problem: str, version: str) -> bool:
    """Whether each part of a refusal is one of those that are right for that version."""
    parts = problem.split('- layer "')[1:]
    return bool(parts) and all(
        any(reason in part and numbers(version) < end for reason, end in REFUSED.items())
        for part in parts
    )


def numbers(version: str) -> tuple[int, ...]:
    """Return major and minor version."""
    return tuple(int(part) for part in version.split(".")[:2])


def failures(
    wanted: set[str], saved: Results, loaded: Results
) -> tuple[list[str], int, Counter[str]]:
    """Return what should have been loaded and was not, how many files were, and why not."""
    cases = zoo.cases(3)
    wrong = []
    skipped = Counter[str]()
    count = 0
    for number in sorted(wanted, key=int):
        for suffix in (".keras", ".h5"):
            if suffix not in loaded[number]:
                count += 1
            elif suffix in saved[number] or f"own{suffix}" in loaded[number]:
                skipped[f"{suffix} that this Keras cannot load from Keras either"] += 1
            else:
                wrong.append(f"{cases[int(number)].name}{suffix}: {loaded[number][suffix]}")
    return wrong, count, skipped


@pytest.mark.parametrize("version", VERSIONS)
def test_old_versions_of_keras_3_are_served(
    version: str,
    old_keras: Path,
    current: tuple[Path, Sent],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = time.monotonic()
    saved = run("save", version, old_keras / version, tmp_path)
    skipped = Counter(result["made"][:150] for result in saved.values() if "made" in result)
    made = {number for number, result in saved.items() if "made" not in result}
    sent = send(saved, version, tmp_path)
    loaded = run("load", version, old_keras / version, tmp_path)
    wrong, count, reasons = failures(sent.exported, saved, loaded)

    folder, new = current
    now = run("load", version, old_keras / version, folder)
    able = new.exported & made
    # Keras before 3.6 cannot read the single outputs that newer versions write without a list,
    # Keras before 3.11 not the names of operations.
    if numbers(version) < (3, 6):
        able -= new.functional
    if numbers(version) < (3, 11):
        able -= new.operating
    wrong_now, count_now, reasons_now = failures(able, saved, now)
    minutes = (time.monotonic() - start) / 60
    with capsys.disabled():
        print(
            f"\nKeras {version}, {minutes:.1f} minutes: {len(made)} models made, "
            f"{sent.converted} files converted, {sent.predicted} models predicted, "
            f"{count} exports loaded, {count_now} of {2 * len(able)} of models of the current Keras"
        )
        for reason, times in [*skipped.most_common(), *reasons.items(), *reasons_now.items()]:
            print(f"  skipped: {times} {reason}")
        for problem in sent.refused:
            print("  refused:", " ".join(problem.split()))
    assert len(made) > 700
    assert sent.predicted > 0.95 * len(made)
    assert [p for p in sent.refused if not may_be_refused(p, version)] == []
    assert [p for p in sent.wrong if p.partition(": ")[0] not in INCOMPLETE] == []
    assert not wrong, wrong
    assert not wrong_now, wrong_now
