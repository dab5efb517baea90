"""Sizes of tensors that models of Keras 2 compute with `tf.shape`, and fixed sizes of batches.

`tf.reshape(x, [tf.shape(x)[0], 6, 2])` is a chain of functions of TensorFlow whose result is a
shape. Such chains become numbers: -1 for the batch and for one size that is open.
"""

from __future__ import annotations

import math
from typing import Any

from .graph import CONTAINERS, Layer, TensorRef, flatten_structure
from .keras_nodes import node_tensors
from .keras_objects import plain
from .keras_shapes import ModelShapes, infer_shapes
from .registry import Config, Shape
from .report import Report

_SHAPES = ("compat.v1.shape", "compat.v1.shape_v2", "shape")
# The parameters of functions that may hold sizes, and the options that they are.
_TAKERS = {"reshape": "shape", "broadcast_to": "shape", "tile": "multiples"}
_OPTIONS = {"ops.Reshape": "newshape", "ops.BroadcastTo": "shape", "ops.Tile": "repeats"}
_SIZE = "size of"
_PRODUCT = "product"
_BATCH = "batch"


def fold_sizes(entries: list[Config], config: Config) -> list[Config]:
    """Return the layers of a model of Keras 2 without those that compute sizes.

    Args:
        entries: the serialized layers.
        config: of the model, whose outputs are kept.
    """
    functions = {entry["name"]: entry for entry in entries if _function(entry)}
    if not any(_function(entry) in _SHAPES for entry in functions.values()):
        return entries
    folded = [_folded(entry, functions) for entry in entries]
    while True:
        used = {name for entry in folded for name in _names(entry.get("inbound_nodes"))}
        used |= set(_names(config.get("output_layers")))
        kept = [
            entry
            for entry in folded
            if entry.get("name") in used or _value([entry.get("name"), 0, 0], functions) is None
        ]
        if len(kept) == len(folded):
            return kept
        folded = kept


def _function(entry: Config) -> str:
    """Return the function of TensorFlow that a layer is, empty where it is none."""
    config = entry.get("config")
    named = isinstance(entry.get("name"), str) and isinstance(config, dict)
    function = config.get("function") if named and isinstance(config, dict) else None
    return function if isinstance(function, str) else ""


def _names(value: Any) -> list[str]:
    """Return the names that stand first in lists: those of layers, and others."""
    if isinstance(value, dict):
        return [name for item in value.values() for name in _names(item)]
    if not isinstance(value, list):
        return []
    first = [value[0]] if value and isinstance(value[0], str) else []
    return [*first, *(name for item in value for name in _names(item))]


def _folded(entry: Config, functions: dict[str, Config]) -> Config:
    """Return a layer with expressions in place of tensors that hold sizes."""
    key = _TAKERS.get(_function(entry))
    nodes = entry.get("inbound_nodes")
    if key is None or not isinstance(nodes, list):
        return entry
    result = []
    for node in nodes:
        kwargs = node[3] if isinstance(node, list) and len(node) == 4 else None
        value = _sizes(plain(kwargs[key]), functions) if kwargs and key in kwargs else None
        result.append([*node[:3], kwargs | {key: value}] if kwargs and value else node)
    return entry | {"inbound_nodes": result}


def _sizes(value: Any, functions: dict[str, Config]) -> list[Any] | None:
    """Return a list of numbers and expressions, None where it holds no expression."""
    whole = _value(value, functions)
    if isinstance(whole, list):
        return whole
    if not isinstance(value, list):
        return None
    items = [item if isinstance(item, int) else _value(item, functions) for item in value]
    if all(isinstance(item, int) for item in items) or None in items:
        return None
    return items


