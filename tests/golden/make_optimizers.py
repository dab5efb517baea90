"""Write optimizers.txt: steps of Keras's optimizers, for the Fortran unit tests.

Usage: make_optimizers.py (needs TensorFlow, Keras 3 and tf_keras; the output is committed).

For each kind the same weights and gradients, then cases that use them:

    kind DTYPE
    number of weights; then for each weight its rank and its shape in Keras's order
    weights before; then the gradients of each of 20 steps, one line per step

    case KERAS_MAJOR LEARNING_RATE
    the optimizer's configuration in JSON
    weights after; the optimizer's variables after `iteration` and `learning_rate`, in the order of
    Keras 3, with an empty line where there are none
"""

import json
import os
import pathlib
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
STEPS = 20
SHAPES = ((3, 4), (4,), (4, 1), (2, 3, 2))
KINDS = ("float32", "float64")


def numbers(values, dtype):
    """Return values as text that reads back exactly."""
    digits = 9 if dtype == "float32" else 17
    return " ".join(f"{x:.{digits}g}" for x in values)


def flat(arrays):
    """Return arrays as one vector."""
    return np.concatenate([np.ravel(a) for a in arrays]) if arrays else np.zeros(0)


def start(dtype):
    """Return weights and the gradients of all steps."""
    rng = np.random.default_rng(2026)
    before = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    gradients = [
        [(10.0 ** (step % 3 - 1) * rng.normal(size=shape)).astype(dtype) for shape in SHAPES]
        for step in range(STEPS)
    ]
    return before, gradients


def kind_head(dtype):
    """Return the text that all cases of a kind share."""
    before, gradients = start(dtype)
    lines = [f"kind {dtype}", str(len(SHAPES))]
    lines += [" ".join(map(str, (len(shape), *shape))) for shape in SHAPES]
    lines.append(numbers(flat(before), dtype))
    lines += [numbers(flat(step), dtype) for step in gradients]
    return "\n".join(lines) + "\n"


def case_text(dtype, major, rate, config, weights, state):
    """Return the text of one case."""
    lines = [f"case {major} {float(rate):.17g}", json.dumps(config, separators=(",", ":"))]
    lines.append(numbers(flat(weights), dtype))
    lines.append(numbers(flat(state), dtype))
    return "\n".join(lines) + "\n"


def keras3_case(dtype, optimizer):
    """Return the text of one case: the steps run one by one, uncompiled."""
    import keras

    before, gradients = start(dtype)
    weights = [keras.Variable(value, dtype=dtype) for value in before]
    config = keras.optimizers.serialize(optimizer)
    rate = optimizer.learning_rate
    for step in gradients:
        optimizer.apply(step, weights)
    state = [v.numpy() for v in optimizer.variables[2:] if v.dtype != "int32"]
    return case_text(dtype, 3, rate, config, [w.numpy() for w in weights], state)


def keras3_optimizers():
    """Yield fresh optimizers: each with its defaults, then with its options."""
    from keras import optimizers as o

    yield o.SGD()
    yield o.SGD(0.03, momentum=0.9)
    yield o.SGD(0.03, momentum=0.85, nesterov=True)
    yield o.SGD(0.1, momentum=0.9, weight_decay=0.01, clipvalue=0.5)
    yield o.SGD(0.1, clipnorm=0.7)
    yield o.SGD(0.1, global_clipnorm=1.5)
    yield o.RMSprop()
    yield o.RMSprop(0.02, rho=0.8, epsilon=1e-3)
    yield o.RMSprop(0.02, momentum=0.7)
    yield o.RMSprop(0.02, centered=True, epsilon=1e-2)
    yield o.RMSprop(0.02, momentum=0.6, centered=True, epsilon=1e-2, weight_decay=0.02)
    yield o.Adagrad()
    yield o.Adagrad(0.05, initial_accumulator_value=0.3, epsilon=1e-3, weight_decay=0.02)
    yield o.Adadelta()
    yield o.Adadelta(1.0, rho=0.8, epsilon=1e-4, weight_decay=0.02)
    yield o.Adam()
    yield o.Adam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-4)
    yield o.Adam(0.02, amsgrad=True)
    yield o.Adam(0.02, weight_decay=0.03, global_clipnorm=0.9)
    yield o.AdamW(0.01)
    yield o.AdamW(0.01, weight_decay=0.1, amsgrad=True, clipnorm=0.8)
    yield o.Adamax()
    yield o.Adamax(0.02, beta_1=0.8, beta_2=0.9, epsilon=1e-3, weight_decay=0.02)
    yield o.Nadam()
    yield o.Nadam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3, weight_decay=0.02)
    yield o.Ftrl()
    yield o.Ftrl(0.05, learning_rate_power=-0.7, initial_accumulator_value=0.2, beta=0.3)
    yield o.Ftrl(
        0.05,
        l1_regularization_strength=0.05,
        l2_regularization_strength=0.1,
        l2_shrinkage_regularization_strength=0.02,
        weight_decay=0.02,
    )
    yield o.Lion()
    yield o.Lion(0.01, beta_1=0.7, beta_2=0.9, weight_decay=0.05)
    yield o.Lamb()
    yield o.Lamb(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3, weight_decay=0.05)
    yield o.Adafactor()
    yield o.Adafactor(
        0.5, beta_2_decay=-0.6, epsilon_1=1e-5, epsilon_2=0.1, clip_threshold=0.5, weight_decay=0.02
    )
    yield o.Adafactor(0.5, relative_step=False)
    yield o.Muon()
    yield o.Muon(0.02, momentum=0.8, nesterov=False, rms_rate=None, ns_steps=3, weight_decay=None)
    yield o.Muon(0.02, adam_lr_ratio=0.5, adam_weight_decay=0.05, epsilon=1e-3, clipnorm=0.8)
    yield o.SGD(0.03, momentum=0.9, use_ema=True)
    yield o.Adam(0.02, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3)
    yield o.SGD(0.1, gradient_accumulation_steps=3, clipnorm=0.5, weight_decay=0.02)
    yield o.Adam(0.02, gradient_accumulation_steps=4)
    yield o.Nadam(
        0.02,
        gradient_accumulation_steps=2,
        use_ema=True,
        ema_momentum=0.7,
        ema_overwrite_frequency=4,
        clipvalue=0.5,
    )
    yield o.Adafactor(0.1, use_ema=True, gradient_accumulation_steps=2, global_clipnorm=1.0)
    yield o.RMSprop(0.02, momentum=0.5, use_ema=True, gradient_accumulation_steps=2)


