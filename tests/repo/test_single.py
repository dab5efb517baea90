"""The library as one Fortran file: complete, in order, and it works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "fortran" / "src"

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
   call model%add(dense(1))
   call model%build(net, error, seed=1)
   if (.not. allocated(error)) call trainer%init(net, mean_squared_error_t(), adam_t(), error)
   do i = 1, 64
      x(:, i) = sin([1, 2, 3, 4]*0.1_wp*i)
   end do
   y(1, :) = x(1, :)*x(2, :) - x(3, :)
   do i = 1, 300
      if (.not. allocated(error)) call trainer%step(x, y, loss, error)
      if (i == 1) first = loss
   end do
   if (.not. allocated(error)) call net%save("single.fkb", error)
   if (.not. allocated(error)) call back%load("single.fkb", error)
   if (.not. allocated(error)) call net%predict(x, y, work, error)
   if (.not. allocated(error)) call back%predict(x, z, work, error)
   if (allocated(error)) error stop error%message
   if (any(abs(y - z) > 0)) error stop "the saved network answers differently"
   if (loss > 0.2_wp*first) error stop "nothing was learned"
   print *, "works"
end program host
"""


def make(kind: str, folder: Path) -> Path:
    """Write the file and return its path."""
    file = folder / "fkb_single.f90"
    command = [sys.executable, str(ROOT / "tools" / "make_single.py"), "--kind", kind, str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file


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


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sp", "dp", "both"])
def test_a_host_works_with_the_file_alone(kind: str, tmp_path: Path) -> None:
    if not shutil.which("gfortran"):
        pytest.skip("there is no gfortran")
    file = make(kind, tmp_path)
    (tmp_path / "host.f90").write_text(HOST.replace("KIND", "sp" if kind == "sp" else "dp"))
    command = ["gfortran", "-O1", "-std=f2018", file.name, "host.f90", "-o", "host"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    done = subprocess.run(["./host"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "works" in done.stdout
