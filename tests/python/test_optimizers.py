"""Optimizers fed the same gradients in Keras, then in Fortran, then in Keras again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

# Of each array's scale.
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
STEPS = 20
PATHS = ("conv/kernel", "conv/bias", "last/kernel", "last/bias")
THIRDS = (slice(0, 7), slice(7, 14), slice(14, STEPS))

KERAS_3: dict[str, Callable[[], Any]] = {
    "sgd": lambda: keras.optimizers.SGD(0.03),
    "momentum": lambda: keras.optimizers.SGD(0.03, momentum=0.9, nesterov=True, clipvalue=0.5),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.02),
    "rmsprop with all": lambda: keras.optimizers.RMSprop(
        0.02, momentum=0.6, centered=True, epsilon=1e-2, weight_decay=0.02
    ),
    "rmsprop centered": lambda: keras.optimizers.RMSprop(0.02, centered=True, epsilon=1e-2),
    "adagrad": lambda: keras.optimizers.Adagrad(0.05),
    "adadelta": lambda: keras.optimizers.Adadelta(1.0, epsilon=1e-4),
    "adam": lambda: keras.optimizers.Adam(0.02, clipnorm=0.6),
    "amsgrad": lambda: keras.optimizers.Adam(0.02, amsgrad=True, global_clipnorm=2.0),
    "adamw": lambda: keras.optimizers.AdamW(0.02, weight_decay=0.1),
    "adamax": lambda: keras.optimizers.Adamax(0.02),
    "nadam": lambda: keras.optimizers.Nadam(0.02),
    "ftrl": lambda: keras.optimizers.Ftrl(0.05, l1_regularization_strength=0.01, beta=0.2),
    "lion": lambda: keras.optimizers.Lion(0.01, beta_1=0.7),
    "lamb": lambda: keras.optimizers.Lamb(0.02),
    "adafactor": lambda: keras.optimizers.Adafactor(0.1),
    "ema": lambda: keras.optimizers.SGD(0.03, momentum=0.9, use_ema=True),
    "ema that overwrites": lambda: keras.optimizers.Adam(
        0.02, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3
    ),
    "gathered": lambda: keras.optimizers.Adam(0.02, gradient_accumulation_steps=3),
    "nadam with all": lambda: keras.optimizers.Nadam(
        0.02, use_ema=True, gradient_accumulation_steps=2, weight_decay=0.02, clipnorm=0.9
    ),
    "adafactor with all": lambda: keras.optimizers.Adafactor(
        0.1, use_ema=True, ema_overwrite_frequency=5, gradient_accumulation_steps=2
    ),
    "scaled loss": lambda: keras.optimizers.SGD(0.03, momentum=0.9, loss_scale_factor=1.0),
    "scaling": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.02)),
    "scaling with all": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Muon(0.02, exclude_layers=["last"], use_ema=True), initial_scale=2.0**15
    ),
    "muon": lambda: keras.optimizers.Muon(0.02),
    "muon with all": lambda: keras.optimizers.Muon(
        0.02, nesterov=False, rms_rate=None, use_ema=True, gradient_accumulation_steps=2
    ),
}
KERAS_2: dict[str, Callable[[], Any]] = {
    "sgd": lambda: tf_keras.optimizers.SGD(0.03),
    "momentum": lambda: tf_keras.optimizers.SGD(0.03, momentum=0.9, clipnorm=0.7, clipvalue=0.1),
    "rmsprop": lambda: tf_keras.optimizers.RMSprop(
        0.02, momentum=0.6, centered=True, epsilon=1e-2, weight_decay=0.02
    ),
    "adagrad": lambda: tf_keras.optimizers.Adagrad(0.05),
    "adadelta": lambda: tf_keras.optimizers.Adadelta(1.0, epsilon=1e-4),
    "adam": lambda: tf_keras.optimizers.Adam(0.02, amsgrad=True),
    "adamw": lambda: tf_keras.optimizers.AdamW(0.02),
    "adamax": lambda: tf_keras.optimizers.Adamax(0.02),
    "nadam": lambda: tf_keras.optimizers.Nadam(0.02),
    "ftrl": lambda: tf_keras.optimizers.Ftrl(0.05, l1_regularization_strength=0.01, beta=0.2),
    "lion": lambda: tf_keras.optimizers.Lion(0.01, beta_1=0.7),
    "adafactor": lambda: tf_keras.optimizers.Adafactor(0.1),
    "ema": lambda: tf_keras.optimizers.SGD(0.03, momentum=0.9, use_ema=True),
}
OLD_KERAS_2: dict[str, Callable[[], Any]] = {
    "sgd": lambda: tf_keras.optimizers.legacy.SGD(0.03, momentum=0.9, nesterov=True),
    "sgd with decay": lambda: tf_keras.optimizers.legacy.SGD(0.03, decay=0.05),
    "rmsprop": lambda: tf_keras.optimizers.legacy.RMSprop(0.02, epsilon=1e-2),
    "rmsprop with decay": lambda: tf_keras.optimizers.legacy.RMSprop(0.02, decay=0.05),
    "rmsprop centered": lambda: tf_keras.optimizers.legacy.RMSprop(
        0.02, centered=True, epsilon=1e-2
    ),
    "rmsprop with momentum": lambda: tf_keras.optimizers.legacy.RMSprop(
        0.02, momentum=0.6, epsilon=1e-2
    ),
    "rmsprop with all": lambda: tf_keras.optimizers.legacy.RMSprop(
        0.02, momentum=0.6, centered=True, epsilon=1e-2, clipnorm=0.9
    ),
    "adagrad": lambda: tf_keras.optimizers.legacy.Adagrad(0.05, epsilon=1e-3),
    "adadelta": lambda: tf_keras.optimizers.legacy.Adadelta(1.0, epsilon=1e-4),
    "adam": lambda: tf_keras.optimizers.legacy.Adam(0.02, amsgrad=True),
    "adamax": lambda: tf_keras.optimizers.legacy.Adamax(0.02),
    "nadam": lambda: tf_keras.optimizers.legacy.Nadam(0.02),
    "ftrl": lambda: tf_keras.optimizers.legacy.Ftrl(0.05, beta=0.2),
}


def set_precision(kind: str) -> None:
    keras.config.set_floatx(kind)
    keras.config.set_dtype_policy(kind)
    tf_keras.backend.set_floatx(kind)
    tf_keras.mixed_precision.set_global_policy(kind)


@pytest.fixture(params=["float32", "float64"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    set_precision(request.param)
    yield str(request.param)
    set_precision("float32")


def model_of(k: Any, optimizer: Any) -> Any:
    """A network with weights of one, two and three dimensions, one of them frozen."""
    model = k.Sequential(
        [
            k.Input((6, 2)),
            k.layers.Conv1D(3, 2, name="conv"),
            k.layers.Flatten(),
            k.layers.Dense(4, name="frozen"),
            k.layers.Dense(3, name="last"),
        ]
    )
    model.get_layer("frozen").trainable = False
    model.compile(optimizer, "mean_squared_error")
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(size=w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def gradients(model: Any, kind: str) -> list[list[Any]]:
    """The gradients of all steps, one list of arrays for each."""
    rng = np.random.default_rng(7)
    shapes = [tuple(v.shape) for v in model.trainable_variables]
    return [
        [(10.0 ** (step % 3 - 1) * rng.normal(size=shape)).astype(kind) for shape in shapes]
        for step in range(STEPS)
    ]


def steps_in_keras(model: Any, grads: list[list[Any]]) -> None:
    scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    scale = 2.0**15 if scaled else 1.0
    for step in grads:
        pairs = zip(
            [tf.constant(scale * g, g.dtype) for g in step], model.trainable_variables, strict=True
        )
        model.optimizer.apply_gradients(pairs)


def steps_in_fortran(trainer: Any, grads: list[list[Any]]) -> None:
    for step in grads:
        by_path = dict(zip(PATHS, step, strict=True))
        parts = [by_path.get(path, np.ones_like(w)) for path, w in trainer.net.weights.items()]
        trainer.apply(np.concatenate([np.ravel(part) for part in parts]))


def state(optimizer: Any) -> list[Any]:
    """The optimizer's variables without the fillers that Keras 3 has for Adafactor."""
    found = optimizer.variables
    values = [np.asarray(v) for v in (found() if callable(found) else found)]
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        del values[2]  # steps since the scale has changed, which only Keras counts
    return [value for value in values if value.dtype != np.int32]


