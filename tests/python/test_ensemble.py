"""Ensembles in Python: what the members say alone, put together with numpy."""

from __future__ import annotations

import re
from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from numpy.typing import NDArray

needs.engine()
ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "examples" / "lorenz96" / "closure.keras"
Array = NDArray[np.float64]
DTYPES = {"single": np.float32, "double": np.float64}
TOLERANCES = {"single": 1e-6, "double": 1e-14}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three networks of other weights."""
    folder = tmp_path_factory.mktemp("models")
    fkb.convert(SOURCE, folder / "a.fkb")
    for name, factor in (("b", 1.1), ("c", 0.8)):
        with fkb.load(folder / "a.fkb") as net:
            net.params = net.params * factor
            net.save(folder / f"{name}.fkb")
    return folder


def alone(folder: Path, kind: str, x: Array) -> Array:
    """Return what the networks say, (members, samples, 1)."""
    nets = [fkb.load(folder / f"{name}.fkb", kind) for name in "abc"]
    return np.stack([net.predict(x.astype(DTYPES[kind])) for net in nets])


@pytest.mark.parametrize("kind", list(DTYPES))
def test_mean_and_spread_are_those_of_numpy(kind: str, models: Path) -> None:
    x = np.random.default_rng(1).uniform(-3, 10, (700, 1)).astype(DTYPES[kind])
    with fkb.Ensemble(models, kind) as ensemble:
        assert ensemble.members == 3
        said = ensemble.forecast(x)
        np.testing.assert_array_equal(ensemble.predict(x), said.mean)
    right = alone(models, kind, x)
    atol = TOLERANCES[kind] * np.abs(right).max()
    assert said.mean.dtype == DTYPES[kind] and said.mean.shape == (700, 1)
    np.testing.assert_allclose(said.members, right, rtol=0, atol=atol)
    np.testing.assert_allclose(said.mean, right.mean(axis=0), rtol=0, atol=atol)
    assert said.spread.min() > 0
    np.testing.assert_allclose(said.spread, right.std(axis=0, ddof=1), rtol=0, atol=4 * atol)


def test_a_description_has_weights_copies_noise_and_seed(models: Path, tmp_path: Path) -> None:
    text = f"""fkb ensemble 1
member "{models / "a.fkb"}" weight 2
member "{models / "b.fkb"}"
noise 0
seed 7
"""
    (tmp_path / "two.txt").write_text(text)
    x = np.linspace(-3, 10, 50)[:, None]
    ensemble = fkb.Ensemble(tmp_path / "two.txt", "double")
    assert (ensemble.members, ensemble.noise, ensemble.seed) == (2, 0, 7)
    said = ensemble.forecast(x)
    a, b, _ = alone(models, "double", x)
    mean = (2 * a + b) / 3
    spread = np.sqrt((2 * (a - mean) ** 2 + (b - mean) ** 2) / (3 - 5 / 3))
    np.testing.assert_allclose(said.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(said.spread, spread, rtol=1e-9)


def test_noise_depends_on_seed_step_and_column_only(models: Path) -> None:
    x = np.full((40, 1), 2.5)
    ensemble = fkb.Ensemble(models, "double", noise=0.1, seed=3)
    assert (ensemble.noise, ensemble.seed) == (0.1, 3)
    whole = ensemble.forecast(x, step=5)
    assert np.unique(whole.members).size == whole.members.size
    parts = [ensemble.forecast(x[:15], step=5), ensemble.forecast(x[15:], 5, first_column=16)]
    got = np.concatenate([part.members for part in parts], axis=1)
    scale = np.abs(whole.members).max()
    np.testing.assert_allclose(got, whole.members, rtol=0, atol=1e-14 * scale)
    again = ensemble.forecast(x, step=5)
    np.testing.assert_array_equal(again.members, whole.members)
    assert np.abs(ensemble.forecast(x, step=6).members - whole.members).min() > 0
    ensemble.seed = 4
    assert ensemble.noise == 0.1
    assert np.abs(ensemble.forecast(x, step=5).members - whole.members).min() > 0
    ensemble.noise = 0
    np.testing.assert_allclose(ensemble.forecast(x).members, alone(models, "double", x), rtol=1e-13)


def test_what_does_not_fit_is_refused_with_a_sentence(models: Path, tmp_path: Path) -> None:
    missing = tmp_path / "a folder with a long name that is not shortened" / "none.fkb"
    with pytest.raises(fkb.EngineError, match=re.escape(str(missing))):
        fkb.Ensemble(missing)
    with pytest.raises(fkb.EngineError, match="holds neither"):
        fkb.Ensemble(tmp_path)
    with pytest.raises(fkb.EngineError, match=r'"single" or "double"'):
        fkb.Ensemble(models, "half")
    ensemble = fkb.Ensemble(models)
    with pytest.raises(fkb.EngineError, match=r"a sample has the shape \(1,\), not \(2,\)"):
        ensemble.predict(np.zeros((4, 2)))
    ensemble.noise = -1
    with pytest.raises(fkb.EngineError, match="noise"):
        ensemble.predict(np.zeros((4, 1)))
    ensemble.close()
    with pytest.raises(fkb.EngineError, match="closed"):
        ensemble.predict(np.zeros((4, 1)))
