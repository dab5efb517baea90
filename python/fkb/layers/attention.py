"""Attention, and products over named axes."""

from __future__ import annotations

from typing import Any

from ..registry import (
    ONLY_KERAS2,
    ONLY_KERAS3,
    REQUIRED,
    Config,
    LayerSpec,
    Option,
    Shape,
    Shapes,
    Use,
    WeightRule,
)
from . import attention_shapes as shapes_of
from . import checks, einsum
from .options import activation, fixed, halved, unquantized, weight_options


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "must be a text"


def _output_shape(value: Any) -> str | None:
    if checks.positive(value) is None or checks.sizes_or_null(value) is None:
        return None
    return "must be a size or a list of sizes, null for one that follows from the input"


def _sizes(value: Any) -> str | None:
    if checks.positive(value) is None or checks.positive_integers(value) is None:
        return None
    return "must be a positive integer or a list of them"


def _einsum_output(config: Config, shapes: Shapes) -> Shape:
    return halved(config, einsum.dense_output(config, shapes))


def _without_shapes(config: Config) -> Config:
    """Leave out the shapes of the inputs, which Keras 2 keeps among the options."""
    shapes = ("query_shape", "key_shape", "value_shape")
    return {name: value for name, value in config.items() if name not in shapes}


def _projection_weights(
    name: str,
    rules: tuple[Any, Any],
    place: str,
    when: str | None = None,
    place2: str | None = None,
) -> tuple[WeightRule, WeightRule]:
    def has_bias(config: Config) -> bool:
        return bool(config["use_bias"] and (when is None or config[when]))

    return (
        WeightRule(f"{name}/kernel", rules[0], when=when, place=place, place2=place2),
        WeightRule(f"{name}/bias", rules[1], when=has_bias, place=place, place2=place2),
    )


def _head_weights(heads: str, value_heads: str, key: str, value: str, hidden: str) -> Any:
    project = shapes_of.projection
    return (
        *_projection_weights(
            "query", project(0, heads, key), f"{hidden}query_dense", place2="_query_dense"
        ),
        *_projection_weights(
            "key", project(2, value_heads, key), f"{hidden}key_dense", place2="_key_dense"
        ),
        *_projection_weights("gate", project(0, heads, value), "_gate_dense", "use_gate"),
        *_projection_weights(
            "value", project(1, value_heads, value), f"{hidden}value_dense", place2="_value_dense"
        ),
        *_projection_weights(
            "attention_output",
            shapes_of.output_projection(heads, value),
            f"{hidden}output_dense",
            place2="_output_dense",
        ),
    )


_HEAD_OPTIONS = (
    Option("dropout", 0.0, check=checks.rate),
    Option("use_bias", True, check=checks.boolean),
    Option("use_gate", False, majors=ONLY_KERAS3, check=checks.boolean, noise=True),
    Option(
        "sliding_window",
        None,
        majors=ONLY_KERAS3,
        check=checks.optional(checks.positive),
        noise=True,
    ),
    Option("flash_attention", None, Use.KEPT, majors=ONLY_KERAS3, noise=True),
    *weight_options("kernel", "glorot_uniform"),
    *weight_options("bias", "zeros"),
    Option("seed", None, Use.KEPT, majors=ONLY_KERAS3, noise=True),
)
_HEAD_ARGUMENTS = (
    *("query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask"),
    *("return_attention_scores", "training", "use_causal_mask"),
)
_FLAGS = frozenset({"return_attention_scores", "use_causal_mask"})
_MASKS = frozenset({"value_mask", "key_mask", "attention_mask"})

_SEQUENCES: Any = {
    "output": shapes_of.sequence_output,
    "check": shapes_of.check_sequences,
    "list_input": True,
    "arguments": (*("inputs", "mask", "training", "return_attention_scores", "use_causal_mask"),),
    "call_tensors": frozenset({"mask"}),
    "call_flags": _FLAGS,
}
_CAUSAL = Option("causal", False, majors=ONLY_KERAS2, check=checks.boolean, noise=True)
_DROPPED = Option("dropout", 0.0, check=checks.rate)

