"""Inputs and outputs of nested models for masks, which Keras hands on beside the tensors.

A mask that enters a nested model is one of its inputs, and one that begins inside and leaves it is
one of its outputs. They stand behind those of Keras: `[inputs of Keras,[masks]]`, and the calls
have a last argument `[masks]`. `@entering_masks` and `@leaving_masks` of the model say so.
"""

from __future__ import annotations

from typing import Any

from .graph import Layer, Node, TensorRef, flatten_structure

IMPLICIT = "implicit"
ENTERING, LEAVING = "entering_masks", "leaving_masks"


def _split(value: Any, marked: bool) -> tuple[Any, list[TensorRef]]:
    if marked and isinstance(value, list) and len(value) == 2 and isinstance(value[1], list):
        return value[0], value[1]
    return value, []


def stated_inputs(model: Layer) -> Any:
    """Return the inputs that Keras is told of."""
    return _split(model.inputs, model.meta.get(ENTERING) is True)[0]


def stated_outputs(model: Layer) -> Any:
    """Return the outputs that Keras is told of."""
    return _split(model.outputs, model.meta.get(LEAVING) is True)[0]


def stated_args(layer: Layer, node: Node) -> list[Any]:
    """Return the positional arguments of a call that Keras is told of."""
    return node.args[:-1] if layer.meta.get(ENTERING) is True else node.args


def given_masks(layer: Layer, node: Node) -> list[TensorRef]:
    """Return the masks that a call hands to a nested model."""
    return flatten_structure(node.args[-1]) if layer.meta.get(ENTERING) is True else []


def is_leaving_mask(ref: TensorRef, model: Layer) -> bool:
    """Whether an output of a nested model is a mask that leaves it."""
    if model.meta.get(LEAVING) is not True:
        return False
    return ref.index >= len(flatten_structure(stated_outputs(model)))


def close_ports(model: Layer) -> None:
    """Remove the inputs and outputs for masks."""
    model.inputs, model.outputs = stated_inputs(model), stated_outputs(model)
    model.meta.pop(ENTERING, None)
    model.meta.pop(LEAVING, None)


def port_names(model: Layer, positions: list[int]) -> dict[int, str]:
    """Return the names of the inputs for masks, by the position of the input with the mask."""
    taken = {child.name for child in model.children}
    inputs = flatten_structure(stated_inputs(model))
    found: dict[int, str] = {}
    for position in positions:
        base = f"{inputs[position].layer}_mask"
        name, number = base, 0
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        found[position] = name
    return found


def open_inputs(model: Layer, names: dict[int, str], ranks: dict[int, int | None]) -> None:
    """Give a nested model inputs for masks.

    Args:
        model: the model.
        names: of the new inputs, by the position of the input with the mask.
        ranks: of the masks with the batch.
    """
    children = {child.name: child for child in model.children}
    inputs = flatten_structure(stated_inputs(model))
    for position, name in names.items():
        shape = children[inputs[position].layer].config.get("batch_shape")
        sizes = list(shape)[: ranks[position]] if isinstance(shape, list) else [None, None]
        config = {"batch_shape": sizes, "dtype": "bool"}
        model.children.append(Layer(name, "InputLayer", config, {IMPLICIT: True}))
        model.children[-1].nodes = [Node([])]
    model.inputs = [model.inputs, [TensorRef(name, 0, 0) for name in names.values()]]
    model.meta[ENTERING] = True


def leave(model: Layer, ref: TensorRef) -> int:
    """Make a mask an output of a nested model; return its position among all outputs."""
    stated, masks = _split(model.outputs, model.meta.get(LEAVING) is True)
    if ref not in masks:
        masks = [*masks, ref]
    model.outputs = [stated, masks]
    model.meta[LEAVING] = True
    return len(flatten_structure(stated)) + masks.index(ref)
