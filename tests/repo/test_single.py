"""The library as one Fortran file: complete, in order, and it gives the bits of the library."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "fortran" / "src"
COMPILERS = ["gfortran", "flang-new-22"]
STEPS = 300

# Prints what the network says after one step of training, and after all of them.
HOST = """\
program host
   use fkb_KIND, only: adam_t, error_t, mean_squared_error_t, model_t, network_t, trainer_t, &
      workspace_t, wp
   use fkb_layers, only: dense, input_layer
   implicit none
   type(model_t) :: model
   type(network_t), target :: net, back
   type(trainer_t) :: trainer
   type(workspace_t) :: work
   type(error_t), allocatable :: error
   real(wp) :: x(4, 64), y(1, 64), z(1, 64), first, loss
   integer :: i
   call model%add(input_layer(shape=[4]))
   call model%add(dense(16, activation="tanh"))
   call model%add(dense(8, activation="elu"))
   call model%add(dense(1))
   call model%build(net, error, seed=1)
   if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), adam_t(), error)
   do i = 1, 64
      x(:, i) = real([1, 2, 3, 4]*i, wp)/256
   end do
   y(1, :) = x(1, :)*x(2, :) - x(3, :)
   do i = 1, STEPS
      if (.not. allocated(error)) call trainer%step(x, y, loss, error)
      if (i == 1) first = loss
      if (i == 1 .and. .not. allocated(error)) call net%predict(x, z, work, error)
      if (i == 1) print '(es26.17)', loss, z
   end do
   if (.not. allocated(error)) call net%save("single.fkb", error)
   if (.not. allocated(error)) call back%load("single.fkb", error)
   if (.not. allocated(error)) call net%predict(x, y, work, error)
   if (.not. allocated(error)) call back%predict(x, z, work, error)
   if (allocated(error)) error stop error%message
   if (any(abs(y - z) > 0)) error stop "the saved network answers differently"
   if (loss > 0.2_wp*first) error stop "nothing was learned"
   print '(es26.17)', loss, z
end program host
"""

BOTH = """\
program host
   use fkb, only: error_t, network_dp_t, network_sp_t
   implicit none
   type(network_sp_t) :: single
   type(network_dp_t) :: double
   type(error_t), allocatable :: error
   call single%load("nothing.fkb", error)
   if (.not. allocated(error)) error stop "a missing file went unnoticed"
   call double%load("nothing.fkb", error)
   if (.not. allocated(error)) error stop "a missing file went unnoticed"
   print '(a)', error%message
end program host
"""


def make(kind: str, folder: Path) -> Path:
    """Write the file and return its path."""
    file = folder / "fkb_single.f90"
    command = [sys.executable, str(ROOT / "tools" / "make_single.py"), "--kind", kind, str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file


def run(command: list[str], folder: Path) -> str:
    """Run a command that must succeed and return what it printed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr[-3000:]}"
    return done.stdout


def run_host(compiler: str, text: str, library: list[str], folder: Path) -> str:
    """Compile a host with what `library` says and return what it prints."""
    folder.mkdir(exist_ok=True)
    (folder / "host.f90").write_text(text)
    run([compiler, "host.f90", *library, "-o", "host"], folder)
    return run(["./host"], folder)


def host_of(kind: str) -> str:
    """Return the host in this precision."""
    return HOST.replace("KIND", kind).replace("STEPS", str(STEPS))


def values(text: str) -> NDArray[np.float64]:
    """Return loss and answers after the first step, and loss and answers after the last."""
    numbers = np.array([float(word) for word in text.split()])
    assert numbers.size == 2 * 65 and np.isfinite(numbers).all()
    return numbers.reshape(2, 65)


@pytest.mark.parametrize("kind", ["sp", "dp", "both"])
def test_the_file_is_in_order_and_needs_no_preprocessor(kind: str, tmp_path: Path) -> None:
    lines = make(kind, tmp_path).read_text().splitlines()
    known: set[str] = set()
    for line in lines:
        assert not line.startswith("#"), line
        assert len(line) <= 132, line
        if found := re.match(r" *use (fkb\w*)", line):
            assert found[1] in known, line
        elif found := re.match(r"module (fkb\w*)$", line):
            assert found[1] not in known, line
            known.add(found[1])
    assert len(known) > 200
    if kind != "both":
        other = {"sp": "_dp", "dp": "_sp"}[kind]
        assert not [name for name in known if name.endswith(other)]
    text = "\n".join(lines)
    assert not re.search(r"^ *call [sd]gemm\b", text, re.MULTILINE)


