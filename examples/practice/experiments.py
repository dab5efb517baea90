"""The experiments of the course: what is trained, in Fortran and in Keras alike."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One training. Most fields are options of the Fortran program."""

    label: str
    data: str = "digits"
    kind: str = "dp"  # sp: real32, dp: real64
    network: str = "dense"
    layers: int = 1
    units: int = 64
    activation: str = "relu"
    initializer: str = "glorot_uniform"
    regularizer: str = ""
    dropout: float = 0.0
    optimizer: str = "adam"  # or as Keras serialises it
    inputs: str = "raw"
    epochs: int = 20
    batch: int = 32
    samples: int = 0  # 0: all
    augment: float = 0.0  # pixels
    shuffle: bool = True
    patience: int = 0
    watch: str = ""
    pretrained: str = ""  # label of the run of the same subject to go on with
    freeze: bool = False
    together: int = 0  # epochs in which both worlds lie on each other; 0: all

    def words(self) -> list[str]:
        """Return the options of the Fortran program, but for the paths."""
        words: list[str] = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if (
                field.name in ("label", "data", "kind", "pretrained", "together")
                or value == field.default
            ):
                continue
            text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
            words += [f"--{field.name}", text]
        return [*words, "--epochs", str(self.epochs)]

    @property
    def alike(self) -> bool:
        """Whether both worlds draw the same numbers: those of dropout differ."""
        return self.dropout == 0


@dataclass(frozen=True)
class Subject:
    """Runs that differ in one thing, and the columns that are drawn."""

    name: str
    title: str
    runs: list[Run]
    shown: tuple[str, ...] = ("loss", "val_accuracy")
    floors: dict[str, float] = dataclasses.field(default_factory=dict)  # where axes begin


def optimizer(name: str, rate: object, **options: object) -> str:
    """Return an optimizer as Keras serialises it; the rate is a number or a schedule."""
    config = {"learning_rate": rate, **options}
    return json.dumps({"class_name": name, "config": config})


def schedule(name: str, **options: object) -> dict[str, object]:
    """Return a learning-rate schedule as Keras serialises it."""
    return {
        "module": "keras.optimizers.schedules",
        "class_name": name,
        "config": options,
        "registered_name": None,
    }


STEPS = 45  # of an epoch of all digits

ACTIVATIONS = Subject(
    "activations",
    "Activations of five hidden layers of 32 units (Adam)",
    [
        Run(name, layers=5, units=32, activation=name, epochs=15)
        for name in ("relu", "leaky_relu", "gelu", "tanh", "sigmoid")
    ],
)

DYING = Subject(
    "dying",
    "Dying units: three hidden layers of 32 (Adam)",
    [
        Run(
            f"{name}, rate {rate}",
            layers=3,
            units=32,
            activation=name,
            optimizer=optimizer("Adam", rate),
            watch="dead",
            epochs=10,
            together=7 if rate > 0.02 else 0,
        )
        for name, rate in (("relu", 0.001), ("relu", 0.01), ("relu", 0.03), ("leaky_relu", 0.03))
    ],
    shown=("loss", "dead"),
)

INITIALIZERS = Subject(
    "initializers",
    "First weights of ten hidden layers of 32 relu units (Adam)",
    [
        Run(label, layers=10, units=32, initializer=initializer)
        for label, initializer in (
            ("He's normal", "he_normal"),
            ("Glorot's uniform", "glorot_uniform"),
            ("orthogonal", "orthogonal"),
            ("normal, 0.05", "random_normal"),
            ("zeros", "zeros"),
        )
    ],
)

INPUTS = Subject(
    "inputs",
    "Inputs: 30 measurements of cells (gradient descent, rate 0.05)",
    [
        Run(
            label,
            data="cells",
            inputs=inputs,
            layers=1,
            units=16,
            activation="tanh",
            optimizer=optimizer("SGD", 0.05),
            epochs=40,
        )
        for label, inputs in (
            ("as measured", "raw"),
            ("standardised", "standard"),
            ("whitened", "white"),
        )
    ],
)

VALLEY = Subject(
    "valley",
    "A valley a hundred times as steep as its floor: one linear layer, all samples in a step",
    [
        Run(
            label,
            data="valley",
            network="linear",
            initializer="zeros",
            inputs=inputs,
            optimizer=chosen,
            epochs=100,
            batch=64,
            shuffle=False,
            watch="weights",
        )
        for label, inputs, chosen in (
            ("gradient descent", "raw", optimizer("SGD", 0.9)),
            ("with momentum", "raw", optimizer("SGD", 0.5, momentum=0.8)),
            ("RMSprop", "raw", optimizer("RMSprop", 0.02)),
            ("Adam", "raw", optimizer("Adam", 0.1)),
            ("gradient descent, whitened", "white", optimizer("SGD", 0.3)),
        )
    ],
    shown=("path", "loss"),
    floors={"loss": 1e-8},
)