def keras2_case(dtype, optimizer):
    """Return the text of one case of Keras 2, its variables in the order of Keras 3."""
    import tf_keras

    before, gradients = start(dtype)
    import tensorflow as tf

    weights = [tf.Variable(value, dtype=dtype) for value in before]
    config = tf_keras.optimizers.serialize(optimizer)
    rate = float(optimizer.learning_rate.numpy())
    for step in gradients:
        pairs = zip([tf.constant(g) for g in step], weights, strict=True)
        optimizer.apply_gradients(pairs)
    state = [v.numpy() for v in optimizer.variables[1:]]
    if isinstance(optimizer, tf_keras.optimizers.SGD) and not optimizer.momentum:
        state = state[: -len(weights)]
    if isinstance(optimizer, tf_keras.optimizers.Nadam):
        state.append(optimizer._u_product.numpy())
    return case_text(dtype, 2, rate, config, [w.numpy() for w in weights], state)


def keras2_optimizers():
    """Yield fresh optimizers of Keras 2."""
    from tf_keras import optimizers as o

    yield o.SGD(0.03, momentum=0.85, nesterov=True, clipnorm=0.7, clipvalue=0.01)
    yield o.SGD(0.03, global_clipnorm=0.7, clipvalue=0.01)
    yield o.RMSprop(0.02, momentum=0.6, centered=True, epsilon=1e-2, weight_decay=0.02)
    yield o.Adagrad(0.05, initial_accumulator_value=0.3, epsilon=1e-3)
    yield o.Adadelta(1.0, rho=0.8, epsilon=1e-4)
    yield o.Adam(0.02, amsgrad=True, weight_decay=0.03)
    yield o.AdamW(0.01)
    yield o.Adamax(0.02, beta_1=0.8, beta_2=0.9, epsilon=1e-3)
    yield o.Nadam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3)
    yield o.Ftrl(0.05, learning_rate_power=-0.7, beta=0.3, l1_regularization_strength=0.05)
    yield o.Lion(0.01, beta_1=0.7, beta_2=0.9)
    yield o.Adafactor(0.5, beta_2_decay=-0.6, epsilon_2=0.1)
    yield o.SGD(0.03, momentum=0.9, use_ema=True, ema_momentum=0.8)
    yield o.Adam(0.02, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3)


def cases(major, dtype):
    """Return the cases of one major version, which needs a process of its own."""
    if major == "3":
        import keras

        keras.config.set_floatx(dtype)
        return "".join(keras3_case(dtype, optimizer) for optimizer in keras3_optimizers())
    import tf_keras

    tf_keras.backend.set_floatx(dtype)
    return "".join(keras2_case(dtype, optimizer) for optimizer in keras2_optimizers())


def main():
    """Write the table."""
    if len(sys.argv) == 3:
        print(cases(*sys.argv[1:]), end="")
        return
    text = ""
    for dtype in KINDS:
        text += kind_head(dtype)
        for major in ("3", "2"):
            command = [sys.executable, __file__, major, dtype]
            text += subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (HERE / "optimizers.txt").write_text(text)


if __name__ == "__main__":
    main()