def test_the_file_of_both_kinds_has_the_whole_library(tmp_path: Path) -> None:
    text = make("both", tmp_path).read_text()
    missing = []
    for path in SOURCES.rglob("*.[fF]90"):
        if path.parent.name == "c_api" or path.stem.startswith("fkb_bridge"):
            continue
        if not re.search(rf"^(?:sub)?module\b.*\b{path.stem}$", text, re.MULTILINE):
            missing.append(path.stem)
    # Callbacks from JSON serve the interface for C alone.
    assert sorted(missing) == ["fkb_callback_config_dp", "fkb_callback_config_sp"]


def test_a_host_gets_the_numbers_of_the_library_from_the_file(tmp_path: Path) -> None:
    library = os.environ.get("FKB_LIBRARY")
    build = Path(library).resolve().parents[1] if library else ROOT / "build" / "gfortran"
    cache = build / "CMakeCache.txt"
    text = cache.read_text() if cache.is_file() else ""
    made_by = re.search(r"^CMAKE_Fortran_COMPILER:\w+=(.*)$", text, re.MULTILINE)
    if not made_by or "gfortran" not in Path(made_by[1]).resolve().name:
        pytest.skip("there is no build of the library with gfortran")
    compiler = made_by[1]
    make("sp", tmp_path)
    run([compiler, "-O0", "-std=f2018", "-c", "fkb_single.f90"], tmp_path)
    said = run_host(compiler, host_of("sp"), [f"-I{tmp_path}", "../fkb_single.o"], tmp_path / "a")
    folder = build / "fortran"
    there = [f"-I{build / 'include' / 'fkb'}", f"-L{folder}", "-lfkb", f"-Wl,-rpath,{folder}"]
    right = values(run_host(compiler, host_of("sp"), there, tmp_path / "b"))
    # The library may have fused operations and a BLAS, which round otherwise.
    scale = np.abs(right[0]).max()
    np.testing.assert_allclose(values(said)[0], right[0], rtol=0, atol=1e-6 * scale)
    np.testing.assert_allclose(values(said)[1], right[1], rtol=0, atol=1e-3 * scale)


@pytest.fixture(scope="module", params=COMPILERS)
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[str]]:
    """A compiler, and how it finds the library built for any processor, without a BLAS."""
    compiler = str(request.param)
    if not shutil.which(compiler) or not shutil.which("cmake"):
        pytest.skip(f"there is no {compiler}, or no cmake")
    build = tmp_path_factory.mktemp("library")
    options = [f"-DCMAKE_Fortran_COMPILER={compiler}", "-DCMAKE_BUILD_TYPE=Release"]
    options += [f"-DFKB_{name}=OFF" for name in ("TESTS", "BLAS", "NATIVE", "LEVELS", "OPENMP")]
    run(["cmake", "-S", str(ROOT), "-B", str(build), *options], build)
    run(["cmake", "--build", str(build), "--target", "fkb_static", "--parallel", "2"], build)
    return compiler, [f"-I{build / 'include' / 'fkb'}", str(build / "fortran" / "libfkb.a")]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sp", "dp", "both"])
def test_the_file_gives_the_bits_of_the_library(
    kind: str, library: tuple[str, list[str]], tmp_path: Path
) -> None:
    compiler, there = library
    make(kind, tmp_path)
    run([compiler, "-O1", "-std=f2018", "-c", "fkb_single.f90"], tmp_path)
    here = [f"-I{tmp_path}", "../fkb_single.o"]
    for host in ["sp", "dp"] if kind == "both" else [kind]:
        said = run_host(compiler, host_of(host), here, tmp_path / host)
        assert values(said).any()
        assert said == run_host(compiler, host_of(host), there, tmp_path / f"library_{host}")
    if kind == "both":
        assert "nothing.fkb" in run_host(compiler, BOTH, here, tmp_path / "both")
