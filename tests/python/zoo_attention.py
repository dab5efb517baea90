"""Models of attention layers and products over named axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo_cases import BOTH, CASES, KERAS2, KERAS3, Case, graph, layer


def _einsum(
    name: str,
    shape: tuple[int | None, ...],
    equation: str,
    output_shape: Any,
    bias_axes: str | None,
    **options: Any,
) -> None:
    layer(
        f"einsum dense {name}",
        shape,
        lambda k: k.layers.EinsumDense(
            equation, output_shape=output_shape, bias_axes=bias_axes, name="einsum", **options
        ),
    )


_einsum("over the last axis", (4, 3), "abc,cd->abd", (None, 5), "d", activation="relu")
_einsum("of a vector", (4,), "ab,bc->ac", 5, "c", activation="softmax")
_einsum("to two axes", (4, 3), "abc,cde->abde", (None, 2, 5), "de", activation="tanh")
_einsum("over two axes", (2, 4, 3), "abcd,cde->abe", (None, 5), "e")
_einsum("of heads", (4, 3), "abc,cde->abde", (None, 2, 5), "d")
_einsum("over a middle axis", (4, 3), "abc,bd->adc", (5, 3), "d")
_einsum("with another order", (4, 3), "abc,dc->adb", (5, 4), "db")
_einsum("with a kernel per step", (4, 3), "abc,bcd->abd", (4, 2), None)
_einsum("with an ellipsis in front", (2, 4, 3), "...x,xy->...y", 5, "y", activation="gelu")
_einsum("with an ellipsis behind", (4, 3, 2), "ab...,bc->ac...", 5, "c")
_einsum("of an open axis", (None, 3), "abc,cd->abd", (None, 5), "d")
layer(
    "einsum dense with regularizers, constraints and initializers",
    (4, 3),
    lambda k: k.layers.EinsumDense(
        "abc,cd->abd",
        output_shape=(None, 5),
        bias_axes="d",
        kernel_initializer="he_normal",
        bias_initializer="ones",
        kernel_regularizer=k.regularizers.L2(0.25),
        bias_regularizer=k.regularizers.L1(0.125),
        activity_regularizer=k.regularizers.L2(0.5),
        kernel_constraint=k.constraints.NonNeg(),
        name="einsum",
    ),
)


def _sequences(
    name: str,
    make: Callable[[Any], Any],
    query: tuple[int | None, ...] = (5, 6),
    value: tuple[int | None, ...] = (4, 6),
    key: tuple[int | None, ...] | None = None,
    masks: tuple[tuple[int | None, ...] | None, ...] = (),
    majors: frozenset[int] = BOTH,
    portable: bool = False,
    **arguments: Any,
) -> None:
    """Add a model that calls a layer with a list of sequences, and a list of masks."""

    def build(k: Any) -> Any:
        shapes = [query, value] + ([key] if key else [])
        inputs = [k.Input(shape, name=f"in{i}") for i, shape in enumerate(shapes)]
        given = [
            k.Input(shape, dtype="bool", name=f"mask{i}") if shape else None
            for i, shape in enumerate(masks)
        ]
        named = {"mask": given} if given else {}
        y = make(k)(inputs, **named, **arguments)
        return k.Model([*inputs, *(mask for mask in given if mask is not None)], y)

    CASES.append(Case(name, build, majors, portable=portable))


def _heads(
    name: str,
    options: dict[str, Any],
    query: tuple[int | None, ...] = (5, 6),
    value: tuple[int | None, ...] = (4, 7),
    key: tuple[int | None, ...] | None = None,
    masks: dict[str, tuple[int | None, ...]] | None = None,
    majors: frozenset[int] = BOTH,
    portable: bool = False,
    grouped: bool = False,
    **arguments: Any,
) -> None:
    """Add a model that calls a layer with query, value and perhaps key, and with masks."""

    def build(k: Any) -> Any:
        shapes = [query, value] + ([key] if key else [])
        inputs = [k.Input(shape, name=f"in{i}") for i, shape in enumerate(shapes)]
        given = {
            word: k.Input(shape, dtype="bool", name=word) for word, shape in (masks or {}).items()
        }
        make = k.layers.GroupQueryAttention if grouped else k.layers.MultiHeadAttention
        y = make(name="heads", **options)(*inputs, **given, **arguments)
        return k.Model([*inputs, *given.values()], y)

    CASES.append(Case(name, build, majors, portable=portable))


def _attention(**options: Any) -> Callable[[Any], Any]:
    return lambda k: k.layers.Attention(name="attention", **options)


def _additive(**options: Any) -> Callable[[Any], Any]:
    return lambda k: k.layers.AdditiveAttention(name="attention", **options)


_sequences("attention", _attention())
_sequences("attention with a scale", _attention(use_scale=True))
_sequences("attention with a key", _attention(use_scale=True), value=(4, 3), key=(4, 6))
_sequences("attention by concatenation", _attention(score_mode="concat"))
_sequences(
    "attention by concatenation with a scale and scores",
    _attention(score_mode="concat", use_scale=True),
    return_attention_scores=True,
)
_sequences("attention with scores", _attention(), return_attention_scores=True)
_sequences("attention with a causal mask", _attention(use_scale=True), use_causal_mask=True)
_sequences("attention of an open length", _attention(), (None, 6), (None, 6))
_sequences("attention of rank 4", _attention(), (2, 5, 6), (2, 4, 6), majors=KERAS3, portable=True)
_sequences("attention with dropout", _attention(dropout=0.25, seed=3), majors=KERAS3, portable=True)
_sequences(
    "attention with dropout before Keras 3", _attention(dropout=0.25), majors=KERAS2, portable=True
)
_sequences("attention with masks", _attention(), masks=((5,), (4,)))
_sequences("attention with a mask of the query", _attention(), masks=((5,), None))
_sequences(
    "attention with a mask of the value, causal, with scores",
    _attention(use_scale=True),
    masks=(None, (4,)),
    use_causal_mask=True,
    return_attention_scores=True,
)
_sequences("additive attention", _additive())
_sequences("additive attention without a scale", _additive(use_scale=False))
_sequences("additive attention with a key", _additive(), value=(4, 3), key=(4, 6), majors=KERAS3)
_sequences(
    "additive attention with masks and scores",
    _additive(),
    masks=((5,), (4,)),
    return_attention_scores=True,
)

_TWO: dict[str, Any] = {"num_heads": 2, "key_dim": 3}
_heads("multi-head attention", _TWO)
_heads("multi-head attention to itself over 2 axes", _TWO, (3, 2, 4), (3, 2, 4))
_heads("multi-head attention with a key", _TWO | {"value_dim": 4}, key=(4, 5))
_heads("multi-head attention without bias", _TWO | {"use_bias": False})
_heads("multi-head attention to other features", _TWO | {"output_shape": 8})
_heads("multi-head attention to two axes", _TWO | {"output_shape": (2, 3)})
_heads("multi-head attention with dropout", _TWO | {"dropout": 0.25})
_heads("multi-head attention with a causal mask", _TWO, use_causal_mask=True)
_heads(
    "multi-head attention with scores and a causal mask",
    _TWO,
    return_attention_scores=True,
    use_causal_mask=True,
)
_heads("multi-head attention of an open length", _TWO, (None, 6), (None, 7))
_heads("multi-head attention with a mask", _TWO, masks={"attention_mask": (5, 4)})
_heads("multi-head attention with a mask for all rows", _TWO, masks={"attention_mask": (1, 4)})
_heads(
    "multi-head attention with a mask per head and scores",
    _TWO,
    masks={"attention_mask": (2, 5, 4)},
    return_attention_scores=True,
)
_heads(
    "multi-head attention with masks of value and key",
    _TWO,
    key=(4, 5),
    masks={"value_mask": (4,), "key_mask": (4,), "attention_mask": (5, 4)},
    use_causal_mask=True,
    majors=KERAS3,
)
_heads("multi-head attention over axis 2", _TWO | {"attention_axes": (2,)}, (2, 5, 6), (2, 4, 7))
_heads("multi-head attention over axis 1", _TWO | {"attention_axes": (1,)}, (5, 2, 6), (4, 2, 7))
_heads(
    "multi-head attention over axes 2 and 1 with scores",
    _TWO | {"attention_axes": (2, 1)},
    (3, 2, 4),
    (2, 3, 4),
    return_attention_scores=True,
)
_heads(
    "multi-head attention over axis -2",
    _TWO | {"attention_axes": -2},
    (2, 5, 6),
    (2, 4, 7),
    majors=KERAS3,
    portable=True,
)
_heads(
    "multi-head attention over two axes with a mask",
    _TWO,
    (3, 2, 4),
    (2, 3, 4),
    masks={"attention_mask": (3, 2, 2, 3)},
)
_heads("multi-head attention with a gate", _TWO | {"use_gate": True}, majors=KERAS3)
_heads(
    "multi-head attention with a gate, without bias",
    _TWO | {"use_gate": True, "use_bias": False, "value_dim": 2, "output_shape": 3},
    majors=KERAS3,
)
_heads("multi-head attention in a window", _TWO | {"sliding_window": 2}, majors=KERAS3)
_heads(
    "multi-head attention in a causal window with scores",
    _TWO | {"sliding_window": 2},
    value=(5, 7),
    use_causal_mask=True,
    return_attention_scores=True,
    majors=KERAS3,
)
_heads(
    "multi-head attention with robust masking",
    _TWO | {"softmax_robust_masking": True},
    masks={"attention_mask": (5, 4)},
    majors=KERAS2,
)
_GROUPS: dict[str, Any] = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}


def _groups(name: str, options: dict[str, Any], **rest: Any) -> None:
    _heads(name, _GROUPS | options, value=(4, 6), majors=KERAS3, grouped=True, **rest)


_groups("grouped attention", {})
_groups("grouped attention with a key and a gate", {"use_gate": True}, key=(4, 5))
_groups("grouped attention without bias, causal", {"use_bias": False}, use_causal_mask=True)
_groups("grouped attention with dropout", {"dropout": 0.5})
_groups(
    "grouped attention with masks in a window",
    {"sliding_window": 3},
    masks={"query_mask": (5,), "value_mask": (4,), "attention_mask": (5, 4)},
    return_attention_scores=True,
)


@graph("transformer block")
def _transformer(k: Any) -> Any:
    x = k.Input((6, 8), name="tokens")
    normal = k.layers.LayerNormalization(name="first")(x)
    attended = k.layers.MultiHeadAttention(
        2, 4, kernel_regularizer=k.regularizers.L2(0.25), name="heads"
    )(normal, normal, use_causal_mask=True)
    y = k.layers.Add(name="skip")([x, attended])
    hidden = k.layers.Dense(12, activation="gelu", name="hidden")(
        k.layers.LayerNormalization(name="second")(y)
    )
    return k.Model(x, k.layers.Add(name="sum")([y, k.layers.Dense(8, name="back")(hidden)]))


@graph("shared multi-head attention")
def _shared(k: Any) -> Any:
    a, b = k.Input((5, 6), name="a"), k.Input((4, 6), name="b")
    heads = k.layers.MultiHeadAttention(2, 3, name="heads")
    return k.Model([a, b], [heads(a, b), heads(b, a, a), heads(b, b)])


def _softmax(
    name: str, mask: tuple[int, ...], majors: frozenset[int] = BOTH, **options: Any
) -> None:
    def build(k: Any) -> Any:
        x, kept = k.Input((4, 3, 5), name="x"), k.Input(mask, dtype="bool", name="kept")
        return k.Model([x, kept], k.layers.Softmax(name="softmax", **options)(x, mask=kept))

    changed = "robust" not in name  # where all is masked
    CASES.append(Case(name, build, majors, changed=changed))


_softmax("softmax layer with a mask", (4, 3, 5))
_softmax("softmax layer with a mask for all rows", (4, 1, 5))
_softmax("softmax layer over another axis with a mask", (4, 3, 5), KERAS3, axis=1)
_softmax("softmax layer over two axes with a mask", (4, 3, 5), KERAS3, axis=[1, 3])
_softmax("softmax layer with robust masking", (4, 3, 5), KERAS2, robust_masking=True)
