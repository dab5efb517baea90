"""Models of convolutions.

What TensorFlow does not compute, such as strides of a depthwise convolution that differ between the
axes, is compared in `test_convolutions` instead.
"""

from __future__ import annotations

from typing import Any

from zoo_cases import BOTH, KERAS2, KERAS3, layer

Shape = tuple[int | None, ...]


def _case(
    what: str,
    name: str,
    shape: Shape,
    majors: frozenset[int] = BOTH,
    **options: Any,
) -> None:
    """Add a case of one layer of the class `name`.

    On a CPU TensorFlow has channels first, and dilation of transposed convolutions, in real32 only.
    """
    single = options.get("data_format") == "channels_first" or (
        name.endswith("Transpose") and "dilation_rate" in options
    )

    def make(k: Any) -> Any:
        return getattr(k.layers, name)(name="conv", **options)

    layer(what, shape, make, majors, single=single)


_case("conv1d", "Conv1D", (7, 2), filters=3, kernel_size=3)
_case(
    "conv1d, same, strided", "Conv1D", (8, 2), filters=3, kernel_size=3, strides=2, padding="same"
)
_case("conv1d, causal", "Conv1D", (7, 2), filters=3, kernel_size=3, padding="causal")
_case(
    "conv1d, causal, dilated",
    "Conv1D",
    (9, 2),
    filters=3,
    kernel_size=2,
    dilation_rate=3,
    padding="causal",
    activation="tanh",
)
_case(
    "conv1d, causal, strided",
    "Conv1D",
    (8, 2),
    filters=3,
    kernel_size=4,
    strides=2,
    padding="causal",
    use_bias=False,
)
_case("conv1d of open length", "Conv1D", (None, 2), filters=3, kernel_size=2, padding="same")
_case("conv1d, grouped", "Conv1D", (7, 4), filters=6, kernel_size=3, groups=2)
_case(
    "conv1d, channels first",
    "Conv1D",
    (2, 7),
    filters=3,
    kernel_size=3,
    data_format="channels_first",
)
_case("conv2d", "Conv2D", (5, 6, 2), filters=3, kernel_size=3)
_case("conv2d, 1x1", "Conv2D", (4, 3, 2), filters=3, kernel_size=1, activation="relu")
_case("conv2d, 1x1, strided", "Conv2D", (5, 4, 2), filters=3, kernel_size=1, strides=2)
_case(
    "conv2d, uneven window, same",
    "Conv2D",
    (5, 6, 2),
    filters=3,
    kernel_size=(2, 4),
    padding="same",
    use_bias=False,
)
_case(
    "conv2d, strided, same",
    "Conv2D",
    (7, 8, 3),
    filters=2,
    kernel_size=(3, 2),
    strides=(2, 3),
    padding="same",
    activation="softmax",
)
_case("conv2d, strides beyond the window", "Conv2D", (8, 9, 1), filters=2, kernel_size=2, strides=3)
_case("conv2d, dilated", "Conv2D", (7, 8, 2), filters=3, kernel_size=(3, 2), dilation_rate=(2, 3))
_case(
    "conv2d, dilated, same",
    "Conv2D",
    (7, 8, 2),
    filters=3,
    kernel_size=3,
    dilation_rate=2,
    padding="same",
)
_case("conv2d, grouped", "Conv2D", (5, 4, 6), filters=9, kernel_size=3, groups=3, padding="same")
_case("conv2d, a group each", "Conv2D", (5, 4, 3), filters=6, kernel_size=2, groups=3)
_case(
    "conv2d, channels first",
    "Conv2D",
    (2, 5, 6),
    filters=3,
    kernel_size=(3, 2),
    data_format="channels_first",
)
_case(
    "conv2d, channels first, softmax over the last axis",
    "Conv2D",
    (2, 5, 6),
    filters=3,
    kernel_size=2,
    activation="softmax",
    data_format="channels_first",
)
_case("conv2d of open size", "Conv2D", (None, None, 2), filters=3, kernel_size=2, strides=2)
_case(
    "conv2d with regularizers and constraints",
    "Conv2D",
    (4, 4, 2),
    filters=3,
    kernel_size=2,
    kernel_regularizer="l2",
    bias_regularizer="l1",
    kernel_constraint="max_norm",
    kernel_initializer="he_normal",
)
_case("conv2d, glu", "Conv2D", (4, 4, 2), KERAS3, filters=4, kernel_size=2, activation="glu")
_case("conv3d", "Conv3D", (3, 4, 5, 2), filters=3, kernel_size=(2, 3, 2))
_case(
    "conv3d, strided, same",
    "Conv3D",
    (4, 5, 6, 2),
    filters=3,
    kernel_size=3,
    strides=(1, 2, 3),
    padding="same",
)
_case("conv3d, dilated", "Conv3D", (4, 5, 6, 2), filters=3, kernel_size=2, dilation_rate=(1, 2, 3))
_case("conv3d, grouped", "Conv3D", (3, 4, 3, 4), filters=4, kernel_size=2, groups=2)
_case(
    "conv3d, channels first",
    "Conv3D",
    (2, 3, 4, 5),
    filters=3,
    kernel_size=2,
    data_format="channels_first",
)

