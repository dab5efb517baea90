"""Recurrent layers and their cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo_cases import KERAS2, KERAS3, graph, layer

_CLASSES = ("SimpleRNN", "LSTM", "GRU")


def _rnn(class_name: str, units: int = 4, **options: Any) -> Callable[[Any], Any]:
    return lambda k: getattr(k.layers, class_name)(units, name="rnn", **options)


for _class in _CLASSES:
    layer(f"{_class}", (5, 3), _rnn(_class))
    layer(f"{_class} sequences", (5, 3), _rnn(_class, return_sequences=True))
    layer(
        f"{_class} backwards without bias",
        (5, 3),
        _rnn(_class, return_sequences=True, go_backwards=True, use_bias=False),
    )
    layer(f"{_class} unrolled", (3, 2), _rnn(_class, unroll=True))
    layer(f"{_class} of any length", (None, 3), _rnn(_class, return_sequences=True))
    layer(
        f"{_class} with softplus",
        (3, 2),
        _rnn(_class, activation="softplus", return_sequences=True),
    )
    layer(f"{_class} without activation", (3, 2), _rnn(_class, activation=None))
    layer(f"{_class} with softmax", (3, 2), _rnn(_class, activation="softmax"))
    layer(
        f"{_class} with dropout",
        (4, 3),
        _rnn(_class, dropout=0.25, recurrent_dropout=0.5, return_sequences=True),
    )
for _class in _CLASSES[1:]:
    layer(f"{_class} of a long sequence", (40, 2), _rnn(_class, 7, return_sequences=True))
    layer(f"{_class} with gates of softsign", (3, 2), _rnn(_class, recurrent_activation="softsign"))
    layer(
        f"{_class} with gates of hard_sigmoid",
        (3, 2),
        _rnn(_class, recurrent_activation="hard_sigmoid"),
        changed=True,
    )
    layer(
        f"{_class} of implementation 1",
        (3, 2),
        _rnn(_class, implementation=1),
        KERAS2,
        portable=True,
    )
layer("GRU reset before", (5, 3), _rnn("GRU", reset_after=False, return_sequences=True))
layer("GRU reset before without bias", (5, 3), _rnn("GRU", reset_after=False, use_bias=False))
layer("GRU with a seed", (5, 3), _rnn("GRU", seed=3), KERAS3, portable=True)
layer("LSTM without forget bias", (5, 3), _rnn("LSTM", unit_forget_bias=False))
layer(
    "LSTM with regularizers and constraints",
    (5, 3),
    lambda k: k.layers.LSTM(
        4,
        kernel_regularizer=k.regularizers.L2(0.25),
        recurrent_regularizer=k.regularizers.L1(0.125),
        bias_constraint=k.constraints.NonNeg(),
        recurrent_initializer=k.initializers.Orthogonal(2.0, seed=1),
        name="rnn",
    ),
)
layer("frozen LSTM", (5, 3), _rnn("LSTM", trainable=False))


def _encoder_decoder(class_name: str, **options: Any) -> Callable[[Any], Any]:
    def build(k: Any) -> Any:
        make = getattr(k.layers, class_name)
        source, target = k.Input((5, 2), name="source"), k.Input((4, 3), name="target")
        _, *states = make(4, return_state=True, name="encoder", **options)(source)
        decoded = make(4, return_sequences=True, return_state=True, name="decoder", **options)(
            target, initial_state=states
        )
        return k.Model([source, target], list(decoded), name="model")

    return build


for _class in _CLASSES:
    graph(f"{_class} encoder and decoder")(_encoder_decoder(_class))
graph("GRU reset before, encoder and decoder")(_encoder_decoder("GRU", reset_after=False))


@graph("LSTM with a mask of its own", KERAS3, portable=True)
def _masked(k: Any) -> Any:
    source = k.Input((5, 2), name="source")
    valid = k.Input((5,), dtype="bool", name="valid")
    outputs = k.layers.LSTM(3, return_sequences=True, return_state=True, name="rnn")(
        source, mask=valid
    )
    return k.Model([source, valid], list(outputs), name="model")


for _class in _CLASSES:

    @graph(f"{_class} backwards with a mask of its own", KERAS3, portable=True)
    def _backwards(k: Any, class_name: str = _class) -> Any:
        source = k.Input((5, 2), name="source")
        valid = k.Input((5,), dtype="bool", name="valid")
        make = getattr(k.layers, class_name)
        first = make(3, go_backwards=True, return_sequences=True, name="first")(source, mask=valid)
        last = make(3, zero_output_for_mask=True, return_sequences=True, name="last")
        return k.Model([source, valid], [first, last(source, mask=valid)], name="model")


@graph("stacked cells backwards with a mask of their own", KERAS3, portable=True)
def _masked_stack(k: Any) -> Any:
    source = k.Input((5, 3), name="source")
    valid = k.Input((5,), dtype="bool", name="valid")
    cells = [k.layers.LSTMCell(3, name="a"), k.layers.GRUCell(2, name="b")]
    stack = k.layers.RNN(cells, return_sequences=True, go_backwards=True, name="rnn")
    return k.Model([source, valid], stack(source, mask=valid), name="model")


for _class, _states in (("SimpleRNN", 1), ("LSTM", 2), ("GRU", 1)):

    @graph(f"{_class} with states from inputs")
    def _given(k: Any, class_name: str = _class, count: int = _states) -> Any:
        source = k.Input((4, 2), name="source")
        states = [k.Input((3,), name=f"state{i}") for i in range(count)]
        layer = getattr(k.layers, class_name)(3, return_state=True, go_backwards=True, name="rnn")
        return k.Model([source, *states], list(layer(source, initial_state=states)), name="model")


@graph("two recurrent layers and a head")
def _stack(k: Any) -> Any:
    source = k.Input((6, 2), name="source")
    hidden = k.layers.GRU(5, return_sequences=True, name="first")(source)
    hidden = k.layers.LSTM(4, go_backwards=True, name="second")(hidden)
    return k.Model(source, k.layers.Dense(2, name="head")(hidden), name="model")


for _class, _states in (("SimpleRNN", 1), ("LSTM", 2), ("GRU", 1)):

    @graph(f"{_class}Cell called by itself", KERAS3, portable=True)
    def _cell(k: Any, class_name: str = _class, count: int = _states) -> Any:
        source = k.Input((3,), name="source")
        states = [k.Input((4,), name=f"state{i}") for i in range(count)]
        cell = getattr(k.layers, f"{class_name}Cell")(4, name="cell")
        output, after = cell(source, states=states)
        return k.Model([source, *states], [output, *after], name="model")
