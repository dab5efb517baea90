"""Following the masks that Keras hands from layer to layer through a model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .graph import CONTAINERS, Layer, Node, TensorRef, flatten_structure
from .keras_nodes import tensors_in
from .keras_shapes import ModelShapes, call_order
from .live_masks import HEADS, PLAIN, UNSURE, LiveMasks
from .mask_rules import Call, Mask, MaskError, Masks, Use, rule_of, tensor
from .report import Report

IMPLICIT = "implicit"
_FROM_OUTSIDE = "comes from outside of the model"
_FROM_INSIDE = "comes from inside a model"
_ATTENTION = {"MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention"}


@dataclass
class Follower:
    """Follows the masks of one container.

    Attributes:
        container, path: the model and its path.
        shapes: of all tensors, without the nodes that are added.
        major: the major version of Keras.
        former: it is a Keras 3 before 3.4.
        report: takes what cannot be expressed.
        changes: whether to change the graph, or only to look.
        met: the followers of all containers, by `id`.
        taken: the masks that calls take: by layer, number of the call and argument.
        firsts: the mask of the first input of each call.
        queries: the mask that the query of each attention had when the model was built.
    """

    container: Layer
    path: str
    shapes: ModelShapes
    major: int
    report: Report
    changes: bool = True
    former: bool = False
    met: dict[int, Follower] = field(default_factory=dict)
    taken: dict[tuple[str, int, str], Mask | Masks] = field(default_factory=dict)
    firsts: dict[tuple[str, int], Mask | None] = field(default_factory=dict)
    queries: dict[tuple[str, int], Mask | Masks | None] = field(default_factory=dict)
    _masks: dict[TensorRef, Mask] = field(default_factory=dict)
    _live: LiveMasks | None = None
    _refs: dict[Mask, TensorRef] = field(default_factory=dict)
    _new: list[tuple[str, Layer]] = field(default_factory=list)
    _attending: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Be found by the container."""
        self.met.setdefault(id(self.container), self)

    def run(self, entering: Masks) -> Masks:
        """Follow all calls; return the masks of the outputs."""
        for ref, mask in zip(flatten_structure(self.container.inputs), entering, strict=True):
            if mask is not None:
                self._masks[ref] = mask
        if self._alone() and not any(entering):
            self._live = LiveMasks(self.container)
        for child, number in call_order(self.container):
            if child.class_name != "InputLayer":
                self._call(child, number)
        return [self._masks.get(ref) for ref in flatten_structure(self.container.outputs)]

    def _call(self, child: Layer, number: int) -> None:
        node = child.nodes[number]
        where = f"{self.path}/{child.name}" if self.path else child.name
        call = self._described(child, node)
        self.firsts[child.name, number] = call.first
        try:
            use = self._use(call, number, where)
        except MaskError as problem:
            self.report.add(where, "mask", str(problem))
            return
        self._go_by_live_masks(call, number, use, where)
        for key, masks in use.takes.items():
            if key not in node.kwargs and masks is not None:
                self._take(child, number, key, masks, where)
        if self._live is None and any(mask is not None for mask in call.masks):
            self._check_attention(child.class_name, where)
        for index, mask in enumerate(use.gives):
            if mask is not None:
                self._masks[TensorRef(child.name, number, index)] = mask

    def _alone(self) -> bool:
        """Whether it is a model of Keras 3 in which and around which there is no other."""
        inner = any(layer.class_name in CONTAINERS for _, layer in self.container.walk())
        return self.major >= 3 and not self.path and not inner

    def _go_by_live_masks(self, call: Call, number: int, use: Use, where: str) -> None:
        """Give attention the masks that its inputs still carry when it runs."""
        if self._live is None:
            return
        live, key = self._live, (call.layer.name, number)
        live.follow(call, number, use)
        rule = rule_of(call.layer)
        if rule is None or "mask" in call.node.kwargs:
            return
        if call.layer.class_name in PLAIN:
            carried = [live.carried(ref, key) for ref in call.refs]
            takes = rule(replace(call, masks=carried)).takes
            unsure = ["mask"] if UNSURE in carried else []
            use.takes = {} if unsure else takes
        elif call.layer.class_name in HEADS:
            self.queries[key] = use.takes.get("query_mask")
            takes = rule(replace(call, mask_of=lambda ref: live.carried(ref, key))).takes
            unsure = [name for name, mask in takes.items() if mask is UNSURE]
            use.takes = {name: None if mask is UNSURE else mask for name, mask in takes.items()}
        else:
            return
        for name in unsure if self.changes else []:
            self.report.add(
                where,
                name,
                "is that of a tensor which another MultiHeadAttention gets too, and takes the "
                "mask off in Keras 3, whichever comes first: drop the masks before it and give "
                "them as attention_mask",
            )

    def _check_attention(self, class_name: str, where: str) -> None:
        """Refuse a second attention to masked tensors in Keras 3.

        While MultiHeadAttention runs there, it takes the masks off its inputs, so that which
        others see them depends on the order of the calls.
        """
        if self.major < 3 or not self.changes or class_name not in _ATTENTION:
            return
        self._attending.append(class_name)
        if len(self._attending) > 1 and "MultiHeadAttention" in self._attending:
            self.report.add(
                where,
                "mask",
                "is a second attention to masked tensors in models of Keras 3 within each other, "
                "where MultiHeadAttention takes the masks off its inputs while it runs: make one "
                "model of them, or drop the masks before it and give them as attention_mask",
            )

    def _described(self, child: Layer, node: Node) -> Call:
        refs = list(tensors_in(node.args[0])) if node.args else []
        masks = [self._masks.get(ref) for ref in refs]
        return Call(child, node, refs, masks, self.major, self.former, self._masks.get, self._rank)

    def _rank(self, ref: TensorRef) -> int | None:
        shape = self.shapes.of(self.container, ref)
        return None if shape is None else len(shape)

    def _use(self, call: Call, number: int, where: str) -> Use:
        if call.layer.class_name in CONTAINERS:
            return Use(gives=self._enter(call, number, where))
        self._look_into_wrapper(call.layer, where)
        rule = rule_of(call.layer)
        if rule is not None and call.refs:
            return rule(call)
        if any(mask is not None for mask in call.masks):
            raise MaskError(
                f"reaches a {call.layer.class_name}: FKB does not know what it does with a mask; "
                'register the class with fkb.register and a LayerSpec with masks="keep", "stop" '
                'or "take"'
            )
        return Use()

    def _look_into_wrapper(self, layer: Layer, where: str) -> None:
        """Follow the masks that begin in models within a wrapper."""
        for path, inner in layer.walk(where):
            if inner.class_name in CONTAINERS and id(inner) not in self.met:
                self._follower(inner, path).finish()

    def _follower(self, layer: Layer, path: str, *, changes: bool = True) -> Follower:
        changes = changes and self.changes
        return Follower(
            layer, path, self.shapes, self.major, self.report, changes, self.former, self.met
        )

    def finish(self) -> Masks:
        """Follow the masks of a model to which none come; return those of its outputs."""
        outputs = self.run([None] * len(flatten_structure(self.container.inputs)))
        self.add_nodes()
        return outputs

    def _enter(self, call: Call, number: int, where: str) -> Masks:
        """Follow masks into a nested model and out of it."""
        layer = call.layer
        inside = self.met.get(id(layer))
        if inside is None:
            inside = self._follower(layer, where)
            inside.finish()
        refs = list(tensors_in(call.node.args))
        entering = self._entering(call, refs)
        outputs = flatten_structure(layer.outputs)
        if all(mask is None for mask in entering):
            gives = [inside._masks.get(ref) for ref in outputs]
        else:
            outside = [
                None if mask is None else Mask("", (position,), hidden=_FROM_OUTSIDE)
                for position, mask in enumerate(entering)
            ]
            looking = self._follower(layer, where, changes=False)
            gives = looking.run(outside)
            looking.compare(inside)
        inputs = dict(zip(flatten_structure(layer.inputs), refs, strict=False))
        return [_moved(mask, inputs, entering, layer.name) for mask in gives]

    def _entering(self, call: Call, refs: list[TensorRef]) -> Masks:
        stated = call.node.kwargs.get("mask")
        if self.changes:
            call.node.kwargs.pop("mask", None)
        if stated is None:
            return [self._masks.get(ref) for ref in refs]
        listed = stated if isinstance(stated, list) else [stated]
        return [tensor(ref) if isinstance(ref, TensorRef) else None for ref in listed]

    def compare(self, without: Follower) -> None:
        """Report layers that take other masks when masks come from outside."""
        for key, masks in self.taken.items():
            if without.taken.get(key) != masks:
                self._refuse(f"{self.path}/{key[0]}", _FROM_OUTSIDE)

    def _refuse(self, where: str, reason: str) -> None:
        self.report.add(
            where,
            "mask",
            f"{reason}, where FKB cannot follow it: let the model begin with the layer that makes "
            "the mask, or do without the inner model",
        )

    def _take(self, child: Layer, number: int, key: str, masks: Mask | Masks, where: str) -> None:
        self.taken[child.name, number, key] = masks
        if not self.changes:
            return
        listed = masks if isinstance(masks, list) else [masks]
        refs = [None if mask is None else self.node_of(mask, where) for mask in listed]
        if any(ref is None for ref, mask in zip(refs, listed, strict=True) if mask is not None):
            return
        child.nodes[number].kwargs[key] = refs if isinstance(masks, list) else refs[0]

    def node_of(self, mask: Mask, where: str) -> TensorRef | None:
        """Return the tensor of a mask; its nodes are added where there are none yet."""
        if mask.hidden:
            self._refuse(where, mask.hidden)
            return None
        if not mask.class_name:
            ref = mask.operands[0]
            return ref if isinstance(ref, TensorRef) else None
        if mask not in self._refs:
            operands = [self._operand(operand, where) for operand in mask.operands]
            if any(operand is None for operand in operands):
                return None
            self._refs[mask] = self._node(mask, operands)
        return self._refs[mask]

    def _operand(self, operand: object, where: str) -> Any:
        if isinstance(operand, Mask):
            return self.node_of(operand, where)
        if isinstance(operand, tuple) and not isinstance(operand, TensorRef):
            parts = [self._operand(part, where) for part in operand]
            return None if any(part is None for part in parts) else parts
        return operand

    def _node(self, mask: Mask, operands: list[Any]) -> TensorRef:
        taken = {child.name for child in self.container.children}
        taken |= {layer.name for _, layer in self._new}
        name, number = f"{mask.owner}_mask", 0
        while name in taken:
            number += 1
            name = f"{mask.owner}_mask_{number}"
        layer = Layer(name, mask.class_name, dict(mask.options), {IMPLICIT: True})
        layer.nodes = [Node(operands)]
        self._new.append((mask.owner, layer))
        return TensorRef(name, 0, 0)

    def add_nodes(self) -> None:
        """Put the new nodes behind the layers whose masks they compute."""
        for owner, layer in reversed(self._new):
            names = [child.name for child in self.container.children]
            self.container.children.insert(names.index(owner) + 1, layer)
        self._new.clear()


def _moved(
    mask: Mask | None, inputs: dict[TensorRef, TensorRef], entering: Masks, model: str
) -> Mask | None:
    """Return the mask of a nested model's output in terms of the tensors around the model."""
    if mask is None:
        return None
    if mask.hidden == _FROM_OUTSIDE:
        position = mask.operands[0]
        return entering[position] if isinstance(position, int) else None
    operands = tuple(_moved_operand(item, inputs, entering, model) for item in mask.operands)
    if any(operand is None for operand in operands):
        return Mask("", (), hidden=_FROM_INSIDE, owner=model)
    return replace(mask, operands=operands, owner=model)


def _moved_operand(
    item: object, inputs: dict[TensorRef, TensorRef], entering: Masks, model: str
) -> object:
    if isinstance(item, Mask):
        moved = _moved(item, inputs, entering, model)
        return None if moved is None or moved.hidden else moved
    if isinstance(item, TensorRef):
        return inputs.get(item)
    if isinstance(item, tuple):
        parts = tuple(_moved_operand(part, inputs, entering, model) for part in item)
        return None if None in parts else parts
    return item
