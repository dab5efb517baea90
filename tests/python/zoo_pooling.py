"""Models of pooling layers."""

from __future__ import annotations

from typing import Any

from zoo_cases import BOTH, KERAS3, graph, layer

_SPACE = {1: (7,), 2: (5, 7), 3: (3, 4, 5)}


def _pool(told: str, name: str, axes: int, keras3: bool = False, **options: Any) -> None:
    """Add a pooling layer; where it is told, for Keras 3 only."""
    # TensorFlow pools three axes in real32 only.
    single = axes == 3 and not name.startswith("Global")
    space = _SPACE[axes]
    first = options.get("data_format") == "channels_first"
    shape = (2, *space) if first else (*space, 2)
    majors = KERAS3 if keras3 else BOTH
    # Both have it, but TensorFlow cannot pool with channels first on a CPU; Keras 3 permutes.
    portable = first and not name.startswith(("Global", "Adaptive"))

    def make(k: Any) -> Any:
        return getattr(k.layers, name)(**options, name="pool")

    layer(f"{name} {told}".strip().lower(), shape, make, majors, single=single, portable=portable)


for _kind in ("Max", "Average"):
    for _axes in (1, 2, 3):
        _name = f"{_kind}Pooling{_axes}D"
        _pool("", _name, _axes, pool_size=2)
        _pool("with strides", _name, _axes, pool_size=3, strides=2)
        _pool("with padding", _name, _axes, pool_size=2, padding="same")
        _pool("with padding and strides", _name, _axes, pool_size=3, strides=2, padding="same")
        _pool("with steps of one", _name, _axes, pool_size=2, strides=1, padding="same")
        _pool("of channels first", _name, _axes, True, pool_size=2, data_format="channels_first")
        _name = f"Global{_kind}Pooling{_axes}D"
        _pool("", _name, _axes)
        _pool("that keeps axes", _name, _axes, keepdims=True)
        _pool("of channels first", _name, _axes, data_format="channels_first")
        _name = f"Adaptive{_kind}Pooling{_axes}D"
        _pool("to two", _name, _axes, True, output_size=2)
        _pool("to three", _name, _axes, True, output_size=3, data_format="channels_first")
    _pool("with unlike windows", f"{_kind}Pooling2D", 2, pool_size=(2, 3), strides=(1, 2))
    _pool("with unlike windows", f"{_kind}Pooling3D", 3, pool_size=(1, 2, 3), padding="same")
    _pool("with unlike sizes", f"Adaptive{_kind}Pooling2D", 2, True, output_size=(5, 3))
    _pool("with unlike sizes", f"Adaptive{_kind}Pooling3D", 3, True, output_size=(2, 4, 7))
    layer(
        f"{_kind}Pooling2D of open sizes".lower(),
        (None, None, 2),
        lambda k, name=f"{_kind}Pooling2D": getattr(k.layers, name)(2, name="pool"),
    )
    layer(
        f"Global{_kind}Pooling2D of open sizes".lower(),
        (None, None, 2),
        lambda k, name=f"Global{_kind}Pooling2D": getattr(k.layers, name)(name="pool"),
    )


@graph("globalaveragepooling1d with a mask")
def _masked(k: Any) -> Any:
    steps = k.Input((6, 2), name="steps")
    mask = k.Input((6,), dtype="bool", name="mask")
    pooled = k.layers.GlobalAveragePooling1D(name="pool")(steps, mask=mask)
    return k.Model([steps, mask], pooled, name="model")
