"""Recurrent layers beyond the zoo: weights of CuDNN layers, forms of calls, dropout, states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fkb
import h5py
import needs
import numpy as np
import pytest
import zoo
from fkb.errors import FkbError

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

GATES = {"LSTM": 4, "GRU": 3}


def one_layer(k: Any, layer: Any, shape: tuple[int | None, ...]) -> Any:
    return k.Sequential([k.Input(shape), layer], name="model")


def as_cudnn(path: Path, class_name: str, arrays: list[Any]) -> None:
    """Make the only layer of a file one of the class CuDNN..., with these weights."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        entry = config["config"]["layers"][1]
        entry["class_name"] = f"CuDNN{class_name}"
        for key in (
            *("activation", "recurrent_activation", "use_bias", "dropout", "recurrent_dropout"),
            *("implementation", "reset_after", "unroll", "zero_output_for_mask"),
        ):
            entry["config"].pop(key, None)
        file.attrs["model_config"] = json.dumps(config)
        group = file["model_weights/rnn"]
        for name, array in zip(group.attrs["weight_names"], arrays, strict=True):
            del group[name]
            group[name] = array


@pytest.mark.parametrize("class_name", ["LSTM", "GRU"])
def test_cudnn_layers_are_read_as_keras_reads_their_weights(
    class_name: str, tmp_path: Path
) -> None:
    from tf_keras.src.saving.legacy import hdf5_format

    layer = getattr(tf_keras.layers, class_name)(3, return_sequences=True, name="rnn")
    model = one_layer(tf_keras, layer, (5, 2))
    random = np.random.default_rng(3)
    size = 3 * GATES[class_name]
    arrays = [
        random.standard_normal(shape).astype("float32")
        for shape in ((2, size), (3, size), (2 * size,))
    ]
    model.save(tmp_path / "model.h5")
    as_cudnn(tmp_path / "model.h5", class_name, arrays)
    model.set_weights(hdf5_format._convert_rnn_weights(layer, arrays))
    x = random.standard_normal((4, 5, 2)).astype("float32")
    fkb.convert(tmp_path / "model.h5", tmp_path / "model.fkb")
    with fkb.load(tmp_path / "model.fkb") as net:
        np.testing.assert_allclose(net.predict(x), np.asarray(model(x)), rtol=0, atol=2e-6)
    fkb.export(tmp_path / "model.fkb", tmp_path / "back.h5", dialect="keras2")
    again = tf_keras.models.load_model(tmp_path / "back.h5")
    np.testing.assert_array_equal(np.asarray(again(x)), np.asarray(model(x)))


def test_the_reset_gate_comes_first_where_old_files_do_not_name_it(tmp_path: Path) -> None:
    layer = tf_keras.layers.GRU(3, reset_after=False, name="rnn")
    model = zoo.fill(one_layer(tf_keras, layer, (5, 2)), 2)
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        del config["config"]["layers"][1]["config"]["reset_after"]
        file.attrs["model_config"] = json.dumps(config)
    fkb.convert(tmp_path / "model.h5", tmp_path / "model.fkb")
    x = np.random.default_rng(1).standard_normal((4, 5, 2)).astype("float32")
    with fkb.load(tmp_path / "model.fkb") as net:
        np.testing.assert_allclose(net.predict(x), np.asarray(model(x)), rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("class_name", "option", "value"),
    [("LSTM", "time_major", True), ("GRU", "activation", "glu"), ("LSTM", "units", 0)],
)
def test_options_that_cannot_be_followed_are_refused_by_name(
    class_name: str, option: str, value: Any, tmp_path: Path
) -> None:
    layer = getattr(tf_keras.layers, class_name)(3, name="rnn")
    one_layer(tf_keras, layer, (5, 2)).save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"][option] = value
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(FkbError, match=f'"rnn".*{option}'):
        fkb.convert(tmp_path / "model.h5", tmp_path / "model.fkb")