def _value(leaf: Any, functions: dict[str, Config]) -> Any:
    """Return what a tensor that holds sizes is, None for other tensors."""
    if not (isinstance(leaf, list) and len(leaf) in (3, 4) and isinstance(leaf[0], str)):
        return None
    if leaf[0] == "_CONSTANT_VALUE":
        return plain(leaf[2])
    entry = functions.get(leaf[0])
    nodes = entry.get("inbound_nodes") if entry else None
    if entry is None or not isinstance(nodes, list) or leaf[1] != 0 or len(nodes) != 1:
        return None
    function, node = _function(entry), nodes[0]
    if function in ("concat", "stack"):
        return _joined(node, functions) if isinstance(node, list) else None
    if not isinstance(node, list) or len(node) != 4 or not isinstance(node[0], str):
        return None
    if function in _SHAPES:
        return [{_SIZE: node[:3], "from": None, "to": None}]
    base = _value(node, functions) if node[0] in functions else None
    if base is None:
        return None
    if function == "__operators__.getitem":
        return _part(base, plain(node[3].get("slice_spec")))
    if function == "cast":
        return base
    if function == "math.multiply":
        other = plain(node[3].get("y"))
        factor = other if isinstance(other, int) else _value(other, functions)
        return None if factor is None else {_PRODUCT: [base, factor]}
    return None


def _joined(leaves: list[Any], functions: dict[str, Config]) -> list[Any] | None:
    result: list[Any] = []
    for leaf in leaves:
        nested = isinstance(leaf, list) and leaf and isinstance(leaf[0], list)
        value = _joined(leaf, functions) if nested else _value(leaf, functions)
        if value is None:
            return None
        result += value if isinstance(value, list) else [value]
    return result


def _part(base: Any, key: Any) -> Any:
    """Return a size, or some, of a shape."""
    if isinstance(key, list) and len(key) == 1:
        key = key[0]
    if not (isinstance(base, list) and len(base) == 1 and isinstance(base[0], dict)):
        return None
    whole = base[0]
    if _SIZE not in whole or whole.get("from") is not None or whole.get("to") is not None:
        return None
    if isinstance(key, int):
        return {_SIZE: whole[_SIZE], "axis": key}
    if isinstance(key, dict) and key.get("step") in (None, 1):
        return [{_SIZE: whole[_SIZE], "from": key.get("start"), "to": key.get("stop")}]
    return None


def order_as_keras(container: Layer) -> None:
    """Put layers into Keras's order, from the deepest to the outputs, in which it has weights.

    Source: `map_graph_network` of tf_keras 2.15.
    """
    children = {child.name: child for child in container.children}
    found: dict[str, int] = {}
    finished: list[tuple[str, int]] = []
    seen: set[tuple[str, int]] = set()
    waiting = [(ref.layer, ref.node) for ref in flatten_structure(container.outputs)][::-1]
    while waiting:
        call = waiting.pop()
        if call in seen:
            if call not in finished:
                finished.append(call)
            continue
        seen.add(call)
        found.setdefault(call[0], len(found))
        needs = [(ref.layer, ref.node) for ref in node_tensors(children[call[0]].nodes[call[1]])]
        waiting += [call, *(need for need in needs[::-1] if need not in seen)]
    calls: dict[tuple[str, int], int] = {}
    depths: dict[str, int] = {}
    for name, number in reversed(finished):
        depth = max(calls.get((name, number), 0), depths.get(name, 0))
        depths[name] = depth
        for ref in node_tensors(children[name].nodes[number]):
            need = (ref.layer, ref.node)
            calls[need] = max(depth + 1, calls.get(need, 0))
    container.children.sort(
        key=lambda child: (-depths.get(child.name, 0), found.get(child.name, len(found)))
    )


class _OpenError(ValueError):
    """A size is not known, and cannot be left open."""


def settle_sizes(model: Layer, report: Report) -> None:
    """Put numbers in the place of sizes; those that cannot be told go to the report."""
    while True:
        waiting = [
            (path, container, child)
            for path, container in [("", model), *model.walk()]
            for child in container.children
            if _waits(child.config.get(_OPTIONS.get(child.class_name, "")))
        ]
        fixed = [container for _, container in model.walk() if _has_fixed_batch(container)]
        if not waiting and not fixed and not _has_fixed_batch(model):
            return
        shapes = infer_shapes(model, Report())
        settled = [_settle(container, child, shapes) for _, container, child in waiting]
        if any(settled):
            continue
        for path, _, child in waiting:
            report.add(
                f"{path}/{child.name}" if path else child.name,
                _OPTIONS[child.class_name],
                "is computed from sizes that are not known when the model is converted: fix them "
                "in the inputs, or state the numbers",
            )
        for container in [model, *fixed]:
            _open_batch(container, shapes)
        return