_PADDINGS: list[tuple[str, Any, str]] = [
    ("valid", None, ""),
    ("same", None, ", same"),
    ("valid", 1, ", padded by 1"),
    ("same", 1, ", same, padded by 1"),
]
for _padding, _extra, _words in _PADDINGS:
    for _size, _stride in ((3, 2), (2, 3), (4, 3), (5, 2), (4, 2), (1, 2)):
        _case(
            f"conv1d transpose of {_size} by {_stride}{_words}",
            "Conv1DTranspose",
            (4, 2),
            filters=3,
            kernel_size=_size,
            strides=_stride,
            padding=_padding,
            output_padding=_extra,
        )
_case("conv1d transpose", "Conv1DTranspose", (4, 2), filters=3, kernel_size=3, activation="tanh")
_case(
    "conv1d transpose, dilated",
    "Conv1DTranspose",
    (5, 2),
    filters=3,
    kernel_size=3,
    dilation_rate=2,
)
_case(
    "conv1d transpose of open length",
    "Conv1DTranspose",
    (None, 2),
    filters=3,
    kernel_size=3,
    strides=2,
    padding="same",
)
_case(
    "conv1d transpose, channels first",
    "Conv1DTranspose",
    (2, 4),
    filters=3,
    kernel_size=3,
    strides=2,
    data_format="channels_first",
)
_case("conv2d transpose", "Conv2DTranspose", (3, 4, 2), filters=3, kernel_size=3, use_bias=False)
_case(
    "conv2d transpose, same, strided",
    "Conv2DTranspose",
    (3, 4, 2),
    filters=3,
    kernel_size=(4, 3),
    strides=2,
    padding="same",
    activation="relu",
)
_case(
    "conv2d transpose, padded",
    "Conv2DTranspose",
    (3, 4, 2),
    filters=3,
    kernel_size=(3, 5),
    strides=(2, 3),
    padding="same",
    output_padding=(1, 2),
)
_case(
    "conv2d transpose, valid, padded",
    "Conv2DTranspose",
    (3, 4, 2),
    filters=3,
    kernel_size=(2, 3),
    strides=(2, 3),
    output_padding=(0, 2),
)
_case(
    "conv2d transpose, dilated",
    "Conv2DTranspose",
    (5, 4, 2),
    filters=3,
    kernel_size=3,
    dilation_rate=2,
    padding="same",
)
_case(
    "conv2d transpose of open size",
    "Conv2DTranspose",
    (None, None, 2),
    filters=3,
    kernel_size=2,
    strides=2,
)
_case(
    "conv2d transpose, channels first",
    "Conv2DTranspose",
    (2, 3, 4),
    filters=3,
    kernel_size=3,
    strides=2,
    padding="same",
    data_format="channels_first",
)
_case("conv3d transpose", "Conv3DTranspose", (2, 3, 4, 2), filters=3, kernel_size=(2, 3, 2))
_case(
    "conv3d transpose, same, strided",
    "Conv3DTranspose",
    (2, 3, 2, 2),
    filters=3,
    kernel_size=3,
    strides=(1, 2, 3),
    padding="same",
)
_case(
    "conv3d transpose, padded",
    "Conv3DTranspose",
    (2, 3, 2, 2),
    filters=3,
    kernel_size=3,
    strides=2,
    padding="same",
    output_padding=1,
)
_case(
    "conv3d transpose, dilated",
    "Conv3DTranspose",
    (3, 3, 3, 2),
    KERAS3,
    filters=3,
    kernel_size=2,
    dilation_rate=2,
)
_case(
    "conv3d transpose, channels first",
    "Conv3DTranspose",
    (2, 2, 3, 2),
    filters=3,
    kernel_size=3,
    strides=2,
    data_format="channels_first",
)

