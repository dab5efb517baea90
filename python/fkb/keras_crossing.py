"""What the other major version of Keras cannot do with the inputs that a layer has.

Options that a version lacks stand in the table of layers; here is what shapes and calls decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from .graph import Layer
from .keras_nodes import tensors_in
from .keras_shapes import ModelShapes, Unknown
from .registry import Shape, layer_spec
from .report import Report

# Layers that do something of their own in training.
_OWN_TRAINING = ("BatchNormalization", "SpectralNormalization")
# Options that a layer draws random numbers for in training.
_RATES = ("rate", "stddev", "dropout", "recurrent_dropout")
_ENCODERS = ("CategoryEncoding", "Discretization", "IntegerLookup", "Hashing")


def refuse_crossing(model: Layer, shapes: ModelShapes, major: int, report: Report) -> None:
    """Report layers that the other major version, to which the model goes, cannot have."""
    for path, layer in model.walk():
        inputs = [shape for shape in shapes.inputs.get(id(layer), []) if shape is not None]
        outputs = [shape for call in shapes.outputs.get(id(layer), []) for shape in call]
        problems = _lacking_in_3(layer, inputs)
        if major == 2:
            problems = _lacking_in_2(layer, inputs, outputs)
        for option, message in (*problems, *_stated_training(layer, major)):
            report.add(path, option, message)
        masked = any(list(tensors_in(node.kwargs.get("mask"))) for node in layer.nodes)
        if layer.class_name == "Softmax" and masked:
            report.add(
                path,
                "mask",
                f"is given, and Keras {major} does in another way where all is masked",
            )


def _lacking_in_2(
    layer: Layer, inputs: list[Shape], outputs: list[Unknown]
) -> Iterator[tuple[str, str]]:
    name, config = layer.class_name, layer.config
    wide = any(shape is not None and len(shape) > 2 for shape in outputs)
    if name in _ENCODERS and config.get("output_mode", "int") != "int" and wide:
        yield (
            "output_mode",
            f"is {config['output_mode']} with more than one axis besides the batch in the output, "
            "which does not exist in Keras 2",
        )
    unlike = len(inputs) > 2 and inputs[1][-1] != inputs[0][-1]
    if name == "AdditiveAttention" and config.get("use_scale", True) and unlike:
        yield (
            "call",
            "has a value with other features than the query, which does not exist in Keras 2",
        )


def _lacking_in_3(layer: Layer, inputs: list[Shape]) -> Iterator[tuple[str, str]]:
    if layer.class_name == "HashedCrossing" and len(inputs) != 2:
        yield "call", f"crosses {len(inputs)} inputs, which does not exist in Keras 3: it takes two"
    if layer.class_name.startswith("ConvLSTM") and inputs:
        first = layer.config.get("data_format") == "channels_first"
        if None in (inputs[0][3:] if first else inputs[0][2:-1]):
            yield "call", "has an input of open extents, which does not exist in Keras 3"


def _stated_training(layer: Layer, major: int) -> Iterator[tuple[str, str]]:
    """Keras 2 keeps what a call states, `predict` and `fit` of Keras 3 put their own in its place.

    Source: measured with tf_keras 2.21 and Keras 3.15, see `test_stated_training`.
    """
    if any("training" in node.kwargs for node in layer.nodes) and _minds_training(layer):
        yield (
            "training",
            "is stated in a call, which Keras 2 keeps and predict and fit of Keras 3 override: "
            f"Keras {major} would run the layer in another way; leave it out in Keras",
        )


def _minds_training(layer: Layer) -> bool:
    """Whether a layer, or one in it, does something else in training than in inference."""
    for inner in (layer, *(child for _, child in layer.walk())):
        spec = layer_spec(inner.class_name)
        if spec is None or not spec.trains or inner.class_name in _OWN_TRAINING:
            return True
        if any(inner.config.get(option) for option in _RATES):
            return True
    return False
