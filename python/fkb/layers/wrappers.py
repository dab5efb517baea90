"""Layers around layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Layer, TensorRef
from ..registry import (
    ONLY_KERAS2,
    ChildRule,
    Config,
    Inside,
    LayerSpec,
    Option,
    Shape,
    Shapes,
    WeightRule,
)
from . import checks
from .options import fixed
from .recurrent import CALL_OPTIONS, RECURRENT_CALL, SEQUENCE_OPTIONS

_STATES_OF_CELLS = {"SimpleRNNCell": 1, "GRUCell": 1, "LSTMCell": 2}
_COMMON = ("stateful", "return_sequences", "return_state")
_FORWARD, _BACKWARD = "forward_", "backward_"


def state_sizes(cell: Layer) -> list[list[int]]:
    """Return the sizes of the states of a cell, one list per simple cell in it.

    Raises:
        ValueError: it is no cell, or one that FKB does not know.
    """
    if cell.class_name == "StackedRNNCells":
        return [sizes for inner in cell.children for sizes in state_sizes(inner)]
    count = _STATES_OF_CELLS.get(cell.class_name)
    if count is None:
        raise ValueError(f'"{cell.name}" is a {cell.class_name}, which is no cell that FKB knows')
    return [[int(cell.config["units"])] * count]


def group_states(layer: Layer, states: Sequence[TensorRef]) -> list[Any]:
    """Return initial states as Keras wants them: a list per cell of a stack with several."""
    given = iter(states)
    grouped: list[Any] = []
    for size in _state_counts(layer):
        taken = [ref for _, ref in zip(range(abs(size)), given, strict=False)]
        grouped += [taken] if size < 0 else taken
    return [*grouped, *given]


def _state_counts(layer: Layer) -> list[int]:
    """Return the number of states of each cell, negative where they are a list of their own."""
    if layer.class_name == "Bidirectional":
        return [count for child in layer.children for count in _state_counts(child)]
    cell = layer.children[0] if layer.class_name == "RNN" else None
    if cell is None or cell.class_name != "StackedRNNCells":
        return []
    counts = [len(sizes) for sizes in state_sizes(cell)]
    return [-count if count > 1 else 1 for count in counts]


def _time_distributed(config: Config, shapes: Shapes, inside: Inside) -> list[Shape]:
    if any(len(shape) < 3 for shape in shapes):
        raise ValueError("every input must have at least rank 3 with the batch")
    child = inside.children[0]
    for inner in (child, *(layer for _, layer in child.walk())):
        if inner.config.get("stateful") is True:
            raise ValueError(f'"{inner.name}" keeps a state for each time step: make it stateless')
    taken = [(shape[0], *shape[2:]) for shape in shapes]
    given = inside.call(child, taken)
    return [(shape[0], shapes[0][1], *shape[1:]) for shape in given]


def _recurrent(config: Config, shapes: Shapes, inside: Inside) -> list[Shape]:
    if len(shapes[0]) != 3:
        raise ValueError("the input must have rank 3 with the batch")
    batch, steps, features = shapes[0]
    cell = inside.children[0]
    sizes = state_sizes(cell)
    inside.call(cell, [(batch, features)])
    units = sizes[-1][0]
    output = (batch, steps, units) if config["return_sequences"] else (batch, units)
    states = [(batch, size) for cell_sizes in sizes for size in cell_sizes]
    return [output, *states] if config["return_state"] else [output]


def _stacked(config: Config, shapes: Shapes, inside: Inside) -> list[Shape]:
    batch, features = shapes[0][0], shapes[0][1:]
    for cell in inside.children:
        inside.call(cell, [(batch, *features)])
        features = (state_sizes(cell)[-1][0],)
    return [(batch, *features)]


def _bidirectional(config: Config, shapes: Shapes, inside: Inside) -> list[Shape]:
    forward, backward = _directions(inside.children)
    one, two = inside.call(forward, shapes[:1]), inside.call(backward, shapes[:1])
    if config["merge_mode"] is None:
        merged = [one[0], two[0]]
    else:
        merged = [_merged(config["merge_mode"], one[0], two[0])]
    return [*merged, *one[1:], *two[1:]]


def _directions(children: Sequence[Layer]) -> tuple[Layer, Layer]:
    forward, backward = children
    if not forward.config.get("go_backwards", False) ^ backward.config.get("go_backwards", False):
        raise ValueError("one of its two layers, and one only, must have go_backwards")
    for option in _COMMON:
        if forward.config.get(option, False) != backward.config.get(option, False):
            raise ValueError(f"its two layers must have the same {option}")
    return forward, backward


def _merged(mode: str, one: Shape, two: Shape) -> Shape:
    if mode == "concat":
        last = None if one[-1] is None or two[-1] is None else one[-1] + two[-1]
        return (*one[:-1], last)
    if one != two:
        raise ValueError(f"merge_mode {mode} needs two outputs of one shape, not {one} and {two}")
    return one


def _complete_bidirectional(config: Config, major: int) -> Config:
    """Write out both layers as Keras makes them from the one it is given.

    Source: `Bidirectional.__init__` of tf_keras 2.15 and Keras 3.15.
    """
    layer = config.get("layer")
    if not isinstance(layer, dict) or not isinstance(layer.get("config"), dict):
        return config
    name = str(layer["config"].get("name", ""))
    back = config.get("backward_layer")
    if not isinstance(back, dict) or not isinstance(back.get("config"), dict):
        go_backwards = not layer["config"].get("go_backwards", False) if major < 3 else True
        back_name = _BACKWARD + (name if major < 3 else name.removeprefix(_BACKWARD))
        back = _changed(layer, name=back_name, go_backwards=go_backwards)
        back.pop("shared_object_id", None)
    elif major < 3:
        back = _changed(back, name=_BACKWARD + str(back["config"].get("name", "")))
    forward_name = _FORWARD + (name if major < 3 else name.removeprefix(_FORWARD))
    forward = _changed(layer, name=forward_name)
    if major < 3:
        forward, back = _with_zeros(forward), _with_zeros(back)
    return config | {"layer": forward, "backward_layer": back}


def _with_zeros(entry: Config) -> Config:
    """Return a layer that puts zeros at masked steps, as Bidirectional makes it."""
    if entry["config"].get("return_sequences", False):
        return _changed(entry, zero_output_for_mask=True)
    config = {k: v for k, v in entry["config"].items() if k != "zero_output_for_mask"}
    return entry | {"config": config}


def _changed(entry: Config, **options: object) -> Config:
    return entry | {"config": entry["config"] | options}


def _shorten_bidirectional(config: Config, major: int) -> Config:
    """Leave out for Keras 2 what it derives, and give the layers the names it starts from."""
    if major >= 3 or not config.keys() >= {"layer", "backward_layer"}:
        return config
    forward, back = _without_zeros(config["layer"]), _without_zeros(config["backward_layer"])
    forward = _changed(forward, name=forward["config"]["name"].removeprefix(_FORWARD))
    back = _changed(back, name=back["config"]["name"].removeprefix(_BACKWARD))
    direction = forward["config"].get("go_backwards", False)
    same = _changed(forward, go_backwards=back["config"].get("go_backwards", False))
    if same == back and direction != back["config"].get("go_backwards", False):
        return {"layer": forward}
    return {"layer": forward, "backward_layer": back}


def _without_zeros(entry: Config) -> Config:
    config = {k: v for k, v in entry["config"].items() if k != "zero_output_for_mask"}
    return entry | {"config": config}


def _spectral(config: Config, shapes: Shapes, inside: Inside) -> list[Shape]:
    layer = inside.children[0]
    if layer.class_name == "Embedding":
        raise ValueError("around an Embedding Keras 3 rounds the outputs to integers")
    return inside.call(layer, shapes)


SPECS = (
    LayerSpec(
        "TimeDistributed",
        children=(ChildRule("layer", "layer"),),
        around=_time_distributed,
        call_options={"training": None},
        call_tensors=frozenset({"mask"}),
        note="around a layer or a whole model",
    ),
    LayerSpec(
        "Bidirectional",
        options=(
            Option(
                "merge_mode", "concat", check=checks.one_of("concat", "sum", "mul", "ave", None)
            ),
            fixed("num_constants", 0, majors=ONLY_KERAS2),
        ),
        children=(
            ChildRule("forward_layer", "layer"),
            ChildRule("backward_layer", "backward_layer"),
        ),
        around=_bidirectional,
        complete=_complete_bidirectional,
        shorten=_shorten_bidirectional,
        call_options=CALL_OPTIONS,
        call_tensors=RECURRENT_CALL,
    ),
    LayerSpec(
        "RNN",
        options=SEQUENCE_OPTIONS,
        children=(ChildRule("cell", "cell"),),
        around=_recurrent,
        call_options=CALL_OPTIONS,
        call_tensors=RECURRENT_CALL,
        note="around the cells that FKB knows, also stacked",
    ),
    LayerSpec(
        "StackedRNNCells",
        options=(fixed("reverse_state_order", False, majors=ONLY_KERAS2),),
        children=(ChildRule("cells", "cells", many=True),),
        around=_stacked,
        note="in RNN",
    ),
    LayerSpec(
        "SpectralNormalization",
        options=(Option("power_iterations", 1, check=checks.positive),),
        weights=(WeightRule("vector_u", lambda c, s: (1, None), trainable=False),),
        children=(ChildRule("layer", "layer", lends=True),),
        around=_spectral,
        call_options={"training": None},
        note="it runs with the kernel of the last training step; a training step divides the "
        "kernel by its largest singular value first. Training it in TimeDistributed, or with "
        "several calls in one model, is refused",
    ),
)
