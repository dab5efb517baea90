"""Losses with constraints in files and from Python; losses and metrics that only FKB has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import EngineError
from test_training import converted, kind, numbers, plain, train_fortran

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine
__all__ = ["kind"]

MASS, FLUX = [1.0, 2.0, -1.0], [0.5, 0.0, -1.0, 0.0, 0.0, 0.25]


def everything() -> fkb.ComposedLoss:
    loss = fkb.ComposedLoss({"class_name": "Huber", "config": {"delta": 0.5}})
    loss.balance(1.5, output=MASS, input=FLUX).conserve(0.5, MASS, constant=0.1)
    return loss.stay_above(2.0, MASS, FLUX, 0.3).keep_non_negative(0.7, [True, False, True])


def by_formula(x: Any, y: Any, p: Any, delta: float = 0.5) -> float:
    """The loss of `everything`, in real64."""
    mass, flux = p @ np.array(MASS), x @ np.array(FLUX)
    e = np.abs(p - y)
    huber = np.where(e <= delta, 0.5 * e**2, delta * e - 0.5 * delta**2).mean(-1)
    each = huber + 1.5 * (mass - flux) ** 2 + 0.5 * (mass - 0.1) ** 2
    each += 2.0 * np.minimum(mass + flux - 0.3, 0) ** 2
    each += 0.7 * (np.minimum(p[:, [0, 2]], 0) ** 2).sum(-1)
    return float(each.mean())


def test_python_trains_with_constraints(kind: str, tmp_path: Path) -> None:
    x, y = numbers(kind, 3)
    with converted(plain(keras), tmp_path) as net:
        predicted = net.predict(x).astype("float64")
        trainer = fkb.Trainer(net, loss=everything(), optimizer="adam")
        loss, grad = trainer.gradient(x, y)
        wanted = by_formula(x.astype("float64"), y.astype("float64"), predicted)
        assert abs(loss - wanted) <= (1e-6 if kind == "float32" else 1e-12) * wanted
        start = net.params
        step = (1e-2 if kind == "float32" else 1e-5) / np.linalg.norm(grad)
        net.params = start - step * grad
        lower = trainer.gradient(x, y)[0]
        assert abs((loss - lower) / (step * grad @ grad) - 1) <= 0.02
        history = trainer.fit(x, y, epochs=5)
        assert history[-1] < history[0]


@pytest.mark.parametrize("loss", ["composed", "SSIM", "one of two"])
def test_files_keep_losses_that_only_fkb_has(loss: str, kind: str, tmp_path: Path) -> None:
    """Text, archive and text again: the same bytes, and training goes on with the same bits."""
    ssim = {"class_name": "SSIM", "registered_name": "fkb>SSIM", "config": {"filter_size": 3}}
    if loss == "SSIM":
        model = keras.Sequential(
            [keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3, padding="same")]
        )
        x = np.random.default_rng(1).uniform(size=(48, 4, 4, 1)).astype(kind)
        y: Any = np.flip(x, 1)
        given: Any = ssim
    elif loss == "one of two":
        ends = keras.Input((6,))
        model = keras.Model(ends, [keras.layers.Dense(3)(ends), keras.layers.Dense(2)(ends)])
        x, first = numbers(kind, 3)
        y = [first, x[:, :2]]
        given = [everything(), "mse"]
    else:
        model, (x, y), given = plain(keras), numbers(kind, 3), everything()
    with converted(model, tmp_path) as net:
        trainer = fkb.Trainer(net, loss=given, optimizer="adam")
        for _ in range(3):
            trainer.step(x, y)
        net.save(tmp_path / "three.fkb")
        wanted = [trainer.step(x, y) for _ in range(3)]
    fkb.export(tmp_path / "three.fkb", tmp_path / "three.keras")
    fkb.convert(tmp_path / "three.keras", tmp_path / "again.fkb")
    assert (tmp_path / "three.fkb").read_bytes() == (tmp_path / "again.fkb").read_bytes()
    loaded = keras.models.load_model(tmp_path / "three.keras")
    assert not loaded.compiled
    with fkb.load(tmp_path / "again.fkb") as net:
        trainer = fkb.Trainer(net)
        assert [trainer.step(x, y) for _ in range(3)] == wanted
    for suffix, dialect in ((".h5", "keras3"), (".h5", "keras2"), (".keras", "keras2")):
        fkb.export(tmp_path / "three.fkb", tmp_path / f"other{suffix}", dialect=dialect)
        fkb.convert(tmp_path / f"other{suffix}", tmp_path / "other.fkb")
        with fkb.load(tmp_path / "other.fkb") as net:
            assert np.isfinite(fkb.Trainer(net).step(x, y))


def test_a_restored_optimizer_of_fkb_goes_on(tmp_path: Path) -> None:
    """Rprop's state goes through an archive of Keras, which does not compile the model."""
    x, y = numbers("float32", 3)
    with converted(plain(keras), tmp_path) as net:
        trainer = fkb.Trainer(net, loss="mse", optimizer="Rprop")
        train_fortran(trainer, x, y)
        net.save(tmp_path / "some.fkb")
        wanted = trainer.step(x, y)
    fkb.export(tmp_path / "some.fkb", tmp_path / "some.keras")
    fkb.convert(tmp_path / "some.keras", tmp_path / "again.fkb")
    assert (tmp_path / "some.fkb").read_bytes() == (tmp_path / "again.fkb").read_bytes()
    with fkb.load(tmp_path / "again.fkb") as net:
        assert fkb.Trainer(net).step(x, y) == wanted


def test_what_a_composed_loss_cannot_be_is_refused(tmp_path: Path) -> None:
    x, y = numbers("float32", 3)
    given = np.ones((4, 3), "float32")
    assert fkb.Loss(fkb.ComposedLoss("mse").conserve(2.0, MASS))(given, given) == 2.0 * 2.0**2
    wrong: list[tuple[Any, str]] = [
        (fkb.ComposedLoss("nobody"), "nobody"),
        (fkb.ComposedLoss("mse").conserve(1.0, [1.0]), "1 coefficients for 3 outputs"),
        (fkb.ComposedLoss("mse").balance(1.0, MASS, [1.0]), "1 coefficients for 6 inputs"),
        (fkb.ComposedLoss("mse").conserve(-1.0, MASS), "negative weight"),
    ]
    for change in ({"kind": "hope"}, {"kind": "conserve", "wait": 1}, "conserve"):
        loss = fkb.ComposedLoss("mse")
        loss["config"]["terms"].append(change)
        wrong.append((loss, "term 1"))
    with converted(plain(keras), tmp_path) as net:
        for loss, message in wrong:
            with pytest.raises(EngineError, match=message):
                fkb.Trainer(net, loss=loss, optimizer="sgd").step(x, y)
