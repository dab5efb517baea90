"""Models of dense, merging, reshaping and normalising layers, and graphs of every shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo_cases import CASES, KERAS2, KERAS3, Case, graph, layer

KERAS2_ACTIVATIONS = [
    *("elu", "exponential", "gelu", "leaky_relu", "linear", "log_softmax", "mish", "relu"),
    *("relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "tanh"),
]
KERAS3_ACTIVATIONS = [
    *("celu", "hard_shrink", "hard_silu", "hard_tanh", "log_sigmoid", "soft_shrink"),
    *("sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink"),
]


def _dense(activation: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda k: k.layers.Dense(4, activation=activation, name="dense", **options)


layer("dense", (3,), _dense("tanh"))
layer("dense without bias", (3,), _dense(None, use_bias=False))
layer("dense of rank 4", (2, 5, 3), _dense("relu"))
layer(
    "dense with regularizers, constraints and initializers",
    (3,),
    lambda k: k.layers.Dense(
        4,
        kernel_initializer=k.initializers.VarianceScaling(2.0, "fan_in", "truncated_normal", 3),
        bias_initializer=k.initializers.Constant(0.25),
        kernel_regularizer=k.regularizers.L1L2(0.01, 0.02),
        bias_regularizer=k.regularizers.L2(0.5),
        activity_regularizer=k.regularizers.L1(0.125),
        kernel_constraint=k.constraints.MaxNorm(2.0, axis=0),
        bias_constraint=k.constraints.NonNeg(),
        name="dense",
    ),
)
layer("frozen dense", (3,), lambda k: k.layers.Dense(4, trainable=False, name="dense"))
for _name in KERAS2_ACTIVATIONS:
    layer(f"dense with {_name}", (3,), _dense(_name))
    layer(f"activation {_name}", (3, 4), lambda k, n=_name: k.layers.Activation(n, name="act"))
for _name in KERAS3_ACTIVATIONS:
    layer(f"dense with {_name}", (3,), _dense(_name), KERAS3)
    layer(
        f"activation {_name}", (3, 4), lambda k, n=_name: k.layers.Activation(n, name="act"), KERAS3
    )
layer("activation glu", (4,), lambda k: k.layers.Activation("glu", name="act"), KERAS3)
layer("dense with hard_sigmoid", (3,), _dense("hard_sigmoid"), changed=True)
layer("activation hard_sigmoid", (3,), lambda k: k.layers.Activation("hard_sigmoid"), changed=True)
layer("dense with swish", (3,), _dense("swish"))
layer(
    "dense with a layer as activation",
    (3,),
    lambda k: k.layers.Dense(4, activation=k.layers.LeakyReLU(name="leak"), name="dense"),
)
layer("relu layer", (3,), lambda k: k.layers.ReLU(name="relu"))
layer(
    "relu layer with options",
    (3,),
    lambda k: k.layers.ReLU(max_value=0.75, negative_slope=0.125, threshold=0.25, name="relu"),
)
layer("leaky relu layer", (3,), lambda k: k.layers.LeakyReLU(name="leaky"))
layer("leaky relu layer with a slope", (3,), lambda k: k.layers.LeakyReLU(0.0625, name="leaky"))
layer("prelu layer", (2, 3), lambda k: k.layers.PReLU(name="prelu"))
layer(
    "prelu layer with shared axes",
    (2, 3, 4),
    lambda k: k.layers.PReLU(shared_axes=[1, 2], name="prelu"),
)
layer("elu layer", (3,), lambda k: k.layers.ELU(0.5, name="elu"))
layer("softmax layer", (2, 3), lambda k: k.layers.Softmax(name="softmax"))
layer("softmax layer over another axis", (2, 3), lambda k: k.layers.Softmax(axis=1, name="softmax"))
layer("thresholded relu layer", (3,), lambda k: k.layers.ThresholdedReLU(0.5, name="thr"), KERAS2)
layer("dropout", (3,), lambda k: k.layers.Dropout(0.25, seed=7, name="drop"))
layer(
    "dropout with a noise shape",
    (4, 3),
    lambda k: k.layers.Dropout(0.25, noise_shape=(None, 1, 3), name="drop"),
)
layer(
    "spatial dropout of the first axis",
    (4, 2, 3),
    lambda k: k.layers.SpatialDropout2D(0.25, data_format="channels_first", name="drop"),
    KERAS3,
)
layer("spatial dropout 1d", (4, 3), lambda k: k.layers.SpatialDropout1D(0.25, name="drop"))
layer("spatial dropout 2d", (4, 2, 3), lambda k: k.layers.SpatialDropout2D(0.25, name="drop"))
layer("spatial dropout 3d", (2, 2, 2, 3), lambda k: k.layers.SpatialDropout3D(0.25, name="drop"))
layer("gaussian dropout", (3,), lambda k: k.layers.GaussianDropout(0.25, name="drop"))
layer("gaussian noise", (3,), lambda k: k.layers.GaussianNoise(0.25, name="noise"))
layer("alpha dropout", (3,), lambda k: k.layers.AlphaDropout(0.25, name="drop"))
layer(
    "activity regularization",
    (3,),
    lambda k: k.layers.ActivityRegularization(l1=0.125, l2=0.25, name="act"),
)
layer("batch normalization", (3,), lambda k: k.layers.BatchNormalization(name="bn"))
layer(
    "batch normalization with options",
    (4, 3),
    lambda k: k.layers.BatchNormalization(
        momentum=0.875, epsilon=0.01, center=False, trainable=False, name="bn"
    ),
)
layer(
    "batch normalization without scale",
    (2, 2, 3),
    lambda k: k.layers.BatchNormalization(scale=False, gamma_regularizer="l2", name="bn"),
)
layer("batch normalization of axis 1", (3, 4), lambda k: k.layers.BatchNormalization(1, name="bn"))
layer("layer normalization", (3,), lambda k: k.layers.LayerNormalization(name="ln"))
layer(
    "layer normalization with options",
    (4, 3),
    lambda k: k.layers.LayerNormalization([1, 2], epsilon=0.01, center=False, name="ln"),
)
layer(
    "layer normalization without scale",
    (4, 3),
    lambda k: k.layers.LayerNormalization(axis=1, scale=False, name="ln"),
)
layer("normalization", (3,), lambda k: k.layers.Normalization(name="norm"))
layer("normalization of no axis", (3,), lambda k: k.layers.Normalization(axis=None, name="norm"))
layer(
    "normalization with numbers",
    (3,),
    lambda k: k.layers.Normalization(mean=1.5, variance=2.25, name="norm"),
)
layer(
    "normalization with lists, inverted",
    (3,),
    lambda k: k.layers.Normalization(
        mean=[1.5, 2.0, -1.0], variance=[2.25, 1.0, 0.5], invert=True, name="norm"
    ),
)
layer("rescaling", (3,), lambda k: k.layers.Rescaling(0.125, offset=-1.0, name="scale"))
layer(
    "rescaling with lists", (3,), lambda k: k.layers.Rescaling([0.5, 2.0, 1.0], [1, 2, 3], name="s")
)
layer("flatten", (2, 3, 4), lambda k: k.layers.Flatten(name="flat"))
layer(
    "flatten with channels first",
    (2, 3, 4),
    lambda k: k.layers.Flatten("channels_first", name="flat"),
)
layer("reshape", (2, 6), lambda k: k.layers.Reshape((3, -1), name="reshape"))
layer("permute", (2, 3, 4), lambda k: k.layers.Permute((3, 1, 2), name="permute"))
layer("repeat vector", (3,), lambda k: k.layers.RepeatVector(4, name="repeat"))
layer("identity", (3,), lambda k: k.layers.Identity(name="id"))


def _merge(name: str, *shapes: tuple[int, ...], **options: Any) -> None:
    def build(k: Any) -> Any:
        inputs = [k.Input(shape, name=f"in{i}") for i, shape in enumerate(shapes)]
        output = getattr(k.layers, name)(name="merge", **options)(inputs)
        return k.Model(inputs, output, name="model")

    told = "".join(f", {key} {value}" for key, value in options.items())
    CASES.append(Case(f"{name.lower()} of {len(shapes)}, rank {len(shapes[0])}{told}", build))


for _name in ("Add", "Multiply", "Average", "Maximum", "Minimum"):
    _merge(_name, (3,), (3,), (3,))
_merge("Subtract", (2, 3), (2, 3))
_merge("Add", (2, 3), (1, 3))
_merge("Concatenate", (3,), (2,))
_merge("Concatenate", (3, 4), (2, 4), axis=1)
_merge("Dot", (3,), (3,), axes=1)
_merge("Dot", (3, 4), (5, 4), axes=2, normalize=True)
_merge("Dot", (3, 4), (3, 5), axes=(1, 1))


@graph("embedding")
def _embedding(k: Any) -> Any:
    inputs = k.Input((4,), dtype="int32", name="in")
    return k.Model(inputs, k.layers.Embedding(7, 3, name="table")(inputs), name="model")


@graph("deep sequential model")
def _deep(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((5,), name="in"),
            k.layers.Dense(6, name="d1"),
            k.layers.BatchNormalization(name="b1"),
            k.layers.LeakyReLU(name="l1"),
            k.layers.Dropout(0.25, name="o1"),
            k.layers.Dense(6, "relu", name="d2"),
            k.layers.BatchNormalization(name="b2"),
            k.layers.Dense(2, name="d3"),
        ],
        name="deep",
    )


@graph("sequential model without an input")
def _unbuilt(k: Any) -> Any:
    model = k.Sequential([k.layers.Dense(3, name="d1"), k.layers.Dense(2, name="d2")], name="late")
    model.build((None, 4))
    return model


@graph("two inputs and two outputs")
def _two(k: Any) -> Any:
    one, two = k.Input((3,), name="one"), k.Input((4,), name="two")
    joined = k.layers.Concatenate(name="join")([one, two])
    hidden = k.layers.Dense(5, "tanh", name="hidden")(joined)
    outputs = [k.layers.Dense(2, name="left")(hidden), k.layers.Dense(1, name="right")(joined)]
    return k.Model([one, two], outputs, name="two")


@graph("inputs and outputs by name")
def _named(k: Any) -> Any:
    one, two = k.Input((3,), name="one"), k.Input((3,), name="two")
    outputs = {
        "z": k.layers.Add(name="add")([one, two]),
        "a": k.layers.Dense(1, name="dense")(two),
    }
    return k.Model({"one": one, "two": two}, outputs, name="named")


@graph("one layer shared by three calls")
def _shared(k: Any) -> Any:
    one, two = k.Input((3,), name="one"), k.Input((3,), name="two")
    shared = k.layers.Dense(3, "tanh", name="shared")
    first = shared(one)
    merged = k.layers.Subtract(name="sub")([shared(two), first])
    return k.Model([one, two], [shared(merged), first], name="sharing")


def _inner(k: Any, name: str = "inner") -> Any:
    inputs = k.Input((4,), name=f"{name}_in")
    hidden = k.layers.Dense(4, "tanh", name=f"{name}_a")(inputs)
    hidden = k.layers.BatchNormalization(name=f"{name}_bn")(hidden)
    return k.Model(inputs, k.layers.Dense(4, name=f"{name}_b")(hidden), name=name)


@graph("nested model called three times")
def _nested(k: Any) -> Any:
    inputs, inner = k.Input((4,), name="in"), _inner(k)
    first = inner(inputs)
    merged = k.layers.Add(name="add")([first, inner(first)])
    return k.Model(inputs, [k.layers.Dense(2, name="out")(merged), inner(merged)], name="outer")


@graph("nested model, partly frozen")
def _partly(k: Any) -> Any:
    inner = _inner(k)
    inner.get_layer("inner_a").trainable = False
    return k.Sequential([k.Input((4,), name="in"), inner, k.layers.Dense(2, name="out")], name="m")


@graph("nested model, frozen")
def _frozen(k: Any) -> Any:
    inner = _inner(k)
    inner.trainable = False
    inputs = k.Input((4,), name="in")
    return k.Model(inputs, k.layers.Dense(2, name="out")(inner(inputs)), name="m")


@graph("frozen model around a trainable one")
def _unfrozen(k: Any) -> Any:
    inner = _inner(k)
    middle = k.Sequential([k.Input((4,), name="mid_in"), inner, k.layers.Dense(4, name="mid")])
    middle.trainable = False
    inner.trainable = True
    inputs = k.Input((4,), name="in")
    return k.Model(inputs, k.layers.Dense(2, name="out")(middle(inputs)), name="m")


@graph("frozen functional model around a trainable one")
def _unfrozen_functional(k: Any) -> Any:
    inner = _inner(k)
    middle_inputs = k.Input((4,), name="mid_in")
    middle = k.Model(middle_inputs, k.layers.Dense(4, name="mid")(inner(middle_inputs)), name="mid")
    middle.trainable = False
    inner.trainable = True
    inputs = k.Input((4,), name="in")
    return k.Model(inputs, k.layers.Dense(2, name="out")(middle(inputs)), name="m")


@graph("nested sequential model")
def _nested_sequential(k: Any) -> Any:
    inner = k.Sequential([k.layers.Dense(3, name="s1"), k.layers.Dropout(0.5)], name="stack")
    inputs = k.Input((4,), name="in")
    return k.Model(inputs, inner(inputs), name="outer")


@graph("model as first layer")
def _first(k: Any) -> Any:
    return k.Sequential([_inner(k), k.layers.Dense(2, name="out")], name="first")


@graph("models three deep")
def _deep_nesting(k: Any) -> Any:
    middle = k.Sequential([k.Input((4,), name="mid_in"), _inner(k), k.layers.Dense(4, name="mid")])
    inputs = k.Input((4,), name="in")
    return k.Model(inputs, k.layers.ReLU(name="end")(middle(inputs)), name="outer")


@graph("nested model with two inputs and outputs")
def _wide_nesting(k: Any) -> Any:
    one, two = k.Input((3,), name="p"), k.Input((3,), name="q")
    outputs = [k.layers.Add(name="sum")([one, two]), k.layers.Dense(2, name="d")(one)]
    inner = k.Model([one, two], outputs, name="inner")
    first, second = k.Input((3,), name="one"), k.Input((3,), name="two")
    total, dense = inner([second, first])
    joined = k.layers.Concatenate(name="join")([dense, total])
    return k.Model([first, second], [joined, dense], name="outer")


@graph("nested models with open dimensions")
def _open_nesting(k: Any) -> Any:
    steps = k.Input((None, 3), name="steps")
    inner = k.Model(steps, k.layers.Dense(2, name="a")(steps), name="inner")
    middle = k.Sequential(
        [k.Input((None, 3), name="m"), inner, k.layers.ReLU(name="r")], name="mid"
    )
    inputs = k.Input((None, 3), name="in")
    wide = k.layers.Concatenate(axis=1, name="wide")([inputs, inputs])
    return k.Model(inputs, [middle(inputs), middle(wide)], name="outer")


@graph("calls with training stated", KERAS3, changed=True)
@graph("calls with training stated, which Keras 2 keeps", KERAS2, changed=True)
def _training(k: Any) -> Any:
    inputs = k.Input((3,), name="in")
    always = k.layers.Dropout(0.5, name="always")(inputs, training=True)
    never = k.layers.Dropout(0.5, name="never")(inputs, training=False)
    return k.Model(inputs, [k.layers.Dense(2, name="d")(never), always], name="model")


@graph("an output that is an input")
def _through(k: Any) -> Any:
    inputs = k.Input((3,), name="in")
    return k.Model(inputs, [inputs, k.layers.Dense(2, name="d")(inputs)], name="through")


@graph("single output in a list", KERAS3, portable=True)
def _listed(k: Any) -> Any:
    inputs = k.Input((3,), name="in")
    return k.Model([inputs], [k.layers.Dense(2, name="d")(inputs)], name="listed")


@graph("fixed batch size")
def _batch(k: Any) -> Any:
    inputs = k.Input(batch_size=4, shape=(3,), name="in")
    return k.Model(inputs, k.layers.Dense(2, name="d")(inputs), name="model")
