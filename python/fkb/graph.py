"""The neutral graph: what a model is, between the Keras files and the FKB text.

A `Graph` mirrors docs/format.md one to one. Options use the vocabulary of Keras 3; shapes and
arrays stand in Keras's order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
# Major and minor version of Keras.
Version = tuple[int, int]

CONTAINERS = frozenset({"Functional", "Sequential"})


class TensorRef(NamedTuple):
    """Output `index` of call `node` of the layer named `layer` in the same container."""

    layer: str
    node: int
    index: int  # type: ignore[assignment]


@dataclass
class Node:
    """One call of a layer; tensors are `TensorRef` leaves in nested lists and dicts."""

    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass
class Weight:
    """One Keras variable.

    Attributes:
        name: last component of the variable's name, such as `kernel`.
        value: the array in Keras's shape.
        trainable: whether an optimizer may change it while its layer is trainable.
    """

    name: str
    value: Array
    trainable: bool = True


@dataclass
class Layer:
    """A layer, wrapper or model with its Keras configuration.

    Attributes:
        config: Keras 3 options without `name`, in the order of the source.
        meta: `module`, `registered_name`, `build_config` where the class does not imply them.
        children: inner layers of a container or wrapper.
        role: attribute of the wrapper that this layer is, None inside a container.
        inputs, outputs: of a container: one TensorRef, a list or a dict of them.
    """

    name: str
    class_name: str
    config: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    children: list[Layer] = field(default_factory=list)
    role: str | None = None
    inputs: Any = None
    outputs: Any = None

    def walk(self, path: str = "") -> Iterator[tuple[str, Layer]]:
        """Yield (path, layer) for all layers below, depth first in file order."""
        for child in self.children:
            inner = f"{path}/{child.name}" if path else child.name
            yield inner, child
            yield from child.walk(inner)


@dataclass
class Step:
    """One transform step.

    Attributes:
        kind: `add`, `subtract`, `multiply`, `divide`, `select`, or a curve as in `steps`.
        value: a number or an array, for `select` a list of positions, for a curve an object.
    """

    kind: str
    value: float | Array | list[int] | dict[str, Any]


@dataclass
class Port:
    """Description of one input or output of the model, by position."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


@dataclass
class OptimizerVariable:
    """A variable of the optimizer: its slot, the path of the weight (or ""), and its value."""

    slot: str
    path: str
    value: Array


@dataclass
class Compile:
    """Keras 3's compile configuration and the optimizer's variables in Keras 3's order."""

    config: dict[str, Any] = field(default_factory=dict)
    variables: list[OptimizerVariable] = field(default_factory=list)


@dataclass
class Sample:
    """Recorded inputs and outputs (batch first) with the relative tolerance they must meet."""

    inputs: dict[int, Array]
    outputs: dict[int, Array]
    tolerance: float
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    """A whole model file.

    Attributes:
        precision: `float32` or `float64`, the kind in which the network computes.
        keras_version: version whose meaning the configuration follows.
        inputs, outputs: ports by position, only those that are described.
    """

    precision: str
    keras_version: str
    model: Layer
    inputs: dict[int, Port] = field(default_factory=dict)
    outputs: dict[int, Port] = field(default_factory=dict)
    compile: Compile | None = None
    samples: list[Sample] = field(default_factory=list)

    @property
    def keras_major(self) -> int:
        """Major number of the Keras version."""
        return int(self.keras_version.split(".")[0])


def flatten_structure(structure: Any) -> list[TensorRef]:
    """Return the tensors of a nested list or dict in Keras's order (dicts sorted by key)."""
    if isinstance(structure, TensorRef):
        return [structure]
    if isinstance(structure, dict):
        return [ref for key in sorted(structure) for ref in flatten_structure(structure[key])]
    if isinstance(structure, list):
        return [ref for item in structure for ref in flatten_structure(item)]
    return []


def as_array(value: Any) -> Array:
    """Return `value` as a numpy array without a copy where possible."""
    return np.asarray(value)
