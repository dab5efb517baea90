"""All kinds of files that Keras writes, and classes of the user's own."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from fkb import registry, text
from fkb.errors import UnsupportedError
from fkb.hdf5 import read_h5, write_h5
from fkb.keras_zip import read_keras, write_keras
from fkb.registry import LayerSpec, Option, WeightRule

pytestmark = pytest.mark.keras

NAMES = ("deep sequential model", "nested model, partly frozen", "one layer shared by three calls")
CHOSEN = [case for case in zoo.CASES if case.name in NAMES]


def by_name(case: zoo.Case) -> str:
    return case.name


@pytest.mark.parametrize("case", CHOSEN, ids=by_name)
def test_weights_and_json_make_the_model(
    case: zoo.Case, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    for keras, names in ((keras3, ["a.weights.h5"]), (keras2, ["b.h5", "b.weights.h5"])):
        model = zoo.fill(case.build(keras), 1)
        model.save(tmp_path / "m.keras")
        whole = text.dumps(read_keras(tmp_path / "m.keras"))
        (tmp_path / "m.json").write_text(model.to_json())
        for name in names:
            model.save_weights(tmp_path / name)
            graph = read_h5(tmp_path / name, tmp_path / "m.json")
            graph.keras_version = read_keras(tmp_path / "m.keras").keras_version
            assert text.dumps(graph) == whole


@pytest.mark.parametrize("case", CHOSEN, ids=by_name)
def test_unpacked_archives_are_read(case: zoo.Case, keras3: Any, tmp_path: Path) -> None:
    model = zoo.fill(case.build(keras3), 1)
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as file:
        file.extractall(tmp_path / "folder")
    assert text.dumps(read_keras(tmp_path / "folder")) == text.dumps(
        read_keras(tmp_path / "m.keras")
    )


def test_dtypes_that_are_not_supported_are_reported(
    keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    for keras in (keras2, keras3):
        layers = [keras.Input((3,)), keras.layers.Dense(2, name="d", dtype="mixed_float16")]
        keras.Sequential(layers).save(tmp_path / "m.keras")
        with pytest.raises(UnsupportedError, match=r'"d", dtype: is "mixed_float16"'):
            read_keras(tmp_path / "m.keras")
    for dtype in ("float16", "bfloat16"):
        layers = [keras3.Input((3,)), keras3.layers.Dense(2, name="d", dtype=dtype)]
        keras3.Sequential(layers).save(tmp_path / "m.keras")
        with pytest.raises(UnsupportedError, match=f'is "{dtype}"'):
            read_keras(tmp_path / "m.keras")
    model = keras3.Sequential([keras3.Input((3,)), keras3.layers.Dense(2, name="d")])
    model.quantize("int8")
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match=r'layer "d", dtype'):
        read_keras(tmp_path / "m.keras")


def test_unknown_operations_are_reported(keras3: Any, tmp_path: Path) -> None:
    inputs = keras3.Input((4,), dtype="int32", name="in")
    table = keras3.layers.Embedding(5, 3, mask_zero=True, name="table")(inputs)
    normed = keras3.layers.BatchNormalization(name="bn")(table)
    rare = keras3.ops.i0(normed)
    model = keras3.Model(inputs, keras3.ops.quantile(rare, 0.5, axis=1))
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError) as caught:
        read_keras(tmp_path / "m.keras")
    told = [str(problem) for problem in caught.value.problems]
    assert sum("is an operation" in line for line in told) == 2


def test_layers_that_models_share_are_reported(keras2: Any, keras3: Any, tmp_path: Path) -> None:
    for keras in (keras3, keras2):
        dense, inputs = keras.layers.Dense(4, name="d"), keras.Input((4,), name="i")
        inner = keras.Model(inputs, dense(inputs), name="inner")
        outer = keras.Input((4,), name="x")
        model = keras.Model(outer, inner(dense(outer)), name="outer")
        model.save(tmp_path / "m.keras")
        with pytest.raises(UnsupportedError, match='"inner/d": is the same layer as "d"'):
            read_keras(tmp_path / "m.keras")
        if keras is keras3:
            model.save(tmp_path / "m.h5")
            with pytest.raises(UnsupportedError, match='"inner/d": is the same layer as "d"'):
                read_h5(tmp_path / "m.h5")


@pytest.fixture
def scale(keras3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A layer class and an activation of the user's own, registered with Keras."""
    monkeypatch.setattr(registry, "_custom_layers", {})
    monkeypatch.setattr(registry, "_custom_activations", set())

    class Scale(keras3.layers.Layer):  # type: ignore[misc, name-defined]
        """Multiplies by a trained factor per feature, and by `gain`."""

        def __init__(self, gain: float = 1.0, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.gain = gain

        def build(self, shape: Any) -> None:
            self.factor = self.add_weight(shape=(shape[-1],), name="factor")

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor * self.gain

        def get_config(self) -> dict[str, Any]:
            return super().get_config() | {"gain": self.gain}

    def act(x: Any) -> Any:
        return x * 2

    registered = keras3.saving.register_keras_serializable("my_pkg")
    yield registered(Scale), registered(act)
    keras3.saving.get_custom_objects().clear()


def test_classes_of_ones_own_survive(scale: Any, keras3: Any, tmp_path: Path) -> None:
    layer_class, act = scale
    model = keras3.Sequential(
        [
            keras3.Input((3,), name="in"),
            keras3.layers.Dense(2, activation=act, name="d"),
            layer_class(gain=2.5, name="s"),
        ],
        name="m",
    )
    zoo.fill(model, 2)
    inputs = zoo.inputs_of(model, 3)
    for suffix, read, write in ((".keras", read_keras, write_keras), (".h5", read_h5, write_h5)):
        path = tmp_path / f"m{suffix}"
        model.save(path)
        with pytest.raises(UnsupportedError) as caught:
            read(path)
        assert [(p.layer, p.option) for p in caught.value.problems] == [
            ("d", "activation"),
            ("s", "class"),
        ]
        graph = text.loads(text.dumps(read(path, allow_custom=True)))
        layer = graph.model.children[2]
        assert (layer.class_name, layer.config["gain"]) == ("my_pkg>Scale", 2.5)
        back = tmp_path / f"back{suffix}"
        write(graph, back)
        other = keras3.models.load_model(back, compile=False)
        np.testing.assert_array_equal(
            zoo.outputs_of(model, inputs)[0], zoo.outputs_of(other, inputs)[0]
        )
        assert text.dumps(read(back, allow_custom=True)) == text.dumps(graph)


def test_registered_classes_cross_between_the_containers(
    scale: Any, keras3: Any, tmp_path: Path
) -> None:
    layer_class, act = scale
    rules = (WeightRule("factor", lambda config, shapes: (shapes[0][-1],)),)
    registry.register("my_pkg>Scale", LayerSpec("my_pkg>Scale", (Option("gain", 1.0),), rules))
    registry.register_activation("my_pkg>act")
    inputs = keras3.Input((3,), name="in")
    hidden = keras3.layers.Dense(4, activation=act, name="d")(inputs)
    inner = keras3.Sequential([keras3.Input((4,), name="i"), layer_class(2.5, name="s")], name="q")
    model = zoo.fill(keras3.Model(inputs, inner(hidden), name="m"), 2)
    model.save(tmp_path / "m.keras")
    model.save(tmp_path / "m.h5")
    graph = read_keras(tmp_path / "m.keras")
    assert graph.model.children[2].children[1].weights[0].name == "factor"
    graph.model.children[2].children[1].meta = {}
    assert text.dumps(read_h5(tmp_path / "m.h5")) == text.dumps(graph)
    batch = zoo.inputs_of(model, 3)
    for name, write in (("x.keras", write_keras), ("x.h5", write_h5)):
        write(graph, tmp_path / name)
        other = keras3.models.load_model(tmp_path / name, compile=False)
        np.testing.assert_array_equal(
            zoo.outputs_of(model, batch)[0], zoo.outputs_of(other, batch)[0]
        )


def test_names_with_slashes_stay_in_keras_2(keras2: Any, tmp_path: Path) -> None:
    model = keras2.Sequential(
        [keras2.Input((3,), name="in"), keras2.layers.Dense(2, name="a/b")], name="m"
    )
    zoo.fill(model, 2)
    model.save(tmp_path / "m.h5")
    graph = read_h5(tmp_path / "m.h5")
    assert graph.model.children[1].name == "a/b"
    with pytest.raises(UnsupportedError, match="slash"):
        write_h5(graph, tmp_path / "x.h5")
    write_h5(graph, tmp_path / "x.h5", dialect="keras2")
    other = keras2.models.load_model(tmp_path / "x.h5", compile=False)
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])
