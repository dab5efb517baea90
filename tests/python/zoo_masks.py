"""Models whose layers hand masks to each other: Embedding and Masking make them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo_cases import BOTH, CASES, KERAS2, KERAS3, Case, graph


def _table(k: Any, name: str = "table", size: int = 3) -> Any:
    return k.layers.Embedding(7, size, mask_zero=True, name=name)


def _after_table(
    name: str,
    make: Callable[[Any], list[Any]],
    majors: frozenset[int] = BOTH,
) -> None:
    """Add a Sequential and a Functional model of a table with masks and some layers."""

    def sequential(k: Any) -> Any:
        inputs = k.Input((5,), dtype="int32", name="in")
        return k.Sequential([inputs, _table(k), *make(k)], name="m")

    def functional(k: Any) -> Any:
        inputs = k.Input((5,), dtype="int32", name="in")
        hidden = _table(k)(inputs)
        for item in make(k):
            hidden = item(hidden)
        return k.Model(inputs, hidden, name="m")

    CASES.append(Case(f"mask to {name}, sequential", sequential, majors))
    CASES.append(Case(f"mask to {name}", functional, majors))


_after_table(
    "pooling through dropout and layers that keep it",
    lambda k: [
        k.layers.Dense(4, "tanh", name="d"),
        k.layers.Dropout(0.25, name="o"),
        k.layers.LayerNormalization(name="n"),
        k.layers.ReLU(name="r"),
        k.layers.GlobalAveragePooling1D(name="p"),
    ],
)
_after_table(
    "pooling through a layer that stops it",
    lambda k: [
        k.layers.Reshape((5, 3), name="r"),
        k.layers.GlobalAveragePooling1D(name="p"),
    ],
)
_after_table("the output", lambda k: [k.layers.Dense(2, name="d")])
_after_table(
    "batch normalization",
    lambda k: [k.layers.BatchNormalization(name="b"), k.layers.GlobalAveragePooling1D(name="p")],
)
_after_table(
    "time distributed dense",
    lambda k: [
        k.layers.TimeDistributed(k.layers.Dense(2, name="d"), name="td"),
        k.layers.GlobalAveragePooling1D(name="p"),
    ],
)
_after_table("lstm", lambda k: [k.layers.LSTM(2, name="l")])
_after_table(
    "two recurrent layers",
    lambda k: [
        k.layers.GRU(3, return_sequences=True, name="g"),
        k.layers.LSTM(2, return_sequences=True, go_backwards=True, name="l"),
        k.layers.SimpleRNN(2, name="s"),
    ],
)
_after_table(
    "bidirectional",
    lambda k: [
        k.layers.Bidirectional(k.layers.LSTM(2, return_sequences=True, name="l"), name="bi"),
        k.layers.Bidirectional(k.layers.GRU(2, name="g"), merge_mode="sum", name="last"),
    ],
)
_after_table(
    "rnn of stacked cells",
    lambda k: [
        k.layers.RNN(
            [k.layers.LSTMCell(2, name="a"), k.layers.GRUCell(3, name="b")],
            return_sequences=True,
            name="rnn",
        ),
        k.layers.GlobalAveragePooling1D(name="p"),
    ],
)


def _changed(name: str) -> Callable[[Any], Any]:
    """Add a model to which Keras 2 and 3 hand other masks."""

    def add(build: Any) -> Any:
        CASES.append(Case(name, build, changed=True))
        return build

    return add


def _masked(k: Any, inputs: Any, name: str, value: float = 0.0) -> Any:
    """Return a sequence of which some steps are zero, and masked."""
    some = k.layers.ReLU(max_value=0.5, name=f"{name}_some")(inputs)
    return k.layers.Masking(value, name=name)(some)


@graph("masking to lstm")
def _masking(k: Any) -> Any:
    inputs = k.Input((6, 1), name="in")
    return k.Model(inputs, k.layers.LSTM(2, name="l")(_masked(k, inputs, "mask")), name="m")


@graph("masking of a value, open steps")
def _value(k: Any) -> Any:
    inputs = k.Input((None, 1), name="in")
    masked = _masked(k, inputs, "mask", 0.5)
    return k.Model(inputs, k.layers.GlobalAveragePooling1D(name="p")(masked), name="m")


def _two(k: Any) -> tuple[list[Any], list[Any]]:
    inputs = [k.Input((5,), dtype="int32", name="i"), k.Input((5, 1), name="f")]
    return inputs, [_table(k, size=2)(inputs[0]), _masked(k, inputs[1], "mask")]


@_changed("sum of two masked sequences")
def _sum(k: Any) -> Any:
    inputs, (one, two) = _two(k)
    total = k.layers.Add(name="add")([one, k.layers.Dense(2, name="d")(two)])
    return k.Model(inputs, k.layers.LSTM(2, name="l")(total), name="m")


@_changed("sum of a masked sequence and another")
def _half_sum(k: Any) -> Any:
    inputs, (one, _) = _two(k)
    total = k.layers.Add(name="add")([one, k.layers.Dense(2, name="d")(inputs[1])])
    return k.Model(inputs, k.layers.LSTM(2, name="l")(total), name="m")


@_changed("masked sequences side by side")
def _beside(k: Any) -> Any:
    inputs, parts = _two(k)
    joined = k.layers.Concatenate(name="join")(parts)
    return k.Model(inputs, k.layers.LSTM(2, name="l")(joined), name="m")


@_changed("masked sequences one after the other")
def _behind(k: Any) -> Any:
    inputs, (one, two) = _two(k)
    wide = k.layers.Dense(2, name="d")(two)
    joined = k.layers.Concatenate(axis=1, name="join")([one, wide])
    return k.Model(inputs, k.layers.LSTM(2, name="l")(joined), name="m")


def _merges(name: str) -> None:
    """Add models in which a layer merges masked sequences, which Keras 3 sees in the values."""

    def both(k: Any) -> Any:
        inputs, (one, two) = _two(k)
        wide = k.layers.Dense(2, name="d")(two)
        merged = getattr(k.layers, name)(name="merged")([one, wide])
        outputs = [merged, k.layers.LSTM(2, name="l")(merged)]
        return k.Model(inputs, outputs, name="m")

    def half(k: Any) -> Any:
        inputs, (one, two) = _two(k)
        wide = k.layers.Dense(2, name="d")(two)
        plain = k.layers.Dense(1, name="e")(inputs[1])
        merge = getattr(k.layers, name)
        merged = [
            merge(name="first")([plain, one, wide]),
            merge(name="middle")([one, plain, wide]),
            merge(name="last")([wide, one, wide, plain]),
            merge(name="narrow")([two, one]),
        ]
        pooled = [k.layers.LSTM(2, name=f"l{i}")(x) for i, x in enumerate(merged)]
        return k.Model(inputs, [*merged, *pooled], name="m")

    CASES.append(Case(f"{name} of masked sequences", both, changed=True))
    CASES.append(Case(f"{name} of masked sequences and others", half, changed=True))


for _name in ("Multiply", "Maximum", "Minimum"):
    _merges(_name)


@_changed("merges of images whose places are masked")
def _places(k: Any) -> Any:
    inputs = [k.Input((3, 4, 2), name="one"), k.Input((3, 4, 2), name="two")]
    parts = [_masked(k, x, f"mask{i}") for i, x in enumerate(inputs)]
    merged = [
        getattr(k.layers, name)(name=name.lower())(parts)
        for name in ("Multiply", "Maximum", "Minimum")
    ]
    return k.Model(inputs, merged, name="m")


@_changed("product with a mask that the user gives")
def _own_mask(k: Any) -> Any:
    inputs = [k.Input((5, 2), name="x"), k.Input((5,), dtype="bool", name="given")]
    states = k.layers.LSTM(2, return_sequences=True, name="s")(inputs[0], mask=inputs[1])
    scaled = k.layers.Dense(2, name="d")(states)
    product = k.layers.Multiply(name="product")([states, scaled])
    return k.Model(inputs, [product, k.layers.GRU(2, name="g")(product)], name="m")


# A step that Dot gives has no mask; the average and the difference have one.
@_changed("masked sequences to Dot, Average and Subtract")
def _others(k: Any) -> Any:
    inputs, (one, two) = _two(k)
    wide = k.layers.Dense(2, name="d")(two)
    dots = k.layers.Dot(axes=2, name="dot")([one, wide])
    mean = k.layers.Average(name="mean")([one, wide])
    less = k.layers.Subtract(name="less")([one, wide])
    outputs = [k.layers.LSTM(2, name=f"l{i}")(x) for i, x in enumerate((dots, mean, less))]
    return k.Model(inputs, outputs, name="m")


# Keras 3 hands no mask to a layer that is called with states.
@_changed("mask of the encoder and states to the decoder")
def _states(k: Any) -> Any:
    past = k.Input((4,), dtype="int32", name="past")
    future = k.Input((5,), dtype="int32", name="future")
    encoder = k.layers.LSTM(2, return_state=True, name="encoder")
    _, *states = encoder(_table(k, "from")(past))
    decoder = k.layers.LSTM(2, return_sequences=True, name="decoder")
    decoded = decoder(_table(k, "to")(future), initial_state=states)
    return k.Model([past, future], decoded, name="m")


@graph("mask that begins in a nested model")
def _inside(k: Any) -> Any:
    words = k.Input((5,), dtype="int32", name="words")
    inner = k.Model(words, k.layers.Dense(3, name="d")(_table(k)(words)), name="inner")
    one, two = k.Input((5,), dtype="int32", name="one"), k.Input((5,), dtype="int32", name="two")
    outputs = [k.layers.LSTM(2, name="l")(inner(one)), k.layers.GRU(2, name="g")(inner(two))]
    return k.Model([one, two], outputs, name="m")


@graph("mask through a nested model that keeps it")
def _through(k: Any) -> Any:
    features = k.Input((5, 3), name="features")
    inner = k.Model(features, k.layers.Dense(3, "relu", name="d")(features), name="inner")
    words = k.Input((5,), dtype="int32", name="words")
    return k.Model(words, k.layers.LSTM(2, name="l")(inner(_table(k)(words))), name="m")


@graph("model with a mask of its own in a wrapper")
def _wrapped(k: Any) -> Any:
    words = k.Input((4,), dtype="int32", name="words")
    inner = k.Model(words, k.layers.LSTM(2, name="l")(_table(k)(words)), name="inner")
    pages = k.Input((3, 4), dtype="int32", name="pages")
    return k.Model(pages, k.layers.TimeDistributed(inner, name="td")(pages), name="m")


@graph("words in lines")
def _words(k: Any) -> Any:
    pages = k.Input((3, 4), dtype="int32", name="pages")
    lines = k.layers.TimeDistributed(k.layers.LSTM(2, name="l"), name="td")(_table(k)(pages))
    return k.Model(pages, lines, name="m")


# Keras 3 takes the statistics of each time step by itself in training, which is refused.
@graph("normalization of each masked step, predicted", KERAS3, gradient=False, portable=True)
@graph("normalization of each masked step", KERAS2, portable=True)
def _normalized_steps(k: Any) -> Any:
    words = k.Input((5,), dtype="int32", name="words")
    each = k.layers.TimeDistributed(k.layers.BatchNormalization(name="b"), name="each")
    return k.Model(words, k.layers.LSTM(2, name="l")(each(_table(k)(words))), name="m")


def _encoded(k: Any, hidden: Any, number: int) -> Any:
    """One block of an encoder: attention and two dense layers, each added to what came in."""
    heads = k.layers.MultiHeadAttention(2, 3, name=f"heads{number}")(hidden, hidden)
    added = k.layers.Add(name=f"add{number}")([hidden, heads])
    hidden = k.layers.LayerNormalization(name=f"norm{number}")(added)
    wide = k.layers.Dense(5, "relu", name=f"wide{number}")(hidden)
    back = k.layers.Dense(3, name=f"back{number}")(wide)
    return k.layers.Add(name=f"sum{number}")([hidden, back])


@graph("mask to an encoder of three blocks", changed=True)
def _encoder(k: Any) -> Any:
    words = k.Input((5,), dtype="int32", name="words")
    hidden = _table(k)(words)
    for number in range(3):
        hidden = _encoded(k, hidden, number)
    return k.Model(words, k.layers.LSTM(2, name="l")(hidden), name="m")


@graph("mask to an encoder and a decoder", changed=True)
def _decoder(k: Any) -> Any:
    words = k.Input((5,), dtype="int32", name="words")
    others = k.Input((4,), dtype="int32", name="others")
    memory = _encoded(k, _table(k, "table")(words), 0)
    hidden = _table(k, "table2")(others)
    heads = k.layers.MultiHeadAttention(2, 3, name="own")(hidden, hidden, use_causal_mask=True)
    hidden = k.layers.Add(name="first")([hidden, heads])
    heads = k.layers.MultiHeadAttention(2, 3, name="cross")(hidden, memory)
    hidden = k.layers.Add(name="second")([hidden, heads])
    return k.Model([words, others], hidden, name="m")


@graph("mask to attention to attention", changed=True)
def _chained(k: Any) -> Any:
    words = k.Input((5,), dtype="int32", name="words")
    hidden = k.layers.Dropout(0.0, name="o")(_table(k)(words))
    one = k.layers.MultiHeadAttention(2, 3, name="one")(hidden, hidden)
    two = k.layers.MultiHeadAttention(2, 3, name="two")(one, hidden)
    last = k.layers.Attention(name="last")([two, hidden])
    return k.Model(words, [last, k.layers.LSTM(2, name="l")(hidden)], name="m")
