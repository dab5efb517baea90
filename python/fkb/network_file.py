"""What the engine in Python asks the model file itself, before its values."""

from __future__ import annotations

import os
from typing import Any

from .errors import EngineError
from .files import read_bytes
from .graph import Array, Port, flatten_structure
from .keras_shapes import infer_shapes
from .report import Report
from .text_reader import load_structure

PathLike = str | os.PathLike[str]


def ways_to_name(path: PathLike) -> tuple[list[list[str]], list[list[str]]]:
    """Return for inputs and for outputs the ways to name all of them, by position."""
    graph = load_structure(read_bytes(path), path)
    return _ways(graph.model.inputs, graph.inputs), _ways(graph.model.outputs, graph.outputs)


def _ways(structure: Any, ports: dict[int, Port]) -> list[list[str]]:
    """Return the names that the file gives, the keys that Keras knows, the names of the layers."""
    layers = [ref.layer for ref in flatten_structure(structure)]
    keras = layers
    if isinstance(structure, dict) and len(structure) == len(layers):
        keras = sorted(structure)
    named = [ports[k].name if k in ports else name for k, name in enumerate(keras)]
    return [named, keras, layers]


def open_shapes(path: PathLike, inputs: list[Array]) -> list[tuple[int | None, ...]]:
    """Return the shapes of the outputs of a model that leaves dimensions open."""
    model = load_structure(read_bytes(path), path).model
    by_name = {layer.name: layer for layer in model.children}
    for ref, array in zip(flatten_structure(model.inputs), inputs, strict=True):
        stated = by_name[ref.layer].config["batch_shape"]
        pairs = zip(stated[1:], array.shape[1:], strict=False)
        closed = [given if known is None else known for known, given in pairs]
        by_name[ref.layer].config["batch_shape"] = [None, *closed]
    report = Report()
    shapes = infer_shapes(model, report)
    report.raise_if_any()
    found = [shapes.of(model, ref) for ref in flatten_structure(model.outputs)]
    if any(shape is None or None in shape[1:] for shape in found):
        raise EngineError("the shape of an output depends on a layer that is not known")
    return [shape for shape in found if shape is not None]
