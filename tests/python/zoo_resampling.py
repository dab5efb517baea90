"""Models of layers that pad, crop and resize, and of image augmentation."""

from __future__ import annotations

from typing import Any

from zoo_cases import BOTH, KERAS2, KERAS3, graph, layer

_SPACE = {1: (7,), 2: (5, 7), 3: (3, 4, 5)}


def _add(
    told: str,
    name: str,
    space: tuple[int | None, ...],
    majors: frozenset[int] = BOTH,
    single: bool = False,
    gradient: bool = True,
    **options: Any,
) -> None:
    def make(k: Any) -> Any:
        return getattr(k.layers, name)(**options, name="image")

    shape = (2, *space) if options.get("data_format") == "channels_first" else (*space, 2)
    layer(f"{name} {told}".strip().lower(), shape, make, majors, single=single, gradient=gradient)


for _axes in (1, 2, 3):
    _space = _SPACE[_axes]
    _add("", f"ZeroPadding{_axes}D", _space)
    _add("by two", f"ZeroPadding{_axes}D", _space, padding=2)
    _add("", f"Cropping{_axes}D", _space)
    _add("", f"UpSampling{_axes}D", _space)
    _add("by three", f"UpSampling{_axes}D", _space, size=3)
_add("by sides", "ZeroPadding1D", (4,), padding=(0, 3))
_add("by axes", "ZeroPadding2D", (3, 4), padding=(2, 1))
_add("by sides", "ZeroPadding2D", (3, 4), padding=((0, 1), (2, 3)))
_add("by sides", "ZeroPadding3D", (2, 3, 2), padding=((0, 1), (2, 3), (1, 0)))
_add("of open sizes", "ZeroPadding2D", (None, None))
_add("by sides", "Cropping1D", (7,), cropping=(0, 2))
_add("by axes", "Cropping2D", (5, 7), cropping=(1, 2))
_add("by sides", "Cropping2D", (5, 7), cropping=((0, 1), (3, 0)))
_add("by sides", "Cropping3D", (3, 4, 5), cropping=((0, 1), (2, 1), (1, 0)))
_add("by unlike factors", "UpSampling2D", (3, 4), size=(3, 2))
_add("by unlike factors", "UpSampling3D", (3, 4, 2), size=(1, 2, 3))
_add("of open sizes", "UpSampling2D", (None, None), size=(3, 2))

_first = {"data_format": "channels_first"}
_add("of channels first", "ZeroPadding1D", (4,), KERAS3, padding=(0, 3), **_first)
_add("of channels first", "ZeroPadding2D", (3, 4), padding=((0, 1), (2, 3)), **_first)
_add("of channels first", "ZeroPadding3D", (2, 3, 2), padding=((0, 1), (2, 3), (1, 0)), **_first)
_add("of channels first", "Cropping2D", (5, 7), cropping=((0, 1), (3, 0)), **_first)
_add("of channels first", "Cropping3D", (3, 4, 5), cropping=((0, 1), (2, 1), (1, 0)), **_first)
_add("of channels first", "UpSampling2D", (3, 4), size=(3, 2), **_first)
_add("of channels first", "UpSampling3D", (3, 4, 2), size=(1, 2, 3), **_first)
_add("of channels first", "Resizing", (5, 4), KERAS3, single=True, height=3, width=7, **_first)
_add("of channels first", "CenterCrop", (5, 4), KERAS3, height=3, width=2, **_first)

_COMMON = ("bilinear", "bicubic", "area", "lanczos3", "lanczos5")
for _method in (*_COMMON, "gaussian", "mitchellcubic"):
    _options = {
        "interpolation": _method,
        "majors": BOTH if _method in _COMMON else KERAS2,
        "single": True,
        "gradient": _method != "area",
    }
    _add(f"with {_method}", "UpSampling2D", (3, 4), size=(2, 3), **_options)
    _add(f"enlarging with {_method}", "Resizing", (5, 4), height=7, width=13, **_options)
    _add(f"reducing with {_method}", "Resizing", (11, 9), height=4, width=5, **_options)
    _add(f"keeping one axis with {_method}", "Resizing", (6, 5), height=6, width=3, **_options)
    _options["crop_to_aspect_ratio"] = True
    _add(f"cutting with {_method}", "Resizing", (6, 9), height=4, width=3, **_options)
    if _method not in _COMMON:
        continue
    del _options["crop_to_aspect_ratio"]
    _options |= {"majors": KERAS3, "antialias": True}
    _add(f"smoothly reducing with {_method}", "Resizing", (13, 9), height=4, width=5, **_options)
    _add(f"smoothly enlarging with {_method}", "Resizing", (5, 3), height=7, width=8, **_options)
    _options |= {"antialias": False, "pad_to_aspect_ratio": True, "fill_value": 0.75}
    _add(f"padding with {_method}", "Resizing", (6, 9), height=4, width=3, **_options)
