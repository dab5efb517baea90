"""Kernels for several processors, chosen when the library is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from engine_graphs import X, saved, two_layers

needs.engine()

PREDICT = """
import sys
import fkb
import numpy as np
with fkb.load(sys.argv[1]) as net:
    np.save(sys.argv[2], net.predict(np.load(sys.argv[3])))
print(fkb.processor_level())
"""


def predict(folder: Path, level: str | None) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Predict in a new process that asks for a level; return what it said, and its outputs."""
    environment = {k: v for k, v in os.environ.items() if k != "FKB_CPU_LEVEL"}
    if level is not None:
        environment["FKB_CPU_LEVEL"] = level
    environment["PYTHONPATH"] = str(Path(fkb.__file__).parents[1])
    inputs, outputs = folder / "x.npy", folder / "y.npy"
    np.save(inputs, X)
    model = saved(folder, two_layers())
    command = [sys.executable, "-c", PREDICT, str(model), str(outputs), str(inputs)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done, outputs


def test_every_level_predicts_the_same_to_rounding(tmp_path: Path) -> None:
    done, outputs = predict(tmp_path, None)
    assert done.returncode == 0, done.stderr
    best = done.stdout.strip()
    wanted = np.load(outputs)
    assert best in ("v1", "v3", "v4", "fixed")
    for level in {"v4": ("v4", "v3", "v1"), "v3": ("v3", "v1"), "v1": ("v1",)}.get(best, ()):
        done, outputs = predict(tmp_path, level)
        assert (done.returncode, done.stdout.strip()) == (0, level), done.stderr
        np.testing.assert_allclose(np.load(outputs), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("level", ["v2", "v9", "fast"])
def test_a_level_that_there_is_not_is_an_error(tmp_path: Path, level: str) -> None:
    done, _ = predict(tmp_path, level)
    assert done.returncode == 1
    assert "EngineError" in done.stderr
    assert f'FKB_CPU_LEVEL is "{level}": this library' in done.stderr
