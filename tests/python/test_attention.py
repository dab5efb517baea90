"""Attention where a row has nothing to attend to, and what is refused of attention layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import UnsupportedError
from fkb.hdf5 import write_h5
from fkb.keras_zip import read_keras

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")

ROWS, COLUMNS, FEATURES = 5, 4, 6


def heads(k: Any, options: dict[str, Any], **arguments: Any) -> Any:
    """Return a model of a query, a value and a mask of the scores."""
    query, value = k.Input((ROWS, FEATURES)), k.Input((COLUMNS, FEATURES))
    mask = k.Input((ROWS, COLUMNS), dtype="bool")
    layer = k.layers.MultiHeadAttention(2, 3, name="heads", **options)
    return k.Model([query, value, mask], layer(query, value, attention_mask=mask, **arguments))


def grouped(k: Any) -> Any:
    query, value = k.Input((ROWS, FEATURES)), k.Input((COLUMNS, FEATURES))
    mask = k.Input((ROWS, COLUMNS), dtype="bool")
    layer = k.layers.GroupQueryAttention(3, 4, 2, name="heads")
    return k.Model([query, value, mask], layer(query, value, attention_mask=mask))


def softmax(k: Any, **options: Any) -> Any:
    x, other = k.Input((ROWS, COLUMNS)), k.Input((1,))
    mask = k.Input((ROWS, COLUMNS), dtype="bool")
    y = k.layers.Softmax(name="softmax", **options)(x, mask=mask)
    return k.Model([x, other, mask], [y, other])


MODELS = {
    "averages": lambda: heads(keras, {}),
    "zeros with scores": lambda: heads(keras, {}, return_attention_scores=True),
    "zeros with dropout": lambda: heads(keras, {"dropout": 0.5}),
    "averages of groups": lambda: grouped(keras),
    "zeros of a softmax": lambda: softmax(keras),
    "lowered": lambda: heads(tf_keras, {}, return_attention_scores=True),
    "robust": lambda: heads(tf_keras, {"softmax_robust_masking": True}),
    "lowered softmax": lambda: softmax(tf_keras),
    "robust softmax": lambda: softmax(tf_keras, robust_masking=True),
}


def inputs_of(model: Any, seed: int) -> list[Any]:
    random = np.random.default_rng(seed)
    shapes = [(3, *tensor.shape[1:]) for tensor in model.inputs]
    mask = random.integers(0, 2, shapes[2]).astype(bool)
    mask[:, 1] = False
    return [*(random.standard_normal(s).astype("float32") for s in shapes[:2]), mask]


@needs.with_engine
@pytest.mark.parametrize("name", MODELS)
def test_rows_without_anything_to_attend_to_are_those_of_keras(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    random = np.random.default_rng(3)
    model.set_weights([random.standard_normal(w.shape) for w in model.get_weights()])
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    inputs = inputs_of(model, 4)
    tensors = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors[:2])
        outputs = model(tensors, training=False)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        total = sum(tf.reduce_sum(y * tf.cos(y)) for y in outputs)
    truth = tape.gradient(total, tensors[:2])
    upstream = [np.asarray(tf.cos(y) - y * tf.sin(y)) for y in outputs]
    with fkb.load(tmp_path / "model.fkb") as net:
        y, dx, _ = net.gradient(inputs, upstream)
    y = y if isinstance(y, list) else [y]
    for got, wanted in zip(y, outputs, strict=True):
        np.testing.assert_allclose(got, np.asarray(wanted), rtol=0, atol=2e-5)
    for got, wanted in zip(dx[:2], truth, strict=True):
        scale = float(np.max(np.abs(wanted)))
        np.testing.assert_allclose(got, np.asarray(wanted), rtol=0, atol=2e-5 * max(scale, 1.0))


def refused(model: Any, folder: Path, *words: str) -> None:
    model.save(folder / "model.keras")
    with pytest.raises(UnsupportedError) as caught:
        read_keras(folder / "model.keras")
    for word in words:
        assert word in str(caught.value)


def test_a_query_mask_that_keras_ignores_is_refused(tmp_path: Path) -> None:
    x, mask = keras.Input((ROWS, FEATURES)), keras.Input((ROWS,), dtype="bool")
    y = keras.layers.MultiHeadAttention(2, 3, name="heads")(x, x, query_mask=mask)
    refused(keras.Model([x, mask], y), tmp_path, "heads", "query_mask", "leave it out")


def test_an_activity_regularizer_of_projections_is_refused(tmp_path: Path) -> None:
    x = keras.Input((ROWS, FEATURES))
    layer = keras.layers.MultiHeadAttention(2, 3, activity_regularizer="l2", name="heads")
    refused(keras.Model(x, layer(x, x)), tmp_path, "heads", "activity_regularizer", "projection")


def test_a_mask_that_keras_2_has_no_argument_for_is_refused(tmp_path: Path) -> None:
    x, mask = keras.Input((ROWS, FEATURES)), keras.Input((ROWS,), dtype="bool")
    y = keras.layers.MultiHeadAttention(2, 3, name="heads")(x, x, value_mask=mask)
    keras.Model([x, mask], y).save(tmp_path / "model.keras")
    graph = read_keras(tmp_path / "model.keras")
    with pytest.raises(UnsupportedError, match="value_mask"):
        write_h5(graph, tmp_path / "model.h5", dialect="keras2")
