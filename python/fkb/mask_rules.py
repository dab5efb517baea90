"""What each layer class does with the mask of its input, by major version of Keras.

Sources: `supports_masking`, `compute_mask` and the arguments of `call` of tf_keras 2.15 and
Keras 3.15; a test reads them from both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .graph import Layer, TensorRef
from .keras_nodes import tensors_in
from .mask_expressions import (
    AND,
    ANY,
    LAST,
    NOT_EQUAL,
    OR,
    Call,
    Mask,
    MaskError,
    Masks,
    Use,
    operation,
    rank_of_mask,
    tensor,
)
from .registry import custom_layer, layer_spec

STATES = "initial_state"

Rule = Callable[[Call], Use]


def _stop(call: Call) -> Use:
    return Use()


def _keep(call: Call) -> Use:
    return Use(gives=[call.first])


def _keep_in_keras3(call: Call) -> Use:
    return _keep(call) if call.major >= 3 else Use()


def _take(call: Call) -> Use:
    return Use({"mask": call.first})


def _take_and_keep(call: Call) -> Use:
    return Use({"mask": call.first}, [call.first])


def _softmax(call: Call) -> Use:
    if call.first is not None and "mask" not in call.node.kwargs:
        raise MaskError("gets the mask of its input, which has not the input's shape")
    return _take_and_keep(call)


def _group_normalization(call: Call) -> Use:
    """Keras 2 weighs the values with the mask, which must have the input's shape for that."""
    if call.major < 3 and call.first is not None:
        raise MaskError("gets the mask of its input, which has not the input's shape")
    return _keep(call)


def _embedding(call: Call) -> Use:
    if not call.layer.config.get("mask_zero"):
        return Use()
    return Use(gives=[operation(call, NOT_EQUAL, call.refs[0], 0)])


def _masking(call: Call) -> Use:
    value = call.layer.config.get("mask_value", 0.0)
    return Use(
        gives=[operation(call, ANY, operation(call, NOT_EQUAL, call.refs[0], value), **LAST)]
    )


def _recurrent(call: Call) -> Use:
    kept = [call.first] if call.layer.config.get("return_sequences") else []
    return Use(_taken_with_states(call), [*kept])


def _conv_recurrent(call: Call) -> Use:
    use = _recurrent(call)
    _expect_steps(use.takes.get("mask"), 2, call)
    return use


def _expect_steps(mask: object, rank: int, call: Call) -> None:
    """Refuse a mask with values for the places of an image, as `Masking` of images gives."""
    if isinstance(mask, Mask) and rank_of_mask(mask, call.rank_of) not in (rank, None):
        raise MaskError(
            "has a value per place and step, FKB takes masks with a value per step: give the call "
            "such a mask, or do without the layer that makes the mask"
        )


def _taken_with_states(call: Call) -> dict[str, Mask | Masks | None]:
    """Return the mask that a recurrent layer takes; Keras 3 hands on none beside states."""
    if call.major >= 3 and STATES in call.node.kwargs and "mask" not in call.node.kwargs:
        return {}
    return {"mask": call.first}


def _bidirectional(call: Call) -> Use:
    forward = call.layer.children[0]
    kept: Masks = [call.first] if forward.config.get("return_sequences") else []
    if call.layer.config.get("merge_mode", "concat") is None:
        kept = kept * 2
    return Use(_taken_with_states(call), kept)


def _time_distributed(call: Call) -> Use:
    """The inner layer gets the mask of each time step, where a step has one.

    Source: `TimeDistributed.call` and `compute_mask` of both majors.
    """
    child = call.layer.children[0]
    inner = rule_of(child)
    if inner in (_embedding, _masking):
        whole = Layer(call.layer.name, child.class_name, child.config)
        return inner(replace(call, layer=whole)) if call.major < 3 else Use(gives=[call.first])
    if call.first is None:
        return Use()
    takers = [path for path, layer in call.layer.walk() if rule_of(layer) in _TAKERS]
    rank = rank_of_mask(call.first, call.rank_of)
    if takers and (inner is _nested or rank is None or rank < 3) and inner is not _take_and_keep:
        raise MaskError(f'is handed on to "{takers[0]}" inside, time step by time step')
    if inner is _conv_recurrent:
        _expect_steps(call.first, 3, call)
    kept: Mask | None = call.first
    if call.major < 3 and inner not in (_keep, _take_and_keep):
        for _ in range(2, rank or 2):
            kept = operation(call, ANY, kept, **LAST)
    return Use({"mask": call.first} if takers else {}, [kept])


_JOINED = (
    "joins masks, which Keras 3 before 3.4 did in another way: save the model with a newer Keras"
)


def _merged(call: Call) -> Use:
    """Keras 2 needs a step in all inputs that have a mask, Keras 3 in one if all have one."""
    if call.former and any(mask is not None for mask in call.masks):
        raise MaskError(_JOINED)
    if call.major >= 3:
        return Use(gives=[_reduced(call, OR, call.masks) if None not in call.masks else None])
    return Use(gives=[_reduced(call, AND, [mask for mask in call.masks if mask is not None])])


def _merged_by_mask(call: Call) -> Use:
    """Keras 3 leaves what is masked out of products and extrema, and sees it in their values.

    Source: `Multiply._merge_function` and `Merge._apply_merge_op_and_or_mask` of Keras 3.
    """
    use = _merged(call)
    if call.major < 3 or all(mask is None for mask in call.masks):
        return use
    ranks = [call.rank_of(ref) for ref in call.refs]
    for mask, rank in zip(call.masks, ranks, strict=True):
        if mask is None or rank is None or None in ranks:
            continue
        wide = max(n for n in ranks if n is not None)
        if rank < wide or rank_of_mask(mask, call.rank_of) not in (rank - 1, None):
            raise MaskError(
                f"is one for an input of {rank} axes, which Keras 3 does not repeat to the "
                f"{wide} axes of the result: reshape the input before its mask is made"
            )
    use.takes["mask"] = [None if mask is None else _made(call, mask) for mask in call.masks]
    return use


