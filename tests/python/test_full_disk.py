"""Saving where the bytes find no room: the older file stays, and an error says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import needs
import numpy as np
import pytest
from fkb import text
from fkb.graph import Graph, Layer, Node, TensorRef, Weight

resource = pytest.importorskip("resource", reason="limits of the size of files need Unix")

needs.engine()

# Python ignores SIGXFSZ, so that a write beyond the limit fails as one on a full disk does.
SAVE = """
import resource, sys
import fkb
from fkb.errors import EngineError
net = fkb.load(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    net.save(sys.argv[2])
except EngineError as problem:
    print(problem)
"""


def dense_graph() -> Graph:
    x = Layer("x", "InputLayer", {"batch_shape": [None, 100]}, nodes=[Node()])
    dense = Layer("d", "Dense", {"units": 300}, nodes=[Node([TensorRef("x", 0, 0)])])
    values = np.random.default_rng(3).standard_normal((100, 300)).astype(np.float32)
    dense.weights = [Weight("kernel", values), Weight("bias", values[0])]
    model = Layer("m", "Functional", {}, children=[x, dense])
    model.inputs, model.outputs = TensorRef("x", 0, 0), TensorRef("d", 0, 0)
    return Graph("float32", "3.15.1", model)


@pytest.mark.parametrize("room", [0, 1000, 100_000, 300_000])
def test_a_file_without_room_leaves_the_older_one(tmp_path: Path, room: int) -> None:
    source, target = tmp_path / "m.fkb", tmp_path / "saved.fkb"
    text.write(dense_graph(), source)
    assert source.stat().st_size > 300_000
    target.write_text("older")
    command = [sys.executable, "-c", SAVE, str(source), str(target), str(room)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "the disk is full or the file too large" in done.stdout
    assert target.read_text() == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.fkb", "saved.fkb"]


def test_a_file_with_room_is_saved(tmp_path: Path) -> None:
    source, target = tmp_path / "m.fkb", tmp_path / "saved.fkb"
    text.write(dense_graph(), source)
    target.write_text("older")
    command = [sys.executable, "-c", SAVE, str(source), str(target), "1000000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert target.read_bytes() == source.read_bytes()
