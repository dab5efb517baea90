"""The runtimes that FKB is measured beside, each as a function of one batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Batch = NDArray[np.float32]
Run = Callable[[Batch], Batch]


def write_onnx(model: Any, path: Path) -> None:
    """Write a Keras Sequential of Dense and LeakyReLU layers as an ONNX file."""
    nodes, initializers, last = [], [], "x"
    for layer in model.layers:
        name, kind = layer.name, type(layer).__name__
        if kind == "Dense":
            kernel, bias = (
                numpy_helper.from_array(w, f"{name}.weight{i}")
                for i, w in enumerate(layer.get_weights())
            )
            initializers += [kernel, bias]
            nodes.append(helper.make_node("Gemm", [last, kernel.name, bias.name], [name]))
        elif kind == "LeakyReLU":
            nodes.append(
                helper.make_node("LeakyRelu", [last], [name], alpha=float(layer.negative_slope))
            )
        else:
            raise ValueError(f"write_onnx knows no layer {kind}")
        last = name
    features = [int(model.input_shape[-1]), int(model.output_shape[-1])]
    ends = [
        helper.make_tensor_value_info(end, TensorProto.FLOAT, ["batch", size])
        for end, size in zip(["x", last], features, strict=True)
    ]
    graph = helper.make_graph(nodes, "network", [ends[0]], [ends[1]], initializers)
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(file, path)


def onnx_runtime(path: Path, threads: int) -> Run:
    """Return inference by ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(x: Batch) -> Batch:
        return np.asarray(session.run(None, {"x": x})[0])

    return run


def tensorflow_graph(model: Any, xla: bool) -> Run:
    """Return inference by a TensorFlow graph, compiled by XLA or not."""
    import tensorflow as tf

    function = tf.function(lambda x: model(x, training=False), jit_compile=xla)

    def run(x: Batch) -> Batch:
        return np.asarray(function(tf.constant(x)).numpy())

    return run


def keras_step(model: Any) -> Callable[[Batch, Batch], None]:
    """Return one training step by Keras."""

    def step(x: Batch, y: Batch) -> None:
        model.train_on_batch(x, y)

    return step
