"""The calls of layers in exported configurations, in the forms of Keras 2 and 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .graph import CONTAINERS, Layer, Node, TensorRef
from .keras_calls import STATES
from .keras_nodes import map_tensors, tensors_in
from .keras_operations import export_call
from .layers.wrappers import group_states
from .masks import stated_node
from .registry import Config, layer_spec

if TYPE_CHECKING:
    from .keras_export import Writing


def _told(layer: Layer, number: int, container: Layer) -> Node:
    """Return a call as Keras wants it: without derived masks, states as the cells have them."""
    node = stated_node(layer, number, container)
    if STATES not in node.kwargs:
        return node
    return Node(node.args, node.kwargs | {STATES: group_states(layer, node.kwargs[STATES])})


def check_wrapper_call(layer: Layer, node: Node, path: str, writing: Writing) -> None:
    """Report a call of a wrapper with several tensors, which Keras 3 does not take."""
    spec = layer_spec(layer.class_name)
    several = spec is not None and spec.children and isinstance(node.args[0], list)
    if writing.major >= 3 and several:
        count = len(node.args[0])
        writing.report.add(
            path, "call", f"has {count} tensors: such a call does not exist in Keras 3"
        )


def _nested(layer: Layer, writing: Writing) -> set[str]:
    """Return the inner models whose calls are counted from 1 in the outputs."""
    classes = ("Functional",) if writing.major >= 3 else tuple(CONTAINERS)
    return {child.name for child in layer.children if child.class_name in classes}


def export_structure(structure: Any, layer: Layer, writing: Writing) -> Any:
    """Return the inputs or outputs of a model as Keras numbers them."""
    if isinstance(structure, TensorRef) and writing.lists_single_tensors:
        structure = [structure]
    nested = _nested(layer, writing)
    return map_tensors(
        structure, lambda ref: [ref.layer, ref.node + (ref.layer in nested), ref.index]
    )


def keras3_node(child: Layer, number: int, container: Layer, path: str, writing: Writing) -> Config:
    """Return a call in the form of Keras 3."""

    def tensor(ref: TensorRef) -> Config:
        shape = writing.shapes.of(container, ref)
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": [None] if shape is None else list(shape),
                "dtype": _tensor_dtype(container, ref, writing),
                "keras_history": list(ref),
            },
        }

    spec = layer_spec(child.class_name)
    if spec and spec.operation:
        given = next(
            writing.shapes.of(container, ref) for ref in tensors_in(child.nodes[number].args)
        )
        rank = None if writing.archive or given is None else len(given)
        return export_call(child, number, tensor, writing.graph.precision, rank)
    node = _told(child, number, container)
    return {"args": map_tensors(node.args, tensor), "kwargs": map_tensors(node.kwargs, tensor)}


def _tensor_dtype(container: Layer, ref: TensorRef, writing: Writing) -> str:
    child = writing.shapes.child(container, ref.layer)
    dtype = child.config.get("dtype")
    if child.class_name == "InputLayer" and isinstance(dtype, str):
        return dtype
    return writing.graph.precision


def placing(container: Layer, writing: Writing) -> Callable[[TensorRef], list[Any]]:
    """Return how Keras 2 numbers the tensors of a container."""
    nested = _nested(container, writing)

    def place(ref: TensorRef) -> list[Any]:
        return [ref.layer, ref.node + (ref.layer in nested), ref.index]

    return place


def keras2_node(child: Layer, number: int, container: Layer, path: str, writing: Writing) -> Any:
    """Return a call in the form of Keras 2; what it has no place for goes to the report."""
    node = _told(child, number, container)
    place = placing(container, writing)
    states = node.kwargs.get(STATES, [])
    named = {key: value for key, value in node.kwargs.items() if key != STATES}
    spec = layer_spec(child.class_name)
    if spec and spec.positional and not spec.list_input and not spec.operation:
        named = dict(zip(spec.positional[1:], node.args[1:], strict=False)) | named
        node = Node(node.args[:1])
        for key in spec.keras3_tensors & named.keys():
            writing.report.add(path, key, "is given in a call, which Keras 2 has no place for")
    kwargs = map_tensors(named, place)
    if len(node.args) != 1 or not list(tensors_in(node.args[0])):
        writing.report.add(
            path, "call", f"has {len(node.args)} arguments, which Keras 2 cannot say in a file"
        )
        return []
    first = node.args[0]
    tensors = [first, *states] if isinstance(first, TensorRef) else first
    return map_tensors(tensors, lambda ref: [*place(ref), kwargs])
