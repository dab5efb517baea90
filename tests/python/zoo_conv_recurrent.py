"""Models of convolutional LSTMs."""

from __future__ import annotations

from typing import Any

from zoo_cases import KERAS2, KERAS3, graph, layer


def _make(axes: int, options: dict[str, Any]) -> Any:
    """Keras 2's default for the gates, hard_sigmoid, is another function in Keras 3."""
    options = {"name": "cl", "recurrent_activation": "sigmoid"} | options
    return lambda k: getattr(k.layers, f"ConvLSTM{axes}D")(**options)


def _one(**options: Any) -> Any:
    return _make(1, options)


def _two(**options: Any) -> Any:
    return _make(2, options)


def _three(**options: Any) -> Any:
    return _make(3, options)


layer(
    "ConvLSTM2D with its own gates",
    (3, 4, 4, 2),
    lambda k: k.layers.ConvLSTM2D(2, 3, name="cl"),
    KERAS2,
    changed=True,
)
layer("ConvLSTM1D", (3, 6, 2), _one(filters=3, kernel_size=3))
layer(
    "ConvLSTM1D of all steps",
    (4, 5, 2),
    _one(filters=2, kernel_size=2, padding="same", return_sequences=True),
)
layer("ConvLSTM1D, strided", (3, 7, 2), _one(filters=2, kernel_size=3, strides=2))
layer("ConvLSTM1D, dilated", (3, 7, 2), _one(filters=2, kernel_size=3, dilation_rate=2))
layer("ConvLSTM2D", (3, 5, 4, 2), _two(filters=3, kernel_size=3))
layer(
    "ConvLSTM2D of all steps",
    (3, 5, 4, 2),
    _two(filters=2, kernel_size=(3, 2), padding="same", return_sequences=True),
)
layer(
    "ConvLSTM2D, strided",
    (2, 7, 6, 1),
    _two(filters=2, kernel_size=3, strides=(2, 1), padding="same", return_sequences=True),
)
layer(
    "ConvLSTM2D, strided, valid", (2, 7, 6, 1), _two(filters=2, kernel_size=(2, 3), strides=(2, 3))
)
layer(
    "ConvLSTM2D, dilated",
    (2, 6, 7, 1),
    _two(filters=2, kernel_size=(3, 2), dilation_rate=(1, 2), padding="same"),
)
layer("ConvLSTM2D without bias", (2, 4, 3, 2), _two(filters=2, kernel_size=1, use_bias=False))
layer(
    "ConvLSTM2D, backwards",
    (3, 3, 4, 2),
    _two(filters=2, kernel_size=2, go_backwards=True, return_sequences=True),
)
layer(
    "ConvLSTM2D, other activations",
    (3, 3, 4, 2),
    _two(filters=2, kernel_size=2, activation="relu", recurrent_activation="hard_sigmoid"),
    changed=True,
)
layer(
    "ConvLSTM2D, softmax and softsign",
    (3, 3, 4, 2),
    _two(filters=3, kernel_size=2, activation="softmax", recurrent_activation="softsign"),
)
layer(
    "ConvLSTM2D, open steps",
    (None, 4, 4, 1),
    _two(filters=2, kernel_size=3, padding="same", return_sequences=True),
)
layer(
    "ConvLSTM2D, open extents",
    (None, None, None, 2),
    _two(filters=2, kernel_size=3, padding="same", return_sequences=True),
    KERAS2,
)
layer(
    "ConvLSTM2D, channels first",
    (3, 2, 5, 4),
    _two(filters=3, kernel_size=3, data_format="channels_first", return_sequences=True),
    single=True,
)
layer(
    "ConvLSTM2D with dropout and a constraint",
    (2, 4, 4, 2),
    _two(
        filters=2,
        kernel_size=2,
        unit_forget_bias=False,
        kernel_regularizer="l2",
        recurrent_regularizer="l1",
        bias_constraint="max_norm",
        dropout=0.25,
        recurrent_dropout=0.5,
    ),
)
layer("ConvLSTM3D", (2, 3, 4, 3, 1), _three(filters=2, kernel_size=2))
layer(
    "ConvLSTM3D of all steps",
    (3, 2, 3, 4, 1),
    _three(filters=1, kernel_size=(1, 2, 3), padding="same", return_sequences=True),
)


