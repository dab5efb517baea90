"""The loss CTC: against Keras, against sums over all paths, and in training."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import EngineError, UnsupportedError
from test_training import BATCH, compiled, converted, kind, same_weights, train_fortran, train_keras

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

pytestmark = needs.with_engine
__all__ = ["kind"]

CASES = {
    "short": [[1, 2, 0, 0], [3, 0, 0, 0], [4, 4, 2, 0]],
    "full": [[1, 2, 3, 4], [1, 1, 1, 1], [2, 1, 2, 1]],
    "nothing": [[0, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]],
}


def logits(steps: int, kind: str, seed: int = 3, classes: int = 5) -> Any:
    return (2 * np.random.default_rng(seed).standard_normal((3, steps, classes))).astype(kind)


def of_keras(labels: Any, given: Any, weights: Any, reduction: str) -> tuple[float, Any]:
    mean = keras.losses.CTC(reduction=reduction, dtype=given.dtype.name)
    x = tf.constant(given)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = mean(tf.constant(labels), x, sample_weight=weights)
    return float(value), tape.gradient(value, x).numpy()


def path_loss(labels: list[int], given: Any) -> float:
    """-log of the summed probability of all paths that spell the labels."""
    steps, classes = given.shape
    p = np.exp(given - given.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    total = 0.0
    for path in itertools.product(range(classes), repeat=steps):
        spelt = [k for k, _ in itertools.groupby(path) if k]
        if spelt == labels:
            total += float(np.prod(p[np.arange(steps), path]))
    return -np.log(total)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("steps", [1, 12])
@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient_are_those_of_keras(
    case: str, steps: int, weighted: bool, reduction: str, kind: str
) -> None:
    """Keras computes in real32 in both kinds; labels that no path spells have a value too."""
    labels = np.array(CASES[case], kind)
    given = logits(steps, kind)
    weights = np.array([0.5, 2.0, 1.0], kind) if weighted else None
    if reduction == "mean_with_sample_weight" and not weighted:
        pytest.skip("Keras divides by weights only where there are some")
    value, slope = of_keras(labels, given, weights, reduction)
    loss = fkb.Loss({"class_name": "CTC", "config": {"reduction": reduction}})
    mine, grad = loss.gradient(labels, given, weights)
    assert abs(mine - value) <= 2e-6 * abs(value)
    # Where no path spells the labels, Keras's logarithms are near 707: 6e-5 in real32.
    bound = 1e-4 if value > 100 else 1e-5
    assert np.max(np.abs(grad - slope)) <= bound * np.max(np.abs(slope))


@pytest.mark.parametrize("labels", [[1, 2], [2, 2], [1], [], [1, 2, 1]])
def test_the_value_is_the_sum_over_all_paths(labels: list[int]) -> None:
    given = logits(5, "float64", 8, 3)[:1]
    target = np.zeros((1, 4))
    target[0, : len(labels)] = labels
    value, grad = fkb.Loss("ctc").gradient(target, given)
    assert abs(value - path_loss(labels, given[0])) <= 1e-12 * abs(value)
    h = 1e-5
    for at in np.ndindex(given.shape[1:]):
        moved = [given[0].copy(), given[0].copy()]
        moved[0][at] += h
        moved[1][at] -= h
        wanted = (path_loss(labels, moved[0]) - path_loss(labels, moved[1])) / (2 * h)
        assert abs(grad[0][at] - wanted) <= 1e-8


def reader(k: Any) -> Any:
    return k.Sequential(
        [k.Input((12, 6)), k.layers.LSTM(9, return_sequences=True), k.layers.Dense(5)]
    )


def samples(kind: str, n: int = 3 * BATCH) -> tuple[Any, Any]:
    generator = np.random.default_rng(5)
    labels = generator.integers(1, 5, (n, 4))
    labels *= np.arange(4) < generator.integers(0, 5, (n, 1))
    return generator.standard_normal((n, 12, 6)).astype(kind), labels.astype(kind)


@pytest.mark.parametrize("weighted", [False, True])
def test_training_equals_that_of_keras(weighted: bool, kind: str, tmp_path: Path) -> None:
    """The targets are shorter than the output; Keras's loss is one of real32."""
    model = compiled(reader(keras), keras.optimizers.SGD(0.05), keras.losses.CTC())
    x, y = samples(kind)
    w = np.random.default_rng(6).uniform(0, 2, len(x)).astype(kind) if weighted else None
    with converted(model, tmp_path) as net:
        trainer = fkb.Trainer(net)
        mine = train_fortran(trainer, x, y, w)
        theirs = train_keras(model, x, y, w)
        np.testing.assert_allclose(mine, theirs, rtol=1e-5)
        same_weights(net, model, 2e-5)
        assert abs(trainer.evaluate(x, y)["loss"] - model.evaluate(x, y, verbose=0)) <= 1e-3
        net.save(tmp_path / "learned.fkb")
    fkb.export(tmp_path / "learned.fkb", tmp_path / "learned.keras")
    again = keras.models.load_model(tmp_path / "learned.keras")
    assert isinstance(again.loss, keras.losses.CTC)
    with pytest.raises(UnsupportedError, match="CTC, which does not exist in Keras 2"):
        fkb.export(tmp_path / "learned.fkb", tmp_path / "old.keras", dialect="keras2")


def test_fit_takes_targets_of_any_width(tmp_path: Path) -> None:
    x, y = samples("float64")
    with converted(reader(keras), tmp_path) as net:
        trainer = fkb.Trainer(net, loss="ctc", optimizer="adam")
        history = trainer.fit(x, y, epochs=3, batch_size=10, validation_split=0.2)
        assert history[-1] < history[0]
        wide = trainer.fit(x, np.pad(y, ((0, 0), (0, 3))), epochs=1)
        assert np.isfinite(wide[0])


def test_targets_without_meaning_are_refused() -> None:
    given = logits(6, "float64")
    loss = fkb.Loss("ctc")
    with pytest.raises(EngineError, match="between 0 and 4"):
        loss(np.array([[5, 0], [1, 0], [1, 0]]), given)
    with pytest.raises(EngineError, match="between 0 and 4"):
        loss(np.array([[1, -1], [1, 0], [1, 0]]), given)
    with pytest.raises(EngineError, match="behind a 0"):
        loss(np.array([[0, 1], [1, 0], [1, 0]]), given)
    with pytest.raises(EngineError, match="shape"):
        loss(np.ones((3, 2)), given[:, :, 0])
