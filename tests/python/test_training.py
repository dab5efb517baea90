"""Training steps in Fortran against the same steps in Keras, from the same files and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb import text
from fkb.graph import Port, Step

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")


pytestmark = needs.with_engine

STEPS = 10
BATCH = 16
# Of each array's scale. Keras rounds hyperparameters to real32 in both kinds, and so do we.
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


def set_precision(kind: str) -> None:
    keras.config.set_floatx(kind)
    keras.config.set_dtype_policy(kind)
    tf_keras.backend.set_floatx(kind)
    tf_keras.mixed_precision.set_global_policy(kind)


@pytest.fixture(params=["float32", "float64"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    set_precision(request.param)
    keras.utils.set_random_seed(11)
    yield str(request.param)
    set_precision("float32")


def with_batch_norm(k: Any) -> Any:
    """A network of dense layers and batch normalisation, without a bias that it would cancel."""
    return k.Sequential(
        [
            k.Input((6,)),
            k.layers.Dense(12, activation="tanh"),
            k.layers.Dense(10, use_bias=False),
            k.layers.BatchNormalization(momentum=0.9),
            k.layers.Activation("elu"),
            k.layers.Dense(3),
        ]
    )


def plain(k: Any) -> Any:
    return k.Sequential([k.Input((6,)), k.layers.Dense(8, activation="tanh"), k.layers.Dense(3)])


def numbers(kind: str, seed: int, features: int = 3, n: int = STEPS * BATCH) -> tuple[Any, Any]:
    """Inputs and targets that a network can learn."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((n, 6)).astype(kind)
    mix = generator.standard_normal((6, features))
    return x, np.sin(x @ mix).astype(kind)


def batches(*arrays: Any) -> Iterator[tuple[Any, ...]]:
    n = len(arrays[0][0] if isinstance(arrays[0], list) else arrays[0])
    for first in range(0, n, BATCH):
        yield tuple(_part(array, slice(first, first + BATCH)) for array in arrays)


def _part(array: Any, part: slice) -> Any:
    if isinstance(array, list):
        return [one[part] for one in array]
    return None if array is None else array[part]


def compiled(model: Any, optimizer: Any, loss: Any = "mean_squared_error", **options: Any) -> Any:
    model.compile(optimizer=optimizer, loss=loss, jit_compile=False, **options)
    return model


def train_keras(model: Any, x: Any, y: Any, weights: Any = None) -> list[float]:
    losses = []
    for xb, yb, wb in batches(x, y, weights):
        logs = model.train_on_batch(xb, yb, sample_weight=wb, return_dict=True)
        losses.append(float(logs["loss"]))
        model.reset_metrics()
    return losses


def train_fortran(trainer: Any, x: Any, y: Any, weights: Any = None) -> list[float]:
    return [trainer.step(xb, yb, wb) for xb, yb, wb in batches(x, y, weights)]


