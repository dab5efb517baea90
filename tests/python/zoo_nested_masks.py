"""Models within models to which masks come, or from which they go on."""

from __future__ import annotations

from typing import Any

from zoo_cases import graph


def _words(k: Any, name: str = "words") -> Any:
    return k.Input((5,), dtype="int32", name=name)


def _table(k: Any, words: Any, name: str = "table", size: int = 3) -> Any:
    return k.layers.Embedding(7, size, mask_zero=True, name=name)(words)


def _clipped(k: Any, inputs: Any, name: str) -> Any:
    """Return a sequence of which some steps are zero."""
    return k.layers.ReLU(max_value=0.5, name=name)(inputs)


@graph("mask to a nested recurrent model")
def _recurrent(k: Any) -> Any:
    steps = k.Input((5, 3), name="steps")
    hidden = k.layers.GRU(3, return_sequences=True, name="g")(steps)
    inner = k.Model(steps, k.layers.LSTM(2, name="l")(hidden), name="inner")
    words = _words(k)
    return k.Model(words, inner(_table(k, words)), name="m")


@graph("mask to a nested sequential model with open steps")
def _sequential(k: Any) -> Any:
    inner = k.Sequential(
        [
            k.Input((None, 1), name="steps"),
            k.layers.Dense(4, "tanh", name="d"),
            k.layers.Bidirectional(k.layers.LSTM(2, return_sequences=True, name="l"), name="bi"),
            k.layers.GRU(2, name="g"),
        ],
        name="inner",
    )
    steps = k.Input((None, 1), name="in")
    masked = k.layers.Masking(0.0, name="mask")(_clipped(k, steps, "clip"))
    return k.Model(steps, inner(masked), name="m")


@graph("nested model called with a mask and without")
def _sometimes(k: Any) -> Any:
    steps = k.Input((5, 3), name="steps")
    kept = k.layers.Dense(3, "tanh", name="d")(steps)
    outputs = [kept, k.layers.LSTM(2, name="l")(kept)]
    inner = k.Model(steps, outputs, name="inner")
    words, plain = _words(k), k.Input((5, 3), name="plain")
    one, last = inner(_table(k, words))
    two, other = inner(plain)
    ends = [k.layers.GRU(2, name=name)(x) for name, x in (("g", one), ("h", two))]
    return k.Model([words, plain], [last, other, *ends], name="m")


@graph("masks through models within models", changed=True)
def _deep(k: Any) -> Any:
    features = k.Input((5, 3), name="features")
    core = k.Model(features, k.layers.Dense(3, "relu", name="d")(features), name="core")
    others = [k.Input((5, 3), name="left"), k.Input((5, 3), name="right")]
    both = k.layers.Add(name="add")([core(others[0]), core(others[1])])
    outputs = [both, k.layers.GlobalMaxPooling1D(name="p")(both), k.layers.LSTM(2, name="l")(both)]
    middle = k.Model(others, outputs, name="middle")
    words, more = _words(k), _words(k, "more")
    tables = [_table(k, words), _table(k, more, "table2")]
    kept, *ends = middle(tables)
    again = middle([tables[1], _clipped(k, tables[0], "clip")])
    return k.Model([words, more], [*ends, *again, k.layers.GRU(2, name="g")(kept)], name="m")


@graph("mask that begins behind a layer of a nested model")
def _leaves(k: Any) -> Any:
    steps = k.Input((5, 1), name="steps")
    masked = k.layers.Masking(0.0, name="mask")(_clipped(k, steps, "clip"))
    wide = k.layers.Dense(3, name="d")(masked)
    inner = k.Model(steps, [wide, k.layers.LSTM(2, name="l")(wide)], name="inner")
    one, two = k.Input((5, 1), name="one"), k.Input((5, 1), name="two")
    hidden, last = inner(one)
    other, end = inner(two)
    outputs = [k.layers.GRU(2, name="g")(hidden), last, k.layers.GRU(2, name="h")(other), end]
    return k.Model([one, two], outputs, name="m")


