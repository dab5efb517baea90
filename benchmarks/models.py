"""The models that are measured, with their batches, inputs and tasks.

A builder takes the `keras` module. The networks of published work are those of the tests.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python"))

import research_networks as research

MEMBERS = 65


@dataclass(frozen=True)
class Input:
    """One input without its batch: numbers of a normal distribution, or classes below `classes`."""

    shape: tuple[int, ...]
    classes: int = 0


@dataclass(frozen=True)
class Model:
    """A line of the table.

    Attributes:
        name: for `--only`.
        title: what it is.
        build: makes it from `keras`; a stateful one also takes its batch.
        inputs: in the model's order.
        batches: of predictions; training takes them too, and 1.
        tasks: of `predict` and `train`.
        stateful: each call goes on from the state of the one before.
        random: training draws random numbers, so that losses agree roughly only.
        members: so many networks, which the others call one by one; 0 for one network.
    """

    name: str
    title: str
    build: Callable[..., Any]
    inputs: tuple[Input, ...]
    batches: tuple[int, ...]
    tasks: tuple[str, ...] = ("predict", "train")
    stateful: bool = False
    random: bool = False
    members: int = 0

    def batches_of(self, task: str) -> tuple[int, ...]:
        """Return the batches that a task is measured with."""
        return self.batches if task == "predict" else tuple(sorted({1, *self.batches}))


def climate(k: Any, depth: int = 9, units: int = 256) -> Any:
    """Dense layers with LeakyReLU, nothing else."""
    x = column = k.Input((94,), name="column")
    for _ in range(depth):
        x = k.layers.LeakyReLU(negative_slope=0.15)(k.layers.Dense(units)(x))
    return k.Model(column, k.layers.Dense(65)(x))


def climate_normalized(k: Any) -> Any:
    """The same with BatchNormalization and Dropout."""
    model = research.climate(k, 9, 256)
    dropped = [layer for layer in model.layers if type(layer).__name__ == "Dropout"]
    for layer in dropped:
        layer.rate = 0.1
    return k.Model.from_config(model.get_config())


def tiny(k: Any) -> Any:
    """A network for each grid point."""
    point = k.Input((3,), name="point")
    x = k.layers.Dense(16, activation="tanh")(point)
    x = k.layers.Dense(16, activation="tanh")(x)
    return k.Model(point, k.layers.Dense(2)(x))


def member(k: Any, column: Any = None) -> Any:
    """A small network for one tendency at one level."""
    x = start = k.Input((94,), name="column") if column is None else column
    for _ in range(3):
        x = k.layers.Dense(32, activation="relu")(x)
    x = k.layers.Dense(1)(x)
    return k.Model(start, x) if column is None else x


def bank_graph(k: Any) -> Any:
    """All networks of a bank in one."""
    column = k.Input((94,), name="column")
    ends = [member(k, column) for _ in range(MEMBERS)]
    return k.Model(column, k.layers.Concatenate(-1)(ends))


def recurrent(kind: str) -> Callable[[Any], Any]:
    """Three layers of 128 units over 100 steps."""

    def build(k: Any) -> Any:
        x = series = k.Input((100, 3), name="series")
        for i in range(3):
            x = getattr(k.layers, kind)(128, return_sequences=i < 2)(x)
        return k.Model(series, k.layers.Dense(1)(x))

    return build


def stateful(kind: str) -> Callable[[Any, int], Any]:
    """One layer of 128 units, one step a call."""

    def build(k: Any, batch: int) -> Any:
        step = k.Input((1, 3), batch_size=batch, name="step")
        x = getattr(k.layers, kind)(128, stateful=True, name="memory")(step)
        return k.Model(step, k.layers.Dense(1, name="head")(x))

    return build


def attention(k: Any) -> Any:
    """Self-attention, 8 heads of 64, over 128 tokens."""
    tokens = k.Input((128, 512), name="tokens")
    return k.Model(tokens, k.layers.MultiHeadAttention(8, 64, name="attention")(tokens, tokens))


_COLUMN = (Input((94,)),)
_EL_NINO = (Input((3, 20, 27, 2)), Input((3,), classes=12))
_SERIES = (Input((100, 3)),)
_STEP = (Input((1, 3)),)


def _sized(units: int, depth: int) -> Model:
    name = f"dense-{units}x{depth}"
    title = f"94 -> {depth} x {units} LeakyReLU -> 65"
    return Model(name, title, lambda k: climate(k, depth, units), _COLUMN, (1, 16, 512))


MODELS = (
    Model(
        "climate",
        "climate network 94 -> 9 x 256 LeakyReLU -> 65",
        climate,
        _COLUMN,
        (1, 4, 16, 64, 512, 8192),
    ),
    Model(
        "climate-norm",
        "the same with batchnorm and dropout",
        climate_normalized,
        _COLUMN,
        (1, 4, 16, 64, 512, 8192),
        random=True,
    ),
    _sized(128, 4),
    _sized(128, 11),
    _sized(512, 4),
    _sized(512, 11),
    Model(
        "tiny",
        "3 -> 16 tanh -> 16 tanh -> 2 per grid point",
        tiny,
        (Input((3,)),),
        (1, 4, 16, 1_000_000),
    ),
    Model(
        "bank",
        f"{MEMBERS} networks 94 -> 3 x 32 relu -> 1, the others call each",
        member,
        _COLUMN,
        (16,),
        tasks=("predict",),
        members=MEMBERS,
    ),
    Model("bank-graph", "the same bank in one graph", bank_graph, _COLUMN, (16,)),
    Model(
        "el-nino",
        "El Nino A, ConvLSTM 32-32 | 32-32, 3x3",
        research.el_nino_a,
        _EL_NINO,
        (1, 16),
    ),
    Model(
        "el-nino-5x5",
        "El Nino A, ConvLSTM 32-64 | 64-32, 5x5",
        lambda k: research.el_nino_a(k, (32, 64), window=5),
        _EL_NINO,
        (1, 16),
    ),
    Model(
        "nowcasting",
        "nowcasting, ConvLSTM 64, 5x5, 64x64, 7 in, 7 out",
        lambda k: research.nowcasting(k, (64,), 5, 1)[0],
        (Input((7, 64, 64, 1)), Input((7, 64, 64, 1))),
        (1,),
    ),
    Model(
        "vgg10",
        "VGG10 auto-encoder 128x128x3",
        lambda k: research.road(k, research.VGG10, 128),
        (Input((128, 128, 3)),),
        (1, 8),
    ),
    Model(
        "resnet50",
        "ResNet50 224x224x3",
        lambda k: k.applications.ResNet50(weights=None),
        (Input((224, 224, 3)),),
        (1, 8),
    ),
    Model("lstm", "LSTM 3 x 128 over 100 steps", recurrent("LSTM"), _SERIES, (1, 64)),
    Model("gru", "GRU 3 x 128 over 100 steps", recurrent("GRU"), _SERIES, (1, 64)),
    Model(
        "lstm-step",
        "stateful LSTM 128, one step a call",
        stateful("LSTM"),
        _STEP,
        (1, 64),
        tasks=("predict",),
        stateful=True,
    ),
    Model(
        "gru-step",
        "stateful GRU 128, one step a call",
        stateful("GRU"),
        _STEP,
        (1, 64),
        tasks=("predict",),
        stateful=True,
    ),
    Model(
        "attention",
        "self-attention 8 x 64 over 128 tokens",
        attention,
        (Input((128, 512)),),
        (1, 16),
    ),
)


def find(name: str) -> Model:
    """Return the model of a name."""
    for model in MODELS:
        if model.name == name:
            return model
    raise SystemExit(f"no model {name}, there are: {', '.join(m.name for m in MODELS)}")
