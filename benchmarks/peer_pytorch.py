"""PyTorch, eager, with the same weights in modules of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class PyTorch:
    """Networks of torch_network."""

    def __init__(self, spec: dict[str, Any], folder: Path, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self.torch = torch
        self.spec, self.folder = spec, folder

    def network(self, name: str) -> Any:
        """Return the module of a Keras file."""
        from fkb.sources import load_graph
        from torch_network import Network

        return Network(load_graph(self.folder / name))

    def predictor(self, batch: int, inputs: list[Array]) -> Callable[[], Array]:
        """Return a call from arrays of the host to an array of the host, which are not copied."""
        torch = self.torch
        members = self.spec["members"]
        names = [f"net_{i}.keras" for i in range(members)] if members else ["net.keras"]
        if self.spec["stateful"]:
            names = [f"net_b{batch}.keras"]
        networks = [self.network(name).eval() for name in names]
        alone = networks[0]

        def call() -> Array:
            with torch.inference_mode():
                return np.asarray(alone(*[torch.from_numpy(x) for x in inputs]).numpy())

        def call_all() -> Array:
            with torch.inference_mode():
                given = torch.from_numpy(inputs[0])
                return np.concatenate([net(given).numpy() for net in networks], axis=-1)

        return call_all if members else call

    def trainer(self, batch: int, inputs: list[Array], target: Array) -> Callable[[], float]:
        """Return one step with Adam, all of whose loops are fused."""
        torch = self.torch
        network = self.network("net.keras").train()
        trained = [p for p in network.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(trained, lr=1e-3, eps=1e-7, fused=True)
        loss_of = torch.nn.MSELoss()
        group, steps = optimizer.param_groups[0], itertools.count(1)

        def step() -> float:
            optimizer.zero_grad(set_to_none=True)
            given = [torch.from_numpy(x) for x in inputs]
            loss = loss_of(network(*given), torch.from_numpy(target))
            for parameter, factor in network.penalties:
                loss = loss + factor * parameter.square().sum()
            loss.backward()
            # Keras adds epsilon before it corrects the second moment.
            group["eps"] = 1e-7 / (1 - 0.999 ** next(steps)) ** 0.5
            optimizer.step()
            return float(loss.detach())

        return step


def start(name: str, spec: dict[str, Any], folder: Path, threads: int) -> PyTorch:
    """Return the contestant."""
    return PyTorch(spec, folder, threads)
