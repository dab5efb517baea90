"""Write losses.txt: values and gradients of Keras's losses, for the Fortran unit tests.

Usage: make_losses.py (needs TensorFlow, Keras 3 and tf_keras; the output is committed).

A case:

    DTYPE MAJOR SOURCE FEATURES POSITIONS BATCH TARGETS
    the loss's configuration in JSON
    the reduced loss of the batch, and the weighted sum over positions and samples
    targets, outputs (or logits), sample weights, gradient of the weighted sum: a line each

SOURCE is "given" where the loss sees the outputs as they are, "sigmoid" or "softmax" where they
come from such an activation: then the numbers and the gradient are those of the logits.
Arrays are in Keras's order, samples slowest, so Fortran reads them as they stand.
"""

import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import tensorflow as tf
import tf_keras

HERE = pathlib.Path(__file__).resolve().parent


def numbers(values, dtype):
    """Return values as text that reads back exactly."""
    digits = 9 if dtype == "float32" else 17
    return " ".join(f"{x:.{digits}g}" for x in np.ravel(values))


def case(rng, backend, class_name, options, source, classes, positions, batch, values=None):
    """Return the text of one case; `values` are the outputs, drawn at random if absent."""
    config = {"class_name": class_name, "config": options}
    major = 3 if backend is keras else 2
    dtype = backend.backend.floatx()
    loss = backend.losses.get(json.loads(json.dumps(config)))
    shape = (batch, classes) if positions == 1 else (batch, positions, classes)
    crossentropy = "Crossentropy" in class_name
    outputs = rng.normal(size=shape) * 2 if values is None else np.reshape(values, shape)
    if crossentropy and source == "given" and not options.get("from_logits") and values is None:
        outputs = rng.uniform(size=shape)
    if "Sparse" in class_name:
        targets = rng.integers(classes, size=shape[:-1]).astype("f8")
    elif "Categorical" in class_name:
        targets = np.eye(classes)[rng.integers(classes, size=shape[:-1])]
    elif crossentropy:
        targets = rng.integers(2, size=shape).astype("f8")
    else:
        targets = rng.normal(size=shape)
        targets.flat[0] = outputs.flat[0]
    weights = rng.uniform(0.5, 1.5, size=shape[:-1])
    targets, outputs, weights = (a.astype(dtype) for a in (targets, outputs, weights))

    @tf.function  # as in `fit`: TensorFlow simplifies graphs, which changes roundings
    def evaluate(given, targets, weights):
        with tf.GradientTape() as tape:
            tape.watch(given)
            seen = given
            if source != "given":
                seen = getattr(backend.activations, source)(given)
            total = tf.reduce_sum(loss.call(targets, seen) * weights)
        return tape.gradient(total, given), total, loss(targets, seen, sample_weight=weights)

    gradient, total, reduced = evaluate(*(tf.constant(a) for a in (outputs, targets, weights)))
    lines = [f"{dtype} {major} {source} {classes} {positions} {batch} {targets.size // batch}"]
    lines.append(json.dumps(config, separators=(",", ":")))
    lines.append(numbers([float(reduced), float(total)], dtype))
    lines += [numbers(a, dtype) for a in (targets, outputs, weights, gradient)]
    return "\n".join(lines) + "\n"


def cases(rng):
    """Yield the texts of all cases."""
    for backend in (keras, tf_keras):
        for name in ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh"):
            yield case(rng, backend, name, {}, "given", 3, 1, 5)
            yield case(rng, backend, name, {}, "given", 2, 4, 3)
        yield case(rng, backend, "Huber", {"delta": 0.3}, "given", 4, 1, 3)
        for name in ("Binary", "Categorical", "SparseCategorical"):
            name += "Crossentropy"
            activation = "sigmoid" if name.startswith("Binary") else "softmax"
            yield case(rng, backend, name, {}, "given", 4, 1, 5)
            yield case(rng, backend, name, {}, "given", 3, 2, 3)
            yield case(rng, backend, name, {"from_logits": True}, "given", 4, 1, 5)
            yield case(rng, backend, name, {}, activation, 4, 1, 5)
            # Beyond both clips, and logits that no probability can stand for.
            edge = [0.0, 1.0, 1e-9, 1.0 - 1e-9, 0.25, 0.75]
            yield case(rng, backend, name, {}, "given", 3, 1, 2, edge)
            yield case(rng, backend, name, {}, activation, 3, 1, 2, [90.0, -90, 0.5, 0, 700, -700])
            if name.startswith("Sparse"):
                continue
            smoothed = {"label_smoothing": 0.2}
            yield case(rng, backend, name, smoothed, "given", 4, 1, 3)
            yield case(rng, backend, name, smoothed, activation, 4, 1, 3)
        # Keras looks at the logits whichever of the two activations made the output.
        yield case(rng, backend, "BinaryCrossentropy", {}, "softmax", 3, 1, 3)
        yield case(rng, backend, "CategoricalCrossentropy", {}, "sigmoid", 3, 1, 3)
        yield case(rng, backend, "MeanSquaredError", {"reduction": "sum"}, "given", 3, 1, 4)
    yield case(rng, keras, "MeanSquaredError", {"reduction": "mean"}, "given", 3, 2, 4)
    yield case(rng, keras, "LogCosh", {"reduction": "mean_with_sample_weight"}, "given", 3, 2, 4)


def main():
    """Write the table."""
    text = ""
    for dtype in ("float32", "float64"):
        keras.config.set_floatx(dtype)
        tf_keras.backend.set_floatx(dtype)
        text += "".join(cases(np.random.default_rng(2026)))
    (HERE / "losses.txt").write_text(text)


if __name__ == "__main__":
    main()
