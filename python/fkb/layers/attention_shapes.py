"""Shapes of attention layers (source: `keras.layers.MultiHeadAttention` of Keras 3.15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..registry import Config, Shape, Shapes

_ACTIVITY = "is not supported: Keras applies it to each projection, not to the output"


def _roles(shapes: Shapes) -> tuple[Shape, Shape, Shape]:
    """Return the shapes of query, value and key."""
    if not 2 <= len(shapes) <= 3:
        raise ValueError(f"there must be a query, a value and perhaps a key, not {len(shapes)}")
    query, value = shapes[:2]
    key = shapes[2] if len(shapes) > 2 else value
    if len(query) < 3 or len(value) != len(query) or len(key) != len(query):
        raise ValueError("query, value and key must have the same rank, at least 3 with the batch")
    if any(None not in (k, v) and k != v for k, v in zip(key[1:-1], value[1:-1], strict=True)):
        raise ValueError(f"key {list(key)} and value {list(value)} differ off the last axis")
    if None in (query[-1], value[-1], key[-1]):
        raise ValueError("the last axes of query, value and key must be known")
    return query, value, key


def attention_axes(config: Config, rank: int) -> list[int]:
    """Return the axes over which the layer attends, counted from 0."""
    axes = config["attention_axes"]
    if axes is None:
        return list(range(1, rank - 1))
    listed = axes if isinstance(axes, list) else [axes]
    found = [axis + rank if axis < 0 else axis for axis in listed]
    if len(set(found)) != len(found) or any(not 0 < axis < rank - 1 for axis in found):
        raise ValueError(f"attention_axes {axes} must name axes between the batch and the last")
    return found


def heads_output(config: Config, shapes: Shapes) -> list[Shape]:
    """Return the shapes of the output and, if the call asks for them, of the scores."""
    query, value, _ = _roles(shapes)
    axes = attention_axes(config, len(query))
    others = [axis for axis in range(1, len(query) - 1) if axis not in axes]
    for axis in others:
        if None not in (query[axis], value[axis]) and query[axis] != value[axis]:
            raise ValueError(f"query and value differ in axis {axis}, over which nothing attends")
    out = config["output_shape"]
    sizes = (query[-1],) if out is None else tuple(out if isinstance(out, list) else [out])
    outputs: list[Shape] = [(*query[:-1], *sizes)]
    if config["return_attention_scores"]:
        groups = (query[axis] for axis in others)
        rows, columns = (query[axis] for axis in axes), (value[axis] for axis in axes)
        outputs.append((query[0], *groups, config["num_heads"], *rows, *columns))
    return outputs


def grouped_output(config: Config, shapes: Shapes) -> list[Shape]:
    """Return the shapes of the output and, if the call asks for them, of the scores."""
    if len(shapes[0]) != 3:
        raise ValueError("the query must have rank 3 with the batch")
    options = {"attention_axes": [1], "output_shape": None, "num_heads": config["num_query_heads"]}
    if shapes[0][-1] != shapes[1][-1]:
        raise ValueError("query and value must have the same last axis")
    return heads_output(config | options, shapes)


def projection(
    which: int, heads: str, features: str
) -> tuple[Callable[[Config, Shapes], Shape], Callable[[Config, Shapes], Shape]]:
    """Return the shapes of kernel and bias of a projection of query (0), value (1) or key (2)."""

    def kernel(config: Config, shapes: Shapes) -> Shape:
        return (_roles(shapes)[which][-1], config[heads], _features(config, features))

    def bias(config: Config, shapes: Shapes) -> Shape:
        return (config[heads], _features(config, features))

    return kernel, bias


def _features(config: Config, name: str) -> int:
    size = config[name]
    return int(config["key_dim"] if size is None else size)


def output_projection(
    heads: str, features: str
) -> tuple[Callable[[Config, Shapes], Shape], Callable[[Config, Shapes], Shape]]:
    """Return the shapes of kernel and bias of the projection to the output."""

    def bias(config: Config, shapes: Shapes) -> Shape:
        out = config.get("output_shape")
        if out is None:
            return (_roles(shapes)[0][-1],)
        return tuple(out if isinstance(out, list) else [out])

    def kernel(config: Config, shapes: Shapes) -> Shape:
        return (config[heads], _features(config, features), *bias(config, shapes))

    return kernel, bias


def check_heads(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    """Yield what does not go together."""
    if config["activity_regularizer"] is not None:
        yield "activity_regularizer", _ACTIVITY
    bands = config["use_causal_mask"] or config.get("sliding_window")
    axes = attention_axes({"attention_axes": None} | config, len(shapes[0]))
    if bands and axes != [1]:
        yield "attention_axes", "must be [1] for a causal mask or a sliding window"


def check_groups(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    """Yield what does not go together."""
    if config["num_query_heads"] % config["num_key_value_heads"]:
        yield "num_query_heads", "must be a multiple of num_key_value_heads"
    if config["activity_regularizer"] is not None:
        yield "activity_regularizer", _ACTIVITY


def keras2_shapes(shapes: Shapes) -> Config:
    """Return the options of Keras 2 that hold the shapes of the inputs."""
    query, value, key = _roles(shapes)
    return {"query_shape": [*query], "key_shape": [*key], "value_shape": [*value]}


def sequence_output(config: Config, shapes: Shapes) -> list[Shape]:
    """Return the shapes of what `Attention` gives: the output, and the scores if asked for."""
    query, value, key = _roles(shapes)
    outputs: list[Shape] = [(*query[:-1], value[-1])]
    if config["return_attention_scores"]:
        outputs.append((*query[:-1], key[-2]))
    return outputs


def check_sequences(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    """Yield what does not fit: query and key are compared feature by feature."""
    query, value, key = _roles(shapes)
    if query[-1] != key[-1]:
        yield "call", f"has a query of shape {list(query)} and a key of shape {list(key)}"
    if query[1:-2] != value[1:-2]:
        yield "call", f"has a query of shape {list(query)} and a value of shape {list(value)}"
