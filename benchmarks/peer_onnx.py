"""ONNX Runtime, on a file that onnx_network writes. It predicts only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from refusal import RefusedError

Array = NDArray[Any]


class OnnxRuntime:
    """Sessions on one provider, the processor."""

    def __init__(self, spec: dict[str, Any], folder: Path, threads: int) -> None:
        import onnxruntime

        self.runtime = onnxruntime
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads
        self.options.inter_op_num_threads = 1
        self.options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.spec, self.folder = spec, folder
        self.sessions: dict[str, Any] = {}

    def session(self, name: str) -> Any:
        """Return the session of a Keras file."""
        if name not in self.sessions:
            from fkb.sources import load_graph
            from onnx_network import write

            path = self.folder / f"{name}.onnx"
            write(load_graph(self.folder / name), self.spec["inputs"], path)
            self.sessions[name] = self.runtime.InferenceSession(
                str(path), self.options, providers=["CPUExecutionProvider"]
            )
        return self.sessions[name]

    def predictor(self, batch: int, inputs: list[Array]) -> Callable[[], Array]:
        """Return a call from arrays of the host to an array of the host."""
        if self.spec["members"]:
            sessions = [self.session(f"net_{i}.keras") for i in range(self.spec["members"])]
            given = {sessions[0].get_inputs()[0].name: inputs[0]}

            def call_all() -> Array:
                return np.concatenate([s.run(None, given)[0] for s in sessions], axis=-1)

            return call_all
        session = self.session(f"net_b{batch}.keras" if self.spec["stateful"] else "net.keras")
        ends = session.get_inputs()
        feeds = {end.name: x for end, x in zip(ends, inputs, strict=False)}
        for end in ends[len(inputs) :]:
            feeds[end.name] = np.zeros(end.shape, "f4")
        states = [end.name for end in ends[len(inputs) :]]

        def call() -> Array:
            y, *after = session.run(None, feeds)
            feeds.update(zip(states, after, strict=True))
            return np.asarray(y)

        return call

    def trainer(self, batch: int, inputs: list[Array], target: Array) -> Callable[[], float]:
        """Refuse."""
        raise RefusedError("ONNX Runtime as it is on PyPI does not train")


def start(name: str, spec: dict[str, Any], folder: Path, threads: int) -> OnnxRuntime:
    """Return the contestant."""
    return OnnxRuntime(spec, folder, threads)
