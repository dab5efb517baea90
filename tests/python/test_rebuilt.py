"""Every network of the zoo, taken apart into a model in Fortran and built again."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo
from fkb.errors import FkbError
from fkb.graph import Graph, Layer
from test_build_models import HERE, compiled_program, graph_of

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine

# Keras would hand the mask of their outputs on to what is added.
MASKED = "makes a mask"


@pytest.fixture(scope="module")
def zoo_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], set[str]]:
    """All networks of the zoo as files, built again, and those that were refused."""
    folder = tmp_path_factory.mktemp("zoo")
    keras.utils.set_random_seed(4)
    made: dict[str, Any] = {}
    for number, case in enumerate(zoo.cases(3)):
        model = zoo.fill(case.build(keras), number)
        model.save(folder / "model.keras")
        try:
            fkb.convert(folder / "model.keras", folder / f"case{number}.fkb")
        except FkbError:
            continue
        made[f"case{number}"] = (case.name, zoo.inputs_of(model, number))
    (folder / "cases.txt").write_text("".join(f"{name}\n" for name in made))
    program = compiled_program(HERE / "rebuild.F90", "float32", folder)
    done = subprocess.run([str(program)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refused = set()
    for line in done.stdout.splitlines():
        name, _, message = line.partition(": ")
        assert MASKED in message, (made[name][0], message)
        refused.add(name)
    return folder, made, refused


def described(graph: Graph, skipped: bool) -> list[Any]:
    """What must stay: layers, options, calls, weights; `skipped`: without what computes masks.

    Operations without weights may stand elsewhere where Keras counts with the masks it derives.
    """
    masked = any(layer.meta.get("implicit") for _, layer in graph.model.walk())
    layers = [
        (path, layer.class_name, layer.config, layer.meta, layer.nodes, weights_of(layer))
        for path, layer in graph.model.walk()
        if not (skipped and layer.meta.get("implicit"))
    ]
    if masked:
        layers.sort(key=lambda layer: (bool(layer[5]), "" if layer[5] else layer[0]))
    return layers


def weights_of(layer: Layer) -> list[Any]:
    return [(w.name, w.trainable, w.value.tobytes(), str(w.value.dtype)) for w in layer.weights]


def test_most_networks_can_be_built_again(zoo_files: Any) -> None:
    _, made, refused = zoo_files
    assert len(made) > 300
    assert len(refused) < len(made) / 10


def test_layers_calls_options_and_weights_stay(zoo_files: Any) -> None:
    folder, made, refused = zoo_files
    for name in made.keys() - refused:
        before = graph_of(folder / f"{name}.fkb")
        after = graph_of(folder / f"{name}.again.fkb")
        skipped = bool(before.model.meta.get("output_masks"))  # a built model has none
        assert described(after, skipped) == described(before, skipped), made[name][0]
        assert after.model.class_name in (before.model.class_name, "Functional")


def test_predictions_are_bit_equal(zoo_files: Any) -> None:
    folder, made, refused = zoo_files
    for name in made.keys() - refused:
        case, inputs = made[name]
        before = fkb.load(folder / f"{name}.fkb")
        after = fkb.load(folder / f"{name}.again.fkb")
        try:
            one = before.predict(inputs)
        except FkbError:  # it is stateful, or its inputs have several open dimensions
            continue
        two = after.predict(inputs)
        pairs = zip(one, two, strict=True) if isinstance(one, list) else [(one, two)]
        for mine, theirs in pairs:
            np.testing.assert_array_equal(mine, theirs, case)
