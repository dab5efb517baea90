"""Derivatives of networks as they predict: tangent-linear, adjoint, Jacobians.

The functions differentiated are those of `Network.predict`, the transforms of the model file
included. Whole numbers and masks have the derivative 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import EngineError
from .graph import Array
from .library import CError, byref, c_arrays, check, doubles

if TYPE_CHECKING:
    from .state import State

# One array, or several by position or by name.
Arrays = Any


class Derivatives:
    """What a network can say about its derivatives."""

    def jvp(
        self,
        x: Arrays,
        dx: Arrays | None = None,
        *,
        dparams: Array | None = None,
        state: State | None = None,
        dstate: State | None = None,
    ) -> tuple[Any, Any]:
        """Return the outputs and their directions, J dx: the tangent-linear of the network.

        Args:
            x: inputs as for `predict`.
            dx: direction of the inputs, shaped like them; None is zeros.
            dparams: direction of all weights, a vector like `params`; None is zeros. Weights that
                no optimizer trains count as constants.
            state: of a network with stateful layers, replaced by the new one.
            dstate: direction of the state, replaced by that of the new one.

        Raises:
            EngineError: the arrays do not fit, or a layer has no forward derivative.
        """
        network: Any = self
        inputs = network.inputs_of(x)
        outputs = network.new_outputs(inputs)
        directions = [np.empty_like(array) for array in outputs]
        given = None if dx is None else _like(network, dx, inputs, "dx")
        vector = None if dparams is None else _vector(network, dparams)
        error = CError()
        code = network._library.fkb_jvp(
            network.handle,
            network._workspace(),
            len(inputs),
            c_arrays(inputs),
            None if given is None else c_arrays(given),
            None if vector is None else doubles(vector),
            len(outputs),
            c_arrays(outputs),
            c_arrays(directions),
            None if state is None else state.handle,
            None if dstate is None else dstate.handle,
            byref(error),
        )
        check(code, error)
        return _single(outputs), _single(directions)

    def vjp(
        self,
        x: Arrays,
        w: Arrays,
        *,
        params: bool = False,
        state: State | None = None,
        gstate: State | None = None,
    ) -> Any:
        """Return the outputs y and the gradient of sum(w*y) for the inputs: the adjoint.

        Args:
            x: inputs as for `predict`.
            w: arrays shaped like the outputs.
            params: return (y, dx, dparams), with the gradient for all weights, summed over the
                batch.
            state: of a network with stateful layers, at the beginning of the call; it stays.
            gstate: gradient of the new state, replaced by that of the old one.

        Raises:
            EngineError: the arrays do not fit, or a layer has no backward.
        """
        network: Any = self
        inputs = network.inputs_of(x)
        outputs = network.new_outputs(inputs)
        upstream = _like(network, w, outputs, "w")
        gradients = [np.empty_like(array) for array in inputs]
        dparams = np.zeros(network.n_params) if params else None
        error = CError()
        code = network._library.fkb_vjp(
            network.handle,
            network._workspace(),
            len(inputs),
            c_arrays(inputs),
            len(outputs),
            c_arrays(upstream),
            c_arrays(outputs),
            c_arrays(gradients),
            None if dparams is None else doubles(dparams),
            None if state is None else state.handle,
            None if gstate is None else gstate.handle,
            byref(error),
        )
        check(code, error)
        if params:
            return _single(outputs), _single(gradients), dparams
        return _single(outputs), _single(gradients)

    def jacobian(
        self, x: Arrays, *, output: int = 0, source: int = 0, state: State | None = None
    ) -> Array:
        """Return d output / d input of each sample: (batch, *output's axes, *input's axes).

        Args:
            x: inputs as for `predict`.
            output: which output, from 0.
            source: which input, from 0.
            state: of a network with stateful layers; it stays.
        """
        network: Any = self
        inputs = network.inputs_of(x)
        outputs = network.new_outputs(inputs)
        if not (0 <= output < len(outputs) and 0 <= source < len(inputs)):
            raise EngineError(
                f"the network has {len(inputs)} inputs and {len(outputs)} outputs, from 0"
            )
        batch, *rows = outputs[output].shape
        columns = inputs[source].shape[1:]
        n_out, n_in = (int(np.prod(axes, dtype=np.int64)) for axes in (rows, columns))
        values = np.empty((batch, n_in, n_out), outputs[output].dtype)
        error = CError()
        code = network._library.fkb_jacobian(
            network.handle,
            network._workspace(),
            len(inputs),
            c_arrays(inputs),
            output,
            source,
            c_arrays([values]),
            None if state is None else state.handle,
            byref(error),
        )
        check(code, error)
        jacobian: Array = np.swapaxes(values, 1, 2).reshape(batch, *rows, *columns)
        return jacobian

    def input_gradient(
        self,
        x: Arrays,
        index: Any = (),
        *,
        output: int = 0,
        state: State | None = None,
    ) -> Any:
        """Return the gradient of one value of an output with respect to each input.

        Args:
            x: inputs as for `predict`.
            index: which value of a sample, an integer or a tuple; empty where there is one only.
            output: which output, from 0.
            state: of a network with stateful layers; it stays.
        """
        network: Any = self
        weights = [np.zeros_like(y) for y in network.new_outputs(network.inputs_of(x))]
        chosen = index if isinstance(index, tuple) else (index,)
        samples = weights[output]
        if not chosen and samples[:1].size <= 1:
            samples[...] = 1
        elif len(chosen) != samples.ndim - 1:
            raise EngineError(f"a sample of the output has {samples.ndim - 1} axes, index {index}")
        else:
            place = (slice(None), *chosen)
            samples[place] = 1
        return self.vjp(x, weights if len(weights) > 1 else weights[0], state=state)[1]


def _like(network: Any, given: Arrays, arrays: list[Array], name: str) -> list[Array]:
    """Return the arrays by position, with the dtypes and the shapes of others."""
    listed = network.by_position(given, outputs=name == "w")
    shapes = [array.shape for array in arrays]
    if [np.shape(array) for array in listed] != shapes:
        raise EngineError(f"{name} must have the shapes {shapes}")
    return [np.ascontiguousarray(one, like.dtype) for one, like in zip(listed, arrays, strict=True)]


def _vector(network: Any, values: Array) -> Array:
    vector = np.ascontiguousarray(values, np.float64).reshape(-1)
    if vector.size != network.n_params:
        raise EngineError(f"the network has {network.n_params} weights, not {vector.size}")
    return vector


def _single(arrays: list[Array]) -> Any:
    return arrays[0] if len(arrays) == 1 else arrays
