"""The published network of a climate model in a host with fields: the plain numbers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from test_build_models import compiled_program

needs.engine()
HERE = Path(__file__).parent

TOML = """
[[input]]
steps = [{{subtract = "{folder}/inp_sub.txt"}}, {{divide = "{folder}/inp_div.txt"}}]
fields = [
  {{name = "Q", length = 30, unit = "kg/kg", order = "top_down", not_finite = "host"}},
  {{name = "T", length = 30, unit = "K", order = "top_down", minimum = 100, maximum = 400}},
  {{name = "V", length = 30, unit = "m/s"}},
  {{name = "PS", unit = "Pa"}},
  {{name = "SOLIN", unit = "W/m2"}},
  {{name = "SHF", unit = "W/m2"}},
  {{name = "LHF", unit = "W/m2"}},
]
[[output]]
steps = [{{divide = "{folder}/out_scale.txt"}}]
fields = [
  {{name = "dQ", length = 30, unit = "kg/kg/s", zero = [0, 1]}},
  {{name = "dT", length = 30, unit = "K/s"}},
  {{name = "FSNT"}}, {{name = "FSNS"}}, {{name = "FLNT"}}, {{name = "FLNS"}}, {{name = "PRECT"}},
]
"""


COUNTER = """
#include <stddef.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
static long count = 0;
void *malloc(size_t n) { count++; return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { count++; return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { count++; return __libc_realloc(p, n); }
long allocations(void) { return count; }
"""


def columns_near(folder: Path, count: int) -> np.ndarray:
    """Columns around the means of the published side files, T within its limits."""
    sub, div = (
        np.array((folder / f"inp_{name}.txt").read_text().split(","), np.float64)
        for name in ("sub", "div")
    )
    columns = sub + div * np.random.default_rng(3).normal(0, 0.3, (count, 94))
    columns[:, 30:60] = np.clip(columns[:, 30:60], 110, 390)
    return np.asarray(columns)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_the_published_network_in_a_host(kind: str, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "spcam"
    (tmp_path / "t.toml").write_text(TOML.format(folder=folder.resolve()))
    model = tmp_path / "coupled.fkb"
    fkb.convert(folder / "spcam_model.txt", model, transforms=tmp_path / "t.toml")
    plain = tmp_path / "plain.fkb"
    fkb.convert(
        folder / "spcam_model.txt",
        plain,
        inp_sub=folder / "inp_sub.txt",
        inp_div=folder / "inp_div.txt",
        out_scale=folder / "out_scale.txt",
    )
    x = columns_near(folder, 45)
    x[7, 12] = np.nan
    x[20, 40] = 450
    x.tofile(tmp_path / "columns.raw")
    program = compiled_program(HERE / "couple_columns.F90", kind, tmp_path)
    done = subprocess.run([str(program)], cwd=tmp_path, capture_output=True, text=True, check=True)
    y = np.fromfile(tmp_path / "answers.raw").reshape(45, 65)
    x[20, 40] = 400
    with fkb.load(plain, precision="double" if kind == "float64" else "single") as net:
        truth = net.predict(x)
    truth[:, :2] = 0
    assert (y[7] == -999).all(), "the column with a NaN belongs to the host"
    others = np.delete(np.arange(45), 7)
    assert np.abs(truth[others]).max() > 0 and not (y[others] == -999).any()
    out_scale = np.array((folder / "out_scale.txt").read_text().split(","), np.float64)
    error = np.abs((y - truth)[others] * out_scale)
    largest = np.abs(truth[others] * out_scale).max()
    assert error.max() <= 8 * 10 * np.finfo(kind).eps * largest
    assert "45 columns, 1 left to the host" in done.stdout
    assert 'input "Q": 1 not finite, level 13: 1' in done.stdout
    assert 'input "T": 1 above its maximum, level 11: 1' in done.stdout
    assert 'output "dQ": 88 set to zero, level 1: 44, level 2: 44' in done.stdout


def test_a_second_call_allocates_nothing(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "spcam"
    (tmp_path / "t.toml").write_text(TOML.format(folder=folder.resolve()))
    fkb.convert(
        folder / "spcam_model.txt", tmp_path / "coupled.fkb", transforms=tmp_path / "t.toml"
    )
    columns_near(folder, 45).tofile(tmp_path / "columns.raw")
    source = (HERE / "couple_columns.F90").read_text()
    (tmp_path / "counted.F90").write_text("#define COUNT_ALLOCATIONS\n" + source)
    (tmp_path / "counter.c").write_text(COUNTER)
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no gcc")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "counter.c", "-o", "libcounter.so"], cwd=tmp_path, check=True
    )
    program = compiled_program(tmp_path / "counted.F90", "float64", tmp_path, "libcounter.so")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}
    answer = subprocess.run(
        [str(program)], cwd=tmp_path, capture_output=True, text=True, check=True, env=environment
    )
    allocations = int(answer.stdout.split("allocations: ")[1].split()[0])
    assert allocations == 0
