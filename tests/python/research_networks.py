"""The networks of published work with the FKB and its like, at any size.

Every function takes the `keras` module first, so that Keras 3 and tf_keras make the same network.
"""

from __future__ import annotations

from typing import Any


def _stack(k: Any, name: str, filters: int, window: int, **options: Any) -> Any:
    return k.layers.ConvLSTM2D(filters, window, padding="same", name=name, **options)


def _month_map(k: Any, months: Any, steps: int, size: tuple[int, int]) -> Any:
    cells = k.layers.Embedding(12, size[0] * size[1], name="month")(months)
    return k.layers.Reshape((steps, *size, 1), name="month_map")(cells)


def el_nino_a(
    k: Any,
    filters: int | tuple[int, int] = 32,
    size: tuple[int, int] = (20, 27),
    window: int = 3,
) -> Any:
    """ENSO forecast (Mu et al. 2019): the month of each frame is a map beside it.

    Two numbers of filters are those of the encoder, which the decoder has in reverse.
    """
    outer, inner = (filters, filters) if isinstance(filters, int) else filters
    main = k.Input((3, *size, 2), name="main")
    months = k.Input((3,), dtype="int32", name="months")
    x = k.layers.Concatenate(-1, name="both")([main, _month_map(k, months, 3, size)])
    x = _stack(k, "encoder_1", outer, window, return_sequences=True)(x)
    x = _stack(k, "encoder_2", inner, window)(x)
    x = k.layers.Reshape((1, *size, inner), name="code")(x)
    x = _stack(k, "decoder_1", inner, window, return_sequences=True)(x)
    x = _stack(k, "decoder_2", outer, window)(x)
    return k.Model([main, months], k.layers.Conv2D(2, 1, name="head")(x), name="el_nino_a")


def el_nino_b(k: Any, filters: int = 32, size: tuple[int, int] = (20, 27)) -> Any:
    """The same with one month, four numbers beside the code."""
    main = k.Input((3, *size, 2), name="main")
    month = k.Input((1,), dtype="int32", name="month_number")
    m = k.layers.Flatten(name="flat")(k.layers.Embedding(12, 4, name="month")(month))
    m = k.layers.RepeatVector(size[0] * size[1], name="everywhere")(m)
    m = k.layers.Reshape((*size, 4), name="month_map")(m)
    x = _stack(k, "encoder_1", filters, 3, return_sequences=True)(main)
    x = _stack(k, "encoder_2", filters, 3)(x)
    x = k.layers.Concatenate(-1, name="both")([x, m])
    x = k.layers.Reshape((1, *size, filters + 4), name="code")(x)
    x = _stack(k, "decoder_1", filters, 3, return_sequences=True)(x)
    x = _stack(k, "decoder_2", filters, 3)(x)
    return k.Model([main, month], k.layers.Conv2D(2, 1, name="head")(x), name="el_nino_b")


def el_nino_c(k: Any, filters: int = 32, size: tuple[int, int] = (20, 27)) -> Any:
    """The same with the encoder's states as the decoder's, whose input is the map of a month."""
    main = k.Input((3, *size, 2), name="main")
    month = k.Input((1,), dtype="int32", name="month_number")
    x, *first = _stack(k, "encoder_1", filters, 3, return_sequences=True, return_state=True)(main)
    _, *second = _stack(k, "encoder_2", filters, 3, return_state=True)(x)
    x = _month_map(k, month, 1, size)
    decoder = _stack(k, "decoder_1", filters, 3, return_sequences=True)
    x = decoder(x, initial_state=first)
    x = _stack(k, "decoder_2", filters, 3)(x, initial_state=second)
    return k.Model([main, month], k.layers.Conv2D(2, 1, name="head")(x), name="el_nino_c")