def _waits(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _has_fixed_batch(container: Layer) -> bool:
    return any(
        child.class_name == "ops.Reshape" and _first(child.config.get("newshape")) > 0
        for child in container.children
    )


def _first(sizes: Any) -> int:
    return sizes[0] if isinstance(sizes, list) and sizes and isinstance(sizes[0], int) else -1


def _open_batch(container: Layer, shapes: ModelShapes) -> None:
    """Write -1 for a batch of fixed size, which a sample has not."""
    for child in container.children:
        if child.class_name != "ops.Reshape" or _first(child.config.get("newshape")) < 1:
            continue
        (given,) = shapes.inputs.get(id(child)) or [None]
        new = child.config["newshape"]
        if given is not None and given[0] == new[0]:
            child.config["newshape"] = _closed([-1, *new[1:]], given)


def _closed(new: list[Any], given: Shape) -> list[Any]:
    """Return a new shape in which only the batch is open, where the other sizes are known."""
    rest = [n for n in new[1:] if n not in (-1, None)]
    if len(rest) != len(new) - 2 or None in given[1:] or math.prod(rest) == 0:
        return new
    size = math.prod(n for n in given[1:] if n is not None) // math.prod(rest)
    return [size if n in (-1, None) and k > 0 else n for k, n in enumerate(new)]


def _settle(container: Layer, child: Layer, shapes: ModelShapes) -> bool:
    """Put numbers in the place of the sizes of one layer; return whether they are known."""
    key = _OPTIONS[child.class_name]
    try:
        found = [n for item in child.config[key] for n in _numbers(item, container, shapes)]
    except _OpenError:
        return False
    if child.class_name == "ops.Tile" and any(not isinstance(n, int) or n < 0 for n in found):
        return False
    if _BATCH in found[1:]:
        return False
    new = [-1 if n in (_BATCH, None) else n for n in found]
    given = shapes.inputs.get(id(child)) or [None]
    if child.class_name == "ops.Reshape" and given[0] is not None and new[0] == -1:
        new = _closed(new, given[0])
    child.meta.pop("tensorflow", None)
    if child.class_name == "ops.BroadcastTo" and new[0] == -1:
        return _tile(child, new, given[0])
    child.config[key] = new
    return True


def _tile(child: Layer, new: list[int], given: Shape | None) -> bool:
    """Repeat a tensor to a shape by numbers: TensorFlow takes no open batch in the shape."""
    if given is None or len(given) != len(new):
        return False
    pairs = list(zip(new[1:], given[1:], strict=True))
    if any(n is None or n < 1 or wanted % n for wanted, n in pairs):
        return False
    del child.config["shape"]
    child.class_name = "ops.Tile"
    child.config["repeats"] = [1, *(wanted // n for wanted, n in pairs if n is not None)]
    return True


def _numbers(item: Any, container: Layer, shapes: ModelShapes) -> list[Any]:
    """Return the sizes that an expression means: numbers, `batch`, None for one that is open."""
    if not isinstance(item, dict):
        return [item]
    if _PRODUCT in item:
        parts = [_numbers(part, container, shapes) for part in item[_PRODUCT]]
        if any(len(part) != 1 or not isinstance(part[0], int) for part in parts):
            raise _OpenError
        return [math.prod(part[0] for part in parts)]
    name, node, index = item[_SIZE]
    target = shapes.child(container, name)
    shift = target.class_name in CONTAINERS and node > 0
    shape = shapes.of(container, TensorRef(name, node - shift, index))
    if shape is None:
        raise _OpenError
    sizes = [_BATCH, *shape[1:]]
    if "axis" in item:
        if not -len(sizes) <= item["axis"] < len(sizes):
            raise _OpenError
        return [sizes[item["axis"]]]
    return sizes[item["from"] : item["to"]]
