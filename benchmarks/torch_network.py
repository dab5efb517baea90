"""A model as a PyTorch module, written by hand for the layers of the table.

Tensors have Keras's shapes, channels last. A convolution sees a permuted view, which is PyTorch's
channels_last format: no values move.
"""

# PyTorch may be missing: then its classes are unknown.
# mypy: disable-error-code="misc"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from fkb.graph import Graph, Layer, flatten_structure
from refusal import RefusedError
from torch import Tensor, nn
from torch.nn import functional

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softmax": lambda x: torch.softmax(x, -1),
}


def _activation(layer: Layer) -> Callable[[Tensor], Tensor]:
    name = layer.config.get("activation", "linear")
    if name not in ACTIVATIONS:
        raise RefusedError(f"the activation {name} is not written for PyTorch")
    return ACTIVATIONS[name]


def _first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


def _last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


class Block(nn.Module):
    """One layer with its weights by name."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.config = layer.config
        self.given = {weight.name: np.asarray(weight.value) for weight in layer.weights}
        self.penalties: list[tuple[Tensor, float]] = []

    def weight(self, name: str, *axes: int, order: list[int] | None = None) -> nn.Parameter:
        """Return a weight with its axes, and its gates along the first, in another order."""
        value = self.given[name]
        if axes:
            value = value.transpose(axes)
        if order is not None:
            value = np.concatenate([np.split(value, len(order))[i] for i in order])
        parameter = nn.Parameter(torch.from_numpy(np.array(value, "f4", order="C")))
        key = f"{name.replace('_kernel', '')}_regularizer"
        regularizer = self.config.get(key)
        if regularizer:
            self.penalties.append((parameter, float(regularizer["config"]["l2"])))
        return parameter

    def taps(self, name: str) -> nn.Parameter:
        """Return a kernel of a two-dimensional convolution."""
        kernel = self.weight(name, 3, 2, 0, 1)
        kernel.data = kernel.data.contiguous(memory_format=torch.channels_last)
        return kernel


class Dense(Block):
    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        self.kernel, self.bias = self.weight("kernel", 1, 0), self.weight("bias")
        self.activation = _activation(layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(functional.linear(x, self.kernel, self.bias))


class Conv2D(Block):
    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        size, strides = layer.config["kernel_size"], layer.config["strides"]
        same = layer.config["padding"] == "same"
        if same and (list(strides) != [1, 1] or any(n % 2 == 0 for n in size)):
            raise RefusedError("only odd kernels without strides are padded in PyTorch here")
        self.padding = tuple(n // 2 for n in size) if same else (0, 0)
        self.strides = tuple(strides)
        self.kernel = self.taps("kernel")
        self.bias = self.weight("bias") if layer.config["use_bias"] else None
        self.activation = _activation(layer)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.conv2d(_first(x), self.kernel, self.bias, self.strides, self.padding)
        return _last(self.activation(y))


class Conv3D(Block):
    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        if list(layer.config["kernel_size"]) != [1, 1, 1]:
            raise RefusedError("Conv3D is written for windows of 1 only in PyTorch here")
        self.given["kernel"] = self.given["kernel"][0, 0, 0]
        self.kernel, self.bias = self.weight("kernel", 1, 0), self.weight("bias")
        self.activation = _activation(layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(functional.linear(x, self.kernel, self.bias))


class BatchNormalization(Block):
    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        count = len(self.given["gamma"])
        momentum, epsilon = 1 - layer.config["momentum"], layer.config["epsilon"]
        self.flat = nn.BatchNorm1d(count, epsilon, momentum)
        self.image = nn.BatchNorm2d(count, epsilon, momentum)
        for norm in (self.flat, self.image):
            norm.weight.data = torch.from_numpy(self.given["gamma"].copy())
            norm.bias.data = torch.from_numpy(self.given["beta"].copy())
            norm.running_mean = torch.from_numpy(self.given["moving_mean"].copy())
            norm.running_var = torch.from_numpy(self.given["moving_variance"].copy())

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.flat(x) if x.dim() == 2 else _last(self.image(_first(x)))
        return y


class Recurrent(Block):
    """LSTM or GRU."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        lstm = layer.class_name == "LSTM"
        if not lstm and not layer.config["reset_after"]:
            raise RefusedError("PyTorch's GRU resets after the product only")
        order = None if lstm else [1, 0, 2]
        inputs, units = len(self.given["kernel"]), len(self.given["recurrent_kernel"])
        self.cell = (nn.LSTM if lstm else nn.GRU)(inputs, units, batch_first=True)
        self.cell.weight_ih_l0 = self.weight("kernel", 1, 0, order=order)
        self.cell.weight_hh_l0 = self.weight("recurrent_kernel", 1, 0, order=order)
        if lstm:
            self.cell.bias_ih_l0 = self.weight("bias")
            self.cell.bias_hh_l0.data.zero_()
            self.cell.bias_hh_l0.requires_grad = False
        else:
            both = self.given["bias"]
            for name, value in zip(("bias_ih_l0", "bias_hh_l0"), both, strict=True):
                self.given[name] = value
                setattr(self.cell, name, self.weight(name, order=order))
        self.memory: Any = None

    def forward(self, x: Tensor) -> Tensor:
        y, state = self.cell(x, self.memory)
        if self.config["stateful"]:
            self.memory = state
        made: Tensor = y if self.config["return_sequences"] else y[:, -1]
        return made