def _made(call: Call, mask: Mask) -> Mask:
    """Return a mask that is no tensor of the user's own: the call has no argument for it."""
    return mask if mask.class_name or mask.hidden else operation(call, "ops.Copy", mask)


def _reduced(call: Call, class_name: str, masks: Masks) -> Mask | None:
    result = masks[0] if masks else None
    for mask in masks[1:]:
        result = operation(call, class_name, result, mask)
    return result


def _concatenated(call: Call) -> Use:
    if all(mask is None for mask in call.masks):
        return Use()
    if call.former:
        raise MaskError(_JOINED)
    axis = call.layer.config.get("axis", -1)
    return Use(gives=[_concat3(call, axis) if call.major >= 3 else _concat2(call, axis)])


def _concat3(call: Call, axis: int) -> Mask:
    parts = []
    for ref, mask in zip(call.refs, call.masks, strict=True):
        if mask is None:
            parts.append(operation(call, "ops.OnesLike", ref, dtype="bool"))
            continue
        wide = operation(call, "ops.ExpandDims", mask, axis=-1)
        zeros = operation(call, "ops.ZerosLike", ref, dtype="bool")
        parts.append(operation(call, OR, wide, zeros))
    joined = operation(call, "ops.Concatenate", tuple(parts), axis=axis)
    return operation(call, ANY, joined, **LAST)


def _concat2(call: Call, axis: int) -> Mask | None:
    rank = call.rank_of(call.refs[0])
    if axis == -1 or (rank is not None and axis == rank - 1):
        return _reduced(call, AND, [mask for mask in call.masks if mask is not None])
    if None in call.masks:
        raise MaskError("joins inputs with and without a mask, which Keras 2 cannot")
    position = axis if axis > 0 or rank is None else axis + rank
    return operation(call, "ops.Concatenate", tuple(call.masks), axis=position)


def _attention(call: Call) -> Use:
    stated = call.node.kwargs.get("mask")
    if stated is not None:
        first = stated[0] if isinstance(stated, list) and stated else None
        return Use(gives=[tensor(first) if isinstance(first, TensorRef) else None])
    taken = call.masks if any(mask is not None for mask in call.masks) else None
    return Use({"mask": taken}, [call.masks[0]])


def _multi_head(call: Call) -> Use:
    tensors = dict(zip(("query", "value", "key"), tensors_in(call.node.args), strict=False))
    for name in ("value", "key"):
        if isinstance(ref := call.node.kwargs.get(name), TensorRef):
            tensors[name] = ref
    masks: dict[str, Mask | Masks | None] = {
        f"{name}_mask": call.mask_of(ref) for name, ref in tensors.items()
    }
    query = next(tensors_in(call.node.kwargs.get("query_mask")), None)
    first = tensor(query) if query else call.masks[0]
    return Use(masks, [call.masks[0] if query is None else first])


def _nested(call: Call) -> Use:
    raise AssertionError("the pass enters models itself")


_RULES: dict[str, Rule] = {
    **dict.fromkeys(
        [
            "Activation",
            "ActivityRegularization",
            "AlphaDropout",
            "Dense",
            "Dropout",
            "ELU",
            "GaussianDropout",
            "GaussianNoise",
            "GroupNormalization",
            "LayerNormalization",
            "LeakyReLU",
            "PReLU",
            "ReLU",
            "SpatialDropout1D",
            "SpatialDropout2D",
            "SpatialDropout3D",
            "ThresholdedReLU",
            "UnitNormalization",
        ],
        _keep,
    ),
    **dict.fromkeys(("Identity", "Normalization", "Rescaling"), _keep_in_keras3),
    **dict.fromkeys(
        ["Add", "Subtract", "Average"],
        _merged,
    ),
    **dict.fromkeys(("Multiply", "Maximum", "Minimum"), _merged_by_mask),
    **dict.fromkeys(
        ["SimpleRNN", "GRU", "LSTM", "RNN"],
        _recurrent,
    ),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _conv_recurrent),
    **dict.fromkeys(("Attention", "AdditiveAttention"), _attention),
    **dict.fromkeys(
        ("MultiHeadAttention", "GroupedQueryAttention", "GroupQueryAttention"), _multi_head
    ),
    **dict.fromkeys(("Functional", "Sequential"), _nested),
    "BatchNormalization": _take_and_keep,
    "Softmax": _softmax,
    "GroupNormalization": _group_normalization,
    "GlobalAveragePooling1D": _take,
    "Embedding": _embedding,
    "ReversibleEmbedding": _embedding,
    "Masking": _masking,
    "Concatenate": _concatenated,
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
}
_TAKERS = (
    _take,
    _take_and_keep,
    _softmax,
    _recurrent,
    _conv_recurrent,
    _bidirectional,
    _attention,
    _multi_head,
    _time_distributed,
)
_OF_OWN_CLASSES: dict[str, Rule] = {"keep": _keep, "stop": _stop, "take": _take_and_keep}


def rule_of(layer: Layer) -> Rule | None:
    """Return what a layer does with masks, None where that is not known."""
    if layer.class_name in _RULES:
        return _RULES[layer.class_name]
    if layer.class_name.startswith("ops."):
        return _stop
    custom = custom_layer(layer.class_name)
    if custom is not None:
        return _OF_OWN_CLASSES[custom.spec.masks] if custom.spec and custom.spec.masks else None
    return _stop if layer_spec(layer.class_name) else None
