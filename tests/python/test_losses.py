"""Losses of the Fortran library on arrays: values and gradients against Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import EngineError

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

# Of the scale of value and gradient.
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


@pytest.fixture(params=["float32", "float64"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    keras.config.set_floatx(request.param)
    tf_keras.backend.set_floatx(request.param)
    yield str(request.param)
    keras.config.set_floatx("float32")
    tf_keras.backend.set_floatx("float32")


def make_data(
    targets: str, shape: tuple[int, ...], generator: np.random.Generator
) -> tuple[Any, Any]:
    """Return targets and predictions of a batch."""
    predicted = generator.standard_normal(shape)
    labels = generator.integers(shape[-1], size=shape[:-1])
    inside = generator.uniform(0.02, 0.98, shape)
    classes = inside / inside.sum(-1, keepdims=True)
    data: dict[str, tuple[Any, Any]] = {
        "numbers": (generator.standard_normal(shape), predicted),
        "positive": (generator.uniform(0, 3, shape), generator.uniform(0, 3, shape)),
        "logarithms": (generator.standard_normal(shape), predicted),
        "signs": (generator.choice([-1.0, 1.0], shape), predicted),
        "three signs": (generator.choice([-1.0, 0.0, 1.0], shape), predicted),
        "binary": (generator.integers(2, size=shape), inside),
        "binary logits": (generator.integers(2, size=shape), predicted),
        "soft": (generator.uniform(0, 1, shape), inside),
        "classes": (np.eye(shape[-1])[labels], classes),
        "unnormalised": (np.eye(shape[-1])[labels], inside),
        "class logits": (np.eye(shape[-1])[labels], 3 * predicted),
        "labels": (labels, classes),
        "label logits": (labels, 3 * predicted),
        "distributions": (np.roll(classes, 1, axis=0), classes),
        "edges": (
            generator.integers(2, size=shape),
            generator.choice([0.0, 0.25, 1.0, -0.5, 1.5], shape),
        ),
        "zeros": (np.zeros(shape), np.where(generator.uniform(size=shape) < 0.5, 0, predicted)),
        "equal": (predicted, predicted),
    }
    return data[targets]


Case = tuple[str, dict[str, Any], str]
LOSSES: list[Case] = [
    ("MeanSquaredError", {}, "numbers"),
    ("MeanAbsoluteError", {}, "numbers"),
    ("MeanAbsoluteError", {}, "equal"),
    ("MeanAbsolutePercentageError", {}, "numbers"),
    ("MeanAbsolutePercentageError", {}, "zeros"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("MeanSquaredLogarithmicError", {}, "logarithms"),
    ("Huber", {"delta": 0.7}, "numbers"),
    ("LogCosh", {}, "numbers"),
    ("CosineSimilarity", {}, "numbers"),
    ("CosineSimilarity", {}, "zeros"),
    ("Poisson", {}, "positive"),
    ("KLDivergence", {}, "distributions"),
    ("KLDivergence", {}, "edges"),
    ("Hinge", {}, "signs"),
    ("Hinge", {}, "three signs"),
    ("Hinge", {}, "binary logits"),
    ("SquaredHinge", {}, "signs"),
    ("SquaredHinge", {}, "binary logits"),
    ("CategoricalHinge", {}, "class logits"),
    ("CategoricalHinge", {}, "classes"),
    ("CategoricalHinge", {}, "zeros"),
    ("BinaryCrossentropy", {}, "binary"),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, "binary"),
    ("BinaryCrossentropy", {"from_logits": True}, "binary logits"),
    ("BinaryCrossentropy", {}, "soft"),
    ("BinaryCrossentropy", {}, "edges"),
    ("BinaryFocalCrossentropy", {}, "binary"),
    ("BinaryFocalCrossentropy", {"gamma": 1.5, "label_smoothing": 0.1}, "soft"),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.3, "from_logits": True},
        "binary logits",
    ),
    ("CategoricalCrossentropy", {}, "classes"),
    ("CategoricalCrossentropy", {}, "unnormalised"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "class logits"),
    ("CategoricalFocalCrossentropy", {}, "classes"),
    ("CategoricalFocalCrossentropy", {"gamma": 3.0, "label_smoothing": 0.1}, "unnormalised"),
    ("CategoricalFocalCrossentropy", {"alpha": 0.6, "from_logits": True}, "class logits"),
    ("SparseCategoricalCrossentropy", {}, "labels"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "label logits"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "labels"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2, "from_logits": True}, "label logits"),
]
KERAS_3: list[Case] = [
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.5, 0.4, 1.0, 0.2, 0.7]}, "classes"),
    ("Dice", {}, "soft"),
    ("Dice", {"axis": -1}, "soft"),
    ("Dice", {"axis": [0, -1]}, "soft"),
    ("Dice", {"axis": [0]}, "binary"),
    ("Tversky", {"alpha": 0.3, "beta": 0.9}, "soft"),
    ("Tversky", {"axis": [-1]}, "binary"),
]
SHAPES = [(7, 6), (5, 4, 6), (3, 2, 4, 6)]


def assert_same(mine: Any, theirs: Any, tolerance: float, message: str, unit: float = 1e-3) -> None:
    wanted = np.asarray(theirs, dtype=np.float64)
    given = np.asarray(mine, dtype=np.float64)
    assert given.shape == wanted.shape, message
    assert np.all(np.isfinite(wanted)), message
    scale = max(float(np.max(np.abs(wanted))), unit)
    difference = float(np.max(np.abs(given - wanted))) / scale
    assert difference <= tolerance, f"{message}: off by {difference:.2e}"


def keras_gradient(loss: Any, y: Any, p: Any, w: Any, *, traced: bool = False) -> tuple[float, Any]:
    def evaluate(targets: Any, predicted: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(predicted)
            value = loss(targets, predicted, sample_weight=w)
        return value, tape.gradient(value, predicted)

    run = tf.function(evaluate) if traced else evaluate
    value, grad = run(tf.constant(y), tf.constant(p))
    return float(value), grad.numpy()


def scale_of_terms(loss: Any, y: Any, p: Any, reduction: str) -> float:
    """Return what the values of all positions add up to without their signs."""
    terms = np.abs(np.asarray(loss(tf.constant(y), tf.constant(p))))
    return max(float(terms.sum() if reduction == "sum" else terms.mean()), 1e-3)


def compare(
    k: Any, case: Case, shape: tuple[int, ...], weights: str | None, reduction: str, kind: str
) -> None:
    name, options, targets = case
    generator = np.random.default_rng(len(name) + len(shape))
    y, p = (np.asarray(array).astype(kind) for array in make_data(targets, shape, generator))
    w = None
    if weights is not None:
        places = shape[:1] if weights == "samples" else shape[:-1]
        w = generator.uniform(0, 2, places).astype(kind)
        w[0] = 0
        if weights == "samples":
            w = w.reshape([-1, *[1] * (len(shape) - 2)])
    theirs = getattr(k.losses, name)(**options, reduction=reduction)
    config = {"reduction": reduction, **options}
    mine = fkb.Loss({"class_name": name, "config": config}, 2 if k is tf_keras else 3)
    # The graph of Keras 2 adds its epsilon to the 1 in 1 - p.
    value, grad = keras_gradient(theirs, y, p, w, traced=k is tf_keras and targets == "edges")
    unit = scale_of_terms(getattr(k.losses, name)(**options, reduction="none"), y, p, reduction)
    given = None if w is None else w.reshape([shape[0], -1])
    my_value, my_grad = mine.gradient(y, p, given)
    message = f"{name} {options} {targets} {shape}"
    assert_same(my_value, value, TOLERANCE[kind], message, unit)
    assert_same(my_grad, grad, TOLERANCE[kind], f"gradient of {message}")


@pytest.mark.parametrize("weights", [None, "samples", "positions"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("case", LOSSES, ids=str)
@pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
def test_losses_are_those_of_keras(
    k: Any, case: Case, shape: tuple[int, ...], weights: str | None, kind: str
) -> None:
    compare(k, case, shape, weights, "sum_over_batch_size", kind)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
@pytest.mark.parametrize("case", KERAS_3, ids=str)
def test_losses_of_keras_3_alone(
    case: Case, shape: tuple[int, ...], reduction: str, kind: str
) -> None:
    compare(keras, case, shape, None, reduction, kind)


@pytest.mark.parametrize("reduction", ["sum", "mean", "mean_with_sample_weight"])
@pytest.mark.parametrize("case", [*LOSSES[::3], ("Dice", {}, "soft")], ids=str)
def test_reductions_are_those_of_keras(case: Case, reduction: str, kind: str) -> None:
    for shape in SHAPES[:2]:
        weights = "positions" if case[0] != "Dice" or len(shape) == 2 else None
        compare(keras, case, shape, weights, reduction, kind)


@pytest.mark.parametrize("reduction", ["sum", "mean", "mean_with_sample_weight"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("options", [{}, {"gamma": 2.0, "margin": 0.3, "remove_diagonal": False}])
def test_the_circle_loss_is_that_of_keras(
    options: dict[str, Any], weighted: bool, reduction: str, kind: str
) -> None:
    generator = np.random.default_rng(5)
    p = generator.standard_normal((9, 4))
    p = (p / np.linalg.norm(p, axis=-1, keepdims=True)).astype(kind)
    y = np.array([0, 1, 2, 0, 1, 2, 2, 2, 1]).astype(kind)
    w = generator.uniform(0.2, 2, 9).astype(kind) if weighted else None
    theirs = keras.losses.Circle(**options, reduction=reduction)
    mine = fkb.Loss({"class_name": "Circle", "config": options | {"reduction": reduction}})
    value, grad = keras_gradient(theirs, y, p, w)
    my_value, my_grad = mine.gradient(y, p, w)
    # Exponents of up to gamma: roundings of real32 count gamma times.
    tolerance = TOLERANCE[kind] * max(1.0, options.get("gamma", 80.0) / 8)
    assert_same(my_value, value, tolerance, "value")
    assert_same(my_grad, grad, tolerance, "gradient")


def test_a_sample_without_companions_is_left_out_of_the_circle_loss(kind: str) -> None:
    generator = np.random.default_rng(6)
    p = generator.standard_normal((5, 3)).astype(kind)
    p /= np.linalg.norm(p, axis=-1, keepdims=True)
    y = np.array([0, 1, 0, 1, 7]).astype(kind)
    value = float(keras.losses.Circle(gamma=2.0)(y, p))
    loss = fkb.Loss({"class_name": "Circle", "config": {"gamma": 2.0}})
    my_value, grad = loss.gradient(y, p)
    assert_same(my_value, value, TOLERANCE[kind], "value")
    assert np.all(np.isfinite(grad))


@pytest.mark.parametrize("q", [0.2, 0.5])
def test_the_generalized_crossentropy_is_that_of_keras(q: float, kind: str) -> None:
    generator = np.random.default_rng(7)
    y, p = make_data("labels", (8, 5), generator)
    theirs = keras.losses.CategoricalGeneralizedCrossEntropy(q=q)
    mine = fkb.Loss({"class_name": "CategoricalGeneralizedCrossEntropy", "config": {"q": q}})
    value, grad = keras_gradient(theirs, y, p.astype(kind), None)
    my_value, my_grad = mine.gradient(y, p.astype(kind))
    assert_same(my_value, value, TOLERANCE[kind], "value")
    assert_same(my_grad, grad, TOLERANCE[kind], "gradient")


@pytest.mark.parametrize("name", ["mape", "MSLE", "kld", "kullback_leibler_divergence", "logcosh"])
def test_aliases_are_known(name: str) -> None:
    y, p = np.array([[0.5, 1.0]]), np.array([[0.25, 0.75]])
    assert fkb.Loss(name)(y, p) > 0


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ("crossentropy", "shape of the targets"),
        ({"class_name": "CosineSimilarity", "config": {"axis": 1}}, "axis"),
        ({"class_name": "CategoricalGeneralizedCrossEntropy", "config": {"q": 1.0}}, '"q"'),
        ({"class_name": "Dice", "config": {"axis": [3]}}, "axis"),
        ({"class_name": "CategoricalFocalCrossentropy", "config": {"alpha": [1.0]}}, "alpha"),
    ],
)
def test_what_has_no_meaning_is_refused(config: Any, word: str) -> None:
    with pytest.raises(EngineError, match=word):
        fkb.Loss(config)(np.ones((2, 2)), np.ones((2, 2)))


def test_weights_that_fit_no_value_are_refused() -> None:
    loss = fkb.Loss({"class_name": "Dice", "config": {"axis": [1]}})
    with pytest.raises(EngineError, match="sample weights"):
        loss(np.ones((2, 3, 4)), np.ones((2, 3, 4)), np.ones((2, 3)))
