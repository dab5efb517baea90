"""How a model of the zoo is declared.

Each case is built by a function of the `keras` module, so that the same case can be made with
Keras 3 and with tf_keras. Nothing here imports TensorFlow.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

BOTH = frozenset({2, 3})
KERAS2 = frozenset({2})
KERAS3 = frozenset({3})
Builder = Callable[[Any], Any]


@dataclass(frozen=True)
class Case:
    """One model.

    Attributes:
        name: what it shows.
        build: makes it from the `keras` module.
        majors: the major versions of Keras that can make it.
        changed: its meaning differs between the majors, so that it crosses in neither direction.
        single: TensorFlow computes it in real32 whatever the policy, or has it in real32 only; a
            network in real64 is compared with that.
        gradient: TensorFlow has its gradient.
        portable: the other major can load it too, though it cannot make or run it here.
        saves_h5: Keras 3 can write it into an `.h5` file.
    """

    name: str
    build: Builder
    majors: frozenset[int] = BOTH
    changed: bool = False
    single: bool = False
    gradient: bool = True
    portable: bool = False
    saves_h5: bool = True

    @property
    def exact(self) -> int:
        """How many of the outputs are not random in inference."""
        return 1 if self.name == "calls with training stated, which Keras 2 keeps" else 99


CASES: list[Case] = []


def layer(
    name: str,
    shape: tuple[int | None, ...],
    make: Callable[[Any], Any],
    majors: frozenset[int] = BOTH,
    **flags: bool,
) -> None:
    """Add a Sequential model of an input and one layer."""

    def build(keras: Any) -> Any:
        return keras.Sequential([keras.Input(shape), make(keras)], name="model")

    CASES.append(Case(name, build, majors, **flags))


def graph(
    name: str,
    majors: frozenset[int] = BOTH,
    **flags: bool,
) -> Callable[[Builder], Builder]:
    """Add the model that the decorated function builds."""

    def add(build: Builder) -> Builder:
        CASES.append(Case(name, build, majors, **flags))
        return build

    return add


class _TensorFlow:
    """TensorFlow as tf_keras expects to find it: with itself as `tf.keras`."""

    def __init__(self, tensorflow: Any, keras: Any) -> None:
        self._tensorflow = tensorflow
        self.keras = keras

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tensorflow, name)


def mend_keras2(keras: Any) -> None:
    """Let tf_keras make and load SpectralNormalization.

    It takes a class of Keras 3 where that is installed too, and forgot to list the layer.
    """
    if keras.__name__ != "tf_keras":
        return
    module = importlib.import_module("tf_keras.src.layers.normalization.spectral_normalization")
    if not isinstance(module.tf, _TensorFlow):
        module.tf = _TensorFlow(module.tf, keras)
        keras.utils.get_custom_objects()["SpectralNormalization"] = module.SpectralNormalization
