"""Shapes that are computed from shapes of tensors, or fixed with the batch, against Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import UnsupportedError
from fkb.keras_zip import read_keras, write_keras

pytestmark = [pytest.mark.keras, needs.with_engine]
Build = Callable[..., Any]


def _model(keras: Any, call: Build, shapes: list[tuple[int | None, ...]], batch: int | None) -> Any:
    inputs = [keras.Input(shape, batch_size=batch, name=f"in{i}") for i, shape in enumerate(shapes)]
    rows = [keras.layers.Dense(int(x.shape[-1]), name=f"d{i}")(x) for i, x in enumerate(inputs)]
    return keras.Model(inputs, call(*rows), name="m")


def _compare(model: Any, folder: Path, keras: Any, dialect: str) -> Any:
    """Compare outputs and gradients, and the model that goes back; return the graph."""
    import tensorflow as tf

    model.save(folder / "m.keras")
    graph = fkb.convert(folder / "m.keras", folder / "m.fkb")
    random = np.random.default_rng(1)
    sizes = [(4, *(5 if n is None else n for n in x.shape[1:])) for x in model.inputs]
    inputs = [random.standard_normal(size).astype("float32") for size in sizes]
    tensors = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = model(tensors if len(tensors) > 1 else tensors[0])
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        upstream = [random.standard_normal(y.shape).astype("float32") for y in outputs]
        total = sum(tf.reduce_sum(y * d) for y, d in zip(outputs, upstream, strict=True))
    slopes = tape.gradient(total, tensors)
    with fkb.load(folder / "m.fkb") as net:
        got, gx, _ = net.gradient(inputs, upstream)
        wanted = [np.asarray(y) for y in outputs]
        for one, two in zip(got if isinstance(got, list) else [got], wanted, strict=True):
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)
        for one, two in zip(gx if isinstance(gx, list) else [gx], slopes, strict=True):
            np.testing.assert_allclose(one, two.numpy(), rtol=0, atol=1e-5)
    for suffix in (".keras", ".h5"):
        back = folder / f"back{suffix}"
        fkb.export(folder / "m.fkb", back, dialect=dialect)
        other = keras.models.load_model(back, compile=False)
        again = other(tensors if len(tensors) > 1 else tensors[0])
        again = again if isinstance(again, (list, tuple)) else [again]
        for one, two in zip(again, wanted, strict=True):
            np.testing.assert_array_equal(np.asarray(one), two)
    return graph


COMPUTED: dict[str, tuple[Build, list[tuple[int | None, ...]]]] = {
    "reshape by list": (lambda tf, x: tf.reshape(x, [tf.shape(x)[0], 6, 2]), [(3, 4)]),
    "reshape with the rest": (lambda tf, x: tf.reshape(x, (tf.shape(x)[0], -1)), [(3, 4)]),
    "reshape by concat": (
        lambda tf, x: tf.reshape(x, tf.concat([tf.shape(x)[:1], [2, 6]], 0)),
        [(3, 4)],
    ),
    "reshape by stack": (
        lambda tf, x: tf.reshape(x, tf.stack([tf.shape(x)[0], 6, tf.shape(x)[1] * 2], 0)),
        [(1, 12)],
    ),
    "reshape by a product": (
        lambda tf, x: tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1] * tf.shape(x)[2]]),
        [(3, 4)],
    ),
    "reshape like another": (lambda tf, x, y: tf.reshape(x, tf.shape(y)) * y, [(3, 4), (2, 6)]),
    "one after the other": (
        lambda tf, x: _again(tf, tf.reshape(x, [tf.shape(x)[0], 6, 2])),
        [(3, 4)],
    ),
    "broadcast": (lambda tf, x: tf.broadcast_to(x, [tf.shape(x)[0], 4, 3]), [(1, 3)]),
    "broadcast like another": (
        lambda tf, x, y: tf.broadcast_to(x, tf.shape(y)) + y,
        [(1, 3), (4, 3)],
    ),
    "tile": (lambda tf, x: tf.tile(x, [1, tf.shape(x)[2], 1]), [(1, 3)]),
}


def _again(tf: Any, x: Any) -> Any:
    return tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[2], tf.shape(x)[1]])


@pytest.mark.parametrize("name", COMPUTED)
def test_computed_shapes_of_keras_2_become_numbers(name: str, keras2: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    call, shapes = COMPUTED[name]
    model = _model(keras2, lambda *x: call(tf, *x), shapes, None)
    graph = _compare(model, tmp_path, keras2, "keras2")
    left = {layer.class_name for _, layer in graph.model.walk()}
    assert left <= {"InputLayer", "Dense", "ops.Reshape", "ops.BroadcastTo", "ops.Tile"} | {
        "ops.Multiply",
        "ops.Add",
    }


def test_an_open_size_stays_open(keras2: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    def call(x: Any) -> Any:
        return tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], 2, 3])

    model = _model(keras2, call, [(None, 6)], None)
    model.save(tmp_path / "m.keras")
    fkb.convert(tmp_path / "m.keras", tmp_path / "m.fkb")
    batch = np.random.default_rng(1).standard_normal((4, 5, 6)).astype("float32")
    with fkb.load(tmp_path / "m.fkb") as net:
        np.testing.assert_allclose(net.predict(batch), model.predict(batch, verbose=0), atol=1e-6)
    with pytest.raises(UnsupportedError, match=r"two open sizes"):
        fkb.export(tmp_path / "m.fkb", tmp_path / "back.keras", dialect="keras2")


def test_sizes_used_as_values_are_refused(keras2: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    model = _model(keras2, lambda x: x * tf.cast(tf.shape(x)[1], "float32"), [(3, 4)], None)
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match=r"compat\.v1\.shape.* FKB does not support"):
        read_keras(tmp_path / "m.keras")


def test_a_batch_among_other_sizes_is_refused(keras2: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    model = _model(keras2, lambda x: tf.reshape(x, [3, tf.shape(x)[0], 4]), [(3, 4)], None)
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match=r"newshape: is computed from sizes"):
        read_keras(tmp_path / "m.keras")


def test_shapes_with_a_fixed_batch_are_those_of_keras_3(keras3: Any, tmp_path: Path) -> None:
    def call(x: Any) -> Any:
        ops = keras3.ops
        wide = ops.broadcast_to(x, (4, 3, 2, 6))
        return [wide, ops.reshape(wide, (4, 6, 6)), ops.reshape(x, (4, -1))]

    graph = _compare(_model(keras3, call, [(3, 1, 6)], 4), tmp_path, keras3, "keras3")
    options = [layer.config for _, layer in graph.model.walk()]
    assert [c["newshape"] for c in options if "newshape" in c] == [[-1, 6, 6], [-1, 18]]


def test_a_broadcast_of_an_open_batch_becomes_tiles(
    keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    import tensorflow as tf

    model = _model(keras2, lambda x: tf.broadcast_to(x, [tf.shape(x)[0], 4, 3]), [(1, 3)], None)
    model.save(tmp_path / "m.keras")
    graph = read_keras(tmp_path / "m.keras")
    write_keras(graph, tmp_path / "over.keras", dialect="keras3")
    other = keras3.models.load_model(tmp_path / "over.keras", compile=False)
    batch = np.random.default_rng(1).standard_normal((5, 1, 3)).astype("float32")
    np.testing.assert_allclose(other(batch), model(batch), rtol=0, atol=1e-6)
    (tile,) = (layer for _, layer in graph.model.walk() if layer.class_name == "ops.Tile")
    tile.class_name, tile.config = "ops.BroadcastTo", {"shape": [-1, 4, 3]}
    with pytest.raises(UnsupportedError, match=r"where the batch is open"):
        write_keras(graph, tmp_path / "over.keras", dialect="keras3")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda ops, x: ops.outer(x, x), r"Outer"),
        (lambda ops, x: ops.kron(x, x), r"must be a tensor and a constant"),
        (lambda ops, x: ops.cross(x, x, axis=0), r"along the batch"),
        (lambda ops, x: ops.broadcast_to(x, (2, 3, 3)), r"begin with the batch"),
    ],
)
def test_what_mixes_samples_is_refused(
    call: Build, words: str, keras3: Any, tmp_path: Path
) -> None:
    inputs = keras3.Input((3,), batch_size=3, name="in")
    keras3.Model(inputs, call(keras3.ops, inputs), name="m").save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match=words):
        read_keras(tmp_path / "m.keras")
