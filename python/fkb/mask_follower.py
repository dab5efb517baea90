"""Following the masks that Keras hands from layer to layer through a model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .graph import CONTAINERS, Layer, Node, TensorRef, Version, flatten_structure
from .keras_nodes import tensors_in
from .keras_shapes import ModelShapes, call_order
from .live_masks import HEADS, MERGES, PLAIN, TAKES_OFF, UNSURE, CallKey, LiveMasks
from .mask_expressions import (
    Call,
    Mask,
    MaskError,
    Masks,
    Use,
    all_true,
    rank_of_mask,
    tensor,
)
from .mask_ports import IMPLICIT, leave, open_inputs, port_names, stated_inputs, stated_outputs
from .mask_rules import rule_of
from .report import Report

# Ranks of the masks that enter models, by `id` and position of the input.
Patterns = dict[int, dict[int, int | None]]
# Since then a call hands on the mask that it states, before that of its first tensor.
HANDS_ON_SINCE = (3, 11)
_FROM_INSIDE = "comes from inside a model"


@dataclass
class Follower:
    """Follows the masks of one container.

    Attributes:
        container, path: the model and its path.
        shapes: of all tensors, without the nodes that are added.
        version: the major and minor version of Keras.
        report: takes what cannot be expressed.
        changes: whether to change the graph, or only to look.
        patterns: the masks that enter models; None to follow masks as Keras 3 does when it
            builds a model, where none enter or leave models.
        met: the followers of all containers, by `id`.
        taken: the masks that calls take: by layer, number of the call and argument.
        firsts: the mask of the first input of each call.
        entering: the masks of the tensors that nested models are called with.
        uses: what each call does with masks.
        ports: the inputs for masks, by the position of the input with the mask.
    """

    container: Layer
    path: str
    shapes: ModelShapes
    version: Version
    report: Report
    changes: bool = True
    patterns: Patterns | None = field(default_factory=dict)
    met: dict[int, Follower] = field(default_factory=dict)
    taken: dict[tuple[str, int, str], Mask | Masks] = field(default_factory=dict)
    firsts: dict[tuple[str, int], Mask | None] = field(default_factory=dict)
    entering: dict[tuple[str, int], Masks] = field(default_factory=dict)
    uses: dict[tuple[str, int], Use] = field(default_factory=dict)
    ports: dict[int, TensorRef] = field(default_factory=dict)
    _masks: dict[TensorRef, Mask] = field(default_factory=dict)
    _ranks: dict[TensorRef, int | None] = field(default_factory=dict)
    _built: Follower | None = None
    _live: LiveMasks | None = None
    _refs: dict[Mask, TensorRef] = field(default_factory=dict)
    _new: list[tuple[str, Layer]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Be found by the container."""
        self.met.setdefault(id(self.container), self)

    def run(self) -> Masks:
        """Follow all calls; return the masks of the outputs."""
        if self.version >= (3, 0) and self.patterns is not None:
            if self.version >= LiveMasks.SINCE:
                self._live = LiveMasks(self.container)
            self._built = self._as_built()
        self._open()
        for child, number in call_order(self.container):
            if child.class_name != "InputLayer":
                self._call(child, number)
        return [self._mask_of(ref) for ref in flatten_structure(stated_outputs(self.container))]

    def _as_built(self) -> Follower:
        """Follow the masks that Keras 3 knows when it builds the model, which it keeps."""
        built = self._other(self.container, self.path, None)
        built.run()
        return built

    def _open(self) -> None:
        """Let masks enter."""
        ranks = (self.patterns or {}).get(id(self.container), {})
        if not ranks:
            return
        names = port_names(self.container, sorted(ranks))
        inputs = flatten_structure(stated_inputs(self.container))
        for position, name in names.items():
            ref = TensorRef(name, 0, 0)
            self.ports[position] = ref
            self._ranks[ref] = ranks[position]
            self._masks[inputs[position]] = tensor(ref)
        if self.changes:
            open_inputs(self.container, names, ranks)

    def _call(self, child: Layer, number: int) -> None:
        node = child.nodes[number]
        where = f"{self.path}/{child.name}" if self.path else child.name
        call = self._described(child, number)
        self.firsts[child.name, number] = call.first
        try:
            use = self._use(call, number, where)
        except MaskError as problem:
            self.report.add(where, "mask", str(problem))
            return
        if (3, 0) <= self.version < HANDS_ON_SINCE:
            use = self._unstated(call, number, where, use)
        use = self._recorded(call, number, use)
        self.uses[child.name, number] = use
        for key, masks in use.takes.items():
            if key not in node.kwargs and masks is not None:
                self._take(child, number, key, masks, where)
        for index, mask in enumerate(use.gives):
            if mask is not None:
                self._masks[TensorRef(child.name, number, index)] = mask

    def _unstated(self, call: Call, number: int, where: str, use: Use) -> Use:
        """A mask that a call states is taken, and that of the first tensor is handed on."""
        if call.layer.class_name in CONTAINERS or "mask" not in call.node.kwargs:
            return use
        kwargs = {key: value for key, value in call.node.kwargs.items() if key != "mask"}
        carried = replace(call, node=Node(call.node.args, kwargs))
        return Use(use.takes, self._use(carried, number, where).gives)

    def _stated_formerly(self, layer: Layer, built: Use) -> dict[str, Mask | Masks]:
        """Return the masks that Keras before 3.11 wrote into a call when the model was built.

        MultiHeadAttention looks at what the query carries instead, since it takes masks off.
        """
        if layer.class_name in MERGES:
            return {}
        live = "query_mask" if layer.class_name == TAKES_OFF and self._live else ""
        return {key: mask for key, mask in built.takes.items() if mask and key != live}

    def _recorded(self, call: Call, number: int, use: Use) -> Use:
        """Return what a call does with a mask that it was given when the model was built."""
        layer = call.layer
        if self._built is not None and layer.class_name not in CONTAINERS:
            built = self._built.uses.get((layer.name, number), Use())
            wrapped = layer.class_name == "TimeDistributed" and any(built.gives)
            if self.version < HANDS_ON_SINCE:
                use = Use({**use.takes, **self._stated_formerly(layer, built)}, use.gives)
            elif layer.class_name not in (*PLAIN, *HEADS) and (
                wrapped or built.takes.get("mask") is not None
            ):
                return built
        if any(mask is UNSURE for mask in call.masks) and layer.class_name not in CONTAINERS:
            use.gives = [None if mask is None else UNSURE for mask in use.gives]
        return use

    def _is_sure(self, masks: Mask | Masks, name: str, where: str) -> bool:
        """Report a mask that a tensor may or may not carry."""
        if UNSURE not in (masks if isinstance(masks, list) else [masks]):
            return True
        if self.changes:
            self.report.add(
                where,
                name,
                "is that of a tensor which another MultiHeadAttention gets too, and takes the "
                "mask off in Keras 3, whichever comes first: drop the masks before it and give "
                "them as attention_mask",
            )
        return False

    def _described(self, child: Layer, number: int) -> Call:
        node, key = child.nodes[number], (child.name, number)
        refs = list(tensors_in(node.args[0])) if node.args else []

        def mask_of(ref: TensorRef) -> Mask | None:
            return self._mask_of(ref, key)

        masks = [mask_of(ref) for ref in refs]
        return Call(child, node, refs, masks, self.version, mask_of, self._rank)

    def _mask_of(self, ref: TensorRef, key: CallKey | None = None) -> Mask | None:
        """Return the mask that a tensor carries when that call gets it, or at the end."""
        mask = self._masks.get(ref)
        return mask if self._live is None else self._live.carried(ref, mask, key)

    def _rank(self, ref: TensorRef) -> int | None:
        if ref in self._ranks:
            return self._ranks[ref]
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

    def _follower(self, layer: Layer, path: str) -> Follower:
        return Follower(
            layer,
            path,
            self.shapes,
            self.version,
            self.report,
            self.changes,
            self.patterns,
            self.met,
        )

    def _other(self, layer: Layer, path: str, patterns: Patterns | None) -> Follower:
        """Return a follower that only looks."""
        return Follower(layer, path, self.shapes, self.version, Report(), False, patterns)

    def finish(self) -> Masks:
        """Follow the masks of a model, and add the nodes that compute them."""
        outputs = self.run()
        self.add_nodes()
        return outputs

    def _enter(self, call: Call, number: int, where: str) -> Masks:
        """Follow masks into a nested model and out of it."""
        layer = call.layer
        refs = list(tensors_in(call.node.args))
        entering = self._entering(call, refs)
        if not self._is_sure(entering, "mask", where):
            entering = [None if mask is UNSURE else mask for mask in entering]
        self.entering[layer.name, number] = entering
        if self.patterns is not None:
            for position, mask in enumerate(entering):
                if mask is not None and not self.changes:
                    ranks = self.patterns.setdefault(id(layer), {})
                    ranks[position] = rank_of_mask(mask, self._rank)
        inside = self.met.get(id(layer))
        if inside is None:
            inside = self._follower(layer, where)
            inside.finish()
        if self.patterns is None:
            return []
        known = dict(zip(flatten_structure(stated_inputs(layer)), refs, strict=False))
        given = {}
        for position, port in inside.ports.items():
            mask = entering[position]
            given[port] = mask or all_true(refs[position], inside._rank(port), self._rank)
        self._hand_in(layer, number, list(given.values()), where)
        outputs = flatten_structure(stated_outputs(layer))
        return [
            self._outside(inside, inside._mask_of(ref), {**known, **given}, number)
            for ref in outputs
        ]

    def _hand_in(self, layer: Layer, number: int, masks: list[Mask], where: str) -> None:
        """Give masks to a call of a nested model."""
        if not masks or not self.changes:
            return
        refs = [self.node_of(mask, where) for mask in masks]
        layer.nodes[number].args = [*layer.nodes[number].args, refs]

    def _outside(
        self,
        inside: Follower,
        mask: Mask | None,
        known: dict[TensorRef, TensorRef | Mask],
        number: int,
    ) -> Mask | None:
        """Return the mask of a nested model's output in terms of the tensors around the model."""
        if mask is None or mask is UNSURE:
            return mask
        layer = inside.container
        moved = _moved(mask, known, layer.name)
        if moved is not None:
            return moved
        rank = rank_of_mask(mask, inside._rank)
        ref = inside.node_of(mask, inside.path) if self.changes else None
        if ref is None:
            return Mask("", (rank, layer.name, number), hidden=_FROM_INSIDE, owner=layer.name)
        inside.add_nodes()
        leaving = TensorRef(layer.name, number, leave(layer, ref))
        self._ranks[leaving] = rank
        return tensor(leaving)

    def _entering(self, call: Call, refs: list[TensorRef]) -> Masks:
        stated = call.node.kwargs.get("mask")
        if self.changes:
            call.node.kwargs.pop("mask", None)
        if stated is None:
            return [call.mask_of(ref) for ref in refs]
        listed = stated if isinstance(stated, list) else [stated]
        return [tensor(ref) if isinstance(ref, TensorRef) else None for ref in listed]

    def _refuse(self, where: str, reason: str) -> None:
        self.report.add(
            where,
            "mask",
            f"{reason}, where FKB cannot follow it: let the model begin with the layer that makes "
            "the mask, or do without the inner model",
        )

    def _take(self, child: Layer, number: int, key: str, masks: Mask | Masks, where: str) -> None:
        self.taken[child.name, number, key] = masks
        if not self._is_sure(masks, key, where) or not self.changes:
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

    def output_mask(self, mask: Mask | None) -> TensorRef | None:
        """Return the tensor of the mask of an output of the model, which losses use."""
        sure = mask is not None and self._is_sure(mask, "mask", "")
        return self.node_of(mask, "") if mask is not None and sure else None

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


def _moved(mask: Mask, known: dict[TensorRef, TensorRef | Mask], model: str) -> Mask | None:
    """Return a mask in terms of the tensors around a model, None where they do not say it."""
    if not mask.class_name and not mask.hidden:
        found = _moved_operand(mask.operands[0], known, model)
        return tensor(found) if isinstance(found, TensorRef) else found
    operands = tuple(_moved_operand(item, known, model) for item in mask.operands)
    if mask.hidden or any(operand is None for operand in operands):
        return None
    return replace(mask, operands=operands, owner=model)


def _moved_operand(item: Any, known: dict[TensorRef, TensorRef | Mask], model: str) -> Any:
    if isinstance(item, Mask):
        return _moved(item, known, model)
    if isinstance(item, TensorRef):
        return known.get(item)
    if isinstance(item, tuple):
        parts = tuple(_moved_operand(part, known, model) for part in item)
        return None if None in parts else parts
    return item