class ConvLSTM2D(Block):
    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        self.kernel, self.recurrent = self.taps("kernel"), self.taps("recurrent_kernel")
        self.bias = self.weight("bias")
        self.padding = tuple(n // 2 for n in layer.config["kernel_size"])
        self.activation = _activation(layer)
        self.gate = ACTIVATIONS[layer.config["recurrent_activation"]]

    def forward(self, x: Tensor, initial_state: Any = None) -> Any:
        batch, steps = x.shape[:2]
        flat = _first(x.reshape(batch * steps, *x.shape[2:]))
        fed = functional.conv2d(flat, self.kernel, self.bias, padding=self.padding)
        fed = fed.unflatten(0, (batch, steps))
        h = c = None
        if initial_state is not None:
            h, c = (_first(state) for state in initial_state)
        outputs = []
        for t in range(steps):
            z = fed[:, t]
            if h is not None:
                z = z + functional.conv2d(h, self.recurrent, padding=self.padding)
            i, f, g, o = z.chunk(4, 1)
            new = self.gate(i) * self.activation(g)
            c = new if c is None else self.gate(f) * c + new
            h = self.gate(o) * self.activation(c)
            outputs.append(h)
        y = _last(outputs[-1])
        if self.config["return_sequences"]:
            y = torch.stack([_last(one) for one in outputs], 1)
        if self.config["return_state"]:
            return [y, _last(outputs[-1]), _last(c)] if c is not None else [y]
        return y


class MultiHeadAttention(Block):
    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        self.heads = layer.config["num_heads"]
        for name in ("query", "key", "value"):
            kernel = self.given[f"{name}/kernel"]
            self.given[f"{name}/kernel"] = kernel.reshape(len(kernel), -1)
            self.given[f"{name}/bias"] = self.given[f"{name}/bias"].reshape(-1)
        out = self.given["attention_output/kernel"]
        self.given["attention_output/kernel"] = out.reshape(-1, out.shape[-1])
        names = ("query", "key", "value", "attention_output")
        self.kernels = nn.ParameterList([self.weight(f"{n}/kernel", 1, 0) for n in names])
        self.biases = nn.ParameterList([self.weight(f"{n}/bias") for n in names])

    def forward(self, query: Tensor, value: Tensor) -> Tensor:
        parts = [
            functional.linear(x, self.kernels[i], self.biases[i])
            .unflatten(-1, (self.heads, -1))
            .transpose(1, 2)
            for i, x in enumerate((query, value, value))
        ]
        mixed = functional.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)
        return functional.linear(mixed, self.kernels[3], self.biases[3])