def nowcasting(
    k: Any,
    filters: tuple[int, ...] = (128,),
    window: int = 5,
    head: int = 64,
    size: tuple[int, int] = (64, 64),
) -> tuple[Any, Any, Any]:
    """Encoder and forecaster of rain (Wu 2019), with the two models that run it step by step.

    Returns:
        The model that is trained, the encoder (frames to states), and the decoder (a frame and
        states to a frame and states); they share their layers.
    """
    l2 = k.regularizers.L2(5e-4)
    options = {
        "recurrent_activation": "sigmoid",
        "return_sequences": True,
        "return_state": True,
        "kernel_regularizer": l2,
        "recurrent_regularizer": l2,
        "bias_regularizer": l2,
    }
    past = k.Input((None, *size, 1), name="past")
    start = k.Input((None, *size, 1), name="start")
    encoder = [_stack(k, f"encoder_{i}", n, window, **options) for i, n in enumerate(filters, 1)]
    decoder = [_stack(k, f"decoder_{i}", n, window, **options) for i, n in enumerate(filters, 1)]
    rain = k.layers.Conv3D(1, (1, 1, head), padding="same", activation="sigmoid", name="head")
    x, states = past, []
    for layer in encoder:
        x, *state = layer(x)
        states.append(state)
    x = start
    for layer, state in zip(decoder, states, strict=True):
        x, *_ = layer(x, initial_state=state)
    whole = k.Model([past, start], rain(x), name="nowcasting")
    flat = [tensor for state in states for tensor in state]
    before = [
        [k.Input((*size, n), name=f"{what}_{i}") for what in "hc"] for i, n in enumerate(filters, 1)
    ]
    x, after = start, []
    for layer, state in zip(decoder, before, strict=True):
        x, *new = layer(x, initial_state=state)
        after += new
    given = [tensor for state in before for tensor in state]
    step = k.Model([start, *given], [rain(x), *after], name="step")
    return whole, k.Model(past, flat, name="states"), step


def fc_lstm(k: Any, units: int = 2048, pixels: int = 4096, steps: int = 4) -> Any:
    """The twin of the encoder and forecaster without convolutions."""
    frames = k.Input((steps, pixels), name="frames")
    l2 = k.regularizers.L2(5e-4)
    options = {"kernel_regularizer": l2, "recurrent_regularizer": l2, "bias_regularizer": l2}
    x = k.layers.LSTM(units, return_sequences=True, name="lstm_1", **options)(frames)
    x = k.layers.LSTM(units, return_sequences=True, name="lstm_2", **options)(x)
    return k.Model(frames, k.layers.Dense(pixels, "sigmoid", name="head")(x), name="fc_lstm")


VGG10 = ((64, 128, 256, 512), (512, 256, 128, 64))
VGG12 = ((64, 128, 256, 256, 256, 512), (512, 512, 256, 256, 128, 64))
# The convolutions of VGG16 (Simonyan and Zisserman 2015) and their mirror. The count in the paper,
# 18,087,715, fits no credible definition.
VGG16 = (
    ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)),
    ((512, 512, 512), (512, 512, 512), (256, 256, 256), (128, 128), (64, 64)),
)


def road(k: Any, stages: Any, size: int = 64, share: int = 1) -> Any:
    """Segmentation of roads (Kebir et al. 2021), with one of `share` filters of each layer."""
    image = k.Input((size, size, 3), name="image")
    x = image
    for way, part in zip(("encoder", "decoder"), stages, strict=True):
        for i, stage in enumerate(part, 1):
            if way == "decoder":
                x = k.layers.UpSampling2D(2, name=f"up_{i}")(x)
            for j, n in enumerate(stage if isinstance(stage, tuple) else (stage,), 1):
                name = f"{way}_{i}_{j}"
                x = k.layers.Conv2D(n // share, 3, padding="same", activation="relu", name=name)(x)
            if way == "encoder":
                x = k.layers.MaxPooling2D(2, name=f"pool_{i}")(x)
    roads = k.layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="roads")(x)
    return k.Model(image, roads, name="road")


def climate(
    k: Any, depth: int = 4, units: int = 128, slope: float = 0.15, normalize: bool = True
) -> Any:
    """Subgrid physics (Ott et al. 2020): 94 numbers of a column to 65."""
    slopes = {"alpha" if k.__name__ == "tf_keras" else "negative_slope": slope}
    column = k.Input((94,), name="column")
    x = column
    for i in range(1, depth + 1):
        x = k.layers.Dense(units, name=f"dense_{i}")(x)
        x = k.layers.LeakyReLU(name=f"leaky_{i}", **slopes)(x)
        if normalize:
            x = k.layers.BatchNormalization(name=f"norm_{i}")(x)
        x = k.layers.Dropout(0.0, name=f"dropout_{i}")(x)
    return k.Model(column, k.layers.Dense(65, name="tendencies")(x), name="climate")
