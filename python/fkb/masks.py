"""Making the masks that Keras hands from layer to layer ordinary tensors of the graph.

Keras 2, and Keras 3 when a model runs, attach masks to tensors. The pass follows them with the
rules of `mask_rules` and adds nodes that compute them, marked `@implicit`, and the keyword
arguments that use them. Exporters leave both out again, because Keras derives them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .graph import CONTAINERS, Layer, Node, TensorRef, Version, flatten_structure
from .keras_nodes import node_tensors, tensors_in
from .keras_shapes import ModelShapes, infer_shapes
from .mask_expressions import Mask, tensor
from .mask_follower import Follower, Patterns
from .mask_ports import IMPLICIT, close_ports, given_masks, is_leaving_mask, stated_args
from .registry import layer_spec
from .report import Report

OUTPUT_MASKS = "output_masks"


def is_implicit(layer: Layer) -> bool:
    """Whether a layer computes a mask that Keras derives by itself."""
    return layer.meta.get(IMPLICIT) is True


def stated_children(container: Layer) -> list[Layer]:
    """Return the layers of a container that Keras is told of."""
    return [child for child in container.children if not is_implicit(child)]


def stated_node(layer: Layer, number: int, container: Layer) -> Node:
    """Return a call of a layer without the masks that Keras derives."""
    node = layer.nodes[number]
    children = {child.name: child for child in container.children}

    def derived(ref: TensorRef) -> bool:
        return is_implicit(children[ref.layer]) or is_leaving_mask(ref, children[ref.layer])

    kwargs = {
        key: value
        for key, value in node.kwargs.items()
        if not any(derived(ref) for ref in tensors_in(value))
    }
    return Node(stated_args(layer, node), kwargs)


def check_same_masks(ours: Layer, theirs: Layer, major: int, report: Report) -> None:
    """Report where Keras of another version would hand on other masks.

    Args:
        ours: the model that is exported.
        theirs: what Keras will make of the exported file.
        major: the major version of that Keras.
        report: takes the differences.
    """
    one, two = _masks_taken(ours), _masks_taken(theirs)
    for path in sorted(one.keys() | two.keys()):
        if one.get(path) != two.get(path):
            report.add(
                path,
                "mask",
                f"Keras {major} hands masks on in another way than the Keras of the file: the "
                "result would be another",
            )


def check_output_masks(ours: Layer, theirs: Layer, major: int, report: Report) -> None:
    """Report where Keras of another version would train with other masks of the outputs."""
    if _output_masks(ours) != _output_masks(theirs):
        report.add(
            "",
            "mask",
            f"the losses of Keras {major} would use other masks of the outputs than those of the "
            "Keras of the file: leave out the training part",
        )


def _output_masks(model: Layer) -> list[object]:
    children = {child.name: child for child in model.children}
    refs = model.meta.get(OUTPUT_MASKS) or []
    return [_canonical(_expanded(TensorRef(*ref), children)) if ref else None for ref in refs]


def _masks_taken(model: Layer) -> dict[str, list[object]]:
    """Return the masks that the calls of layers take, by path."""
    found: dict[str, list[object]] = {}
    for path, container in [("", model), *model.walk()]:
        children = {child.name: child for child in container.children}
        for child in container.children:
            for number, node in enumerate(child.nodes):
                given: list[tuple[str, Any]] = [(key, node.kwargs[key]) for key in _mask_keys(node)]
                if entering := given_masks(child, node):
                    given.append(("mask", entering))
                for key, value in given:
                    refs = value if isinstance(value, list) else [value]
                    masks = [_canonical(_expanded(ref, children)) if ref else None for ref in refs]
                    place = f"{path}/{child.name}" if path else child.name
                    found.setdefault(place, []).append([number, key, masks])
    return found


def forget_masks(model: Layer) -> None:
    """Remove what `explain_masks` adds."""
    model.meta.pop(OUTPUT_MASKS, None)
    containers = _containers(model)
    for container in containers:
        for child in container.children:
            child.nodes = [stated_node(child, k, container) for k in range(len(child.nodes))]
        container.children = stated_children(container)
    for container in containers:
        close_ports(container)


def explain_masks(model: Layer, version: Version, report: Report) -> None:
    """Make all masks of a model explicit; what cannot be expressed goes to the report.

    The masks of the model's outputs, which Keras's losses use, become the meta data
    `output_masks`.

    Args:
        model: the model; what was made explicit before is made anew.
        version: the major and minor version of Keras whose rules hold.
        report: takes what cannot be expressed.
    """
    forget_masks(model)
    if not any(_makes_masks(layer) for _, layer in model.walk()):
        return
    shapes = infer_shapes(model, Report())
    if version >= (3, 0):
        _forget_derived(model, shapes, version)
    _refuse_query_masks(model, report)
    patterns = _patterns(model, shapes, version)
    follower = Follower(model, "", shapes, version, report, patterns=patterns)
    masks = follower.run()
    refs = [follower.output_mask(mask) for mask in masks]
    if any(refs):
        model.meta[OUTPUT_MASKS] = refs
    follower.add_nodes()


def _patterns(model: Layer, shapes: ModelShapes, version: Version) -> Patterns:
    """Return which masks enter the models within a model: those of any of its calls."""
    patterns: Patterns = {}
    while True:
        before = {key: dict(ranks) for key, ranks in patterns.items()}
        Follower(model, "", shapes, version, Report(), False, patterns).run()
        if patterns == before:
            return patterns


def _refuse_query_masks(model: Layer, report: Report) -> None:
    for path, layer in model.walk():
        stated = any("query_mask" in node.kwargs for node in layer.nodes)
        if layer.class_name == "MultiHeadAttention" and stated:
            report.add(
                path,
                "query_mask",
                "is given in a call: Keras 3 ignores it, and takes the mask that the query "
                "carries; leave it out",
            )


@dataclass(frozen=True)
class _Stated:
    """A mask that the file states in a call."""

    container: Layer
    layer: Layer
    number: int
    key: str
    value: Any

    def give_back(self) -> None:
        """State it again."""
        self.layer.nodes[self.number].kwargs[self.key] = self.value


def _forget_derived(model: Layer, shapes: ModelShapes, version: Version) -> None:
    """Remove the masks that Keras 3 states and that it would derive without that.

    Keras 3 writes nodes for masks into the configuration of a Functional model, and derives the
    same nodes again when it reads one without them.
    """
    stated = list(_take_stated(model))
    operations = _mask_operations(model)
    while True:
        follower = Follower(model, "", shapes, version, Report(), False, patterns=None)
        follower.run()
        kept = [item for item in stated if not _is_derived(item, follower.met)]
        if not kept:
            break
        for item in kept:
            item.give_back()
            stated.remove(item)
    for container, names in operations:
        _drop_unused(container, names)


def _take_stated(model: Layer) -> Iterator[_Stated]:
    for container in _containers(model):
        for layer in container.children:
            for number, node in enumerate(layer.nodes):
                for key in _mask_keys(node):
                    yield _Stated(container, layer, number, key, node.kwargs.pop(key))


def _mask_keys(node: Node) -> list[str]:
    """Return the arguments of a call that hold masks which Keras may have derived."""
    return [
        key
        for key, value in node.kwargs.items()
        if (key == "mask" or (key.endswith("_mask") and key != "attention_mask"))
        and any(True for _ in tensors_in(value))
    ]


def _containers(model: Layer) -> list[Layer]:
    return [model, *(layer for _, layer in model.walk() if layer.class_name in CONTAINERS)]


def _mask_operations(model: Layer) -> list[tuple[Layer, set[str]]]:
    """Return the operations of each container of which nothing is left to use the results."""
    return [(container, _unused(container)) for container in _containers(model)]


def _unused(container: Layer) -> set[str]:
    unused: set[str] = set()
    while True:
        used = {ref.layer for ref in flatten_structure(container.outputs)}
        for child in container.children:
            if child.name not in unused:
                used |= {ref.layer for node in child.nodes for ref in node_tensors(node)}
        found = {
            child.name
            for child in container.children
            if child.class_name.startswith("ops.") and child.name not in used
        }
        if found <= unused:
            return unused
        unused |= found


def _drop_unused(container: Layer, names: set[str]) -> None:
    gone = _unused(container) & names
    container.children = [child for child in container.children if child.name not in gone]


def _is_derived(stated: _Stated, met: dict[int, Follower]) -> bool:
    follower = met.get(id(stated.container))
    if follower is None:
        return False
    derived = follower.taken.get((stated.layer.name, stated.number, stated.key))
    if derived is None and stated.key == "mask":
        derived = follower.entering.get((stated.layer.name, stated.number))
    if derived is None and stated.key == "mask":
        derived = follower.firsts.get((stated.layer.name, stated.number))
    listed = derived if isinstance(derived, list) else [derived]
    value = stated.value if isinstance(stated.value, list) else [stated.value]
    children = {child.name: child for child in stated.container.children}
    return len(listed) == len(value) and all(
        _canonical(mask) == _canonical(None if ref is None else _expanded(ref, children))
        for mask, ref in zip(listed, value, strict=True)
    )


def _expanded(ref: TensorRef, children: dict[str, Layer]) -> Mask:
    """Return a tensor as an expression of operations."""
    layer = children[ref.layer]
    if not layer.class_name.startswith("ops."):
        return tensor(ref)
    operands = [_expanded_operand(item, children) for item in layer.nodes[ref.node].args]
    return Mask(layer.class_name, tuple(operands), tuple(layer.config.items()))


def _expanded_operand(item: Any, children: dict[str, Layer]) -> object:
    if isinstance(item, TensorRef):
        expanded = _expanded(item, children)
        return expanded if expanded.class_name else item
    if isinstance(item, list):
        return tuple(_expanded_operand(part, children) for part in item)
    return item


def _canonical(item: object) -> object:
    """Return an expression in a form in which equal ones are equal."""
    if isinstance(item, Mask):
        if not item.class_name:
            return item.operands
        if item.class_name == "ops.ConvertToTensor":
            return _canonical(item.operands[0])
        spec = layer_spec(item.class_name)
        options = spec.filled(dict(item.options)) if spec else dict(item.options)
        return item.class_name, str(sorted(options.items())), _canonical(item.operands)
    if isinstance(item, tuple) and not isinstance(item, TensorRef):
        return tuple(_canonical(part) for part in item)
    return (item,) if isinstance(item, TensorRef) else item


def _makes_masks(layer: Layer) -> bool:
    stated = any(
        key == "mask" or key.endswith("_mask") for node in layer.nodes for key in node.kwargs
    )
    return stated or layer.class_name == "Masking" or bool(layer.config.get("mask_zero"))
