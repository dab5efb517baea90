"""Encoding and lookup of categories."""

from __future__ import annotations

from collections.abc import Iterator
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
from . import checks
from .options import fixed

_MODES = ("int", "one_hot", "multi_hot", "count")


def _mode(default: str, *allowed: str) -> Option:
    return Option("output_mode", default, check=checks.one_of(*allowed))


def _sparse() -> Option:
    """Return the option of sparse tensors, which FKB does not have: the values are the same."""
    return fixed("sparse", False)


def _encoded(mode: str, depth: int, shape: Shape, *, along_first: bool = False) -> Shape:
    """Return the shape of an encoding of indices of this shape."""
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    if len(shape) < 2 or (len(shape) > 2 and not along_first):
        raise ValueError(
            f'output_mode "{mode}" wants an input of rank 2, the batch counted; Keras encodes '
            "another axis than it states there"
        )
    return (shape[0], *shape[2:], depth)


def _categories(config: Config, shapes: Shapes) -> Shape:
    return _encoded(config["output_mode"], config["num_tokens"], shapes[0])


def _check_categories(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    if len(shapes) < 2:
        return
    if config["output_mode"] != "count":
        yield "output_mode", 'must be "count" where a call has count_weights'
    elif shapes[1] != shapes[0]:
        yield "call", f"has count_weights of shape {list(shapes[1])} for {list(shapes[0])}"


def _boundaries(value: Any) -> str | None:
    if not (isinstance(value, list) and value and all(map(checks.is_number, value))):
        return (
            "must be a list of numbers; a layer that was adapted in Keras 2 has none: make it "
            "again with `bin_boundaries=layer.bin_boundaries`"
        )
    return None if value == sorted(value) else "must ascend"


def _bins(config: Config, shapes: Shapes) -> Shape:
    depth = len(config["bin_boundaries"]) + 1
    return _encoded(config["output_mode"], depth, shapes[0], along_first=True)


def _with_boundaries(config: Config) -> Config:
    """Leave out the number of bins, which Keras 2 does not take beside their boundaries."""
    return {key: value for key, value in config.items() if key != "num_bins"}


def _whole(value: Any) -> str | None:
    fits = checks.is_integer(value) and abs(value) < 2**63
    return None if fits else "must be an integer"


def _salt(value: Any) -> str | None:
    pair = isinstance(value, list) and len(value) == 2 and all(_whole(v) is None for v in value)
    fits = value is None or _whole(value) is None or pair
    return None if fits else "must be an integer or two of them"


def _hashed(config: Config, shapes: Shapes) -> Shape:
    return _encoded(config["output_mode"], config["num_bins"], shapes[0])


def _check_hashed(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    if config["output_mode"] == "one_hot" and len(shapes[0]) > 1 and shapes[0][-1] != 1:
        yield (
            "output_mode",
            f"is one_hot for an input of shape {list(shapes[0])}: Keras gives another shape there "
            "than it states; reshape the input so that its last axis has the size 1",
        )


def _check_crossed(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    if len(shapes) < 2:
        yield "call", "must have two inputs or more"
    elif any(len(shape) > 2 or shape[1:] not in ((), (1,)) for shape in shapes):
        yield "call", "must have inputs of one number each"


def _vocabulary(value: Any) -> str | None:
    if not (isinstance(value, list) and value):
        return (
            "must be a list of integers: the vocabulary of an adapted layer is in a .keras "
            "archive only; save the model as one, or make the layer with "
            "`vocabulary=layer.get_vocabulary()`"
        )
    if not all(_whole(item) is None and abs(item) <= 2**53 for item in value):
        return "must hold integers up to 2^53"
    return None


def _first_place(config: Config) -> int:
    """Return the place of the vocabulary's first number."""
    masked = config["mask_token"] is not None and config["output_mode"] == "int"
    return int(config["num_oov_indices"]) + masked


def _tokens(config: Config) -> list[int]:
    """Return the vocabulary without the special tokens that may stand in front."""
    vocabulary: list[int] = config["vocabulary"]
    first, oov = _first_place(config), config["num_oov_indices"]
    special = [config["mask_token"]] * (first - oov) + [config["oov_token"]] * oov
    return vocabulary[first:] if vocabulary[:first] == special else vocabulary


def _depth(config: Config) -> int:
    if config["pad_to_max_tokens"]:
        return int(config["max_tokens"])
    return _first_place(config) + len(_tokens(config))


def _looked_up(config: Config, shapes: Shapes) -> Shape:
    return _encoded(config["output_mode"], _depth(config), shapes[0])


def _check_lookup(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    tokens = _tokens(config)
    if len(set(tokens)) != len(tokens):
        yield "vocabulary", "holds a number twice"
    if config["mask_token"] is not None and config["mask_token"] in tokens:
        yield "vocabulary", "holds the mask_token, which must stand first or not at all"
    if config["invert"] and config["oov_token"] in tokens:
        yield "vocabulary", "holds the oov_token, which must stand first or not at all"
    if config["invert"] and config["oov_token"] is None:
        yield "oov_token", "must be an integer where invert is true"
    if config["invert"] and config["output_mode"] != "int":
        yield "output_mode", 'must be "int" where invert is true'
    if config["pad_to_max_tokens"] and config["max_tokens"] is None:
        yield "max_tokens", "must be given where pad_to_max_tokens is true"
    elif (
        config["max_tokens"] is not None
        and _depth(config | {"pad_to_max_tokens": False}) > (config["max_tokens"])
    ):
        yield "max_tokens", "is less than the vocabulary needs"
    if config["salt"] is not None and config["oov_method"] != "farmhash":
        yield "salt", 'is used where oov_method is "farmhash" only'


def _without_dtype(config: Config) -> Config:
    """Leave out the dtype of places, which Keras 2 wants to be an integer."""
    places = config.get("output_mode", "int") == "int"
    return {key: value for key, value in config.items() if not places or key != "dtype"}


_LOOKUP_OPTIONS = (
    Option("max_tokens", None, check=checks.optional(checks.positive)),
    Option(
        "num_oov_indices",
        1,
        check=lambda v: None if v == 0 else checks.positive(v),
    ),
    Option("mask_token", None, check=checks.optional(_whole)),
    Option("oov_token", -1, check=checks.optional(_whole)),
    Option("vocabulary", None, check=_vocabulary),
    Option("vocabulary_dtype", "int64", Use.KEPT, check=checks.one_of("int64", "int32")),
    Option("vocabulary_size", None, Use.KEPT, noise=True),
    Option("idf_weights", None, Use.KEPT),
    Option("invert", False, check=checks.boolean),
    _mode("int", *_MODES, "tf_idf"),
    _sparse(),
    Option("pad_to_max_tokens", False, check=checks.boolean),
    Option(
        "oov_method",
        "floormod",
        majors=ONLY_KERAS3,
        check=checks.one_of("floormod", "farmhash"),
        noise=True,
    ),
    Option("salt", None, majors=ONLY_KERAS3, check=_salt, noise=True),
    Option("has_input_vocabulary", None, Use.KEPT, majors=ONLY_KERAS2, noise=True),
)

SPECS: tuple[LayerSpec, ...] = (
    LayerSpec(
        "CategoryEncoding",
        options=(
            Option("num_tokens", REQUIRED, check=checks.positive),
            _mode("multi_hot", "one_hot", "multi_hot", "count"),
            _sparse(),
        ),
        output=_categories,
        check=_check_categories,
        call_tensors=frozenset({"count_weights"}),
    ),
    LayerSpec(
        "Discretization",
        options=(
            Option("bin_boundaries", REQUIRED, check=_boundaries),
            Option("num_bins", None, Use.KEPT),
            Option("epsilon", 0.01, Use.KEPT),
            _mode("int", *_MODES),
            _sparse(),
        ),
        output=_bins,
        refuses=frozenset({"trainable", "activity_regularizer"}),
        to_keras2=_with_boundaries,
        note="given boundaries, or adapted in Keras 3",
    ),
    LayerSpec(
        "Hashing",
        options=(
            Option("num_bins", REQUIRED, check=checks.positive),
            Option("mask_value", None, check=checks.optional(_whole)),
            Option("salt", None, check=_salt),
            _mode("int", *_MODES),
            _sparse(),
        ),
        output=_hashed,
        check=_check_hashed,
        note="of integers",
    ),
    LayerSpec(
        "HashedCrossing",
        options=(
            Option("num_bins", REQUIRED, check=checks.positive),
            _mode("int", "int", "one_hot"),
            _sparse(),
        ),
        output=_hashed,
        check=_check_crossed,
        list_input=True,
        refuses=frozenset({"trainable", "activity_regularizer"}),
        note="of integers",
    ),
    LayerSpec(
        "IntegerLookup",
        options=_LOOKUP_OPTIONS,
        weights=(
            WeightRule(
                "idf_weights",
                lambda c, s: (_depth(c),),
                trainable=False,
                when=lambda c: bool(c["output_mode"] == "tf_idf"),
                key="idf_weights",
            ),
        ),
        output=_looked_up,
        check=_check_lookup,
        to_keras2=_without_dtype,
        note="a given vocabulary, or an adapted one in a `.keras` archive",
    ),
)
