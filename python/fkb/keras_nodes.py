"""The calls of layers in Keras configurations: `inbound_nodes`, inputs and outputs.

Keras 2 lists `[layer, node, tensor, kwargs]` per input tensor, Keras 3 has `args` and `kwargs`
with serialized tensors. Keras 2 counts the calls of a nested model from 1 (call 0 made it), and
Keras 3 does so in `output_layers` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import FormatError
from .graph import CONTAINERS, Layer, Node, TensorRef
from .keras_objects import plain
from .registry import Constant


def _is_leaf(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and all(isinstance(part, int) and not isinstance(part, bool) for part in value[1:3])
        and (len(value) == 3 or isinstance(value[3], dict))
    )


def _leaf(value: list[Any]) -> TensorRef:
    if value[1] < 0 or value[2] < 0:
        raise FormatError(f"{value[:3]} refers to no tensor")
    return TensorRef(value[0], value[1], value[2])


def read_structure(value: Any, what: str) -> Any:
    """Return `input_layers` or `output_layers`: one tensor, or a list or dict of them.

    Raises:
        FormatError: it holds something else.
    """
    if _is_leaf(value):
        return _leaf(value)
    if isinstance(value, list):
        return [read_structure(item, what) for item in value]
    if isinstance(value, dict):
        return {key: read_structure(item, what) for key, item in plain(value).items()}
    raise FormatError(f"{what} holds {value!r}, which is no tensor")


def read_node(node: Any, list_input: bool, names: set[str]) -> Node:
    """Return one call of a layer.

    Args:
        node: an entry of `inbound_nodes`.
        list_input: whether the layer takes a list of tensors.
        names: the layers of the container.

    Raises:
        FormatError: it has neither Keras 2's nor Keras 3's form.
    """
    if isinstance(node, dict) and set(node) == {"args", "kwargs"}:
        args, kwargs = _revived(plain(node["args"])), _revived(plain(node["kwargs"]))
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise FormatError("a node's args must be a list and its kwargs an object")
        return Node(args, kwargs)
    return _read_keras2(node, list_input, names)


def _revived(value: Any) -> Any:
    """Replace serialized Keras tensors by references."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            config = value.get("config")
            history = config.get("keras_history") if isinstance(config, dict) else None
            if not _is_leaf(history):
                raise FormatError("a Keras tensor in a node has no keras_history")
            return _leaf(history)  # type: ignore[arg-type]
        return {key: _revived(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_revived(item) for item in value]
    return value


def _read_keras2(node: Any, list_input: bool, names: set[str]) -> Node:
    leaves = list(_leaves(node))
    if not leaves:
        raise FormatError(f"a node holds {node!r}, which is no call of a layer")
    kwargs: dict[str, Any] = next((leaf[3] for leaf in leaves if len(leaf) == 4), {})
    first: Any = _bare(node)
    if isinstance(first, list) and len(first) == 1 and not list_input:
        first = first[0]
    return Node([first], {key: _tensors(item, names) for key, item in plain(kwargs).items()})


def _leaves(value: Any) -> Iterator[list[Any]]:
    if _is_leaf(value):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        raise FormatError(f"a node holds {value!r}, which is no tensor")


def _bare(value: Any) -> Any:
    if _is_leaf(value):
        return _leaf(value)
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value]