OPTIMIZERS = Subject(
    "optimizers",
    "Optimizers, digits, one hidden layer of 64",
    [
        Run(label, optimizer=chosen)
        for label, chosen in (
            ("SGD 0.1", optimizer("SGD", 0.1)),
            ("SGD 0.1, momentum 0.9", optimizer("SGD", 0.1, momentum=0.9)),
            ("RMSprop 0.001", optimizer("RMSprop", 0.001)),
            ("Adagrad 0.05", optimizer("Adagrad", 0.05)),
            ("Adam 0.001", optimizer("Adam", 0.001)),
            ("Lion 0.0003", optimizer("Lion", 0.0003)),
        )
    ],
)

EPOCHS = 30
SCHEDULES = Subject(
    "schedules",
    "Learning rates (momentum 0.9, batches of 32)",
    [
        Run(label, optimizer=optimizer("SGD", rate, momentum=0.9), epochs=EPOCHS)
        for label, rate in (
            ("0.2", 0.2),
            ("0.003", 0.003),
            (
                "in three steps",
                schedule(
                    "PiecewiseConstantDecay",
                    boundaries=[10 * STEPS, 20 * STEPS],
                    values=[0.2, 0.02, 0.002],
                ),
            ),
            (
                "exponential",
                schedule(
                    "ExponentialDecay",
                    initial_learning_rate=0.2,
                    decay_steps=EPOCHS * STEPS,
                    decay_rate=0.01,
                ),
            ),
            (
                "cosine with warm-up",
                schedule(
                    "CosineDecay",
                    initial_learning_rate=0.0,
                    decay_steps=27 * STEPS,
                    warmup_target=0.2,
                    warmup_steps=3 * STEPS,
                ),
            ),
        )
    ],
    shown=("learning_rate", "loss", "val_loss"),
)

FITTING = Subject(
    "fitting",
    "Under- and overfitting: 400 digits to learn from, a fifth of them with a wrong label",
    [
        Run(
            label,
            data="mistaken",
            samples=400,
            optimizer=optimizer("Adam", 0.003),
            epochs=100,
            **own,
        )
        for label, own in (
            ("2 units", {"units": 2}),
            ("8 units", {"units": 8}),
            ("512 units", {"units": 512}),
            (
                "512, weights held small",
                {
                    "units": 512,
                    "regularizer": '{"class_name": "L2", "config": {"l2": 0.01}}',
                },
            ),
            ("512, dropout 0.5", {"units": 512, "dropout": 0.5}),
            ("512, stopped early", {"units": 512, "patience": 5}),
        )
    ],
    shown=("loss", "val_loss", "val_accuracy"),
)

AUGMENTATION = Subject(
    "augmentation",
    "Augmentation: 100 digits to learn from, moved in another way in each epoch",
    [
        Run(
            label,
            samples=100,
            augment=augment,
            optimizer=optimizer("Adam", 0.005),
            batch=25,
            epochs=200,
        )
        for label, augment in (
            ("as they are", 0.0),
            ("moved by up to a pixel", 1.0),
        )
    ],
    shown=("accuracy", "val_accuracy", "val_loss"),
)

TRANSFER = Subject(
    "transfer",
    "Transfer: 50 digits of another scanner to learn from",
    [
        Run("first scanner", data="source", network="conv"),
        *(
            Run(label, data="target", network="conv", samples=50, batch=10, epochs=100, **own)
            for label, own in (
                ("from nothing", {}),
                ("features frozen", {"pretrained": "first scanner", "freeze": True}),
                ("all trained on", {"pretrained": "first scanner"}),
            )
        ),
    ],
)

PRECISION = Subject(
    "precision",
    "How far Keras and Fortran are apart (Adam)",
    [
        Run(
            f"{label}, {word}",
            kind=kind,
            network=network,
            layers=layers,
            units=32,
            optimizer=optimizer("Adam", rate),
            together=together,
        )
        for kind, word in (("sp", "real32"), ("dp", "real64"))
        for label, network, layers, rate, together in (
            ("3 layers, rate 0.05", "dense", 3, 0.05, 1 if kind == "sp" else 6),
            ("3 layers", "dense", 3, 0.001, 0),
            ("convolutions", "conv", 1, 0.001, 0),
        )
    ],
    shown=("apart",),
)

SUBJECTS = [
    ACTIVATIONS,
    DYING,
    INITIALIZERS,
    INPUTS,
    VALLEY,
    OPTIMIZERS,
    SCHEDULES,
    FITTING,
    AUGMENTATION,
    TRANSFER,
    PRECISION,
]