@graph("ConvLSTM2D with states")
def _states(k: Any) -> Any:
    inputs = k.Input((3, 4, 5, 2), name="in")
    layer = _two(filters=2, kernel_size=3, padding="same", return_sequences=True, return_state=True)
    return k.Model(inputs, layer(k)(inputs), name="m")


@graph("ConvLSTM2D, channels first, with states", single=True)
def _first(k: Any) -> Any:
    inputs = k.Input((3, 2, 4, 5), name="in")
    states = [k.Input((2, 4, 5), name="h"), k.Input((2, 4, 5), name="c")]
    layer = _two(
        filters=2, kernel_size=3, padding="same", return_state=True, data_format="channels_first"
    )
    return k.Model([inputs, *states], layer(k)(inputs, initial_state=states), name="m")


@graph("ConvLSTM encoder and forecaster")
def _forecaster(k: Any) -> Any:
    past, start = k.Input((3, 4, 5, 1), name="past"), k.Input((2, 4, 5, 1), name="start")

    def stack(name: str, filters: int) -> Any:
        options = {"padding": "same", "return_sequences": True, "return_state": True}
        return _two(filters=filters, kernel_size=3, name=name, **options)(k)

    seen, *first = stack("encoder_1", 3)(past)
    _, *second = stack("encoder_2", 2)(seen)
    told, *_ = stack("forecaster_1", 3)(start, initial_state=first)
    told, *_ = stack("forecaster_2", 2)(told, initial_state=second)
    return k.Model([past, start], told, name="m")


@graph("ConvLSTM forecaster of one step")
def _step(k: Any) -> Any:
    frame = k.Input((1, 4, 5, 1), name="frame")
    h, c = k.Input((4, 5, 2), name="h"), k.Input((4, 5, 2), name="c")
    layer = _two(filters=2, kernel_size=3, padding="same", return_state=True)(k)
    return k.Model([frame, h, c], layer(frame, initial_state=[h, c]), name="m")


def _masked(k: Any, **options: Any) -> Any:
    inputs = k.Input((4, 5, 2), name="in")
    mask = k.Input((4,), dtype="bool", name="which")
    layer = _one(filters=2, kernel_size=3, return_state=True, **options)(k)
    return k.Model([inputs, mask], layer(inputs, mask=mask), name="m")


@graph("ConvLSTM1D with a mask")
def _mask(k: Any) -> Any:
    return _masked(k)


@graph("ConvLSTM1D with a mask, all steps")
def _mask_steps(k: Any) -> Any:
    return _masked(k, return_sequences=True)


@graph("ConvLSTM1D with a mask, backwards")
def _mask_back(k: Any) -> Any:
    return _masked(k, return_sequences=True, go_backwards=True)


@graph("ConvLSTM1D with a mask, zeros at masked steps", KERAS3)
def _mask_zeros(k: Any) -> Any:
    return _masked(k, return_sequences=True, zero_output_for_mask=True)


layer(
    "bidirectional ConvLSTM2D",
    (3, 4, 3, 2),
    lambda k: k.layers.Bidirectional(_two(filters=2, kernel_size=2, padding="same")(k), name="bi"),
)
layer(
    "bidirectional ConvLSTM1D of all steps",
    (3, 4, 2),
    lambda k: k.layers.Bidirectional(
        _one(filters=2, kernel_size=2, padding="same", return_sequences=True)(k),
        merge_mode="sum",
        name="bi",
    ),
)
layer(
    "time distributed ConvLSTM1D",
    (2, 3, 4, 2),
    lambda k: k.layers.TimeDistributed(
        _one(filters=2, kernel_size=2, return_sequences=True)(k), name="td"
    ),
)