def variables(model: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the weights of a model by their paths in the model file."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from variables(layer, f"{path}{layer.name}/")
            continue
        for weight in layer.weights:
            name = weight.name.split("/")[-1].split(":")[0]
            yield f"{path}{layer.name}/{name}", weight.numpy()


def same_weights(net: Any, model: Any, tolerance: float) -> None:
    # Constants of the masks that Keras derives have no path.
    mine = {path: value for path, value in net.weights.items() if not path.startswith("/")}
    theirs = dict(variables(model))
    assert theirs.keys() == mine.keys()
    for path, wanted in theirs.items():
        scale = float(np.max(np.abs(wanted), initial=0.0)) or 1.0
        difference = float(np.max(np.abs(mine[path] - wanted), initial=0.0)) / scale
        assert difference <= tolerance, f"{path}: {difference:.2e} > {tolerance:.2e}"


def converted(model: Any, folder: Path, suffix: str = ".keras") -> Any:
    """The network of a Keras model, through a file."""
    model.save(folder / f"model{suffix}")
    fkb.convert(folder / f"model{suffix}", folder / "model.fkb")
    return fkb.load(folder / "model.fkb")


def compare(
    model: Any,
    folder: Path,
    kind: str,
    data: tuple[Any, ...],
    suffix: str = ".keras",
    tolerance: float | None = None,
) -> Any:
    """Train both from the same file and compare losses and weights; return the network."""
    net = converted(model, folder, suffix)
    bound = tolerance or TOLERANCE[kind]
    trainer = fkb.Trainer(net)
    mine = train_fortran(trainer, *data)
    theirs = train_keras(model, *data)
    # Keras adds up a batch's loss in the kind of the network, and logarithms of small probabilities
    # magnify roundings of real32.
    np.testing.assert_allclose(mine, theirs, rtol=max(bound, 1e-4 if kind == "float32" else 1e-12))
    assert theirs[0] != theirs[-1]
    same_weights(net, model, bound)
    return net


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "momentum": lambda: keras.optimizers.SGD(0.02, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(),
    "adam with options": lambda: keras.optimizers.Adam(0.003, 0.8, 0.99, 1e-5, amsgrad=True),
    "adam with decay": lambda: keras.optimizers.Adam(weight_decay=0.01, clipnorm=0.5),
    "adamw": lambda: keras.optimizers.AdamW(0.002, global_clipnorm=0.3),
    "clipped values": lambda: keras.optimizers.SGD(0.02, clipvalue=0.01),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps_are_those_of_keras(name: str, kind: str, tmp_path: Path) -> None:
    model = compiled(with_batch_norm(keras), OPTIMIZERS[name]())
    compare(model, tmp_path, kind, numbers(kind, 1))


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adam with options"])
def test_five_steps_here_and_five_there_are_ten(name: str, kind: str, tmp_path: Path) -> None:
    model = compiled(with_batch_norm(keras), OPTIMIZERS[name]())
    net = converted(model, tmp_path)
    x, y = numbers(kind, 2)
    half = STEPS // 2 * BATCH
    train_keras(model, x, y)
    train_fortran(fkb.Trainer(net), x[:half], y[:half])
    net.save(tmp_path / "half.fkb")
    fkb.export(tmp_path / "half.fkb", tmp_path / "half.keras")
    other = keras.saving.load_model(tmp_path / "half.keras")
    assert int(other.optimizer.iterations.numpy()) == STEPS // 2
    train_keras(other, x[half:], y[half:])
    wanted = dict(variables(model))
    for path, value in variables(other):
        scale = float(np.max(np.abs(wanted[path])))
        assert np.max(np.abs(value - wanted[path])) <= TOLERANCE[kind] * scale, path


def nested_and_shared(k: Any) -> Any:
    """A model in a model, called twice, among layers on both sides of it."""
    inner_x = k.Input((5,))
    h = k.layers.Dense(5, activation="tanh", name="one")(inner_x)
    h = k.layers.LayerNormalization(name="norm")(h)
    inner = k.Model(inner_x, k.layers.Dense(5, name="two")(h), name="inner")
    x = k.Input((6,))
    first = k.layers.Dense(5, name="first")(x)
    twice = inner(k.layers.Activation("tanh")(inner(first)))
    both = k.layers.Concatenate()([twice, first])
    return k.Model(x, k.layers.Dense(3, name="last")(both))


def test_state_finds_its_weights_in_nested_models(kind: str, tmp_path: Path) -> None:
    model = compiled(nested_and_shared(keras), keras.optimizers.Adam(0.01))
    x, y = numbers(kind, 18)
    third = STEPS * BATCH // 5 * 2
    train_keras(model, x[:third], y[:third])
    net = converted(model, tmp_path)
    train_fortran(fkb.Trainer(net), x[third:], y[third:])
    net.save(tmp_path / "later.fkb")
    fkb.export(tmp_path / "later.fkb", tmp_path / "later.keras")
    other = keras.saving.load_model(tmp_path / "later.keras")
    train_keras(model, x[third:], y[third:])
    train_keras(model, x, y)
    train_keras(other, x, y)
    wanted = dict(variables(model))
    for path, value in variables(other):
        scale = float(np.max(np.abs(wanted[path])))
        assert np.max(np.abs(value - wanted[path])) <= 4 * TOLERANCE[kind] * scale, path


def test_a_trainer_goes_on_where_keras_stopped(kind: str, tmp_path: Path) -> None:
    model = compiled(with_batch_norm(keras), keras.optimizers.Adam(0.01))
    x, y = numbers(kind, 3)
    half = STEPS // 2 * BATCH
    train_keras(model, x[:half], y[:half])
    compare(model, tmp_path, kind, (x[half:], y[half:]))


def test_a_compiled_train_function_gives_the_same_steps(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = with_batch_norm(keras)
    model.compile(optimizer="adam", loss="mean_squared_error", jit_compile=True)
    compare(model, tmp_path, "float32", numbers("float32", 4))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_keras_2_models_train_as_keras_2_does(
    name: str, suffix: str, kind: str, tmp_path: Path
) -> None:
    options = {"momentum": 0.9} if name == "SGD" else {}
    optimizer = getattr(tf_keras.optimizers, name)(learning_rate=0.01, **options)
    model = compiled(with_batch_norm(tf_keras), optimizer)
    x, y = numbers(kind, 5)
    half = STEPS // 2 * BATCH
    train_keras(model, x[:half], y[:half])
    compare(model, tmp_path, kind, (x[half:], y[half:]), suffix)


def test_sample_weights_are_those_of_keras(kind: str, tmp_path: Path) -> None:
    model = compiled(plain(keras), keras.optimizers.SGD(0.1))
    weights = np.random.default_rng(8).uniform(0, 3, STEPS * BATCH).astype(kind)
    weights[:5] = 0
    compare(model, tmp_path, kind, (*numbers(kind, 8), weights))


def two_ends(k: Any) -> Any:
    a, b = k.Input((6,), name="a"), k.Input((2,), name="b")
    h = k.layers.Dense(8, activation="tanh", name="h")(k.layers.Concatenate(name="ab")([a, b]))
    p = k.layers.Dense(3, name="p")(h)
    q = k.layers.Dense(2, activation="softmax", name="q")(h)
    return k.Model([a, b], [p, q])


@pytest.mark.parametrize("named", [False, True], ids=["lists", "names"])
def test_several_ends_train_as_in_keras(named: bool, kind: str, tmp_path: Path) -> None:
    losses = ["mean_absolute_error", keras.losses.CategoricalCrossentropy()]
    weights: Any = [0.3, 2.0]
    loss: Any = losses
    if named:
        loss, weights = dict(zip("qp", losses[::-1], strict=True)), {"p": 0.3, "q": 2.0}
    model = compiled(two_ends(keras), keras.optimizers.Adam(0.01), loss, loss_weights=weights)
    x, y = numbers(kind, 9)
    generator = np.random.default_rng(9)
    b = generator.standard_normal((len(x), 2)).astype(kind)
    classes = np.eye(2)[generator.integers(2, size=len(x))].astype(kind)
    compare(model, tmp_path, kind, ([x, b], [y, classes]))


def test_frozen_layers_stay(kind: str, tmp_path: Path) -> None:
    model = with_batch_norm(keras)
    model.layers[0].trainable = False
    model.layers[2].trainable = False
    before = [w.numpy() for w in model.layers[2].weights]
    compiled(model, keras.optimizers.Adam(0.01))
    net = compare(model, tmp_path, kind, numbers(kind, 10))
    name = model.layers[2].name
    for weight, old in zip(model.layers[2].weights, before, strict=True):
        np.testing.assert_array_equal(net.weights[f"{name}/{weight.name}"], old)


def test_regularizers_are_those_of_keras(kind: str, tmp_path: Path) -> None:
    regularizers = keras.regularizers
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, "tanh", kernel_regularizer=regularizers.L2(0.02)),
            keras.layers.Dense(
                5,
                "relu",
                kernel_regularizer=regularizers.L1(0.01),
                bias_regularizer=regularizers.L1L2(0.01, 0.03),
                activity_regularizer=regularizers.L2(0.05),
            ),
            keras.layers.ActivityRegularization(l1=0.02, l2=0.01),
            keras.layers.Dense(3, kernel_regularizer="l2"),
        ]
    )
    compiled(model, keras.optimizers.SGD(0.05))
    compare(model, tmp_path, kind, numbers(kind, 11))