for _rank, _shape in ((1, (7, 3)), (2, (6, 7, 3))):
    _deep = f"DepthwiseConv{_rank}D"
    _case(f"depthwise conv{_rank}d", _deep, _shape, kernel_size=3)
    _case(
        f"depthwise conv{_rank}d, multiplied",
        _deep,
        _shape,
        kernel_size=2,
        depth_multiplier=2,
        padding="same",
        use_bias=False,
        activation="tanh",
    )
    _case(
        f"depthwise conv{_rank}d, strided",
        _deep,
        _shape,
        kernel_size=3,
        strides=2,
        padding="same",
        depthwise_regularizer="l2",
    )
    _case(f"depthwise conv{_rank}d, dilated", _deep, _shape, kernel_size=3, dilation_rate=2)
    _case(
        f"depthwise conv{_rank}d, dilated, same",
        _deep,
        _shape,
        kernel_size=2,
        dilation_rate=2,
        padding="same",
    )
    _case(
        f"depthwise conv{_rank}d, dilated and strided",
        _deep,
        _shape,
        KERAS3,
        kernel_size=3,
        dilation_rate=2,
        strides=2,
        padding="same",
    )
    _case(
        f"depthwise conv{_rank}d, channels first",
        _deep,
        (3, *_shape[:-1]),
        kernel_size=3,
        depth_multiplier=2,
        data_format="channels_first",
    )
    _separable = f"SeparableConv{_rank}D"
    _case(f"separable conv{_rank}d", _separable, _shape, filters=4, kernel_size=3)
    _case(
        f"separable conv{_rank}d, multiplied",
        _separable,
        _shape,
        filters=4,
        kernel_size=2,
        depth_multiplier=2,
        padding="same",
        use_bias=False,
        activation="tanh",
    )
    _case(
        f"separable conv{_rank}d, strided",
        _separable,
        _shape,
        filters=4,
        kernel_size=3,
        strides=2,
        padding="same",
        pointwise_regularizer="l1",
    )
    _case(
        f"separable conv{_rank}d, dilated",
        _separable,
        _shape,
        filters=4,
        kernel_size=3,
        dilation_rate=2,
    )
    _case(
        f"separable conv{_rank}d, dilated and strided",
        _separable,
        _shape,
        KERAS3,
        filters=4,
        kernel_size=3,
        dilation_rate=2,
        strides=2,
        padding="same",
    )
    _case(
        f"separable conv{_rank}d, channels first",
        _separable,
        (3, *_shape[:-1]),
        filters=4,
        kernel_size=3,
        data_format="channels_first",
    )
_case(
    "depthwise conv2d of one channel",
    "DepthwiseConv2D",
    (4, 4, 1),
    kernel_size=3,
    depth_multiplier=3,
)
_case(
    "separable conv2d with constraints",
    "SeparableConv2D",
    (5, 4, 3),
    filters=2,
    kernel_size=2,
    pointwise_constraint="non_neg",
    depthwise_constraint="unit_norm",
)
_case("depthwise conv2d of open size", "DepthwiseConv2D", (None, None, 2), kernel_size=2)
_case(
    "separable conv1d, causal",
    "SeparableConv1D",
    (7, 2),
    KERAS2,
    filters=3,
    kernel_size=3,
    padding="causal",
)
