"""TensorFlow with Keras: a graph, or compiled by XLA."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class TensorFlow:
    """Keras models as graphs."""

    def __init__(self, spec: dict[str, Any], folder: Path, threads: int, xla: bool) -> None:
        import keras
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self.tf, self.keras = tf, keras
        self.spec, self.folder, self.xla = spec, folder, xla
        self.loaded: dict[str, Callable[..., Any]] = {}

    def function(self, name: str) -> Callable[..., Any]:
        """Return a model as a compiled function of its inputs."""
        if name not in self.loaded:
            model = self.keras.models.load_model(self.folder / name, compile=False)
            self.loaded[name] = self.tf.function(
                lambda *x: model(x[0] if len(x) == 1 else list(x), training=False),
                jit_compile=self.xla,
            )
        return self.loaded[name]

    def predictor(self, batch: int, inputs: list[Array]) -> Callable[[], Array]:
        """Return a call from arrays of the host to an array of the host."""
        constant = self.tf.constant
        if self.spec["members"]:
            functions = [self.function(f"net_{i}.keras") for i in range(self.spec["members"])]

            def call_all() -> Array:
                given = constant(inputs[0])
                return np.concatenate([f(given).numpy() for f in functions], axis=-1)

            return call_all
        function = self.function(f"net_b{batch}.keras" if self.spec["stateful"] else "net.keras")

        def call() -> Array:
            return np.asarray(function(*[constant(x) for x in inputs]).numpy())

        return call

    def trainer(self, batch: int, inputs: list[Array], target: Array) -> Callable[[], float]:
        """Return one step of Keras."""
        model = self.keras.models.load_model(self.folder / "net.keras", compile=False)
        model.compile(
            optimizer=self.keras.optimizers.Adam(1e-3),
            loss="mean_squared_error",
            jit_compile=self.xla,
        )
        given = inputs[0] if len(inputs) == 1 else inputs

        def step() -> float:
            return float(model.train_on_batch(given, target))

        return step


def start(name: str, spec: dict[str, Any], folder: Path, threads: int) -> TensorFlow:
    """Return the contestant `tensorflow` or `tensorflow-xla`."""
    return TensorFlow(spec, folder, threads, name.endswith("xla"))