def compare(found: list[Any], wanted: list[Any], tolerance: float) -> None:
    assert [a.shape for a in found] == [a.shape for a in wanted]
    for number, (mine, theirs) in enumerate(zip(found, wanted, strict=True)):
        scale = float(np.max(np.abs(theirs), initial=0.0)) or 1.0
        worst = float(np.max(np.abs(mine - theirs), initial=0.0)) / scale
        assert worst <= tolerance, f"array {number}: {worst:.2e} > {tolerance:.2e}"


def bound(name: str, kind: str) -> float:
    """Ftrl divides differences of powers by the rate; TensorFlow's real32 powers are inexact."""
    return TOLERANCE[kind] * (4 if kind == "float32" and "ftrl" in name else 1)


def through_fortran(
    model: Any, grads: list[list[Any]], folder: Path, suffix: str, dialect: str = "keras3"
) -> Path:
    """Make steps in Fortran from a file of Keras to a file for Keras."""
    model.save(folder / f"model{suffix}")
    fkb.convert(folder / f"model{suffix}", folder / "model.fkb")
    net = fkb.load(folder / "model.fkb")
    steps_in_fortran(fkb.Trainer(net), grads)
    net.save(folder / "later.fkb")
    fkb.export(folder / "later.fkb", folder / f"later{suffix}", dialect=dialect)
    return folder / f"later{suffix}"


