"""Structural similarity as a loss, against TensorFlow's and against its formula in real64."""

from __future__ import annotations

from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import EngineError

tf = pytest.importorskip("tensorflow")

pytestmark = needs.with_engine

CASES: list[dict[str, Any]] = [
    {},
    {"max_val": 255.0},
    {"filter_size": 4, "filter_sigma": 0.8},
    {"k1": 0.02, "k2": 0.05, "filter_size": 7},
]


def images(seed: int, n: int = 3, channels: int = 2) -> tuple[Any, Any]:
    """Smooth images and noisy copies, in real64."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:13, 0:16]
    phase = generator.uniform(0, 6, (n, 1, 1, channels))
    y = 0.5 + 0.4 * np.sin(0.4 * rows[..., None] + 0.7 * columns[..., None] + phase)
    return y, y + 0.1 * generator.standard_normal(y.shape)


def similarity(y: Any, p: Any, options: dict[str, Any]) -> Any:
    """Return the similarity of each image as tf.image.ssim does, in their kind."""
    size = options.get("filter_size", 11)
    places = np.arange(size) - (size - 1) / 2
    line = np.exp(-0.5 * (places / options.get("filter_sigma", 1.5)) ** 2)
    window = np.outer(line, line) / np.sum(np.outer(line, line))
    kernel = tf.constant(np.repeat(window[..., None, None], y.shape[-1], axis=2), y.dtype)

    def mean(image: Any) -> Any:
        return tf.nn.depthwise_conv2d(image, kernel, [1, 1, 1, 1], "VALID")

    largest = options.get("max_val", 1.0)
    c1 = (options.get("k1", 0.01) * largest) ** 2
    c2 = (options.get("k2", 0.03) * largest) ** 2
    u, v = mean(p), mean(y)
    light = (2 * u * v + c1) / (u * u + v * v + c1)
    rest = (2 * mean(p * y) - 2 * u * v + c2) / (mean(p * p + y * y) - u * u - v * v + c2)
    return tf.reduce_mean(light * rest, axis=[1, 2, 3])


def loss(options: dict[str, Any], **more: Any) -> fkb.Loss:
    config = {"class_name": "SSIM", "registered_name": "fkb>SSIM", "config": {**options, **more}}
    return fkb.Loss(config)


@pytest.mark.parametrize("options", CASES, ids=str)
def test_the_loss_is_one_less_the_similarity_of_tensorflow(options: dict[str, Any]) -> None:
    y, p = (array.astype("float32") for array in images(1))
    renamed = {"max_val": 1.0, **options}
    with tf.GradientTape() as tape:
        given = tf.constant(p)
        tape.watch(given)
        wanted = 1 - tf.reduce_mean(tf.image.ssim(tf.constant(y), given, **renamed))
    slope = tape.gradient(wanted, given).numpy()
    value, grad = loss(options).gradient(y, p)
    assert abs(value - float(wanted)) <= 2e-6
    assert np.max(np.abs(grad - slope)) <= 2e-5 * np.max(np.abs(slope))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
@pytest.mark.parametrize("options", CASES, ids=str)
def test_the_formula_holds_in_real64(
    options: dict[str, Any], reduction: str, weighted: bool
) -> None:
    y, p = images(2)
    weights = np.array([0.5, 0.0, 2.0]) if weighted else np.ones(3)
    with tf.GradientTape() as tape:
        given = tf.constant(p)
        tape.watch(given)
        each = weights * (1 - similarity(tf.constant(y), given, options))
        wanted = tf.reduce_sum(each) if reduction == "sum" else tf.reduce_mean(each)
    slope = tape.gradient(wanted, given).numpy()
    mine = loss(options, reduction=reduction)
    value, grad = mine.gradient(y, p, weights[:, None] if weighted else None)
    assert abs(value - float(wanted)) <= 1e-12
    assert np.max(np.abs(grad - slope)) <= 1e-11 * np.max(np.abs(slope))


def test_what_is_no_image_is_refused() -> None:
    y, p = images(3)
    with pytest.raises(EngineError, match="at least 14 by 14 pixels"):
        loss({"filter_size": 14})(y, p)
    with pytest.raises(EngineError, match="SSIM"):
        loss({})(y[:, :, :, 0], p[:, :, :, 0])
    with pytest.raises(EngineError, match="must be positive"):
        loss({"max_val": 0.0})(y, p)
    with pytest.raises(EngineError, match="window"):
        loss({"window": 3})(y, p)
