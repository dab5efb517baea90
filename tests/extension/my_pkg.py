"""The Keras side of this project: the classes that my_scale, my_snake and my_weighted_error run.

Registered under a package, Keras saves them as `my_pkg>Scale`, `my_pkg>snake` and
`my_pkg>WeightedError`.
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


def build_model() -> Any:
    """Return a model that uses all three, compiled, with weights that are not the initial ones."""
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
    model.compile(keras.optimizers.Adam(0.01), WeightedError([0.5, 2.0, 1.25]))
    return model
