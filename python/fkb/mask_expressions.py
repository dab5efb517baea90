"""Masks as expressions, and calls of layers as the rules of masks see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .graph import Layer, Node, TensorRef, Version
from .keras_nodes import tensors_in
from .registry import Config

NOT_EQUAL, ANY, OR, AND = "ops.NotEqual", "ops.Any", "ops.LogicalOr", "ops.LogicalAnd"
LAST: Config = {"axis": -1, "keepdims": False}


@dataclass(frozen=True)
class Mask:
    """A mask as an expression: an operation of operands, or a tensor of the graph.

    Attributes:
        class_name: the operation, empty for a tensor and for what cannot be expressed.
        operands: masks, tensors and numbers; a list of masks for a concatenation.
        options: of the operation, as sorted pairs.
        owner: the layer whose output has the mask, which gives the nodes their names.
        hidden: why there is no tensor for it; empty where there is one.
    """

    class_name: str
    operands: tuple[object, ...]
    options: tuple[tuple[str, object], ...] = ()
    owner: str = field(default="", compare=False)
    hidden: str = ""


Masks = list[Mask | None]


@dataclass(frozen=True)
class Call:
    """One call of a layer, as the rules see it.

    Attributes:
        layer, node: the layer and its call.
        refs: the tensors of the first argument.
        masks: their masks.
        version: the major and minor version of Keras.
        mask_of: the mask of any tensor.
        rank_of: its rank with the batch, None where that is not known.
    """

    layer: Layer
    node: Node
    refs: list[TensorRef]
    masks: Masks
    version: Version
    mask_of: Callable[[TensorRef], Mask | None]
    rank_of: Callable[[TensorRef], int | None]

    @property
    def major(self) -> int:
        """The major version of Keras."""
        return self.version[0]

    @property
    def former(self) -> bool:
        """It is a Keras 3 before 3.4, which joined masks in another way."""
        return (3, 0) <= self.version < (3, 4)

    @property
    def first(self) -> Mask | None:
        """The mask that the call is given, or that of its first tensor."""
        stated = next(tensors_in(self.node.kwargs.get("mask")), None)
        return tensor(stated) if stated else (self.masks[0] if self.masks else None)


@dataclass
class Use:
    """What a call does with masks.

    Attributes:
        takes: by keyword argument, the masks that Keras hands to it.
        gives: the masks of its outputs; those that are missing have none.
    """

    takes: dict[str, Mask | Masks | None] = field(default_factory=dict)
    gives: Masks = field(default_factory=list)


class MaskError(ValueError):
    """Keras itself cannot do this with a mask, or FKB cannot; the text says what."""


def tensor(ref: TensorRef) -> Mask:
    """Return a mask that is a tensor of the graph."""
    return Mask("", (ref,))


def operation(call: Call, class_name: str, *operands: object, **options: object) -> Mask:
    """Return a mask that is the result of an operation."""
    return Mask(class_name, operands, tuple(options.items()), call.layer.name)


def rank_of_mask(mask: Mask, rank_of: Callable[[TensorRef], int | None]) -> int | None:
    """Return the rank of a mask with the batch."""
    first = mask.operands[0]
    if mask.hidden:
        return first if isinstance(first, int) else None
    while isinstance(first, tuple) and not isinstance(first, TensorRef):
        first = first[0]
    inner = (
        rank_of_mask(first, rank_of)
        if isinstance(first, Mask)
        else (rank_of(first) if isinstance(first, TensorRef) else None)
    )
    change = {ANY: -1, "ops.ExpandDims": 1}.get(mask.class_name, 0)
    return None if inner is None else inner + change


def all_true(ref: TensorRef, rank: int | None, rank_of: Callable[[TensorRef], int | None]) -> Mask:
    """Return a mask for a tensor that masks nothing."""
    whole = rank_of(ref)
    mask = Mask("ops.OnesLike", (ref,), (("dtype", "bool"),), ref.layer)
    for _ in range(0 if whole is None or rank is None else whole - rank):
        mask = Mask(ANY, (mask,), tuple(LAST.items()), ref.layer)
    return mask
