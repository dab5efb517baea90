"""Write optimizers.txt: steps of Keras's optimizers, for the Fortran unit tests.

Usage: make_optimizers.py (needs TensorFlow and Keras 3; the output is committed).

A case:

    DTYPE STEPS LEARNING_RATE
    the optimizer's configuration in JSON
    sizes of the weights
    weights before; then the gradients of each step, one line per step; weights after;
    the optimizer's variables after `iteration` and `learning_rate`, in Keras's order
"""

import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
STEPS = 8
SHAPES = ((3, 4), (4,), (4, 1))


def numbers(values, dtype):
    """Return values as text that reads back exactly."""
    digits = 9 if dtype == "float32" else 17
    return " ".join(f"{x:.{digits}g}" for x in values)


def flat(arrays):
    """Return arrays as one vector."""
    return np.concatenate([np.ravel(a) for a in arrays]) if arrays else np.zeros(0)


def case(rng, dtype, optimizer):
    """Return the text of one case: the steps run one by one, uncompiled."""
    before = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    weights = [keras.Variable(value, dtype=dtype) for value in before]
    config = keras.optimizers.serialize(optimizer)
    lines = [f"{dtype} {STEPS} {float(optimizer.learning_rate):.17g}"]
    lines.append(json.dumps(config, separators=(",", ":")))
    lines.append(" ".join(str(value.size) for value in before))
    lines.append(numbers(flat(before), dtype))
    for step in range(STEPS):
        scale = 10.0 ** (step % 3 - 1)
        gradients = [(scale * rng.normal(size=shape)).astype(dtype) for shape in SHAPES]
        optimizer.apply(gradients, weights)
        lines.append(numbers(flat(gradients), dtype))
    lines.append(numbers(flat([w.numpy() for w in weights]), dtype))
    state = [v.numpy() for v in optimizer.variables[2:]]
    lines.append(numbers(flat(state), dtype))
    return "\n".join(lines) + "\n"


def optimizers():
    """Yield fresh optimizers."""
    sgd, adam = keras.optimizers.SGD, keras.optimizers.Adam
    yield sgd()
    yield sgd(0.03, momentum=0.9)
    yield sgd(0.03, momentum=0.85, nesterov=True)
    yield sgd(0.1, momentum=0.9, weight_decay=0.01, clipvalue=0.5)
    yield sgd(0.1, clipnorm=0.7)
    yield sgd(0.1, global_clipnorm=1.5)
    yield adam()
    yield adam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-4)
    yield adam(0.02, amsgrad=True)
    yield adam(0.02, weight_decay=0.03, global_clipnorm=0.9)
    yield keras.optimizers.AdamW(0.01)


def main():
    """Write the table."""
    rng = np.random.default_rng(2026)
    text = ""
    for dtype in ("float32", "float64"):
        keras.config.set_floatx(dtype)
        for optimizer in optimizers():
            text += case(rng, dtype, optimizer)
    (HERE / "optimizers.txt").write_text(text)


if __name__ == "__main__":
    main()
