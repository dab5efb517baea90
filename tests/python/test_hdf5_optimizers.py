"""Optimizers of old HDF5 files and their states, without Keras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fkb import text
from fkb.errors import UnsupportedError
from fkb.hdf5 import read_h5, write_h5
from legacy_h5 import KERNEL, LEGACY_ADAM, WEIGHTS, write_legacy


def adam_state(placeholders: bool) -> list[tuple[str, Any]]:
    flat = [value for _, listed in WEIGHTS for _, value in listed]
    state: list[tuple[str, Any]] = [("Adam/iterations:0", np.int64(12))]
    state += [(f"m{i}", value * 2) for i, value in enumerate(flat)]
    state += [(f"v{i}", value**2) for i, value in enumerate(flat)]
    if placeholders:
        state += [(f"vhat{i}", np.zeros(1, np.float32)) for i in range(len(flat))]
    return state


@pytest.mark.parametrize("placeholders", [True, False])
def test_old_adam_state_is_reordered(tmp_path: Path, placeholders: bool) -> None:
    graph = read_h5(
        write_legacy(tmp_path / "m.h5", training=LEGACY_ADAM, optimizer=adam_state(placeholders))
    )
    assert graph.compile is not None
    variables = graph.compile.variables
    assert [(v.slot, v.path) for v in variables[:5]] == [
        ("iteration", ""),
        ("learning_rate", ""),
        ("momentum", "d1/kernel"),
        ("velocity", "d1/kernel"),
        ("momentum", "d1/bias"),
    ]
    assert len(variables) == 10
    assert variables[0].value == 12
    assert variables[1].value == np.float32(0.25)
    np.testing.assert_array_equal(variables[2].value, KERNEL * 2)
    np.testing.assert_array_equal(variables[3].value, KERNEL**2)
    assert graph.compile.config["optimizer"]["class_name"] == "Adam"
    assert "decay" not in graph.compile.config["optimizer"]["config"]


def test_old_decay_becomes_the_schedule_that_it_was(tmp_path: Path) -> None:
    training = json.loads(json.dumps(LEGACY_ADAM))
    training["optimizer_config"]["config"]["decay"] = 0.125
    graph = read_h5(write_legacy(tmp_path / "m.h5", training=training, optimizer=adam_state(False)))
    assert graph.compile is not None
    rate = graph.compile.config["optimizer"]["config"]["learning_rate"]
    assert rate["class_name"] == "InverseTimeDecay"
    assert rate["config"]["initial_learning_rate"] == 0.25
    assert (rate["config"]["decay_steps"], rate["config"]["decay_rate"]) == (1, 0.125)
    assert [v.slot for v in graph.compile.variables[:2]] == ["iteration", "momentum"]


def test_old_optimizers_that_were_other_algorithms_stay_marked(tmp_path: Path) -> None:
    training = {
        "optimizer_config": {"class_name": "RMSprop", "config": {"lr": 0.25, "rho": 0.5}},
        "loss": "mse",
    }
    graph = read_h5(write_legacy(tmp_path / "m.h5", training=training))
    assert graph.compile is not None
    assert graph.compile.config["optimizer"]["class_name"] == "legacy>RMSprop"
    with pytest.raises(UnsupportedError, match="another algorithm in Keras 3"):
        write_h5(graph, tmp_path / "out.h5")
    write_h5(graph, tmp_path / "out.h5", dialect="keras2")
    assert text.dumps(read_h5(tmp_path / "out.h5")) == text.dumps(graph)


def test_state_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = write_legacy(tmp_path / "m.h5", training=LEGACY_ADAM, optimizer=adam_state(False)[:-1])
    with pytest.raises(UnsupportedError, match="do not fit the trainable weights"):
        read_h5(path)