def _tensors(value: Any, names: set[str]) -> Any:
    """Replace the `[layer, node, tensor]` lists in Keras 2's kwargs by references."""
    if _is_leaf(value) and len(value) == 3 and value[0] in names:
        return _leaf(value)
    if isinstance(value, list):
        return [_tensors(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _tensors(item, names) for key, item in value.items()}
    return value


def map_tensors(value: Any, change: Callable[[TensorRef], Any]) -> Any:
    """Return a nested structure with every tensor replaced."""
    if isinstance(value, TensorRef):
        return change(value)
    if isinstance(value, list):
        return [map_tensors(item, change) for item in value]
    if isinstance(value, dict):
        return {key: map_tensors(item, change) for key, item in value.items()}
    return value


def tensors_in(value: Any) -> Iterator[TensorRef]:
    """Yield the tensors of a nested structure in the order in which they stand."""
    if isinstance(value, TensorRef):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from tensors_in(item)


def node_tensors(node: Node) -> Iterator[TensorRef]:
    """Yield the tensors that a call takes."""
    yield from tensors_in(node.args)
    yield from tensors_in(node.kwargs)


def shaping_tensors(node: Node) -> Iterator[TensorRef]:
    """Yield the tensors of a call that decide on shapes: all but masks and initial states."""
    yield from tensors_in(node.args)
    for key, value in node.kwargs.items():
        if key not in ("mask", "initial_state") and not key.endswith("_mask"):
            yield from tensors_in(value)


def operands(layer: Layer, number: int) -> Iterator[TensorRef | Constant]:
    """Yield what a call takes: tensors and, for an operation, the shapes of constants."""
    node = layer.nodes[number]
    if not layer.class_name.startswith("ops."):
        yield from shaping_tensors(node)
        return
    for arg in node.args:
        yield from _operands(arg)
    yield from tensors_in(node.kwargs)


def _operands(value: Any) -> Iterator[TensorRef | Constant]:
    if isinstance(value, TensorRef):
        yield value
    elif isinstance(value, list) and any(True for _ in tensors_in(value)):
        for item in value:
            yield from _operands(item)
    elif value is not None:
        try:
            yield Constant(np.shape(value))
        except ValueError:
            raise FormatError("a constant in a call is no regular array") from None


def count_from_zero(container: Layer, major: int) -> None:
    """Number the calls of nested models from 0 in all references of a container."""
    children = {child.name: child for child in container.children}
    if major >= 3:
        nested = {name for name, child in children.items() if child.class_name == "Functional"}
        container.outputs = map_tensors(
            container.outputs, lambda ref: _shifted(ref, 1) if ref.layer in nested else ref
        )
        return
    lowest: dict[str, int] = {}
    for ref in _references(container):
        if ref.layer in children and children[ref.layer].class_name in CONTAINERS:
            lowest[ref.layer] = min(ref.node, lowest.get(ref.layer, ref.node))
    shift_references(container, {name: -min(low, 1) for name, low in lowest.items()})


def shift_references(container: Layer, shifts: dict[str, int]) -> None:
    """Add to the node number of every reference to these layers."""
    if not any(shifts.values()):
        return

    def change(ref: TensorRef) -> TensorRef:
        return ref._replace(node=ref.node + shifts.get(ref.layer, 0))

    for child in container.children:
        for node in child.nodes:
            node.args = map_tensors(node.args, change)
            node.kwargs = map_tensors(node.kwargs, change)
    container.outputs = map_tensors(container.outputs, change)


def _references(container: Layer) -> Iterator[TensorRef]:
    for child in container.children:
        for node in child.nodes:
            yield from node_tensors(node)
    yield from tensors_in(container.outputs)


def _shifted(ref: TensorRef, by: int) -> TensorRef:
    if ref.node < by:
        raise FormatError(f"an output refers to call {ref.node} of {ref.layer!r}, counted from 1")
    return ref._replace(node=ref.node - by)


def check_references(container: Layer, path: str) -> None:
    """Check that every tensor a container refers to exists.

    Raises:
        FormatError: one does not.
    """
    children = {child.name: child for child in container.children}
    where = f'layer "{path}"' if path else "the model"
    for ref in [*_references(container), *tensors_in(container.inputs)]:
        target = children.get(ref.layer)
        if target is None:
            raise FormatError(f"a node of {where} refers to {ref.layer!r}, which does not exist")
        if ref.node >= len(target.nodes):
            raise FormatError(
                f"a node of {where} refers to call {ref.node} of {ref.layer!r}, which has "
                f"{len(target.nodes)} calls"
            )
        if target.class_name in CONTAINERS and ref.index >= len(list(tensors_in(target.outputs))):
            raise FormatError(
                f"a node of {where} refers to output {ref.index} of {ref.layer!r}, which has fewer"
            )
