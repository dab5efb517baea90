"""Classes of Keras that FKB does not take, each with the reason and a way out."""

from __future__ import annotations

_FOREIGN = (
    "runs code of {0}, which is not in the model's file: save the model that it wraps with Keras "
    "and convert that, or write a registered layer"
)
_COLUMNS = (
    "works on columns of tables, not on tensors: build the model behind it on its own input, and "
    "prepare the columns outside of the model"
)
_TEXT = (
    "works on text, and a Fortran host has numbers: turn the text into integers outside of the "
    "model, and begin the model behind this layer"
)

#: What is wrong with a class, a sentence whose subject is the layer.
REFUSED: dict[str, str] = {
    "StringLookup": _TEXT + ", or use IntegerLookup",
    "TextVectorization": _TEXT,
    "FeatureSpace": _COLUMNS,
    "DenseFeatures": _COLUMNS,
    "SequenceFeatures": _COLUMNS,
    "LinearModel": _COLUMNS,
    "JaxLayer": _FOREIGN.format("JAX"),
    "FlaxLayer": _FOREIGN.format("Flax"),
    "TFSMLayer": _FOREIGN.format("a TensorFlow SavedModel"),
    "TorchModuleWrapper": _FOREIGN.format("PyTorch"),
    "Lambda": "is a Lambda layer, whose code cannot be converted: write a registered layer",
    "MelSpectrogram": (
        "cuts its decibels off below the loudest value of the whole batch, so that what it says "
        "of a sample depends on the others: apply it to the signals before the model, or write it "
        "as STFTSpectrogram in mode psd and a Dense layer for the bands"
    ),
    "LocallyConnected1D": (
        "is a class of Keras 2 that is not computed here: cut the input into its windows, and "
        "give each a Dense layer of its own"
    ),
    "LocallyConnected2D": (
        "is a class of Keras 2 that is not computed here: cut the input into its windows, and "
        "give each a Dense layer of its own"
    ),
    "MaxoutDense": (
        "is a class of Keras 1: write it as Dense, Reshape and a maximum over the new axis"
    ),
    "Highway": (
        "is a class of Keras 1: write it as two Dense layers, Multiply and Add, with "
        "t*h + (1 - t)*x"
    ),
}