SPECS: tuple[LayerSpec, ...] = (
    LayerSpec(
        "MultiHeadAttention",
        options=(
            Option("num_heads", REQUIRED, check=checks.positive),
            Option("key_dim", REQUIRED, check=checks.positive),
            Option("value_dim", None, check=checks.optional(checks.positive)),
            Option("output_shape", None, check=checks.optional(_sizes)),
            Option("attention_axes", None, check=checks.optional(checks.integer_or_list)),
            *_HEAD_OPTIONS,
            Option(
                "softmax_robust_masking",
                False,
                majors=ONLY_KERAS2,
                check=checks.boolean,
                noise=True,
            ),
        ),
        weights=_head_weights("num_heads", "num_heads", "key_dim", "value_dim", ""),
        output=shapes_of.heads_output,
        check=shapes_of.check_heads,
        call_tensors=_MASKS | {"query_mask"},
        keras3_tensors=frozenset({"query_mask", "value_mask", "key_mask"}),
        call_flags=_FLAGS,
        arguments=_HEAD_ARGUMENTS,
        least=2,
        from_keras2=_without_shapes,
        keras2_shapes=shapes_of.keras2_shapes,
    ),
    LayerSpec(
        "GroupQueryAttention",
        options=(
            Option("head_dim", REQUIRED, check=checks.positive),
            Option("num_query_heads", REQUIRED, check=checks.positive),
            Option("num_key_value_heads", REQUIRED, check=checks.positive),
            *_HEAD_OPTIONS,
        ),
        weights=_head_weights(
            "num_query_heads", "num_key_value_heads", "head_dim", "head_dim", "_"
        ),
        output=shapes_of.grouped_output,
        check=shapes_of.check_groups,
        call_tensors=_MASKS | {"query_mask"},
        call_flags=_FLAGS,
        arguments=_HEAD_ARGUMENTS,
        least=2,
        majors=ONLY_KERAS3,
        stored_as="GroupedQueryAttention",
    ),
    LayerSpec(
        "Attention",
        options=(
            Option("use_scale", False, check=checks.boolean),
            Option("score_mode", "dot", check=checks.one_of("dot", "concat")),
            _DROPPED,
            Option("seed", None, Use.KEPT, majors=ONLY_KERAS3, noise=True),
            _CAUSAL,
        ),
        weights=(
            WeightRule("scale", lambda c, s: (), when="use_scale"),
            WeightRule(
                "concat_score_weight", lambda c, s: (), when=lambda c: c["score_mode"] == "concat"
            ),
        ),
        **_SEQUENCES,
    ),
    LayerSpec(
        "AdditiveAttention",
        options=(
            Option("use_scale", True, check=checks.boolean),
            _DROPPED,
            Option("seed", None, Use.KEPT, majors=ONLY_KERAS3, noise=True),
            _CAUSAL,
        ),
        weights=(WeightRule("scale", lambda c, s: (s[0][-1],), when="use_scale"),),
        **_SEQUENCES,
    ),
    LayerSpec(
        "EinsumDense",
        options=(
            Option("equation", REQUIRED, check=_text),
            Option("output_shape", REQUIRED, check=_output_shape),
            activation(),
            Option("bias_axes", None, check=checks.optional(_text)),
            *weight_options("kernel", "glorot_uniform"),
            *weight_options("bias", "zeros"),
            *unquantized(),
            fixed("gptq_unpacked_column_size", None, majors=ONLY_KERAS3),
        ),
        weights=(
            WeightRule("kernel", einsum.kernel_shape),
            WeightRule("bias", einsum.bias_shape, when="bias_axes"),
        ),
        output=_einsum_output,
        note="any equation of the forms that Keras takes",
    ),
)