@pytest.mark.parametrize("name", KERAS_3)
def test_a_third_of_the_steps_in_fortran_equals_all_in_keras(
    name: str, kind: str, tmp_path: Path
) -> None:
    model = model_of(keras, KERAS_3[name]())
    grads = gradients(model, kind)
    whole = model_of(keras, KERAS_3[name]())
    steps_in_keras(whole, grads)
    steps_in_keras(model, grads[THIRDS[0]])
    path = through_fortran(model, grads[THIRDS[1]], tmp_path, ".keras")
    later = keras.saving.load_model(path)
    steps_in_keras(later, grads[THIRDS[2]])
    compare(later.get_weights(), whole.get_weights(), bound(name, kind))
    compare(state(later.optimizer), state(whole.optimizer), bound(name, kind))


@pytest.mark.parametrize("name", KERAS_3)
def test_state_that_is_only_carried_keeps_its_bits(name: str, kind: str, tmp_path: Path) -> None:
    model = model_of(keras, KERAS_3[name]())
    steps_in_keras(model, gradients(model, kind)[:4])
    later = keras.saving.load_model(through_fortran(model, [], tmp_path, ".keras"))
    assert later.optimizer.get_config() == model.optimizer.get_config()
    assert len(later.optimizer.variables) == len(model.optimizer.variables)
    for found, wanted in zip(later.optimizer.variables, model.optimizer.variables, strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("name", KERAS_2)
def test_keras_2_goes_on_where_fortran_stopped(
    name: str, suffix: str, kind: str, tmp_path: Path
) -> None:
    model = model_of(tf_keras, KERAS_2[name]())
    grads = gradients(model, kind)
    whole = model_of(tf_keras, KERAS_2[name]())
    # tf_keras does not save Nadam's product and goes on with another one.
    count = 14 if name == "nadam" else STEPS
    steps_in_keras(whole, grads[:count])
    steps_in_keras(model, grads[THIRDS[0]])
    path = through_fortran(model, grads[THIRDS[1]], tmp_path, suffix, "keras2")
    later = tf_keras.models.load_model(path)
    steps_in_keras(later, grads[14:count])
    compare(later.get_weights(), whole.get_weights(), bound(name, kind))
    compare(state(later.optimizer), state(whole.optimizer), bound(name, kind))


@pytest.mark.parametrize("name", OLD_KERAS_2)
def test_the_old_optimizers_of_keras_2_make_their_steps(
    name: str, kind: str, tmp_path: Path
) -> None:
    model = model_of(tf_keras, OLD_KERAS_2[name]())
    grads = gradients(model, kind)
    whole = model_of(tf_keras, OLD_KERAS_2[name]())
    steps_in_keras(whole, grads)
    steps_in_keras(model, grads[THIRDS[0]])
    path = through_fortran(model, grads[THIRDS[1]], tmp_path, ".h5", "keras2")
    later = tf_keras.models.load_model(path)
    steps_in_keras(later, grads[THIRDS[2]])
    # The old decay is a schedule today, and schedules are computed in real32.
    tolerance = 1e-7 if "decay" in name and kind == "float64" else bound(name, kind)
    compare(later.get_weights(), whole.get_weights(), tolerance)


def test_an_archive_with_an_old_optimizer_is_known_as_such(tmp_path: Path) -> None:
    model = model_of(tf_keras, tf_keras.optimizers.legacy.RMSprop(0.02))
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    assert '"legacy>RMSprop"' in (tmp_path / "model.fkb").read_text()


def test_the_averages_become_the_weights_at_the_end(kind: str, tmp_path: Path) -> None:
    optimizer = keras.optimizers.SGD(0.03, use_ema=True, ema_momentum=0.7)
    model = model_of(keras, optimizer)
    grads = gradients(model, kind)
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    net = fkb.load(tmp_path / "model.fkb")
    trainer = fkb.Trainer(net)
    trainer.finish()
    np.testing.assert_array_equal(net.weights["last/bias"], model.get_layer("last").bias.numpy())
    steps_in_keras(model, grads)
    optimizer.finalize_variable_values(model.trainable_variables)
    steps_in_fortran(trainer, grads)
    trainer.finish()
    compare(list(net.weights.values()), model.get_weights(), TOLERANCE[kind])


def test_fit_ends_with_the_averages_as_in_keras(kind: str, tmp_path: Path) -> None:
    optimizer = keras.optimizers.Adam(0.02, use_ema=True, ema_momentum=0.7)
    model = model_of(keras, optimizer)
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    net = fkb.load(tmp_path / "model.fkb")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(24, 6, 2)).astype(kind), rng.normal(size=(24, 3)).astype(kind)
    model.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0)
    fkb.Trainer(net).fit(x, y, epochs=2, batch_size=8, shuffle=False)
    # Gradients of the two differ by roundings, and the network adds them up.
    compare(list(net.weights.values()), model.get_weights(), 20 * TOLERANCE[kind])


