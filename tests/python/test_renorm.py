"""Batch renormalisation against both Kerases: training steps, bounds, masks and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

from test_training import compare, compiled, converted, set_precision  # noqa: E402

pytestmark = needs.with_engine

BOTH = pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
STEPS, BATCH = 8, 16
OPTIONS: dict[str, dict[str, Any]] = {
    "free": {"renorm_momentum": 0.75, "momentum": 0.875},
    "bounded": {"renorm_clipping": {"rmin": 0.75, "rmax": 1.5, "dmax": 0.5}, "epsilon": 0.01},
    "bounded above": {"renorm_clipping": {"rmax": 1.25}, "renorm_momentum": 0.5, "scale": False},
    "bounded shift": {"renorm_clipping": {"dmax": 0.25}, "center": False},
    "bare": {"scale": False, "center": False, "renorm_momentum": 0.5, "momentum": 0.5},
}

# Those that begin with Keras's own weights; others begin with unlike ones.
FRESH = ("free", "bounded above")


def filled(model: Any) -> Any:
    generator = np.random.default_rng(3)
    model.set_weights([generator.uniform(0.5, 1.5, w.shape) for w in model.get_weights()])
    return model


def images(k: Any, **options: Any) -> Any:
    layers = k.layers
    return k.Sequential(
        [
            k.Input((4, 3, 2)),
            layers.Conv2D(3, 2, activation="tanh", name="conv"),
            layers.BatchNormalization(renorm=True, name="norm", **options),
            layers.Flatten(name="flat"),
            layers.Dense(2, name="last"),
        ]
    )


def numbers(kind: str, shape: tuple[int, ...]) -> tuple[Any, Any]:
    generator = np.random.default_rng(7)
    x = generator.standard_normal((STEPS * BATCH, *shape)).astype(kind)
    return x, generator.standard_normal((len(x), 2)).astype(kind)


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize(
    ("k", "kind"),
    # Keras 2 takes the root of epsilon in real32 and stops at a real64 network.
    [(keras, "float32"), (keras, "float64"), (tf_keras, "float32")],
    ids=["Keras 3, real32", "Keras 3, real64", "Keras 2"],
)
def test_steps_are_those_of_keras(k: Any, kind: str, name: str, tmp_path: Path) -> None:
    set_precision(kind)
    k.utils.set_random_seed(5)
    try:
        model = images(k, **OPTIONS[name])
        if name not in FRESH:
            filled(model)
        before = model.get_weights()
        compiled(model, k.optimizers.SGD(0.005, momentum=0.5))
        data = numbers(kind, (4, 3, 2))
        with compare(model, tmp_path, kind, data, tolerance=2e-5 if kind == "float32" else None):
            pass
        changes = [np.abs(a - b).max() for a, b in zip(model.get_weights(), before, strict=True)]
        assert min(changes) > 1e-4
    finally:
        set_precision("float32")


@pytest.mark.parametrize("axis", [1, 2, -1])
@BOTH
def test_every_axis_can_be_that_of_the_channels(k: Any, axis: int, tmp_path: Path) -> None:
    layer = k.layers.BatchNormalization(axis=axis, renorm=True, name="norm")
    rest = [k.layers.Flatten(name="flat"), k.layers.Dense(2, name="last")]
    model = compiled(
        filled(k.Sequential([k.Input((4, 3, 2)), layer, *rest])), k.optimizers.SGD(0.0005)
    )
    compare(model, tmp_path, "float32", numbers("float32", (4, 3, 2)), tolerance=2e-5).close()


@BOTH
def test_a_mask_leaves_steps_out(k: Any, tmp_path: Path) -> None:
    layers = k.layers
    stack = [
        layers.Masking(0.0, name="masking"),
        layers.BatchNormalization(renorm=True, renorm_momentum=0.5, name="norm"),
        layers.GlobalAveragePooling1D(name="pool"),
        layers.Dense(2, name="last"),
    ]
    model = compiled(filled(k.Sequential([k.Input((5, 3)), *stack])), k.optimizers.SGD(0.005))
    x, y = numbers("float32", (5, 3))
    x[::2, 3:] = 0
    compare(model, tmp_path, "float32", (x, y), tolerance=2e-5).close()


@BOTH
def test_several_calls_in_a_step_are_refused_unless_frozen(k: Any, tmp_path: Path) -> None:
    inputs = [k.Input((3,)), k.Input((3,))]
    layer = k.layers.BatchNormalization(renorm=True, name="norm")
    outputs = k.layers.Dense(2, name="last")(k.layers.Add()([layer(one) for one in inputs]))
    model = filled(k.Model(inputs, outputs))
    with (
        converted(model, tmp_path) as net,
        pytest.raises(fkb.EngineError, match="called several times"),
    ):
        fkb.Trainer(net, loss="mean_squared_error", optimizer="SGD")
    layer.trainable = False
    with converted(model, tmp_path) as net:
        fkb.Trainer(net, loss="mean_squared_error", optimizer="SGD").close()


@BOTH
def test_frozen_it_trains_the_rest_and_goes_back(k: Any, tmp_path: Path) -> None:
    norm = k.layers.BatchNormalization(renorm=True, trainable=False, name="norm")
    model = filled(k.Sequential([k.Input((3,)), norm, k.layers.Dense(2, name="last")]))
    compiled(model, k.optimizers.SGD(0.1))
    x = np.random.default_rng(1).standard_normal((8, 3)).astype("f")
    y = np.ones((8, 2), "f")
    with converted(model, tmp_path) as net:
        fkb.Trainer(net).step(x, y)
        net.save(tmp_path / "after.fkb")
    model.train_on_batch(x, y)
    dialect = "keras3" if k is keras else "keras2"
    fkb.export(tmp_path / "after.fkb", tmp_path / "after.keras", dialect=dialect)
    back = k.models.load_model(tmp_path / "after.keras", compile=False)
    for mine, theirs in zip(back.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-6)


def test_a_call_that_always_trains_is_refused(tmp_path: Path) -> None:
    inputs = tf_keras.Input((3,))
    layer = tf_keras.layers.BatchNormalization(renorm=True, name="norm")
    model = tf_keras.Model(inputs, layer(inputs, training=True))
    with pytest.raises(fkb.EngineError, match="every call"):
        converted(filled(model), tmp_path)


@pytest.mark.parametrize("start", ["zeros", "ones", 4.0])
@BOTH
def test_first_values_are_those_of_keras(k: Any, start: Any, tmp_path: Path) -> None:
    if not isinstance(start, str):
        start = k.initializers.Constant(start)
    norm = k.layers.BatchNormalization(
        renorm=True,
        moving_mean_initializer=k.initializers.Constant(0.5),
        moving_variance_initializer=start,
        name="norm",
    )
    model = k.Sequential([k.Input((3,)), norm])
    wanted = [w.numpy() for w in norm.weights]
    with converted(filled(model), tmp_path) as net:
        net.initialize(1)
        mine = list(net.weights.values())
        for own, theirs in zip(mine, wanted, strict=True):
            np.testing.assert_array_equal(own, theirs)
