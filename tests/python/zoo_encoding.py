"""Encoding and lookup of categories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from zoo_cases import BOTH, CASES, KERAS2, KERAS3, Case


def _encoder(
    name: str,
    make: Callable[[Any], Any],
    shape: tuple[int, ...] = (5,),
    majors: frozenset[int] = BOTH,
    dtype: str | None = "int32",
    portable: bool = False,
) -> None:
    """Add a model of an input of small whole numbers and one layer."""

    def build(k: Any) -> Any:
        inputs = k.Input(shape, dtype=dtype, name="in")
        return k.Model(inputs, make(k)(inputs), name="model")

    CASES.append(Case(name, build, majors, portable=portable))


def _category(**options: Any) -> Callable[[Any], Any]:
    return lambda k: k.layers.CategoryEncoding(7, name="encode", **options)


_encoder("category encoding", _category())
_encoder("category encoding, one_hot", _category(output_mode="one_hot"), (1,))
_encoder("category encoding, one_hot of rank 3", _category(output_mode="one_hot"), (2, 3), KERAS3)
_encoder(
    "category encoding, one_hot of rank 4", _category(output_mode="one_hot"), (2, 3, 1), KERAS3
)
_encoder("category encoding, count", _category(output_mode="count"))


def _weighted(k: Any) -> Any:
    inputs, weights = (
        k.Input((5,), dtype="int32", name="in"),
        k.Input((5,), dtype="int32", name="weights"),
    )
    layer = k.layers.CategoryEncoding(7, output_mode="count", name="encode")
    return k.Model([inputs, weights], layer(inputs, count_weights=weights), name="model")


CASES.append(Case("category encoding with count_weights", _weighted, gradient=False))


def _bins(*boundaries: float, **options: Any) -> Callable[[Any], Any]:
    return lambda k: k.layers.Discretization(list(boundaries), name="bins", **options)


_EDGES = (-1.0, -0.1, 0.0, 0.1, 1.25)
_encoder("discretization", _bins(*_EDGES), (2, 3), dtype=None)
_encoder("discretization of whole numbers", _bins(1.0, 2.0, 5.5), (4,))
_encoder("discretization, one_hot", _bins(*_EDGES, output_mode="one_hot"), (1,), dtype=None)
_encoder(
    "discretization, one_hot of rank 3",
    _bins(*_EDGES, output_mode="one_hot"),
    (2, 3),
    KERAS3,
    dtype=None,
)
_encoder("discretization, multi_hot", _bins(*_EDGES, output_mode="multi_hot"), (4,), dtype=None)
_encoder("discretization, count", _bins(*_EDGES, output_mode="count"), (4,), dtype=None)
_encoder(
    "discretization, count of rank 4",
    _bins(*_EDGES, output_mode="count"),
    (4, 2, 3),
    KERAS3,
    dtype=None,
)


def _adapted_bins(k: Any) -> Any:
    layer = k.layers.Discretization(num_bins=5, name="bins")
    layer.adapt(np.random.default_rng(3).standard_normal((200, 1)).astype("float32"))
    return layer


_encoder("discretization, adapted", _adapted_bins, (3,), KERAS3, dtype=None, portable=True)


def _hashing(bins: int, **options: Any) -> Callable[[Any], Any]:
    return lambda k: k.layers.Hashing(bins, name="hash", **options)


_encoder("hashing", _hashing(1000), (4, 3))
_encoder("hashing of one bin", _hashing(1))
_encoder("hashing with a mask", _hashing(9, mask_value=3))
_encoder("hashing with a salt", _hashing(1000, salt=[5, 7]))
_encoder("hashing, one_hot", _hashing(4, output_mode="one_hot", salt=3), (1,))
_encoder("hashing, multi_hot", _hashing(4, output_mode="multi_hot", mask_value=0))
_encoder("hashing, count", _hashing(4, output_mode="count"))


def _crossing(
    name: str,
    shape: tuple[int, ...],
    count: int = 2,
    majors: frozenset[int] = BOTH,
    **options: Any,
) -> None:
    def build(k: Any) -> Any:
        inputs = [k.Input(shape, dtype="int64", name=f"in{i}") for i in range(count)]
        layer = k.layers.HashedCrossing(6, name="cross", **options)
        return k.Model(inputs, layer(inputs), name="model")

    CASES.append(Case(name, build, majors))


_crossing("hashed crossing", (1,))
_crossing("hashed crossing of three numbers", (1,), 3, KERAS2)
_crossing("hashed crossing, one_hot", (1,), output_mode="one_hot")


def _lookup(**options: Any) -> Callable[[Any], Any]:
    return lambda k: k.layers.IntegerLookup(name="lookup", **options)


_WORDS = [5, 2, 6, 0]
_encoder("integer lookup", _lookup(vocabulary=_WORDS), (4, 3), dtype="int64")
_encoder(
    "integer lookup of many",
    _lookup(vocabulary=[6, 1, 4, 3, 99, -7, 1000000, 12, 0], num_oov_indices=3),
    (20, 5),
    dtype="int64",
)
_encoder("integer lookup with a mask", _lookup(vocabulary=_WORDS, mask_token=1))
_encoder(
    "integer lookup with tokens in front",
    _lookup(vocabulary=[1, -1, -1, *_WORDS], mask_token=1, num_oov_indices=2),
)
_encoder(
    "integer lookup without places for others",
    _lookup(vocabulary=list(range(7)), num_oov_indices=0),
)
_encoder("integer lookup, inverted", _lookup(vocabulary=_WORDS, mask_token=1, invert=True))
_encoder("integer lookup, one_hot", _lookup(vocabulary=_WORDS, output_mode="one_hot"), (1,))
_encoder(
    "integer lookup, one_hot of rank 3",
    _lookup(vocabulary=_WORDS, mask_token=4, output_mode="one_hot"),
    (2, 3),
    KERAS3,
)
_encoder(
    "integer lookup, multi_hot",
    _lookup(vocabulary=_WORDS, mask_token=1, output_mode="multi_hot", num_oov_indices=2),
)
_encoder(
    "integer lookup, count, padded",
    _lookup(vocabulary=_WORDS, output_mode="count", max_tokens=9, pad_to_max_tokens=True),
)
_encoder(
    "integer lookup by a hash",
    _lookup(vocabulary=[5, 2], num_oov_indices=5, oov_method="farmhash"),
    majors=KERAS3,
)
_encoder(
    "integer lookup by a salted hash",
    _lookup(vocabulary=[5, 2], num_oov_indices=5, oov_method="farmhash", salt=[3, 4]),
    majors=KERAS3,
)


def _language(name: str, **options: Any) -> None:
    def build(k: Any) -> Any:
        table = k.layers.ReversibleEmbedding(7, 3, name="table", **options)
        inputs = k.Input((4,), dtype="int32", name="in")
        hidden = k.layers.Dense(3, "tanh", name="hidden")(table(inputs))
        return k.Model(inputs, table(hidden, reverse=True), name="model")

    CASES.append(Case(name, build, KERAS3))


_language("reversible embedding")
_language("reversible embedding, untied", tie_weights=False)
_language("reversible embedding with a soft cap", logit_soft_cap=0.5, mask_zero=True)
