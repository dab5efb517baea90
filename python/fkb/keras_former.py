"""What older versions of Keras 3 wrote or meant in another way than later ones.

Sources: Keras 3.3.3, 3.4.1, 3.6.0, 3.9.2, 3.10.0, 3.11.3, 3.12.0 and 3.15.1, compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from .graph import Layer, Node, Version
from .keras_nodes import tensors_in
from .keras_shapes import ModelShapes
from .registry import Config, Shape
from .report import Report

# Operations state their parameters in this way since Keras 3.11.
_STATED = (3, 11)
_THRESHOLD = {"threshold_value": "threshold", "value": "default_value"}
_HEAD_MASKS = ("query_mask", "value_mask", "key_mask", "attention_mask")
# Their constructors took no argument at all, not even the name.
_WITHOUT_ARGUMENTS = ("HardTanh", "StopGradient", "TanhShrink", "Trunc")


def _is_former(entry: Config, version: Version) -> bool:
    """Whether an entry is such an operation; `.h5` files of Keras name no module."""
    module = entry.get("module")
    named = isinstance(module, str) and ".ops." in f"{module}."
    alone = module is None and entry.get("class_name") in ("Threshold", "Isclose")
    return (3, 0) <= version < _STATED and (named or alone)


def modern_entry(entry: Config, version: Version) -> Config:
    """Return an operation of an older Keras as later versions state it."""
    config = entry.get("config")
    if not _is_former(entry, version) or not isinstance(config, dict):
        return entry
    if entry["class_name"] == "Threshold":
        return entry | {"config": {_THRESHOLD.get(key, key): config[key] for key in config}}
    nodes = entry.get("inbound_nodes")
    if entry["class_name"] != "Isclose" or not isinstance(nodes, list):
        return entry
    flags = [node["args"][4] for node in nodes if _has_flag(node)]
    if len(flags) != len(nodes) or any(flag is not flags[0] for flag in flags):
        return entry
    kept = [node | {"args": node["args"][:4]} for node in nodes]
    return entry | {"config": config | {"equal_nan": flags[0]}, "inbound_nodes": kept}


def _has_flag(node: object) -> bool:
    args = node.get("args") if isinstance(node, dict) else None
    return isinstance(args, list) and len(args) == 5 and isinstance(args[4], bool)


def former_entry(entry: Config, version: Version) -> Config:
    """Return an operation as the older Keras states it that the file is for."""
    if not _is_former(entry, version):
        return entry
    config, name = dict(entry["config"]), entry["class_name"]
    nodes = entry["inbound_nodes"]
    if name == "Threshold":
        former = {new: old for old, new in _THRESHOLD.items()}
        config = {former.get(key, key): value for key, value in config.items()}
    if name == "Isclose":
        flag = config.pop("equal_nan", False)
        nodes = [node | {"args": [*_with_bounds(node["args"]), flag]} for node in nodes]
    if name == "ConvertToTensor":
        config = {"dtype": config.get("dtype"), "sparse": config.get("sparse")}
    if len(config) > 1 or name in _WITHOUT_ARGUMENTS:
        config.pop("name", None)
    return entry | {"config": config, "inbound_nodes": nodes}


def _with_bounds(args: list[object]) -> list[object]:
    """Return the arguments of `isclose` with the default bounds where they are absent."""
    return [*args, *(1e-5, 1e-8)[len(args) - 2 :]]


def refuse_former(model: Layer, shapes: ModelShapes, version: Version, report: Report) -> None:
    """Report layers that meant something else in the Keras that wrote the file."""
    everywhere = [layer for _, layer in model.walk() if layer.class_name == "MultiHeadAttention"]
    several = sum(_is_masked(node) for layer in everywhere for node in layer.nodes) > 1
    for path, container in [("", model), *model.walk()]:
        brothers = {child.name: child for child in container.children}
        for child in container.children:
            for option, message in _former(child, shapes, version, brothers, several):
                report.add(f"{path}/{child.name}" if path else child.name, option, message)


def _former(
    layer: Layer,
    shapes: ModelShapes,
    version: Version,
    brothers: dict[str, Layer],
    several_heads: bool,
) -> Iterator[tuple[str, str]]:
    given = [shape for shape in shapes.inputs.get(id(layer), []) if shape is not None]
    masks = [mask for node in layer.nodes for mask in tensors_in(node.kwargs.get("mask"))]
    name, axis = layer.class_name, layer.config.get("axis")
    three = version >= (3, 0)
    if three and version < (3, 4) and given and _encodes_one_number(layer, given[0]):
        yield (
            "output_mode",
            "is one_hot for an input whose last axis has the size 1, which Keras 3.3 kept: save "
            "the model with Keras 3.4 or newer",
        )
    several = isinstance(axis, list) and len(axis) > 1
    if three and version < (3, 6) and name == "ops.Normalize" and several:
        yield (
            "axis",
            "has several axes, of which Keras before 3.6 took the norm of a matrix: save the model "
            "with Keras 3.6 or newer",
        )
    if three and version < (3, 10) and name == "Softmax" and masks:
        yield (
            "mask",
            "is given, and Keras before 3.10 gave no zeros where all is masked: save the model "
            "with Keras 3.10 or newer",
        )
    if three and version < (3, 10) and _zeroes_masked_rows(layer):
        yield (
            "mask",
            "is given to an attention with dropout or scores, where Keras before 3.10 looked at "
            "all values from a step to which all are masked, and later ones at none: save the "
            "model with Keras 3.10 or newer",
        )
    heads = name == "MultiHeadAttention"
    if three and version < (3, 8) and heads and several_heads:
        yield (
            "mask",
            "is given to several attentions, of which Keras before 3.8 gave all the mask of their "
            "query: save the model with Keras 3.8 or newer",
        )
    numbers = any(_is_number(brothers[mask.layer]) for mask in masks)
    if version < (3, 15) and name == "GlobalAveragePooling1D" and numbers:
        yield (
            "mask",
            "holds numbers, which Keras before 3.15 took for weights: give it a boolean mask",
        )


def _zeroes_masked_rows(layer: Layer) -> bool:
    """Whether an attention has masks and computes its weights with the layer Softmax.

    Measured with Keras 3.3.3, 3.9.2 and 3.15.1: without dropout and scores all agree. Functional
    models in which Attention or AdditiveAttention has masks of query and value fail to predict in
    3.3.3 and 3.9.2; the source of their masks is compared only.
    """
    if layer.class_name not in ("MultiHeadAttention", "GroupQueryAttention"):
        return False
    masked = any(_is_masked(node) for node in layer.nodes)
    scores = any(node.kwargs.get("return_attention_scores") for node in layer.nodes)
    return masked and bool(scores or layer.config.get("dropout"))


def _is_masked(node: Node) -> bool:
    return any(list(tensors_in(node.kwargs.get(key))) for key in _HEAD_MASKS)


def _is_number(layer: Layer) -> bool:
    """Whether a mask from this layer is not boolean."""
    if layer.class_name in ("InputLayer", "ops.Cast"):
        return layer.config.get("dtype") != "bool"
    return False


def _encodes_one_number(layer: Layer, shape: Shape) -> bool:
    encodes = layer.class_name in ("CategoryEncoding", "Discretization")
    one_hot = layer.config.get("output_mode") == "one_hot"
    return encodes and one_hot and len(shape) > 1 and shape[-1] == 1
