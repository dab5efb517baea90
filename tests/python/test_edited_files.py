"""Files that were edited or damaged end in an error or are opened: no crash, no hang, no traceback.

`FKB_TEST_EDITED` is the number of files of each kind, `FKB_TEST_SEED` the first seed.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import edited_files
import fkb
import needs
import pytest
import zoo

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

FILES = int(os.environ.get("FKB_TEST_EDITED", "600"))
SEED = int(os.environ.get("FKB_TEST_SEED", "0"))
AT_ONCE = 100
SECONDS = 240


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Models of the zoo in all three kinds of file."""
    folder = tmp_path_factory.mktemp("sources")
    made: dict[str, list[Path]] = {".fkb": [], ".keras": [], ".h5": []}
    for module, major in ((keras, 3), (tf_keras, 2)):
        cases = [case for case in zoo.cases(major) if case.saves_h5 and not case.portable]
        for number, case in enumerate(cases[::12]):
            model = zoo.fill(case.build(module), 5)
            for suffix in (".keras", ".h5"):
                path = folder / f"{major}_{number}{suffix}"
                model.save(path)
                made[suffix].append(path)
            fkb.convert(path.with_suffix(".keras"), path.with_suffix(".fkb"))
            made[".fkb"].append(path.with_suffix(".fkb"))
    return made


def opened(paths: list[Path]) -> tuple[list[str], str]:
    """Open files in a process of its own; return its lines and why it ended early."""
    command = [sys.executable, edited_files.__file__, *map(str, paths)]
    environment: dict[str, str] = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired as hung:
        said: Any = hung.stdout or b""
        return said.decode().split("\n"), f"no end after {SECONDS} s"
    why = "" if done.returncode == 0 else f"exit {done.returncode}: {done.stderr[-1500:]}"
    return done.stdout.split("\n"), why


@pytest.mark.long
@pytest.mark.parametrize("suffix", [".fkb", ".keras", ".h5"])
def test_edited_files_are_opened_or_refused(
    suffix: str, sources: dict[str, list[Path]], tmp_path: Path
) -> None:
    tally: Counter[str] = Counter()
    faults = []
    for first in range(0, FILES, AT_ONCE):
        chance = random.Random(f"{suffix} {SEED + first}")
        paths = [tmp_path / f"{first + k}{suffix}" for k in range(min(AT_ONCE, FILES - first))]
        for path in paths:
            edited_files.edit(chance.choice(sources[suffix]), path, chance)
        while paths:
            lines, why = opened(paths)
            ended = [line.split(" ", 1)[1] for line in lines if " " in line]
            tally.update(ended)
            if not why:
                break
            fault = paths[len([word for word in ended if word])]
            faults.append(f"{fault}: {why}")
            paths = paths[paths.index(fault) + 1 :]
    assert not faults, f"{len(faults)} of {FILES}, {dict(tally)}:\n" + "\n".join(faults[:10])
    assert tally["refused"] > FILES // 4
    assert tally["opened"] > 0
    assert not tally["refused without a word"]


NO_INPUTS = """fkb 1
precision float32
keras "3.15.0"
model "model" Sequential
  layer "in" InputLayer
    batch_shape = [null,2,7]
    dtype = "float32"
    node [] {}
  end
  layer "pool" GlobalMaxPooling1D
    data_format = "channels_first"
    keepdims = false
    node [[]] {}
  end
  inputs ["in",0,0]
  outputs ["pool",0,0]
end
checksum none
"""


def test_a_call_without_tensors_is_refused(tmp_path: Path) -> None:
    """Channels that stand first are those of no tensor."""
    path = tmp_path / "model.fkb"
    path.write_text(NO_INPUTS)
    with pytest.raises(fkb.EngineError):
        fkb.load(path).close()


def test_an_embedding_that_nobody_calls_with_a_tensor_is_refused(tmp_path: Path) -> None:
    inputs = keras.Input((5,), dtype="int32", name="in")
    outputs = keras.layers.Embedding(7, 3, mask_zero=True, name="table")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2, name="d")(outputs))
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as old:
        parts = {name: old.read(name) for name in old.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1]["inbound_nodes"][0]["args"] = []
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(tmp_path / "edited.keras", "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    with pytest.raises(fkb.FkbError):
        fkb.convert(tmp_path / "edited.keras", tmp_path / "model.fkb")