# Keras 3 keeps the mask that the joined tensor had when the inner model was made.
@graph("mask to a nested model that joins it with its own", changed=True)
def _joined(k: Any) -> Any:
    steps, inside = k.Input((5, 3), name="steps"), _words(k, "inside")
    own = _table(k, inside, "own", 2)
    joined = k.layers.Concatenate(name="join")([steps, own])
    wide = k.layers.Dense(2, name="d")(joined)
    outputs = [k.layers.LSTM(2, name="l")(joined), wide]
    inner = k.Model([steps, inside], outputs, name="inner")
    words, more = _words(k), _words(k, "more")
    last, hidden = inner([_table(k, words), more])
    return k.Model([words, more], [last, k.layers.GRU(2, name="g")(hidden)], name="m")


@graph("mask to a nested model with attention", changed=True)
def _attends(k: Any) -> Any:
    steps = k.Input((5, 3), name="steps")
    attended = k.layers.MultiHeadAttention(2, 3, name="heads")(steps, steps)
    added = k.layers.Add(name="add")([steps, attended])
    inner = k.Model(steps, k.layers.LayerNormalization(name="norm")(added), name="inner")
    words = _words(k)
    return k.Model(words, k.layers.LSTM(2, name="l")(inner(_table(k, words))), name="m")


@graph("mask of an image to a nested model")
def _image(k: Any) -> Any:
    pixels = k.Input((2, 3, 1), name="pixels")
    dense = k.layers.Dense(2, name="d")(pixels)
    each = k.layers.TimeDistributed(k.layers.LSTM(2, name="l"), name="each")(dense)
    inner = k.Model(pixels, each, name="inner")
    image = k.Input((2, 3, 1), name="image")
    masked = k.layers.Masking(0.0, name="mask")(_clipped(k, image, "clip"))
    return k.Model(image, inner(masked), name="m")


def _block(k: Any, name: str, *, adds: bool = True) -> Any:
    """A model of attention and a dense layer, each added to what comes in."""
    steps = k.Input((5, 3), name=f"{name}_steps")
    attended = k.layers.MultiHeadAttention(2, 3, name=f"{name}_heads")(steps, steps)
    if adds:
        attended = k.layers.Add(name=f"{name}_add")([steps, attended])
    dense = k.layers.Dense(3, "tanh", name=f"{name}_dense")(attended)
    return k.Model(steps, dense, name=name)


@graph("masks through a chain of models with attention", changed=True)
def _blocks(k: Any) -> Any:
    words, more = _words(k), _words(k, "more")
    block, bare = _block(k, "block"), _block(k, "bare", adds=False)
    hidden = bare(_table(k, words))
    hidden = bare(hidden)
    other = block(_table(k, more, "table2"))
    joined = k.layers.Concatenate(name="join")([block(hidden), other])
    # `hidden` is no output: attention of a masked step depends on the rounding of -1e9 in Keras 2.
    return k.Model([words, more], k.layers.LSTM(2, name="l")(joined), name="m")


@graph("attention in a model and around it", changed=True)
def _around(k: Any) -> Any:
    words = _words(k)
    hidden = _table(k, words)
    inside = _block(k, "block", adds=False)(hidden)
    outside = k.layers.MultiHeadAttention(2, 3, name="heads")(inside, hidden)
    first = k.layers.Attention(name="attention")([outside, inside])
    outputs = [k.layers.GRU(2, name="g")(first), k.layers.LSTM(2, name="l")(hidden)]
    return k.Model(words, outputs, name="m")


@graph("model with a table and attention of its own", changed=True)
def _own(k: Any) -> Any:
    inside = _words(k, "inside")
    table = _table(k, inside)
    attended = k.layers.MultiHeadAttention(2, 3, name="heads")(table, table)
    added = k.layers.Add(name="add")([table, attended])
    inner = k.Model(inside, [added, attended, table], name="inner")
    words = _words(k)
    last = [k.layers.LSTM(2, name=f"l{i}")(x) for i, x in enumerate(inner(words))]
    return k.Model(words, last, name="m")
