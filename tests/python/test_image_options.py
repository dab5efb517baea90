"""Options of layers with axes of space: what is refused, and what it is called."""

from __future__ import annotations

from typing import Any

import pytest
from fkb.errors import UnsupportedError
from fkb.graph import Layer
from fkb.keras_config import Reading, read_model
from fkb.keras_shapes import infer_shapes


def entry(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": name, **config}}


def read(layer: dict[str, Any], shape: list[int | None]) -> Layer:
    start = entry("InputLayer", "in", batch_shape=shape)
    config = {"name": "m", "layers": [start, layer]}
    reading = Reading("3.15.1")
    model = read_model({"class_name": "Sequential", "config": config}, reading)
    infer_shapes(model, reading.report)
    reading.report.raise_if_any()
    return model


IMAGE: list[int | None] = [None, 5, 4, 2]


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (entry("MaxPooling2D", "x", pool_size=0), "pool_size"),
        (entry("MaxPooling2D", "x", pool_size=[2, 2, 2]), "pool_size"),
        (entry("MaxPooling2D", "x", pool_size=6), "larger than the axis"),
        (entry("MaxPooling2D", "x", padding="causal"), "padding"),
        (entry("MaxPooling3D", "x"), "rank 5"),
        (entry("AveragePooling2D", "x", strides=[1, 0]), "strides"),
        (entry("AdaptiveMaxPooling2D", "x"), "output_size"),
        (entry("GlobalMaxPooling2D", "x", keepdims=1), "keepdims"),
        (entry("GlobalMaxPooling2D", "x", data_format="channels"), "data_format"),
        (entry("ZeroPadding2D", "x", padding=[[1, 2], [3]]), None),
        (entry("ZeroPadding2D", "x", padding=[1, 2, 3]), "padding"),
        (entry("ZeroPadding2D", "x", padding=-1), "padding"),
        (entry("Cropping2D", "x", cropping=[[3, 2], [0, 0]]), "leaves nothing"),
        (entry("UpSampling2D", "x", interpolation="sinc"), "interpolation"),
        (entry("Resizing", "x", height=3), "width"),
        (
            entry("Resizing", "x", height=3, width=0),
            "width",
        ),
        (
            entry(
                "Resizing",
                "x",
                height=3,
                width=2,
                crop_to_aspect_ratio=True,
                pad_to_aspect_ratio=True,
            ),
            "pad_to_aspect_ratio",
        ),
        (entry("Resizing", "x", height=3, width=2, fill_mode="wrap"), "fill_mode"),
        (entry("AutoContrast", "x", value_range=[1, 1]), "value_range"),
        (entry("RandomFlip", "x", colour="red"), "colour"),
        (entry("Equalization", "x"), "Keras 3 itself cannot build"),
        (entry("ContrastLimitedAdaptiveHistogramEqualization", "x"), "histograms"),
        (entry("Pipeline", "x", layers=[]), "one after the other"),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) else str(value),
)
def test_what_has_no_meaning_is_refused_with_its_name(layer: Any, told: str | None) -> None:
    if told is None:
        read(layer, IMAGE)
        return
    with pytest.raises(UnsupportedError, match=told):
        read(layer, IMAGE)


def test_short_names_of_classes_are_those_that_keras_writes() -> None:
    for short, long in (
        ("MaxPool2D", "MaxPooling2D"),
        ("AvgPool2D", "AveragePooling2D"),
        ("GlobalMaxPool2D", "GlobalMaxPooling2D"),
        ("GlobalAvgPool2D", "GlobalAveragePooling2D"),
    ):
        assert read(entry(short, "x"), IMAGE).children[1].class_name == long