_add("enlarging with nearest", "Resizing", (5, 4), height=7, width=13, interpolation="nearest")
_add("reducing with nearest", "Resizing", (11, 9), height=4, width=5, interpolation="nearest")
_add(
    "to the same size", "Resizing", (4, 5), single=True, height=4, width=5, interpolation="bicubic"
)
_add(
    "padding with nearest",
    "Resizing",
    (4, 7),
    KERAS3,
    height=5,
    width=3,
    interpolation="nearest",
    pad_to_aspect_ratio=True,
)
_add("of open sizes", "Resizing", (None, None), single=True, height=5, width=3)
_add("", "CenterCrop", (7, 6), height=4, width=3)
_add("of a small image", "CenterCrop", (4, 7), single=True, height=6, width=3)

# In inference these are the identity; "random" tells the tests to leave training alone. Some of
# Keras 2 fail in real64.
_AUGMENTATIONS: dict[str, dict[str, Any]] = {
    "RandomFlip": {"mode": "horizontal"},
    "RandomRotation": {"factor": 0.25, "fill_mode": "constant", "fill_value": 0.5},
    "RandomTranslation": {"height_factor": 0.25, "width_factor": (-0.25, 0.5), "seed": 3},
    "RandomZoom": {"height_factor": 0.25, "width_factor": None, "interpolation": "nearest"},
    "RandomContrast": {"factor": 0.25},
    "RandomBrightness": {"factor": 0.25, "value_range": (0, 1)},
    "RandomHeight": {"factor": 0.25},
    "RandomWidth": {"factor": 0.25},
    "RandomShear": {"x_factor": (0.0, 0.25)},
    "RandomPerspective": {"scale": 0.5},
    "RandomElasticTransform": {},
    "RandomHue": {"factor": 0.25},
    "RandomSaturation": {"factor": 0.25},
    "RandomSharpness": {"factor": 0.25},
    "RandomPosterization": {"factor": 3},
    "RandomColorDegeneration": {"factor": 0.25},
    "RandomGrayscale": {},
    "RandomInvert": {"bounding_box_format": "xyxy"},
    "RandomGaussianBlur": {"kernel_size": 3},
    "RandomErasing": {},
    "RandomColorJitter": {"hue_factor": 0.25},
    "Solarization": {"threshold_factor": 0.5},
    "RandAugment": {},
    "AugMix": {},
    "MixUp": {},
    "CutMix": {},
}
# Keras 3.15 raises "cannot pickle 'module' object" when it writes these into an `.h5` file.
_UNSAVED = (
    *("RandomBrightness", "RandomShear", "RandomSaturation", "RandomSharpness"),
    *("RandomPosterization", "RandomColorDegeneration", "Solarization"),
)
_OLD = ("Flip", "Rotation", "Translation", "Zoom", "Contrast", "Brightness")
for _name, _given in _AUGMENTATIONS.items():
    _majors = BOTH if _name[6:] in _OLD else KERAS3
    if _name in ("RandomHeight", "RandomWidth"):
        _majors = KERAS2

    def _make(k: Any, name: str = _name, given: dict[str, Any] = _given) -> Any:
        return getattr(k.layers, name)(**given, name="image")

    layer(
        f"random image, {_name.lower()}",
        (4, 5, 3),
        _make,
        _majors,
        single=True,
        saves_h5=_name not in _UNSAVED,
    )


def _crop(k: Any) -> Any:
    return k.layers.RandomCrop(3, 2, name="image")


layer("random image, randomcrop in inference", (5, 4, 2), _crop, KERAS2, changed=True, single=True)


@graph("random image, calls with training stated", single=True, changed=True)
def _stated(k: Any) -> Any:
    inputs = k.Input((4, 5, 3), name="in")
    flipped = k.layers.RandomFlip(name="flip")(inputs, training=False)
    return k.Model(inputs, k.layers.RandomZoom(0.25, name="zoom")(flipped), name="model")


layer("autocontrast", (4, 5, 3), lambda k: k.layers.AutoContrast(name="image"), KERAS3)
layer(
    "autocontrast of another range",
    (4, 5, 3),
    lambda k: k.layers.AutoContrast((-1.0, 0.5), name="image"),
    KERAS3,
)
layer(
    "bounding boxes are no matter of images",
    (4, 5, 3),
    lambda k: k.layers.MaxNumBoundingBoxes(3, name="image"),
    KERAS3,
)
