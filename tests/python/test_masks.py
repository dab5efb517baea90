"""The masks that Keras derives: the rules, what is refused, and what a model file says of them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb import mask_rules, text
from fkb.errors import UnsupportedError
from fkb.graph import Layer
from fkb.keras_zip import read_keras, write_keras
from fkb.layers import BUILTIN
from fkb.random_inputs import random_inputs
from fkb.registry import LayerSpec

pytestmark = pytest.mark.keras

_STOP = mask_rules.rule_of(Layer("r", "Reshape"))
_KEEP = mask_rules.rule_of(Layer("d", "Dense"))


def _class(keras: Any, name: str) -> Any:
    return getattr(keras.layers, name, None)


def _keeps(layer_class: Any, major: int) -> bool | None:
    """Return whether a class says that it keeps masks, None where it has a rule of its own."""
    own = next(base for base in layer_class.__mro__ if "compute_mask" in vars(base))
    base = {"Layer"} if major == 3 else {"Layer", "LayerFunctionalSubclass"}
    if own.__name__ not in base:
        return None
    sources = [
        inspect.getsource(base.__init__)
        for base in layer_class.__mro__
        if "__init__" in vars(base) and base.__name__ != "Layer" and base is not object
    ]
    return any("supports_masking = True" in source for source in sources)


@pytest.mark.parametrize("major", [2, 3])
def test_every_class_keeps_or_stops_masks_as_keras_says(
    major: int, keras2: Any, keras3: Any
) -> None:
    keras = keras3 if major == 3 else keras2
    compared = 0
    for name in BUILTIN:
        layer_class = _class(keras, name)
        rule = mask_rules.rule_of(Layer("x", name))
        assert rule is not None
        if layer_class is None or name in ("InputLayer", "Functional", "Sequential"):
            continue
        takes = {p for p in inspect.signature(layer_class.call).parameters if p.endswith("mask")}
        if takes - {"use_causal_mask"} or _keeps(layer_class, major) is None:
            assert rule not in (_STOP, _KEEP) or name in ("Dot", "Lambda"), name
            continue
        if name in ("Identity", "Normalization", "Rescaling"):
            assert _keeps(layer_class, major) == (major == 3)
            continue
        if name in ("ReversibleEmbedding", "Embedding"):
            continue
        if name == "GroupNormalization":
            assert _keeps(layer_class, major)
            continue
        assert (rule is _KEEP) == _keeps(layer_class, major), name
        compared += 1
    assert compared > 40


def _convert(keras: Any, model: Any, folder: Path) -> Any:
    model.save(folder / "m.keras")
    return read_keras(folder / "m.keras")


def test_a_mask_that_reaches_an_unknown_class_is_refused(
    keras2: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fkb.registry, "_custom_layers", {})

    class Twice(keras2.layers.Layer):  # type: ignore[misc, name-defined]
        """Doubles."""

        def call(self, inputs: Any) -> Any:
            return 2 * inputs

    inputs = keras2.Input((5,), dtype="int32", name="i")
    hidden = Twice(name="own")(keras2.layers.Embedding(4, 2, mask_zero=True, name="e")(inputs))
    model = keras2.Model(inputs, keras2.layers.LSTM(2, name="l")(hidden))
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match=r'"own", mask: reaches a .*masks="keep"'):
        read_keras(tmp_path / "m.keras", allow_custom=True)
    name = next(e for e in ("Custom>Twice", "Twice") if True)
    for masks, count in (("keep", 1), ("stop", 0)):
        for key in (name, "Twice"):
            fkb.register(key, LayerSpec(key, masks=masks))
        graph = read_keras(tmp_path / "m.keras", allow_custom=True)
        taken = [node.kwargs for _, layer in graph.model.walk() for node in layer.nodes]
        assert sum("mask" in kwargs for kwargs in taken) == count


def test_derived_masks_are_marked_and_not_exported(keras3: Any, tmp_path: Path) -> None:
    inputs = keras3.Input((5,), dtype="int32", name="i")
    table = keras3.layers.Embedding(4, 2, mask_zero=True, name="e")(inputs)
    model = keras3.Model(inputs, keras3.layers.LSTM(2, name="l")(table), name="m")
    graph = _convert(keras3, model, tmp_path)
    written = text.dumps(graph).decode()
    assert '  layer "e_mask" ops.NotEqual\n    @implicit = true\n' in written
    assert 'node [["e",0,0]] {"mask":["e_mask",0,0]}' in written
    write_keras(graph, tmp_path / "back.keras")
    again = keras3.models.load_model(tmp_path / "back.keras", compile=False)
    assert [layer.name for layer in again.layers if "mask" in layer.name] == []
    batch = np.array([[1, 2, 0, 0, 3], [0, 0, 0, 1, 2]])
    np.testing.assert_array_equal(again.predict(batch), model.predict(batch))


def test_a_mask_of_the_users_own_stays(keras3: Any, tmp_path: Path) -> None:
    inputs, mask = keras3.Input((5, 2), name="i"), keras3.Input((5,), dtype="bool", name="k")
    hidden = keras3.layers.LSTM(2, name="l")(inputs, mask=mask)
    graph = _convert(keras3, keras3.Model([inputs, mask], hidden, name="m"), tmp_path)
    (node,) = next(layer for layer in graph.model.children if layer.name == "l").nodes
    assert node.kwargs == {"mask": ("k", 0, 0)}


@needs.with_engine
def test_a_network_whose_output_has_a_mask_predicts_and_trains(keras3: Any, tmp_path: Path) -> None:
    inputs = keras3.Input((5,), dtype="int32", name="i")
    table = keras3.layers.Embedding(4, 2, mask_zero=True, name="e")(inputs)
    model = keras3.Model(inputs, keras3.layers.Dense(2, name="d")(table), name="m")
    model.compile("sgd", "mean_squared_error")
    model.save(tmp_path / "m.keras")
    graph = fkb.convert(tmp_path / "m.keras", tmp_path / "m.fkb")
    assert graph.model.meta["output_masks"] == [("e_mask", 0, 0)]
    with fkb.load(tmp_path / "m.fkb") as net:
        batch = np.array([[1, 2, 0, 0, 3]])
        np.testing.assert_allclose(net.predict(batch), model.predict(batch), atol=1e-6)
        target = np.arange(10.0).reshape(1, 5, 2)
        loss = fkb.Trainer(net).step(batch, target)
        np.testing.assert_allclose(loss, model.train_on_batch(batch, target), rtol=1e-5)


def test_random_inputs_of_a_wrapped_table_are_indices(keras3: Any, tmp_path: Path) -> None:
    words = keras3.Input((3, 4), name="w")
    table = keras3.layers.TimeDistributed(keras3.layers.Embedding(5, 2, name="e"), name="td")
    graph = _convert(keras3, keras3.Model(words, table(words), name="m"), tmp_path)
    (values,) = random_inputs(graph, 20, seed=1)
    assert set(np.unique(values)) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("major", [2, 3])
def test_a_mask_of_places_is_refused_for_a_recurrent_convolution(
    major: int, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    keras = keras3 if major == 3 else keras2
    images = keras.Input((3, 4, 5, 2), name="images")
    masked = keras.layers.Masking(name="masking")(images)
    rows = keras.layers.ConvLSTM2D(2, 3, padding="same", name="rows")(masked)
    with pytest.raises(UnsupportedError, match='"rows", mask: has a value per place and step'):
        _convert(keras, keras.Model(images, rows, name="m"), tmp_path)


@pytest.mark.parametrize("major", [2, 3])
def test_a_mask_goes_on_behind_attention(
    major: int, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    keras = keras3 if major == 3 else keras2
    words = keras.Input((5,), dtype="int32", name="words")
    table = keras.layers.Embedding(7, 3, mask_zero=True, name="table")(words)
    attended = keras.layers.Attention(name="attention")([table, table])
    last = keras.layers.LSTM(2, name="last")(attended)
    graph = _convert(keras, keras.Model(words, last, name="m"), tmp_path)
    layers = {layer.name: layer for layer in graph.model.children}
    assert layers["last"].nodes[0].kwargs["mask"].layer == "table_mask"
    assert set(layers) == {"words", "table", "table_mask", "attention", "last"}


@pytest.mark.parametrize("name", ["Multiply", "Maximum", "Minimum"])
def test_a_mask_of_a_merge_whose_rank_is_less_is_refused(
    name: str, keras3: Any, tmp_path: Path
) -> None:
    steps = keras3.Input((3, 4), name="steps")
    row = keras3.layers.Input((4,), name="row")
    masked = keras3.layers.Masking(name="masking")(row)
    merged = getattr(keras3.layers, name)(name="merged")([masked, steps])
    with pytest.raises(UnsupportedError, match='"merged", mask: is one for an input of 2 axes'):
        _convert(keras3, keras3.Model([steps, row], merged, name="m"), tmp_path)


def test_dropout_of_channels_needs_a_place_in_each_time_step(keras3: Any, tmp_path: Path) -> None:
    """Keras 3 makes the model and predicts with it, and fails when it trains it."""
    steps = keras3.Input((4, 6), name="steps")
    dropped = keras3.layers.TimeDistributed(keras3.layers.SpatialDropout1D(0.3, name="o"))
    model = keras3.Model(steps, dropped(steps), name="m")
    with pytest.raises(UnsupportedError, match=r'/o": .*the input must have rank 3'):
        _convert(keras3, model, tmp_path)


def test_a_mask_of_constants_alone_is_refused_with_a_sentence(keras3: Any, tmp_path: Path) -> None:
    steps = keras3.Input((4, 3), name="steps")
    model = keras3.Model(steps, keras3.layers.Masking(name="masking")(steps), name="m")
    graph = _convert(keras3, model, tmp_path)
    written = text.dumps(graph).decode()
    edited = written.replace('node [["steps",0,0],0.0] {}', "node [[],0.0] {}")
    assert edited != written
    lines = edited.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("checksum"))
    lines[at] = "checksum none"
    read = text.loads("\n".join([*lines, ""]).encode())
    with pytest.raises(UnsupportedError, match="constants alone"):
        write_keras(read, tmp_path / "back.keras")


def test_two_attentions_to_one_tensor_are_refused_where_their_order_counts(
    keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    def model(keras: Any) -> Any:
        words = keras.Input((5,), dtype="int32", name="words")
        table = keras.layers.Embedding(7, 4, mask_zero=True, name="table")(words)
        same = keras.layers.Dropout(0.1, name="same")(table)
        one = keras.layers.MultiHeadAttention(2, 3, name="one")(table, table)
        two = keras.layers.MultiHeadAttention(2, 3, name="two")(same, same)
        return keras.Model(words, [one, two], name="m")

    with pytest.raises(UnsupportedError, match='"two", query_mask: is that of a tensor which'):
        _convert(keras3, model(keras3), tmp_path)
    _convert(keras2, model(keras2), tmp_path)


@needs.with_engine
@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize("attends", [False, True])
def test_losses_see_masks_that_nested_models_hand_on(
    major: int, attends: bool, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    keras = keras3 if major == 3 else keras2
    steps = keras.Input((5, 2), name="steps")
    hidden = steps
    if attends:
        heads = keras.layers.MultiHeadAttention(2, 3, name="heads")(steps, steps)
        hidden = keras.layers.Add(name="add")([steps, heads])
    dense = keras.layers.Dense(2, name="d")(hidden)
    inner = keras.Model(steps, [dense, steps], name="inner")
    begins = keras.Sequential(
        [
            keras.Input((5, 2)),
            keras.layers.ReLU(0.5, name="clip"),
            keras.layers.Masking(name="masking"),
            keras.layers.Dense(2, name="wide"),
        ],
        name="begins",
    )
    words = keras.Input((5,), dtype="int32", name="words")
    rows = keras.Input((5, 2), name="rows")
    table = keras.layers.Embedding(4, 2, mask_zero=True, name="e")(words)
    outputs = [*inner(table), begins(rows)]
    model = keras.Model([words, rows], outputs, name="m")
    model.compile(keras.optimizers.SGD(0.1), ["mean_squared_error"] * 3)
    model.save(tmp_path / "m.keras")
    fkb.convert(tmp_path / "m.keras", tmp_path / "m.fkb")
    random = np.random.default_rng(3)
    inputs = [np.array([[1, 2, 0, 0, 3], [3, 0, 0, 0, 0]]), random.standard_normal((2, 5, 2))]
    targets = [random.standard_normal((2, 5, 2)) for _ in outputs]
    with fkb.load(tmp_path / "m.fkb") as net:
        trainer = fkb.Trainer(net)
        for _ in range(3):
            ours = trainer.step(inputs, targets)
            theirs = np.ravel(model.train_on_batch(inputs, targets))[0]
            np.testing.assert_allclose(ours, theirs, rtol=2e-5)
        got, wanted = net.predict(inputs), model.predict(inputs, verbose=0)
    for one, two in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("major", [2, 3])
def test_masks_of_nested_models_are_ports_that_are_not_exported(
    major: int, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    keras = keras3 if major == 3 else keras2
    features = keras.Input((5, 2), name="f")
    inner = keras.Model(features, keras.layers.LSTM(2, name="l")(features), name="inner")
    words = keras.Input((5,), dtype="int32", name="w")
    table = keras.layers.Embedding(4, 2, mask_zero=True, name="e")(words)
    graph = _convert(keras, keras.Model(words, inner(table), name="m"), tmp_path)
    written = text.dumps(graph).decode()
    assert 'node [["e",0,0],[["e_mask",0,0]]] {}' in written
    assert 'inputs [["f",0,0],[["f_mask",0,0]]]' in written
    assert 'node [["f",0,0]] {"mask":["f_mask",0,0]}' in written
    write_keras(graph, tmp_path / "back.keras", dialect=f"keras{major}")
    again = keras.models.load_model(tmp_path / "back.keras", compile=False)
    assert [layer.name for layer in again.get_layer("inner").layers] == ["f", "l"]