def test_gradients_of_a_trainer_are_those_of_its_steps(tmp_path: Path) -> None:
    model = model_of(keras, keras.optimizers.SGD(0.5))
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 6, 2)), rng.normal(size=(5, 3))
    one, two = (fkb.Trainer(fkb.load(tmp_path / "model.fkb")) for _ in range(2))
    loss, gradient = one.gradient(x, y)
    one.apply(gradient)
    assert two.step(x, y) == loss
    np.testing.assert_array_equal(one.net.params, two.net.params)
    with pytest.raises(fkb.EngineError, match="94 weights"):
        one.apply(gradient[:-1])
    with pytest.raises(fkb.EngineError, match="not finite"):
        one.apply(np.full_like(gradient, np.nan))
    np.testing.assert_array_equal(one.net.params, two.net.params)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (lambda: keras.optimizers.Muon(exclude_layers=["las.*"]), "regular expression"),
        (lambda: keras.optimizers.ScheduleFreeAdamW(), "ScheduleFreeAdamW"),
    ],
)
def test_what_is_refused_is_carried_for_keras(
    optimizer: Callable[[], Any], message: str, tmp_path: Path
) -> None:
    model = model_of(keras, optimizer())
    steps_in_keras(model, gradients(model, "float32")[:3])
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    with pytest.raises(fkb.EngineError, match=message):
        fkb.Trainer(fkb.load(tmp_path / "model.fkb"))
    fkb.export(tmp_path / "model.fkb", tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras")
    compare(state(again.optimizer), state(model.optimizer), 0.0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('variable "u_product" "" float32 []', 'variable "v_product" "" float32 []', "v_product"),
        ('variable "u_product" "" float32 []', 'variable "u_product" "" float32 [1]', r"\(1,\)"),
        ('"momentum" "conv/bias" float32 [3]', '"velocity" "conv/bias" float32 [3]', "velocity"),
        ('"momentum" "conv/bias" float32 [3]', '"momentum" "last/bias" float32 [3]', "last/bias"),
        ('"momentum" "conv/bias" float32 [3]', '"momentum" "conv/bias" float32 [3,1]', "3, 1"),
    ],
)
def test_a_state_of_other_weights_is_refused(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    model = model_of(keras, keras.optimizers.Nadam())
    steps_in_keras(model, gradients(model, "float32")[:3])
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    text = (tmp_path / "model.fkb").read_text()
    assert old in text
    text = re.sub(r"^checksum \w+$", "checksum none", text.replace(old, new), flags=re.MULTILINE)
    (tmp_path / "bad.fkb").write_text(text)
    with pytest.raises(fkb.EngineError, match=message):
        fkb.Trainer(fkb.load(tmp_path / "bad.fkb"))


def test_keras_2_has_no_lamb(tmp_path: Path) -> None:
    model = model_of(keras, keras.optimizers.Lamb())
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    with pytest.raises(fkb.UnsupportedError, match="Lamb, which does not exist in Keras 2"):
        fkb.export(tmp_path / "model.fkb", tmp_path / "model.h5", dialect="keras2")
