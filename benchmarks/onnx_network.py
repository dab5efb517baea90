"""A model as an ONNX file, written by hand for the layers of the table.

A value is kept channels first where convolutions, pools and normalisation want it so, and turned
only where another layer wants Keras's order, so that a network of convolutions is turned twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from fkb.graph import Graph, Layer, flatten_structure
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from refusal import RefusedError

OPSET = 17
ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softmax": "Softmax"}


@dataclass(frozen=True)
class Value:
    """A tensor: its name, its shape without the batch in Keras's order, where its channels are."""

    name: str
    shape: tuple[int, ...]
    first: bool = False


class Writer:
    """Collects nodes; `turn` and the methods of layers return values."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; return the name of its output, or the names."""
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: Any) -> str:
        """Add an array."""
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(value)
        if array.dtype == np.float64:
            array = array.astype("f4")
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def turn(self, value: Value, first: bool) -> Value:
        """Return a value with its channels first, or last."""
        if value.first == first or len(value.shape) < 2:
            return value
        # Frames of a series (batch, steps, ...) are images.
        frames = 1 if len(value.shape) == 4 else 0
        lead, rank = list(range(1 + frames)), len(value.shape) + 1
        axes = [rank - 1, *range(1 + frames, rank - 1)]
        if not first:
            axes = [*range(2 + frames, rank), 1 + frames]
        return Value(self.op("Transpose", value.name, perm=[*lead, *axes]), value.shape, first)

    def activate(self, name: str, activation: str, first: bool = False) -> str:
        """Add an activation; softmax takes the last axis, of values that are not turned."""
        if activation == "linear":
            return name
        if activation not in ACTIVATIONS or (activation == "softmax" and first):
            raise RefusedError(f"the activation {activation} is not written for ONNX")
        return str(self.op(ACTIVATIONS[activation], name))

    def reshape(self, name: str, *shape: int) -> str:
        """Add a reshape."""
        return str(self.op("Reshape", name, self.constant(np.array(shape, "i8"))))


def _weights(layer: Layer) -> dict[str, NDArray[Any]]:
    return {weight.name: np.asarray(weight.value) for weight in layer.weights}


def dense(w: Writer, layer: Layer, x: Value, *_: Any) -> Value:
    given, x = _weights(layer), w.turn(x, False)
    kernel, bias = given["kernel"], given["bias"]
    shape = (*x.shape[:-1], kernel.shape[-1])
    # A window of 1 is a dense layer.
    kernel = kernel.reshape(kernel.shape[-2:])
    if len(x.shape) == 1:
        name = w.op("Gemm", x.name, w.constant(kernel), w.constant(bias))
    else:
        name = w.op("Add", w.op("MatMul", x.name, w.constant(kernel)), w.constant(bias))
    return Value(w.activate(name, layer.config["activation"]), shape)


