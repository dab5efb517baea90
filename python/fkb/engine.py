"""The Fortran library in Python: networks that predict. `fkb.trainer` trains them.

Arrays are numpy's, with Keras's axes: the batch first, the channels last.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from .derivatives import Derivatives
from .errors import EngineError
from .graph import Array
from .library import (
    MAX_RANK,
    CError,
    byref,
    c_arrays,
    c_double,
    c_int,
    c_int64,
    c_void_p,
    check,
    doubles,
    library,
    listed,
    native,
)
from .network_file import open_shapes, ways_to_name
from .state import State
from .weights import Weights

if TYPE_CHECKING:
    from .online import OnlineTrainer
    from .trainer import Trainer

PathLike = str | os.PathLike[str]
# One array, or several by position or by name.
Arrays = Any

_PRECISIONS = {"single": 4, "double": 8, "float32": 4, "float64": 8}


def load(path: PathLike, precision: str | None = None) -> Network:
    """Return the network of a model file.

    Args:
        path: model file.
        precision: `single` or `double`; by default that of the file.

    Raises:
        EngineError: the file cannot be read, is damaged, or holds what the library lacks.
    """
    return Network(path, precision)


def version() -> str:
    """Return the version of the library."""
    text: bytes = library().fkb_version()
    return text.decode("ascii")


def processor_level() -> str:
    """Return the processors for which the kernels that run were compiled.

    Returns:
        `v1`, `v3` or `v4`, levels of x86-64 (SSE2, AVX2, AVX-512), of which the library takes the
        highest that the processor has, or what the environment variable FKB_CPU_LEVEL says when
        the library is loaded; `fixed` where the library holds its kernels once only.
    """
    text: bytes = library().fkb_processor_level()
    return text.decode("ascii")


class _Workspace:
    """A workspace of the library, given back when nobody holds it any more."""

    def __init__(self) -> None:
        self._library = library()
        self.handle = int(self._library.fkb_workspace_new())

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        if getattr(self, "handle", 0):
            self._library.fkb_workspace_free(self.handle)
            self.handle = 0


class Network(Weights, Derivatives):
    """A network in the library. It may be used by several threads at once.

    Args:
        path: model file.
        precision: `single` or `double`; by default that of the file.
    """

    def __init__(self, path: PathLike, precision: str | None = None) -> None:
        self._handle: c_void_p | None = None
        self._library = library()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._workspaces: weakref.WeakSet[_Workspace] = weakref.WeakSet()
        #: The trainer that was made last; its optimizer's state is saved with the network.
        self.trainer: Trainer | OnlineTrainer | None = None
        handle, error = c_void_p(), CError()
        size = _bytes(precision)
        code = self._library.fkb_network_load(os.fsencode(path), size, byref(handle), byref(error))
        check(code, error)
        self._handle = handle
        self.path = os.fspath(path)
        #: Number of inputs and outputs.
        self.n_inputs: int = self._library.fkb_network_inputs(handle)
        self.n_outputs: int = self._library.fkb_network_outputs(handle)
        #: Kind in which the network computes, `float32` or `float64`.
        self.precision = "float64" if self._library.fkb_network_bytes(handle) == 8 else "float32"

    def __enter__(self) -> Network:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; the network and its trainers cannot be used any more."""
        handle = getattr(self, "_handle", None)
        if handle is None:
            return
        if self.trainer is not None:
            self.trainer.close()
        for workspace in list(self._workspaces):
            workspace.close()
        self._library.fkb_network_free(handle)
        self._handle = None

    @property
    def is_open(self) -> bool:
        """Whether the network has not been closed."""
        return self._handle is not None

    @property
    def handle(self) -> c_void_p:
        """The library's handle."""
        if self._handle is None:
            raise EngineError("the network is closed")
        return self._handle

    def _workspace(self) -> int:
        """Return this thread's workspace, which ends with the thread."""
        workspace: _Workspace | None = getattr(self._local, "workspace", None)
        if workspace is None:
            workspace = _Workspace()
            self._local.workspace = workspace
            with self._lock:
                self._workspaces.add(workspace)
        return workspace.handle

    @property
    def input_shapes(self) -> list[tuple[int | None, ...]]:
        """Shapes of the inputs as the host gives them; None for the batch and where open."""
        return [self._shape(False, position) for position in range(self.n_inputs)]

    @property
    def output_shapes(self) -> list[tuple[int | None, ...]]:
        """Shapes of the outputs; None for the batch and where open."""
        return [self._shape(True, position) for position in range(self.n_outputs)]

    def _shape(self, output: bool, position: int) -> tuple[int | None, ...]:
        extents = (c_int64 * MAX_RANK)()
        rank = self._library.fkb_network_shape(self.handle, int(output), position, extents)
        return tuple(None if extent < 0 else int(extent) for extent in extents[:rank])

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs: those of the model file, else those of Keras."""
        return self._names[0][0]

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs: those of the model file, else those of Keras."""
        return self._names[1][0]

    @cached_property
    def _names(self) -> tuple[list[list[str]], list[list[str]]]:
        """For inputs and outputs, the ways to name all of them."""
        return ways_to_name(self.path)

    def by_position(self, x: Arrays, *, outputs: bool = False) -> list[Any]:
        """Return one array, or several by position or by name, as a list by position."""
        if not isinstance(x, Mapping):
            return listed(x, self.n_outputs if outputs else self.n_inputs)
        for names in self._names[int(outputs)]:
            if set(names) == set(x) and len(set(names)) == len(names):
                return [x[name] for name in names]
        expected = ", ".join(self._names[int(outputs)][0])
        given = ", ".join(map(str, x))
        side = "outputs" if outputs else "inputs"
        raise EngineError(f"the {side} are named {expected}; given are {given}")

    def inputs_of(self, x: Arrays) -> list[Array]:
        """Return the inputs as a list of arrays with the same number of samples."""
        arrays = [native(array, self.precision) for array in self.by_position(x)]
        if len(arrays) != self.n_inputs:
            raise EngineError(f"the network has {self.n_inputs} inputs, {len(arrays)} are given")
        if any(array.ndim == 0 for array in arrays):
            raise EngineError("an input is a single number: arrays begin with the batch")
        if len({len(array) for array in arrays}) > 1:
            counts = ", ".join(str(len(array)) for array in arrays)
            raise EngineError(f"the inputs have different numbers of samples: {counts}")
        return arrays

    def new_outputs(self, inputs: list[Array]) -> list[Array]:
        """Return uninitialized arrays for the outputs that belong to these inputs."""
        shapes = self.output_shapes
        if any(None in shape[1:] for shape in shapes):
            shapes = open_shapes(self.path, inputs)
        dtype = np.result_type(*inputs)
        return [np.empty((len(inputs[0]), *shape[1:]), dtype) for shape in shapes]  # type: ignore[arg-type]

    def new_state(self, columns: int) -> State:
        """Return a fresh state, zeros, for a network with stateful layers.

        Args:
            columns: number of samples.

        Raises:
            EngineError: its shape depends on open dimensions of the inputs.
        """
        return State(self.handle, columns)

    def predict(self, x: Arrays, *, raw: bool = False, state: State | None = None) -> Any:
        """Return the outputs for a batch of inputs.

        Args:
            x: array with the batch first, or a list or dict of them where there are several
                inputs. float32 and float64 are taken as they are.
            raw: leave out the transforms of the model file.
            state: of a network with stateful layers, replaced by the new one.

        Returns:
            An array with the dtype of the inputs, a list of them where there are several outputs.

        Raises:
            EngineError: the arrays do not fit the network.
        """
        inputs = self.inputs_of(x)
        outputs = self.new_outputs(inputs)
        error = CError()
        arrays = (len(inputs), c_arrays(inputs), len(outputs), c_arrays(outputs))
        run = (*arrays, int(raw), byref(error))
        if state is None:
            code = self._library.fkb_predict(self.handle, self._workspace(), *run)
        else:
            code = self._library.fkb_predict_state(
                self.handle, self._workspace(), state.handle, *run
            )
        check(code, error)
        return outputs[0] if len(outputs) == 1 else outputs

    def gradient(
        self, x: Arrays, dy: Arrays, *, training: bool = False, seed: int = 0, step: int = 0
    ) -> tuple[Any, Any, Array]:
        """Return outputs y, and the gradients of sum(dy*y) for the inputs and for all weights.

        Args:
            x: inputs as for `predict`.
            dy: arrays shaped like the outputs.
            training: with noise and batch statistics. Stateful layers begin with zeros.
            seed: of the noise.
            step: number of the training step, which the noise depends on.
        """
        inputs = self.inputs_of(x)
        outputs = self.new_outputs(inputs)
        dtype = outputs[0].dtype
        upstream = [np.ascontiguousarray(d, dtype) for d in self.by_position(dy, outputs=True)]
        shapes = [array.shape for array in outputs]
        if [array.shape for array in upstream] != shapes:
            raise EngineError(f"dy must have the shapes of the outputs, {shapes}")
        dx = [np.empty_like(array) for array in inputs]
        dparams = np.empty(self.n_params)
        error = CError()
        code = self._library.fkb_gradient(
            self.handle,
            self._workspace(),
            len(inputs),
            c_arrays(inputs),
            len(outputs),
            c_arrays(upstream),
            c_arrays(outputs),
            c_arrays(dx),
            doubles(dparams),
            int(training),
            seed,
            step,
            byref(error),
        )
        check(code, error)
        return _single(outputs), _single(dx), dparams

    def freeze(self, *, fold: bool = True) -> None:
        """Pack the weights once for prediction, as the layers read them.

        A frozen network predicts and saves, and `params` and `weights` can be read. Training,
        derivatives and new weights raise an error until `thaw`. No other thread may use the network
        meanwhile.

        Args:
            fold: pack batch normalisation with the layer before it, which rounds differently;
                without it the outputs keep their bits.
        """
        error = CError()
        check(self._library.fkb_network_freeze(self.handle, int(fold), byref(error)), error)

    def thaw(self) -> None:
        """Undo `freeze`."""
        self._library.fkb_network_thaw(self.handle)

    @property
    def frozen(self) -> bool:
        """Whether the network is frozen for prediction."""
        return bool(self._library.fkb_network_frozen(self.handle))

    def check_samples(self) -> tuple[int, float]:
        """Run the recorded samples of the model file.

        Returns:
            Their number, and the largest difference relative to the largest output.

        Raises:
            EngineError: a sample differs by more than its tolerance.
        """
        worst, count, error = c_double(), c_int(), CError()
        code = self._library.fkb_check_samples(
            self.handle, self._workspace(), byref(worst), byref(count), byref(error)
        )
        check(code, error)
        return count.value, worst.value

    def save(self, path: PathLike, precision: str | None = None) -> None:
        """Write the model file, with the state of the optimizer that trained the network last.

        Args:
            path: file to write, in one step; an old one is replaced.
            precision: `single` or `double`; by default that of the file it came from.
        """
        if self.trainer is not None:
            self.trainer.store()
        error = CError()
        size = _bytes(precision)
        code = self._library.fkb_network_save(self.handle, os.fsencode(path), size, byref(error))
        check(code, error)


def _bytes(precision: str | None) -> int:
    if precision is None:
        return 0
    if precision not in _PRECISIONS:
        raise EngineError(f'the precision must be single or double, not "{precision}"')
    return _PRECISIONS[precision]


def _single(arrays: list[Array]) -> Any:
    return arrays[0] if len(arrays) == 1 else arrays
