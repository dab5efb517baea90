"""Normalisation beyond batch and layer statistics, and masking."""

from __future__ import annotations

from typing import Any

from zoo_cases import CASES, KERAS2, KERAS3, Case, graph, layer


def _group(**options: Any) -> Any:
    return lambda k: k.layers.GroupNormalization(name="gn", **options)


layer("group normalization", (2, 3, 6), _group(groups=3))
layer("group normalization of single channels", (5, 4), _group(groups=-1))
layer("group normalization of all channels", (5, 4), _group(groups=1, epsilon=0.01))
layer("group normalization of axis 1", (4, 3, 2), _group(groups=2, axis=1))
layer("group normalization of axis 2", (2, 6, 3), _group(groups=3, axis=2, center=False))
layer("group normalization of axis -2", (2, 6, 3), _group(groups=2, axis=-2), KERAS3, portable=True)
layer("group normalization of rank 2", (6,), _group(groups=2, scale=False))
layer("group normalization of rank 5", (2, 3, 2, 4), _group(groups=2, center=False, scale=False))


def _rms(**options: Any) -> Any:
    return lambda k: k.layers.RMSNormalization(name="rms", **options)


layer("rms normalization", (3, 5), _rms(), KERAS3)
layer("rms normalization with epsilon", (5,), _rms(epsilon=0.25), KERAS3)
layer("rms normalization of two axes", (2, 3, 4), _rms(axis=[2, 3]), KERAS3)
layer("rms normalization of an equal axis", (3, 3), _rms(axis=1), KERAS3)
layer("rms normalization of all axes", (2, 3), _rms(axis=(-1, -2)), KERAS3)


def _unit(axis: Any) -> Any:
    return lambda k: k.layers.UnitNormalization(axis=axis, name="unit")


layer("unit normalization", (3, 5), _unit(-1))
layer("unit normalization of axis 1", (3, 5), _unit(1))
layer("unit normalization of a list", (2, 3, 4), _unit([1, 3]))
layer("masking layer", (5, 3), lambda k: k.layers.Masking(name="masking"))
layer("masking layer with a value", (5, 1), lambda k: k.layers.Masking(-1.5, name="masking"))


@graph("masking layer behind a rectifier")
def _masking(k: Any) -> Any:
    inputs = k.Input((6, 2), name="in")
    rows = k.layers.ReLU(name="relu")(inputs)
    masked = k.layers.Masking(0.0, name="masking")(rows)
    return k.Model(inputs, k.layers.Rescaling(2.0, offset=0.5, name="scale")(masked), name="model")


@graph("embedding with a mask")
def _embedding(k: Any) -> Any:
    inputs = k.Input((4,), dtype="int32", name="in")
    table = k.layers.Embedding(7, 3, mask_zero=True, name="table")
    return k.Model(inputs, table(inputs), name="model")


def _batch(**options: Any) -> Any:
    return lambda k: k.layers.BatchNormalization(name="bn", **options)


layer("batch normalization of rank 4", (2, 3, 4), _batch())
layer("batch normalization of rank 5", (2, 2, 3, 2), _batch())
layer("batch normalization of axis 1, rank 4", (4, 3, 2), _batch(axis=1))
layer("batch normalization of axis 2, rank 5", (2, 4, 3, 2), _batch(axis=2))
layer("batch normalization of axis -2", (4, 3), _batch(axis=-2))
layer("batch normalization, renorm", (4, 3), _batch(renorm=True))
layer(
    "batch normalization of axis 1, renorm with bounds",
    (4, 3, 2),
    _batch(axis=1, renorm=True, renorm_clipping={"rmax": 2.0, "dmax": 3.0}, renorm_momentum=0.8),
)
layer("batch normalization of a list", (4, 3), _batch(axis=[1]), KERAS2, portable=True)
layer("batch normalization, synchronized", (4, 3), _batch(synchronized=True))


def _layer(**options: Any) -> Any:
    return lambda k: k.layers.LayerNormalization(name="ln", **options)


layer("layer normalization of a list", (4, 3), _layer(axis=[-1]))
layer("layer normalization of axes 1 and 3", (2, 4, 3), _layer(axis=[1, 3]))
layer("layer normalization of axis -2", (2, 4, 3), _layer(axis=-2, epsilon=0.125))
layer("layer normalization of all axes", (2, 4, 3), _layer(axis=[1, 2, 3], scale=False))
layer("layer normalization, rms_scaling", (2, 5), _layer(rms_scaling=True), KERAS3)
layer("layer normalization, rms_scaling, axis 1", (5, 2), _layer(axis=1, rms_scaling=True), KERAS3)


def _statistics(**options: Any) -> Any:
    return lambda k: k.layers.Normalization(name="norm", **options)


layer("normalization of axes 1 and 3", (2, 4, 3), _statistics(axis=[1, 3]))
layer("normalization of axes, inverted", (4, 3), _statistics(axis=(1, 2), invert=True))
layer("normalization of no axis, inverted", (4, 3), _statistics(axis=None, invert=True))
layer(
    "normalization of no axis with numbers",
    (4, 3),
    _statistics(axis=None, mean=1.5, variance=0.25, invert=True),
)


def _masked_batch(shape: tuple[int, ...], **options: Any) -> Any:
    def build(k: Any) -> Any:
        inputs, mask = k.Input(shape, name="in"), k.Input(shape[:-1], dtype="bool", name="keep")
        normal = k.layers.BatchNormalization(name="bn", **options)(inputs, mask=mask)
        return k.Model([inputs, mask], normal, name="model")

    return build


_WIDE = (3, 4, 2)
CASES.append(Case("batch normalization of a mask", _masked_batch((5, 3))))
CASES.append(Case("batch normalization of a mask, axis 1", _masked_batch((5, 3), axis=1)))
CASES.append(
    Case(
        "batch normalization of a mask of axes",
        _masked_batch((3, 4, 2), axis=2),
        KERAS3,
        portable=True,
    )
)
CASES.append(
    Case("batch normalization of a mask, fused", _masked_batch(_WIDE), KERAS2, portable=True)
)
