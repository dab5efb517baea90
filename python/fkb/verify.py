"""Comparing the Fortran library with Keras, and recording what Keras says in a model file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import engine, text
from .errors import FkbError
from .graph import Array, Graph, Layer, Port, Sample, flatten_structure
from .random_inputs import random_inputs
from .sources import Kind, kind_of, load_graph
from .steps import apply_step, invert_step
from .witness import Witness, WitnessError

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Difference:
    """How far two answers for one output are apart.

    Attributes:
        output: its name.
        largest: the largest absolute value of the truth.
        difference: the largest absolute difference.
        tolerance: what is allowed, relative to `largest`.
    """

    output: str
    largest: float
    difference: float
    tolerance: float

    @property
    def relative(self) -> float:
        """The difference relative to the largest value."""
        return self.difference / self.largest if self.largest > 0 else self.difference

    @property
    def passed(self) -> bool:
        """Whether it is within the tolerance."""
        return self.relative <= self.tolerance


@dataclass(frozen=True)
class Verification:
    """What was compared with what, and how it came out."""

    title: str
    differences: list[Difference]

    @property
    def passed(self) -> bool:
        """Whether every output is within its tolerance, and there was one."""
        return bool(self.differences) and all(row.passed for row in self.differences)

    def table(self) -> str:
        """Return it for a person."""
        rows = [("output", "largest value", "difference", "relative", "tolerance", "")]
        rows += [
            (
                row.output,
                f"{row.largest:.3g}",
                f"{row.difference:.1e}",
                f"{row.relative:.1e}",
                f"{row.tolerance:.1e}",
                "ok" if row.passed else "DIFFERS",
            )
            for row in self.differences
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(6)]
        lines = []
        for row in rows:
            cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
            cells[0], cells[5] = row[0].ljust(widths[0]), row[5]
            lines.append("  ".join(cells).rstrip())
        verdict = "the outputs agree" if self.passed else "the outputs DIFFER"
        return "\n".join([self.title, "", *lines, "", verdict])


def verify(
    src: PathLike,
    model: PathLike | None = None,
    *,
    config: PathLike | None = None,
    samples: int = 100,
    seed: int = 0,
    tolerance: float | None = None,
) -> Verification:
    """Run a model in the Fortran library and in Keras on the same random inputs.

    Args:
        src: model that Keras loads, or any other kind that `convert` reads.
        model: its model file; by default `src` is converted to a temporary one.
        config: JSON of `model.to_json()` for an HDF5 file that holds weights only.
        samples: number of random inputs.
        seed: of the random inputs.
        tolerance: of a difference relative to the largest value of the output; by default
            8 times the number of layer calls times the machine epsilon.

    Returns:
        The differences of the outputs, and of the transforms where the model file has some.

    Raises:
        FkbError: a file cannot be read, or Keras is missing or cannot load the model and the
            model file has no recorded samples either.
        EngineError: the library cannot run the model.
    """
    if samples < 1:
        raise FkbError("at least one sample is needed")
    with ExitStack() as stack:
        graph = load_graph(src, config=config)
        if model is None:
            model = src
            if kind_of(src) is not Kind.TEXT:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                model = Path(folder) / "model.fkb"
                text.write(graph, model)
        written = text.read(model)
        allowed = default_tolerance(written) if tolerance is None else tolerance
        network = stack.enter_context(engine.load(model))
        same = written.precision == graph.precision and config is None
        try:
            witness = stack.enter_context(Witness(written, src if same else None))
        except WitnessError:
            if not written.samples:
                raise
            return _recorded(network, written)
        inputs = random_inputs(written, samples, seed)
        truth = witness.predict(inputs)
        answer = _listed(network.predict(inputs, raw=True))
        rows = list(_compare(written, answer, truth, allowed))
        rows += _check_transforms(written, network, inputs)
        return Verification(f"compared with {witness.name} on {samples} random samples", rows)


def _recorded(network: engine.Network, graph: Graph) -> Verification:
    """Compare with the recorded samples, which must be within their own tolerances."""
    count, worst = network.check_samples()
    row = Difference("all", 1.0, worst, max(sample.tolerance for sample in graph.samples))
    return Verification(f"Keras is not here: compared with {count} recorded samples", [row])


def default_tolerance(graph: Graph) -> float:
    """Return 8 times the number of layer calls times the machine epsilon."""
    return 8 * max(_calls(graph.model), 1) * float(np.finfo(graph.precision).eps)


def _calls(container: Layer) -> int:
    total = 0
    for child in container.children:
        inner = _calls(child) if child.children else int(child.class_name != "InputLayer")
        total += inner * max(len(child.nodes), 1)
    return total


def _listed(outputs: Array | list[Array]) -> list[Array]:
    return outputs if isinstance(outputs, list) else [outputs]


def _output_names(graph: Graph) -> list[str]:
    refs = flatten_structure(graph.model.outputs)
    ports = [graph.outputs.get(position) for position in range(len(refs))]
    return [port.name if port else ref.layer for port, ref in zip(ports, refs, strict=True)]


def _compare(
    graph: Graph, answers: list[Array], truths: list[Array], tolerance: float, note: str = ""
) -> Iterator[Difference]:
    names = _output_names(graph)
    for name, answer, truth in zip(names, answers, truths, strict=True):
        if answer.shape != truth.shape:
            raise FkbError(
                f'output "{name}" has shape {answer.shape} in the library, {truth.shape} in Keras'
            )
        a, b = answer.astype(np.float64), truth.astype(np.float64)
        apart = np.where(a == b, 0.0, np.abs(a - b))
        difference = float(np.where(np.isnan(apart), np.inf, apart).max(initial=0))
        largest = float(np.abs(b).max(initial=0))
        yield Difference(name + note, largest, difference, tolerance)


def _check_transforms(
    graph: Graph, network: engine.Network, inputs: list[Array]
) -> list[Difference]:
    """Compare the library's transforms with the same steps in numpy."""
    if not any(port.steps for port in (*graph.inputs.values(), *graph.outputs.values())):
        return []
    host = [_to_host(graph.inputs.get(k), x.astype(np.float64)) for k, x in enumerate(inputs)]
    host = [np.where(np.isfinite(x), x, 1.0) for x in host]
    given = [_apply(graph.inputs.get(k), x) for k, x in enumerate(host)]
    raw = _listed(network.predict(given, raw=True))
    truth = [_apply(graph.outputs.get(k), y) for k, y in enumerate(raw)]
    answer = _listed(network.predict(host))
    eps = float(np.finfo(np.float64).eps)
    return list(_compare(graph, answer, truth, 8 * eps, " (transforms)"))


