"""Models of wrappers, of cells, and of layers that pass states to each other."""

from __future__ import annotations

from typing import Any

from zoo_cases import CASES, KERAS2, Case, graph, layer, mend_keras2


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
layer(
    "time distributed lstm",
    (3, 4, 2),
    lambda k: k.layers.TimeDistributed(k.layers.LSTM(3, name="l"), name="td"),
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


for _mode in ("concat", "sum", "mul", "ave"):
    layer(
        f"bidirectional lstm, {_mode}",
        (4, 3),
        lambda k, m=_mode: k.layers.Bidirectional(
            k.layers.LSTM(2, return_sequences=True, name="l"), merge_mode=m, name="bi"
        ),
    )
layer(
    "bidirectional gru of the last step",
    (4, 3),
    lambda k: k.layers.Bidirectional(k.layers.GRU(2, name="g"), name="bi"),
)
layer(
    "bidirectional simple rnn, open steps",
    (None, 3),
    lambda k: k.layers.Bidirectional(
        k.layers.SimpleRNN(2, return_sequences=True, name="s"), name="bi"
    ),
)
layer(
    "bidirectional with a backward layer",
    (4, 3),
    lambda k: k.layers.Bidirectional(
        k.layers.LSTM(2, name="one"),
        backward_layer=k.layers.GRU(3, go_backwards=True, name="backward_two"),
        name="bi",
    ),
)
layer(
    "bidirectional rnn of a cell",
    (4, 3),
    lambda k: k.layers.Bidirectional(
        k.layers.RNN(k.layers.LSTMCell(2, name="c"), return_sequences=True, name="r"),
        merge_mode="ave",
        name="bi",
    ),
)
layer(
    "time distributed bidirectional lstm",
    (2, 4, 3),
    lambda k: k.layers.TimeDistributed(
        k.layers.Bidirectional(k.layers.LSTM(2, name="l"), name="bi"), name="td"
    ),
)


def _several(k: Any, inputs: Any, layers: Any, name: str) -> Any:
    """Return a model that gives all outputs of a layer, nested ones one by one."""
    outputs: list[Any] = []
    for item in layers(inputs):
        outputs += item if isinstance(item, (list, tuple)) else [item]
    return k.Model(inputs, outputs, name=name)


@graph("bidirectional lstm, both outputs and states")
def _unmerged(k: Any) -> Any:
    inner = k.layers.LSTM(2, return_sequences=True, return_state=True, name="l")
    inputs = k.Input((4, 3), name="in")
    return _several(k, inputs, k.layers.Bidirectional(inner, merge_mode=None, name="bi"), "m")


@graph("bidirectional gru with states")
def _merged_states(k: Any) -> Any:
    inner = k.layers.GRU(2, return_state=True, name="g")
    return _several(k, k.Input((4, 3), name="in"), k.layers.Bidirectional(inner, name="bi"), "m")


for _cell in ("SimpleRNNCell", "GRUCell", "LSTMCell"):
    layer(
        f"rnn of {_cell}",
        (4, 3),
        lambda k, c=_cell: k.layers.RNN(
            getattr(k.layers, c)(2, name="cell"), return_sequences=True, name="rnn"
        ),
    )
    layer(
        f"rnn of {_cell} backwards",
        (None, 3),
        lambda k, c=_cell: k.layers.RNN(
            getattr(k.layers, c)(2, activation="relu", use_bias=False, name="cell"),
            go_backwards=True,
            unroll=False,
            name="rnn",
        ),
    )
layer(
    "rnn of a gru cell without reset after",
    (4, 3),
    lambda k: k.layers.RNN(k.layers.GRUCell(2, reset_after=False, name="cell"), name="rnn"),
)
layer(
    "rnn of stacked cells",
    (4, 3),
    lambda k: k.layers.RNN(
        [
            k.layers.LSTMCell(2, name="a"),
            k.layers.GRUCell(3, name="b"),
            k.layers.LSTMCell(4, name="c"),
        ],
        return_sequences=True,
        name="rnn",
    ),
)


@graph("rnn of a cell with its states")
def _cell_states(k: Any) -> Any:
    rnn = k.layers.RNN(k.layers.LSTMCell(2, name="cell"), return_state=True, name="rnn")
    return _several(k, k.Input((4, 3), name="in"), rnn, "m")


@graph("rnn of stacked cells with their states")
def _stacked_states(k: Any) -> Any:
    cells = [k.layers.LSTMCell(2, name="a"), k.layers.SimpleRNNCell(3, name="b")]
    rnn = k.layers.RNN(cells, return_sequences=True, return_state=True, name="rnn")
    return _several(k, k.Input((4, 3), name="in"), rnn, "m")


def _forecaster(name: str, sizes: int) -> None:
    """Add an encoder that hands its states to a decoder."""

    def build(k: Any) -> Any:
        past, future = k.Input((4, 3), name="past"), k.Input((5, 2), name="future")
        make = getattr(k.layers, name)
        _, *states = make(3, return_state=True, name="encoder")(past)
        assert len(states) == sizes
        decoder = make(3, return_sequences=True, name="decoder")
        return k.Model([past, future], decoder(future, initial_state=states), name="m")

    CASES.append(Case(f"encoder and decoder of {name}", build))


for _name, _sizes in (("LSTM", 2), ("GRU", 1), ("SimpleRNN", 1)):
    _forecaster(_name, _sizes)


@graph("bidirectional encoder and decoder")
def _both_ways(k: Any) -> Any:
    past, future = k.Input((4, 3), name="past"), k.Input((5, 2), name="future")
    encoder = k.layers.Bidirectional(k.layers.LSTM(2, return_state=True, name="e"), name="encoder")
    decoder = k.layers.Bidirectional(
        k.layers.LSTM(2, return_sequences=True, name="d"), name="decoder"
    )
    first, *states = encoder(past)
    return k.Model([past, future], [decoder(future, initial_state=states), first], name="m")


@graph("stacked encoder and decoder, both ways")
def _stacked_both_ways(k: Any) -> Any:
    def both(name: str, **options: Any) -> Any:
        cells = [k.layers.LSTMCell(2, name=f"{name}a"), k.layers.GRUCell(3, name=f"{name}b")]
        return k.layers.Bidirectional(k.layers.RNN(cells, name=f"{name}r", **options), name=name)

    past, future = k.Input((4, 3), name="past"), k.Input((5, 2), name="future")
    _, *states = both("encoder", return_state=True)(past)
    decoded = both("decoder", return_sequences=True)(future, initial_state=states)
    return k.Model([past, future], decoded, name="m")


@graph("states from inputs")
def _from_inputs(k: Any) -> Any:
    inputs, state = k.Input((4, 3), name="in"), k.Input((2,), name="state")
    rnn = k.layers.RNN(k.layers.GRUCell(2, name="cell"), return_state=True, name="rnn")
    return k.Model([inputs, state], list(rnn(inputs, initial_state=[state])), name="m")


def _spectral(k: Any, inner: Any, **options: Any) -> Any:
    mend_keras2(k)
    return k.layers.SpectralNormalization(inner, **options)


layer(
    "spectral normalization of dense",
    (3,),
    lambda k: _spectral(k, k.layers.Dense(4, name="d"), name="sn"),
)
layer(
    "spectral normalization of a convolution",
    (5, 5, 3),
    lambda k: _spectral(k, k.layers.Conv2D(4, 3, name="c"), power_iterations=2, name="sn"),
)
layer(
    "spectral normalization with three iterations, time distributed",
    (4, 3),
    lambda k: k.layers.TimeDistributed(
        _spectral(k, k.layers.Dense(4, use_bias=False, name="d"), power_iterations=3, name="sn"),
        name="td",
    ),
)


@graph("wrappers in a nested model")
def _nested(k: Any) -> Any:
    inputs = k.Input((4, 3), name="inner_in")
    hidden = k.layers.Bidirectional(k.layers.GRU(2, return_sequences=True, name="g"), name="bi")(
        inputs
    )
    inner = k.Model(
        inputs,
        k.layers.TimeDistributed(_model(k, "deep", (4,)), name="td")(hidden),
        name="inner",
    )
    outer = k.Input((4, 3), name="in")
    middle = inner(outer)
    joined = k.layers.Concatenate(name="join")([middle, outer])
    last = k.layers.TimeDistributed(k.layers.Dense(3, name="d"), name="last")(joined)
    return k.Model(outer, [inner(last), last], name="m")
