"""What FKB's Python side is told of this project, so that it checks the models it converts.

Without it `fkb convert --allow-custom` takes the classes as they stand.
"""

from __future__ import annotations

import fkb
from fkb.registry import LayerSpec, Option, WeightRule


def register_classes() -> None:
    """Make `fkb.convert` and `fkb.export` know the classes of this project."""
    scale = WeightRule("scale", lambda config, shapes: (shapes[0][-1],))
    fkb.register("my_pkg>Scale", LayerSpec("my_pkg>Scale", (Option("gain", 1.0),), (scale,)))
    fkb.register_activation("my_pkg>snake")
