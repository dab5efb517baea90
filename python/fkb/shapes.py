"""Output shapes of every layer call, from the input shapes and the table of layer classes."""

from __future__ import annotations

from .graph import Graph, Layer, Node, TensorRef, flatten_structure
from .registry import Shape, layer_spec

# Shapes of the outputs of one call; None where a custom class does not tell.
Shapes = list[Shape | None]
Call = tuple[str, int]


def calls_in_order(container: Layer) -> list[tuple[Layer, int]]:
    """Return the (layer, node) calls of a container, each after the calls it depends on."""
    by_name = {child.name: child for child in container.children}
    waiting: dict[Call, int] = {}
    users: dict[Call, list[Call]] = {}
    for child in container.children:
        for index, node in enumerate(child.nodes):
            sources = {(ref.layer, ref.node) for ref in tensors_of(node)}
            waiting[child.name, index] = len(sources)
            for origin in sources:
                users.setdefault(origin, []).append((child.name, index))
    ready = [call for call, count in reversed(waiting.items()) if count == 0]
    order = []
    while ready:
        call = ready.pop()
        order.append((by_name[call[0]], call[1]))
        for user in users.get(call, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    return order


def tensors_of(node: Node) -> list[TensorRef]:
    """Return all tensors that a call takes."""
    return flatten_structure(node.args) + flatten_structure(node.kwargs)


def call_shapes(container: Layer, inputs: Shapes | None = None) -> dict[Call, Shapes]:
    """Return the output shapes of each call in a container.

    Args:
        container: a Functional or Sequential model.
        inputs: shapes of its inputs; by default those that its input layers state.

    Raises:
        ValueError: the shapes do not fit a layer.
    """
    given: dict[str, Shape | None] = {}
    if inputs is not None:
        for ref, shape in zip(flatten_structure(container.inputs), inputs, strict=True):
            given[ref.layer] = shape
    shapes: dict[Call, Shapes] = {}
    for layer, index in calls_in_order(container):
        if layer.name in given:
            shapes[layer.name, index] = [given[layer.name]]
            continue
        refs = flatten_structure(layer.nodes[index].args)
        taken = [_output(shapes[ref.layer, ref.node], ref.index) for ref in refs]
        shapes[layer.name, index] = _outputs(layer, taken)
    return shapes


def _output(outputs: Shapes, index: int) -> Shape | None:
    return outputs[index] if index < len(outputs) else None


def _outputs(layer: Layer, inputs: Shapes) -> Shapes:
    if layer.class_name == "InputLayer":
        return [tuple(layer.config["batch_shape"])]
    if layer.outputs is not None:
        inner = call_shapes(layer, inputs)
        refs = flatten_structure(layer.outputs)
        return [_output(inner[ref.layer, ref.node], ref.index) for ref in refs]
    spec = layer_spec(layer.class_name)
    known = [shape for shape in inputs if shape is not None]
    if spec is None or len(known) < len(inputs):
        return [None]
    try:
        return [spec.output(spec.filled(layer.config), known)]
    except ValueError as problem:
        raise ValueError(f'layer "{layer.name}": {problem}') from None


def input_shapes(graph: Graph) -> Shapes:
    """Return the shapes of the model's inputs, by position."""
    return _ports(graph, graph.model.inputs)


def output_shapes(graph: Graph) -> Shapes:
    """Return the shapes of the model's outputs, by position."""
    return _ports(graph, graph.model.outputs)


def _ports(graph: Graph, structure: object) -> Shapes:
    shapes = call_shapes(graph.model)
    refs = flatten_structure(structure)
    return [_output(shapes[ref.layer, ref.node], ref.index) for ref in refs]
