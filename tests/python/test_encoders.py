"""Encoders of several attentions: samples that are masked as a whole, and what is rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

from test_training import set_precision  # noqa: E402
from zoo_masks import _encoded, _table  # noqa: E402

pytestmark = needs.with_engine

WORDS = np.array([[0, 0, 0, 0, 0], [1, 2, 0, 0, 0], [3, 3, 3, 3, 3], [0, 0, 1, 0, 2]], "int32")


def converted(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return fkb.load(folder / "model.fkb")


@pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
def test_a_mean_over_no_words_is_no_number_and_others_agree(k: Any, tmp_path: Path) -> None:
    words = k.Input((5,), dtype="int32", name="words")
    hidden = _encoded(k, _encoded(k, _table(k)(words), 0), 1)
    model = zoo.fill(k.Model(words, k.layers.GlobalAveragePooling1D(name="p")(hidden)), 5)
    with converted(model, tmp_path) as net:
        mine, theirs = net.predict(WORDS), np.asarray(model(WORDS, training=False))
    assert np.isnan(mine[0]).all() and np.isnan(theirs[0]).all()
    assert np.isfinite(mine[1:]).all() and np.isfinite(theirs[1:]).all()
    np.testing.assert_allclose(mine[1:], theirs[1:], rtol=0, atol=2e-5 * np.abs(theirs[1:]).max())


def mixed(seed: int) -> Any:
    """MultiHeadAttention and GroupedQueryAttention one after another, in some order."""
    chance = np.random.default_rng(seed)
    layers = keras.layers
    query, value = keras.Input((4, 6)), keras.Input((5, 6))
    hidden = query
    for grouped in chance.permutation([True, False, True, False]):
        causal = bool(chance.integers(2))
        layer = layers.GroupQueryAttention(2, 4, 2) if grouped else layers.MultiHeadAttention(2, 3)
        heads = layer(hidden, value, use_causal_mask=causal)
        hidden = layers.LayerNormalization()(layers.Add()([heads, query]))
    return keras.Model([query, value], hidden)


@pytest.mark.parametrize("seed", range(3))
def test_what_attentions_differ_by_in_real32_is_rounding(seed: int, tmp_path: Path) -> None:
    """In real64 they agree, and in real32 we are as near to that as Keras is."""
    found = {}
    try:
        for kind in ("float32", "float64"):
            set_precision(kind)
            chance = np.random.default_rng(seed)
            model = mixed(seed)
            # Weights of real32, so that both kinds have the same.
            model.set_weights(
                [2 * chance.standard_normal(w.shape).astype("f") for w in model.get_weights()]
            )
            x = [chance.standard_normal((8, n, 6)).astype("f").astype(kind) for n in (4, 5)]
            with converted(model, tmp_path) as net:
                found[kind] = net.predict(x), np.asarray(model(x, training=False))
    finally:
        set_precision("float32")
    mine, truth = found["float64"]
    scale = np.abs(truth).max()
    assert np.abs(mine - truth).max() <= 1e-12 * scale
    ours, theirs = (np.abs(one - truth).max() / scale for one in found["float32"])
    assert ours <= max(3 * theirs, 1e-5)