def conv2d(w: Writer, layer: Layer, x: Value, *_: Any) -> Value:
    given, config, x = _weights(layer), layer.config, w.turn(x, True)
    size, strides = config["kernel_size"], config["strides"]
    same = config["padding"] == "same"
    if same and (list(strides) != [1, 1] or any(n % 2 == 0 for n in size)):
        raise RefusedError("only odd kernels without strides are padded for ONNX here")
    pads = [n // 2 if same else 0 for n in size]
    inputs = [x.name, w.constant(given["kernel"].transpose(3, 2, 0, 1))]
    if config["use_bias"]:
        inputs.append(w.constant(given["bias"]))
    name = w.op("Conv", *inputs, kernel_shape=size, strides=strides, pads=pads * 2)
    places = [
        (n + 2 * p - k) // s + 1 for n, p, k, s in zip(x.shape, pads, size, strides, strict=False)
    ]
    return Value(w.activate(name, config["activation"], True), (*places, config["filters"]), True)


def conv3d(w: Writer, layer: Layer, x: Value, *_: Any) -> Value:
    if list(layer.config["kernel_size"]) != [1, 1, 1]:
        raise RefusedError("Conv3D is written for windows of 1 only for ONNX here")
    return dense(w, layer, x)


def normalize(w: Writer, layer: Layer, x: Value, *_: Any) -> Value:
    given, x = _weights(layer), w.turn(x, True)
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    constants = [w.constant(given[name]) for name in names]
    name = w.op("BatchNormalization", x.name, *constants, epsilon=layer.config["epsilon"])
    return Value(name, x.shape, x.first)


def recurrent(w: Writer, layer: Layer, x: Value, *_: Any) -> Value:
    given, config = _weights(layer), layer.config
    lstm, units = layer.class_name == "LSTM", layer.config["units"]
    # Keras has i f c o and z r h; ONNX i o f c and z r h.
    order = [0, 3, 1, 2] if lstm else [0, 1, 2]

    def ordered(value: NDArray[Any]) -> NDArray[Any]:
        parts = np.split(value, len(order), axis=-1)
        return np.concatenate([parts[i] for i in order], axis=-1)

    kernel, hidden = (ordered(given[n]).T[None] for n in ("kernel", "recurrent_kernel"))
    bias = ordered(given["bias"])
    bias = np.concatenate([bias, np.zeros_like(bias)])[None] if lstm else bias.reshape(1, -1)
    inputs = [w.op("Transpose", x.name, perm=[1, 0, 2])]
    inputs += [w.constant(kernel), w.constant(hidden), w.constant(bias)]
    states = 2 if lstm else 1
    if config["stateful"]:
        batch = int(layer.meta["batch"])
        before = [f"state{i}" for i in range(states)]
        shape = [1, batch, units]
        w.inputs += [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in before]
        inputs += ["", *before]
    extra = {} if lstm else {"linear_before_reset": 1}
    if not lstm and not config["reset_after"]:
        raise RefusedError("a GRU that resets before the product is not written for ONNX")
    made = w.op(layer.class_name, *inputs, outputs=1 + states, hidden_size=units, **extra)
    if config["stateful"]:
        shape = [1, batch, units]
        w.outputs += [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in made[1:]]
    if config["return_sequences"]:
        name = w.op("Squeeze", made[0], w.constant(np.array([1], "i8")))
        return Value(w.op("Transpose", name, perm=[1, 0, 2]), (x.shape[0], units))
    return Value(w.op("Squeeze", made[1], w.constant(np.array([0], "i8"))), (units,))


def conv_lstm(w: Writer, layer: Layer, x: Value, state: Any = None) -> Any:
    given, config, x = _weights(layer), layer.config, w.turn(x, True)
    steps, *places, channels = x.shape
    n, size = config["filters"], config["kernel_size"]
    pads = [k // 2 for k in size] * 2
    kernel, hidden = (
        w.constant(given[name].transpose(3, 2, 0, 1)) for name in ("kernel", "recurrent_kernel")
    )
    flat = w.reshape(x.name, -1, channels, *places)
    fed = w.op("Conv", flat, kernel, w.constant(given["bias"]), kernel_shape=size, pads=pads)
    fed = w.reshape(fed, -1, steps, 4 * n, *places)
    parts = [fed] if steps == 1 else w.op("Split", fed, outputs=steps, axis=1)
    h, c = (w.turn(v, True).name for v in state) if state else (None, None)
    gate, activation = config["recurrent_activation"], config["activation"]
    one = w.constant(np.array([1], "i8"))
    frames = []
    for part in parts:
        z = w.op("Squeeze", part, one)
        if h is not None:
            z = w.op("Add", z, w.op("Conv", h, hidden, kernel_shape=size, pads=pads))
        i, f, g, o = w.op("Split", z, outputs=4, axis=1)
        new = w.op("Mul", w.activate(i, gate), w.activate(g, activation))
        if c is not None:
            new = w.op("Add", w.op("Mul", w.activate(f, gate), c), new)
        c = new
        h = w.op("Mul", w.activate(o, gate), w.activate(c, activation))
        frames.append(h)
    y = Value(str(h), (*places, n), True)
    if config["return_sequences"]:
        lifted = [w.op("Unsqueeze", frame, one) for frame in frames]
        name = lifted[0] if steps == 1 else w.op("Concat", *lifted, axis=1)
        y = Value(name, (steps, *places, n), True)
    if config["return_state"]:
        return [y, Value(str(h), (*places, n), True), Value(str(c), (*places, n), True)]
    return y


def attention(w: Writer, layer: Layer, query: Value, value: Value, *_: Any) -> Value:
    given, heads = _weights(layer), layer.config["num_heads"]
    tokens, width = query.shape
    depth = layer.config["key_dim"]

    def part(x: Value, name: str, axes: list[int]) -> str:
        kernel = w.constant(given[f"{name}/kernel"].reshape(x.shape[-1], -1))
        bias = w.constant(given[f"{name}/bias"].reshape(-1))
        made = w.op("Add", w.op("MatMul", x.name, kernel), bias)
        return str(w.op("Transpose", w.reshape(made, -1, x.shape[0], heads, depth), perm=axes))

    q, k = part(query, "query", [0, 2, 1, 3]), part(value, "key", [0, 2, 3, 1])
    v = part(value, "value", [0, 2, 1, 3])
    q = w.op("Mul", q, w.constant(np.float32(depth**-0.5)))
    mixed = w.op("MatMul", w.op("Softmax", w.op("MatMul", q, k), axis=-1), v)
    flat = w.reshape(w.op("Transpose", mixed, perm=[0, 2, 1, 3]), -1, tokens, heads * depth)
    kernel = w.constant(given["attention_output/kernel"].reshape(-1, width))
    bias = w.constant(given["attention_output/bias"])
    return Value(w.op("Add", w.op("MatMul", flat, kernel), bias), query.shape)


def simple(w: Writer, layer: Layer, x: Value, *more: Value) -> Value:
    """A layer without weights, in either order of channels."""
    kind, config = layer.class_name, layer.config
    if kind == "Dropout":
        return x
    if kind in ("Activation", "LeakyReLU"):
        if kind == "Activation":
            return Value(w.activate(x.name, config["activation"], x.first), x.shape, x.first)
        return Value(w.op("LeakyRelu", x.name, alpha=config["negative_slope"]), x.shape, x.first)
    if kind == "Add":
        return Value(w.op("Add", x.name, w.turn(more[0], x.first).name), x.shape, x.first)
    if kind == "Concatenate":
        parts = [w.turn(value, False) for value in (x, *more)]
        name = w.op("Concat", *[part.name for part in parts], axis=-1)
        return Value(name, (*x.shape[:-1], sum(part.shape[-1] for part in parts)))
    if kind in ("Reshape", "Flatten"):
        target = tuple(config["target_shape"]) if kind == "Reshape" else (prod(x.shape),)
        return Value(w.reshape(w.turn(x, False).name, -1, *target), target)
    return _image(w, layer, w.turn(x, True))


def _image(w: Writer, layer: Layer, x: Value) -> Value:
    kind, config = layer.class_name, layer.config
    rows, columns, channels = x.shape
    if kind == "GlobalAveragePooling2D":
        return Value(w.reshape(w.op("GlobalAveragePool", x.name), -1, channels), (channels,))
    if kind == "MaxPooling2D" and config["padding"] == "valid":
        size, strides = config["pool_size"], config["strides"]
        name = w.op("MaxPool", x.name, kernel_shape=size, strides=strides)
        places = [(n - k) // s + 1 for n, k, s in zip((rows, columns), size, strides, strict=True)]
        return Value(name, (*places, channels), True)
    if kind == "UpSampling2D":
        by = config["size"]
        scales = w.constant(np.array([1, 1, *by], "f4"))
        name = w.op(
            "Resize",
            x.name,
            "",
            scales,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return Value(name, (rows * by[0], columns * by[1], channels), True)
    if kind == "ZeroPadding2D":
        (top, bottom), (left, right) = config["padding"]
        pads = w.constant(np.array([0, 0, top, left, 0, 0, bottom, right], "i8"))
        shape = (rows + top + bottom, columns + left + right, channels)
        return Value(w.op("Pad", x.name, pads), shape, True)
    raise RefusedError(f"the layer {kind} with these options is not written for ONNX")


def embedding(w: Writer, layer: Layer, x: Value, *_: Any) -> Value:
    table = _weights(layer)["embeddings"]
    return Value(w.op("Gather", w.constant(table), x.name), (*x.shape, table.shape[1]))


LAYERS: dict[str, Callable[..., Any]] = {
    "BatchNormalization": normalize,
    "Conv2D": conv2d,
    "Conv3D": conv3d,
    "ConvLSTM2D": conv_lstm,
    "Dense": dense,
    "Embedding": embedding,
    "GRU": recurrent,
    "LSTM": recurrent,
    "MultiHeadAttention": attention,
}


def write(graph: Graph, inputs: list[dict[str, Any]], path: Path) -> None:
    """Write the file; `inputs` are those of spec.json."""
    w = Writer()
    values: dict[tuple[str, int], Value] = {}
    layers = {layer.name: layer for layer in graph.model.children}
    for ref, given in zip(flatten_structure(graph.model.inputs), inputs, strict=True):
        kind = TensorProto.INT32 if given["classes"] else TensorProto.FLOAT
        batch = layers[ref.layer].config["batch_shape"][0] or "batch"
        w.inputs.append(helper.make_tensor_value_info(ref.layer, kind, [batch, *given["shape"]]))
        values[ref.layer, 0] = Value(ref.layer, tuple(given["shape"]))
    for layer in graph.model.children:
        if layer.class_name == "InputLayer":
            continue
        layer.meta["batch"] = batch
        node = layer.nodes[0]
        x = [values[ref.layer, ref.index] for ref in flatten_structure(node.args)]
        state = [values[ref.layer, ref.index] for ref in flatten_structure(node.kwargs)]
        more = (state,) if state else ()
        made = LAYERS.get(layer.class_name, simple)(w, layer, *x, *more)
        outputs = made if isinstance(made, list) else [made]
        values.update({(layer.name, i): value for i, value in enumerate(outputs)})
    end = flatten_structure(graph.model.outputs)[0]
    last = w.turn(values[end.layer, end.index], False)
    out = helper.make_tensor_value_info(last.name, TensorProto.FLOAT, ["batch", *last.shape])
    body = helper.make_graph(w.nodes, "network", w.inputs, [out, *w.outputs], w.constants)
    file = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.save(file, path)
