"""Both products with the Jacobian of deep networks fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from test_applications import FULL, SMALL, filled
from test_research_networks import NETWORKS, Network, inputs_of

keras = pytest.importorskip("keras")

pytestmark = [needs.with_engine, pytest.mark.keras]

#: What <J v, w> and <v, J' w> may differ by, of |J v| |w|.
BOUND = {"single": 1e-5, "double": 1e-12}
KINDS = {"single": "float32", "double": "float64"}


def product(a: list[Any], b: list[Any]) -> float:
    """Return the sum of the products of all values, in double."""
    return float(
        sum(
            np.dot(np.asarray(x, np.float64).ravel(), np.asarray(y, np.float64).ravel())
            for x, y in zip(a, b, strict=True)
        )
    )


def listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, list | tuple) else [x]


def difference_of(net: fkb.Network, inputs: list[Any], weights: bool, dtype: str) -> float:
    """Return |<J v, w> - <v, J' w>| / (|J v| |w|), v a direction of the inputs or the weights."""
    random = np.random.default_rng(1)
    x = [a.astype(dtype) if a.dtype.kind == "f" else a for a in inputs]
    v = [
        random.standard_normal(a.shape).astype(dtype) * (a.dtype.kind == "f" and not weights)
        for a in x
    ]
    dparams = random.standard_normal(net.n_params) if weights else None
    given, directions = (x, v) if len(x) > 1 else (x[0], v[0])
    y, dy = net.jvp(given, directions, dparams=dparams)
    w = [random.standard_normal(a.shape).astype(dtype) for a in listed(y)]
    _, dx, *rest = net.vjp(given, w if len(w) > 1 else w[0], params=weights)
    forward = product(listed(dy), w)
    reverse = product([dparams], rest) if weights else product(v, listed(dx))
    scale = np.sqrt(product(listed(dy), listed(dy)) * product(w, w))
    assert scale > 0
    return float(abs(forward - reverse) / scale)


def products_fit(model: Any, inputs: list[Any], folder: Path) -> dict[str, float]:
    """Check both products in both kinds, and return the differences."""
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    found = {}
    for precision, bound in BOUND.items():
        with fkb.load(folder / "model.fkb", precision=precision) as net:
            for weights in (False, True):
                what = f"{precision}, {'weights' if weights else 'inputs'}"
                found[what] = difference_of(net, inputs, weights, KINDS[precision])
                assert found[what] <= bound, f"{what}: {found[what]:.1e}"
    return found


def application(name: str, **options: Any) -> tuple[Any, list[Any]]:
    """Return a network of Keras applications, and an image for each of its samples."""
    keras.utils.set_random_seed(3)
    model = filled(getattr(keras.applications, name)(weights=None, **options), 3)
    shape = (2 if options else 1, *model.input_shape[1:])
    return model, [np.random.default_rng(1).uniform(0, 255, shape)]


def research(network: Network, batch: int = 2) -> tuple[Any, list[Any]]:
    keras.utils.set_random_seed(7)
    model = network.build(keras)
    return model, listed(inputs_of(model, batch))


@pytest.mark.parametrize("name", SMALL)
def test_products_of_a_small_one_fit(name: str, tmp_path: Path) -> None:
    # Of so small an image the softmax is saturated, and its derivative mere rounding.
    products_fit(*application(name, **SMALL[name], classifier_activation=None), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", FULL)
def test_products_of_a_full_one_fit(name: str, tmp_path: Path) -> None:
    products_fit(*application(name), tmp_path)


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(network, id=network.name, marks=[pytest.mark.long] if network.long else [])
        for network in NETWORKS
    ],
)
def test_products_of_a_research_network_fit(network: Network, tmp_path: Path) -> None:
    products_fit(*research(network), tmp_path)