def test_a_penalty_on_a_softmax_trains_as_in_keras(kind: str, tmp_path: Path) -> None:
    x = keras.Input((6,))
    last = keras.layers.Dense(4, "softmax", activity_regularizer=keras.regularizers.L2(0.5))
    model = keras.Model(x, last(keras.layers.Dense(8, "tanh")(x)))
    compiled(model, keras.optimizers.SGD(0.1), "categorical_crossentropy")
    y = np.eye(4)[np.random.default_rng(12).integers(4, size=STEPS * BATCH)].astype(kind)
    compare(model, tmp_path, kind, (numbers(kind, 12)[0], y))


def test_fit_is_fit_of_keras(kind: str, tmp_path: Path) -> None:
    model = compiled(plain(keras), keras.optimizers.Adam(0.01))
    net = converted(model, tmp_path)
    x, y = numbers(kind, 13, n=50)
    mine = fkb.Trainer(net).fit(x, y, epochs=3, batch_size=16, shuffle=False)
    theirs = model.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(mine, theirs, rtol=1e-5 if kind == "float32" else 1e-12)
    same_weights(net, model, TOLERANCE[kind])


def test_either_kind_of_array_trains(kind: str, tmp_path: Path) -> None:
    model = compiled(plain(keras), keras.optimizers.Adam(0.01))
    x, y = numbers("float32", 14)
    one, other = converted(model, tmp_path), fkb.load(tmp_path / "model.fkb")
    train_fortran(fkb.Trainer(one), x, y)
    train_fortran(fkb.Trainer(other), x.astype("float64"), y.astype("float64"))
    np.testing.assert_array_equal(one.params, other.params)


