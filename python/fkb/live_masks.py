"""The masks that tensors carry while a model of Keras 3 runs.

Keras 3 writes masks into the calls of most layers when it builds a model, and attaches them to the
tensors again when the model runs. Since Keras 3.8 MultiHeadAttention takes the masks off its inputs
then, and attention with heads goes by what its inputs still carry. Which calls see a mask depends
on the order of the calls, which FKB takes from nothing but what the calls need of each other.

Sources: `MultiHeadAttention.call` and `Layer._set_mask_metadata` of Keras 3.3 to 3.15.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from .graph import CONTAINERS, Layer, TensorRef, Version, flatten_structure
from .keras_nodes import node_tensors, tensors_in
from .keras_shapes import call_order
from .mask_expressions import Mask

TAKES_OFF = "MultiHeadAttention"
HEADS = (TAKES_OFF, "GroupQueryAttention", "GroupedQueryAttention")
# Layers that have no argument for masks, and see what their inputs carry.
MERGES = ("Multiply", "Maximum", "Minimum")
# Their argument is a list of tensors: Keras writes no mask of these into the call since 3.11.
PLAIN = ("Attention", "AdditiveAttention", *MERGES)
# Stands for a mask that a tensor may or may not carry.
UNSURE = Mask("", (None,), hidden="unsure")
CallKey = tuple[str, int]
# In inference these may return the very tensor that they take.
_SAME = frozenset(
    [
        *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"),
        *("GaussianDropout", "GaussianNoise", "ActivityRegularization", "Activation", "Identity"),
    ]
)


@dataclass
class LiveMasks:
    """Which tensors of a model still carry their masks, call by call.

    Attributes:
        SINCE: the version of Keras in which MultiHeadAttention began to take masks off.
        container: the model.
    """

    SINCE: ClassVar[Version] = (3, 8)
    container: Layer
    _before: dict[CallKey, set[CallKey]] = field(default_factory=dict)
    _takers: dict[TensorRef, list[tuple[TensorRef | None, CallKey]]] = field(default_factory=dict)
    _origins: dict[TensorRef, TensorRef] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out what each call needs, and which calls take masks off which tensors."""
        models: dict[str, LiveMasks] = {}
        for child, number in call_order(self.container):
            node, key = child.nodes[number], (child.name, number)
            needs = {(ref.layer, ref.node) for ref in node_tensors(node)}
            self._before[key] = needs.union(*(self._before[need] for need in needs))
            given = list(tensors_in(node.args))
            if child.class_name in CONTAINERS:
                if child.name not in models:
                    models[child.name] = LiveMasks(child)
                self._enter(models[child.name], key, given)
            elif child.class_name in _SAME and given:
                self._origins[TensorRef(child.name, number, 0)] = self._origin(given[0])
            elif child.class_name == TAKES_OFF:
                named = [node.kwargs.get("value"), node.kwargs.get("key")]
                for ref in {*given, *tensors_in(named)}:
                    self._takers.setdefault(self._origin(ref), []).append((ref, key))

    def _origin(self, ref: TensorRef) -> TensorRef:
        return self._origins.get(ref, ref)

    def _enter(self, model: LiveMasks, key: CallKey, given: list[TensorRef]) -> None:
        """A model within the model gets the very tensors, and may return them."""
        inputs = flatten_structure(model.container.inputs)
        for port, ref in zip(inputs, given, strict=False):
            for taken, _ in model._takers.get(port, ()):
                same = ref if taken == port else None
                self._takers.setdefault(self._origin(ref), []).append((same, key))
        for index, result in enumerate(flatten_structure(model.container.outputs)):
            if model._origin(result) in inputs[: len(given)]:
                origin = given[inputs.index(model._origin(result))]
                self._origins[TensorRef(*key, index)] = self._origin(origin)

    def carried(self, ref: TensorRef, mask: Mask | None, key: CallKey | None) -> Mask | None:
        """Return what is left of the mask of a tensor.

        Args:
            ref: the tensor.
            mask: the mask that it had.
            key: the call that gets it, None for the end of the model.
        """
        for taken, taker in self._takers.get(self._origin(ref), ()) if mask is not None else ():
            if key is not None and (taker == key or key in self._before[taker]):
                continue
            if taken == ref and (key is None or taker in self._before[key]):
                return None
            mask = UNSURE
        return mask
