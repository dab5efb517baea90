"""Models of wrappers, of cells, and of layers that pass states to each other."""

from __future__ import annotations

from typing import Any

from zoo_cases import KERAS2, graph, layer


def _model(k: Any, name: str, shape: tuple[int, ...], middle: str = "LayerNormalization") -> Any:
    inputs = k.Input(shape, name=f"{name}_in")
    hidden = k.layers.Dense(3, "tanh", name=f"{name}_a")(inputs)
    hidden = getattr(k.layers, middle)(name=f"{name}_norm")(hidden)
    return k.Model(inputs, k.layers.Dense(2, name=f"{name}_b")(hidden), name=name)


layer(
    "time distributed dense",
    (5, 3),
    lambda k: k.layers.TimeDistributed(k.layers.Dense(4, "tanh", name="d"), name="td"),
)
layer(
    "time distributed dense, open steps",
    (None, 3),
    lambda k: k.layers.TimeDistributed(k.layers.Dense(4, name="d"), name="td"),
)
layer(
    "time distributed layer normalization of rank 4",
    (3, 2, 4),
    lambda k: k.layers.TimeDistributed(k.layers.LayerNormalization(name="ln"), name="td"),
)
layer(
    "time distributed functional model",
    (4, 3),
    lambda k: k.layers.TimeDistributed(_model(k, "inner", (3,)), name="td"),
)
# Keras 3 takes the statistics of each time step by itself in training, Keras 2 of all.
layer(
    "time distributed model with batch normalization",
    (4, 3),
    lambda k: k.layers.TimeDistributed(_model(k, "inner", (3,), "BatchNormalization"), name="td"),
    gradient=False,
)
layer(
    "time distributed sequential model",
    (4, 3),
    lambda k: k.layers.TimeDistributed(
        k.Sequential(
            [k.Input((3,), name="i"), k.layers.Dense(4, "relu", name="a"), k.layers.Dense(2)],
            name="inner",
        ),
        name="td",
    ),
)
layer(
    "time distributed flatten",
    (4, 3, 2),
    lambda k: k.layers.TimeDistributed(k.layers.Flatten(name="flat"), name="td"),
)
layer(
    "time distributed twice",
    (2, 4, 3),
    lambda k: k.layers.TimeDistributed(
        k.layers.TimeDistributed(k.layers.Dense(2, name="d"), name="inner"), name="td"
    ),
)
layer(
    "time distributed, frozen",
    (4, 3),
    lambda k: k.layers.TimeDistributed(
        k.layers.Dense(2, name="d", trainable=False), trainable=False, name="td"
    ),
)


@graph("a time distributed layer called twice")
def _twice(k: Any) -> Any:
    one, two = k.Input((4, 3), name="one"), k.Input((5, 3), name="two")
    shared = k.layers.TimeDistributed(k.layers.Dense(2, "tanh", name="d"), name="td")
    return k.Model([one, two], [shared(one), shared(two)], name="m")


@graph("a time distributed model of two inputs", KERAS2)
def _two(k: Any) -> Any:
    inner = [k.Input((3,), name="p"), k.Input((3,), name="q")]
    total = k.layers.Add(name="sum")([k.layers.Dense(3, name="d")(inner[0]), inner[1]])
    td = k.layers.TimeDistributed(k.Model(inner, total, name="inner"), name="td")
    one, two = k.Input((4, 3), name="one"), k.Input((4, 3), name="two")
    return k.Model([one, two], td([one, two]), name="m")
