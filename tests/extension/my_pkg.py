"""The Keras side of this project: what my_scale, my_snake, my_weighted_error, my_relaxation run.

Registered under a package, Keras saves them as `my_pkg>Scale`, `my_pkg>snake`,
`my_pkg>WeightedError`, `my_pkg>BatchBias`, `my_pkg>HitRate` and `my_pkg>Relaxation`.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("my_pkg")
class Scale(keras.layers.Layer):
    """y = gain scale tanh(x), one trained scale per feature."""

    def __init__(self, gain: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.gain = gain

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs: Any) -> Any:
        return self.gain * self.scale * ops.tanh(inputs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"gain": self.gain}


@keras.saving.register_keras_serializable("my_pkg")
def snake(x: Any) -> Any:
    """Return x + sin(x)**2."""
    return x + ops.square(ops.sin(x))


@keras.saving.register_keras_serializable("my_pkg")
class WeightedError(keras.losses.Loss):
    """Squared errors, each feature with a weight of its own, summed over the features."""

    def __init__(self, weights: list[float], name: str = "weighted_error", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.weights = weights

    def call(self, y_true: Any, y_pred: Any) -> Any:
        weights = ops.convert_to_tensor(self.weights, y_pred.dtype)
        return ops.sum(weights * ops.square(y_pred - y_true), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"weights": self.weights}


@keras.saving.register_keras_serializable("my_pkg")
class BatchBias(keras.losses.Loss):
    """The square of a batch's mean error, feature by feature, by the spread of the targets."""

    def __init__(self, name: str = "batch_bias", **options: Any) -> None:
        super().__init__(name=name, **options)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        bias = ops.mean(y_pred - y_true, axis=0)
        return ops.sum(ops.square(bias) / (0.1 + ops.var(y_true, axis=0)))


@keras.saving.register_keras_serializable("my_pkg")
class HitRate(keras.metrics.Metric):
    """The share of predictions that are within `tolerance` of the truth."""

    def __init__(self, tolerance: float = 0.1, name: str = "hit_rate", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.tolerance = tolerance
        self.hits = self.add_weight(name="hits", initializer="zeros")
        self.positions = self.add_weight(name="positions", initializer="zeros")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        near = ops.abs(y_pred - y_true) <= self.tolerance
        shares = ops.mean(ops.cast(near, self.dtype), axis=-1)
        weights = ops.ones_like(shares) if sample_weight is None else sample_weight
        self.hits.assign_add(ops.sum(shares * weights))
        self.positions.assign_add(ops.sum(weights))

    def result(self) -> Any:
        return self.hits / self.positions

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"tolerance": self.tolerance}


@keras.saving.register_keras_serializable("my_pkg")
class Relaxation(keras.optimizers.Optimizer):
    """Steps along an averaged gradient, none longer than the learning rate."""

    def __init__(self, learning_rate: Any = 0.01, memory: float = 0.9, **options: Any) -> None:
        super().__init__(learning_rate=learning_rate, **options)
        self.memory = memory

    def build(self, variables: list[Any]) -> None:
        if not self.built:
            super().build(variables)
            self.memories = self.add_optimizer_variables(variables, "memory")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        memory = self.memories[self._get_variable_index(variable)]
        self.assign(memory, self.memory * memory + (1 - self.memory) * gradient)
        self.assign_sub(variable, learning_rate * memory / (1 + ops.abs(memory)))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"memory": self.memory}


def build_model(optimizer: Any = None, loss: Any = None) -> Any:
    """Return a model that uses them, compiled, with weights that are not the initial ones."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((5,), name="state"),
            keras.layers.Dense(12, activation=snake, name="hidden"),
            Scale(gain=1.5, name="scale"),
            keras.layers.Dense(8, name="plain"),
            keras.layers.Activation(snake, name="bend"),
            keras.layers.Dense(3, name="tendency"),
        ],
        name="closure",
    )
    model.compile(
        optimizer or keras.optimizers.Adam(0.01),
        loss or WeightedError([0.5, 2.0, 1.25]),
        metrics=[HitRate(0.3)],
    )
    return model
