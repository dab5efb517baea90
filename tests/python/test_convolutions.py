"""Convolutions where a model of the zoo cannot be the witness: plain sums, penalties, refusals."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo
from fkb.errors import EngineError, FkbError, UnsupportedError
from fkb.graph import Array

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

CLASSES = {
    "Conv1D": {"filters": 4},
    "Conv2D": {"filters": 4},
    "Conv3D": {"filters": 4},
    "Conv1DTranspose": {"filters": 4},
    "Conv2DTranspose": {"filters": 4},
    "Conv3DTranspose": {"filters": 4},
    "DepthwiseConv1D": {"depth_multiplier": 2},
    "DepthwiseConv2D": {"depth_multiplier": 2},
    "SeparableConv1D": {"filters": 4},
    "SeparableConv2D": {"filters": 4},
}


def single_layer(module: Any, name: str, shape: tuple[int, ...], **options: Any) -> Any:
    """Return a Sequential model of one layer with random weights."""
    layer = getattr(module.layers, name)(name="conv", **options)
    return zoo.fill(module.Sequential([module.Input(shape), layer], name="model"), 3)


def converted(model: Any, folder: Path) -> Path:
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return folder / "model.fkb"


def padded(x: Array, window: list[int], strides: list[int], rates: list[int], same: bool) -> Array:
    """Return the input with Keras's zeros around it; axes of space stand after the batch."""
    widths = [(0, 0)]
    for n, k, s, d in zip(x.shape[1:-1], window, strides, rates, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0) if same else 0
        widths.append((total // 2, total - total // 2))
    return np.pad(x, [*widths, (0, 0)])


def depthwise(x: Array, kernel: Array, strides: list[int], rates: list[int], same: bool) -> Array:
    """Return a depthwise convolution as a sum over the taps of the window."""
    window = list(kernel.shape[:-2])
    x = padded(x, window, strides, rates, same)
    extents = [
        (n - (k - 1) * d - 1) // s + 1
        for n, k, s, d in zip(x.shape[1:-1], window, strides, rates, strict=True)
    ]
    y = np.zeros((x.shape[0], *extents, *kernel.shape[-2:]), x.dtype)
    for tap in itertools.product(*map(range, window)):
        places = tuple(
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, d, n, s in zip(tap, rates, extents, strides, strict=True)
        )
        y += x[(slice(None), *places)][..., None] * kernel[tap]
    return y.reshape(*y.shape[:-2], -1)


def transposed(x: Array, kernel: Array, rate: int, crop: int, size: int) -> Array:
    """Return a transposed convolution of stride 1 over two axes as a sum over the taps."""
    window = kernel.shape[0]
    full = np.zeros((x.shape[0], *(n + (window - 1) * rate for n in x.shape[1:3]), kernel.shape[2]))
    for i, j in itertools.product(range(window), repeat=2):
        part = x @ kernel[i, j].T
        full[:, i * rate : i * rate + x.shape[1], j * rate : j * rate + x.shape[2]] += part
    return full[:, crop : crop + size, crop : crop + size]


@needs.with_engine
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("strides", "rates"), [([2, 3], [1, 1]), ([3, 1], [1, 1]), ([1, 2], [2, 3])]
)
def test_depthwise_strides_may_differ_between_the_axes(
    padding: str, strides: list[int], rates: list[int], tmp_path: Path
) -> None:
    model = single_layer(
        keras,
        "DepthwiseConv2D",
        (8, 9, 3),
        kernel_size=(3, 2),
        strides=strides,
        dilation_rate=rates,
        padding=padding,
        depth_multiplier=2,
    )
    kernel, bias = (np.asarray(w, "float64") for w in model.get_weights())
    x = np.random.default_rng(1).standard_normal((3, 8, 9, 3))
    with fkb.load(converted(model, tmp_path), precision="float64") as net:
        y = depthwise(x, kernel, strides, rates, padding == "same") + bias
        np.testing.assert_allclose(net.predict(x), y, rtol=0, atol=1e-13 * np.abs(y).max())


@needs.with_engine
@pytest.mark.parametrize(("padding", "crop", "size"), [("valid", 0, 10), ("same", 2, 6)])
def test_dilated_transposed_convolutions_in_real64(
    padding: str, crop: int, size: int, tmp_path: Path
) -> None:
    model = single_layer(
        keras,
        "Conv2DTranspose",
        (6, 6, 3),
        filters=4,
        kernel_size=3,
        dilation_rate=2,
        padding=padding,
    )
    kernel, bias = (np.asarray(w, "float64") for w in model.get_weights())
    x = np.random.default_rng(1).standard_normal((3, 6, 6, 3))
    dy = np.random.default_rng(2).standard_normal((3, size, size, 4))
    with fkb.load(converted(model, tmp_path), precision="float64") as net:
        y = transposed(x, kernel, 2, crop, size) + bias
        np.testing.assert_allclose(net.predict(x), y, rtol=0, atol=1e-13 * np.abs(y).max())
        _, dx, flat = net.gradient(x, dy, training=True)
        # The sum is linear in x and in the kernel: both derivatives give it back.
        total = np.sum(dy * (y - bias))
        np.testing.assert_allclose(np.sum(dx * x), total, rtol=1e-12)
        np.testing.assert_allclose(np.sum(flat[: kernel.size] * kernel.ravel()), total, rtol=1e-12)


@needs.with_engine
@pytest.mark.parametrize("name", CLASSES)
def test_channels_first_is_channels_last_turned(name: str, tmp_path: Path) -> None:
    axes = int(name[name.index("D") - 1]) if "Depth" not in name else int(name[-2])
    shape = (3, 5, 6, 4)[: axes + 1]
    options = CLASSES[name] | {"kernel_size": 2, "padding": "same", "activation": "tanh"}
    last = single_layer(keras, name, (*shape[1:], shape[0]), **options)
    first = single_layer(keras, name, shape, **options, data_format="channels_first")
    first.set_weights(last.get_weights())
    x = np.random.default_rng(1).standard_normal((3, *shape))
    with (
        fkb.load(converted(last, tmp_path), precision="float64") as one,
        fkb.load(converted(first, tmp_path), precision="float64") as other,
    ):
        wanted = np.asarray(one.predict(np.moveaxis(x, 1, -1)))
        np.testing.assert_array_equal(other.predict(x), np.moveaxis(wanted, -1, 1))


@needs.with_engine
@pytest.mark.parametrize(
    "name", ["Conv2D", "Conv2DTranspose", "SeparableConv2D", "DepthwiseConv2D"]
)
def test_an_open_model_takes_images_of_any_size(name: str, tmp_path: Path) -> None:
    options = CLASSES[name] | {"kernel_size": 3, "strides": 2, "padding": "same"}
    model = single_layer(keras, name, (None, None, 3), **options)
    bound = 16 * np.finfo("float32").eps
    with fkb.load(converted(model, tmp_path)) as net:
        for size in ((5, 8), (9, 4), (1, 1), (40, 33)):
            x = np.random.default_rng(1).standard_normal((2, *size, 3)).astype("float32")
            y = np.asarray(model(x))
            np.testing.assert_allclose(net.predict(x), y, rtol=0, atol=bound * np.abs(y).max())


@needs.with_engine
@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize(
    "name", ["DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "Conv2D"]
)
def test_penalties_of_weights_are_those_of_keras(name: str, major: int, tmp_path: Path) -> None:
    module = keras if major == 3 else tf_keras
    parts = {"DepthwiseConv2D": ["depthwise"], "SeparableConv2D": ["depthwise", "pointwise"]}
    options = dict(CLASSES[name]) | {"kernel_size": 3}
    for number, part in enumerate([*parts.get(name, ["kernel"]), "bias"]):
        options[f"{part}_regularizer"] = module.regularizers.L1L2(0.01 + number, 0.5 / (1 + number))
    model = single_layer(module, name, (5, 4, 3), **options)
    model.compile(module.optimizers.SGD(0.01), "mean_squared_error")
    x = np.random.default_rng(1).standard_normal((4, 5, 4, 3)).astype("float32")
    y = np.zeros_like(np.asarray(model(x)))
    with fkb.load(converted(model, tmp_path)) as net:
        loss = fkb.Trainer(net).step(x, y)
        theirs = model.train_on_batch(x, y)
        np.testing.assert_allclose(loss, theirs, rtol=1e-5)
        for mine, weight in zip(net.weights.values(), model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, weight, rtol=0, atol=1e-5 * np.abs(weight).max())


@pytest.mark.parametrize(
    ("major", "name", "options", "dialect", "option"),
    [
        (2, "SeparableConv1D", {"filters": 2, "padding": "causal"}, "keras3", "padding"),
        (3, "SeparableConv1D", {"filters": 2, "strides": 2, "dilation_rate": 2}, "keras2", "dilat"),
        (3, "DepthwiseConv1D", {"strides": 2, "dilation_rate": 2}, "keras2", "dilation_rate"),
        (3, "Conv3DTranspose", {"filters": 2, "dilation_rate": 2}, "keras2", "dilation_rate"),
    ],
)
def test_what_the_other_keras_lacks_is_refused(
    major: int, name: str, options: dict[str, Any], dialect: str, option: str, tmp_path: Path
) -> None:
    shape = (6, 6, 6, 2) if "3D" in name else (6, 2)
    module = keras if major == 3 else tf_keras
    path = converted(single_layer(module, name, shape, kernel_size=2, **options), tmp_path)
    with pytest.raises(UnsupportedError, match=option):
        fkb.export(path, tmp_path / "other.keras", dialect=dialect)
    fkb.export(path, tmp_path / "same.keras", dialect=f"keras{major}")
    assert module.models.load_model(tmp_path / "same.keras").count_params() > 0


@needs.with_engine
@pytest.mark.parametrize("option", ["lora_rank", "padding", "groups", "kernel_size", "filters"])
def test_options_that_make_no_sense_are_refused_by_name(option: str, tmp_path: Path) -> None:
    model = single_layer(keras, "Conv2D", (5, 4, 3), filters=2, kernel_size=2)
    text = converted(model, tmp_path).read_text()
    changes = {
        "lora_rank": ("padding = ", "lora_rank = 2\n    padding = "),
        "padding": ('padding = "valid"', 'padding = "causal"'),
        "groups": ("groups = 1", "groups = 2"),
        "kernel_size": ("kernel_size = [2,2]", "kernel_size = [2,2,2]"),
        "filters": ("filters = 2", "filters = 0"),
    }
    assert changes[option][0] in text
    wrong = re.sub("checksum .*", "checksum none", text.replace(*changes[option]), count=1)
    (tmp_path / "wrong.fkb").write_text(wrong)
    with pytest.raises(FkbError, match=option):
        fkb.export(tmp_path / "wrong.fkb", tmp_path / "wrong.keras")
    with pytest.raises(EngineError, match=option):
        fkb.load(tmp_path / "wrong.fkb")
