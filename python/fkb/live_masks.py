"""The masks that tensors carry while a model of Keras 3 runs.

Keras 3 writes masks into the calls of most layers when it builds a model, and attaches them to the
tensors again when the model runs. MultiHeadAttention takes the masks off its inputs then, and
attention with heads goes by what its inputs still carry. Which calls see a mask depends on the
order of the calls, which FKB takes from nothing but what the calls need of each other.

Sources: `MultiHeadAttention.call` and `Layer._set_mask_metadata` of Keras 3.9 to 3.15.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .graph import Layer, TensorRef
from .keras_nodes import node_tensors, tensors_in
from .keras_shapes import call_order
from .mask_rules import Call, Mask, Masks, Use, rule_of

TAKES_OFF = "MultiHeadAttention"
HEADS = (TAKES_OFF, "GroupQueryAttention", "GroupedQueryAttention")
# Layers whose argument is a list of tensors: Keras 3 writes no mask of these into the call.
PLAIN = ("Attention", "AdditiveAttention")
# Stands for a mask that a tensor may or may not carry.
UNSURE = Mask("", (), hidden="unsure")
_CallKey = tuple[str, int]
# In inference these may return the very tensor that they take.
_SAME = frozenset(
    [
        *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"),
        *("GaussianDropout", "GaussianNoise", "ActivityRegularization", "Activation", "Identity"),
    ]
)


@dataclass
class LiveMasks:
    """The masks of one container, call by call.

    Attributes:
        container: the model.
    """

    container: Layer
    _masks: dict[TensorRef, Mask | None] = field(default_factory=dict)
    _before: dict[_CallKey, set[_CallKey]] = field(default_factory=dict)
    _takers: dict[TensorRef, list[tuple[TensorRef, _CallKey]]] = field(default_factory=dict)
    _origins: dict[TensorRef, TensorRef] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out what each call needs, and which calls take masks off which tensors."""
        for child, number in call_order(self.container):
            node, key = child.nodes[number], (child.name, number)
            needs = {(ref.layer, ref.node) for ref in node_tensors(node)}
            self._before[key] = needs.union(*(self._before[need] for need in needs))
            first = next(tensors_in(node.args), None)
            if child.class_name in _SAME and first is not None:
                output = TensorRef(child.name, number, 0)
                self._origins[output] = self._origins.get(first, first)
            if child.class_name == TAKES_OFF:
                named = [node.kwargs.get("value"), node.kwargs.get("key")]
                for ref in {*tensors_in(node.args), *tensors_in(named)}:
                    origin = self._origins.get(ref, ref)
                    self._takers.setdefault(origin, []).append((ref, key))

    def follow(self, call: Call, number: int, use: Use) -> None:
        """Follow one call.

        Args:
            call: the call, with the masks that Keras knows when it builds the model.
            number: of the call.
            use: what the call does with those masks.
        """
        key = call.layer.name, number
        carried = [self.carried(ref, key) for ref in call.refs]
        for index, mask in enumerate(self._given(call, carried, use)):
            self._masks[TensorRef(call.layer.name, number, index)] = mask

    def _given(self, call: Call, carried: Masks, use: Use) -> Masks:
        if call.layer.class_name == TAKES_OFF:
            return carried[:1]
        # A mask that the call was given when the model was built wins over those of the tensors.
        stated = "mask" in call.node.kwargs
        if call.layer.class_name not in PLAIN:
            stated = stated or use.takes.get("mask") is not None
        rule = rule_of(call.layer)
        if stated or rule is None or call.layer.class_name == "TimeDistributed":
            return use.gives
        if any(mask is UNSURE for mask in carried):
            return [mask if mask is None else UNSURE for mask in use.gives]
        return use.gives if carried == call.masks else rule(replace(call, masks=carried)).gives

    def carried(self, ref: TensorRef, key: tuple[str, int]) -> Mask | None:
        """Return the mask that a tensor carries when that call gets it."""
        mask = self._masks.get(ref)
        if mask is None:
            return None
        for taken, taker in self._takers.get(self._origins.get(ref, ref), ()):
            if taker == key or key in self._before[taker]:
                continue
            if taken == ref and taker in self._before[key]:
                return None
            mask = UNSURE
        return mask
