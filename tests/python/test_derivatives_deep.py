"""Both products with the Jacobian of deep networks fit together."""

from __future__ import annotations

from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from test_applications import FULL, SMALL, filled

keras = pytest.importorskip("keras")

pytestmark = [needs.with_engine, pytest.mark.keras]


def products_fit(model: keras.Model, folder: Path, batch: int) -> None:
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    random = np.random.default_rng(1)
    shape = (batch, *model.input_shape[1:])
    x = random.uniform(0, 255, shape)
    for precision, tolerance in (("single", 1e-4), ("double", 1e-12)):
        with fkb.load(folder / "model.fkb", precision=precision) as net:
            dtype = "float32" if precision == "single" else "float64"
            v = random.standard_normal(shape).astype(dtype)
            y, dy = net.jvp(x.astype(dtype), v)
            w = random.standard_normal(y.shape).astype(dtype)
            _, dx = net.vjp(x.astype(dtype), w)
        a, b, c, d = (np.asarray(part, np.float64) for part in (dy, w, v, dx))
        scale = np.linalg.norm(a) * np.linalg.norm(b) + np.linalg.norm(c) * np.linalg.norm(d)
        assert abs(np.sum(a * b) - np.sum(c * d)) <= tolerance * scale


@pytest.mark.parametrize("name", SMALL)
def test_products_of_a_small_one_fit(name: str, tmp_path: Path) -> None:
    products_fit(
        filled(getattr(keras.applications, name)(weights=None, **SMALL[name]), 3), tmp_path, 2
    )


@pytest.mark.long
@pytest.mark.parametrize("name", FULL)
def test_products_of_a_full_one_fit(name: str, tmp_path: Path) -> None:
    products_fit(filled(getattr(keras.applications, name)(weights=None), 3), tmp_path, 1)
