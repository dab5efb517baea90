"""The networks that the program build_models.F90 builds, made in Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

keras = pytest.importorskip("keras")

L = keras.layers


def chain(*layers: Any) -> Any:
    return keras.Sequential(layers)


def dense_chain() -> Any:
    return chain(
        keras.Input((6,)),
        L.Dense(8, activation="tanh", kernel_initializer="he_normal"),
        L.LayerNormalization(),
        L.Dropout(0.0),
        L.LeakyReLU(0.2),
        L.Dense(5, use_bias=False),
        L.BatchNormalization(momentum=0.9),
        L.Activation("elu"),
        L.Dense(3, name="last"),
    )


def convolutions() -> Any:
    return chain(
        keras.Input((12, 9, 2), name="sst"),
        L.Conv2D(4, (3, 2), padding="same", activation="relu"),
        L.MaxPooling2D((2, 2)),
        L.Conv2D(6, 3, strides=2, padding="same"),
        L.BatchNormalization(),
        L.Activation("relu"),
        L.UpSampling2D(2),
        L.Conv2DTranspose(3, 2, strides=2),
        L.AveragePooling2D(2),
        L.ZeroPadding2D((1, 2)),
        L.Cropping2D(1),
        L.Flatten(),
        L.Dense(2),
    )


def pooled() -> Any:
    return chain(
        keras.Input((10, 3)),
        L.Conv1D(5, 3, strides=2, activation="gelu"),
        L.MaxPooling1D(2, strides=1),
        L.UpSampling1D(2),
        L.AveragePooling1D(2),
        L.GlobalMaxPooling1D(),
        L.Reshape((1, 5)),
        L.Permute((2, 1)),
        L.Flatten(),
        L.RepeatVector(3),
        L.GlobalAveragePooling1D(),
        L.Rescaling(0.5, offset=1.0),
    )


def volumes() -> Any:
    return chain(
        keras.Input((6, 5, 4, 2)),
        L.Conv3D(3, (3, 2, 1), padding="same", activation="selu"),
        L.AveragePooling3D((2, 1, 2)),
        L.GlobalAveragePooling3D(),
    )


def series() -> Any:
    return chain(
        keras.Input((None, 3)),
        L.LSTM(5, return_sequences=True),
        L.SimpleRNN(4, activation="relu"),
        L.Dense(2, activation="softplus"),
    )


def gru_series() -> Any:
    return chain(
        keras.Input((7, 3)),
        L.GRU(5, return_sequences=True),
        L.TimeDistributed(L.Dense(4, activation="tanh")),
        L.GRU(3, reset_after=False, go_backwards=True),
    )


def maps_in_time() -> Any:
    return chain(
        keras.Input((4, 6, 5, 2)),
        L.ConvLSTM2D(3, 3, padding="same", return_sequences=True),
        L.ConvLSTM2D(2, (2, 3)),
        L.GlobalAveragePooling2D(),
    )


def both_directions() -> Any:
    return chain(
        keras.Input((6, 3)),
        L.Bidirectional(L.LSTM(4, return_sequences=True)),
        L.Bidirectional(L.GRU(3), merge_mode="sum"),
    )


def cells() -> Any:
    return chain(
        keras.Input((6, 3)),
        L.RNN(L.StackedRNNCells([L.LSTMCell(4), L.LSTMCell(3)]), return_sequences=True),
        L.RNN(L.GRUCell(2)),
    )


def joined() -> Any:
    x = keras.Input((8,), name="state")
    a = L.Dense(4, activation="relu")(x)
    b = L.Dense(4, activation="sigmoid")(x)
    c = L.Add()([a, b])
    a = L.Multiply()([c, b])
    b = L.Subtract()([a, c])
    c = L.Average()([a, b, c])
    a = L.Maximum()([a, c])
    b = L.Minimum()([b, c])
    return keras.Model(x, L.Dense(2)(L.Concatenate()([a, b, c])))


def shared() -> Any:
    one, two = keras.Input((5,)), keras.Input((5,))
    twin = L.Dense(3, activation="tanh", name="twin")
    return keras.Model([one, two], L.Dense(1)(L.Subtract()([twin(one), twin(two)])))


def nested() -> Any:
    x = keras.Input((4,))
    h = L.Dense(3, activation="tanh")(x)
    encoder = keras.Model(x, L.Add()([h, L.Dense(3)(x)]), name="encoder")
    decoder = keras.Sequential([keras.Input((3,)), L.Dense(4)], name="decoder")
    x = keras.Input((4,))
    return keras.Model(x, encoder(decoder(encoder(x))))


def states() -> Any:
    x, y = keras.Input((5, 3)), keras.Input((4, 3))
    _, h, c = L.LSTM(4, return_state=True, name="encoder")(x)
    return keras.Model([x, y], L.LSTM(4, name="decoder")(y, initial_state=[h, c]))


def masked() -> Any:
    x = keras.Input((5, 3))
    mask = keras.ops.any(keras.ops.not_equal(x, 0.0), axis=-1)
    return keras.Model(x, L.GRU(4)(x, mask=mask))


def attention() -> Any:
    q, v = keras.Input((4, 6)), keras.Input((5, 6))
    y = L.MultiHeadAttention(num_heads=2, key_dim=3)(q, v)
    y = L.LayerNormalization(epsilon=1e-6)(L.Add()([y, q]))
    return keras.Model([q, v], L.Attention()([y, v]))


def operations() -> Any:
    x = keras.Input((4,))
    a = x * 2.0
    b = L.Dense(4)(a + keras.ops.exp(a))
    return keras.Model(x, keras.ops.mean(b, axis=-1, keepdims=True))


def normalized() -> Any:
    return chain(keras.Input((4,)), L.SpectralNormalization(L.Dense(3)))


def looked_up() -> Any:
    return chain(
        keras.Input((5,), dtype="int32"),
        L.Embedding(10, 4),
        L.Flatten(),
        L.Dense(2, kernel_regularizer=keras.regularizers.L2(0.01)),
    )


def several_ends() -> Any:
    x = keras.Input((6,))
    h = L.Dense(5, activation="swish")(x)
    ends = [L.Dense(1, name="value")(h), L.Dense(3, activation="softmax", name="classes")(h)]
    return keras.Model(x, ends)


def by_options() -> Any:
    stack = L.StackedRNNCells([L.GRUCell(3, name="first"), L.GRUCell(2, name="second")])
    return chain(
        keras.Input((6, 4)),
        L.TimeDistributed(L.Dense(3, activation="tanh")),
        L.Bidirectional(L.SimpleRNN(3, return_sequences=True), merge_mode="ave"),
        L.RNN(stack),
    )


def unused() -> Any:
    x, y = keras.Input((3,)), keras.Input((2,))
    return keras.Model([x, y], L.Dense(2)(L.Dense(4, name="twice")(x)))


MODELS: dict[str, Callable[[], Any]] = {
    make.__name__: make
    for make in (
        *(dense_chain, convolutions, pooled, volumes, series, gru_series, maps_in_time),
        *(both_directions, cells, joined, shared, nested, states, masked, attention),
        *(operations, normalized, looked_up, several_ends, by_options, unused),
    )
}