def loaded(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return fkb.load(folder / "model.fkb")


def trained_output(net: Any, x: Any, **mode: Any) -> Any:
    y = net.predict(x)
    return net.gradient(x, np.zeros_like(y), training=True, **mode)[0]


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize("class_name", ["SimpleRNN", "LSTM"])
def test_dropout_of_the_input_has_keras_masks(class_name: str, major: int, tmp_path: Path) -> None:
    """Unit matrices as kernels and ones as input show the mask, as no step knows the one before.

    Keras has one mask for all steps; the LSTM of Keras 2 that could run on cuDNN has one per step.
    """
    k = keras if major == 3 else tf_keras
    n, steps = 40, 3
    layer = getattr(k.layers, class_name)(n, dropout=0.25, return_sequences=True, name="rnn")
    model = one_layer(k, layer, (steps, n))
    kernel, recurrent, bias = (np.zeros_like(w) for w in model.get_weights())
    for gate in range(kernel.shape[1] // n):
        kernel[:, gate * n : (gate + 1) * n] = np.eye(n)
    bias[n : 2 * n] = -100  # forget
    model.set_weights([kernel, recurrent, bias])
    ones = np.ones((50, steps, n), "float32")
    with loaded(model, tmp_path) as net:
        y = trained_output(net, ones)
        np.testing.assert_array_equal(trained_output(net, ones), y)
        assert not np.array_equal(trained_output(net, ones, step=1), y)
    dropped = y < 1e-6
    assert abs(dropped.mean() - 0.25) < 0.03
    same = bool((dropped[:, 0] == dropped[:, 1]).all())
    assert same == (major == 3 or class_name == "SimpleRNN")
    factor = 1 / 0.75
    gate_value = 1 / (1 + np.exp(-factor))
    kept = np.tanh(factor)
    if class_name == "LSTM":
        kept = gate_value * np.tanh(gate_value * kept)
    np.testing.assert_allclose(y[~dropped], kept, rtol=1e-5)


@pytest.mark.parametrize("major", [2, 3])
def test_recurrent_dropout_has_a_mask_per_gate_for_all_steps(major: int, tmp_path: Path) -> None:
    """With linear gates h is o i g: it is not 0 where three masks keep the input."""
    k = keras if major == 3 else tf_keras
    n = 50
    layer = k.layers.LSTM(
        n, None, recurrent_activation=None, dropout=0.25, recurrent_dropout=0.5, name="rnn"
    )
    model = one_layer(k, layer, (1, n))
    zeros = [np.zeros_like(w) for w in model.get_weights()]
    for gate in range(4):
        zeros[0][:, gate * n : (gate + 1) * n] = np.eye(n)
    model.set_weights(zeros)
    with loaded(model, tmp_path) as net:
        y = trained_output(net, np.ones((100, 1, n), "float32"))
    assert abs((y != 0).mean() - 0.75**3) < 0.03
    np.testing.assert_allclose(y[y != 0], 0.75**-3, rtol=1e-5)


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_recurrent_dropout_masks_the_state(rate: float, tmp_path: Path) -> None:
    """h1 = b, h2 = b + mask h1: half of the second outputs are doubled and more."""
    n = 60
    layer = keras.layers.SimpleRNN(n, None, recurrent_dropout=rate, name="rnn")
    model = one_layer(keras, layer, (3, 1))
    model.set_weights([np.zeros((1, n)), np.eye(n), np.ones(n)])
    with loaded(model, tmp_path) as net:
        y = trained_output(net, np.ones((50, 3, 1), "float32"))
    kept = 0.0 if rate == 1 else 2.0
    assert set(np.unique(y).tolist()) <= {1.0, 1 + kept + kept**2}
    assert abs((y == 1).mean() - rate) < 0.05


def test_keras2_takes_initial_states_as_further_inputs(tmp_path: Path) -> None:
    k = tf_keras
    source, target = k.Input((5, 2), name="source"), k.Input((4, 3), name="target")
    _, *states = k.layers.LSTM(4, return_state=True, name="encoder")(source)
    decoded = k.layers.LSTM(4, return_sequences=True, name="decoder")([target, *states])
    model = zoo.fill(k.Model([source, target], decoded, name="model"), 1)
    x = zoo.inputs_of(model, 2)
    with loaded(model, tmp_path) as net:
        wanted = np.asarray(model(x))
        np.testing.assert_allclose(net.predict(x), wanted, rtol=0, atol=4e-6)


@pytest.mark.parametrize("major", [2, 3])
def test_a_stateful_layer_with_initial_states_does_as_keras_does(
    major: int, tmp_path: Path
) -> None:
    """Keras 3 begins with what is given, Keras 2 goes on with what it kept unless that is 0."""
    k = keras if major == 3 else tf_keras
    source, state = k.Input(batch_shape=(3, 4, 2)), k.Input(batch_shape=(3, 5))
    layer = k.layers.GRU(5, stateful=True, name="rnn")
    model = zoo.fill(k.Model([source, state], layer(source, initial_state=state)), 6)
    if major == 2:
        model.reset_states()
    first, second = zoo.inputs_of(model, 7, batch=3), zoo.inputs_of(model, 8, batch=3)
    with loaded(model, tmp_path) as net:
        kept = net.new_state(3)
        for x in (first, second):
            wanted = np.asarray(model(x, training=False))
            np.testing.assert_allclose(net.predict(x, state=kept), wanted, rtol=0, atol=2e-6)


@pytest.mark.parametrize("module", [keras, tf_keras])
def test_a_state_for_each_time_step_is_refused(module: Any, tmp_path: Path) -> None:
    pages = module.Input(batch_shape=(2, 3, 4, 5), name="pages")
    rows = module.layers.Bidirectional(module.layers.GRU(2, stateful=True, name="g"), name="bi")
    model = module.Model(pages, module.layers.TimeDistributed(rows, name="td")(pages), name="m")
    model.save(tmp_path / "m.keras")
    with pytest.raises(FkbError, match=r'"td".*"forward_g" keeps a state for each time step'):
        fkb.convert(tmp_path / "m.keras", tmp_path / "m.fkb")
