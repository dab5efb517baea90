"""Image augmentation, which leaves images as they are in inference, and `AutoContrast`."""

from __future__ import annotations

from typing import Any

from ..registry import (
    BOTH,
    ONLY_KERAS2,
    ONLY_KERAS3,
    REQUIRED,
    Config,
    LayerSpec,
    Option,
    Shape,
    Shapes,
    Use,
)
from . import checks
from .options import data_format, seed
from .space import with_space

_NOTE = "In training the library refuses it, unless a file of Keras 2 says `training=False`"
# Keras 3 writes the default of the argument into every call.
_CALL = {"training": True}
_BOXES = Option("bounding_box_format", None, Use.KEPT, majors=ONLY_KERAS3, noise=True)
_GENERATOR = Option("rng_type", None, Use.KEPT, majors=ONLY_KERAS2)
_VALUE_RANGE = Option("value_range", [0, 255], Use.KEPT)
_FILL = (
    Option("fill_mode", "reflect", Use.KEPT),
    Option("fill_value", 0.0, Use.KEPT),
    Option("interpolation", "bilinear", Use.KEPT),
)


def _kept(name: str, default: Any = None, majors: frozenset[int] = BOTH) -> Option:
    return Option(name, default, Use.KEPT, majors=majors)


def _same_image(config: Config, shapes: Shapes) -> Shape:
    if len(shapes[0]) != 4:
        raise ValueError("the input must have rank 4 with the batch")
    return shapes[0]


def _idle(name: str, *options: Option, majors: frozenset[int] = ONLY_KERAS3) -> LayerSpec:
    """Return a class that does something in training only."""
    return LayerSpec(
        name,
        options=(*options, seed(), data_format(ONLY_KERAS3), _BOXES, _GENERATOR),
        output=_same_image,
        majors=majors,
        call_options=_CALL,
        trains=False,
        note=_NOTE,
    )


_FACTOR = _kept("factor", REQUIRED)
_COLOURS = (_FACTOR, _VALUE_RANGE)

SPECS: tuple[LayerSpec, ...] = (
    LayerSpec(
        "RandomCrop",
        options=(
            Option("height", REQUIRED, check=checks.positive),
            Option("width", REQUIRED, check=checks.positive),
            *(seed(), data_format(ONLY_KERAS3), _BOXES, _GENERATOR),
        ),
        output=with_space(2, lambda config, sizes: [config["height"], config["width"]]),
        call_options=_CALL,
        trains=False,
        note="In inference Keras 2 resizes, Keras 3 leaves the image as it is. " + _NOTE,
        changed="RandomCrop is another function in Keras 2, which resizes in inference, than in "
        "Keras 3, which does nothing then: use CenterCrop or Resizing",
    ),
    _idle("RandomFlip", _kept("mode", "horizontal_and_vertical"), majors=BOTH),
    _idle("RandomRotation", _FACTOR, *_FILL, majors=BOTH),
    _idle(
        "RandomTranslation",
        _kept("height_factor", REQUIRED),
        _kept("width_factor", REQUIRED),
        *_FILL,
        majors=BOTH,
    ),
    _idle(
        "RandomZoom", _kept("height_factor", REQUIRED), _kept("width_factor"), *_FILL, majors=BOTH
    ),
    _idle("RandomContrast", _FACTOR, _kept("value_range", [0, 255], ONLY_KERAS3), majors=BOTH),
    _idle("RandomBrightness", *_COLOURS, majors=BOTH),
    _idle("RandomHeight", _FACTOR, _kept("interpolation", "bilinear"), majors=ONLY_KERAS2),
    _idle("RandomWidth", _FACTOR, _kept("interpolation", "bilinear"), majors=ONLY_KERAS2),
    _idle("RandomShear", _kept("x_factor", 0.0), _kept("y_factor", 0.0), *_FILL),
    _idle("RandomPerspective", _kept("factor", 1.0), _kept("scale", 1.0), *_FILL[1:]),
    _idle(
        "RandomElasticTransform",
        *(_kept("factor", 1.0), _kept("scale", 1.0), *_FILL, _VALUE_RANGE),
    ),
    _idle("RandomHue", *_COLOURS),
    _idle("RandomSaturation", *_COLOURS),
    _idle("RandomSharpness", *_COLOURS),
    _idle("RandomPosterization", *_COLOURS),
    _idle("RandomColorDegeneration", *_COLOURS),
    _idle("RandomGrayscale", _kept("factor", 0.5)),
    _idle("RandomInvert", _kept("factor", 1.0), _VALUE_RANGE),
    _idle(
        "RandomGaussianBlur",
        *(_kept("factor", 1.0), _kept("kernel_size", 3), _kept("sigma", 1.0), _VALUE_RANGE),
    ),
    _idle(
        "RandomErasing",
        *(_kept("factor", 1.0), _kept("scale", [0.02, 0.33]), _kept("fill_value"), _VALUE_RANGE),
    ),
    _idle(
        "RandomColorJitter",
        _VALUE_RANGE,
        *(_kept(f"{part}_factor") for part in ("brightness", "contrast", "saturation", "hue")),
    ),
    _idle(
        "Solarization", _kept("addition_factor", 0.0), _kept("threshold_factor", 0.0), _VALUE_RANGE
    ),
    _idle(
        "RandAugment",
        *(_VALUE_RANGE, _kept("num_ops", 2), _kept("factor", 0.5), _FILL[2]),
    ),
    _idle(
        "AugMix",
        *(_VALUE_RANGE, _kept("num_chains", 3), _kept("chain_depth", 3), _kept("factor", 0.3)),
        *(_kept("alpha", 1.0), _kept("all_ops", True), _FILL[2]),
    ),
    _idle("MixUp", _kept("alpha", 0.2)),
    _idle("CutMix", _kept("factor", 1.0)),
    LayerSpec(
        "MaxNumBoundingBoxes",
        options=(_kept("max_number", REQUIRED), _kept("fill_value", -1), data_format(), _BOXES),
        output=_same_image,
        majors=ONLY_KERAS3,
        call_options=_CALL,
    ),
    LayerSpec(
        "AutoContrast",
        options=(
            Option("value_range", [0, 255], check=checks.pair_of_numbers),
            data_format(),
            _BOXES,
        ),
        output=_same_image,
        majors=ONLY_KERAS3,
        call_options=_CALL,
    ),
)