def _apply(port: Port | None, x: Array) -> Array:
    """Return what the steps of a port make of an array."""
    for step in port.steps if port else ():
        x = apply_step(step, x)
    return x


def _to_host(port: Port | None, x: Array) -> Array:
    """Return host values from which the steps of an input make `x`."""
    for step in reversed(port.steps if port else ()):
        assert port is not None
        x = invert_step(step, x, port.options.get("size"))
    return x


def record_samples(graph: Graph, src: PathLike | None, count: int, seed: int = 0) -> None:
    """Record random inputs and what Keras answers, in place.

    Args:
        graph: the model; what it recorded before is replaced.
        src: the file that Keras loads itself where it can; None when the graph was changed.
        count: number of samples.
        seed: of the random inputs.

    Raises:
        WitnessError: Keras is missing or cannot load the model.
        FkbError: Keras gives a value that is not finite.
    """
    inputs = random_inputs(graph, count, seed)
    with Witness(graph, src) as witness:
        outputs = [output.astype(graph.precision) for output in witness.predict(inputs)]
    for name, output in zip(_output_names(graph), outputs, strict=True):
        if not np.isfinite(output).all():
            raise FkbError(f'output "{name}" of Keras is not finite: no sample can be recorded')
    tolerance = float(f"{default_tolerance(graph):.2g}")
    graph.samples = [Sample(dict(enumerate(inputs)), dict(enumerate(outputs)), tolerance)]
