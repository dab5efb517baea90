"""Random inputs that fit a model: numbers, and indices where an Embedding takes them."""

from __future__ import annotations

import numpy as np

from .graph import Array, Graph, Layer, TensorRef, flatten_structure
from .keras_nodes import node_tensors

OPEN_EXTENT = 4
_SMALL_INTEGERS = 10


def random_inputs(graph: Graph, samples: int, seed: int) -> list[Array]:
    """Return one array for each input, in the network's own values (no transforms).

    Args:
        graph: dimensions that it leaves open become `OPEN_EXTENT`.
        samples: number of samples.
        seed: of the generator.
    """
    generator = np.random.default_rng(seed)
    children = {child.name: child for child in graph.model.children}
    result: list[Array] = []
    for ref in flatten_structure(graph.model.inputs):
        config = children[ref.layer].config
        shape = [samples, *(OPEN_EXTENT if n is None else n for n in config["batch_shape"][1:])]
        limit = index_limit(graph.model, ref)
        dtype = str(config.get("dtype") or graph.precision)
        if limit is None and not dtype.startswith("float"):
            limit = 2 if dtype == "bool" else _SMALL_INTEGERS
        if limit is None:
            result.append(generator.standard_normal(shape).astype(graph.precision))
        else:
            result.append(generator.integers(0, limit, shape).astype(graph.precision))
    return result


def index_limit(container: Layer, ref: TensorRef) -> int | None:
    """Return how many indices the Embedding layers that a tensor feeds know, None without any."""
    limits: list[int | None] = []
    for child in container.children:
        for node in child.nodes:
            given = list(node_tensors(node))
            if ref not in given:
                continue
            if child.class_name == "Embedding":
                limits.append(int(child.config["input_dim"]))
            elif child.inputs is not None:
                inner = flatten_structure(child.inputs)[given.index(ref)]
                limits.append(index_limit(child, inner))
            else:
                inside = [layer for _, layer in child.walk() if layer.class_name == "Embedding"]
                limits += [int(layer.config["input_dim"]) for layer in inside]
    return min((limit for limit in limits if limit is not None), default=None)