def test_a_loss_and_an_optimizer_can_be_given(kind: str, tmp_path: Path) -> None:
    model = compiled(plain(keras), keras.optimizers.SGD(0.1), "mean_absolute_error")
    net = converted(model, tmp_path)
    optimizer = {"class_name": "Adam", "config": {"learning_rate": 0.01}}
    trainer = fkb.Trainer(net, loss="huber", optimizer=optimizer)
    x, y = numbers(kind, 15)
    half = STEPS // 2 * BATCH
    train_fortran(trainer, x[:half], y[:half])
    # What was given is what is saved: Keras goes on with it.
    net.save(tmp_path / "half.fkb")
    fkb.export(tmp_path / "half.fkb", tmp_path / "half.keras")
    other = keras.saving.load_model(tmp_path / "half.keras")
    assert type(other.optimizer).__name__ == "Adam"
    train_fortran(trainer, x[half:], y[half:])
    train_keras(other, x[half:], y[half:])
    same_weights(net, other, TOLERANCE[kind])


def test_transforms_stand_between_host_and_loss(kind: str, tmp_path: Path) -> None:
    model = compiled(plain(keras), keras.optimizers.Adam(0.01), "huber")
    net = converted(model, tmp_path)
    x, y = numbers(kind, 16)
    spread, offset = np.array([2.0, 0.5, 3.0]), 1.25
    graph = text.read(tmp_path / "model.fkb")
    graph.inputs[0] = Port("state", {}, [Step("divide", 2.0)])
    graph.outputs[0] = Port("tendency", {}, [Step("multiply", spread), Step("add", offset)])
    text.write(graph, tmp_path / "host.fkb")
    host = fkb.load(tmp_path / "host.fkb")
    # The loss is that of the network's own numbers, whatever the host's units.
    mine = train_fortran(fkb.Trainer(host), 2 * x, (y.astype("f8") * spread + offset).astype(kind))
    theirs = train_fortran(fkb.Trainer(net), x, y)
    np.testing.assert_allclose(mine, theirs, rtol=1e-5 if kind == "float32" else 1e-12)
    scale = np.max(np.abs(net.params))
    np.testing.assert_allclose(host.params, net.params, atol=scale * TOLERANCE[kind], rtol=0)


def test_noise_is_the_same_for_the_same_seed_and_step(tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(40, "tanh"),
            layers.Dropout(0.4),
            layers.GaussianNoise(0.1),
            layers.Dense(3),
        ]
    )
    compiled(model, keras.optimizers.SGD(0.05))
    one = converted(model, tmp_path)
    again, other = fkb.load(tmp_path / "model.fkb"), fkb.load(tmp_path / "model.fkb")
    x, y = numbers("float32", 17, n=700)
    runs = [
        fkb.Trainer(net).fit(x, y, epochs=2, batch_size=350, shuffle=False, seed=seed)
        for net, seed in ((one, 1), (again, 1), (other, 2))
    ]
    assert runs[0] == runs[1]
    np.testing.assert_array_equal(one.params, again.params)
    assert runs[0] != runs[2]
    assert abs(runs[0][1] - runs[2][1]) < 0.3 * runs[0][1]
