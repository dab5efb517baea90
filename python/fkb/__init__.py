"""FKB: Keras models in Fortran simulations, and back.

fkb.convert("model.keras", "model.fkb")      # for the Fortran side
fkb.export("model.fkb", "model.keras")       # what Fortran trained, for Keras
net = fkb.load("model.fkb")                  # the Fortran library from Python
y = net.predict(x)
"""

from __future__ import annotations

from . import callbacks
from .api import FkbWarning, convert, export
from .composed import ComposedLoss
from .engine import Network, load, processor_level
from .ensemble import Ensemble
from .errors import EngineError, FkbError, FormatError, UnsupportedError
from .measures import Loss, Metric
from .online import OnlineTrainer
from .registry import register, register_activation
from .sources import load_graph
from .trainer import Trainer

__version__ = "0.1.0"

__all__ = [
    "ComposedLoss",
    "EngineError",
    "Ensemble",
    "FkbError",
    "FkbWarning",
    "FormatError",
    "Loss",
    "Metric",
    "Network",
    "OnlineTrainer",
    "Trainer",
    "UnsupportedError",
    "__version__",
    "callbacks",
    "convert",
    "export",
    "load",
    "load_graph",
    "processor_level",
    "register",
    "register_activation",
]
