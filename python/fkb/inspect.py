"""What a model is, as data and as a table that a person likes to read."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from .graph import Graph, Layer, Port, Sample, Step, TensorRef, flatten_structure
from .keras_shapes import ModelShapes, infer_shapes
from .report import Report

Description = dict[str, Any]

_WIDE = 100
_GAP = "  "
_HEADINGS = ("layer", "class", "output shape", "parameters", "details", "connected to")
# Options that tell most about a layer, and how they are shown.
_SHOWN = {
    "rate": "rate {:g}",
    "stddev": "stddev {:g}",
    "negative_slope": "slope {:g}",
    "axis": "axis {}",
    "axes": "axes {}",
    "epsilon": "epsilon {:g}",
    "scale": "scale {}",
    "offset": "offset {}",
    "input_dim": "of {}",
}


def describe(graph: Graph) -> Description:
    """Return what `fkb inspect --json` prints: plain lists, dicts, strings and numbers."""
    report = Report()
    shapes = infer_shapes(graph.model, report)
    layers = list(_describe_layers(graph.model, shapes, 0, "", True))
    trainable = sum(layer["trainable_parameters"] for layer in layers)
    total = sum(layer["parameters"] for layer in layers)
    return {
        "name": graph.model.name,
        "class": graph.model.class_name,
        "precision": graph.precision,
        "keras": graph.keras_version,
        "layers": layers,
        "inputs": _describe_ports(graph, "inputs", shapes),
        "outputs": _describe_ports(graph, "outputs", shapes),
        "compile": _describe_compile(graph),
        "samples": [_describe_sample(sample) for sample in graph.samples],
        "parameters": {"total": total, "trainable": trainable, "fixed": total - trainable},
        "problems": [str(problem) for problem in report.problems],
    }


def _describe_layers(
    container: Layer, shapes: ModelShapes, depth: int, path: str, trainable: bool
) -> Iterator[Description]:
    for layer in container.children:
        inner = f"{path}/{layer.name}" if path else layer.name
        free = trainable and layer.config.get("trainable") is not False
        sizes = [int(weight.value.size) for weight in layer.weights]
        marks = [weight.trainable and free for weight in layer.weights]
        yield {
            "path": inner,
            "name": layer.name,
            "depth": depth,
            "class": layer.class_name,
            "role": layer.role,
            "trainable": free,
            "output_shapes": [
                [None if shape is None else list(shape) for shape in call]
                for call in shapes.outputs.get(id(layer), [])
            ],
            "parameters": sum(sizes),
            "trainable_parameters": sum(
                size for size, mark in zip(sizes, marks, strict=True) if mark
            ),
            "activation": _activation(layer),
            "details": _details(layer, free),
            "inputs": [_sources(node.args, node.kwargs) for node in layer.nodes],
            "weights": [
                {"name": w.name, "shape": list(w.value.shape), "trainable": mark}
                for w, mark in zip(layer.weights, marks, strict=True)
            ],
        }
        yield from _describe_layers(layer, shapes, depth + 1, inner, free)


def _sources(args: list[Any], kwargs: dict[str, Any]) -> list[str]:
    return [_source(ref) for ref in flatten_structure(args) + flatten_structure(kwargs)]


def _source(ref: TensorRef) -> str:
    """Return `layer`, `layer[node]` or `layer[node][output]`, as short as is clear."""
    node = f"[{ref.node}]" if ref.node or ref.index else ""
    return ref.layer + node + (f"[{ref.index}]" if ref.index else "")


def _activation(layer: Layer) -> str | None:
    value = layer.config.get("activation")
    if isinstance(value, dict):
        return str(value.get("config") if value.get("class_name") == "function" else "") or str(
            value.get("class_name")
        )
    return value if isinstance(value, str) else None


def _details(layer: Layer, trainable: bool) -> str:
    parts = [] if _activation(layer) in (None, "linear") else [str(_activation(layer))]
    for name, pattern in _SHOWN.items():
        value = layer.config.get(name)
        if isinstance(value, bool) or value is None:
            continue
        number = isinstance(value, int | float)
        if number or (isinstance(value, list) and "g" not in pattern and len(value) < 5):
            parts.append(pattern.format(value))
    if layer.weights and not trainable:
        parts.append("frozen")
    return ", ".join(parts)


def _describe_ports(graph: Graph, side: str, shapes: ModelShapes) -> list[Description]:
    described = graph.inputs if side == "inputs" else graph.outputs
    result = []
    for position, ref in enumerate(flatten_structure(getattr(graph.model, side))):
        port = described.get(position, Port(ref.layer))
        shape = shapes.of(graph.model, ref)
        result.append(
            {
                "position": position,
                "name": port.name,
                "layer": ref.layer,
                "shape": None if shape is None else list(shape),
                **port.options,
                "steps": [_describe_step(step) for step in port.steps],
            }
        )
    return result


def _describe_step(step: Step) -> Description:
    if not isinstance(step.value, np.ndarray):
        return {"kind": step.kind, "value": step.value}
    values = step.value.astype(np.float64)
    span = [float(values.min()), float(values.max())] if values.size else []
    return {"kind": step.kind, "count": int(values.size), "range": span}


def _describe_compile(graph: Graph) -> Description | None:
    if graph.compile is None:
        return None
    optimizer = graph.compile.config.get("optimizer")
    config = optimizer.get("config", {}) if isinstance(optimizer, dict) else {}
    name = optimizer.get("class_name") if isinstance(optimizer, dict) else optimizer
    return {
        "optimizer": name,
        "learning_rate": config.get("learning_rate"),
        "loss": graph.compile.config.get("loss"),
        "metrics": graph.compile.config.get("metrics"),
        "variables": len(graph.compile.variables),
        "iteration": next(
            (int(v.value) for v in graph.compile.variables if v.slot == "iteration"), None
        ),
    }


def _describe_sample(sample: Sample) -> Description:
    arrays = [*sample.inputs.values(), *sample.outputs.values()]
    batch = int(arrays[0].shape[0]) if arrays and arrays[0].ndim else 1
    return {"batch": batch, "tolerance": sample.tolerance}


def render(graph: Graph, title: str, width: int | None = None) -> str:
    """Return the table.

    Args:
        graph: the model.
        title: what it was read from.
        width: of the terminal; by default as it is, unlimited where the output is no terminal.
    """
    about = describe(graph)
    if width is None:
        width = shutil.get_terminal_size((_WIDE, 24)).columns if sys.stdout.isatty() else 10_000
    lines = [
        f'{title}: {about["class"]} model "{about["name"]}", {about["precision"]}, '
        f"Keras {about['keras']}",
        "",
        *_layer_table(about["layers"], width),
        "",
        *_totals(about["parameters"]),
        *_port_lines(about),
        *_training_lines(about),
        *(f"problem: {problem}" for problem in about["problems"]),
    ]
    return "\n".join(lines) + "\n"


def _layer_table(layers: list[Description], width: int) -> list[str]:
    rows: list[tuple[str, ...]] = [_HEADINGS]
    for layer in layers:
        role = f" ({layer['role']})" if layer["role"] else ""
        first = layer["output_shapes"][:1]
        rows.append(
            (
                _GAP * layer["depth"] + layer["name"] + role,
                layer["class"],
                ", ".join(_shape(shape) for shape in first[0]) if first else "",
                f"{layer['parameters']:,}" if layer["parameters"] else "",
                layer["details"],
                "; ".join(", ".join(call) for call in layer["inputs"]),
            )
        )
    return _table(rows, width)


def _shape(shape: list[int | None] | None) -> str:
    if shape is None:
        return "?"
    return "(" + ", ".join("None" if size is None else str(size) for size in shape) + ")"


def _table(rows: list[tuple[str, ...]], width: int) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    number = rows[0].index("parameters")
    lines = []
    for row in rows:
        cells = [
            cell.rjust(size) if column == number else cell.ljust(size)
            for column, (cell, size) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(_cut(_GAP.join(cells).rstrip(), width))
    rule = "-" * min(width, max(map(len, lines)))
    return [lines[0], rule, *lines[1:], rule]


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: max(width - 3, 0)] + "..."


def _totals(parameters: dict[str, int]) -> list[str]:
    return [
        f"parameters: {parameters['total']:,} in all, {parameters['trainable']:,} trainable, "
        f"{parameters['fixed']:,} fixed"
    ]


def _port_lines(about: Description) -> list[str]:
    lines = []
    for side in ("inputs", "outputs"):
        for port in about[side]:
            unit = port.get("unit")
            shown = f" [{unit}]" if isinstance(unit, str) else ""
            shown += f" [{', '.join(unit)}]" if isinstance(unit, list) else ""
            text = f"{side[:-1]} {port['position']}: {port['name']}{shown} {_shape(port['shape'])}"
            steps = ", ".join(_step(step) for step in port["steps"])
            host = f" of {port['size']} host values" if "size" in port else ""
            lines.append(text + (f": {steps}{host}" if steps else ""))
            if "description" in port:
                lines.append(f"    {port['description']}")
    return lines


def _step(step: Description) -> str:
    if step["kind"] == "select":
        return f"select {len(step['value'])}"
    if "value" in step:
        value = step["value"]
        if isinstance(value, dict):
            part = "{}..{}".format(*value["range"]) if "range" in value else ""
            return " ".join(word for word in (step["kind"], part) if word)
        return f"{step['kind']} {value:g}"
    low, high = step["range"] or (0, 0)
    return f"{step['kind']} {step['count']} values ({low:g} to {high:g})"


def _training_lines(about: Description) -> list[str]:
    lines = []
    training = about["compile"]
    if training:
        rate = training["learning_rate"]
        shown = f", learning rate {rate:g}" if isinstance(rate, int | float) else ""
        loss = training["loss"]
        name = loss.get("class_name", loss.get("config")) if isinstance(loss, dict) else loss
        state = f", {training['variables']} variables" if training["variables"] else ""
        steps = training["iteration"]
        state += f" after {steps} steps" if steps is not None else ""
        lines.append(f"training: {training['optimizer']}{shown}, loss {name or 'not set'}{state}")
    if about["samples"]:
        rows = sum(sample["batch"] for sample in about["samples"])
        worst = max(sample["tolerance"] for sample in about["samples"])
        lines.append(f"recorded samples: {rows}, tolerance {worst:g}")
    return lines