class Embedding(Block):
    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        self.table = self.weight("embeddings")

    def forward(self, x: Tensor) -> Tensor:
        return functional.embedding(x, self.table)


class Simple(Block):
    """A layer without weights."""

    def forward(self, *x: Tensor) -> Tensor:
        return self.run(x, self.config)

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        name, config = layer.class_name, layer.config
        if name == "Activation":
            _activation(layer)
        if name == "Dropout":
            self.dropout = nn.Dropout(config["rate"])
            self.run: Callable[..., Tensor] = lambda x, config: self.dropout(x[0])
        elif name == "MaxPooling2D" and config["padding"] == "valid":
            self.run = _pool
        else:
            self.run = SIMPLE[name]


def _pool(x: tuple[Tensor, ...], config: dict[str, Any]) -> Tensor:
    size, strides = tuple(config["pool_size"]), tuple(config["strides"])
    return _last(functional.max_pool2d(_first(x[0]), size, strides))


def _zero_padding(x: tuple[Tensor, ...], config: dict[str, Any]) -> Tensor:
    rows, columns = config["padding"]
    return functional.pad(x[0], (0, 0, *columns, *rows))


def _up(x: tuple[Tensor, ...], config: dict[str, Any]) -> Tensor:
    return _last(functional.interpolate(_first(x[0]), scale_factor=tuple(config["size"])))


SIMPLE: dict[str, Callable[[tuple[Tensor, ...], dict[str, Any]], Tensor]] = {
    "Activation": lambda x, config: ACTIVATIONS[config["activation"]](x[0]),
    "Add": lambda x, config: x[0] + x[1],
    "Concatenate": lambda x, config: torch.cat(x, config["axis"]),
    "Flatten": lambda x, config: x[0].flatten(1),
    "GlobalAveragePooling2D": lambda x, config: x[0].mean((1, 2)),
    "LeakyReLU": lambda x, config: functional.leaky_relu(x[0], config["negative_slope"]),
    "Reshape": lambda x, config: x[0].reshape(len(x[0]), *config["target_shape"]),
    "UpSampling2D": _up,
    "ZeroPadding2D": _zero_padding,
}
BLOCKS: dict[str, type[Block]] = {
    **{
        kind.__name__: kind
        for kind in (Dense, Conv2D, Conv3D, BatchNormalization, ConvLSTM2D, Embedding)
    },
    "LSTM": Recurrent,
    "GRU": Recurrent,
    "MultiHeadAttention": MultiHeadAttention,
    "Dropout": Simple,
    "MaxPooling2D": Simple,
    **dict.fromkeys(SIMPLE, Simple),
}


class Network(nn.Module):
    """The whole model; `penalties` are the terms that regularizers add to the loss."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.calls: list[tuple[Layer, Block]] = []
        self.penalties: list[tuple[Tensor, float]] = []
        for layer in graph.model.children:
            if layer.class_name == "InputLayer":
                continue
            if layer.class_name not in BLOCKS:
                raise RefusedError(f"the layer {layer.class_name} is not written for PyTorch")
            block = BLOCKS[layer.class_name](layer)
            self.penalties += block.penalties
            self.add_module(layer.name, block)
            self.calls.append((layer, block))
        self.starts = flatten_structure(graph.model.inputs)
        self.end = flatten_structure(graph.model.outputs)[0]

    def forward(self, *inputs: Tensor) -> Tensor:
        values: dict[tuple[str, int], Tensor] = {
            (ref.layer, 0): x for ref, x in zip(self.starts, inputs, strict=True)
        }
        for layer, block in self.calls:
            node = layer.nodes[0]
            given = [values[ref.layer, ref.index] for ref in flatten_structure(node.args)]
            options = {
                key: [values[ref.layer, ref.index] for ref in flatten_structure(value)]
                for key, value in node.kwargs.items()
                if flatten_structure(value)
            }
            made = block(*given, **options)
            outputs = made if isinstance(made, list) else [made]
            values.update({(layer.name, i): value for i, value in enumerate(outputs)})
        return values[self.end.layer, self.end.index]
