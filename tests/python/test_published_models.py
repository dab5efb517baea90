"""Real files of other projects, from the source file to the Fortran library's answer."""

from __future__ import annotations

from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from fkb import text
from fkb.errors import FormatError

needs.engine()


def numbers(path: Path) -> np.ndarray:
    return np.array(path.read_text().replace(",", " ").split(), np.float64)


def converted(src: Path, folder: Path, **options: Path) -> fkb.Network:
    target = folder / f"{src.stem}.fkb"
    fkb.convert(src, target, **options)  # type: ignore[arg-type]
    data = target.read_bytes()
    assert text.dumps(text.loads(data)) == data
    return fkb.load(target)


def test_the_keras_2_model_gives_its_published_outputs(shared_data: Path, tmp_path: Path) -> None:
    with converted(shared_data / "spcam" / "test.h5", tmp_path) as net:
        y = net.predict(np.linspace(-1, 1, 155)[None])[0]
    assert y.shape == (60,)
    expected = [-0.04403883, -0.02965998, -0.00693058, -0.02024962]
    np.testing.assert_allclose(y[:4], expected, rtol=0, atol=1e-7)


def test_the_old_text_model_gives_its_published_outputs(shared_data: Path, tmp_path: Path) -> None:
    x = (-1 + 2 * np.arange(94) / 154)[None]
    with converted(shared_data / "spcam" / "spcam_model.txt", tmp_path) as net:
        y = net.predict(x)[0]
    expected = [0.00719891, 0.00640351, -0.00124654, 0.01526769]
    np.testing.assert_allclose(y[:4], expected, rtol=0, atol=5e-8)


def test_side_files_act_inside_the_model_file(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "spcam"
    sub, div, scale = (folder / f"{name}.txt" for name in ("inp_sub", "inp_div", "out_scale"))
    x = (-1 + 2 * np.arange(94) / 154) * np.linspace(0.5, 1, 5)[:, None]
    host = x * numbers(div) + numbers(sub)
    plain, sided = tmp_path / "plain", tmp_path / "sided"
    plain.mkdir()
    sided.mkdir()
    options = {"inp_sub": sub, "inp_div": div, "out_scale": scale}
    src = folder / "spcam_model.txt"
    with converted(src, plain) as bare, converted(src, sided, **options) as net:
        inner = (host - numbers(sub)) / numbers(div)
        np.testing.assert_array_equal(net.predict(host), bare.predict(inner) / numbers(scale))


def test_a_bank_of_masked_models_runs_on_the_full_list_of_inputs(
    shared_data: Path, tmp_path: Path
) -> None:
    found = sorted((shared_data / "spcam_bank").glob("*_model.txt"))
    assert len(found) == 8
    host = np.random.default_rng(2).standard_normal((6, 94))
    for src in found:
        mask = src.with_name(src.name.replace("model", "input_list"))
        scale = src.with_name(src.name.replace("model", "out_scale"))
        plain, masked = tmp_path / src.stem / "plain", tmp_path / src.stem / "masked"
        plain.mkdir(parents=True)
        masked.mkdir()
        with (
            converted(src, plain) as bare,
            converted(src, masked, input_mask=mask, out_scale=scale) as net,
        ):
            taken = host[:, numbers(mask) == 1]
            assert net.input_shapes == [(None, 94)]
            assert bare.input_shapes == [(None, taken.shape[1])]
            y = net.predict(host)
            assert y.shape == (6, 1)
            np.testing.assert_array_equal(y, bare.predict(taken) / numbers(scale))


def test_every_file_with_weights_converts_and_runs(shared_data: Path, tmp_path: Path) -> None:
    found = [*shared_data.glob("rte/*.h5"), *shared_data.glob("spcam/*.h5")]
    found += [*shared_data.glob("spcam_bank/*_model.txt"), *shared_data.glob("fkb/*.txt")]
    found += [shared_data / "spcam" / "spcam_model.txt"]
    assert len(found) == 15 + 1 + 8 + 2 + 1
    for src in sorted(found):
        if src.name == "simple_model.txt":
            with pytest.raises(FormatError, match="has no weights"):
                converted(src, tmp_path)
            continue
        with converted(src, tmp_path) as net:
            (shape,) = net.input_shapes
            assert shape[1] is not None
            y = net.predict(np.random.default_rng(0).uniform(-1, 1, (3, shape[1])))
            assert np.isfinite(y).all() and np.abs(y).max() > 0
            net.save(tmp_path / "again.fkb")
        assert (tmp_path / "again.fkb").read_bytes() == (tmp_path / f"{src.stem}.fkb").read_bytes()
